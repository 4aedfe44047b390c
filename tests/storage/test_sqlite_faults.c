/*
 * What the SQLite engine does when the disk is full or fails: what was
 * answered stays, what was refused leaves nothing, and when the trouble is
 * over the store works on.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "faulty_vfs.h"
#include "invariants.h"
#include "rig.h"
#include "scratch.h"

/* --- A history of commits, and what became of each. --- */

enum { COMMITS = 64 };

/* Commit n puts /p/n/a and /p/n/b with the same text, and /last. */
struct entry {
    struct vb_commit commit;
    struct vb_change changes[3];
    char keys[2][16];
    char *text;
    size_t size;
    bool asked;
    bool done;
    enum vb_err err;
};

struct history {
    char folder[200];
    char path[256];
    struct vb_store *store;
    struct rig_worker worker;
    struct entry entries[COMMITS];
};

static struct vb_store *open_path(const char *path)
{
    struct vb_store *store = NULL;
    char url[300];
    struct vb_buf why;
    enum vb_err err;

    (void)snprintf(url, sizeof(url), "sqlite:%s", path);
    vb_buf_init(&why, 1000);
    err = vb_store_open(vb_span_str(url), &store, &why);
    if (err != VB_OK)
        print_error("%.*s\n", (int)why.len, why.ptr);
    vb_buf_done(&why);
    assert_int_equal(err, VB_OK);
    return store;
}

static void history_open(struct history *history, const char *folder)
{
    memset(history, 0, sizeof(*history));
    if (folder == NULL)
        scratch_make(history->folder, sizeof(history->folder));
    else
        (void)snprintf(history->folder, sizeof(history->folder), "%s", folder);
    (void)snprintf(history->path, sizeof(history->path), "%s/store.db",
                   history->folder);
    history->store = open_path(history->path);
    assert_true(rig_worker_init(&history->worker, history->store, NULL));
}

static void history_close(struct history *history)
{
    rig_worker_done(&history->worker);
    vb_store_close(history->store);
    for (int i = 0; i < COMMITS; i++)
        free(history->entries[i].text);
}

static void landed(struct vb_store_op *op)
{
    struct entry *entry = op->context;

    entry->err = op->err;
    entry->done = true;
}

/* Asks for commit n, with `size` bytes of text in each record. */
static void ask(struct history *history, int n, size_t size)
{
    struct entry *entry = &history->entries[n];

    entry->text = malloc(size + 1);
    memset(entry->text, 'a' + n % 26, size);
    entry->text[size] = '\0';
    for (int i = 0; i < 2; i++) {
        (void)snprintf(entry->keys[i], sizeof(entry->keys[i]), "/p/%d/%c", n,
                       "ab"[i]);
        entry->changes[i] = rig_put(entry->keys[i], "/p", entry->text);
    }
    entry->changes[2] = rig_put("/last", "", entry->keys[0]);
    entry->commit = (struct vb_commit){
        .op = {.done = landed, .context = entry},
        .changes = entry->changes,
        .change_count = 3,
    };
    entry->size = size;
    entry->asked = true;
    entry->done = false;
    if (vb_store_commit(history->worker.client, &entry->commit) == VB_IO_DONE)
        landed(&entry->commit.op);
}

static void await_all(struct history *history)
{
    for (int i = 0; i < COMMITS; i++)
        while (history->entries[i].asked && !history->entries[i].done)
            rig_worker_turn(&history->worker);
}

static int count_with(const struct history *history, enum vb_err err)
{
    int count = 0;

    for (int i = 0; i < COMMITS; i++)
        count += history->entries[i].done && history->entries[i].err == err;
    return count;
}

static bool is_there(struct rig_worker *worker, const struct entry *entry,
                     int half, uint64_t *ret_revision)
{
    struct vb_record *record = NULL;
    bool there;

    assert_int_equal(rig_read(worker, vb_span_str(entry->keys[half]), &record),
                     VB_OK);
    there = record != NULL;
    if (there) {
        assert_span_equal(record->content, entry->text);
        *ret_revision = record->revision;
    }
    vb_record_unref(record);
    return there;
}

/*
 * Every commit is there wholly or not at all; what was answered is there. What
 * was refused is not, but in a crash's image: its last write may have reached
 * the disk although the disk said no.
 */
static void assert_history(struct history *history, struct rig_worker *worker,
                           bool refused_may_be)
{
    uint64_t members = 0;
    struct vb_collection_read read = {.parent = VB_SPAN("/p")};

    for (int i = 0; i < COMMITS; i++) {
        struct entry *entry = &history->entries[i];
        uint64_t a = 0, b = 0;
        bool there;

        if (!entry->done)
            continue;
        there = is_there(worker, entry, 0, &a);
        assert_int_equal(is_there(worker, entry, 1, &b), there);
        assert_int_equal(a, b);
        members += there ? 2 : 0;
        if (entry->err == VB_OK) {
            assert_true(there);
            assert_int_equal(a, entry->commit.revision);
        } else if (!refused_may_be) {
            assert_false(there);
        }
    }
    assert_int_equal(rig_collection(worker, &read), VB_OK);
    assert_int_equal(read.count, members);
    vb_store_turn_end(worker->client);
}

