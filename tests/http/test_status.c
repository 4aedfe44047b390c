/* Status codes: the registry and its rules (RFC 9110 section 15). */
#include "unit.h"

#include "http/status.h"

static void reasons_are_the_registered_ones(void **state)
{
    static const struct {
        int code;
        const char *reason;
    } rows[] = {
        {100, "Continue"},
        {103, "Early Hints"},
        {200, "OK"},
        {203, "Non-Authoritative Information"},
        {207, "Multi-Status"},
        {226, "IM Used"},
        {304, "Not Modified"},
        {308, "Permanent Redirect"},
        {408, "Request Timeout"},
        {413, "Content Too Large"},
        {418, "(Unused)"},
        {421, "Misdirected Request"},
        {422, "Unprocessable Content"},
        {431, "Request Header Fields Too Large"},
        {451, "Unavailable For Legal Reasons"},
        {505, "HTTP Version Not Supported"},
        {511, "Network Authentication Required"},
        {99, ""},
        {299, ""},
        {419, ""},
        {420, ""},
        {430, ""},
        {509, ""},
        {599, ""},
        {600, ""},
        {-1, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_span_equal(vb_status_reason(rows[i].code), rows[i].reason);
}

/* The number of codes in each class, and which are not to be used. */
static void the_whole_registry_is_there(void **state)
{
    static const int want[] = {0, 5, 10, 9, 29, 11};
    int got[6] = {0};

    (void)state;
    for (int code = 0; code < 1000; code++) {
        const struct vb_status_info *info = vb_status_info(code);

        if (info == NULL)
            continue;
        assert_int_equal(info->code, code);
        assert_true(info->reason.len > 0);
        got[vb_status_class(code)]++;
    }
    for (size_t i = 0; i < VB_COUNT_OF(want); i++)
        assert_int_equal(got[i], want[i]);
    assert_int_equal(vb_status_info(306)->standing, VB_STATUS_UNUSED);
    assert_int_equal(vb_status_info(418)->standing, VB_STATUS_UNUSED);
    assert_int_equal(vb_status_info(510)->standing, VB_STATUS_OBSOLETE);
    assert_int_equal(vb_status_info(104)->standing, VB_STATUS_TEMPORARY);
    assert_int_equal(vb_status_info(404)->standing, VB_STATUS_CURRENT);
}

/* 9110-15-01, 9110-15-02 */
static void unknown_codes_count_as_the_x00_of_their_class(void **state)
{
    static const struct {
        int code, known;
    } rows[] = {
        {299, 200}, {199, 100}, {399, 300}, {430, 400}, {599, 500}, {404, 404},
        {99, 500},  {600, 500}, {999, 500}, {0, 500},   {-7, 500},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(vb_status_known(rows[i].code), rows[i].known);
    assert_int_equal(vb_status_class(599), VB_STATUS_CLASS_SERVER_ERROR);
    assert_int_equal(vb_status_class(600), VB_STATUS_CLASS_INVALID);
}

/* 9110-15.1-01; RFC 7725 section 3 for 451 */
static void only_these_codes_are_heuristically_cacheable(void **state)
{
    static const int cacheable[] = {200, 203, 204, 206, 300, 301, 308,
                                    404, 405, 410, 414, 451, 501};
    size_t next = 0;

    (void)state;
    for (int code = 100; code < 600; code++) {
        bool want = next < VB_COUNT_OF(cacheable) && cacheable[next] == code;

        assert_int_equal(vb_status_is_heuristic(code), want);
        next += want;
    }
    assert_int_equal(next, VB_COUNT_OF(cacheable));
}

/* 9110-6.4.1-01, 9110-15.2-04, 9110-15.3.5-01, 9110-15.4.5-04 */
static void informational_204_and_304_have_no_content(void **state)
{
    (void)state;
    for (int code = 100; code < 600; code++)
        assert_int_equal(vb_status_has_content(code),
                         code >= 200 && code != 204 && code != 304);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_are_the_registered_ones),
        cmocka_unit_test(the_whole_registry_is_there),
        cmocka_unit_test(unknown_codes_count_as_the_x00_of_their_class),
        cmocka_unit_test(only_these_codes_are_heuristically_cacheable),
        cmocka_unit_test(informational_204_and_304_have_no_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
