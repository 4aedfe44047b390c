/*
 * A client of HTTP/2 without memory: whichever allocation fails, each call has
 * an end, and nothing leaks.
 *
 * failing.h refuses the Nth allocation.
 */
#include "failing.h"
#include "h2_server.h"

#include <stdlib.h>

#define STATUS(n) ":status", #n

static const uint32_t none[] = {0};

static void serve_all(struct h2_server *s)
{
    static const char *const interim[] = {STATUS(103), "x", "y", NULL};
    static const char *const head[] = {STATUS(200), "x", "y", NULL};
    static const char *const trailers[] = {"x", "y", NULL};

    h2_serve_head(s, 1, interim, false);
    h2_serve_head(s, 1, head, false);
    h2_serve_data(s, 1, VB_SPAN("hello"), false);
    h2_serve_data(s, 1, VB_SPAN("again"), false);
    h2_serve_head(s, 1, trailers, true);
    h2_serve_head(s, 3, head, true);
}

static void reserve(struct h2_server *s)
{
    assert_non_null(vb_buf_reserve(&s->c.out, 256 * 1024));
    assert_non_null(vb_buf_reserve(&s->c.log, 64 * 1024));
    assert_non_null(vb_buf_reserve(&s->c.content, 64 * 1024));
    assert_non_null(vb_buf_reserve(&s->c.unfed, 64 * 1024));
}

/* All of it with the nth allocation refused. True when there was one. */
static bool play_failing(int nth, size_t piece, bool pauses)
{
    struct h2_server s;
    struct asked *asked[2];

    h2_server_init(&s, none);
    reserve(&s);
    serve_all(&s);
    s.c.piece = piece;
    s.c.frozen = true;
    for (int i = 0; i < 2; i++) {
        asked[i] = caller_ask(&s.c, i == 0 ? "POST" : "GET", "/");
        asked[i]->pauses = pauses;
    }
    asked_content(asked[0], 20000, 3000, false);
    failing.left = nth;
    failing.refused = false;
    failing.armed = true;
    for (int i = 0; i < 2; i++)
        if (s.c.client->ops->room(s.c.client) > 0 &&
            caller_start(&s.c, asked[i]) != VB_OK)
            asked[i]->ended = true;
    caller_answer(&s.c, vb_buf_span(&s.bytes));
    failing.armed = false;
    caller_pump(&s.c);
    if (!failing.refused)
        assert_null(strstr(caller_log(&s.c), "memory"));
    vb_buf_reset(&s.c.out); /* which may be cut short */
    h2_server_done(&s);
    return failing.refused;
}

static void test_every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = {0, 1, 40};

    (void)state;
    for (size_t p = 0; p < VB_COUNT_OF(pieces); p++)
        for (int pauses = 0; pauses < 2; pauses++) {
            int nth = 0;

            while (play_failing(nth, pieces[p], pauses))
                nth++;
            assert_true(nth >= 4);
        }
}

/* Nor is there a client without memory for it. */
static void test_a_client_may_not_come_to_be(void **state)
{
    struct caller c;
    struct vb_client *client;
    void *memory = malloc(vb_client_wire_size());
    struct vb_wire *wire = NULL;
    int nth = 0;

    (void)state;
    caller_init(&c, VB_CLIENT_HTTP_2);
    for (; wire == NULL; nth++) {
        failing.left = nth;
        failing.refused = false;
        failing.armed = true;
        wire = vb_client_wire_init(memory, &c.env, &c.peer, VB_CLIENT_HTTP_2,
                                   &client);
        failing.armed = false;
        assert_true(wire != NULL || failing.refused);
    }
    assert_true(nth >= 2);
    wire->ops->free(wire);
    free(memory);
    caller_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_a_client_may_not_come_to_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