static void assert_works_on(struct history *history, int first)
{
    for (int i = first; i < first + 3; i++)
        ask(history, i, 300);
    await_all(history);
    for (int i = first; i < first + 3; i++)
        assert_int_equal(history->entries[i].err, VB_OK);
    assert_history(history, &history->worker, false);
}

static void assert_reopened(struct history *history)
{
    rig_worker_done(&history->worker);
    vb_store_close(history->store);
    history->store = open_path(history->path);
    assert_true(rig_worker_init(&history->worker, history->store, NULL));
    assert_history(history, &history->worker, false);
}

/* --- A single fault at every place. --- */

static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    int in = open(from, O_RDONLY), out;
    ssize_t n;

    if (in < 0)
        return;
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(out >= 0);
    while ((n = read(in, buffer, sizeof(buffer))) > 0)
        assert_int_equal(write(out, buffer, (size_t)n), n);
    close(in);
    close(out);
}

/* The files as a crash would leave them now, opened beside the store. */
static void assert_crash_image(struct history *history)
{
    char image[300], from[320], to[320];
    struct rig_worker worker;
    struct vb_store *store;

    (void)snprintf(image, sizeof(image), "%s/image.db", history->folder);
    copy_file(history->path, image);
    (void)snprintf(from, sizeof(from), "%s-wal", history->path);
    (void)snprintf(to, sizeof(to), "%s-wal", image);
    copy_file(from, to);
    store = open_path(image);
    assert_true(rig_worker_init(&worker, store, NULL));
    assert_history(history, &worker, true);
    rig_worker_done(&worker);
    vb_store_close(store);
    assert_int_equal(invariants_broken(image), 0);
    unlink(image);
}

/* True when the fault came to pass. */
static bool run_with_fault(enum fault fault, unsigned nth, bool sticky)
{
    struct history history;
    bool struck;

    history_open(&history, NULL);
    ask(&history, 0, 300);
    await_all(&history);
    faulty_vfs_arm(fault, nth, sticky);
    for (int i = 1; i < 10; i++) {
        /* Some together, some alone; of several sizes. */
        ask(&history, i, i % 4 == 3 ? 20000 : 200);
        if (i % 3 == 0)
            await_all(&history);
    }
    await_all(&history);
    struck = faulty_vfs_disarm();
    assert_history(&history, &history.worker, false);
    assert_crash_image(&history);
    assert_works_on(&history, 20);
    if (nth % 4 == 0)
        assert_reopened(&history);
    if (struck && !sticky && fault == FAULT_FULL) /* tried again, and fine */
        assert_int_equal(count_with(&history, VB_OK) +
                             count_with(&history, VB_ERR_NOSPACE),
                         13);
    if (struck && sticky)
        assert_true(count_with(&history, fault == FAULT_FULL ? VB_ERR_NOSPACE
                                                             : VB_ERR_IO) > 0);
    history_close(&history);
    scratch_remove(history.path);
    return struck;
}

static void run_all_places(bool sticky)
{
    vb_log_set_level(VB_LOG_ERROR - 1); /* it would say so, hundreds of times */
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        unsigned nth = 1;
        /* Syncs are few; of the writes, not all in the normal run. */
        unsigned step = fault == FAULT_SYNC || getenv("VB_TEST_LONG") ? 1 : 3;

        while (run_with_fault((enum fault)fault, nth, sticky))
            nth += step;
        assert_true(nth > 3);
    }
    vb_log_set_level(VB_LOG_NOTICE);
}

static void one_fault_anywhere_loses_nothing(void **state)
{
    (void)state;
    run_all_places(false);
}

static void lasting_fault_loses_nothing_and_may_end(void **state)
{
    (void)state;
    run_all_places(true);
}

/* --- Synced before it is answered. --- */

static void answered_commit_is_on_disk(void **state)
{
    struct history history;

    (void)state;
    history_open(&history, NULL);
    for (int i = 0; i < 20; i++) {
        ask(&history, i, 500);
        await_all(&history);
        assert_false(faulty_vfs_log_is_dirty());
    }
    history_close(&history);
    scratch_remove(history.path);
}

/* --- A full disk. --- */

static void assert_full_and_again(struct history *history,
                                  void (*make_room)(struct history *))
{
    int n = 0;

    while (n < COMMITS - 10 && count_with(history, VB_ERR_NOSPACE) == 0) {
        ask(history, n++, 30000);
        ask(history, n++, 10);
        await_all(history);
        assert_history(history, &history->worker, false);
    }
    assert_true(count_with(history, VB_ERR_NOSPACE) > 0);
    assert_int_equal(
        count_with(history, VB_OK) + count_with(history, VB_ERR_NOSPACE), n);
    /* It stays full for a while, and says so each time. */
    ask(history, n++, 60000);
    await_all(history);
    assert_int_equal(history->entries[n - 1].err, VB_ERR_NOSPACE);
    make_room(history);
    assert_works_on(history, n);
    assert_reopened(history);
}

