/*
 * Memory of HTTP/2: what an idle connection holds, and what happens when there
 * is no more.
 */
#include "failing.h"
#include "h2_client.h"

#include <nghttp2/nghttp2.h>

#define HEAD_OF(method, path)                                                  \
    {                                                                          \
        ":method", method, ":scheme", "http", ":authority", "h", ":path",      \
            path, NULL                                                         \
    }

static const struct {
    const char *const fields[10];
    const char *body; /* NULL: none */
} scripts[] = {
    {HEAD_OF("GET", "/"), NULL},
    {HEAD_OF("GET", "/large"), NULL},
    {HEAD_OF("GET", "/bytes/40000"), NULL},
    {HEAD_OF("GET", "/stream/50000"), NULL},
    {HEAD_OF("GET", "/slow/20000"), NULL},
    {HEAD_OF("GET", "/file/50000"), NULL},
    {HEAD_OF("GET", "/parts/50000"), NULL},
    {HEAD_OF("GET", "/fields"), NULL},
    {HEAD_OF("POST", "/echo"), "hello"},
    {HEAD_OF("POST", "/pause"), "hello"},
    {HEAD_OF("POST", "/refuse"), "hello"},
    {HEAD_OF("POST", "/both"), "hello"},
    {HEAD_OF("POST", "/told/100"), "hello"},
};

/* Has the stream come to its end, as its client sees it? */
static bool is_whole(const struct driver *d, int32_t id)
{
    struct vb_span rest = vb_buf_span(&d->out);

    while (rest.len >= 9) {
        const unsigned char *head = (const void *)rest.ptr;
        size_t len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
        int32_t stream = head[5] << 24 | head[6] << 16 | head[7] << 8 | head[8];

        if (stream == id && head[3] <= NGHTTP2_HEADERS &&
            (head[4] & NGHTTP2_FLAG_END_STREAM))
            return true;
        rest = vb_span_from(rest, 9 + len < rest.len ? 9 + len : rest.len);
    }
    return false;
}

static void ask(struct h2_talk *t, size_t i)
{
    const char *body = scripts[i].body;

    /* Room for all of it. */
    h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 0, "\0\020\0\0", 4);
    h2_request(&t->bytes, 1, scripts[i].fields, body == NULL);
    h2_frame(&t->bytes, NGHTTP2_WINDOW_UPDATE, 0, 1, "\0\020\0\0", 4);
    if (body != NULL)
        h2_frame(&t->bytes, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, body,
                 strlen(body));
}

/* The script with the nth allocation refused. True when there was one. */
static bool play_failing(size_t i, int nth, size_t piece)
{
    static char value[30000];
    struct vb_field_out field = {VB_SPAN("X"),
                                 vb_span_of(value, sizeof(value))};
    const unsigned over = VB_WIRE_LINGER | VB_WIRE_CLOSE;
    struct h2_talk t;
    bool ended;

    memset(value, 'v', sizeof(value));
    h2_talk_init(&t, 0);
    t.d.fields = &field;
    t.d.field_count = 1;
    t.d.piece = piece;
    t.d.room = 10000;
    t.d.resumes = true;
    ask(&t, i);
    assert_non_null(vb_buf_reserve(&t.d.out, 1024 * 1024));
    assert_non_null(vb_buf_reserve(&t.d.log, 64 * 1024));
    assert_non_null(vb_buf_reserve(&t.d.unsent, 64 * 1024));
    t.d.frozen = true; /* the driver's own copies come from elsewhere */
    failing = (struct failing){.armed = true, .left = nth};
    driver_send(&t.d, vb_buf_span(&t.bytes));
    failing.armed = false;
    ended = is_whole(&t.d, 1) || h2_reset_code(&t.d, 1) >= 0;
    if (!(driver_state(&t.d) & over))
        assert_true(ended);
    if (!failing.refused)
        assert_true(is_whole(&t.d, 1) && !(driver_state(&t.d) & over));
    h2_talk_done(&t);
    return failing.refused;
}

/* Whichever allocation fails: no crash, no leak, no stream that hangs. */
static void test_every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++)
        for (size_t p = 0; p < VB_COUNT_OF(pieces); p++) {
            int nth = 0;

            while (play_failing(i, nth, pieces[p]))
                nth++;
            assert_true(nth >= 4); /* session, stream, exchange, arena */
        }
}

/* A connection that has nothing under way borrows nothing. */
static void test_an_idle_connection_holds_no_blocks(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++) {
        struct h2_talk t;

        if (strcmp(scripts[i].fields[7], "/fields") == 0)
            continue; /* there are none to tell */
        h2_talk_init(&t, 0);
        t.d.resumes = true;
        ask(&t, i);
        h2_send(&t);
        assert_true(is_whole(&t.d, 1));
        assert_int_equal(t.d.env.output_blocks.lent, 0);
        assert_int_equal(t.d.env.exchanges.lent, 0);
        assert_int_equal(t.d.env.arena_blocks.lent, 0);
        h2_talk_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_an_idle_connection_holds_no_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
