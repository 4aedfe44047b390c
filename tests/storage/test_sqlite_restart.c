/*
 * What the SQLite engine keeps over a restart, what it sweeps, and how it
 * works inside where the outside cannot tell.
 */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/state.h"

/* --- What a restart keeps. --- */

static void restart_keeps_everything(void **state)
{
    struct scene *scene = *state;
    static const struct vb_claim claim = {VB_SPAN_INIT("s"), VB_SPAN_INIT("v")};
    static const struct vb_span target = VB_SPAN_INIT("/b/1");
    struct vb_change changes[] = {rig_put("/a/1", "/a", "one"),
                                  rig_put("/b/1", "/b", "two"),
                                  rig_put("/a/2", "/a", "three")};
    struct vb_collection_read before = {.parent = VB_SPAN("/a")};
    struct vb_collection_read after = before;
    struct vb_change refused = rig_delete("/b/1");
    struct vb_record *old, *new;
    char epoch[9];

    changes[0].claims = &claim;
    changes[0].claim_count = 1;
    changes[0].references = &target;
    changes[0].reference_count = 1;
    scene_open(scene);
    scene_change(scene, changes, 3);
    memcpy(epoch, scene->store->epoch, sizeof(epoch));
    old = scene_read(scene, "/a/1");
    assert_int_equal(rig_collection(&scene->worker, &before), VB_OK);
    scene_reopen(scene);
    assert_string_equal(scene->store->epoch, epoch);
    new = scene_read(scene, "/a/1");
    assert_int_equal(new->revision, old->revision);
    assert_int_equal(new->position, old->position);
    assert_int_equal(new->created_ms, old->created_ms);
    assert_int_equal(new->modified_ms, old->modified_ms);
    assert_span_equal(new->content, "one");
    assert_span_equal(new->parent, "/a");
    assert_span_equal(new->media_type, "application/json");
    assert_int_equal(rig_collection(&scene->worker, &after), VB_OK);
    assert_int_equal(after.revision, before.revision);
    assert_int_equal(after.count, 2);
    assert_int_equal(after.modified_ms, before.modified_ms);
    assert_int_equal(rig_change(&scene->worker, &refused, 1, NULL),
                     VB_ERR_CONFLICT);
    refused = rig_put("/c", "", "c");
    refused.claims = &claim;
    refused.claim_count = 1;
    assert_int_equal(rig_change(&scene->worker, &refused, 1, NULL),
                     VB_ERR_CONFLICT);
    vb_record_unref(old);
    vb_record_unref(new);
    scene_close(scene);
}

static void epoch_is_new_with_each_store(void **state)
{
    struct scene *scene = *state;
    char epoch[9];

    scene_open(scene);
    memcpy(epoch, scene->store->epoch, sizeof(epoch));
    scene_close(scene);
    unlink(scene->path);
    scene_open(scene);
    assert_string_not_equal(scene->store->epoch, epoch);
    scene_close(scene);
}

static void revision_and_position_do_not_return_after_restart(void **state)
{
    struct scene *scene = *state;
    uint64_t revision = 0, position = 0;

    scene_open(scene);
    for (int i = 0; i < 4; i++) {
        struct vb_change change = rig_put("/a", "/", "x");
        struct vb_record *record;

        scene_change(scene, &change, 1);
        record = scene_read(scene, "/a");
        assert_true(record->revision > revision);
        assert_true(record->position > position);
        revision = record->revision;
        position = record->position;
        vb_record_unref(record);
        change = rig_delete("/a");
        scene_change(scene, &change, 1);
        scene_reopen(scene);
    }
    scene_close(scene);
}

static int64_t take_number(struct scene *scene)
{
    struct vb_number_take take = {.parent = VB_SPAN("/n")};

    assert_int_equal(rig_number(&scene->worker, &take), VB_OK);
    return take.number;
}

static void number_does_not_return_after_restart_nor_is_one_lost(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    for (int64_t i = 1; i < 12; i += 3) {
        struct vb_change change = rig_put("/n/1", "/n", "x");

        assert_int_equal(take_number(scene), i);
        assert_int_equal(take_number(scene), i + 1);
        scene_change(scene, &change, 1);
        assert_int_equal(take_number(scene), i + 2); /* no commit follows */
        change = rig_delete("/n/1");
        if (i == 4)
            scene_change(scene, &change, 1);
        scene_reopen(scene);
    }
    scene_close(scene);
}

/* --- Blobs at the start. --- */

static uint64_t write_blob(struct scene *scene, uint64_t chunks)
{
    uint64_t blob = vb_store_blob_new(scene->worker.client);
    char *bytes = calloc(1, VB_STORE_CHUNK);

    for (uint64_t i = 0; i < chunks; i++) {
        struct vb_chunk_write write = {
            .blob = blob, .index = i, .bytes = {bytes, VB_STORE_CHUNK}};

        assert_int_equal(rig_chunk_write(&scene->worker, &write), VB_OK);
    }
    free(bytes);
    return blob;
}

