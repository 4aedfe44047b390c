/*
 * Killed at any moment, the store has all that it answered, and nothing half
 * done; its indexes have just what the records say, also those that are being
 * made. A child writes with several threads and tells each answer through a
 * pipe; the parent kills it (SIGKILL), again and again, and looks at the file.
 *
 * VB_TEST_KILLS says how often; 40 times without it.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/span.h"
#include "invariants.h"
#include "rig.h"
#include "scratch.h"
#include "words.h"

enum { WRITERS = 3, SLOTS = 20 };

#define BLOB_LENGTH (VB_STORE_CHUNK + 77)

/* One answer, told in one write. */
struct told {
    uint32_t writer;
    uint32_t slot;
    int64_t round;  /* of the writer: what its records hold */
    int64_t number; /* of the record that was created beside them */
    uint64_t revision;
};

static struct vb_store *open_path(const char *path)
{
    struct vb_store *store = NULL;
    char url[300];
    struct vb_buf why;

    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    vb_buf_init(&why, 1000);
    if (vb_store_open(vb_span_str(url), &store, &why) != VB_OK)
        (void)fprintf(stderr, "%.*s\n", (int)why.len, why.ptr);
    vb_buf_done(&why);
    return store;
}

/* The text of a /c: its first word is its own in each round. */
static void words_of(char words[80], unsigned w, unsigned slot, int64_t round)
{
    (void)snprintf(words, 80, "%u.%u.%lld %s r%lld", w, slot, (long long)round,
                   round % 2 == 0 ? "even" : "odd", (long long)(round % 10));
}

static void declare(struct vb_store *store)
{
    struct vb_indexes *indexes = words_new();

    vb_store_index(store, indexes);
    vb_indexes_unref(indexes);
}

/* --- The child. --- */

struct writer {
    struct vb_store *store;
    uint32_t index;
    struct rig_worker worker;
    char keys[5][32];
    char text[32];
    char words[80];
    struct vb_change changes[5];
    struct vb_claim claim;
    struct vb_span reference;
};

/* In the child there is nobody to tell but the parent, by the exit code. */
static void must(bool fine)
{
    if (!fine)
        _exit(70);
}

static uint64_t write_blob(struct writer *writer, int64_t round)
{
    uint64_t blob = vb_store_blob_new(writer->worker.client);
    char *bytes = malloc(VB_STORE_CHUNK);

    must(bytes != NULL);
    memset(bytes, (int)(round % 127), VB_STORE_CHUNK);
    for (uint64_t i = 0; i < 2; i++) {
        struct vb_chunk_write write = {
            .blob = blob,
            .index = i,
            .bytes = {bytes,
                      i == 0 ? VB_STORE_CHUNK : BLOB_LENGTH - VB_STORE_CHUNK}};

        must(rig_chunk_write(&writer->worker, &write) == VB_OK);
    }
    free(bytes);
    return blob;
}

/*
 * Two records of the same text, with a claim on it and a reference from one to
 * the other; a third that is new each time, under a number; one that is found
 * by its words; and, for every eighth, a blob.
 */
static size_t prepare(struct writer *writer, uint32_t slot, int64_t round,
                      int64_t number)
{
    struct vb_change *changes = writer->changes;
    unsigned w = writer->index;
    size_t count = 4;

    (void)snprintf(writer->text, sizeof(writer->text), "%lld",
                   (long long)round);
    (void)snprintf(writer->keys[0], 32, "/a/%u.%u", w, slot);
    (void)snprintf(writer->keys[1], 32, "/b/%u.%u", w, slot);
    (void)snprintf(writer->keys[2], 32, "/n/%lld", (long long)number);
    (void)snprintf(writer->keys[3], 32, "/c/%u.%u", w, slot);
    (void)snprintf(writer->keys[4], 32, "/f/%u", w);
    words_of(writer->words, w, slot, round);
    changes[0] = rig_put(writer->keys[0], "/a", writer->text);
    changes[1] = rig_put(writer->keys[1], "/b", writer->text);
    changes[2] = rig_put(writer->keys[2], "/n", writer->text);
    changes[2].expect = VB_EXPECT_NONE;
    writer->claim = (struct vb_claim){vb_span_str(writer->keys[0]),
                                      vb_span_str(writer->text)};
    changes[0].claims = &writer->claim;
    changes[0].claim_count = 1;
    writer->reference = vb_span_str(writer->keys[0]);
    changes[1].references = &writer->reference;
    changes[1].reference_count = 1;
    changes[3] = rig_put(writer->keys[3], "/c", writer->words);
    if (round % 8 == 0) {
        changes[4] = rig_put(writer->keys[4], "/f", "");
        changes[4].blob = write_blob(writer, round);
        changes[4].length = BLOB_LENGTH;
        count = 5;
    }
    return count;
}

