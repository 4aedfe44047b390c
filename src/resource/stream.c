/* An event stream, from the question to its end. See stream.h. */
#include "resource/stream.h"

#include "content/event_stream.h"
#include "flow/reply.h"

/* All events that wait, and the largest one. */
#define QUEUE_MOST (VB_STREAM_ROOM + (size_t)16 * 1024 * 1024)
/* A sign of life comes after so long without an event. */
#define BEAT_MS 15000
/* So often who asks is looked at again. */
#define CHECK_MS 15000

static struct vb_stream *of_listener(struct vb_listener *listener)
{
    return VB_CONTAINER(listener, struct vb_stream, listener);
}

static struct vb_stream *of_source(struct vb_source *source)
{
    return VB_CONTAINER(source, struct vb_stream, source);
}

/* --- events ---------------------------------------------------------------
 */

void vb_stream_id(struct vb_buf *buf, const struct vb_stream *stream,
                  uint64_t moment)
{
    char text[VB_MOMENT_TEXT_MOST];
    struct vb_buf id = vb_buf_over(text, sizeof(text));

    vb_moment_write(&id, stream->x->env->store->store, moment);
    vb_event_field(buf, "id", vb_buf_span(&id));
}

void vb_stream_told(struct vb_stream *stream)
{
    stream->beat_at = stream->x->env->now.mono_ms + BEAT_MS;
}

void vb_stream_beat(struct vb_stream *stream)
{
    vb_event_comment(&stream->queue);
    vb_stream_id(&stream->queue, stream, vb_listener_moment(&stream->listener));
    vb_event_end(&stream->queue);
    vb_stream_told(stream);
}

/* --- as a listener --------------------------------------------------------
 */

static bool has_room(struct vb_listener *listener)
{
    struct vb_stream *stream = of_listener(listener);

    return vb_stream_has_room(stream) &&
           (stream->kind->has_room == NULL || stream->kind->has_room(stream));
}

/* The exchange may be gone after. */
static void rouse_wire(struct vb_stream *stream)
{
    struct vb_exchange *x = stream->x;

    if (!stream->waiting || stream->checking ||
        (stream->queue.len == 0 && !stream->over))
        return;
    stream->waiting = false;
    x->carrier->output_ready(x);
}

/* Makes room, and of what there is events. */
static void make(struct vb_stream *stream)
{
    if (stream->kind->make != NULL)
        stream->kind->make(stream);
    if (has_room(&stream->listener))
        vb_listener_go_on(&stream->listener);
}

/* Whoever has been told all that there is is up to the listener's moment. */
static bool is_silent(const struct vb_stream *stream)
{
    return stream->listener.started && stream->waiting &&
           stream->queue.len == 0 &&
           (stream->kind->is_making == NULL ||
            !stream->kind->is_making(stream));
}

/* Rules, and credentials that may end. */
static bool is_to_be_checked(const struct vb_stream *stream)
{
    return stream->x->resource->guard != NULL && stream->check == NULL &&
           stream->x->env->now.mono_ms >= stream->check_at;
}

static void wake(struct vb_listener *listener)
{
    struct vb_stream *stream = of_listener(listener);
    int64_t now = stream->x->env->now.mono_ms;

    make(stream);
    if (is_silent(stream) && now >= stream->beat_at)
        vb_stream_beat(stream);
    if (is_to_be_checked(stream)) {
        stream->check_at = now + CHECK_MS;
        stream->checking = true;
        vb__stream_check(stream);
        stream->checking = false;
    }
    rouse_wire(stream);
}

void vb_stream_go_on(struct vb_stream *stream)
{
    make(stream);
    rouse_wire(stream);
}

void vb_stream_end(struct vb_stream *stream)
{
    vb_listener_leave(&stream->listener);
    stream->over = true;
    rouse_wire(stream);
}

static void ended(struct vb_listener *listener)
{
    vb_stream_end(of_listener(listener));
}

/* --- as a source ----------------------------------------------------------
 */

static void begin(struct vb_stream *stream)
{
    struct vb_exchange *x = stream->x;

    stream->begun = true;
    if (stream->kind->begin != NULL)
        stream->kind->begin(stream);
    stream->check_at = x->env->now.mono_ms + CHECK_MS;
    if (x->env->feed == NULL ||
        !vb_feed_listen(x->env->feed, &stream->listener))
        stream->over = true;
}

static bool give(struct vb_stream *stream, struct vb_span *ret_bytes)
{
    struct vb_buf sent = stream->sent;

    if (stream->queue.len == 0)
        return false;
    stream->sent = stream->queue;
    stream->queue = sent;
    vb_buf_reset(&stream->queue);
    *ret_bytes = vb_buf_span(&stream->sent);
    return true;
}

/* Who has nothing to send holds no memory for it. */
static void let_go(struct vb_stream *stream)
{
    vb_buf_done(&stream->sent);
    vb_buf_done(&stream->queue);
}

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct vb_stream *stream = of_source(source);

    stream->waiting = false;
    if (!stream->begun)
        begin(stream);
    if (stream->queue.err != VB_OK)
        return VB_PULL_FAILED;
    if (give(stream, ret_bytes))
        return VB_PULL_BYTES;
    if (!stream->over)
        make(stream);
    if (give(stream, ret_bytes))
        return VB_PULL_BYTES;
    if (stream->over)
        return VB_PULL_END;
    let_go(stream);
    stream->waiting = true;
    return VB_PULL_PENDING;
}

static void close_source(struct vb_source *source)
{
    struct vb_stream *stream = of_source(source);

    vb_listener_leave(&stream->listener);
    vb__stream_check_leave(stream);
    if (stream->kind->close != NULL)
        stream->kind->close(stream);
    let_go(stream);
}

/* --- from the question ----------------------------------------------------
 */

/* Where it begins: what the client has heard last, or where it says. */
static void set_moment(struct vb_stream *stream, struct vb_span cursor)
{
    struct vb_exchange *x = stream->x;
    const struct vb_field *last =
        vb_fields_first(&x->head.fields, VB_FIELD_LAST_EVENT_ID);
    struct vb_span text = last != NULL ? last->value : cursor;

    stream->listener.heard = VB_FEED_NOW;
    if (text.len > 0 && x->env->store != NULL)
        stream->lost = !vb_moment_read(text, x->env->store->store,
                                       &stream->listener.heard);
}

void vb_stream_init(struct vb_stream *stream, struct vb_exchange *x,
                    const struct vb_stream_kind *kind, struct vb_span cursor)
{
    stream->x = x;
    stream->kind = kind;
    stream->source = (struct vb_source){
        .pull = pull, .close = close_source, .length = -1, .endless = true};
    stream->listener.wake = wake;
    stream->listener.ended = ended;
    stream->listener.has_room = has_room;
    vb_buf_init(&stream->queue, QUEUE_MOST);
    vb_buf_init(&stream->sent, QUEUE_MOST);
    set_moment(stream, cursor);
}

enum vb_answer vb_stream_answer(struct vb_stream *stream)
{
    struct vb_exchange *x = stream->x;

    if (x->env->feed != NULL && !vb_feed_has_room(x->env->feed))
        return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE,
                               VB_SPAN("Too many follow what happens here."));
    if (x->identity_refused) {
        vb_reply_no_coding(x);
        x->reply.status = VB_STATUS_NOT_ACCEPTABLE;
        return VB_HALT;
    }
    x->reply.source = &stream->source;
    return VB_YES;
}
