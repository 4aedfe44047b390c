/*
 * Expressions: what they mean, what is no expression, and Kleene's logic.
 */
#include "unit.h"

#include "content/expression.h"
#include "content/json.h"
#include "content/schema.h"

enum { ACCOUNT, RESOURCE, CONTENT };

static const struct vb_span roots[] = {
    VB_SPAN_INIT("account"), VB_SPAN_INIT("resource"), VB_SPAN_INIT("content")};
static const struct vb_expression_word words[] = {
    {VB_SPAN_INIT("yes"), false},     {VB_SPAN_INIT("no"), false},
    {VB_SPAN_INIT("maybe"), false},   {VB_SPAN_INIT("role"), true},
    {VB_SPAN_INIT("account"), false},
};
static const struct vb_expression_language language = {
    .roots = roots,
    .root_count = 3,
    .words = words,
    .word_count = VB_COUNT_OF(words),
};
static const struct vb_expression_language plain;

static enum vb_truth word(const void *context, size_t word,
                          struct vb_span argument)
{
    static const enum vb_truth truths[] = {VB_TRUE, VB_FALSE, VB_UNKNOWN};

    (void)context;
    if (word == 3)
        return vb_span_eq(argument, VB_SPAN("admin")) ? VB_TRUE : VB_FALSE;
    return word == 4 ? VB_TRUE : truths[word];
}

static struct vb_json *json_of(const char *text)
{
    struct vb_json *json;

    assert_int_equal(vb_json_parse(vb_span_str(text), NULL, &json, NULL),
                     VB_OK);
    return json;
}

static enum vb_truth truth(const char *text,
                           const struct vb_expression_language *said,
                           const char *account, const char *resource)
{
    struct vb_json *a = account == NULL ? NULL : json_of(account);
    struct vb_json *b = resource == NULL ? NULL : json_of(resource);
    struct vb_expression_values values = {
        .roots = {a == NULL ? NULL : a->root, b == NULL ? NULL : b->root},
        .unknown = 1u << CONTENT,
        .word = word,
    };
    const struct vb_expression *expression;
    struct vb_expression_error error;
    enum vb_truth is;
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 20);
    if (vb_expression_read(&arena, vb_span_str(text), said, &expression,
                           &error) != VB_OK)
        fail_msg("%s: %s at %zu", text, error.text, error.offset);
    is = vb_expression_ask(expression, &values);
    vb_arena_done(&arena);
    vb_json_free(a);
    vb_json_free(b);
    return is;
}

/* --- Kleene --------------------------------------------------------------- */

static void logic_has_three_values(void **state)
{
    static const char *const names[] = {"no", "yes", "maybe"};
    static const enum vb_truth both[3][3] = {
        {VB_FALSE, VB_FALSE, VB_FALSE},
        {VB_FALSE, VB_TRUE, VB_UNKNOWN},
        {VB_FALSE, VB_UNKNOWN, VB_UNKNOWN},
    };
    static const enum vb_truth either[3][3] = {
        {VB_FALSE, VB_TRUE, VB_UNKNOWN},
        {VB_TRUE, VB_TRUE, VB_TRUE},
        {VB_UNKNOWN, VB_TRUE, VB_UNKNOWN},
    };
    static const enum vb_truth not [3] = {VB_TRUE, VB_FALSE, VB_UNKNOWN};
    char text[64];

    (void)state;
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            snprintf(text, sizeof(text), "%s AND %s", names[a], names[b]);
            assert_int_equal(truth(text, &language, NULL, NULL), both[a][b]);
            snprintf(text, sizeof(text), "%s %s", names[a], names[b]);
            assert_int_equal(truth(text, &language, NULL, NULL), both[a][b]);
            snprintf(text, sizeof(text), "%s OR %s", names[a], names[b]);
            assert_int_equal(truth(text, &language, NULL, NULL), either[a][b]);
            assert_int_equal(vb_truth_and((enum vb_truth)a, (enum vb_truth)b),
                             both[a][b]);
            assert_int_equal(vb_truth_or((enum vb_truth)a, (enum vb_truth)b),
                             either[a][b]);
        }
        snprintf(text, sizeof(text), "NOT %s", names[a]);
        assert_int_equal(truth(text, &language, NULL, NULL), not [a]);
        snprintf(text, sizeof(text), "-%s", names[a]);
        assert_int_equal(truth(text, &language, NULL, NULL), not [a]);
    }
}

/* --- what they mean ------------------------------------------------------- */

#define ACCOUNT_JSON                                                           \
    "{\"team\":\"a\",\"teams\":[\"a\",\"b\"],\"level\":3,\"ok\":true,"         \
    "\"none\":null}"
