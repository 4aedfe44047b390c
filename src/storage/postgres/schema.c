/* Making the tables, and bringing them up. See schema.h. */
#include "storage/postgres/schema.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storage/engine.h"
#include "storage/postgres/say.h"

/* How often it is tried where others do the same, and the pause before. */
#define TRIES    20
#define PAUSE_MS 50

/*
 * Who makes tables keeps off others that would, until its transaction ends:
 * what they find otherwise is a duplicate name, which they see to, but which
 * the database's log tells as an error. A lock of this kind is PostgreSQL's
 * own. Where there is none the name has to do. (The number is "verbatim".)
 */
#define LOCK "SELECT pg_advisory_xact_lock(8531350835990653293)"

/* How a try went. */
enum outcome {
    DONE,
    OTHERS, /* somebody else was at it: to be tried again */
    FAILED
};

/* A duplicate name, in the catalog's indexes or seen before; a transaction that
 * is to be tried again. */
static bool is_others(const PGresult *result)
{
    static const char *const states[] = {"23505", "42P07", "42710", "42P06",
                                         "40001", "40P01", "XX000", "55P03"};
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    for (size_t i = 0; state != NULL && i < sizeof(states) / sizeof(states[0]);
         i++)
        if (strcmp(state, states[i]) == 0)
            return true;
    return false;
}

struct attempt {
    const struct vb__pg_tables *tables;
    PGconn *conn;
    struct vb__pg_schema *schema;
    struct vb_buf *why;
    enum vb_err err;
    bool lockless; /* the server has no such lock */
};

static enum outcome refuse(struct attempt *attempt, enum vb_err err,
                           const char *text)
{
    vb_buf_str(attempt->why, text);
    attempt->err = err;
    return FAILED;
}

/* One statement; *ret_result, NULL or not, is the caller's where it is DONE. */
static enum outcome run(struct attempt *attempt, const char *sql,
                        PGresult **ret_result)
{
    PGresult *result = PQexec(attempt->conn, sql);
    ExecStatusType status = PQresultStatus(result);
    enum outcome outcome = DONE;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        outcome = is_others(result) ? OTHERS : FAILED;
        vb_buf_reset(attempt->why);
        attempt->err = vb__pg_say(attempt->conn, attempt->why);
    }
    if (outcome == DONE && ret_result != NULL)
        *ret_result = result;
    else
        PQclear(result);
    return outcome;
}

