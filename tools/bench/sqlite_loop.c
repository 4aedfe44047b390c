/*
 * What the disk and SQLite give without a server: durable inserts of rows like
 * the server's own (a text key, a body), one a transaction or in groups.
 *
 *     sqlite_loop FILE SECONDS GROUP BODY_BYTES
 *
 * prints {"inserts": N, "seconds": S, "cpu_us": C}, C being the CPU time of one
 * insert. The settings are the server's: WAL, synchronous=FULL.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE row(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE,"
    " body BLOB NOT NULL);";

struct loop {
    sqlite3 *db;
    sqlite3_stmt *begin;
    sqlite3_stmt *insert;
    sqlite3_stmt *commit;
    unsigned char *body;
    int body_len;
    int64_t inserts;
};

static double seconds_on(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A failure here leaves nothing to measure: say it and end. */
static void must(struct loop *loop, int rc, int wanted)
{
    if (rc == wanted)
        return;
    fprintf(stderr, "sqlite_loop: %s\n", sqlite3_errmsg(loop->db));
    exit(1);
}

static void prepare(struct loop *loop, const char *sql, sqlite3_stmt **stmt)
{
    must(loop, sqlite3_prepare_v2(loop->db, sql, -1, stmt, NULL), SQLITE_OK);
}

static void step(struct loop *loop, sqlite3_stmt *stmt)
{
    must(loop, sqlite3_step(stmt), SQLITE_DONE);
    sqlite3_reset(stmt);
}

static void open_file(struct loop *loop, const char *path)
{
    must(loop, sqlite3_open(path, &loop->db), SQLITE_OK);
    must(loop, sqlite3_exec(loop->db, schema, NULL, NULL, NULL), SQLITE_OK);
    prepare(loop, "BEGIN IMMEDIATE", &loop->begin);
    prepare(loop, "INSERT INTO row(key, body) VALUES(?, ?)", &loop->insert);
    prepare(loop, "COMMIT", &loop->commit);
}

static void insert_one(struct loop *loop)
{
    char key[64];
    /* An odd multiplier scatters the keys, as a server's would be. */
    uint64_t scattered = (uint64_t)loop->inserts * 0x9E3779B97F4A7C15U;
    int len = snprintf(key, sizeof(key), "/docs/%016llx",
                       (unsigned long long)scattered);

    memcpy(loop->body, &scattered, sizeof(scattered));
    sqlite3_bind_text(loop->insert, 1, key, len, SQLITE_STATIC);
    sqlite3_bind_blob(loop->insert, 2, loop->body, loop->body_len,
                      SQLITE_STATIC);
    step(loop, loop->insert);
    loop->inserts++;
}

static void insert_group(struct loop *loop, int group)
{
    step(loop, loop->begin);
    for (int i = 0; i < group; i++)
        insert_one(loop);
    step(loop, loop->commit);
}

static void close_file(struct loop *loop)
{
    sqlite3_finalize(loop->begin);
    sqlite3_finalize(loop->insert);
    sqlite3_finalize(loop->commit);
    sqlite3_close(loop->db);
}

int main(int argc, char **argv)
{
    struct loop loop = {0};
    double start;
    double cpu;
    double seconds;
    int group;

    if (argc != 5) {
        fprintf(stderr, "usage: sqlite_loop FILE SECONDS GROUP BODY_BYTES\n");
        return 2;
    }
    seconds = strtod(argv[2], NULL);
    group = (int)strtol(argv[3], NULL, 10);
    loop.body_len = (int)strtol(argv[4], NULL, 10);
    if (group < 1 || loop.body_len < (int)sizeof(uint64_t))
        return 2;
    loop.body = malloc((size_t)loop.body_len);
    if (loop.body == NULL)
        return 1;
    memset(loop.body, 'x', (size_t)loop.body_len);
    open_file(&loop, argv[1]);

    start = seconds_on(CLOCK_MONOTONIC);
    cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
    while (seconds_on(CLOCK_MONOTONIC) - start < seconds)
        insert_group(&loop, group);
    seconds = seconds_on(CLOCK_MONOTONIC) - start;
    cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu;

    printf("{\"inserts\": %lld, \"seconds\": %.6f, \"cpu_us\": %.3f}\n",
           (long long)loop.inserts, seconds, cpu * 1e6 / (double)loop.inserts);
    close_file(&loop);
    free(loop.body);
    return 0;
}
