/*
 * The disk tier against a model, and against damage: whatever happens, what is
 * found is what was stored last and is not invalid, or nothing.
 */
#include "disk_scene.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "caching/disk_record.h"

#define KEYS     12
#define VARIANTS 3

/* Which one was stored last, by its number; 0: none, or it is invalid. */
static unsigned model[KEYS][VARIANTS];
static unsigned last;

static uint64_t seed;

static unsigned draw(unsigned below)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (unsigned)(seed >> 33) % below;
}

static const char *request_of(unsigned key, unsigned variant)
{
    return vb_arena_printf(&scene_arena, "GET https://h/%u\nX: %u", key,
                           variant)
        .ptr;
}

/* Its number, and how long it is follows from that. */
static const char *content_of(unsigned number)
{
    size_t len = number * 7919 % 30000;
    char *content = vb_arena_alloc(&scene_arena, len + 16);

    memset(content, 'x', len + 16);
    content[snprintf(content, 16, "%u.", number)] = 'x';
    content[len + 15] = '\0';
    return content;
}

static void store(unsigned key, unsigned variant)
{
    const char *response =
        vb_arena_printf(&scene_arena, OK "\nVary: X\nCache-Groups: \"g%u\"",
                        key % 3)
            .ptr;

    model[key][variant] = ++last;
    assert_true(
        scene_put(request_of(key, variant), response, content_of(last)));
}

static void forget(unsigned key)
{
    memset(model[key], 0, sizeof(model[key]));
}

static void invalidate(void)
{
    unsigned key = draw(KEYS), group = key % 3;
    const struct vb_asked *asked;
    struct vb_caching_key of;
    struct vb_stored_response *stored;

    switch (draw(8)) {
    case 0:
        vb_memory_purge_all(scene_tier);
        memset(model, 0, sizeof(model));
        break;
    case 1:
        vb_memory_purge_group(scene_tier, VB_SPAN("https://h"),
                              vb_arena_printf(&scene_arena, "g%u", group));
        for (unsigned i = group; i < KEYS; i += 3)
            forget(i);
        break;
    case 2:
        asked = scene_ask(request_of(key, 0));
        of = scene_key(asked);
        if (vb_memory_find(scene_tier, &of, &asked->head->fields, &stored) !=
            VB_FOUND_ONE)
            break;
        vb_memory_drop(scene_tier, &of, stored);
        vb_stored_response_unref(stored);
        forget(key);
        break;
    default:
        vb_memory_purge(scene_tier,
                        vb_arena_printf(&scene_arena, "https://h/%u", key));
        forget(key);
    }
}

/* `all`: and nothing was lost. */
static void check(unsigned key, unsigned variant, bool all)
{
    struct vb_span found = scene_found(request_of(key, variant));

    if (vb_span_eq(found, VB_SPAN("-")) && (!all || model[key][variant] == 0))
        return;
    if (model[key][variant] == 0)
        fail_msg("%u/%u is not there, and found", key, variant);
    assert_true(
        vb_span_eq(found, vb_span_str(content_of(model[key][variant]))));
}

static void check_all(bool all)
{
    for (unsigned key = 0; key < KEYS; key++)
        for (unsigned variant = 0; variant < VARIANTS; variant++)
            check(key, variant, all);
}

static void step(bool all)
{
    switch (draw(40)) {
    case 0:
        scene_restart();
        check_all(all);
        break;
    case 1:
        scene_kill();
        scene_start();
        check_all(all);
        break;
    case 2:
    case 3:
        invalidate();
        break;
    case 4:
        vb_disk_settle(scene_disk);
        break;
    default:
        if (draw(2) == 0)
            store(draw(KEYS), draw(VARIANTS));
        else
            check(draw(KEYS), draw(VARIANTS), false);
    }
}

static void run(uint64_t with, unsigned steps, bool all)
{
    seed = with;
    last = 0;
    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < steps; i++) {
        step(all);
        if (all) /* it need not keep up else */
            vb_disk_settle(scene_disk);
        vb_arena_reset(&scene_arena);
    }
}

