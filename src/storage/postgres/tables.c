/*
 * The tables of a store. See schema.h, and README.md for the picture.
 *
 * What is bytes to us is bytes here: no collation and no encoding has a say in
 * what a key is. All numbers are bigint, as the statements' parameters are. SQL
 * that others than PostgreSQL understand, too: no extension, no function of
 * ours, no sequence, no trigger.
 */
#include "storage/postgres/schema.h"

/*
 * name │ number or text: version, epoch, secret (hexadecimal), citus,
 * history_kept (nothing up to this moment is), history_bytes.
 */
#define STATE                                                                  \
    "CREATE TABLE state ("                                                     \
    " name text PRIMARY KEY,"                                                  \
    " number bigint NOT NULL DEFAULT 0,"                                       \
    " text text NOT NULL DEFAULT '')"

/* Who commits: each client of each instance has a row, and none shares it. */
#define WRITER                                                                 \
    "CREATE TABLE writer ("                                                    \
    " slot bigint PRIMARY KEY,"                                                \
    " floor bigint NOT NULL," /* the greatest revision it has given */         \
    " batch bigint NOT NULL," /* its last transaction that committed, or one   \
                                 more: nothing of that comes any more */       \
    " granted bigint NOT NULL DEFAULT 0," /* short.c: its last revision, */    \
    " done bigint NOT NULL DEFAULT 0," /* and a bit for each of its commits */ \
    " seen_ms bigint NOT NULL,"                                                \
    " silent bigint NOT NULL DEFAULT 0,"  /* 1: it keeps no history */         \
    " indexes bytea NOT NULL DEFAULT '')" /* ids of those that it keeps */

/*
 * kind: 1 a record, 2 a tombstone, 3 gone: only its revision still counts.
 * ties: 1 it has claims; 2 it has references. No index is on a column that a
 * replacement changes, so that it is written in its own page (HOT); the page
 * has room for that.
 */
#define RECORD                                                                 \
    "CREATE TABLE record ("                                                    \
    " kind bigint NOT NULL,"                                                   \
    " revision bigint NOT NULL,"                                               \
    " position bigint NOT NULL,"                                               \
    " created_ms bigint NOT NULL,"                                             \
    " modified_ms bigint NOT NULL,"                                            \
    " length bigint NOT NULL,"                                                 \
    " blob bigint NOT NULL," /* 0: the content is here */                      \
    " ties bigint NOT NULL,"                                                   \
    " key bytea PRIMARY KEY,"                                                  \
    " parent bytea NOT NULL," /* '': in no listing */                          \
    " media_type bytea NOT NULL,"                                              \
    " content bytea NOT NULL) WITH (fillfactor = 85)"

/* A listing in its order; and what housekeeping removes. */
#define RECORD_PARENT                                                          \
    "CREATE INDEX record_parent ON record (parent, position)"                  \
    " WHERE kind = 1 AND parent <> ''"
#define RECORD_GONE "CREATE INDEX record_gone ON record (kind) WHERE kind = 3"

#define COLLECTION                                                             \
    "CREATE TABLE collection ("                                                \
    " revision bigint NOT NULL,"                                               \
    " count bigint NOT NULL,"                                                  \
    " modified_ms bigint NOT NULL,"                                            \
    " key bytea PRIMARY KEY) WITH (fillfactor = 50)"

#define NUMBER                                                                 \
    "CREATE TABLE number ("                                                    \
    " key bytea PRIMARY KEY,"                                                  \
    " last bigint NOT NULL)"

/* value: as it is, or where long = 1 its SHA-256; whole has it then. */
#define CLAIM                                                                  \
    "CREATE TABLE claim ("                                                     \
    " scope bytea NOT NULL,"                                                   \
    " value bytea NOT NULL,"                                                   \
    " key bytea NOT NULL," /* of the record */                                 \
    " long bigint NOT NULL,"                                                   \
    " whole bytea NOT NULL DEFAULT '',"                                        \
    " PRIMARY KEY (scope, value))"
#define CLAIM_KEY "CREATE INDEX claim_key ON claim (key)"

/* Both are keys; position is the source's. No key over all of them: it would
 * be longer than an index takes (2700 bytes). */
#define REFERENCE                                                              \
    "CREATE TABLE reference ("                                                 \
    " position bigint NOT NULL,"                                               \
    " target bytea NOT NULL,"                                                  \
    " source bytea NOT NULL)"
#define REFERENCE_TARGET                                                       \
    "CREATE INDEX reference_target ON reference (target, position)"
#define REFERENCE_SOURCE "CREATE INDEX reference_source ON reference (source)"

#define CHUNK                                                                  \
    "CREATE TABLE chunk ("                                                     \
    " blob bigint NOT NULL,"                                                   \
    " part bigint NOT NULL," /* 0, 1 … */                                    \
    " bytes bytea NOT NULL,"                                                   \
    " PRIMARY KEY (blob, part))"

/* Blobs that no record has. */
#define LOOSE                                                                  \
    "CREATE TABLE loose ("                                                     \
    " blob bigint PRIMARY KEY,"                                                \
    " since_ms bigint NOT NULL)"

