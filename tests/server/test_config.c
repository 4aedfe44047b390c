/* The configuration out of its sources, and the line for what is wrong. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/option.h"

#define WORDS_MOST 16

/* One reading: what goes in, and what came out. */
struct reading {
    struct vb_config config;
    struct vb_buf why, warnings;
    enum vb_err err;
};

static size_t count(const char *const *words)
{
    size_t n = 0;

    while (words[n] != NULL)
        n++;
    return n;
}

/* Reads arguments and environment, both NULL-terminated. */
static void read_all(struct reading *reading, const char *const *arguments,
                     const char *const *environment)
{
    struct vb_config_sources sources = {
        .arguments = (char *const *)arguments,
        .argument_count = count(arguments),
        .environment = (char *const *)environment,
    };

    memset(reading, 0, sizeof(*reading));
    vb_buf_init(&reading->why, 1 << 16);
    vb_buf_init(&reading->warnings, 1 << 16);
    reading->err = vb_config_read(&sources, &reading->config, &reading->why,
                                  &reading->warnings);
    assert_true((reading->err == VB_OK) == (reading->why.len == 0));
    if (reading->err != VB_OK)
        assert_null(memchr(reading->why.ptr, '\n', reading->why.len));
}

static void done(struct reading *reading)
{
    vb_config_done(&reading->config);
    vb_buf_done(&reading->why);
    vb_buf_done(&reading->warnings);
}

static const char *const nothing[] = {NULL};

/* A configuration file with this text, for the length of a test. */
struct file {
    char path[64];
};

