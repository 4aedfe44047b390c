/*
 * From received bytes to an exchange: finds where a head ends, copies it once
 * into the exchange's arena, has it parsed there, and hands the exchange to
 * the service. What is wrong with a head is a verdict, and the flow answers
 * it; after such an answer the connection ends, since what follows cannot be
 * trusted to be a request (RFC 9112 section 9.6).
 *
 * The outcome never depends on how the bytes were split: what is refused
 * before a head is complete would have been refused with it.
 */
#include "base/assert.h"
#include "http/chars.h"
#include "http/scan.h"
#include "wire/h1/inner.h"
#include "wire/message.h"

/* A head to be begun with. */
struct draft {
    struct vb_span text;       /* what is there of it */
    bool parse;                /* it is worth parsing */
    struct vb_verdict verdict; /* what is known to be wrong already */
    struct vb_verdict after;   /* what is wrong if its lines are fine */
};

/* --- The exchange ----------------------------------------------------------
 */

/* Things the head says that are this wire's business. */
static void read_framing(struct vb_h1_message *m,
                         struct vb_head_builder *builder,
                         const struct vb_head_line *line)
{
    struct vb_head *head = builder->head;
    bool chunked = vb__h1_transfer_coding(builder, line->minor_0);
    struct vb_verdict verdict = vb_head_end(builder, !line->minor_0);

    if (verdict.status != 0)
        return;
    m->minor_0 = line->minor_0;
    head->interim_ok = !line->minor_0;
    if (chunked) {
        head->has_content = true;
        m->content = VB_H1_CHUNKED;
    } else if (head->content_length > 0) {
        m->content = VB_H1_LENGTH;
        m->left = (uint64_t)head->content_length;
    }
    /* RFC 9112 section 9.3 */
    m->keep_alive = !line->minor_0;
    if (vb_fields_first(&head->fields, VB_FIELD_CONNECTION) != NULL) {
        if (line->minor_0)
            m->keep_alive = vb_fields_have(&head->fields, VB_FIELD_CONNECTION,
                                           VB_SPAN("keep-alive"));
        if (vb_fields_have(&head->fields, VB_FIELD_CONNECTION,
                           VB_SPAN("close")))
            m->keep_alive = false;
        head->protocol = vb__h1_upgrade(m);
    }
    /* RFC 9110 section 10.1.1 */
    m->expects =
        head->interim_ok &&
        vb_fields_have(&head->fields, VB_FIELD_EXPECT, VB_SPAN("100-continue"));
}

/* RFC 9110 section 9.3.6. */
static const struct vb_verdict connect_has_content = {
    VB_STATUS_BAD_REQUEST, "A request for a tunnel has no content."};

/* A copy that lives as long as the exchange, with its pad. */
static bool copy_text(struct vb_exchange *x, struct draft *draft)
{
    char *copy = vb_arena_alloc(&x->arena, draft->text.len + VB_H1_PAD);

    if (copy == NULL)
        return false;
    if (draft->text.len > 0)
        memcpy(copy, draft->text.ptr, draft->text.len);
    memset(copy + draft->text.len, 0, VB_H1_PAD);
    draft->text.ptr = copy;
    return true;
}

static void fill(struct vb_h1_message *m, struct draft *draft)
{
    struct vb_exchange *x = m->x;
    const struct vb_peer *peer = m->h1->wire.peer;
    struct vb_head_builder builder;
    struct vb_head_line line = {.minor_0 = false};

    vb_head_begin(&builder, &x->head, &x->arena, &x->env->limits->head,
                  peer->secure ? VB_SPAN("https") : VB_SPAN("http"));
    builder.scanned = true; /* parse.c does */
    if (draft->verdict.status != 0)
        vb_head_refuse(&builder, draft->verdict.status, draft->verdict.reason);
    if (draft->parse && vb__h1_parse_head(&builder, draft->text, &line) &&
        builder.verdict.status == 0 && draft->after.status == 0)
        read_framing(m, &builder, &line);
    if (draft->after.status != 0)
        vb_head_refuse(&builder, draft->after.status, draft->after.reason);
    if (line.minor_0)
        x->carrier = &vb__h1_carrier_1_0;
    x->verdict = builder.verdict;
    if (m->content != VB_H1_ENDED && x->head.method == VB_METHOD_CONNECT)
        x->verdict = connect_has_content;
    if (x->verdict.status != 0) {
        m->minor_0 = line.minor_0;
        x->head.interim_ok = !line.minor_0;
        m->close = true;
        m->broken = true;
    }
}

/* Flat, as the compiler makes it by itself where the builder is one wire's. */
__attribute__((flatten)) static struct vb_h1_message *
new_message(struct vb_h1 *h1, struct draft *draft)
{
    struct vb_exchange *x = vb_exchange_new(h1->wire.env);
    struct vb_h1_message *m;

    if (x == NULL)
        return NULL;
    m = vb_arena_alloc(&x->arena, sizeof(*m));
    if (m == NULL || !copy_text(x, draft)) {
        vb_exchange_release(x);
        return NULL;
    }
    *m = (struct vb_h1_message){.h1 = h1, .x = x};
    x->carrier = &vb__h1_carrier;
    x->carrier_data = m;
    x->peer = h1->wire.peer;
    x->begun_ms = h1->wire.env->now.mono_ms;
    fill(m, draft);
    return m;
}

/* Without memory for an exchange there is no one to ask what to answer. */
static void refuse_without_memory(struct vb_h1 *h1)
{
    vb__h1_output_put(h1, VB_SPAN("HTTP/1.1 503 Service Unavailable\r\n"
                                  "Connection: close\r\n"
                                  "Retry-After: 1\r\n"
                                  "Content-Length: 0\r\n\r\n"));
    h1->linger = true;
    h1->phase = VB_H1_CLOSING;
}