#define RESOURCE_JSON                                                          \
    "{\"team\":\"a\",\"n\":12345678901234567891,\"f\":1.0,\"s\":\"1\","        \
    "\"tags\":[1,\"x\"],\"in\":{\"a.b\":{\"c\":\"d\"}},\"open\":false,"        \
    "\"t\":\"2026-01-01T00:00:00Z\",\"none\":null,\"q\":\"it's \\\"so\\\"\"}"

static void an_expression_holds_for_what_it_says(void **state)
{
    static const struct {
        const char *text;
        enum vb_truth is;
    } rows[] = {
        /* precedence: OR before AND, and side by side is AND */
        {"yes OR no no", VB_FALSE},
        {"yes OR no AND no", VB_FALSE},
        {"(yes) OR (no AND no)", VB_TRUE},
        {"no AND no OR yes", VB_FALSE},
        {"NOT no OR no", VB_TRUE},
        {"NOT (yes OR no)", VB_FALSE},
        {"-(yes no)", VB_TRUE},
        {"\n yes\tAND(yes)\r\n", VB_TRUE},
        /* words */
        {"role:admin", VB_TRUE},
        {"role : \"admin\"", VB_TRUE},
        {"role:administrator", VB_FALSE},
        {"account", VB_TRUE},
        {"account AND no", VB_FALSE},
        /* two paths */
        {"resource.team = account.team", VB_TRUE},
        {"resource.team != account.team", VB_FALSE},
        {"resource.f < account.level", VB_TRUE},
        {"account.level >= account.level", VB_TRUE},
        {"account.teams:resource.team", VB_TRUE},
        {"account.teams:resource.s", VB_FALSE},
        {"resource.in = account.teams", VB_FALSE},
        {"account.teams = account.teams", VB_TRUE},
        {"resource.team < account.level", VB_FALSE},
        /* what is not there is not even equal to what is not there */
        {"resource.x = account.x", VB_FALSE},
        {"resource.none = account.none", VB_FALSE},
        {"resource.x != account.x", VB_TRUE},
        {"resource.x <= account.x", VB_FALSE},
        {"account.teams:resource.x", VB_FALSE},
        {"resource.x = null", VB_TRUE},
        {"resource.none = null", VB_TRUE},
        {"resource.team != null", VB_TRUE},
        {"resource.x != null", VB_FALSE},
        {"NOT resource.x = 1", VB_TRUE},
        /* values that are written out */
        {"resource.n > 12345678901234567890", VB_TRUE},
        {"resource.n = 12345678901234567891", VB_TRUE},
        {"resource.f = 1", VB_TRUE},
        {"resource.f = \"1\"", VB_FALSE},
        {"resource.s = 1", VB_TRUE},
        {"resource.s = '1'", VB_TRUE},
        {"resource.team=a", VB_TRUE},
        {"resource.team = \"A\"", VB_FALSE},
        {"resource.team >= a", VB_TRUE},
        {"resource.team < b", VB_TRUE},
        {"resource.open = false", VB_TRUE},
        {"resource.t = 2026-01-01T00:00:00Z", VB_TRUE},
        {"resource.t < 2026-06-01T00:00:00Z", VB_TRUE},
        {"resource.q = \"it's \\\"so\\\"\"", VB_TRUE},
        {"resource.q = 'it\\'s \"so\"'", VB_TRUE},
        {"resource.f > -1.5", VB_TRUE},
        {"resource.team = *", VB_FALSE},
        /* a list or an object has it; of a scalar it is equality */
        {"resource.tags:1", VB_TRUE},
        {"resource.tags:x", VB_TRUE},
        {"resource.tags:y", VB_FALSE},
        {"resource.in:\"a.b\"", VB_TRUE},
        {"resource.in:b", VB_FALSE},
        {"resource.team:a", VB_TRUE},
        {"resource.q:so", VB_FALSE},
        {"resource.team:*", VB_TRUE},
        {"resource.none:*", VB_FALSE},
        {"resource.x.y.z:*", VB_FALSE},
        {"resource:*", VB_TRUE},
        {"resource.in.'a.b'.c = d", VB_TRUE},
        /* a member alone */
        {"account.ok", VB_TRUE},
        {"NOT resource.open", VB_TRUE},
        {"account.level", VB_FALSE},
        {"account.x", VB_FALSE},
        /* of content nothing is known */
        {"content.a = 1", VB_UNKNOWN},
        {"content.a = resource.f", VB_UNKNOWN},
        {"content.a = 1 AND no", VB_FALSE},
        {"content.a = 1 OR yes", VB_TRUE},
        {"NOT content.a:*", VB_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (truth(rows[i].text, &language, ACCOUNT_JSON, RESOURCE_JSON) !=
            rows[i].is)
            fail_msg("%s", rows[i].text);
}

static void of_nobody_and_nothing_little_holds(void **state)
{
    (void)state;
    assert_int_equal(truth("resource.team = account.team", &language, NULL,
                           "{\"team\":null}"),
                     VB_FALSE);
    assert_int_equal(truth("account.ok", &language, NULL, "{}"), VB_FALSE);
    assert_int_equal(truth("resource:*", &language, NULL, NULL), VB_FALSE);
    assert_int_equal(truth("resource.a = 1", &language, NULL, "[1]"), VB_FALSE);
}

static void one_value_needs_no_root(void **state)
{
    (void)state;
    assert_int_equal(truth("team = a AND in.x:*", &plain,
                           "{\"team\":\"a\",\"in\":{\"x\":1}}", NULL),
                     VB_TRUE);
    assert_int_equal(
        truth("a = account.b", &plain, "{\"a\":\"account.b\"}", NULL), VB_TRUE);
}

/* --- what is no expression ------------------------------------------------ */

static void what_is_wrong_is_told_with_its_place(void **state)
{
    static const struct {
        const char *text;
        size_t offset;
        const char *name; /* nobody knows it */
    } rows[] = {
        {"", 0, NULL},
        {"   ", 3, NULL},
        {"owner", 0, "owner"},
        {"yes OR accont.team = 1", 7, "accont"},
        {"yes AND", 7, NULL},
        {"yes OR", 6, NULL},
        {"AND yes", 0, "AND"},
        {"(yes", 4, NULL},
        {"yes)", 3, NULL},
        {"()", 1, NULL},
        {"resource.a =", 12, NULL},
        {"resource.a = (b OR c)", 13, NULL},
        {"resource.a = f(x)", 13, NULL},
        {"resource.a(x)", 0, NULL},
        {"resource..a = 1", 9, NULL},
        {"resource. = 1", 9, NULL},
        {"resource.a = \"x", 13, NULL},
        {"resource.a = \"\\x\"", 15, NULL},
        {"resource.a = 1 = 2", 15, NULL},
        {"resource.a ! 1", 11, NULL},
        {"role", 4, NULL},
        {"role:", 5, NULL},
        {"role = admin", 4, NULL},
        {"yes:1", 4, NULL},
        {"NOT NOT yes", 4, "NOT"},
        {"a,b", 0, "a"},
        {"\x01", 0, NULL},
    };
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        if (vb_expression_read(&arena, vb_span_str(rows[i].text), &language,
                               &expression, &error) != VB_ERR_INVALID)
            fail_msg("%s is taken", rows[i].text);
        if (error.offset != rows[i].offset)
            fail_msg("%s: %s at %zu", rows[i].text, error.text, error.offset);
        if (rows[i].name != NULL)
            assert_true(vb_span_eq(error.name, vb_span_str(rows[i].name)));
        else
            assert_int_equal(error.name.len, 0);
    }
    vb_arena_done(&arena);
}

static bool a_schema(void *context, size_t root, const struct vb_span *path,
                     size_t len, struct vb_filter_field *ret_field)
{
    static const struct {
        const char *name;
        unsigned types, item_types;
        bool time;
    } rows[] = {
        {"n", VB_SCHEMA_INTEGER, 0, false},
        {"b", VB_SCHEMA_BOOLEAN, 0, false},
        {"t", VB_SCHEMA_STRING, 0, true},
        {"l", VB_SCHEMA_ARRAY, VB_SCHEMA_INTEGER, false},
        {"o", VB_SCHEMA_OBJECT, 0, false},
        {"m", VB_SCHEMA_OBJECT | VB_SCHEMA_STRING, 0, false},
    };

    (void)context;
    if (root == RESOURCE && len == 2)
        return vb_span_eq(path[0], VB_SPAN("o")) &&
               vb_span_eq(path[1], VB_SPAN("name"));
    for (size_t i = 0; root == RESOURCE && len == 1 && i < VB_COUNT_OF(rows);
         i++) {
        if (!vb_span_eq(path[0], vb_span_str(rows[i].name)))
            continue;
        ret_field->types = rows[i].types;
        ret_field->item_types = rows[i].item_types;
        ret_field->time = rows[i].time;
        return true;
    }
    return false;
}

static void types_are_checked_where_they_are_known(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"resource.n = 1", true},
        {"resource.n < 1.5", true},
        {"resource.n = x", false},
        {"resource.n = '1'", false},
        {"resource.n:1", true},
        {"resource.b = true", true},
        {"resource.b = yes", false},
        {"resource.b < true", false},
        {"resource.t < 2026-01-01T00:00:00Z", true},
        {"resource.t < tomorrow", false},
        {"resource.l:1", true},
        {"resource.l:x", false},
        {"resource.l = 1", false},
        {"resource.o:name", true},
        {"resource.o:other", false},
        {"resource.m:other", true},
        {"resource.o = name", false},
        {"resource.l:*", true},
        {"resource.x = 1", false},
        {"resource.n.m = 1", false},
        {"resource.n = account.n", false},
    };
    struct vb_expression_language typed = language;
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;

    (void)state;
    typed.field = a_schema;
    vb_arena_init(&arena, 4096, 1 << 20);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if ((vb_expression_read(&arena, vb_span_str(rows[i].text), &typed,
                                &expression, &error) == VB_OK) != rows[i].good)
            fail_msg("%s", rows[i].text);
    vb_arena_done(&arena);
}

