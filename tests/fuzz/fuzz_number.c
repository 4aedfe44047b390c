/* Two numbers (divided by a space) keep the laws of arithmetic. */
#include "base/assert.h"
#include "content/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_one(struct vb_span n)
{
    int64_t small;

    if (!vb_number_is_valid(n))
        return;
    vb_assert(vb_number_cmp(n, n) == 0);
    if (vb_number_i64(n, &small))
        vb_assert(vb_number_is_integer(n));
    if (vb_number_is_divisor(n)) {
        vb_assert(vb_number_cmp(n, VB_SPAN("0")) > 0);
        vb_assert(vb_number_is_multiple(n, n));
        vb_assert(vb_number_is_multiple(VB_SPAN("0"), n));
    }
    vb_assert(vb_number_is_integer(n) ==
              vb_number_is_multiple(n, VB_SPAN("1")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vb_hash_key key = {3, 4};
    struct vb_span text = vb_span_of((const char *)data, size);
    ssize_t cut = vb_span_find(text, ' ', 0);
    struct vb_span a = vb_span_head(text, cut < 0 ? size : (size_t)cut);
    struct vb_span b = vb_span_from(text, cut < 0 ? 0 : (size_t)cut + 1);
    int order = vb_number_cmp(a, b);

    check_one(a);
    check_one(b);
    vb_assert((order < 0) == (vb_number_cmp(b, a) > 0));
    vb_assert((order == 0) ==
              (vb_number_hash(&key, a) == vb_number_hash(&key, b)));
    (void)vb_number_is_multiple(a, b);
    return 0;
}