static enum vb_err read_chunk(struct scene *scene, uint64_t blob,
                              uint64_t index)
{
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_chunk_read read = {.blob = blob, .index = index, .bytes = bytes};
    enum vb_err err = rig_chunk_read(&scene->worker, &read);

    free(bytes);
    return err;
}

static void assert_blob_goes(struct scene *scene, uint64_t blob,
                             uint64_t chunks)
{
    for (int i = 0; i < 5000; i++) {
        bool there = false;

        for (uint64_t j = 0; j < chunks; j++)
            there = there || read_chunk(scene, blob, j) == VB_OK;
        vb_store_turn_end(scene->worker.client);
        if (!there)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    fail_msg("the blob is still there");
}

static void unreferenced_blobs_are_swept_at_the_start(void **state)
{
    struct scene *scene = *state;
    struct vb_change put = rig_put("/f", "", "");
    uint64_t kept, unfinished, replaced, fresh;
    struct vb_record *record;

    scene_open(scene);
    replaced = write_blob(scene, 2);
    put.blob = replaced;
    put.length = 2 * VB_STORE_CHUNK;
    scene_change(scene, &put, 1);
    unfinished = write_blob(scene, 40);
    kept = write_blob(scene, 2);
    /* Held to the end: so its removal is left to the next start. */
    record = scene_read(scene, "/f");
    put.blob = kept;
    scene_change(scene, &put, 1);
    assert_int_equal(read_chunk(scene, replaced, 0), VB_OK);
    vb_store_turn_end(scene->worker.client);
    rig_worker_done(&scene->worker);
    vb_record_unref(record);
    vb_store_close(scene->store);
    scene_open(scene);
    assert_blob_goes(scene, unfinished, 40);
    assert_blob_goes(scene, replaced, 2);
    assert_int_equal(read_chunk(scene, kept, 0), VB_OK);
    assert_int_equal(read_chunk(scene, kept, 1), VB_OK);
    /* A new name, not one that a record has. */
    fresh = vb_store_blob_new(scene->worker.client);
    assert_true(fresh > kept);
    scene_close(scene);
}

/* --- How it works inside, where the outside cannot tell. --- */

static void writer_syncs_every_commit_and_writes_a_log(void **state)
{
    struct scene *scene = *state;
    sqlite3 *db;

    scene_open(scene);
    /* Its thread rests: nothing has been asked of it. */
    db = vb__sqlite_of(scene->store)->writer.db;
    assert_int_equal(scene_number(db, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(scene_number(db, "PRAGMA secure_delete"), 0);
    assert_int_equal(scene_number(db, "PRAGMA page_size"), 4096);
    assert_int_equal(
        scene_number(db,
                     "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
        1);
    scene_close(scene);
}

/* A reader that has begun might yet find the blob, before it can pin it. */
static void blob_stays_while_an_older_snapshot_could_show_it(void **state)
{
    struct scene *scene = *state;
    struct vb_change put = rig_put("/f", "", "");
    struct vb_record *record = NULL;
    struct rig_worker other;
    uint64_t blob;

    scene_open(scene);
    assert_true(rig_worker_init(&other, scene->store, NULL));
    blob = write_blob(scene, 2);
    put.blob = blob;
    put.length = 2 * VB_STORE_CHUNK;
    scene_change(scene, &put, 1);
    vb_store_turn_end(scene->worker.client);
    assert_int_equal(rig_read(&other, VB_SPAN("/none"), &record), VB_OK);
    put = rig_delete("/f");
    scene_change(scene, &put, 1);
    for (int i = 0; i < 10; i++) { /* the writer has every opportunity */
        put = rig_put("/x", "", "x");
        scene_change(scene, &put, 1);
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    assert_int_equal(read_chunk(scene, blob, 0), VB_OK);
    assert_int_equal(read_chunk(scene, blob, 1), VB_OK);
    vb_store_turn_end(other.client);
    assert_blob_goes(scene, blob, 2);
    rig_worker_done(&other);
    scene_close(scene);
}

static uint64_t history_from(struct scene *scene, uint64_t beyond,
                             size_t want_count)
{
    struct vb_history_read read = {
        .beyond = beyond, .limit = 10, .byte_limit = 4096};

    assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
    assert_int_equal(read.count, want_count);
    vb_history_read_done(&read);
    return read.now;
}

/* Who has followed goes on after it, and what is beyond the bound goes. */
static void history_outlives_the_store(void **state)
{
    struct scene *scene = *state;
    struct vb_change put = rig_put("/x", "", "one");
    struct vb_history_read read = {.limit = 1};
    uint64_t from, now;

    scene_open(scene);
    from = history_from(scene, 0, 0);
    scene_change(scene, &put, 1);
    put.content = VB_SPAN("two");
    scene_change(scene, &put, 1);
    now = history_from(scene, from, 2);
    scene_reopen(scene);
    assert_int_equal(history_from(scene, from, 2), now);
    assert_int_equal(history_from(scene, now, 0), now);
    vb_store_keep_history(scene->store, 0);
    scene_change(scene, &put, 1);
    scene_reopen(scene);
    read.beyond = now;
    assert_int_equal(rig_history(&scene->worker, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    assert_int_equal(history_from(scene, read.now, 0), read.kept);
    scene_close(scene);
}

struct statement {
    const char *name;
    const char *sql;
};

/* They want all of a table: its one row, what has to be swept, or what there is
 * an index of; or of a part that is no longer than what is asked for. */
static bool should_walk(const char *name)
{
    static const char *const walks[] = {"STATE_SAVE", "LOOSE_ALL", "INDEX_ALL",
                                        "KEYS_COUNT"};

    for (size_t i = 0; i < VB_COUNT_OF(walks); i++)
        if (strcmp(name, walks[i]) == 0)
            return true;
    return false;
}

static void assert_plan(sqlite3 *db, const struct statement *row)
{
    char *explain = sqlite3_mprintf("EXPLAIN QUERY PLAN %s", row->sql);
    sqlite3_stmt *statement;

    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *detail = (const char *)sqlite3_column_text(statement, 3);

        if ((strstr(detail, "SCAN") != NULL && !should_walk(row->name)) ||
            strstr(detail, "TEMP B-TREE") != NULL ||
            strstr(detail, "AUTOMATIC") != NULL)
            fail_msg("%s: %s", row->name, detail);
    }
    sqlite3_finalize(statement);
    sqlite3_free(explain);
}

/* Time grows with what is asked for, not with what is stored. */
static void no_statement_walks_or_sorts_a_table(void **state)
{
    struct scene *scene = *state;
    static const struct statement rows[] = {
#define VB__X(name, text) {#name, text},
        VB__READER_STATEMENTS(VB__X) VB__WRITER_STATEMENTS(VB__X)
#undef VB__X
    };
    sqlite3 *db;

    scene_open(scene);
    scene_close(scene);
    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_plan(db, &rows[i]);
    sqlite3_close(db);
}

/* --- The log's length. --- */

static int log_pages(struct scene *scene)
{
    struct stat st;
    char path[300];

    (void)snprintf(path, sizeof(path), "%s-wal", scene->path);
    assert_int_equal(stat(path, &st), 0);
    return (int)(st.st_size / 4096);
}

static void write_much(struct scene *scene, int mebibytes)
{
    size_t size = (size_t)128 * 1024;
    char *bytes = malloc(size);
    struct vb_change put = rig_put("/big", "", "");

    put.content = vb_span_of(bytes, size);
    put.length = size;
    for (int i = 0; i < mebibytes * 8; i++) {
        memset(bytes, i, size); /* what is the same would not be written */
        scene_change(scene, &put, 1);
    }
    free(bytes);
}

/* 16 MiB are its step: with readers that end their turns it stays near it. */
static void log_stays_short_beside_readers_that_end_their_turns(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    for (int i = 0; i < 8; i++) {
        write_much(scene, 8);
        vb_record_unref(scene_read(scene, "/big"));
        vb_store_turn_end(scene->worker.client);
    }
    assert_in_range(log_pages(scene), 1, 2 * 4096 + 2000);
    scene_close(scene);
}

static void log_is_started_anew_after_a_long_snapshot(void **state)
{
    struct scene *scene = *state;
    struct rig_worker sleeper;
    struct vb_record *record = NULL;
    struct vb__writer *writer;
    int pages;

    scene_open(scene);
    assert_true(rig_worker_init(&sleeper, scene->store, NULL));
    write_much(scene, 1);
    assert_int_equal(rig_read(&sleeper, VB_SPAN("/big"), &record), VB_OK);
    vb_record_unref(record);
    write_much(scene, 40);
    pages = log_pages(scene);
    assert_true(pages > 2 * 4096); /* it is held, else this tests nothing */
    vb_store_turn_end(sleeper.client);
    write_much(scene, 40);
    assert_in_range(log_pages(scene), 1, pages + 6000);
    rig_worker_done(&sleeper);
    rig_worker_done(&scene->worker);
    writer = &vb__sqlite_of(scene->store)->writer;
    vb__writer_stop(writer); /* so that what is its own may be looked at */
    assert_in_range(writer->log.pages, 1, 3 * 4096);
    assert_int_equal(vb__writer_start(writer), VB_OK);
    vb_store_close(scene->store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(restart_keeps_everything),
        scene_test(epoch_is_new_with_each_store),
        scene_test(revision_and_position_do_not_return_after_restart),
        scene_test(number_does_not_return_after_restart_nor_is_one_lost),
        scene_test(unreferenced_blobs_are_swept_at_the_start),
        scene_test(writer_syncs_every_commit_and_writes_a_log),
        scene_test(blob_stays_while_an_older_snapshot_could_show_it),
        scene_test(history_outlives_the_store),
        scene_test(no_statement_walks_or_sorts_a_table),
        scene_test(log_stays_short_beside_readers_that_end_their_turns),
        scene_test(log_is_started_anew_after_a_long_snapshot),
    };

    return cmocka_run_group_tests_name("storage/sqlite restart", tests, NULL,
                                       NULL);
}
