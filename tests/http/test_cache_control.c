/* The rules of src/http/cache_control.h: RFC 9111 section 5.2. */
#include "unit.h"

#include "http/cache_control.h"

static struct vb_cache_control parsed(const char *text)
{
    struct vb_span line = vb_span_str(text);
    struct vb_cache_control cc;

    vb_cache_control_parse(&line, 1, &cc);
    return cc;
}

/* 9111-5.2-02, 9111-4.2.1-02, 9111-4.2.1-03, 9111-5.2.1.2-01. */
static void seconds_are_read_in_both_forms_and_strictly(void **state)
{
    static const struct {
        const char *text;
        enum vb_cc id;
        uint32_t seconds;
        bool malformed;
    } rows[] = {
        {"max-age=60", VB_CC_MAX_AGE, 60, false},
        {"MAX-AGE=60", VB_CC_MAX_AGE, 60, false},
        {"max-age=\"60\"", VB_CC_MAX_AGE, 60, false},
        {"max-age=\"\\6\\0\"", VB_CC_MAX_AGE, 60, false},
        {"max-age=0060", VB_CC_MAX_AGE, 60, false},
        {"max-age=0", VB_CC_MAX_AGE, 0, false},
        {"max-age=2147483647", VB_CC_MAX_AGE, 2147483647, false},
        {"max-age=2147483648", VB_CC_MAX_AGE, 2147483648, false},
        {"max-age=2147483649", VB_CC_MAX_AGE, 2147483648, false},
        {"max-age=99999999999999999999999", VB_CC_MAX_AGE, 2147483648, false},
        {"max-age=1, max-age=100", VB_CC_MAX_AGE, 1, false},
        {"max-age=100, max-age=1", VB_CC_MAX_AGE, 1, false},
        {"max-age=100, max-age=x", VB_CC_MAX_AGE, 0, true},
        {"max-age=abc", VB_CC_MAX_AGE, 0, true},
        {"max-age=-1", VB_CC_MAX_AGE, 0, true},
        {"max-age=+1", VB_CC_MAX_AGE, 0, true},
        {"max-age=1.5", VB_CC_MAX_AGE, 0, true},
        {"max-age=\" 1\"", VB_CC_MAX_AGE, 0, true},
        {"max-age=\"\"", VB_CC_MAX_AGE, 0, true},
        {"max-age=", VB_CC_MAX_AGE, 0, true},
        {"max-age", VB_CC_MAX_AGE, 0, true},
        {"max-age = 60", VB_CC_MAX_AGE, 0, true},
        {"max-age=60;x", VB_CC_MAX_AGE, 0, true},
        {"max-age=60 60", VB_CC_MAX_AGE, 0, true},
        {"max-age=\"60", VB_CC_MAX_AGE, 0, true},
        {"s-maxage=5, s-maxage=\"4\"", VB_CC_S_MAXAGE, 4, false},
        {"max-stale", VB_CC_MAX_STALE, VB_CC_ANY, false},
        {"max-stale, max-stale=5", VB_CC_MAX_STALE, 5, false},
        {"max-stale=5, max-stale", VB_CC_MAX_STALE, 5, false},
        {"max-stale=x", VB_CC_MAX_STALE, 0, true},
        {"min-fresh=5, min-fresh=9, min-fresh=7", VB_CC_MIN_FRESH, 9, false},
        {"min-fresh=x", VB_CC_MIN_FRESH, VB_DELTA_SECONDS_MAX, true},
        {"stale-while-revalidate=30", VB_CC_STALE_WHILE_REVALIDATE, 30, false},
        {"stale-if-error=86400", VB_CC_STALE_IF_ERROR, 86400, false},
        {"stale-if-error", VB_CC_STALE_IF_ERROR, 0, true},
        {", ,max-age=7 ,,", VB_CC_MAX_AGE, 7, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_cache_control cc = parsed(rows[i].text);

        if (!vb_cc_has(&cc, rows[i].id) ||
            cc.seconds[rows[i].id] != rows[i].seconds ||
            cc.malformed != rows[i].malformed)
            fail_msg("%s: %u, %d", rows[i].text, cc.seconds[rows[i].id],
                     cc.malformed);
        assert_int_equal(cc.present, 1u << rows[i].id);
    }
}

/* 9111-5.2-02, 8246-2-02; what is unreadable never permits. */
static void flags_stand_for_themselves(void **state)
{
    static const struct {
        const char *text;
        uint32_t present;
        bool malformed;
    } rows[] = {
        {"", 0, false},
        {"no-store", 1u << VB_CC_NO_STORE, false},
        {"No-Store", 1u << VB_CC_NO_STORE, false},
        {"no-store=yes", 1u << VB_CC_NO_STORE, false},
        {"no-store;", 1u << VB_CC_NO_STORE, true},
        {"no-store=\"", 1u << VB_CC_NO_STORE, true},
        {"immutable=\"x\"", 1u << VB_CC_IMMUTABLE, false},
        {"immutable x", 0, true},
        {"public;", 0, true},
        {"public, must-understand",
         1u << VB_CC_PUBLIC | 1u << VB_CC_MUST_UNDERSTAND, false},
        {"no-transform, only-if-cached, must-revalidate, proxy-revalidate",
         1u << VB_CC_NO_TRANSFORM | 1u << VB_CC_ONLY_IF_CACHED |
             1u << VB_CC_MUST_REVALIDATE | 1u << VB_CC_PROXY_REVALIDATE,
         false},
        {"no-storex, xno-store, no_store", 0, false},
        {"@@, no-store", 1u << VB_CC_NO_STORE, true},
        {"foo=\"no-store\"", 0, false}, /* 9111-5.2.3-01 */
        {"foo=\"a, no-store\"", 0, false},
        {"foo=\"a, no-store", 0, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_cache_control cc = parsed(rows[i].text);

        if (cc.present != rows[i].present || cc.malformed != rows[i].malformed)
            fail_msg("%s: %x, %d", rows[i].text, cc.present, cc.malformed);
    }
}

/* 9111-5.2.2.4-02, 9111-5.2.2.7-02, 9111-4.2.1-02. */
static void qualified_form_names_fields_or_counts_as_unqualified(void **state)
{
    static const struct {
        const char *text;
        size_t lists;
        bool has_cookie; /* is Set-Cookie named? */
    } rows[] = {
        {"private", 0, false},
        {"private=\"Set-Cookie\"", 1, true},
        {"private=set-cookie", 1, true},
        {"private=\"X-A , set-cookie,\"", 1, true},
        {"private=\"X-A\"", 1, false},
        {"private=\"X-A\", private=\"Set-Cookie\"", 2, true},
        {"private=\"X-A\", private", 0, false},
        {"private, private=\"X-A\"", 0, false},
        {"private=\"\"", 0, false},
        {"private=\"a b\"", 0, false},
        {"private=\"Set\\-Cookie\"", 0, false},
        {"private=\"Set-Cookie", 0, false},
        {"private = \"Set-Cookie\"", 0, false},
        {"private=a, private=b, private=c, private=d", 4, false},
        {"private=a, private=b, private=c, private=d, private=e", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_cache_control cc = parsed(rows[i].text);

        assert_true(vb_cc_has(&cc, VB_CC_PRIVATE));
        if (cc.private_.count != rows[i].lists ||
            vb_elements_have(cc.private_.lists, cc.private_.count,
                             VB_SPAN("Set-Cookie")) != rows[i].has_cookie)
            fail_msg("%s: %zu lists", rows[i].text, cc.private_.count);
        assert_int_equal(cc.no_cache.count, 0);
    }
}

static void lines_are_one_value(void **state)
{
    static const struct vb_span lines[] = {
        VB_SPAN_INIT("max-age=100, no-cache=\"X-A\""), VB_SPAN_INIT(""),
        VB_SPAN_INIT("max-age=5, no-cache=X-B")};
    struct vb_cache_control cc;

    (void)state;
    vb_cache_control_parse(lines, 3, &cc);
    assert_int_equal(cc.seconds[VB_CC_MAX_AGE], 5);
    assert_int_equal(cc.no_cache.count, 2);
    assert_false(cc.malformed);
    vb_cache_control_parse(NULL, 0, &cc);
    assert_int_equal(cc.present, 0);
}

/* 9111-5.2.3-01: extensions are passed over, and can be asked for. */
static void extensions_stay_accessible(void **state)
{
    struct vb_span line = VB_SPAN("foo, community=\"UCI, x\", max-age=1, @");
    struct vb_cc_directive directive;
    struct vb_elements elements;

    (void)state;
    vb_elements_init(&elements, &line, 1, VB_ELEMENTS_USUAL);
    assert_true(vb_cache_control_next(&elements, &directive));
    assert_int_equal(directive.id, VB_CC_UNKNOWN);
    assert_span_equal(directive.param.name, "foo");
    assert_null(directive.param.value.ptr);
    assert_true(vb_cache_control_next(&elements, &directive));
    assert_span_equal(directive.param.name, "community");
    assert_span_equal(directive.param.value, "UCI, x");
    assert_true(directive.param.quoted);
    assert_true(vb_cache_control_next(&elements, &directive));
    assert_int_equal(directive.id, VB_CC_MAX_AGE);
    assert_true(vb_cache_control_next(&elements, &directive));
    assert_true(directive.malformed);
    assert_false(vb_cache_control_next(&elements, &directive));
}

/* 9111-5.2.2.1-01, 9111-5.2.2.4-03, 9111-5.2.2.7-03, 9111-5.2.2.10-03. */
static void directives_are_written_in_the_form_senders_must_use(void **state)
{
    static const char *const rows[][2] = {
        {"max-age=\"60\",public", "public, max-age=60"},
        {"private=X-A, private=\"X-B,X-C\"", "private=\"X-A, X-B,X-C\""},
        {"no-cache", "no-cache"},
        {"max-stale", "max-stale"},
        {"max-stale=\"7\"", "max-stale=7"},
        {"s-maxage=99999999999", "s-maxage=2147483648"},
        {"foo", ""},
        {"must-understand, no-store", "no-store, must-understand"},
        {"immutable, stale-if-error=2, stale-while-revalidate=1, max-age=3",
         "max-age=3, immutable, stale-while-revalidate=1, stale-if-error=2"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_cache_control cc = parsed(rows[i][0]);
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        vb_cache_control_write(&buf, &cc);
        assert_span_equal(vb_buf_span(&buf), rows[i][1]);
    }
}

static void delta_seconds_are_digits(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        uint32_t seconds;
    } rows[] = {
        {"0", true, 0},    {"120", true, 120}, {"4294967297", true, 2147483648},
        {"", false, 7},    {"-1", false, 7},   {"1 ", false, 7},
        {"0x1", false, 7},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        uint32_t seconds = 7;

        assert_int_equal(vb_delta_seconds(vb_span_str(rows[i].text), &seconds),
                         rows[i].ok);
        assert_int_equal(seconds, rows[i].seconds);
    }
}

/* 9213-2.1-01, 9213-2.2-03. */
static void targeted_fields_are_dictionaries(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        const char *same; /* as a Cache-Control */
    } rows[] = {
        {"max-age=60", true, "max-age=60"},
        {"max-age=60, must-revalidate", true, "max-age=60, must-revalidate"},
        {"no-store", true, "no-store"},
        {"no-store=?1;x=2", true, "no-store"},
        {"no-store=?0, max-age=3", true, "max-age=3"},
        {"max-age=1, max-age=100", true, "max-age=100"},
        {"max-age=9999999999", true, "max-age=2147483648"},
        {"private, no-cache", true, "private, no-cache"},
        {"private=\"x, y\", no-cache=z", true,
         "private=\"x, y\", no-cache=\"z\""},
        {"s-maxage=5, stale-while-revalidate=7", true,
         "s-maxage=5, stale-while-revalidate=7"},
        /* Of another type than the directive's: strictly. */
        {"max-age=1.5", true, "max-age=0"},
        {"max-age", true, "max-age=0"},
        {"private=(\"x\" \"y\")", true, "private"},
        {"immutable=\"x\"", true, "immutable"},
        {"foo=bar", true, ""},
        {"", false, NULL},
        {"max-age=@@", false, NULL},
        {"max-age=60,", false, NULL},
        {"MAX-AGE=60", false, NULL},
        {"max-age=60 no-store", false, NULL},
    };
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_cache_control cc;
        struct vb_buf buf;

        assert_int_equal(vb_cache_control_targeted(&arena, &line, 1, &cc),
                         rows[i].ok);
        if (!rows[i].ok)
            continue;
        vb_buf_init(&buf, 1000);
        vb_cache_control_write(&buf, &cc);
        assert_span_equal(vb_buf_span(&buf), rows[i].same);
        vb_buf_done(&buf);
    }
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seconds_are_read_in_both_forms_and_strictly),
        cmocka_unit_test(flags_stand_for_themselves),
        cmocka_unit_test(qualified_form_names_fields_or_counts_as_unqualified),
        cmocka_unit_test(lines_are_one_value),
        cmocka_unit_test(extensions_stay_accessible),
        cmocka_unit_test(directives_are_written_in_the_form_senders_must_use),
        cmocka_unit_test(delta_seconds_are_digits),
        cmocka_unit_test(targeted_fields_are_dictionaries),
    };

    return cmocka_run_group_tests_name("cache_control", tests, NULL, NULL);
}
