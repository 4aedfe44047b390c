/* A client's connection of HTTP/2: requests, many at once, windows, ends, times
 * and tunnels. RFC 9113, RFC 8441. */
#include "h2_server.h"

#include "base/clock.h"

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

static bool is_over(void)
{
    return (caller_state(&s.c) & VB_WIRE_CLOSE) != 0;
}

/* --- Beginnings -------------------------------------------------------------
 */

/* 9113-3.4-01, -02, 9113-6.5.3-01: preface, SETTINGS, and a call need not wait
 * for the server's. */
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
    {"7541-7.1.3", "GET", "/", -1, true, "Authorization", "Basic x",
     "HEADERS 1 end :method=GET :scheme=https :path=/ :authority=h "
     "authorization=Basic x!\n"},
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

/* --- Back-pressure ----------------------------------------------------------
 */

static char bulk[16384];

/* 9113-5.2.1-01 the other way round: a paused call's window stays closed, and
 * the others go on. */
static void test_a_paused_call_stops_its_stream_alone(void **state)
{
    struct asked *paused = ask("GET", "a ");

    (void)state;
    memset(bulk, 'x', sizeof(bulk));
    s.c.resumes = false;
    paused->pauses = true;
    caller_start(&s.c, paused);
    get("b ");
    h2_server_told(&s);
    h2_serve_head(&s, 1, ok, false);
    for (int i = 0; i < 16; i++)
        h2_serve_data(&s, 1, vb_span_of(bulk, sizeof(bulk)), false);
    h2_serve_head(&s, 3, ok, false);
    for (int i = 0; i < 64; i++)
        h2_serve_data(&s, 3, vb_span_of(bulk, sizeof(bulk)), i == 63);
    while (s.bytes.len > 0) {
        h2_serve(&s);
        assert_null(strstr(h2_server_told(&s), "WINDOW_UPDATE 1 "));
    }
    assert_log(&s.c, "a head 200 -\na content of 16384\nb head 200 -\n"
                     "b content of 1048576\nb end whole\nroom\n");
    paused->pauses = paused->is_paused = false;
    paused->call.carrier->resume(&paused->call);
    caller_pump(&s.c);
    assert_non_null(strstr(h2_server_told(&s), "WINDOW_UPDATE 1 262144\n"));
}

/* 9113-6.9-02, -6.9.1: what passes a window is not taken. */
static void test_who_passes_a_window_is_stopped(void **state)
{
    struct asked *paused = ask("GET", "");

    (void)state;
    s.c.resumes = false;
    paused->pauses = true;
    caller_start(&s.c, paused);
    h2_serve_head(&s, 1, ok, false);
    for (int i = 0; i < 17; i++)
        h2_serve_data(&s, 1, vb_span_of(bulk, sizeof(bulk)), false);
    h2_serve(&s);
    assert_non_null(strstr(caller_log(&s.c), "end malformed\n"));
    assert_non_null(strstr(h2_server_told(&s), "RST_STREAM 1 3\n"));
}

/* The end is no news before what is before it. */
static void test_a_paused_call_has_no_end_yet(void **state)
{
    struct asked *asked = ask("GET", "");

    (void)state;
    s.c.resumes = false;
    asked->pauses = true;
    caller_start(&s.c, asked);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("a"), false);
    h2_serve_data(&s, 1, VB_SPAN("b"), true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 0); /* 9113-8.1-02 */
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\ncontent a\n");
    s.c.resumes = true;
    caller_pump(&s.c);
    assert_log(&s.c, "head 200 -\ncontent a\ncontent b\nend whole\nroom\n");
}

/* --- Ends -------------------------------------------------------------------
 */

/* 9113-8.7-01, 9113-6.8-02 */
static void test_who_was_not_seen_is_told_so(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    get("c ");
    h2_server_told(&s);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 7);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\n");
    h2_serve_goaway(&s, 3, 0);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\nc end unseen\n");
    assert_int_equal(room(), 0);
    h2_serve_head(&s, 3, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "a end unseen\nroom\nc end unseen\n"
                     "b head 200 -\nb none\nb end whole\n");
    assert_told(&s, "GOAWAY 0 0\n");
    assert_true(is_over());
}

static void test_a_reset_cuts_a_reply(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 2);
    h2_serve_head(&s, 3, ok, false);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 3, 8);
    h2_serve(&s);
    assert_log(&s.c, "a end cut\nroom\nb head 200 -\nb end cut\nroom\n");
}

/* 9113-8.1-01, -02: an early reply is whole, whatever becomes of the request.
 */
static void test_an_early_reply_is_told(void **state)
{
    struct asked *asked = ask("POST", "");

    (void)state;
    s.c.resumes = false;
    asked_content(asked, 100, 10, true);
    asked->source.slow = true;
    caller_start(&s.c, asked);
    h2_server_told(&s);
    h2_serve_head(&s, 1, ok, true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 0);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nnone\nend whole\nroom\n");
    assert_told(&s, "RST_STREAM 1 8\n");
    assert_false(asked->call.content_sent);
    assert_false(is_over());
}