/* Whether it is there tells as much as what it is. */
static void
a_member_of_which_nothing_is_known_is_not_found_by_name(void **state)
{
    struct vb_expression_language typed = language;

    (void)state;
    typed.field = a_schema;
    assert_int_equal(
        truth("resource.o:name", &typed, NULL, "{\"o\":{\"name\":1}}"),
        VB_TRUE);
    assert_int_equal(
        truth("resource.m:other", &typed, NULL, "{\"m\":{\"other\":1}}"),
        VB_FALSE);
    assert_int_equal(
        truth("resource.m:other", &typed, NULL, "{\"m\":\"other\"}"), VB_TRUE);
}

/* --- bounds --------------------------------------------------------------- */

static enum vb_err repeated(const char *head, const char *part, size_t count,
                            const char *tail)
{
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;
    struct vb_buf text;
    enum vb_err err;

    vb_arena_init(&arena, 4096, 1 << 20);
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, head);
    for (size_t i = 0; i < count; i++)
        vb_buf_str(&text, part);
    vb_buf_str(&text, tail);
    err = vb_expression_read(&arena, vb_buf_span(&text), &language, &expression,
                             &error);
    vb_buf_done(&text);
    vb_arena_done(&arena);
    return err;
}

static void it_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(repeated("yes", " no", 100, ""), VB_OK);
    assert_int_equal(repeated("yes", " no", 200, ""), VB_ERR_INVALID);
    assert_int_equal(repeated("yes", " ", 4093, ""), VB_OK);
    assert_int_equal(repeated("yes", " ", 4094, ""), VB_ERR_INVALID);
    assert_int_equal(repeated("", "(", VB_EXPRESSION_DEPTH, "yes"),
                     VB_ERR_INVALID); /* not closed */
    assert_int_equal(repeated("", "-(", VB_EXPRESSION_DEPTH + 1, "yes"),
                     VB_ERR_INVALID);
    assert_int_equal(repeated("resource", ".a", 15, "=1"), VB_OK);
    assert_int_equal(repeated("resource", ".a", 16, "=1"), VB_ERR_INVALID);
}

