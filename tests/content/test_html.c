/* The rules of src/content/html.h: pages that show, and do nothing else. */
#include "unit.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/base64.h"
#include "content/html.h"
#include "html_check.h"
#include "json_unit.h"

/* What stands between two marks, the first of each. */
static struct vb_span between(struct vb_span s, const char *from,
                              const char *to)
{
    const char *a = memmem(s.ptr, s.len, from, strlen(from));
    const char *b;

    assert_non_null(a);
    a += strlen(from);
    b = memmem(a, s.len - (size_t)(a - s.ptr), to, strlen(to));
    assert_non_null(b);
    return vb_span_of(a, (size_t)(b - a));
}

static bool contains(struct vb_span s, const char *what)
{
    return memmem(s.ptr, s.len, what, strlen(what)) != NULL;
}

static void html_text_is_never_markup(void **state)
{
    static const struct {
        struct vb_span bytes;
        const char *html;
    } rows[] = {
        {VB_SPAN_INIT(""), ""},
        {VB_SPAN_INIT("a b\xC3\xA9\n\t"), "a b\xC3\xA9\n\t"},
        {VB_SPAN_INIT("<script>alert('x\"&')</script>"),
         "&lt;script&gt;alert(&#39;x&quot;&amp;&#39;)&lt;/script&gt;"},
        {VB_SPAN_INIT("&lt;"), "&amp;lt;"},
        {VB_SPAN_INIT("a\0b\x1B\x7F\r"),
         "a\xEF\xBF\xBD"
         "b\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
        {VB_SPAN_INIT("\xC3<\xFF\xC0\xBC"),
         "\xEF\xBF\xBD&lt;\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
    };
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 1000);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        vb_buf_reset(&buf);
        vb_html_text(&buf, rows[i].bytes);
        assert_span_equal(vb_buf_span(&buf), rows[i].html);
    }
    vb_buf_done(&buf);
}

static void html_shows_values_by_their_kind(void **state)
{
    static const struct {
        const char *json, *html;
    } rows[] = {
        {"\"a<b\"", "<bdi class=\"s\">a&lt;b</bdi>"},
        {"1.50", "<span class=\"n\">1.50</span>"},
        {"null", "<span class=\"k\">null</span>"},
        {"false", "<span class=\"k\">false</span>"},
        {"{}", "<span class=\"m\">0 members</span>"},
        {"[]", "<span class=\"m\">0 elements</span>"},
        {"[1]", "<ol start=\"0\">\n<li><span class=\"n\">1</span></li>\n</ol>"},
        {"{\"<k>\":[{\"a\":null}]}",
         "<table>\n<tr><th scope=\"row\"><bdi>&lt;k&gt;</bdi></th><td>"
         "<details open><summary>1 element</summary><ol start=\"0\">\n<li>"
         "<details open><summary>1 member</summary><table>\n"
         "<tr><th scope=\"row\"><bdi>a</bdi></th><td>"
         "<span class=\"k\">null</span></td></tr>\n</table></details></li>\n"
         "</ol></details></td></tr>\n</table>"},
    };
    const struct vb_html_page page = {.path = VB_SPAN("/x")};
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *json = parse(rows[i].json);

        vb_buf_reset(&buf);
        vb_html_value(&buf, &page, json->root);
        assert_span_equal(between(vb_buf_span(&buf), "<div class=\"w\">\n",
                                  "\n</div>\n</main>"),
                          rows[i].html);
        assert_true(html_is_ours(vb_buf_span(&buf)));
        vb_json_free(json);
    }
    vb_buf_done(&buf);
}

