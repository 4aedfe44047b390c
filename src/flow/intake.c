/* Taking request content in, and buffering it. See intake.h. */
#include "flow/intake.h"

#include "base/list.h"
#include "flow/decode.h"
#include "flow/digests.h"
#include "flow/flow.h"
#include "flow/reply.h"

uint64_t vb_intake_limit(const struct vb_exchange *x)
{
    return x->resource->max_content != 0 ? x->resource->max_content
                                         : x->env->limits->max_content;
}

enum vb_answer vb_intake_verdict(struct vb_exchange *x, enum vb_err err)
{
    static const struct {
        enum vb_err err;
        uint16_t status;
        struct vb_span detail;
    } rows[] = {
        {VB_ERR_LIMIT, VB_STATUS_CONTENT_TOO_LARGE,
         VB_SPAN_INIT("The content is larger than this resource takes.")},
        {VB_ERR_CORRUPT, VB_STATUS_BAD_REQUEST,
         VB_SPAN_INIT("The content is not of the coding that Content-Encoding "
                      "names, or was damaged.")},
        {VB_ERR_INVALID, VB_STATUS_BAD_REQUEST,
         VB_SPAN_INIT("The content is not what its digest says.")},
        {VB_ERR_NOSPACE, VB_STATUS_INSUFFICIENT_STORAGE,
         VB_SPAN_INIT("There is no room left to store this.")},
        {VB_ERR_NOMEM, VB_STATUS_SERVICE_UNAVAILABLE,
         VB_SPAN_INIT("There is no memory left for this.")},
    };

    if (err == VB_OK)
        return VB_YES;
    if (x->verdict.status != 0)
        return vb_reply_verdict(x);
    x->reply.status = VB_STATUS_INTERNAL_SERVER_ERROR;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].err != err)
            continue;
        x->reply.status = rows[i].status;
        vb_reply_detail(x, rows[i].detail);
    }
    return VB_NO;
}

/* --- a sink that lets others see what comes ---------------------------------
 */

struct shown {
    struct vb_sink sink;
    struct vb_sink *to;
    struct vb_exchange *x;
};

static enum vb_sink_want show(struct vb_sink *sink, struct vb_span bytes)
{
    struct shown *shown = VB_CONTAINER(sink, struct shown, sink);

    shown->x->once->content(shown->x, bytes);
    return shown->to->write(shown->to, bytes);
}

static void show_end(struct vb_sink *sink, enum vb_err err)
{
    struct shown *shown = VB_CONTAINER(sink, struct shown, sink);

    shown->to->end(shown->to, err);
}

static void show_close(struct vb_sink *sink)
{
    struct shown *shown = VB_CONTAINER(sink, struct shown, sink);

    if (shown->to->close != NULL)
        shown->to->close(shown->to);
}

/* NULL: out of memory. */
static struct vb_sink *show_to_once(struct vb_exchange *x, struct vb_sink *sink)
{
    struct shown *shown = vb_arena_alloc(&x->arena, sizeof(*shown));

    if (shown == NULL)
        return NULL;
    *shown = (struct shown){{show, show_end, show_close}, sink, x};
    return &shown->sink;
}

/* --- a sink that keeps what comes as it came --------------------------------
 */

struct tap {
    struct vb_sink sink;
    struct vb_sink *to;
    struct vb_buf *raw;
    bool ended;
};

static enum vb_sink_want tap_write(struct vb_sink *sink, struct vb_span bytes)
{
    struct tap *tap = VB_CONTAINER(sink, struct tap, sink);

    vb_buf_append(tap->raw, bytes);
    if (tap->raw->err == VB_OK)
        return tap->to->write(tap->to, bytes);
    tap->ended = true;
    tap->to->end(tap->to, tap->raw->err);
    return VB_SINK_DONE;
}

static void tap_end(struct vb_sink *sink, enum vb_err err)
{
    struct tap *tap = VB_CONTAINER(sink, struct tap, sink);

    if (!tap->ended)
        tap->to->end(tap->to, err);
}

