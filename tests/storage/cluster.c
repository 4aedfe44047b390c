/* A PostgreSQL of one test program's own. See cluster.h and cluster.sh. */
#include "cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* In URLs, a schema is named by the search path of all its sessions. */
#define URL_OF_ALL "postgres://postgres@/postgres?host=%s&connect_timeout=20"
#define URL_OF_STORE                                                           \
    "postgres://postgres@/postgres?host=%s&options=-csearch_path%%3Dstore%u"
#define URL_OF_DATABASE "postgres://postgres@/store%u?host=%s"

enum { URL_MAX = 300, LOG_SHOWN = 20000 };

/* --- The script. --- */

static bool read_line(struct cluster *cluster, char *line, size_t size)
{
    size_t len = 0;
    char c;

    while (len + 1 < size && read(cluster->answer, &c, 1) == 1 && c != '\n')
        line[len++] = c;
    line[len] = '\0';
    return len > 0;
}

/* One order, and what is answered to it. */
static bool order(struct cluster *cluster, const char *word,
                  const char *settings)
{
    char line[1000];
    int len = snprintf(line, sizeof(line), "%s %s\n", word, settings);
    int pid = 0;

    if (len >= (int)sizeof(line) ||
        write(cluster->order, line, (size_t)len) != len ||
        !read_line(cluster, line, sizeof(line)))
        return false;
    if (strncmp(line, "ok", 2) != 0) {
        cluster->pid = 0;
        return false;
    }
    if (line[2] == ' ')
        pid = (int)strtol(line + 3, NULL, 10);
    cluster->pid = pid;
    return true;
}

static bool spawn_script(struct cluster *cluster)
{
    char program[] = CLUSTER_SCRIPT;
    char *argv[] = {program, NULL};
    posix_spawn_file_actions_t actions;
    int to[2], from[2], err;

    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    err = posix_spawn(&cluster->script, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    cluster->order = to[1];
    cluster->answer = from[0];
    return err == 0;
}

/* The script's exit code. */
static int reap_script(struct cluster *cluster)
{
    int status = 0;

    close(cluster->order);
    close(cluster->answer);
    while (waitpid(cluster->script, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int cluster_begin(struct cluster *cluster, const char *settings)
{
    char line[sizeof(cluster->folder) + 7];
    int code;

    memset(cluster, 0, sizeof(*cluster));
    if (!spawn_script(cluster))
        return 1;
    if (!read_line(cluster, line, sizeof(line))) {
        code = reap_script(cluster);
        return code == 77 ? 77 : 1;
    }
    (void)snprintf(cluster->folder, sizeof(cluster->folder), "%s",
                   line + strlen("folder "));
    if (!cluster_start(cluster, settings))
        return cluster_end(cluster, 1);
    return 0;
}

static void show_log(const struct cluster *cluster)
{
    char path[sizeof(cluster->folder) + 8];
    char *text = calloc(1, LOG_SHOWN + 1);
    FILE *log;

    (void)snprintf(path, sizeof(path), "%s/log", cluster->folder);
    log = fopen(path, "re");
    if (log != NULL && text != NULL) {
        if (fseek(log, -LOG_SHOWN, SEEK_END) != 0)
            rewind(log);
        if (fread(text, 1, LOG_SHOWN, log) > 0)
            (void)fprintf(stderr, "the log of PostgreSQL, at its end:\n%s",
                          text);
    }
    if (log != NULL)
        (void)fclose(log);
    free(text);
}

int cluster_end(struct cluster *cluster, int failed)
{
    if (failed != 0)
        show_log(cluster);
    (void)!write(cluster->order, "end\n", 4);
    (void)reap_script(cluster);
    return failed;
}

bool cluster_start(struct cluster *cluster, const char *settings)
{
    return order(cluster, "start", settings);
}

bool cluster_stop(struct cluster *cluster)
{
    return order(cluster, "stop", "");
}

bool cluster_stop_immediately(struct cluster *cluster)
{
    return order(cluster, "stop", "immediate");
}

bool cluster_restart(struct cluster *cluster)
{
    return cluster_stop(cluster) && cluster_start(cluster, "");
}

bool cluster_kill(struct cluster *cluster)
{
    return order(cluster, "kill", "");
}

bool cluster_stall(struct cluster *cluster)
{
    return order(cluster, "stall", "");
}

bool cluster_resume(struct cluster *cluster)
{
    return order(cluster, "resume", "");
}

/* --- Stores. --- */

static void make(struct cluster *cluster, const char *what)
{
    char url[URL_MAX], sql[80];

    (void)snprintf(url, sizeof(url), URL_OF_ALL, cluster->folder);
    (void)snprintf(sql, sizeof(sql), "CREATE %s store%u", what,
                   cluster->stores);
    if (!cluster_sql(url, sql))
        abort();
}

void cluster_store(struct cluster *cluster, char *url, size_t size)
{
    cluster->stores++;
    make(cluster, "SCHEMA");
    (void)snprintf(url, size, URL_OF_STORE, cluster->folder, cluster->stores);
}

void cluster_database(struct cluster *cluster, char *url, size_t size)
{
    cluster->stores++;
    make(cluster, "DATABASE");
    (void)snprintf(url, size, URL_OF_DATABASE, cluster->stores,
                   cluster->folder);
}

/* --- Statements. --- */

/* NULL: they failed, and that has been said. */
static PGresult *run(PGconn *link, const char *sql)
{
    PGresult *result = PQexec(link, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK)
        return result;
    (void)fprintf(stderr, "%s: %s", sql, PQerrorMessage(link));
    PQclear(result);
    return NULL;
}

bool cluster_sql(const char *url, const char *sql)
{
    PGconn *link = PQconnectdb(url);
    PGresult *result = run(link, sql);
    bool fine = result != NULL;

    PQclear(result);
    PQfinish(link);
    return fine;
}

int64_t cluster_number(const char *url, const char *sql)
{
    PGconn *link = PQconnectdb(url);
    PGresult *result = run(link, sql);
    char *end = NULL;
    int64_t number = 0;

    if (result != NULL && PQntuples(result) > 0 &&
        PQgetlength(result, 0, 0) > 0)
        number = strtoll(PQgetvalue(result, 0, 0), &end, 10);
    if (end == NULL || *end != '\0') {
        (void)fprintf(stderr, "%s gives no number\n", sql);
        abort();
    }
    PQclear(result);
    PQfinish(link);
    return number;
}