static void html_links_only_where_it_is_safe(void **state)
{
    static const struct {
        const char *json, *href, *rel;
    } rows[] = {
        {"\"/books/7?a=1&b=2#c\"", "/books/7?a=1&amp;b=2#c", NULL},
        {"\"/\"", "/", NULL},
        {"\"http://example.com/a'b\"", "http://example.com/a&#39;b",
         "external noreferrer"},
        {"\"https://[::1]:8443/\"", "https://[::1]:8443/",
         "external noreferrer"},
        {"\"javascript:alert(1)\"", NULL, NULL},
        {"\"JavaScript:alert(1)\"", NULL, NULL},
        {"\"java\\nscript:alert(1)\"", NULL, NULL},
        {"\"data:text/html,x\"", NULL, NULL},
        {"\"vbscript:x\"", NULL, NULL},
        {"\"//evil.example/x\"", NULL, NULL},
        {"\"/\\\\evil.example\"", NULL, NULL},
        {"\"\\\\\\\\evil.example\"", NULL, NULL},
        {"\"/a b\"", NULL, NULL},
        {"\"/a\\u0000b\"", NULL, NULL},
        {"\"/%zz\"", NULL, NULL},
        {"\"/\\\"onclick=x\"", NULL, NULL},
        {"\"http:\"", NULL, NULL},
        {"\"http:///x\"", NULL, NULL},
        {"\"https://user:pw@example.com/\"", NULL, NULL},
        {"\"http://example.com/\xC3\xA9\"", NULL, NULL},
        {"\"book\"", NULL, NULL},
        {"\"?q\"", NULL, NULL},
        {"\"httpx\"", NULL, NULL},
    };
    const struct vb_html_page page = {.title = VB_SPAN("t")};
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_json *json = parse(rows[i].json);
        struct vb_span html;

        vb_buf_reset(&buf);
        vb_html_value(&buf, &page, json->root);
        html = vb_buf_span(&buf);
        if (contains(html, "<a ") != (rows[i].href != NULL))
            fail_msg("row %zu", i);
        if (rows[i].href != NULL) {
            assert_span_equal(between(html, "<a href=\"", "\""), rows[i].href);
            assert_int_equal(contains(html, "rel=\"external noreferrer\""),
                             rows[i].rel != NULL);
        }
        assert_true(html_is_ours(html));
        vb_json_free(json);
    }
    vb_buf_done(&buf);
}

