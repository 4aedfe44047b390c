/* A store that is copied is the same store: from SQLite into PostgreSQL and
 * back, also where that is interrupted. */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "cluster.h"
#include "invariants.h"
#include "scene.h"
#include "storage/copy.h"
#include "storage/postgres/look.h"

enum { URL = 300 };

static struct cluster cluster;

/* --- copying
 * ------------------------------------------------------------------
 */

/* What one copy does while it is told how far it is. */
struct watched {
    enum vb_copy_phase began; /* the first thing it told */
    bool told;
    enum vb_copy_phase phase; /* at this moment, */
    const char *table;
    const char *sql; /* this is done, once, */
    const char *url; /* here; NULL: nothing is */
};

static void watch(struct vb_copy *copy)
{
    struct watched *watched = copy->context;

    if (!watched->told)
        watched->began = copy->phase;
    watched->told = true;
    if (watched->url == NULL || copy->phase != watched->phase ||
        strcmp(copy->table, watched->table) != 0)
        return;
    (void)cluster_sql(watched->url, watched->sql);
    watched->url = NULL;
}

static enum vb_err copy_watched(const char *from, const char *to,
                                struct watched *watched, char why[1000])
{
    struct vb_copy copy = {.from = vb_span_str(from),
                           .to = vb_span_str(to),
                           .tell = watch,
                           .context = watched};
    struct vb_buf reason = vb_buf_over(why, 999);
    enum vb_err err = vb_store_copy(&copy, &reason);

    why[reason.len] = '\0';
    assert_true((err == VB_OK) == (reason.len == 0));
    assert_null(strchr(why, '\n'));
    return err;
}

static void copy(const char *from, const char *to)
{
    struct watched watched = {.url = NULL};
    char why[1000];

    if (copy_watched(from, to, &watched, why) != VB_OK)
        fail_msg("%s", why);
    assert_int_equal(watched.began, VB_COPY_BEGINS);
}

/* Ends whoever else is connected there. */
#define CUT                                                                    \
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"                   \
    " WHERE pid <> pg_backend_pid() AND application_name = 'verbatim'"

/* --- the files
 * ----------------------------------------------------------------
 */

struct files {
    struct scene *scene;
    char first[URL]; /* the scene's */
    char second[URL];
    char second_path[256];
};

static struct files files_of(struct scene *scene)
{
    struct files files = {.scene = scene};

    (void)snprintf(files.first, URL, "sqlite:%s", scene->path);
    (void)snprintf(files.second_path, sizeof(files.second_path), "%s/second.db",
                   scene->folder);
    (void)snprintf(files.second, URL, "sqlite:%s", files.second_path);
    return files;
}

/* A blob of two chunks, given to the record. */
static uint64_t write_blob(struct scene *scene, char *bytes)
{
    uint64_t blob = vb_store_blob_new(scene->worker.client);

    for (uint64_t i = 0; i < 2; i++) {
        struct vb_chunk_write write = {
            .blob = blob,
            .index = i,
            .bytes = vb_span_of(bytes, i == 0 ? VB_STORE_CHUNK : 100)};

        memset(bytes, 'a' + (int)i, VB_STORE_CHUNK);
        assert_int_equal(rig_chunk_write(&scene->worker, &write), VB_OK);
    }
    return blob;
}

static void put_blob(struct scene *scene)
{
    char *bytes = malloc(VB_STORE_CHUNK);
    struct vb_change change = rig_put("/large", "", "");

    change.content = VB_SPAN("");
    change.blob = write_blob(scene, bytes);
    change.length = VB_STORE_CHUNK + 100;
    scene_change(scene, &change, 1);
    (void)write_blob(scene, bytes); /* a loose one, which is not copied */
    free(bytes);
}

/* Claims, one of them long, references, and what they are of. */
static void put_ties(struct scene *scene)
{
    static char long_value[3000];
    struct vb_claim claims[] = {
        {VB_SPAN("/b#/isbn"), VB_SPAN("short")},
        {VB_SPAN("/b#/isbn"), vb_span_of(long_value, sizeof(long_value))},
        {VB_SPAN("/b#/other"), VB_SPAN("")}};
    struct vb_span targets[] = {VB_SPAN("/b/1"), VB_SPAN("/b/2")};
    struct vb_change changes[] = {
        rig_put("/b/1", "/b", "one"), rig_put("/b/2", "/b", "two"),
        rig_put("/a/\303\244", "/a", "three"), rig_put("/a/2", "/a", "")};

    memset(long_value, 'x', sizeof(long_value));
    changes[0].claims = claims;
    changes[0].claim_count = 3;
    changes[2].references = targets;
    changes[2].reference_count = 2;
    changes[3].references = targets;
    changes[3].reference_count = 1;
    scene_change(scene, changes, 4);
}

