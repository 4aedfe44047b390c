/* Reading multipart content. See multipart.h. */
#include "content/multipart.h"

#include <string.h>

/* bchars (section 5.1.1); a space, but not as the last. */
static bool is_boundary(struct vb_span text)
{
    static const char others[] = "'()+_,-./:=? ";

    if (text.len < 1 || text.len > VB_BOUNDARY_MOST ||
        text.ptr[text.len - 1] == ' ')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
              (c >= 'A' && c <= 'Z') ||
              memchr(others, c, sizeof(others) - 1) != NULL))
            return false;
    }
    return true;
}

bool vb_multipart_init(struct vb_multipart *multipart,
                       const struct vb_media *media, struct vb_span content)
{
    struct vb_param param;
    struct vb_span boundary;

    /* None of its characters would need a backslash. */
    if (!vb_media_param(media, VB_SPAN("boundary"), &param) ||
        !is_boundary(param.value))
        return false;
    boundary = param.value;
    *multipart =
        (struct vb_multipart){.rest = content, .len = 4 + boundary.len};
    memcpy(multipart->delimiter, "\r\n--", 4);
    memcpy(multipart->delimiter + 4, boundary.ptr, boundary.len);
    return true;
}

static bool refuse(struct vb_multipart *multipart, const char *why)
{
    multipart->why = why;
    multipart->over = true;
    return false;
}

/* Where the next delimiter begins, CR LF included; NULL: nowhere. */
static const char *find_delimiter(const struct vb_multipart *multipart,
                                  struct vb_span text)
{
    return text.len < multipart->len
               ? NULL
               : memmem(text.ptr, text.len, multipart->delimiter,
                        multipart->len);
}

static const char *skip_space(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    return at;
}

/* What follows the boundary on its line: "--", then nothing or a line's end,
 * in the last one. Goes on behind it. */
static bool pass_delimiter(struct vb_multipart *multipart, const char *at,
                           bool *ret_last)
{
    const char *end = multipart->rest.ptr + multipart->rest.len;

    *ret_last = end - at >= 2 && at[0] == '-' && at[1] == '-';
    at = skip_space(*ret_last ? at + 2 : at, end);
    if (*ret_last && at == end)
        multipart->rest = VB_SPAN("");
    else if (end - at < 2 || at[0] != '\r' || at[1] != '\n')
        return refuse(multipart, "A line begins like a boundary of the parts, "
                                 "and is none.");
    else
        multipart->rest = vb_span_of(at + 2, (size_t)(end - at) - 2);
    return true;
}

/* The first delimiter may be at the very beginning. */
static bool pass_preamble(struct vb_multipart *multipart, bool *ret_last)
{
    struct vb_span line =
        vb_span_of(multipart->delimiter + 2, multipart->len - 2);
    const char *found;

    multipart->begun = true;
    if (vb_span_starts(multipart->rest, line))
        return pass_delimiter(multipart, multipart->rest.ptr + line.len,
                              ret_last);
    found = find_delimiter(multipart, multipart->rest);
    if (found == NULL)
        return refuse(multipart, "There is no part: the boundary does not "
                                 "come.");
    return pass_delimiter(multipart, found + multipart->len, ret_last);
}

/* Fields, if any, and an empty line (RFC 2045 section 3, RFC 2046 5.1). */
static bool cut_fields(struct vb_multipart *multipart, struct vb_span text,
                       struct vb_multipart_part *ret_part)
{
    const char *empty;

    ret_part->fields = VB_SPAN("");
    if (vb_span_starts(text, VB_SPAN("\r\n"))) {
        ret_part->content = vb_span_from(text, 2);
        return true;
    }
    empty = text.len < 4 ? NULL : memmem(text.ptr, text.len, "\r\n\r\n", 4);
    if (empty == NULL)
        return refuse(multipart, "A part has no empty line between its fields "
                                 "and its content.");
    ret_part->fields = vb_span_of(text.ptr, (size_t)(empty - text.ptr) + 2);
    ret_part->content = vb_span_from(text, ret_part->fields.len + 2);
    return true;
}

bool vb_multipart_next(struct vb_multipart *multipart,
                       struct vb_multipart_part *ret_part)
{
    struct vb_span text;
    const char *found;
    bool last = false;

    if (!multipart->begun && !pass_preamble(multipart, &last))
        return false;
    if (last)
        return refuse(multipart, "There is no part between the boundaries.");
    if (multipart->over)
        return false;
    found = find_delimiter(multipart, multipart->rest);
    if (found == NULL)
        return refuse(multipart, "The last part does not end: the closing "
                                 "boundary is missing.");
    text =
        vb_span_of(multipart->rest.ptr, (size_t)(found - multipart->rest.ptr));
    if (!pass_delimiter(multipart, found + multipart->len, &last))
        return false;
    multipart->over = last; /* the epilogue means nothing */
    return cut_fields(multipart, text, ret_part);
}
