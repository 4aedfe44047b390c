/* The rules of src/http/uri.h and authority.h: RFC 3986, RFC 9110 section 4.
 */
#include "unit.h"

#include "http/uri.h"

#define NONE "\x01" /* stands for an undefined component in the tables */

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

static void assert_component(const char *uri, struct vb_span got,
                             const char *want)
{
    if (strcmp(want, NONE) == 0
            ? got.ptr != NULL
            : got.ptr == NULL || !vb_span_eq(got, vb_span_str(want)))
        fail_msg("%s: \"%.*s\" is not \"%s\"", uri, VB_FMT(got), want);
}

static struct vb_uri parsed(const char *text)
{
    struct vb_uri uri;

    if (!vb_uri_parse(vb_span_str(text), &uri))
        fail_msg("%s does not parse", text);
    return uri;
}

/* RFC 3986 section 1.1.2 and more. */
static void uri_is_cut_into_its_components(void **state)
{
    static const struct {
        const char *text, *scheme, *authority, *path, *query, *fragment;
    } rows[] = {
        {"ftp://ftp.is.co.za/rfc/rfc1808.txt", "ftp", "ftp.is.co.za",
         "/rfc/rfc1808.txt", NONE, NONE},
        {"ldap://[2001:db8::7]/c=GB?objectClass?one", "ldap", "[2001:db8::7]",
         "/c=GB", "objectClass?one", NONE},
        {"mailto:John.Doe@example.com", "mailto", NONE, "John.Doe@example.com",
         NONE, NONE},
        {"tel:+1-816-555-1212", "tel", NONE, "+1-816-555-1212", NONE, NONE},
        {"urn:oasis:names:docbook", "urn", NONE, "oasis:names:docbook", NONE,
         NONE},
        {"http://h", "http", "h", "", NONE, NONE},
        {"http://h?#", "http", "h", "", "", ""},
        {"http://h/a?b/c?d#e/f?g", "http", "h", "/a", "b/c?d", "e/f?g"},
        {"file:///etc", "file", "", "/etc", NONE, NONE},
        {"//h:80/x", NONE, "h:80", "/x", NONE, NONE},
        {"/a//b", NONE, NONE, "/a//b", NONE, NONE},
        {"a/b:c", NONE, NONE, "a/b:c", NONE, NONE},
        {"./a:b", NONE, NONE, "./a:b", NONE, NONE},
        {"?q", NONE, NONE, "", "q", NONE},
        {"#f", NONE, NONE, "", NONE, "f"},
        {"", NONE, NONE, "", NONE, NONE},
        {"a+b-c.1:x", "a+b-c.1", NONE, "x", NONE, NONE},
        {"http://u:p@h:/", "http", "u:p@h:", "/", NONE, NONE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_uri uri = parsed(rows[i].text);

        assert_component(rows[i].text, uri.scheme, rows[i].scheme);
        assert_component(rows[i].text, uri.authority, rows[i].authority);
        assert_component(rows[i].text, uri.path, rows[i].path);
        assert_component(rows[i].text, uri.query, rows[i].query);
        assert_component(rows[i].text, uri.fragment, rows[i].fragment);
    }
}

/* 3986-2.1-01 and the grammar as a whole. */
static void uri_outside_the_grammar_is_refused(void **state)
{
    static const char *const rows[] = {
        "http://h/a b", "http://h/\t",    "/a\x7F",
        "/\xC3\xA9",    "/a\"b",          "/a<b>",
        "/a\\b",        "/a^b",           "/a`b",
        "/a{b}",        "/a|b",           "/a[b]",
        "/?a[b]=1",     "#a#b",           "/%",
        "/%4",          "/%zz",           "/?%g0",
        "/#%0",         "1a:b",           ":a",
        "a_b:c",        "http://h:x/",    "http://h:99999/",
        "http://[::1",  "http://[x]/",    "http://a@b@c/",
        "http://h[/",   "http://[::1]x/", "http://[fe80::1%25eth0]/",
        "//h\\x/",
    };
    struct vb_uri uri = {.path = VB_SPAN_INIT("untouched")};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        if (vb_uri_parse(vb_span_str(rows[i]), &uri))
            fail_msg("%s parses", rows[i]);
        assert_span_equal(uri.path, "untouched");
    }
    assert_false(vb_uri_parse(VB_SPAN("/a\0b"), &uri));
}

