/*
 * The calls that an execution is made of: how many there are, in which order
 * they come, and what they may cost.
 */
#include "unit.h"

#include "answer.h"
#include "leaves.h"
#include "run.h"
#include "zoo.h"

#define HUMAN(pets) "{\"human\":{\"pets\":[" pets "]}}"
#define ANIMAL(type, name, members)                                            \
    "{\"__typename\":\"" type "\",\"name\":\"" name "\"" members "}"
#define CALLS_MOST 16

/* All that there are now. */
static size_t fetch(struct run *r, struct vb_gql_call *calls[CALLS_MOST])
{
    size_t count = 0;

    while (count < CALLS_MOST &&
           (calls[count] = vb_gql_execution_next(r->execution)) != NULL)
        count++;
    return count;
}

/* Whatever stands behind is asked once for each field of a level. */
static void a_call_is_of_all_objects(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_gql_call *calls[CALLS_MOST];
    struct run r;

    (void)state;
    run_begin(
        &r, schema,
        "{human{pets{name ...on Dog{owner{name}}...on Cat{meowVolume}}}}", NULL,
        HUMAN(ANIMAL("Dog", "a", ",\"owner\":{\"name\":\"x\"}") "," ANIMAL(
            "Cat", "b", "") "," ANIMAL("Dog", "c",
                                       ",\"owner\":{\"name\":\"y\"}")));
    for (int level = 0; level < 2; level++) {
        assert_int_equal(fetch(&r, calls), 1);
        assert_int_equal(calls[0]->count, 1);
        answer(schema, calls[0]);
        vb_gql_execution_complete(r.execution, calls[0]);
    }
    /* name and owner of two dogs; name and meowVolume of one cat */
    assert_int_equal(fetch(&r, calls), 4);
    for (size_t i = 0; i < 4; i++) {
        bool dog =
            calls[i]->field->type == vb_gql_find_type(schema, VB_SPAN("Dog"));

        assert_int_equal(calls[i]->count, dog ? 2 : 1);
        answer(schema, calls[i]);
    }
    assert_false(vb_gql_execution_is_over(r.execution));
    for (size_t i = 4; i-- > 0;)
        vb_gql_execution_complete(r.execution, calls[i]);
    assert_int_equal(fetch(&r, calls), 1);
    assert_int_equal(calls[0]->count, 2);
    answer(schema, calls[0]);
    vb_gql_execution_complete(r.execution, calls[0]);
    assert_true(vb_gql_execution_is_over(r.execution));
    run_responds(&r,
                 DATA("{\"human\":{\"pets\":[{\"name\":\"a\",\"owner\":{"
                      "\"name\":\"x\"}},{\"name\":\"b\",\"meowVolume\":null},{"
                      "\"name\":\"c\",\"owner\":{\"name\":\"y\"}}]}}"));
    run_done(&r);
    vb_gql_schema_free(schema);
}

/* Section 6.2.2: the first fields of a mutation, with all below them. */
static void mutations_are_one_after_the_other(void **state)
{
    struct vb_gql_schema *schema = leaves_new();
    struct vb_gql_call *calls[CALLS_MOST];
    static const char *const order[] = {"self", "int", "long", "float"};
    struct run r;

    (void)state;
    run_begin(&r, schema, "mutation{self{int long}a:__typename float}", NULL,
              "{\"self\":{\"int\":1,\"long\":2},\"float\":3}");
    for (size_t i = 0; i < VB_COUNT_OF(order); i++) {
        size_t count = fetch(&r, calls);

        assert_int_equal(count, i == 1 ? 2 : 1);
        for (size_t k = 0; k < count; k++) {
            assert_span_equal(calls[k]->field->name, order[i + k]);
            answer(schema, calls[k]);
        }
        for (size_t k = 0; k < count; k++) {
            assert_null(vb_gql_execution_next(r.execution));
            vb_gql_execution_complete(r.execution, calls[k]);
        }
        i += count - 1;
    }
    assert_true(vb_gql_execution_is_over(r.execution));
    run_responds(&r, DATA("{\"self\":{\"int\":1,\"long\":2},\"a\":\"Query\","
                          "\"float\":3}"));
    run_done(&r);
    vb_gql_schema_free(schema);
}

