/*
 * Two stores in one PostgreSQL, each as in a process of its own, and a worker
 * of each. The program begins and ends the cluster.
 */
#ifndef VB_TESTS_STORAGE_PAIR_H
#define VB_TESTS_STORAGE_PAIR_H

#include "cluster.h"
#include "rig.h"

extern struct cluster pair_cluster;

struct pair {
    char url[300];
    struct vb_store *one, *other;
    struct rig_executor executor;
    struct rig_worker a, b; /* of `one`, with an executor, and of `other` */
};

/* Setup and teardown of one test. */
int pair_begin(void **state);
int pair_end(void **state);

struct vb_store *pair_open(const char *url);

/* The revision. */
uint64_t pair_put(struct rig_worker *worker, const char *key,
                  const char *parent, const char *text);

#endif
