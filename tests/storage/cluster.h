/*
 * A PostgreSQL of one test program's own, thrown away at its end: cluster.sh
 * makes and ends it, also when the program aborts. Only a Unix socket leads to
 * it, and everybody who can open that is its superuser.
 *
 *     static struct cluster cluster;
 *
 *     int none = cluster_begin(&cluster, "");
 *
 *     if (none != 0)
 *         return none; // 77: there is no PostgreSQL, which skips the program
 *     return cluster_end(&cluster, cmocka_run_group_tests(…));
 *
 * Settings are "NAME=VALUE NAME=VALUE…", without spaces in them. Unless they
 * say otherwise fsync is off: what is committed outlives cluster_kill, but
 * would not outlive a power cut of the machine.
 *
 * Not for several threads at a time, but for cluster_sql and cluster_number.
 */
#ifndef VB_TESTS_STORAGE_CLUSTER_H
#define VB_TESTS_STORAGE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct cluster {
    char folder[128]; /* of the socket, the data and the log */
    pid_t pid;        /* the postmaster's; 0: it does not run */
    int order, answer;
    pid_t script;
    unsigned stores;
};

/* Makes one and starts it. 0, or what main is to return: 77 when no server is
 * installed, 1 when it does not start; stderr says why. */
int cluster_begin(struct cluster *cluster, const char *settings);

/* Ends it; `failed` is handed on. The log is shown when that is not 0. */
int cluster_end(struct cluster *cluster, int failed);

/* False: it did not start, or stop; see the log. */
bool cluster_start(struct cluster *cluster, const char *settings);
/* Sessions are ended, and a checkpoint is written. */
bool cluster_stop(struct cluster *cluster);
/* Sessions are ended at once; the next start recovers. */
bool cluster_stop_immediately(struct cluster *cluster);
bool cluster_restart(struct cluster *cluster);
/* SIGKILL for all its processes. */
bool cluster_kill(struct cluster *cluster);
/* SIGSTOP for all of them: connections are accepted, nothing is answered.
 * Stopping and ending it resumes it first. */
bool cluster_stall(struct cluster *cluster);
bool cluster_resume(struct cluster *cluster);

/* The URL of an empty store: a new schema, which takes a few milliseconds. All
 * share one database, and so its channels of NOTIFY. */
void cluster_store(struct cluster *cluster, char *url, size_t size);
/* The same, in a database of its own: a tenth of a second. */
void cluster_database(struct cluster *cluster, char *url, size_t size);

/* Runs statements on a connection of their own. False: they failed, and stderr
 * says why. */
bool cluster_sql(const char *url, const char *sql);
/* The number that a query gives in its first row. A query that fails, or gives
 * no row or no number there, ends the program. */
int64_t cluster_number(const char *url, const char *sql);

#endif