static void begin(struct vb_h1 *h1, struct draft *draft)
{
    struct vb_h1_message *m = new_message(h1, draft);

    h1->head_begun = false;
    h1->line_fine = false;
    h1->scanned = 0;
    h1->empty_lines = 0;
    if (m == NULL) {
        refuse_without_memory(h1);
        return;
    }
    h1->requests++;
    h1->message = m;
    h1->phase = VB_H1_EXCHANGE;
    h1->wire.env->service->begin(h1->wire.env->service, m->x);
}

/* Begins an exchange whose head is bad, whatever its text says. */
static void refuse(struct vb_h1 *h1, uint16_t status, const char *reason)
{
    struct draft draft = {.verdict = {status, reason}};

    begin(h1, &draft);
}

/* --- Where a head begins and ends --------------------------------------------
 */

/* Bytes that a head can have at most; the builder bounds its parts. */
static size_t head_max(const struct vb_h1 *h1)
{
    const struct vb_head_limits *limits = &h1->wire.env->limits->head;

    return (size_t)limits->max_target + limits->max_fields_size +
           VB_H1_LINE_SLACK;
}

/* RFC 9112 section 2.2: a client may send an empty line too many. False when
 * there are so many that it is no client. */
static bool skip_empty_lines(struct vb_h1 *h1, struct vb_span *in)
{
    while (in->len >= 2 && in->ptr[0] == '\r' && in->ptr[1] == '\n') {
        if (h1->empty_lines == VB_H1_EMPTY_LINES_MAX)
            return false;
        h1->empty_lines++;
        *in = vb_span_from(*in, 2);
    }
    return true;
}

/* Not even the request-line ends within the most that a head may have. */
static void refuse_large_line(struct vb_h1 *h1, struct vb_span text)
{
    const char *end = text.ptr + text.len;

    if (vb_scan->token(text.ptr, end) == end) /* RFC 9112 section 3 */
        refuse(h1, VB_STATUS_NOT_IMPLEMENTED,
               "The method is longer than any that this server knows.");
    else
        refuse(h1, VB_STATUS_URI_TOO_LONG,
               "The request-line is longer than this server takes.");
}

/* The end was not found there. What is wrong with the lines that are whole
 * comes first, as it would if the end were there. */
static void refuse_large(struct vb_h1 *h1, struct vb_span text)
{
    const char *last = memrchr(text.ptr, '\n', text.len);
    struct draft draft = {
        .parse = true,
        .after = {VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                  "The head is larger than this server takes."}};

    if (last == NULL) {
        refuse_large_line(h1, text);
        return;
    }
    draft.text = vb_span_of(text.ptr, (size_t)(last - text.ptr) + 1);
    begin(h1, &draft);
}

/*
 * The head is not complete. If its request-line is, and is bad, there is no
 * point in waiting: what speaks here may not be HTTP/1 at all, and wait for an
 * answer itself ("GET /" CR LF is all that HTTP/0.9 would send).
 */
static bool refuse_line(struct vb_h1 *h1, struct vb_span text)
{
    struct draft draft = {.text = text, .parse = true};
    struct vb_head_line line;
    struct vb_span rest = text;

    if (h1->line_fine || memchr(text.ptr, '\n', text.len) == NULL)
        return false;
    if (vb_head_parse_line(&rest, 0, &line).status == 0) {
        h1->line_fine = true;
        return false;
    }
    begin(h1, &draft);
    return true;
}

/* The head goes on. False when more input is needed. */
static bool wait_for_more(struct vb_h1 *h1, const struct vb_span *in)
{
    if (in->len >= head_max(h1)) {
        refuse_large(h1, vb_span_head(*in, head_max(h1)));
        return true;
    }
    if (refuse_line(h1, *in))
        return true;
    if (h1->eof) {
        refuse(h1, VB_STATUS_BAD_REQUEST, "The request ended within its head.");
        return true;
    }
    if (h1->late) {
        struct draft draft = {.text = *in,
                              .parse = true,
                              .verdict = {VB_STATUS_REQUEST_TIMEOUT,
                                          "The head did not arrive in time."}};

        begin(h1, &draft);
        return true;
    }
    h1->scanned = (uint32_t)in->len;
    if (!h1->head_begun) {
        h1->head_begun = true;
        h1->read_since = h1->wire.env->now.mono_ms;
    }
    return false;
}

static bool take_head(struct vb_h1 *h1, struct vb_span *in)
{
    size_t max = head_max(h1);
    size_t len = in->len < max ? in->len : max;
    size_t from = h1->scanned < 3 ? 0 : h1->scanned - 3;
    const char *end = vb_scan->head_end(in->ptr + from, in->ptr + len);
    struct draft draft = {.text = *in, .parse = true};

    if (end == NULL)
        return wait_for_more(h1, in);
    draft.text.len = (size_t)(end - in->ptr);
    *in = vb_span_from(*in, draft.text.len);
    begin(h1, &draft);
    return true;
}

bool vb__h1_receive_head(struct vb_h1 *h1, struct vb_span *in)
{
    if (!skip_empty_lines(h1, in)) {
        refuse(h1, VB_STATUS_BAD_REQUEST,
               "There are too many empty lines before a request-line.");
        return true;
    }
    if (in->len == 0)
        return false;
    if (in->len == 1 && in->ptr[0] == '\r' && !h1->eof)
        return false; /* perhaps an empty line */
    if (!vb_char_is(in->ptr[0], VB_CHAR_TCHAR)) {
        refuse(h1, VB_STATUS_BAD_REQUEST,
               "The request-line does not begin with a method.");
        return true;
    }
    return take_head(h1, in);
}
