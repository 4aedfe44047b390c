/* The records that are shown in the place of references. See expand.h. */
#include "resource/expand.h"

#include "base/hash.h"
#include "flow/reply.h"
#include "resource/build.h"
#include "resource/cached.h"
#include "resource/guarded.h"
#include "resource/stored.h"

const struct vb_json_limits vb_expand_json_limits = {
    .bytes = 2 * VB_EXPAND_BYTES_MOST, /* a page of them, too */
    .memory = (size_t)256 << 20,
    .depth = VB_JSON_DEPTH_MOST,
};

/* --- what is known ---------------------------------------------------------
 */

static uint64_t hash_of(const struct vb_expanding *expanding,
                        struct vb_span key)
{
    return vb_store_hash(expanding->x->env->store->store, key);
}

static struct vb__expanded *look(const struct vb_expanding *expanding,
                                 struct vb_span key)
{
    struct vb_table_node *node =
        vb_table_first(&expanding->by_key, hash_of(expanding, key));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__expanded *there =
            VB_CONTAINER(node, struct vb__expanded, node);

        if (vb_span_eq(there->key, key))
            return there;
    }
    return NULL;
}

/* It is wanting from now on. */
static void want(struct vb_expanding *expanding, struct vb_span key)
{
    struct vb__expanded *wanted =
        vb_arena_calloc(&expanding->x->arena, 1, sizeof(*wanted));

    if (wanted == NULL || !vb_table_insert(&expanding->by_key, &wanted->node,
                                           hash_of(expanding, key))) {
        expanding->err = VB_ERR_NOMEM;
        return;
    }
    wanted->key = key;
    if (expanding->end == NULL)
        expanding->end = &expanding->first;
    *expanding->end = wanted;
    expanding->end = &wanted->following;
    if (expanding->next == NULL)
        expanding->next = wanted;
}

struct vb__expanded *vb__expanding_find(struct vb_expanding *expanding,
                                        struct vb_span key)
{
    struct vb__expanded *there = look(expanding, key);

    expanding->excessive |= ++expanding->looks > VB_EXPAND_LOOKS_MOST;
    if (there == NULL && !expanding->excessive && expanding->err == VB_OK)
        want(expanding, key);
    return there;
}

/* --- reading ---------------------------------------------------------------
 */

/* What differs in what is shown differs here: whether, in which state, and how
 * much of it. */
static void digest(struct vb_expanding *expanding,
                   const struct vb__expanded *one, uint64_t revision)
{
    const struct vb_store *store = expanding->x->env->store->store;
    const uint64_t parts[] = {
        expanding->digest,
        vb_hash(&store->secret, one->key),
        one->shown != NULL ? revision : 0,
        one->shown != NULL
            ? vb_hash(&store->secret, vb_state_hidden(one->route))
            : 0,
    };

    expanding->digest =
        vb_hash(&store->secret, vb_span_of((const char *)parts, sizeof(parts)));
}

/* A state that may be shown, without what is never shown. */
static void show(struct vb_expanding *expanding, struct vb__expanded *one,
                 const struct vb_record *record)
{
    struct vb_json *whole;

    if (vb_json_parse(record->content, NULL, &whole, NULL) != VB_OK) {
        expanding->err = VB_ERR_NOMEM;
        return;
    }
    if (vb_guarded_shares(expanding->x, one->route, one->key, whole->root)) {
        one->shown = vb_present_value(one->route, record->content);
        if (one->shown == NULL)
            expanding->err = VB_ERR_NOMEM;
        expanding->bytes += record->content.len;
        expanding->excessive |= expanding->bytes > VB_EXPAND_BYTES_MOST;
    }
    vb_json_free(whole);
}

/* Is it a document's? Nobody is shown what each session has one of. */
static bool is_document(struct vb_expanding *expanding,
                        struct vb__expanded *one)
{
    const struct vb_built *built;
    struct vb_owned owned;

    if (!vb_site_find(expanding->x, one->key, &owned))
        return false;
    built = vb_built_document(owned.resource);
    if (built == NULL || built->route->per_session)
        return false;
    one->route = built->route;
    return true;
}

/* So many records of 256 KiB are in memory at a time. */
#define AT_ONCE 64

