/*
 * The contract's tests (storage/store.h), to be run against every engine.
 */
#ifndef VB_TESTS_STORAGE_CONTRACT_H
#define VB_TESTS_STORAGE_CONTRACT_H

#include <stddef.h>

#include "rig.h"

struct contract_engine {
    const char *name;
    int haste; /* factor for rounds in which threads have to meet */
    /* Writes the URL of a store that does not exist yet. */
    void (*url)(char *url, size_t size);
    /* Removes what the store at the URL left behind. */
    void (*clean)(const char *url);
    bool unindexed; /* its lists do without indexes */
};

/* What each test starts from: an empty store and two workers. */
struct contract {
    const struct contract_engine *engine;
    struct rig_executor *executor; /* or NULL */
    char url[256];
    struct vb_store *store;
    struct rig_worker a;
    struct rig_worker b;
};

/* Runs all of them without and with an executor; how many failed. */
int contract_run(const struct contract_engine *engine);

/* The executor as the store wants it. */
struct vb_executor *contract_executor(struct contract *contract);

/* Parts of the suite, each in a file of its own. */
struct CMUnitTest;
extern const struct CMUnitTest contract_records[];
extern const size_t contract_records_count;
extern const struct CMUnitTest contract_ties[];
extern const size_t contract_ties_count;
extern const struct CMUnitTest contract_lists[];
extern const size_t contract_lists_count;
extern const struct CMUnitTest contract_sieves[];
extern const size_t contract_sieves_count;
extern const struct CMUnitTest contract_joint[];
extern const size_t contract_joint_count;
extern const struct CMUnitTest contract_indexes[];
extern const size_t contract_indexes_count;
extern const struct CMUnitTest contract_batches[];
extern const size_t contract_batches_count;
extern const struct CMUnitTest contract_memos[];
extern const size_t contract_memos_count;
extern const struct CMUnitTest contract_history[];
extern const size_t contract_history_count;
extern const struct CMUnitTest contract_tombstones[];
extern const size_t contract_tombstones_count;
extern const struct CMUnitTest contract_blobs[];
extern const size_t contract_blobs_count;
extern const struct CMUnitTest contract_threads[];
extern const size_t contract_threads_count;

/* Setup and teardown of one test. */
int contract_open(void **state);
int contract_close(void **state);

#define contract_test(function)                                                \
    cmocka_unit_test_setup_teardown(function, contract_open, contract_close)

/* --- Asserting. --- */

/* The record under the key has this text; its revision. */
uint64_t contract_holds(struct rig_worker *worker, const char *key,
                        const char *text);
void contract_absent(struct rig_worker *worker, const char *key);
/* The changes are committed; the revision. */
uint64_t contract_ok(struct rig_worker *worker, const struct vb_change *changes,
                     size_t count);
/* The changes are refused as a conflict of this kind, for this reason. */
void contract_conflict(struct rig_worker *worker,
                       const struct vb_change *changes, size_t count,
                       enum vb_conflict_kind kind, size_t change, size_t item,
                       const char *key);
uint64_t contract_revision(struct rig_worker *worker, const char *parent,
                           uint64_t want_count);

#endif