static void put_rest(struct scene *scene)
{
    struct vb_memo memo = {.name = VB_SPAN("a\0b"),
                           .bytes = VB_SPAN("note"),
                           .now_ms = 1,
                           .expires_ms = INT64_C(1) << 40};
    struct vb_change change = rig_put("/memo", "", "m"),
                     buried = rig_bury("/memo", "/b/1"),
                     removed = rig_delete("/a/2");
    struct vb_commit commit = {
        .changes = &change, .change_count = 1, .memo = &memo};
    struct vb_number_take take = {.parent = VB_SPAN("/numbers"), .least = 41};

    assert_int_equal(rig_number(&scene->worker, &take), VB_OK);
    assert_int_equal(rig_commit(&scene->worker, &commit), VB_OK);
    scene_change(scene, &buried, 1);
    scene_change(scene, &removed, 1);
}

/* Some of everything; and, by SQL, as many more records as asked for. */
static void fill(struct scene *scene, int more)
{
    char sql[600];

    scene_open(scene);
    put_blob(scene);
    put_ties(scene);
    put_rest(scene);
    scene_close(scene);
    (void)snprintf(
        sql, sizeof(sql),
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT "
        "%d) INSERT INTO record (id, revision, created_ms, modified_ms, length,"
        " blob, ties, key, parent, media_type, content)"
        " SELECT 1000 + i, 5, i, i, 2, 0, 0, '/m/' || i, '', 'a/b', X'7b7d'"
        " FROM n",
        more);
    if (more > 0)
        scene_sql(scene, sql);
}

/* Everything that counts; $ is the file. */
static const char *const same[] = {
    "SELECT id, revision, created_ms, modified_ms, length, blob <> 0, ties,"
    " key, parent, media_type, content, tombstone FROM $record",
    "SELECT scope, value, (SELECT key FROM $record WHERE id = record)"
    " FROM $claim",
    "SELECT target, source FROM $reference",
    "SELECT key, revision, count, modified_ms, number FROM $collection",
    "SELECT name, revision, expires_ms, bytes FROM $memo",
    "SELECT r.key, c.id & 16777215, c.bytes FROM $record r JOIN $chunk c"
    " ON c.id >> 24 = r.blob WHERE r.blob <> 0",
    "SELECT epoch, secret, revision FROM $state",
};

static void add_query(struct vb_buf *to, const char *query, const char *file)
{
    for (; *query != '\0'; query++) {
        if (*query == '$')
            vb_buf_printf(to, "%s.", file);
        else
            vb_buf_char(to, *query);
    }
}

/* Rows of one file that the other lacks. */
static int64_t lacking(sqlite3 *db, const char *query, const char *has,
                       const char *lacks)
{
    char sql[2000];
    struct vb_buf to = vb_buf_over(sql, sizeof(sql));

    vb_buf_str(&to, "SELECT count(*) FROM (");
    add_query(&to, query, has);
    if (lacks != NULL) {
        vb_buf_str(&to, " EXCEPT ");
        add_query(&to, query, lacks);
    }
    vb_buf_str(&to, ")");
    vb_buf_char(&to, '\0');
    assert_int_equal(to.err, VB_OK);
    return scene_number(db, sql);
}

static void files_are_the_same(const struct files *files)
{
    sqlite3 *db;
    char sql[400];

    assert_int_equal(sqlite3_open(files->scene->path, &db), SQLITE_OK);
    (void)snprintf(sql, sizeof(sql), "ATTACH '%s' AS other",
                   files->second_path);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < VB_COUNT_OF(same); i++) {
        assert_int_not_equal(lacking(db, same[i], "main", NULL), 0);
        assert_int_equal(lacking(db, same[i], "main", "other"), 0);
        assert_int_equal(lacking(db, same[i], "other", "main"), 0);
    }
    (void)sqlite3_close(db);
    assert_int_equal(invariants_broken(files->second_path), 0);
}

/* --- the rules
 * ----------------------------------------------------------------
 */

static void there_and_back_is_the_same_store(void **state)
{
    struct files files = files_of(*state);
    char url[URL], next[URL];

    fill(*state, 3000);
    cluster_store(&cluster, url, sizeof(url));
    cluster_store(&cluster, next, sizeof(next));
    copy(files.first, url);
    copy(url, next);
    copy(next, files.second);
    files_are_the_same(&files);
    assert_int_equal(cluster_number(url, "SELECT count(*) FROM claim"
                                         " WHERE long = 1 AND"
                                         " length(value) = 32"),
                     1);
    assert_int_equal(cluster_number(url, "SELECT count(*) FROM resource"
                                         " WHERE path = '/a/\\303\\244'"),
                     1);
}

