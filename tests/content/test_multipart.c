/*
 * Multipart content, by rows of what is sent and what is seen; cut off at every
 * octet; and with a megabyte of what is nearly a boundary.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "content/multipart.h"

/* "[fields|content]" for each part, then "!" where it is malformed. */
static void read_all(struct vb_multipart *multipart, struct vb_buf *seen)
{
    struct vb_multipart_part part;

    while (vb_multipart_next(multipart, &part)) {
        vb_buf_char(seen, '[');
        vb_buf_append(seen, part.fields);
        vb_buf_char(seen, '|');
        vb_buf_append(seen, part.content);
        vb_buf_char(seen, ']');
    }
    if (multipart->why != NULL)
        vb_buf_char(seen, '!');
    assert_false(vb_multipart_next(multipart, &part)); /* it stays over */
}

static void begin(struct vb_multipart *multipart, const char *type,
                  struct vb_span content)
{
    struct vb_media media;

    assert_true(vb_media_parse(vb_span_str(type), &media));
    assert_true(vb_multipart_init(multipart, &media, content));
}

static void parts_are_found(void **state)
{
    static const struct {
        const char *content, *seen;
    } rows[] = {
        {"--b\r\nA: 1\r\n\r\none\r\n--b--", "[A: 1\r\n|one]"},
        {"--b\r\nA: 1\r\n\r\none\r\n--b--\r\n", "[A: 1\r\n|one]"},
        {"--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--", "[|one][|two]"},
        {"pre\r\n--b\r\n\r\none\r\n--b--\r\n--b\r\n\r\nafter", "[|one]"},
        {"--b \t\r\n\r\none\r\n--b-- \t\r\nafter", "[|one]"},
        {"--b\r\n\r\n\r\n--b--", "[|]"},
        {"--b\r\n\r\na\r\n\r\n\r\n--b--", "[|a\r\n\r\n]"},
        {"--b\r\nA: 1\r\nB: 2\r\n\r\n\r\n--b--", "[A: 1\r\nB: 2\r\n|]"},
        {"--b\r\n\r\n x--b\r\n--c\r\n--b--", "[| x--b\r\n--c]"},
        {"", "!"},
        {"--b", "!"},
        {"--b\r\n", "!"},
        {"--b--", "!"},
        {"--b--\r\n", "!"},
        {"no boundary at all", "!"},
        {"x--b\r\n\r\none\r\n--b--", "!"},
        {"--b\n\none\n--b--\n", "!"},
        {"--b\r\n\r\none\n--b--", "!"},
        {"--b\r\n\r\none\r\n--b", "!"},
        {"--b\r\n\r\none\r\n--b-", "!"},
        {"--b\r\n\r\none\r\n--b\r\n", "[|one]!"},
        {"--b\r\n\r\none\r\n--bc\r\n--b--", "!"},
        {"--b\r\nA: 1\r\n--b--", "!"},
        {"--b\r\none\r\n--b--", "!"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_multipart multipart;
        struct vb_buf seen;

        vb_buf_init(&seen, 4096);
        begin(&multipart, "multipart/mixed; boundary=b",
              vb_span_str(rows[i].content));
        read_all(&multipart, &seen);
        if (!vb_span_eq(vb_buf_span(&seen), vb_span_str(rows[i].seen)))
            fail_msg("row %zu: %.*s", i, VB_FMT(vb_buf_span(&seen)));
        vb_buf_done(&seen);
    }
}

static void what_is_cut_off_is_never_whole(void **state)
{
    const struct vb_span whole =
        VB_SPAN("pre\r\n--b\r\nA: 1\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--");

    (void)state;
    for (size_t n = 0; n < whole.len; n++) {
        char *copy = malloc(n + 1); /* so that ASan sees what is read past */
        struct vb_multipart multipart;
        struct vb_buf seen;

        memcpy(copy, whole.ptr, n);
        vb_buf_init(&seen, 4096);
        begin(&multipart, "multipart/mixed; boundary=b", vb_span_of(copy, n));
        read_all(&multipart, &seen);
        if (multipart.why == NULL)
            fail_msg("whole after %zu octets", n);
        vb_buf_done(&seen);
        free(copy);
    }
}

static void boundaries_are_what_they_may_be(void **state)
{
    static const struct {
        const char *type;
        bool good;
    } rows[] = {
        {"multipart/mixed", false},
        {"multipart/mixed; boundary=\"\"", false},
        {"multipart/mixed; boundary=\"a b\"", true},
        {"multipart/mixed; boundary=\"a \"", false},
        {"multipart/mixed; boundary=\"a\\\"b\"", false},
        {"multipart/mixed; boundary=a*b", false},
        {"multipart/mixed; boundary=\"'()+_,-./:=?\"", true},
        {"multipart/mixed; boundary="
         "012345678901234567890123456789012345678901234567890123456789012345678"
         "9",
         true},
        {"multipart/mixed; boundary="
         "012345678901234567890123456789012345678901234567890123456789012345678"
         "90",
         false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_multipart multipart;
        struct vb_media media;

        assert_true(vb_media_parse(vb_span_str(rows[i].type), &media));
        if (vb_multipart_init(&multipart, &media, VB_SPAN("")) != rows[i].good)
            fail_msg("row %zu", i);
    }
}

/* Linear: else this would take minutes. */
static void nearly_boundaries_cost_one_pass(void **state)
{
    const size_t size = (size_t)8 << 20;
    char *large = malloc(size);
    struct vb_multipart multipart;
    struct vb_multipart_part part;

    (void)state;
    for (size_t i = 0; i < size; i++)
        large[i] = "\r\n--a"[i % 5];
    memcpy(large, "--aa\r\n", 6);
    begin(&multipart, "multipart/mixed; boundary=aa", vb_span_of(large, size));
    assert_false(vb_multipart_next(&multipart, &part));
    assert_non_null(multipart.why);
    free(large);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_found),
        cmocka_unit_test(what_is_cut_off_is_never_whole),
        cmocka_unit_test(boundaries_are_what_they_may_be),
        cmocka_unit_test(nearly_boundaries_cost_one_pass),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
