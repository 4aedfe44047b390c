/*
 * Collections and stores: a listing of members, a page at a time, and for a
 * collection POST, which makes a new one.
 *
 * A page is an ordinary representation: an array of the members' own, in the
 * order of their creation, tagged with the revision of the last change to any
 * member, and cached until the next one.
 */
#include "resource/collection.h"

#include "flow/intake.h"
#include "flow/reply.h"
#include "http/method.h"
#include "http/path.h"
#include "resource/build.h"
#include "resource/cached.h"
#include "resource/document.h"
#include "resource/id.h"
#include "resource/page.h"
#include "resource/params.h"

/* Bytes of members on a page: fewer come when they are large. */
#define PAGE_BYTES ((size_t)2 * 1024 * 1024)

static const struct vb_route *route_of(const struct vb_exchange *x)
{
    const struct vb_built *built = x->resource->data;

    return built->route;
}

/* --- reading
 * -------------------------------------------------------------------------- */

/* What reading a listing keeps in between. */
struct listing {
    struct vb_exchange *x;
    const struct vb_route *route;
    struct vb_read owner; /* what the listing is part of */
    struct vb_list_read list;
    struct vb_collection_read state; /* for a write's precondition */
    struct vb_cursor cursor;
    struct vb_span limit;        /* as the client gave it, or "" */
    struct vb_span cache_key;    /* path and query */
    struct vb_cache_stamp stamp; /* taken before the listing was read */
    bool only_members;           /* without any, there is no listing either */
    /* What to go on with once what the listing is part of is there. */
    enum vb_answer (*then)(struct listing *listing);
};

static enum vb_answer failed(struct vb_exchange *x, enum vb_err err)
{
    x->reply.status = err == VB_ERR_BUSY || err == VB_ERR_NOMEM
                          ? VB_STATUS_SERVICE_UNAVAILABLE
                          : VB_STATUS_INTERNAL_SERVER_ERROR;
    return VB_HALT;
}

static enum vb_answer show_page(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    const struct vb_page page = {
        .member = listing->route->member,
        .list = &listing->list,
        .cursor = listing->cursor,
        .limit = listing->limit,
    };
    struct vb_rep *rep;

    if (listing->list.op.err != VB_OK)
        return failed(x, listing->list.op.err);
    if (listing->only_members && listing->list.count == 0) {
        vb_list_read_done(&listing->list);
        return VB_NO;
    }
    if (x->offer < 0) { /* it might have been a document of any type */
        vb_list_read_done(&listing->list);
        x->reply.status = VB_STATUS_NOT_ACCEPTABLE;
        return VB_HALT;
    }
    rep = vb_page_present(x, &page);
    vb_list_read_done(&listing->list);
    if (rep == NULL)
        return VB_HALT;
    vb_cached_put(x, listing->cache_key, listing->stamp, rep);
    vb_cached_select(x, rep);
    return VB_YES;
}

static void list_done(struct vb_store_op *op)
{
    struct listing *listing = op->context;

    vb_flow_resume(listing->x, show_page(listing));
}

static enum vb_answer read_page(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_store_client *client = x->env->store;

    listing->stamp = vb_cached_stamp(x, x->key);
    listing->list.op.done = list_done;
    listing->list.op.context = listing;
    listing->list.parent = x->key;
    listing->list.from = listing->cursor.position;
    listing->list.backward = listing->cursor.backward;
    listing->list.byte_limit = PAGE_BYTES;
    if (vb_store_list(client, &listing->list) == VB_IO_PENDING)
        return VB_PENDING;
    return show_page(listing);
}

/* The books of an author who is not there are not there either. */
static enum vb_answer judge_owner(struct listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (listing->owner.op.err != VB_OK)
        return failed(x, listing->owner.op.err);
    if (listing->owner.record == NULL) {
        x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
        return VB_NO;
    }
    vb_record_unref(listing->owner.record);
    return listing->then(listing);
}