static void with_room_nothing_is_lost(void **state)
{
    (void)state;
    scene_stop();
    scene_disk_budget = 64 << 20;
    scene_start();
    run(1, 1200, true);
}

static void without_room_nothing_is_wrong(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        scene_stop();
        scene_disk_budget = (1 + i % 3) << 20;
        scene_memory_budget = (size_t)(1 + i % 2) << 20;
        scene_start();
        vb_memory_purge_all(scene_tier);
        run(i + 7, 400, false);
    }
}

/* --- Damage -----------------------------------------------------------------
 */

/* Its files, with some in each place, superseded and invalid ones. */
static void prepare(void)
{
    seed = 3;
    last = 0;
    memset(model, 0, sizeof(model));
    for (unsigned i = 0; i < 60; i++) {
        store(draw(KEYS), draw(VARIANTS));
        if (i % 10 == 9)
            invalidate();
        vb_disk_settle(scene_disk);
        vb_arena_reset(&scene_arena);
    }
    scene_kill();
    scene_save();
}

static void look_at_it(void)
{
    scene_start();
    check_all(false);
    scene_stop();
    vb_arena_reset(&scene_arena);
}

/* Some file of the directory. */
static const char *any_file(void)
{
    DIR *dir = opendir(scene_directory());
    const struct dirent *file;
    static char name[256];
    unsigned count = 0;

    while ((file = readdir(dir)) != NULL)
        if (file->d_name[0] != '.' && draw(++count) == 0)
            snprintf(name, sizeof(name), "%s", file->d_name);
    closedir(dir);
    return scene_file(name);
}

static void whatever_byte_is_changed_nothing_is_wrong(void **state)
{
    (void)state;
    prepare();
    for (unsigned i = 0; i < 100; i++) {
        int fd;
        off_t size;

        scene_bring_back();
        for (unsigned n = 1 + draw(3); n > 0; n--) {
            char byte = (char)draw(256);

            fd = open(any_file(), O_RDWR);
            size = lseek(fd, 0, SEEK_END);
            if (size > 0)
                assert_int_equal(
                    pwrite(fd, &byte, 1, (off_t)draw((unsigned)size)), 1);
            close(fd);
        }
        look_at_it();
    }
}

/* All heads are in one segment: every fifth byte of them. */
static void whatever_byte_of_a_head_is_changed_nothing_is_wrong(void **state)
{
    int fd;
    char byte;

    (void)state;
    seed = 5;
    last = 0;
    memset(model, 0, sizeof(model));
    store(0, 0);
    store(0, 0);
    scene_kill();
    scene_save();
    for (off_t at = 0;; at += 5) {
        scene_bring_back();
        fd = open(scene_file("0000000000000000.heads"), O_RDWR);
        if (pread(fd, &byte, 1, at) != 1)
            break;
        byte = (char)(byte ^ 1 << at % 8);
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        close(fd);
        scene_start();
        assert_span_equal(scene_found(request_of(0, 0)), "-");
        scene_stop();
        vb_arena_reset(&scene_arena);
    }
    close(fd);
}

/* As a process leaves it that is killed while it writes: all before is there.
 */
static void wherever_it_is_torn_off_the_rest_is_there(void **state)
{
    off_t first, size;
    int fd;

    (void)state;
    scene_put(GET, OK, "a");
    vb_disk_settle(scene_disk);
    fd = open(scene_file("0000000000000000.heads"), O_RDWR);
    first = lseek(fd, 0, SEEK_END);
    close(fd);
    scene_put("GET https://h/b", OK, "b");
    scene_kill();
    scene_save();
    for (size = first;; size += 3) {
        scene_bring_back();
        fd = open(scene_file("0000000000000000.heads"), O_RDWR);
        if (lseek(fd, 0, SEEK_END) <= size)
            break;
        assert_int_equal(ftruncate(fd, size), 0);
        close(fd);
        scene_start();
        assert_span_equal(scene_found(GET), "a");
        assert_span_equal(scene_found("GET https://h/b"), "-");
        scene_put("GET https://h/c", OK, "c");
        scene_restart();
        assert_span_equal(scene_found(GET), "a");
        assert_span_equal(scene_found("GET https://h/c"), "c");
        scene_stop();
        vb_arena_reset(&scene_arena);
    }
    close(fd);
    scene_start();
    assert_span_equal(scene_found("GET https://h/b"), "b");
}

