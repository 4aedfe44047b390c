/* An exchange as a line: both formats, and those who try to forge one. */
#include "unit.h"

#include <yyjson.h>

#include "observe/access_inner.h"
#include "request.h"

#define CLF  VB_ACCESS_COMBINED
#define JSON VB_ACCESS_JSON

static struct vb_redaction rules;
static struct vb_redact_keys keys;
static struct vb__access_second second;
static char text[VB__ACCESS_LINE_MAX + 64];

/* The line of an exchange, without its newline; checks that it is one line of
 * printable ASCII, and JSON if it says so. */
static struct vb_span line_of(enum vb_access_format format,
                              const struct vb_exchange *x)
{
    size_t len;

    memset(text, '#', sizeof(text));
    len = vb__access_line(format, &rules, keys, &second, x, text);
    assert_in_range(len, 2, VB__ACCESS_LINE_MAX);
    assert_int_equal(text[len - 1], '\n');
    assert_int_equal(text[len], '#');
    for (size_t i = 0; i + 1 < len; i++)
        assert_in_range(text[i], 0x20, 0x7e);
    if (format == JSON) {
        yyjson_doc *doc = yyjson_read(text, len - 1, 0);

        assert_true(yyjson_is_obj(yyjson_doc_get_root(doc)));
        yyjson_doc_free(doc);
    }
    return vb_span_of(text, len - 1);
}

static void set_rules(const char *rule)
{
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    assert_int_equal(vb_redaction_parse(vb_span_str(rule), &rules, &why),
                     VB_OK);
    vb_buf_done(&why);
    memset(&second, 0, sizeof(second));
}

static void check(enum vb_access_format format, const struct request *request,
                  const char *want)
{
    struct vb_exchange *x = request_make(request);

    memset(&second, 0, sizeof(second));
    assert_span_equal(line_of(format, x), want);
    request_release(x);
}

#define TIME "[03/Feb/2001:04:05:06 +0000] "

static void combined_is_apaches(void **state)
{
    static const struct {
        struct request request;
        const char *want;
    } rows[] = {
        {{"GET", "/books?limit=2&title=Emma", "http://a/?q=1", "curl/8", NULL,
          NULL, 200, 1234},
         "192.0.2.7 - - " TIME "\"GET /books?limit=2&title=*** HTTP/1.1\" 200 "
         "1234 \"http://a/?q=***\" \"curl/8\""},
        {{"PUT", "/x", NULL, NULL, NULL, NULL, 204, 0},
         "192.0.2.7 - - " TIME "\"PUT /x HTTP/1.1\" 204 0 \"-\" \"-\""},
        {{"OPTIONS", "*", "", "", NULL, NULL, 204, 0},
         "192.0.2.7 - - " TIME "\"OPTIONS * HTTP/1.1\" 204 0 \"-\" \"-\""},
        /* The head was no head at all. */
        {{NULL, NULL, NULL, NULL, NULL, NULL, 400, 99},
         "192.0.2.7 - - " TIME "\"-\" 400 99 \"-\" \"-\""},
        /* The client went before there was an answer. */
        {{"GET", "/slow", NULL, NULL, NULL, NULL, 0, 0},
         "192.0.2.7 - - " TIME "\"GET /slow HTTP/1.1\" - 0 \"-\" \"-\""},
    };

    (void)state;
    set_rules("all-but:limit");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(CLF, &rows[i].request, rows[i].want);
}

#define JSON_BEGIN "{\"time\":\"2001-02-03T04:05:06.777Z\","

