/*
 * A connection to read with: a worker's own, or one of the pool that the
 * executor's threads take from. Used by one thread at a time.
 *
 * A read transaction is kept open from read to read, because beginning one
 * costs half as much as a read. It is begun anew when a commit was finished
 * since; so a reader sees every commit that had been answered when it asked.
 */
#ifndef VB_STORAGE_SQLITE_READER_H
#define VB_STORAGE_SQLITE_READER_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "base/list.h"
#include "storage/store.h"

struct vb__sqlite;
struct vb__call;

/* `since` of a reader without a snapshot: it is in nobody's way. */
#define VB__NO_SNAPSHOT UINT64_MAX

/* The statements: name, SQL. */
#define VB__RECORD_SELECT                                                      \
    "SELECT id, revision, created_ms, modified_ms, length, blob, key, parent," \
    " media_type, content, tombstone"
#define VB__RECORD_COLUMNS VB__RECORD_SELECT " FROM record "

/*
 * A walk over members is there twice: whole, and behind that *brief*, with what
 * is asked of members that come brief (vb_list_read), and nothing in the other
 * columns. In the order of the members, or through an index in that of its
 * keys.
 */
#define VB__BRIEF_SELECT                                                       \
    "SELECT id, 0, 0, 0, 0, 0, '', '', media_type, content, 0"
