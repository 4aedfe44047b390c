/*
 * What the SQLite engine does with files: strangers', newer and older ones,
 * broken ones, those that another process has.
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
#include <unistd.h>

#include "base/buf.h"
#include "invariants.h"
#include "scene.h"
#include "storage/sqlite/schema.h"

static void write_file(const char *path, const char *bytes, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), len);
    close(fd);
}

/* --- Whose file is it? --- */

static void newer_file_is_refused_and_left_alone(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    scene_close(scene);
    scene_sql(scene, "PRAGMA user_version = 999");
    assert_int_equal(scene_try(scene, scene->path), VB_ERR_NEWER);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, "999"));
    assert_non_null(strstr(scene->why, "newer"));
    assert_null(strchr(scene->why, '\n'));
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

        scene_sql(scene, scripts[i]);
        assert_int_equal(stat(scene->path, &before), 0);
        assert_int_equal(scene_try(scene, scene->path), VB_ERR_CORRUPT);
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
    assert_int_equal(scene_try(scene, scene->path), VB_ERR_CORRUPT);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, "not a database"));
    write_file(scene->path, "SQLite format 3", 16);
    assert_int_equal(scene_try(scene, scene->path), VB_ERR_CORRUPT);
}

/* An operator may have made the file before, to give it a mode and an owner. */
static void empty_file_becomes_a_store(void **state)
{
    struct scene *scene = *state;

    write_file(scene->path, "", 0);
    scene_open(scene);
    scene_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    scene_close(scene);
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

    scene_open(scene);
    scene_change(scene, &change, 1);
    scene_close(scene);
    memset(junk, 0xee, sizeof(junk));
    assert_int_equal(stat(scene->path, &st), 0);
    fd = open(scene->path, O_WRONLY);
    for (off_t at = 4096; at < st.st_size; at += 4096)
        assert_int_equal(pwrite(fd, junk, sizeof(junk), at), sizeof(junk));
    close(fd);
    if (scene_try(scene, scene->path) != VB_OK) {
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
    scene_close(scene);
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
        if (scene_try(scene, rows[i].path) != rows[i].want)
            fail_msg("row %zu: %s", i, scene->why);
        assert_non_null(strstr(scene->why, rows[i].path));
        assert_null(strchr(scene->why, '\n'));
    }
    (void)snprintf(missing, sizeof(missing), "%s-lock", scene->folder);
    assert_int_not_equal(access(missing, F_OK), 0);
}

