/*
 * What the SQLite file has of history: rows of many changes, marks by which to
 * pass them over, and as much of it as is to be kept.
 */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "invariants.h"
#include "scene.h"
#include "storage/engine.h"
#include "storage/sqlite/past.h"

/* --- entries ---------------------------------------------------------------
 */

static const struct vb__past entries[] = {
    {.moment = 1, .record = 1, .before = {.key = VB_SPAN_INIT("/c/1")}},
    {.moment = 127,
     .record = UINT64_MAX >> 1,
     .removed = true,
     .before = {.key = VB_SPAN_INIT("/c/\xc3\xa9"),
                .parent = VB_SPAN_INIT("/c"),
                .revision = 128,
                .created_ms = -1,
                .modified_ms = INT64_MAX,
                .length = 5,
                .media_type = VB_SPAN_INIT("text/plain"),
                .content = VB_SPAN_INIT("a\0\xff\x80z")}},
    {.moment = UINT64_MAX,
     .record = 3,
     .before = {.key = VB_SPAN_INIT("/c/2"),
                .revision = UINT64_MAX,
                .length = 300000}},
};

static void same(const struct vb__past *a, const struct vb__past *b)
{
    assert_int_equal(a->moment, b->moment);
    assert_int_equal(a->record, b->record);
    assert_int_equal(a->removed, b->removed);
    assert_int_equal(a->before.revision, b->before.revision);
    assert_int_equal(a->before.created_ms, b->before.created_ms);
    assert_int_equal(a->before.modified_ms, b->before.modified_ms);
    assert_int_equal(a->before.length, b->before.length);
    assert_true(vb_span_eq(a->before.key, b->before.key));
    assert_true(vb_span_eq(a->before.parent, b->before.parent));
    assert_true(vb_span_eq(a->before.media_type, b->before.media_type));
    assert_true(vb_span_eq(a->before.content, b->before.content));
}

static struct vb_buf row_of_all(void)
{
    struct vb_buf row;
    uint64_t since = 0;

    vb_buf_init(&row, 10000);
    for (size_t i = 0; i < VB_COUNT_OF(entries); i++) {
        vb__past_write(&row, since, &entries[i]);
        since = entries[i].moment;
    }
    assert_int_equal(row.err, VB_OK);
    return row;
}

static void what_is_written_is_taken(void **state)
{
    struct vb_buf row = row_of_all();
    struct vb_span rest = vb_buf_span(&row);
    struct vb__past past = {.moment = 0};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(entries); i++) {
        assert_true(vb__past_take(&rest, &past));
        same(&past, &entries[i]);
    }
    assert_int_equal(rest.len, 0);
    vb_buf_done(&row);
}

/* However a row ends, or is spoilt, nothing beyond it is looked at. */
static void a_damaged_row_is_no_more_than_that(void **state)
{
    struct vb_buf row = row_of_all();

    (void)state;
    for (size_t len = 0; len < row.len; len++) {
        char *copy = malloc(len + 1); /* of that size, for the sanitizer */
        struct vb_span rest;
        struct vb__past past = {.moment = 0};

        assert_non_null(copy);
        memcpy(copy, row.ptr, len);
        for (int spoilt = 0; spoilt < 2; spoilt++) {
            size_t taken = 0;

            rest = vb_span_of(copy, len);
            while (rest.len > 0 && vb__past_take(&rest, &past))
                taken++;
            assert_in_range(taken, 0, len);
            assert_true(spoilt == 1 || rest.len > 0 || taken < 3);
            if (len > 0)
                copy[len / 2] = (char)0xff;
        }
        free(copy);
    }
    vb_buf_done(&row);
}

static void marks_are_the_same_everywhere(void **state)
{
    struct vb_buf marks;

    (void)state;
    vb_buf_init(&marks, 100);
    vb__past_mark_put(&marks, vb__past_mark(VB_SPAN("")));
    vb__past_mark_put(&marks, vb__past_mark(VB_SPAN("foobar")));
    assert_memory_equal(marks.ptr, "\xc5\x9d\x1c\x81\x68\xf9\x9c\xbf", 8);
    assert_int_equal(vb__past_mark_at(vb_buf_span(&marks), 1), 0xbf9cf968U);
    vb_buf_done(&marks);
}