#define VB__WALK(X, name, rest)                                                \
    X(name, VB__RECORD_SELECT rest) X(name##_BRIEF, VB__BRIEF_SELECT rest)
#define VB__MEMBERS " FROM record WHERE parent = ?1 AND parent <> '' AND "
#define VB__INDEX_ROWS                                                         \
    ", sort FROM index_key CROSS JOIN record ON id = index_key.member"         \
    " WHERE idx = ?1 AND listing = ?2 AND "
#define VB__INDEX_KEYS                                                         \
    "FROM index_key WHERE idx = ?1 AND listing = ?2"                           \
    " AND sort >= ?3 AND sort < ?4 "

/* The members of ?1 that refer to a key. */
#define VB__REFERRING(key)                                                     \
    " FROM record JOIN reference ON source = id"                               \
    " WHERE parent = ?1 AND target ="                                          \
    " (SELECT id FROM record WHERE key = " key ")"

#define VB__READER_STATEMENTS(X)                                               \
    X(BEGIN, "BEGIN")                                                          \
    X(END, "COMMIT")                                                           \
    X(READ, VB__RECORD_COLUMNS "WHERE key = ?1")                               \
    X(COLLECTION,                                                              \
      "SELECT revision, count, modified_ms, number FROM collection"            \
      " WHERE key = ?1")                                                       \
    VB__WALK(X, LIST_FORWARD, VB__MEMBERS "id > ?2 ORDER BY id LIMIT ?3")      \
    VB__WALK(X, LIST_BACKWARD,                                                 \
             VB__MEMBERS "id < ?2 ORDER BY id DESC LIMIT ?3")                  \
    VB__WALK(X, SOME_FORWARD,                                                  \
             VB__REFERRING("?4") " AND source > ?2 ORDER BY source LIMIT ?3")  \
    VB__WALK(                                                                  \
        X, SOME_BACKWARD,                                                      \
        VB__REFERRING("?4") " AND source < ?2 ORDER BY source DESC LIMIT ?3")  \
    X(SOME_COUNT, "SELECT count(*)" VB__REFERRING("?2"))                       \
    X(BY_ID, VB__RECORD_COLUMNS "WHERE id = ?1")                               \
    X(BY_CLAIM, VB__RECORD_COLUMNS "WHERE id = (SELECT record FROM claim"      \
                                   " WHERE scope = ?1 AND value = ?2)")        \
    X(SOURCES, VB__RECORD_COLUMNS                                              \
      "WHERE id IN (SELECT source FROM reference WHERE target ="               \
      " (SELECT id FROM record WHERE key = ?1)) ORDER BY id LIMIT ?2")         \
    X(MEMO, "SELECT revision, bytes, expires_ms FROM memo"                     \
            " WHERE name = ?1 AND expires_ms > ?2")                            \
    X(INDEX, "SELECT id FROM indexes WHERE name = ?1 AND state = 1")           \
    VB__WALK(X, KEY_FORWARD,                                                   \
             VB__INDEX_ROWS "sort = ?3 AND member > ?4 ORDER BY member")       \
    VB__WALK(X, KEY_BACKWARD,                                                  \
             VB__INDEX_ROWS "sort = ?3 AND member < ?4 ORDER BY member DESC")  \
    VB__WALK(X, ROWS_UP,                                                       \
             VB__INDEX_ROWS "(sort, member) > (?3, ?4) AND sort < ?5"          \
                            " ORDER BY sort, member")                          \
    VB__WALK(X, ROWS_DOWN,                                                     \
             VB__INDEX_ROWS "(sort, member) < (?3, ?4) AND sort >= ?5"         \
                            " ORDER BY sort DESC, member DESC")                \
    X(KEYS, "SELECT member " VB__INDEX_KEYS)                                   \
    X(KEYS_COUNT,                                                              \
      "SELECT count(*) FROM (SELECT 1 " VB__INDEX_KEYS "LIMIT ?5)")            \
    X(KEY_UP, "SELECT sort " VB__INDEX_KEYS "ORDER BY sort LIMIT 1")           \
    X(KEY_DOWN, "SELECT sort " VB__INDEX_KEYS "ORDER BY sort DESC LIMIT 1")    \
    X(HISTORY_STATE, "SELECT revision, history_kept FROM state"                \
                     " WHERE one = 1")                                         \
    X(HISTORY, "SELECT id, marks FROM history WHERE id > ?1 ORDER BY id")      \
    X(HISTORY_CHANGES, "SELECT changes FROM history WHERE id = ?1")            \
    X(CHUNK, "SELECT bytes FROM chunk WHERE id = ?1")

enum vb__reader_statement {
#define VB__X(name, sql) VB__READER_##name,
    VB__READER_STATEMENTS(VB__X)
#undef VB__X
        VB__READER_COUNT
};

struct vb__reader {
    struct vb__sqlite *sqlite;
    sqlite3 *db;
    sqlite3_stmt *statements[VB__READER_COUNT];
    struct vb_link link;        /* in the store's readers */
    struct vb__reader *next;    /* in the store's pool */
    bool open;                  /* a transaction is */
    bool ailing;                /* the operator was told that reading fails */
    atomic_uint_fast64_t since; /* commits finished when it was begun */
};

/* VB_OK with the connection open, or the reason logged. */
enum vb_err vb__reader_init(struct vb__reader *reader,
                            struct vb__sqlite *sqlite);
void vb__reader_done(struct vb__reader *reader);

/* Ends the transaction, if one is open. */
void vb__reader_turn_end(struct vb__reader *reader);

/* The contract's requests, at once. */
enum vb_err vb__reader_read(struct vb__reader *reader, struct vb_read *read);
enum vb_err vb__reader_records(struct vb__reader *reader,
                               struct vb_records_read *read);
enum vb_err vb__reader_collection(struct vb__reader *reader,
                                  struct vb_collection_read *read);
enum vb_err vb__reader_list(struct vb__reader *reader,
                            struct vb_list_read *list);
enum vb_err vb__reader_lists(struct vb__reader *reader,
                             struct vb_lists_read *read);
enum vb_err vb__reader_chunk(struct vb__reader *reader,
                             struct vb_chunk_read *read);

enum vb_err vb__reader_memo(struct vb__reader *reader,
                            struct vb_memo_read *read);
enum vb_err vb__reader_claim(struct vb__reader *reader,
                             struct vb_claim_read *read);
enum vb_err vb__reader_sources(struct vb__reader *reader,
                               struct vb_sources_read *read);

/* The last number of a collection that a finished commit made durable. */
enum vb_err vb__reader_number(struct vb__reader *reader, struct vb_span parent,
                              int64_t *ret_number);

/* For history_read.c: the transaction is open; and a statement of it. */
enum vb_err vb__reader_begin(struct vb__reader *reader);
struct vb__call vb__reader_use(struct vb__reader *reader,
                               enum vb__reader_statement name);

/* The record in the current row of VB__RECORD_COLUMNS, borrowed from it; with
 * revision 0 for a tombstone. */
struct vb_record vb__reader_row(const struct vb__call *row);

/* A reader of the store's pool; NULL when none can be made. Any thread. */
struct vb__reader *vb__reader_borrow(struct vb__sqlite *sqlite);
void vb__reader_return(struct vb__reader *reader);

#endif
