/* Deadlines: none is missed, none comes early, later ones cost nothing. */
#include "unit.h"

#include "base/clock.h"
#include "loop/wheel.h"

#define ENTRIES 1000

struct due {
    struct vb_wheel_entry entry;
    int64_t due_ms;
    int64_t asked_ms; /* when its time had come; 0: not yet */
};

static struct vb_wheel wheel;
static struct due dues[ENTRIES];
static int64_t now;
static int asks;

static void ask(struct vb_wheel_entry *entry, void *context)
{
    struct due *due = VB_CONTAINER(entry, struct due, entry);

    (void)context;
    asks++;
    if (due->due_ms > now)
        vb_wheel_add(&wheel, entry, due->due_ms);
    else
        due->asked_ms = now;
}

static void start(int64_t at)
{
    now = at;
    asks = 0;
    vb_wheel_init(&wheel, now);
    memset(dues, 0, sizeof(dues));
}

static void run_to(int64_t end, int64_t step)
{
    while (now < end) {
        now += step;
        vb_wheel_run(&wheel, now, ask, NULL);
    }
}

static void each_is_asked_within_two_ticks_of_its_time(void **state)
{
    (void)state;
    start(123456);
    for (int i = 0; i < ENTRIES; i++) {
        /* Up to five minutes: further than the wheel reaches in one round. */
        dues[i].due_ms = now + i * 300;
        vb_wheel_add(&wheel, &dues[i].entry, dues[i].due_ms);
    }
    run_to(123456 + ENTRIES * 300 + 1000, 50);
    for (int i = 0; i < ENTRIES; i++) {
        assert_true(dues[i].asked_ms >= dues[i].due_ms);
        assert_true(dues[i].asked_ms - dues[i].due_ms <= 2 * VB_WHEEL_TICK_MS);
    }
}

static void an_earlier_time_moves_and_a_later_one_does_not(void **state)
{
    (void)state;
    start(1000);
    dues[0].due_ms = now + 60000;
    vb_wheel_add(&wheel, &dues[0].entry, dues[0].due_ms);
    for (int i = 0; i < 100; i++) { /* keep-alive traffic */
        dues[0].due_ms += 10;
        vb_wheel_move(&wheel, &dues[0].entry, dues[0].due_ms);
    }
    dues[1].due_ms = now + 60000;
    vb_wheel_add(&wheel, &dues[1].entry, dues[1].due_ms);
    dues[1].due_ms = now + 1000;
    vb_wheel_move(&wheel, &dues[1].entry, dues[1].due_ms);
    run_to(4000, 100);
    assert_int_equal(asks, 1);
    assert_in_range(dues[1].asked_ms, 2000, 2500);
    run_to(64000, 100);
    assert_true(dues[0].asked_ms >= dues[0].due_ms);
    assert_true(asks <= 4);
}

static void a_long_sleep_misses_nothing(void **state)
{
    (void)state;
    start(0);
    for (int i = 0; i < ENTRIES; i++) {
        dues[i].due_ms = i * 100;
        vb_wheel_add(&wheel, &dues[i].entry, dues[i].due_ms);
    }
    now = INT64_C(1000) * 3600 * 24 * 365;
    vb_wheel_run(&wheel, now, ask, NULL);
    for (int i = 0; i < ENTRIES; i++)
        assert_int_equal(dues[i].asked_ms, now);
}

static void never_and_removed_entries_are_not_due(void **state)
{
    (void)state;
    start(0);
    dues[0].due_ms = VB_TIME_NEVER;
    dues[1].due_ms = 500;
    vb_wheel_add(&wheel, &dues[0].entry, VB_TIME_NEVER);
    vb_wheel_add(&wheel, &dues[1].entry, 500);
    vb_wheel_remove(&dues[1].entry);
    run_to(500000, 1000);
    assert_int_equal(dues[0].asked_ms, 0);
    assert_int_equal(dues[1].asked_ms, 0);
    vb_wheel_remove(&dues[0].entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_asked_within_two_ticks_of_its_time),
        cmocka_unit_test(an_earlier_time_moves_and_a_later_one_does_not),
        cmocka_unit_test(a_long_sleep_misses_nothing),
        cmocka_unit_test(never_and_removed_entries_are_not_due),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