static void a_file_may_be_copied_into_a_file(void **state)
{
    struct files files = files_of(*state);
    struct watched watched = {.url = NULL};
    char why[1000];

    fill(*state, 10);
    copy(files.first, files.second);
    files_are_the_same(&files);
    assert_int_equal(copy_watched(files.first, files.second, &watched, why),
                     VB_ERR_EXISTS);
}

/* The server goes on beyond all revisions that were given, and whoever has
 * heard of everything need not begin anew. */
static void the_copy_goes_on_where_the_other_was(void **state)
{
    struct files files = files_of(*state);
    struct vb__pg_found found = {.revision = 0};
    struct vb__pg_url read;
    char url[URL], why[1000];
    struct vb_buf reason = vb_buf_over(why, sizeof(why));
    struct vb_history_read history = {.limit = 1, .byte_limit = 1};
    struct scene *scene = *state;
    char path[256];

    fill(scene, 0);
    scene_sql(scene, "UPDATE state SET revision = 123456789");
    cluster_store(&cluster, url, sizeof(url));
    copy(files.first, url);
    assert_int_equal(vb__pg_url_read(vb_span_str(url), &read, &reason), VB_OK);
    assert_int_equal(vb__pg_look(&read, &found, &reason), VB_OK);
    vb__pg_url_done(&read);
    assert_int_equal(found.revision, 123456789);
    assert_int_equal(cluster_number(url, "SELECT number >> 20 FROM state"
                                         " WHERE name = 'history_kept'"),
                     123456789);
    copy(url, files.second);
    memcpy(path, scene->path, sizeof(path));
    memcpy(scene->path, files.second_path, sizeof(path));
    scene_open(scene);
    assert_string_equal(scene->store->epoch, found.identity.epoch);
    assert_memory_equal(&scene->store->secret, &found.identity.secret,
                        sizeof(found.identity.secret));
    history.beyond = vb_moment(123456789);
    assert_int_equal(rig_history(&scene->worker, &history), VB_OK);
    assert_int_equal(history.count, 0);
    vb_history_read_done(&history);
    scene_close(scene);
    memcpy(scene->path, path, sizeof(path));
}

static void what_was_interrupted_goes_on(void **state)
{
    struct files files = files_of(*state);
    struct scene *scene = *state;
    char url[URL], why[1000];
    struct watched watched = {.phase = VB_COPY_ROWS, .sql = CUT};

    fill(scene, 9000);
    cluster_store(&cluster, url, sizeof(url));
    watched.url = url;
    watched.table = "chunk";
    assert_int_not_equal(copy_watched(files.first, url, &watched, why), VB_OK);
    assert_int_equal(cluster_number(url, "SELECT count(*) FROM copying"
                                         " WHERE done = 1"),
                     3);
    watched = (struct watched){.url = NULL};
    assert_int_equal(copy_watched(files.first, url, &watched, why), VB_OK);
    assert_int_equal(watched.began, VB_COPY_GOES_ON);

    watched = (struct watched){
        .phase = VB_COPY_ROWS, .sql = CUT, .url = url, .table = "collection"};
    assert_int_not_equal(copy_watched(url, files.second, &watched, why), VB_OK);
    memcpy(scene->path, files.second_path, sizeof(scene->path));
    assert_int_equal(scene_try(scene, scene->path), VB_ERR_UNSUPPORTED);
    assert_non_null(strstr(scene->why, "verbatim storage copy"));
    memcpy(scene->path, files.first + strlen("sqlite:"), sizeof(scene->path));
    watched = (struct watched){.url = NULL};
    assert_int_equal(copy_watched(url, files.second, &watched, why), VB_OK);
    assert_int_equal(watched.began, VB_COPY_GOES_ON);
    files_are_the_same(&files);
}

static void a_copy_of_what_has_changed_begins_anew(void **state)
{
    struct files files = files_of(*state);
    char url[URL], why[1000];
    struct watched watched = {.phase = VB_COPY_ROWS, .sql = CUT};

    fill(*state, 10);
    cluster_store(&cluster, url, sizeof(url));
    watched.url = url;
    watched.table = "memo";
    assert_int_not_equal(copy_watched(files.first, url, &watched, why), VB_OK);
    scene_sql(*state, "UPDATE state SET revision = revision + 1;"
                      "DELETE FROM record WHERE key = '/m/5'");
    watched = (struct watched){.url = NULL};
    assert_int_equal(copy_watched(files.first, url, &watched, why), VB_OK);
    assert_int_equal(watched.began, VB_COPY_ANEW);
    copy(url, files.second);
    files_are_the_same(&files);
}

