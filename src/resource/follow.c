/* What is followed, and who asks for it. See follow.h. */
#include "resource/follow.h"

#include "flow/reply.h"
#include "resource/follow_part.h"
#include "resource/guarded.h"
#include "resource/shown.h"

static struct vb__follow *of_stream(struct vb_stream *stream)
{
    return VB_CONTAINER(stream, struct vb__follow, stream);
}

/* --- as a stream ----------------------------------------------------------
 */

/* The record that `exists` and rules have looked at is not held for as long as
 * somebody listens. */
static void drop_record(struct vb_exchange *x)
{
    if (x->state_done != NULL)
        x->state_done(x);
    x->state = NULL;
    x->state_done = NULL;
}

static void begin(struct vb_stream *stream)
{
    struct vb__follow *follow = of_stream(stream);

    if (follow->document)
        drop_record(stream->x);
    vb_sight_begin(&follow->sight, stream->x);
}

static void close_stream(struct vb_stream *stream)
{
    if (stream->begun)
        vb_sight_done(&of_stream(stream)->sight);
}

/* Itself. */
static void ask_again(const struct vb_stream *stream, struct vb_exchange *x)
{
    const struct vb__follow *follow =
        VB_CONTAINER(stream, const struct vb__follow, stream);

    x->resource = stream->x->resource;
    x->key = follow->uri;
}

static const struct vb_stream_kind kind = {
    .begin = begin,
    .close = close_stream,
    .ask_again = ask_again,
};

/* --- from the question ----------------------------------------------------
 */

static struct vb__follow *follow_new(struct vb_exchange *x,
                                     const struct vb_selection *selection)
{
    struct vb__follow *follow = vb_arena_calloc(&x->arena, 1, sizeof(*follow));

    if (follow == NULL)
        return NULL;
    vb_stream_init(&follow->stream, x, &kind,
                   selection == NULL ? VB_SPAN("") : selection->cursor);
    follow->stream.listener.hear = vb__follow_hear;
    follow->stream.listener.begun = vb__follow_begun;
    follow->uri = x->key;
    follow->sight.selection = selection;
    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return follow;
}

static enum vb_answer answer(struct vb_exchange *x, struct vb__follow *follow)
{
    return follow == NULL ? vb_reply_unavailable(x)
                          : vb_stream_answer(&follow->stream);
}

enum vb_answer vb_follow_document(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    const struct vb_selection *selection =
        stored->shown != NULL ? &stored->shown->selection : NULL;
    struct vb__follow *follow = follow_new(x, selection);

    if (follow != NULL) {
        follow->route = stored->route;
        follow->document = true;
        follow->stream.listener.key = stored->key;
        follow->uri = vb_stored_path(stored);
        follow->renamed = stored->path.len > 0;
        follow->sight.allow = vb_rule_of(x);
    }
    return answer(x, follow);
}

enum vb_answer vb_follow_listing(struct vb_exchange *x,
                                 const struct vb_route *route,
                                 struct vb_span parent,
                                 const struct vb_selection *selection)
{
    struct vb__follow *follow = follow_new(x, selection);

    if (follow != NULL) {
        follow->route = route->member != NULL ? route->member : route;
        follow->stream.listener.parent = parent;
        follow->sight.allow = vb_guarded_members(route);
    }
    return answer(x, follow);
}
