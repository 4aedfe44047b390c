/*
 * Coercing variables and arguments (section 6.1.2 and 6.4.1): rows of a
 * variable's definition, what is given as JSON, and what it becomes.
 */
#include "unit.h"

#include <stdio.h>

#include "content/json.h"
#include "graphql/coerce.h"
#include "graphql/parse.h"
#include "graphql/print.h"
#include "zoo.h"

struct given {
    struct vb_arena arena;
    struct vb_gql_errors errors;
    const struct vb_gql_document *document;
    struct vb_json *json;
    struct vb_gql_variables variables;
    enum vb_err err;
};

static void give(struct given *g, const struct vb_gql_schema *schema,
                 const char *text, const char *json)
{
    vb_arena_init(&g->arena, 4096, 1 << 22);
    vb_gql_errors_init(&g->errors, &g->arena);
    g->json = NULL;
    if (vb_gql_parse(&g->arena, vb_span_str(text), NULL, &g->errors,
                     &g->document) != VB_OK)
        fail_msg("%s", text);
    if (json != NULL)
        assert_int_equal(vb_json_parse(vb_span_str(json), NULL, &g->json, NULL),
                         VB_OK);
    g->err = vb_gql_coerce_variables(schema, g->document->operations,
                                     json == NULL ? NULL : g->json->root,
                                     &g->errors, &g->variables);
}

static void done(struct given *g)
{
    vb_json_free(g->json);
    vb_arena_done(&g->arena);
}

static void variables_become_values_of_their_types(void **state)
{
    static const struct {
        const char *definition, *json;
        const char *is; /* NULL: it is refused; "": it is not there */
    } rows[] = {
        {"Int", "{\"v\":1}", "1"},
        {"Int", "{\"v\":-2147483648}", "-2147483648"},
        {"Int", "{\"v\":2147483648}", NULL},
        {"Int", "{\"v\":1.5}", NULL},
        {"Int", "{\"v\":\"1\"}", NULL},
        {"Int", "{\"v\":true}", NULL},
        {"Int", "{\"v\":null}", "null"},
        {"Int", "{}", ""},
        {"Int", NULL, ""},
        {"Int", "{\"w\":1}", ""},
        {"Int!", "{}", NULL},
        {"Int!", "{\"v\":null}", NULL},
        {"Int=3", "{}", "3"},
        {"Int!=3", "{}", "3"},
        {"Int=3", "{\"v\":null}", "null"},
        {"Int!=3", "{\"v\":null}", NULL},
        {"Float", "{\"v\":1}", "1"},
        {"Float", "{\"v\":1.5e3}", "1.5e3"},
        {"Float", "{\"v\":1e999}", NULL},
        {"String", "{\"v\":\"a\\n\"}", "\"a\\n\""},
        {"String", "{\"v\":1}", NULL},
        {"Boolean", "{\"v\":false}", "false"},
        {"Boolean", "{\"v\":\"false\"}", NULL},
        {"ID", "{\"v\":\"x\"}", "\"x\""},
        {"ID", "{\"v\":12345678901234567890}", "\"12345678901234567890\""},
        {"ID", "{\"v\":1.5}", NULL},
        {"DogCommand", "{\"v\":\"SIT\"}", "SIT"},
        {"DogCommand", "{\"v\":\"sit\"}", NULL},
        {"DogCommand", "{\"v\":1}", NULL},
        /* section 3.11 */
        {"[Int]", "{\"v\":[1,2,3]}", "[1, 2, 3]"},
        {"[Int]", "{\"v\":[1,\"b\",true]}", NULL},
        {"[Int]", "{\"v\":1}", "[1]"},
        {"[Int]", "{\"v\":null}", "null"},
        {"[Int]", "{\"v\":[1,null]}", "[1, null]"},
        {"[Int!]", "{\"v\":[1,null]}", NULL},
        {"[[Int]]", "{\"v\":[[1],[2,3]]}", "[[1], [2, 3]]"},
        {"[[Int]]", "{\"v\":1}", "[[1]]"},
        {"[[Int]]", "{\"v\":null}", "null"},
        {"[Int]=5", "{}", "[5]"},
        /* section 3.10: what is not given and has a default has it */
        {"OwnerInput", "{\"v\":{\"name\":\"a\"}}", "{name: \"a\"}"},
        {"OwnerInput", "{\"v\":{\"name\":\"a\",\"age\":null}}",
         "{name: \"a\", age: null}"},
        {"OwnerInput", "{\"v\":{\"age\":1}}", NULL},
        {"OwnerInput", "{\"v\":{\"name\":\"a\",\"x\":1}}", NULL},
        {"OwnerInput", "{\"v\":\"a\"}", NULL},
        {"OwnerInput", "{\"v\":[]}", NULL},
        {"ComplexInput", "{\"v\":{}}", "{age: 3, must: true}"},
        {"ComplexInput", "{\"v\":{\"in\":{\"must\":false}}}",
         "{age: 3, in: {age: 3, must: false}, must: true}"},
        {"ComplexInput={tags:\"a\"}", "{}",
         "{age: 3, tags: [\"a\"], must: true}"},
        {"ComplexInput", "{\"v\":{\"must\":null}}", NULL},
        {"JSON", "{\"v\":{\"a\":[1,{\"b\":null}]}}", "{a: [1, {b: null}]}"},
        {"[JSON!]", "{\"v\":[[1]]}", "[[1]]"},
    };
    struct vb_gql_schema *schema = zoo_new(NULL);
    char text[256];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_gql_value *value;
        struct given g;
        struct vb_buf buf;

        snprintf(text, sizeof(text), "query($v:%s){dog{name}}",
                 rows[i].definition);
        give(&g, schema, text, rows[i].json);
        if ((g.err == VB_OK) != (rows[i].is != NULL))
            fail_msg("%s %s", rows[i].definition, rows[i].json);
        if (g.err != VB_OK) {
            assert_int_equal(g.err, VB_ERR_INVALID);
            assert_int_equal(g.errors.first->places[0].column, 7);
            done(&g);
            continue;
        }
        vb_buf_init(&buf, 1 << 16);
        value = vb__gql_names_find(&g.variables.by_name, VB_SPAN("v"));
        if (value != NULL)
            vb_gql_print_value(&buf, value);
        assert_span_equal(vb_buf_span(&buf), rows[i].is);
        vb_buf_done(&buf);
        done(&g);
    }
    vb_gql_schema_free(schema);
}

