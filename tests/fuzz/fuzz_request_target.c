/* What parses as a request target keeps the rules that the callers rely on. */
#include <stdint.h>

#include "base/assert.h"
#include "http/request_target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(enum vb_method method, const struct vb_target *target)
{
    switch (target->form) {
    case VB_TARGET_ORIGIN:
        vb_assert(target->path.len > 0 && target->path.ptr[0] == '/');
        break;
    case VB_TARGET_ABSOLUTE:
        vb_assert(target->scheme.len > 0);
        break;
    case VB_TARGET_AUTHORITY:
        vb_assert(method == VB_METHOD_CONNECT);
        vb_assert(target->authority.kind != VB_HOST_EMPTY);
        break;
    case VB_TARGET_ASTERISK:
        vb_assert(method == VB_METHOD_OPTIONS && target->server_wide);
        break;
    }
    vb_assert(target->authority.port >= VB_PORT_NONE &&
              target->authority.port <= 65535);
    for (size_t i = 0; i < target->path.len; i++)
        vb_assert(target->path.ptr[i] > ' ' && target->path.ptr[i] < 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum vb_method methods[] = {VB_METHOD_GET, VB_METHOD_OPTIONS,
                                             VB_METHOD_CONNECT};
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_target target;

    for (size_t i = 0; i < 3; i++)
        if (vb_target_parse(methods[i], text, &target))
            check(methods[i], &target);
    return 0;
}