/* --- rows ------------------------------------------------------------------
 */

static int64_t number(const struct scene *scene, const char *query)
{
    sqlite3 *db;
    int64_t n;

    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    n = scene_number(db, query);
    sqlite3_close(db);
    return n;
}

static void put(struct scene *scene, const char *key, const char *text)
{
    const struct vb_change change = rig_put(key, "/c", text);

    scene_change(scene, &change, 1);
}

enum { AT_ONCE = 2000 };

/* So many changes of the members of /d, in one commit. */
static void put_others(struct scene *scene, const char *text)
{
    static char keys[AT_ONCE][16];
    static struct vb_change changes[AT_ONCE];

    for (int i = 0; i < AT_ONCE; i++) {
        (void)snprintf(keys[i], sizeof(keys[i]), "/d/%d", i);
        changes[i] = rig_put(keys[i], "/d", text);
    }
    scene_change(scene, changes, AT_ONCE);
}

static uint64_t now(struct scene *scene)
{
    struct vb_history_read read = {.limit = 0};

    assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
    return read.now;
}

static struct vb_history_read beyond(uint64_t moment, uint32_t limit)
{
    return (struct vb_history_read){
        .beyond = moment, .limit = limit, .byte_limit = 16 * 1024 * 1024};
}

/* Opens it and writes "first" to /c/1; the moment before that. */
static uint64_t open_with_first(struct scene *scene)
{
    uint64_t from;

    scene_open(scene);
    from = now(scene);
    put(scene, "/c/1", "first");
    return from;
}

