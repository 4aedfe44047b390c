/* Running the contract's tests, and what they share. See contract.h. */
#include "unit.h"

#include <stdio.h>

#include <stdlib.h>

#include "base/buf.h"
#include "contract.h"

struct vb_executor *contract_executor(struct contract *contract)
{
    return contract->executor == NULL ? NULL : &contract->executor->base;
}

int contract_open(void **state)
{
    struct contract *contract = *state;
    struct vb_buf why;
    enum vb_err err;

    vb_buf_init(&why, 1000);
    contract->engine->url(contract->url, sizeof(contract->url));
    err = vb_store_open(vb_span_str(contract->url), &contract->store, &why);
    if (err != VB_OK)
        print_error("%.*s\n", (int)why.len, why.ptr);
    vb_buf_done(&why);
    assert_int_equal(err, VB_OK);
    assert_true(rig_worker_init(&contract->a, contract->store,
                                contract_executor(contract)));
    assert_true(rig_worker_init(&contract->b, contract->store,
                                contract_executor(contract)));
    return 0;
}

int contract_close(void **state)
{
    struct contract *contract = *state;

    rig_worker_done(&contract->a);
    rig_worker_done(&contract->b);
    vb_store_close(contract->store);
    contract->engine->clean(contract->url);
    return 0;
}

/* --- Asserting. --- */

uint64_t contract_holds(struct rig_worker *worker, const char *key,
                        const char *text)
{
    struct vb_record *record = NULL;
    uint64_t revision;

    assert_int_equal(rig_read(worker, vb_span_str(key), &record), VB_OK);
    if (record == NULL)
        fail_msg("there is no %s", key);
    assert_span_equal(record->key, key);
    assert_span_equal(record->content, text);
    assert_int_equal(record->length, strlen(text));
    revision = record->revision;
    vb_record_unref(record);
    return revision;
}

void contract_absent(struct rig_worker *worker, const char *key)
{
    struct vb_record *record = NULL;

    assert_int_equal(rig_read(worker, vb_span_str(key), &record), VB_OK);
    if (record != NULL)
        fail_msg("%s is there", key);
}

uint64_t contract_ok(struct rig_worker *worker, const struct vb_change *changes,
                     size_t count)
{
    uint64_t revision = 0;

    assert_int_equal(rig_change(worker, changes, count, &revision), VB_OK);
    return revision;
}

void contract_conflict(struct rig_worker *worker,
                       const struct vb_change *changes, size_t count,
                       enum vb_conflict_kind kind, size_t change, size_t item,
                       const char *key)
{
    struct vb_commit commit = {.changes = changes, .change_count = count};

    assert_int_equal(rig_commit(worker, &commit), VB_ERR_CONFLICT);
    assert_int_equal(commit.conflict.kind, kind);
    assert_int_equal(commit.conflict.change, change);
    assert_int_equal(commit.conflict.item, item);
    assert_string_equal(commit.conflict.key, key);
}

uint64_t contract_revision(struct rig_worker *worker, const char *parent,
                           uint64_t want_count)
{
    struct vb_collection_read read = {.parent = vb_span_str(parent)};

    assert_int_equal(rig_collection(worker, &read), VB_OK);
    assert_int_equal(read.count, want_count);
    return read.revision;
}

/* --- Running. --- */

static const struct {
    const char *name;
    const struct CMUnitTest *tests;
    const size_t *count;
} parts[] = {
    {"records", contract_records, &contract_records_count},
    {"ties", contract_ties, &contract_ties_count},
    {"lists", contract_lists, &contract_lists_count},
    {"sieves", contract_sieves, &contract_sieves_count},
    {"joint", contract_joint, &contract_joint_count},
    {"indexes", contract_indexes, &contract_indexes_count},
    {"batches", contract_batches, &contract_batches_count},
    {"memos", contract_memos, &contract_memos_count},
    {"history", contract_history, &contract_history_count},
    {"tombstones", contract_tombstones, &contract_tombstones_count},
    {"blobs", contract_blobs, &contract_blobs_count},
    {"threads", contract_threads, &contract_threads_count},
};

static int run_part(size_t part, struct contract *contract)
{
    struct CMUnitTest *tests = calloc(*parts[part].count, sizeof(*tests));
    char name[100];
    int failed;

    if (tests == NULL)
        abort();
    for (size_t i = 0; i < *parts[part].count; i++) {
        tests[i] = parts[part].tests[i];
        tests[i].initial_state = contract;
    }
    (void)snprintf(name, sizeof(name), "storage/%s %s%s",
                   contract->engine->name, parts[part].name,
                   contract->executor == NULL ? "" : " with executor");
    failed =
        _cmocka_run_group_tests(name, tests, *parts[part].count, NULL, NULL);
    free(tests);
    return failed;
}

int contract_run(const struct contract_engine *engine)
{
    struct rig_executor executor;
    struct contract contract = {.engine = engine};
    int failed = 0;

    for (size_t i = 0; i < VB_COUNT_OF(parts); i++)
        failed += run_part(i, &contract);
    rig_executor_init(&executor);
    contract.executor = &executor;
    for (size_t i = 0; i < VB_COUNT_OF(parts); i++)
        failed += run_part(i, &contract);
    rig_executor_done(&executor);
    return failed;
}
