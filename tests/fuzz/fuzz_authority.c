/* What HTTP takes for an authority, any URI has for one, and it is the same as
 * itself; so is an origin, but an opaque one. Two texts on two lines. */
#include <stdint.h>

#include "base/assert.h"
#include "http/authority.h"
#include "http/origin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct vb_span a, struct vb_span b)
{
    struct vb_span scheme = VB_SPAN("http");
    struct vb_authority one, other, any;
    struct vb_origin origin;

    if (vb_authority_parse_host(a, &one)) {
        vb_assert(vb_authority_parse(a, &any));
        vb_assert(one.port >= VB_PORT_NONE && one.port <= 65535);
        vb_assert(vb_authority_same(&one, &any, scheme));
        if (vb_authority_parse_host(b, &other))
            vb_assert(vb_authority_same(&one, &other, scheme) ==
                      vb_authority_same(&other, &one, scheme));
    }
    if (vb_origin_parse(a, &origin))
        vb_assert(vb_origin_same(&origin, &origin) == (origin.scheme.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    ssize_t feed = vb_span_find(text, '\n', 0);

    if (feed < 0)
        check(text, text);
    else
        check(vb_span_head(text, (size_t)feed),
              vb_span_from(text, (size_t)feed + 1));
    return 0;
}