static void a_commit_s_changes_share_rows(void **state)
{
    struct scene *scene = *state;
    struct vb_history_read read;
    char text[301];
    uint64_t at;
    size_t count = 0;

    memset(text, 'x', 300);
    text[300] = '\0';
    scene_open(scene);
    put_others(scene, text);
    assert_in_range(number(scene, "SELECT count(*) FROM history"), 1, 2);
    at = now(scene);
    put_others(scene, "y");
    assert_in_range(number(scene, "SELECT count(*) FROM history"), 8, 16);
    assert_in_range(number(scene, "SELECT max(length(changes)) FROM history"),
                    60000, 70000);
    do { /* a page ends anywhere in a row, and the next begins there */
        read = beyond(at, 77);
        assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
        for (size_t i = 0; i < read.count; i++) {
            char key[16];

            (void)snprintf(key, sizeof(key), "/d/%zu", count++);
            assert_span_equal(read.happenings[i].before->key, key);
            assert_int_equal(read.happenings[i].before->content.len, 300);
            assert_span_equal(read.happenings[i].after->content, "y");
        }
        at = read.reached;
        vb_history_read_done(&read);
    } while (read.more);
    assert_int_equal(count, AT_ONCE);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

/* To go on with one document is one look, however much else has happened: many
 * more than one request looks at. */
static void what_is_not_asked_for_is_passed_over(void **state)
{
    struct scene *scene = *state;
    struct vb_history_read read;
    uint64_t from = open_with_first(scene);

    for (int i = 0; i * AT_ONCE < VB__HISTORY_LOOKED * 2; i++)
        put_others(scene, i % 2 == 0 ? "a" : "b");
    put(scene, "/c/1", "last");
    read = beyond(from, 10);
    read.key = VB_SPAN("/c/1");
    assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
    assert_int_equal(read.count, 2);
    assert_false(read.more);
    assert_int_equal(read.reached, now(scene));
    assert_span_equal(read.happenings[0].after->content, "first");
    assert_span_equal(read.happenings[1].after->content, "last");
    vb_history_read_done(&read);
    /* The outcome of the first is all that far behind it. */
    read = beyond(from, 1);
    assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
    assert_true(read.more);
    assert_span_equal(read.happenings[0].after->content, "first");
    assert_int_equal(read.reached, read.happenings[0].moment);
    vb_history_read_done(&read);
    scene_close(scene);
}

static void a_damaged_history_is_told(void **state)
{
    struct scene *scene = *state;
    struct vb_history_read read;
    uint64_t from = open_with_first(scene);

    put(scene, "/c/1", "last");
    scene_sql(scene, "UPDATE history SET changes = substr(changes, 1, 12)");
    scene_reopen(scene);
    read = beyond(from, 10);
    assert_int_equal(rig_history(&scene->worker, &read), VB_ERR_CORRUPT);
    vb_history_read_done(&read);
    scene_close(scene);
}

/* What version 6 had is gone, and who was there learns it. */
static void a_row_for_each_change_is_not_known_any_more(void **state)
{
    static const char rows[] =
        "INSERT INTO state (one, epoch, revision, position, history_kept,"
        " history_bytes) VALUES (1, 'abcd0123', 7, 5, 0, 140);"
        "INSERT INTO history VALUES (7 << 20 | 1048575, 5, 0, 140, '/c/1',"
        " '/c', 0, 0, 0, 0, '', x'');";
    struct scene *scene = *state;
    struct vb_history_read read = beyond(vb_moment(6), 10);

    scene_make_old(scene, 6, rows);
    scene_open(scene);
    assert_int_equal(rig_history(&scene->worker, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    put(scene, "/c/1", "x");
    read = beyond(vb_moment(7), 10);
    assert_int_equal(rig_history(&scene->worker, &read), VB_OK);
    assert_int_equal(read.count, 1);
    vb_history_read_done(&read);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

/* --- how much --------------------------------------------------------------
 */

/* Not with each commit, but with some of them what has become too much goes. */
static void the_oldest_go_together(void **state)
{
    enum { LIMIT = 20000, COMMITS = 600, COST = 200 };
    struct scene *scene = *state;
    int64_t kept = 0;
    int times = 0;
    sqlite3 *db;

    scene_open(scene);
    vb_store_keep_history(scene->store, LIMIT);
    assert_int_equal(sqlite3_open(scene->path, &db), SQLITE_OK);
    for (int i = 0; i < COMMITS; i++) {
        int64_t at;

        put(scene, "/c/1", i % 2 == 0 ? "even" : "odd");
        at = scene_number(db, "SELECT history_kept FROM state");
        times += i > 0 && at != kept;
        kept = at;
        assert_in_range(scene_number(db, "SELECT history_bytes FROM state"),
                        i < COMMITS / 2 ? 0 : LIMIT - COST,
                        LIMIT + LIMIT / 16 + COST);
    }
    assert_in_range(times, 10, COMMITS / 6);
    sqlite3_close(db);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

/* What is far too much goes in bounded steps, also after a restart. */
static void less_is_kept_little_by_little(void **state)
{
    enum { LIMIT = 100000 };
    struct scene *scene = *state;
    int64_t before, after;

    scene_open(scene);
    for (int i = 0; i < 30; i++)
        put_others(scene, "some text");
    before = number(scene, "SELECT history_bytes FROM state");
    assert_true(before > 8000000);
    vb_store_keep_history(scene->store, LIMIT);
    put(scene, "/c/1", "x");
    after = number(scene, "SELECT history_bytes FROM state");
    assert_in_range(before - after, 1000000, 1500000);
    scene_reopen(scene);
    vb_store_keep_history(scene->store, LIMIT);
    for (int i = 0; i < 10; i++)
        put(scene, "/c/1", "y");
    assert_in_range(number(scene, "SELECT history_bytes FROM state"), 1,
                    LIMIT + LIMIT / 16);
    scene_close(scene);
    assert_int_equal(invariants_broken(scene->path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_taken),
        cmocka_unit_test(a_damaged_row_is_no_more_than_that),
        cmocka_unit_test(marks_are_the_same_everywhere),
        scene_test(a_commit_s_changes_share_rows),
        scene_test(what_is_not_asked_for_is_passed_over),
        scene_test(a_damaged_history_is_told),
        scene_test(a_row_for_each_change_is_not_known_any_more),
        scene_test(the_oldest_go_together),
        scene_test(less_is_kept_little_by_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
