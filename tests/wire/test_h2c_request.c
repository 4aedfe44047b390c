/* What a client of HTTP/2 sends, many at once and as windows allow: RFC 9113
 * sections 3.4, 5.1, 5.2, 6.9 and 8. */
#include "h2_server.h"

#define STATUS(n) ":status", #n

static struct h2_server s;

static const uint32_t none[] = {0};
static const char *const ok[] = {STATUS(200), NULL};

static int begin(void **state)
{
    (void)state;
    h2_server_init(&s, none);
    return 0;
}

static int end(void **state)
{
    (void)state;
    h2_server_done(&s);
    return 0;
}

static struct asked *ask(const char *method, const char *tag)
{
    struct asked *asked = caller_ask(&s.c, method, "/");

    asked->tag = tag;
    return asked;
}

static struct asked *get(const char *tag)
{
    struct asked *asked = ask("GET", tag);

    assert_int_equal(caller_start(&s.c, asked), VB_OK);
    return asked;
}

static struct asked *post(size_t total, size_t piece, bool known)
{
    struct asked *asked = ask("POST", "");

    asked_content(asked, total, piece, known);
    assert_int_equal(caller_start(&s.c, asked), VB_OK);
    return asked;
}

static unsigned room(void)
{
    return s.c.client->ops->room(s.c.client);
}

/* --- Beginnings -------------------------------------------------------------
 */

/* 9113-3.4-01, 9113-3.4-02, 9113-6.5.3-01: preface, SETTINGS, and a call need
 * not wait for the server's. */
static void test_a_connection_begins_with_the_preface(void **state)
{
    (void)state;
    h2_server_restart(&s, NULL);
    get("");
    assert_told(&s, "PREFACE\nSETTINGS 2=0 4=262144 6=73728\n"
                    "WINDOW_UPDATE 0 983041\n"
                    "HEADERS 1 end :method=GET :scheme=https :path=/ "
                    ":authority=h\n");
    h2_serve_settings(&s, none);
    h2_serve(&s);
    assert_told(&s, "SETTINGS ack\n");
    assert_string_equal(s.c.client->protocol, "HTTP/2");
}

/* --- Requests ---------------------------------------------------------------
 */

struct request {
    const char *rule;
    const char *method;
    const char *target;
    int content; /* bytes; -1: none */
    bool known;
    const char *name;
    const char *value;
    const char *told;
};