struct vb__expand_reading {
    struct vb_records_read read;
    struct vb__expanded *of[AT_ONCE]; /* whose these are */
    struct vb_span keys[AT_ONCE];
    struct vb_record *records[AT_ONCE];
};

/* What was read, or nothing, has come. */
static void take(struct vb_expanding *expanding)
{
    struct vb__expand_reading *reading = expanding->reading;

    if (reading->read.op.err != VB_OK)
        expanding->err = reading->read.op.err;
    for (size_t i = 0; i < reading->read.count && expanding->err == VB_OK;
         i++) {
        const struct vb_record *record = reading->records[i];

        if (record != NULL && vb_is_json(record->media_type) &&
            record->blob == 0)
            show(expanding, reading->of[i], record);
        digest(expanding, reading->of[i],
               record == NULL ? 0 : record->revision);
    }
    vb_records_read_done(&reading->read);
}

static void read_done(struct vb_store_op *op)
{
    struct vb_expanding *expanding = op->context;
    struct vb_exchange *x = expanding->x;
    enum vb_answer answer;

    take(expanding);
    answer = vb_expanding_run(expanding);
    if (answer != VB_PENDING)
        vb_flow_resume(x, answer);
}

/* The next that are wanting, and may be read. */
static void choose(struct vb_expanding *expanding,
                   struct vb__expand_reading *reading)
{
    size_t count = 0;

    for (; expanding->next != NULL && count < AT_ONCE;
         expanding->next = expanding->next->following) {
        struct vb__expanded *one = expanding->next;

        if (!is_document(expanding, one)) {
            digest(expanding, one, 0);
            continue;
        }
        reading->of[count] = one;
        reading->keys[count++] = one->key;
    }
    reading->read = (struct vb_records_read){
        .op = {.done = read_done, .context = expanding},
        .keys = reading->keys,
        .count = count,
        .records = reading->records,
    };
}

/* False: the store has not answered yet. */
static bool read_some(struct vb_expanding *expanding)
{
    struct vb_exchange *x = expanding->x;

    if (expanding->reading == NULL)
        expanding->reading =
            vb_arena_alloc(&x->arena, sizeof(*expanding->reading));
    if (expanding->reading == NULL) {
        expanding->err = VB_ERR_NOMEM;
        return true;
    }
    choose(expanding, expanding->reading);
    if (expanding->reading->read.count == 0)
        return true;
    if (vb_store_records(x->env->store, &expanding->reading->read) ==
        VB_IO_PENDING)
        return false;
    take(expanding);
    return true;
}

struct vb_span vb_expanding_variant(const struct vb_expanding *expanding,
                                    struct vb_span variant)
{
    return vb_arena_printf(&expanding->x->arena, "%.*sx%016llx",
                           VB_FMT(variant),
                           (unsigned long long)expanding->digest);
}

static enum vb_answer failed(struct vb_expanding *expanding)
{
    struct vb_exchange *x = expanding->x;

    if (!expanding->excessive)
        return vb_stored_failed(x, expanding->err);
    x->reply.status = x->head.method == VB_METHOD_QUERY
                          ? VB_STATUS_UNPROCESSABLE_CONTENT
                          : VB_STATUS_BAD_REQUEST;
    vb_reply_complain(x, VB_PROBLEM_PARAMETER, VB_SPAN("expand"),
                      VB_SPAN("brings too much: a smaller limit, or fewer "
                              "properties, would do"));
    return VB_HALT;
}

static bool is_over(const struct vb_expanding *expanding)
{
    return expanding->excessive || expanding->err != VB_OK;
}

/* Reads all that the last writing found wanting, if any did, and writes. */
enum vb_answer vb_expanding_run(struct vb_expanding *expanding)
{
    do {
        while (expanding->next != NULL && !is_over(expanding))
            if (!read_some(expanding))
                return VB_PENDING;
        if (!is_over(expanding))
            expanding->write(expanding->context);
    } while (expanding->next != NULL && !is_over(expanding));
    return is_over(expanding) ? failed(expanding)
                              : expanding->show(expanding->context);
}

void vb_expanding_done(struct vb_expanding *expanding)
{
    struct vb__expanded *one = expanding->first;

    for (; one != NULL; one = one->following)
        vb_json_free(one->shown);
    expanding->first = NULL;
    vb_table_done(&expanding->by_key);
}
