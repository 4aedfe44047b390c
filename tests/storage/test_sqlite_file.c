/*
 * What the SQLite engine does with files: its own, older and newer ones,
 * strangers', broken ones, those that another process has.
 */
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "rig.h"
#include "scratch.h"
#include "storage/sqlite/reader.h"
#include "storage/sqlite/schema.h"
#include "storage/sqlite/state.h"

extern char **environ;

struct scene {
    char folder[200];
    char path[256];
    struct vb_store *store;
    struct rig_worker worker;
    char why[1000]; /* of the last try to open */
};

static enum vb_err try_url(struct scene *scene, const char *url)
{
    struct vb_buf why;
    enum vb_err err;

    vb_buf_init(&why, sizeof(scene->why) - 1);
    err = vb_store_open(vb_span_str(url), &scene->store, &why);
    if (why.len > 0)
        memcpy(scene->why, why.ptr, why.len);
    scene->why[why.len] = '\0';
    vb_buf_done(&why);
    return err;
}

static enum vb_err try_path(struct scene *scene, const char *path)
{
    char url[320];

    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    return try_url(scene, url);
}

static void open_store(struct scene *scene)
{
    enum vb_err err = try_path(scene, scene->path);

    if (err != VB_OK)
        fail_msg("%s", scene->why);
    assert_true(rig_worker_init(&scene->worker, scene->store, NULL));
}

static void close_store(struct scene *scene)
{
    rig_worker_done(&scene->worker);
    vb_store_close(scene->store);
    scene->store = NULL;
}

static void reopen_store(struct scene *scene)
{
    close_store(scene);
    open_store(scene);
}

static int open_scene(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scratch_make(scene->folder, sizeof(scene->folder));
    (void)snprintf(scene->path, sizeof(scene->path), "%s/store.db",
                   scene->folder);
    *state = scene;
    return 0;
}

static int close_scene(void **state)
{
    struct scene *scene = *state;

    scratch_remove(scene->path);
    free(scene);
    return 0;
}

static struct vb_record *must_read(struct scene *scene, const char *key)
{
    struct vb_record *record = NULL;

    assert_int_equal(rig_read(&scene->worker, vb_span_str(key), &record),
                     VB_OK);
    assert_non_null(record);
    return record;
}

static void must_change(struct scene *scene, const struct vb_change *changes,
                        size_t count)
{
    assert_int_equal(rig_change(&scene->worker, changes, count, NULL), VB_OK);
}

/* The file as another program would see it. */
static void sql(struct scene *scene, const char *script)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, script, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

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
    open_store(scene);
    must_change(scene, changes, 3);
    memcpy(epoch, scene->store->epoch, sizeof(epoch));
    old = must_read(scene, "/a/1");
    assert_int_equal(rig_collection(&scene->worker, &before), VB_OK);
    reopen_store(scene);
    assert_string_equal(scene->store->epoch, epoch);
    new = must_read(scene, "/a/1");
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
    close_store(scene);
}

static void epoch_is_new_with_each_store(void **state)
{
    struct scene *scene = *state;
    char epoch[9];

    open_store(scene);
    memcpy(epoch, scene->store->epoch, sizeof(epoch));
    close_store(scene);
    unlink(scene->path);
    open_store(scene);
    assert_string_not_equal(scene->store->epoch, epoch);
    close_store(scene);
}

