/* The tables of a store in PostgreSQL: who makes them, who may bring them up,
 * and what is refused. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>

#include "cluster.h"
#include "storage/postgres/look.h"
#include "storage/postgres/say.h"

enum { URL = 300, AT_ONCE = 6 };

static struct cluster cluster;

/* Tables of versions that never were. */
static const struct vb__pg_step step_1[] = {
    {"CREATE TABLE state (name text PRIMARY KEY, number bigint NOT NULL,"
     " text text NOT NULL)",
     NULL},
    {"CREATE TABLE copying (name text)", NULL}};
static const struct vb__pg_step step_2[] = {{"CREATE TABLE two (n int)", NULL}};
static const struct vb__pg_step step_bad[] = {
    {"CREATE TABLE two (n int)", NULL},
    {"CREATE TABLE none (n nothing)", NULL}};
static const struct vb__pg_version versions[] = {{step_1, 2}, {step_2, 1}};
static const struct vb__pg_version bad[] = {{step_1, 2}, {step_bad, 2}};

/* Connects, makes the tables, and leaves; *why has what went wrong. */
static enum vb_err make(const char *text, const struct vb__pg_tables *tables,
                        struct vb__pg_schema *schema, char why[1000])
{
    struct vb_buf reason = vb_buf_over(why, 999);
    struct vb__pg_url url;
    PGconn *conn;
    enum vb_err err;

    assert_int_equal(vb__pg_url_read(vb_span_str(text), &url, &reason), VB_OK);
    assert_int_equal(vb__pg_connect(&url, &conn, &reason), VB_OK);
    err = vb__pg_schema_make(tables, conn, schema, &reason);
    why[reason.len] = '\0';
    PQfinish(conn);
    vb__pg_url_done(&url);
    return err;
}

static enum vb_err look(const char *text, struct vb__pg_found *found,
                        char why[1000])
{
    struct vb_buf reason = vb_buf_over(why, 999);
    struct vb__pg_url url;
    enum vb_err err = vb__pg_url_read(vb_span_str(text), &url, &reason);

    if (err == VB_OK)
        err = vb__pg_look(&url, found, &reason);
    why[reason.len] = '\0';
    vb__pg_url_done(&url);
    return err;
}

/* --- at once --- */

struct instance {
    pthread_t thread;
    const char *url;
    struct vb__pg_found found;
    enum vb_err err;
};

static void *run_instance(void *context)
{
    struct instance *instance = context;
    char why[1000];

    instance->err = look(instance->url, &instance->found, why);
    return NULL;
}

static void instances_that_start_at_once_make_one_store(void **state)
{
    struct instance instances[AT_ONCE];
    char url[URL];
    int made = 0;

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    for (int i = 0; i < AT_ONCE; i++) {
        instances[i] = (struct instance){.url = url};
        assert_int_equal(pthread_create(&instances[i].thread, NULL,
                                        run_instance, &instances[i]),
                         0);
    }
    for (int i = 0; i < AT_ONCE; i++) {
        pthread_join(instances[i].thread, NULL);
        assert_int_equal(instances[i].err, VB_OK);
        made += instances[i].found.schema.found == 0;
        assert_string_equal(instances[i].found.identity.epoch,
                            instances[0].found.identity.epoch);
        assert_memory_equal(&instances[i].found.identity.secret,
                            &instances[0].found.identity.secret,
                            sizeof(struct vb_hash_key));
        assert_int_equal(strlen(instances[i].found.identity.epoch), 8);
        assert_true(instances[i].found.listens);
        assert_int_equal(instances[i].found.revision, 0);
    }
    assert_int_equal(made, 1);
    assert_int_equal(cluster_number(url, "SELECT count(*) FROM resource"), 0);
}

static void a_store_is_another_one_than_the_next(void **state)
{
    struct vb__pg_found a = {.revision = 0}, b = a;
    char url_a[URL], url_b[URL], why[1000];

    (void)state;
    cluster_store(&cluster, url_a, sizeof(url_a));
    cluster_store(&cluster, url_b, sizeof(url_b));
    assert_int_equal(look(url_a, &a, why), VB_OK);
    assert_int_equal(look(url_b, &b, why), VB_OK);
    assert_string_not_equal(a.identity.epoch, b.identity.epoch);
    assert_memory_not_equal(&a.identity.secret, &b.identity.secret,
                            sizeof(a.identity.secret));
}

/* --- versions --- */

