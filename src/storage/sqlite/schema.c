/* The tables of a store. See schema.h, and README.md for the picture. */
#include "storage/sqlite/schema.h"

#include <inttypes.h>

#include "storage/sqlite/db.h"

/*
 * record.id is the record's position: creations count it up, so an index on
 * the parent alone has a collection's members in their order.
 *
 * Rows of a table with a rowid, found through an index on the key: with 1 KiB
 * of content, a table that is itself ordered by a text key was measured to be
 * 4 times slower to read (its inner pages hold content too).
 */
static const char version_1[] =
    "CREATE TABLE state ("
    "  one INTEGER PRIMARY KEY CHECK (one = 1),"
    "  epoch TEXT NOT NULL,"
    "  revision INTEGER NOT NULL," /* last given */
    "  position INTEGER NOT NULL"  /* last given */
    ") STRICT;"
    "CREATE TABLE record ("
    "  id INTEGER PRIMARY KEY,"
    "  revision INTEGER NOT NULL,"
    "  created_ms INTEGER NOT NULL,"
    "  modified_ms INTEGER NOT NULL,"
    "  length INTEGER NOT NULL,"
    "  blob INTEGER NOT NULL," /* 0: the content is here */
    "  ties INTEGER NOT NULL," /* 1: it has claims; 2: it has references */
    "  key TEXT NOT NULL,"
    "  parent TEXT NOT NULL," /* '': in no listing */
    "  media_type TEXT NOT NULL,"
    "  content BLOB NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX record_key ON record (key);"
    "CREATE INDEX record_parent ON record (parent) WHERE parent <> '';"
    "CREATE TABLE collection ("
    "  key TEXT PRIMARY KEY,"
    "  revision INTEGER NOT NULL,"
    "  count INTEGER NOT NULL,"
    "  modified_ms INTEGER NOT NULL,"
    "  number INTEGER NOT NULL" /* last taken */
    ") STRICT, WITHOUT ROWID;"
    "CREATE TABLE claim ("
    "  scope TEXT NOT NULL,"
    "  value BLOB NOT NULL,"
    "  record INTEGER NOT NULL,"
    "  PRIMARY KEY (scope, value)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX claim_record ON claim (record);"
    "CREATE TABLE reference ("
    "  target INTEGER NOT NULL,"
    "  source INTEGER NOT NULL,"
    "  PRIMARY KEY (target, source)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX reference_source ON reference (source);"
    "CREATE TABLE chunk ("
    "  id INTEGER PRIMARY KEY," /* blob << 24 | index */
    "  bytes BLOB NOT NULL"
    ") STRICT;"
    "CREATE TABLE loose ("
    "  blob INTEGER PRIMARY KEY" /* no record has it */
    ") STRICT;";

/* What was done once, for a while: found by name, removed by time. */
static const char version_2[] =
    "CREATE TABLE memo ("
    "  id INTEGER PRIMARY KEY,"
    "  name BLOB NOT NULL,"
    "  revision INTEGER NOT NULL," /* of the commit that it was kept with */
    "  expires_ms INTEGER NOT NULL,"
    "  bytes BLOB NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX memo_name ON memo (name);"
    "CREATE INDEX memo_expires ON memo (expires_ms);";

/*
 * What is left of a deleted record lies in the record's own row, which becomes
 * smaller: to leave it takes no room that is not there, also on a full disk,
 * and a read or a commit that looks for the key finds it without looking
 * elsewhere.
 */
static const char version_3[] =
    "ALTER TABLE record ADD COLUMN"
    "  tombstone INTEGER NOT NULL DEFAULT 0;"; /* 1: it is one */

/* What is sealed for clients is sealed with this (struct vb_store). The writer
 * fills it in. */
static const char version_4[] = "ALTER TABLE state ADD COLUMN secret BLOB;";

/* Sort keys of records, and what they are of (indexing.h). */
static const char version_5[] =
    "CREATE TABLE indexes ("
    "  id INTEGER PRIMARY KEY,"
    "  name TEXT NOT NULL,"
    "  state INTEGER NOT NULL,"  /* 0: being made; 1: whole; 2: going */
    "  reached INTEGER NOT NULL" /* being made: has all up to this position */
    ") STRICT;"
    "CREATE INDEX indexes_name ON indexes (name);"
    "CREATE TABLE index_key ("
    "  idx INTEGER NOT NULL,"
    "  listing TEXT NOT NULL," /* the records' parent */
    "  sort BLOB NOT NULL,"
    "  member INTEGER NOT NULL," /* record.id */
    "  PRIMARY KEY (idx, listing, sort, member)"
    ") STRICT, WITHOUT ROWID;";

/*
 * What has happened, in order: found by moment, and by nothing else, so that it
 * is written and removed at its two ends only. `content` and what precedes it
 * are what the change took the place of; what comes late is rarely looked at.
 */
static const char version_6[] =
    "CREATE TABLE history ("
    "  id INTEGER PRIMARY KEY," /* the moment */
    "  record INTEGER NOT NULL,"
    "  removed INTEGER NOT NULL," /* 1: the change removed it */
    "  cost INTEGER NOT NULL,"    /* bytes that it counts */
    "  key TEXT NOT NULL,"
    "  parent TEXT NOT NULL,"
    "  revision INTEGER NOT NULL," /* 0: there was nothing */
    "  created_ms INTEGER NOT NULL,"
    "  modified_ms INTEGER NOT NULL,"
    "  length INTEGER NOT NULL,"
    "  media_type TEXT NOT NULL,"
    "  content BLOB NOT NULL"
    ") STRICT;"
    "ALTER TABLE state ADD COLUMN"
    "  history_kept INTEGER NOT NULL DEFAULT 0;" /* nothing up to there is */
    "ALTER TABLE state ADD COLUMN"
    "  history_bytes INTEGER NOT NULL DEFAULT 0;" /* that all rows cost */
    "UPDATE state SET history_kept = revision << 20 | 1048575;";