/* The round to go on from: one more than the newest of the writer's records. */
static int64_t next_round(struct writer *writer)
{
    int64_t newest = 0;

    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        struct vb_record *record = NULL;
        char key[32];
        int64_t round = 0;

        (void)snprintf(key, sizeof(key), "/a/%u.%u", writer->index, slot);
        must(rig_read(&writer->worker, vb_span_str(key), &record) == VB_OK);
        if (record != NULL)
            must(vb_span_i64(record->content, &round));
        if (round > newest)
            newest = round;
        vb_record_unref(record);
    }
    vb_store_turn_end(writer->worker.client);
    return newest + 1;
}

static void *write_on(void *context)
{
    struct writer *writer = context;
    int64_t round;

    must(rig_worker_init(&writer->worker, writer->store, NULL));
    for (round = next_round(writer);; round++) {
        struct vb_number_take take = {.parent = VB_SPAN("/n")};
        struct told told = {.writer = writer->index,
                            .slot = (uint32_t)(round % SLOTS),
                            .round = round};
        size_t count;

        must(rig_number(&writer->worker, &take) == VB_OK);
        told.number = take.number;
        count = prepare(writer, told.slot, round, take.number);
        must(rig_change(&writer->worker, writer->changes, count,
                        &told.revision) == VB_OK);
        must(write(STDOUT_FILENO, &told, sizeof(told)) == sizeof(told));
        vb_store_turn_end(writer->worker.client);
    }
    return NULL;
}

static _Noreturn void run_child(const char *path)
{
    static struct writer writers[WRITERS];
    struct vb_store *store = open_path(path);
    pthread_t thread;

    must(store != NULL);
    declare(store);
    for (uint32_t i = 0; i < WRITERS; i++) {
        writers[i].store = store;
        writers[i].index = i;
        must(pthread_create(&thread, NULL, write_on, &writers[i]) == 0);
    }
    for (;;)
        pause();
}

/* --- The parent. --- */

struct scene {
    char path[256];
    struct told last[WRITERS][SLOTS]; /* the newest answer of each */
    int64_t *numbers;                 /* all that were answered */
    size_t number_count;
    size_t number_cap;
    uint64_t revision; /* the highest that was answered */
    unsigned answers;
};

static void note(struct scene *scene, const struct told *told)
{
    assert_true(told->writer < WRITERS && told->slot < SLOTS);
    scene->last[told->writer][told->slot] = *told;
    if (told->revision > scene->revision)
        scene->revision = told->revision;
    if (scene->number_count == scene->number_cap) {
        scene->number_cap =
            scene->number_cap == 0 ? 1024 : scene->number_cap * 2;
        scene->numbers =
            realloc(scene->numbers, scene->number_cap * sizeof(int64_t));
        assert_non_null(scene->numbers);
    }
    scene->numbers[scene->number_count++] = told->number;
    scene->answers++;
}

static pid_t start_child(const char *path, int *ret_fd)
{
    char *argv[] = {strdup("test"), strdup("write"), strdup(path), NULL};
    posix_spawn_file_actions_t actions;
    int pipes[2];
    pid_t pid;

    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    assert_int_equal(
        posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; argv[i] != NULL; i++)
        free(argv[i]);
    close(pipes[1]);
    *ret_fd = pipes[0];
    return pid;
}

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* One answer from the pipe; false at its end or when it is too late. */
static bool next_answer(struct scene *scene, int fd, int64_t until_us)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    struct timespec left = {0};
    struct told told;
    int64_t us = until_us - now_us();
    ssize_t n;

    if (us < 0)
        us = 0;
    left.tv_sec = us / 1000000;
    left.tv_nsec = us % 1000000 * 1000;
    if (ppoll(&wait, 1, &left, NULL) <= 0)
        return false;
    n = read(fd, &told, sizeof(told));
    if (n != sizeof(told))
        return false;
    note(scene, &told);
    return true;
}

/* Lets a child write for a while from its first answer on, then kills it. */
static void run_and_kill(struct scene *scene, int64_t us)
{
    int fd, status;
    pid_t pid = start_child(scene->path, &fd);
    int64_t until;

    if (!next_answer(scene, fd, now_us() + 30 * 1000000))
        fail_msg("the child does not write");
    until = now_us() + us;
    while (now_us() < until && next_answer(scene, fd, until))
        ;
    kill(pid, SIGKILL);
    while (next_answer(scene, fd, now_us() + 1000000))
        ;
    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (!WIFSIGNALED(status))
        fail_msg("the child ended by itself: %d", WEXITSTATUS(status));
}

/* What was under way when the child was killed may be there: then that is what
 * the slot has to hold from now on. */
