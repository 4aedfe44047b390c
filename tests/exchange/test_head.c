/* The rules of the one head builder, as every wire gets them. */
#include "unit.h"

#include "exchange/exchange.h"
#include "exchange/head.h"

struct row {
    const char *rule; /* with the ledger's id */
    const char *method;
    const char *target;
    const char *fields[8]; /* name, value, name, value ... */
    unsigned status;       /* 0: well-formed */
};

static struct vb_arena arena;
static struct vb_head head;

static unsigned build(const struct row *row, bool host_required)
{
    struct vb_head_builder builder;

    vb_arena_init(&arena, 4096, 1 << 20);
    memset(&head, 0, sizeof(head));
    vb_head_begin(&builder, &head, &arena, &vb_limits_default.head,
                  VB_SPAN("http"));
    vb_head_method(&builder, vb_span_str(row->method));
    vb_head_target(&builder, vb_span_str(row->target));
    for (int i = 0; i < 8 && row->fields[i] != NULL; i += 2)
        vb_head_field(&builder, vb_span_str(row->fields[i]),
                      vb_span_str(row->fields[i + 1]));
    return vb_head_end(&builder, host_required).status;
}

static void heads_are_judged_alike_for_every_wire(void **state)
{
    static const struct row rows[] = {
        {"plain", "GET", "/", {"Host", "a"}, 0},
        {"8470-5.1-02", "POST", "/", {"Host", "a", "Early-Data", "1"}, 425},
        {"8470-5.1-02 is safe",
         "GET",
         "/",
         {"Host", "a", "Early-Data", "1"},
         0},
        {"8470-5.1-03", "PUT", "/", {"Host", "a", "Early-Data", "0"}, 425},
        {"8470-5.1-03 several",
         "PUT",
         "/",
         {"Host", "a", "Early-Data", "1", "Early-Data", "1"},
         425},
        {"8470-5.2-02", "POST", "/", {"Host", "a"}, 0},
        {"9112-3.2-05 no Host", "GET", "/", {NULL}, 400},
        {"9112-3.2-05 two Hosts", "GET", "/", {"Host", "a", "Host", "a"}, 400},
        {"9112-3.2-06 bad Host", "GET", "/", {"Host", "a b"}, 400},
        {"9112-3.2-06 Host with a path", "GET", "/", {"Host", "a/b"}, 400},
        {"userinfo in Host", "GET", "/", {"Host", "u@a"}, 400},
        {"empty Host is a value", "GET", "/", {"Host", ""}, 0},
        {"IPv6 Host", "GET", "/", {"Host", "[::1]:80"}, 0},
        {"9110-9.1-02 unknown method is not malformed",
         "FOO",
         "/",
         {"Host", "a"},
         0},
        {"method with a space", "G ET", "/", {"Host", "a"}, 400},
        {"target without slash", "GET", "x", {"Host", "a"}, 400},
        {"target with fragment", "GET", "/#a", {"Host", "a"}, 400},
        {"asterisk is for OPTIONS", "GET", "*", {"Host", "a"}, 400},
        {"asterisk", "OPTIONS", "*", {"Host", "a"}, 0},
        {"foreign scheme is not ours", "GET", "ftp://a/", {"Host", "a"}, 421},
        {"9110-7.4-01 https", "GET", "https://a/", {"Host", "a"}, 421},
        {"the scheme has no case", "GET", "HTTP://a/", {"Host", "a"}, 0},
        {"URI without authority, 9110-7.1-01",
         "GET",
         "h:80",
         {"Host", "a"},
         400},
        {"CONNECT wants a port", "CONNECT", "a", {"Host", "a"}, 400},
        {"name with a space", "GET", "/", {"Host", "a", "X Y", "1"}, 400},
        {"empty name", "GET", "/", {"Host", "a", "", "1"}, 400},
        {"control in a value", "GET", "/", {"Host", "a", "X", "1\x01"}, 400},
        {"DEL in a long value",
         "GET",
         "/",
         {"Host", "a", "X", "0123456789\x7f"},
         400},
        {"HTAB and obs-text may be",
         "GET",
         "/",
         {"Host", "a", "X", "0123\t456\xff\x80zzzzzzzzz"},
         0},
        {"9110-8.6 length not a number",
         "PUT",
         "/",
         {"Host", "a", "Content-Length", "+5"},
         400},
        {"9110-8.6 list of lengths",
         "PUT",
         "/",
         {"Host", "a", "Content-Length", "5, 5"},
         400},
        {"two lengths",
         "PUT",
         "/",
         {"Host", "a", "Content-Length", "5", "Content-Length", "5"},
         400},
        {"length beyond all bounds",
         "PUT",
         "/",
         {"Host", "a", "Content-Length", "99999999999999999999"},
         413},
        {"two media types",
         "PUT",
         "/",
         {"Host", "a", "Content-Type", "a/b", "Content-Type", "a/b"},
         400},
        {"two tags lists are one list",
         "GET",
         "/",
         {"Host", "a", "If-Match", "\"a\"", "If-Match", "\"b\""},
         0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        unsigned status = build(&rows[i], true);

        if (status != rows[i].status)
            fail_msg("%s: %u", rows[i].rule, status);
        vb_arena_done(&arena);
    }
}

/* 9112-3.2.2-04: the target's authority wins over Host. */
static void absolute_form_overrides_host(void **state)
{
    const struct row row = {
        "", "GET", "http://Example.com:8080?q=1", {"Host", "other"}, 0};

    (void)state;
    assert_int_equal(build(&row, true), 0);
    assert_span_equal(head.authority, "Example.com:8080");
    assert_span_equal(head.path, "/");
    assert_true(head.has_query);
    assert_span_equal(head.query, "q=1");
    vb_arena_done(&arena);
}

static void lines_of_one_name_are_chained_in_order(void **state)
{
    const struct row row = {
        "", "GET", "/", {"Accept", "a/b", "Host", "h", "accept", " c/d "}, 0};
    struct vb_span values[4], one;

    (void)state;
    assert_int_equal(build(&row, true), 0);
    assert_int_equal(vb_fields_values(&head.fields, VB_FIELD_ACCEPT, values, 4),
                     2);
    assert_span_equal(values[0], "a/b");
    assert_span_equal(values[1], "c/d");
    assert_false(vb_fields_single(&head.fields, VB_FIELD_ACCEPT, &one));
    assert_true(vb_fields_single(&head.fields, VB_FIELD_HOST, &one));
    assert_null(vb_fields_first(&head.fields, VB_FIELD_COOKIE));
    vb_arena_done(&arena);
}

static unsigned build_many(unsigned count, size_t value_len)
{
    static char value[64 * 1024];
    struct vb_head_builder builder;

    memset(value, 'v', sizeof(value));
    vb_arena_init(&arena, 4096, 1 << 20);
    memset(&head, 0, sizeof(head));
    vb_head_begin(&builder, &head, &arena, &vb_limits_default.head,
                  VB_SPAN("http"));
    vb_head_method(&builder, VB_SPAN("GET"));
    vb_head_target(&builder, VB_SPAN("/"));
    vb_head_field(&builder, VB_SPAN("Host"), VB_SPAN("a"));
    for (unsigned i = 1; i < count; i++)
        vb_head_field(&builder, VB_SPAN("X"), vb_span_of(value, value_len));
    return vb_head_end(&builder, true).status;
}

static void too_many_and_too_large_fields_are_431(void **state)
{
    (void)state;
    assert_int_equal(build_many(100, 1), 0);
    assert_int_equal(head.fields.count, 100);
    vb_arena_done(&arena);
    assert_int_equal(build_many(101, 1), 431);
    vb_arena_done(&arena);
    assert_int_equal(build_many(2, 20 * 1024), 431);
    vb_arena_done(&arena);
    assert_int_equal(build_many(10, 8 * 1024), 431);
    vb_arena_done(&arena);
}

static void a_long_target_is_414(void **state)
{
    static char target[9000];
    struct row row = {"", "GET", target, {"Host", "a"}, 0};

    (void)state;
    memset(target, 'a', sizeof(target) - 1);
    target[0] = '/';
    assert_int_equal(build(&row, true), 414);
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_judged_alike_for_every_wire),
        cmocka_unit_test(absolute_form_overrides_host),
        cmocka_unit_test(lines_of_one_name_are_chained_in_order),
        cmocka_unit_test(too_many_and_too_large_fields_are_431),
        cmocka_unit_test(a_long_target_is_414),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