/* 3986-3.2.2-01, 3986-3.2.3-01, 9112-3.2-06. */
static void host_is_a_name_or_an_address_with_a_port_up_to_65535(void **state)
{
    static const struct {
        const char *text;
        const char *host; /* NULL: refused */
        enum vb_host_kind kind;
        int port;
    } rows[] = {
        {"example.com", "example.com", VB_HOST_NAME, VB_PORT_NONE},
        {"EXAMPLE.com:80", "EXAMPLE.com", VB_HOST_NAME, 80},
        {"h:", "h", VB_HOST_NAME, VB_PORT_NONE},
        {"h:0", "h", VB_HOST_NAME, 0},
        {"h:65535", "h", VB_HOST_NAME, 65535},
        {"h:000080", "h", VB_HOST_NAME, 80},
        {"h:65536", NULL, 0, 0},
        {"h:99999999999999999999", NULL, 0, 0},
        {"h:-1", NULL, 0, 0},
        {"h:+80", NULL, 0, 0},
        {"h: 80", NULL, 0, 0},
        {"h:x", NULL, 0, 0},
        {"h:80:80", NULL, 0, 0},
        {"a%20b", "a%20b", VB_HOST_NAME, VB_PORT_NONE},
        {"a%2", NULL, 0, 0},
        {"a b", NULL, 0, 0},
        {"a,b", NULL, 0, 0},
        {"a/", NULL, 0, 0},
        {"h/", NULL, 0, 0},
        {"user@h", NULL, 0, 0},
        {"@h", NULL, 0, 0},
        {"h#", NULL, 0, 0},
        {"h?", NULL, 0, 0},
        {"http://h", NULL, 0, 0},
        {"h\xC3\xA9", NULL, 0, 0},
        {"1.2.3.4:5", "1.2.3.4", VB_HOST_IPV4, 5},
        {"255.255.255.255", "255.255.255.255", VB_HOST_IPV4, VB_PORT_NONE},
        {"256.1.1.1", "256.1.1.1", VB_HOST_NAME, VB_PORT_NONE},
        {"01.2.3.4", "01.2.3.4", VB_HOST_NAME, VB_PORT_NONE},
        {"[::1]:80", "[::1]", VB_HOST_IPV6, 80},
        {"[::]", "[::]", VB_HOST_IPV6, VB_PORT_NONE},
        {"[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", VB_HOST_IPV6, VB_PORT_NONE},
        {"[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", VB_HOST_IPV6,
         VB_PORT_NONE},
        {"[1:2:3:4:5:6:7::]", "[1:2:3:4:5:6:7::]", VB_HOST_IPV6, VB_PORT_NONE},
        {"[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", VB_HOST_IPV6, VB_PORT_NONE},
        {"[1:2:3:4:5:6:7:8:9]", NULL, 0, 0},
        {"[1::2::3]", NULL, 0, 0},
        {"[12345::]", NULL, 0, 0},
        {"[:1]", NULL, 0, 0},
        {"[fe80::1%25lo]", NULL, 0, 0},
        {"[fe80::1%lo]", NULL, 0, 0},
        {"[1.2.3.4]", NULL, 0, 0},
        {"[v1.x:y]", "[v1.x:y]", VB_HOST_IPVFUTURE, VB_PORT_NONE},
        {"[V1f.a]:1", "[V1f.a]", VB_HOST_IPVFUTURE, 1},
        {"[v.x]", NULL, 0, 0},
        {"[v1.]", NULL, 0, 0},
        {"[vg.x]", NULL, 0, 0},
        {"[v1.%20]", NULL, 0, 0},
        {"[x]", NULL, 0, 0},
        {"[]", NULL, 0, 0},
        {"[::1", NULL, 0, 0},
        {"::1", NULL, 0, 0},
        {"[::1]80", NULL, 0, 0},
        {"[::1]]", NULL, 0, 0},
        {"", "", VB_HOST_EMPTY, VB_PORT_NONE},
        {":", NULL, 0, 0},
        {":80", NULL, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_authority got = {.port = -7};
        bool ok = vb_authority_parse_host(vb_span_str(rows[i].text), &got);

        assert_int_equal(vb_authority_valid_host(vb_span_str(rows[i].text)),
                         ok);

        if (ok != (rows[i].host != NULL))
            fail_msg("%s: %d", rows[i].text, ok);
        if (!ok) {
            assert_int_equal(got.port, -7);
            continue;
        }
        assert_span_equal(got.host, rows[i].host);
        assert_int_equal(got.kind, rows[i].kind);
        assert_int_equal(got.port, rows[i].port);
        assert_null(got.userinfo.ptr);
    }
    assert_false(vb_authority_parse_host(VB_SPAN("h\0"),
                                         &(struct vb_authority){.port = 0}));
    assert_false(vb_authority_parse_host(VB_SPAN("1.2.3.4\0"),
                                         &(struct vb_authority){.port = 0}));
}

/* 9110-4.2.3-01, 9110-4.3.1-01. */
static void hosts_compare_by_what_they_name(void **state)
{
    static const struct {
        const char *a, *b, *scheme;
        bool same;
    } rows[] = {
        {"EXAMPLE.com:80", "example.com", "http", true},
        {"h:0080", "h", "http", true},
        {"h:", "h", "http", true},
        {"h:443", "h", "https", true},
        {"h:443", "h", "http", false},
        {"h:80", "h", "gopher", false},
        {"h", "h", "gopher", true},
        {"%7Eh", "~h", "http", true},
        {"%48%2c", "h%2C", "http", true},
        {"h%2C", "h%2D", "http", false},
        {"h", "hh", "http", false},
        {"h", "g", "http", false},
        {"[::1]", "[0:0::0:1]", "http", true},
        {"[::1]", "[::2]", "http", false},
        {"[::A]", "[::a]:80", "http", true},
        {"1.2.3.4", "1.2.3.4", "http", true},
        {"1.2.3.4", "1.2.3.5", "http", false},
        {"1.2.3.4", "[::ffff:1.2.3.4]", "http", false},
        {"[v1.A]", "[v1.a]", "http", true},
        {"", "", "http", true},
        {"", "h", "http", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span scheme = vb_span_str(rows[i].scheme);
        struct vb_authority a, b;

        assert_true(vb_authority_parse_host(vb_span_str(rows[i].a), &a));
        assert_true(vb_authority_parse_host(vb_span_str(rows[i].b), &b));
        if (vb_authority_same(&a, &b, scheme) != rows[i].same ||
            vb_authority_same(&b, &a, scheme) != rows[i].same)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
}

/* 9110-4.2.1-02, 9110-4.2.2-02, 9110-4.2.4-02. */
static void http_uri_needs_a_host_and_has_no_userinfo(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"http://h", true},
        {"HTTPS://h:1/x?y#z", true},
        {"http:///x", false},
        {"https:///x", false},
        {"http://:80/", false},
        {"http:/x", false},
        {"http:x", false},
        {"http://u:p@h/", false},
        {"http://@h/", false},
        {"http://a,b/", false},
        {"ftp://h/", false},
        {"//h/", false},
        {"/x", false},
        {"http://[::1]/", true},
        {"https://1.2.3.4", true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_uri uri = parsed(rows[i].text);

        if (vb_uri_is_http(&uri) != rows[i].ok)
            fail_msg("%s", rows[i].text);
    }
}

static void same_origin_compares_scheme_host_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        bool same;
    } rows[] = {
        {"http://h/a", "HTTP://H:80/b?c", true},
        {"https://h", "https://h:443", true},
        {"http://h", "https://h", false},
        {"http://h", "http://h:8080", false},
        {"http://h", "http://g", false},
        {"/a", "/a", false},
        {"file:///a", "file:///a", false},
        {"urn:a", "urn:a", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_uri a = parsed(rows[i].a), b = parsed(rows[i].b);

        if (vb_uri_same_origin(&a, &b) != rows[i].same)
            fail_msg("%s and %s", rows[i].a, rows[i].b);
    }
}

static void assert_resolves(const char *base, const char *reference,
                            const char *want)
{
    struct vb_uri from = parsed(base), to = parsed(reference);
    struct vb_span got;

    assert_int_equal(vb_uri_resolve(&arena, &from, &to, &got), VB_OK);
    if (!vb_span_eq(got, vb_span_str(want)))
        fail_msg("%s from %s: \"%.*s\" is not \"%s\"", reference, base,
                 VB_FMT(got), want);
}

/* RFC 3986 sections 5.4.1 and 5.4.2, all of them. */
static void references_resolve_as_rfc3986_5_4_lists(void **state)
{
    static const char *const rows[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "http:g"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_resolves("http://a/b/c/d;p?q", rows[i][0], rows[i][1]);
}

static void references_resolve_against_odd_bases(void **state)
{
    static const char *const rows[][3] = {
        {"http://a", "g", "http://a/g"},
        {"http://a", "?q", "http://a?q"},
        {"http://a?x", "", "http://a?x"},
        {"http://a#f", "", "http://a"},
        {"http://a/b#f", "c#g", "http://a/c#g"},
        {"mailto:a", "b", "mailto:b"},
        {"urn:a/b", "../c", "urn:/c"},
        {"x:/a", ".//b", "x:/.//b"}, /* never read as an authority */
        {"x:/a/b", "..//c", "x:/.//c"},
        {"http://h/a/b", "..//c", "http://h//c"},
        {"http://h/a", "//g/..", "http://g/"},
        {"http://h/a", "y:../b", "y:b"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_resolves(rows[i][0], rows[i][1], rows[i][2]);
}

static void resolving_needs_an_absolute_base(void **state)
{
    struct vb_uri base = parsed("/a"), reference = parsed("b");
    struct vb_span got = VB_SPAN("untouched");

    (void)state;
    assert_int_equal(vb_uri_resolve(&arena, &base, &reference, &got),
                     VB_ERR_INVALID);
    assert_span_equal(got, "untouched");
}

/* 9110-10.2.2-01: a relative Location leads back to its target. */
static void relative_reference_is_short_and_resolves_back(void **state)
{
    static const char *const rows[][3] = {
        {"http://h/books", "http://h/books/7", "books/7"},
        {"http://h/books/", "http://h/books/7", "7"},
        {"http://h/books/6", "http://h/books/7", "7"},
        {"http://h/a/b/c/d", "http://h/a/b/x", "../x"},
        {"http://h/a/b/c/d", "http://h/x", "/x"},
        {"http://h/a/b/c/d", "http://h/a/b/", "../"},
        {"http://h/a/b", "http://h/a/b", "b"},
        {"http://h/a/", "http://h/a/", "./"},
        {"http://h/a/b?q", "http://h/a/b", "b"},
        {"http://h/a/b", "http://h/a/b?q", "b?q"},
        {"http://h/a/b", "http://h/a/b#f", "b#f"},
        {"http://h/long/name/b", "http://h/long/name/c:d", "./c:d"},
        {"http://h/long/name/b", "http://h/long/name//d", ".//d"},
        {"http://h/a/b", "http://h//d", "..//d"},
        {"http://h/a", "http://h//d", ".//d"},
        {"http://h/", "http://h/", "/"},
        {"http://h/a", "http://g/a", "//g/a"},
        {"http://h/a", "https://h/a", "https://h/a"},
        {"http://h/%7Ea/x", "http://h/%7Ea/y", "y"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_uri base = parsed(rows[i][0]), target = parsed(rows[i][1]);
        struct vb_span got;

        assert_int_equal(vb_uri_relate(&arena, &base, &target, &got), VB_OK);
        if (!vb_span_eq(got, vb_span_str(rows[i][2])))
            fail_msg("%s from %s: \"%.*s\" is not \"%s\"", rows[i][1],
                     rows[i][0], VB_FMT(got), rows[i][2]);
        assert_resolves(rows[i][0], rows[i][2], rows[i][1]);
    }
}

/* 9110-4.2.3-01, 3986-6.2.2.1-01, 3986-6.2.2.2-01. */
static void uri_has_one_normal_form(void **state)
{
    static const struct {
        const char *text, *normal; /* normal NULL: refused */
        enum vb_err err;
    } rows[] = {
        {"http://example.com:80/~smith/home.html",
         "http://example.com/~smith/home.html", VB_OK},
        {"http://EXAMPLE.com/%7Esmith/home.html",
         "http://example.com/~smith/home.html", VB_OK},
        {"http://EXAMPLE.com:/%7esmith/home.html",
         "http://example.com/~smith/home.html", VB_OK},
        {"HTTP://h", "http://h/", VB_OK},
        {"http://h?a", "http://h/?a", VB_OK},
        {"http://h/?", "http://h/?", VB_OK},
        {"http://h/?%41%2f#f", "http://h/?A%2F", VB_OK},
        {"https://h:0443/", "https://h/", VB_OK},
        {"https://h:080/", "https://h:80/", VB_OK},
        {"http://h:0/", "http://h:0/", VB_OK},
        {"http://a.b-c_~:8080/", "http://a.b-c_~:8080/", VB_OK},
        {"http://h:65535/", "http://h:65535/", VB_OK},
        {"http://h:8080@g/", "http://h:8080@g/", VB_OK},
        {"http://[::A]:80/", "http://[::a]/", VB_OK},
        {"http://H%2C%41/", "http://h%2Ca/", VB_OK},
        {"http://U%2dx@h/", "http://U-x@h/", VB_OK},
        {"http://h/a/%2e%2e/b", "http://h/b", VB_OK},
        {"x:/.//a", "x:/.//a", VB_OK},
        {"file:///a/./b", "file:///a/b", VB_OK},
        {"mailto:a", NULL, VB_ERR_INVALID},
        {"x:", NULL, VB_ERR_INVALID},
        {"/a", NULL, VB_ERR_INVALID},
        {"http://h/%00", NULL, VB_ERR_SYNTAX},
        {"http://h/?%00", NULL, VB_ERR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_uri uri = parsed(rows[i].text);
        struct vb_span got = VB_SPAN("untouched");

        assert_int_equal(vb_uri_normalise(&arena, &uri, &got), rows[i].err);
        assert_span_equal(got, rows[i].normal == NULL ? "untouched"
                                                      : rows[i].normal);
    }
}

static void exhausted_arena_is_told(void **state)
{
    struct vb_uri base = parsed("http://h/a/../b"), reference = parsed("c");
    struct vb_arena tiny;
    struct vb_span got;

    (void)state;
    vb_arena_init(&tiny, 16, 16);
    assert_int_equal(vb_uri_resolve(&tiny, &base, &reference, &got),
                     VB_ERR_NOMEM);
    assert_int_equal(vb_uri_normalise(&tiny, &base, &got), VB_ERR_NOMEM);
    assert_int_equal(vb_uri_relate(&tiny, &base, &base, &got), VB_ERR_NOMEM);
    vb_arena_done(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_is_cut_into_its_components),
        cmocka_unit_test(uri_outside_the_grammar_is_refused),
        cmocka_unit_test(host_is_a_name_or_an_address_with_a_port_up_to_65535),
        cmocka_unit_test(hosts_compare_by_what_they_name),
        cmocka_unit_test(http_uri_needs_a_host_and_has_no_userinfo),
        cmocka_unit_test(same_origin_compares_scheme_host_and_port),
        cmocka_unit_test(references_resolve_as_rfc3986_5_4_lists),
        cmocka_unit_test(references_resolve_against_odd_bases),
        cmocka_unit_test(resolving_needs_an_absolute_base),
        cmocka_unit_test(relative_reference_is_short_and_resolves_back),
        cmocka_unit_test(uri_has_one_normal_form),
        cmocka_unit_test(exhausted_arena_is_told),
    };

    return cmocka_run_group_tests_name("uri", tests, set_up, tear_down);
}
