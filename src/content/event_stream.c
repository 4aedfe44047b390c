/* Writing event streams. See event_stream.h. */
#include "content/event_stream.h"

void vb_event_field(struct vb_buf *buf, const char *name, struct vb_span value)
{
    vb_buf_str(buf, name);
    vb_buf_str(buf, ": ");
    vb_buf_append(buf, value);
    vb_buf_char(buf, '\n');
}

/* Up to the next line's end; CR, LF, or both together end one. */
static size_t line_length(struct vb_span text)
{
    size_t len = 0;

    while (len < text.len && text.ptr[len] != '\n' && text.ptr[len] != '\r')
        len++;
    return len;
}

void vb_event_data(struct vb_buf *buf, struct vb_span text)
{
    for (;;) {
        size_t len = line_length(text);

        vb_event_field(buf, "data", vb_span_head(text, len));
        if (len == text.len)
            return;
        if (text.ptr[len] == '\r' && len + 1 < text.len &&
            text.ptr[len + 1] == '\n')
            len++;
        text = vb_span_from(text, len + 1);
    }
}

void vb_event_end(struct vb_buf *buf)
{
    vb_buf_char(buf, '\n');
}

void vb_event_comment(struct vb_buf *buf)
{
    vb_buf_str(buf, ":\n");
}
