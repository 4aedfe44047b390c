/*
 * The writer: the one thread that changes the file.
 *
 *     requests ──▶ queue ──▶ [ BEGIN  request request request  COMMIT ]
 *                                                                 │ fsync
 *         answers ◀── generations bumped ◀── group counted ◀──────┘
 *
 * It takes all that is queued as one group; what comes while it waits for the
 * disk makes the next. A request that is refused has written nothing, so the
 * others are not disturbed. When the medium fails, the whole group is undone
 * and its requests are tried one by one.
 */
#ifndef VB_STORAGE_SQLITE_WRITER_H
#define VB_STORAGE_SQLITE_WRITER_H

#include <pthread.h>
#include <sqlite3.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/task.h"
#include "storage/sqlite/garbage.h"
#include "storage/sqlite/history.h"
#include "storage/sqlite/indexing.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/tally.h"
#include "storage/store.h"

struct vb__sqlite;

/* Content that is longer does not come with the look-up of its key. */
#define VB__STATE_MOST "4096"

/* The statements: name, SQL. */
#define VB__WRITER_STATEMENTS(X)                                               \
    X(BEGIN, "BEGIN IMMEDIATE")                                                \
    X(COMMIT, "COMMIT")                                                        \
    X(ROLLBACK, "ROLLBACK")                                                    \
    X(PAGES, "PRAGMA page_count")                                              \
    X(STATE_SAVE, "UPDATE state SET revision = ?1, position = ?2,"             \
                  " history_kept = ?3, history_bytes = ?4")                    \
    X(FIND, "SELECT id, revision, blob, ties, parent, tombstone"               \
            " FROM record WHERE key = ?1")                                     \
    X(FIND_WHOLE,                                                              \
      "SELECT id, revision, created_ms, modified_ms, length, blob, key,"       \
      " parent, media_type, iif(length <= " VB__STATE_MOST ", content,"        \
      " NULL), tombstone, ties FROM record WHERE key = ?1")                    \
    X(KEY, "SELECT key FROM record WHERE id = ?1")                             \
    X(INSERT,                                                                  \
      "INSERT INTO record (id, revision, created_ms, modified_ms, length,"     \
      " blob, ties, key, parent, media_type, content)"                         \
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                \
    X(UPDATE,                                                                  \
      "UPDATE record SET revision = ?2, modified_ms = ?3, length = ?4,"        \
      " blob = ?5, ties = ?6, media_type = ?7, content = ?8 WHERE id = ?1")    \
    X(AMEND, "UPDATE record SET length = ?2, content = ?3 WHERE id = ?1")      \
    X(DELETE, "DELETE FROM record WHERE id = ?1")                              \
    X(BURY, "UPDATE record SET revision = ?2, modified_ms = ?3, length = ?4,"  \
            " blob = 0, ties = 0, parent = '', media_type = '', content = ?5," \
            " tombstone = 1 WHERE id = ?1")                                    \
    X(MEMBERS, "SELECT id FROM record"                                         \
               " WHERE parent = ?1 AND parent <> '' ORDER BY id")              \
    X(CLAIM_FIND, "SELECT record FROM claim WHERE scope = ?1 AND value = ?2")  \
    X(CLAIM_ADD, "INSERT OR REPLACE INTO claim (scope, value, record)"         \
                 " VALUES (?1, ?2, ?3)")                                       \
    X(CLAIMS_DROP, "DELETE FROM claim WHERE record = ?1")                      \
    X(SOURCES, "SELECT source FROM reference WHERE target = ?1"                \
               " ORDER BY source")                                             \
    X(REFERENCE_ADD, "INSERT OR IGNORE INTO reference (target, source)"        \
                     " VALUES (?1, ?2)")                                       \
    X(REFERENCES_DROP, "DELETE FROM reference WHERE source = ?1")              \
    X(TALLY_READ, "SELECT revision, count, modified_ms, number"                \
                  " FROM collection WHERE key = ?1")                           \
    X(TALLY_SAVE, "INSERT OR REPLACE INTO collection"                          \
                  " (key, revision, count, modified_ms, number)"               \
                  " VALUES (?1, ?2, ?3, ?4, ?5)")                              \
    X(MEMO_FIND, "SELECT bytes FROM memo WHERE name = ?1 AND expires_ms > ?2") \
    X(MEMO_ADD,                                                                \
      "INSERT OR REPLACE INTO memo"                                            \
      " (name, revision, expires_ms, bytes) VALUES (?1, ?2, ?3, ?4)")          \
    X(MEMOS_DROP, "DELETE FROM memo WHERE id IN (SELECT id FROM memo"          \
                  " WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT 8)")      \
    X(HISTORY_ADD, "INSERT INTO history (id, cost, marks, changes)"            \
                   " VALUES (?1, ?2, ?3, ?4)")                                 \
    X(HISTORY_OLDEST, "SELECT id, cost FROM history WHERE id > 0"              \
                      " ORDER BY id")                                          \
    X(HISTORY_DROP, "DELETE FROM history WHERE id <= ?1")                      \
    X(CHUNK_ADD, "INSERT INTO chunk (id, bytes) VALUES (?1, ?2)")              \
    X(CHUNK_LENGTH, "SELECT length(bytes) FROM chunk WHERE id = ?1")           \
    X(CHUNKS_DROP, "DELETE FROM chunk WHERE id BETWEEN ?1 AND ?2")             \
    X(LOOSE_ADD, "INSERT OR IGNORE INTO loose (blob) VALUES (?1)")             \
    X(LOOSE_FIND, "SELECT 1 FROM loose WHERE blob = ?1")                       \
    X(LOOSE_DROP, "DELETE FROM loose WHERE blob = ?1")                         \
    X(LOOSE_ALL, "SELECT blob FROM loose ORDER BY blob")                       \
    X(RECORD, VB__RECORD_COLUMNS "WHERE id = ?1")                              \
    X(RECORDS, VB__RECORD_COLUMNS "NOT INDEXED WHERE id > ?1 ORDER BY id")     \
    X(INDEX_ALL, "SELECT id, name, state, reached FROM indexes")               \
    X(INDEX_ADD, "INSERT INTO indexes (name, state, reached)"                  \
                 " VALUES (?1, 0, 0)")                                         \
    X(INDEX_SAVE, "UPDATE indexes SET state = ?2, reached = ?3 WHERE id = ?1") \
    X(INDEX_DROP, "DELETE FROM indexes WHERE id = ?1")                         \
    X(KEY_ADD, "INSERT OR IGNORE INTO index_key (idx, listing, sort, member)"  \
               " VALUES (?1, ?2, ?3, ?4)")                                     \
    X(KEY_DROP, "DELETE FROM index_key WHERE idx = ?1 AND listing = ?2"        \
                " AND sort = ?3 AND member = ?4")                              \
    X(KEYS_DROP,                                                               \
      "DELETE FROM index_key WHERE idx = ?1 AND (listing, sort, member) <="    \
      " (SELECT listing, sort, member FROM index_key WHERE idx = ?1"           \
      " ORDER BY listing, sort, member LIMIT 1 OFFSET ?2)")                    \
    X(KEYS_DROP_REST, "DELETE FROM index_key WHERE idx = ?1")

enum vb__writer_statement {
#define VB__X(name, sql) VB__WRITER_##name,
    VB__WRITER_STATEMENTS(VB__X)
#undef VB__X
        VB__WRITER_COUNT
};

/* The write-ahead log, in pages; see checkpoint.c. */
struct vb__log_state {
    int pages;   /* in it; 1 at first, for what a crash may have left */
    int done;    /* of them copied into the database, as far as is known */
    int due;     /* copy when there are this many */
    bool ailing; /* the operator was told that copying fails */
};

/* What one client is about to send to the writer; the client's own. */
struct vb__requests {
    struct vb_task *first;
    struct vb_task *last;
    unsigned count;
};

/* What the writer is about to send to one client; the writer's own. */
struct vb__answers {
    struct vb_mailbox *mailbox;
    struct vb_task *first;
    struct vb_task *last;
    struct vb__answers *next; /* client with some */
};

struct vb__writer {
    struct vb__sqlite *sqlite;
    pthread_t thread;

    /* Shared with the other threads, under the lock. */
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct vb_task *first; /* the queue, of requests' tasks */
    struct vb_task **last;
    bool waiting;            /* for `work` */
    bool nudged;             /* there may be garbage to collect now */
    struct vb_buf discarded; /* uint64_t blobs, for the garbage */
    bool stop;

    /* The thread's own. */
    sqlite3 *db;
    sqlite3_stmt *statements[VB__WRITER_COUNT];
    struct vb_arena scratch; /* one request's */
    uint64_t revision;       /* last given */
    uint64_t position;       /* last given */
    struct vb_buf touched;   /* uint64_t hashes of keys the group changes */
    struct vb_buf loosened;  /* uint64_t blobs the group leaves loose */
    struct vb__tallies tallies;
    struct vb__history history;
    struct vb__coming coming;
    struct vb__garbage garbage;
    struct vb__indexing indexing;
    enum vb_err medium;    /* why the group cannot go on; VB_OK while it can */
    bool ailing;           /* the operator was told that writing fails */
    int64_t tell_after_ms; /* not again before (monotonic) */
    bool lazy;             /* commits are not synced at the moment */
    struct vb__log_state log;
    int64_t pages; /* that the database's file has room for, at least */
};

/* Connects, brings the schema up, reads the counters, collects what is loose.
 * No thread yet. ret_why gets what is wrong, to follow the path and a colon. */
enum vb_err vb__writer_init(struct vb__writer *writer,
                            struct vb__sqlite *sqlite, struct vb_buf *ret_why);
/* Starts the thread. */
enum vb_err vb__writer_start(struct vb__writer *writer);
/* Finishes what is queued, ends the thread. */
void vb__writer_stop(struct vb__writer *writer);
void vb__writer_done(struct vb__writer *writer);

/* Writes the state's row, in the open transaction. */
enum vb_err vb__writer_save_state(struct vb__writer *writer);

/* client.c */
struct vb__answers *vb__client_answers(struct vb_store_client *client);

/* Queues these requests, one at least; they will be answered. Leaves none. */
void vb__writer_queue(struct vb__writer *writer, struct vb__requests *requests);

/* A loose blob is to be removed. Any thread. */
void vb__writer_discard(struct vb__writer *writer, uint64_t blob);

/* Something that garbage waited for has happened. Any thread. */
void vb__writer_nudge(struct vb__writer *writer);

/* group.c: runs a group to its answers; or only tries to make it durable (no
 * tasks: only what requests have in common). */
void vb__group_run(struct vb__writer *writer, struct vb_task *tasks);
enum vb_err vb__group_attempt(struct vb__writer *writer, struct vb_task *tasks);
/* What a queued request's task runs, in a group's transaction. */
void vb__run_commit(struct vb_task *task);
void vb__run_chunk(struct vb_task *task);
/* Bytes of content it brings. */
size_t vb__task_weight(struct vb_task *task);

/* transaction.c: notes a failure of the medium, passes it on. */
enum vb_err vb__writer_failed(struct vb__writer *writer, enum vb_err err);

/*
 * A transaction of the writer's own. VB_OK, or it is undone. A lazy one is not
 * synced: it becomes durable with the next that is, as the log is in order.
 * That is enough for what no record refers to: chunks of a coming blob, and
 * the removal of garbage.
 */
enum vb_err vb__writer_begin(struct vb__writer *writer, bool lazy);
enum vb_err vb__writer_end(struct vb__writer *writer);
void vb__writer_undo(struct vb__writer *writer);

/* apply.c: judges a commit and carries it out in the open transaction; the
 * outcome, which is in writer->medium too when the group cannot go on. */
enum vb_err vb__apply_commit(struct vb__writer *writer,
                             struct vb_commit *commit);
/* Will it need what such a record was, when it changes it? */
bool vb__apply_wants_state(const struct vb__writer *writer, struct vb_span key,
                           struct vb_span parent);
enum vb_err vb__apply_chunk(struct vb__writer *writer,
                            const struct vb_chunk_write *write);

/* room.c: room that is taken before it is needed. For the database, in a
 * transaction and before its end; VB_ERR_NOSPACE, or what fails. */
enum vb_err vb__room_take(struct vb__writer *writer);
void vb__room_for_log(struct vb__writer *writer);

/* checkpoint.c: copying the log into the database. */
void vb__log_init(struct vb__writer *writer);
/* The disk is full: between two transactions, empties the log. True: that made
 * room in it, so what has failed may be tried again. */
bool vb__log_start_anew(struct vb__writer *writer);
void vb__log_tend(struct vb__writer *writer);
bool vb__log_is_behind(const struct vb__writer *writer);
void vb__log_catch_up(struct vb__writer *writer);

#endif
