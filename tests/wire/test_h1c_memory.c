/*
 * A client without memory: whichever allocation fails, each call has an end, no
 * reply looks whole that is not, and nothing leaks.
 *
 * failing.h refuses the Nth allocation.
 */
#include "caller.h"
#include "failing.h"

#define OK "HTTP/1.1 200 OK\r\n"

static const struct {
    const char *method;
    int content; /* bytes; -1: none */
    const char *reply;
    const char *log; /* where nothing fails */
} scripts[] = {
    {"GET", -1, OK "X: y\r\nContent-Length: 5\r\n\r\nhello",
     "head 200 5\nfield X=y\ncontent hello\nend whole\nroom\n"},
    {"POST", 40000, OK "Content-Length: 0\r\n\r\n",
     "head 200 0\nnone\nend whole\nroom\n"},
    {"POST", 3,
     "HTTP/1.1 100 Continue\r\n\r\n" OK "Transfer-Encoding: chunked\r\n\r\n"
     "5\r\nhello\r\n0\r\nX: y\r\n\r\n",
     "interim 100\nhead 200 -\ncontent hello\ntrailer X=y\nend whole\nroom\n"},
    {"CONNECT", 3, OK "\r\nhello", "head 200 -\nswitched\ncontent hello\n"},
};

static void reserve(struct caller *c)
{
    assert_non_null(vb_buf_reserve(&c->out, 256 * 1024));
    assert_non_null(vb_buf_reserve(&c->log, 64 * 1024));
    assert_non_null(vb_buf_reserve(&c->content, 64 * 1024));
    assert_non_null(vb_buf_reserve(&c->unfed, 64 * 1024));
}

/* The script with the nth allocation refused. True when there was one. */
static bool play_failing(size_t script, int nth, size_t piece, bool pauses)
{
    struct caller c;
    struct asked *asked;
    enum vb_err err;

    caller_init(&c, VB_CLIENT_HTTP_1);
    reserve(&c);
    c.piece = piece;
    asked = caller_ask(&c, scripts[script].method, "/");
    asked->pauses = pauses;
    if (scripts[script].content >= 0)
        asked_content(asked, (size_t)scripts[script].content, 3000, false);
    c.frozen = true;
    failing.left = nth;
    failing.refused = false;
    failing.armed = true;
    err = caller_start(&c, asked);
    if (err == VB_OK)
        caller_answer_str(&c, scripts[script].reply);
    failing.armed = false;
    if (err != VB_OK) {
        assert_int_equal(err, VB_ERR_NOMEM);
        assert_int_equal(c.client->ops->room(c.client), 1);
    } else if (failing.refused) {
        assert_non_null(strstr(caller_log(&c), "end no memory\n"));
        assert_int_equal(caller_state(&c) & VB_WIRE_CLOSE, VB_WIRE_CLOSE);
    } else if (!pauses) {
        assert_log(&c, scripts[script].log);
    }
    caller_done(&c);
    return failing.refused;
}

static void test_every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++)
        for (size_t p = 0; p < VB_COUNT_OF(pieces); p++)
            for (int pauses = 0; pauses < 2; pauses++) {
                int nth = 0;

                while (play_failing(i, nth, pieces[p], pauses))
                    nth++;
                assert_true(nth >= 2); /* output block, arena */
            }
}

/* Nothing is held for the next call. */
static void test_an_idle_client_holds_nothing(void **state)
{
    struct caller c;

    (void)state;
    assert_true(vb_client_wire_size() <= 512); /* in a connection of the loop */
    caller_init(&c, VB_CLIENT_HTTP_1);
    c.piece = 7;
    caller_start(&c, caller_ask(&c, "GET", "/"));
    caller_answer_str(&c, scripts[0].reply);
    assert_int_equal(c.env.output_blocks.lent, 0);
    caller_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_an_idle_client_holds_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