/* The first field's arguments, with variables put in. */
static void arguments_are_given_or_have_their_defaults(void **state)
{
    static const struct {
        const char *text, *json;
        const char *is; /* NULL: refused */
    } rows[] = {
        {"{findDog}", NULL, ""},
        {"{findDog(complex:null)}", NULL, "complex: null;"},
        {"query($a:String){findDog(complex:{name:$a})}", "{}",
         "complex: {age: 3, must: true};"},
        {"query($a:String){findDog(complex:{name:$a})}", "{\"a\":\"x\"}",
         "complex: {name: \"x\", age: 3, must: true};"},
        {"query($a:String){findDog(complex:{name:$a})}", "{\"a\":null}",
         "complex: {name: null, age: 3, must: true};"},
        {"query($a:Boolean){findDog(complex:{must:$a})}", "{}",
         "complex: {age: 3, must: true};"},
        {"query($a:Boolean){findDog(complex:{must:$a})}", "{\"a\":null}", NULL},
        {"query($a:ComplexInput){findDog(complex:$a)}", "{}", ""},
        {"query($a:ComplexInput){findDog(complex:$a)}", "{\"a\":{}}",
         "complex: {age: 3, must: true};"},
        {"query($a:[Boolean!]){booleanList(booleanListArg:$a)}", "{\"a\":true}",
         "booleanListArg: [true];"},
        {"query($a:Boolean!){booleanList(booleanListArg:[$a,$a])}",
         "{\"a\":true}", "booleanListArg: [true, true];"},
        {"query($a:Int,$b:Int){any(json:[$a,{b:$b},$a,1])}", "{\"a\":5}",
         "json: [5, {b: null}, 5, 1];"},
    };
    struct vb_gql_schema *schema = zoo_new(NULL);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const struct vb_gql_selection *selection;
        const struct vb_gql_argument *arguments;
        struct vb_buf buf;
        struct given g;
        enum vb_err err;

        give(&g, schema, rows[i].text, rows[i].json);
        assert_int_equal(g.err, VB_OK);
        selection = g.document->operations->selections;
        err = vb_gql_coerce_arguments(
            &g.variables,
            vb_gql_find_field(schema, schema->query, selection->name)
                ->arguments,
            selection->arguments, selection->at, &g.errors, &arguments);
        if ((err == VB_OK) != (rows[i].is != NULL))
            fail_msg("%s %s", rows[i].text, rows[i].json);
        vb_buf_init(&buf, 1 << 16);
        for (; err == VB_OK && arguments != NULL; arguments = arguments->next) {
            vb_buf_printf(&buf, "%.*s: ", VB_FMT(arguments->name));
            vb_gql_print_value(&buf, arguments->value);
            vb_buf_char(&buf, ';');
        }
        if (rows[i].is != NULL)
            assert_span_equal(vb_buf_span(&buf), rows[i].is);
        vb_buf_done(&buf);
        done(&g);
    }
    vb_gql_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variables_become_values_of_their_types),
        cmocka_unit_test(arguments_are_given_or_have_their_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
