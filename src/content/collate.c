/* Sort keys of JSON values. See collate.h. */
#include "content/collate.h"

#include "base/rfc3339.h"
#include "content/json.h"
#include "content/number.h"

/* The two bytes that must not be taken for an end become two each: 00 is 01 01,
 * and 01 is 01 02. */
static void append_text(struct vb_buf *buf, struct vb_span text)
{
    text = vb_span_head(text, VB_COLLATE_MOST);
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= 1)
            vb_buf_char(buf, '\x01');
        vb_buf_char(buf, (unsigned char)text.ptr[i] <= 1
                             ? (char)(text.ptr[i] + 1)
                             : text.ptr[i]);
    }
}

static void append_time(struct vb_buf *buf, int64_t ms)
{
    uint64_t n = (uint64_t)ms + (UINT64_C(1) << 63);

    for (int shift = 56; shift >= 0; shift -= 8)
        vb_buf_char(buf, (char)(n >> shift));
}

void vb_collate_prefix(struct vb_buf *buf, struct vb_span text)
{
    vb_buf_char(buf, VB_RANK_STRING);
    append_text(buf, text);
}

void vb_collate_string(struct vb_buf *buf, struct vb_span text, unsigned flags)
{
    int64_t ms;

    if ((flags & VB_COLLATE_TIME) != 0 && vb_rfc3339_parse(text, &ms)) {
        vb_buf_char(buf, VB_RANK_TIME);
        append_time(buf, ms);
        return;
    }
    vb_collate_prefix(buf, text);
    vb_buf_char(buf, '\0');
}

void vb_collate_number(struct vb_buf *buf, struct vb_span text)
{
    vb_buf_char(buf, VB_RANK_NUMBER);
    vb_number_collate(buf, text, VB_COLLATE_MOST);
}

void vb_collate(struct vb_buf *buf, yyjson_val *value, unsigned flags)
{
    size_t start = buf->len;

    if (value == NULL || yyjson_is_null(value)) {
        vb_buf_char(buf, VB_RANK_NOTHING);
    } else if (yyjson_is_bool(value)) {
        vb_buf_char(buf, yyjson_is_true(value) ? VB_RANK_TRUE : VB_RANK_FALSE);
    } else if (vb_json_is_number(value)) {
        vb_collate_number(buf, vb_json_text(value));
    } else if (yyjson_is_str(value)) {
        vb_collate_string(buf, vb_json_text(value), flags);
    } else {
        vb_buf_char(buf, VB_RANK_OTHER);
    }
    if ((flags & VB_COLLATE_DESCENDING) == 0)
        return;
    for (size_t i = start; i < buf->len; i++)
        buf->ptr[i] = (char)~buf->ptr[i];
}