static void json_has_what_there_is(void **state)
{
    static const struct {
        struct request request;
        const char *want;
    } rows[] = {
        {{"GET", "/books?limit=2&title=Emma", "http://a/?q=1", "curl/8", NULL,
          NULL, 200, 1234},
         JSON_BEGIN
         "\"client\":\"192.0.2.7\",\"method\":\"GET\","
         "\"target\":\"/books?limit=2&title=***\",\"host\":\"example.org\","
         "\"protocol\":\"HTTP/1.1\",\"status\":200,\"bytes\":1234,"
         "\"duration_ms\":12,\"referer\":\"http://a/?q=***\","
         "\"user_agent\":\"curl/8\"}"},
        {{NULL, NULL, NULL, NULL, NULL, NULL, 400, 99},
         JSON_BEGIN "\"client\":\"192.0.2.7\",\"status\":400,\"bytes\":99,"
                    "\"duration_ms\":12}"},
    };

    (void)state;
    set_rules("all-but:limit");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        check(JSON, &rows[i].request, rows[i].want);
}

static void an_exchange_that_was_abandoned_says_so(void **state)
{
    static const struct request request = {.method = "GET", .target = "/"};
    struct vb_exchange *x = request_make(&request);

    (void)state;
    set_rules("all");
    x->abandoned = true;
    x->peer = NULL; /* there was no memory to keep it */
    assert_span_equal(line_of(JSON, x), JSON_BEGIN
                      "\"method\":\"GET\",\"target\":\"/\","
                      "\"host\":\"example.org\",\"protocol\":\"HTTP/1.1\","
                      "\"bytes\":0,\"duration_ms\":12,\"aborted\":true}");
    request_release(x);
}

static void what_came_is_counted_as_well(void **state)
{
    static const struct request request = {.method = "CONNECT",
                                           .target = "example.org:443",
                                           .status = 200,
                                           .sent = 5000};
    struct vb_exchange *x = request_make(&request);

    (void)state;
    set_rules("all");
    x->received = 1005;
    assert_span_equal(line_of(JSON, x), JSON_BEGIN
                      "\"client\":\"192.0.2.7\",\"method\":\"CONNECT\","
                      "\"target\":\"example.org:443\","
                      "\"host\":\"example.org:443\",\"protocol\":\"HTTP/1.1\","
                      "\"status\":200,\"bytes\":5000,\"received\":1005,"
                      "\"duration_ms\":12}");
    request_release(x);
}

static void the_client_is_an_address_or_nothing(void **state)
{
    static const struct {
        const char *ip6, *want;
    } rows[] = {
        {"::ffff:127.0.0.1", "127.0.0.1 - - "},
        {"::1", "::1 - - "},
        {"2001:db8::7", "2001:db8::7 - - "},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff - - "},
        {"", "- - - "},
    };
    static const struct request request = {.method = "GET", .target = "/"};

    (void)state;
    set_rules("all");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_exchange *x;

        request_from(rows[i].ip6);
        x = request_make(&request);
        assert_true(vb_span_starts(line_of(CLF, x), vb_span_str(rows[i].want)));
        request_release(x);
    }
    request_from("::ffff:192.0.2.7");
}

static void old_protocols_are_told(void **state)
{
    static const struct request request = {.method = "GET", .target = "/"};
    struct vb_exchange *x = request_make(&request);

    (void)state;
    set_rules("all");
    x->head.interim_ok = false;
    assert_span_equal(line_of(CLF, x), "192.0.2.7 - - " TIME
                                       "\"GET / HTTP/1.0\" - 0 \"-\" \"-\"");
    request_release(x);
}

