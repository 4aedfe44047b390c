/* Which of an upstream's servers is asked. See reach.h. */
#include "gateway/reach.h"

static bool is_open(const struct vb_reach *reach, size_t i, uint64_t tried,
                    bool any)
{
    return (tried >> i & 1) == 0 && (any || vb__line_is_well(&reach->lines[i]));
}

static struct vb_line *round_robin(struct vb_reach *reach, uint64_t tried,
                                   bool any)
{
    size_t count = reach->upstream->server_count;

    for (size_t i = 0; i < count; i++) {
        size_t at = (reach->next + i) % count;

        if (is_open(reach, at, tried, any)) {
            reach->next = (uint32_t)(at + 1) % (uint32_t)count;
            return &reach->lines[at];
        }
    }
    return NULL;
}

/* Of those that are equally busy, in turn. */
static struct vb_line *least_busy(struct vb_reach *reach, uint64_t tried,
                                  bool any)
{
    size_t count = reach->upstream->server_count;
    struct vb_line *best = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t at = (reach->next + i) % count;
        struct vb_line *line = &reach->lines[at];

        if (is_open(reach, at, tried, any) &&
            (best == NULL ||
             line->under_way + line->waits < best->under_way + best->waits))
            best = line;
    }
    if (best != NULL)
        reach->next = (uint32_t)(best - reach->lines + 1) % (uint32_t)count;
    return best;
}

/* The last step of MurmurHash3: each bit depends on all. */
static uint64_t mix(uint64_t n)
{
    n ^= n >> 33;
    n *= UINT64_C(0xff51afd7ed558ccd);
    n ^= n >> 33;
    n *= UINT64_C(0xc4ceb9fe1a85ec53);
    return n ^ n >> 33;
}

/* The highest random weight (Thaler and Ravishankar, 1998): each server has a
 * weight for what is asked for, and the greatest counts. Who leaves takes only
 * its own along. */
static struct vb_line *by_hash(struct vb_reach *reach, uint64_t spread,
                               uint64_t tried, bool any)
{
    struct vb_line *best = NULL;
    uint64_t most = 0;

    for (size_t i = 0; i < reach->upstream->server_count; i++) {
        struct vb_line *line = &reach->lines[i];
        uint64_t weight = mix(spread ^ line->server->hash);

        if (is_open(reach, i, tried, any) && (best == NULL || weight > most)) {
            best = line;
            most = weight;
        }
    }
    return best;
}

static struct vb_line *choose(struct vb_reach *reach, uint64_t spread,
                              uint64_t tried, bool any)
{
    switch (reach->upstream->options.balance) {
    case VB_BALANCE_ROUND_ROBIN:
        return round_robin(reach, tried, any);
    case VB_BALANCE_LEAST_BUSY:
        return least_busy(reach, tried, any);
    case VB_BALANCE_HASH:
        return by_hash(reach, spread, tried, any);
    }
    return NULL;
}

struct vb_line *vb__reach_choose(struct vb_reach *reach, uint64_t spread,
                                 uint64_t tried)
{
    struct vb_line *line = choose(reach, spread, tried, false);

    return line != NULL ? line : choose(reach, spread, tried, true);
}