static void revision_and_position_do_not_return_after_restart(void **state)
{
    struct scene *scene = *state;
    uint64_t revision = 0, position = 0;

    open_store(scene);
    for (int i = 0; i < 4; i++) {
        struct vb_change change = rig_put("/a", "/", "x");
        struct vb_record *record;

        must_change(scene, &change, 1);
        record = must_read(scene, "/a");
        assert_true(record->revision > revision);
        assert_true(record->position > position);
        revision = record->revision;
        position = record->position;
        vb_record_unref(record);
        change = rig_delete("/a");
        must_change(scene, &change, 1);
        reopen_store(scene);
    }
    close_store(scene);
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

    open_store(scene);
    for (int64_t i = 1; i < 12; i += 3) {
        struct vb_change change = rig_put("/n/1", "/n", "x");

        assert_int_equal(take_number(scene), i);
        assert_int_equal(take_number(scene), i + 1);
        must_change(scene, &change, 1);
        assert_int_equal(take_number(scene), i + 2); /* no commit follows */
        change = rig_delete("/n/1");
        if (i == 4)
            must_change(scene, &change, 1);
        reopen_store(scene);
    }
    close_store(scene);
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

    open_store(scene);
    replaced = write_blob(scene, 2);
    put.blob = replaced;
    put.length = 2 * VB_STORE_CHUNK;
    must_change(scene, &put, 1);
    unfinished = write_blob(scene, 40);
    kept = write_blob(scene, 2);
    /* Held to the end: so its removal is left to the next start. */
    record = must_read(scene, "/f");
    put.blob = kept;
    must_change(scene, &put, 1);
    assert_int_equal(read_chunk(scene, replaced, 0), VB_OK);
    vb_store_turn_end(scene->worker.client);
    rig_worker_done(&scene->worker);
    vb_record_unref(record);
    vb_store_close(scene->store);
    open_store(scene);
    assert_blob_goes(scene, unfinished, 40);
    assert_blob_goes(scene, replaced, 2);
    assert_int_equal(read_chunk(scene, kept, 0), VB_OK);
    assert_int_equal(read_chunk(scene, kept, 1), VB_OK);
    /* A new name, not one that a record has. */
    fresh = vb_store_blob_new(scene->worker.client);
    assert_true(fresh > kept);
    close_store(scene);
}

/* --- Whose file is it? --- */

static void newer_file_is_refused_and_left_alone(void **state)
{
    struct scene *scene = *state;

    open_store(scene);
    close_store(scene);
    sql(scene, "PRAGMA user_version = 999");
    assert_int_equal(try_path(scene, scene->path), VB_ERR_NEWER);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, "999"));
    assert_non_null(strstr(scene->why, "newer"));
    assert_null(strchr(scene->why, '\n'));
    sql(scene, "PRAGMA user_version = 1");
    open_store(scene);
    close_store(scene);
}

static void database_of_another_program_is_refused_and_left_alone(void **state)
{
    struct scene *scene = *state;
    static const char *const scripts[] = {
        "CREATE TABLE bookmark (url)",
        "PRAGMA application_id = 77; CREATE TABLE t (a)",
        "PRAGMA user_version = 1; CREATE TABLE record (id)",
        "PRAGMA application_id = 77",
    };

    for (size_t i = 0; i < VB_COUNT_OF(scripts); i++) {
        struct stat before, after;

        sql(scene, scripts[i]);
        assert_int_equal(stat(scene->path, &before), 0);
        assert_int_equal(try_path(scene, scene->path), VB_ERR_CORRUPT);
        assert_non_null(strstr(scene->why, scene->path));
        assert_non_null(strstr(scene->why, "another program"));
        assert_int_equal(stat(scene->path, &after), 0);
        assert_int_equal(before.st_size, after.st_size);
        assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
        unlink(scene->path);
    }
}

static void file_that_is_no_database_is_refused(void **state)
{
    struct scene *scene = *state;
    char bytes[10000];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (char)(i * 13);
    write_file(scene->path, bytes, sizeof(bytes));
    assert_int_equal(try_path(scene, scene->path), VB_ERR_CORRUPT);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, "not a database"));
    write_file(scene->path, "SQLite format 3", 16);
    assert_int_equal(try_path(scene, scene->path), VB_ERR_CORRUPT);
}

/* An operator may have made the file before, to give it a mode and an owner. */
static void empty_file_becomes_a_store(void **state)
{
    struct scene *scene = *state;

    write_file(scene->path, "", 0);
    open_store(scene);
    must_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    close_store(scene);
}

