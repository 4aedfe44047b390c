/* Replies to a client of HTTP/1.1, by rows: RFC 9112 sections 4 to 9, RFC 9110
 * section 15. What comes of them must not depend on how they were split. */
#include "caller.h"

#define OK "HTTP/1.1 200 OK\r\n"
#define CL "Content-Length: 5\r\n\r\n"
#define TE "Transfer-Encoding: chunked\r\n\r\n"

enum after { REUSABLE, GONE };

struct row {
    const char *rule; /* ids of the ledger, or what else it is about */
    const char *method;
    const char *reply;
    const char *log;
    enum after after;
    bool eof; /* comes behind it */
};

static const struct row rows[] = {
    /* Framing: RFC 9112 section 6.3, in its order. */
    {"9112-6.3-01 HEAD", "HEAD", OK CL, "head 200 5\nnone\nend whole\n",
     REUSABLE, false},
    {"9112-6.3-01 HEAD", "HEAD", OK TE, "head 200 -\nnone\nend whole\n",
     REUSABLE, false},
    {"9112-6.3-01 HEAD", "HEAD", OK "\r\n", "head 200 -\nnone\nend whole\n",
     REUSABLE, false},
    {"9112-6.3-01 204", "GET", "HTTP/1.1 204 No Content\r\n\r\n",
     "head 204 -\nnone\nend whole\n", REUSABLE, false},
    {"9112-6.3-01 304", "GET", "HTTP/1.1 304 Not Modified\r\n" CL,
     "head 304 5\nnone\nend whole\n", REUSABLE, false},
    {"9112-6.3-02, 9112-6.3-03", "GET", OK TE "5\r\nhello\r\n0\r\n\r\n",
     "head 200 -\ncontent hello\nend whole\n", REUSABLE, false},
    {"9112-6.3-10", "GET", OK CL "hello",
     "head 200 5\ncontent hello\nend whole\n", REUSABLE, false},
    {"9112-6.3-10 none", "GET", OK "Content-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\n", REUSABLE, false},
    {"9112-6.3-12", "GET", OK "\r\nhello",
     "head 200 -\ncontent hello\nend whole\n", GONE, true},
    {"9112-6.3-12 empty", "GET", OK "\r\n", "head 200 -\nend whole\n", GONE,
     true},
    {"9112-6.3-12 HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\n\r\nhello",
     "head 200 -\ncontent hello\nend whole\n", GONE, true},

    /* What is behind the reply is no reply: RFC 9112 sections 6.3, 9.2. */
    {"9112-6.3-17", "GET", OK CL "helloHTTP/1.1 200 OK\r\n\r\n",
     "head 200 5\ncontent hello\nend whole\n", GONE, false},
    {"9112-6.3-17 304 with content", "GET",
     "HTTP/1.1 304 Not Modified\r\n" CL "hello",
     "head 304 5\nnone\nend whole\n", GONE, false},
    {"9112-9.3-06 HEAD with content", "HEAD", OK CL "hello",
     "head 200 5\nnone\nend whole\n", GONE, false},

    /* Two readings of one message: section 6. */
    {"9112-6.1-10, 9112-6.3-02", "GET",
     OK "Content-Length: 5\r\n" TE "0\r\n\r\n", "end malformed\n", GONE, false},
    {"9112-6.1-10 HEAD", "HEAD", OK "Content-Length: 5\r\n" TE,
     "end malformed\n", GONE, false},
    {"9112-6.1-02", "GET", OK "Transfer-Encoding: chunked, chunked\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.1-02 two lines", "GET", OK "Transfer-Encoding: chunked\r\n" TE,
     "end malformed\n", GONE, false},
    {"9112-6.3-04", "GET", OK "Transfer-Encoding: gzip\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.1-07", "GET", OK "Transfer-Encoding: gzip, chunked\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.1-07", "GET", OK "Transfer-Encoding: identity\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-7.1-03", "GET", OK "Transfer-Encoding: chunked;q=1\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-7-01", "GET", OK "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n",
     "head 200 -\nend whole\n", REUSABLE, false},
    {"9112-6.1-12", "GET", "HTTP/1.0 200 OK\r\n" TE "0\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.1-05", "GET", "HTTP/1.1 204 No Content\r\n" TE, "end malformed\n",
     GONE, false},
    {"9112-6.1-05 1xx", "GET", "HTTP/1.1 103 Early Hints\r\n" TE,
     "end malformed\n", GONE, false},
    {"9112-6.3-08", "GET", OK "Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.3-08 equal ones", "GET",
     OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", "end malformed\n",
     GONE, false},
    {"9112-6.3-06", "GET", OK "Content-Length: 5, 5\r\n\r\n", "end malformed\n",
     GONE, false},
    {"9112-6.3-08, 9110-8.6-11", "GET", OK "Content-Length: +5\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-6.3-08", "GET", OK "Content-Length: -5\r\n\r\n", "end malformed\n",
     GONE, false},
    {"9112-6.3-08", "GET", OK "Content-Length: \r\n\r\n", "end malformed\n",
     GONE, false},
    {"9110-8.6-09", "GET", OK "Content-Length: 99999999999999999999\r\n\r\n",
     "end malformed\n", GONE, false},

    /* Lines: sections 2.2, 4, 5. */
    {"9112-4-02", "GET", "HTTP/1.1 200 FAIL\t\xff\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\n", REUSABLE, false},
    {"9112-4-01 no phrase", "GET", "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\n", REUSABLE, false},
    {"9112-4-01 nor its SP", "GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-4-03", "GET", "HTTP/1.1  200 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-4-03", "GET", "HTTP/1.1\t200 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-2.3-01", "GET", "http/1.1 200 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-2.3-01", "GET", "HTTP/1.10 200 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-2.3-01", "GET", "HTTP/2.0 200 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-A.3.1-01 HTTP/0.9", "GET", "<html>", "end malformed\n", GONE, false},
    {"9112-2.2-09 an empty line", "GET", "\r\n" OK "\r\n", "end malformed\n",
     GONE, false},
    {"9110-15-02", "GET", "HTTP/1.1 600 Odd\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9110-15-02", "GET", "HTTP/1.1 099 Odd\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9110-15-02", "GET", "HTTP/1.1 2x0 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9110-15-02", "GET", "HTTP/1.1 2000 OK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9110-15-01 a status nobody knows", "GET",
     "HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n",
     "head 299 0\nnone\nend whole\n", REUSABLE, false},
    {"9112-2.2-02", "GET", OK "X: y\nContent-Length: 0\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-2.2-02", "GET", "HTTP/1.1 200 OK\n\n", "end malformed\n", GONE,
     false},
    {"9112-2.2-02", "GET", OK "X: y\r\n\n", "end malformed\n", GONE, false},
    {"9112-2.2-04", "GET", OK "X: a\rb\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-2.2-04", "GET", "HTTP/1.1 200 O\rK\r\n\r\n", "end malformed\n", GONE,
     false},
    {"9112-5.2-03", "GET", OK "X: y\r\n z\r\nContent-Length: 0\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-2.2-08", "GET", OK " X: y\r\nContent-Length: 0\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9112-5.1-02", "GET", OK "Content-Length : 5\r\n\r\n", "end malformed\n",
     GONE, false},
    {"9112-5.1-03", "GET", OK "X:\t y \t\r\nContent-Length:0\r\n\r\n",
     "head 200 0\nnone\nfield X=y\nend whole\n", REUSABLE, false},
    {"9110-5.1 a name is a token", "GET", OK "X y: z\r\n\r\n",
     "end malformed\n", GONE, false},
    {"9110-5.1 a name is a token", "GET", OK ": z\r\n\r\n", "end malformed\n",
     GONE, false},
    {"6265bis-3-02", "GET",
     OK "Set-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nfield Set-Cookie=a\nfield Set-Cookie=b\nend whole\n",
     REUSABLE, false},

    /* Chunks: section 7.1. */
    {"9112-7.1-01", "GET", OK TE "1\r\na\r\n1\r\nb\r\n2;x=y\r\ncd\r\n0\r\n\r\n",
     "head 200 -\ncontent abcd\nend whole\n", REUSABLE, false},
    {"9112-7.1.2-02", "GET", OK TE "0\r\nX-Sum: 5\r\nX:\r\n\r\n",
     "head 200 -\ntrailer X-Sum=5\ntrailer X=\nend whole\n", REUSABLE, false},
    {"9112-7.1.2-03, 9110-6.5.1-02", "GET",
     OK TE "0\r\nContent-Length: 5\r\nX: y\r\nTransfer-Encoding: chunked\r\n"
           "Set-Cookie: a\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n",
     "head 200 -\ntrailer X=y\nend whole\n", REUSABLE, false},
    {"9112-7.1.2 folded", "GET", OK TE "0\r\nX: y\r\n z\r\n\r\n",
     "head 200 -\nend malformed\n", GONE, false},
    {"9112-7.1.2 bare LF", "GET", OK TE "0\r\nX: y\n\r\n",
     "head 200 -\nend malformed\n", GONE, false},
    {"9112-7.1-04", "GET", OK TE "5\r\nhelloX",
     "head 200 -\ncontent hello\nend malformed\n", GONE, false},
    {"9112-7.1-04", "GET", OK TE "0x5\r\nhello\r\n0\r\n\r\n",
     "head 200 -\nend malformed\n", GONE, false},
    {"9112-7.1-04", "GET", OK TE "5\nhello\r\n0\r\n\r\n",
     "head 200 -\nend malformed\n", GONE, false},
    {"9112-7.1-02", "GET", OK TE "FFFFFFFFFFFFFFFFF\r\n",
     "head 200 -\nend malformed\n", GONE, false},

    /* Cut short: section 8. */
    {"9112-8-02 nothing came", "GET", "", "end closed\n", GONE, true},
    {"9112-8-02 in the head", "GET", "HTTP/1.1 200 OK\r\nX", "end cut\n", GONE,
     true},
    {"9112-8-02 after an interim reply", "GET", "HTTP/1.1 103 Odd\r\n\r\n",
     "interim 103\nend cut\n", GONE, true},
    {"9112-8-03 length", "GET", OK CL "hell",
     "head 200 5\ncontent hell\nend cut\n", GONE, true},
    {"9112-8-03 chunks", "GET", OK TE "5\r\nhello\r\n",
     "head 200 -\ncontent hello\nend cut\n", GONE, true},
    {"9112-8-03 last chunk", "GET", OK TE "5\r\nhello\r\n0\r\n",
     "head 200 -\ncontent hello\nend cut\n", GONE, true},

    /* Interim replies: RFC 9110 section 15.2. */
    {"9110-15.2-02", "GET",
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
     "HTTP/1.1 199 Odd\r\n\r\n" OK CL "hello",
     "interim 100\ninterim 103\nfield X=y\ninterim 199\nhead 200 5\n"
     "content hello\nend whole\n",
     REUSABLE, false},
    {"9110-7.8-04 101 unasked", "GET",
     "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
     "end malformed\n", GONE, false},

    /* Persistence: section 9.3. */
    {"9112-9.3-02, 9112-9.6-07", "GET", OK "Connection: close\r\n" CL "hello",
     "head 200 5\nfield Connection=close\ncontent hello\nend whole\n", GONE,
     false},
    {"9112-9.3-02 among others", "GET",
     OK "Connection: X-A , Close\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nfield Connection=X-A , Close\nend whole\n", GONE,
     false},
    {"9112-9.3-02 HTTP/1.0", "GET",
     "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\n", GONE, false},
    {"9112-9.3-02 HTTP/1.0", "GET",
     "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nfield Connection=Keep-Alive\nend whole\n", REUSABLE,
     false},
    {"9112-9.3-02 HTTP/1.2 is as 1.1", "GET",
     "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\n", REUSABLE, false},
    {"9112-9.5-02 the end of an idle one", "GET", OK CL "hello",
     "head 200 5\ncontent hello\nend whole\n", GONE, true},

    /* Tunnels: RFC 9110 section 9.3.6. */
    {"9110-9.3.6-04", "CONNECT", "HTTP/1.1 200 OK\r\n\r\nhello",
     "head 200 -\nswitched\ncontent hello\n", REUSABLE, false},
    {"9110-9.3.6-08", "CONNECT",
     "HTTP/1.1 299 Odd\r\nContent-Length: 3\r\n" TE "hello",
     "head 299 3\nswitched\ncontent hello\n", REUSABLE, false},
    {"9110-9.3.6-04 refused", "CONNECT", "HTTP/1.1 407 No\r\n" CL "hello",
     "head 407 5\ncontent hello\nend whole\n", REUSABLE, false},
};

