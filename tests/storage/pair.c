/* Two stores in one PostgreSQL. See pair.h. */
#include "unit.h"

#include "pair.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/span.h"

struct cluster pair_cluster;

struct vb_store *pair_open(const char *url)
{
    struct vb_store *store = NULL;
    struct vb_buf why;

    vb_buf_init(&why, 1000);
    if (vb_store_open(vb_span_str(url), &store, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return store;
}

int pair_begin(void **state)
{
    struct pair *pair = calloc(1, sizeof(*pair));

    cluster_store(&pair_cluster, pair->url, sizeof(pair->url));
    pair->one = pair_open(pair->url);
    pair->other = pair_open(pair->url);
    rig_executor_init(&pair->executor);
    assert_true(rig_worker_init(&pair->a, pair->one, &pair->executor.base));
    assert_true(rig_worker_init(&pair->b, pair->other, NULL));
    *state = pair;
    return 0;
}

int pair_end(void **state)
{
    struct pair *pair = *state;

    rig_worker_done(&pair->a);
    rig_worker_done(&pair->b);
    rig_executor_done(&pair->executor);
    vb_store_close(pair->one);
    vb_store_close(pair->other);
    free(pair);
    return 0;
}

uint64_t pair_put(struct rig_worker *worker, const char *key,
                  const char *parent, const char *text)
{
    const struct vb_change change = rig_put(key, parent, text);
    uint64_t revision = 0;

    assert_int_equal(rig_change(worker, &change, 1, &revision), VB_OK);
    return revision;
}