/* What is null already is not asked for any more. */
static void what_is_gone_is_not_asked_for(void **state)
{
    struct vb_gql_schema *schema = leaves_new();
    struct vb_gql_call *calls[CALLS_MOST];
    struct run r;

    (void)state;
    run_begin(&r, schema, "{selfs{must selfs{int}}}", NULL,
              "{\"selfs\":[{\"must\":1,\"selfs\":[{\"int\":1}]},"
              "{\"selfs\":[{\"int\":1}]}]}");
    assert_int_equal(fetch(&r, calls), 1);
    answer(schema, calls[0]);
    vb_gql_execution_complete(r.execution, calls[0]);
    assert_int_equal(fetch(&r, calls), 2);
    answer(schema, calls[0]);
    answer(schema, calls[1]);
    vb_gql_execution_complete(r.execution, calls[0]);
    vb_gql_execution_complete(r.execution, calls[1]);
    assert_null(vb_gql_execution_next(r.execution));
    assert_true(vb_gql_execution_is_over(r.execution));
    assert_int_equal(r.errors.count, 1);
    run_done(&r);
    vb_gql_schema_free(schema);
}

static void part_of_a_call_may_be_gone(void **state)
{
    struct vb_gql_schema *schema = leaves_new();
    struct vb_gql_call *call;
    struct run r;

    (void)state;
    run_begin(&r, schema, "{pages{self{must}int}}", NULL,
              "{\"pages\":[{\"self\":{\"must\":1}},{\"self\":{}},"
              "{\"self\":{\"must\":3}}]}");
    while ((call = vb_gql_execution_next(r.execution)) != NULL) {
        answer(schema, call);
        /* `int` waits until `must` has taken the second page with it. */
        if (!vb_span_eq(call->field->name, VB_SPAN("int")))
            vb_gql_execution_complete(r.execution, call);
        else
            assert_int_equal(call->count, 3);
    }
    assert_false(vb_gql_execution_is_over(r.execution));
    run_done(&r);
    run_begin(
        &r, schema, "{pages{must selfs{int}}}", NULL,
        "{\"pages\":[{\"must\":1,\"selfs\":[{\"int\":1}]},"
        "{\"selfs\":[{\"int\":2}]},{\"must\":3,\"selfs\":[{\"int\":3}]}]}");
    while ((call = vb_gql_execution_next(r.execution)) != NULL) {
        if (vb_span_eq(call->field->name, VB_SPAN("selfs")))
            assert_int_equal(call->count, 2);
        answer(schema, call);
        vb_gql_execution_complete(r.execution, call);
    }
    run_responds(&r,
                 FAILED(ERROR("Query.must is null, which it must not be",
                              AT("8"), "\"pages\",1,\"must\""),
                        "{\"pages\":[{\"must\":1,\"selfs\":[{\"int\":1}]},null,"
                        "{\"must\":3,\"selfs\":[{\"int\":3}]}]}"));
    run_done(&r);
    vb_gql_schema_free(schema);
}

static void an_execution_can_be_ended(void **state)
{
    struct vb_gql_schema *schema = leaves_new();
    struct vb_gql_call *call;
    struct run r;

    (void)state;
    run_begin(&r, schema, "{int self{long}}", NULL, "{\"int\":1,\"self\":{}}");
    call = vb_gql_execution_next(r.execution);
    vb_gql_execution_end(r.execution, "it took too long");
    assert_true(vb_gql_execution_is_over(r.execution));
    assert_null(vb_gql_execution_next(r.execution));
    answer(schema, call);
    vb_gql_execution_complete(r.execution, call);
    run_responds(&r,
                 "{\"errors\":[{\"message\":\"it took too long\"}],\"data\":"
                 "null}");
    run_done(&r);
    vb_gql_schema_free(schema);
}

/* Section 6.2.3: the first call says what to listen to; each event is executed
 * by itself. */
static void a_subscription_is_executed_for_each_event(void **state)
{
    struct vb_gql_schema *schema = zoo_new(NULL);
    struct vb_gql_call *call;
    struct run r;

    (void)state;
    run_begin(&r, schema, "subscription{m:newMessage{body}}", NULL, NULL);
    assert_int_equal(vb_gql_execution_kind(r.execution), VB_GQL_SUBSCRIPTION);
    call = vb_gql_execution_next(r.execution);
    assert_span_equal(call->field->name, "newMessage");
    assert_null(vb_gql_execution_next(r.execution));
    run_done(&r);
    run_begin(&r, schema, "subscription{m:newMessage{body}}", NULL,
              "{\"newMessage\":{\"body\":\"hello\"}}");
    answer_all(schema, r.execution);
    run_responds(&r, DATA("{\"m\":{\"body\":\"hello\"}}"));
    run_done(&r);
    vb_gql_schema_free(schema);
}

/* --- bounds --------------------------------------------------------------- */

/* Ten thousand times as much is more than any number. */
#define MANY                                                                   \
    "{page(first:9999){page(first:9999){page(first:9999){page(first:9999)"
#define MANY_END "}}}}"

