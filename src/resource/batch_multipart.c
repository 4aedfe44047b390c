/*
 * A batch as multipart/mixed, whose parts are application/http: a request each
 * (RFC 9112 section 10.2), and as many responses.
 */
#include <sodium.h>

#include "content/multipart.h"
#include "exchange/head_text.h"
#include "flow/reply.h"
#include "http/scan.h"
#include "http/status.h"
#include "resource/batch_part.h"

/* Bytes of chance in a boundary: so nobody can have put it into content. */
#define CHANCE 18

/* --- the request -------------------------------------------------------------
 */

/* Fields of the part itself: what it is, how it is called. */
struct wrapping {
    struct vb_span media_type;
    struct vb_span encoding;
    struct vb_span id;
};

static const char *read_wrapping(struct vb_span lines, struct wrapping *ret)
{
    *ret = (struct wrapping){.id = VB_SPAN("")};
    while (lines.len > 0) {
        struct vb_span name, value;
        const char *why = vb_head_parse_field(&lines, 0, &name, &value);

        if (why != NULL)
            return why;
        if (vb_span_ieq(name, VB_SPAN("Content-Type")))
            ret->media_type = value;
        else if (vb_span_ieq(name, VB_SPAN("Content-Transfer-Encoding")))
            ret->encoding = value;
        else if (vb_span_ieq(name, VB_SPAN("Content-ID")))
            ret->id = value;
    }
    return NULL;
}

/* Octets are what they are (RFC 2045 section 6.2). */
static bool is_plain(struct vb_span encoding)
{
    return encoding.len == 0 || vb_span_ieq(encoding, VB_SPAN("binary")) ||
           vb_span_ieq(encoding, VB_SPAN("8bit")) ||
           vb_span_ieq(encoding, VB_SPAN("7bit"));
}

static bool is_request(struct vb_span media_type)
{
    struct vb_param type;
    struct vb_media media;

    return vb_media_parse(media_type, &media) &&
           vb_media_is(&media, VB_SPAN("application/http")) &&
           (!vb_media_param(&media, VB_SPAN("msgtype"), &type) ||
            vb_param_ieq(&type, VB_SPAN("request")));
}

static void read_message(struct vb_batch_part *part, struct vb_span text)
{
    struct vb_head_line line = {.minor_0 = false};
    struct vb_verdict verdict = vb_head_parse_line(&text, 0, &line);

    if (verdict.status != 0) {
        part->request.verdict = verdict;
        return;
    }
    part->request.method = line.method;
    part->request.target = line.target;
    while (!vb_span_starts(text, VB_SPAN("\r\n"))) {
        struct vb_span name, value;
        const char *why = text.len == 0
                              ? "The head of the request does not end."
                              : vb_head_parse_field(&text, 0, &name, &value);

        if (why == NULL)
            vb__batch_field(part, name, value);
        else
            vb__batch_refuse(part, VB_STATUS_BAD_REQUEST, why);
        if (part->request.verdict.status != 0)
            return;
    }
    part->request.content = vb_span_from(text, 2);
}

/* What is wrong with one part is for its own reply. */
static void read_part(struct vb_batch_part *part,
                      const struct vb_multipart_part *text)
{
    struct wrapping wrapping;
    const char *why = read_wrapping(text->fields, &wrapping);

    if (why != NULL) {
        vb__batch_refuse(part, VB_STATUS_BAD_REQUEST, why);
        return;
    }
    part->id = wrapping.id;
    if (!is_request(wrapping.media_type))
        vb__batch_refuse(part, VB_STATUS_BAD_REQUEST,
                         "A part of a batch is of application/http, and a "
                         "request.");
    else if (!is_plain(wrapping.encoding))
        vb__batch_refuse(part, VB_STATUS_BAD_REQUEST,
                         "A part of a batch comes as it is: as 7bit, 8bit or "
                         "binary.");
    else
        read_message(part, text->content);
}

