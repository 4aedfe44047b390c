/* Who may use a proxy, as a file says it. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "access/users_inner.h"

/* Of "secret", at the least cost. */
#define HASH                                                                   \
    "$argon2id$v=19$m=8,t=1,p=1$Zav9zTnGHxA3BzSLQG/BLw$"                       \
    "4fFtlnVndmf95t+syQjIdpT+slMImoA5yQjr1tVn7S4"

static struct vb_users *parse(const char *text, struct vb_buf *why)
{
    struct vb_users *users = NULL;

    vb_buf_reset(why);
    (void)vb_users_parse(vb_span_str(text), "users", &users, why);
    return users;
}

static void names_are_found_whatever_their_order(void **state)
{
    struct vb_users *users;
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    users =
        parse("# people\r\n\nzoe:" HASH "\r\nada:" HASH "\n adam :" HASH, &why);
    assert_non_null(users);
    assert_span_equal(vb__users_find(users, VB_SPAN("ada"))->hash, HASH);
    assert_span_equal(vb__users_find(users, VB_SPAN("zoe"))->hash, HASH);
    assert_non_null(vb__users_find(users, VB_SPAN(" adam ")));
    assert_null(vb__users_find(users, VB_SPAN("adam")));
    assert_null(vb__users_find(users, VB_SPAN("")));
    vb_users_unref(vb_users_ref(users));
    vb_users_unref(users);
    users = parse("", &why);
    assert_non_null(users);
    assert_null(vb__users_find(users, VB_SPAN("ada")));
    vb_users_unref(users);
    vb_buf_done(&why);
}

static void what_is_wrong_is_told_by_its_line(void **state)
{
    static const struct {
        const char *text, *said;
    } rows[] = {
        {"ada", "users:1: this is no NAME:HASH"},
        {"\n\nada:secret", "users:3: behind the name there is no hash"},
        {"ada:" HASH "\nbob:" HASH "!", "users:2: behind the name"},
        {"ada:" HASH "\nbob:" HASH ":", "users:2: behind the name"},
        {"a:" HASH "\nb:" HASH "\na:" HASH, "users:3: this name stands"},
        {":" HASH, "users:1: nobody can have this name"},
        {"a\tb:" HASH, "users:1: nobody can have this name"},
        {"\xff:" HASH, "users:1: nobody can have this name"},
    };
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_null(parse(rows[i].text, &why));
        if (!vb_span_starts(vb_buf_span(&why), vb_span_str(rows[i].said)))
            fail_msg("row %zu: %.*s", i, VB_FMT(vb_buf_span(&why)));
    }
    vb_buf_done(&why);
}

static void there_may_be_so_many(void **state)
{
    struct vb_buf text, why;
    struct vb_users *users = NULL;

    (void)state;
    vb_buf_init(&text, VB_USERS_BYTES_MOST);
    vb_buf_init(&why, 4096);
    for (unsigned i = 0; i < VB_USERS_MOST; i++)
        vb_buf_printf(&text, "user%u:%s\n", i, HASH);
    assert_int_equal(vb_users_parse(vb_buf_span(&text), "users", &users, &why),
                     VB_OK);
    assert_non_null(vb__users_find(users, VB_SPAN("user9999")));
    vb_users_unref(users);
    vb_buf_str(&text, "one:" HASH);
    assert_int_equal(vb_users_parse(vb_buf_span(&text), "users", &users, &why),
                     VB_ERR_INVALID);
    vb_buf_done(&why);
    vb_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found_whatever_their_order),
        cmocka_unit_test(what_is_wrong_is_told_by_its_line),
        cmocka_unit_test(there_may_be_so_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