static int64_t number_at(const PGresult *result, int column)
{
    return strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

/* --- What there is. --- */

/* Are there tables in the current schema, and is one of them ours? */
static enum outcome look(struct attempt *attempt, bool *ret_empty,
                         bool *ret_ours)
{
    PGresult *result;
    enum outcome outcome =
        run(attempt,
            "SELECT current_schema(), count(*),"
            " count(CASE WHEN table_name IN ('state', 'copying') THEN 1 END)"
            " FROM information_schema.tables"
            " WHERE table_schema = current_schema()"
            " AND table_type = 'BASE TABLE'",
            &result);

    if (outcome != DONE)
        return outcome;
    *ret_empty = number_at(result, 1) == 0;
    *ret_ours = number_at(result, 2) == 2;
    if (PQgetisnull(result, 0, 0))
        outcome = refuse(attempt, VB_ERR_NOTFOUND,
                         "there is no schema for the tables (search_path)");
    PQclear(result);
    return outcome;
}

/* Its version. Who brings it up has it alone until the transaction ends. */
static enum outcome read_version(struct attempt *attempt)
{
    struct vb__pg_schema *schema = attempt->schema;
    PGresult *result;
    enum outcome outcome =
        run(attempt,
            schema->migrates ? "SELECT number FROM state WHERE name = 'version'"
                               " FOR UPDATE"
                             : "SELECT number FROM state WHERE name ="
                               " 'version'",
            &result);

    if (outcome != DONE)
        return outcome;
    if (PQntuples(result) == 1)
        schema->found = number_at(result, 0);
    else
        outcome = refuse(attempt, VB_ERR_CORRUPT, "has lost its version");
    PQclear(result);
    return outcome;
}

static enum outcome check_copy(struct attempt *attempt)
{
    PGresult *result;
    enum outcome outcome;

    if (attempt->schema->copies)
        return DONE;
    outcome = run(attempt, "SELECT count(*) FROM copying", &result);
    if (outcome != DONE)
        return outcome;
    if (number_at(result, 0) > 0)
        outcome = refuse(attempt, VB_ERR_UNSUPPORTED,
                         "is an unfinished copy: verbatim storage copy goes on "
                         "with it");
    PQclear(result);
    return outcome;
}

static enum outcome identify(struct attempt *attempt)
{
    bool empty = false, ours = false;
    enum outcome outcome = look(attempt, &empty, &ours);

    attempt->schema->found = 0;
    if (outcome != DONE || empty)
        return outcome;
    if (!ours)
        return refuse(attempt, VB_ERR_CORRUPT,
                      "has tables of another program: name a database, or a "
                      "schema (options=-csearch_path=NAME), that is empty");
    outcome = read_version(attempt);
    return outcome == DONE ? check_copy(attempt) : outcome;
}

/* --- What is done. --- */

static enum outcome make_state(struct attempt *attempt)
{
    struct vb_hash_key secret = vb_hash_key_random();
    unsigned char bytes[sizeof(secret)];
    char epoch[9], hex[2 * sizeof(bytes) + 1], sql[512];

    vb__epoch_new(epoch);
    memcpy(bytes, &secret, sizeof(bytes));
    for (size_t i = 0; i < sizeof(bytes); i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO state (name, number, text) VALUES"
                   " ('version', 0, 'verbatim'), ('epoch', 0, '%s'),"
                   " ('secret', 0, '%s'), ('citus', %d, ''),"
                   " ('history_kept', 0, ''), ('history_bytes', 0, '')",
                   epoch, hex, attempt->schema->citus);
    return run(attempt, sql, NULL);
}

static enum outcome take_steps(struct attempt *attempt,
                               const struct vb__pg_version *version)
{
    enum outcome outcome = DONE;

    for (size_t i = 0; outcome == DONE && i < version->count; i++) {
        const struct vb__pg_step *step = &version->steps[i];

        outcome = run(attempt, step->sql, NULL);
        if (outcome == DONE && attempt->schema->citus && step->citus != NULL)
            outcome = run(attempt, step->citus, NULL);
    }
    return outcome;
}

/* An installation stays what it was made as. */
static enum outcome read_citus(struct attempt *attempt)
{
    PGresult *result;
    enum outcome outcome =
        run(attempt, "SELECT number FROM state WHERE name = 'citus'", &result);

    if (outcome != DONE)
        return outcome;
    attempt->schema->citus =
        PQntuples(result) == 1 && number_at(result, 0) == 1;
    PQclear(result);
    return DONE;
}

static enum outcome bring_up(struct attempt *attempt)
{
    struct vb__pg_schema *schema = attempt->schema;
    size_t count = attempt->tables->count;
    enum outcome outcome = schema->found > 0 ? read_citus(attempt) : DONE;
    char sql[128];

    for (size_t i = (size_t)schema->found; outcome == DONE && i < count; i++) {
        outcome = take_steps(attempt, &attempt->tables->versions[i]);
        if (outcome == DONE && i == 0)
            outcome = make_state(attempt);
    }
    (void)snprintf(sql, sizeof(sql),
                   "UPDATE state SET number = %zu WHERE name = 'version'",
                   count);
    return outcome == DONE ? run(attempt, sql, NULL) : outcome;
}

static enum outcome check_version(struct attempt *attempt)
{
    struct vb__pg_schema *schema = attempt->schema;
    int64_t known = (int64_t)attempt->tables->count;

    schema->version = known;
    if (schema->found > known) {
        vb_buf_printf(attempt->why,
                      "is of schema version %" PRId64
                      ", written by a newer Verbatim; this one knows up to "
                      "%" PRId64,
                      schema->found, known);
        attempt->err = VB_ERR_NEWER;
        return FAILED;
    }
    if (schema->found == 0 && schema->reads)
        return refuse(attempt, VB_ERR_NOTFOUND, "has nothing in it");
    if (schema->found == 0 || schema->found == known || schema->migrates)
        return DONE;
    vb_buf_printf(attempt->why,
                  "is of schema version %" PRId64
                  ", older than this Verbatim's "
                  "%" PRId64 ": verbatim storage init brings it up, once no "
                  "older Verbatim runs on it",
                  schema->found, known);
    attempt->err = VB_ERR_UNSUPPORTED;
    return FAILED;
}

/* Nothing is there yet. Who has waited looks again. */
static enum outcome lock(struct attempt *attempt)
{
    enum outcome outcome = run(attempt, LOCK, NULL);

    if (outcome == DONE)
        return identify(attempt);
    if (outcome == FAILED && attempt->err != VB_ERR_CLOSED) {
        attempt->lockless = true;
        return OTHERS;
    }
    return outcome;
}

static enum outcome try_once(struct attempt *attempt)
{
    struct vb__pg_schema *schema = attempt->schema;
    enum outcome outcome =
        run(attempt, "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED", NULL);

    if (outcome == DONE)
        outcome = identify(attempt);
    if (outcome == DONE && schema->found == 0 && !schema->reads &&
        !attempt->lockless)
        outcome = lock(attempt);
    if (outcome == DONE)
        outcome = check_version(attempt);
    if (outcome == DONE && schema->found < schema->version)
        outcome = bring_up(attempt);
    if (outcome == DONE)
        outcome = run(attempt, "COMMIT", NULL);
    if (outcome != DONE)
        PQclear(PQexec(attempt->conn, "ROLLBACK"));
    return outcome;
}

enum vb_err vb__pg_schema_make(const struct vb__pg_tables *tables, PGconn *conn,
                               struct vb__pg_schema *schema,
                               struct vb_buf *ret_why)
{
    struct attempt attempt = {
        .tables = tables, .conn = conn, .schema = schema, .why = ret_why};
    const struct vb__pg_schema wish = *schema;
    enum outcome outcome = OTHERS;

    for (unsigned i = 0; outcome == OTHERS && i < TRIES; i++) {
        struct timespec pause = {.tv_nsec = (long)i * PAUSE_MS * 1000000 / 2};

        if (pause.tv_nsec > 999999999)
            pause.tv_nsec = 999999999;
        (void)nanosleep(&pause, NULL);
        *schema = wish;
        vb_buf_reset(ret_why);
        outcome = try_once(&attempt);
    }
    if (outcome == DONE)
        vb_buf_reset(ret_why);
    return outcome == DONE ? VB_OK : attempt.err;
}

/* --- Who it is. --- */

static bool take_hex(const char *text, unsigned char *bytes, size_t count)
{
    if (strlen(text) != 2 * count)
        return false;
    for (size_t i = 0; i < count; i++) {
        char two[3] = {text[2 * i], text[2 * i + 1], '\0'}, *end;

        bytes[i] = (unsigned char)strtoul(two, &end, 16);
        if (*end != '\0')
            return false;
    }
    return true;
}

/* False: it is not as it has to be. */
static bool take(struct vb__pg_identity *identity, const char *name,
                 const char *number, const char *text)
{
    unsigned char bytes[sizeof(identity->secret)];

    if (strcmp(name, "epoch") == 0 && strlen(text) == 8)
        memcpy(identity->epoch, text, 9);
    else if (strcmp(name, "citus") == 0)
        identity->citus = strcmp(number, "1") == 0;
    else if (strcmp(name, "secret") == 0 &&
             take_hex(text, bytes, sizeof(bytes)))
        memcpy(&identity->secret, bytes, sizeof(bytes));
    else
        return false;
    return true;
}

enum vb_err vb__pg_identity_read(PGconn *conn, struct vb__pg_identity *ret,
                                 struct vb_buf *ret_why)
{
    PGresult *result =
        PQexec(conn, "SELECT name, number, text FROM state"
                     " WHERE name IN ('epoch', 'secret', 'citus')");
    int rows = PQntuples(result);
    bool good = rows == 3;
    enum vb_err err = VB_OK;

    *ret = (struct vb__pg_identity){.citus = false};
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        err = vb__pg_say(conn, ret_why);
    } else {
        for (int i = 0; good && i < rows; i++)
            good = take(ret, PQgetvalue(result, i, 0), PQgetvalue(result, i, 1),
                        PQgetvalue(result, i, 2));
        if (!good) {
            vb_buf_str(ret_why, "has lost its epoch or its secret");
            err = VB_ERR_CORRUPT;
        }
    }
    PQclear(result);
    return err;
}
