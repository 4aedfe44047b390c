/*
 * Who may still have a stream. It outlives what it was granted for: a session
 * ends, a token is withdrawn, an account is another by now. So it is asked for
 * again now and then, by the same flow from where it looks at who asks, with
 * what the client has sent, and without a reply.
 */
#include <stdlib.h>

#include "exchange/identity.h"
#include "flow/flow.h"
#include "http/status.h"
#include "resource/stream.h"

struct vb__stream_check {
    struct vb_exchange *held; /* the stream's, */
    struct vb_stream *stream; /* and itself; NULL: it has been closed */
    struct vb_peer peer;
};

static uint64_t revision_of(const struct vb_identity *identity)
{
    return identity->record == NULL ? 0 : identity->record->revision;
}

/* What decides what is seen. */
static bool is_same_viewer(const struct vb_identity *a,
                           const struct vb_identity *b)
{
    if (a == NULL || b == NULL)
        return a == b;
    return vb_span_eq(a->account, b->account) &&
           vb_span_eq(a->subject, b->subject) &&
           vb_span_eq(a->session, b->session) &&
           a->role_count == b->role_count && revision_of(a) == revision_of(b);
}

/* Is it refused to who asks, or asked by somebody else? A server in trouble
 * says nothing of that; and what is gone for now may come again. */
static bool is_over(struct vb_exchange *x, const struct vb__stream_check *check)
{
    const struct vb_stream *stream = check->stream;

    switch (x->reply.status) {
    case VB_STATUS_UNAUTHORIZED:
    case VB_STATUS_FORBIDDEN:
        return true;
    case VB_STATUS_OK:
    case VB_STATUS_NOT_FOUND:
    case VB_STATUS_GONE:
        return stream == NULL ||
               !is_same_viewer(x->identity, check->held->identity) ||
               (stream->kind->is_denied != NULL &&
                stream->kind->is_denied(stream, x));
    default:
        return false;
    }
}

static void settle(struct vb__stream_check *check, bool ends)
{
    struct vb_stream *stream = check->stream;
    struct vb_exchange *held = check->held;

    free(check);
    if (stream == NULL) {
        vb_exchange_unhold(held);
        return;
    }
    stream->check = NULL;
    if (ends)
        vb_stream_end(stream);
}

static void reply(struct vb_exchange *x)
{
    struct vb__stream_check *check = x->carrier_data;
    bool ends = is_over(x, check);

    x->carrier = NULL; /* no log tells of it */
    vb_exchange_release(x);
    settle(check, ends);
}

/* A HEAD has no content, and `interim_ok` is not set. */
static void nothing(struct vb_exchange *x)
{
    (void)x;
}

static void no_interim(struct vb_exchange *x, unsigned status,
                       const struct vb_field_out *fields, size_t count)
{
    (void)x;
    (void)status;
    (void)fields;
    (void)count;
}

static const struct vb_carrier carrier = {
    .protocol = "",
    .want_content = nothing,
    .resume_content = nothing,
    .interim = no_interim,
    .reply = reply,
    .output_ready = nothing,
};

/* As the client has asked, but for HEAD. What it has sent lies in the stream's
 * exchange. */
static void ask_as(struct vb_exchange *x, const struct vb_stream *stream)
{
    const struct vb_exchange *as = stream->x;

    x->head = as->head;
    x->head.method = VB_METHOD_HEAD;
    x->head.interim_ok = false;
    if (as->keyed_query.len > 0) {
        x->head.query = as->keyed_query;
        x->head.has_query = true;
    }
    x->site = as->site;
    memcpy(x->variables, as->variables, sizeof(x->variables));
    x->variable_count = as->variable_count;
    stream->kind->ask_again(stream, x);
}

void vb__stream_check(struct vb_stream *stream)
{
    struct vb_exchange *held = stream->x;
    struct vb__stream_check *check = malloc(sizeof(*check));
    struct vb_exchange *x = check == NULL ? NULL : vb_exchange_new(held->env);

    if (x == NULL) {
        free(check);
        return; /* the next time */
    }
    *check = (struct vb__stream_check){
        .held = held, .stream = stream, .peer = *held->peer};
    stream->check = check;
    ask_as(x, stream);
    x->peer = &check->peer;
    x->carrier = &carrier;
    x->carrier_data = check;
    vb_flow_start_at(x, VB_NODE_authentic);
}

void vb__stream_check_leave(struct vb_stream *stream)
{
    struct vb__stream_check *check = stream->check;

    if (check == NULL)
        return;
    check->stream = NULL;
    vb_peer_part(&check->peer);
    stream->check = NULL;
    vb_exchange_hold(stream->x);
}