static void memory_may_be_short(void **state)
{
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 256, 512);
    assert_int_equal(
        vb_expression_read(&arena,
                           VB_SPAN("resource.a = 1 AND account.b = \"x\""),
                           &language, &expression, &error),
        VB_ERR_NOMEM);
    vb_arena_done(&arena);
}

/* --- what is in it -------------------------------------------------------- */

static void it_tells_what_it_needs(void **state)
{
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 4096, 1 << 20);
    assert_int_equal(
        vb_expression_read(&arena,
                           VB_SPAN("yes OR content.a = account.b OR "
                                   "content.a:* OR account.c"),
                           &language, &expression, &error),
        VB_OK);
    assert_int_equal(vb_expression_roots(expression),
                     1u << ACCOUNT | 1u << CONTENT);
    assert_int_equal(vb_expression_words(expression), 1);
    assert_non_null(vb_expression_only(expression, CONTENT));
    assert_null(vb_expression_only(expression, ACCOUNT));
    assert_null(vb_expression_only(expression, RESOURCE));
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logic_has_three_values),
        cmocka_unit_test(an_expression_holds_for_what_it_says),
        cmocka_unit_test(of_nobody_and_nothing_little_holds),
        cmocka_unit_test(one_value_needs_no_root),
        cmocka_unit_test(what_is_wrong_is_told_with_its_place),
        cmocka_unit_test(types_are_checked_where_they_are_known),
        cmocka_unit_test(
            a_member_of_which_nothing_is_known_is_not_found_by_name),
        cmocka_unit_test(it_is_bounded),
        cmocka_unit_test(memory_may_be_short),
        cmocka_unit_test(it_tells_what_it_needs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
