/* Moments as clients know them. See stream.h. */
#include "base/base36.h"
#include "resource/stream.h"

static void append_number(struct vb_buf *buf, uint64_t number)
{
    char text[VB_BASE36_MOST];
    char *end = text + sizeof(text);
    char *at = vb_base36_before(end, number);

    vb_buf_append(buf, vb_span_of(at, (size_t)(end - at)));
}

void vb_moment_write(struct vb_buf *buf, const struct vb_store *store,
                     uint64_t moment)
{
    append_number(buf, vb_moment_revision(moment));
    if ((moment & VB_MOMENT_STEP_LAST) != VB_MOMENT_STEP_LAST) {
        vb_buf_char(buf, '-');
        append_number(buf, moment & VB_MOMENT_STEP_LAST);
    }
    vb_buf_char(buf, '.');
    vb_buf_str(buf, store->epoch);
}

/* Takes digits off the front; false: there are none, or the number is larger
 * than it may be. */
static bool take_number(struct vb_span *text, uint64_t most, uint64_t *ret)
{
    uint64_t number = 0;
    size_t len = 0;

    for (; len < text->len; len++) {
        char c = text->ptr[len];
        uint64_t digit;

        if (c >= '0' && c <= '9')
            digit = (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'z')
            digit = (uint64_t)(c - 'a') + 10;
        else
            break;
        if (number > (most - digit) / 36)
            return false;
        number = number * 36 + digit;
    }
    *text = vb_span_from(*text, len);
    *ret = number;
    return len > 0;
}

/* What may follow in a tag is what tells its variant. */
static bool is_epoch(struct vb_span text, const struct vb_store *store)
{
    struct vb_span epoch = vb_span_str(store->epoch);
    struct vb_span rest;

    if (!vb_span_starts(text, epoch))
        return false;
    rest = vb_span_from(text, epoch.len);
    return rest.len == 0 || rest.ptr[0] == '-' || rest.ptr[0] == '"';
}

bool vb_moment_read(struct vb_span text, const struct vb_store *store,
                    uint64_t *ret_moment)
{
    uint64_t revision, step = VB_MOMENT_STEP_LAST;

    if (vb_span_starts(text, VB_SPAN("W/")))
        text = vb_span_from(text, 2);
    if (vb_span_starts(text, VB_SPAN("\"")))
        text = vb_span_from(text, 1);
    if (!take_number(&text, UINT64_MAX >> (VB_MOMENT_STEP_BITS + 1), &revision))
        return false;
    if (vb_span_starts(text, VB_SPAN("-"))) {
        text = vb_span_from(text, 1);
        if (!take_number(&text, VB_MOMENT_STEP_LAST, &step))
            return false;
    }
    if (!vb_span_starts(text, VB_SPAN(".")) ||
        !is_epoch(vb_span_from(text, 1), store))
        return false;
    *ret_moment = revision << VB_MOMENT_STEP_BITS | step;
    return true;
}
