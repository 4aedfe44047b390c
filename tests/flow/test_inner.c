/*
 * Exchanges inside of another one: what goes in and comes out, who asks, and
 * that each ends exactly once, whatever happens to the outer one.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "flow/inner.h"
#include "flow/intake.h"
#include "flow/rate.h"
#include "flow/reply.h"
#include "http/method.h"

static struct vb_env env;
static struct vb_limits limits;
static struct vb_peer peer;
static struct vb_exchange *outer;
static unsigned ended; /* exchanges that the service was told of */
static struct vb_inner inner;
static unsigned done; /* times that it was told */
static struct vb_exchange *waiting;
static char said_text[1000];
static struct vb_buf said; /* content of the reply */
static bool echoed, set_cookie;

/* --- what is asked -----------------------------------------------------------
 */

static enum vb_answer echo(struct vb_exchange *x)
{
    x->reply.bytes = vb_buf_span(&x->content);
    x->reply.content = VB_CONTENT_BYTES;
    vb_reply_add(x, VB_SPAN("Set-Cookie"), VB_SPAN("a=secret"));
    vb_reply_add(x, VB_SPAN("X-Echo"), VB_SPAN("yes"));
    return VB_YES;
}

static enum vb_answer wait_for_it(struct vb_exchange *x)
{
    waiting = x;
    return VB_PENDING;
}

/* Takes a piece at a time, and counts. */
static struct {
    struct vb_sink sink;
    struct vb_exchange *x;
    uint64_t bytes;
    unsigned pauses;
} slow;

static enum vb_sink_want slow_write(struct vb_sink *sink, struct vb_span bytes)
{
    (void)sink;
    slow.bytes += bytes.len;
    slow.pauses++;
    if (slow.pauses % 2 == 0) /* it has gone on before this returns */
        vb_intake_resume(slow.x);
    return VB_SINK_PAUSE;
}

static void slow_end(struct vb_sink *sink, enum vb_err err)
{
    (void)sink;
    assert_int_equal(err, VB_OK);
    vb_flow_resume(slow.x, VB_YES);
}

static enum vb_answer receive_slowly(struct vb_exchange *x)
{
    memset(&slow, 0, sizeof(slow));
    slow.sink = (struct vb_sink){slow_write, slow_end, NULL};
    slow.x = x;
    return vb_intake_begin(x, &slow.sink);
}

/* A reply piece by piece, as a script says: b bytes, p pending, ! failed. */
static struct {
    struct vb_source source;
    const char *script;
    unsigned closed;
} stream;

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    (void)source;
    switch (*stream.script) {
    case '\0':
        return VB_PULL_END;
    case 'b':
        stream.script++;
        *ret_bytes = VB_SPAN("0123456789");
        return VB_PULL_BYTES;
    case 'p':
        stream.script++;
        return VB_PULL_PENDING;
    default:
        return VB_PULL_FAILED;
    }
}

static void close_stream(struct vb_source *source)
{
    (void)source;
    stream.closed++;
}

static enum vb_answer streams(struct vb_exchange *x)
{
    x->reply.source = &stream.source;
    x->reply.content = VB_CONTENT_SOURCE;
    return VB_YES;
}

static const struct vb_slot get_slot;
static const struct vb_slot echo_slot = {.commit = echo};
static const struct vb_slot wait_slot = {.commit = wait_for_it};
static const struct vb_slot slow_slot = {.received = receive_slowly,
                                         .commit = echo};

#define TAKES                                                                  \
    .takes = &(const struct vb_take){VB_SPAN_INIT("text/plain"),               \
                                     VB_METHOD_BIT(VB_METHOD_POST)},           \
    .take_count = 1

static struct {
    const char *path;
    struct vb_resource resource;
} resources[] = {
    {"/echo", {.slots = {[VB_METHOD_POST] = &echo_slot}, TAKES}},
    {"/wait", {.slots = {[VB_METHOD_POST] = &wait_slot}, TAKES}},
    {"/slow", {.slots = {[VB_METHOD_POST] = &slow_slot}, TAKES}},
    {"/stream", {.slots = {[VB_METHOD_GET] = &get_slot}, .exists = streams}},
};
#define COUNT (sizeof(resources) / sizeof(resources[0]))