static void check_slot(struct rig_worker *worker, struct told *told, unsigned w,
                       unsigned slot)
{
    struct vb_record *a = NULL, *b = NULL;
    char key[32];
    int64_t round = 0;

    (void)snprintf(key, sizeof(key), "/a/%u.%u", w, slot);
    assert_int_equal(rig_read(worker, vb_span_str(key), &a), VB_OK);
    key[1] = 'b';
    assert_int_equal(rig_read(worker, vb_span_str(key), &b), VB_OK);
    assert_int_equal(a == NULL, b == NULL);
    if (told->round > 0)
        assert_non_null(a);
    if (a == NULL)
        return;
    assert_true(vb_span_eq(a->content, b->content));
    assert_int_equal(a->revision, b->revision);
    assert_true(vb_span_i64(a->content, &round));
    if (round == told->round) {
        assert_int_equal(a->revision, told->revision);
    } else {
        assert_int_equal(round, told->round == 0 ? (slot == 0 ? SLOTS : slot)
                                                 : told->round + SLOTS);
        assert_true(a->revision > told->revision);
    }
    told->round = round;
    told->revision = a->revision;
    vb_record_unref(a);
    vb_record_unref(b);
}

/* Those that an index finds by this word; as soon as it is whole. */
static void find(struct rig_worker *worker, const char *word,
                 struct vb_list_read *list)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    char low[40], high[40];
    size_t len = strlen(word) + 1;
    struct vb_range range = {vb_span_of(low, len), vb_span_of(high, len)};
    struct vb_list_index index = {.name = words_names[WORDS_FIRST],
                                  .ranges = {&range, 1, .exact = true},
                                  .most = 1000};
    struct words_sieve sieve = words_sieve(WORDS_FIRST, &index.ranges);
    enum vb_err err = VB_ERR_UNSUPPORTED;

    memcpy(low, word, len);
    memcpy(high, word, len);
    high[len - 1] = 1;
    for (int i = 0; err == VB_ERR_UNSUPPORTED && i < 5000; i++) {
        *list = (struct vb_list_read){.parent = VB_SPAN("/c"),
                                      .limit = 10,
                                      .byte_limit = 1 << 20,
                                      .sieve = &sieve.base,
                                      .index = &index};
        err = rig_list(worker, list);
        vb_store_turn_end(worker->client);
        if (err == VB_ERR_UNSUPPORTED)
            nanosleep(&pause, NULL);
    }
    assert_int_equal(err, VB_OK);
}

/* What was answered last is found, and what was there before it is not. */
static void check_found(struct rig_worker *worker, const struct told *told,
                        unsigned w, unsigned slot)
{
    struct vb_list_read list;
    char words[80], key[32];

    (void)snprintf(key, sizeof(key), "/c/%u.%u", w, slot);
    words_of(words, w, slot, told->round);
    *strchr(words, ' ') = '\0';
    find(worker, words, &list);
    assert_int_equal(list.count, told->round > 0);
    if (list.count > 0) {
        assert_span_equal(list.records[0]->key, key);
        assert_int_equal(list.records[0]->revision, told->revision);
    }
    vb_list_read_done(&list);
    words_of(words, w, slot, told->round - SLOTS);
    *strchr(words, ' ') = '\0';
    find(worker, words, &list);
    assert_int_equal(list.count, 0);
    vb_list_read_done(&list);
}

static void check_blob(struct rig_worker *worker, unsigned w)
{
    struct vb_record *record = NULL;
    char key[32];
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_chunk_read read = {.bytes = bytes};

    (void)snprintf(key, sizeof(key), "/f/%u", w);
    assert_int_equal(rig_read(worker, vb_span_str(key), &record), VB_OK);
    for (; record != NULL && read.index < 2; read.index++) {
        read.blob = record->blob;
        assert_int_equal(rig_chunk_read(worker, &read), VB_OK);
        assert_int_equal(read.length, read.index == 0
                                          ? VB_STORE_CHUNK
                                          : BLOB_LENGTH - VB_STORE_CHUNK);
        for (size_t i = 1; i < read.length; i++)
            if (bytes[i] != bytes[0])
                fail_msg("chunk %zu is mixed", (size_t)read.index);
    }
    free(bytes);
    vb_record_unref(record);
}

/* Numbers that were answered since `from` are there, each once. */
static void check_numbers(struct scene *scene, struct rig_worker *worker,
                          size_t from)
{
    for (size_t i = from; i < scene->number_count; i++) {
        struct vb_record *record = NULL;
        char key[32];

        (void)snprintf(key, sizeof(key), "/n/%lld",
                       (long long)scene->numbers[i]);
        assert_int_equal(rig_read(worker, vb_span_str(key), &record), VB_OK);
        if (record == NULL)
            fail_msg("%s was answered and is not there", key);
        vb_record_unref(record);
    }
}

