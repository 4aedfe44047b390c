/*
 * cmocka with the headers it wants before it, and the helpers that the unit
 * tests share. Include it as "unit.h".
 */
#ifndef VB_TESTS_UNIT_H
#define VB_TESTS_UNIT_H

/* cmocka.h does not include what it uses: the order matters. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#include <verbatim/span.h>

#define VB_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Asserts that a span holds exactly the bytes of a NUL-terminated text. */
#define assert_span_equal(span, text)                                          \
    do {                                                                       \
        struct vb_span got_ = (span);                                          \
        struct vb_span want_ = vb_span_str(text);                              \
                                                                               \
        if (got_.len != want_.len ||                                           \
            (got_.len > 0 && memcmp(got_.ptr, want_.ptr, got_.len) != 0))      \
            fail_msg("\"%.*s\" is not \"%s\"", (int)got_.len, got_.ptr,        \
                     want_.ptr);                                               \
    } while (0)

#endif
