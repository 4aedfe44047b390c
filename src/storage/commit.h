/*
 * What is asked of a store to be written: changes of records, all or none, and
 * what they must find and leave. See store.h.
 */
#ifndef VB_STORAGE_COMMIT_H
#define VB_STORAGE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/op.h"
#include "storage/record.h"

/* `expect` of a change: there must be no record under the key. */
#define VB_EXPECT_NONE UINT64_C(0)
/* `expect` of a change: whatever is there, or nothing. */
#define VB_EXPECT_ANY UINT64_MAX
/* `expect` of a change: there must be no record under the key, and no
 * tombstone of one: nobody knows the key yet. */
#define VB_EXPECT_UNUSED (UINT64_MAX - 1)

/* A value that only one record of a scope may have at a time. */
struct vb_claim {
    struct vb_span scope; /* "/books#/isbn" */
    struct vb_span value; /* canonical bytes */
};

enum vb_change_kind {
    VB_CHANGE_PUT,           /* write a record */
    VB_CHANGE_DELETE,        /* remove a record */
    VB_CHANGE_REQUIRE_EMPTY, /* key is a collection that must have no member;
                                `expect` does not count */
    VB_CHANGE_REQUIRE_STATE, /* key is a collection whose revision must be
                                `expect` (VB_EXPECT_NONE: it never had a
                                member) */
    /*
     * What nobody is shown of a record is written otherwise, as a password's
     * hash that is made anew: `content` takes the place of its content, and all
     * else stays what it is, its revision and times too, its claims and
     * references, and its collection's state. So no client can tell, and who
     * has read the record may still replace it. `expect` is a revision; the
     * record has no blob; and it is its commit's only change.
     */
    VB_CHANGE_AMEND
};

struct vb_change {
    enum vb_change_kind kind;
    struct vb_span key;
    struct vb_span parent; /* PUT that creates: whose listing it joins. Else in
                              which it is, where the caller knows */
    uint64_t expect;       /* a revision, or one of VB_EXPECT_... */
    int64_t modified_ms;   /* the time of the change, Unix time */

    /* For DELETE: leaves a tombstone in the record's place, which says where it
     * was moved to, if that is not "". */
    bool tombstone;
    struct vb_span moved_to;

    /* The rest is for PUT; AMEND has content and length. */
    struct vb_span media_type;
    struct vb_span content; /* at most VB_STORE_CHUNK bytes, unless blob */
    uint64_t blob;          /* 0, or a blob whose chunks are all written and
                               that no other record has, but one that the
                               same commit deletes; > VB_STORE_CHUNK */
    uint64_t length;        /* bytes of content or blob */
    int64_t created_ms;     /* where it creates, and what is created was under
                               another key before: since when; 0: now */
    const struct vb_claim *claims; /* replace the key's earlier ones */
    size_t claim_count;
    const struct vb_span *references; /* keys that must exist, now and as long
                                         as this record refers to them;
                                         replace the earlier ones */
    size_t reference_count;
};

/*
 * A note: bytes that are kept with a commit, in its own transaction, under a
 * name that only one commit can have until the note expires. So who has to do
 * something once writes down with it that it was done. Expired notes are gone;
 * engines remove them little by little, as others come.
 */
struct vb_memo {
    struct vb_span name;        /* 1 to VB_MEMO_NAME_MAX bytes */
    struct vb_span bytes;       /* at most VB_MEMO_MAX */
    int64_t now_ms;             /* Unix time, and */
    int64_t expires_ms;         /* when it goes; if that is over, it takes the
                                   place of another and is gone itself */
    struct vb_span over;        /* not "": a note of these bytes, at most
                                   VB_MEMO_OVER_MAX, it may take the place of;
                                   others it may not all the same */
    const struct vb_memo *next; /* another one of the same commit, or NULL */
};

#define VB_MEMO_NAME_MAX 64
#define VB_MEMO_MAX      ((size_t)4 * 1024 * 1024)
#define VB_MEMO_OVER_MAX 64

enum vb_conflict_kind {
    VB_CONFLICT_NONE,
    VB_CONFLICT_CLAIMED,    /* claims[item] is another record's (`key`) */
    VB_CONFLICT_DANGLING,   /* references[item] does not exist */
    VB_CONFLICT_REFERENCED, /* the record to delete is referred to by `key` */
    VB_CONFLICT_NOT_EMPTY,  /* the collection has a member, `key` */
    VB_CONFLICT_TWICE       /* another commit that is to be made with this one
                               changes the same key (joint.h) */
};

/*
 * Some changes, all or none; none at all where there is a note to be kept.
 * Their order does not matter: expectations hold
 * against the state before the commit, and the other conditions (claims,
 * references, emptiness) against the state it would leave. So two records may
 * refer to each other, and a claim may pass from one record to another, in one
 * commit; but a key may be put or deleted only once in it.
 *
 * Outcomes: VB_OK; VB_ERR_AGAIN (a revision was not the expected one; comes
 * before any conflict); VB_ERR_CONFLICT (see `conflict`); VB_ERR_INVALID (the
 * changes are not well-formed: a key twice, content too long, a blob that is
 * incomplete or another record's); VB_ERR_EXISTS (there is a note of that name:
 * what was to be done once has been done); VB_ERR_NOSPACE; VB_ERR_IO and others
 * when the store is in trouble. After anything but VB_OK nothing was changed. A
 * deletion with VB_EXPECT_ANY of what is not there is VB_OK.
 */
struct vb_commit {
    struct vb_store_op op;
    const struct vb_change *changes;
    size_t change_count;
    const struct vb_memo *memo; /* to be kept with it, and others behind it;
                                   NULL: none */
    uint64_t revision;          /* out, VB_OK: of all records written */
    uint64_t position; /* out, VB_OK, changes[0] is a PUT: its record's, and */
    uint64_t generation; /* its key's (below): what the caller makes of the
                            record counts as long as that is the current one */
    struct {             /* out, VB_ERR_CONFLICT */
        enum vb_conflict_kind kind;
        size_t change; /* index of the change that failed */
        size_t item;   /* see the kinds */
        char key[256]; /* NUL-terminated, cut when longer; "" when unknown */
    } conflict;
};

/*
 * The record that changes[0], a PUT of content, has written: for who has asked
 * for the commit, and need not read it then. `before` is what the change took
 * the place of; NULL: nothing. NULL when out of memory; a reference.
 */
struct vb_record *vb_commit_record(const struct vb_commit *commit,
                                   const struct vb_record *before);

#endif
