/* A response in HTTP/1.1, for who asked a question. See explain.h. */
#include "server/explain.h"
#include "wire/h1/chunked.h"

#define CONTENT_MOST ((size_t)64 * 1024 * 1024)

/* Bytes up to and without the next CRLF; *rest begins behind it. */
static bool take_line(struct vb_span *rest, struct vb_span *ret_line)
{
    const char *end =
        rest->len == 0 ? NULL : memmem(rest->ptr, rest->len, "\r\n", 2);

    if (end == NULL)
        return false;
    *ret_line = vb_span_head(*rest, (size_t)(end - rest->ptr));
    *rest = vb_span_from(*rest, ret_line->len + 2);
    return true;
}

bool vb__answer_field(struct vb_span *rest, struct vb_span *ret_name,
                      struct vb_span *ret_value)
{
    struct vb_span line;
    ssize_t colon;

    if (!take_line(rest, &line))
        return false;
    colon = vb_span_find(line, ':', 0);
    if (colon < 0)
        return false;
    *ret_name = vb_span_head(line, (size_t)colon);
    *ret_value = vb_span_trim(vb_span_from(line, (size_t)colon + 1));
    return true;
}

/* Status line and fields of one response; *rest begins with its content. */
static bool take_head(struct vb_span *rest, struct vb__answer *answer)
{
    struct vb_span start, line;
    int64_t status;

    if (!take_line(rest, &answer->line))
        return false;
    line = answer->line;
    if (!vb_span_starts(line, VB_SPAN("HTTP/1.")) || line.len < 12 ||
        line.ptr[8] != ' ' ||
        !vb_span_i64(vb_span_of(line.ptr + 9, 3), &status))
        return false;
    answer->status = (int)status;
    start = *rest;
    while (take_line(rest, &line)) {
        answer->head = vb_span_head(start, (size_t)(line.ptr - start.ptr));
        if (line.len == 0)
            return true;
    }
    return false;
}

static bool find(const struct vb__answer *answer, struct vb_span wanted,
                 struct vb_span *ret_value)
{
    struct vb_span rest = answer->head, name;

    while (vb__answer_field(&rest, &name, ret_value))
        if (vb_span_ieq(name, wanted))
            return true;
    return false;
}

static enum vb_err read_chunked(struct vb_span rest, struct vb_buf *content)
{
    struct vb_chunked chunked = {0};
    struct vb_span data;

    for (;;) {
        switch (vb_chunked_next(&chunked, &rest, &data)) {
        case VB_CHUNKED_DATA:
            vb_buf_append(content, data);
            break;
        case VB_CHUNKED_LAST:
            return content->err;
        default:
            return VB_ERR_SYNTAX;
        }
    }
}

/* RFC 9112 section 6.3. */
static enum vb_err read_content(struct vb__answer *answer, struct vb_span rest)
{
    struct vb_span value;
    int64_t length;

    if (find(answer, VB_SPAN("Transfer-Encoding"), &value))
        return read_chunked(rest, &answer->content);
    if (find(answer, VB_SPAN("Content-Length"), &value)) {
        if (!vb_span_i64(value, &length) || (uint64_t)length > rest.len)
            return VB_ERR_SYNTAX;
        rest = vb_span_head(rest, (size_t)length);
    }
    vb_buf_append(&answer->content, rest);
    return answer->content.err;
}

enum vb_err vb__answer_read(struct vb_span bytes, bool to_head,
                            struct vb__answer *ret_answer)
{
    struct vb__answer answer;
    enum vb_err err = VB_OK;

    do {
        if (!take_head(&bytes, &answer))
            return VB_ERR_SYNTAX;
    } while (answer.status < 200);
    vb_buf_init(&answer.content, CONTENT_MOST);
    if (!to_head && answer.status != 204 && answer.status != 304)
        err = read_content(&answer, bytes);
    if (err == VB_OK)
        *ret_answer = answer;
    else
        vb_buf_done(&answer.content);
    return err;
}

void vb__answer_done(struct vb__answer *answer)
{
    vb_buf_done(&answer->content);
}
