/*
 * Executing (section 6): rows of a query, the objects that it is asked of, and
 * the response. The animals are those of zoo.h.
 */
#include "unit.h"

#include <stdio.h>

#include "answer.h"
#include "leaves.h"
#include "run.h"
#include "zoo.h"

#define DOG(members) "{\"dog\":{" members "}}"
#define HUMAN(pets)  "{\"human\":{\"pets\":[" pets "]}}"
#define ANIMAL(type, name, members)                                            \
    "{\"__typename\":\"" type "\",\"name\":\"" name "\"" members "}"
static const struct {
    const char *section, *text, *variables, *root, *response;
} rows[] = {
#include "execute_rows.inc"
};

static void requests_have_their_responses(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf buf;
        struct run r;

        run_begin(&r, schema, rows[i].text, rows[i].variables, rows[i].root);
        if (r.execution != NULL) {
            answer_all(schema, r.execution);
            assert_true(vb_gql_execution_is_over(r.execution));
        }
        run_write(&buf, &r);
        if (!vb_span_eq(vb_buf_span(&buf), vb_span_str(rows[i].response))) {
            print_error("%s %s\n  %.*s\n  %s\n", rows[i].section, rows[i].text,
                        VB_FMT(vb_buf_span(&buf)), rows[i].response);
            failed++;
        }
        vb_buf_done(&buf);
        run_done(&r);
    }
    assert_int_equal(failed, 0);
    vb_gql_schema_free(schema);
}

/* Section 6.1.1. */
static void an_operation_is_chosen_by_its_name(void **state)
{
    static const struct {
        const char *text, *name, *says; /* NULL: it is the one */
    } chosen[] = {
        {"{a}", NULL, NULL},
        {"query A{a}", NULL, NULL},
        {"query A{a}", "A", NULL},
        {"query A{a}query B{b}", "B", NULL},
        {"{a}", "A", "the document has no operation \"A\""},
        {"query A{a}", "", "the document has no operation \"\""},
        {"query A{a}query B{b}", "C", "the document has no operation \"C\""},
        {"query A{a}query B{b}", NULL,
         "the document has more than one operation: say which"},
        {"fragment F on T{a}", NULL, "the document has no operation"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(chosen); i++) {
        const struct vb_gql_document *document;
        const struct vb_gql_operation *operation;
        struct vb_gql_errors errors;
        struct vb_arena arena;
        struct vb_span name = {NULL, 0};

        if (chosen[i].name != NULL)
            name = vb_span_str(chosen[i].name);
        vb_arena_init(&arena, 4096, 1 << 20);
        vb_gql_errors_init(&errors, &arena);
        assert_int_equal(vb_gql_parse(&arena, vb_span_str(chosen[i].text), NULL,
                                      &errors, &document),
                         VB_OK);
        operation = vb_gql_operation_of(document, name, &errors);
        assert_int_equal(operation != NULL, chosen[i].says == NULL);
        if (operation == NULL)
            assert_span_equal(errors.first->message, chosen[i].says);
        else if (name.ptr != NULL)
            assert_true(vb_span_eq(operation->name, name));
        vb_arena_done(&arena);
    }
}

/* --- results of leaves and lists ------------------------------------------ */

static void results_become_what_their_types_are(void **state)
{
    static const struct {
        const char *field, *result, *shown; /* NULL: it is an error */
    } leaves[] = {
        {"int", "1", "1"},
        {"int", "-2147483648", "-2147483648"},
        {"int", "2147483647", "2147483647"},
        {"int", "2147483648", NULL},
        {"int", "1e3", "1000"},
        {"int", "1.0", "1"},
        {"int", "1.5", NULL},
        {"int", "\"1\"", NULL},
        {"int", "true", NULL},
        {"int", "{}", NULL},
        {"int", "[1]", NULL},
        {"int", "null", "null"},
        {"long", "9007199254740993", "9007199254740993"},
        {"long", "123456789012345678901", "123456789012345678901"},
        {"long", "1.5", NULL},
        {"float", "1.50", "1.50"},
        {"float", "1", "1"},
        {"float", "1e999", NULL},
        {"float", "\"1\"", NULL},
        {"string", "\"a\\n\\u00e9\"", "\"a\\n\xC3\xA9\""},
        {"string", "1.50", "\"1.50\""},
        {"string", "true", "\"true\""},
        {"string", "[]", NULL},
        {"boolean", "false", "false"},
        {"boolean", "0", NULL},
        {"boolean", "\"false\"", NULL},
        {"id", "\"a\"", "\"a\""},
        {"id", "12345678901234567890", "\"12345678901234567890\""},
        {"id", "1.5", NULL},
        {"id", "true", NULL},
        {"e", "\"in stock\"", "\"IN_STOCK\""},
        {"e", "\"GONE\"", "\"GONE\""},
        {"e", "\"IN_STOCK\"", NULL},
        {"e", "1", NULL},
        {"json", "{\"a\":[1.10,{}]}", "{\"a\":[1.10,{}]}"},
        {"json", "[1]", "[1]"},
        {"json", "\"a\"", "\"a\""},
        {"json", "null", "null"},
        {"jsons", "[[1],null,\"a\"]", "[[1],null,\"a\"]"},
        {"list", "[1,null,2]", "[1,null,2]"},
        {"list", "[]", "[]"},
        {"list", "1", NULL},
        {"lists", "[[1],[],null]", "[[1],[],null]"},
        {"lists", "[[1],2]", NULL},
        {"es", "[\"in stock\"]", "[\"IN_STOCK\"]"},
    };
    struct vb_gql_schema *schema = leaves_new();

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(leaves); i++) {
        char text[64], root[256], wanted[256];
        struct run r;
        struct vb_buf buf;

        snprintf(text, sizeof(text), "{%s}", leaves[i].field);
        snprintf(root, sizeof(root), "{\"%s\":%s}", leaves[i].field,
                 leaves[i].result);
        snprintf(wanted, sizeof(wanted), "{\"data\":{\"%s\":%s}}",
                 leaves[i].field, leaves[i].shown);
        run_begin(&r, schema, text, NULL, root);
        answer_all(schema, r.execution);
        run_write(&buf, &r);
        if (leaves[i].shown == NULL)
            assert_int_equal(r.errors.count, 1);
        else if (!vb_span_eq(vb_buf_span(&buf), vb_span_str(wanted)))
            fail_msg("%.*s %s", VB_FMT(vb_buf_span(&buf)), wanted);
        vb_buf_done(&buf);
        run_done(&r);
    }
    vb_gql_schema_free(schema);
}

