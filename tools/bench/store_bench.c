/*
 * What the store itself costs, through the interface that the server uses:
 * one worker, the writer's thread, no network.
 *
 *     store_bench [URL [ROWS]]        default: sqlite:./store_bench.db 100000
 *
 * Prints one line per measurement: the rate, or the time of one operation.
 * The file must not exist yet; it is left there, to be looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "rig.h"
#include "storage/cache.h"

enum { BODY = 1024, FLIGHT = 64 };

static int64_t rows = 100000;

static double now(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A failure here leaves nothing to measure: say it and end. */
static void must(bool fine, const char *what)
{
    if (fine)
        return;
    (void)fprintf(stderr, "store_bench: %s\n", what);
    exit(1);
}

struct stopwatch {
    double wall;
    double cpu;
};

static struct stopwatch start(void)
{
    return (struct stopwatch){now(CLOCK_MONOTONIC),
                              now(CLOCK_PROCESS_CPUTIME_ID)};
}

static void tell(struct stopwatch since, const char *what, int64_t count)
{
    double wall = now(CLOCK_MONOTONIC) - since.wall;
    double cpu = now(CLOCK_PROCESS_CPUTIME_ID) - since.cpu;

    printf("%-44s %9.0f/s %9.3f us, CPU %7.3f us\n", what, (double)count / wall,
           wall / (double)count * 1e6, cpu / (double)count * 1e6);
    (void)fflush(stdout);
}

/* A linear congruential walk over all rows: reproducible, not in order. */
static int64_t scattered(int64_t i)
{
    return (int64_t)(((uint64_t)i * 2654435761U) % (uint64_t)rows);
}

/* --- Writing. --- */

/* One of the requests in flight. */
struct slot {
    struct vb_commit commit;
    struct vb_change change;
    char key[32];
    char body[BODY + 1];
    bool busy;
};

static void landed(struct vb_store_op *op)
{
    struct slot *slot = op->context;

    must(op->err == VB_OK, vb_err_text(op->err));
    slot->busy = false;
}

static void launch(struct rig_worker *worker, struct slot *slot, int64_t row)
{
    static unsigned seed;

    (void)snprintf(slot->key, sizeof(slot->key), "/rows/%lld", (long long)row);
    /* Another one each time: SQLite would not write the same again. */
    memset(slot->body, '0' + (int)(seed++ % 64), BODY);
    slot->change = rig_put(slot->key, "/rows", slot->body);
    slot->commit = (struct vb_commit){
        .op = {.done = landed, .context = slot},
        .changes = &slot->change,
        .change_count = 1,
    };
    slot->busy = true;
    if (vb_store_commit(worker->client, &slot->commit) == VB_IO_DONE)
        landed(&slot->commit.op);
}

/* `count` rows from `first`, at most `flight` of them under way. */
static void write_rows(struct rig_worker *worker, int64_t first, int64_t count,
                       int flight)
{
    static struct slot slots[FLIGHT];
    int64_t next = first;
    bool any = true;

    while (any) {
        any = false;
        for (int i = 0; i < flight; i++) {
            if (!slots[i].busy && next < first + count)
                launch(worker, &slots[i], next++);
            any = any || slots[i].busy;
        }
        if (any)
            rig_worker_turn(worker);
    }
}

static void measure_writes(struct rig_worker *worker)
{
    int64_t singly = rows / 20;
    struct stopwatch watch = start();

    write_rows(worker, 0, singly, 1);
    tell(watch, "insert, one by one", singly);
    watch = start();
    write_rows(worker, singly, rows - singly, FLIGHT);
    tell(watch, "insert, 64 in flight", rows - singly);
    watch = start();
    write_rows(worker, 0, rows / 10, FLIGHT);
    tell(watch, "replace, 64 in flight", rows / 10);
}

/* --- Reading. --- */

static void read_row(struct rig_worker *worker, int64_t row)
{
    char key[32];
    struct vb_record *record = NULL;
    int n = snprintf(key, sizeof(key), "/rows/%lld", (long long)row);

    must(rig_read(worker, vb_span_of(key, (size_t)n), &record) == VB_OK &&
             record != NULL && record->length == BODY,
         "a row is not there");
    vb_record_unref(record);
}

static void measure_reads(struct rig_worker *worker, const char *what,
                          int64_t per_turn)
{
    int64_t count = 500000;
    struct stopwatch watch = start();

    for (int64_t i = 0; i < count; i++) {
        read_row(worker, scattered(i));
        if (i % per_turn == per_turn - 1)
            vb_store_turn_end(worker->client);
    }
    vb_store_turn_end(worker->client);
    tell(watch, what, count);
}

