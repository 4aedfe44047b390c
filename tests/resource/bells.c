/* Alarms for tests. See bells.h. */
#include "unit.h"

#include "base/list.h"
#include "bells.h"

static enum vb_err set(struct vb_alarms *alarms, struct vb_alarm *alarm,
                       uint64_t after_ms)
{
    struct bells *bells = VB_CONTAINER(alarms, struct bells, alarms);

    for (size_t i = 0; i < BELLS_MOST; i++) {
        if (bells->set[i].alarm != NULL)
            continue;
        bells->set[i].alarm = alarm;
        bells->set[i].at_ms = bells->env->now.mono_ms + (int64_t)after_ms;
        alarm->own = &bells->set[i];
        return VB_OK;
    }
    return VB_ERR_NOMEM;
}

static void cancel(struct vb_alarms *alarms, struct vb_alarm *alarm)
{
    struct bells *bells = VB_CONTAINER(alarms, struct bells, alarms);

    for (size_t i = 0; i < BELLS_MOST; i++)
        if (bells->set[i].alarm == alarm)
            bells->set[i].alarm = NULL;
    alarm->own = NULL;
}

void bells_init(struct bells *bells, struct vb_env *env)
{
    *bells = (struct bells){.alarms = {set, cancel}, .env = env};
    env->alarms = &bells->alarms;
}

unsigned bells_count(const struct bells *bells)
{
    unsigned count = 0;

    for (size_t i = 0; i < BELLS_MOST; i++)
        count += bells->set[i].alarm != NULL;
    return count;
}

/* The place of the first that is due by then; BELLS_MOST: none is. */
static size_t first_due(const struct bells *bells, int64_t by_ms)
{
    size_t first = BELLS_MOST;

    for (size_t i = 0; i < BELLS_MOST; i++)
        if (bells->set[i].alarm != NULL && bells->set[i].at_ms <= by_ms &&
            (first == BELLS_MOST ||
             bells->set[i].at_ms < bells->set[first].at_ms))
            first = i;
    return first;
}

static void move_to(struct vb_env *env, int64_t mono_ms)
{
    vb_env_set_now(env, mono_ms, env->now.unix_ms + mono_ms - env->now.mono_ms);
}

void bells_wait(struct bells *bells, int64_t ms)
{
    int64_t end = bells->env->now.mono_ms + ms;

    for (;;) {
        size_t i = first_due(bells, end);
        struct vb_alarm *alarm;

        if (i == BELLS_MOST)
            break;
        alarm = bells->set[i].alarm;
        bells->set[i].alarm = NULL;
        alarm->own = NULL;
        move_to(bells->env, bells->set[i].at_ms);
        alarm->ring(alarm);
    }
    move_to(bells->env, end);
}
