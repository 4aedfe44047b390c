/* The rules of src/http/forwarded.h: RFC 7239. */
#include "unit.h"

#include "http/forwarded.h"

static struct vb_arena arena;

static int set_up(void **state)
{
    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_arena_done(&arena);
    return 0;
}

static void assert_member(struct vb_span got, const char *want)
{
    assert_int_equal(got.ptr != NULL, want != NULL);
    if (want != NULL)
        assert_span_equal(got, want);
}

static void hop_has_four_parameters_in_any_case_and_form(void **state)
{
    static const struct {
        const char *text;
        const char *for_, *by, *host, *proto;
    } rows[] = {
        {"for=\"_gazonk\"", "_gazonk", NULL, NULL, NULL},
        {"For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711", NULL,
         NULL, NULL},
        {"for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60",
         "203.0.113.43", NULL, "http"},
        {"for=192.0.2.60; proto=https ;host=\"h:8080\"", "192.0.2.60", NULL,
         "h:8080", "https"},
        {";;host=h;", NULL, NULL, "h", NULL},
        {"for=unknown;secret=x", "unknown", NULL, NULL, NULL},
        {"for=\"1.2.3.\\4\"", "1.2.3.4", NULL, NULL, NULL},
        {"x=y", NULL, NULL, NULL, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_forwardeds forwardeds;
        struct vb_forwarded hop;

        vb_forwardeds_init(&forwardeds, &arena, &line, 1);
        if (!vb_forwardeds_next(&forwardeds, &hop))
            fail_msg("%s", rows[i].text);
        assert_member(hop.for_, rows[i].for_);
        assert_member(hop.by, rows[i].by);
        assert_member(hop.host, rows[i].host);
        assert_member(hop.proto, rows[i].proto);
        assert_false(vb_forwardeds_next(&forwardeds, &hop));
        assert_int_equal(forwardeds.err, VB_OK);
    }
}

/* 7239-4-02: the last is the nearest, over all lines. */
static void hops_come_in_order_over_all_lines(void **state)
{
    static const struct vb_span lines[] = {
        VB_SPAN_INIT("for=192.0.2.43, for=\"[2001:db8:cafe::17]\""),
        VB_SPAN_INIT("for=_c")};
    static const char *const want[] = {"192.0.2.43", "[2001:db8:cafe::17]",
                                       "_c"};
    struct vb_forwardeds forwardeds;
    struct vb_forwarded hop;

    (void)state;
    vb_forwardeds_init(&forwardeds, &arena, lines, 2);
    for (size_t i = 0; i < VB_COUNT_OF(want); i++) {
        assert_true(vb_forwardeds_next(&forwardeds, &hop));
        assert_span_equal(hop.for_, want[i]);
    }
    assert_false(vb_forwardeds_next(&forwardeds, &hop));
    assert_int_equal(forwardeds.err, VB_OK);
}

/* 7239-4-01, 7239-5.3-01, 7239-5.4-01, 7239-6-01. */
static void malformed_hop_ends_the_field_with_an_error(void **state)
{
    static const char *const rows[] = {
        "for=1.2.3.4;FOR=1.2.3.4",
        "for=[::1]",
        "for=1.2.3.4:80",
        "for",
        "for=",
        "for=\"\"",
        "for=\"::1\"",
        "for=example",
        "host=\"a b\"",
        "host=\"\"",
        "proto=\"1x\"",
        "proto=\"ht tp\"",
        "for=1.2.3.4 proto=http",
        "for =1.2.3.4",
        "for=\"1.2.3.4",
        "=x",
        "host=\"u@h\"",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span lines[] = {vb_span_str(rows[i]), VB_SPAN("for=_ok")};
        struct vb_forwardeds forwardeds;
        struct vb_forwarded hop;

        vb_forwardeds_init(&forwardeds, &arena, lines, 2);
        if (vb_forwardeds_next(&forwardeds, &hop))
            fail_msg("%s parses", rows[i]);
        assert_int_equal(forwardeds.err, VB_ERR_SYNTAX);
        assert_false(vb_forwardeds_next(&forwardeds, &hop));
    }
}

/* 7239-6.3-01 and section 6. */
static void node_is_an_address_or_a_word_with_a_port(void **state)
{
    static const struct {
        const char *text;
        const char *name; /* NULL: refused */
        enum vb_node_kind kind;
        const char *port;
    } rows[] = {
        {"192.0.2.43", "192.0.2.43", VB_NODE_IPV4, NULL},
        {"192.0.2.43:47011", "192.0.2.43", VB_NODE_IPV4, "47011"},
        {"[2001:db8::1]", "[2001:db8::1]", VB_NODE_IPV6, NULL},
        {"[2001:db8::1]:_p", "[2001:db8::1]", VB_NODE_IPV6, "_p"},
        {"unknown", "unknown", VB_NODE_UNKNOWN, NULL},
        {"Unknown:1", "Unknown", VB_NODE_UNKNOWN, "1"},
        {"_hidden-1.a_b", "_hidden-1.a_b", VB_NODE_OBFUSCATED, NULL},
        {"_h:_p", "_h", VB_NODE_OBFUSCATED, "_p"},
        {"", NULL, 0, NULL},
        {"_", NULL, 0, NULL},
        {"_a b", NULL, 0, NULL},
        {"hidden", NULL, 0, NULL},
        {"192.0.2.256", NULL, 0, NULL},
        {"192.0.2.43:", NULL, 0, NULL},
        {"192.0.2.43:65536", NULL, 0, NULL},
        {"192.0.2.43:000080", NULL, 0, NULL},
        {"192.0.2.43:_", NULL, 0, NULL},
        {"2001:db8::1", NULL, 0, NULL},
        {"[2001:db8::1", NULL, 0, NULL},
        {"[2001:db8::1]x", NULL, 0, NULL},
        {"[192.0.2.43]", NULL, 0, NULL},
        {"[v1.a]", NULL, 0, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_node node;
        bool ok = vb_node_parse(vb_span_str(rows[i].text), &node);

        if (ok != (rows[i].name != NULL))
            fail_msg("%s: %d", rows[i].text, ok);
        if (!ok)
            continue;
        assert_span_equal(node.name, rows[i].name);
        assert_int_equal(node.kind, rows[i].kind);
        assert_member(node.port, rows[i].port);
    }
}

static void address_of_a_node_is_given(void **state)
{
    struct vb_node node;

    (void)state;
    assert_true(vb_node_parse(VB_SPAN("192.0.2.43:1"), &node));
    assert_memory_equal(node.address, "\xC0\x00\x02\x2B", 4);
    assert_true(vb_node_parse(VB_SPAN("[::ffff:1.2.3.4]"), &node));
    assert_memory_equal(node.address, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\1\2\3\4",
                        16);
}

/* 7239-6-01. */
static void hop_is_written_with_quotes_where_needed(void **state)
{
    static const struct {
        struct vb_forwarded hop;
        const char *text; /* NULL: refused */
    } rows[] = {
        {{.for_ = VB_SPAN_INIT("[2001:db8::1]:4711"),
          .by = VB_SPAN_INIT("_proxy"),
          .host = VB_SPAN_INIT("h:80"),
          .proto = VB_SPAN_INIT("https")},
         "for=\"[2001:db8::1]:4711\";by=_proxy;host=\"h:80\";proto=https"},
        {{.for_ = VB_SPAN_INIT("1.2.3.4")}, "for=1.2.3.4"},
        {{.for_ = {NULL, 0}}, NULL},
        {{.for_ = VB_SPAN_INIT("h")}, NULL},
        {{.for_ = VB_SPAN_INIT("_a"), .host = VB_SPAN_INIT("a\"b")}, NULL},
        {{.proto = VB_SPAN_INIT("")}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        if (vb_forwarded_write(&buf, &rows[i].hop) !=
            (rows[i].text == NULL ? VB_ERR_INVALID : VB_OK))
            fail_msg("row %zu", i);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hop_has_four_parameters_in_any_case_and_form),
        cmocka_unit_test(hops_come_in_order_over_all_lines),
        cmocka_unit_test(malformed_hop_ends_the_field_with_an_error),
        cmocka_unit_test(node_is_an_address_or_a_word_with_a_port),
        cmocka_unit_test(address_of_a_node_is_given),
        cmocka_unit_test(hop_is_written_with_quotes_where_needed),
    };

    return cmocka_run_group_tests_name("forwarded", tests, set_up, tear_down);
}