/* The time is when the head had come; a second is written out once. */
static void the_time_is_when_it_began(void **state)
{
    static const struct {
        int64_t unix_ms, duration_ms;
        const char *clf, *json;
    } rows[] = {
        {981173106789, 12, "[03/Feb/2001:04:05:06 +0000]",
         "{\"time\":\"2001-02-03T04:05:06.777Z\""},
        {981173106789, 0, "[03/Feb/2001:04:05:06 +0000]",
         "{\"time\":\"2001-02-03T04:05:06.789Z\""},
        {981173106789, 790, "[03/Feb/2001:04:05:05 +0000]",
         "{\"time\":\"2001-02-03T04:05:05.999Z\""},
        {981173106005, 0, "[03/Feb/2001:04:05:06 +0000]",
         "{\"time\":\"2001-02-03T04:05:06.005Z\""},
        {1709164800000, 0, "[29/Feb/2024:00:00:00 +0000]",
         "{\"time\":\"2024-02-29T00:00:00.000Z\""},
        {1735689599999, 0, "[31/Dec/2024:23:59:59 +0000]",
         "{\"time\":\"2024-12-31T23:59:59.999Z\""},
    };
    static const struct request request = {.method = "GET", .target = "/"};
    struct vb__access_second json_second = {0};

    (void)state;
    set_rules("all");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_exchange *x;
        struct vb_span line;

        request_at(rows[i].unix_ms, rows[i].duration_ms);
        x = request_make(&request);
        line = line_of(CLF, x);
        line = vb_span_from(line, strlen("192.0.2.7 - - "));
        assert_true(vb_span_starts(line, vb_span_str(rows[i].clf)));
        vb__access_line(JSON, &rules, keys, &json_second, x, text);
        assert_memory_equal(text, rows[i].json, strlen(rows[i].json));
        request_release(x);
    }
}

/* --- Who tries to forge a line ----------------------------------------------
 */

static void nothing_breaks_out_of_its_quotes(void **state)
{
    static const struct {
        const char *sent, *combined, *json;
    } rows[] = {
        {"a\"b", "a\\x22b", "a\\\\x22b"},
        {"a\\", "a\\x5C", "a\\\\x5C"},
        {"\\\"", "\\x5C\\x22", "\\\\x5C\\\\x22"},
        {"a\tb", "a\\x09b", "a\\\\x09b"},
        {"\xc3\xa9", "\\xC3\\xA9", "\\\\xC3\\\\xA9"},
        {"\xe2\x80\xa8", "\\xE2\\x80\\xA8", "\\\\xE2\\\\x80\\\\xA8"},
        {"\xff", "\\xFF", "\\\\xFF"},
        {"' <script>", "' <script>", "' <script>"},
    };

    (void)state;
    set_rules("all");
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct request request = {
            .method = "GET", .target = "/", .agent = rows[i].sent};
        struct vb_exchange *x = request_make(&request);
        char want[128];

        (void)snprintf(want, sizeof(want), " \"-\" \"%s\"", rows[i].combined);
        assert_true(vb_span_ends(line_of(CLF, x), vb_span_str(want)));
        (void)snprintf(want, sizeof(want), "\"user_agent\":\"%s\"}",
                       rows[i].json);
        memset(&second, 0, sizeof(second));
        assert_true(vb_span_ends(line_of(JSON, x), vb_span_str(want)));
        memset(&second, 0, sizeof(second));
        request_release(x);
    }
}

/* The head builder refuses such bytes, but what it refused is logged too. */
static void what_was_refused_is_harmless(void **state)
{
    static const char evil[] =
        "/\n127.0.0.1 - - [x] \"GET /admin HTTP/1.1\" 200 1\r\x1b[2J\x7f";
    static const struct request request = {.method = "GET", .target = "/"};
    struct vb_exchange *x = request_make(&request);

    (void)state;
    set_rules("all");
    x->head.target = vb_span_str(evil);
    x->head.method_text = VB_SPAN("G\nET");
    x->head.authority = VB_SPAN("a\"b\nc");
    assert_span_equal(line_of(CLF, x),
                      "192.0.2.7 - - " TIME
                      "\"G\\x0AET /\\x0A127.0.0.1 - - [x] \\x22GET /admin "
                      "HTTP/1.1\\x22 200 1\\x0D\\x1B[2J\\x7F HTTP/1.1\" - 0 "
                      "\"-\" \"-\"");
    memset(&second, 0, sizeof(second));
    line_of(JSON, x);
    request_release(x);
}

