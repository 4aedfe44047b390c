/*
 * The rules of resource/jobs.h below HTTP: several managers with one store, and
 * a store that cannot be asked for a while.
 */
#include "unit.h"

#include <stdlib.h>

#include "base/list.h"
#include "bells.h"
#include "exchange/run.h"
#include "resource/jobs_part.h"
#include "storage/engine.h"

#define MOST 8

static const char description[] =
    "{\"openapi\": \"3.1.0\", \"info\": {\"title\": \"T\", \"version\": \"1\"},"
    "\"paths\": {\"/x\": {\"post\": {\"x-verbatim\": {\"do\": {\"run\":"
    "{\"command\": [\"/bin/sh\", \"-c\", \"true\"]}}},"
    "\"responses\": {\"202\": {\"description\": \"later\","
    "\"content\": {\"text/plain\": {}}}}}}}}";

/* An instance: a manager, its time, and what it has started. */
struct instance {
    struct vb_env env;
    struct vb_service service;
    struct vb_mailbox mailbox;
    struct bells bells;
    struct vb_runner runner;
    struct vb_run *runs[MOST]; /* under way */
    unsigned started;
    struct vb_jobs *jobs;
};

static struct vb_limits limits;
static struct vb_store *store;
static const struct vb_store_ops *real;
static struct vb_store_ops ops;
static struct vb_catalog *catalog;
static struct instance a, b;

/* What the store says instead of doing what it is asked: to reads, commits. */
static enum vb_err read_fails, commit_fails, list_fails;
/* It does what it is asked to, and says otherwise. */
static bool done_all_the_same;

static enum vb_io read_record(struct vb_store_client *client,
                              struct vb_read *read)
{
    if (read_fails == VB_OK)
        return real->read(client, read);
    read->record = read->tombstone = NULL;
    read->op.err = read_fails;
    return VB_IO_DONE;
}

static enum vb_io list_records(struct vb_store_client *client,
                               struct vb_list_read *list)
{
    if (list_fails == VB_OK)
        return real->list(client, list);
    assert_true(vb__list_init(list));
    list->op.err = list_fails;
    return VB_IO_DONE;
}

static enum vb_io commit(struct vb_store_client *client,
                         struct vb_commit *request)
{
    if (commit_fails == VB_OK || done_all_the_same)
        assert_int_equal(real->commit(client, request), VB_IO_DONE);
    if (commit_fails != VB_OK)
        request->op.err = commit_fails;
    return VB_IO_DONE;
}

/* --- programs ----------------------------------------------------------------
 */

static struct vb_run **place_of(struct instance *instance,
                                const struct vb_run *run)
{
    for (size_t i = 0; i < MOST; i++)
        if (instance->runs[i] == run)
            return &instance->runs[i];
    fail_msg("no such run");
    return NULL;
}

static enum vb_err start(struct vb_runner *runner, struct vb_run *run)
{
    struct instance *instance = VB_CONTAINER(runner, struct instance, runner);

    *place_of(instance, NULL) = run;
    instance->started++;
    return VB_OK;
}

static void end(struct instance *instance, struct vb_run *run,
                enum vb_run_end how)
{
    *place_of(instance, run) = NULL;
    run->end = how;
    run->code = 0;
    vb_buf_init(&run->output, 100);
    vb_buf_str(&run->output, "out");
    run->done(run);
}

static void cancel(struct vb_runner *runner, struct vb_run *run)
{
    end(VB_CONTAINER(runner, struct instance, runner), run, VB_RUN_CANCELLED);
}

static struct vb_run *running(const struct instance *instance)
{
    for (size_t i = 0; i < MOST; i++)
        if (instance->runs[i] != NULL)
            return instance->runs[i];
    return NULL;
}

/* --- instances ---------------------------------------------------------------
 */

static void wake(struct vb_mailbox *box)
{
    (void)box;
}

static void make(struct instance *instance, unsigned at_once)
{
    const struct vb_jobs_options options = {
        .most = 100, .at_once = at_once, .retention_ms = 3600000};

    memset(instance, 0, sizeof(*instance));
    vb_env_init(&instance->env, &limits, &instance->service);
    vb_env_set_now(&instance->env, 1000, INT64_C(1800000000000));
    vb_mailbox_init(&instance->mailbox, wake, NULL);
    bells_init(&instance->bells, &instance->env);
    instance->runner = (struct vb_runner){start, cancel};
    instance->env.runner = &instance->runner;
    instance->env.store =
        vb_store_attach(store, &instance->mailbox, NULL, NULL);
    instance->jobs = vb_jobs_new(&options, &instance->mailbox);
    assert_non_null(instance->env.store);
    assert_non_null(instance->jobs);
}

