/*
 * The head of a reply: found, copied once into the call's arena, and read
 * there, as strictly as a request's is by our server. What is wrong with it
 * makes everything behind it untrustworthy: the connection ends (RFC 9112
 * section 6.3).
 */
#include "exchange/head_text.h"
#include "http/elements.h"
#include "http/scan.h"
#include "http/status.h"
#include "wire/h1c/inner.h"
#include "wire/message.h"

static const struct vb_span version = VB_SPAN_INIT("HTTP/1.");

/* "HTTP/1.1 200 ": what a status line has at least (RFC 9112 section 4). */
enum { LINE_LEAST = 13, DIGITS_AT = 9 };

/* A head that is all there. */
struct draft {
    struct vb_response_head *response;
    struct vb_response_builder builder;
    bool minor_0;
    bool chunked;
};

/* --- Lines ------------------------------------------------------------------
 */

/* HTTP-version SP status-code SP [ reason-phrase ]. What the phrase says is
 * nobody's business. */
static void take_line(struct draft *draft, struct vb_span *text)
{
    const char *begin = text->ptr;
    const char *end = begin + text->len;
    const char *stop = vb_scan->text(begin, end + VB_H1C_PAD);

    if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n' ||
        stop - begin < LINE_LEAST || begin[7] < '0' || begin[7] > '9' ||
        begin[8] != ' ' || begin[12] != ' ') {
        vb_response_head_refuse(&draft->builder,
                                "The status line is malformed.");
        return;
    }
    draft->minor_0 = begin[7] == '0';
    vb_response_head_status(&draft->builder, vb_span_of(begin + DIGITS_AT, 3));
    *text = vb_span_of(stop + 2, (size_t)(end - stop) - 2);
}

static void take_fields(struct draft *draft, struct vb_span text)
{
    while (draft->builder.refused == NULL && text.len > 0) {
        struct vb_span name;
        struct vb_span value;
        const char *fault;

        if (text.len == 2 && text.ptr[0] == '\r' && text.ptr[1] == '\n')
            return;
        fault = vb_head_parse_field(&text, VB_H1C_PAD, &name, &value);
        if (fault == NULL)
            vb_response_head_field(&draft->builder, name, value);
        else
            vb_response_head_refuse(&draft->builder, fault);
    }
}

/* --- Framing (RFC 9112 section 6) --------------------------------------------
 */

static bool is_tunnel(const struct vb_call *call,
                      const struct vb_response_head *response)
{
    return call->method == VB_METHOD_CONNECT &&
           vb_status_class(response->status) == VB_STATUS_CLASS_SUCCESSFUL;
}

/* Each rule here has been a hole in some gateway. No coding but chunked was
 * asked for (section 7.4), so nothing else may come. */
static void take_coding(struct draft *draft)
{
    const struct vb_response_head *response = draft->response;
    const struct vb_fields *fields = &response->fields;
    struct vb_span coding;

    if (vb_fields_first(fields, VB_FIELD_TRANSFER_ENCODING) == NULL)
        return;
    if (draft->minor_0) /* 6.1 */
        vb_response_head_refuse(&draft->builder,
                                "HTTP/1.0 has no Transfer-Encoding.");
    else if (response->status < 200 || response->status == 204) /* 6.1 */
        vb_response_head_refuse(
            &draft->builder, "There is a Transfer-Encoding without content.");
    else if (vb_fields_first(fields, VB_FIELD_CONTENT_LENGTH) != NULL) /* 6.3 */
        vb_response_head_refuse(
            &draft->builder,
            "There are both Transfer-Encoding and Content-Length.");
    else if (!vb_fields_single(fields, VB_FIELD_TRANSFER_ENCODING, &coding) ||
             !vb_span_ieq(coding, VB_SPAN("chunked"))) /* 6.1, 7.1 */
        vb_response_head_refuse(&draft->builder,
                                "The transfer coding is not chunked alone.");
    draft->chunked = true;
}

/* RFC 9112 section 9.3. */
static bool is_persistent(const struct draft *draft)
{
    const struct vb_fields *fields = &draft->response->fields;

    if (vb_fields_have(fields, VB_FIELD_CONNECTION, VB_SPAN("close")))
        return false;
    return !draft->minor_0 ||
           vb_fields_have(fields, VB_FIELD_CONNECTION, VB_SPAN("keep-alive"));
}

/* RFC 9112 section 6.3, in its order. */
static enum vb_h1c_part part_of(const struct draft *draft)
{
    if (!draft->response->has_content)
        return VB_H1C_ALL;
    if (draft->chunked)
        return VB_H1C_CHUNKED;
    return draft->response->content_length >= 0 ? VB_H1C_LENGTH
                                                : VB_H1C_TO_CLOSE;
}

/* --- What it means ----------------------------------------------------------
 */

static void take_interim(struct vb_h1c *c,
                         const struct vb_response_head *response)
{
    struct vb_call *call = c->call;

    if (++c->interims > VB_H1C_INTERIMS_MAX) {
        vb__h1c_fail(c, VB_CALL_MALFORMED,
                     "There are more interim replies than anybody needs.");
        return;
    }
    c->asked = c->wire.env->now.mono_ms;
    if (response->status == VB_STATUS_CONTINUE && c->sending == VB_H1C_HELD)
        c->sending = VB_H1C_PULLING;
    if (call->ops->interim != NULL)
        call->ops->interim(call, response);
}