/* Section 6.4.4, in lists and up to the data. */
static void null_goes_up_to_what_may_be_null(void **state)
{
    static const struct {
        const char *text, *root, *response;
    } nulls[] = {
        {"{must}", "{}",
         FAILED(ERROR("Query.must is null, which it must not be", AT("2"),
                      "\"must\""),
                "null")},
        {"{self{self{int must}}}", "{\"self\":{\"self\":{\"int\":1}}}",
         FAILED(ERROR("Query.must is null, which it must not be", AT("16"),
                      "\"self\",\"self\",\"must\""),
                "null")},
        {"{lists}", "{\"lists\":[[1],[2,null,3,null],[4]]}",
         FAILED(ERROR("Query.lists is null, which it must not be", AT("2"),
                      "\"lists\",1,1"),
                "{\"lists\":[[1],null,[4]]}")},
        {"{all}", "{\"all\":[[1],[2,null,null],[null]]}",
         FAILED(ERROR("Query.all is null, which it must not be", AT("2"),
                      "\"all\",1,1"),
                "null")},
        {"{selfs{must a:must}int}",
         "{\"int\":5,\"selfs\":[{\"must\":1},{\"must\":null},{\"must\":null}]}",
         FAILED(ERROR("Query.must is null, which it must not be", AT("8"),
                      "\"selfs\",1,\"must\""),
                "{\"selfs\":null,\"int\":5}")},
    };
    struct vb_gql_schema *schema = leaves_new();

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(nulls); i++) {
        struct run r;

        run_begin(&r, schema, nulls[i].text, NULL, nulls[i].root);
        answer_all(schema, r.execution);
        run_responds(&r, nulls[i].response);
        run_done(&r);
    }
    vb_gql_schema_free(schema);
}

static void many_errors_are_told_of_in_one(void **state)
{
    static const char last[] = "{\"message\":\"there are more errors\"}]";
    struct vb_gql_schema *schema = leaves_new();

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct vb_buf root, buf;
        struct run r;

        vb_buf_init(&root, 1 << 16);
        vb_buf_str(&root, "{\"list\":[\"!no\"");
        for (size_t i = 1; i < VB_GQL_ERRORS_MOST + more; i++)
            vb_buf_str(&root, ",\"!no\"");
        vb_buf_str(&root, "]}");
        vb_buf_char(&root, '\0');
        run_begin(&r, schema, "{list}", NULL, root.ptr);
        answer_all(schema, r.execution);
        run_write(&buf, &r);
        vb_buf_char(&buf, '\0');
        assert_int_equal(r.errors.count, VB_GQL_ERRORS_MOST);
        assert_int_equal(strstr(buf.ptr, last) != NULL, more == 1);
        vb_buf_done(&root);
        vb_buf_done(&buf);
        run_done(&r);
    }
    vb_gql_schema_free(schema);
}

static void errors_may_say_more(void **state)
{
    struct vb_gql_schema *schema = leaves_new();
    struct vb_gql_call *call;
    struct run r;

    (void)state;
    run_begin(&r, schema, "{int}", NULL, "{}");
    call = vb_gql_execution_next(r.execution);
    call->results[0] = (struct vb_gql_result){
        .kind = VB_GQL_RESULT_ERROR,
        .text = VB_SPAN("no"),
        .extensions = VB_SPAN("{\"code\":\"FORBIDDEN\"}"),
    };
    vb_gql_execution_complete(r.execution, call);
    run_responds(&r,
                 "{\"errors\":[{\"message\":\"no\",\"locations\":[{\"line\":1,"
                 "\"column\":2}],\"path\":[\"int\"],\"extensions\":{\"code\":"
                 "\"FORBIDDEN\"}}],\"data\":{\"int\":null}}");
    run_done(&r);
    vb_gql_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_their_responses),
        cmocka_unit_test(an_operation_is_chosen_by_its_name),
        cmocka_unit_test(results_become_what_their_types_are),
        cmocka_unit_test(null_goes_up_to_what_may_be_null),
        cmocka_unit_test(many_errors_are_told_of_in_one),
        cmocka_unit_test(errors_may_say_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
