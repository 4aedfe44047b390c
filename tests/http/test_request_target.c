/* The rules of src/http/request_target.h and origin.h: RFC 9112 section 3.2,
 * RFC 9110 sections 4.2 and 7.1, RFC 6454. */
#include "unit.h"

#include "http/origin.h"
#include "http/request_target.h"

/* 9112-3.2.1-01, 9112-3.2.2-05, 9112-3.2.3-02, 9112-3.2.4-03, 9110-7.1-01. */
static void target_has_one_of_four_forms(void **state)
{
    static const struct {
        enum vb_method method;
        const char *text;
        enum vb_target_form form;
        const char *scheme, *host;
        int port;
        const char *path, *query; /* query NULL: there is none */
        bool server_wide;
    } rows[] = {
        {VB_METHOD_GET, "/", VB_TARGET_ORIGIN, "", "", -1, "/", NULL, false},
        {VB_METHOD_GET, "/a/b?c=d?/", VB_TARGET_ORIGIN, "", "", -1, "/a/b",
         "c=d?/", false},
        {VB_METHOD_GET, "/?", VB_TARGET_ORIGIN, "", "", -1, "/", "", false},
        {VB_METHOD_GET, "//h/a", VB_TARGET_ORIGIN, "", "", -1, "//h/a", NULL,
         false},
        {VB_METHOD_GET, "/http://h/", VB_TARGET_ORIGIN, "", "", -1,
         "/http://h/", NULL, false},
        {VB_METHOD_UNKNOWN, "/a%2F", VB_TARGET_ORIGIN, "", "", -1, "/a%2F",
         NULL, false},
        {VB_METHOD_GET, "http://h:8080/a?b", VB_TARGET_ABSOLUTE, "http", "h",
         8080, "/a", "b", false},
        {VB_METHOD_GET, "HTTPS://[::1]", VB_TARGET_ABSOLUTE, "HTTPS", "[::1]",
         -1, "", NULL, false},
        {VB_METHOD_GET, "ftp://u@h/a", VB_TARGET_ABSOLUTE, "ftp", "h", -1, "/a",
         NULL, false},
        {VB_METHOD_OPTIONS, "*", VB_TARGET_ASTERISK, "", "", -1, "", NULL,
         true},
        {VB_METHOD_OPTIONS, "http://h:8001", VB_TARGET_ABSOLUTE, "http", "h",
         8001, "", NULL, true},
        {VB_METHOD_OPTIONS, "http://h/", VB_TARGET_ABSOLUTE, "http", "h", -1,
         "/", NULL, false},
        {VB_METHOD_OPTIONS, "http://h?q", VB_TARGET_ABSOLUTE, "http", "h", -1,
         "", "q", false},
        {VB_METHOD_OPTIONS, "/", VB_TARGET_ORIGIN, "", "", -1, "/", NULL,
         false},
        {VB_METHOD_CONNECT, "h:443", VB_TARGET_AUTHORITY, "", "h", 443, "",
         NULL, false},
        {VB_METHOD_CONNECT, "[2001:db8::1]:1", VB_TARGET_AUTHORITY, "",
         "[2001:db8::1]", 1, "", NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_target got;

        if (!vb_target_parse(rows[i].method, vb_span_str(rows[i].text), &got))
            fail_msg("%s does not parse", rows[i].text);
        assert_int_equal(got.form, rows[i].form);
        assert_span_equal(got.scheme, rows[i].scheme);
        assert_span_equal(got.authority.host, rows[i].host);
        assert_int_equal(got.authority.port, rows[i].port);
        assert_span_equal(got.path, rows[i].path);
        assert_int_equal(got.query.ptr != NULL, rows[i].query != NULL);
        if (rows[i].query != NULL)
            assert_span_equal(got.query, rows[i].query);
        assert_int_equal(got.server_wide, rows[i].server_wide);
    }
}

static void target_that_deserves_400_is_refused(void **state)
{
    static const struct {
        enum vb_method method;
        const char *text;
    } rows[] = {
        {VB_METHOD_GET, ""},
        {VB_METHOD_GET, "*"},     /* 9110-7.1-01, 9112-3.2.4-03 */
        {VB_METHOD_POST, "*"},    /* 9110-7.1-01 */
        {VB_METHOD_UNKNOWN, "*"}, /* 9110-7.1-01 */
        {VB_METHOD_OPTIONS, "**"},
        {VB_METHOD_OPTIONS, "*?a"},
        {VB_METHOD_GET, "h"},
        {VB_METHOD_GET, "1.2.3.4:80"}, /* 9110-7.1-01 */
        {VB_METHOD_GET, "example_a:80"},
        {VB_METHOD_GET, "//h"
                        "\x7F"},
        {VB_METHOD_GET, "host:80"}, /* 9110-7.1-01 */
        {VB_METHOD_GET, "example.com:80/"},
        {VB_METHOD_GET, "urn:a"},
        {VB_METHOD_GET, "file:/a"},
        {VB_METHOD_GET, "?a"},
        {VB_METHOD_GET, "a/b"},
        {VB_METHOD_GET, "/a#b"},        /* 9110-7.1-02 */
        {VB_METHOD_GET, "http://h/#b"}, /* 9110-7.1-02 */
        {VB_METHOD_GET, "http://h#"},
        {VB_METHOD_GET, "/a b"}, /* 9112-3.2-02 */
        {VB_METHOD_GET, "/a\tb"},
        {VB_METHOD_GET, "/\xC3\xA9"},
        {VB_METHOD_GET, "/\x01"},
        {VB_METHOD_GET, "/a\\b"},
        {VB_METHOD_GET, "/a\"b"},
        {VB_METHOD_GET, "/?a|b"},
        {VB_METHOD_GET, "/%zz"}, /* 3986-2.1-01 */
        {VB_METHOD_GET, "/%4"},  /* 3986-2.1-01 */
        {VB_METHOD_GET, "/?%"},
        {VB_METHOD_GET, "http:///x"},  /* 9110-4.2.1-02 */
        {VB_METHOD_GET, "https:///x"}, /* 9110-4.2.2-02 */
        {VB_METHOD_GET, "http://:80/x"},
        {VB_METHOD_GET, "http:/x"},
        {VB_METHOD_GET, "http:x"},
        {VB_METHOD_GET, "http://u:p@h/"}, /* 9110-4.2.4-02 */
        {VB_METHOD_GET, "https://@h/"},
        {VB_METHOD_GET, "http://a,b/"},
        {VB_METHOD_GET, "http://h:99999/"},
        {VB_METHOD_GET, "http://[::1/"},
        {VB_METHOD_CONNECT, "/"},         /* 9112-3.2.3-02 */
        {VB_METHOD_CONNECT, "http://h/"}, /* 9112-3.2.3-02 */
        {VB_METHOD_CONNECT, "http://h:80"},
        {VB_METHOD_CONNECT, "*"},
        {VB_METHOD_CONNECT, ""},
        {VB_METHOD_CONNECT, "h"},
        {VB_METHOD_CONNECT, "h:"},
        {VB_METHOD_CONNECT, "h:0"},
        {VB_METHOD_CONNECT, "h:65536"},
        {VB_METHOD_CONNECT, ":80"},
        {VB_METHOD_CONNECT, "u@h:80"},
        {VB_METHOD_CONNECT, "h:80/"},
        {VB_METHOD_CONNECT, "h:80?"},
        {VB_METHOD_CONNECT, "::1:80"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_target got = {.path = VB_SPAN_INIT("untouched")};

        if (vb_target_parse(rows[i].method, vb_span_str(rows[i].text), &got))
            fail_msg("%s parses", rows[i].text);
        assert_span_equal(got.path, "untouched");
    }
}

/* 9110-4.1-01, 9112-3-04. */
static void target_of_8000_octets_is_taken(void **state)
{
    char text[8000];
    struct vb_target got;

    (void)state;
    memset(text, 'a', sizeof(text));
    text[0] = '/';
    assert_true(
        vb_target_parse(VB_METHOD_GET, vb_span_of(text, sizeof(text)), &got));
    assert_int_equal(got.path.len, sizeof(text));
}

/* 6454-7.1-01, fetch-http-cors-protocol-05. */
static void origin_is_one_triple_or_null(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"https://a.example", true},
        {"http://a.example:8080", true},
        {"http://[::1]:8080", true},
        {"chrome-extension://abcdef", true},
        {"null", true},
        {"https://a.example/", false},
        {"https://a.example?x", false},
        {"https://a.example#x", false},
        {"https://u@a.example", false},
        {"https://a https://b", false},
        {"https://a,https://b", false},
        {"https://", false},
        {"https:", false},
        {"//a", false},
        {"a.example", false},
        {"*", false},
        {"NULL", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_origin got;

        if (vb_origin_parse(vb_span_str(rows[i].text), &got) != rows[i].ok)
            fail_msg("%s", rows[i].text);
    }
}

static void origins_are_the_same_as_triples(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"https://a", "HTTPS://A:443", true},
        {"https://a", "http://a", false},
        {"http://a", "http://a:81", false},
        {"http://a", "http://b", false},
        {"null", "null", false},
        {"null", "http://a", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_origin a, b;

        assert_true(vb_origin_parse(vb_span_str(rows[i].a), &a));
        assert_true(vb_origin_parse(vb_span_str(rows[i].b), &b));
        assert_int_equal(vb_origin_same(&a, &b), rows[i].same);
        assert_int_equal(vb_origin_same(&b, &a), rows[i].same);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(target_has_one_of_four_forms),
        cmocka_unit_test(target_that_deserves_400_is_refused),
        cmocka_unit_test(target_of_8000_octets_is_taken),
        cmocka_unit_test(origin_is_one_triple_or_null),
        cmocka_unit_test(origins_are_the_same_as_triples),
    };

    return cmocka_run_group_tests_name("request_target", tests, NULL, NULL);
}