static void begin(struct instance *instance)
{
    vb_jobs_start(instance->jobs, &instance->env, catalog);
}

static void stop(struct instance *instance)
{
    struct vb_run *run;

    if (instance->jobs == NULL)
        return;
    read_fails = commit_fails = VB_OK;
    vb_jobs_rest(instance->jobs);
    while ((run = running(instance)) != NULL)
        end(instance, run, VB_RUN_CANCELLED);
    assert_true(vb_jobs_idle(instance->jobs));
    vb_jobs_stop(instance->jobs);
    assert_int_equal(bells_count(&instance->bells), 0);
    vb_jobs_free(instance->jobs);
    instance->jobs = NULL;
    vb_store_detach(instance->env.store);
    vb_mailbox_done(&instance->mailbox);
    vb_env_done(&instance->env);
}

/* Time passes for both, second by second; `who` may be dead. */
static void wait_for(struct instance *who, struct instance *other, int64_t s)
{
    for (int64_t i = 0; i < s; i++) {
        if (who != NULL)
            bells_wait(&who->bells, 1000);
        if (other != NULL)
            bells_wait(&other->bells, 1000);
    }
}

/* --- jobs --------------------------------------------------------------------
 */

static const char id[] = "0123456789abcdefghij";

static struct vb_change put(struct vb_span key, const char *parent,
                            struct vb_span content)
{
    return (struct vb_change){.kind = VB_CHANGE_PUT,
                              .key = key,
                              .parent = vb_span_str(parent),
                              .expect = VB_EXPECT_NONE,
                              .media_type = VB_SPAN("application/json"),
                              .content = content,
                              .length = content.len};
}

/* As defer.c makes one. */
static uint64_t make_job(struct instance *instance, bool idempotent)
{
    const struct vb_job_facts facts = {
        .id = vb_span_str(id),
        .state = "queued",
        .method = VB_SPAN("POST"),
        .target = VB_SPAN("/x"),
        .created_ms = instance->env.now.unix_ms,
        .idempotent = idempotent,
    };
    struct vb_buf json;
    struct vb_change changes[3];
    struct vb_commit request = {.changes = changes, .change_count = 3};

    vb_buf_init(&json, 4096);
    vb_job_write(&json, &facts);
    changes[0] =
        put(VB_SPAN("job:0123456789abcdefghij"), "job:", vb_buf_span(&json));
    changes[1] = put(
        VB_SPAN("job:0123456789abcdefghij/call"), VB_JOB_CALLS,
        VB_SPAN(
            "{\"route\":\"/x\",\"type\":\"text/plain\",\"environment\":[]}"));
    changes[2] =
        put(VB_SPAN("job:0123456789abcdefghij/input"), "", VB_SPAN("in"));
    assert_int_equal(vb_store_commit(instance->env.store, &request),
                     VB_IO_DONE);
    assert_int_equal(request.op.err, VB_OK);
    vb_buf_done(&json);
    return request.revision;
}

static void submit(struct instance *instance, uint64_t revision)
{
    assert_true(vb_jobs_enter(instance->jobs));
    assert_true(
        vb_jobs_submit(instance->jobs, vb_span_str(id), revision, NULL));
    vb_mailbox_run(&instance->mailbox);
}

static void expect(struct instance *instance, const char *key, const char *has)
{
    struct vb_read read = {.key = vb_span_str(key)};

    assert_int_equal(real->read(instance->env.store, &read), VB_IO_DONE);
    if (has == NULL) {
        assert_null(read.record);
        return;
    }
    assert_non_null(read.record);
    if (memmem(read.record->content.ptr, read.record->content.len, has,
               strlen(has)) == NULL)
        fail_msg("%.*s has no %s", VB_FMT(read.record->content), has);
    vb_record_unref(read.record);
}

static void expect_state(struct instance *instance, const char *state)
{
    expect(instance, "job:0123456789abcdefghij", state);
}

static void expect_result(struct instance *instance, const char *result)
{
    expect(instance, "job:0123456789abcdefghij/result", result);
}

/* --- set up ------------------------------------------------------------------
 */