static enum vb_answer refuse(struct vb_exchange *x, const char *why)
{
    x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_detail(x, vb_span_str(why));
    return VB_NO;
}

static enum vb_answer read(struct vb_batch *batch)
{
    struct vb_exchange *x = batch->x;
    struct vb_multipart multipart;
    struct vb_multipart_part text;
    struct vb_media media;

    if (!vb_media_parse(x->media_type, &media) ||
        !vb_multipart_init(&multipart, &media, vb_buf_span(&x->content)))
        return refuse(x, "The Content-Type has no boundary, or none that can "
                         "be one.");
    while (vb_multipart_next(&multipart, &text)) {
        struct vb_batch_part *part = vb__batch_add(batch);

        if (part == NULL)
            return VB_NO;
        read_part(part, &text);
    }
    return multipart.why == NULL ? VB_YES : refuse(x, multipart.why);
}

/* --- the reply ---------------------------------------------------------------
 */

/* Nothing in a value may end its line (RFC 9112 section 11.1). */
static void write_field(struct vb_buf *buf, struct vb_span name,
                        struct vb_span value)
{
    const char *end = value.ptr + value.len;

    vb_buf_append(buf, name);
    vb_buf_str(buf, ": ");
    for (;;) {
        const char *stop = vb_scan->text(value.ptr, end);

        vb_buf_append(buf, vb_span_of(value.ptr, (size_t)(stop - value.ptr)));
        if (stop == end)
            break;
        vb_buf_char(buf, ' ');
        value.ptr = stop + 1;
    }
    vb_buf_str(buf, "\r\n");
}

/* <7> becomes <response-7>. */
static void write_id(struct vb_buf *buf, struct vb_span id)
{
    bool angle = vb_span_starts(id, VB_SPAN("<"));

    if (id.len > 0)
        vb_buf_printf(buf, "Content-ID: %sresponse-%.*s\r\n", angle ? "<" : "",
                      VB_FMT(vb_span_from(id, angle)));
}

static void write(struct vb_batch_part *part)
{
    const struct vb_inner *inner = &part->inner;
    struct vb_buf *buf = &part->said;

    vb_buf_str(buf, "Content-Type: application/http; msgtype=response\r\n"
                    "Content-Transfer-Encoding: binary\r\n");
    write_id(buf, part->id);
    vb_buf_printf(buf, "\r\nHTTP/1.1 %u %.*s\r\n", inner->status,
                  VB_FMT(vb_status_reason((int)inner->status)));
    for (size_t i = 0; i < inner->field_count; i++)
        write_field(buf, inner->fields[i].name, inner->fields[i].value);
    if (vb_status_has_content((int)inner->status) &&
        !vb_span_eq(part->request.method, VB_SPAN("HEAD")))
        vb_buf_printf(buf, "Content-Length: %zu\r\n", inner->content.len);
    vb_buf_str(buf, "\r\n");
    vb_buf_append(buf, inner->content);
}

static void close_batch(struct vb_batch *batch, struct vb_buf *out)
{
    struct vb_exchange *x = batch->x;
    char boundary[2 * CHANCE + 1];
    unsigned char chance[CHANCE];

    randombytes_buf(chance, sizeof(chance));
    sodium_bin2hex(boundary, sizeof(boundary), chance, sizeof(chance));
    for (size_t i = 0; i < batch->count; i++) {
        vb_buf_printf(out, "--%s\r\n", boundary);
        vb_buf_append(out, vb_buf_span(&batch->parts[i].said));
        vb_buf_str(out, "\r\n");
        if (batch->parts[i].said.err != VB_OK)
            out->err = batch->parts[i].said.err;
        vb_buf_done(&batch->parts[i].said);
    }
    vb_buf_printf(out, "--%s--\r\n", boundary);
    vb_reply_field(
        x, VB_FIELD_CONTENT_TYPE,
        vb_arena_printf(&x->arena, "multipart/mixed; boundary=%s", boundary));
}

const struct vb_batch_form vb__batch_multipart = {read, write, close_batch};
