/*
 * Alarms for tests: they ring when the test says that time has passed.
 */
#ifndef VB_TESTS_RESOURCE_BELLS_H
#define VB_TESTS_RESOURCE_BELLS_H

#include "base/alarm.h"
#include "exchange/exchange.h"

#define BELLS_MOST 32

struct bells {
    struct vb_alarms alarms;
    struct vb_env *env; /* whose time it is */
    struct {
        struct vb_alarm *alarm; /* NULL: a place that is free */
        int64_t at_ms;
    } set[BELLS_MOST];
};

/* Hangs them into the env. */
void bells_init(struct bells *bells, struct vb_env *env);

/* How many are set. */
unsigned bells_count(const struct bells *bells);

/* So much time passes, and what is due rings in its order. */
void bells_wait(struct bells *bells, int64_t ms);

#endif
