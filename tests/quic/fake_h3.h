/*
 * What stands above QUIC in its tests, in the place of src/wire/h3: a stream's
 * first line says what becomes of it.
 *
 *   echo         what follows comes back
 *   give N       N bytes of a pattern
 *   count        what follows is taken; its length and sum come back
 *   hold         what follows is taken, but stays (fake_release)
 *   wait         nothing, until fake_answer
 *   when         "early" or "late": whether the line came in 0-RTT
 *   close N      the connection ends with that code
 *   break N      both directions of the stream are broken off with that code
 *
 * Another line ends the connection (0x106).
 *
 * It fails the test when it is asked for anything that the contract excludes.
 */
#ifndef VB_TESTS_QUIC_FAKE_H3_H
#define VB_TESTS_QUIC_FAKE_H3_H

#include "base/buf.h"
#include "wire/h3/h3.h"

struct fake {
    int alive;           /* connections */
    int begun;           /* since fake_reset */
    int requests;        /* lines that were read, likewise */
    struct vb_h3 *last;  /* the one that began last */
    struct vb_buf told;  /* a line for what is told: "reset 0 256\n" */
    int64_t deadline_ms; /* of each; VB_TIME_NEVER */
    int ticks;
};

extern struct fake fake;

/* What makes allocations fail; not so while it is the test's own side that
 * allocates. NULL: nothing does. */
extern bool *fake_fragile;

/* Around what the test's own side does: what it was before. */
bool fake_spare(void);
void fake_resume(bool before);

void fake_reset(void);

const struct vb_peer *fake_peer(const struct vb_h3 *h3);
/* What `hold` holds is consumed. */
void fake_release(struct vb_h3 *h3, int64_t id);
/* Bytes it holds. */
size_t fake_held(const struct vb_h3 *h3, int64_t id);
/* Answers a stream that waits, from outside of the loop's calls. */
void fake_answer(struct vb_h3 *h3, int64_t id, const char *text);

/* The byte at an offset of the pattern that `give` gives. */
static inline char fake_pattern(uint64_t offset)
{
    return (char)(offset * 7 + offset / 251);
}

/* What `count` answers for bytes. */
uint32_t fake_sum(uint32_t sum, struct vb_span bytes);

#endif
