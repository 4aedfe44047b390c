/*
 * The rules of section 5 of the specification: what it shows as valid and as
 * invalid for each, told of its animals (zoo.h), with where errors are.
 */
#include "unit.h"

#include <stdio.h>

#include "graphql/validate.h"
#include "zoo.h"

#define DOG(fields) "{dog{" fields "}}"

static const struct {
    const char *section, *text;
    const char *says; /* "COLUMN[,COLUMN] MESSAGE" of the first error; NULL */
} rows[] = {
#include "validate_rows.inc"
};

struct judged {
    struct vb_arena arena;
    struct vb_gql_errors errors;
    enum vb_err err;
};

static void judge(struct judged *j, const struct vb_gql_schema *schema,
                  struct vb_span text, const struct vb_gql_limits *limits)
{
    const struct vb_gql_document *document;

    vb_arena_init(&j->arena, 4096, 1 << 25);
    vb_gql_errors_init(&j->errors, &j->arena);
    if (vb_gql_parse(&j->arena, text, limits, &j->errors, &document) != VB_OK)
        fail_msg("%.*s: %.*s", VB_FMT(text), VB_FMT(j->errors.first->message));
    j->err = vb_gql_validate(schema, document, limits, &j->errors);
}

static void describe(const struct vb_gql_errors *errors, char *to, size_t size)
{
    const struct vb_gql_error *e = errors->first;

    if (e->place_count > 1)
        snprintf(to, size, "%u,%u %.*s", e->places[0].column,
                 e->places[1].column, VB_FMT(e->message));
    else
        snprintf(to, size, "%u %.*s", e->places[0].column, VB_FMT(e->message));
}

static void every_rule_is_kept(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    size_t failed = 0;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char said[512] = "";
        struct judged j;

        judge(&j, schema, vb_span_str(rows[i].text), NULL);
        if (j.errors.first != NULL)
            describe(&j.errors, said, sizeof(said));
        if (j.err != (rows[i].says == NULL ? VB_OK : VB_ERR_INVALID) ||
            (rows[i].says != NULL && strcmp(said, rows[i].says) != 0)) {
            print_message("%s %s\n    says: %s\n", rows[i].section,
                          rows[i].text, said);
            failed++;
        }
        vb_arena_done(&j.arena);
    }
    assert_int_equal(failed, 0);
    vb_gql_schema_free(schema);
}

/* Each row of the rules' table has at least one valid and one invalid row. */
static void every_rule_has_both_kinds_of_tests(void **state)
{
    static const char *const sections[] = {
        "5.2.1.1", "5.2.2.1", "5.2.3.1", "5.3.1",   "5.3.2",   "5.3.3",
        "5.4.1",   "5.4.2",   "5.4.2.1", "5.5.1.1", "5.5.1.2", "5.5.1.3",
        "5.5.1.4", "5.5.2.1", "5.5.2.2", "5.5.2.3", "5.6.1",   "5.6.2",
        "5.6.3",   "5.6.4",   "5.7.1",   "5.7.2",   "5.7.3",   "5.8.1",
        "5.8.2",   "5.8.3",   "5.8.4",   "5.8.5",
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(sections); i++) {
        bool valid = false, invalid = false;

        for (size_t k = 0; k < VB_COUNT_OF(rows); k++) {
            bool is = strcmp(rows[k].section, sections[i]) == 0;

            valid |= is && rows[k].says == NULL;
            invalid |= is && rows[k].says != NULL;
        }
        if (!valid || !invalid)
            fail_msg("%s", sections[i]);
    }
}

/* Section 5.2: what the schema has no root for cannot be asked. */
static void an_operation_needs_its_root(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct judged j;

    (void)state;
    schema->mutation = NULL;
    judge(&j, schema, VB_SPAN("mutation{rename(name:\"x\"){name}}"), NULL);
    assert_int_equal(j.err, VB_ERR_INVALID);
    assert_span_equal(j.errors.first->message,
                      "the schema has no operation of the kind mutation");
    vb_arena_done(&j.arena);
    vb_gql_schema_free(schema);
}

static void all_errors_are_told(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct judged j;

    (void)state;
    judge(&j, schema, VB_SPAN("{dog{a b(x:$y)@z ...F}} fragment G on T{a}"),
          NULL);
    assert_int_equal(j.err, VB_ERR_INVALID);
    assert_int_equal(j.errors.count, 7);
    vb_arena_done(&j.arena);
    vb_gql_schema_free(schema);
}

/* --- hostile documents ---------------------------------------------------- */

