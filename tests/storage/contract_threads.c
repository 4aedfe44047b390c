/*
 * The contract under many threads, each a worker of its own. cmocka's asserts
 * are for the main thread only: the others count what went wrong.
 */
#include "unit.h"

#include <stdio.h>

#include <stdatomic.h>
#include <stdlib.h>

#include "base/span.h"
#include "contract.h"

enum { THREADS = 4, KEYS = 4 };

struct scene {
    struct contract *contract;
    int rounds;
    pthread_barrier_t start;
    atomic_uint next_thread;
    atomic_uint wrong;
    atomic_uint writing;              /* writers that are not through */
    atomic_uint_fast64_t known[KEYS]; /* revisions that were answered or read */
    atomic_uint unmet; /* readers that have not seen what they are here for */
    atomic_uchar taken[4096];
};

/* Counts a finding in a scene; goes on. */
#define CHECK(scene, condition)                                                \
    do {                                                                       \
        if (!(condition)) {                                                    \
            if (atomic_fetch_add(&(scene)->wrong, 1) < 5)                      \
                print_error("%s:%d: %s\n", __FILE__, __LINE__, #condition);    \
        }                                                                      \
    } while (0)

/* An engine that answers at once needs more rounds to meet its readers. */
static void scene_init(struct scene *scene, struct contract *contract,
                       int rounds)
{
    memset(scene, 0, sizeof(*scene));
    scene->contract = contract;
    scene->rounds = rounds * contract->engine->haste;
}

/* Runs `writers` threads with one function, `readers` with the other. */
static void play(struct scene *scene, void *(*write)(void *), int writers,
                 void *(*read)(void *), int readers)
{
    pthread_t threads[2 * THREADS];

    pthread_barrier_init(&scene->start, NULL, (unsigned)(writers + readers));
    atomic_store(&scene->writing, (unsigned)writers);
    atomic_store(&scene->unmet, (unsigned)readers);
    for (int i = 0; i < writers + readers; i++)
        assert_int_equal(pthread_create(&threads[i], NULL,
                                        i < writers ? write : read, scene),
                         0);
    for (int i = 0; i < writers + readers; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&scene->start);
    assert_int_equal(scene->wrong, 0);
    assert_int_equal(scene->unmet, 0);
}

/* A writer's next round? However busy the machine, it does not end before
 * each reader has met what is written; but if none ever does, it ends. */
static bool goes_on(struct scene *scene, int round)
{
    return round < scene->rounds ||
           (atomic_load(&scene->unmet) > 0 && round < 1000 * scene->rounds);
}

/* A reader has seen what it is here for; it counts once. */
static void meet(struct scene *scene, bool *met)
{
    if (!*met)
        atomic_fetch_sub(&scene->unmet, 1);
    *met = true;
}

static void begin(struct scene *scene, struct rig_worker *worker,
                  unsigned *ret_thread)
{
    if (!rig_worker_init(worker, scene->contract->store,
                         contract_executor(scene->contract)))
        abort();
    *ret_thread = atomic_fetch_add(&scene->next_thread, 1);
    pthread_barrier_wait(&scene->start);
}

static uint64_t text_number(const struct vb_record *record)
{
    int64_t number = -1;

    vb_span_i64(record->content, &number);
    return (uint64_t)number;
}

/* --- Lost updates. --- */

static void *count_up(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;

    begin(scene, &worker, &thread);
    for (int i = 0; i < scene->rounds;) {
        struct vb_change put = rig_put("/count", "", "");
        struct vb_record *record = NULL;
        char text[32];
        enum vb_err err;

        CHECK(scene, rig_read(&worker, put.key, &record) == VB_OK);
        put.expect = record == NULL ? VB_EXPECT_NONE : record->revision;
        (void)snprintf(text, sizeof(text), "%lld",
                       record == NULL ? 1LL
                                      : (long long)text_number(record) + 1);
        put.content = vb_span_str(text);
        put.length = put.content.len;
        vb_record_unref(record);
        err = rig_change(&worker, &put, 1, NULL);
        CHECK(scene, err == VB_OK || err == VB_ERR_AGAIN);
        if (err == VB_OK)
            i++;
    }
    rig_worker_done(&worker);
    return NULL;
}

static void expected_revisions_let_no_update_be_lost(void **state)
{
    struct contract *c = *state;
    struct scene scene;
    char text[32];

    scene_init(&scene, c, 40);
    play(&scene, count_up, THREADS, NULL, 0);
    (void)snprintf(text, sizeof(text), "%d", THREADS * scene.rounds);
    contract_holds(&c->a, "/count", text);
}

/* --- Half a commit is never seen. --- */

static void *put_pairs(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;

    begin(scene, &worker, &thread);
    for (int i = 0; goes_on(scene, i); i++) {
        char text[32];
        struct vb_change changes[3];

        (void)snprintf(text, sizeof(text), "%d", i);
        changes[0] = rig_put("/pair/1", "/pair", text);
        changes[1] = rig_put("/pair/2", "/pair", text);
        changes[2] =
            i % 2 ? rig_delete("/pair/3") : rig_put("/pair/3", "/pair", text);
        CHECK(scene, rig_change(&worker, changes, 3, NULL) == VB_OK);
    }
    rig_worker_done(&worker);
    atomic_fetch_sub(&scene->writing, 1);
    return NULL;
}

static void *look_at_pairs(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;
    bool met = false;
    uint64_t last = 0;

    begin(scene, &worker, &thread);
    while (atomic_load(&scene->writing) > 0) {
        struct vb_list_read list = {
            .parent = VB_SPAN("/pair"), .limit = 10, .byte_limit = 1000};

        CHECK(scene, rig_list(&worker, &list) == VB_OK);
        CHECK(scene, list.count == 0 || list.count == 2 || list.count == 3);
        for (size_t i = 0; i < list.count; i++) {
            CHECK(scene, vb_span_eq(list.records[i]->content,
                                    list.records[0]->content));
            CHECK(scene, list.records[i]->revision == list.revision);
        }
        CHECK(scene, list.revision >= last);
        last = list.revision;
        if (list.count > 0)
            meet(scene, &met);
        vb_list_read_done(&list);
        vb_store_turn_end(worker.client);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void list_shows_whole_commits_only(void **state)
{
    struct scene scene;

    scene_init(&scene, *state, 100);
    play(&scene, put_pairs, 2, look_at_pairs, 2);
}

/* --- What was answered, or read by anyone, is what everyone sees. --- */

static struct vb_span key_of(unsigned index)
{
    static const struct vb_span keys[KEYS] = {
        VB_SPAN_INIT("/k/0"), VB_SPAN_INIT("/k/1"), VB_SPAN_INIT("/k/2"),
        VB_SPAN_INIT("/k/3")};

    return keys[index % KEYS];
}

static void know(struct scene *scene, unsigned key, uint64_t revision)
{
    atomic_uint_fast64_t *known = &scene->known[key % KEYS];
    uint_fast64_t before = atomic_load(known);

    while (before < revision &&
           !atomic_compare_exchange_weak(known, &before, revision))
        ;
}

/* Each writer has a key of its own, whose revisions so come in order. */
static void *put_and_tell(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;

    begin(scene, &worker, &thread);
    for (int i = 0; goes_on(scene, i); i++) {
        struct vb_change put = rig_put("", "/k", "x");
        uint64_t revision = 0;

        put.key = key_of(thread);
        CHECK(scene, rig_change(&worker, &put, 1, &revision) == VB_OK);
        know(scene, thread % KEYS, revision);
    }
    rig_worker_done(&worker);
    atomic_fetch_sub(&scene->writing, 1);
    return NULL;
}

/* Ends its turn only now and then, so that snapshots are mostly open. */
static void *read_what_was_told(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;
    bool met = false;

    begin(scene, &worker, &thread);
    for (unsigned i = 0; atomic_load(&scene->writing) > 0; i++) {
        uint64_t known = atomic_load(&scene->known[i % KEYS]);
        struct vb_record *record = NULL;

        CHECK(scene, rig_read(&worker, key_of(i), &record) == VB_OK);
        CHECK(scene, (record == NULL ? 0 : record->revision) >= known);
        if (record != NULL)
            know(scene, i % KEYS, record->revision);
        if (known > 0)
            meet(scene, &met);
        vb_record_unref(record);
        if (i % 50 == 49)
            vb_store_turn_end(worker.client);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void read_sees_all_that_was_answered_or_read_before(void **state)
{
    struct scene scene;

    scene_init(&scene, *state, 150);
    play(&scene, put_and_tell, KEYS, read_what_was_told, 3);
}

/* A cache as cache.h has it: an entry counts while the generation that was
 * noted before it was read is the current one. Now and then it is not asked, so
 * that others hear of what is not yet in theirs. */
static void *cache_by_generation(void *context)
{
    struct scene *scene = context;
    struct vb_store *store = scene->contract->store;
    struct {
        uint64_t generation;
        uint64_t revision;
        bool known;
    } entries[KEYS] = {{0}};
    struct rig_worker worker;
    unsigned thread;
    bool met = false;

    begin(scene, &worker, &thread);
    for (unsigned i = 0; atomic_load(&scene->writing) > 0; i++) {
        unsigned k = i % KEYS;
        uint64_t known = atomic_load(&scene->known[k]);
        uint64_t now = vb_store_generation(store, key_of(k));

        if (entries[k].known && entries[k].generation == now &&
            (i + thread) % 3 > 0) {
            CHECK(scene, entries[k].revision >= known);
            meet(scene, &met);
        } else {
            struct vb_record *record = NULL;

            CHECK(scene, rig_read(&worker, key_of(k), &record) == VB_OK);
            entries[k].generation = now;
            entries[k].revision = record == NULL ? 0 : record->revision;
            entries[k].known = true;
            /* What others change, generations do not tell of. */
            if (!store->shared)
                know(scene, k, entries[k].revision);
            vb_record_unref(record);
        }
        if (i % 64 == 63)
            vb_store_turn_end(worker.client);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void unchanged_generation_means_unchanged_record(void **state)
{
    struct scene scene;

    scene_init(&scene, *state, 150);
    play(&scene, put_and_tell, KEYS, cache_by_generation, 3);
}

/* --- Numbers. --- */

static void *take_numbers(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;
    int64_t last = 0;

    begin(scene, &worker, &thread);
    for (int i = 0; i < scene->rounds; i++) {
        struct vb_number_take take = {.parent = VB_SPAN("/n")};

        CHECK(scene, rig_number(&worker, &take) == VB_OK);
        CHECK(scene, take.number > last);
        CHECK(scene, take.number <= THREADS * scene->rounds);
        CHECK(scene, atomic_fetch_add(&scene->taken[take.number], 1) == 0);
        last = take.number;
        if (i % 100 == 0) {
            struct vb_change put = rig_put("/n/x", "/n", "x");

            CHECK(scene, rig_change(&worker, &put, 1, NULL) == VB_OK);
        }
    }
    rig_worker_done(&worker);
    return NULL;
}

static void number_is_taken_once_by_all_threads_together(void **state)
{
    struct scene scene;

    scene_init(&scene, *state, 0);
    scene.rounds = 1000;
    play(&scene, take_numbers, THREADS, NULL, 0);
    for (int i = 1; i <= THREADS * scene.rounds; i++)
        assert_int_equal(scene.taken[i], 1);
}

/* --- Blobs that are replaced all the time. --- */

#define BLOB_LENGTH (VB_STORE_CHUNK + 1000)

static void *replace_blobs(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    char *bytes = malloc(VB_STORE_CHUNK);
    unsigned thread;

    begin(scene, &worker, &thread);
    for (int i = 0; goes_on(scene, i); i++) {
        uint64_t blob = vb_store_blob_new(worker.client);
        struct vb_change put = rig_put("/blob", "", "");
        struct vb_chunk_write write = {.blob = blob,
                                       .bytes = {bytes, VB_STORE_CHUNK}};

        memset(bytes, (int)(blob % 251), VB_STORE_CHUNK);
        CHECK(scene, rig_chunk_write(&worker, &write) == VB_OK);
        write.index = 1;
        write.bytes.len = BLOB_LENGTH - VB_STORE_CHUNK;
        CHECK(scene, rig_chunk_write(&worker, &write) == VB_OK);
        put.blob = blob;
        put.length = BLOB_LENGTH;
        CHECK(scene, rig_change(&worker, &put, 1, NULL) == VB_OK);
        vb_store_turn_end(worker.client);
    }
    free(bytes);
    rig_worker_done(&worker);
    atomic_fetch_sub(&scene->writing, 1);
    return NULL;
}

static void check_chunk(struct scene *scene, struct rig_worker *worker,
                        uint64_t blob, uint64_t index)
{
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_chunk_read read = {.blob = blob, .index = index, .bytes = bytes};
    size_t bad = 0;

    CHECK(scene, rig_chunk_read(worker, &read) == VB_OK);
    for (size_t i = 0; i < read.length; i++)
        bad += (unsigned char)bytes[i] != blob % 251;
    CHECK(scene, bad == 0);
    free(bytes);
}

static void *read_blobs(void *context)
{
    struct scene *scene = context;
    struct rig_worker worker;
    unsigned thread;
    bool met = false;

    begin(scene, &worker, &thread);
    while (atomic_load(&scene->writing) > 0) {
        struct vb_record *record = NULL;

        CHECK(scene, rig_read(&worker, VB_SPAN("/blob"), &record) == VB_OK);
        if (record != NULL) {
            check_chunk(scene, &worker, record->blob, 0);
            vb_store_turn_end(worker.client);
            check_chunk(scene, &worker, record->blob, 1);
            meet(scene, &met);
        }
        vb_record_unref(record);
    }
    rig_worker_done(&worker);
    return NULL;
}

static void held_blob_is_whole_however_often_it_is_replaced(void **state)
{
    struct scene scene;

    scene_init(&scene, *state, 25);
    play(&scene, replace_blobs, 2, read_blobs, 2);
}

const struct CMUnitTest contract_threads[] = {
    contract_test(expected_revisions_let_no_update_be_lost),
    contract_test(list_shows_whole_commits_only),
    contract_test(read_sees_all_that_was_answered_or_read_before),
    contract_test(unchanged_generation_means_unchanged_record),
    contract_test(number_is_taken_once_by_all_threads_together),
    contract_test(held_blob_is_whole_however_often_it_is_replaced),
};
const size_t contract_threads_count = VB_COUNT_OF(contract_threads);
