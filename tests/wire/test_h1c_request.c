/* Requests of a client of HTTP/1.1, as the server receives them: RFC 9112
 * sections 3 and 6, RFC 9110 sections 7 to 10. */
#include "caller.h"

#include <stdio.h>

#define OK "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

struct row {
    const char *rule; /* ids of the ledger */
    const char *method;
    const char *target;
    int content;  /* bytes; -1: there is none */
    bool unknown; /* its length is not said */
    const char *field;
    const char *value; /* of that field, or NULL */
    const char *out;
};

static const struct row rows[] = {
    {"9110-7.2-02, 9112-3.2-03, 9110-8.6-02", "GET", "/a?b", -1, false, "X",
     "y", "GET /a?b HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9110-8.6-01", "POST", "/", -1, false, "X", "y",
     "POST / HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 0\r\n\r\n"},
    {"9110-8.6-01", "PUT", "/", 0, false, "X", "y",
     "PUT / HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 0\r\n\r\n"},
    {"9110-8.6-02", "DELETE", "/", -1, false, "X", "y",
     "DELETE / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9110-8.6-02 a method nobody knows", "FOO", "/", -1, false, "X", "y",
     "FOO / HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9112-6.3-15, 9112-6.3-16", "POST", "/", 5, false, "X", "y",
     "POST / HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 5\r\n\r\nabcde"},
    {"9112-6.3-16 a GET with content", "GET", "/", 3, false, "X", "y",
     "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 3\r\n\r\nabc"},
    {"9112-6.2-01, 9112-7.1-01", "POST", "/", 5, true, "X", "y",
     "POST / HTTP/1.1\r\nHost: h\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
     "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"},
    {"9112-6.3-16 no length and no content", "POST", "/", 0, true, "X", "y",
     "POST / HTTP/1.1\r\nHost: h\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n"
     "0\r\n\r\n"},
    {"9112-3.2.2-01, 9112-3.2.2-06", "GET", "http://h/", -1, false, "X", "y",
     "GET http://h/ HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9112-3.2.3-01, 9110-9.3.6-01, 9110-9.3.6-09", "CONNECT", "h:443", 5,
     false, "X", "y", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9112-3.2.4-01", "OPTIONS", "*", -1, false, "X", "y",
     "OPTIONS * HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n"},
    {"9112-11.1-01", "GET", "/", -1, false, "X", "a\r\nHost: b\r\n\r\nGET /",
     "GET / HTTP/1.1\r\nHost: h\r\nX: a  Host: b    GET /\r\n\r\n"},
    {"9112-11.1-01 a name", "GET", "/", -1, false, "X: y\r\nZ", "a",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9110-7.2-01", "GET", "/", -1, false, "Host", "evil",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9112-6.2-01 of a caller", "GET", "/", -1, false, "Content-Length", "5",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9112-6.2-01 of a caller", "POST", "/", 1, false, "transfer-encoding",
     "chunked", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\na"},
    {"9110-7.6.1-03", "GET", "/", -1, false, "Connection", "close",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9112-A.3.2.2-01", "GET", "/", -1, false, "Proxy-Connection", "close",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9110-7.6.1-03", "GET", "/", -1, false, "Keep-Alive", "timeout=5",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9110-7.6.1-03", "GET", "/", -1, false, "TE", "gzip",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9110-7.6.1-03", "GET", "/", -1, false, "Upgrade", "x",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
    {"9110-10.1.1-03", "GET", "/", -1, false, "Expect", "100-continue",
     "GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
};

static struct asked *ask(struct caller *c, const struct row *row,
                         struct vb_field_out *field)
{
    struct asked *asked = caller_ask(c, row->method, row->target);

    *field =
        (struct vb_field_out){vb_span_str(row->field), vb_span_str(row->value)};
    asked->call.fields = field;
    asked->call.field_count = 1;
    if (row->content >= 0)
        asked_content(asked, (size_t)row->content, 3, !row->unknown);
    return asked;
}

static void test_requests_by_rows(void **state)
{
    struct caller c;
    struct vb_field_out field;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        for (size_t room = 0; room < 3; room++) {
            caller_restart(&c);
            c.room = room;
            caller_start(&c, ask(&c, &rows[i], &field));
            if (!vb_span_eq(vb_buf_span(&c.out), vb_span_str(rows[i].out)))
                fail_msg("%s: %.*s", rows[i].rule, VB_FMT(vb_buf_span(&c.out)));
        }
    caller_done(&c);
}

/* One system call for a small request, whatever it is made of. */
static void test_head_and_small_content_leave_together(void **state)
{
    struct caller c;
    struct asked *asked;
    struct vb_file_part file;
    struct iovec iov[8];

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 10, 4, false);
    c.stuck = true;
    caller_start(&c, asked);
    assert_int_equal(c.wakes, 1);
    assert_int_equal(c.wire->ops->drain(c.wire, iov, 8, &file), 1);
    assert_int_equal(vb_span_find(vb_span_of(iov[0].iov_base, iov[0].iov_len),
                                  '0', iov[0].iov_len - 5),
                     iov[0].iov_len - 5); /* the last chunk */
    assert_true(asked->call.content_sent);
    caller_done(&c);
}

/* What is large is sent from where it lies, and nothing is pulled meanwhile;
 * the source is not asked for more than is worth keeping. */
static void test_content_is_pulled_as_it_drains(void **state)
{
    struct caller c;
    struct asked *asked;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (int large = 0; large < 2; large++)
        for (int known = 0; known < 2; known++) {
            caller_restart(&c);
            asked = caller_ask(&c, "PUT", "/");
            asked_content(asked, 300 * 1000, large ? 100 * 1000 : 1000, known);
            c.stuck = true;
            caller_start(&c, asked);
            assert_true(asked->source.at <= 100 * 1000);
            c.stuck = false;
            c.room = 30 * 1000;
            caller_pump(&c);
            assert_true(asked->call.content_sent);
            assert_true(c.out.len > 300 * 1000);
            caller_answer_str(&c, OK);
            assert_log(&c, "head 200 0\nnone\nend whole\nroom\n");
        }
    caller_done(&c);
}

/* A source may have nothing just now, and say otherwise at any moment. */
static void test_a_source_may_be_slow(void **state)
{
    struct caller c;
    struct asked *asked;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    c.resumes = false;
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 4, 2, true);
    asked->source.slow = true;
    caller_start(&c, asked);
    assert_out(&c, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
    c.resumes = true;
    caller_pump(&c);
    assert_out(&c,
               "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nabcd");
    caller_done(&c);
}

/* 9112-8-03: the server must see that the request is cut short. */
static void test_a_failing_source_ends_the_connection(void **state)
{
    struct caller c;
    struct asked *asked;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (int how = 0; how < 3; how++) {
        caller_restart(&c);
        asked = caller_ask(&c, "POST", "/");
        asked_content(asked, 8, 2, how > 0);
        asked->source.fails_at = 4;
        if (how == 2) { /* it ends before its length */
            asked->source.fails_at = 0;
            asked->source.total = 4;
        }
        caller_start(&c, asked);
        assert_log(&c, "end own cut\n");
        assert_int_equal(caller_state(&c), VB_WIRE_CLOSE);
        assert_false(asked->call.content_sent);
    }
    caller_done(&c);
}

/* 9112-7.1.2-02, 9110-6.5.1-01: trailers go behind the last chunk, but for
 * those that must not. */
static void test_trailers_follow_content(void **state)
{
    static const struct vb_head_limits limits = {.max_field = 100,
                                                 .max_fields = 10};
    struct caller c;
    struct asked *asked;
    struct vb_fields fields = {0};
    const char *why;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 2, 2, true);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("X-Sum"),
                  VB_SPAN("5"), &why);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("Content-Length"),
                  VB_SPAN("5"), &why);
    vb_fields_add(&fields, &asked->arena, &limits, VB_SPAN("Authorization"),
                  VB_SPAN("5"), &why);
    asked->call.trailers = &fields;
    caller_start(&c, asked);
    assert_out(&c, "POST / HTTP/1.1\r\nHost: h\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n"
                   "2\r\nab\r\n0\r\nX-Sum: 5\r\n\r\n");
    caller_done(&c);
}