/* Whether there was room for a moment is a matter of when the end came. */
static void check(struct caller *c, const struct row *row, const char *how,
                  size_t at)
{
    bool over = (caller_state(c) & VB_WIRE_CLOSE) != 0;
    const char *log = caller_log(c);
    const char *room = strstr(log, "room\n");
    size_t len = room == NULL ? strlen(log) : (size_t)(room - log);

    if (!vb_span_eq(vb_span_of(log, len), vb_span_str(row->log)))
        fail_msg("%s, %s %zu: \"%s\" leads to:\n%s", row->rule, how, at,
                 row->reply, log);
    if (over != (row->after == GONE))
        fail_msg("%s, %s %zu: \"%s\" leaves the connection %s", row->rule, how,
                 at, row->reply, over ? "over" : "open");
    if (!over && strstr(log, "end ") != NULL)
        assert_non_null(room);
}

static void play(struct caller *c, const struct row *row, size_t split,
                 size_t piece)
{
    struct vb_span reply = vb_span_str(row->reply);

    caller_restart(c);
    c->piece = piece;
    assert_int_equal(caller_start(c, caller_ask(c, row->method, "/")), VB_OK);
    if (split > 0)
        caller_answer(c, vb_span_head(reply, split));
    caller_answer(c, vb_span_from(reply, split));
    if (row->eof)
        caller_eof(c);
    check(c, row, piece == 1 ? "byte by byte" : "split at", split);
}

