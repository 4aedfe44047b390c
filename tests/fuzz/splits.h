/*
 * What another server sends, in pieces: for the fuzz targets of client wires.
 * The first byte of the input is a mode, the second seeds the splitting, and
 * the rest is what the server sends. What calls are told of it must not depend
 * on the splitting.
 */
#ifndef VB_TESTS_FUZZ_SPLITS_H
#define VB_TESTS_FUZZ_SPLITS_H

#include "wire/caller.h"

#include <stdlib.h>

#include "base/assert.h"

/* Bits of the mode; the others are the target's. */
enum { SPLITS_SMALL_LIMITS = 1, SPLITS_PAUSES = 2, SPLITS_ENDS = 4 };

static inline void splits_set_limits(struct caller *c, unsigned mode)
{
    c->call_limits.head = c->limits.head;
    if ((mode & SPLITS_SMALL_LIMITS) != 0)
        c->call_limits.head = (struct vb_head_limits){
            .max_field = 60, .max_fields = 5, .max_fields_size = 150};
}

/* The log, but for when there was room. */
static inline void splits_result(struct caller *c, struct vb_buf *result)
{
    for (const char *at = caller_log(c); *at != 0;) {
        const char *end = strchr(at, '\n') + 1;
        struct vb_span line = vb_span_of(at, (size_t)(end - at));

        if (!vb_span_eq(line, VB_SPAN("room\n")))
            vb_buf_append(result, line);
        at = end;
    }
}

/* In pieces of 1 to `most` bytes, or whole when `most` is 0. `ask` starts
 * calls. */
static inline void splits_play(struct caller *c, struct vb_span input,
                               size_t most, void (*ask)(unsigned mode),
                               struct vb_buf *result)
{
    unsigned mode = (uint8_t)input.ptr[0];
    unsigned seed = (uint8_t)input.ptr[1];
    struct vb_span text = vb_span_from(input, 2);

    caller_restart(c);
    splits_set_limits(c, mode);
    ask(mode);
    for (int i = 0; i < c->count; i++)
        c->asked[i]->pauses = (mode & SPLITS_PAUSES) != 0;
    while (text.len > 0) {
        size_t n = most == 0 ? text.len : 1 + (size_t)rand_r(&seed) % most;

        caller_answer(c, vb_span_head(text, n));
        text = vb_span_from(text, n);
    }
    if ((mode & SPLITS_ENDS) != 0 && c->unfed.len == 0)
        caller_eof(c);
    splits_result(c, result);
}

/* Who pauses is told content as it was split; all else must be the same. */
static inline void splits_compare(struct caller *c, struct vb_span input,
                                  void (*ask)(unsigned mode))
{
    static const size_t most[] = {1, 5, 60};
    bool pauses = ((uint8_t)input.ptr[0] & SPLITS_PAUSES) != 0;
    struct vb_buf whole;
    struct vb_buf pieces;

    vb_buf_init(&whole, 16 * 1024 * 1024);
    vb_buf_init(&pieces, 16 * 1024 * 1024);
    splits_play(c, input, 0, ask, &whole);
    for (size_t i = 0; i < VB_COUNT_OF(most); i++) {
        vb_buf_reset(&pieces);
        splits_play(c, input, most[i], ask, &pieces);
        vb_assert(pauses ||
                  vb_span_eq(vb_buf_span(&whole), vb_buf_span(&pieces)));
    }
    vb_buf_done(&whole);
    vb_buf_done(&pieces);
    caller_restart(c);
}

#endif