static bool route(struct vb_site *site, struct vb_exchange *x)
{
    (void)site;
    x->key = x->head.path;
    for (size_t i = 0; i < COUNT; i++)
        if (vb_span_eq(x->head.path, vb_span_str(resources[i].path)))
            x->resource = &resources[i].resource;
    return x->resource != NULL;
}

static struct vb_site site = {.route = route};

/* --- the outer one -----------------------------------------------------------
 */

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
}

static void end(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    (void)x;
    ended++;
}

static struct vb_service service = {.begin = begin, .end = end};
static const struct vb_carrier carrier = {.protocol = "test"};

static void outer_field(const char *name, const char *value)
{
    const char *reason;

    assert_int_equal(vb_fields_add(&outer->head.fields, &outer->arena,
                                   &limits.head, vb_span_str(name),
                                   vb_span_str(value), &reason),
                     0);
}

static int set_up(void **state)
{
    (void)state;
    limits = vb_limits_default;
    peer = (struct vb_peer){.loopback = true};
    vb_env_init(&env, &limits, &service);
    env.site = &site;
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(vb_resource_seal(&resources[i].resource), VB_OK);
    outer = vb_exchange_new(&env);
    outer->carrier = &carrier;
    outer->peer = &peer;
    outer->site = &site;
    outer->head.scheme = VB_SPAN("http");
    outer->head.authority = VB_SPAN("localhost");
    ended = done = 0;
    inner = (struct vb_inner){.outer = NULL};
    stream.closed = 0;
    stream.source =
        (struct vb_source){.pull = pull, .close = close_stream, .length = -1};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vb_exchange_release(outer);
    assert_int_equal(ended, 1); /* of the outer one alone */
    for (size_t i = 0; i < COUNT; i++)
        vb_resource_done(&resources[i].resource);
    vb_rates_free(env.rates);
    vb_env_done(&env);
    return 0;
}

/* The reply is there for one call. */
static void keep_reply(struct vb_inner *at)
{
    assert_ptr_equal(at, &inner);
    assert_int_equal(done, 0);
    for (size_t i = 0; i < inner.field_count; i++) {
        echoed |= vb_span_eq(inner.fields[i].name, VB_SPAN("X-Echo"));
        set_cookie |= vb_span_eq(inner.fields[i].name, VB_SPAN("Set-Cookie"));
    }
    said = vb_buf_over(said_text, sizeof(said_text));
    vb_buf_append(&said, inner.content);
}

static void note_done(struct vb_inner *at)
{
    assert_ptr_equal(at, &inner);
    done++;
}

static struct vb_field_out text = {VB_SPAN_INIT("Content-Type"),
                                   VB_SPAN_INIT("text/plain")};

static void ask_for(struct vb_inner_request request)
{
    if (request.fields == NULL) {
        request.fields = &text;
        request.field_count = 1;
    }
    done = 0;
    echoed = set_cookie = false;
    inner = (struct vb_inner){
        .outer = outer, .most = 100, .reply = keep_reply, .done = note_done};
    assert_true(vb_inner_begin(&inner, &request));
}

static void ask(const char *method, const char *target, const char *content)
{
    ask_for((struct vb_inner_request){.method = vb_span_str(method),
                                      .target = vb_span_str(target),
                                      .content = vb_span_str(content)});
}

static const struct vb_field_out *find(const struct vb_field_out *fields,
                                       size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_ieq(fields[i].name, vb_span_str(name)))
            return &fields[i];
    return NULL;
}

/* --- requests and replies ----------------------------------------------------
 */

static void content_goes_in_and_comes_out(void **state)
{
    (void)state;
    ask("POST", "/echo", "hello");
    assert_int_equal(done, 1);
    assert_int_equal(inner.status, 200);
    assert_false(inner.cut);
    assert_true(vb_span_eq(vb_buf_span(&said), VB_SPAN("hello")));
    assert_true(echoed);
}

