/* The storage contract, kept by the engine in memory. */
#include "unit.h"

#include <stdio.h>

#include "base/buf.h"
#include "contract.h"

static void memory_url(char *url, size_t size)
{
    (void)snprintf(url, size, "memory:");
}

static void memory_clean(const char *url)
{
    (void)url;
}

static const struct contract_engine memory = {"memory", 20, memory_url,
                                              memory_clean, true};

/* --- Opening by URL. --- */

static void unknown_storage_is_named_in_the_reason(void **state)
{
    static const struct {
        const char *url;
        enum vb_err want;
        const char *names;
    } rows[] = {
        {"postgress://db", VB_ERR_UNSUPPORTED, "postgress://db"},
        {"", VB_ERR_UNSUPPORTED, "sqlite:PATH"},
        {"memory", VB_ERR_UNSUPPORTED, "memory"},
        {"memory:x", VB_ERR_INVALID, "memory:x"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_store *store = NULL;
        struct vb_buf why;

        vb_buf_init(&why, 1000);
        assert_int_equal(vb_store_open(vb_span_str(rows[i].url), &store, &why),
                         rows[i].want);
        assert_null(store);
        vb_buf_char(&why, '\0');
        assert_non_null(strstr(why.ptr, rows[i].names));
        assert_null(strchr(why.ptr, '\n'));
        vb_buf_done(&why);
    }
    vb_store_close(NULL);
    vb_store_detach(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_storage_is_named_in_the_reason),
    };
    int failed = cmocka_run_group_tests_name("storage/open", tests, NULL, NULL);

    return failed + contract_run(&memory);
}
