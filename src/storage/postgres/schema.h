/*
 * The tables of a store, by version, as sqlite/schema.h has them: each version
 * is what it adds to the one before. They are made, and brought from one
 * version to the next, in one transaction, whoever else tries at the same time.
 *
 *     a database without tables ──▶ anybody who opens it makes them
 *     an older version          ──▶ `verbatim storage init` brings it up; who
 *                                   only serves refuses it, as instances of the
 *                                   older version may be running
 *     a newer one               ──▶ refused
 *
 * The tables lie in the session's current schema (search_path).
 */
#ifndef VB_STORAGE_POSTGRES_SCHEMA_H
#define VB_STORAGE_POSTGRES_SCHEMA_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/* Part of a version. */
struct vb__pg_step {
    const char *sql;
    const char *citus; /* how the table lies on several machines, for Citus,
                          or NULL: nothing is to be said */
};

struct vb__pg_version {
    const struct vb__pg_step *steps;
    size_t count;
};

struct vb__pg_tables {
    const struct vb__pg_version *versions; /* the first one is 1 */
    size_t count;
};

/* Those of this Verbatim. */
extern const struct vb__pg_tables vb__pg_tables;

/* What is wanted of a database, and what was found and done. */
struct vb__pg_schema {
    bool migrates; /* brings an older version up, too */
    bool citus;    /* makes new tables distributed ones */
    bool copies;   /* an unfinished copy is welcome */
    bool reads;    /* makes nothing: there have to be tables */

    int64_t found;   /* out: the version it had; 0: there was nothing */
    int64_t version; /* out: that it has now */
};

/*
 * Blocks. VB_ERR_CORRUPT: there are tables of something else; VB_ERR_NEWER;
 * VB_ERR_UNSUPPORTED: it is older, or an unfinished copy; others when the
 * database is in trouble. ret_why gets one line, to follow the database's name
 * and a colon, and nothing has changed then.
 */
enum vb_err vb__pg_schema_make(const struct vb__pg_tables *tables, PGconn *conn,
                               struct vb__pg_schema *schema,
                               struct vb_buf *ret_why);

/* What a store is known by, and seals with. */
struct vb__pg_identity {
    char epoch[9];
    struct vb_hash_key secret;
    bool citus;
};

/* Blocks. */
enum vb_err vb__pg_identity_read(PGconn *conn, struct vb__pg_identity *ret,
                                 struct vb_buf *ret_why);

#endif
