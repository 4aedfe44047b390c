/* The tables of a store, as both engines have them. See copy_part.h. */
#include "storage/copy_part.h"

/* Fields: what counts in the digest, and what is for the engine alone. */
#define INT                                                                    \
    {                                                                          \
        VB__COPY_INT, true                                                     \
    }
#define BYTES                                                                  \
    {                                                                          \
        VB__COPY_BYTES, true                                                   \
    }
#define OWN_INT                                                                \
    {                                                                          \
        VB__COPY_INT, false                                                    \
    }

#define OWN_BYTES                                                              \
    {                                                                          \
        VB__COPY_BYTES, false                                                  \
    }

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* key │ kind, revision, created_ms, modified_ms, length, ties │ parent,
 * media_type, content │ position, blob. What is only kept for its revision
 * (kind 3) need not be: all that are given from now on are greater. */
static const struct vb__copy_field record[] = {
    BYTES, INT, INT, INT, INT, INT, INT, BYTES, BYTES, BYTES, INT, OWN_INT};
static const unsigned char record_fields[] = {0, 1, 2, 3, 4,  5,
                                              6, 7, 8, 9, 10, 11};
#define RECORD_SQLITE                                                          \
    "SELECT key, tombstone + 1, revision, created_ms, modified_ms, length,"    \
    " ties, parent, media_type, content, id, blob FROM record"                 \
    " WHERE key > CAST(?1 AS TEXT) ORDER BY key"
#define RECORD_POSTGRES                                                        \
    "SELECT key, kind, revision, created_ms, modified_ms, length, ties,"       \
    " parent, media_type, content, position, blob FROM record"                 \
    " WHERE key > $1 AND kind <> 3 ORDER BY key"
#define RECORD_TO_SQLITE                                                       \
    "INSERT INTO record (id, revision, created_ms, modified_ms, length, blob," \
    " ties, key, parent, media_type, content, tombstone) VALUES (?11, ?3, ?4," \
    " ?5, ?6, ?12, ?7, CAST(?1 AS TEXT), CAST(?8 AS TEXT),"                    \
    " CAST(?9 AS TEXT), ?10, ?2 - 1)"
#define RECORD_TO_POSTGRES                                                     \
    "record (key, kind, revision, created_ms, modified_ms, length, ties,"      \
    " parent, media_type, content, position, blob)"

/* scope, value │ key │ long │ stored, whole: what PostgreSQL has in the place
 * of a value that is too long for its index. long is 1 where only the digest is
 * there. */
static const struct vb__copy_field claim[] = {BYTES,   BYTES,     BYTES,
                                              OWN_INT, OWN_BYTES, OWN_BYTES};
static const unsigned char claim_fields[] = {0, 4, 2, 3, 5};
#define CLAIM_SQLITE                                                           \
    "SELECT c.scope, c.value, r.key, 0, X'', X'' FROM claim c"                 \
    " JOIN record r ON r.id = c.record"                                        \
    " WHERE (c.scope, c.value) > (CAST(?1 AS TEXT), ?2)"                       \
    " ORDER BY c.scope, c.value"
#define CLAIM_POSTGRES                                                         \
    "SELECT scope, v, key, lone, ''::bytea, ''::bytea FROM (SELECT scope,"     \
    " CASE WHEN whole <> '' THEN whole ELSE value END AS v, key,"              \
    " CASE WHEN whole <> '' THEN 0 ELSE long END AS lone FROM claim) AS c"     \
    " WHERE (scope, v) > ($1, $2) ORDER BY scope, v"
#define CLAIM_TO_SQLITE                                                        \
    "INSERT INTO claim (scope, value, record) SELECT CAST(?1 AS TEXT), ?2,"    \
    " id FROM record WHERE key = CAST(?3 AS TEXT)"
#define CLAIM_TO_POSTGRES "claim (scope, value, key, long, whole)"

/* target, source │ position of the source. */
static const struct vb__copy_field reference[] = {BYTES, BYTES, OWN_INT};
static const unsigned char reference_fields[] = {0, 1, 2};
#define REFERENCE_SQLITE                                                       \
    "SELECT t.key, s.key, s.id FROM reference f"                               \
    " JOIN record t ON t.id = f.target JOIN record s ON s.id = f.source"       \
    " WHERE (t.key, s.key) > (CAST(?1 AS TEXT), CAST(?2 AS TEXT))"             \
    " ORDER BY t.key, s.key"
#define REFERENCE_POSTGRES                                                     \
    "SELECT target, source, position FROM reference"                           \
    " WHERE (target, source) > ($1, $2) ORDER BY target, source"
#define REFERENCE_TO_SQLITE                                                    \
    "INSERT INTO reference (target, source) SELECT t.id, s.id"                 \
    " FROM record t, record s"                                                 \
    " WHERE t.key = CAST(?1 AS TEXT) AND s.key = CAST(?2 AS TEXT)"
#define REFERENCE_TO_POSTGRES "reference (target, source, position)"

