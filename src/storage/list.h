/* What is asked of a store to be read of the members of a collection. See
 * store.h. */
#ifndef VB_STORAGE_LIST_H
#define VB_STORAGE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "storage/index.h"
#include "storage/op.h"
#include "storage/record.h"

/* Records that one list request may ask for. */
#define VB_STORE_LIST_MAX 1000

/*
 * What a list request asks about each member: the caller's, called by the
 * engine for one member after the other, on whatever thread it works, until
 * the request is answered. The store knows nothing of what states mean.
 */
struct vb_sieve {
    /*
     * Does the list have this member? Where the list is sorted, a `yes`
     * appends the key that it is sorted by: lists are in the order of these
     * bytes, then of positions. `state` is borrowed for the call, and no
     * reference; a blob's content is not in it. What goes wrong shows in
     * key->err.
     */
    bool (*keep)(struct vb_sieve *sieve, const struct vb_record *state,
                 struct vb_buf *key);
    uint64_t most_records; /* looked at for one request, */
    uint64_t most_bytes;   /* and bytes of their content */
};

/*
 * A run of members of one collection in the order of their positions. Fewer
 * than `limit` come when `byte_limit` is reached (but always one, if any), or
 * when so many were sieved that the sieve's bounds are: then perhaps none.
 *
 * `whole`: all members are looked at, and counted, and come in the order of
 * their keys. VB_ERR_LIMIT: the collection is beyond the sieve's bounds.
 *
 * `index`: only members that have a key in its ranges. VB_ERR_UNSUPPORTED: the
 * store has no such index, or not yet; VB_ERR_LIMIT: there are too many keys.
 */
struct vb_list_read {
    struct vb_store_op op;
    struct vb_span parent;
    struct vb_span target;   /* only members that refer to this key, which are
                                all that counts then, and no `index` does; "":
                                whatever they do */
    uint64_t from;           /* only positions beyond this one; 0: from the end
                                that the direction starts at */
    struct vb_span from_key; /* whole: beyond this key and `from` */
    bool backward;           /* towards smaller positions (and keys) */
    bool whole;              /* needs a sieve */
    uint32_t limit;    /* records, 1 to VB_STORE_LIST_MAX; else ERR_RANGE */
    size_t byte_limit; /* bytes of content, over all; blobs' do not count */
    /* Members of just this media type may come brief: with no more than their
     * position, media type, length and content, for the sieve as well, and
     * borrowed from the list, without a reference count; "": all come whole. */
    struct vb_span brief;
    /* It may be as it was so long ago, but for what was acknowledged here, or
     * vb_store_generation of `parent` tells of; 0: as it is. */
    int64_t max_age_ms;
    struct vb_sieve *sieve;            /* NULL: all members */
    const struct vb_list_index *index; /* needs a sieve; NULL: all are looked
                                          at */
    /* What is counted of, exact ranges of an index, where not all are looked
     * at; NULL: nothing. The errors are those of `index`. */
    const struct vb_list_index *counted;
    struct vb_record **records; /* out: malloc'ed array of references; give
                                   it to vb_list_read_done */
    struct vb_arena briefs;     /* out: of those that came brief */
    size_t count;               /* out */
    bool more;                  /* out: others may follow in this direction */
    uint64_t reached; /* out, more: those that follow are beyond this */
    struct vb_buf reached_key; /* out, more and whole: and this */
    uint64_t members;          /* out: of the collection */
    uint64_t looked;   /* out, whole: how many of them were looked at, */
    uint64_t total;    /* and kept. Also where it ends with VB_ERR_LIMIT.
                          `counted`: keys in its ranges */
    uint64_t revision; /* out: the collection's, at the moment of reading */
    int64_t age_ms;    /* out: it is as it was so long ago, at most */
};

/* Gives back what a list request brought. */
void vb_list_read_done(struct vb_list_read *list);

/*
 * Several lists, likewise. Each has its own outcome in its op.err, and is given
 * back by itself; nothing else of its `op` counts. Where the request fails,
 * there is nothing to give back.
 */
struct vb_lists_read {
    struct vb_store_op op;
    struct vb_list_read *const *lists;
    size_t count;
};

#endif