/* 9113-5.1-03: what was on its way when we reset the stream is passed over. */
static void test_a_call_may_be_cancelled(void **state)
{
    static const char *const indexed[] = {STATUS(200), "x", "y", NULL};
    struct asked *asked = get("a ");

    (void)state;
    get("b ");
    h2_server_told(&s);
    asked->ended = true;
    asked->call.carrier->cancel(&asked->call);
    caller_pump(&s.c);
    assert_told(&s, "RST_STREAM 1 8\n");
    h2_serve_head(&s, 1, indexed, false);
    h2_serve_data(&s, 1, VB_SPAN("late"), true);
    h2_serve_number(&s, NGHTTP2_RST_STREAM, 1, 8); /* 9113-5.4.2-01 */
    h2_serve_number(&s, NGHTTP2_WINDOW_UPDATE, 1, 8);
    h2_serve_head(&s, 3, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "b head 200 -\nb none\nb end whole\nroom\n");
    assert_told(&s, "");
    assert_false(is_over());
}

static void test_a_call_may_be_cancelled_from_within(void **state)
{
    (void)state;
    for (int how = 0; how < 3; how++) {
        struct asked *asked;

        h2_server_restart(&s, none);
        asked = ask("POST", "");
        asked_content(asked, 100, 10, true);
        asked->cancels_at_head = how == 0;
        asked->cancels_at_content = how == 1;
        asked->source.cancels = how == 2;
        caller_start(&s.c, asked);
        h2_serve_head(&s, 1, ok, false);
        h2_serve_data(&s, 1, VB_SPAN("hello"), true);
        h2_serve(&s);
        assert_true(asked->ended);
        assert_null(strstr(caller_log(&s.c), "end"));
        assert_non_null(strstr(h2_server_told(&s), "RST_STREAM 1 8\n"));
        assert_false(is_over());
    }
}

static void test_a_failing_source_resets_its_stream(void **state)
{
    struct asked *asked = ask("POST", "");

    (void)state;
    asked_content(asked, 8, 2, true);
    asked->source.fails_at = 4;
    caller_start(&s.c, asked);
    assert_log(&s.c, "end own cut\nroom\n");
    assert_non_null(
        strstr(h2_server_told(&s), "DATA 1 2 cd\nRST_STREAM 1 8\n"));
}

/* 9113-8.7-01, 9112-9.5-06 */
static void test_an_end_says_what_the_server_may_have_seen(void **state)
{
    (void)state;
    get("a ");
    get("b ");
    h2_serve_head(&s, 1, ok, false);
    h2_serve(&s);
    s.c.stuck = true;
    get("c ");
    caller_eof(&s.c);
    assert_log(&s.c, "a head 200 -\na end cut\nb end closed\nc end unseen\n");
    assert_true(is_over());
}

static void test_a_client_may_be_closed(void **state)
{
    (void)state;
    s.c.client->ops->close(s.c.client);
    caller_pump(&s.c);
    assert_told(&s, "GOAWAY 0 0\n");
    assert_true(is_over());
    h2_server_restart(&s, none);
    get("");
    s.c.client->ops->close(s.c.client);
    assert_int_equal(room(), 0);
    caller_pump(&s.c);
    assert_false(is_over());
    h2_serve_head(&s, 1, ok, true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nnone\nend whole\n");
    assert_true(is_over());
}

/* --- Time -------------------------------------------------------------------
 */

static void test_a_late_call_is_reset(void **state)
{
    (void)state;
    s.c.call_limits.head_timeout_ms = 1000;
    get("a ");
    h2_server_told(&s);
    caller_pass(&s.c, 999);
    get("b ");
    h2_server_told(&s);
    h2_serve_settings(&s, none);
    h2_serve(&s);
    caller_pass(&s.c, 1);
    assert_log(&s.c, "a end late\nroom\n");
    assert_told(&s, "SETTINGS ack\nRST_STREAM 1 8\n");
    assert_int_equal(room(), 99);
}

/* Where nothing came at all, the connection is taken for dead. */
static void test_a_silent_connection_takes_no_more(void **state)
{
    (void)state;
    s.c.call_limits.head_timeout_ms = 1000;
    caller_pass(&s.c, 10);
    get("");
    caller_pass(&s.c, 1000);
    assert_log(&s.c, "end late\n");
    assert_int_equal(room(), 0);
    assert_true(is_over());
}

static void test_content_must_get_on(void **state)
{
    (void)state;
    s.c.call_limits.idle_timeout_ms = 1000;
    get("");
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("a"), false);
    h2_serve(&s);
    caller_pass(&s.c, 999);
    assert_log(&s.c, "head 200 -\ncontent a\n");
    caller_pass(&s.c, 1);
    assert_log(&s.c, "head 200 -\ncontent a\nend late\nroom\n");
}

static void test_an_idle_client_closes_after_a_while(void **state)
{
    (void)state;
    s.c.client->idle_ms = 5000;
    get("");
    caller_pass(&s.c, 10000);
    h2_serve_head(&s, 1, ok, true);
    h2_serve(&s);
    caller_pass(&s.c, 4999);
    assert_int_equal(room(), 100);
    caller_pass(&s.c, 1);
    assert_true(is_over());
}

