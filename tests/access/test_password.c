/* What a password is, and what is kept of it. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "access/account.h"
#include "access/password.h"
#include "exchange/exchange.h"

static bool prepares(const char *said, const char *want)
{
    struct vb_arena arena;
    struct vb_span got;
    bool fine;

    vb_arena_init(&arena, 4096, 65536);
    fine = vb_password_prepare(&arena, vb_span_str(said), &got) &&
           vb_span_eq(got, vb_span_str(want));
    vb_arena_done(&arena);
    return fine;
}

static void it_is_an_opaque_string(void **state)
{
    char longest[VB_PASSWORD_MOST + 2];

    (void)state;
    assert_true(prepares("correct horse", "correct horse"));
    assert_true(prepares("A\xcc\x8a", "\xc3\x85"));    /* composed */
    assert_true(prepares("a\xe3\x80\x80z", "a z"));    /* a wide space */
    assert_true(prepares("\xe2\x84\xab", "\xc3\x85")); /* the sign is one */
    assert_true(prepares("Foo", "Foo"));               /* case is kept */
    assert_false(prepares("", ""));
    assert_false(prepares("tab\there", "tab\there"));
    assert_false(prepares("\xff", "\xff"));
    memset(longest, 'x', sizeof(longest));
    longest[VB_PASSWORD_MOST] = '\0';
    assert_true(prepares(longest, longest));
    longest[VB_PASSWORD_MOST] = 'x';
    longest[VB_PASSWORD_MOST + 1] = '\0';
    assert_false(prepares(longest, longest));
}

static bool verifies(struct vb_passwords *passwords, const char *hash,
                     const char *password, bool *ret_stale)
{
    struct vb_password_work work = {.password = vb_span_str(password)};
    struct vb_env env = {.executor = NULL};

    (void)snprintf(work.hash, sizeof(work.hash), "%s", hash);
    assert_int_equal(vb_passwords_begin(passwords, &env, &work),
                     VB_PASSWORD_DONE);
    assert_false(work.failed);
    *ret_stale = work.stale;
    return work.good;
}

static void a_hash_is_verified_and_its_cost_is_known(void **state)
{
    const struct vb_password_cost cost = {8192, 1}, dearer = {16384, 2};
    struct vb_passwords *passwords = vb_passwords_new(&cost);
    struct vb_passwords *later = vb_passwords_new(&dearer);
    struct vb_password_work work = {.makes = true,
                                    .password = VB_SPAN("secret")};
    struct vb_env env = {.executor = NULL};
    bool stale;

    (void)state;
    assert_int_equal(vb_passwords_begin(passwords, &env, &work),
                     VB_PASSWORD_DONE);
    assert_true(work.good);
    assert_true(vb_password_is_hash(vb_span_str(work.hash)));
    assert_true(verifies(passwords, work.hash, "secret", &stale));
    assert_false(stale);
    assert_false(verifies(passwords, work.hash, "Secret", &stale));
    assert_true(verifies(later, work.hash, "secret", &stale));
    assert_true(stale);
    assert_false(vb_password_is_hash(VB_SPAN("secret")));
    vb_passwords_free(passwords);
    vb_passwords_free(later);
}

static void a_stale_hash_is_made_anew_and_keeps_its_mark(void **state)
{
    const struct vb_password_cost cost = {8192, 1}, dearer = {16384, 2};
    struct vb_passwords *now = vb_passwords_new(&cost);
    struct vb_passwords *later = vb_passwords_new(&dearer);
    struct vb_password_work work = {.makes = true,
                                    .password = VB_SPAN("secret")};
    struct vb_password_work again = {.renews = true,
                                     .password = VB_SPAN("Secret")};
    struct vb_env env = {.executor = NULL};
    char mark[2][VB_ACCOUNT_MARK];
    bool stale;

    (void)state;
    (void)vb_passwords_begin(now, &env, &work);
    memcpy(again.hash, work.hash, sizeof(work.hash));
    (void)vb_passwords_begin(later, &env, &again);
    assert_false(again.good);
    assert_string_equal(again.renewed, ""); /* it is another's */
    again.password = VB_SPAN("secret");
    (void)vb_passwords_begin(now, &env, &again);
    assert_true(again.good);
    assert_string_equal(again.renewed, ""); /* it is of today */
    (void)vb_passwords_begin(later, &env, &again);
    assert_non_null(strstr(again.renewed, "$argon2id$v=19$m=16,t=2,p=1$"));
    assert_true(vb_password_is_hash(vb_span_str(again.renewed)));
    assert_true(verifies(later, again.renewed, "secret", &stale));
    assert_false(stale);
    assert_false(verifies(later, again.renewed, "Secret", &stale));
    vb_account_mark(vb_span_str(work.hash), mark[0]);
    vb_account_mark(vb_span_str(again.renewed), mark[1]);
    assert_memory_equal(mark[0], mark[1], VB_ACCOUNT_MARK);
    /* The same password, set again, is another. */
    (void)vb_passwords_begin(now, &env, &work);
    vb_account_mark(vb_span_str(work.hash), mark[1]);
    assert_memory_not_equal(mark[0], mark[1], VB_ACCOUNT_MARK);
    vb_account_mark(VB_SPAN(""), mark[0]);
    memset(mark[1], 0, VB_ACCOUNT_MARK);
    assert_memory_equal(mark[0], mark[1], VB_ACCOUNT_MARK);
    vb_passwords_free(now);
    vb_passwords_free(later);
}

static void a_salt_is_what_stands_fourth(void **state)
{
    (void)state;
    assert_span_equal(vb_password_salt(VB_SPAN("$argon2id$v=19$m=8$ab/c$d")),
                      "ab/c");
    assert_span_equal(vb_password_salt(VB_SPAN("$a$b$c$d")), "");
    assert_span_equal(vb_password_salt(VB_SPAN("secret")), "");
    assert_span_equal(vb_password_salt(VB_SPAN("")), "");
}

/* It is well-formed, so that verifying it takes what others take. */
static void the_dummy_is_nobody_s_and_costs_the_same(void **state)
{
    const struct vb_password_cost cost = {1024 * 1024, 3};
    struct vb_passwords *passwords = vb_passwords_new(&cost);
    const char *dummy = vb_passwords_dummy(passwords);
    bool stale;

    (void)state;
    assert_non_null(strstr(dummy, "$argon2id$v=19$m=1024,t=3,p=1$"));
    assert_int_equal(strlen(dummy),
                     strlen("$argon2id$v=19$m=1024,t=3,p=1$") + 22 + 1 + 43);
    assert_false(verifies(passwords, dummy, "secret", &stale));
    vb_passwords_free(passwords);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_an_opaque_string),
        cmocka_unit_test(a_hash_is_verified_and_its_cost_is_known),
        cmocka_unit_test(a_stale_hash_is_made_anew_and_keeps_its_mark),
        cmocka_unit_test(a_salt_is_what_stands_fourth),
        cmocka_unit_test(the_dummy_is_nobody_s_and_costs_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
