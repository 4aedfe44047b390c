/* Methods: look-up, properties, Allow. See method.h; the data is method.tbl. */
#include "http/method.h"

#include "base/assert.h"

static const struct vb_method_info infos[VB_METHOD_COUNT] = {
    [VB_METHOD_UNKNOWN] = {.content = VB_METHOD_CONTENT_DEFINED},
#define VB_METHOD(name, letter, safe, idempotent, cacheable, content)          \
    [VB_METHOD_##name] = {VB_SPAN_INIT(#name), safe, idempotent,               \
                          VB_METHOD_CACHEABLE_##cacheable,                     \
                          VB_METHOD_CONTENT_##content},
#include "http/method.tbl"
#undef VB_METHOD
};

/*
 * A perfect hash over first letter and length. Two names in one slot would be
 * an initialiser given twice, which the compilers refuse.
 */
#define SLOT(letter, len) (((unsigned char)(letter) + 3 * (len)) % 32)

static const uint8_t slots[32] = {
#define VB_METHOD(name, letter, safe, idempotent, cacheable, content)          \
    [SLOT(letter, sizeof(#name) - 1)] = VB_METHOD_##name,
#include "http/method.tbl"
#undef VB_METHOD
};

enum vb_method vb_method_find(struct vb_span name)
{
    enum vb_method method;

    if (name.len == 0)
        return VB_METHOD_UNKNOWN;
    method = (enum vb_method)slots[SLOT(name.ptr[0], name.len)];
    return vb_span_eq(name, infos[method].name) ? method : VB_METHOD_UNKNOWN;
}

const struct vb_method_info *vb_method_info(enum vb_method method)
{
    vb_assert((unsigned)method < VB_METHOD_COUNT);
    return &infos[method];
}

size_t vb_method_set_format(uint32_t set, char text[VB_METHOD_SET_TEXT_MAX])
{
    size_t len = 0;

    for (unsigned m = VB_METHOD_UNKNOWN + 1; m < VB_METHOD_COUNT; m++) {
        struct vb_span name = infos[m].name;

        if (!vb_method_set_has(set, (enum vb_method)m))
            continue;
        if (len > 0) {
            memcpy(text + len, ", ", 2);
            len += 2;
        }
        memcpy(text + len, name.ptr, name.len);
        len += name.len;
    }
    return len;
}
