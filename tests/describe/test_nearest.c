/* "Did you mean": the nearest of some names. */
#include "unit.h"

#include "describe/nearest.h"

static void the_nearest_name_is_suggested_if_one_is_near(void **state)
{
    static const char *const names[] = {"unique", "references", "value",
                                        "index",  "to",         "do"};
    static const struct {
        const char *word, *near;
    } rows[] = {
        {"unique", "unique"},
        {"uniqe", "unique"},
        {"uinque", "unique"},
        {"Unique", "unique"},
        {"reference", "references"},
        {"refrences", "references"},
        {"referneces", "references"},
        {"vlaue", "value"},
        {"indx", "index"},
        {"too", "to"},
        {"od", "do"},
        {"zebra", NULL},
        {"", NULL},
        {"archetype", NULL},
        {"uniqueuniqueuniqueuniqueuniqueuniqueuniqueunique", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *near =
            vb__nearest(vb_span_str(rows[i].word), names, VB_COUNT_OF(names));

        if (!near != !rows[i].near || (near && strcmp(near, rows[i].near) != 0))
            fail_msg("%s: %s", rows[i].word, near ? near : "none");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_name_is_suggested_if_one_is_near),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
