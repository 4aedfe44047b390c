/*
 * One SQLite file in a folder of its own, a store that opens it, a worker.
 */
#ifndef VB_TESTS_STORAGE_SCENE_H
#define VB_TESTS_STORAGE_SCENE_H

#include "rig.h"

struct scene {
    char folder[200];
    char path[256];
    struct vb_store *store;
    struct rig_worker worker;
    char why[1000]; /* of the last try to open */
};

/* cmocka's setup and teardown: a folder, no file yet. */
int scene_setup(void **state);
int scene_teardown(void **state);

#define scene_test(function)                                                   \
    cmocka_unit_test_setup_teardown(function, scene_setup, scene_teardown)

/* Only the store; on failure scene->why says why. */
enum vb_err scene_try_url(struct scene *scene, const char *url);
enum vb_err scene_try(struct scene *scene, const char *path);

/* The store and its worker; failures fail the test. */
void scene_open(struct scene *scene);
void scene_close(struct scene *scene);
void scene_reopen(struct scene *scene);

/* The record, which must be there. */
struct vb_record *scene_read(struct scene *scene, const char *key);

/* A commit, which must succeed. */
void scene_change(struct scene *scene, const struct vb_change *changes,
                  size_t count);

/* Runs a script on the file, as another program would. */
void scene_sql(struct scene *scene, const char *script);

/* Makes the file, as the version of that many steps did, and runs a script of
 * what was written into it. */
void scene_make_old(struct scene *scene, size_t version, const char *script);

/* The number that a query yields. */
struct sqlite3;
int64_t scene_number(struct sqlite3 *db, const char *query);

#endif