static void what_is_for_the_browser_goes_to_the_outer_reply(void **state)
{
    (void)state;
    ask("POST", "/echo", "hello");
    assert_false(set_cookie);
    assert_non_null(
        find(outer->reply.fields, outer->reply.field_count, "Set-Cookie"));
}

static void content_that_is_too_large_is_left_out(void **state)
{
    char large[102];

    (void)state;
    memset(large, 'x', 101);
    large[101] = '\0';
    ask("POST", "/echo", large);
    assert_int_equal(inner.status, 200);
    assert_true(inner.cut);
    assert_int_equal(said.len, 0);
}

static void a_sink_may_pause(void **state)
{
    size_t size = 300 * 1024;
    char *large = malloc(size);

    (void)state;
    memset(large, 'x', size);
    ask_for((struct vb_inner_request){
        .method = VB_SPAN("POST"),
        .target = VB_SPAN("/slow"),
        .content = vb_span_of(large, size),
    });
    for (unsigned i = 0; done == 0 && i < 10; i++)
        vb_intake_resume(slow.x);
    assert_int_equal(done, 1);
    assert_int_equal(slow.bytes, size);
    assert_int_equal(slow.pauses, 5);
    free(large);
}

static void a_source_is_pulled_to_its_end(void **state)
{
    static const struct {
        const char *script;
        int64_t length;
        bool cut;
        size_t bytes;
    } rows[] = {
        {"", -1, false, 0},           {"b", 10, false, 10},
        {"bbb", -1, false, 30},       {"bpb", 20, false, 20},
        {"ppb", -1, false, 10},       {"b!", -1, true, 0},
        {"b", 20, true, 0},           {"bb", 10, true, 0},
        {"!", -1, true, 0},           {"bbbbbbbbbb", -1, false, 100},
        {"bbbbbbbbbbb", -1, true, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        stream.script = rows[i].script;
        stream.source.length = rows[i].length;
        stream.closed = 0;
        ask("GET", "/stream", "");
        for (unsigned n = 0; done == 0 && n < 10; n++)
            inner.x->carrier->output_ready(inner.x);
        if (done != 1 || inner.cut != rows[i].cut || said.len != rows[i].bytes)
            fail_msg("row %zu: done %u cut %d, %zu bytes", i, done, inner.cut,
                     said.len);
        assert_int_equal(stream.closed, 1);
    }
}

static void head_has_no_content(void **state)
{
    (void)state;
    ask("HEAD", "/nowhere", "");
    assert_int_equal(inner.status, 404);
    assert_int_equal(said.len, 0);
}

/* --- who asks, and what it may not say of itself
 * ------------------------------
 */

static void a_part_cannot_say_who_it_is(void **state)
{
    static const struct {
        const char *name, *value;
        unsigned status;
    } rows[] = {
        {"Authorization", "Basic YTpi", 400},
        {"Cookie", "a=b", 400},
        {"Origin", "http://localhost", 400},
        {"Sec-Fetch-Site", "same-origin", 400},
        {"Transfer-Encoding", "chunked", 400},
        {"Content-Length", "6", 400},
        {"Content-Length", "5", 200},
        {"Host", "elsewhere.example", 421},
        {"Host", "LOCALHOST", 200},
        {"X y", "z", 400},
        {"X", "a\nb", 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_field_out fields[] = {
            text, {vb_span_str(rows[i].name), vb_span_str(rows[i].value)}};

        ask_for((struct vb_inner_request){.method = VB_SPAN("POST"),
                                          .target = VB_SPAN("/echo"),
                                          .fields = fields,
                                          .field_count = 2,
                                          .content = VB_SPAN("hello")});
        if (inner.status != rows[i].status)
            fail_msg("row %zu: %u", i, inner.status);
    }
}

static void targets_are_of_the_outers_host(void **state)
{
    static const struct {
        const char *target;
        unsigned status;
    } rows[] = {
        {"http://localhost/echo", 200},
        {"http://elsewhere.example/echo", 421},
        {"https://localhost/echo", 421},
        {"echo", 400},
        {"/a b", 400},
        {"*", 400},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ask("POST", rows[i].target, "x");
        if (inner.status != rows[i].status)
            fail_msg("row %zu: %u", i, inner.status);
    }
}

static void a_page_of_another_origin_stays_one(void **state)
{
    (void)state;
    outer_field("Origin", "http://evil.example");
    ask("POST", "/echo", "x");
    assert_int_equal(inner.status, 403);
}

static void a_client_from_elsewhere_stays_one(void **state)
{
    (void)state;
    peer.loopback = false;
    ask("POST", "/echo", "x");
    assert_int_equal(inner.status, 403);
}

static void each_counts_as_a_request(void **state)
{
    const struct vb_rate rate = {.count = 1, .period_ms = 60000, .burst = 2};

    (void)state;
    env.rates = vb_rates_new(&rate);
    for (unsigned i = 0; i < 3; i++) {
        ask("POST", "/echo", "x");
        assert_int_equal(inner.status, i < 2 ? 200 : 429);
    }
}

static void what_could_not_be_read_is_answered(void **state)
{
    (void)state;
    ask_for((struct vb_inner_request){.verdict = {400, "It is no request."}});
    assert_int_equal(inner.status, 400);
    assert_true(said.len > 0);
}

/* --- the end -----------------------------------------------------------------
 */

static void answers_may_come_later(void **state)
{
    (void)state;
    ask("POST", "/wait", "x");
    assert_int_equal(done, 0);
    vb_flow_resume(waiting, VB_YES);
    assert_int_equal(done, 1);
    assert_int_equal(inner.status, 204);
}

static void what_is_called_off_ends_when_it_is_answered(void **state)
{
    (void)state;
    ask("POST", "/wait", "x");
    vb_inner_call_off(&inner);
    assert_int_equal(done, 0);
    vb_flow_resume(waiting, VB_YES);
    assert_int_equal(done, 1);
    assert_int_equal(inner.status, 0);
}

static void a_source_that_waits_is_called_off_at_once(void **state)
{
    (void)state;
    stream.script = "p";
    ask("GET", "/stream", "");
    assert_int_equal(done, 0);
    vb_inner_call_off(&inner);
    assert_int_equal(done, 1);
    assert_int_equal(inner.status, 0);
    assert_int_equal(stream.closed, 1);
}

/* Somebody works for its source still. */
static void it_is_done_when_nobody_holds_it_any_more(void **state)
{
    struct vb_exchange *x;

    (void)state;
    stream.script = "pbbbbbbbbbbbb";
    ask("GET", "/stream", "");
    x = inner.x;
    x->held = true;
    x->carrier->output_ready(x);
    assert_true(inner.cut);
    assert_int_equal(stream.closed, 1);
    assert_int_equal(done, 0);
    vb_exchange_unhold(x);
    assert_int_equal(done, 1);
}

static void what_is_done_is_not_called_off(void **state)
{
    (void)state;
    ask("POST", "/echo", "x");
    vb_inner_call_off(&inner);
    assert_int_equal(done, 1);
    assert_int_equal(inner.status, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(content_goes_in_and_comes_out),
        TEST(what_is_for_the_browser_goes_to_the_outer_reply),
        TEST(content_that_is_too_large_is_left_out),
        TEST(a_sink_may_pause),
        TEST(a_source_is_pulled_to_its_end),
        TEST(head_has_no_content),
        TEST(a_part_cannot_say_who_it_is),
        TEST(targets_are_of_the_outers_host),
        TEST(a_page_of_another_origin_stays_one),
        TEST(a_client_from_elsewhere_stays_one),
        TEST(each_counts_as_a_request),
        TEST(what_could_not_be_read_is_answered),
        TEST(answers_may_come_later),
        TEST(what_is_called_off_ends_when_it_is_answered),
        TEST(a_source_that_waits_is_called_off_at_once),
        TEST(it_is_done_when_nobody_holds_it_any_more),
        TEST(what_is_done_is_not_called_off),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