static void what_would_cost_too_much_does_not_begin(void **state)
{
    static const struct {
        const char *text, *variables;
        size_t cost;
    } costs[] = {
        {"{int}", NULL, 1},
        {"{int a:int self{int}}", NULL, 4},
        {"{selfs{int}}", NULL, 21},
        {"{selfs{selfs{int}}}", NULL, 421},
        {"{page{int}}", NULL, 4},
        {"{page(first:7){int}}", NULL, 8},
        {"query($n:Int){page(first:$n){int}}", "{\"n\":9}", 10},
        {"query($n:Int){page(first:$n){int}}", "{}", 4},
        {"query($n:Int){pages(first:$n){int}}", "{\"n\":null}", 101},
        {"{pages{int}}", NULL, 101},
        {"{pages(first:0){int}}", NULL, 1},
        {"{pages(first:-1){int}}", NULL, 101},
        {"{pages(first:5000){int}}", NULL, 1001},
        /* the list below a page is the page; what is below that is not */
        {"{page(first:7){selfs{int}}}", NULL, 15},
        {"{page(first:7){self{selfs{int}}}}", NULL, 155},
        {"{...F ...{...F}}fragment F on Query{page{int}}", NULL, 8},
        {"{int ...F@skip(if:true) self@include(if:false){int}}"
         "fragment F on Query{int}",
         NULL, 1},
        {"{__schema{types{fields{name}}}}", NULL, 4},
        {MANY MANY "{int}" MANY_END MANY_END, NULL, SIZE_MAX},
    };
    struct vb_gql_schema *schema = leaves_new();

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(costs); i++) {
        struct vb_gql_limits limits = vb_gql_limits_default;
        struct vb_gql_request request = {.schema = schema, .limits = &limits};
        struct vb_gql_execution *execution;
        enum vb_err err[2];

        for (int less = 0; less < 2; less++) {
            struct run r;

            run_read(&r, schema, costs[i].text);
            r.variables = json_of(costs[i].variables);
            request.document = r.document;
            if (r.variables != NULL)
                request.variables = r.variables->root;
            else
                request.variables = NULL;
            limits.cost = costs[i].cost - less;
            err[less] = vb_gql_execute(&request, &r.errors, &execution);
            run_done(&r);
        }
        if (err[0] != VB_OK || err[1] != VB_ERR_LIMIT)
            fail_msg("%s", costs[i].text);
    }
    vb_gql_schema_free(schema);
}

/* Whatever allocation fails, it ends and says so. */
static void memory_may_be_short(void **state)
{
    static const char *const text =
        "query($a:Int=1){selfs{must ...F @skip(if:false)"
        "page(first:$a){list}}}fragment F on Query{all}";
    struct vb_gql_schema *schema = leaves_new();
    struct vb_json *root = json_of(
        "{\"selfs\":[{\"must\":1,\"all\":[[1],[2]],\"page\":{\"list\":[1]}},"
        "{\"must\":2,\"all\":[[1],[null]],\"page\":{\"list\":[1]}}]}");
    bool whole = false;

    (void)state;
    for (size_t limit = 4096; !whole; limit += 48) {
        struct vb_gql_request request = {.schema = schema, .root = root->root};
        struct vb_gql_execution *execution = NULL;
        struct vb_gql_errors errors;
        struct vb_arena arena;
        struct vb_buf buf;
        enum vb_err err;

        vb_arena_init(&arena, 64, limit);
        vb_gql_errors_init(&errors, &arena);
        vb_buf_init(&buf, 1 << 16);
        err = vb_gql_parse(&arena, vb_span_str(text), NULL, &errors,
                           &request.document);
        if (err == VB_OK)
            err = vb_gql_execute(&request, &errors, &execution);
        if (err == VB_OK) {
            answer_all(schema, execution);
            assert_true(vb_gql_execution_is_over(execution));
            vb_gql_response_write(&buf, &errors, execution);
            whole = !arena.failed;
            if (!whole)
                assert_span_equal(vb_buf_span(&buf),
                                  "{\"errors\":[{\"message\":\"the response is "
                                  "too large\"}],\"data\":null}");
        } else {
            assert_int_equal(err, VB_ERR_NOMEM);
        }
        vb_buf_done(&buf);
        vb_arena_done(&arena);
    }
    vb_json_free(root);
    vb_gql_schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_of_all_objects),
        cmocka_unit_test(mutations_are_one_after_the_other),
        cmocka_unit_test(what_is_gone_is_not_asked_for),
        cmocka_unit_test(part_of_a_call_may_be_gone),
        cmocka_unit_test(an_execution_can_be_ended),
        cmocka_unit_test(a_subscription_is_executed_for_each_event),
        cmocka_unit_test(what_would_cost_too_much_does_not_begin),
        cmocka_unit_test(memory_may_be_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
