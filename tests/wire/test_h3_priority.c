/* Which replies of HTTP/3 come first (RFC 9218), and how few bytes their fields
 * take (RFC 9204). */
#include "h3_client.h"

#include <stdio.h>

#define AUTHORITY ":authority", "h"
#define GET_HEAD  ":method", "GET", ":scheme", "https", ":path"

/* The order in which replies end, "0 8 4 ", with little room at a time. */
static const char *order_of_ends(struct h3_talk *t)
{
    static char order[256];
    bool ended[H3_REPLIES_MAX] = {false};

    order[0] = '\0';
    h3_client_write(&t->c);
    t->l.stuck = true; /* all has come before anything goes */
    link_pump(&t->l);
    t->l.stuck = false;
    t->l.d.room = 1000;
    for (bool more = true; more;) {
        t->l.steps = 1;
        link_pump(&t->l);
        more = t->l.steps == 0;
        for (int i = 0; i < t->c.count; i++) {
            struct link_stream *s = link_stream(&t->l, 4 * i);

            if (!s->down_fin || ended[i])
                continue;
            ended[i] = true;
            snprintf(order + strlen(order), 12, "%d ", 4 * i);
        }
    }
    t->l.steps = -1;
    return order;
}

static void ask_with(struct h3_talk *t, const char *path, const char *priority)
{
    const char *const fields[] = {"priority", priority, NULL};

    h3_ask(&t->c, "GET", path, priority == NULL ? NULL : fields, NULL);
}

/* 9218-10-01, 9218-4-01: the urgent first, those of one urgency in order. */
static void test_urgent_replies_come_first(void **state)
{
    struct h3_talk *t = *state;

    ask_with(t, "/large", "u=5");
    ask_with(t, "/large", NULL);
    ask_with(t, "/large", "u=3");
    ask_with(t, "/stream/9000", "u=1");
    ask_with(t, "/large", "u=7, i");
    ask_with(t, "/large", "u=0");
    assert_string_equal(order_of_ends(t), "20 12 4 8 0 16 ");
}

/* 9218-10-01: those that are of use bit by bit take turns. */
static void test_incremental_replies_take_turns(void **state)
{
    struct h3_talk *t = *state;

    ask_with(t, "/bytes/50000", "i");
    ask_with(t, "/bytes/20000", "i");
    ask_with(t, "/bytes/30000", "i");
    ask_with(t, "/bytes/10000", "i=?0");
    assert_string_equal(order_of_ends(t), "12 4 8 0 ");
}

/* 9218-10-02: nobody is starved. */
static void test_the_least_urgent_get_on_too(void **state)
{
    struct h3_talk *t = *state;

    ask_with(t, "/source/300000", "u=0");
    ask_with(t, "/bytes/10000", "u=7");
    assert_string_equal(order_of_ends(t), "4 0 ");
}

/* 9218-4-02 */
static void test_parameters_that_are_none_are_ignored(void **state)
{
    struct h3_talk *t = *state;

    ask_with(t, "/large", "u=9, i=7");
    ask_with(t, "/large", "u=\"0\"");
    ask_with(t, "/large", "???");
    ask_with(t, "/large", "u=2, x=y");
    assert_string_equal(order_of_ends(t), "12 0 4 8 ");
}

/* 9218-7-01: PRIORITY_UPDATE, before a request and later, wins. */
static void test_priorities_are_updated(void **state)
{
    struct h3_talk *t = *state;
    static const char early[] = "\x80\x0f\7\0\4\x08u=1";
    static const char late[] = "\x80\x0f\7\0\4\4u=0";

    ask_with(t, "/large", "u=2");
    ask_with(t, "/large", "u=3");
    ask_with(t, "/large", "u=7");
    /* SETTINGS come first on that stream, then this, then the requests. */
    h3_client_write(&t->c);
    link_send(&t->l, H3_CONTROL, vb_span_of(early, sizeof(early) - 1), false);
    t->l.stuck = true;
    t->l.steps = 1;
    link_pump(&t->l);
    t->l.steps = -1;
    link_pump(&t->l);
    link_send(&t->l, H3_CONTROL, vb_span_of(late, sizeof(late) - 1), false);
    assert_string_equal(order_of_ends(t), "4 8 0 ");
}

/* Only so many are kept, the last ones. */
static void test_early_priorities_are_few(void **state)
{
    struct h3_talk *t = *state;
    struct vb_buf update;

    h3_begin(t);
    for (int i = 99; i >= 0; i--) {
        vb_buf_init(&update, 64);
        h3_varint(&update, (uint64_t)i * 4);
        vb_buf_str(&update, i == 2 ? "u=0" : "u=6");
        h3_frame(&t->bytes, 0xf0700, update.ptr, update.len);
        vb_buf_done(&update);
    }
    h3_send(t, H3_CONTROL, false);
    ask_with(t, "/large", NULL);
    ask_with(t, "/large", NULL);
    ask_with(t, "/large", NULL);
    h3_client_write(&t->c);
    vb_buf_reset(&link_stream(&t->l, H3_CONTROL)->up); /* SETTINGS again */
    assert_string_equal(order_of_ends(t), "8 0 4 ");
}

/* --- Compression: RFC 9204 ---------------------------------------------------
 */

/* What one reply has said costs the next ones nothing; likewise of requests,
 * and 9204-2.2.2.1-01: what was decoded is acknowledged. */
static void test_fields_are_said_once(void **state)
{
    static const char *const fields[] = {"user-agent", "one of some length",
                                         NULL};
    static const struct vb_field_out out[] = {
        {VB_SPAN_INIT("Cache-Control"), VB_SPAN_INIT("private, max-age=7")},
        {VB_SPAN_INIT("Vary"), VB_SPAN_INIT("accept, accept-language")},
    };
    struct h3_talk *t = *state;
    struct link_stream *inserts = link_stream(&t->l, 7);
    size_t said[8]; /* bytes for each reply, with what it needed */

    t->l.d.fields = out;
    t->l.d.field_count = VB_COUNT_OF(out);
    for (int i = 0; i < 8; i++) {
        said[i] = 0 - inserts->down.len;
        h3_ask(&t->c, "GET", "/fields", fields, NULL);
        h3_exchange(&t->c);
        assert_int_equal(t->c.replies[i].status, 200);
        said[i] += inserts->down.len + link_stream(&t->l, 4 * i)->down.len;
    }
    assert_true(said[7] + 40 < said[0]);
    assert_true(link_stream(&t->l, 11)->down.len > 4);
    assert_true(t->l.closed == LINK_NONE);
}

/* 9204-3.2.3-01: a client that has no table gets no instructions. */
static void test_no_table_no_instructions(void **state)
{
    static const char *const get[] = {GET_HEAD, "/", AUTHORITY, NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    for (int i = 0; i < 4; i++)
        h3_request(t, 4 * i, get, false);
    assert_int_equal(t->l.d.ends, 4);
    assert_int_equal(link_stream(&t->l, 7)->down.len, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        h3_unit_test(test_urgent_replies_come_first),
        h3_unit_test(test_incremental_replies_take_turns),
        h3_unit_test(test_the_least_urgent_get_on_too),
        h3_unit_test(test_parameters_that_are_none_are_ignored),
        h3_unit_test(test_priorities_are_updated),
        h3_unit_test(test_early_priorities_are_few),
        h3_unit_test(test_fields_are_said_once),
        h3_unit_test(test_no_table_no_instructions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
