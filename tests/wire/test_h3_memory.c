/*
 * Memory of HTTP/3: what an idle connection holds, and what happens when there
 * is no more. nghttp3's own is not refused: it is in a library of its own.
 */
#include "failing.h"
#include "h3_client.h"

#include <stdlib.h>

static const struct {
    const char *method;
    const char *path;
    const char *body;
} scripts[] = {
    {"GET", "/", NULL},
    {"GET", "/large", NULL},
    {"GET", "/stream/50000", NULL},
    {"GET", "/slow/20000", NULL},
    {"GET", "/file/50000", NULL},
    {"GET", "/hinted/2", NULL},
    {"GET", "/fields", NULL},
    {"POST", "/echo", "hello"},
    {"POST", "/pause", "hello"},
    {"POST", "/refuse", "hello"},
    {"POST", "/both", "hello"},
    {"POST", "/told/100", "hello"},
};

static void arm(bool on)
{
    failing.armed = on;
}

/* The script with the nth allocation refused. True when there was one. */
static bool play_failing(size_t i, int nth, size_t piece)
{
    static char value[30000];
    struct vb_field_out field = {VB_SPAN("X"),
                                 vb_span_of(value, sizeof(value))};
    struct h3_talk *t = h3_talk_new();
    struct link_stream *s;

    memset(value, 'v', sizeof(value));
    t->l.d.fields = &field;
    t->l.d.field_count = 1;
    t->l.d.piece = piece;
    t->l.d.room = 10000;
    assert_non_null(vb_buf_reserve(&t->l.d.log, 64 * 1024));
    h3_ask(&t->c, scripts[i].method, scripts[i].path, NULL, scripts[i].body);
    h3_client_write(&t->c);
    failing = (struct failing){.left = nth};
    t->l.armed = arm;
    link_pump(&t->l);
    /* The client sees an end, whatever it is. */
    s = link_stream(&t->l, 0);
    if (t->l.closed == LINK_NONE)
        assert_true(s->closed && (s->down_fin || s->reset != LINK_NONE));
    if (!failing.refused)
        assert_true(t->l.closed == LINK_NONE && s->reset == LINK_NONE);
    t->l.armed = NULL;
    h3_talk_free(t);
    return failing.refused;
}

/* Whichever allocation fails: no crash, no leak, no reply that looks whole
 * and is not, no stream that hangs. */
static void test_every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++)
        for (size_t p = 0; p < VB_COUNT_OF(pieces); p++) {
            int nth = 0;

            while (play_failing(i, nth, pieces[p]))
                nth++;
            assert_true(nth >= 3); /* exchange, arena, stream */
        }
}

/* A connection that has nothing under way borrows nothing. */
static void test_an_idle_connection_holds_no_blocks(void **state)
{
    struct h3_talk *t = *state;

    assert_true(vb_h3_size() < 2048);
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++) {
        if (strcmp(scripts[i].path, "/fields") != 0)
            h3_ask(&t->c, scripts[i].method, scripts[i].path, NULL,
                   scripts[i].body);
        h3_exchange(&t->c);
        assert_int_equal(t->l.d.env.output_blocks.lent, 0);
        assert_int_equal(t->l.d.env.exchanges.lent, 0);
        assert_int_equal(t->l.d.env.arena_blocks.lent, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        h3_unit_test(test_an_idle_connection_holds_no_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