static void measure_absent(struct rig_worker *worker)
{
    int64_t count = 500000;
    struct stopwatch watch = start();

    for (int64_t i = 0; i < count; i++) {
        struct vb_record *record = NULL;
        char key[32];
        int n = snprintf(key, sizeof(key), "/none/%lld", (long long)i);

        must(rig_read(worker, vb_span_of(key, (size_t)n), &record) == VB_OK &&
                 record == NULL,
             "a row is there");
    }
    vb_store_turn_end(worker->client);
    tell(watch, "read what is not there", count);
}

static void measure_lists(struct rig_worker *worker)
{
    int64_t count = 5000;
    struct stopwatch watch = start();
    uint64_t from = 0;

    for (int64_t i = 0; i < count; i++) {
        struct vb_list_read list = {.parent = VB_SPAN("/rows"),
                                    .from = from,
                                    .limit = 20,
                                    .byte_limit = 1 << 20};

        must(rig_list(worker, &list) == VB_OK && list.count > 0, "no list");
        from = list.more ? list.records[list.count - 1]->position : 0;
        vb_list_read_done(&list);
        vb_store_turn_end(worker->client);
    }
    tell(watch, "list of 20, a turn each", count);
}

/* --- Blobs. --- */

static void measure_blob(struct rig_worker *worker)
{
    enum { CHUNKS = 256 };
    char *bytes = calloc(1, VB_STORE_CHUNK);
    uint64_t blob = vb_store_blob_new(worker->client);
    struct vb_change put = rig_put("/blob", "", "");
    struct stopwatch watch = start();

    must(bytes != NULL, "no memory");
    for (uint64_t i = 0; i < CHUNKS; i++) {
        struct vb_chunk_write write = {
            .blob = blob, .index = i, .bytes = {bytes, VB_STORE_CHUNK}};

        must(rig_chunk_write(worker, &write) == VB_OK, "no chunk written");
    }
    put.blob = blob;
    put.length = CHUNKS * VB_STORE_CHUNK;
    must(rig_change(worker, &put, 1, NULL) == VB_OK, "no blob");
    tell(watch, "write a chunk of 256 KiB", CHUNKS);
    watch = start();
    for (uint64_t i = 0; i < CHUNKS; i++) {
        struct vb_chunk_read read = {.blob = blob, .index = i, .bytes = bytes};

        must(rig_chunk_read(worker, &read) == VB_OK, "no chunk read");
        vb_store_turn_end(worker->client);
    }
    tell(watch, "read a chunk of 256 KiB", CHUNKS);
    free(bytes);
}

/* --- The cache. --- */

static void release_nothing(void *value)
{
    (void)value;
}

static void measure_cache(struct vb_store *store, const char *what,
                          int64_t entries)
{
    static char value[64];
    struct vb_cache *cache = vb_cache_new(store, (size_t)8 << 30);
    char(*keys)[32] = calloc((size_t)entries, sizeof(*keys));
    int64_t count = 5000000, found = 0;
    struct stopwatch watch;

    must(cache != NULL && keys != NULL, "no memory");
    for (int64_t i = 0; i < entries; i++) {
        struct vb_cache_name name;

        (void)snprintf(keys[i], sizeof(keys[i]), "/rows/%lld", (long long)i);
        name = vb_cache_name(cache, vb_span_str(keys[i]), 0);
        vb_cache_put(cache, &name, vb_cache_stamp(cache, name.hash),
                     (struct vb_cache_value){value, release_nothing, 1500});
    }
    watch = start();
    for (int64_t i = 0; i < count; i++) {
        int64_t row = (int64_t)((uint64_t)i * 2654435761U % (uint64_t)entries);
        struct vb_cache_name name =
            vb_cache_name(cache, vb_span_str(keys[row]), 0);
        void *hit;

        found += vb_cache_get(cache, &name, &hit) == VB_CACHE_HIT;
    }
    tell(watch, what, count);
    must(found == count, "the cache lost entries");
    vb_cache_free(cache);
    free(keys);
}

int main(int argc, char **argv)
{
    const char *url = argc > 1 ? argv[1] : "sqlite:./store_bench.db";
    struct vb_store *store;
    struct rig_worker worker;
    struct vb_buf why;

    if (argc > 2)
        rows = strtoll(argv[2], NULL, 10);
    must(rows >= 1000, "at least 1000 rows");
    vb_buf_init(&why, 4096);
    if (vb_store_open(vb_span_str(url), &store, &why) != VB_OK) {
        (void)fprintf(stderr, "%.*s\n", (int)why.len, why.ptr);
        return 1;
    }
    must(rig_worker_init(&worker, store, NULL), "cannot attach");
    measure_writes(&worker);
    measure_reads(&worker, "read, 50 a turn", 50);
    measure_reads(&worker, "read, a turn each", 1);
    measure_absent(&worker);
    measure_lists(&worker);
    measure_blob(&worker);
    measure_cache(store, "cache hit, 1000 entries", 1000);
    measure_cache(store, "cache hit, a million entries", 1000000);
    rig_worker_done(&worker);
    vb_store_close(store);
    vb_buf_done(&why);
    return 0;
}
