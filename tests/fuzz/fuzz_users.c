/* Whatever a file of users says, it is refused with its line, or each that is
 * in it is found. */
#include <stdint.h>

#include "access/users_inner.h"
#include "base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The names of a text that was taken. */
static void find_all(const struct vb_users *users, struct vb_span rest)
{
    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        struct vb_span line =
            vb_span_head(rest, end < 0 ? rest.len : (size_t)end);
        ssize_t colon = vb_span_find(line, ':', 0);
        struct vb_span name = vb_span_head(line, colon < 0 ? 0 : (size_t)colon);

        rest = vb_span_from(rest, line.len + 1);
        if (colon < 0 || line.ptr[0] == '#')
            continue;
        vb_assert(vb_users_name_fits(name));
        vb_assert(vb_span_eq(vb__users_find(users, name)->name, name));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_users *users = NULL;
    struct vb_buf why;
    enum vb_err err;

    vb_buf_init(&why, 4096);
    err = vb_users_parse(text, "users", &users, &why);
    vb_assert((err == VB_OK) == (users != NULL));
    vb_assert((err == VB_ERR_INVALID) == (why.len > 0));
    if (err == VB_OK)
        find_all(users, text);
    vb_users_unref(users);
    vb_buf_done(&why);
    return 0;
}
