/*
 * The text of a head, as strict as the RFC lets a server be. Whatever two
 * recipients might read differently is refused here, because that is what
 * request smuggling lives on; whatever is not HTTP/1's alone is the head
 * builder's business. See head_text.h.
 */
#include "exchange/head_text.h"

#include "http/scan.h"

/* "HTTP/" DIGIT "." DIGIT */
#define VERSION_LEN ((size_t)8)

#define NOT_THREE_PARTS                                                        \
    "The request-line is not a method, a target and a version with one "       \
    "space between them."

static struct vb_verdict refuse(uint16_t status, const char *reason)
{
    return (struct vb_verdict){status, reason};
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* RFC 9112 section 2.3. Higher minor versions of 1 are read as 1.1 (RFC 9110
 * section 6.2). */
static struct vb_verdict parse_version(const char *at, bool *ret_minor_0)
{
    if (memcmp(at, "HTTP/1.1", VERSION_LEN) == 0) {
        *ret_minor_0 = false;
        return refuse(0, NULL);
    }
    if (memcmp(at, "HTTP/", 5) != 0 || !is_digit(at[5]) || at[6] != '.' ||
        !is_digit(at[7]))
        return refuse(VB_STATUS_BAD_REQUEST,
                      "The request-line does not end in an HTTP version.");
    if (at[5] != '1')
        return refuse(VB_STATUS_HTTP_VERSION_NOT_SUPPORTED,
                      "This server speaks HTTP/1.1 and HTTP/1.0 here.");
    *ret_minor_0 = at[7] == '0';
    return refuse(0, NULL);
}

/* method SP request-target SP HTTP-version (RFC 9112 section 3). */
static struct vb_verdict parse_line(struct vb_span line,
                                    struct vb_head_line *ret_line)
{
    const char *end = line.ptr + line.len;
    const char *space = vb_scan->token(line.ptr, end);
    const char *version;
    struct vb_verdict verdict;

    if (space == line.ptr)
        return refuse(VB_STATUS_BAD_REQUEST,
                      "The request-line does not begin with a method.");
    if ((size_t)(end - space) < 1 + 1 + 1 + VERSION_LEN || *space != ' ')
        return refuse(VB_STATUS_BAD_REQUEST, NOT_THREE_PARTS);
    version = end - VERSION_LEN;
    if (version[-1] != ' ')
        return refuse(VB_STATUS_BAD_REQUEST, NOT_THREE_PARTS);
    verdict = parse_version(version, &ret_line->minor_0);
    if (verdict.status != 0)
        return verdict;
    ret_line->method = vb_span_of(line.ptr, (size_t)(space - line.ptr));
    ret_line->target = vb_span_of(space + 1, (size_t)(version - space) - 2);
    return verdict;
}

struct vb_verdict vb_head_parse_line(struct vb_span *text, size_t pad,
                                     struct vb_head_line *ret_line)
{
    const char *begin = text->ptr;
    const char *end = begin + text->len;
    const char *stop = vb_scan->text(begin, end + pad);

    if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
        return refuse(VB_STATUS_BAD_REQUEST,
                      "The request-line has a control character, or ends in "
                      "something other than CR LF.");
    *text = vb_span_of(stop + 2, (size_t)(end - stop) - 2);
    return parse_line(vb_span_of(begin, (size_t)(stop - begin)), ret_line);
}

/* Why does a line begin with what cannot begin a name? */
static const char *bad_name(char c)
{
    if (c == ' ' || c == '\t')
        return "A line of the head begins with white space."; /* 2.2, 5.2 */
    if (c == ':')
        return "A field has no name.";
    return "A field name is not a token.";
}

/* A field value without the white space around it (RFC 9112 section 5.1):
 * mostly one SP before it. */
static struct vb_span trim(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return vb_span_of(at, (size_t)(end - at));
}

const char *vb_head_parse_field(struct vb_span *text, size_t pad,
                                struct vb_span *ret_name,
                                struct vb_span *ret_value)
{
    const char *begin = text->ptr;
    const char *end = begin + text->len;
    const char *colon = vb_scan->token(begin, end + pad);
    const char *value;
    const char *stop;

    if (colon == begin)
        return bad_name(*begin);
    if (colon >= end || *colon != ':')
        return colon < end && (*colon == ' ' || *colon == '\t')
                   ? "There is white space before a field's colon." /* 5.1 */
                   : "A line of the head is no field.";
    value = colon + 1;
    stop = vb_scan->text(value, end + pad);
    if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
        return "A field value has a control character, or a line ends in "
               "something other than CR LF.";
    *ret_name = vb_span_of(begin, (size_t)(colon - begin));
    *ret_value = trim(value, stop);
    *text = vb_span_of(stop + 2, (size_t)(end - stop) - 2);
    return NULL;
}
