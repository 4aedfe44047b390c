/* Token buckets by address (src/flow/rate.h). */
#include "unit.h"

#include "flow/rate.h"

static struct vb_peer ipv4(uint8_t last)
{
    return (struct vb_peer){
        .ip = {[10] = 0xff, 0xff, 192, 0, 2, last},
    };
}

static struct vb_peer ipv6(uint8_t network, uint8_t host)
{
    return (struct vb_peer){
        .ip = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, network, [15] = host},
    };
}

/* Requests of this client that go through at once. */
static int count_within(struct vb_rates *rates, struct vb_peer peer,
                        int64_t now_ms)
{
    int count = 0;

    while (count < 1000 && vb_rates_take(rates, &peer, now_ms) == 0)
        count++;
    return count;
}

static struct vb_rates *rates_of(uint32_t count, uint32_t period_ms,
                                 uint32_t burst)
{
    struct vb_rates *rates =
        vb_rates_new(&(struct vb_rate){count, period_ms, burst});

    assert_non_null(rates);
    return rates;
}

static void a_burst_goes_through_and_then_the_rate(void **state)
{
    struct vb_rates *rates = rates_of(10, 1000, 5);
    struct vb_peer peer = ipv4(1);
    int64_t now = 1000000;

    (void)state;
    assert_int_equal(count_within(rates, peer, now), 5);
    assert_int_equal(vb_rates_take(rates, &peer, now), 100);
    assert_int_equal(vb_rates_take(rates, &peer, now + 99), 1);
    assert_int_equal(count_within(rates, peer, now + 100), 1);
    assert_int_equal(count_within(rates, peer, now + 350), 2);
    /* However long it was away, there is one burst. */
    assert_int_equal(count_within(rates, peer, now + 3600000), 5);
    vb_rates_free(rates);
}

static void each_client_has_a_bucket_of_its_own(void **state)
{
    struct vb_rates *rates = rates_of(1, 3600000, 1);
    const int64_t now = 5000;

    (void)state;
    assert_int_equal(count_within(rates, ipv4(1), now), 1);
    assert_int_equal(count_within(rates, ipv4(2), now), 1);
    assert_int_equal(count_within(rates, ipv4(1), now), 0);
    assert_int_equal(count_within(rates, ipv6(1, 1), now), 1);
    assert_int_equal(count_within(rates, ipv6(2, 1), now), 1);
    /* RFC 6177: who has one address of a /64 has them all. */
    assert_int_equal(count_within(rates, ipv6(1, 2), now), 0);
    vb_rates_free(rates);
}

static void a_unix_socket_has_no_limit(void **state)
{
    struct vb_rates *rates = rates_of(1, 3600000, 1);

    (void)state;
    assert_int_equal(count_within(rates, (struct vb_peer){.local = true}, 5000),
                     1000);
    vb_rates_free(rates);
}

static void a_rate_beyond_the_clock_is_the_fastest_there_is(void **state)
{
    struct vb_rates *rates = rates_of(1000000, 1000, 10);

    (void)state;
    assert_int_equal(count_within(rates, ipv4(1), 5000), 10);
    assert_int_equal(count_within(rates, ipv4(1), 5001), 10);
    vb_rates_free(rates);
}

/* Many more clients than there is room for: each gets its burst, nobody gets
 * more than one at a time, and one who goes on is not forgotten for them. */
static void a_flood_of_addresses_is_bounded(void **state)
{
    struct vb_rates *rates = rates_of(1, 3600000, 100);
    struct vb_peer eager = ipv4(1);
    const int64_t now = 5000;

    (void)state;
    assert_int_equal(count_within(rates, eager, now), 100);
    for (uint32_t i = 0; i < 200000; i++) {
        struct vb_peer peer = {.ip = {0x20, 0x01, (uint8_t)(i >> 16),
                                      (uint8_t)(i >> 8), (uint8_t)i}};

        assert_int_equal(vb_rates_take(rates, &peer, now), 0);
    }
    assert_int_not_equal(vb_rates_take(rates, &eager, now), 0);
    vb_rates_free(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_through_and_then_the_rate),
        cmocka_unit_test(each_client_has_a_bucket_of_its_own),
        cmocka_unit_test(a_unix_socket_has_no_limit),
        cmocka_unit_test(a_rate_beyond_the_clock_is_the_fastest_there_is),
        cmocka_unit_test(a_flood_of_addresses_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
