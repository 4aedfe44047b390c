/* What of a URI may stand in a log. */
#include "unit.h"

#include "observe/redact.h"

struct text_out {
    struct vb_redact_out out;
    struct vb_buf text;
};

static void append(struct vb_redact_out *out, struct vb_span text)
{
    vb_buf_append(&((struct text_out *)(void *)out)->text, text);
}

struct row {
    const char *uri, *want;
};

static const struct vb_span key_names[] = {VB_SPAN_INIT("key")};
static struct vb_redact_keys keys;

static void check(const char *rules, const struct row *rows, size_t count)
{
    struct vb_redaction redaction;
    struct text_out to = {.out = {append}};

    vb_buf_init(&to.text, 1 << 20);
    assert_int_equal(
        vb_redaction_parse(vb_span_str(rules), &redaction, &to.text), VB_OK);
    for (size_t i = 0; i < count; i++) {
        vb_buf_reset(&to.text);
        vb_redact_uri(&redaction, keys, vb_span_str(rows[i].uri), &to.out);
        assert_span_equal(vb_buf_span(&to.text), rows[i].want);
    }
    vb_buf_done(&to.text);
}

static void all_leaves_every_value_out(void **state)
{
    static const struct row rows[] = {
        {"/", "/"},
        {"*", "*"},
        {"", ""},
        {"/a/b;c=d", "/a/b;c=d"},
        {"/?", "/?"},
        {"/?a=1", "/?a=***"},
        {"/?a=1&b=2", "/?a=***&b=***"},
        {"/?a=", "/?a="},
        {"/?=x", "/?=***"},
        {"/?a==x", "/?a=***"},
        {"/?&&a=1&", "/?&&a=***&"},
        {"/?a=1?b=2", "/?a=***"},
        {"/?a=1;b=2", "/?a=***;b=***"},
        /* A query that is no list of parameters may be the secret itself. */
        {"/?eyJhbGciOi", "/?***"},
        {"/?a=1&token", "/?a=***&***"},
    };

    (void)state;
    check("all", rows, VB_COUNT_OF(rows));
}

static void all_but_lets_named_values_in(void **state)
{
    static const struct row rows[] = {
        {"/?limit=5&title=x&sort=-a", "/?limit=5&title=***&sort=-a"},
        {"/?lim%69t=5", "/?lim%69t=5"},
        {"/?Limit=5", "/?Limit=***"},
        {"/?limits=5", "/?limits=***"},
        {"/?limi=5", "/?limi=***"},
        {"/?limit:gt=5", "/?limit:gt=***"},
        {"/?limit", "/?limit"},
        {"/?limit=1;token=2", "/?limit=1;token=***"},
        {"/?limit%=5", "/?limit%=***"},
        {"/?a+b=5&a%20b=6", "/?a+b=5&a%20b=6"},
    };

    (void)state;
    check("all-but:limit,sort, a b", rows, VB_COUNT_OF(rows));
}

static void only_hides_named_values_however_they_are_written(void **state)
{
    static const struct row rows[] = {
        {"/?token=1&x=2", "/?token=***&x=2"},
        {"/?TOKEN=1", "/?TOKEN=***"},
        {"/?%74oken=1", "/?%74oken=***"},
        {"/?to%6Ben=1", "/?to%6Ben=***"},
        {"/?token:eq=1", "/?token:eq=***"},
        {"/?Token%3aeq=1", "/?Token%3aeq=***"},
        {"/?token", "/?***"},
        {"/?tokens=1&toke=1", "/?tokens=1&toke=1"},
        {"/?x=1;token=2", "/?x=1;token=***"},
        {"/?x=1&key=2", "/?x=1&key=***"},
        {"/?abc", "/?abc"},
    };

    (void)state;
    check("only:token,key", rows, VB_COUNT_OF(rows));
}

static void none_leaves_the_query_alone(void **state)
{
    static const struct row rows[] = {
        {"/?a=1&b&c=", "/?a=1&b&c="},
        {"/?a=1#x", "/?a=1#***"},
    };

    (void)state;
    check("none", rows, VB_COUNT_OF(rows));
}

static void keys_are_hidden_whatever_the_rules_say(void **state)
{
    static const struct row rows[] = {
        {"/?a=1&key=2", "/?a=1&key=***"},
        {"/?Key=1&k%65y=2&key:eq=3", "/?Key=***&k%65y=***&key:eq=***"},
        {"/?a=1;key=2", "/?a=1;key=***"},
        {"/?key=&keys=1&a=key", "/?key=&keys=1&a=key"},
        {"https://host/x?key=1", "https://host/x?key=***"},
    };

    (void)state;
    keys = (struct vb_redact_keys){key_names, 1};
    check("none", rows, VB_COUNT_OF(rows));
    check("only:b", rows, VB_COUNT_OF(rows));
    check("all-but:a,key,keys", rows, VB_COUNT_OF(rows));
    keys.count = 0;
}