/* 9110-11.6.2, 6265: credentials and cookies are no part of any line. */
static void credentials_are_never_logged(void **state)
{
    static const char *const names[] = {"Authorization", "Cookie",
                                        "Proxy-Authorization", "X-Api-Key",
                                        "Set-Cookie"};

    (void)state;
    set_rules("none");
    for (size_t i = 0; i < VB_COUNT_OF(names); i++) {
        struct request request = {.method = "GET",
                                  .target = "/",
                                  .more_name = names[i],
                                  .more_value = "hunter2"};
        struct vb_exchange *x = request_make(&request);

        for (int format = CLF; format <= JSON; format++) {
            struct vb_span line;

            memset(&second, 0, sizeof(second));
            line = line_of((enum vb_access_format)format, x);
            assert_null(memmem(line.ptr, line.len, "hunter2", 7));
        }
        request_release(x);
    }
}

/* --- Lengths ----------------------------------------------------------------
 */

static void fill(char *to, size_t size, const char *prefix, char c)
{
    memset(to, c, size - 1);
    memcpy(to, prefix, strlen(prefix));
    to[size - 1] = '\0';
}

/* Everything as long as it gets, in bytes that take the most room. */
static void the_longest_line_fits(void **state)
{
    static char target[8000], referer[8000], agent[8000], method[300];
    struct request request = {"GET", "/",  NULL, NULL,
                              NULL,  NULL, 599,  UINT64_MAX};

    (void)state;
    set_rules("none");
    fill(target, sizeof(target), "/", '\xff');
    fill(referer, sizeof(referer), "http://", '\xff');
    fill(agent, sizeof(agent), "", '\xff');
    fill(method, sizeof(method), "", 'M');
    request_from("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    request.referer = referer;
    request.agent = agent;
    for (int format = CLF; format <= JSON; format++) {
        struct vb_exchange *x = request_make(&request);
        struct vb_span line;

        x->head.method_text = vb_span_str(method);
        x->head.target = vb_span_str(target);
        x->head.authority = vb_span_str(agent);
        x->begun_ms = INT64_MIN / 2;
        x->abandoned = true;
        memset(&second, 0, sizeof(second));
        line = line_of((enum vb_access_format)format, x);
        assert_true(line.len > 3000);
        assert_non_null(memmem(line.ptr, line.len, "MMM...", 6));
        request_release(x);
    }
    request_from("::ffff:192.0.2.7");
}

/* Of a URI that is cut, no secret is shown by the cut. */
static void a_cut_is_marked_and_final(void **state)
{
    static char target[4000];
    static const struct request request = {.method = "GET", .target = "/"};
    struct vb_exchange *x = request_make(&request);
    struct vb_span line;

    (void)state;
    set_rules("all");
    fill(target, sizeof(target), "/", 'p');
    memcpy(target + 3000, "?token=hunter2", 14);
    x->head.target = vb_span_str(target);
    line = line_of(CLF, x);
    assert_non_null(memmem(line.ptr, line.len, "pp... HTTP/1.1\"", 15));
    assert_null(memmem(line.ptr, line.len, "token", 5));
    request_release(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combined_is_apaches),
        cmocka_unit_test(json_has_what_there_is),
        cmocka_unit_test(an_exchange_that_was_abandoned_says_so),
        cmocka_unit_test(what_came_is_counted_as_well),
        cmocka_unit_test(the_client_is_an_address_or_nothing),
        cmocka_unit_test(old_protocols_are_told),
        cmocka_unit_test(the_time_is_when_it_began),
        cmocka_unit_test(nothing_breaks_out_of_its_quotes),
        cmocka_unit_test(what_was_refused_is_harmless),
        cmocka_unit_test(credentials_are_never_logged),
        cmocka_unit_test(the_longest_line_fits),
        cmocka_unit_test(a_cut_is_marked_and_final),
    };

    return cmocka_run_group_tests_name("observe access_line", tests, NULL,
                                       NULL);
}
