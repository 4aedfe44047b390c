/*
 * Memory: what an idle connection holds, what happens when there is no more,
 * and that no byte past the end of what was fed is looked at.
 *
 * failing.h refuses the Nth allocation.
 */
#include "failing.h"
#include "rows.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "http/scan.h"
#include "wire/h1/h1.h"

#define H "Host: h\r\n"

/* --- No memory
 * -------------------------------------------------------------------- */

static const char *const scripts[] = {
    "GET / HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n",
    "GET /large HTTP/1.1\r\n" H "\r\nGET /large HTTP/1.1\r\n" H "\r\n",
    "GET /bytes/40000 HTTP/1.1\r\n" H "\r\n",
    "GET /stream/100000 HTTP/1.1\r\n" H "\r\n",
    "GET /slow/20000 HTTP/1.1\r\n" H "\r\n",
    "GET /fields HTTP/1.1\r\n" H "\r\n",
    "POST /echo HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
    "POST /echo HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
    "5\r\nhello\r\n0\r\nX: y\r\nZ: z\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n",
    "POST /pause HTTP/1.1\r\n" H "Content-Length: 5\r\nExpect: 100-continue"
    "\r\n\r\nhello",
    "POST /refuse HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
    "POST /both HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
    "POST /both/3 HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
    "POST /told/100 HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\nhello",
    "GET /trailers/9 HTTP/1.1\r\n" H "Connection: TE\r\nTE: trailers\r\n\r\n",
    "GET / HTTP/1.1\r\nX: y\n\r\n",
};

/* The script with the nth allocation refused. True when there was one. */
static bool play_failing(const char *script, int nth, size_t piece)
{
    static char value[30000];
    struct vb_field_out field = {VB_SPAN("X"),
                                 vb_span_of(value, sizeof(value))};
    struct driver d;

    memset(value, 'v', sizeof(value));
    driver_init(&d);
    d.fields = &field;
    d.field_count = 1;
    d.piece = piece;
    d.room = 10000;
    /* What the driver itself takes is not the matter. */
    assert_non_null(vb_buf_reserve(&d.out, 1024 * 1024));
    assert_non_null(vb_buf_reserve(&d.log, 64 * 1024));
    assert_non_null(vb_buf_reserve(&d.unsent, 64 * 1024));
    failing.left = nth;
    failing.refused = false;
    failing.armed = true;
    d.frozen = true; /* the driver's own copies come from elsewhere */
    driver_send_str(&d, script);
    failing.armed = false;
    driver_read(&d);
    for (int i = 0; i < d.reply_count; i++)
        if (!d.replies[i].complete) /* then the client must see an end */
            assert_true((driver_state(&d) & (VB_WIRE_LINGER | VB_WIRE_CLOSE)) !=
                        0);
    if (!failing.refused)
        assert_int_equal(driver_state(&d) & VB_WIRE_CLOSE, 0);
    driver_done(&d);
    return failing.refused;
}

/* Whichever allocation fails: no crash, no leak, no reply that looks whole
 * and is not, no connection that hangs. */
static void test_every_allocation_may_fail(void **state)
{
    static const size_t pieces[] = {0, 1, 40};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++)
        for (size_t p = 0; p < VB_COUNT_OF(pieces); p++) {
            int nth = 0;

            while (play_failing(scripts[i], nth, pieces[p]))
                nth++;
            assert_true(nth >= 3); /* exchange, arena, output block */
        }
}

/* Without memory for an exchange the client is told so, if possible. */
static void test_no_memory_for_an_exchange_is_503(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    failing.left = 0;
    failing.armed = true;
    d.wire->ops->feed(d.wire, VB_SPAN("GET / HTTP/1.1\r\n" H "\r\n"));
    failing.armed = false;
    driver_pump(&d);
    assert_string_equal(driver_statuses(&d), "503");
    assert_span_equal(reply_field(&d.replies[0], "Connection"), "close");
    assert_int_equal(driver_state(&d), VB_WIRE_READ | VB_WIRE_LINGER);
    driver_done(&d);
}

/* --- Idle
 * ----------------------------------------------------------------------------
 */

static void assert_idle(const struct driver *d)
{
    assert_int_equal(d->env.output_blocks.lent, 0);
    assert_int_equal(d->env.exchanges.lent, 0);
    assert_int_equal(d->env.arena_blocks.lent, 0);
}