static void html_trail_leads_up_the_path(void **state)
{
    static const struct {
        const char *path, *trail, *title;
    } rows[] = {
        {"/", "<li><a href=\"/\"><bdi>root</bdi></a></li>", "/"},
        {"/books/a%20%3Cb%3E",
         "<li><a href=\"/\"><bdi>root</bdi></a></li>"
         "<li><a href=\"/books\"><bdi>books</bdi></a></li>"
         "<li><a href=\"/books/a%20%3Cb%3E\"><bdi>a &lt;b&gt;</bdi></a></li>",
         "a &lt;b&gt;"},
        {"/books/",
         "<li><a href=\"/\"><bdi>root</bdi></a></li>"
         "<li><a href=\"/books\"><bdi>books</bdi></a></li>",
         "books"},
        {"/%FF%", /* cannot be decoded: shown as it came */
         "<li><a href=\"/\"><bdi>root</bdi></a></li>"
         "<li><a href=\"/%FF%\"><bdi>%FF%</bdi></a></li>",
         "%FF%"},
        /* never a link to another server */
        {"//evil.example/x",
         "<li><a href=\"/\"><bdi>root</bdi></a></li>"
         "<li><a href=\"/\"><bdi></bdi></a></li>"
         "<li><a href=\"/.//evil.example\"><bdi>evil.example</bdi></a></li>"
         "<li><a href=\"/.//evil.example/x\"><bdi>x</bdi></a></li>",
         "x"},
        {"/\"><script>",
         "<li><a href=\"/\"><bdi>root</bdi></a></li>"
         "<li><a href=\"/&quot;&gt;&lt;script&gt;\"><bdi>&quot;&gt;&lt;"
         "script&gt;</bdi></a></li>",
         "&quot;&gt;&lt;script&gt;"},
    };
    struct vb_json *json = parse("1");
    struct vb_html_page page = {.title = {NULL, 0}};
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        page.path = vb_span_str(rows[i].path);
        vb_buf_reset(&buf);
        vb_html_value(&buf, &page, json->root);
        assert_span_equal(between(vb_buf_span(&buf), "<ol>", "</ol>"),
                          rows[i].trail);
        assert_span_equal(between(vb_buf_span(&buf), "<h1><bdi>", "</bdi>"),
                          rows[i].title);
        assert_span_equal(between(vb_buf_span(&buf), "<title>", "</title>"),
                          rows[i].title);
        assert_true(html_is_ours(vb_buf_span(&buf)));
    }
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void html_links_to_the_other_representations_and_pages(void **state)
{
    const struct vb_html_page page = {
        .path = VB_SPAN("/books"),
        .json = VB_SPAN("/books?format=json"),
        .next = VB_SPAN("?cursor=a&limit=2"),
        .prev = VB_SPAN("javascript:alert(1)"),
    };
    struct vb_json *json = parse("1");
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    vb_html_value(&buf, &page, json->root);
    assert_span_equal(between(vb_buf_span(&buf), "<footer>\n", "</footer>"),
                      "<nav aria-label=\"Page\"><p>Previous "
                      "<a href=\"?cursor=a&amp;limit=2\">Next</a> "
                      "<a href=\"/books?format=json\">JSON</a></p></nav>\n");
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void html_collection_is_a_table_of_its_members(void **state)
{
    struct vb_json *json = parse("[{\"title\":\"A\",\"n\":1,\"in\":{\"x\":1}},"
                                 "{\"n\":2,\"<b>\":\"/a\"},\"scalar\"]");
    struct vb_html_member members[3] = {
        {VB_SPAN("/books/1"), yyjson_arr_get(json->root, 0)},
        {VB_SPAN("/books/a%2Fb"), yyjson_arr_get(json->root, 1)},
        {VB_SPAN("javascript:x"), yyjson_arr_get(json->root, 2)},
    };
    const struct vb_html_page page = {.path = VB_SPAN("/books")};
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    vb_html_collection(&buf, &page, members, 3);
    assert_span_equal(
        between(vb_buf_span(&buf), "<table>\n", "</table>"),
        "<caption>3 members</caption>\n"
        "<thead><tr><th scope=\"col\">URI</th>"
        "<th scope=\"col\"><bdi>title</bdi></th>"
        "<th scope=\"col\"><bdi>n</bdi></th>"
        "<th scope=\"col\"><bdi>in</bdi></th>"
        "<th scope=\"col\"><bdi>&lt;b&gt;</bdi></th></tr></thead>\n<tbody>\n"
        "<tr><th scope=\"row\"><bdi><a href=\"/books/1\">1</a></bdi></th>"
        "<td><bdi class=\"s\">A</bdi></td><td><span class=\"n\">1</span></td>"
        "<td><span class=\"m\">1 member</span></td><td></td></tr>\n"
        "<tr><th scope=\"row\"><bdi><a href=\"/books/a%2Fb\">a%2Fb</a></bdi>"
        "</th><td></td><td><span class=\"n\">2</span></td><td></td>"
        "<td><bdi class=\"s\"><a href=\"/a\">/a</a></bdi></td></tr>\n"
        "<tr><th scope=\"row\"><bdi>javascript:x</bdi></th>"
        "<td><bdi class=\"s\">scalar</bdi></td></tr>\n</tbody>\n");
    assert_true(html_is_ours(vb_buf_span(&buf)));

    vb_buf_reset(&buf);
    vb_html_collection(&buf, &page, NULL, 0);
    assert_true(contains(vb_buf_span(&buf), "no members"));
    assert_true(html_is_ours(vb_buf_span(&buf)));
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void html_start_leads_to_what_there_is(void **state)
{
    const struct vb_html_entry entries[] = {
        {VB_SPAN("/books"), true, VB_SPAN("collection"), VB_SPAN("GET, POST"),
         VB_SPAN("<all>")},
        {VB_SPAN("/go"), false, VB_SPAN("controller"), VB_SPAN("POST"),
         VB_SPAN("")},
        {VB_SPAN("javascript:x"), true, VB_SPAN(""), VB_SPAN(""), VB_SPAN("")},
    };
    const struct vb_html_page page = {.title = VB_SPAN("A <b>"),
                                      .path = VB_SPAN("/")};
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    vb_html_start(&buf, &page, VB_SPAN("of <i>"), entries, 3);
    assert_span_equal(
        between(vb_buf_span(&buf), "<tbody>\n", "</tbody>"),
        "<tr><th scope=\"row\"><bdi><a href=\"/books\">/books</a></bdi></th>"
        "<td><bdi>collection</bdi></td><td><bdi>GET, POST</bdi></td>"
        "<td><bdi>&lt;all&gt;</bdi></td></tr>\n"
        "<tr><th scope=\"row\"><bdi>/go</bdi></th>"
        "<td><bdi>controller</bdi></td><td><bdi>POST</bdi></td>"
        "<td><bdi></bdi></td></tr>\n"
        "<tr><th scope=\"row\"><bdi>javascript:x</bdi></th>"
        "<td><bdi></bdi></td><td><bdi></bdi></td><td><bdi></bdi></td></tr>\n");
    assert_true(contains(vb_buf_span(&buf), "<h1><bdi>A &lt;b&gt;</bdi></h1>"));
    assert_true(contains(vb_buf_span(&buf), "<p><bdi>of &lt;i&gt;</bdi></p>"));
    assert_true(html_is_ours(vb_buf_span(&buf)));

    vb_buf_reset(&buf);
    vb_html_start(&buf, &page, VB_SPAN(""), NULL, 0);
    assert_true(contains(vb_buf_span(&buf), "no path without variables"));
    assert_true(html_is_ours(vb_buf_span(&buf)));
    vb_buf_done(&buf);
}

/* A document as large and as awkward as `body` repeated makes it. */
static struct vb_json *repeat(const char *body, unsigned count)
{
    struct vb_json *json = NULL;
    struct vb_buf buf;

    vb_buf_init(&buf, (size_t)16 << 20);
    for (unsigned i = 0; i < count; i++) {
        vb_buf_char(&buf, i == 0 ? '[' : ',');
        vb_buf_str(&buf, body);
    }
    vb_buf_char(&buf, ']');
    assert_int_equal(vb_json_parse(vb_buf_span(&buf), NULL, &json, NULL),
                     VB_OK);
    vb_buf_done(&buf);
    return json;
}

static void html_of_a_large_document_is_cut_and_says_so(void **state)
{
    static char quotes[8000];
    const struct vb_html_page page = {.path = VB_SPAN("/x")};
    struct vb_html_member *members;
    struct vb_json *json;
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    /* many values, deep within each other */
    json = repeat("{\"a\":[[[[0,0,0,0,0,0,0,0,0,0]]]]}", 100000);
    vb_html_value(&buf, &page, json->root);
    assert_int_equal(buf.err, VB_OK);
    assert_true(html_is_ours(vb_buf_span(&buf)));
    assert_true(contains(vb_buf_span(&buf), "more</p>\n</div>"));
    vb_json_free(json);

    /* long strings of what is longest when it is escaped */
    memset(quotes, '\'', sizeof(quotes) - 1);
    quotes[0] = '"';
    quotes[sizeof(quotes) - 2] = '"';
    json = repeat(quotes, 1000);
    vb_buf_reset(&buf);
    vb_html_value(&buf, &page, json->root);
    assert_int_equal(buf.err, VB_OK);
    assert_true(html_is_ours(vb_buf_span(&buf)));
    assert_true(contains(vb_buf_span(&buf), "\xE2\x80\xA6 (7997 bytes)"));

    members = calloc(100000, sizeof(*members));
    for (size_t i = 0; i < 100000; i++)
        members[i] = (struct vb_html_member){VB_SPAN("/books/a"),
                                             yyjson_arr_get_first(json->root)};
    vb_buf_reset(&buf);
    vb_html_collection(&buf, &page, members, 100000);
    assert_int_equal(buf.err, VB_OK);
    assert_true(html_is_ours(vb_buf_span(&buf)));
    assert_true(contains(vb_buf_span(&buf), "and 99000 more"));
    free(members);
    vb_json_free(json);
    vb_buf_done(&buf);
}

static void html_style_is_the_one_its_policy_names(void **state)
{
    const struct vb_html_page page = {.title = VB_SPAN("t")};
    unsigned char digest[crypto_hash_sha256_BYTES];
    struct vb_json *json = parse("1");
    struct vb_buf buf, hash;
    struct vb_span style;

    (void)state;
    vb_buf_init(&buf, VB_HTML_MOST);
    vb_buf_init(&hash, 100);
    vb_html_value(&buf, &page, json->root);
    style = between(vb_buf_span(&buf), "<style>", "</style>");
    crypto_hash_sha256(digest, (const unsigned char *)style.ptr, style.len);
    vb_buf_str(&hash, "style-src 'sha256-");
    vb_base64_encode(&hash, vb_span_of((const char *)digest, sizeof(digest)),
                     VB_BASE64_STRICT);
    vb_buf_append(&hash, vb_span_of("'", 2));
    if (strstr(VB_HTML_POLICY, hash.ptr) == NULL)
        fail_msg("the policy has to say %s", hash.ptr);
    assert_non_null(strstr(VB_HTML_POLICY, "default-src 'none'"));
    vb_buf_done(&hash);
    vb_buf_done(&buf);
    vb_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_text_is_never_markup),
        cmocka_unit_test(html_shows_values_by_their_kind),
        cmocka_unit_test(html_links_only_where_it_is_safe),
        cmocka_unit_test(html_trail_leads_up_the_path),
        cmocka_unit_test(html_links_to_the_other_representations_and_pages),
        cmocka_unit_test(html_collection_is_a_table_of_its_members),
        cmocka_unit_test(html_start_leads_to_what_there_is),
        cmocka_unit_test(html_of_a_large_document_is_cut_and_says_so),
        cmocka_unit_test(html_style_is_the_one_its_policy_names),
    };

    return cmocka_run_group_tests_name("html", tests, NULL, NULL);
}
