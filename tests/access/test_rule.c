/*
 * Rules, asked by hand: who is owner, self and known, and what each row of the
 * flow makes of what is not known yet.
 */
#include "unit.h"

#include "access/rule.h"
#include "content/json.h"
#include "storage/store.h"

#define TEXT                                                                   \
    "openapi: 3.1.0\ninfo: {title: T, version: '1'}\n"                         \
    "components: {securitySchemes: {cert: {type: mutualTLS}}}\npaths:\n"       \
    "  /a:\n    put:\n      requestBody: {content: {application/json: "        \
    "{schema: {properties: {owner: {x-verbatim: {value: owner}}, n: "          \
    "{type: integer}}}}}}\n      x-verbatim: {allow: [%s]}\n"

static const struct vb_description *described;
static struct vb_notes notes;

static const struct vb_allow *rule(const char *text)
{
    char whole[1024];

    vb_notes_init(&notes);
    snprintf(whole, sizeof(whole), TEXT, text);
    assert_int_equal(vb_description_parse(VB_SPAN("t"), vb_span_str(whole),
                                          &notes, &described),
                     VB_OK);
    return described->routes[0]->by_method[VB_METHOD_PUT]->allow;
}

static void forget(void)
{
    vb_description_unref(described);
    vb_notes_done(&notes);
}

static const struct vb_span admin[] = {VB_SPAN_INIT("admin")};
static const struct vb_identity people[] = {
    {.account = VB_SPAN_INIT("/accounts/7"), .subject = VB_SPAN_INIT("7")},
    {.subject = VB_SPAN_INIT("ann"), .roles = admin, .role_count = 1},
    {.session = VB_SPAN_INIT("s")}, /* a browser that nobody knows */
};

/* By what is there (NULL: unknown yet; "": nothing). */
static enum vb_truth ask(const struct vb_allow *allow,
                         const struct vb_identity *identity, const char *there)
{
    const struct vb_exchange x = {.identity = identity};
    struct vb_ruling ruling;
    struct vb_json *json = NULL;
    enum vb_truth truth;

    vb_ruling_begin(&ruling, &x, allow);
    ruling.knows_state = there != NULL;
    if (there != NULL && there[0] != '\0')
        assert_int_equal(vb_json_parse(vb_span_str(there), NULL, &json, NULL),
                         VB_OK);
    ruling.state = json == NULL ? NULL : json->root;
    truth = vb_ruling_ask(&ruling);
    vb_ruling_done(&ruling);
    vb_json_free(json);
    return truth;
}

static void words_hold_for_whom_they_say(void **state)
{
    static const struct {
        const char *rule;
        int who; /* -1: nobody */
        const char *there;
        enum vb_truth is;
    } rows[] = {
        {"owner", 0, NULL, VB_UNKNOWN},
        {"owner", 0, "{\"owner\":\"7\"}", VB_TRUE},
        {"owner", 0, "{\"owner\":7}", VB_TRUE},
        {"owner", 0, "{\"owner\":\"77\"}", VB_FALSE},
        {"owner", 0, "{\"owner\":\"/accounts/7\"}", VB_FALSE},
        {"owner", 0, "{\"owner\":null}", VB_FALSE},
        {"owner", 0, "{}", VB_FALSE},
        {"owner", 0, "", VB_FALSE},
        {"owner", 1, "{\"owner\":\"ann\"}", VB_TRUE},
        {"owner", 2, NULL, VB_FALSE},
        {"owner", 2, "{\"owner\":\"\"}", VB_FALSE},
        {"owner", -1, NULL, VB_FALSE},
        {"owner", -1, "{\"owner\":\"\"}", VB_FALSE},
        {"'role:admin'", 1, NULL, VB_TRUE},
        {"'role:admin'", 0, NULL, VB_FALSE},
        {"'role:admin'", -1, NULL, VB_FALSE},
        {"account", 0, NULL, VB_TRUE},
        {"account", 1, NULL, VB_TRUE},
        {"account", 2, NULL, VB_FALSE},
        {"account", -1, NULL, VB_FALSE},
        {"anyone", -1, NULL, VB_TRUE},
        {"owner, 'role:admin'", 1, NULL, VB_TRUE},
        {"owner, 'role:admin'", 0, NULL, VB_UNKNOWN},
        {"owner AND role:admin", 0, NULL, VB_FALSE},
        {"owner AND role:admin", 1, NULL, VB_UNKNOWN},
        {"resource.n > 1", -1, NULL, VB_UNKNOWN},
        {"resource.n > 1", -1, "{\"n\":2}", VB_TRUE},
        {"resource.n > 1", -1, "", VB_FALSE},
        {"content.n > 1", -1, "", VB_UNKNOWN},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_identity *who =
            rows[i].who < 0 ? NULL : &people[rows[i].who];

        if (ask(rule(rows[i].rule), who, rows[i].there) != rows[i].is)
            fail_msg("row %zu: %s", i, rows[i].rule);
        forget();
    }
}

