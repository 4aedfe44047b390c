/*
 * Collections and stores: a listing of members (listing.c), and for a
 * collection POST, which makes a new one.
 */
#include "resource/collection.h"

#include "flow/reply.h"
#include "http/method.h"
#include "http/path.h"
#include "resource/accounts.h"
#include "resource/build.h"
#include "resource/document.h"
#include "resource/guarded.h"
#include "resource/id.h"
#include "resource/import.h"
#include "resource/listing.h"
#include "resource/params.h"

static const struct vb_route *route_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->route;
}

static struct vb_stored *member_of(struct vb_exchange *x)
{
    const struct vb_route *route = route_of(x);
    struct vb_stored *stored = x->state;

    if (stored != NULL)
        return stored;
    stored = vb_stored_get(x, route->member != NULL ? route->member : route);
    if (stored == NULL)
        return NULL;
    stored->operation = route->by_method[VB_METHOD_POST];
    stored->parent = x->key;
    stored->id = VB_SPAN(""); /* yet: the path's are what it is part of */
    return stored;
}

struct vb_stored *vb_collection_written(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_POST ? member_of(x)
                                            : vb_stored_get(x, route_of(x));
}

/* Reading is the listing's affair. */
static enum vb_answer collection_exists(struct vb_exchange *x)
{
    if (vb_method_is_safe(x->head.method))
        return vb_listing_show(x, false);
    if (!vb_params_query_fits(x, route_of(x)) ||
        !vb_params_path_fits(x, route_of(x)))
        return VB_HALT;
    return vb_listing_condition(x);
}

/* --- POST: a new member
 * ------------------------------------------------------------------ */

static bool name_member(struct vb_stored *stored, struct vb_span id)
{
    struct vb_exchange *x = stored->x;
    struct vb_buf buf;

    stored->id = vb_arena_dup(&x->arena, id);
    vb_buf_init(&buf, 16 * 1024);
    if (stored->parent.len > 1)
        vb_buf_append(&buf, stored->parent);
    vb_buf_char(&buf, '/');
    vb_path_append_segment(&buf, id);
    stored->key = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return !x->arena.failed;
}

/* A name for the member; a number only once the content is found good, so
 * that what is refused leaves no gap: "1" stands for it until then. */
bool vb_collection_name_member(struct vb_stored *stored)
{
    char text[VB_UUID_LEN];

    switch (route_of(stored->x)->id_kind) {
    case VB_ID_UUID:
        vb_id_uuid7(stored->now_ms, text);
        return name_member(stored, vb_span_of(text, VB_UUID_LEN));
    case VB_ID_SHORT:
        vb_id_short(stored->now_ms, text);
        return name_member(stored, vb_span_of(text, VB_SHORT_ID_LEN));
    default:
        return name_member(stored, VB_SPAN("1"));
    }
}

static enum vb_answer post_received(struct vb_exchange *x)
{
    struct vb_stored *stored = member_of(x);

    if (stored == NULL)
        return VB_HALT;
    return vb_import_is(x) ? vb_import_receive(stored)
                           : vb_document_receive(stored);
}

static enum vb_answer post_parsed(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (vb_import_is(x))
        return vb_import_parse(stored);
    if (stored->id.len == 0 || stored->id.ptr == NULL) {
        if (!vb_collection_name_member(stored)) {
            return vb_reply_unavailable(x);
        }
    }
    return vb_document_parse(stored);
}

static enum vb_answer post_valid(struct vb_exchange *x)
{
    return vb_import_is(x) ? vb_import_valid(x->state)
                           : vb_document_valid(x->state);
}

bool vb_collection_number_member(struct vb_stored *stored, int64_t number)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%lld", (long long)number);

    return name_member(stored, vb_span_of(text, (size_t)len));
}

static enum vb_answer write_numbered(struct vb_stored *stored)
{
    if (stored->take.op.err != VB_OK)
        return vb_stored_failed(stored->x, stored->take.op.err);
    if (!vb_collection_number_member(stored, stored->take.number))
        return vb_stored_failed(stored->x, VB_ERR_NOMEM);
    return vb_document_write(stored, VB_COMPOSE_STATE);
}

static void number_done(struct vb_store_op *op)
{
    struct vb_stored *stored = op->context;
    enum vb_answer answer = write_numbered(stored);

    if (answer != VB_PENDING)
        vb_flow_resume(stored->x, answer);
}

/* A number that a PUT has made a member of: there may be a long row of such, so
 * the steps over them double. */
int64_t vb_collection_number_after(const struct vb_stored *stored)
{
    unsigned again = stored->x->walk.again;

    return again == 0 ? 0 : stored->take.number + (INT64_C(1) << again);
}

static enum vb_answer post_commit(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (vb_import_is(x))
        return vb_import_write(stored);
    if (route_of(x)->id_kind != VB_ID_COUNTER)
        return vb_document_write(stored, VB_COMPOSE_STATE);
    stored->take = (struct vb_number_take){
        .op = {.done = number_done, .context = stored},
        .parent = stored->parent,
        .least = vb_collection_number_after(stored),
    };
    if (vb_store_number(x->env->store, &stored->take) == VB_IO_PENDING)
        return VB_PENDING;
    return write_numbered(stored);
}

/* --- DELETE: only of a collection without members
 * ------------------------------------------ */

/* Whether it is empty is for who may see all that is in it. */
static enum vb_answer delete_consistent(struct vb_exchange *x)
{
    const struct vb_allow *members = vb_guarded_members(route_of(x));

    if (vb_rule_of_any(x, members) == VB_TRUE)
        return VB_YES;
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("This is for who may see all of its "
                                   "members."));
}

static enum vb_answer delete_commit(struct vb_exchange *x)
{
    struct vb_stored *stored = vb_stored_get(x, route_of(x));

    return stored == NULL ? VB_HALT : vb_stored_require_empty(stored);
}

/* --- the slots
 * --------------------------------------------------------------------------------
 */

const struct vb_slot *vb_collection_slot(enum vb_method method)
{
    static const struct vb_slot post_slot = {
        .received = post_received,
        .parsed = post_parsed,
        .valid = post_valid,
        .consistent = vb_accounts_consistent,
        .commit = post_commit,
    };
    static const struct vb_slot delete_slot = {
        .content_ignored = true,
        .consistent = delete_consistent,
        .commit = delete_commit,
    };

    switch (method) {
    case VB_METHOD_GET:
        return &vb_listing_get;
    case VB_METHOD_QUERY:
        return &vb_listing_query;
    case VB_METHOD_POST:
        return &post_slot;
    case VB_METHOD_DELETE:
        return &delete_slot;
    default:
        return NULL;
    }
}

void vb_collection_init(struct vb_resource *resource)
{
    resource->exists = collection_exists;
    resource->stream = vb_listing_stream;
}