static void make_file(struct file *file, const char *text)
{
    size_t len = strlen(text);
    int fd;

    (void)snprintf(file->path, sizeof(file->path), "/tmp/verbatim-test-XXXXXX");
    fd = mkstemp(file->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static void read_file(struct reading *reading, const char *text)
{
    struct file file;
    const char *arguments[] = {"--config", file.path, NULL};

    make_file(&file, text);
    read_all(reading, arguments, nothing);
    unlink(file.path);
}

static void assert_listens(const struct vb_config *config, const char *want)
{
    struct vb_buf text;

    vb_buf_init(&text, 4096);
    for (size_t i = 0; i < config->listen_count; i++) {
        if (i > 0)
            vb_buf_char(&text, ' ');
        vb_address_format(&config->listen[i], &text);
    }
    assert_span_equal(vb_buf_span(&text), want);
    vb_buf_done(&text);
}

/* --- Defaults ---------------------------------------------------------------
 */

static void without_anything_set_the_defaults_hold(void **state)
{
    struct reading r;

    (void)state;
    read_all(&r, nothing, NULL);
    assert_int_equal(r.err, VB_OK);
    assert_null(r.config.description);
    assert_null(r.config.config);
    assert_listens(&r.config, "http://127.0.0.1:8080");
    assert_false(r.config.listen_given);
    assert_string_equal(r.config.data, "data");
    assert_string_equal(r.config.storage, "sqlite:data/verbatim.db");
    assert_false(r.config.open);
    assert_false(r.config.trace);
    assert_string_equal(r.config.log, "stderr");
    assert_int_equal(r.config.log_format, VB_ACCESS_COMBINED);
    assert_string_equal(r.config.log_redact,
                        "all-but:limit,sort,fields,expand");
    assert_int_equal(r.config.workers, 0);
    assert_int_equal(r.config.max_connections, 100000);
    assert_int_equal(r.config.cache_size, 64 << 20);
    assert_int_equal(r.config.grace_ms, 10000);
    assert_int_equal(r.warnings.len, 0);
    done(&r);
}

/* Who embeds a server gets what the program has. */
static void the_tables_limits_are_those_of_the_library(void **state)
{
    const struct vb_limits *want = &vb_limits_default;
    const struct vb_limits *got;
    struct reading r;

    (void)state;
    read_all(&r, nothing, NULL);
    got = &r.config.limits;
    assert_int_equal(got->head.max_target, want->head.max_target);
    assert_int_equal(got->head.max_field, want->head.max_field);
    assert_int_equal(got->head.max_fields, want->head.max_fields);
    assert_int_equal(got->head.max_fields_size, want->head.max_fields_size);
    assert_int_equal(got->max_content, want->max_content);
    assert_int_equal(got->max_document, want->max_document);
    assert_int_equal(got->head_timeout_ms, want->head_timeout_ms);
    assert_int_equal(got->content_timeout_ms, want->content_timeout_ms);
    assert_int_equal(got->idle_timeout_ms, want->idle_timeout_ms);
    assert_int_equal(got->write_timeout_ms, want->write_timeout_ms);
    assert_int_equal(got->linger_ms, want->linger_ms);
    assert_int_equal(got->max_requests, want->max_requests);
    done(&r);
}

/* --- Where a setting may be from --------------------------------------------
 */

/* Values, other than the default, for every kind of option. */
static const char *sample(const struct vb_option *option)
{
    switch (option->kind) {
    case VB_OPTION_PATH:
        return "some/path";
    case VB_OPTION_CONFIG:
        return "/dev/null";
    case VB_OPTION_ADDRESSES:
    case VB_OPTION_ADDRESS:
        return "[::1]:81";
    case VB_OPTION_STORAGE:
        return "memory:";
    case VB_OPTION_PUBLISH:
        return "/api.json";
    case VB_OPTION_FLAG:
        return "yes";
    case VB_OPTION_LOG_FORMAT:
        return "json";
    case VB_OPTION_CLIENT_CERT:
        return "optional";
    case VB_OPTION_REDACTION:
        return "only:token";
    case VB_OPTION_COUNT:
    case VB_OPTION_CORES:
        return "77";
    case VB_OPTION_SIZE:
        return option->least > 9 * 1024 ? "9M" : "9k";
    case VB_OPTION_DURATION:
        return "777ms";
    case VB_OPTION_ORIGINS:
        return "https://app.example";
    case VB_OPTION_PATHS:
        return "some/file.pem";
    case VB_OPTION_HOSTS:
        return "books.example";
    case VB_OPTION_UPSTREAMS:
        return "http://10.0.0.1:9000/v1";
    case VB_OPTION_NETWORKS:
    case VB_OPTION_ALLOWANCES:
        return "10.0.0.0/8";
    case VB_OPTION_HOST_KEPT:
        return "preserve";
    case VB_OPTION_BALANCE:
        return "hash";
    case VB_OPTION_VIA:
        return "edge";
    case VB_OPTION_RATE:
        return "7/m";
    case VB_OPTION_KINDS:
        break;
    }
    return "";
}

static bool has_text(const struct vb_texts *texts, const char *text)
{
    return texts->count == 1 && strcmp(texts->at[0], text) == 0;
}

/* Is the option's member what the sample says? */
static bool has_sample(const struct vb_option *option,
                       const struct vb_config *config)
{
    const void *at = (const char *)config + option->offset;
    const char *const *text = at;
    uint64_t n = 0;

    memcpy(&n, at, option->size < sizeof(n) ? option->size : sizeof(n));
    switch (option->kind) {
    case VB_OPTION_PATH:
    case VB_OPTION_CONFIG:
    case VB_OPTION_STORAGE:
    case VB_OPTION_REDACTION:
    case VB_OPTION_PUBLISH:
    case VB_OPTION_VIA:
    case VB_OPTION_ADDRESS:
        return *text != NULL && strcmp(*text, sample(option)) == 0;
    case VB_OPTION_ADDRESSES:
        assert_listens(config, "http://[::1]:81");
        return true;
    case VB_OPTION_FLAG:
        return n == 1;
    case VB_OPTION_LOG_FORMAT:
        return n == VB_ACCESS_JSON;
    case VB_OPTION_CLIENT_CERT:
        return n == VB_CLIENT_CERT_OPTIONAL;
    case VB_OPTION_HOST_KEPT:
        return n == VB_HOST_PRESERVE;
    case VB_OPTION_BALANCE:
        return n == VB_GATEWAY_HASH;
    case VB_OPTION_COUNT:
    case VB_OPTION_CORES:
        return n == 77;
    case VB_OPTION_SIZE:
        return n == (option->least > 9 * 1024 ? 9 << 20 : 9 * 1024);
    case VB_OPTION_DURATION:
        return n == 777;
    case VB_OPTION_RATE:
        return ((const struct vb_rate *)at)->count == 7 &&
               ((const struct vb_rate *)at)->period_ms == 60000;
    case VB_OPTION_PATHS:
    case VB_OPTION_ORIGINS:
    case VB_OPTION_HOSTS:
    case VB_OPTION_UPSTREAMS:
    case VB_OPTION_NETWORKS:
    case VB_OPTION_ALLOWANCES:
        return has_text(at, sample(option));
    case VB_OPTION_KINDS:
        break;
    }
    return false;
}

static void assert_sample(const struct vb_option *option, struct reading *r,
                          const char *source)
{
    if (r->err != VB_OK)
        fail_msg("%s from the %s: %.*s", option->name, source,
                 VB_FMT(vb_buf_span(&r->why)));
    if (!has_sample(option, &r->config))
        fail_msg("%s from the %s has no effect", option->name, source);
    done(r);
}

static void set_on_command_line(const struct vb_option *option)
{
    char name[64], joined[128];
    const char *two[] = {name, sample(option), NULL};
    const char *one[] = {joined, NULL};
    struct reading r;

    (void)snprintf(name, sizeof(name), "--%s", option->name);
    (void)snprintf(joined, sizeof(joined), "--%s=%s", option->name,
                   sample(option));
    if (option->kind == VB_OPTION_FLAG)
        two[1] = NULL;
    read_all(&r, two, nothing);
    assert_sample(option, &r, "command line");
    read_all(&r, one, nothing);
    assert_sample(option, &r, "command line with =");
}

static void set_in_environment(const struct vb_option *option)
{
    char name[VB_OPTION_VARIABLE_MAX], entry[160];
    const char *environment[] = {"HOME=/", entry, NULL};
    struct reading r;

    vb_option_variable(option, name);
    (void)snprintf(entry, sizeof(entry), "%s=%s", name, sample(option));
    read_all(&r, nothing, environment);
    assert_sample(option, &r, "environment");
}

static void set_in_file(const struct vb_option *option)
{
    char text[160];
    struct reading r;

    (void)snprintf(text, sizeof(text), "# a comment\n%s: \"%s\"\n",
                   option->name, sample(option));
    read_file(&r, text);
    assert_sample(option, &r, "file");
}

static void every_option_can_be_set_in_every_way(void **state)
{
    (void)state;
    for (size_t i = 0; i < vb_option_count; i++) {
        set_on_command_line(&vb_options[i]);
        set_in_environment(&vb_options[i]);
        if (vb_options[i].kind != VB_OPTION_CONFIG)
            set_in_file(&vb_options[i]);
    }
}

static void the_command_line_goes_before_all(void **state)
{
    static const char file_text[] = "workers: 3\nmax-fields: 33\ngrace: 3s\n"
                                    "listen: ['127.0.0.1:3', '127.0.0.1:33']\n";
    static const char *const environment[] = {"VERBATIM_WORKERS=2",
                                              "VERBATIM_MAX_FIELDS=22",
                                              "VERBATIM_OPEN=yes", NULL};
    struct file file;
    const char *arguments[] = {"--workers", "1",         "--config",
                               file.path,   "--open=no", NULL};
    struct reading r;

    (void)state;
    make_file(&file, file_text);
    read_all(&r, arguments, environment);
    unlink(file.path);
    assert_int_equal(r.err, VB_OK);
    assert_int_equal(r.config.workers, 1);                 /* command line */
    assert_int_equal(r.config.limits.head.max_fields, 22); /* environment */
    assert_int_equal(r.config.grace_ms, 3000);             /* file */
    assert_int_equal(r.config.limits.linger_ms, 2000);     /* default */
    assert_false(r.config.open); /* taken back on the command line */
    assert_listens(&r.config, "http://127.0.0.1:3 http://127.0.0.1:33");
    assert_true(r.config.listen_given);
    done(&r);
}

/* Addresses add up within a source; a stronger source replaces them. */
static void addresses_of_one_source_add_up(void **state)
{
    static const char *const environment[] = {
        "VERBATIM_LISTEN=127.0.0.1:1,127.0.0.1:2", NULL};
    static const char *const arguments[] = {"--listen", "127.0.0.1:3",
                                            "--listen=unix:/tmp/x", NULL};
    struct reading r;

    (void)state;
    read_all(&r, nothing, environment);
    assert_listens(&r.config, "http://127.0.0.1:1 http://127.0.0.1:2");
    done(&r);
    read_all(&r, arguments, environment);
    assert_listens(&r.config, "http://127.0.0.1:3 unix:/tmp/x");
    done(&r);
}

static void the_last_of_an_option_wins(void **state)
{
    static const char *const arguments[] = {"--workers=4", "--workers", "5",
                                            NULL};
    struct reading r;

    (void)state;
    read_all(&r, arguments, nothing);
    assert_int_equal(r.config.workers, 5);
    done(&r);
}

static void storage_lies_in_data_unless_said_otherwise(void **state)
{
    static const struct {
        const char *words[4];
        const char *want;
    } rows[] = {
        {{"--data", "/var/lib/v"}, "sqlite:/var/lib/v/verbatim.db"},
        {{"--data=/x", "--storage=memory:"}, "memory:"},
        {{"--storage", "sqlite:/y.db"}, "sqlite:/y.db"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct reading r;

        read_all(&r, rows[i].words, nothing);
        assert_int_equal(r.err, VB_OK);
        assert_string_equal(r.config.storage, rows[i].want);
        done(&r);
    }
}

static void the_description_is_the_argument(void **state)
{
    static const struct {
        const char *words[4];
        const char *want;
    } rows[] = {
        {{"api.yaml"}, "api.yaml"},
        {{"--open", "api.yaml"}, "api.yaml"},
        {{"api.yaml", "--workers", "1"}, "api.yaml"},
        {{"--", "--odd.yaml"}, "--odd.yaml"},
        {{"--workers", "1", "-"}, "-"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct reading r;

        read_all(&r, rows[i].words, nothing);
        assert_int_equal(r.err, VB_OK);
        assert_string_equal(r.config.description, rows[i].want);
        done(&r);
    }
}

/* --- What is wrong, in a line -----------------------------------------------
 */

static void assert_refused(struct reading *r, const char *want)
{
    assert_int_equal(r->err, VB_ERR_INVALID);
    assert_span_equal(vb_buf_span(&r->why), want);
    done(r);
}

static void a_mistake_on_the_command_line_names_the_option(void **state)
{
    static const struct {
        const char *words[4];
        const char *want;
    } rows[] = {
        {{"--lisen", ":1"}, "unknown option --lisen (did you mean --listen?)"},
        {{"--frobnicate"},
         "unknown option --frobnicate (see verbatim help serve)"},
        {{"--frob\x1b=x"},
         "unknown option --frob\\x1B (see verbatim help serve)"},
        {{"-p", "80"}, "unknown option -p (options begin with --)"},
        {{"--workers"}, "--workers needs a value, N"},
        {{"--workers", "--open"}, "--workers needs a value, N"},
        {{"--workers", "x"},
         "--workers: \"x\" is neither auto nor a whole number"},
        {{"--workers="}, "--workers: \"\" is neither auto nor a whole number"},
        {{"--open=perhaps"}, "--open: \"perhaps\" is neither yes nor no"},
        {{"--config", ""}, "--config: \"\" is empty"},
        {{"a.yaml", "b.yaml"},
         "only one FILE can be served, \"b.yaml\" is one more"},
        {{"--listen", ":80", "--listen", "x"},
         "--listen: cannot listen on `x': write HOST:PORT, :PORT, "
         "https://HOST:PORT or unix:PATH"},
        {{"--"}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        /* The rows are full: none has a NULL of its own. */
        const char *words[5] = {rows[i].words[0], rows[i].words[1],
                                rows[i].words[2], rows[i].words[3], NULL};
        struct reading r;

        read_all(&r, words, nothing);
        if (rows[i].want != NULL) {
            assert_refused(&r, rows[i].want);
        } else {
            assert_int_equal(r.err, VB_OK);
            done(&r);
        }
    }
}

static void a_mistake_in_the_environment_names_the_variable(void **state)
{
    static const struct {
        const char *entry, *want;
    } rows[] = {
        {"VERBATIM_WORKERS=x",
         "VERBATIM_WORKERS: \"x\" is neither auto nor a whole number"},
        {"VERBATIM_MAX_CONTEN=1",
         "VERBATIM_MAX_CONTEN: no such option (did you mean "
         "VERBATIM_MAX_CONTENT?)"},
        {"VERBATIM_WORKER=1",
         "VERBATIM_WORKER: no such option (did you mean VERBATIM_WORKERS?)"},
        {"VERBATIM_LISTEN=nowhere",
         "VERBATIM_LISTEN: cannot listen on `nowhere': write HOST:PORT, :PORT, "
         "https://HOST:PORT or unix:PATH"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *environment[] = {rows[i].entry, NULL};
        struct reading r;

        read_all(&r, nothing, environment);
        assert_refused(&r, rows[i].want);
    }
}

/* A service called verbatim makes Kubernetes set such variables. */
static void variables_of_others_get_a_warning(void **state)
{
    static const char *const environment[] = {
        "VERBATIM_PORT=tcp://10.0.0.1:80",
        "VERBATIM_PORT_80_TCP_ADDR=10.0.0.1",
        "VERBATIMX=1",
        "verbatim_workers=x",
        "VERBATIM_WORKERS=",
        NULL};
    struct reading r;

    (void)state;
    read_all(&r, nothing, environment);
    assert_int_equal(r.err, VB_OK);
    assert_span_equal(
        vb_buf_span(&r.warnings),
        "VERBATIM_PORT: no such option; the variable is ignored\n"
        "VERBATIM_PORT_80_TCP_ADDR: no such option; the variable is ignored\n");
    assert_int_equal(r.config.workers, 0); /* set to nothing is not set */
    done(&r);
}

static void a_mistake_in_the_file_names_line_and_key(void **state)
{
    static const struct {
        const char *text, *want; /* without the file's name */
    } rows[] = {
        {"workers: 2\nlisen: ':80'\n",
         ":2:1: unknown option lisen (did you mean listen?)"},
        {"{\"workers\": 2,\n \"frobnicate\": 1}\n",
         ":2:2: unknown option frobnicate"},
        {"log: off\nworkers: many\n",
         ":2:10: workers: \"many\" is neither auto nor a whole number"},
        {"max-content: 2T\n", ":1:14: max-content: \"2T\" is more than 1T"},
        {"max-fields: 1e2\n",
         ":1:13: max-fields: \"1e2\" is not a whole number"},
        {"listen:\n  - ':80'\n  - nowhere\n",
         ":3:5: listen: cannot listen on `nowhere': write HOST:PORT, :PORT, "
         "https://HOST:PORT or unix:PATH"},
        {"listen: []\n",
         ":1:9: listen: takes an address or a list of addresses"},
        {"listen: [[':80']]\n",
         ":1:10: listen: takes an address or a list of addresses"},
        {"workers: [1]\n",
         ":1:10: workers: takes one value, a text or a number"},
        {"workers: true\n",
         ":1:10: workers: takes one value, a text or a number"},
        {"log: false\n", ":1:6: log: takes one value, a text or a number"},
        {"open: no\ndata:\n",
         ":2:1: data: takes one value, a text or a number"},
        {"open: 1\n", ":1:7: open: takes true or false"},
        {"open: {}\n", ":1:7: open: takes true or false"},
        {"open: perhaps\n", ":1:7: open: \"perhaps\" is neither yes nor no"},
        {"log: \"a\\0b\"\n", ":1:6: log: \"a\\x00b\" has a NUL in it"},
        {"config: x.yaml\n", ":1:1: config cannot stand in a file"},
        {"- workers\n", ":1:1: a configuration is a mapping of options, as in "
                        "`workers: 2`"},
        {"workers\n", ":1:1: a configuration is a mapping of options, as in "
                      "`workers: 2`"},
        {"workers: 1\nworkers: 2\n", ":2:1: duplicate key \"workers\""},
        {"workers: [\n", ":2:1: flow sequence without a closing bracket"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct reading r;
        struct vb_span line;
        size_t name = strlen("/tmp/verbatim-test-XXXXXX");

        read_file(&r, rows[i].text);
        assert_int_equal(r.err, VB_ERR_INVALID);
        line = vb_buf_span(&r.why);
        assert_true(vb_span_starts(line, VB_SPAN("/tmp/verbatim-test-")));
        assert_span_equal(vb_span_from(line, name), rows[i].want);
        done(&r);
    }
}

static void a_file_may_say_nothing(void **state)
{
    static const char *const rows[] = {"", "\n\n", "# listen: :80\n", "{}\n"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct reading r;

        read_file(&r, rows[i]);
        assert_int_equal(r.err, VB_OK);
        assert_listens(&r.config, "http://127.0.0.1:8080");
        done(&r);
    }
}

static void a_file_has_values_of_yaml(void **state)
{
    struct reading r;

    (void)state;
    read_file(&r, "workers: 2\nopen: true\ntrace: false\nlog: off\n"
                  "max-content: 1048576\nlisten: '[::1]:80'\ngrace: 0\n");
    assert_int_equal(r.err, VB_OK);
    assert_int_equal(r.config.workers, 2);
    assert_true(r.config.open);
    assert_false(r.config.trace);
    assert_string_equal(r.config.log, "off");
    assert_int_equal(r.config.limits.max_content, 1 << 20);
    assert_int_equal(r.config.grace_ms, 0);
    assert_listens(&r.config, "http://[::1]:80");
    done(&r);
}

static void a_file_that_cannot_be_read_is_named(void **state)
{
    static const char *const arguments[] = {"--config", "/nowhere/v.yaml",
                                            NULL};
    static const char *const environment[] = {"VERBATIM_CONFIG=/nowhere/e.yaml",
                                              NULL};
    struct reading r;

    (void)state;
    read_all(&r, arguments, environment);
    assert_int_equal(r.err, VB_ERR_IO);
    assert_span_equal(vb_buf_span(&r.why),
                      "/nowhere/v.yaml: No such file or directory");
    done(&r);
    read_all(&r, nothing, environment);
    assert_int_equal(r.err, VB_ERR_IO);
    assert_span_equal(vb_buf_span(&r.why),
                      "/nowhere/e.yaml: No such file or directory");
    done(&r);
}

/* A hostile or mistaken file must not hold us up or fill the memory. */
static void a_file_is_bounded(void **state)
{
    struct vb_buf text;
    struct reading r;

    (void)state;
    vb_buf_init(&text, 4 << 20);
    vb_buf_str(&text, "log: ");
    for (int i = 0; i < 2 << 20; i++)
        vb_buf_char(&text, 'x');
    vb_buf_char(&text, '\0');
    read_file(&r, text.ptr);
    assert_int_equal(r.err, VB_ERR_INVALID);
    done(&r);
    vb_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_anything_set_the_defaults_hold),
        cmocka_unit_test(the_tables_limits_are_those_of_the_library),
        cmocka_unit_test(every_option_can_be_set_in_every_way),
        cmocka_unit_test(the_command_line_goes_before_all),
        cmocka_unit_test(addresses_of_one_source_add_up),
        cmocka_unit_test(the_last_of_an_option_wins),
        cmocka_unit_test(storage_lies_in_data_unless_said_otherwise),
        cmocka_unit_test(the_description_is_the_argument),
        cmocka_unit_test(a_mistake_on_the_command_line_names_the_option),
        cmocka_unit_test(a_mistake_in_the_environment_names_the_variable),
        cmocka_unit_test(variables_of_others_get_a_warning),
        cmocka_unit_test(a_mistake_in_the_file_names_line_and_key),
        cmocka_unit_test(a_file_may_say_nothing),
        cmocka_unit_test(a_file_has_values_of_yaml),
        cmocka_unit_test(a_file_that_cannot_be_read_is_named),
        cmocka_unit_test(a_file_is_bounded),
    };

    return cmocka_run_group_tests_name("server config", tests, NULL, NULL);
}