/* 9110-10.1.1-05 and its neighbours. */
static void test_content_waits_for_100(void **state)
{
    static const char *const go_on[] = {STATUS(100), NULL};

    (void)state;
    for (int how = 0; how < 3; how++) {
        struct asked *asked;

        h2_server_restart(&s, none);
        asked = ask("POST", "");
        asked_content(asked, 4, 4, true);
        asked->call.expects = true;
        caller_start(&s.c, asked);
        assert_int_equal(asked->source.at, 0);
        if (how == 0)
            h2_serve_head(&s, 1, go_on, false);
        else if (how == 1)
            h2_serve_head(&s, 1, ok, true);
        else
            caller_pass(&s.c, VB_CALL_EXPECT_MS);
        h2_serve(&s);
        assert_int_equal(asked->source.at, how == 1 ? 0 : 4);
    }
}

/* --- Tunnels ----------------------------------------------------------------
 */

/* 9113-8.5-03: END_STREAM is an end, either way. */
static void test_a_tunnel_ends_when_both_sides_have(void **state)
{
    struct asked *asked = ask("CONNECT", "");

    (void)state;
    asked_content(asked, 6, 4, false);
    caller_start(&s.c, asked);
    assert_told(&s, "HEADERS 1 :method=CONNECT :authority=h\n");
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("hello"), false);
    h2_serve(&s);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 2 ef\nDATA 1 0 end\n");
    h2_serve_data(&s, 1, VB_SPAN(""), true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\nend whole\n"
                     "room\n");
}

static void test_a_tunnel_goes_on_one_way(void **state)
{
    struct asked *asked = ask("CONNECT", "");

    (void)state;
    s.c.resumes = false;
    asked_content(asked, 4, 4, false);
    asked->source.slow = true;
    caller_start(&s.c, asked);
    h2_serve_head(&s, 1, ok, false);
    h2_serve_data(&s, 1, VB_SPAN("hello"), true);
    h2_serve(&s);
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\n");
    h2_server_told(&s);
    s.c.resumes = true;
    caller_pump(&s.c);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 0 end\n");
    assert_log(&s.c, "head 200 -\nswitched\ncontent hello\neof\nend whole\n"
                     "room\n");
}

/* RFC 8441: as the server's SETTINGS allow; a call waits for them. */
static void test_another_protocol_by_extended_connect(void **state)
{
    static const uint32_t allowed[] = {8, 1, 0};
    struct asked *asked;

    (void)state;
    h2_server_restart(&s, NULL);
    asked = ask("GET", "");
    asked->call.protocol = VB_SPAN("websocket");
    asked_content(asked, 4, 4, false);
    caller_start(&s.c, asked);
    assert_null(strstr(h2_server_told(&s), "HEADERS"));
    h2_serve_settings(&s, allowed);
    h2_serve(&s);
    assert_told(&s, "SETTINGS ack\nHEADERS 1 :method=CONNECT "
                    ":protocol=websocket :scheme=https :path=/ "
                    ":authority=h\n");
    h2_serve_head(&s, 1, ok, false);
    h2_serve(&s);
    assert_told(&s, "DATA 1 4 abcd\nDATA 1 0 end\n");
    assert_true(asked->call.switched);
}

static void test_extended_connect_may_not_be_allowed(void **state)
{
    struct asked *asked = ask("GET", "");

    (void)state;
    asked->call.protocol = VB_SPAN("websocket");
    assert_int_equal(caller_start(&s.c, asked), VB_ERR_UNSUPPORTED);
    h2_server_restart(&s, NULL);
    asked = ask("GET", "");
    asked->call.protocol = VB_SPAN("websocket");
    assert_int_equal(caller_start(&s.c, asked), VB_OK);
    h2_serve_settings(&s, none);
    h2_serve(&s);
    assert_log(&s.c, "end unseen\nroom\n");
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
        TEST(test_a_paused_call_stops_its_stream_alone),
        TEST(test_who_passes_a_window_is_stopped),
        TEST(test_a_paused_call_has_no_end_yet),
        TEST(test_who_was_not_seen_is_told_so),
        TEST(test_a_reset_cuts_a_reply),
        TEST(test_an_early_reply_is_told),
        TEST(test_a_call_may_be_cancelled),
        TEST(test_a_call_may_be_cancelled_from_within),
        TEST(test_a_failing_source_resets_its_stream),
        TEST(test_an_end_says_what_the_server_may_have_seen),
        TEST(test_a_client_may_be_closed),
        TEST(test_a_late_call_is_reset),
        TEST(test_a_silent_connection_takes_no_more),
        TEST(test_content_must_get_on),
        TEST(test_an_idle_client_closes_after_a_while),
        TEST(test_content_waits_for_100),
        TEST(test_a_tunnel_ends_when_both_sides_have),
        TEST(test_a_tunnel_goes_on_one_way),
        TEST(test_another_protocol_by_extended_connect),
        TEST(test_extended_connect_may_not_be_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