/*
 * The same with some changes in a row (past.h): a row for each cost a durable
 * write three times as many instructions. Who follows is told that what was is
 * not known.
 */
static const char version_7[] =
    "DROP TABLE history;"
    "CREATE TABLE history ("
    "  id INTEGER PRIMARY KEY," /* the moment of the last */
    "  cost INTEGER NOT NULL,"  /* bytes that they count */
    "  marks BLOB NOT NULL,"    /* of their keys, one each */
    "  changes BLOB NOT NULL"   /* one behind the other */
    ") STRICT;"
    "UPDATE state SET history_bytes = 0,"
    "  history_kept = revision << 20 | 1048575;";

static const char *const steps[] = {version_1, version_2, version_3, version_4,
                                    version_5, version_6, version_7};

const struct vb__tables vb__tables = {steps, sizeof(steps) / sizeof(steps[0])};

/* Which version the file has; 0 for a new one. */
static enum vb_err identify(sqlite3 *db, int64_t *ret_version,
                            struct vb_buf *ret_why)
{
    int64_t application, version, tables;
    enum vb_err err = vb__sql_number(db, "PRAGMA application_id", &application);

    if (err == VB_OK)
        err = vb__sql_number(db, "PRAGMA user_version", &version);
    if (err == VB_OK)
        err = vb__sql_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (err != VB_OK) {
        vb_buf_printf(ret_why, "cannot be read: %s", sqlite3_errmsg(db));
        return err;
    }
    if (application == VB__APPLICATION_ID && version > 0) {
        *ret_version = version;
        return VB_OK;
    }
    if (application == 0 && version == 0 && tables == 0) {
        *ret_version = 0;
        return VB_OK;
    }
    vb_buf_str(ret_why, "is a database of another program");
    return VB_ERR_CORRUPT;
}

static enum vb_err take_steps(const struct vb__tables *schema, sqlite3 *db,
                              size_t from)
{
    char marks[96];
    enum vb_err err = vb__sql_exec(db, "BEGIN IMMEDIATE");

    for (size_t i = from; err == VB_OK && i < schema->count; i++)
        err = vb__sql_exec(db, schema->steps[i]);
    sqlite3_snprintf(sizeof(marks), marks,
                     "PRAGMA application_id = %d; PRAGMA user_version = %d",
                     VB__APPLICATION_ID, (int)schema->count);
    if (err == VB_OK)
        err = vb__sql_exec(db, marks);
    if (err == VB_OK)
        err = vb__sql_exec(db, "COMMIT");
    return err;
}

static enum vb_err tell_newer(const struct vb__tables *schema, int64_t version,
                              struct vb_buf *ret_why)
{
    vb_buf_printf(ret_why,
                  "is of schema version %" PRId64
                  ", written by a newer Verbatim; this one knows up to %zu",
                  version, schema->count);
    return VB_ERR_NEWER;
}

enum vb_err vb__tables_whole(sqlite3 *db, struct vb_buf *ret_why)
{
    int64_t copying;
    enum vb_err err = vb__sql_number(
        db, "SELECT count(*) FROM sqlite_schema WHERE name = 'copying'",
        &copying);

    if (err != VB_OK || copying == 0)
        return err;
    vb_buf_str(ret_why, "is an unfinished copy: verbatim storage copy goes on "
                        "with it");
    return VB_ERR_UNSUPPORTED;
}

enum vb_err vb__tables_check(const struct vb__tables *schema, sqlite3 *db,
                             struct vb_buf *ret_why)
{
    int64_t version = 0;
    enum vb_err err = identify(db, &version, ret_why);

    if (err != VB_OK)
        return err;
    if (version > (int64_t)schema->count)
        return tell_newer(schema, version, ret_why);
    if (version == (int64_t)schema->count)
        return vb__tables_whole(db, ret_why);
    if (version == 0) {
        vb_buf_str(ret_why, "has nothing in it");
        return VB_ERR_NOTFOUND;
    }
    vb_buf_printf(ret_why,
                  "is of schema version %" PRId64
                  ", older than this Verbatim's "
                  "%zu: verbatim storage init brings it up",
                  version, schema->count);
    return VB_ERR_UNSUPPORTED;
}

enum vb_err vb__tables_apply(const struct vb__tables *schema, sqlite3 *db,
                             struct vb_buf *ret_why)
{
    int64_t version = 0;
    enum vb_err err = identify(db, &version, ret_why);

    if (err != VB_OK)
        return err;
    if (version > (int64_t)schema->count)
        return tell_newer(schema, version, ret_why);
    if (version == (int64_t)schema->count)
        return VB_OK;
    err = take_steps(schema, db, (size_t)version);
    if (err == VB_OK)
        return VB_OK;
    vb_buf_printf(ret_why,
                  "cannot be brought from version %" PRId64 " to %zu: %s",
                  version, schema->count, sqlite3_errmsg(db));
    if (!sqlite3_get_autocommit(db))
        vb__sql_exec(db, "ROLLBACK");
    return err;
}