static void tap_close(struct vb_sink *sink)
{
    struct tap *tap = VB_CONTAINER(sink, struct tap, sink);

    if (tap->to->close != NULL)
        tap->to->close(tap->to);
}

/* NULL: out of memory. */
static struct vb_sink *tap_into(struct vb_exchange *x, struct vb_sink *sink,
                                struct vb_buf *raw)
{
    struct tap *tap = vb_arena_alloc(&x->arena, sizeof(*tap));

    if (tap == NULL)
        return NULL;
    *tap = (struct tap){{tap_write, tap_end, tap_close}, sink, raw, false};
    return &tap->sink;
}

/* --- from the wire to a sink ------------------------------------------------
 */

/* `raw`: what keeps it as it came; or NULL. */
static enum vb_answer begin(struct vb_exchange *x, struct vb_sink *sink,
                            struct vb_buf *raw)
{
    enum vb_err err;

    if (x->once != NULL)
        sink = show_to_once(x, sink);
    if (sink != NULL && x->coding_count > 0)
        sink = vb__decode_sink(x, sink);
    if (sink == NULL)
        return vb_intake_verdict(x, VB_ERR_NOMEM);
    x->sink = sink;
    err = vb__verify_digests(x, &x->sink);
    if (err != VB_OK)
        return vb_intake_verdict(x, err);
    if (raw != NULL)
        sink = tap_into(x, x->sink, raw);
    if (raw != NULL && sink != NULL)
        x->sink = sink;
    if (sink == NULL)
        return vb_intake_verdict(x, VB_ERR_NOMEM);
    if (x->head.has_content)
        x->carrier->want_content(x);
    else
        x->sink->end(x->sink, VB_OK);
    return VB_PENDING;
}

enum vb_answer vb_intake_begin(struct vb_exchange *x, struct vb_sink *sink)
{
    return begin(x, sink, NULL);
}

void vb_intake_resume(struct vb_exchange *x)
{
    if (x->decoding != NULL)
        vb__decode_resume(x);
    else
        x->carrier->resume_content(x);
}

/* --- into a buffer ----------------------------------------------------------
 */

struct intake {
    struct vb_sink sink;
    struct vb_exchange *x;
    bool finished; /* the flow was told; what still comes is not for us */
};

static void finish(struct intake *intake, enum vb_err err)
{
    intake->finished = true;
    vb_flow_resume(intake->x, vb_intake_verdict(intake->x, err));
}

/* Who sends more than is taken learns it at once, not at the end. */
static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct intake *intake = VB_CONTAINER(sink, struct intake, sink);

    vb_buf_append(&intake->x->content, bytes);
    if (intake->x->content.err == VB_OK)
        return VB_SINK_MORE;
    finish(intake, intake->x->content.err);
    return VB_SINK_DONE;
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct intake *intake = VB_CONTAINER(sink, struct intake, sink);

    if (!intake->finished)
        finish(intake, err);
}

static enum vb_answer buffer(struct vb_exchange *x, uint64_t limit,
                             struct vb_buf *raw)
{
    struct intake *intake;

    if (x->head.content_length > 0 && (uint64_t)x->head.content_length > limit)
        return vb_intake_verdict(x, VB_ERR_LIMIT);
    intake = vb_arena_alloc(&x->arena, sizeof(*intake));
    if (intake == NULL)
        return vb_intake_verdict(x, VB_ERR_NOMEM);
    *intake = (struct intake){.sink = {take, end, NULL}, .x = x};
    x->content.limit = limit;
    return begin(x, &intake->sink, raw);
}

enum vb_answer vb_intake_buffer(struct vb_exchange *x, uint64_t limit)
{
    return buffer(x, limit, NULL);
}

enum vb_answer vb_intake_buffer_both(struct vb_exchange *x, uint64_t limit,
                                     struct vb_buf *raw)
{
    raw->limit = limit;
    return buffer(x, limit, raw);
}