static void test_replies_by_rows(void **state)
{
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        play(&c, &rows[i], 0, 1);
        for (size_t split = 0; split < strlen(rows[i].reply); split++)
            play(&c, &rows[i], split, 0);
    }
    caller_done(&c);
}

/* 9112-8-03, 9112-9.8-01: content that has no end but the connection's is whole
 * only by a proper one; likewise everything else. */
static void test_a_failing_socket_is_no_end_of_content(void **state)
{
    static const struct {
        const char *reply;
        const char *log;
    } cut[] = {
        {"", "end closed\n"},
        {"HTTP/1.1 200 OK\r\n\r\nhello",
         "head 200 -\ncontent hello\nend cut\n"},
        {OK CL "hell", "head 200 5\ncontent hell\nend cut\n"},
        {OK TE "5\r\nhello\r\n0\r\n", "head 200 -\ncontent hello\nend cut\n"},
    };
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    for (size_t i = 0; i < VB_COUNT_OF(cut); i++) {
        caller_restart(&c);
        caller_start(&c, caller_ask(&c, "GET", "/"));
        caller_answer_str(&c, cut[i].reply);
        caller_free(&c);
        assert_log(&c, cut[i].log);
    }
    caller_done(&c);
}

/* 9110-5.4-02: bounds, which no reply can pass however it is sent. */
static void test_a_head_is_bounded(void **state)
{
    static const struct vb_head_limits small = {.max_target = 10,
                                                .max_field = 40,
                                                .max_fields = 3,
                                                .max_fields_size = 100};
    static const struct {
        const char *reply;
        const char *log;
    } large[] = {
        {OK "X: 0123456789012345678901234567890123456789\r\n\r\n",
         "end too large\n"},
        {OK "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n", "end too large\n"},
        {OK "A: 0123456789012345678901234567890\r\n"
            "B: 0123456789012345678901234567890\r\n"
            "C: 0123456789012345678901234567890\r\n\r\n",
         "end too large\n"},
        {OK TE "0\r\nX: 0123456789012345678901234567890123456789\r\n\r\n",
         "head 200 -\nend too large\n"},
        {OK "A: 1\r\nB: 2\r\nContent-Length: 0\r\n\r\n",
         "head 200 0\nnone\nend whole\nroom\n"},
    };
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    c.call_limits.head = small;
    for (size_t i = 0; i < VB_COUNT_OF(large); i++)
        for (size_t piece = 0; piece < 2; piece++) {
            caller_restart(&c);
            c.piece = piece;
            caller_start(&c, caller_ask(&c, "GET", "/"));
            caller_answer_str(&c, large[i].reply);
            assert_log(&c, large[i].log);
        }
    caller_done(&c);
}

