/*
 * Explanations: what is told of the way, to whom, and what the reply says of
 * it.
 */
#include "unit.h"

#include "content/json.h"
#include "flow/explain.h"
#include "http/method.h"

static struct vb_env env;
static struct vb_peer peer;
static struct vb_exchange *x;
static struct vb_buf kept; /* what keep was given */
static const char *place;  /* and what it answers */

static struct vb_span keep(struct vb_explainer *explainer,
                           struct vb_exchange *exchange, struct vb_span json)
{
    (void)explainer;
    (void)exchange;
    vb_buf_append(&kept, json);
    return vb_span_str(place);
}

static struct vb_explainer explainer = {.keep = keep};

static void ignore(struct vb_service *service, struct vb_exchange *exchange)
{
    (void)service;
    (void)exchange;
}

static struct vb_service service = {.begin = ignore};

static int set_up(void **state)
{
    (void)state;
    vb_env_init(&env, &vb_limits_default, &service);
    env.explainer = &explainer;
    vb_buf_init(&kept, VB_EXPLAIN_MOST);
    place = "/trace/1";
    peer = (struct vb_peer){.loopback = true};
    x = vb_exchange_new(&env);
    assert_non_null(x);
    x->peer = &peer;
    x->head.method = VB_METHOD_GET;
    x->head.method_text = VB_SPAN("GET");
    x->head.target = VB_SPAN("/\"x");
    x->reply.status = 200;
    x->walk.finished = true;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_exchange_release(x);
    vb_buf_done(&kept);
    vb_env_done(&env);
    return 0;
}

static void ask(const char *preference)
{
    const char *why;

    assert_int_equal(vb_fields_add(&x->head.fields, &x->arena,
                                   &vb_limits_default.head, VB_SPAN("Prefer"),
                                   vb_span_str(preference), &why),
                     0);
    vb__explain_reply(x);
}

static void went(enum vb_node_id node, enum vb_answer answer)
{
    x->walk.trace[x->walk.length++] =
        (uint16_t)((unsigned)node << 4 | (unsigned)answer);
}

/* --- what is told -----------------------------------------------------------
 */

static void waiting_is_no_answer_and_another_round_is(void **state)
{
    static const char want[] =
        "{\"method\":\"GET\",\"target\":\"/\\\"x\",\"status\":200,"
        "\"title\":\"OK\",\"steps\":["
        "{\"group\":\"exist\",\"node\":\"exists\",\"question\":\"is there a "
        "current representation?\",\"answer\":\"YES\",\"rfc\":\"9110 8.1\"},"
        "{\"group\":\"write\",\"node\":\"commit\",\"question\":\"is it "
        "durable?\",\"answer\":\"AGAIN\",\"rfc\":\"9110 15.6\"}]}";
    struct vb_buf json;

    (void)state;
    went(VB_NODE_exists, VB_PENDING);
    went(VB_NODE_exists, VB_YES);
    went(VB_NODE_commit, VB_PENDING);
    went(VB_NODE_commit, VB_AGAIN);
    vb_buf_init(&json, VB_EXPLAIN_MOST);
    vb_explain_write(&json, x);
    vb_buf_char(&json, '\0');
    assert_string_equal(json.ptr, want);
    vb_buf_done(&json);
}

static void the_longest_way_fits(void **state)
{
    struct vb_json *parsed;
    struct vb_buf json;

    (void)state;
    while (x->walk.length < VB_TRACE_MAX)
        went(VB_NODE_consistent, VB_HALT);
    vb_buf_init(&json, VB_EXPLAIN_MOST);
    vb_explain_write(&json, x);
    assert_int_equal(vb_json_parse(vb_buf_span(&json), NULL, &parsed, NULL),
                     VB_OK);
    assert_true(json.len < VB_EXPLAIN_MOST / 2);
    vb_json_free(parsed);
    vb_buf_done(&json);
}

static void no_status_is_told_before_there_is_one(void **state)
{
    struct vb_buf json;

    (void)state;
    x->walk.finished = false;
    vb_buf_init(&json, VB_EXPLAIN_MOST);
    vb_explain_write(&json, x);
    assert_null(memmem(json.ptr, json.len, "status", 6));
    vb_buf_done(&json);
}

/* --- to whom ----------------------------------------------------------------
 */

static void who_asks_finds_a_link_in_a_reply_of_its_own(void **state)
{
    static const struct {
        const char *name;
        const char *value;
    } want[] = {
        {"Link", "</trace/1>; rel=\"" VB_EXPLAIN_RELATION
                 "\"; type=\"application/json\""},
        {"Preference-Applied", "explain"},
        {"Cache-Control", "no-store"},
    };

    (void)state;
    ask("return=minimal, explain");
    assert_true(kept.len > 0);
    assert_int_equal(x->reply.field_count, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct vb_field_out *field = &x->reply.fields[i];

        assert_true(vb_span_eq(field->name, vb_span_str(want[i].name)));
        assert_true(vb_span_eq(field->value, vb_span_str(want[i].value)));
    }
}

static void nothing_is_kept(void)
{
    assert_int_equal(kept.len, 0);
    assert_int_equal(x->reply.field_count, 0);
}

static void who_does_not_ask_is_not_told(void **state)
{
    (void)state;
    vb__explain_reply(x);
    nothing_is_kept();
    ask("return=minimal");
    nothing_is_kept();
}

static void another_machine_is_not_told(void **state)
{
    (void)state;
    peer.loopback = false;
    ask("explain");
    nothing_is_kept();
    x->peer = NULL;
    vb__explain_reply(x);
    nothing_is_kept();
}

static void what_could_not_be_kept_has_no_link(void **state)
{
    (void)state;
    place = "";
    ask("explain");
    assert_true(kept.len > 0);
    assert_int_equal(x->reply.field_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(waiting_is_no_answer_and_another_round_is),
        TEST(the_longest_way_fits),
        TEST(no_status_is_told_before_there_is_one),
        TEST(who_asks_finds_a_link_in_a_reply_of_its_own),
        TEST(who_does_not_ask_is_not_told),
        TEST(another_machine_is_not_told),
        TEST(what_could_not_be_kept_has_no_link),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
