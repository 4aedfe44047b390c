/* What becomes of those who follow another one's request, where that comes to
 * nothing (gateway/joining.c, failing.c). */
#include "peers.h"

#include "flow/flow.h"
#include "gateway/cached.h"

#define MOST 4

struct scene {
    struct peers peers;
    struct vb_mailbox mailbox;
    struct vb_site site;
    struct vb_upstream *upstream;
    struct vb_gate_cache cache;
    struct vb_gate gate;
    struct vb_resource resource;
    struct client {
        struct vb_exchange *x;
        unsigned status; /* of the reply; 0: none yet */
    } clients[MOST];
    unsigned count;
};

static void no_wake(struct vb_mailbox *mailbox)
{
    (void)mailbox;
}

static void set_up(struct scene *s)
{
    static const char *const uris[] = {"http://10.0.0.1:9000"};
    const struct vb_gate_cache_room room = {.memory = 8 << 20};
    struct vb_buf why;

    memset(s, 0, sizeof(*s));
    peers_init(&s->peers);
    vb_mailbox_init(&s->mailbox, no_wake, NULL);
    s->peers.env.mailbox = &s->mailbox;
    s->upstream = peers_upstream(uris, 1, NULL);
    vb_buf_init(&why, 1000);
    assert_int_equal(vb_gate_cache_init(&s->cache, &room, &why), VB_OK);
    vb_buf_done(&why);
    vb_gate_init(&s->gate, s->upstream,
                 &(struct vb_gate_options){.hides = true,
                                           .pseudonym = VB_SPAN("us"),
                                           .cache = &s->cache});
    vb_gate_open(&s->resource, &s->gate);
}

/* Its connection has ended. */
static void leave(struct client *client)
{
    struct vb_exchange *x = client->x;

    client->x = NULL;
    if (x != NULL && client->status != 0)
        vb_exchange_release(x);
    else if (x != NULL)
        vb_exchange_abandon(x);
}

static void tear_down(struct scene *s)
{
    for (unsigned i = 0; i < s->count; i++)
        leave(&s->clients[i]);
    (void)vb_mailbox_run(&s->mailbox);
    vb_mailbox_done(&s->mailbox);
    vb_gate_cache_done(&s->cache);
    vb_gate_done(&s->gate);
    vb_upstream_unref(s->upstream);
    peers_done(&s->peers);
}

static void on_reply(struct vb_exchange *x)
{
    struct client *client = x->carrier_data;

    client->status = x->reply.status;
}

static const struct vb_carrier carrier = {.protocol = "HTTP/1.1",
                                          .reply = on_reply};

/* A GET of the one URI that there is. */
static struct client *ask(struct scene *s)
{
    struct client *client = &s->clients[s->count++];
    struct vb_exchange *x = vb_exchange_new(&s->peers.env);

    assert_non_null(x);
    client->x = x;
    x->carrier = &carrier;
    x->carrier_data = client;
    x->site = &s->site;
    x->resource = &s->resource;
    x->head.method = VB_METHOD_GET;
    x->head.method_text = VB_SPAN("GET");
    x->head.scheme = VB_SPAN("http");
    x->head.authority = VB_SPAN("h");
    x->head.path = x->key = VB_SPAN("/a");
    vb_flow_start_at(x, VB_NODE_kept);
    return client;
}

/* A request of another worker's, that leads; as its key has it. */
static struct vb_fill *lead(struct scene *s)
{
    static const struct vb_fill_party party = {.context = NULL};
    const struct vb_caching_key key = {VB_SPAN_INIT("http://h/a"),
                                       VB_SPAN_INIT("http://h/a")};
    struct vb_fill *fill = vb_flights_lead(s->cache.flights, &key, &party);

    assert_non_null(fill);
    return fill;
}

static void a_failure_is_told_to_all_who_follow(void **state)
{
    struct scene s;
    struct vb_fill *fill;
    struct client *a, *b;

    (void)state;
    set_up(&s);
    fill = lead(&s);
    a = ask(&s);
    b = ask(&s);
    assert_int_equal(vb_fill_readers(fill), 2);
    vb_fill_fail(fill, (struct vb_fill_failure){0, VB_FAILURE_LATE});
    vb_fill_close(fill);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(a->status, 504);
    assert_int_equal(b->status, 504);
    assert_int_equal(s.peers.dialled, 0);
    tear_down(&s);
}

static void an_error_is_for_who_has_asked(void **state)
{
    struct scene s;
    struct vb_fill *fill;

    (void)state;
    set_up(&s);
    fill = lead(&s);
    (void)ask(&s);
    (void)ask(&s);
    vb_fill_fail(fill, (struct vb_fill_failure){503, 0});
    vb_fill_close(fill);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(s.peers.dialled, 2);
    tear_down(&s);
}

static void one_leads_in_the_place_of_who_has_broken_off(void **state)
{
    struct scene s;
    struct vb_fill *fill;
    struct client *a, *b;

    (void)state;
    set_up(&s);
    fill = lead(&s);
    a = ask(&s);
    b = ask(&s);
    vb_fill_close(fill);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(s.peers.dialled, 1);
    assert_int_equal(a->status + b->status, 0);
    peers_refuse(&s.peers, VB_DIAL_REFUSED);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(a->status, 502);
    assert_int_equal(b->status, 502);
    assert_int_equal(s.peers.dialled, 1);
    tear_down(&s);
}

static void nobody_follows_time_after_time(void **state)
{
    struct scene s;
    struct vb_fill *first, *second;

    (void)state;
    set_up(&s);
    first = lead(&s);
    (void)ask(&s);
    (void)ask(&s);
    vb_fill_close(first);
    second = lead(&s);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(vb_fill_readers(second), 2);
    assert_int_equal(s.peers.dialled, 0);
    vb_fill_close(second);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(s.peers.dialled, 2);
    tear_down(&s);
}

static void who_leads_goes_on_for_others_when_its_client_has_gone(void **state)
{
    struct scene s;
    struct client *a, *b;

    (void)state;
    set_up(&s);
    a = ask(&s);
    b = ask(&s);
    leave(a);
    assert_int_equal(s.peers.dial_count, 1);
    peers_refuse(&s.peers, VB_DIAL_LATE);
    (void)vb_mailbox_run(&s.mailbox);
    assert_int_equal(b->status, 504);
    tear_down(&s);
}

static void who_leads_ends_when_nobody_is_there(void **state)
{
    struct scene s;
    struct client *a, *b;

    (void)state;
    set_up(&s);
    a = ask(&s);
    b = ask(&s);
    leave(b);
    leave(a);
    vb_fill_close(lead(&s)); /* nobody does */
    tear_down(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_is_told_to_all_who_follow),
        cmocka_unit_test(an_error_is_for_who_has_asked),
        cmocka_unit_test(one_leads_in_the_place_of_who_has_broken_off),
        cmocka_unit_test(nobody_follows_time_after_time),
        cmocka_unit_test(who_leads_goes_on_for_others_when_its_client_has_gone),
        cmocka_unit_test(who_leads_ends_when_nobody_is_there),
    };

    return cmocka_run_group_tests_name("following", tests, NULL, NULL);
}
