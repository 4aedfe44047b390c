/* Memory where TLS is spoken as a client: any allocation may fail. */
#include "ours.h"

#include <stdlib.h>

#include "wire/failing.h"

static const char *const hosts[] = {"a.example"};

static void no_wake(struct vb_wire *wire)
{
    (void)wire;
}

/* A handshake and a few bytes, the nth allocation of which is refused. True
 * when there was one. */
static bool play_failing(struct vb_tls_outward *outward, struct vb_tls *tls,
                         int nth)
{
    struct vb_wire *memory = malloc(vb_tls_outward_wire_size());
    struct ours o;
    struct raw r;

    ours_init(&o, NULL);
    o.to.tls = outward;
    raw_begin(&r, tls, NULL);
    assert_non_null(vb_buf_reserve(&r.in, 64 * 1024));
    assert_non_null(vb_buf_reserve(&r.out, 64 * 1024));
    failing = (struct failing){.armed = true, .left = nth};
    o.wire = vb_tls_outward_wire_init(memory, &o.to, &o.env, &o.peer);
    if (o.wire != NULL) {
        o.wire->wake = no_wake;
        raw_talk(&r, &o);
    }
    failing.armed = false;
    if (o.wire == NULL) {
        free(memory);
    } else if (!failing.refused) {
        assert_true(o.settled);
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        assert_string_equal(r.heard, "hello");
    } else if (o.settled && o.outcome.client == NULL) {
        assert_true(ours_state(&o) & (VB_WIRE_LINGER | VB_WIRE_CLOSE));
    }
    raw_done(&r);
    ours_done(&o);
    return failing.refused;
}

/* No crash, no leak, no connection that hangs, and nobody is believed by it. */
static void test_every_allocation_may_fail(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;
    int count = 0;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    while (play_failing(o.outward, c.tls, count))
        count++;
    assert_true(count > 3);
    ours_done(&o);
    client_done(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
