/*
 * Judging a commit before a byte of it is written, the same way for every
 * engine that can look at its state while it decides.
 *
 *     changes ──▶ vb__judge ──▶ plan (what is there for each change)
 *                    │  ▲
 *                    ▼  │ find, holder, source, member, collection, blob
 *                 the engine's view of its state
 *
 * That nothing can fail but the medium once a plan stands is what lets a group
 * of commits share one transaction without a savepoint for each: a refused
 * change set has written nothing.
 */
#ifndef VB_STORAGE_JUDGE_H
#define VB_STORAGE_JUDGE_H

#include <string.h>

#include "base/arena.h"
#include "base/span.h"
#include "storage/store.h"

/* What a view knows of the record under a key. */
struct vb__found {
    uint64_t id;           /* the engine's name for it; 0: no record */
    uint64_t tombstone;    /* likewise for what is in its place; 0: nothing */
    uint64_t revision;     /* of the record */
    uint64_t blob;         /* 0 for none */
    unsigned ties;         /* the engine's */
    struct vb_span parent; /* in the arena given, or the engine's memory */
    const struct vb_record *state; /* the record, for the engine's own use, in
                                      the arena; NULL: it did not bring it */
};

struct vb__plan;

struct vb__blob_state {
    bool complete; /* exactly the chunks that the length asks for */
    bool loose;    /* no record has it */
};

/* The engine's state. Every function may fail with the medium's errors. */
struct vb__view {
    /* `changes`: what is found will be changed. */
    enum vb_err (*find)(struct vb__view *view, struct vb_span key, bool changes,
                        struct vb_arena *arena, struct vb__found *ret_found);
    /* The id of the record that has the claim; 0 for none. */
    enum vb_err (*holder)(struct vb__view *view, const struct vb_claim *claim,
                          uint64_t *ret_id);
    /* A record that refers to `target`, vb__plan_touches it not; or 0. */
    enum vb_err (*source)(struct vb__view *view, uint64_t target,
                          const struct vb__plan *plan, uint64_t *ret_id);
    /* A member of `parent`, vb__plan_deletes it not; or 0. */
    enum vb_err (*member)(struct vb__view *view, struct vb_span parent,
                          const struct vb__plan *plan, uint64_t *ret_id);
    /* The collection's revision; 0: it never had a member. */
    enum vb_err (*collection)(struct vb__view *view, struct vb_span key,
                              uint64_t *ret_revision);
    enum vb_err (*blob)(struct vb__view *view, uint64_t blob, uint64_t length,
                        struct vb__blob_state *ret_state);
    /* Is there a note of that name that has not expired, and does not give way
     * to it (vb__memo_gives_way)? */
    enum vb_err (*memo)(struct vb__view *view, const struct vb_memo *memo,
                        bool *ret_found);
    /* The record's key, NUL-terminated and cut to `size` bytes. */
    enum vb_err (*key)(struct vb__view *view, uint64_t id, char *to,
                       size_t size);
};

/* Is what is there, by its bytes, what the note may take the place of? */
static inline bool vb__memo_gives_way(const struct vb_memo *memo,
                                      struct vb_span there)
{
    return memo->over.len > 0 && vb_span_eq(memo->over, there);
}

/* The key as conflicts tell it: NUL-terminated, cut to `size` bytes. */
static inline void vb__key_told(struct vb_span key, char *to, size_t size)
{
    key = vb_span_head(key, size - 1);
    if (key.len > 0)
        memcpy(to, key.ptr, key.len);
    to[key.len] = '\0';
}

/* One change and what it meets. */
struct vb__step {
    const struct vb_change *change;
    size_t index;         /* of the change */
    struct vb__found now; /* before the commit; of PUT and DELETE */
    uint64_t id;          /* of the record; the engine sets it on creation */
    bool passes_blob;     /* DELETE: what it had another step will have */
    uint64_t *targets;    /* ids its references mean; 0: see vb__plan_by_key */
};

struct vb__plan {
    struct vb__step *steps; /* one per change, in their order */
    size_t count;
    struct vb__step **by_key; /* of PUT and DELETE, sorted by key */
    size_t key_count;
    struct vb__step **by_id; /* those with a record now, sorted by its id */
    size_t id_count;
};

/*
 * VB_OK with a plan that lives in the arena, or the commit's outcome (with
 * commit->conflict filled in), or the view's error. Takes O(n log n) for n
 * changes, claims and references, and as many look-ups, and one pass over the
 * changes for each collection that must be empty, and for each blob that passes
 * from one record to another.
 */
enum vb_err vb__judge(struct vb__view *view, struct vb_commit *commit,
                      struct vb_arena *arena, struct vb__plan *ret_plan);

/* The step that puts or deletes this key, or NULL. */
struct vb__step *vb__plan_by_key(const struct vb__plan *plan,
                                 struct vb_span key);

/* The plan puts or deletes the record with this id. */
bool vb__plan_touches(const struct vb__plan *plan, uint64_t id);
bool vb__plan_deletes(const struct vb__plan *plan, uint64_t id);

#endif
