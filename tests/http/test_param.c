/* Parameters (RFC 9110 section 5.6.6; RFC 7240 section 2 for bare ones). */
#include "unit.h"

#include <stdio.h>

#include "http/param.h"

#define BARE VB_PARAMS_BARE
#define BWS  VB_PARAMS_BWS

/* What is read is written back as "name=value," with a "!" when malformed. */
static const struct {
    const char *text;
    unsigned syntax;
    const char *want;
} rows[] = {
    {"", 0, ""},
    {"  ", 0, ""},
    {";a=b", 0, "a=b,"},
    {" ; a=b;c=\"d;e\"\t;", 0, "a=b,c=\"d;e\","},
    /* 9110-5.6.6-02 */
    {";; ;a=b; ;", 0, "a=b,"},
    {";a =b", 0, "!"},
    {";a= b", 0, "!"},
    {";a = \t b;c", BWS | BARE, "a=b,c=,"},
    {";a", 0, "!"},
    {";a=", 0, "!"},
    {";a=", BARE, "!"},
    {";a;b=1", BARE, "a=,b=1,"},
    {";a ;b", BARE, "a=,b=,"},
    {";a=1 b=2", 0, "!"},
    {";a=1 , b=2", 0, "!"},
    {";a=\"1\"2", 0, "!"},
    {";a=\"1", 0, "!"},
    {";a=1;=2;b=3", 0, "a=1,!"},
    {";a=\"\"", 0, "a=\"\","},
    {"a=1", 0, "!"},
    {" a=1", 0, "!"},
    {";\"a\"=1", 0, "!"},
    {";a=1\xc3", 0, "!"},
    {";a=\"\xc3\"", 0, "a=\"\xc3\","},
};

static void parameters_are_read_to_the_first_malformed_octet(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_params params;
        struct vb_param param;
        char got[128] = "";
        size_t len = 0;

        vb_params_init(&params, vb_span_str(rows[i].text), rows[i].syntax);
        while (vb_params_next(&params, &param)) {
            const char *quote = param.quoted ? "\"" : "";

            len +=
                (size_t)snprintf(got + len, sizeof got - len, "%.*s=%s%.*s%s,",
                                 (int)param.name.len, param.name.ptr, quote,
                                 (int)param.value.len,
                                 param.value.len ? param.value.ptr : "", quote);
        }
        assert_false(vb_params_next(&params, &param));
        snprintf(got + len, sizeof got - len, "%s",
                 params.malformed ? "!" : "");
        assert_string_equal(got, rows[i].want);
    }
}

/* 9110-5.6.6-01 */
static void token_and_quoted_values_are_equal(void **state)
{
    static const struct {
        const char *text;
        bool eq, ieq;
    } values[] = {
        {"x=utf-8", true, true},        {"x=\"utf-8\"", true, true},
        {"x=\"utf\\-8\"", true, true},  {"x=UTF-8", false, true},
        {"x=\"UTF-8\"", false, true},   {"x=utf-8a", false, false},
        {"x=\"utf-8 \"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(values); i++) {
        struct vb_span text = vb_span_str(values[i].text);
        struct vb_param param;

        assert_int_equal(vb_param_read(text, 0, &param), text.len);
        assert_int_equal(vb_param_eq(&param, VB_SPAN("utf-8")), values[i].eq);
        assert_int_equal(vb_param_ieq(&param, VB_SPAN("utf-8")), values[i].ieq);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_read_to_the_first_malformed_octet),
        cmocka_unit_test(token_and_quoted_values_are_equal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
