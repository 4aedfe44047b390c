/*
 * What has happened: a bounded history of what commits have done to records, in
 * order, for who follows it. Where somebody is in it is a *moment*: all changes
 * up to there are known. It is a commit's revision and a place in that commit,
 * and moments are ordered as numbers. Records that nobody can follow
 * (vb_key_is_followed) have no history.
 */
#ifndef VB_STORAGE_HISTORY_H
#define VB_STORAGE_HISTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "storage/op.h"
#include "storage/record.h"

#define VB_MOMENT_STEP_BITS 20
#define VB_MOMENT_STEP_LAST ((UINT64_C(1) << VB_MOMENT_STEP_BITS) - 1)

/* After all that the commit of this revision has done. */
static inline uint64_t vb_moment(uint64_t revision)
{
    return revision << VB_MOMENT_STEP_BITS | VB_MOMENT_STEP_LAST;
}

static inline uint64_t vb_moment_revision(uint64_t moment)
{
    return moment >> VB_MOMENT_STEP_BITS;
}

/* One record's change: what it was before and after it, references. A record is
 * as it was, or was amended since; but for content beyond VB_STORE_CHUNK, which
 * is not kept: then there is neither content nor blob, only its length. */
struct vb_happening {
    uint64_t moment; /* right after it; vb_moment of its commit's last */
    struct vb_record *before; /* NULL: it was created */
    struct vb_record *after;  /* NULL: it was removed */
};

/* Changes that one request may ask for. */
#define VB_HISTORY_MOST 1000

/*
 * The changes beyond a moment, in order: of one record, of one collection's
 * members, or of all records. No more are looked at than a bound of the
 * engine's, so perhaps none come and there are more nevertheless.
 *
 * Where several machines write, changes of different things may share a moment;
 * they are then in one answer, even beyond `limit`. What they are at just now
 * may be waited for a little.
 *
 * VB_ERR_NOTFOUND: the history does not reach back that far, or the moment has
 * not come. With `limit` 0 no change is looked for, only where the history is
 * now; the moment does not matter, and engines of this process answer at once.
 */
struct vb_history_read {
    struct vb_store_op op;
    uint64_t beyond;       /* the moment */
    struct vb_span key;    /* ptr NULL: of any record */
    struct vb_span parent; /* ptr NULL: of any, listed or not */
    uint32_t limit;        /* at most VB_HISTORY_MOST; else ERR_RANGE */
    size_t byte_limit;     /* of records; but always one, if any */
    struct vb_happening *happenings; /* out: malloc'ed, with its references;
                                        give it to vb_history_read_done */
    size_t count;                    /* out */
    bool more;        /* out: others may follow, beyond `reached` */
    uint64_t reached; /* out: all up to here has come, */
    uint64_t now;     /* out: and this is how far it goes. Also with an error */
    uint64_t kept;    /* out: it reaches back to this moment. Likewise */
};

/* Gives back what the request brought. */
void vb_history_read_done(struct vb_history_read *read);

/* Bytes of history that are kept where nothing else is said. Engines may keep a
 * sixteenth more, and let many changes go at once when there is more. */
#define VB_HISTORY_USUAL ((uint64_t)64 * 1024 * 1024)

/*
 * Who wants to know when there is something new in the history: `heard` is
 * called on the client's thread after a commit is durable; once for all that
 * have come until then. It may be called once more after vb_store_unwatch: the
 * structure stays as long as the client.
 */
struct vb_watch {
    void (*heard)(struct vb_watch *watch);
    void *context;                  /* the caller's */
    struct vb_task task;            /* the store's, and all that follows */
    struct vb_watch *next;          /* of the store's */
    struct vb_store_client *client; /* NULL: it does not watch */
    atomic_bool told;               /* the task is on its way */
};

#endif
