/* Values of options: what each kind takes, and what it says to the rest. */
#include "unit.h"

#include "server/option.h"

/* --- Numbers, sizes, times --------------------------------------------------
 */

static const struct vb_option *option(const char *name)
{
    const struct vb_option *found = vb_option_find(vb_span_str(name));

    assert_non_null(found);
    return found;
}

static enum vb_err read_value(const char *name, const char *text,
                              struct vb_config *config, struct vb_buf *why)
{
    *config = (struct vb_config){.max_connections = 0};
    vb_arena_init(&config->arena, 1024, 1 << 20);
    vb_buf_init(why, 4096);
    return vb_option_read(option(name), vb_span_str(text), config, why);
}

static uint64_t number(const char *name, const struct vb_config *config)
{
    const char *at = (const char *)config + option(name)->offset;
    uint32_t small;
    uint64_t large;

    if (option(name)->size == sizeof(large)) {
        memcpy(&large, at, sizeof(large));
        return large;
    }
    memcpy(&small, at, sizeof(small));
    return small;
}

static void numbers_have_units_and_fit_their_members(void **state)
{
    static const struct {
        const char *name, *text;
        uint64_t want;
    } rows[] = {
        {"max-content", "0", 0},
        {"max-content", "512", 512},
        {"max-content", "000000000000000000000000512", 512},
        {"max-content", "64k", UINT64_C(64) << 10},
        {"max-content", "64K", UINT64_C(64) << 10},
        {"max-content", "10M", UINT64_C(10) << 20},
        {"max-content", "10m", UINT64_C(10) << 20},
        {"max-content", "3G", UINT64_C(3) << 30},
        {"max-content", "1T", UINT64_C(1) << 40},
        {"max-content", "1024G", UINT64_C(1) << 40},
        {"max-content", "1099511627776", UINT64_C(1) << 40},
        {"max-target", "1M", 1 << 20},
        {"max-fields", "250", 250},
        {"max-fields", "1", 1},
        {"max-requests", "4294967295", UINT32_MAX},
        {"workers", "auto", 0},
        {"workers", "AUTO", 0},
        {"workers", "7", 7},
        {"linger", "0", 0},
        {"linger", "0s", 0},
        {"linger", "1ms", 1},
        {"linger", "60s", 60000},
        {"linger", "1m", 60000},
        {"idle-timeout", "24h", 86400000},
        {"idle-timeout", "24H", 86400000},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_config config;
        struct vb_buf why;

        if (read_value(rows[i].name, rows[i].text, &config, &why) != VB_OK)
            fail_msg("%s %s: %.*s", rows[i].name, rows[i].text,
                     VB_FMT(vb_buf_span(&why)));
        assert_int_equal(number(rows[i].name, &config), rows[i].want);
        assert_int_equal(why.len, 0);
        vb_buf_done(&why);
        vb_config_done(&config);
    }
}

/* --- Words and texts --------------------------------------------------------
 */

static void flags_are_said_in_four_ways(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } rows[] = {
        {"yes", true}, {"no", false},  {"true", true}, {"false", false},
        {"on", true},  {"off", false}, {"1", true},    {"0", false},
        {"YES", true}, {"Off", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_config config;
        struct vb_buf why;

        assert_int_equal(read_value("open", rows[i].text, &config, &why),
                         VB_OK);
        assert_true(config.open == rows[i].want);
        assert_false(config.trace);
        vb_buf_done(&why);
        vb_config_done(&config);
    }
}

static void a_text_is_copied_into_the_configuration(void **state)
{
    char text[] = "/var/log/verbatim.log";
    struct vb_config config;
    struct vb_buf why;

    (void)state;
    assert_int_equal(read_value("log", text, &config, &why), VB_OK);
    text[1] = 'X';
    assert_string_equal(config.log, "/var/log/verbatim.log");
    vb_buf_done(&why);
    vb_config_done(&config);
}

