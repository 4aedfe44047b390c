/* From a dial to a reply, with the wires that there are: what the dialler makes
 * is ready for calls, whatever is spoken. */
#include "scene.h"
#include "secure.h"

#include <stdio.h>
#include <string.h>

_Thread_local struct stand_ins stand_ins; /* there are none */

/* --- The server -------------------------------------------------------------
 */

static void answer(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    x->reply.status = 200;
    x->reply.content = VB_CONTENT_BYTES;
    x->reply.bytes = VB_SPAN("content");
    x->carrier->reply(x);
}

static struct vb_service service = {.begin = answer};

/* --- The call ---------------------------------------------------------------
 */

static struct {
    struct scene *scene;
    struct vb_arena arena;
    struct vb_call call;
    int calls; /* that are over */
    char protocol[16];
    unsigned status;
    char content[64];
    int gone;
} told;

static void head(struct vb_call *call, const struct vb_response_head *response)
{
    (void)call;
    told.status = response->status;
}

static enum vb_sink_want content(struct vb_call *call, struct vb_span bytes)
{
    (void)call;
    strncat(told.content, bytes.ptr, bytes.len);
    return VB_SINK_MORE;
}

static void begin_call(struct scene *s);

static void over(struct vb_call *call, enum vb_call_end end)
{
    assert_int_equal(end, VB_CALL_WHOLE);
    assert_int_equal(call->reused, told.calls > 0);
    vb_arena_done(&told.arena);
    told.calls++;
    if (told.calls == 1)
        begin_call(told.scene);
    else
        vb_loop_stop(told.scene->loop);
}

static void gone(struct vb_client *client)
{
    (void)client;
    told.gone++;
}

static void start(struct vb_client *client)
{
    static const struct vb_call_ops ops = {
        .head = head, .content = content, .end = over};
    static const struct vb_call_limits limits = {
        .head = {.max_field = 8192,
                 .max_fields = 100,
                 .max_fields_size = 65536},
        .head_timeout_ms = 5000};

    vb_arena_init(&told.arena, 1024, 64 * 1024);
    told.call = (struct vb_call){.method = VB_METHOD_GET,
                                 .method_text = VB_SPAN("GET"),
                                 .scheme = VB_SPAN("http"),
                                 .authority = VB_SPAN("a.example"),
                                 .target = VB_SPAN("/"),
                                 .limits = &limits,
                                 .arena = &told.arena,
                                 .ops = &ops};
    assert_int_equal(client->ops->start(client, &told.call), VB_OK);
}

/* Behind the one that is over, on the same connection. */
static void again(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;

    start(s->dials[0].client);
}

static void begin_call(struct scene *s)
{
    if (told.calls == 0)
        start(s->dials[0].client);
    else
        after(s, 1, again);
}

static void connected(struct scene *s)
{
    struct vb_client *client = s->dials[0].client;

    if (s->ends[0] != VB_DIAL_OK)
        fail_msg("%d: %s", s->ends[0], s->dials[0].why);
    client->gone = gone;
    snprintf(told.protocol, sizeof(told.protocol), "%s", client->protocol);
    begin_call(s);
}

static void calls_are_answered_over_what_is_dialled(void **state)
{
    static const struct {
        enum vb_dial_protocol protocol;
        bool tls;
        const char *spoken;
    } rows[] = {
        {VB_DIAL_HTTP, false, "HTTP/1.1"},  {VB_DIAL_HTTP_1, false, "HTTP/1.1"},
        {VB_DIAL_HTTP_2, false, "HTTP/2"},  {VB_DIAL_HTTP, true, "HTTP/2"},
        {VB_DIAL_HTTP_1, true, "HTTP/1.1"}, {VB_DIAL_HTTP_2, true, "HTTP/2"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct scene s = {.begin = to_port,
                          .then = connected,
                          .service = &service,
                          .tls = rows[i].tls ? secure.tls : NULL};

        memset(&told, 0, sizeof(told));
        told.scene = &s;
        s.to[0].protocol = rows[i].protocol;
        s.to[0].tls = rows[i].tls ? secure.believes : NULL;
        play(&s);
        assert_int_equal(told.calls, 2);
        assert_int_equal(told.status, 200);
        assert_string_equal(told.content, "contentcontent");
        assert_string_equal(told.protocol, rows[i].spoken);
        assert_int_equal(told.gone, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_answered_over_what_is_dialled),
    };

    return cmocka_run_group_tests(tests, secure_set_up, secure_tear_down);
}