static void files_that_are_missing_or_cut_make_nothing_wrong(void **state)
{
    (void)state;
    prepare();
    for (unsigned i = 0; i < 30; i++) {
        const char *file;
        int fd;

        scene_bring_back();
        file = any_file();
        fd = open(file, O_RDWR);
        if (draw(2) == 0)
            unlink(file);
        else
            assert_int_equal(
                ftruncate(fd,
                          (off_t)draw((unsigned)lseek(fd, 0, SEEK_END) + 1)),
                0);
        close(fd);
        scene_start();
        scene_stop();
    }
}

/* --- Records ----------------------------------------------------------------
 */

static const struct vb_hash_key secret = {1, 2};

static void write_one(struct vb_buf *buf, struct vb__disk_at where)
{
    const struct vb__disk_record record = {
        .kind = VB__DISK_STORED,
        .has_content = true,
        .moment = 7,
        .key_hash = 8,
        .place_hash = 9,
        .content = {.segment = 1, .check = 2, .at = 3, .len = 4},
        .uri_len = 2,
        .key = VB_SPAN("keys"),
    };

    vb_buf_init(buf, 1000);
    vb__disk_record_write(buf, &record);
    vb_buf_str(buf, "frozen");
    vb__disk_record_seal(buf, 0, &secret, where);
    assert_int_equal(buf->err, VB_OK);
}

static void a_record_is_one_in_its_place_only(void **state)
{
    const struct vb__disk_at where = {5, 6};
    const struct vb_hash_key others = {1, 3};
    struct vb__disk_record record;
    struct vb_buf buf;
    size_t len;

    (void)state;
    write_one(&buf, where);
    assert_int_equal(
        vb__disk_record_read(vb_buf_span(&buf), &secret, where, &record, &len),
        VB__DISK_WHOLE);
    assert_int_equal(len, buf.len);
    assert_int_equal(record.moment, 7);
    assert_int_equal(record.content.at, 3);
    assert_span_equal(record.key, "keys");
    assert_span_equal(record.frozen, "frozen");
    assert_int_equal(
        vb__disk_record_read(vb_buf_span(&buf), &others, where, &record, &len),
        VB__DISK_BAD);
    assert_int_equal(vb__disk_record_read(vb_buf_span(&buf), &secret,
                                          (struct vb__disk_at){5, 7}, &record,
                                          &len),
                     VB__DISK_BAD);
    assert_int_equal(vb__disk_record_read(vb_buf_span(&buf), &secret,
                                          (struct vb__disk_at){4, 6}, &record,
                                          &len),
                     VB__DISK_BAD);
    vb_buf_done(&buf);
}

static void a_record_that_is_cut_off_is_torn(void **state)
{
    const struct vb__disk_at where = {5, 6};
    struct vb__disk_record record;
    struct vb_buf buf;
    size_t len;

    (void)state;
    write_one(&buf, where);
    for (size_t i = 0; i < buf.len; i++) {
        char *cut = malloc(i + 1);

        memcpy(cut, buf.ptr, i);
        assert_int_equal(vb__disk_record_read(vb_span_of(cut, i), &secret,
                                              where, &record, &len),
                         VB__DISK_TORN);
        assert_true(len == 0 || len == buf.len);
        free(cut);
    }
    vb_buf_done(&buf);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, scene_disk_set_up,                   \
                                    scene_disk_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(with_room_nothing_is_lost),
        TEST(without_room_nothing_is_wrong),
        TEST(whatever_byte_is_changed_nothing_is_wrong),
        TEST(whatever_byte_of_a_head_is_changed_nothing_is_wrong),
        TEST(wherever_it_is_torn_off_the_rest_is_there),
        TEST(files_that_are_missing_or_cut_make_nothing_wrong),
        cmocka_unit_test(a_record_is_one_in_its_place_only),
        cmocka_unit_test(a_record_that_is_cut_off_is_torn),
    };
#undef TEST

    return cmocka_run_group_tests_name("disk, a model", tests, NULL, NULL);
}