static const struct request requests[] = {
    {"9113-8.3.1-05", "GET", "/a?b", -1, true, "X-A", "y",
     "HEADERS 1 end :method=GET :scheme=https :path=/a?b :authority=h x-a=y\n"},
    {"9112-3.2.2-01 has no place", "GET", "http://h/a?b", -1, true, "X", "y",
     "HEADERS 1 end :method=GET :scheme=https :path=/a?b :authority=h x=y\n"},
    {"9113-8.3.1-04", "GET", "http://h", -1, true, "X", "y",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h x=y\n"},
    {"9113-8.3.1-04", "OPTIONS", "*", -1, true, "X", "y",
     "HEADERS 1 end :method=OPTIONS :scheme=https :path=* :authority=h x=y\n"},
    {"9113-8.2.2-03", "GET", "/", -1, true, "Keep-Alive", "y",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h\n"},
    {"9113-8.2.2-03", "GET", "/", -1, true, "Upgrade", "y",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h\n"},
    {"9113-8.2.2-02", "GET", "/", -1, true, "TE", "gzip",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h\n"},
    {"9113-8.3.1-01", "GET", "/", -1, true, "Host", "evil",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h\n"},
    {"9113-8.2.1-01, 9113-10.3-01", "GET", "/", -1, true, "X", " a\r\nb ",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h x=a  b\n"},
    {"7541-7.1.3", "GET", "/", -1, true, "Proxy-Authorization", "Basic x",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h "
     "proxy-authorization=Basic x!\n"},
    {"9110-8.6-01", "POST", "/", -1, true, "X", "y",
     "HEADERS 1 end :method=POST :scheme=https :path=/ :authority=h x=y "
     "content-length=0\n"},
    {"9110-8.6-01", "POST", "/", 0, true, "X", "y",
     "HEADERS 1 end :method=POST :scheme=https :path=/ :authority=h x=y "
     "content-length=0\n"},
    {"the last byte is an end", "POST", "/", 5, true, "X", "y",
     "HEADERS 1 :method=POST :scheme=https :path=/ :authority=h x=y "
     "content-length=5\nDATA 1 3 abc\nDATA 1 2 end de\n"},
    {"no length", "POST", "/", 5, false, "X", "y",
     "HEADERS 1 :method=POST :scheme=https :path=/ :authority=h x=y\n"
     "DATA 1 3 abc\nDATA 1 2 de\nDATA 1 0 end\n"},
    {"no length, and no content", "POST", "/", 0, false, "X", "y",
     "HEADERS 1 :method=POST :scheme=https :path=/ :authority=h x=y\n"
     "DATA 1 0 end\n"},
    {"9113-8.5-01", "CONNECT", "h:1", -1, true, "X", "y",
     "HEADERS 1 :method=CONNECT :authority=h x=y\n"},
    {"9110-10.1.1-03", "GET", "/", -1, true, "Expect", "100-continue",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h\n"},
};

static void test_requests_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(requests); i++)
        for (size_t size = 0; size < 2; size++) {
            const struct request *row = &requests[i];
            const struct vb_field_out field = {vb_span_str(row->name),
                                               vb_span_str(row->value)};
            struct asked *asked;
            const char *told;

            h2_server_restart(&s, none);
            s.c.room = size;
            asked = caller_ask(&s.c, row->method, row->target);
            asked->call.fields = &field;
            asked->call.field_count = 1;
            if (row->content >= 0)
                asked_content(asked, (size_t)row->content, 3, row->known);
            assert_int_equal(caller_start(&s.c, asked), VB_OK);
            told = h2_server_told(&s);
            if (strcmp(told, row->told) != 0)
                fail_msg("%s: %s", row->rule, told);
        }
}

/* 9113-4.3-01: what does not fit a frame goes on in others. */
static void test_a_large_head_is_continued(void **state)
{
    static char value[40000];
    const struct vb_field_out field = {VB_SPAN("x"),
                                       vb_span_of(value, sizeof(value))};
    struct asked *asked = ask("GET", "");

    (void)state;
    memset(value, '~', sizeof(value));
    asked->call.fields = &field;
    asked->call.field_count = 1;
    asked->call.te_trailers = true;
    caller_start(&s.c, asked);
    assert_non_null(strstr(h2_server_told(&s), "~ te=trailers\n"));
}

/* 9110-6.5.1-01: trailers are the stream's end. */
static void test_trailers_follow_content(void **state)
{
    static const struct vb_head_limits limits = {.max_field = 100,
                                                 .max_fields = 10};
    struct asked *asked = ask("POST", "");
    struct vb_fields fields = {0};
    const char *why;

    (void)state;
    asked_content(asked, 2, 2, true);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("X-Sum"),
                  VB_SPAN("5"), &why);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("Content-Length"),
                  VB_SPAN("5"), &why);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("Authorization"),
                  VB_SPAN("5"), &why);
    asked->call.trailers = &fields;
    caller_start(&s.c, asked);
    assert_told(&s, "HEADERS 1 :method=POST :scheme=https :path=/ "
                    ":authority=h content-length=2\n"
                    "DATA 1 2 ab\nHEADERS 1 end x-sum=5\n");
    assert_true(asked->call.content_sent);
}

static void test_what_cannot_be_said_is_not_begun(void **state)
{
    static const char *const targets[] = {"/ x", "",    "/\r\n",
                                          "a",   "h:1", "http://h?x"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(targets); i++)
        assert_int_equal(
            caller_start(&s.c, caller_ask(&s.c, "GET", targets[i])),
            VB_ERR_INVALID);
    assert_told(&s, "");
    assert_int_equal(room(), 100);
}

/* --- Many at once -----------------------------------------------------------
 */

/* 9113-5.1.1-01, 9113-5.1.2-01 */
static void test_many_calls_at_once(void **state)
{
    static const uint32_t two[] = {3, 2, 0};

    (void)state;
    assert_int_equal(room(), 100);
    h2_server_restart(&s, two);
    assert_int_equal(room(), 2);
    get("a ");
    get("b ");
    assert_int_equal(room(), 0);
    h2_serve_head(&s, 3, ok, false);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 3, VB_SPAN("x"), false);
    h2_serve_data(&s, 1, VB_SPAN("y"), true);
    h2_serve_data(&s, 3, VB_SPAN("z"), true);
    h2_serve(&s);
    assert_log(&s.c, "b head 200 -\na head 200 -\nb content x\n"
                     "a content y\na end whole\nroom\n"
                     "b content z\nb end whole\nroom\n");
    assert_int_equal(room(), 2);
}

/* 9113-6.5.2-04: more may be taken later, and unknown settings say nothing. */
static void test_room_may_grow(void **state)
{
    static const uint32_t one[] = {3, 1, 0};
    static const uint32_t more[] = {3, 5, 0xff, 7, 0};

    (void)state;
    h2_server_restart(&s, one);
    get("");
    assert_int_equal(room(), 0);
    h2_serve_settings(&s, more);
    h2_serve(&s);
    assert_log(&s.c, "room\n");
    assert_int_equal(room(), 4);
}

/* 9113-5.2.1-01: content goes out as windows allow, in turns. */
static void test_content_keeps_to_the_windows(void **state)
{
    static const uint32_t small[] = {4, 5, 0};
    struct asked *asked;

    (void)state;
    h2_server_restart(&s, small);
    asked = post(12, 100, true);
    assert_told(&s, "HEADERS 1 :method=POST :scheme=https :path=/ "
                    ":authority=h content-length=12\nDATA 1 5 abcde\n");
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, 3);
    h2_serve(&s);
    assert_told(&s, "DATA 1 3 fgh\n");
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, 100);
    h2_serve(&s);
    assert_told(&s, "DATA 1 4 end ijkl\n");
    assert_true(asked->call.content_sent);
}

