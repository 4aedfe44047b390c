/*
 * The disk tier: stored responses that outlive the process, behind the memory
 * tier (memory.h), which alone uses it.
 *
 *     store ─▶ queue ─▶ its thread ─▶ segment, segment, ... the newest grows
 *     has ───▶ index (in memory) ◀──┘         │
 *     load ───────────────────────────────────┘  on a thread that may wait
 *
 * All is written once, in the order in which it came, into segments; the oldest
 * goes when there is no room. So whatever says that something older is not true
 * lies behind it, and goes later. What is invalid is told by moments, which are
 * kept in a file of their own before whoever invalidates goes on.
 *
 * A cache may lose, and must not answer wrongly: nothing is synced while it
 * runs, and what a machine has not written down in peace is thrown away when it
 * starts again. What is damaged is as if it had never been stored.
 */
#ifndef VB_CACHING_DISK_H
#define VB_CACHING_DISK_H

#include "base/buf.h"
#include "base/hash.h"
#include "caching/key.h"
#include "caching/moments.h"
#include "caching/response.h"

struct vb_disk_tier;

/* Bytes that it may have at least. */
#define VB_DISK_BUDGET_LEAST ((uint64_t)1024 * 1024)

struct vb_disk_config {
    const char *directory; /* made (0700) where its parent is there */
    uint64_t budget;       /* bytes; a small response counts for a KiB */
};

struct vb_disk_stats {
    uint64_t stored;  /* written */
    uint64_t loaded;  /* read and found to be true */
    uint64_t dropped; /* came faster than the disk takes it, or failed */
    size_t responses; /* in the index */
    uint64_t bytes;   /* of the budget */
    bool off;         /* it failed, and does nothing any more */
};

/*
 * Takes the directory for this process, and finds what is there. VB_ERR_BUSY:
 * another process has it; VB_ERR_INVALID: others may write there;
 * VB_ERR_UNSUPPORTED: it is no directory; VB_ERR_IO, VB_ERR_NOSPACE, with a
 * line in ret_why; VB_ERR_NOMEM. It blocks for as long as it takes to read the
 * heads of all responses.
 */
enum vb_err vb_disk_open(const struct vb_disk_config *config,
                         struct vb_buf *ret_why,
                         struct vb_disk_tier **ret_disk);

/* Waits until all is written, and on the disk. NULL is fine. */
void vb_disk_close(struct vb_disk_tier *disk);

/* What was invalidated when, in this process and those before; and what names
 * are hashed with for it. Both live as long as the tier. */
struct vb_moments *vb_disk_moments(struct vb_disk_tier *disk);
const struct vb_hash_key *vb_disk_names(const struct vb_disk_tier *disk);

/* Is there anything of that key? Nothing is read for it. */
bool vb_disk_has(struct vb_disk_tier *disk, const struct vb_caching_key *key);

/* Stores a response in place of what was there: later, and perhaps not, if the
 * disk does not keep up; then what was there is gone. */
void vb_disk_store(struct vb_disk_tier *disk, const struct vb_caching_key *key,
                   uint64_t moment, struct vb_stored_response *response);

/* The same for what the memory tier lets go, where there is nothing in its
 * place. `patient`: it may wait for that. */
void vb_disk_keep(struct vb_disk_tier *disk, const struct vb_caching_key *key,
                  uint64_t moment, struct vb_stored_response *response,
                  bool patient);

/* Gives back the room of all that is there now, none of which is true any more.
 */
void vb_disk_clear(struct vb_disk_tier *disk);

/*
 * Reads the newest response that these fields of a request select, up to so
 * many bytes of content; blocks. A reference, and its moment; NULL: none that
 * is true, or no memory.
 */
struct vb_stored_response *vb_disk_load(struct vb_disk_tier *disk,
                                        const struct vb_caching_key *key,
                                        const struct vb_fields *fields,
                                        size_t max, uint64_t *ret_moment);

/* Waits until what was stored so far is written. For tests. */
void vb_disk_settle(struct vb_disk_tier *disk);

struct vb_disk_stats vb_disk_stats(struct vb_disk_tier *disk);

#endif
