/* One SQLite file and its store. See scene.h. */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "scene.h"
#include "scratch.h"
#include "storage/sqlite/schema.h"

enum vb_err scene_try_url(struct scene *scene, const char *url)
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

enum vb_err scene_try(struct scene *scene, const char *path)
{
    char url[320];

    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    return scene_try_url(scene, url);
}

void scene_open(struct scene *scene)
{
    enum vb_err err = scene_try(scene, scene->path);

    if (err != VB_OK)
        fail_msg("%s", scene->why);
    assert_true(rig_worker_init(&scene->worker, scene->store, NULL));
}

void scene_close(struct scene *scene)
{
    rig_worker_done(&scene->worker);
    vb_store_close(scene->store);
    scene->store = NULL;
}

void scene_reopen(struct scene *scene)
{
    scene_close(scene);
    scene_open(scene);
}

int scene_setup(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scratch_make(scene->folder, sizeof(scene->folder));
    (void)snprintf(scene->path, sizeof(scene->path), "%s/store.db",
                   scene->folder);
    *state = scene;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *scene = *state;

    scratch_remove(scene->path);
    free(scene);
    return 0;
}

struct vb_record *scene_read(struct scene *scene, const char *key)
{
    struct vb_record *record = NULL;

    assert_int_equal(rig_read(&scene->worker, vb_span_str(key), &record),
                     VB_OK);
    assert_non_null(record);
    return record;
}

void scene_change(struct scene *scene, const struct vb_change *changes,
                  size_t count)
{
    assert_int_equal(rig_change(&scene->worker, changes, count, NULL), VB_OK);
}

void scene_sql(struct scene *scene, const char *script)
{
    sqlite3 *db;
    char *message = NULL;

    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    if (sqlite3_exec(db, script, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s", message);
    sqlite3_close(db);
}

void scene_make_old(struct scene *scene, size_t version, const char *script)
{
    struct vb__tables schema = {vb__tables.steps, version};
    struct vb_buf why;
    sqlite3 *db;

    vb_buf_init(&why, 1000);
    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    assert_int_equal(vb__tables_apply(&schema, db, &why), VB_OK);
    sqlite3_close(db);
    vb_buf_done(&why);
    scene_sql(scene, script);
}

int64_t scene_number(sqlite3 *db, const char *query)
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
