/* The rules of src/caching/disk.h, and of memory.h where there is a disk. */
#include "disk_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hash.h"
#include "caching/partial.h"

/* --- Calls that fail --------------------------------------------------------
 * The linker gives us the tier's calls, and has their names.
 * NOLINTBEGIN(bugprone-reserved-identifier) */
ssize_t __real_pwrite64(int fd, const void *bytes, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t size, off_t at);
/* NOLINTEND(bugprone-reserved-identifier) */

static int failing;     /* errno of all writes; 0: none fails */
static int fine_before; /* so many do not yet */
static size_t short_by; /* and the first that does writes so much less */

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
    /* The file of moments has all the room it needs. */
    if (failing == 0 || (failing != EIO && size == 16) || fine_before-- > 0)
        return __real_pwrite64(fd, bytes, size, at);
    if (short_by > 0 && short_by < size) {
        size -= short_by;
        short_by = 0;
        return __real_pwrite64(fd, bytes, size, at);
    }
    errno = failing;
    return -1;
}

static int set_up(void **state)
{
    failing = 0;
    fine_before = 0;
    short_by = 0;
    return scene_disk_set_up(state);
}

static struct vb_span text_of(const char *before, size_t number)
{
    return vb_arena_printf(&scene_arena, "%s%zu", before, number);
}

/* --- After a restart --------------------------------------------------------
 */

static void put_some(void)
{
    assert_true(scene_put(GET "\nX: 1", OK "\nVary: X", "one"));
    assert_true(scene_put(GET "\nX: 2", OK "\nVary: X", "two"));
    assert_true(scene_put("GET https://h/b", OK "\nETag: \"b\"", "b"));
    assert_true(scene_put("QUERY https://h/a", OK, "q"));
    assert_true(
        scene_put("GET https://h/g", OK "\nCache-Groups: \"g\"", "in a group"));
    assert_true(scene_put("GET https://h/0", OK, ""));
}

static void all_are_there(void)
{
    assert_span_equal(scene_found(GET "\nX: 1"), "one");
    assert_span_equal(scene_found(GET "\nX: 2"), "two");
    assert_span_equal(scene_found(GET "\nX: 3"), "-");
    assert_span_equal(scene_found("HEAD https://h/b"), "b");
    assert_span_equal(scene_found("QUERY https://h/a"), "q");
    assert_span_equal(scene_found("GET https://h/g"), "in a group");
    assert_span_equal(scene_found("GET https://h/0"), "");
}

static void what_was_stored_is_there_after_a_restart(void **state)
{
    (void)state;
    put_some();
    scene_restart();
    all_are_there();
    assert_int_equal(vb_disk_stats(scene_disk).loaded, 6);
    assert_int_equal(vb_disk_stats(scene_disk).stored, 0);
    scene_restart();
    all_are_there();
    scene_kill();
    scene_start();
    all_are_there();
}

static void what_was_written_survives_a_kill(void **state)
{
    (void)state;
    put_some();
    scene_kill();
    scene_start();
    all_are_there();
}

static void the_last_one_in_a_place_counts(void **state)
{
    (void)state;
    put_some();
    assert_true(scene_put(GET "\nX: 1", OK "\nVary: X", "again"));
    scene_restart();
    assert_span_equal(scene_found(GET "\nX: 1"), "again");
    assert_span_equal(scene_found(GET "\nX: 2"), "two");
}

