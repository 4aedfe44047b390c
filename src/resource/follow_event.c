/* What is in an event stream. See follow.h. */
#include "content/event_stream.h"
#include "resource/follow_part.h"

static const char *const names[] = {[VB_SEEN_CREATED] = "created",
                                    [VB_SEEN_CHANGED] = "changed",
                                    [VB_SEEN_REMOVED] = "removed"};

/* --- what is told ---------------------------------------------------------
 */

static void append_etag(struct vb_buf *buf, const struct vb__follow *follow,
                        uint64_t revision)
{
    vb_buf_str(buf, ",\"etag\":\"\\\"");
    vb_moment_write(buf, follow->stream.x->env->store->store,
                    vb_moment(revision));
    vb_buf_str(buf, "\\\"\"");
}

static void append_state(struct vb_buf *buf, const struct vb__follow *follow,
                         const struct vb_record *record)
{
    append_etag(buf, follow, record->revision);
    if (!vb_is_json(record->media_type)) {
        vb_buf_str(buf, ",\"mediaType\":");
        vb_json_write_string(buf, record->media_type);
        vb_buf_printf(buf, ",\"length\":%llu",
                      (unsigned long long)record->length);
        return;
    }
    vb_buf_str(buf, ",\"value\":");
    vb_selection_write_state(buf, follow->route, follow->sight.selection, NULL,
                             record->content);
}

static struct vb_span uri_of(const struct vb__follow *follow,
                             const struct vb_news *news)
{
    return follow->renamed ? follow->uri : vb_news_key(news);
}

/* An event with its data, which is given back. */
static void append_whole(struct vb_buf *buf, const struct vb__follow *follow,
                         const char *name, uint64_t moment, struct vb_buf *data)
{
    vb_event_field(buf, "event", vb_span_str(name));
    vb_stream_id(buf, &follow->stream, moment);
    vb_event_data(buf, vb_buf_span(data));
    vb_event_end(buf);
    if (data->err != VB_OK)
        buf->err = data->err;
    vb_buf_done(data);
}

static void write_event(struct vb_buf *buf, const struct vb__follow *follow,
                        const struct vb_news *news, enum vb_seen event)
{
    struct vb_buf data;

    vb_buf_init(&data, VB_STREAM_EVENT_MOST);
    vb_buf_str(&data, "{\"uri\":");
    vb_json_write_string(&data, uri_of(follow, news));
    if (event != VB_SEEN_REMOVED)
        append_state(&data, follow, news->happening->after);
    vb_buf_char(&data, '}');
    append_whole(buf, follow, names[event], news->happening->moment, &data);
}

/* Most see the same, which is written once. */
static bool is_common(const struct vb__follow *follow)
{
    return !follow->renamed && (follow->sight.selection == NULL ||
                                follow->sight.selection->field_count == 0);
}

static void append_event(struct vb__follow *follow, struct vb_news *news,
                         enum vb_seen event)
{
    struct vb_buf *made = &news->made[event];

    if (!is_common(follow) ||
        (news->made_for != NULL && news->made_for != follow->route)) {
        write_event(&follow->stream.queue, follow, news, event);
        return;
    }
    news->made_for = follow->route;
    if (made->len == 0 && made->err == VB_OK) {
        vb_buf_init(made, 2 * VB_STREAM_EVENT_MOST);
        write_event(made, follow, news, event);
    }
    vb_buf_append(&follow->stream.queue, vb_buf_span(made));
    if (made->err != VB_OK)
        follow->stream.queue.err = made->err;
}

bool vb__follow_hear(struct vb_listener *listener, struct vb_news *news)
{
    struct vb__follow *follow = vb__follow_of(listener);
    enum vb_seen event;

    if (!vb_stream_has_room(&follow->stream))
        return false;
    event = vb_sight_of(&follow->sight, news);
    if (event == VB_UNSEEN)
        return true;
    append_event(follow, news, event);
    vb_stream_told(&follow->stream);
    return true;
}

void vb__follow_begun(struct vb_listener *listener, bool lost)
{
    struct vb__follow *follow = vb__follow_of(listener);
    struct vb_stream *stream = &follow->stream;
    bool reset = lost || stream->lost;
    struct vb_buf data;

    vb_buf_init(&data, 64 * 1024);
    vb_buf_str(&data, "{\"uri\":");
    vb_json_write_string(&data, follow->uri);
    vb_buf_char(&data, '}');
    append_whole(&stream->queue, follow, reset ? "reset" : "ready",
                 listener->heard, &data);
    stream->lost = false;
    vb_stream_told(stream);
}