static void a_list_of_addresses_is_read_whole(void **state)
{
    static const char *const want[] = {"http://127.0.0.1:80", "http://[::1]:81",
                                       "unix:/run/v.sock", "http://[::]:82"};
    struct vb_config config;
    struct vb_buf why;

    (void)state;
    assert_int_equal(read_value("listen",
                                "127.0.0.1:80, [::1]:81,unix:/run/v.sock,:82",
                                &config, &why),
                     VB_OK);
    assert_int_equal(config.listen_count, VB_COUNT_OF(want));
    for (size_t i = 0; i < VB_COUNT_OF(want); i++) {
        vb_buf_reset(&why);
        vb_address_format(&config.listen[i], &why);
        assert_span_equal(vb_buf_span(&why), want[i]);
    }
    vb_buf_done(&why);
    vb_config_done(&config);
}

/* --- What is refused --------------------------------------------------------
 */

static void a_bad_value_is_refused_with_the_reason(void **state)
{
    static const struct {
        const char *name, *text, *want;
    } rows[] = {
        {"max-fields", "", "\"\" is not a whole number"},
        {"max-fields", "x", "\"x\" is not a whole number"},
        {"max-fields", "1.5", "\"1.5\" is not a whole number"},
        {"max-fields", "-1", "\"-1\" is not a whole number"},
        {"max-fields", "+1", "\"+1\" is not a whole number"},
        {"max-fields", " 1", "\" 1\" is not a whole number"},
        {"max-fields", "1k", "\"1k\" is not a whole number"},
        {"max-fields", "0", "\"0\" is less than 1"},
        {"max-fields", "251", "\"251\" is more than 250"},
        {"max-requests", "4294967296",
         "\"4294967296\" is more than 4294967295"},
        {"workers", "many", "\"many\" is neither auto nor a whole number"},
        {"workers", "0", "\"0\" is less than 1"},
        {"workers", "1025", "\"1025\" is more than 1024"},
        {"max-content", "12q",
         "\"12q\" is not a size such as 512, 64k, 10M or 1G"},
        {"max-content", "k", "\"k\" is not a size such as 512, 64k, 10M or 1G"},
        {"max-content", "1 M",
         "\"1 M\" is not a size such as 512, 64k, 10M or 1G"},
        {"max-content", "2T", "\"2T\" is more than 1T"},
        {"max-content", "1099511627777", "\"1099511627777\" is more than 1T"},
        {"max-content", "18446744073709551617",
         "\"18446744073709551617\" is more than 1T"},
        {"max-content", "99999999999999999T",
         "\"99999999999999999T\" is more than 1T"},
        {"max-target", "63", "\"63\" is less than 64"},
        {"max-target", "4096M", "\"4096M\" is more than 1M"},
        {"linger", "10", "\"10\" is not a time such as 500ms, 10s, 5m or 1h"},
        {"linger", "10d", "\"10d\" is not a time such as 500ms, 10s, 5m or 1h"},
        {"linger", "61s", "\"61s\" is more than 1m"},
        {"head-timeout", "99ms", "\"99ms\" is less than 100ms"},
        {"head-timeout", "0", "\"0\" is less than 100ms"},
        {"open", "maybe", "\"maybe\" is neither yes nor no"},
        {"open", "", "\"\" is neither yes nor no"},
        {"log-format", "xml", "\"xml\" is neither combined nor json"},
        {"log-redact", "some",
         "\"some\" is not a rule: write all, none, all-but:NAME,NAME or "
         "only:NAME,NAME"},
        {"log-redact", "only:",
         "\"only:\" is not a rule: the name of a parameter is missing"},
        {"log", "", "\"\" is empty"},
        {"publish", "openapi.json",
         "\"openapi.json\" is neither off nor a path in its normal form such "
         "as /openapi.json"},
        {"publish", "/a/../b",
         "\"/a/../b\" is neither off nor a path in its normal form such as "
         "/openapi.json"},
        {"publish", "/",
         "\"/\" is neither off nor a path in its normal form such as "
         "/openapi.json"},
        {"rate", "100",
         "\"100\" is neither off nor a rate such as 100/s, 600/m or 5000/h"},
        {"rate", "100/x",
         "\"100/x\" is neither off nor a rate such as 100/s, 600/m or 5000/h"},
        {"rate", "1/ms",
         "\"1/ms\" is neither off nor a rate such as 100/s, 600/m or 5000/h"},
        {"rate", "0/s", "\"0/s\" is less than 1"},
        {"rate", "1000001/s", "\"1000001/s\" is more than 1000000"},
        {"origin", "app.example",
         "\"app.example\" is no origin such as https://app.example or "
         "http://localhost:3000"},
        {"origin", "https://app.example/",
         "\"https://app.example/\" is no origin such as https://app.example "
         "or http://localhost:3000"},
        {"origin", "https://a.example,null",
         "\"null\" is no origin such as https://app.example or "
         "http://localhost:3000"},
        {"origin", "https://me@a.example",
         "\"https://me@a.example\" is no origin such as https://app.example "
         "or http://localhost:3000"},
        {"server-name", "a.example:80",
         "\"a.example:80\" is no host's name such as books.example, without "
         "a port"},
        {"server-name", "10.0.0.1",
         "\"10.0.0.1\" is no host's name such as books.example, without a "
         "port"},
        {"server-name", "",
         "\"\" is no host's name such as books.example, without a port"},
        {"storage", "mysql://x",
         "\"mysql://x\" is no storage that is known (sqlite:PATH, "
         "postgresql://HOST/DATABASE or memory:)"},
        {"listen", "", "\"\" is no address"},
        {"listen", ":80,", "\"\" is no address"},
        {"listen", "a\nb:80", "\"a\\x0Ab:80\" is no address"},
        {"listen", "example.org:80",
         "cannot listen on `example.org:80': the host must be an IP address "
         "or localhost"},
        {"listen", ":99999",
         "cannot listen on `:99999': the port must be a number up to 65535"},
        {"listen", "80",
         "cannot listen on `80': write HOST:PORT, :PORT, "
         "https://HOST:PORT or unix:PATH"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_config config;
        struct vb_buf why;

        if (read_value(rows[i].name, rows[i].text, &config, &why) !=
            VB_ERR_INVALID)
            fail_msg("%s %s was taken", rows[i].name, rows[i].text);
        assert_span_equal(vb_buf_span(&why), rows[i].want);
        vb_buf_done(&why);
        vb_config_done(&config);
    }
}

/* What is shown of it is bounded, and harmless to a terminal. */
static void a_long_bad_value_is_shown_in_part(void **state)
{
    char text[4001];
    struct vb_config config;
    struct vb_buf why;

    (void)state;
    memset(text, '\x1b', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    assert_int_equal(read_value("workers", text, &config, &why),
                     VB_ERR_INVALID);
    assert_true(why.len < 400);
    assert_null(memchr(why.ptr, '\x1b', why.len));
    assert_true(
        vb_span_ends(vb_buf_span(&why),
                     VB_SPAN("\\x1B...\" is neither auto nor a whole number")));
    vb_buf_done(&why);
    vb_config_done(&config);
}

static void addresses_are_bounded(void **state)
{
    struct vb_config config;
    struct vb_buf why, text;

    (void)state;
    vb_buf_init(&text, 1 << 16);
    for (int i = 0; i < 65; i++)
        vb_buf_printf(&text, "%s:%d", i > 0 ? "," : "", 1000 + i);
    vb_buf_char(&text, '\0');
    assert_int_equal(read_value("listen", text.ptr, &config, &why),
                     VB_ERR_INVALID);
    assert_span_equal(vb_buf_span(&why), "there are more than 64 addresses");
    vb_buf_done(&why);
    vb_buf_done(&text);
    vb_config_done(&config);
}

static void names_are_a_list_and_bounded(void **state)
{
    struct vb_config config;
    struct vb_buf why, text;

    (void)state;
    assert_int_equal(
        read_value("server-name", "a.example, b.example", &config, &why),
        VB_OK);
    assert_int_equal(config.hosts.count, 2);
    assert_string_equal(config.hosts.at[0], "a.example");
    assert_string_equal(config.hosts.at[1], "b.example");
    vb_option_clear(option("server-name"), &config);
    assert_int_equal(config.hosts.count, 0);
    vb_buf_done(&why);
    vb_config_done(&config);
    vb_buf_init(&text, 1 << 16);
    for (int i = 0; i < 65; i++)
        vb_buf_printf(&text, "%sh%d", i > 0 ? "," : "", i);
    vb_buf_char(&text, '\0');
    assert_int_equal(read_value("server-name", text.ptr, &config, &why),
                     VB_ERR_INVALID);
    assert_span_equal(vb_buf_span(&why), "there are more than 64 of them");
    vb_buf_done(&why);
    vb_buf_done(&text);
    vb_config_done(&config);
}

/* --- The table --------------------------------------------------------------
 */

static void names_are_well_formed_and_unique(void **state)
{
    (void)state;
    assert_true(vb_option_count > 20);
    for (size_t i = 0; i < vb_option_count; i++) {
        const struct vb_option *at = &vb_options[i];
        char name[VB_OPTION_VARIABLE_MAX];

        assert_int_equal(
            strspn(at->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
            strlen(at->name));
        assert_ptr_equal(vb_option_find(vb_span_str(at->name)), at);
        vb_option_variable(at, name);
        assert_int_equal(strncmp(name, "VERBATIM_", 9), 0);
        assert_int_equal(strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"),
                         strlen(name));
        assert_true((at->kind == VB_OPTION_FLAG) == (at->value[0] == '\0'));
        assert_true(at->least <= at->most);
        assert_true(strlen(at->help) > 10);
    }
}

static void a_name_nearby_is_suggested(void **state)
{
    static const struct {
        const char *name, *want;
    } rows[] = {
        {"lisen", "listen"},
        {"max-contents", "max-content"},
        {"maxcontent", "max-content"},
        {"worker", "workers"},
        {"wokrers", "workers"},
        {"log-fromat", "log-format"},
        {"port", NULL},
        {"", NULL},
        {"frobnicate", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *near = vb_option_nearest(vb_span_str(rows[i].name));

        if (rows[i].want == NULL)
            assert_null(near);
        else
            assert_string_equal(near, rows[i].want);
    }
}

static void a_word_that_is_an_option_is_known(void **state)
{
    static const struct {
        const char *word;
        bool known, takes_next;
    } rows[] = {
        {"--data", true, true},     {"--data=x", true, false},
        {"--data=", true, false},   {"--open", true, false},
        {"--open=no", true, false}, {"--frobnicate", false, false},
        {"--dat", false, false},    {"data", false, false},
        {"-data", false, false},    {"--", false, false},
        {"--=x", false, false},     {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_span word = vb_span_str(rows[i].word);

        assert_int_equal(vb_option_is_known(word), rows[i].known);
        assert_int_equal(vb_option_takes_next(word), rows[i].takes_next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_units_and_fit_their_members),
        cmocka_unit_test(flags_are_said_in_four_ways),
        cmocka_unit_test(a_text_is_copied_into_the_configuration),
        cmocka_unit_test(a_list_of_addresses_is_read_whole),
        cmocka_unit_test(a_bad_value_is_refused_with_the_reason),
        cmocka_unit_test(a_long_bad_value_is_shown_in_part),
        cmocka_unit_test(addresses_are_bounded),
        cmocka_unit_test(names_are_a_list_and_bounded),
        cmocka_unit_test(names_are_well_formed_and_unique),
        cmocka_unit_test(a_name_nearby_is_suggested),
        cmocka_unit_test(a_word_that_is_an_option_is_known),
    };

    return cmocka_run_group_tests_name("server option", tests, NULL, NULL);
}
