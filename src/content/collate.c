/* Sort keys of JSON values. See collate.h. */
#include "content/collate.h"

#include "base/rfc3339.h"
#include "content/json.h"
#include "content/number.h"

/* The first byte of a key. */
enum rank {
    RANK_NOTHING = 0x10,
    RANK_FALSE = 0x20,
    RANK_TRUE = 0x21,
    RANK_NUMBER = 0x30,
    RANK_TIME = 0x40,
    RANK_STRING = 0x41,
    RANK_OTHER = 0x50,
};

/* The bytes, then NUL; the two that must not be taken for an end become two
 * each: 00 is 01 01, and 01 is 01 02. */
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
    vb_buf_char(buf, '\0');
}

static void append_time(struct vb_buf *buf, int64_t ms)
{
    uint64_t n = (uint64_t)ms + (UINT64_C(1) << 63);

    for (int shift = 56; shift >= 0; shift -= 8)
        vb_buf_char(buf, (char)(n >> shift));
}

static void append_string(struct vb_buf *buf, struct vb_span text,
                          unsigned flags)
{
    int64_t ms;

    if ((flags & VB_COLLATE_TIME) != 0 && vb_rfc3339_parse(text, &ms)) {
        vb_buf_char(buf, RANK_TIME);
        append_time(buf, ms);
        return;
    }
    vb_buf_char(buf, RANK_STRING);
    append_text(buf, text);
}

void vb_collate(struct vb_buf *buf, yyjson_val *value, unsigned flags)
{
    size_t start = buf->len;

    if (value == NULL || yyjson_is_null(value)) {
        vb_buf_char(buf, RANK_NOTHING);
    } else if (yyjson_is_bool(value)) {
        vb_buf_char(buf, yyjson_is_true(value) ? RANK_TRUE : RANK_FALSE);
    } else if (vb_json_is_number(value)) {
        vb_buf_char(buf, RANK_NUMBER);
        vb_number_collate(buf, vb_json_text(value), VB_COLLATE_MOST);
    } else if (yyjson_is_str(value)) {
        append_string(buf, vb_json_text(value), flags);
    } else {
        vb_buf_char(buf, RANK_OTHER);
    }
    if ((flags & VB_COLLATE_DESCENDING) == 0)
        return;
    for (size_t i = start; i < buf->len; i++)
        buf->ptr[i] = (char)~buf->ptr[i];
}
