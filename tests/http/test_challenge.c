/* The rules of src/http/challenge.h: RFC 9110 section 11, RFC 7617. */
#include "unit.h"

#include <stdio.h>

#include "http/challenge.h"

/* "scheme" or "scheme token68" or "scheme [params]". */
static void describe(const struct vb_challenge *challenge, char *out,
                     size_t size)
{
    if (challenge->token68.ptr != NULL)
        snprintf(out, size, "%.*s %.*s", VB_FMT(challenge->scheme),
                 VB_FMT(challenge->token68));
    else if (challenge->params.len > 0)
        snprintf(out, size, "%.*s [%.*s]", VB_FMT(challenge->scheme),
                 VB_FMT(challenge->params));
    else
        snprintf(out, size, "%.*s", VB_FMT(challenge->scheme));
}

/* 9110-5.6.3-05 and the ambiguities of the list in the list. */
static void challenges_are_parted_where_a_scheme_begins(void **state)
{
    static const struct {
        const char *text;
        size_t count;
        const char *challenges[4];
    } rows[] = {
        {"", 0, {NULL}},
        {" , ,", 0, {NULL}},
        {"Basic realm=\"a\"", 1, {"Basic [realm=\"a\"]"}},
        {"Negotiate", 1, {"Negotiate"}},
        {"Negotiate , Basic realm=a", 2, {"Negotiate", "Basic [realm=a]"}},
        {"Negotiate abc==", 1, {"Negotiate abc=="}},
        {"Negotiate a-._~+/1=, Basic realm=a",
         2,
         {"Negotiate a-._~+/1=", "Basic [realm=a]"}},
        {"Newauth realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\", "
         "Basic realm=\"simple\"",
         2,
         {"Newauth [realm=\"apps\", type=1, title=\"Login to \\\"apps\\\"\"]",
          "Basic [realm=\"simple\"]"}},
        {"Digest realm = \"x\" , qop\t=auth",
         1,
         {"Digest [realm = \"x\" , qop\t=auth]"}},
        {"A x=1, , y=2,, B", 2, {"A [x=1, , y=2]", "B"}},
        {"A x=\"b, C y=\\\"1\\\"\", D", 2, {"A [x=\"b, C y=\\\"1\\\"\"]", "D"}},
        {"A a, B b", 2, {"A a", "B b"}},
        {"A   a", 1, {"A a"}},
        {"A a=b", 1, {"A [a=b]"}},
        {"A a=", 1, {"A a="}},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_challenges challenges;
        struct vb_challenge challenge;
        char text[128];
        size_t n = 0;

        vb_challenges_init(&challenges, &line, 1);
        while (vb_challenges_next(&challenges, &challenge)) {
            assert_true(n < rows[i].count);
            describe(&challenge, text, sizeof(text));
            assert_string_equal(text, rows[i].challenges[n]);
            n++;
        }
        if (n != rows[i].count || challenges.malformed)
            fail_msg("%s: %zu", rows[i].text, n);
    }
}

static void malformed_challenge_ends_the_field(void **state)
{
    static const struct {
        const char *text;
        size_t good; /* challenges before it */
    } rows[] = {
        {"realm=\"a\"", 0},
        {"=", 0},
        {"\"Basic\"", 0},
        {"Basic\trealm=a", 0},
        {"Basic realm", 1}, /* a token68, by the grammar */
        {"Basic realm=\"a", 0},
        {"Basic realm=a b", 0},
        {"Basic realm=a; b=c", 0},
        {"Basic =a", 0},
        {"Basic realm=a, x=", 1},
        {"Basic realm=a, REALM=b", 0}, /* 9110-11.2-01 */
        {"A a, x=1", 1},
        {"A, x=1", 1},
        {"A a==b", 0},
        {"A x=\"\x01\"", 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].text);
        struct vb_challenges challenges;
        struct vb_challenge challenge;
        size_t n = 0;

        vb_challenges_init(&challenges, &line, 1);
        while (vb_challenges_next(&challenges, &challenge))
            n++;
        if (n != rows[i].good ||
            challenges.malformed != (strcmp(rows[i].text, "Basic realm") != 0))
            fail_msg("%s: %zu", rows[i].text, n);
        assert_false(vb_challenges_next(&challenges, &challenge));
    }
}