/* The size allowed to files stands for the disk: anyone can set it. */
static void lift_limit(struct history *history)
{
    struct rlimit limit;

    (void)history;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void store_at_its_file_size_limit_is_full(void **state)
{
    struct history history;
    struct rlimit limit;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    history_open(&history, NULL);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = (rlim_t)600 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_full_and_again(&history, lift_limit);
    history_close(&history);
    scratch_remove(history.path);
}

static void remove_ballast(struct history *history)
{
    char path[300];

    (void)snprintf(path, sizeof(path), "%s/ballast", history->folder);
    assert_int_equal(unlink(path), 0);
}

static void fill_disk(struct history *history)
{
    char path[300];
    char zeros[4096] = {0};
    int fd;

    (void)snprintf(path, sizeof(path), "%s/ballast", history->folder);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(write(fd, zeros, sizeof(zeros)), sizeof(zeros));
    close(fd);
}

/* A small disk of our own, where we may mount one, seen by us alone. */
static bool mount_small_disk(const char *folder)
{
    return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", folder, "tmpfs", 0, "size=8m") == 0;
}

static void store_on_a_full_disk_says_so_and_recovers(void **state)
{
    struct history history;
    char folder[200];
    char file[256];

    (void)state;
    scratch_make(folder, sizeof(folder));
    (void)snprintf(file, sizeof(file), "%s/x", folder);
    if (!mount_small_disk(folder)) {
        scratch_remove(file);
        print_message("skipped: cannot mount a file system here: %s\n",
                      strerror(errno));
        skip();
    }
    history_open(&history, folder);
    fill_disk(&history);
    assert_full_and_again(&history, remove_ballast);
    history_close(&history);
    assert_int_equal(umount(folder), 0);
    scratch_remove(file);
}

/* What is to be kept now comes before what was: history takes no room from
 * who writes, though it be most of the disk. */
static void history_gives_way_on_a_full_disk(void **state)
{
    struct history history;
    struct vb_history_read read = {.limit = 10};
    char folder[200];
    char file[256];

    (void)state;
    scratch_make(folder, sizeof(folder));
    (void)snprintf(file, sizeof(file), "%s/x", folder);
    if (!mount_small_disk(folder)) {
        scratch_remove(file);
        skip();
    }
    history_open(&history, folder);
    for (int i = 0; i < COMMITS; i++) {
        char text[30000];
        struct vb_change put = rig_put("/one", "", "");

        memset(text, 'a' + i % 26, sizeof(text));
        put.content = vb_span_of(text, sizeof(text));
        put.length = sizeof(text);
        for (int k = 0; k < 20; k++)
            assert_int_equal(rig_change(&history.worker, &put, 1, NULL), VB_OK);
    }
    read.beyond = vb_moment(1);
    assert_int_equal(rig_history(&history.worker, &read), VB_ERR_NOTFOUND);
    vb_history_read_done(&read);
    assert_true(read.kept > read.beyond && read.kept <= read.now);
    history_close(&history);
    assert_int_equal(umount(folder), 0);
    scratch_remove(file);
}

/* What does not fit must not take down what does: one large, some small. */
static void small_commits_of_a_failed_group_are_done(void **state)
{
    struct history history;
    struct rlimit limit;
    int n = 0;

    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    history_open(&history, NULL);
    /* Nearly the 1 MiB that a file begins with. */
    for (int i = 0; i < 5; i++)
        ask(&history, n++, 90000);
    await_all(&history);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = (rlim_t)1100 * 1024;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (int i = 0; i < 8; i++)
        ask(&history, n++, i == 4 ? 200000 : 10);
    await_all(&history);
    assert_history(&history, &history.worker, false);
    assert_int_equal(count_with(&history, VB_ERR_NOSPACE), 1);
    assert_int_equal(count_with(&history, VB_OK), 5 + 7);
    lift_limit(&history);
    assert_works_on(&history, n);
    history_close(&history);
    scratch_remove(history.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answered_commit_is_on_disk),
        cmocka_unit_test(one_fault_anywhere_loses_nothing),
        cmocka_unit_test(lasting_fault_loses_nothing_and_may_end),
        cmocka_unit_test(store_at_its_file_size_limit_is_full),
        cmocka_unit_test(small_commits_of_a_failed_group_are_done),
        cmocka_unit_test(store_on_a_full_disk_says_so_and_recovers),
        cmocka_unit_test(history_gives_way_on_a_full_disk),
    };

    faulty_vfs_install();
    return cmocka_run_group_tests_name("storage/sqlite faults", tests, NULL,
                                       NULL);
}
