/* An exchange from its head to its end: what happens next on a stream. */
#include "base/clock.h"
#include "wire/mux/mux.h"

void vb_mux_begin(struct vb_mux_stream *s, const struct vb_mux_ops *ops,
                  struct vb_exchange *x, bool secure)
{
    s->ops = ops;
    s->x = x;
    s->since = x->env->now.mono_ms;
    s->crumbs_end = &s->crumbs;
    vb_buf_init(&s->waiting, VB_MUX_STREAM_WINDOW);
    vb_head_begin(&s->builder, &x->head, &x->arena, &x->env->limits->head,
                  secure ? VB_SPAN("https") : VB_SPAN("http"));
    s->builder.scanned = true; /* vb_mux_field_is_fine does */
}

/* PRIORITY_UPDATE counts more (RFC 9218 section 7). */
static void take_priority(struct vb_mux_stream *s)
{
    const struct vb_fields *fields = &s->x->head.fields;
    const struct vb_field *field = vb_fields_first(fields, VB_FIELD_PRIORITY);

    for (; field != NULL && !s->told; field = vb_fields_next(fields, field))
        vb_mux_priority_parse(&s->priority, field->value);
}

bool vb_mux_ask(struct vb_mux_stream *s, const struct vb_carrier *carrier,
                const struct vb_peer *peer, bool ended)
{
    struct vb_exchange *x = s->x;
    struct vb_service *service = x->env->service;

    s->ended = ended;
    vb_mux_head_end(s);
    s->state = VB_MUX_ASKED;
    s->malformed |=
        ended && x->verdict.status == 0 && !vb_mux_content_is_all(s);
    if (s->malformed)
        return false;
    take_priority(s);
    x->carrier = carrier;
    x->carrier_data = s;
    x->peer = peer;
    x->begun_ms = x->env->now.mono_ms;
    service->begin(service, x);
    return true;
}

void vb_mux_send_interim(struct vb_mux_stream *s, unsigned status,
                         const struct vb_field_out *fields, size_t count)
{
    struct vb_section section;

    if (vb_section_interim(&section, s->x, status, fields, count))
        s->ops->interim(s, &section);
}

static void send_reply(struct vb_mux_stream *s)
{
    const struct vb_reply *reply = &s->x->reply;
    struct vb_section section;
    struct vb_plan plan;
    bool content;

    vb_plan_reply(&plan, s->x);
    content = (plan.extent != VB_EXTENT_NONE || s->switched) &&
              !reply->head_only && vb_mux_source_begin(s);
    if (!vb_section_reply(&section, s->x, &plan) ||
        !s->ops->reply(s, &section, content))
        s->ops->fail(s);
    if (reply->close)
        s->ops->stop(s);
}

bool vb_mux_trailers(const struct vb_mux_stream *s, struct vb_section *section)
{
    struct vb_exchange *x = s->x;

    return !s->switched && vb_trailers_go(x) &&
           vb_section_trailers(section, &x->arena, x->reply.trailers) &&
           section->count > 0;
}

static void submit(struct vb_mux_stream *s)
{
    s->submitted = true;
    if (!s->both)
        vb_mux_content_drop(s);
    else if (s->expects)
        vb_mux_content_continue(s);
    send_reply(s);
}

/* Of a tunnel, the source that has ended: it may have failed since. */
static void ask_again(struct vb_mux_stream *s)
{
    if (vb_mux_source_pull(s) == VB_PULL_FAILED)
        s->ops->fail(s);
}

void vb_mux_step(struct vb_mux_stream *s)
{
    s->marked = false;
    if (s->state == VB_MUX_HEAD)
        return;
    if (!s->replied)
        vb_mux_content_step(s);
    if (s->replied && !s->submitted)
        submit(s);
    if (s->both)
        vb_mux_content_step(s);
    if (s->ready && s->deferred) {
        s->deferred = false;
        s->ops->resume(s);
    } else if (s->ready && s->switched && s->all_sent) {
        ask_again(s);
    }
}

void vb_mux_cut_short(struct vb_mux_stream *s)
{
    if (s->state == VB_MUX_ASKED && !s->ended)
        vb_mux_content_fail(s, &vb_content_cut_short);
    s->ops->mark(s);
}

void vb_mux_end(struct vb_mux_stream *s)
{
    struct vb_exchange *x = s->x;

    vb_mux_content_lose(s);
    vb_buf_done(&s->waiting);
    if (s->replied || s->state == VB_MUX_HEAD || s->malformed)
        vb_exchange_release(x);
    else
        vb_exchange_abandon(x);
}

/*
 * Where HTTP/1 sees each segment that a slow client has read, here it is told
 * of once in a while, mostly of half a window of 64 KiB: so a window has so
 * many times the write timeout, and who reads 400 bytes a second gets all.
 */
#define WINDOW_TIMES 3

int64_t vb_mux_deadline(const struct vb_mux_stream *s, int64_t moved,
                        bool blocked)
{
    const struct vb_limits *limits = s->x->env->limits;
    int64_t since = moved > s->since ? moved : s->since;

    if (s->state == VB_MUX_HEAD)
        return s->since + limits->head_timeout_ms;
    if (vb_mux_receives_content(s))
        return since + limits->content_timeout_ms;
    if (blocked && s->replied && !s->all_sent)
        return since + INT64_C(1) * WINDOW_TIMES * limits->write_timeout_ms;
    return VB_TIME_NEVER;
}
