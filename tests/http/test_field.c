/* Field names: the look-up and the properties (RFC 9110 section 5.1). */
#include "unit.h"

#include <stdio.h>

#include "base/span.h"
#include "http/field.h"

static const char *const names[] = {
    "",
#define VB_FIELD(id, name, properties) name,
#include "http/field.tbl"
#undef VB_FIELD
};

/* 9110-5.1-01 */
static void every_name_is_found_in_any_case(void **state)
{
    char text[64];

    (void)state;
    for (unsigned id = 1; id < VB_FIELD_COUNT; id++) {
        struct vb_span name = vb_span_str(names[id]);

        assert_span_equal(vb_field_name((enum vb_field_id)id), names[id]);
        assert_int_equal(vb_field_find(name), id);
        for (size_t i = 0; i < name.len; i++)
            text[i] = vb_ascii_lower(name.ptr[i]);
        assert_int_equal(vb_field_find(vb_span_of(text, name.len)), id);
        text[name.len] = 0;
        assert_span_equal(vb_field_name_lower((enum vb_field_id)id), text);
        for (size_t i = 0; i < name.len; i++)
            if (text[i] >= 'a' && text[i] <= 'z')
                text[i] = (char)(text[i] - 0x20);
        assert_int_equal(vb_field_find(vb_span_of(text, name.len)), id);
    }
}

/* What one changed octet makes of a name: only the case may change. */
static void a_name_with_one_octet_changed_is_another(void **state)
{
    char text[64];

    (void)state;
    for (unsigned id = 1; id < VB_FIELD_COUNT; id++) {
        size_t len = strlen(names[id]);

        memcpy(text, names[id], len);
        for (size_t i = 0; i < len; i++) {
            for (int c = 0; c < 256; c++) {
                enum vb_field_id got;

                text[i] = (char)c;
                got = vb_field_find(vb_span_of(text, len));
                assert_true(got == VB_FIELD_OTHER ||
                            vb_span_ieq(vb_span_of(text, len),
                                        vb_span_str(names[got])));
            }
            text[i] = names[id][i];
        }
    }
}

static void names_not_in_the_table_are_other(void **state)
{
    static const char *const others[] = {
        "",
        "a",
        "te ",
        "t",
        "teE",
        "X-Foo",
        "Content-Lengt",
        "Content-Lengthh",
        "Content\rLength",
        "Content_Length",
        "Access-Control-Xllow-Headers",
        "Access-Control-Allow-Headers-Access-Control-Allow-Headers",
        ":authority",
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(others); i++)
        assert_int_equal(vb_field_find(vb_span_str(others[i])), VB_FIELD_OTHER);
    for (unsigned id = 1; id < VB_FIELD_COUNT; id++) {
        int len = snprintf(text, sizeof text, "%s-", names[id]);

        assert_int_equal(vb_field_find(vb_span_of(text, (size_t)len)),
                         VB_FIELD_OTHER);
    }
}

#define IS(x) VB_FIELD_IS_##x

static void properties_are_those_of_the_definitions(void **state)
{
    static const struct {
        const char *name;
        unsigned properties;
    } rows[] = {
        {"Accept", IS(LIST)},
        {"Connection", IS(LIST) | IS(HOP) | IS(NO_TRAILER)},
        {"Transfer-Encoding", IS(LIST) | IS(HOP) | IS(NO_TRAILER)},
        {"Content-Length", IS(ONE) | IS(NO_TRAILER)},
        {"Content-Type", IS(ONE) | IS(NO_TRAILER)},
        {"ETag", IS(ONE) | IS(TRAILER)},
        {"Content-Digest", IS(LIST) | IS(TRAILER)},
        {"Set-Cookie", IS(NO_TRAILER) | IS(SECRET)},
        {"Cookie", IS(NO_TRAILER) | IS(SECRET)},
        {"Authorization", IS(ONE) | IS(NO_TRAILER) | IS(SECRET)},
        {"If-Modified-Since", IS(ONE) | IS(SOFT) | IS(NO_TRAILER)},
        {"X-Unheard-Of", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(
            vb_field_properties(vb_field_find(vb_span_str(rows[i].name))),
            rows[i].properties);
}

/* No field can be a list and a singleton, nor allowed and forbidden. */
static void properties_do_not_contradict(void **state)
{
    (void)state;
    for (unsigned id = 0; id < VB_FIELD_COUNT; id++) {
        unsigned p = vb_field_properties((enum vb_field_id)id);

        assert_true((p & IS(LIST)) == 0 || (p & IS(ONE)) == 0);
        assert_true((p & IS(TRAILER)) == 0 || (p & IS(NO_TRAILER)) == 0);
        assert_true((p & IS(SOFT)) == 0 || (p & IS(ONE)) != 0);
        assert_true((p & IS(HOP)) == 0 || (p & IS(NO_TRAILER)) != 0);
    }
}

/* 9110-7.6.1-03 (and Connection itself, and RFC 9113's forerunner) */
static void only_these_fields_are_hop_by_hop(void **state)
{
    static const char *const hops[] = {
        "Connection", "HTTP2-Settings",    "Keep-Alive", "Proxy-Connection",
        "TE",         "Transfer-Encoding", "Upgrade",
    };
    size_t count = 0;

    (void)state;
    for (unsigned id = 0; id < VB_FIELD_COUNT; id++)
        count += vb_field_is((enum vb_field_id)id, IS(HOP));
    assert_int_equal(count, VB_COUNT_OF(hops));
    for (size_t i = 0; i < VB_COUNT_OF(hops); i++)
        assert_true(vb_field_is(vb_field_find(vb_span_str(hops[i])), IS(HOP)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_found_in_any_case),
        cmocka_unit_test(a_name_with_one_octet_changed_is_another),
        cmocka_unit_test(names_not_in_the_table_are_other),
        cmocka_unit_test(properties_are_those_of_the_definitions),
        cmocka_unit_test(properties_do_not_contradict),
        cmocka_unit_test(only_these_fields_are_hop_by_hop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