static int set_up(void **state)
{
    const struct vb_description *d;
    struct vb_notes notes;

    (void)state;
    limits = vb_limits_default;
    read_fails = commit_fails = list_fails = VB_OK;
    done_all_the_same = false;
    vb_notes_init(&notes);
    assert_int_equal(vb_description_parse(VB_SPAN("x.json"),
                                          vb_span_str(description), &notes, &d),
                     VB_OK);
    vb_notes_done(&notes);
    assert_int_equal(vb_catalog_new(d, VB_SPAN(""), &catalog), VB_OK);
    vb_description_unref(d);
    assert_true(vb_catalog_has_jobs(catalog));
    assert_int_equal(vb_store_open(VB_SPAN("memory:"), &store, NULL), VB_OK);
    store->shared = true;
    real = store->ops;
    ops = *real;
    ops.read = read_record;
    ops.commit = commit;
    ops.list = list_records;
    store->ops = &ops;
    make(&a, 1);
    make(&b, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stop(&a);
    stop(&b);
    vb_store_close(store);
    vb_catalog_unref(catalog);
    return 0;
}

/* --- others ------------------------------------------------------------------
 */

static void what_runs_elsewhere_is_left_alone_at_a_start(void **state)
{
    (void)state;
    begin(&a);
    submit(&a, make_job(&a, true));
    begin(&b);
    wait_for(&a, &b, 200);
    assert_int_equal(a.started, 1);
    assert_int_equal(b.started, 0);
    expect_state(&b, "\"state\":\"running\"");
    end(&a, running(&a), VB_RUN_EXITED);
    expect_state(&b, "\"state\":\"done\"");
    expect_result(&b, "out");
    wait_for(&a, &b, 200);
    assert_int_equal(b.started, 0);
}

/* Its instance does nothing any more. */
static void
what_is_idempotent_is_run_again_where_its_instance_has_gone(void **state)
{
    (void)state;
    begin(&a);
    submit(&a, make_job(&a, true));
    begin(&b);
    wait_for(NULL, &b, 50);
    assert_int_equal(b.started, 0);
    wait_for(NULL, &b, 30);
    assert_int_equal(b.started, 1);
    end(&b, running(&b), VB_RUN_EXITED);
    expect_state(&b, "\"state\":\"done\"");
    /* It was only away: what it has to say comes too late. */
    commit_fails = VB_OK;
    end(&a, running(&a), VB_RUN_SIGNALLED);
    expect_state(&b, "\"state\":\"done\"");
}

static void what_is_not_has_failed_where_its_instance_has_gone(void **state)
{
    (void)state;
    begin(&a);
    submit(&a, make_job(&a, false));
    begin(&b);
    wait_for(NULL, &b, 80);
    assert_int_equal(b.started, 0);
    expect_state(&b, "\"state\":\"failed\"");
    expect_state(&b, "The server ended while this ran.");
}

/* It learns that it was taken for gone when it says that it is not. */
static void who_has_lost_its_lease_ends_its_program(void **state)
{
    (void)state;
    begin(&a);
    submit(&a, make_job(&a, true));
    begin(&b);
    wait_for(NULL, &b, 80);
    assert_int_equal(b.started, 1);
    wait_for(&a, NULL, 21);
    assert_null(running(&a));
    assert_non_null(running(&b));
}

static void what_waits_is_run_where_there_is_room(void **state)
{
    (void)state;
    begin(&a);
    begin(&b);
    a.jobs->running_count = 1; /* it has no room */
    submit(&a, make_job(&a, false));
    assert_int_equal(a.started, 0);
    wait_for(&a, &b, 16);
    assert_int_equal(b.started, 1);
    /* Its turn at the first one comes: it is not run twice. */
    vb__job_begin(VB_CONTAINER(a.jobs->waiting.next, struct vb__job, link));
    assert_int_equal(a.jobs->running_count, 0);
    assert_int_equal(a.started, 0);
    assert_true(vb_list_empty(&a.jobs->waiting));
    end(&b, running(&b), VB_RUN_EXITED);
    expect_state(&b, "\"state\":\"done\"");
}

static void what_is_deleted_elsewhere_ends(void **state)
{
    struct vb_arena arena;
    struct vb_change changes[VB_JOB_RECORDS];
    struct vb_commit request = {.changes = changes,
                                .change_count = VB_JOB_RECORDS};

    (void)state;
    begin(&a);
    submit(&a, make_job(&a, true));
    vb_arena_init(&arena, 1024, 4096);
    vb_job_removals(&arena, vb_span_str(id), VB_EXPECT_ANY, changes);
    assert_int_equal(vb_store_commit(b.env.store, &request), VB_IO_DONE);
    vb_arena_done(&arena);
    wait_for(&a, NULL, 21);
    assert_null(running(&a));
    expect_state(&a, NULL);
    submit(&a, make_job(&a, true)); /* it goes on with others */
    assert_int_equal(a.started, 2);
}

static void alone_there_is_no_lease(void **state)
{
    (void)state;
    store->shared = false;
    begin(&a);
    submit(&a, make_job(&a, false));
    assert_int_equal(bells_count(&a.bells), 0);
    begin(&b); /* as a server does that has been killed */
    assert_int_equal(b.started, 0);
    expect_state(&b, "\"state\":\"failed\"");
    end(&a, running(&a), VB_RUN_EXITED);
    expect_state(&b, "\"state\":\"failed\"");
}

/* --- a store that is away ----------------------------------------------------
 */

static void what_cannot_be_read_is_not_taken_for_gone(void **state)
{
    (void)state;
    begin(&a);
    read_fails = VB_ERR_UNAVAILABLE;
    submit(&a, make_job(&a, false));
    wait_for(&a, NULL, 30);
    assert_int_equal(a.started, 0);
    expect_state(&a, "\"state\":\"queued\"");
    read_fails = VB_OK;
    wait_for(&a, NULL, 2);
    assert_int_equal(a.started, 1);
}

static void what_cannot_begin_is_not_taken_for_failed(void **state)
{
    uint64_t revision;

    (void)state;
    begin(&a);
    revision = make_job(&a, false);
    commit_fails = VB_ERR_UNAVAILABLE;
    submit(&a, revision);
    wait_for(&a, NULL, 30);
    assert_int_equal(a.started, 0);
    commit_fails = VB_OK;
    wait_for(&a, NULL, 2);
    assert_int_equal(a.started, 1);
}

/* It was said that it runs, and nobody had heard. */
static void what_has_begun_for_all_that_is_known_begins_once(void **state)
{
    uint64_t revision;

    (void)state;
    begin(&a);
    revision = make_job(&a, false);
    commit_fails = VB_ERR_UNCERTAIN;
    done_all_the_same = true;
    submit(&a, revision);
    assert_int_equal(a.started, 0);
    commit_fails = VB_OK;
    wait_for(&a, NULL, 2);
    assert_int_equal(a.started, 1);
    end(&a, running(&a), VB_RUN_EXITED);
    expect_state(&a, "\"state\":\"done\"");
    wait_for(&a, NULL, 100);
    assert_int_equal(a.started, 1);
}

static void what_came_of_it_is_told_later(void **state)
{
    static const enum vb_err errs[] = {VB_ERR_UNAVAILABLE, VB_ERR_UNCERTAIN};

    (void)state;
    begin(&a);
    submit(&a, make_job(&a, false));
    for (size_t i = 0; i < VB_COUNT_OF(errs); i++) {
        commit_fails = errs[i];
        if (i == 0)
            end(&a, running(&a), VB_RUN_EXITED);
        wait_for(&a, NULL, 10);
        expect_state(&a, "\"state\":\"running\"");
    }
    commit_fails = VB_OK;
    wait_for(&a, NULL, 2);
    expect_state(&a, "\"state\":\"done\"");
    expect_result(&a, "out");
    assert_int_equal(a.started, 1);
}

static void a_start_without_the_store_is_made_up_for(void **state)
{
    (void)state;
    make_job(&b, false);
    list_fails = VB_ERR_UNAVAILABLE;
    begin(&a);
    assert_int_equal(a.started, 0);
    list_fails = VB_OK;
    wait_for(&a, NULL, 16);
    assert_int_equal(a.started, 1);
}

#define jobs_test(function)                                                    \
    cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        jobs_test(what_runs_elsewhere_is_left_alone_at_a_start),
        jobs_test(what_is_idempotent_is_run_again_where_its_instance_has_gone),
        jobs_test(what_is_not_has_failed_where_its_instance_has_gone),
        jobs_test(who_has_lost_its_lease_ends_its_program),
        jobs_test(what_waits_is_run_where_there_is_room),
        jobs_test(what_is_deleted_elsewhere_ends),
        jobs_test(alone_there_is_no_lease),
        jobs_test(what_cannot_be_read_is_not_taken_for_gone),
        jobs_test(what_cannot_begin_is_not_taken_for_failed),
        jobs_test(what_has_begun_for_all_that_is_known_begins_once),
        jobs_test(what_came_of_it_is_told_later),
        jobs_test(a_start_without_the_store_is_made_up_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
