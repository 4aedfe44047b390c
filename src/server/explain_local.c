/*
 * A request asked of a description without a server (local.h). What would
 * change something is stopped before it does: the questions that act answer
 * for themselves.
 */
#include <unistd.h>

#include "flow/explain.h"
#include "resource/build.h"
#include "resource/run.h"
#include "server/explain.h"
#include "server/local.h"
#include "storage/make.h"

#define BYTES_MOST ((size_t)80 * 1024 * 1024)

struct rehearsal {
    struct vb__local local;
    struct vb__finding *finding;
    struct vb_store_ops ops; /* the store's, but for those that write */
};

static struct vb__finding *finding_of(struct vb_exchange *x)
{
    return VB_CONTAINER(vb__local_of(x), struct rehearsal, local)->finding;
}

/* --- stopping before something is done --------------------------------------
 */

static enum vb_answer stop(struct vb_exchange *x, int would)
{
    struct vb__finding *finding = finding_of(x);
    const struct vb_node *node = &vb_flow_nodes[x->walk.node];

    vb_explain_write(&finding->trace, x);
    finding->stopped = node->name;
    finding->would = would;
    finding->might = node->no.statuses;
    x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE; /* nobody sees it */
    return VB_HALT;
}

static enum vb_answer stop_before_commit(struct vb_exchange *x)
{
    return stop(x, (int)vb_built_success(x));
}

/* A resource that puts work off would note it down here. */
static enum vb_answer stop_before_deferred(struct vb_exchange *x)
{
    if (vb_resource_slot(x)->deferred == NULL || !vb_run_is_put_off(x))
        return VB_NO;
    return stop(x, VB_STATUS_ACCEPTED);
}

static void explain(struct vb__local *local, struct vb_exchange *x)
{
    struct rehearsal *r = VB_CONTAINER(local, struct rehearsal, local);

    if (r->finding->stopped == NULL)
        vb_explain_write(&r->finding->trace, x);
}

/* --- life -------------------------------------------------------------------
 */

/* Looking at what is kept must not make it. 0: it is there, or nothing is
 * kept. */
static int find(const char *url)
{
    const struct vb_span prefix = VB_SPAN("sqlite:");
    struct vb_buf why;
    int status = 0;

    if (vb_span_starts(vb_span_str(url), prefix) &&
        access(url + prefix.len, F_OK) != 0)
        return vb__usage_error("there is nothing in %s", url); /* a path */
    vb_buf_init(&why, 4096);
    if (vb_store_is_postgres(vb_span_str(url)) &&
        vb_store_look(vb_span_str(url), &why) != VB_OK)
        status = vb__usage_error("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return status;
}

/* Nor must it change what others have there. What is written down on the way,
 * as when a session was last seen, is not; and who asks claims no key. */
static enum vb_io commit_nothing(struct vb_store_client *client,
                                 struct vb_commit *commit)
{
    (void)client;
    commit->op.err = VB_ERR_UNAVAILABLE;
    return VB_IO_DONE;
}

static void only_look(struct rehearsal *r)
{
    r->ops = *r->local.store->ops;
    r->ops.commit = commit_nothing;
    r->local.store->ops = &r->ops;
    r->local.store->shared = false;
}

static int prepare(struct rehearsal *r, const struct vb_config *config)
{
    const char *url = config->storage_given ? config->storage : "memory:";
    struct vb__local *local = &r->local;
    int status = vb__local_init(local, config);

    local->nodes[VB_NODE_commit].ask = stop_before_commit;
    local->nodes[VB_NODE_deferred].ask = stop_before_deferred;
    if (status != 0)
        return status;
    status = find(url);
    if (status != 0)
        return status;
    status = vb__local_open(local, url,
                            "ask the running server: verbatim explain URL");
    if (status == 0)
        only_look(r);
    return status;
}

int vb__explain_local(const struct vb__question *question,
                      const struct vb_config *config,
                      struct vb__finding *finding)
{
    struct rehearsal r = {.local = {.over = explain}, .finding = finding};
    struct vb_buf bytes;
    int status = prepare(&r, config);

    vb_buf_init(&bytes, BYTES_MOST);
    if (status == 0) {
        vb__question_write(question, vb_span_str(question->target),
                           VB_SPAN("localhost"), "", &bytes);
        if (bytes.err == VB_OK)
            vb__local_ask(&r.local, vb_buf_span(&bytes), &finding->reply);
        else
            status = vb__usage_error("%s", vb_err_text(bytes.err));
    }
    if (finding->stopped != NULL)
        vb_buf_reset(&finding->reply);
    vb__local_done(&r.local);
    vb_buf_done(&bytes);
    return status;
}
