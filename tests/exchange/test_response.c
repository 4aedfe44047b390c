/* The builder of replies' heads: RFC 9110 sections 5, 6.4.1, 8.6 and 15. */
#include "unit.h"

#include "exchange/response.h"

static const struct vb_head_limits limits = {
    .max_target = 100, .max_field = 36, .max_fields = 4, .max_fields_size = 80};

struct row {
    const char *rule; /* ids of the ledger, or what else it is about */
    enum vb_method method;
    const char *status;
    const char *fields[12]; /* names and values */
    bool refused;
    bool too_large;
    bool has_content;
    int64_t length;
};

static const struct row rows[] = {
    {"9110-6.4.1", VB_METHOD_GET, "200", {0}, false, false, true, -1},
    {"9110-6.4.1 HEAD",
     VB_METHOD_HEAD,
     "200",
     {"Content-Length", "5"},
     false,
     false,
     false,
     5},
    {"9110-6.4.1 1xx", VB_METHOD_GET, "103", {0}, false, false, false, -1},
    {"9110-6.4.1 204", VB_METHOD_GET, "204", {0}, false, false, false, -1},
    {"9110-6.4.1 304",
     VB_METHOD_GET,
     "304",
     {"Content-Length", "5"},
     false,
     false,
     false,
     5},
    {"9110-6.4.1 CONNECT",
     VB_METHOD_CONNECT,
     "200",
     {0},
     false,
     false,
     false,
     -1},
    {"9110-6.4.1 CONNECT, refused",
     VB_METHOD_CONNECT,
     "407",
     {0},
     false,
     false,
     true,
     -1},
    {"9110-8.6 none",
     VB_METHOD_GET,
     "200",
     {"Content-Length", "0"},
     false,
     false,
     false,
     0},
    {"9110-8.6",
     VB_METHOD_GET,
     "200",
     {"content-length", "17"},
     false,
     false,
     true,
     17},
    {"9110-8.6-11",
     VB_METHOD_GET,
     "200",
     {"Content-Length", "+5"},
     true,
     false,
     false,
     -1},
    {"9110-8.6-11",
     VB_METHOD_GET,
     "200",
     {"Content-Length", ""},
     true,
     false,
     false,
     -1},
    {"9110-8.6-12",
     VB_METHOD_GET,
     "200",
     {"Content-Length", "5, 5"},
     true,
     false,
     false,
     -1},
    {"9110-8.6-12",
     VB_METHOD_GET,
     "200",
     {"Content-Length", "5", "Content-Length", "5"},
     true,
     false,
     false,
     -1},
    {"9110-8.6-09",
     VB_METHOD_GET,
     "200",
     {"Content-Length", "99999999999999999999"},
     true,
     false,
     false,
     -1},
    {"9110-15-02", VB_METHOD_GET, "099", {0}, true, false, false, -1},
    {"9110-15-02", VB_METHOD_GET, "600", {0}, true, false, false, -1},
    {"9110-15-02", VB_METHOD_GET, "20", {0}, true, false, false, -1},
    {"9110-15-02", VB_METHOD_GET, "2000", {0}, true, false, false, -1},
    {"9110-15-02", VB_METHOD_GET, "2 0", {0}, true, false, false, -1},
    {"9110-15-01", VB_METHOD_GET, "599", {0}, false, false, true, -1},
    {"9110-5.5-02",
     VB_METHOD_GET,
     "200",
     {"X", "a\rb"},
     true,
     false,
     false,
     -1},
    {"9110-5.5-04",
     VB_METHOD_GET,
     "200",
     {"X", "a\x01"},
     true,
     false,
     false,
     -1},
    {"9110-5.1 a name is a token",
     VB_METHOD_GET,
     "200",
     {"X y", "a"},
     true,
     false,
     false,
     -1},
    {"9110-5.1 a name is a token",
     VB_METHOD_GET,
     "200",
     {"", "a"},
     true,
     false,
     false,
     -1},
    {"a line's bound",
     VB_METHOD_GET,
     "200",
     {"X", "012345678901234567890123456789012345"},
     true,
     true,
     false,
     -1},
    {"the bound of all",
     VB_METHOD_GET,
     "200",
     {"X", "01234567890123456789", "X", "01234567890123456789", "X",
      "01234567890123456789", "X", "0123456789"},
     true,
     true,
     false,
     -1},
    {"the bound of lines",
     VB_METHOD_GET,
     "200",
     {"X", "", "X", "", "X", "", "X", "", "X", ""},
     true,
     true,
     false,
     -1},
};

static void play(const struct row *row)
{
    struct vb_response_builder builder;
    struct vb_response_head response = {0};
    struct vb_arena arena;
    const char *complaint;

    vb_arena_init(&arena, 4096, 64 * 1024);
    vb_response_head_begin(&builder, &response, &arena, &limits);
    vb_response_head_status(&builder, vb_span_str(row->status));
    for (size_t i = 0; i < 12 && row->fields[i] != NULL; i += 2)
        vb_response_head_field(&builder, vb_span_str(row->fields[i]),
                               vb_span_str(row->fields[i + 1]));
    complaint = vb_response_head_end(&builder, row->method);
    if ((complaint != NULL) != row->refused ||
        builder.too_large != row->too_large)
        fail_msg("%s: %s", row->rule,
                 complaint == NULL ? "it is taken" : complaint);
    if (!row->refused && (response.has_content != row->has_content ||
                          response.content_length != row->length))
        fail_msg("%s: it has %s content, of %lld", row->rule,
                 response.has_content ? "some" : "no",
                 (long long)response.content_length);
    vb_arena_done(&arena);
}

static void test_heads_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        play(&rows[i]);
}

/* 9110-5.5-01, 6265bis-3-02: as they came, in their order, without the white
 * space around them. */
static void test_fields_are_kept_as_they_came(void **state)
{
    struct vb_response_builder builder;
    struct vb_response_head response = {0};
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 64 * 1024);
    vb_response_head_begin(&builder, &response, &arena, &limits);
    vb_response_head_status(&builder, VB_SPAN("200"));
    vb_response_head_field(&builder, VB_SPAN("Set-Cookie"), VB_SPAN(" a\t"));
    vb_response_head_field(&builder, VB_SPAN("connection"), VB_SPAN("close"));
    vb_response_head_field(&builder, VB_SPAN("Set-Cookie"), VB_SPAN("b"));
    assert_null(vb_response_head_end(&builder, VB_METHOD_GET));
    assert_int_equal(response.status, 200);
    assert_int_equal(response.fields.count, 3);
    assert_span_equal(response.fields.at[0].value, "a");
    assert_span_equal(response.fields.at[1].name, "connection");
    assert_span_equal(response.fields.at[2].value, "b");
    vb_arena_done(&arena);
}

/* The first thing that is wrong is what is told. */
static void test_the_first_complaint_is_kept(void **state)
{
    struct vb_response_builder builder;
    struct vb_response_head response = {0};
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 64 * 1024);
    vb_response_head_begin(&builder, &response, &arena, &limits);
    vb_response_head_refuse(&builder, "first");
    vb_response_head_status(&builder, VB_SPAN("999"));
    vb_response_head_field(&builder, VB_SPAN("X"),
                           VB_SPAN("012345678901234567890123456789012345"));
    assert_string_equal(vb_response_head_end(&builder, VB_METHOD_GET), "first");
    assert_false(builder.too_large);
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads_by_rows),
        cmocka_unit_test(test_fields_are_kept_as_they_came),
        cmocka_unit_test(test_the_first_complaint_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
