/*
 * The way from rules to a verdict.
 *
 *     schema_validate.c  applies nodes to values, within depth and budget
 *     schema_seen.c      which members and elements have been evaluated
 *     schema_error.c     the reasons for a refusal
 *
 * Each application of a schema to a value is one struct vb__at on the stack.
 * A check answers true or false; an error (budget, depth, memory) is kept in
 * the run, makes every check after it false, and decides in the end.
 */
#ifndef VB_CONTENT_SCHEMA_RUN_H
#define VB_CONTENT_SCHEMA_RUN_H

#include "content/pointer.h"
#include "content/schema_impl.h"

/* The resources through which the schemas at work were reached: the dynamic
 * scope (Core section 7.1), innermost first. */
struct vb__scope {
    const struct vb__resource *resource;
    const struct vb__scope *outer;
};

struct vb__seen_words;

/* Which members or elements of one value have been evaluated (the annotations
 * that unevaluatedProperties and unevaluatedItems stand on). */
struct vb__seen {
    bool all;
    size_t count;                /* members or elements */
    uint64_t few;                /* one bit each while there are at most 64 */
    struct vb__seen_words *many; /* else */
};

/* Reasons while they are being found. A branch of anyOf has a list of its own
 * until it is known which branch is meant. */
struct vb__reasons {
    struct vb_schema_error *first, *last;
    unsigned count;     /* in the list */
    unsigned total;     /* found, listed or not */
    bool inside;        /* some are about values within */
    bool wrong_type;    /* the value itself is of another type */
    unsigned wrong_tag; /* const or enum broken by the value or a member */
    const struct vb_pointer_step *step; /* the value's place */
};

struct vb__run {
    struct vb_arena *arena;
    uint64_t budget;
    enum vb_err err;             /* sticky: VB_ERR_LIMIT, VB_ERR_NOMEM */
    struct vb__reasons *reasons; /* NULL: only the verdict is wanted */
    unsigned max_reasons;
    struct vb__seen_words *spare; /* for accounts to come */
};

/* One schema being applied to one value. */
struct vb__at {
    const struct vb_schema *schema;
    yyjson_val *value;
    const struct vb_pointer_step *step; /* NULL: the root */
    const struct vb__scope *scope;
    struct vb__seen *seen; /* NULL: nobody asks */
    unsigned depth;
};

/* Takes `work` from the budget; false when there is not as much. */
static inline bool vb__spend(struct vb__run *run, uint64_t work)
{
    if (run->budget >= work && run->err == VB_OK) {
        run->budget -= work;
        return true;
    }
    if (run->err == VB_OK)
        run->err = VB_ERR_LIMIT;
    return false;
}

/* Keeps an error. Always false. */
static inline bool vb__schema_abort(struct vb__run *run, enum vb_err err)
{
    if (run->err == VB_OK)
        run->err = err;
    return false;
}

/* --- applying schemas --- */

/* Applies `schema` to at's own value; notes in `seen` what it evaluates. */
bool vb__schema_apply(struct vb__run *run, const struct vb_schema *schema,
                      const struct vb__at *at, struct vb__seen *seen);

/* Applies `schema` to a member or an element of at's value. */
bool vb__schema_apply_to(struct vb__run *run, const struct vb_schema *schema,
                         const struct vb__at *at, yyjson_val *value,
                         const struct vb_pointer_step *step);

/* Are more reasons wanted, so that a check should go on after the first? */
static inline bool vb__wants_all(const struct vb__run *run)
{
    return run->reasons != NULL && run->err == VB_OK &&
           run->reasons->total <= run->max_reasons;
}

/* Stops reasons from being noted until the result is given to _resume. */
static inline struct vb__reasons *vb__reasons_pause(struct vb__run *run)
{
    struct vb__reasons *reasons = run->reasons;

    run->reasons = NULL;
    return reasons;
}

static inline void vb__reasons_resume(struct vb__run *run,
                                      struct vb__reasons *reasons)
{
    run->reasons = reasons;
}

/* The bit of enum vb_schema_type; any number is VB_SCHEMA_NUMBER. */
unsigned vb__schema_type_of(yyjson_val *value);

/* --- what has been evaluated --- */

/* An empty account for an object or array. False after an error. */
bool vb__seen_init(struct vb__run *run, struct vb__seen *seen,
                   yyjson_val *value);

/* Gives its memory to the next account. */
void vb__seen_done(struct vb__run *run, struct vb__seen *seen);

/* `seen` may be NULL in these. */
void vb__seen_mark(struct vb__seen *seen, size_t i);
void vb__seen_mark_all(struct vb__seen *seen);
void vb__seen_merge(struct vb__seen *seen, const struct vb__seen *more);

bool vb__seen_has(const struct vb__seen *seen, size_t i);

/* --- reasons --- */

/*
 * Says that at's value breaks the rule of this keyword; empty: the schema is
 * `false`. Always false, so that checks can return it.
 */
bool vb__schema_fail(struct vb__run *run, const struct vb__at *at,
                     struct vb_span keyword, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The same about the place of a member or element of at's value, whether it is
 * there or missing. */
bool vb__schema_fail_at(struct vb__run *run, const struct vb__at *at,
                        const struct vb_pointer_step *step,
                        struct vb_span keyword, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The same where only the type is wrong: "must be a string or null". */
bool vb__schema_fail_type(struct vb__run *run, const struct vb__at *at,
                          struct vb_span keyword, unsigned types);

/* Begins a list of reasons of its own for a value at `step`. */
void vb__reasons_init(struct vb__reasons *reasons,
                      const struct vb_pointer_step *step);

/* Moves reasons to the end of run->reasons, as far as there is room. */
void vb__reasons_move(struct vb__run *run, struct vb__reasons *from);

#endif