static void an_older_store_is_brought_up_by_who_is_asked_to(void **state)
{
    struct vb__pg_schema schema = {.citus = false};
    char url[URL], why[1000];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 1}, &schema, why), VB_OK);
    schema = (struct vb__pg_schema){.citus = false};
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 2}, &schema, why),
        VB_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "verbatim storage init"));
    schema = (struct vb__pg_schema){.migrates = true};
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 2}, &schema, why), VB_OK);
    assert_int_equal(schema.found, 1);
    assert_int_equal(schema.version, 2);
    assert_int_equal(cluster_number(url, "SELECT count(*) FROM two"), 0);
    schema = (struct vb__pg_schema){.migrates = true};
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 2}, &schema, why), VB_OK);
    assert_int_equal(schema.found, 2);
}

static void a_newer_store_is_refused(void **state)
{
    struct vb__pg_schema schema = {.migrates = true};
    char url[URL], why[1000];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 2}, &schema, why), VB_OK);
    schema = (struct vb__pg_schema){.migrates = true};
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 1}, &schema, why),
        VB_ERR_NEWER);
    assert_non_null(strstr(why, "newer"));
}

static void a_step_that_fails_changes_nothing(void **state)
{
    struct vb__pg_schema schema = {.migrates = false};
    char url[URL], why[1000];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 1}, &schema, why), VB_OK);
    schema = (struct vb__pg_schema){.migrates = true};
    assert_int_equal(make(url, &(struct vb__pg_tables){bad, 2}, &schema, why),
                     VB_ERR_IO);
    assert_non_null(strstr(why, "nothing"));
    assert_int_equal(
        cluster_number(url, "SELECT number FROM state WHERE name = 'version'"),
        1);
    assert_int_equal(
        make(url, &(struct vb__pg_tables){versions, 2}, &schema, why), VB_OK);
}

/* --- what is refused --- */

static void tables_of_another_program_are_left_alone(void **state)
{
    static const char *const theirs[] = {
        "CREATE TABLE orders (n int)",
        "CREATE TABLE state (n int)",
        "CREATE TABLE state (n int); CREATE TABLE copying (n int)",
    };
    struct vb__pg_found found;
    char url[URL], why[1000];

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(theirs); i++) {
        found = (struct vb__pg_found){.revision = 0};
        cluster_store(&cluster, url, sizeof(url));
        assert_true(cluster_sql(url, theirs[i]));
        assert_int_not_equal(look(url, &found, why), VB_OK);
        assert_string_not_equal(why, "");
        assert_int_equal(cluster_number(url, "SELECT count(*) FROM"
                                             " information_schema.tables WHERE"
                                             " table_schema = current_schema()"
                                             " AND table_name = 'record'"),
                         0);
    }
}

static void an_unfinished_copy_is_no_store(void **state)
{
    struct vb__pg_found found = {.revision = 0};
    char url[URL], why[1000];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(look(url, &found, why), VB_OK);
    assert_true(cluster_sql(url, "INSERT INTO copying VALUES"
                                 " ('from', 0, 0, '', '')"));
    assert_int_equal(look(url, &found, why), VB_ERR_UNSUPPORTED);
    assert_non_null(strstr(why, "verbatim storage copy"));
    found.schema = (struct vb__pg_schema){.copies = true};
    assert_int_equal(look(url, &found, why), VB_OK);
}

/* What the operator gets to read, and never the password. */
static void what_is_wrong_is_told_in_one_line(void **state)
{
    char missing[URL];
    const struct {
        const char *url, *names;
    } rows[] = {
        {"postgresql://u:secret@127.0.0.1:1/x", "refused"},
        {"postgresql://u:secret@nowhere.invalid/x", "nowhere.invalid"},
        {missing, "does not exist"},
    };

    (void)state;
    (void)snprintf(missing, sizeof(missing),
                   "postgresql://postgres:secret@/nothing?host=%s",
                   cluster.folder);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb__pg_found found = {.revision = 0};
        char why[1000];

        assert_int_equal(look(rows[i].url, &found, why), VB_ERR_CLOSED);
        assert_non_null(strstr(why, rows[i].names));
        assert_null(strstr(why, "secret"));
        assert_null(strchr(why, '\n'));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instances_that_start_at_once_make_one_store),
        cmocka_unit_test(a_store_is_another_one_than_the_next),
        cmocka_unit_test(an_older_store_is_brought_up_by_who_is_asked_to),
        cmocka_unit_test(a_newer_store_is_refused),
        cmocka_unit_test(a_step_that_fails_changes_nothing),
        cmocka_unit_test(tables_of_another_program_are_left_alone),
        cmocka_unit_test(an_unfinished_copy_is_no_store),
        cmocka_unit_test(what_is_wrong_is_told_in_one_line),
    };
    int none = cluster_begin(&cluster, "");

    if (none != 0)
        return none;
    return cluster_end(&cluster,
                       cmocka_run_group_tests_name("storage/postgres/schema",
                                                   tests, NULL, NULL));
}
