/* Lines of JSON. See lines.h. */
#include "content/lines.h"

/* White space of JSON (RFC 8259 section 2), the line's end aside. */
static bool is_blank(struct vb_span line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != ' ' && line.ptr[i] != '\t' && line.ptr[i] != '\r')
            return false;
    return true;
}

bool vb_lines_next(struct vb_line_reader *lines, struct vb_span *ret_line)
{
    while (lines->text.len > 0) {
        ssize_t end = vb_span_find(lines->text, '\n', 0);
        size_t len = end < 0 ? lines->text.len : (size_t)end;
        struct vb_span line = vb_span_head(lines->text, len);

        lines->text = vb_span_from(lines->text, end < 0 ? len : len + 1);
        lines->line++;
        if (is_blank(line))
            continue;
        *ret_line = line;
        return true;
    }
    return false;
}