static void challenges_come_from_all_lines(void **state)
{
    static const struct vb_span lines[] = {VB_SPAN_INIT("Basic realm=a,"),
                                           VB_SPAN_INIT(""),
                                           VB_SPAN_INIT("Bearer")};
    struct vb_challenges challenges;
    struct vb_challenge challenge;

    (void)state;
    vb_challenges_init(&challenges, lines, 3);
    assert_true(vb_challenges_next(&challenges, &challenge));
    assert_true(vb_challenges_next(&challenges, &challenge));
    assert_span_equal(challenge.scheme, "Bearer");
    assert_false(vb_challenges_next(&challenges, &challenge));
    assert_false(challenges.malformed);
    vb_challenges_init(&challenges, NULL, 0);
    assert_false(vb_challenges_next(&challenges, &challenge));
}

static void parameters_are_bounded(void **state)
{
    char memory[1024];

    (void)state;
    for (size_t count = VB_AUTH_PARAMS_MAX; count <= VB_AUTH_PARAMS_MAX + 1;
         count++) {
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));
        struct vb_challenge credentials;

        vb_buf_str(&buf, "A ");
        for (size_t i = 0; i < count; i++)
            vb_buf_printf(&buf, "p%zu=1,", i);
        assert_int_equal(vb_credentials_parse(vb_buf_span(&buf), &credentials),
                         count == VB_AUTH_PARAMS_MAX);
    }
}

static void parameter_is_found_in_any_case_and_form(void **state)
{
    struct vb_challenge credentials;
    struct vb_param param;

    (void)state;
    assert_true(vb_credentials_parse(
        VB_SPAN("Digest Username=\"a, nonce=\\\"x\\\"\", NONCE = abc, nc=1"),
        &credentials));
    assert_true(vb_challenge_param(&credentials, VB_SPAN("nonce"), &param));
    assert_span_equal(param.value, "abc");
    assert_false(param.quoted);
    assert_true(vb_challenge_param(&credentials, VB_SPAN("username"), &param));
    assert_true(vb_param_eq(&param, VB_SPAN("a, nonce=\"x\"")));
    assert_false(vb_challenge_param(&credentials, VB_SPAN("realm"), &param));
}

static void credentials_are_one(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        {"Basic YQ==", true},
        {"Bearer abc.def-_", true},
        {" Basic YQ== ", true},
        {"Digest a=b, c=d", true},
        {"Digest a=b,, c=d ,", true},
        {"Basic YQ==,", false},
        {"Negotiate,", false},
        {"Negotiate", true},
        {"", false},
        {"Basic YQ==, B", false},
        {"Basic YQ== x", false},
        {"A a=b, B", false},
        {"Bearer a b", false},
        {"Bearer \"a\"", false},
        {"Basic \xC3\xA9", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_challenge credentials = {.scheme = VB_SPAN("untouched")};

        if (vb_credentials_parse(vb_span_str(rows[i].text), &credentials) !=
            rows[i].ok)
            fail_msg("%s", rows[i].text);
        if (!rows[i].ok)
            assert_span_equal(credentials.scheme, "untouched");
    }
}

