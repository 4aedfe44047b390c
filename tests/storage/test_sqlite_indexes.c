/*
 * What the SQLite file has of indexes: the same, whether they were kept from
 * the beginning or made of what was there.
 */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <time.h>

#include "invariants.h"
#include "scene.h"
#include "words.h"

enum { MANY = 2500, LOOKS = 2000 };

static void declare(struct scene *scene)
{
    struct vb_indexes *indexes = words_new();

    vb_store_index(scene->store, indexes);
    vb_indexes_unref(indexes);
}

static sqlite3 *look(const struct scene *scene)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    return db;
}

/* Until so many are whole, and none is on its way to be or to go. */
static void await(const struct scene *scene, int64_t whole)
{
    static const struct timespec pause = {.tv_nsec = 5000000};
    sqlite3 *db = look(scene);
    int64_t others = 1;

    for (int i = 0; others != 0 && i < LOOKS; i++) {
        others =
            scene_number(db, "SELECT count(*) FROM indexes WHERE state <> 1");
        if (scene_number(db, "SELECT count(*) FROM indexes") != whole)
            others = 1;
        nanosleep(&pause, NULL);
    }
    assert_int_equal(others, 0);
    sqlite3_close(db);
}

/* All keys, as one text. */
static void dump(const struct scene *scene, char *to, size_t size)
{
    sqlite3 *db = look(scene);
    sqlite3_stmt *statement;

    assert_int_equal(
        sqlite3_prepare_v2(
            db,
            "SELECT group_concat(name || hex(sort) || key, ' ') FROM (SELECT"
            " name, sort, key FROM index_key JOIN indexes ON idx = indexes.id"
            " JOIN record ON record.id = member ORDER BY name, sort, key)",
            -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    (void)snprintf(to, size, "%s",
                   (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void put(struct scene *scene, int i, const char *text)
{
    struct vb_change change;
    char key[32];

    (void)snprintf(key, sizeof(key), "/c/%d", i);
    change = rig_put(key, "/c", text);
    scene_change(scene, &change, 1);
}

/* Everything that can become of a record. */
static void write_some(struct scene *scene)
{
    struct vb_change change;
    struct vb_record *record;

    put(scene, 1, "a b");
    put(scene, 2, "c");
    put(scene, 3, "d d e");
    put(scene, 4, "");
    put(scene, 1, "a c");
    change = rig_bury("/c/2", "/c/3");
    scene_change(scene, &change, 1);
    change = rig_delete("/c/3");
    scene_change(scene, &change, 1);
    put(scene, 2, "new");
    record = scene_read(scene, "/c/4");
    change = rig_put("/c/4", "", "amended");
    change.kind = VB_CHANGE_AMEND;
    change.expect = record->revision;
    scene_change(scene, &change, 1);
    vb_record_unref(record);
}

static const char expected[] =
    "first word6100/c/1 first word616D656E64656400/c/4 first word6E657700/c/2"
    " words6100/c/1 words616D656E64656400/c/4 words6300/c/1 words6E657700/c/2";

/* The keys of all that write_some has written, and a file that is sound. */
static void close_with_expected(struct scene *scene)
{
    char text[1000];

    dump(scene, text, sizeof(text));
    assert_string_equal(text, expected);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

static void keys_are_kept_with_every_commit(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    declare(scene);
    write_some(scene);
    close_with_expected(scene);
}

static void an_index_is_made_of_what_is_there(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    write_some(scene);
    declare(scene);
    await(scene, WORDS_COUNT);
    close_with_expected(scene);
}

/* Stopped after each step or two, it goes on where it was; what is written
 * meanwhile is in it as well. */
static void making_goes_on_after_a_restart(void **state)
{
    struct scene *scene = *state;
    sqlite3 *db;

    scene_open(scene);
    for (int i = 0; i < MANY; i++)
        put(scene, i, i % 2 == 0 ? "even" : "odd b");
    for (int i = 0; i < 3; i++) {
        declare(scene);
        put(scene, i, "x");
        put(scene, MANY + i, "x");
        scene_reopen(scene);
    }
    declare(scene);
    await(scene, WORDS_COUNT);
    db = look(scene);
    assert_int_equal(scene_number(db, "SELECT count(*) FROM index_key"),
                     2 * (MANY + 3) + (MANY - 2) / 2);
    assert_int_equal(
        scene_number(db, "SELECT count(*) FROM index_key WHERE sort = x'7800'"),
        2 * 6);
    sqlite3_close(db);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

/* Who writes and knows of no indexes cannot keep them: they are no longer
 * whole, and made anew. Who writes nothing leaves them alone. */
static void who_does_not_keep_them_lets_them_go(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    declare(scene);
    write_some(scene);
    await(scene, WORDS_COUNT);
    scene_reopen(scene);
    await(scene, WORDS_COUNT);
    put(scene, 1, "a");
    put(scene, 1, "a c");
    await(scene, 0);
    scene_reopen(scene);
    declare(scene);
    await(scene, WORDS_COUNT);
    close_with_expected(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(keys_are_kept_with_every_commit),
        scene_test(an_index_is_made_of_what_is_there),
        scene_test(making_goes_on_after_a_restart),
        scene_test(who_does_not_keep_them_lets_them_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
