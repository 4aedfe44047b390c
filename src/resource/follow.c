/* An event stream, from the question to its end. See follow.h. */
#include "resource/follow.h"

#include "flow/reply.h"
#include "resource/follow_part.h"
#include "resource/guarded.h"
#include "resource/shown.h"

/* All events that wait, and the largest one. */
#define QUEUE_MOST (VB__FOLLOW_ROOM + (size_t)16 * 1024 * 1024)
/* So often who asks is looked at again. */
#define CHECK_MS 15000

static struct vb__follow *of_listener(struct vb_listener *listener)
{
    return VB_CONTAINER(listener, struct vb__follow, listener);
}

static struct vb__follow *of_source(struct vb_source *source)
{
    return VB_CONTAINER(source, struct vb__follow, source);
}

/* --- as a listener --------------------------------------------------------
 */

static bool has_room(struct vb_listener *listener)
{
    return of_listener(listener)->queue.len < VB__FOLLOW_ROOM;
}

/* The exchange may be gone after. */
static void rouse_wire(struct vb__follow *follow)
{
    struct vb_exchange *x = follow->x;

    if (!follow->waiting || follow->checking ||
        (follow->queue.len == 0 && !follow->over))
        return;
    follow->waiting = false;
    x->carrier->output_ready(x);
}

/* Rules, and credentials that may end. */
static bool is_to_be_checked(const struct vb__follow *follow)
{
    return follow->x->resource->guard != NULL && follow->check == NULL &&
           follow->x->env->now.mono_ms >= follow->check_at;
}

static void wake(struct vb_listener *listener)
{
    struct vb__follow *follow = of_listener(listener);
    int64_t now = follow->x->env->now.mono_ms;

    if (has_room(listener))
        vb_listener_go_on(listener);
    if (listener->started && follow->waiting && follow->queue.len == 0 &&
        now >= follow->beat_at)
        vb__follow_beat(follow);
    if (is_to_be_checked(follow)) {
        follow->check_at = now + CHECK_MS;
        follow->checking = true;
        vb__follow_check(follow);
        follow->checking = false;
    }
    rouse_wire(follow);
}

void vb__follow_end(struct vb__follow *follow)
{
    vb_listener_leave(&follow->listener);
    follow->over = true;
    rouse_wire(follow);
}

static void ended(struct vb_listener *listener)
{
    vb__follow_end(of_listener(listener));
}

/* --- as a source ----------------------------------------------------------
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

static void begin(struct vb__follow *follow)
{
    struct vb_exchange *x = follow->x;

    follow->begun = true;
    if (follow->document)
        drop_record(x);
    if (follow->allow != NULL)
        vb_ruling_begin(&follow->ruling, x, follow->allow);
    follow->check_at = x->env->now.mono_ms + CHECK_MS;
    if (x->env->feed == NULL ||
        !vb_feed_listen(x->env->feed, &follow->listener))
        follow->over = true;
}

static bool give(struct vb__follow *follow, struct vb_span *ret_bytes)
{
    struct vb_buf sent = follow->sent;

    if (follow->queue.len == 0)
        return false;
    follow->sent = follow->queue;
    follow->queue = sent;
    vb_buf_reset(&follow->queue);
    *ret_bytes = vb_buf_span(&follow->sent);
    return true;
}

/* Who has nothing to send holds no memory for it. */
static void let_go(struct vb__follow *follow)
{
    vb_buf_done(&follow->sent);
    vb_buf_done(&follow->queue);
}

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb__follow *follow = of_source(source);

    follow->waiting = false;
    if (!follow->begun)
        begin(follow);
    if (follow->queue.err != VB_OK)
        return VB_PULL_FAILED;
    if (give(follow, ret_bytes))
        return VB_PULL_BYTES;
    vb_listener_go_on(&follow->listener);
    if (give(follow, ret_bytes))
        return VB_PULL_BYTES;
    if (follow->over)
        return VB_PULL_END;
    let_go(follow);
    follow->waiting = true;
    return VB_PULL_PENDING;
}

static void close_source(struct vb_source *source)
{
    struct vb__follow *follow = of_source(source);

    vb_listener_leave(&follow->listener);
    vb__follow_check_leave(follow);
    if (follow->begun && follow->allow != NULL)
        vb_ruling_done(&follow->ruling);
    let_go(follow);
}

/* --- from the question ----------------------------------------------------
 */

/* Where it begins: what the client has heard last, or where it says. */
static void set_moment(struct vb__follow *follow)
{
    struct vb_span cursor =
        follow->selection == NULL ? VB_SPAN("") : follow->selection->cursor;
    struct vb_exchange *x = follow->x;
    const struct vb_field *last =
        vb_fields_first(&x->head.fields, VB_FIELD_LAST_EVENT_ID);
    struct vb_span text = last != NULL ? last->value : cursor;

    follow->listener.heard = VB_FEED_NOW;
    if (text.len > 0 && x->env->store != NULL)
        follow->lost = !vb_moment_read(text, x->env->store->store,
                                       &follow->listener.heard);
}

static struct vb__follow *follow_new(struct vb_exchange *x,
                                     const struct vb_selection *selection)
{
    struct vb__follow *follow = vb_arena_calloc(&x->arena, 1, sizeof(*follow));

    if (follow == NULL)
        return NULL;
    follow->x = x;
    follow->uri = x->key;
    follow->source = (struct vb_source){
        .pull = pull, .close = close_source, .length = -1, .endless = true};
    follow->listener = (struct vb_listener){
        .hear = vb__follow_hear,
        .begun = vb__follow_begun,
        .wake = wake,
        .ended = ended,
        .has_room = has_room,
    };
    vb_buf_init(&follow->queue, QUEUE_MOST);
    vb_buf_init(&follow->sent, QUEUE_MOST);
    follow->selection = selection;
    set_moment(follow);
    x->reply.source = &follow->source;
    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return follow;
}

static enum vb_answer answer(struct vb_exchange *x,
                             const struct vb__follow *follow)
{
    if (follow == NULL)
        return vb_reply_unavailable(x);
    if (x->env->feed != NULL && !vb_feed_has_room(x->env->feed))
        return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE,
                               VB_SPAN("Too many follow what happens here."));
    if (x->identity_refused) {
        vb_reply_no_coding(x);
        x->reply.status = VB_STATUS_NOT_ACCEPTABLE;
        return VB_HALT;
    }
    return VB_YES;
}

/* --- documents ------------------------------------------------------------
 */

enum vb_answer vb_follow_document(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    const struct vb_selection *selection =
        stored->shown != NULL ? &stored->shown->selection : NULL;
    struct vb__follow *follow = follow_new(x, selection);

    if (follow != NULL) {
        follow->route = stored->route;
        follow->document = true;
        follow->listener.key = stored->key;
        follow->uri = vb_stored_path(stored);
        follow->renamed = stored->path.len > 0;
        follow->allow = vb_rule_of(x);
    }
    return answer(x, follow);
}

/* --- listings -------------------------------------------------------------
 */

enum vb_answer vb_follow_listing(struct vb_exchange *x,
                                 const struct vb_route *route,
                                 struct vb_span parent,
                                 const struct vb_selection *selection)
{
    struct vb__follow *follow = follow_new(x, selection);

    if (follow != NULL) {
        follow->route = route->member != NULL ? route->member : route;
        follow->listener.parent = parent;
        follow->allow = vb_guarded_members(route);
    }
    return answer(x, follow);
}