#define MEMO                                                                   \
    "CREATE TABLE memo ("                                                      \
    " revision bigint NOT NULL,"                                               \
    " expires_ms bigint NOT NULL,"                                             \
    " name bytea PRIMARY KEY,"                                                 \
    " bytes bytea NOT NULL)"
#define MEMO_EXPIRES "CREATE INDEX memo_expires ON memo (expires_ms)"

/* What was before each change; revision 0: nothing. */
#define HISTORY                                                                \
    "CREATE TABLE history ("                                                   \
    " moment bigint NOT NULL,"                                                 \
    " cost bigint NOT NULL,"                                                   \
    " removed bigint NOT NULL," /* 1: the change removed it; 2: nobody can     \
                                   follow it, and there is only the key */     \
    " revision bigint NOT NULL,"                                               \
    " position bigint NOT NULL,"                                               \
    " created_ms bigint NOT NULL,"                                             \
    " modified_ms bigint NOT NULL,"                                            \
    " length bigint NOT NULL,"                                                 \
    " key bytea NOT NULL,"                                                     \
    " parent bytea NOT NULL,"                                                  \
    " media_type bytea NOT NULL,"                                              \
    " content bytea NOT NULL,"                                                 \
    " PRIMARY KEY (key, moment))"
#define HISTORY_MOMENT "CREATE INDEX history_moment ON history (moment)"

/* Sort keys (storage/index.h), as in sqlite/indexing.h. */
#define INDEXES                                                                \
    "CREATE TABLE indexes ("                                                   \
    " name bytea PRIMARY KEY,"                                                 \
    " id bigint NOT NULL,"                                                     \
    " state bigint NOT NULL,"                                                  \
    " reached bigint NOT NULL)"
#define INDEX_KEY                                                              \
    "CREATE TABLE index_key ("                                                 \
    " idx bigint NOT NULL,"                                                    \
    " member bigint NOT NULL," /* its position */                              \
    " listing bytea NOT NULL,"                                                 \
    " sort bytea NOT NULL,"                                                    \
    " key bytea NOT NULL,"                                                     \
    " PRIMARY KEY (listing, idx, sort, member))"

#define INDEX_KEY_MEMBER                                                       \
    "CREATE INDEX index_key_member ON index_key (listing, member)"

/* How far a copy into this database has come (storage/copy.h): while there are
 * rows, it is no store. */
#define COPYING                                                                \
    "CREATE TABLE copying ("                                                   \
    " name text PRIMARY KEY,"                                                  \
    " rows bigint NOT NULL,"                                                   \
    " done bigint NOT NULL,"                                                   \
    " mark bytea NOT NULL,"                                                    \
    " digest bytea NOT NULL)"

/* For people with psql: keys are shown as text. */
#define RESOURCE                                                               \
    "CREATE VIEW resource AS SELECT"                                           \
    " encode(key, 'escape') AS path,"                                          \
    " encode(parent, 'escape') AS collection,"                                 \
    " revision,"                                                               \
    " to_timestamp((created_ms / 1000.0)::float8) AS created,"                 \
    " to_timestamp((modified_ms / 1000.0)::float8) AS modified,"               \
    " encode(media_type, 'escape') AS media_type,"                             \
    " length,"                                                                 \
    " CASE WHEN blob = 0 THEN content END AS content"                          \
    " FROM record WHERE kind = 1"

#define BY(table, column)                                                      \
    "SELECT create_distributed_table('" table "', '" column "')"
#define EVERYWHERE(table) "SELECT create_reference_table('" table "')"
/* On one machine, whole: the least of all floors is asked of one snapshot. */
#define TOGETHER(table, column)                                                \
    "SELECT create_distributed_table('" table "', '" column                    \
    "', colocate_with => 'none', shard_count => 1)"

/* Distributed by what is known whenever a row is asked for: a record, its
 * history and its collection's state by their key, a listing's keys by the
 * listing. */
static const struct vb__pg_step version_1[] = {
    {STATE, EVERYWHERE("state")},
    {WRITER, TOGETHER("writer", "slot")},
    {RECORD, BY("record", "key")},
    {RECORD_PARENT, NULL},
    {RECORD_GONE, NULL},
    {COLLECTION, BY("collection", "key")},
    {NUMBER, BY("number", "key")},
    {CLAIM, BY("claim", "value")},
    {CLAIM_KEY, NULL},
    {REFERENCE, BY("reference", "target")},
    {REFERENCE_TARGET, NULL},
    {REFERENCE_SOURCE, NULL},
    {CHUNK, BY("chunk", "blob")},
    {LOOSE, BY("loose", "blob")},
    {MEMO, BY("memo", "name")},
    {MEMO_EXPIRES, NULL},
    {HISTORY, BY("history", "key")},
    {HISTORY_MOMENT, NULL},
    {INDEXES, EVERYWHERE("indexes")},
    {INDEX_KEY, BY("index_key", "listing")},
    {INDEX_KEY_MEMBER, NULL},
    {COPYING, NULL},
    {RESOURCE, NULL},
};

#define STEPS(version)                                                         \
    {                                                                          \
        version, sizeof(version) / sizeof((version)[0])                        \
    }

static const struct vb__pg_version versions[] = {STEPS(version_1)};

const struct vb__pg_tables vb__pg_tables = {versions, sizeof(versions) /
                                                          sizeof(versions[0])};
