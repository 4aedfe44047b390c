/*
 * Cache-Control (RFC 9111 section 5.2), of requests and responses: the
 * directives of cache_control.tbl from all lines of the field as one value, in
 * which of two that disagree the stricter counts (section 4.2.1).
 */
#ifndef VB_HTTP_CACHE_CONTROL_H
#define VB_HTTP_CACHE_CONTROL_H

#include "base/arena.h"
#include "base/buf.h"
#include "http/elements.h"
#include "http/param.h"

enum vb_cc {
#define VB_CC(id, name, argument, stricter) VB_CC_##id,
#include "http/cache_control.tbl"
#undef VB_CC
    VB_CC_COUNT,
    VB_CC_UNKNOWN = VB_CC_COUNT, /* an extension */
};

/* Field lists kept of one directive; past them it counts as unqualified. */
enum { VB_CC_LISTS_MAX = 4 };

/* The greatest number of seconds; longer ones mean this (section 1.2.2). */
#define VB_DELTA_SECONDS_MAX UINT32_C(2147483648)

/* max-stale without a number: however stale. */
#define VB_CC_ANY UINT32_MAX

/* The field names of a qualified private or no-cache. */
struct vb_cc_fields {
    struct vb_span lists[VB_CC_LISTS_MAX]; /* each a comma list of tokens, for
                                              vb_elements_have and _init */
    size_t count;                          /* 0: the directive is unqualified */
};

struct vb_cache_control {
    uint32_t present; /* bits of enum vb_cc; ask vb_cc_has */
    bool malformed; /* something was unreadable; of it, what is known was taken
                       strictly */
    uint32_t seconds[VB_CC_COUNT]; /* of the directives that have them */
    struct vb_cc_fields no_cache;
    struct vb_cc_fields private_;
};

/* One directive as it stands in the field. */
struct vb_cc_directive {
    enum vb_cc id;
    struct vb_param param; /* its name, and its argument; value.ptr NULL when
                              there is none */
    bool malformed;        /* the name is all that could be read, if that */
};

/*
 * The next directive of a list begun with vb_elements_init; for extensions,
 * which vb_cache_control_parse passes over (9111-5.2.3-01).
 */
bool vb_cache_control_next(struct vb_elements *elements,
                           struct vb_cc_directive *ret_directive);

/*
 * Reads all lines of the field; borrows from them. Never fails: what is
 * repeated or unreadable means the strictest it can, so "max-age=x" is
 * max-age 0 (9111-4.2.1-03), and an unreadable list of fields makes private
 * and no-cache unqualified.
 */
void vb_cache_control_parse(const struct vb_span *lines, size_t count,
                            struct vb_cache_control *ret_cc);

/*
 * Reads a targeted field, such as CDN-Cache-Control, from all its lines
 * (RFC 9213 section 2.1): a Dictionary, of which a key may come again and the
 * last one counts. False, *ret_cc untouched: it is empty or malformed, and to
 * be ignored (9213-2.1-01). A value of another type than its directive has is
 * understood strictly, as above; `no-store=?0` says that it is not so. The
 * lists of private and no-cache lie in the arena, which must outlive them.
 */
bool vb_cache_control_targeted(struct vb_arena *arena,
                               const struct vb_span *lines, size_t count,
                               struct vb_cache_control *ret_cc);

static inline bool vb_cc_has(const struct vb_cache_control *cc, enum vb_cc id)
{
    return (cc->present >> id & 1) != 0;
}

/* Adds a directive to write; seconds only where the directive has them. */
static inline void vb_cc_set(struct vb_cache_control *cc, enum vb_cc id,
                             uint32_t seconds)
{
    cc->present |= UINT32_C(1) << id;
    cc->seconds[id] = seconds;
}

/*
 * Appends the directives that are present: seconds as tokens, field lists as
 * quoted strings, as sections 5.2.2.1, 5.2.2.4 and 5.2.2.7 demand of senders.
 * That must-understand wants no-store beside it (5.2.2.3) is the caller's
 * care. Errors are the buffer's.
 */
void vb_cache_control_write(struct vb_buf *buf,
                            const struct vb_cache_control *cc);

/*
 * Reads delta-seconds = 1*DIGIT (section 1.2.2), also for Age and Retry-After;
 * more than VB_DELTA_SECONDS_MAX is that. False, *ret_seconds untouched, for
 * anything else.
 */
bool vb_delta_seconds(struct vb_span text, uint32_t *ret_seconds);

#endif
