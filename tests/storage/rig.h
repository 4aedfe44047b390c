/*
 * What a store's user brings along, for tests and measurements: workers whose
 * mailbox wakes a condition variable, an executor of two threads, requests
 * that wait for their answer.
 */
#ifndef VB_TESTS_STORAGE_RIG_H
#define VB_TESTS_STORAGE_RIG_H

#include <pthread.h>
#include <stdbool.h>

#include "base/polling.h"
#include "base/task.h"
#include "storage/store.h"

/* --- An executor. --- */

#define RIG_THREADS 2

struct rig_executor {
    struct vb_executor base;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct vb_task *first;
    struct vb_task **last;
    bool stop;
    unsigned long ran; /* tasks */
    pthread_t threads[RIG_THREADS];
};

void rig_executor_init(struct rig_executor *executor);
void rig_executor_done(struct rig_executor *executor);

/* --- A worker: one thread's. --- */

struct rig_worker {
    struct vb_store_client *client;
    struct vb_mailbox mailbox;
    struct vb_polling polling;
};

/* False when the client could not be attached. */
bool rig_worker_init(struct rig_worker *worker, struct vb_store *store,
                     struct vb_executor *executor);
void rig_worker_done(struct rig_worker *worker);

/* Sleeps until something came, and runs it. */
void rig_worker_turn(struct rig_worker *worker);
/* Ends its turn, and runs what has come: without sleeping. */
void rig_worker_look(struct rig_worker *worker);

/* --- Requests that wait. The worker's turn is not ended. --- */

enum vb_err rig_read(struct rig_worker *worker, struct vb_span key,
                     struct vb_record **ret_record);
/* The tombstone under a key, a reference or NULL; a record there is let go. */
enum vb_err rig_tombstone(struct rig_worker *worker, struct vb_span key,
                          struct vb_record **ret_tombstone);
/* For each of the contract's request structures, with its input filled in. */
enum vb_err rig_commit(struct rig_worker *worker, struct vb_commit *commit);
enum vb_err rig_records(struct rig_worker *worker,
                        struct vb_records_read *read);
enum vb_err rig_claim(struct rig_worker *worker, struct vb_claim_read *read);
enum vb_err rig_sources(struct rig_worker *worker,
                        struct vb_sources_read *read);
enum vb_err rig_memo(struct rig_worker *worker, struct vb_memo_read *read);
enum vb_err rig_lists(struct rig_worker *worker, struct vb_lists_read *read);
enum vb_err rig_list(struct rig_worker *worker, struct vb_list_read *list);
enum vb_err rig_history(struct rig_worker *worker,
                        struct vb_history_read *read);
enum vb_err rig_collection(struct rig_worker *worker,
                           struct vb_collection_read *read);
enum vb_err rig_number(struct rig_worker *worker, struct vb_number_take *take);
enum vb_err rig_chunk_read(struct rig_worker *worker,
                           struct vb_chunk_read *read);
enum vb_err rig_chunk_write(struct rig_worker *worker,
                            struct vb_chunk_write *write);

/* A commit of these changes; ret_revision may be NULL. */
enum vb_err rig_change(struct rig_worker *worker,
                       const struct vb_change *changes, size_t count,
                       uint64_t *ret_revision);

/* A PUT of a text, whatever is there. */
struct vb_change rig_put(const char *key, const char *parent, const char *text);
struct vb_change rig_delete(const char *key);
/* The same, and a tombstone is left that says where it went. */
struct vb_change rig_bury(const char *key, const char *moved_to);

#endif