/* RFC 3986 section 3.2.1; a Referer has no fragment by RFC 9110 section
 * 10.1.3, but what was sent may have. */
static void passwords_and_fragments_never_show(void **state)
{
    static const struct row rows[] = {
        {"http://user:pw@host/x", "http://***@host/x"},
        {"http://user@host/", "http://***@host/"},
        {"http://a@b@host/", "http://***@host/"},
        {"http://user:pw@host?a@b", "http://***@host?a@b"},
        {"//user:pw@host/", "//***@host/"},
        {"user:pw@host:80", "***@host:80"},
        {"http:user:pw@host/", "***@host/"},
        {"http://host/@x", "http://host/@x"},
        {"/@x/a@b", "/@x/a@b"},
        {"/a//b@c", "/a//b@c"},
        {"mailto:a@b", "***@b"},
        {"http://host/x#id_token=1", "http://host/x#***"},
        {"#a?b=c", "#***"},
        {"/x?a=1#b?c", "/x?a=1#***"},
        {"http://", "http://"},
        {"/", "/"},
        {"//", "//"},
        {":", ":"},
        {"a/", "a/"},
    };

    (void)state;
    check("none", rows, VB_COUNT_OF(rows));
}

static void rules_are_read_strictly(void **state)
{
    static const struct {
        const char *rules;
        enum vb_err want;
        const char *why;
    } rows[] = {
        {"all", VB_OK, ""},
        {" none ", VB_OK, ""},
        {"all-but:a", VB_OK, ""},
        {"only:a, b ,c", VB_OK, ""},
        {"", VB_ERR_SYNTAX,
         "write all, none, all-but:NAME,NAME or only:NAME,NAME"},
        {"All", VB_ERR_SYNTAX,
         "write all, none, all-but:NAME,NAME or only:NAME,NAME"},
        {"all,limit", VB_ERR_SYNTAX,
         "write all, none, all-but:NAME,NAME or only:NAME,NAME"},
        {"nonesuch", VB_ERR_SYNTAX,
         "write all, none, all-but:NAME,NAME or only:NAME,NAME"},
        {"all-but:", VB_ERR_SYNTAX, "the name of a parameter is missing"},
        {"only:a,", VB_ERR_SYNTAX, "the name of a parameter is missing"},
        {"only:,a", VB_ERR_SYNTAX, "the name of a parameter is missing"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_redaction redaction;
        struct vb_buf why;

        vb_buf_init(&why, 4096);
        assert_int_equal(
            vb_redaction_parse(vb_span_str(rows[i].rules), &redaction, &why),
            rows[i].want);
        assert_span_equal(vb_buf_span(&why), rows[i].why);
        vb_buf_done(&why);
    }
}

static void rules_are_bounded(void **state)
{
    struct vb_redaction redaction = {.count = 99};
    struct vb_buf rules, why;

    (void)state;
    vb_buf_init(&rules, 4096);
    vb_buf_init(&why, 4096);
    vb_buf_str(&rules, "only:a");
    for (int i = 1; i < VB_REDACTION_NAMES_MOST; i++)
        vb_buf_printf(&rules, ",a%d", i);
    assert_int_equal(vb_redaction_parse(vb_buf_span(&rules), &redaction, &why),
                     VB_OK);
    assert_int_equal(redaction.count, VB_REDACTION_NAMES_MOST);
    vb_buf_str(&rules, ",b");
    assert_int_equal(vb_redaction_parse(vb_buf_span(&rules), &redaction, &why),
                     VB_ERR_LIMIT);
    vb_buf_done(&rules);
    vb_buf_done(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_leaves_every_value_out),
        cmocka_unit_test(all_but_lets_named_values_in),
        cmocka_unit_test(only_hides_named_values_however_they_are_written),
        cmocka_unit_test(none_leaves_the_query_alone),
        cmocka_unit_test(keys_are_hidden_whatever_the_rules_say),
        cmocka_unit_test(passwords_and_fragments_never_show),
        cmocka_unit_test(rules_are_read_strictly),
        cmocka_unit_test(rules_are_bounded),
    };

    return cmocka_run_group_tests_name("observe redact", tests, NULL, NULL);
}