static void path_is_kept_when_the_process_changes_its_folder(void **state)
{
    struct scene *scene = *state;
    char *before = getcwd(NULL, 0);
    struct rig_worker second;

    assert_int_equal(chdir(scene->folder), 0);
    assert_int_equal(scene_try_url(scene, "sqlite:file:a?mode=ro#x.db"), VB_OK);
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

    scene_open(scene);
    scene_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    for (size_t i = 0; i < VB_COUNT_OF(suffixes); i++) {
        char path[300];
        struct stat st;

        (void)snprintf(path, sizeof(path), "%s%s", scene->path, suffixes[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    scene_close(scene);
    umask(before);
}

/* --- One process at a time. --- */

static void second_store_of_the_file_is_refused(void **state)
{
    struct scene *scene = *state;
    struct scene other = *scene;
    char link[300];

    scene_open(scene);
    assert_int_equal(scene_try(&other, scene->path), VB_ERR_BUSY);
    assert_non_null(strstr(other.why, scene->path));
    (void)snprintf(link, sizeof(link), "%s/link.db", scene->folder);
    assert_int_equal(symlink("store.db", link), 0);
    assert_int_equal(scene_try(&other, link), VB_ERR_BUSY);
    /* The first one is none the worse for it. */
    scene_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    scene_close(scene);
    scene_open(scene);
    scene_close(scene);
}

/* This program again, as the process that holds the store. */
static int hold(const char *path)
{
    struct scene scene = {.store = NULL};

    if (scene_try(&scene, path) != VB_OK)
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

    assert_int_equal(scene_try(scene, scene->path), VB_ERR_BUSY);
    (void)snprintf(text, sizeof(text), "%ld", (long)pid);
    assert_non_null(strstr(scene->why, scene->path));
    assert_non_null(strstr(scene->why, text));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    scene_open(scene);
    scene_close(scene);
}

/* A backup program may read while we run. */
static void another_program_may_read_beside_us(void **state)
{
    struct scene *scene = *state;

    scene_open(scene);
    scene_change(scene, (struct vb_change[]){rig_put("/a", "", "a")}, 1);
    scene_sql(scene, "SELECT * FROM record; PRAGMA integrity_check");
    scene_change(scene, (struct vb_change[]){rig_put("/a", "", "b")}, 1);
    scene_close(scene);
}

/* --- The schema. --- */

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
        assert_int_equal(scene_number(db, "PRAGMA user_version"), version);
        assert_int_equal(scene_number(db, "PRAGMA application_id"),
                         VB__APPLICATION_ID);
        /* There is nothing left to do. */
        assert_int_equal(vb__tables_apply(&schema, db, &why), VB_OK);
    }
    assert_int_equal(scene_number(db, "SELECT a FROM t"), 22);
    assert_int_equal(vb__tables_apply(&(struct vb__tables){steps, 2}, db, &why),
                     VB_ERR_NEWER);
    sqlite3_close(db);
    vb_buf_done(&why);
}

/* A file as the version of that many steps made it, with a record in it. */
static void make_file(struct scene *scene, size_t version)
{
    static const char rows[] =
        "INSERT INTO state (one, epoch, revision, position)"
        " VALUES (1, 'abcd0123', 7, 5);"
        "INSERT INTO collection VALUES ('/c', 7, 1, 1000, 3);"
        "INSERT INTO record (id, revision, created_ms, modified_ms, length,"
        " blob, ties, key, parent, media_type, content) VALUES"
        " (5, 7, 900, 1000, 3, 0, 0, '/c/1', '/c', 'text/plain',"
        " CAST('one' AS BLOB))";

    scene_make_old(scene, version, rows);
}

/* The record is there, can be buried, and comes back; revisions go on. */
static void assert_works(struct scene *scene)
{
    struct vb_change change = rig_bury("/c/1", "");
    struct vb_hash_key secret;
    struct vb_record *record;

    scene_open(scene);
    assert_string_equal(scene->store->epoch, "abcd0123");
    secret = scene->store->secret;
    assert_true(secret.k0 != 0 && secret.k1 != 0);
    record = scene_read(scene, "/c/1");
    assert_span_equal(record->content, "one");
    assert_int_equal(record->revision, 7);
    vb_record_unref(record);
    scene_change(scene, &change, 1);
    scene_reopen(scene);
    assert_memory_equal(&scene->store->secret, &secret, sizeof(secret));
    assert_int_equal(rig_tombstone(&scene->worker, change.key, &record), VB_OK);
    assert_non_null(record);
    assert_int_equal(record->revision, 8);
    vb_record_unref(record);
    change = rig_put("/c/1", "/c", "again");
    scene_change(scene, &change, 1);
    record = scene_read(scene, "/c/1");
    assert_int_equal(record->position, 6);
    vb_record_unref(record);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

static void file_of_every_older_version_is_brought_up(void **state)
{
    struct scene *scene = *state;

    for (size_t version = 1; version <= vb__tables.count; version++) {
        make_file(scene, version);
        assert_works(scene);
        unlink(scene->path);
    }
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
    assert_int_equal(scene_number(db, "PRAGMA user_version"), 1);
    assert_int_equal(scene_number(db, "SELECT a FROM t"), 1);
    sqlite3_close(db);
    vb_buf_done(&why);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
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
        scene_test(file_of_every_older_version_is_brought_up),
        scene_test(failed_step_leaves_the_older_version),
    };

    if (argc == 3 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2]);
    return cmocka_run_group_tests_name("storage/sqlite files", tests, NULL,
                                       NULL);
}
