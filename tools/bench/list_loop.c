/*
 * What SQLite gives of a list without a server: the members of one kind in the
 * order of their ids, through an index, as one JSON array.
 *
 *     list_loop FILE MEMBERS KINDS LIMIT SECONDS
 *
 * makes FILE, where it is not there yet, and prints pages to standard output,
 * and what that took to standard error: for each of three ways one line {"way":
 * W, "lists": N, "seconds": S, "cpu_us": C}, the first page, the page after
 * another, and the first page with the count of its kind. The rows are
 * documents.py's `member`; the settings are those of the server's readers.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct loop {
    sqlite3 *db;
    sqlite3_stmt *page, *count;
    long members, kinds, limit;
    uint64_t random;
    char *out; /* what a client would be sent */
    size_t room;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA mmap_size = 2147418112;"
    "PRAGMA cache_size = -4096;"
    "CREATE TABLE IF NOT EXISTS row"
    " (id INTEGER PRIMARY KEY, kind INTEGER, body TEXT);"
    "CREATE INDEX IF NOT EXISTS row_kind ON row (kind);";

static void must(const struct loop *loop, int rc, int wanted)
{
    if (rc == wanted)
        return;
    fprintf(stderr, "list_loop: %s\n", sqlite3_errmsg(loop->db));
    exit(1);
}

static void prepare(struct loop *loop, const char *sql, sqlite3_stmt **to)
{
    must(loop, sqlite3_prepare_v2(loop->db, sql, -1, to, NULL), SQLITE_OK);
}

static double seconds_on(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Member `n` is of kind (n - 1) % kinds. */
static void fill(struct loop *loop)
{
    sqlite3_stmt *insert;
    char body[300];

    must(loop, sqlite3_exec(loop->db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    prepare(loop, "INSERT INTO row VALUES (?1, ?2, ?3)", &insert);
    for (long n = 1; n <= loop->members; n++) {
        int len = snprintf(body, sizeof(body),
                           "{\"id\":%ld,\"kind\":%ld,\"text\":\"%0150d\"}", n,
                           (n - 1) % loop->kinds, 0);

        sqlite3_bind_int64(insert, 1, n);
        sqlite3_bind_int64(insert, 2, (n - 1) % loop->kinds);
        sqlite3_bind_text(insert, 3, body, len, SQLITE_STATIC);
        must(loop, sqlite3_step(insert), SQLITE_DONE);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    must(loop, sqlite3_exec(loop->db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
}

static void open_file(struct loop *loop, const char *path)
{
    sqlite3_stmt *any;
    int rc;

    must(loop, sqlite3_open(path, &loop->db), SQLITE_OK);
    must(loop, sqlite3_exec(loop->db, schema, NULL, NULL, NULL), SQLITE_OK);
    prepare(loop, "SELECT 1 FROM row", &any);
    rc = sqlite3_step(any);
    sqlite3_finalize(any);
    if (rc == SQLITE_DONE)
        fill(loop);
    prepare(loop,
            "SELECT body FROM row WHERE kind = ?1 AND id > ?2"
            " ORDER BY id LIMIT ?3",
            &loop->page);
    prepare(loop, "SELECT count(*) FROM row WHERE kind = ?1", &loop->count);
}

static long any_kind(struct loop *loop)
{
    loop->random = loop->random * 6364136223846793005U + 1442695040888963407U;
    return (long)((loop->random >> 33) % (uint64_t)loop->kinds);
}

/* To whoever reads it, as a server sends it. */
static void print(const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(STDOUT_FILENO, text, len);

        if (n < 0) {
            perror("list_loop");
            exit(1);
        }
        text += n;
        len -= (size_t)n;
    }
}

/* One page beyond an id. */
static void list(struct loop *loop, long beyond)
{
    size_t len = 0;

    sqlite3_bind_int64(loop->page, 1, any_kind(loop));
    sqlite3_bind_int64(loop->page, 2, beyond);
    sqlite3_bind_int64(loop->page, 3, loop->limit);
    loop->out[len++] = '[';
    while (sqlite3_step(loop->page) == SQLITE_ROW) {
        size_t size = (size_t)sqlite3_column_bytes(loop->page, 0);

        if (len > 1)
            loop->out[len++] = ',';
        if (len + size + 2 > loop->room)
            abort();
        memcpy(loop->out + len, sqlite3_column_text(loop->page, 0), size);
        len += size;
    }
    loop->out[len++] = ']';
    sqlite3_reset(loop->page);
    print(loop->out, len);
}

static void first_page(struct loop *loop)
{
    list(loop, 0);
}

static void next_page(struct loop *loop)
{
    list(loop, loop->limit * loop->kinds);
}

static void count(struct loop *loop)
{
    sqlite3_bind_int64(loop->count, 1, any_kind(loop));
    must(loop, sqlite3_step(loop->count), SQLITE_ROW);
    sqlite3_reset(loop->count);
    first_page(loop);
}

static void run(struct loop *loop, const char *way, void (*one)(struct loop *),
                double seconds)
{
    double start = seconds_on(CLOCK_MONOTONIC), cpu, took;
    long lists = 0;

    cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
    do {
        for (int i = 0; i < 100; i++)
            one(loop);
        lists += 100;
        took = seconds_on(CLOCK_MONOTONIC) - start;
    } while (took < seconds);
    cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    fprintf(stderr,
            "{\"way\": \"%s\", \"lists\": %ld, \"seconds\": %.6f,"
            " \"cpu_us\": %.3f}\n",
            way, lists, took, cpu * 1e6 / (double)lists);
}

int main(int argc, char **argv)
{
    struct loop loop = {.random = 1};
    double seconds;

    if (argc != 6) {
        fprintf(stderr, "usage: list_loop FILE MEMBERS KINDS LIMIT SECONDS\n");
        return 2;
    }
    loop.members = strtol(argv[2], NULL, 10);
    loop.kinds = strtol(argv[3], NULL, 10);
    loop.limit = strtol(argv[4], NULL, 10);
    seconds = strtod(argv[5], NULL);
    if (loop.members < 1 || loop.kinds < 1 || loop.limit < 1)
        return 2;
    loop.room = (size_t)loop.limit * 400 + 16;
    loop.out = malloc(loop.room);
    if (loop.out == NULL)
        return 1;
    open_file(&loop, argv[1]);
    run(&loop, "list by filter", first_page, seconds);
    run(&loop, "next page", next_page, seconds);
    run(&loop, "list and count", count, seconds);
    sqlite3_finalize(loop.page);
    sqlite3_finalize(loop.count);
    sqlite3_close(loop.db);
    free(loop.out);
    return 0;
}