/* What a machine has not written before it stopped may be any of it. */
static void a_machine_that_stopped_leaves_nothing(void **state)
{
    uint64_t bytes[10];
    int fd;

    (void)state;
    put_some();
    scene_kill();
    fd = open(scene_file("verbatim-cache.state"), O_RDWR);
    assert_int_equal(read(fd, bytes, sizeof(bytes)), sizeof(bytes));
    bytes[3] ^= 1; /* of the boot's id */
    bytes[9] = vb_hash(&vb_hash_key_fixed,
                       vb_span_of((const char *)bytes, 9 * sizeof(bytes[0])));
    assert_int_equal(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
    close(fd);
    scene_start();
    assert_int_equal(vb_disk_stats(scene_disk).responses, 0);
    assert_span_equal(scene_found("GET https://h/b"), "-");
    put_some();
    scene_restart();
    all_are_there();
}

/* --- Invalidation -----------------------------------------------------------
 */

static void invalidate_some(void)
{
    const struct vb_asked *asked = scene_ask("POST https://h/a");
    struct vb_invalidation invalidation;

    vb_invalidation_read(
        &scene_arena, asked, scene_uri(asked),
        scene_response("200\nCache-Group-Invalidation: \"g\"", 0, 0),
        &invalidation);
    vb_memory_invalidate(scene_tier, &invalidation);
}

static void some_are_gone(void)
{
    assert_span_equal(scene_found(GET "\nX: 1"), "-");
    assert_span_equal(scene_found(GET "\nX: 2"), "-");
    assert_span_equal(scene_found("QUERY https://h/a"), "-");
    assert_span_equal(scene_found("GET https://h/g"), "-");
    assert_span_equal(scene_found("GET https://h/b"), "b");
}

/* 9111-4.4-01, 9111-4.4-05, 9875-2.2.1-01. */
static void what_is_invalid_is_so_after_a_restart(void **state)
{
    (void)state;
    put_some();
    invalidate_some();
    scene_restart();
    some_are_gone();
    scene_kill();
    scene_start();
    some_are_gone();
}

/* It is kept before whoever invalidates goes on: nothing is waited for. */
static void what_is_invalid_is_so_after_a_kill(void **state)
{
    (void)state;
    put_some();
    vb_disk_settle(scene_disk);
    invalidate_some();
    scene_save();
    scene_stop();
    scene_bring_back();
    scene_start();
    some_are_gone();
}

static void what_comes_later_is_valid(void **state)
{
    (void)state;
    put_some();
    invalidate_some();
    put_some();
    scene_kill();
    scene_start();
    all_are_there();
}

static void a_purge_of_all_holds(void **state)
{
    const struct vb_caching_key key = scene_key(scene_ask("GET https://h/b"));

    (void)state;
    put_some();
    vb_memory_purge_all(scene_tier);
    vb_disk_settle(scene_disk);
    assert_false(vb_memory_may_recall(scene_tier, &key));
    assert_int_equal(vb_disk_stats(scene_disk).bytes, 0);
    scene_restart();
    assert_span_equal(scene_found("GET https://h/b"), "-");
    assert_int_equal(vb_disk_stats(scene_disk).responses, 0);
}

static void what_is_dropped_does_not_come_back(void **state)
{
    const struct vb_asked *asked = scene_ask("GET https://h/b");
    const struct vb_caching_key key = scene_key(asked);
    struct vb_stored_response *stored;

    (void)state;
    put_some();
    assert_int_equal(
        vb_memory_find(scene_tier, &key, &asked->head->fields, &stored),
        VB_FOUND_ONE);
    vb_memory_drop(scene_tier, &key, stored);
    vb_stored_response_unref(stored);
    assert_span_equal(scene_found("GET https://h/b"), "-");
    scene_restart();
    assert_span_equal(scene_found("GET https://h/b"), "-");
}

/* 9111-4.4-01: what was under way while it was changed is not stored. */
static void what_was_asked_for_before_a_change_does_not_count(void **state)
{
    uint64_t before = vb_memory_moment(scene_tier);
    const struct vb_asked *asked = scene_ask(GET);
    const struct vb_caching_key key = scene_key(asked);
    struct vb_stored_response *stored =
        scene_store(asked, scene_response(OK, NOON_MS, NOON_MS), "old");

    (void)state;
    invalidate_some();
    assert_false(vb_memory_put(scene_tier, &key, before, stored));
    vb_stored_response_unref(stored);
    scene_restart();
    assert_span_equal(scene_found(GET), "-");
}

/* --- Room -------------------------------------------------------------------
 */

static char *content_of(size_t len)
{
    char *content = vb_arena_alloc(&scene_arena, len + 1);

    memset(content, 'x', len);
    content[len] = '\0';
    return content;
}

static void what_memory_has_no_room_for_is_read_again(void **state)
{
    (void)state;
    scene_stop();
    scene_memory_budget = 1 << 20;
    scene_start();
    for (size_t i = 0; i < 200; i++) {
        scene_put(text_of("GET https://h/", i).ptr, OK, content_of(20000 + i));
        vb_disk_settle(scene_disk);
    }
    assert_true(vb_memory_stats(scene_tier).evicted > 100);
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(scene_found(text_of("GET https://h/", i).ptr).len,
                         20000 + i);
}

static void the_budget_is_kept_and_the_oldest_goes(void **state)
{
    (void)state;
    scene_stop();
    scene_disk_budget = 1 << 20;
    scene_memory_budget = 1 << 20;
    scene_start();
    for (size_t i = 0; i < 400; i++) {
        scene_put(text_of("GET https://h/", i).ptr, OK,
                  content_of(i * 97 % 9000));
        vb_disk_settle(scene_disk);
        assert_true(vb_disk_stats(scene_disk).bytes <= 1 << 20);
    }
    assert_true(vb_disk_stats(scene_disk).bytes > (1 << 20) * 9 / 10);
    scene_kill();
    scene_start();
    assert_span_equal(scene_found("GET https://h/1"), "-");
    assert_int_equal(scene_found("GET https://h/399").len, 399 * 97 % 9000);
}

/* Small ones count for a KiB: the index is bounded, too. */
static void many_small_ones_are_as_much_as_fewer_large_ones(void **state)
{
    (void)state;
    scene_stop();
    scene_disk_budget = 1 << 20;
    scene_start();
    for (size_t i = 0; i < 3000; i++) {
        scene_put(text_of("GET https://h/", i).ptr, OK, "x");
        if (i % 50 == 0)
            vb_disk_settle(scene_disk);
    }
    vb_disk_settle(scene_disk);
    assert_true(vb_disk_stats(scene_disk).responses <= 1024);
    assert_true(vb_disk_stats(scene_disk).responses > 900);
}

/* A smaller budget than before. */
static void a_start_makes_room(void **state)
{
    (void)state;
    for (size_t i = 0; i < 300; i++) {
        scene_put(text_of("GET https://h/", i).ptr, OK, content_of(20000));
        vb_disk_settle(scene_disk);
    }
    scene_stop();
    scene_disk_budget = 2 << 20;
    scene_start();
    assert_true(vb_disk_stats(scene_disk).bytes <= 2 << 20);
    assert_int_equal(scene_found("GET https://h/299").len, 20000);
}

/* What was validated has new fields, and the content that it had. */
static void the_same_content_is_written_once(void **state)
{
    uint64_t bytes;

    (void)state;
    scene_put(GET, OK "\nX: 1", content_of(50000));
    vb_disk_settle(scene_disk);
    bytes = vb_disk_stats(scene_disk).bytes;
    scene_put(GET, OK "\nX: 2", content_of(50000));
    vb_disk_settle(scene_disk);
    assert_true(vb_disk_stats(scene_disk).bytes < bytes + 2000);
    scene_restart();
    assert_int_equal(scene_found(GET).len, 50000);
    scene_put(GET, OK "\nX: 3", content_of(50000));
    vb_disk_settle(scene_disk);
    assert_true(vb_disk_stats(scene_disk).bytes < bytes + 4000);
}

/* The content is in a segment that goes: what memory has comes to lie on the
 * disk again when the process ends. */
static void what_memory_has_at_the_end_is_there_after_it(void **state)
{
    (void)state;
    scene_stop();
    scene_disk_budget = 1 << 20;
    scene_memory_budget = 4 << 20;
    scene_start();
    scene_put(GET, OK, "first");
    for (size_t i = 0; i < 100; i++) {
        scene_put(text_of("GET https://h/", i).ptr, OK, content_of(20000));
        vb_disk_settle(scene_disk);
        for (size_t k = 0; k < 100; k++)
            vb_arena_reset(&scene_arena);
    }
    for (size_t i = 0; i < 100; i++) /* and then there is little of it */
        vb_memory_purge(scene_tier, text_of("https://h/", i));
    scene_restart();
    assert_span_equal(scene_found(GET), "first");
}

static void a_client_cannot_make_a_chain_of_variants(void **state)
{
    (void)state;
    for (size_t i = 0; i < 200; i++)
        scene_put(text_of(GET "\nX: ", i).ptr, OK "\nVary: X", "x");
    vb_disk_settle(scene_disk);
    assert_int_equal(vb_disk_stats(scene_disk).responses, 64);
    assert_span_equal(scene_found(GET "\nX: 199"), "x");
}

static void keep_part(const struct vb_caching_key *key,
                      const struct vb_stored_response *whole, uint64_t first,
                      const char *bytes)
{
    struct vb_kept_content *content = vb_kept_content_of(vb_span_str(bytes));
    const struct vb_part part = {first, whole->rep->length};
    struct vb_stored_response *stored =
        vb_stored_response_part(whole, part, content);

    assert_true(
        vb_part_keep(scene_tier, key, vb_memory_moment(scene_tier), stored));
    vb_stored_response_unref(stored);
    vb_kept_content_unref(content);
    vb_disk_settle(scene_disk);
}

/* 9111-3.3-03: what parts add up to is stored as what came whole. */
static void parts_are_in_memory_until_they_are_all_of_it(void **state)
{
    const struct vb_asked *asked = scene_ask(GET);
    const struct vb_caching_key key = scene_key(asked);
    struct vb_stored_response *whole =
        scene_store(asked, scene_response(OK "\nETag: \"a\"", NOON_MS, NOON_MS),
                    "0123456789");

    (void)state;
    keep_part(&key, whole, 0, "01234");
    keep_part(&key, whole, 5, "567");
    assert_int_equal(vb_disk_stats(scene_disk).stored, 0);
    keep_part(&key, whole, 8, "89");
    vb_stored_response_unref(whole);
    assert_int_equal(vb_disk_stats(scene_disk).stored, 1);
    assert_span_equal(scene_found(GET), "0123456789");
    scene_restart();
    assert_span_equal(scene_found(GET), "0123456789");
}

/* --- Who has the directory --------------------------------------------------
 */

static enum vb_err try_to_open(const char *directory, const char *why_not)
{
    const struct vb_disk_config config = {.directory = directory,
                                          .budget = 1 << 20};
    struct vb_disk_tier *disk;
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    enum vb_err err = vb_disk_open(&config, &why, &disk);

    assert_true(err != VB_OK);
    assert_true(vb_span_ends(vb_buf_span(&why), vb_span_str(why_not)));
    return err;
}

static void a_directory_is_one_processs(void **state)
{
    (void)state;
    assert_int_equal(
        try_to_open(scene_directory(), ": in use by another process"),
        VB_ERR_BUSY);
}

static void a_directory_is_one_users(void **state)
{
    struct stat st;

    (void)state;
    assert_int_equal(stat(scene_file("verbatim-cache.state"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(scene_file("verbatim-cache.moments"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    scene_stop();
    chmod(scene_directory(), 0777);
    assert_int_equal(
        try_to_open(scene_directory(), "nobody else may write to it"),
        VB_ERR_INVALID);
    chmod(scene_directory(), 0700);
}

static void what_is_no_directory_is_refused(void **state)
{
    (void)state;
    assert_int_equal(
        try_to_open(scene_file("verbatim-cache.state"), "Not a directory"),
        VB_ERR_UNSUPPORTED);
    assert_int_equal(
        try_to_open(scene_file("x/y"), "No such file or directory"), VB_ERR_IO);
}

/* Who has named the wrong directory finds all of it as it was. */
static void other_files_are_left_alone(void **state)
{
    static const char *const names[] = {"a", "0123.heads", "state",
                                        "0123456789abcdeg.heads"};

    (void)state;
    scene_stop();
    unlink(scene_file("verbatim-cache.state"));
    for (size_t i = 0; i < VB_COUNT_OF(names); i++)
        close(open(scene_file(names[i]), O_WRONLY | O_CREAT, 0600));
    scene_start();
    for (size_t i = 0; i < VB_COUNT_OF(names); i++)
        assert_int_equal(access(scene_file(names[i]), F_OK), 0);
}

/* --- Writes that fail -------------------------------------------------------
 */

/* It forgets all, and nothing of it is found in the next process. */
static void a_disk_that_fails_turns_the_tier_off(void **state)
{
    (void)state;
    put_some();
    vb_disk_settle(scene_disk);
    failing = EIO;
    scene_put("GET https://h/c", OK, "c");
    vb_disk_settle(scene_disk);
    assert_true(vb_disk_stats(scene_disk).off);
    failing = 0;
    assert_span_equal(scene_found("GET https://h/c"), "c");
    put_some();
    all_are_there();
    scene_restart();
    assert_false(vb_disk_stats(scene_disk).off);
    assert_span_equal(scene_found("GET https://h/b"), "-");
    put_some();
    scene_restart();
    all_are_there();
}

/* Whatever becomes of the disk, what is invalid is not found. */
static void an_invalidation_that_cannot_be_written_turns_it_off(void **state)
{
    (void)state;
    put_some();
    vb_disk_settle(scene_disk);
    failing = EIO;
    vb_memory_purge(scene_tier, VB_SPAN("https://h/b"));
    failing = 0;
    scene_save();
    scene_stop();
    scene_bring_back();
    scene_start();
    assert_span_equal(scene_found("GET https://h/b"), "-");
    assert_span_equal(scene_found("GET https://h/g"), "-");
}

static void a_full_disk_loses_and_goes_on(void **state)
{
    (void)state;
    put_some();
    vb_disk_settle(scene_disk);
    failing = ENOSPC;
    scene_put("GET https://h/b", OK, "newer");
    vb_disk_settle(scene_disk);
    failing = 0;
    assert_false(vb_disk_stats(scene_disk).off);
    assert_span_equal(scene_found("GET https://h/b"), "newer");
    scene_put("GET https://h/c", OK, "c");
    scene_kill();
    scene_start();
    assert_span_equal(scene_found("GET https://h/b"), "-");
    assert_span_equal(scene_found("GET https://h/c"), "c");
}

/* Too many open files are others' doing, and pass. */
static void what_passes_does_not_turn_it_off(void **state)
{
    (void)state;
    put_some();
    vb_disk_settle(scene_disk);
    failing = EMFILE;
    fine_before = 1;
    scene_put("GET https://h/b", OK, "newer");
    vb_disk_settle(scene_disk);
    failing = 0;
    assert_false(vb_disk_stats(scene_disk).off);
    scene_kill();
    scene_start();
    assert_span_equal(scene_found("GET https://h/b"), "-");
    assert_span_equal(scene_found("GET https://h/g"), "in a group");
}

/* At each write, and with a part of it there: what was in its place is not. */
static void what_is_half_written_is_not_there(void **state)
{
    (void)state;
    for (int before = 0; before < 3; before++) {
        for (size_t by = 0; by < 60; by++) {
            put_some();
            vb_disk_settle(scene_disk);
            failing = ENOSPC;
            fine_before = before;
            short_by = by;
            scene_put("GET https://h/b", OK, "newer");
            vb_disk_settle(scene_disk);
            failing = 0;
            scene_put("GET https://h/c", OK, "c");
            scene_kill();
            scene_start();
            assert_false(
                vb_span_eq(scene_found("GET https://h/b"), VB_SPAN("b")));
            assert_span_equal(scene_found("GET https://h/c"), "c");
            vb_arena_reset(&scene_arena);
        }
    }
}

/* --- Several threads --------------------------------------------------------
 */

#define THREADS 4
#define KEYS    128

/* Responses are made beforehand: scenes are one thread's. */
static struct vb_caching_key keys[KEYS];
static struct vb_stored_response *responses[KEYS];
static const struct vb_fields *fields;

static void look(size_t at)
{
    struct vb_stored_response *stored = NULL;

    if (vb_memory_find(scene_tier, &keys[at], fields, &stored) !=
            VB_FOUND_ONE &&
        vb_memory_may_recall(scene_tier, &keys[at]))
        stored = vb_memory_recall(scene_tier, &keys[at], fields);
    if (stored == NULL)
        return;
    assert_true(vb_span_eq(stored->rep->content, responses[at]->rep->content));
    vb_stored_response_unref(stored);
}

static void *work(void *context)
{
    uint64_t random = (uint64_t)(uintptr_t)context * 7919 + 1;

    for (int i = 0; i < 4000; i++) {
        size_t at;

        random = random * 6364136223846793005 + 1442695040888963407;
        at = random >> 40 & (KEYS - 1);
        switch (random >> 60) {
        case 0:
            vb_memory_purge(scene_tier, keys[at].uri);
            break;
        case 1:
        case 2:
        case 3:
            (void)vb_memory_put(scene_tier, &keys[at],
                                vb_memory_moment(scene_tier), responses[at]);
            break;
        case 4:
            vb_memory_drop(scene_tier, &keys[at], responses[at]);
            break;
        default:
            look(at);
        }
    }
    return NULL;
}

static void threads_find_what_was_put(void **state)
{
    pthread_t threads[THREADS];

    (void)state;
    scene_stop();
    scene_memory_budget = 1 << 20;
    scene_start();
    for (size_t i = 0; i < KEYS; i++) {
        const struct vb_asked *asked = scene_ask(text_of(GET, i).ptr);

        keys[i] = scene_key(asked);
        responses[i] = scene_store(asked, scene_response(OK, NOON_MS, NOON_MS),
                                   content_of(20000 + i * 1000));
        fields = &asked->head->fields;
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_true(vb_disk_stats(scene_disk).stored > 0);
    assert_true(vb_disk_stats(scene_disk).loaded > 0);
    for (size_t i = 0; i < KEYS; i++)
        vb_stored_response_unref(responses[i]);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, set_up, scene_disk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_stored_is_there_after_a_restart),
        TEST(what_was_written_survives_a_kill),
        TEST(the_last_one_in_a_place_counts),
        TEST(a_machine_that_stopped_leaves_nothing),
        TEST(what_is_invalid_is_so_after_a_restart),
        TEST(what_is_invalid_is_so_after_a_kill),
        TEST(what_comes_later_is_valid),
        TEST(a_purge_of_all_holds),
        TEST(what_is_dropped_does_not_come_back),
        TEST(what_was_asked_for_before_a_change_does_not_count),
        TEST(what_memory_has_no_room_for_is_read_again),
        TEST(the_budget_is_kept_and_the_oldest_goes),
        TEST(many_small_ones_are_as_much_as_fewer_large_ones),
        TEST(a_start_makes_room),
        TEST(the_same_content_is_written_once),
        TEST(what_memory_has_at_the_end_is_there_after_it),
        TEST(a_client_cannot_make_a_chain_of_variants),
        TEST(parts_are_in_memory_until_they_are_all_of_it),
        TEST(a_directory_is_one_processs),
        TEST(a_directory_is_one_users),
        TEST(what_is_no_directory_is_refused),
        TEST(other_files_are_left_alone),
        TEST(a_disk_that_fails_turns_the_tier_off),
        TEST(an_invalidation_that_cannot_be_written_turns_it_off),
        TEST(a_full_disk_loses_and_goes_on),
        TEST(what_passes_does_not_turn_it_off),
        TEST(what_is_half_written_is_not_there),
        TEST(threads_find_what_was_put),
    };
#undef TEST

    return cmocka_run_group_tests_name("disk", tests, NULL, NULL);
}
