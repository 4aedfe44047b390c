/*
 * What tests believe of the PostgreSQL that cluster.h gives them: stores are
 * apart, what was committed outlives a kill, a stalled one says nothing, and
 * nothing is left of it when its program dies.
 */
#include "unit.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cluster.h"

enum { URL = 300 };

static struct cluster cluster;

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static bool exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static void each_store_is_empty_and_apart(void **state)
{
    char a[URL], b[URL], c[URL];

    (void)state;
    cluster_store(&cluster, a, sizeof(a));
    cluster_store(&cluster, b, sizeof(b));
    cluster_database(&cluster, c, sizeof(c));
    assert_true(cluster_sql(a, "CREATE TABLE t (n int)"));
    assert_true(cluster_sql(b, "CREATE TABLE t (n int)"));
    assert_true(cluster_sql(c, "CREATE TABLE t (n int)"));
    assert_true(cluster_sql(a, "INSERT INTO t VALUES (1), (2)"));
    assert_int_equal(cluster_number(a, "SELECT count(*) FROM t"), 2);
    assert_int_equal(cluster_number(b, "SELECT count(*) FROM t"), 0);
    assert_int_equal(cluster_number(c, "SELECT count(*) FROM t"), 0);
}

static void a_new_store_is_quick(void **state)
{
    enum { TIMES = 50 };
    int64_t began = now_ms(), took;
    char url[URL];

    (void)state;
    for (int i = 0; i < TIMES; i++)
        cluster_store(&cluster, url, sizeof(url));
    took = now_ms() - began;
    print_message("%d stores in %d ms\n", TIMES, (int)took);
    assert_true(took < 20000);
}

static void a_statement_that_fails_says_so(void **state)
{
    char url[URL];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_false(cluster_sql(url, "SELECT 1 FROM nowhere"));
    assert_false(cluster_sql("postgres:///x?host=/nowhere", "SELECT 1"));
}

static void what_was_committed_outlives_a_kill(void **state)
{
    char url[URL];
    pid_t before = cluster.pid;

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_true(cluster_sql(url, "CREATE TABLE t AS SELECT 7 AS n"));
    assert_true(cluster_kill(&cluster));
    assert_int_equal(cluster.pid, 0);
    assert_int_equal(kill(before, 0), -1);
    assert_int_equal(errno, ESRCH);
    assert_false(cluster_sql(url, "SELECT 1"));
    assert_true(cluster_start(&cluster, ""));
    assert_int_not_equal(cluster.pid, before);
    assert_int_equal(cluster_number(url, "SELECT n FROM t"), 7);
}

static void it_stops_and_starts_with_other_settings(void **state)
{
    const char *fsync = "SELECT (current_setting('fsync') = 'on')::int";
    char url[URL];

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    assert_int_equal(cluster_number(url, fsync), 0);
    assert_true(cluster_stop(&cluster));
    assert_true(cluster_start(&cluster, "fsync=on max_connections=7"));
    assert_int_equal(cluster_number(url, fsync), 1);
    assert_int_equal(cluster_number(url, "SHOW max_connections"), 7);
    assert_true(cluster_stop_immediately(&cluster));
    assert_true(cluster_start(&cluster, ""));
    assert_true(cluster_restart(&cluster));
    assert_int_equal(cluster_number(url, fsync), 0);
}

static void settings_that_are_none_do_not_start(void **state)
{
    (void)state;
    assert_true(cluster_stop(&cluster));
    assert_false(cluster_start(&cluster, "no_such_thing=1"));
    assert_int_equal(cluster.pid, 0);
    assert_true(cluster_start(&cluster, ""));
}

/* Sent while it is stalled, answered when it goes on. */
static void a_stalled_one_accepts_and_says_nothing(void **state)
{
    char url[URL];
    PGconn *old, *new;
    struct pollfd wait = {.events = POLLIN};
    PGresult *result;

    (void)state;
    cluster_store(&cluster, url, sizeof(url));
    old = PQconnectdb(url);
    assert_int_equal(PQstatus(old), CONNECTION_OK);
    assert_true(cluster_stall(&cluster));
    assert_int_equal(PQsendQuery(old, "SELECT 5"), 1);
    wait.fd = PQsocket(old);
    assert_int_equal(poll(&wait, 1, 300), 0);
    new = PQconnectStart(url);
    assert_int_not_equal(PQstatus(new), CONNECTION_BAD);
    while (PQconnectPoll(new) == PGRES_POLLING_WRITING)
        ;
    wait.fd = PQsocket(new);
    assert_int_equal(poll(&wait, 1, 300), 0);
    assert_true(cluster_resume(&cluster));
    result = PQgetResult(old);
    assert_string_equal(PQgetvalue(result, 0, 0), "5");
    PQclear(result);
    PQfinish(old);
    PQfinish(new);
}

/* --- A program that dies. --- */

/* In the child: a cluster, its folder and a backend's pid; and the end. */
static _Noreturn void die(const char *how)
{
    struct rlimit no_core = {0};
    struct cluster mine;
    char url[URL];

    setrlimit(RLIMIT_CORE, &no_core);
    if (cluster_begin(&mine, "") != 0)
        _exit(70);
    cluster_store(&mine, url, sizeof(url));
    PQconnectdb(url);
    printf("%s %d\n", mine.folder, (int)mine.pid);
    (void)fflush(stdout);
    if (strcmp(how, "stalled") == 0)
        cluster_stall(&mine);
    kill(getpid(), SIGKILL);
    _exit(71);
}

static void check_that_nothing_is_left(const char *how)
{
    static const struct timespec pause = {.tv_nsec = 10000000};
    char *argv[] = {(char[]){"test"}, (char[]){"die"}, strdup(how), NULL};
    posix_spawn_file_actions_t actions;
    char folder[128], number[16];
    int pipes[2], status;
    pid_t child, pid;
    FILE *told;

    assert_int_equal(pipe(pipes), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", 1,
                                     0);
    assert_int_equal(
        posix_spawn(&child, "/proc/self/exe", &actions, NULL, argv, environ),
        0);
    posix_spawn_file_actions_destroy(&actions);
    free(argv[2]);
    close(pipes[1]);
    told = fdopen(pipes[0], "r");
    assert_int_equal(fscanf(told, "%127s %15s", folder, number), 2);
    pid = (pid_t)strtol(number, NULL, 10);
    (void)fclose(told);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    for (int i = 0; i < 3000 && (exists(folder) || kill(pid, 0) == 0); i++)
        nanosleep(&pause, NULL);
    assert_false(exists(folder));
    assert_int_equal(kill(pid, 0), -1);
}

static void nothing_is_left_of_it_when_its_program_dies(void **state)
{
    (void)state;
    check_that_nothing_is_left("at once");
    check_that_nothing_is_left("stalled");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_store_is_empty_and_apart),
        cmocka_unit_test(a_new_store_is_quick),
        cmocka_unit_test(a_statement_that_fails_says_so),
        cmocka_unit_test(what_was_committed_outlives_a_kill),
        cmocka_unit_test(it_stops_and_starts_with_other_settings),
        cmocka_unit_test(settings_that_are_none_do_not_start),
        cmocka_unit_test(a_stalled_one_accepts_and_says_nothing),
        cmocka_unit_test(nothing_is_left_of_it_when_its_program_dies),
    };
    int none;

    if (argc == 3 && strcmp(argv[1], "die") == 0)
        die(argv[2]);
    none = cluster_begin(&cluster, "");
    if (none != 0)
        return none;
    return cluster_end(&cluster, cmocka_run_group_tests_name(
                                     "storage/cluster", tests, NULL, NULL));
}