/* 9110-10.1.4-01, 9112-7.4-01, 9112-7.4-03, 9110-7.8-08: what is of the
 * connection is named in Connection. */
static void test_connection_names_what_is_its_own(void **state)
{
    static const struct {
        bool te;
        const char *protocol;
        const char *out;
    } how[] = {
        {true, "", "TE: trailers\r\nConnection: TE\r\n"},
        {false, "websocket", "Upgrade: websocket\r\nConnection: upgrade\r\n"},
        {true, "websocket",
         "TE: trailers\r\nUpgrade: websocket\r\nConnection: TE, upgrade\r\n"},
    };
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (size_t i = 0; i < VB_COUNT_OF(how); i++) {
        struct asked *asked;
        char want[200];

        caller_restart(&c);
        asked = caller_ask(&c, "GET", "/");
        asked->call.te_trailers = how[i].te;
        asked->call.protocol = vb_span_str(how[i].protocol);
        caller_start(&c, asked);
        snprintf(want, sizeof(want), "GET / HTTP/1.1\r\nHost: h\r\n%s\r\n",
                 how[i].out);
        assert_out(&c, want);
    }
    caller_done(&c);
}

/* 9112-11.1-01: what would be read as two requests is none. */
static void test_what_cannot_be_said_is_not_begun(void **state)
{
    static const struct {
        const char *method;
        const char *target;
        const char *authority;
    } bad[] = {
        {"GE T", "/", "h"},         {"", "/", "h"},
        {"GET", "/ HTTP/1.1", "h"}, {"GET", "", "h"},
        {"GET", "/\r\nX: y", "h"},  {"GET", "/\n", "h"},
        {"GET", "/", "h\r\nX: y"},  {"GET", "/", "a b"},
        {"GET\r\nX", "/", "h"},     {"GET", "/\t", "h"},
    };
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (size_t i = 0; i < VB_COUNT_OF(bad); i++) {
        struct asked *asked = caller_ask(&c, bad[i].method, bad[i].target);

        asked->call.authority = vb_span_str(bad[i].authority);
        assert_int_equal(caller_start(&c, asked), VB_ERR_INVALID);
        assert_out(&c, "");
    }
    assert_int_equal(c.client->ops->room(c.client), 1);
    caller_start(&c, caller_ask(&c, "GET", "/")); /* as good as new */
    caller_answer_str(&c, OK);
    assert_log(&c, "head 200 0\nnone\nend whole\nroom\n");
    caller_done(&c);
}

/* 9112-6.1-08: who has answered as HTTP/1.0 does is sent no chunks. */
static void test_no_chunks_go_to_http_1_0(void **state)
{
    struct caller c;
    struct asked *asked;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    caller_start(&c, caller_ask(&c, "GET", "/"));
    caller_answer_str(&c, "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n"
                          "Content-Length: 0\r\n\r\n");
    asked = caller_ask(&c, "POST", "/");
    asked_content(asked, 2, 2, false);
    assert_int_equal(caller_start(&c, asked), VB_ERR_UNSUPPORTED);
    asked_content(asked, 2, 2, true);
    assert_int_equal(caller_start(&c, asked), VB_OK);
    caller_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_by_rows),
        cmocka_unit_test(test_head_and_small_content_leave_together),
        cmocka_unit_test(test_content_is_pulled_as_it_drains),
        cmocka_unit_test(test_a_source_may_be_slow),
        cmocka_unit_test(test_a_failing_source_ends_the_connection),
        cmocka_unit_test(test_trailers_follow_content),
        cmocka_unit_test(test_connection_names_what_is_its_own),
        cmocka_unit_test(test_what_cannot_be_said_is_not_begun),
        cmocka_unit_test(test_no_chunks_go_to_http_1_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