/* What never ends is not waited for. */
static void test_a_head_without_end_is_given_up(void **state)
{
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    caller_start(&c, caller_ask(&c, "GET", "/"));
    caller_answer_str(&c, "HTTP/1.1 200 ");
    for (int i = 0; i < 100 && c.log.len == 0; i++) {
        static char text[4096];

        memset(text, 'a', sizeof(text));
        caller_answer(&c, vb_span_of(text, sizeof(text)));
    }
    assert_log(&c, "end too large\n");
    caller_done(&c);
}

/* 9110-15.2-02: any number, but no flood. */
static void test_interim_replies_are_bounded(void **state)
{
    struct caller c;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_1);
    caller_start(&c, caller_ask(&c, "GET", "/"));
    for (int i = 0; i < 64; i++)
        caller_answer_str(&c, "HTTP/1.1 103 Early Hints\r\n\r\n");
    assert_null(strstr(caller_log(&c), "end"));
    caller_answer_str(&c, "HTTP/1.1 103 Early Hints\r\n\r\n");
    assert_non_null(strstr(caller_log(&c), "end malformed\n"));
    caller_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_by_rows),
        cmocka_unit_test(test_a_failing_socket_is_no_end_of_content),
        cmocka_unit_test(test_a_head_is_bounded),
        cmocka_unit_test(test_a_head_without_end_is_given_up),
        cmocka_unit_test(test_interim_replies_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
