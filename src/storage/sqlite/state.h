/*
 * A store in an SQLite file: the parts and who owns them.
 *
 *     worker ─ client ─ reader ──────────────┐
 *     worker ─ client ─ reader ──────────────┤ read
 *     executor's threads ─ pool of readers ──┤
 *                                            ▼
 *                                        the file
 *                                            ▲
 *     clients ── queue ──▶ writer's thread ──┘ writes, one group at a time
 */
#ifndef VB_STORAGE_SQLITE_STATE_H
#define VB_STORAGE_SQLITE_STATE_H

#include <stdalign.h>

#include "storage/sqlite/numbers.h"
#include "storage/sqlite/pins.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/writer.h"
#include "storage/store.h"

/* A chunk's row is found by one number: blob << 24 | index. */
#define VB__CHUNK_MAX ((UINT64_C(1) << 24) - 1) /* index; 4 TiB in all */
#define VB__BLOB_MAX  ((UINT64_C(1) << 39) - 1)

static inline uint64_t vb__chunk_id(uint64_t blob, uint64_t index)
{
    return blob << 24 | index;
}

/* For a lock of somebody outside, e.g. a backup with another program. */
#define VB__BUSY_MS 5000

struct vb__sqlite {
    struct vb_store store;
    char *path; /* absolute */
    int lock_fd;
    struct vb__writer writer;
    struct vb__pins pins;
    struct vb__numbers numbers;
    pthread_mutex_t readers_lock;
    struct vb_link readers;    /* all of them */
    struct vb__reader *pool;   /* those lent to no thread */
    atomic_uint_fast64_t blob; /* last given */
    /* Groups that were finished: durable, visible, about to be answered. On a
     * cache line of its own: every read looks at it. */
    alignas(64) atomic_uint_fast64_t commits;
    /* The last revision of the group whose COMMIT is under way: a snapshot that
     * shows it shows more than is counted. 0: there is none. */
    atomic_uint_fast64_t pending;
};

static inline struct vb__sqlite *vb__sqlite_of(struct vb_store *store)
{
    return (struct vb__sqlite *)(void *)store; /* its first member */
}

enum vb__connect { VB__CONNECT_READ, VB__CONNECT_WRITE };

extern const struct vb_store_ops vb__sqlite_ops;
void vb__sqlite_close(struct vb_store *store);

/* A connection with the settings it needs. On failure *ret_db may be set all
 * the same, for its message; it is to be closed then. */
enum vb_err vb__sqlite_connect(const char *path, enum vb__connect kind,
                               sqlite3 **ret_db);

/*
 * The absolute path, links followed: it stays right when the process changes
 * its directory, two names of one file get one lock, and SQLite cannot take it
 * for a URI. malloc'ed; NULL with errno set.
 */
char *vb__sqlite_absolute(const char *path);

/* Makes the file, if it is not there, so that nobody else may read it; before
 * any connection: closing a descriptor drops SQLite's locks. */
enum vb_err vb__sqlite_make_file(const char *path, struct vb_buf *ret_why);

/* The schema's version in a file that nobody writes; 0: there is none. `rest`
 * is the URL behind its scheme. */
int64_t vb__sqlite_version(struct vb_span rest);

/* The smallest `since` of all readers: what was loosened by a group that is
 * counted up to there can no longer be found by anybody. */
uint64_t vb__sqlite_oldest_snapshot(struct vb__sqlite *sqlite);

#endif