/* Every page but the first is overwritten: reading says so and goes on. */
static void damaged_pages_are_an_error_and_no_crash(void **state)
{
    struct scene *scene = *state;
    struct vb_record *record = NULL;
    struct vb_change change = rig_put("/a", "/p", "a");
    struct vb_list_read list = {
        .parent = VB_SPAN("/p"), .limit = 10, .byte_limit = 100};
    struct stat st;
    char junk[4096];
    int fd;

    open_store(scene);
    must_change(scene, &change, 1);
    close_store(scene);
    memset(junk, 0xee, sizeof(junk));
    assert_int_equal(stat(scene->path, &st), 0);
    fd = open(scene->path, O_WRONLY);
    for (off_t at = 4096; at < st.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
    close(fd);
    if (try_path(scene, scene->path) != VB_OK) {
        assert_non_null(strstr(scene->why, scene->path));
        return; /* seen at once: as good */
    }
    assert_true(rig_worker_init(&scene->worker, scene->store, NULL));
    assert_int_equal(rig_read(&scene->worker, VB_SPAN("/a"), &record),
                     VB_ERR_CORRUPT);
    assert_null(record);
    assert_int_equal(rig_list(&scene->worker, &list), VB_ERR_CORRUPT);
    vb_list_read_done(&list);
    assert_int_equal(rig_change(&scene->worker, &change, 1, NULL),
                     VB_ERR_CORRUPT);
    close_store(scene);
}

static void path_that_cannot_be_is_named_in_the_reason(void **state)
{
    struct scene *scene = *state;
    char missing[300], folder[300];
    struct {
        const char *path;
        enum vb_err want;
    } rows[] = {
        {missing, VB_ERR_IO},
        {scene->folder, VB_ERR_IO},
        {folder, VB_ERR_INVALID},
        {"", VB_ERR_INVALID},
        {"/proc/version/x.db", VB_ERR_IO},
        {"/proc/x.db", VB_ERR_IO}, /* nobody can make a file there */
    };

    (void)snprintf(missing, sizeof(missing), "%s/no/store.db", scene->folder);
    (void)snprintf(folder, sizeof(folder), "%s/", scene->folder);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        if (try_path(scene, rows[i].path) != rows[i].want)
            fail_msg("row %zu: %s", i, scene->why);
        assert_non_null(strstr(scene->why, rows[i].path));
        assert_null(strchr(scene->why, '\n'));
    }
    (void)snprintf(missing, sizeof(missing), "%s-lock", scene->folder);
    unlink(missing);
}

static void path_is_kept_when_the_process_changes_its_folder(void **state)
{
    struct scene *scene = *state;
    char *before = getcwd(NULL, 0);
    struct rig_worker second;

    assert_int_equal(chdir(scene->folder), 0);
    assert_int_equal(try_url(scene, "sqlite:file:a?mode=ro#x.db"), VB_OK);
    assert_int_equal(access("file:a?mode=ro#x.db", F_OK), 0);
    assert_int_equal(chdir(before), 0);
    assert_true(rig_worker_init(&second, scene->store, NULL));
    assert_int_equal(rig_change(&second,
                                (struct vb_change[]){rig_put("/a", "", "a")}, 1,
                                NULL),
                     VB_OK);
    rig_worker_done(&second);
    vb_store_close(scene->store);
    free(before);
}