/* 9110-11.2-01, 9110-11.5-02, 9110-5.6.3-04, 9110-5.6.4-02, 7617-2-01. */
static void challenge_is_written_with_a_quoted_realm(void **state)
{
    static const struct {
        const char *scheme;
        struct vb_auth_param params[2];
        size_t count;
        const char *text; /* NULL: refused */
    } rows[] = {
        {"Negotiate", {{.bare = false}}, 0, "Negotiate"},
        {"Basic",
         {{VB_SPAN_INIT("realm"), VB_SPAN_INIT("a \"b\\"), false},
          {VB_SPAN_INIT("charset"), VB_SPAN_INIT("UTF-8"), false}},
         2,
         "Basic realm=\"a \\\"b\\\\\", charset=\"UTF-8\""},
        {"Digest",
         {{VB_SPAN_INIT("realm"), VB_SPAN_INIT(""), false},
          {VB_SPAN_INIT("stale"), VB_SPAN_INIT("true"), true}},
         2,
         "Digest realm=\"\", stale=true"},
        {"Basic", {{VB_SPAN_INIT("realm"), VB_SPAN_INIT("a"), true}}, 1, NULL},
        {"A", {{VB_SPAN_INIT("x"), VB_SPAN_INIT("a b"), true}}, 1, NULL},
        {"A", {{VB_SPAN_INIT("x y"), VB_SPAN_INIT("a"), false}}, 1, NULL},
        {"A", {{VB_SPAN_INIT("x"), VB_SPAN_INIT("a\r\n"), false}}, 1, NULL},
        {"A b", {{.bare = false}}, 0, NULL},
        {"", {{.bare = false}}, 0, NULL},
        {"A",
         {{VB_SPAN_INIT("x"), VB_SPAN_INIT("1"), false},
          {VB_SPAN_INIT("X"), VB_SPAN_INIT("2"), false}},
         2,
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        if (vb_challenge_write(&buf, vb_span_str(rows[i].scheme),
                               rows[i].params, rows[i].count) !=
            (rows[i].text == NULL ? VB_ERR_INVALID : VB_OK))
            fail_msg("row %zu", i);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

/* 7617-2-02, 7617-2-03. */
static void basic_credentials_split_at_the_first_colon(void **state)
{
    static const struct {
        const char *text;
        enum vb_err err;
        const char *user, *password;
    } rows[] = {
        {"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", VB_OK, "Aladdin", "open sesame"},
        {"basic dXNlcjpwYTpzcw==", VB_OK, "user", "pa:ss"},
        {"Basic dGVzdDoxMjPCow==", VB_OK, "test", "123\xC2\xA3"},
        {"Basic Og==", VB_OK, "", ""},
        {"Basic YQ==", VB_ERR_SYNTAX, NULL, NULL},
        {"Basic YTpi!", VB_ERR_SYNTAX, NULL, NULL},
        {"Basic YTpiY", VB_ERR_SYNTAX, NULL, NULL},
        {"Basic YTpi=", VB_ERR_SYNTAX, NULL, NULL},
        {"Basic YToK", VB_ERR_SYNTAX, NULL, NULL}, /* "a:\n" */
        {"Basic YToA", VB_ERR_SYNTAX, NULL, NULL}, /* "a:\0" */
        {"Basic", VB_ERR_SYNTAX, NULL, NULL},
        {"Basic a=b", VB_ERR_SYNTAX, NULL, NULL},
        {"Bearer YTpi", VB_ERR_UNSUPPORTED, NULL, NULL},
    };
    struct vb_arena arena;

    (void)state;
    vb_arena_init(&arena, 256, 4096);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span user = VB_SPAN("untouched"), password = user;
        struct vb_challenge credentials = {.token68 = {NULL, 0}};

        if (!vb_credentials_parse(vb_span_str(rows[i].text), &credentials)) {
            assert_int_equal(rows[i].err, VB_ERR_SYNTAX);
            continue;
        }
        if (vb_basic_parse(&arena, &credentials, &user, &password) !=
            rows[i].err)
            fail_msg("%s", rows[i].text);
        assert_span_equal(user,
                          rows[i].err == VB_OK ? rows[i].user : "untouched");
        assert_span_equal(password, rows[i].err == VB_OK ? rows[i].password
                                                         : "untouched");
    }
    vb_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_are_parted_where_a_scheme_begins),
        cmocka_unit_test(malformed_challenge_ends_the_field),
        cmocka_unit_test(challenges_come_from_all_lines),
        cmocka_unit_test(parameters_are_bounded),
        cmocka_unit_test(parameter_is_found_in_any_case_and_form),
        cmocka_unit_test(credentials_are_one),
        cmocka_unit_test(challenge_is_written_with_a_quoted_realm),
        cmocka_unit_test(basic_credentials_split_at_the_first_colon),
    };

    return cmocka_run_group_tests_name("challenge", tests, NULL, NULL);
}
