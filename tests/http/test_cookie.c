/* The rules of src/http/cookie.h: RFC 6265bis. */
#include "unit.h"

#include "http/cookie.h"

/* 6265bis-4.1.1-07, 6265bis-4.2.1-02. */
static void cookies_are_split_leniently_and_named_strictly(void **state)
{
    static const struct {
        const char *lines[2];
        size_t count;
        const char *cookies[4][2];
    } rows[] = {
        {{"a=1"}, 1, {{"a", "1"}}},
        {{"a=1; b=2"}, 2, {{"a", "1"}, {"b", "2"}}},
        {{"a=1;b=2"}, 2, {{"a", "1"}, {"b", "2"}}},
        {{" a = 1 ;\tb=2 "}, 2, {{"a", "1"}, {"b", "2"}}},
        {{"a=1", "b=2; c=3"}, 3, {{"a", "1"}, {"b", "2"}, {"c", "3"}}},
        {{"a=1; a=2"}, 2, {{"a", "1"}, {"a", "2"}}},
        {{"a=\"x y\""}, 1, {{"a", "\"x y\""}}},
        {{"a=b=c=="}, 1, {{"a", "b=c=="}}},
        {{"a="}, 1, {{"a", ""}}},
        {{";; ;a=1;"}, 1, {{"a", "1"}}},
        {{"a=1,2"}, 1, {{"a", "1,2"}}},
        {{"a=\xC3\xA9"}, 1, {{"a", "\xC3\xA9"}}},
        {{"x; a=1; =y; b c=2; d@=3"}, 1, {{"a", "1"}}},
        {{"a=\x01; b=2; c=\x7F"}, 1, {{"b", "2"}}},
        {{"\xC3\xA9=1"}, 0, {{NULL}}},
        {{""}, 0, {{NULL}}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        size_t count = rows[i].lines[1] == NULL ? 1 : 2, n = 0;
        struct vb_span lines[2];
        struct vb_cookies cookies;
        struct vb_cookie cookie;

        for (size_t l = 0; l < count; l++)
            lines[l] = vb_span_str(rows[i].lines[l]);
        vb_cookies_init(&cookies, lines, count);
        while (vb_cookies_next(&cookies, &cookie)) {
            assert_true(n < rows[i].count);
            assert_span_equal(cookie.name, rows[i].cookies[n][0]);
            assert_span_equal(cookie.value, rows[i].cookies[n][1]);
            n++;
        }
        if (n != rows[i].count)
            fail_msg("%s: %zu", rows[i].lines[0], n);
    }
}

/* 6265bis-4.2.2-01: a second cookie of the name is told, wherever it stands. */
static void cookie_is_found_by_its_exact_name_and_counted(void **state)
{
    static const struct vb_span lines[] = {VB_SPAN_INIT("sid=1; SID=2"),
                                           VB_SPAN_INIT("x=3; sid=4")};
    struct vb_span value = VB_SPAN("untouched");

    (void)state;
    assert_int_equal(vb_cookies_find(lines, 2, VB_SPAN("si"), &value), 0);
    assert_span_equal(value, "untouched");
    assert_int_equal(vb_cookies_find(lines, 2, VB_SPAN("sid"), &value), 2);
    assert_span_equal(value, "1");
    assert_int_equal(vb_cookies_find(lines, 2, VB_SPAN("SID"), &value), 1);
    assert_span_equal(value, "2");
    assert_int_equal(vb_cookies_find(NULL, 0, VB_SPAN("sid"), &value), 0);
}

/* 6265bis-4.1.1-04 */
static void set_cookie_has_every_attribute_once(void **state)
{
    static const struct {
        struct vb_set_cookie cookie;
        const char *text;
    } rows[] = {
        {{.name = VB_SPAN_INIT("a"), .value = VB_SPAN_INIT("")}, "a="},
        {{.name = VB_SPAN_INIT("a"), .value = VB_SPAN_INIT("\"b\"")},
         "a=\"b\""},
        {{.name = VB_SPAN_INIT("sid"),
          .value = VB_SPAN_INIT("31d4d96e407aad42"),
          .path = VB_SPAN_INIT("/a b"),
          .domain = VB_SPAN_INIT("www.Example-1.com"),
          .life = VB_COOKIE_MAX_AGE,
          .seconds = 3600,
          .same_site = VB_SAME_SITE_NONE,
          .secure = true,
          .http_only = true,
          .partitioned = true},
         "sid=31d4d96e407aad42; Domain=www.Example-1.com; Path=/a b; "
         "Max-Age=3600; SameSite=None; Secure; HttpOnly; Partitioned"},
        /* 6265bis-4.1.1-06 */
        {{.name = VB_SPAN_INIT("a"),
          .value = VB_SPAN_INIT("b"),
          .life = VB_COOKIE_EXPIRES,
          .seconds = 1812536294,
          .same_site = VB_SAME_SITE_LAX},
         "a=b; Expires=Wed, 09 Jun 2027 10:18:14 GMT; SameSite=Lax"},
        /* 6265bis-4.1.2.2-01, in the grammar, which has no Max-Age=0 */
        {{.name = VB_SPAN_INIT("a"),
          .path = VB_SPAN_INIT("/"),
          .life = VB_COOKIE_DELETE,
          .same_site = VB_SAME_SITE_STRICT},
         "a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Strict"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[256];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        assert_int_equal(vb_set_cookie_write(&buf, &rows[i].cookie), VB_OK);
        assert_span_equal(vb_buf_span(&buf), rows[i].text);
    }
}

static void assert_refused(const struct vb_set_cookie *cookie, size_t row)
{
    char memory[8192];
    struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

    if (vb_set_cookie_write(&buf, cookie) != VB_ERR_INVALID || buf.len != 0)
        fail_msg("row %zu: %.*s", row, (int)buf.len, memory);
}

/* 6265bis-4.1.1-01, 6265bis-4.1.1-02. */
static void set_cookie_outside_the_grammar_is_refused(void **state)
{
    static const struct vb_span names[] = {
        VB_SPAN_INIT(""),    VB_SPAN_INIT("a b"),      VB_SPAN_INIT("a="),
        VB_SPAN_INIT("a;"),  VB_SPAN_INIT("a,b"),      VB_SPAN_INIT("a\n"),
        VB_SPAN_INIT("a\0"), VB_SPAN_INIT("\xC3\xA9"),
    };
    static const struct vb_span values[] = {
        VB_SPAN_INIT("a b"),  VB_SPAN_INIT("a;b"),
        VB_SPAN_INIT("a,b"),  VB_SPAN_INIT("a\\b"),
        VB_SPAN_INIT("a\"b"), VB_SPAN_INIT("\""),
        VB_SPAN_INIT("\"a"),  VB_SPAN_INIT("a\r\n"),
        VB_SPAN_INIT("a\t"),  VB_SPAN_INIT("\xC3\xA9"),
        VB_SPAN_INIT("\0"),   VB_SPAN_INIT("\"a b\""),
    };
    static const struct vb_span paths[] = {
        VB_SPAN_INIT("a"),   VB_SPAN_INIT("/;Secure"),
        VB_SPAN_INIT("/\n"), VB_SPAN_INIT("/\xC3\xA9"),
        VB_SPAN_INIT("/a "), VB_SPAN_INIT("/\0"),
    };
    static const struct vb_span domains[] = {
        VB_SPAN_INIT(".a.example"),
        VB_SPAN_INIT("a.example."),
        VB_SPAN_INIT("a..b"),
        VB_SPAN_INIT("-a"),
        VB_SPAN_INIT("a-"),
        VB_SPAN_INIT("a_b"),
        VB_SPAN_INIT("a;b"),
        VB_SPAN_INIT("a b"),
        VB_SPAN_INIT("[::1]"),
        VB_SPAN_INIT("a:80"),
        VB_SPAN_INIT("a\0"),
        VB_SPAN_INIT("a1234567890123456789012345678901234567890123456789"
                     "123456789012345.example"),
    };
    const struct vb_set_cookie plain = {.name = VB_SPAN("a"),
                                        .value = VB_SPAN("b")};
    struct vb_set_cookie cookie;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(names); i++) {
        cookie = plain;
        cookie.name = names[i];
        assert_refused(&cookie, i);
    }
    for (size_t i = 0; i < VB_COUNT_OF(values); i++) {
        cookie = plain;
        cookie.value = values[i];
        assert_refused(&cookie, i);
    }
    for (size_t i = 0; i < VB_COUNT_OF(paths); i++) {
        cookie = plain;
        cookie.path = paths[i];
        assert_refused(&cookie, i);
    }
    for (size_t i = 0; i < VB_COUNT_OF(domains); i++) {
        cookie = plain;
        cookie.domain = domains[i];
        assert_refused(&cookie, i);
    }
    cookie = plain;
    cookie.life = VB_COOKIE_MAX_AGE;
    assert_refused(&cookie, 0);
    cookie.seconds = -1;
    assert_refused(&cookie, 1);
}

/* 6265bis-5.6-01: a user agent would drop it. */
static void set_cookie_over_the_limits_is_refused(void **state)
{
    char octets[4096], memory[8192];
    struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
    struct vb_set_cookie cookie = {.name = VB_SPAN("ab")};

    (void)state;
    memset(octets, 'x', sizeof(octets));
    cookie.value = vb_span_of(octets, 4094);
    assert_int_equal(vb_set_cookie_write(&buf, &cookie), VB_OK);
    cookie.value = vb_span_of(octets, 4095);
    assert_refused(&cookie, 0);
    octets[0] = '/';
    cookie.value = VB_SPAN("b");
    cookie.path = vb_span_of(octets, 1024);
    buf.len = 0;
    assert_int_equal(vb_set_cookie_write(&buf, &cookie), VB_OK);
    cookie.path = vb_span_of(octets, 1025);
    assert_refused(&cookie, 1);
}

/* 6265bis-4.1.3-01. */
static void prefix_of_the_name_is_a_promise(void **state)
{
    static const struct {
        const char *name, *path, *domain;
        bool secure, http_only, ok;
    } rows[] = {
        {"__Secure-a", "", "", true, false, true},
        {"__Secure-a", "", "d.example", true, false, true},
        {"__Secure-a", "", "", false, false, false},
        {"__secure-a", "", "", false, false, false},
        {"__Host-a", "/", "", true, false, true},
        {"__Host-a", "", "", true, false, false},
        {"__Host-a", "/a", "", true, false, false},
        {"__Host-a", "/", "d.example", true, false, false},
        {"__Host-a", "/", "", false, false, false},
        {"__HOST-a", "/", "d.example", true, false, false},
        {"__Http-a", "", "", true, true, true},
        {"__Http-a", "", "", true, false, false},
        {"__Http-a", "", "", false, true, false},
        {"__Host-Http-a", "/", "", true, true, true},
        {"__Host-Http-a", "/", "", true, false, false},
        {"__Host-Http-a", "/a", "", true, true, false},
        {"__Host-Http-a", "/", "d.example", true, true, false},
        {"__Hosta", "", "", false, false, true},
        {"_Host-a", "", "", false, false, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[256];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
        struct vb_set_cookie cookie = {.name = vb_span_str(rows[i].name),
                                       .path = vb_span_str(rows[i].path),
                                       .domain = vb_span_str(rows[i].domain),
                                       .secure = rows[i].secure,
                                       .http_only = rows[i].http_only};

        if (vb_set_cookie_write(&buf, &cookie) !=
            (rows[i].ok ? VB_OK : VB_ERR_INVALID))
            fail_msg("row %zu: %s", i, rows[i].name);
    }
}

static void none_and_partitioned_need_secure(void **state)
{
    struct vb_set_cookie none = {.name = VB_SPAN("a"),
                                 .same_site = VB_SAME_SITE_NONE};
    struct vb_set_cookie partitioned = {.name = VB_SPAN("a"),
                                        .partitioned = true};

    (void)state;
    assert_refused(&none, 0);
    assert_refused(&partitioned, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cookies_are_split_leniently_and_named_strictly),
        cmocka_unit_test(cookie_is_found_by_its_exact_name_and_counted),
        cmocka_unit_test(set_cookie_has_every_attribute_once),
        cmocka_unit_test(set_cookie_outside_the_grammar_is_refused),
        cmocka_unit_test(set_cookie_over_the_limits_is_refused),
        cmocka_unit_test(prefix_of_the_name_is_a_promise),
        cmocka_unit_test(none_and_partitioned_need_secure),
    };

    return cmocka_run_group_tests_name("cookie", tests, NULL, NULL);
}