static void files_are_the_owner_s_only(void **state)
{
    struct scene *scene = *state;
    static const char *const suffixes[] = {"", "-wal", "-shm", "-lock"};
    mode_t before = umask(0);

    open_store(scene);
    must_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    for (size_t i = 0; i < VB_COUNT_OF(suffixes); i++) {
        char path[300];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s%s", scene->path, suffixes[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    close_store(scene);
    umask(before);
}

/* --- One process at a time. --- */

static void second_store_of_the_file_is_refused(void **state)
{
    struct scene *scene = *state;
    struct scene other = *scene;
    char link[300];

    open_store(scene);
    assert_int_equal(try_path(&other, scene->path), VB_ERR_BUSY);
    assert_non_null(strstr(other.why, scene->path));
    (void)snprintf(link, sizeof(link), "%s/link.db", scene->folder);
    assert_int_equal(symlink("store.db", link), 0);
    assert_int_equal(try_path(&other, link), VB_ERR_BUSY);
    /* The first one is none the worse for it. */
    must_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    close_store(scene);
    open_store(scene);
    close_store(scene);
}

/* This program again, as the process that holds the store. */
static int hold(const char *path)
{
    struct scene scene = {.store = NULL};

    if (try_path(&scene, path) != VB_OK)
        return 1;
    if (write(STDOUT_FILENO, "!", 1) != 1)
        return 1;
    pause();
    return 0;
}

static pid_t start_holder(const char *path)
{
    char *argv[] = {strdup("test"), strdup("hold"), strdup(path), NULL};
    posix_spawn_file_actions_t actions;
    int pipes[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe(pipes), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, pipes[0]);
    assert_int_equal(
        posix_spawn(&pid, "/proc/self/exe", &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    for (int i = 0; argv[i] != NULL; i++)
        free(argv[i]);
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    close(pipes[0]);
    return pid;
}

static void other_process_keeps_the_file_until_it_ends_however(void **state)
{
    struct scene *scene = *state;
    pid_t pid = start_holder(scene->path);
    char text[32];

    assert_int_equal(try_path(scene, scene->path), VB_ERR_BUSY);
    (void)snprintf(text, sizeof(text), "%ld", (long)pid);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, text));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    open_store(scene);
    close_store(scene);
}

/* A backup program may read while we run. */
static void another_program_may_read_beside_us(void **state)
{
    struct scene *scene = *state;

    open_store(scene);
    must_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    sql(scene, "SELECT * FROM record; PRAGMA integrity_check");
    must_change(scene, (struct vb_change[]){rig_put("/a", "", "b")}, 1);
    close_store(scene);
}

/* --- The schema. --- */

static int64_t number_of(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement;
    int64_t number;

    assert_int_equal(sqlite3_prepare_v2(db, query, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void older_file_goes_through_the_missing_steps(void **state)
{
    struct scene *scene = *state;
    static const char *const steps[] = {
        "CREATE TABLE t (a); INSERT INTO t VALUES (1);",
        "UPDATE t SET a = a + 10;",
        "UPDATE t SET a = a * 2; CREATE INDEX i ON t (a);",
    };
    struct vb_buf why;
    sqlite3 *db;

    vb_buf_init(&why, 1000);
    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    for (size_t version = 1; version <= 3; version += 2) {
        struct vb__tables schema = {steps, version};

        assert_int_equal(vb__tables_apply(&schema, db, &why), VB_OK);
        assert_int_equal(number_of(db, "PRAGMA user_version"), version);
        assert_int_equal(number_of(db, "PRAGMA application_id"),
                         VB__APPLICATION_ID);
        /* There is nothing left to do. */
        assert_int_equal(vb__tables_apply(&schema, db, &why), VB_OK);
    }
    assert_int_equal(number_of(db, "SELECT a FROM t"), 22);
    assert_int_equal(vb__tables_apply(&(struct vb__tables){steps, 2}, db, &why),
                     VB_ERR_NEWER);
    sqlite3_close(db);
    vb_buf_done(&why);
}

static void failed_step_leaves_the_older_version(void **state)
{
    struct scene *scene = *state;
    static const char *const steps[] = {
        "CREATE TABLE t (a); INSERT INTO t VALUES (1);",
        "UPDATE t SET a = 2;",
        "UPDATE nothing SET a = 3;",
    };
    struct vb_buf why;
    sqlite3 *db;

    vb_buf_init(&why, 1000);
    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    assert_int_equal(vb__tables_apply(&(struct vb__tables){steps, 1}, db, &why),
                     VB_OK);
    assert_int_not_equal(
        vb__tables_apply(&(struct vb__tables){steps, 3}, db, &why), VB_OK);
    assert_true(why.len > 0);
    assert_int_equal(number_of(db, "PRAGMA user_version"), 1);
    assert_int_equal(number_of(db, "SELECT a FROM t"), 1);
    sqlite3_close(db);
    vb_buf_done(&why);
}

/* --- How it works inside, where the outside cannot tell. --- */

static void writer_syncs_every_commit_and_writes_a_log(void **state)
{
    struct scene *scene = *state;
    sqlite3 *db;

    open_store(scene);
    /* Its thread rests: nothing has been asked of it. */
    db = vb__sqlite_of(scene->store)->writer.db;
    assert_int_equal(number_of(db, "PRAGMA synchronous"), 2); /* FULL */
    assert_int_equal(number_of(db, "PRAGMA secure_delete"), 0);
    assert_int_equal(number_of(db, "PRAGMA page_size"), 4096);
    assert_int_equal(
        number_of(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
        1);
    close_store(scene);
}

struct statement {
    const char *name;
    const char *sql;
};

/* They want all of a table: its one row, or what has to be swept. */
static bool should_walk(const char *name)
{
    return strcmp(name, "STATE_SAVE") == 0 || strcmp(name, "LOOSE_ALL") == 0;
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

    open_store(scene);
    close_store(scene);
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
        must_change(scene, &put, 1);
    }
    free(bytes);
}

/* 16 MiB are its step: with readers that end their turns it stays near it. */
static void log_stays_short_beside_readers_that_end_their_turns(void **state)
{
    struct scene *scene = *state;

    open_store(scene);
    for (int i = 0; i < 8; i++) {
        write_much(scene, 8);
        vb_record_unref(must_read(scene, "/big"));
        vb_store_turn_end(scene->worker.client);
    }
    assert_in_range(log_pages(scene), 1, 2 * 4096 + 2000);
    close_store(scene);
}

static void log_is_started_anew_after_a_long_snapshot(void **state)
{
    struct scene *scene = *state;
    struct rig_worker sleeper;
    struct vb_record *record = NULL;
    struct vb__writer *writer;
    int pages;

    open_store(scene);
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

#define scene_test(function)                                                   \
    cmocka_unit_test_setup_teardown(function, open_scene, close_scene)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        scene_test(restart_keeps_everything),
        scene_test(epoch_is_new_with_each_store),
        scene_test(revision_and_position_do_not_return_after_restart),
        scene_test(number_does_not_return_after_restart_nor_is_one_lost),
        scene_test(unreferenced_blobs_are_swept_at_the_start),
        scene_test(newer_file_is_refused_and_left_alone),
        scene_test(database_of_another_program_is_refused_and_left_alone),
        scene_test(file_that_is_no_database_is_refused),
        scene_test(empty_file_becomes_a_store),
        scene_test(damaged_pages_are_an_error_and_no_crash),
        scene_test(path_that_cannot_be_is_named_in_the_reason),
        scene_test(path_is_kept_when_the_process_changes_its_folder),
        scene_test(files_are_the_owner_s_only),
        scene_test(second_store_of_the_file_is_refused),
        scene_test(other_process_keeps_the_file_until_it_ends_however),
        scene_test(another_program_may_read_beside_us),
        scene_test(older_file_goes_through_the_missing_steps),
        scene_test(failed_step_leaves_the_older_version),
        scene_test(writer_syncs_every_commit_and_writes_a_log),
        scene_test(no_statement_walks_or_sorts_a_table),
        scene_test(log_stays_short_beside_readers_that_end_their_turns),
        scene_test(log_is_started_anew_after_a_long_snapshot),
    };

    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2]);
    return cmocka_run_group_tests_name("storage/sqlite files", tests, NULL,
                                       NULL);
}