/* Each table, changed behind the copy's back before it is read again. */
static void what_did_not_arrive_is_found(void **state)
{
    static const struct {
        const char *table, *sql;
    } rows[] = {
        {"record", "UPDATE record SET revision = revision + 1"
                   " WHERE key = '/b/1'"},
        {"record", "UPDATE record SET content = '' WHERE key = '/b/1'"},
        {"claim", "DELETE FROM claim WHERE value = 'short'"},
        {"reference", "UPDATE reference SET target = '/b/2'"
                      " WHERE target = '/b/1'"},
        {"chunk", "UPDATE chunk SET part = part + 1 WHERE part = 1"},
        {"collection", "UPDATE collection SET count = count + 1"},
        {"number", "INSERT INTO number VALUES ('/x', 1)"},
        {"memo", "UPDATE memo SET bytes = bytes || '!'"},
    };
    struct files files = files_of(*state);
    char url[URL], why[1000];

    fill(*state, 0);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct watched watched = {.phase = VB_COPY_COMPARES,
                                  .table = rows[i].table,
                                  .sql = rows[i].sql,
                                  .url = url};

        cluster_store(&cluster, url, sizeof(url));
        assert_int_equal(copy_watched(files.first, url, &watched, why),
                         VB_ERR_CORRUPT);
        assert_non_null(strstr(why, rows[i].table));
    }
}

static void only_what_is_empty_is_copied_into(void **state)
{
    struct files files = files_of(*state);
    struct watched watched = {.url = NULL};
    char url[URL], other[URL], why[1000];

    fill(*state, 0);
    cluster_store(&cluster, url, sizeof(url));
    cluster_store(&cluster, other, sizeof(other));
    assert_int_equal(copy_watched(url, other, &watched, why), VB_ERR_NOTFOUND);
    copy(files.first, url);
    assert_int_equal(copy_watched(files.first, url, &watched, why),
                     VB_ERR_EXISTS);
    assert_int_equal(copy_watched("sqlite:/nowhere/at-all", url, &watched, why),
                     VB_ERR_IO);
    assert_int_equal(copy_watched("memory:", url, &watched, why),
                     VB_ERR_UNSUPPORTED);
}

/* Two instances may give one revision to commits in different collections. */
static void records_of_one_position_get_their_own_in_order(void **state)
{
    struct files files = files_of(*state);
    struct vb__pg_found found = {.revision = 0};
    struct vb__pg_url read;
    char url[URL], why[1000];
    struct vb_buf reason = vb_buf_over(why, sizeof(why));
    sqlite3 *db;

    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(vb__pg_url_read(vb_span_str(url), &read, &reason), VB_OK);
    assert_int_equal(vb__pg_look(&read, &found, &reason), VB_OK);
    vb__pg_url_done(&read);
    assert_true(cluster_sql(
        url,
        "INSERT INTO record (kind, revision, position, created_ms, modified_ms,"
        " length, blob, ties, key, parent, media_type, content)"
        " SELECT 1, 7, (7 << 20) + i, 0, 0, 0, 0, 0,"
        " ('/' || c || '/' || (9 - i))::bytea, ('/' || c)::bytea, '', ''"
        " FROM generate_series(0, 5) i, unnest(ARRAY['a', 'b', 'c']) c"));
    assert_true(cluster_sql(
        url, "INSERT INTO record SELECT 1, 8, (8 << 20) + 3, 0, 0, 0, 0, 0,"
             " '/d', '', '', ''"));
    copy(url, files.second);
    assert_int_equal(sqlite3_open(files.second_path, &db), SQLITE_OK);
    assert_int_equal(scene_number(db, "SELECT count(*) FROM record"), 19);
    assert_int_equal(scene_number(db,
                                  "SELECT count(*) FROM record a JOIN record b"
                                  " ON a.parent = b.parent AND a.key > b.key"
                                  " WHERE a.id < b.id"),
                     3 * 15);
    assert_int_equal(
        scene_number(db, "SELECT id - (8 << 20) FROM record WHERE key = '/d'"),
        3);
    (void)sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        scene_test(there_and_back_is_the_same_store),
        scene_test(a_file_may_be_copied_into_a_file),
        scene_test(the_copy_goes_on_where_the_other_was),
        scene_test(what_was_interrupted_goes_on),
        scene_test(a_copy_of_what_has_changed_begins_anew),
        scene_test(what_did_not_arrive_is_found),
        scene_test(only_what_is_empty_is_copied_into),
        scene_test(records_of_one_position_get_their_own_in_order),
    };
    int none = cluster_begin(&cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&cluster, cmocka_run_group_tests_name(
                                     "storage/copy", tests, NULL, NULL));
}
