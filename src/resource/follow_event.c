/* What is in an event stream. See follow.h. */
#include "content/event_stream.h"
#include "resource/follow_part.h"

/* A sign of life comes after so long without an event. */
#define BEAT_MS 15000
/* Bytes of one event; a state's lines are each a field. */
#define EVENT_MOST ((size_t)4 * 1024 * 1024)

enum event { CREATED, CHANGED, REMOVED, NOTHING };

static const char *const names[] = {"created", "changed", "removed"};

static const struct vb_store *store_of(const struct vb__follow *follow)
{
    return follow->x->env->store->store;
}

static void append_id(struct vb_buf *buf, const struct vb__follow *follow,
                      uint64_t moment)
{
    char text[VB_MOMENT_TEXT_MOST];
    struct vb_buf id = vb_buf_over(text, sizeof(text));

    vb_moment_write(&id, store_of(follow), moment);
    vb_event_field(buf, "id", vb_buf_span(&id));
}

/* --- what is seen ---------------------------------------------------------
 */

static bool sees(const struct vb__follow *follow,
                 const struct vb_record *record, yyjson_val *root)
{
    struct vb_ruling ruling;

    if (record == NULL)
        return false;
    if (follow->allow != NULL) {
        ruling = follow->ruling;
        ruling.key = record->key;
        ruling.knows_state = true;
        ruling.state = root;
        if (vb_ruling_ask(&ruling) != VB_TRUE)
            return false;
    }
    return follow->selection == NULL ||
           vb_selection_holds(follow->selection, root);
}

/* A state is only read where something depends on it. */
static bool looks(const struct vb__follow *follow)
{
    return follow->allow != NULL || follow->selection != NULL;
}

static enum event judge(const struct vb__follow *follow, struct vb_news *news)
{
    const struct vb_happening *happening = news->happening;
    bool look = looks(follow);
    bool before =
        sees(follow, happening->before, look ? vb_news_before(news) : NULL);
    bool after =
        sees(follow, happening->after, look ? vb_news_after(news) : NULL);

    if (before)
        return after ? CHANGED : REMOVED;
    return after ? CREATED : NOTHING;
}

/* --- what is told ---------------------------------------------------------
 */

static void append_etag(struct vb_buf *buf, const struct vb__follow *follow,
                        uint64_t revision)
{
    vb_buf_str(buf, ",\"etag\":\"\\\"");
    vb_moment_write(buf, store_of(follow), vb_moment(revision));
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
    vb_selection_write_state(buf, follow->route, follow->selection, NULL,
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
    append_id(buf, follow, moment);
    vb_event_data(buf, vb_buf_span(data));
    vb_event_end(buf);
    if (data->err != VB_OK)
        buf->err = data->err;
    vb_buf_done(data);
}

static void write_event(struct vb_buf *buf, const struct vb__follow *follow,
                        const struct vb_news *news, enum event event)
{
    struct vb_buf data;

    vb_buf_init(&data, EVENT_MOST);
    vb_buf_str(&data, "{\"uri\":");
    vb_json_write_string(&data, uri_of(follow, news));
    if (event != REMOVED)
        append_state(&data, follow, news->happening->after);
    vb_buf_char(&data, '}');
    append_whole(buf, follow, names[event], news->happening->moment, &data);
}

/* Most see the same, which is written once. */
static bool is_common(const struct vb__follow *follow)
{
    return !follow->renamed &&
           (follow->selection == NULL || follow->selection->field_count == 0);
}

static void append_event(struct vb__follow *follow, struct vb_news *news,
                         enum event event)
{
    struct vb_buf *made = &news->made[event];

    if (!is_common(follow) ||
        (news->made_for != NULL && news->made_for != follow->route)) {
        write_event(&follow->queue, follow, news, event);
        return;
    }
    news->made_for = follow->route;
    if (made->len == 0 && made->err == VB_OK) {
        vb_buf_init(made, 2 * EVENT_MOST);
        write_event(made, follow, news, event);
    }
    vb_buf_append(&follow->queue, vb_buf_span(made));
    if (made->err != VB_OK)
        follow->queue.err = made->err;
}

static void was_told(struct vb__follow *follow)
{
    follow->beat_at = follow->x->env->now.mono_ms + BEAT_MS;
}

bool vb__follow_hear(struct vb_listener *listener, struct vb_news *news)
{
    struct vb__follow *follow =
        VB_CONTAINER(listener, struct vb__follow, listener);
    enum event event;

    if (follow->queue.len >= VB__FOLLOW_ROOM)
        return false;
    event = judge(follow, news);
    if (event == NOTHING)
        return true;
    append_event(follow, news, event);
    was_told(follow);
    return true;
}

void vb__follow_begun(struct vb_listener *listener, bool lost)
{
    struct vb__follow *follow =
        VB_CONTAINER(listener, struct vb__follow, listener);
    bool reset = lost || follow->lost;
    struct vb_buf data;

    vb_buf_init(&data, 64 * 1024);
    vb_buf_str(&data, "{\"uri\":");
    vb_json_write_string(&data, follow->uri);
    vb_buf_char(&data, '}');
    append_whole(&follow->queue, follow, reset ? "reset" : "ready",
                 listener->heard, &data);
    follow->lost = false;
    was_told(follow);
}

/* An id without data is remembered, and so nobody who has heard nothing for
 * long is too late when they come back. */
void vb__follow_beat(struct vb__follow *follow)
{
    vb_event_comment(&follow->queue);
    append_id(&follow->queue, follow, vb_listener_moment(&follow->listener));
    vb_event_end(&follow->queue);
    was_told(follow);
}