static enum vb_err judge_repeated(const char *head, const char *part,
                                  size_t count, const char *tail)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_gql_limits limits = vb_gql_limits_default;
    struct vb_buf text;
    struct judged j;

    limits.aliases = 10000;
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, head);
    for (size_t i = 0; i < count; i++)
        vb_buf_str(&text, part);
    vb_buf_str(&text, tail);
    judge(&j, schema, vb_buf_span(&text), &limits);
    vb_arena_done(&j.arena);
    vb_buf_done(&text);
    vb_gql_schema_free(schema);
    return j.err;
}

/* Each fragment spreads the next one twice: 2^n fields of a short text. */
static void fragments_are_counted_where_they_are_spread(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_buf text;
    struct judged j;

    (void)state;
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, "{human{...F0}}");
    for (int i = 0; i < 40; i++)
        vb_buf_printf(&text,
                      "fragment F%d on Human{...on Human{...F%d}pets{...on "
                      "Dog{owner{...F%d}}}}",
                      i, i + 1, i + 1);
    vb_buf_str(&text, "fragment F40 on Human{name}");
    judge(&j, schema, vb_buf_span(&text), NULL);
    assert_int_equal(j.err, VB_ERR_LIMIT);
    assert_int_equal(j.errors.count, 1);
    vb_arena_done(&j.arena);
    vb_buf_done(&text);
    vb_gql_schema_free(schema);
}

static void many_fields_of_one_name_are_compared_quickly(void **state)
{
    (void)state;
    assert_int_equal(judge_repeated("{", "dog{name}", 2400, "}"), VB_OK);
    assert_int_equal(judge_repeated("{", "dog{name nickname}", 1900, "}"),
                     VB_OK);
    assert_int_equal(judge_repeated("{pet{", "...on Dog{x:name}", 1100, "}}"),
                     VB_OK);
}

/* Arguments are compared in any order, which takes its time. */
static void comparing_has_a_bound(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_buf text;
    struct judged j;

    (void)state;
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, "{");
    for (int k = 0; k < 2; k++) {
        vb_buf_str(&text, "any(json:{");
        for (int i = 0; i < 1500; i++)
            vb_buf_printf(&text, "f%d:1 ", k == 0 ? i : 1499 - i);
        vb_buf_str(&text, "})");
    }
    vb_buf_str(&text, "}");
    judge(&j, schema, vb_buf_span(&text), NULL);
    assert_int_equal(j.err, VB_ERR_LIMIT);
    vb_arena_done(&j.arena);
    vb_buf_done(&text);
    vb_gql_schema_free(schema);
}

static void a_long_chain_of_fragments_is_no_matter(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_buf text;
    struct judged j;

    (void)state;
    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, "{dog{...F0}}");
    for (int i = 0; i < 1200; i++)
        vb_buf_printf(&text, "fragment F%d on Dog{...F%d}", i, i + 1);
    vb_buf_str(&text, "fragment F1200 on Dog{name}");
    judge(&j, schema, vb_buf_span(&text), NULL);
    assert_int_equal(j.err, VB_OK);
    vb_arena_done(&j.arena);
    vb_buf_done(&text);
    vb_gql_schema_free(schema);
}

static void memory_may_be_short(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    enum vb_err err = VB_ERR_NOMEM;

    (void)state;
    for (size_t limit = 2048; err == VB_ERR_NOMEM; limit += 64) {
        const struct vb_gql_document *document;
        struct vb_gql_errors errors;
        struct vb_arena arena;

        vb_arena_init(&arena, 64, limit);
        vb_gql_errors_init(&errors, &arena);
        err =
            vb_gql_parse(&arena,
                         VB_SPAN("query($a:Boolean!){dog{...F name "
                                 "x:isHouseTrained(atOtherHomes:$a)@skip(if:"
                                 "true)}}fragment F on Dog{name owner{name}}"),
                         NULL, &errors, &document);
        if (err == VB_OK)
            err = vb_gql_validate(schema, document, NULL, &errors);
        vb_arena_done(&arena);
    }
    assert_int_equal(err, VB_OK);
    vb_gql_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_kept),
        cmocka_unit_test(every_rule_has_both_kinds_of_tests),
        cmocka_unit_test(an_operation_needs_its_root),
        cmocka_unit_test(all_errors_are_told),
        cmocka_unit_test(fragments_are_counted_where_they_are_spread),
        cmocka_unit_test(many_fields_of_one_name_are_compared_quickly),
        cmocka_unit_test(comparing_has_a_bound),
        cmocka_unit_test(a_long_chain_of_fragments_is_no_matter),
        cmocka_unit_test(memory_may_be_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