static void an_owner_is_named_by_id_or_uri(void **state)
{
    const struct vb_property by_id = {.format = VB_SPAN("")};
    const struct vb_property by_uri = {.format = VB_SPAN("uri-reference")};

    (void)state;
    assert_span_equal(vb_owner_name(&people[0], &by_id), "7");
    assert_span_equal(vb_owner_name(&people[0], &by_uri), "/accounts/7");
    assert_span_equal(vb_owner_name(&people[1], &by_uri), "ann");
    assert_int_equal(vb_owner_name(&people[2], &by_id).len, 0);
    assert_int_equal(vb_owner_name(NULL, &by_id).len, 0);
}

static void self_is_the_account_and_what_is_below(void **state)
{
    static const struct {
        struct vb_span key;
        enum vb_truth is;
    } rows[] = {
        {VB_SPAN_INIT("/accounts/7"), VB_TRUE},
        {VB_SPAN_INIT("/accounts/7/notes"), VB_TRUE},
        {VB_SPAN_INIT("/accounts/77"), VB_FALSE},
        {VB_SPAN_INIT("/accounts"), VB_FALSE},
        {VB_SPAN_INIT(""), VB_UNKNOWN},
    };
    static const struct vb_span roots[] = {VB_SPAN_INIT("account")};
    static const struct vb_expression_word words[] = {
        [VB_ALLOW_OWNER] = {VB_SPAN_INIT("owner"), false},
        [VB_ALLOW_SELF] = {VB_SPAN_INIT("self"), false},
    };
    const struct vb_expression_language language = {
        .roots = roots, .root_count = 1, .words = words, .word_count = 2};
    const struct vb_expression *self;
    struct vb_expression_error error;
    struct vb_allow allow = {.rules = &self, .count = 1};
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 1024, 1 << 16);
    assert_int_equal(
        vb_expression_read(&arena, VB_SPAN("self"), &language, &self, &error),
        VB_OK);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_ruling ruling = {
            .allow = &allow, .identity = &people[0], .key = rows[i].key};

        assert_int_equal(vb_ruling_ask(&ruling), rows[i].is);
        ruling.identity = &people[1];
        assert_int_equal(vb_ruling_ask(&ruling), VB_FALSE);
    }
    vb_arena_done(&arena);
}

/* Fails closed: what cannot be read is unknown, which in the end is no. */
static void an_account_that_cannot_be_read_is_unknown(void **state)
{
    struct vb_record record = {.content = VB_SPAN("{")};
    struct vb_identity who = people[0];
    const struct vb_exchange x = {.identity = &who};
    struct vb_allow allow = *rule("anyone");
    struct vb_ruling ruling;

    (void)state;
    who.record = &record;
    allow.by_account = true;
    vb_ruling_begin(&ruling, &x, &allow);
    assert_true(ruling.failed);
    vb_ruling_done(&ruling);
    forget();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_hold_for_whom_they_say),
        cmocka_unit_test(an_owner_is_named_by_id_or_uri),
        cmocka_unit_test(self_is_the_account_and_what_is_below),
        cmocka_unit_test(an_account_that_cannot_be_read_is_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