/* key │ part │ bytes │ blob. By the record's key: what a blob is called is the
 * engine's own affair. Loose ones are not copied. */
static const struct vb__copy_field chunk[] = {BYTES, INT, BYTES, OWN_INT};
static const unsigned char chunk_fields[] = {3, 1, 2};
#define CHUNK_SQLITE                                                           \
    "SELECT r.key, c.id & 16777215, c.bytes, r.blob FROM record r"             \
    " JOIN chunk c ON c.id BETWEEN r.blob << 24 AND (r.blob << 24) + 16777215" \
    " WHERE r.blob <> 0"                                                       \
    " AND (r.key, c.id & 16777215) > (CAST(?1 AS TEXT), ?2)"                   \
    " ORDER BY r.key, c.id"
#define CHUNK_POSTGRES                                                         \
    "SELECT r.key, c.part, c.bytes, r.blob FROM record r"                      \
    " JOIN chunk c ON c.blob = r.blob WHERE r.blob <> 0 AND r.kind = 1"        \
    " AND (r.key, c.part) > ($1, $2) ORDER BY r.key, c.part"
#define CHUNK_TO_SQLITE                                                        \
    "INSERT INTO chunk (id, bytes) SELECT (blob << 24) + ?2, ?3 FROM record"   \
    " WHERE key = CAST(?1 AS TEXT) AND blob <> 0"
#define CHUNK_TO_POSTGRES "chunk (blob, part, bytes)"

/* key │ revision, count, modified_ms. */
static const struct vb__copy_field collection[] = {BYTES, INT, INT, INT};
static const unsigned char collection_fields[] = {0, 1, 2, 3};
#define COLLECTION_SQLITE                                                      \
    "SELECT key, revision, count, modified_ms FROM collection"                 \
    " WHERE key > CAST(?1 AS TEXT) AND revision > 0 ORDER BY key"
#define COLLECTION_POSTGRES                                                    \
    "SELECT key, revision, count, modified_ms FROM collection"                 \
    " WHERE key > $1 AND revision > 0 ORDER BY key"
#define COLLECTION_TO_SQLITE                                                   \
    "INSERT INTO collection (key, revision, count, modified_ms, number)"       \
    " VALUES (CAST(?1 AS TEXT), ?2, ?3, ?4, 0)"
#define COLLECTION_TO_POSTGRES "collection (key, revision, count, modified_ms)"

/* key │ last. SQLite has it in the collection's row. */
static const struct vb__copy_field number[] = {BYTES, INT};
static const unsigned char number_fields[] = {0, 1};
#define NUMBER_SQLITE                                                          \
    "SELECT key, number FROM collection"                                       \
    " WHERE key > CAST(?1 AS TEXT) AND number > 0 ORDER BY key"
#define NUMBER_POSTGRES                                                        \
    "SELECT key, last FROM number WHERE key > $1 AND last > 0 ORDER BY key"
#define NUMBER_TO_SQLITE                                                       \
    "INSERT INTO collection (key, revision, count, modified_ms, number)"       \
    " VALUES (CAST(?1 AS TEXT), 0, 0, 0, ?2)"                                  \
    " ON CONFLICT (key) DO UPDATE SET number = excluded.number"
#define NUMBER_TO_POSTGRES "number (key, last)"

/* name │ revision, expires_ms │ bytes. */
static const struct vb__copy_field memo[] = {BYTES, INT, INT, BYTES};
static const unsigned char memo_fields[] = {0, 1, 2, 3};
#define MEMO_SQLITE                                                            \
    "SELECT name, revision, expires_ms, bytes FROM memo"                       \
    " WHERE name > ?1 ORDER BY name"
#define MEMO_POSTGRES                                                          \
    "SELECT name, revision, expires_ms, bytes FROM memo"                       \
    " WHERE name > $1 ORDER BY name"
#define MEMO_TO_SQLITE                                                         \
    "INSERT INTO memo (name, revision, expires_ms, bytes)"                     \
    " VALUES (?1, ?2, ?3, ?4)"
#define MEMO_TO_POSTGRES "memo (name, revision, expires_ms, bytes)"

#define TABLE(table, NAME, keys)                                               \
    {                                                                          \
#table, table, COUNT(table), keys, NAME##_SQLITE, NAME##_POSTGRES,     \
            NAME##_TO_SQLITE, NAME##_TO_POSTGRES, table##_fields,              \
            COUNT(table##_fields)                                              \
    }

/* Records first: others are found by their keys. */
const struct vb__copy_table vb__copy_tables[] = {
    TABLE(record, RECORD, 1),
    TABLE(claim, CLAIM, 2),
    TABLE(reference, REFERENCE, 2),
    TABLE(chunk, CHUNK, 2),
    TABLE(collection, COLLECTION, 1),
    TABLE(number, NUMBER, 1),
    TABLE(memo, MEMO, 1),
};

const size_t vb__copy_table_count = COUNT(vb__copy_tables);
