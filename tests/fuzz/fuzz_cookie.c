/* Every cookie read has a token for its name and can be found by it; what can
 * be set reads back the same. */
#include <stdint.h>

#include "base/assert.h"
#include "http/chars.h"
#include "http/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_set(const struct vb_cookie *cookie)
{
    struct vb_set_cookie set = {.name = cookie->name, .value = cookie->value};
    struct vb_span line, value;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 24);
    if (vb_set_cookie_write(&buf, &set) == VB_OK) {
        line = vb_buf_span(&buf);
        vb_assert(vb_cookies_find(&line, 1, cookie->name, &value) == 1);
        vb_assert(vb_span_eq(value, cookie->value));
    }
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span lines[2] = {
        vb_span_of((const char *)data, size / 2),
        vb_span_of((const char *)data + size / 2, size - size / 2)};
    struct vb_cookies cookies;
    struct vb_cookie cookie;
    struct vb_span first;
    size_t checked = 0;

    vb_cookies_init(&cookies, lines, 2);
    while (vb_cookies_next(&cookies, &cookie) && checked++ < 16) {
        vb_assert(vb_token_valid(cookie.name));
        vb_assert(vb_cookies_find(lines, 2, cookie.name, &first) > 0);
        check_set(&cookie);
    }
    return 0;
}