static void owner_done(struct vb_store_op *op)
{
    struct listing *listing = op->context;
    enum vb_answer answer = judge_owner(listing);

    if (answer != VB_PENDING)
        vb_flow_resume(listing->x, answer);
}

/* The cache knows when members change, not whether the owner still is. */
static enum vb_answer after_owner(struct listing *listing,
                                  enum vb_answer (*then)(struct listing *))
{
    struct vb_exchange *x = listing->x;
    struct vb_span owner = vb_stored_owner(x, listing->route);

    if (owner.len == 0)
        return then(listing);
    listing->then = then;
    listing->owner = (struct vb_read){
        .op = {.done = owner_done, .context = listing},
        .key = owner,
    };
    if (vb_store_read(x->env->store, &listing->owner) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_owner(listing);
}

static bool refuse_parameter(struct vb_exchange *x, const char *name,
                             const char *detail)
{
    x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_complain(x, VB_PROBLEM_PARAMETER, vb_span_str(name),
                      vb_span_str(detail));
    return false;
}

static bool take_query(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_span epoch = vb_span_str(x->env->store->store->epoch);
    struct vb_page_query query = {{NULL, 0}, {NULL, 0}};
    int64_t limit = VB_PAGE_USUAL;

    listing->cache_key = x->key;
    if (x->head.has_query) {
        if (!vb_params_query_fits(x, listing->route, &query))
            return false;
        listing->cache_key = vb_arena_printf(
            &x->arena, "%.*s?%.*s", VB_FMT(x->key), VB_FMT(x->head.query));
    }
    if (query.limit.ptr != NULL &&
        (!vb_span_i64(query.limit, &limit) || limit < 1))
        return refuse_parameter(x, "limit", "must be an integer above 0");
    if (query.cursor.ptr != NULL &&
        !vb_cursor_parse(query.cursor, x->key, epoch, &listing->cursor))
        return refuse_parameter(x, "cursor",
                                "was not given out by this listing");
    listing->limit = query.limit;
    listing->list.limit =
        (uint32_t)(limit < VB_PAGE_MOST ? limit : VB_PAGE_MOST);
    return true;
}

static struct listing *listing_new(struct vb_exchange *x)
{
    struct listing *listing = vb_arena_calloc(&x->arena, 1, sizeof(*listing));

    if (listing == NULL) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return NULL;
    }
    listing->x = x;
    listing->route = route_of(x);
    return listing;
}

static bool has_owner(struct vb_exchange *x)
{
    return vb_stored_owner(x, route_of(x)).len > 0;
}

static enum vb_answer cached_or_read(struct listing *listing)
{
    return vb_cached_get(listing->x, listing->cache_key) ? VB_YES
                                                         : read_page(listing);
}

enum vb_answer vb_listing_show(struct vb_exchange *x, bool only_members)
{
    bool plain = !x->head.has_query && !has_owner(x);
    struct listing *listing;

    if (plain && vb_cached_get(x, x->key))
        return VB_YES;
    listing = listing_new(x);
    if (listing == NULL || !take_query(listing) ||
        !vb_params_path_fits(x, listing->route))
        return VB_HALT;
    listing->only_members = only_members;
    return plain ? read_page(listing) : after_owner(listing, cached_or_read);
}

/* --- what a write to the listing itself is conditional on
 * ------------------------------- */

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
    return stored;
}

/* What the request writes: a new member, or with DELETE the listing. */
static struct vb_stored *written_by(struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_POST ? member_of(x)
                                            : vb_stored_get(x, route_of(x));
}

/* If-Match with tags is for the state that has one of them, and has to find it
 * when the write is done. Any state is good for `*`; and for If-None-Match the
 * next one is as good, since no tag that was given out comes back. */
static bool wants_this_state(const struct vb_exchange *x)
{
    const struct vb_field *field =
        vb_fields_first(&x->head.fields, VB_FIELD_IF_MATCH);

    return field != NULL && !vb_span_eq(field->value, VB_SPAN("*"));
}