/* From here on bytes go both ways. */
static void take_switch(struct vb_h1c *c,
                        const struct vb_response_head *response)
{
    struct vb_call *call = c->call;

    call->switched = true;
    c->chunks = false;
    c->owed = call->content == NULL ? -1 : call->content->length;
    c->sending = VB_H1C_PULLING;
    c->part = VB_H1C_RAW;
    call->ops->head(call, response);
}

/* RFC 9110 section 7.8: only to what was asked for. */
static void take_101(struct vb_h1c *c, const struct vb_response_head *response)
{
    const struct vb_call *call = c->call;

    if (call->protocol.len == 0)
        vb__h1c_fail(c, VB_CALL_MALFORMED,
                     "Another protocol begins that was not asked for.");
    else if (!vb_fields_have(&response->fields, VB_FIELD_UPGRADE,
                             call->protocol))
        vb__h1c_fail(c, VB_CALL_MALFORMED,
                     "Not the protocol begins that was asked for.");
    else
        take_switch(c, response);
}

/* Is what is left of the content not wanted? It was held back, and nobody has
 * asked for it (RFC 9110 section 10.1.1); or the server refuses it all, and
 * closes (RFC 9112 section 9.5). */
static bool is_content_vain(const struct vb_h1c *c, unsigned status)
{
    return c->sending == VB_H1C_HELD ||
           (c->sending == VB_H1C_PULLING && !c->keep && status >= 300);
}

static void take_final(struct vb_h1c *c, const struct draft *draft)
{
    struct vb_call *call = c->call;

    c->keep = is_persistent(draft);
    c->takes = c->keep && draft->response->status < 300;
    if (is_content_vain(c, draft->response->status))
        c->sending = VB_H1C_CUT_OFF;
    c->part = (uint8_t)part_of(draft);
    c->left = c->part == VB_H1C_LENGTH
                  ? (uint64_t)draft->response->content_length
                  : 0;
    c->chunked = (struct vb_chunked){0};
    call->ops->head(call, draft->response);
}

static void take_response(struct vb_h1c *c, const struct draft *draft)
{
    const struct vb_response_head *response = draft->response;

    c->minor_0 = draft->minor_0;
    c->client.protocol = c->minor_0 ? "HTTP/1.0" : "HTTP/1.1"; /* in Via */
    if (response->status == VB_STATUS_SWITCHING_PROTOCOLS)
        take_101(c, response);
    else if (response->status < 200)
        take_interim(c, response);
    else if (is_tunnel(c->call, response))
        take_switch(c, response);
    else
        take_final(c, draft);
}

/* --- The head as a whole ----------------------------------------------------
 */

/* A copy that lives as long as the call's arena, with its pad. */
static const char *copy_text(struct vb_arena *arena, struct vb_span text)
{
    char *copy = vb_arena_alloc(arena, text.len + VB_H1C_PAD);

    if (copy == NULL)
        return NULL;
    memcpy(copy, text.ptr, text.len);
    memset(copy + text.len, 0, VB_H1C_PAD);
    return copy;
}

static void read_head(struct vb_h1c *c, struct vb_span text)
{
    const struct vb_call *call = c->call;
    struct draft draft = {
        .response = vb_arena_calloc(call->arena, 1, sizeof(*draft.response))};

    text.ptr = copy_text(call->arena, text);
    if (draft.response == NULL || text.ptr == NULL) {
        vb__h1c_fail(c, VB_CALL_NOMEM, NULL);
        return;
    }
    vb_response_head_begin(&draft.builder, draft.response, call->arena,
                           &call->limits->head);
    draft.builder.scanned = true; /* vb_head_parse_field does */
    take_line(&draft, &text);
    take_fields(&draft, text);
    if (vb_response_head_end(&draft.builder, call->method) == NULL &&
        !is_tunnel(call, draft.response)) /* RFC 9112 section 6.3 */
        take_coding(&draft);
    if (draft.builder.refused == NULL)
        take_response(c, &draft);
    else
        vb__h1c_fail(
            c, draft.builder.too_large ? VB_CALL_TOO_LARGE : VB_CALL_MALFORMED,
            draft.builder.refused);
}

/* Whatever comes, it is known at once that it is no HTTP/1. */
static bool is_http(struct vb_span in)
{
    size_t n = in.len < version.len ? in.len : version.len;

    return memcmp(in.ptr, version.ptr, n) == 0;
}

bool vb__h1c_take_head(struct vb_h1c *c, struct vb_span *in)
{
    size_t max =
        (size_t)c->call->limits->head.max_fields_size + VB_H1C_LINE_SLACK;
    size_t len = in->len < max ? in->len : max;
    size_t from = c->scanned < 3 ? 0 : c->scanned - 3;
    const char *begin = in->ptr;
    const char *end;

    if (len == 0)
        return false;
    if (!is_http(*in)) {
        vb__h1c_fail(c, VB_CALL_MALFORMED, "The reply is not of HTTP/1.");
        return true;
    }
    end = vb_scan->head_end(begin + from, begin + len);
    if (end == NULL && len == max) {
        vb__h1c_fail(c, VB_CALL_TOO_LARGE, "The head is too large.");
        return true;
    }
    if (end == NULL) {
        c->scanned = (uint32_t)len;
        return false;
    }
    c->scanned = 0;
    *in = vb_span_from(*in, (size_t)(end - begin));
    read_head(c, vb_span_of(begin, (size_t)(end - begin)));
    return true;
}