/* 9113-6.9.2-01: also where a window has become less than nothing. */
static void test_windows_follow_settings(void **state)
{
    static const uint32_t small[] = {4, 5, 0};
    static const uint32_t tiny[] = {4, 1, 0};
    static const uint32_t large[] = {4, 20, 0};

    (void)state;
    h2_server_restart(&s, small);
    post(12, 100, true);
    h2_server_told(&s);
    h2_serve_settings(&s, tiny);
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, 4);
    h2_serve(&s);
    assert_told(&s, "SETTINGS ack\n");
    h2_serve_settings(&s, large);
    h2_serve(&s);
    assert_told(&s, "SETTINGS ack\nDATA 1 7 end fghijkl\n");
}

static void test_the_connections_window_is_shared(void **state)
{
    static const uint32_t large[] = {4, 1000000, 0};
    struct asked *first;
    struct asked *second;

    (void)state;
    h2_server_restart(&s, large);
    first = post(60 * 1000, 1000, true);
    second = post(60 * 1000, 1000, true);
    assert_true(first->call.content_sent);
    assert_false(second->call.content_sent);
    assert_int_equal(s.c.out.len > 65535, true);
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 0, 100 * 1000);
    h2_serve(&s);
    assert_true(second->call.content_sent);
}

/* All get on, whoever was first; and no more is made than is worth keeping. */
static void test_content_goes_in_turns(void **state)
{
    static const uint32_t large[] = {4, 1000000, 0};
    struct asked *first;
    struct asked *second;

    (void)state;
    h2_server_restart(&s, large);
    s.c.stuck = true;
    first = ask("POST", "");
    asked_content(first, 300 * 1000, 1000, true);
    second = ask("POST", "");
    asked_content(second, 300 * 1000, 1000, true);
    caller_start(&s.c, first);
    caller_start(&s.c, second);
    s.c.stuck = false;
    s.c.room = 4000;
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 0, 100);
    h2_serve(&s);
    assert_true(first->source.at > 20000 && second->source.at > 20000);
    assert_true(first->source.at + second->source.at < 70000);
}

static void test_a_source_may_be_slow(void **state)
{
    struct asked *asked = ask("POST", "");

    (void)state;
    s.c.resumes = false;
    asked_content(asked, 4, 2, true);
    asked->source.slow = true;
    caller_start(&s.c, asked);
    assert_told(&s, "HEADERS 1 :method=POST :scheme=https :path=/ "
                    ":authority=h content-length=4\n");
    s.c.resumes = true;
    caller_pump(&s.c);
    assert_told(&s, "DATA 1 2 ab\nDATA 1 2 end cd\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_connection_begins_with_the_preface),
        TEST(test_requests_by_rows),
        TEST(test_a_large_head_is_continued),
        TEST(test_trailers_follow_content),
        TEST(test_what_cannot_be_said_is_not_begun),
        TEST(test_many_calls_at_once),
        TEST(test_room_may_grow),
        TEST(test_content_keeps_to_the_windows),
        TEST(test_windows_follow_settings),
        TEST(test_the_connections_window_is_shared),
        TEST(test_content_goes_in_turns),
        TEST(test_a_source_may_be_slow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
