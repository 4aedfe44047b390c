/* How a store's URL is shown (storage/make.h): never with a password. */
#include "unit.h"

#include "base/buf.h"
#include "storage/make.h"

static void expect_shown(const char *url, const char *shown)
{
    struct vb_buf buf;

    vb_buf_init(&buf, 1000);
    vb_store_show(vb_span_str(url), &buf);
    assert_span_equal(vb_buf_span(&buf), shown);
    vb_buf_done(&buf);
}

static void what_has_no_password_is_shown(void **state)
{
    (void)state;
    expect_shown("memory:", "memory:");
    expect_shown("sqlite:data/a@b?passwords.db",
                 "sqlite:data/a@b?passwords.db");
    expect_shown("postgresql://db.example:5432/books",
                 "postgresql://db.example:5432/books");
    expect_shown("data/books.db", "data/books.db");
    expect_shown("", "");
}

static void a_password_is_not_shown(void **state)
{
    (void)state;
    expect_shown("postgresql://ann:secret@db/books",
                 "postgresql://ann@db/books");
    expect_shown("postgres://ann:secret@db/books", "postgresql://ann@db/books");
}

/* Nor is that of a URL with a mistake in it. */
static void what_is_no_url_of_ours_is_not_shown(void **state)
{
    (void)state;
    expect_shown("postgers://ann:secret@db/books", "postgers:...");
    expect_shown("postgrse:ann:secret@db", "postgrse:...");
    expect_shown("ann:secret@db", "ann:...");
    expect_shown("host=db password=secret", "...");
    expect_shown("host=db PASSWORD = secret", "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_no_password_is_shown),
        cmocka_unit_test(a_password_is_not_shown),
        cmocka_unit_test(what_is_no_url_of_ours_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