/* At most 96 bytes, and nothing borrowed. */
static void test_an_idle_connection_is_its_struct_alone(void **state)
{
    struct driver d;

    (void)state;
    assert_true(vb_h1_size() <= 96);
    assert_true(vb_opening_size() <= 96); /* in a connection of the loop */
    driver_init(&d);
    assert_idle(&d);
    for (size_t i = 0; i < VB_COUNT_OF(scripts) - 1; i++) {
        driver_restart(&d);
        d.piece = 30;
        driver_send_str(&d, scripts[i]);
        assert_idle(&d);
    }
    driver_done(&d);
}

/* In its stride a connection takes no memory from the system at all. */
static void test_the_hot_path_allocates_nothing(void **state)
{
    struct driver d;

    (void)state;
    driver_init(&d);
    driver_send_str(&d, "GET / HTTP/1.1\r\n" H "\r\n");
    vb_buf_reset(&d.out);
    assert_non_null(vb_buf_reserve(&d.log, 64 * 1024));
    failing.left = 0;
    failing.refused = false;
    failing.armed = true;
    for (int i = 0; i < 5; i++) {
        struct vb_file_part file;
        struct iovec iov;

        d.wire->ops->feed(d.wire, VB_SPAN("GET / HTTP/1.1\r\n" H "\r\n"));
        assert_int_equal(d.wire->ops->drain(d.wire, &iov, 1, &file), 1);
        d.wire->ops->sent(d.wire, iov.iov_len);
    }
    failing.armed = false;
    assert_false(failing.refused);
    assert_int_equal(d.ends, 6);
    driver_done(&d);
}

static void test_a_wire_in_memory_of_the_callers(void **state)
{
    struct driver d;
    void *memory = malloc(vb_h1_size());
    struct vb_wire *wire;

    (void)state;
    assert_non_null(memory);
    driver_init(&d);
    wire = vb_h1_init(memory, &d.env, &d.peer);
    wire->ops->feed(wire, VB_SPAN("GET / HTTP/1.1\r\n"));
    wire->ops->free(wire);
    free(memory);
    driver_done(&d);
}

/* --- The end of what was fed
 * ------------------------------------------------------- */

/* Each piece of a request ends where its page does. */
static void test_nothing_past_the_fed_bytes_is_read(void **state)
{
    static const char text[] =
        "POST /echo HTTP/1.1\r\nHost: example.com\r\nX: 0123456789012345678\r\n"
        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nY: z\r\n\r\n";
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct driver d;

    (void)state;
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
    driver_init(&d);
    for (size_t split = 1; split < sizeof(text) - 1; split++) {
        char *end = memory + page;
        size_t rest = sizeof(text) - 1 - split;

        driver_restart(&d);
        memcpy(end - split, text, split);
        d.wire->ops->feed(d.wire, vb_span_of(end - split, split));
        memcpy(end - rest, text + split, rest);
        d.wire->ops->feed(d.wire, vb_span_of(end - rest, rest));
        driver_pump(&d);
        assert_string_equal(driver_statuses(&d), "200");
    }
    driver_done(&d);
    munmap(memory, 2 * page);
}

/* The whole wire with each variant of the scanner. */
static void test_all_scanners_lead_to_the_same_answers(void **state)
{
    static const struct row rows[] = {
        {"whole",
         "GET / HTTP/1.1\r\n" H "A-rather-long-name: and its value\r\n"
         "\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n",
         "200 404", OPEN, NULL},
        {"a control",
         "GET / HTTP/1.1\r\n" H "A-rather-long-name: and its\x02\r\n"
         "\r\n",
         "400", CLOSING, NULL},
        {"no token",
         "GET / HTTP/1.1\r\n" H "A-rather-long-n\x80me: value\r\n"
         "\r\n",
         "400", CLOSING, NULL},
    };
    const struct vb_scan *best = vb_scan;

    (void)state;
    for (size_t i = 0; vb_scan_variant(i) != NULL; i++) {
        vb_scan = vb_scan_variant(i);
        play_rows(rows, VB_COUNT_OF(rows));
    }
    vb_scan = best;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
        cmocka_unit_test(test_no_memory_for_an_exchange_is_503),
        cmocka_unit_test(test_an_idle_connection_is_its_struct_alone),
        cmocka_unit_test(test_the_hot_path_allocates_nothing),
        cmocka_unit_test(test_a_wire_in_memory_of_the_callers),
        cmocka_unit_test(test_nothing_past_the_fed_bytes_is_read),
        cmocka_unit_test(test_all_scanners_lead_to_the_same_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
