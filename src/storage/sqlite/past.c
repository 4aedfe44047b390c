/* Changes as bytes. See past.h. */
#include "storage/sqlite/past.h"

#include <string.h>

/* --- writing -------------------------------------------------------------- */

/* Of one number, and of all that is not text. */
#define NUMBER_MOST  10
#define NUMBERS_MOST (10 * NUMBER_MOST)

static char *put_number(char *at, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *at++ = (char)(n | 0x80);
    *at++ = (char)n;
    return at;
}

static char *put_text(char *at, struct vb_span text)
{
    at = put_number(at, text.len);
    if (text.len > 0)
        memcpy(at, text.ptr, text.len);
    return at + text.len;
}

static char *put_state(char *at, const struct vb_record *state)
{
    at = put_number(at, (uint64_t)state->created_ms);
    at = put_number(at, (uint64_t)state->modified_ms);
    at = put_number(at, state->length);
    at = put_text(at, state->media_type);
    return put_text(at, state->content);
}

void vb__past_write(struct vb_buf *to, uint64_t since,
                    const struct vb__past *past)
{
    const struct vb_record *before = &past->before;
    char *at =
        vb_buf_reserve(to, NUMBERS_MOST + before->key.len + before->parent.len +
                               before->media_type.len + before->content.len);

    if (at == NULL)
        return;
    at = put_number(at, past->moment - since);
    at = put_number(at, past->record << 1 | past->removed);
    at = put_text(at, before->key);
    at = put_text(at, before->parent);
    at = put_number(at, before->revision);
    if (before->revision != 0)
        at = put_state(at, before);
    to->len = (size_t)(at - to->ptr);
}

/* --- reading: a row that ends too early is at its end from there on --------
 */

static bool take_number(struct vb_span *row, uint64_t *ret_number)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < row->len && i < NUMBER_MOST; i++) {
        n |= (uint64_t)((unsigned char)row->ptr[i] & 0x7f) << 7 * i;
        if ((row->ptr[i] & 0x80) != 0)
            continue;
        *row = vb_span_from(*row, i + 1);
        *ret_number = n;
        return true;
    }
    return false;
}

static bool take_text(struct vb_span *row, struct vb_span *ret_text)
{
    uint64_t len;

    if (!take_number(row, &len) || len > row->len)
        return false;
    *ret_text = vb_span_head(*row, len);
    *row = vb_span_from(*row, len);
    return true;
}

static bool take_state(struct vb_span *row, struct vb_record *state)
{
    uint64_t created, modified;

    if (!take_number(row, &created) || !take_number(row, &modified) ||
        !take_number(row, &state->length) ||
        !take_text(row, &state->media_type) || !take_text(row, &state->content))
        return false;
    state->created_ms = (int64_t)created;
    state->modified_ms = (int64_t)modified;
    return true;
}

bool vb__past_take(struct vb_span *row, struct vb__past *past)
{
    struct vb_record before = {.revision = 0};
    uint64_t further, record;

    if (!take_number(row, &further) || !take_number(row, &record) ||
        !take_text(row, &before.key) || !take_text(row, &before.parent) ||
        !take_number(row, &before.revision) ||
        (before.revision != 0 && !take_state(row, &before)))
        return false;
    before.position = record >> 1;
    *past = (struct vb__past){.moment = past->moment + further,
                              .record = record >> 1,
                              .removed = (record & 1) != 0,
                              .before = before};
    return true;
}

/* --- marks: FNV-1a, the same on every machine ------------------------------
 */

uint32_t vb__past_mark(struct vb_span key)
{
    uint32_t mark = 2166136261U;

    for (size_t i = 0; i < key.len; i++)
        mark = (mark ^ (unsigned char)key.ptr[i]) * 16777619U;
    return mark;
}

void vb__past_mark_put(struct vb_buf *marks, uint32_t mark)
{
    char bytes[VB__PAST_MARK];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(mark >> 8 * i);
    vb_buf_append(marks, vb_span_of(bytes, sizeof(bytes)));
}

uint32_t vb__past_mark_at(struct vb_span marks, size_t i)
{
    const char *at = marks.ptr + i * VB__PAST_MARK;
    uint32_t mark = 0;

    for (size_t j = 0; j < VB__PAST_MARK; j++)
        mark |= (uint32_t)(unsigned char)at[j] << 8 * j;
    return mark;
}
