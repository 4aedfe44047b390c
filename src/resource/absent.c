/* What is to be said of a URI under which nothing is. See absent.h. */
#include "resource/absent.h"

#include "base/rfc3339.h"
#include "flow/reply.h"

/* A walk from what is not there up to what it is part of. */
struct search {
    struct vb_exchange *x;
    const struct vb_route *route; /* whose record is asked for */
    const struct vb_span *variables;
    size_t count;
    struct vb_read read;
};

/* --- what a tombstone means for the request ---------------------------------
 */

/* A deletion is final, but where the very URI can be given something again. */
static bool is_final(const struct vb_exchange *x,
                     const struct vb_record *tombstone)
{
    const struct vb_slot *slot = vb_resource_slot(x);

    return slot == NULL || !slot->creates ||
           !vb_span_eq(x->key, tombstone->key);
}

static void tell_gone(struct vb_exchange *x, const struct vb_record *tombstone)
{
    char time[VB_RFC3339_LEN];

    x->selected.gone = is_final(x, tombstone);
    if (!x->selected.gone)
        return;
    vb_rfc3339_format(tombstone->modified_ms, time);
    vb_reply_detail(x, vb_arena_printf(&x->arena, "%.*s was deleted on %.*s.",
                                       VB_FMT(tombstone->key),
                                       (int)sizeof(time), time));
}

/* What is below something that has moved within its listing has moved along:
 * the same is described there. */
static bool moves_along(struct vb_span rest, const struct vb_record *tombstone)
{
    return rest.len == 0 || (rest.ptr[0] == '/' &&
                             vb_span_eq(vb_stored_listing(tombstone->key),
                                        vb_stored_listing(tombstone->content)));
}

static void tell_moved(struct vb_exchange *x, const struct vb_record *tombstone)
{
    struct vb_span rest = VB_SPAN("");
    bool below = vb_span_starts(x->key, tombstone->key);

    if (below)
        rest = vb_span_from(x->key, tombstone->key.len);
    if (below && moves_along(rest, tombstone))
        x->selected.moved_to = vb_arena_printf(
            &x->arena, "%.*s%.*s", VB_FMT(tombstone->content), VB_FMT(rest));
    vb_reply_detail(x, vb_arena_printf(&x->arena, "%.*s has moved to %.*s.",
                                       VB_FMT(tombstone->key),
                                       VB_FMT(tombstone->content)));
}

/* `route` is the tombstone's: that things were deleted there is only told where
 * it says so. */
static void tell(struct vb_exchange *x, const struct vb_route *route,
                 const struct vb_record *tombstone)
{
    if (tombstone->content.len > 0)
        tell_moved(x, tombstone);
    else if (route->tombstones)
        tell_gone(x, tombstone);
}

/* --- the search -------------------------------------------------------------
 */

static enum vb_answer look_above(struct search *search);

static enum vb_answer judge(struct search *search)
{
    struct vb_exchange *x = search->x;

    if (search->read.op.err != VB_OK)
        return vb_stored_failed(x, search->read.op.err);
    if (search->read.tombstone != NULL) {
        tell(x, search->route, search->read.tombstone);
        vb_record_unref(search->read.tombstone);
        return VB_NO;
    }
    if (search->read.record == NULL)
        return look_above(search);
    vb_record_unref(search->read.record);
    return VB_NO;
}

static void read_done(struct vb_store_op *op)
{
    struct search *search = op->context;
    enum vb_answer answer = judge(search);

    if (answer != VB_PENDING)
        vb_flow_resume(search->x, answer);
}

/* The nearest owner that would have left a tombstone; a path has so many
 * segments that this ends soon. */
static enum vb_answer look_above(struct search *search)
{
    struct vb_exchange *x = search->x;

    do {
        search->route = vb_route_owner(search->route);
        if (search->route == NULL)
            return VB_NO;
    } while (!vb_route_leaves_tombstones(search->route));
    search->read = (struct vb_read){
        .op = {.done = read_done, .context = search},
        .key = vb_route_key(x, search->route, search->variables, search->count),
        .wants_tombstone = true,
    };
    if (vb_store_read(x->env->store, &search->read) == VB_IO_PENDING)
        return VB_PENDING;
    return judge(search);
}

enum vb_answer vb_absent(struct vb_exchange *x, const struct vb_route *route,
                         const struct vb_span *variables, size_t count,
                         struct vb_record *tombstone)
{
    struct search *search;

    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    if (tombstone != NULL) {
        tell(x, route, tombstone);
        vb_record_unref(tombstone);
        return VB_NO;
    }
    if (vb_route_owner(route) == NULL)
        return VB_NO;
    search = vb_arena_calloc(&x->arena, 1, sizeof(*search));
    if (search == NULL)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    search->x = x;
    search->route = route;
    search->variables = variables;
    search->count = count;
    return look_above(search);
}