static void check_file(struct scene *scene, size_t numbers_before, bool finds)
{
    struct vb_store *store = open_path(scene->path);
    struct rig_worker worker;
    uint64_t revision = 0;

    assert_non_null(store);
    declare(store);
    assert_true(rig_worker_init(&worker, store, NULL));
    for (unsigned w = 0; w < WRITERS; w++) {
        for (unsigned slot = 0; slot < SLOTS; slot++) {
            check_slot(&worker, &scene->last[w][slot], w, slot);
            if (finds)
                check_found(&worker, &scene->last[w][slot], w, slot);
        }
        check_blob(&worker, w);
    }
    check_numbers(scene, &worker, numbers_before);
    /* A revision of now is beyond all that were answered. */
    assert_int_equal(rig_change(&worker,
                                (struct vb_change[]){rig_put("/x", "", "x")}, 1,
                                &revision),
                     VB_OK);
    assert_true(revision > scene->revision);
    rig_worker_done(&worker);
    vb_store_close(store);
}

static void killed_at_any_moment_it_loses_and_halves_nothing(void **state)
{
    struct scene *scene = *state;
    const char *kills = getenv("VB_TEST_KILLS");
    int rounds = kills == NULL ? 40 : (int)strtol(kills, NULL, 10);
    uint64_t random = 88172645463325252U;

    for (int i = 0; i < rounds; i++) {
        size_t before = scene->number_count;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        run_and_kill(scene, (int64_t)(random % 30000));
        if (i % 10 == 9)
            assert_int_equal(invariants_broken(scene->path), 0);
        assert_int_equal(words_broken(scene->path), 0);
        check_file(scene, before, true);
    }
    print_message("%d kills, %u answers, none lost\n", rounds, scene->answers);
    assert_true(scene->answers >= (unsigned)rounds);
}

/* Many members, that no index knows. */
static void fill(struct scene *scene)
{
    enum { MANY = 12000, AT_ONCE = 2000 };
    static char keys[AT_ONCE][32], texts[AT_ONCE][32];
    static struct vb_change changes[AT_ONCE];
    struct vb_store *store = open_path(scene->path);
    struct rig_worker worker;

    assert_non_null(store);
    assert_true(rig_worker_init(&worker, store, NULL));
    for (int i = 0; i < MANY; i++) {
        int j = i % AT_ONCE;

        (void)snprintf(keys[j], sizeof(keys[j]), "/c/many.%d", i);
        (void)snprintf(texts[j], sizeof(texts[j]), "m%d of many", i);
        changes[j] = rig_put(keys[j], "/c", texts[j]);
        if (j == AT_ONCE - 1)
            assert_int_equal(rig_change(&worker, changes, AT_ONCE, NULL),
                             VB_OK);
    }
    rig_worker_done(&worker);
    vb_store_close(store);
}

/* Is an index half made, or on its way out? Where they are whole, another
 * program has them made anew. */
static bool is_under_way(struct scene *scene)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    bool is;

    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "SELECT 1 FROM indexes WHERE state = 2"
                                        " OR (state = 0 AND reached > 0)",
                                        -1, &statement, NULL),
                     SQLITE_OK);
    is = sqlite3_step(statement) == SQLITE_ROW;
    sqlite3_finalize(statement);
    if (!is)
        assert_int_equal(sqlite3_exec(db,
                                      "UPDATE indexes SET state = 2"
                                      " WHERE state = 1",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
    sqlite3_close(db);
    return is;
}

static void killed_while_indexes_are_made_it_goes_on_with_them(void **state)
{
    struct scene *scene = *state;
    int under_way = 0;

    fill(scene);
    for (int i = 0; i < 24; i++) {
        size_t before = scene->number_count;
        bool last = i == 23;

        run_and_kill(scene, i % 8 * 7000);
        under_way += is_under_way(scene);
        assert_int_equal(words_broken(scene->path), 0);
        if (i % 8 == 7)
            assert_int_equal(invariants_broken(scene->path), 0);
        check_file(scene, before, last);
    }
    print_message("%d of 24 kills were in the middle\n", under_way);
    assert_in_range(under_way, 4, 24);
    assert_int_equal(words_broken(scene->path), 0);
}

static int open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    char folder[200];

    scratch_make(folder, sizeof(folder));
    (void)snprintf(scene->path, sizeof(scene->path), "%s/store.db", folder);
    *state = scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;

    scratch_remove(scene->path);
    free(scene->numbers);
    free(scene);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            killed_at_any_moment_it_loses_and_halves_nothing, open_scene,
            close_scene),
        cmocka_unit_test_setup_teardown(
            killed_while_indexes_are_made_it_goes_on_with_them, open_scene,
            close_scene),
    };

    if (argc == 3 && strcmp(argv[1], "write") == 0)
        run_child(argv[2]);
    return cmocka_run_group_tests_name("storage/sqlite crash", tests, NULL,
                                       NULL);
}