static enum vb_answer judge_state(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_stored *stored = written_by(x);
    struct vb_span tag;

    if (stored == NULL)
        return VB_HALT;
    if (listing->state.op.err != VB_OK)
        return failed(x, listing->state.op.err);
    if (wants_this_state(x))
        stored->listing_expect = listing->state.revision;
    tag = vb_stored_tag(x, listing->state.revision);
    x->selected = (struct vb_selected){
        .exists = true,
        .etag = vb_arena_printf(&x->arena, "\"%.*s\"", VB_FMT(tag)),
        .tag_core = tag,
        .modified = VB_DATE_NONE,
    };
    return VB_YES;
}

static void state_done(struct vb_store_op *op)
{
    struct listing *listing = op->context;

    vb_flow_resume(listing->x, judge_state(listing));
}

static bool is_conditional(const struct vb_exchange *x)
{
    return vb_fields_first(&x->head.fields, VB_FIELD_IF_MATCH) != NULL ||
           vb_fields_first(&x->head.fields, VB_FIELD_IF_NONE_MATCH) != NULL;
}

static enum vb_answer read_state(struct listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (!is_conditional(x))
        return VB_YES;
    listing->state = (struct vb_collection_read){
        .op = {.done = state_done, .context = listing},
        .parent = x->key,
    };
    if (vb_store_collection(x->env->store, &listing->state) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_state(listing);
}

enum vb_answer vb_listing_condition(struct vb_exchange *x)
{
    struct listing *listing;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    if (!is_conditional(x) && !has_owner(x))
        return VB_YES;
    listing = listing_new(x);
    return listing == NULL ? VB_HALT : after_owner(listing, read_state);
}

static enum vb_answer collection_exists(struct vb_exchange *x)
{
    if (vb_method_is_safe(x->head.method))
        return vb_listing_show(x, false);
    if (!vb_params_query_fits(x, route_of(x), NULL) ||
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
static bool name_at_first(struct vb_stored *stored)
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
    return vb_document_receive(stored);
}

static enum vb_answer post_parsed(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (stored->id.len == 0 || stored->id.ptr == NULL) {
        if (!name_at_first(stored)) {
            x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
            return VB_HALT;
        }
    }
    return vb_document_parse(stored);
}

static enum vb_answer post_valid(struct vb_exchange *x)
{
    return vb_document_valid(x->state);
}

static enum vb_answer write_numbered(struct vb_stored *stored)
{
    char text[24];
    int len;

    if (stored->take.op.err != VB_OK)
        return failed(stored->x, stored->take.op.err);
    len = snprintf(text, sizeof(text), "%lld", (long long)stored->take.number);
    if (!name_member(stored, vb_span_of(text, (size_t)len)))
        return failed(stored->x, VB_ERR_NOMEM);
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
static int64_t number_after(const struct vb_exchange *x,
                            const struct vb_stored *stored)
{
    return x->walk.again == 0
               ? 0
               : stored->take.number + (INT64_C(1) << x->walk.again);
}

static enum vb_answer post_commit(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    if (route_of(x)->id_kind != VB_ID_COUNTER)
        return vb_document_write(stored, VB_COMPOSE_STATE);
    stored->take = (struct vb_number_take){
        .op = {.done = number_done, .context = stored},
        .parent = stored->parent,
        .least = number_after(x, stored),
    };
    if (vb_store_number(x->env->store, &stored->take) == VB_IO_PENDING)
        return VB_PENDING;
    return write_numbered(stored);
}

/* --- DELETE: only of a collection without members
 * ------------------------------------------ */

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
    static const struct vb_slot get_slot = {.content_ignored = true};
    static const struct vb_slot post_slot = {
        .received = post_received,
        .parsed = post_parsed,
        .valid = post_valid,
        .commit = post_commit,
    };
    static const struct vb_slot delete_slot = {
        .content_ignored = true,
        .commit = delete_commit,
    };

    switch (method) {
    case VB_METHOD_GET:
        return &get_slot;
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
}
