/* A row of the history, whatever is in it: what is taken from it lies in it,
 * and is the same when it is written and taken again. */
#include "base/assert.h"
#include "storage/sqlite/past.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_within(struct vb_span part, struct vb_span row)
{
    vb_assert(part.len == 0 || (part.ptr >= row.ptr &&
                                part.ptr + part.len <= row.ptr + row.len));
}

static void is_same(const struct vb__past *a, const struct vb__past *b)
{
    vb_assert(a->moment == b->moment && a->record == b->record);
    vb_assert(a->removed == b->removed);
    vb_assert(a->before.revision == b->before.revision);
    vb_assert(a->before.created_ms == b->before.created_ms);
    vb_assert(a->before.modified_ms == b->before.modified_ms);
    vb_assert(a->before.length == b->before.length);
    vb_assert(vb_span_eq(a->before.key, b->before.key));
    vb_assert(vb_span_eq(a->before.parent, b->before.parent));
    vb_assert(vb_span_eq(a->before.media_type, b->before.media_type));
    vb_assert(vb_span_eq(a->before.content, b->before.content));
}

static void comes_again(uint64_t since, const struct vb__past *past)
{
    struct vb__past again = {.moment = since};
    struct vb_span rest;
    struct vb_buf row;

    vb_buf_init(&row, 1 << 20);
    vb__past_write(&row, since, past);
    vb_assert(row.err == VB_OK);
    rest = vb_buf_span(&row);
    vb_assert(vb__past_take(&rest, &again) && rest.len == 0);
    is_same(past, &again);
    vb_buf_done(&row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span row = vb_span_of((const char *)data, size);
    struct vb_span rest = row;
    struct vb__past past = {.moment = 0};

    for (;;) {
        uint64_t since = past.moment;

        if (!vb__past_take(&rest, &past))
            return 0;
        is_within(past.before.key, row);
        is_within(past.before.parent, row);
        is_within(past.before.media_type, row);
        is_within(past.before.content, row);
        comes_again(since, &past);
    }
}
