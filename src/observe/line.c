/* Writing a line of a log. See line.h. */
#include "observe/line.h"

static const struct vb_span more = VB_SPAN_INIT("...");

void vb__line_put(struct vb__line *line, struct vb_span text)
{
    if (text.len > 0)
        memcpy(line->ptr + line->len, text.ptr, text.len);
    line->len += text.len;
}

void vb__line_number(struct vb__line *line, uint64_t n)
{
    char digits[VB_DECIMAL_MAX];

    vb__line_put(line, vb_span_of(digits, vb_decimal(n, digits)));
}

static bool is_plain(char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

static size_t plain_run(struct vb_span text)
{
    size_t len = 0;

    while (len < text.len && is_plain(text.ptr[len]))
        len++;
    return len;
}

/* Bytes left for the text; room for "..." is always kept. */
static size_t room(const struct vb__line *line)
{
    return line->end - more.len - line->len;
}

static void cut(struct vb__line *line)
{
    vb__line_put(line, more);
    line->cut = true;
}

/* Puts what fits; false when that was not all. */
static bool put_plain(struct vb__line *line, struct vb_span text)
{
    struct vb_span fits = vb_span_head(text, room(line));

    vb__line_put(line, fits);
    return fits.len == text.len;
}

static bool put_escaped(struct vb__line *line, char c)
{
    static const char hex[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    const char text[] = {'\\', '\\', 'x', hex[byte >> 4], hex[byte & 15]};
    struct vb_span escape = vb_span_of(text, sizeof(text));

    if (!line->json)
        escape = vb_span_from(escape, 1);
    if (escape.len > room(line))
        return false;
    vb__line_put(line, escape);
    return true;
}

void vb__line_text(struct vb__line *line, struct vb_span text)
{
    while (text.len > 0 && !line->cut) {
        size_t run = plain_run(text);
        size_t taken = run > 0 ? run : 1;
        bool fits = run > 0 ? put_plain(line, vb_span_head(text, run))
                            : put_escaped(line, text.ptr[0]);

        if (!fits)
            cut(line);
        text = vb_span_from(text, taken);
    }
}
