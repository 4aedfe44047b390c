/* The log's file: what gets there, when, and what if nobody takes it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/access_log.h"
#include "request.h"

static const struct request usual = {
    .method = "GET", .target = "/", .status = 200, .sent = 3};

/* A folder for one test's files. */
static char folder[64], path[96], other[96];

static int set_up(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof(folder), "/tmp/verbatim-test-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    (void)snprintf(path, sizeof(path), "%s/log", folder);
    (void)snprintf(other, sizeof(other), "%s/old", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    unlink(other);
    return rmdir(folder);
}

static struct vb_access_log *open_log(const char *where)
{
    const struct vb_access_options options = {where, VB_ACCESS_COMBINED, "all"};
    struct vb_access_log *log = NULL;
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    if (vb_access_log_open(&options, &log, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return log;
}

static void note(struct vb_access_writer *writer, const char *target)
{
    struct request request = usual;
    struct vb_exchange *x;

    request.target = target;
    x = request_make(&request);
    vb_access_note(writer, x, (struct vb_redact_keys){.count = 0});
    request_release(x);
}

static size_t size_of(const char *file)
{
    struct stat st;

    return stat(file, &st) == 0 ? (size_t)st.st_size : 0;
}

/* Newlines in a text. */
static size_t lines_in(const char *bytes, size_t len)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += bytes[i] == '\n';
    return n;
}

static size_t lines_of(const char *file)
{
    size_t len = size_of(file);
    char *bytes = malloc(len + 1);
    int fd = open(file, O_RDONLY);
    size_t n;

    assert_non_null(bytes);
    assert_int_equal(read(fd, bytes, len), (ssize_t)len);
    close(fd);
    n = lines_in(bytes, len);
    free(bytes);
    return n;
}

/* --- A file -----------------------------------------------------------------
 */

static void lines_are_written_once_a_turn(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct vb_access_writer *writer = vb_access_writer_new(log);
    struct stat st;

    (void)state;
    note(writer, "/a");
    note(writer, "/b");
    assert_int_equal(size_of(path), 0);
    vb_access_flush(writer);
    assert_int_equal(lines_of(path), 2);
    vb_access_flush(writer); /* nothing new */
    assert_int_equal(lines_of(path), 2);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07, 0); /* not for everyone to read */
    vb_access_writer_free(writer);
    vb_access_log_free(log);
}

static void a_full_buffer_is_written_at_once_and_loses_nothing(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct vb_access_writer *writer = vb_access_writer_new(log);

    (void)state;
    for (int i = 0; i < 5000; i++)
        note(writer, "/some/path/that/takes/a/little/room");
    assert_true(lines_of(path) > 4000);
    vb_access_writer_free(writer);
    assert_int_equal(lines_of(path), 5000);
    vb_access_log_free(log);
}

static void a_log_is_continued(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct vb_access_log *log = open_log(path);
        struct vb_access_writer *writer = vb_access_writer_new(log);

        note(writer, "/");
        vb_access_writer_free(writer);
        vb_access_log_free(log);
    }
    assert_int_equal(lines_of(path), 2);
}

static void after_reopening_lines_go_to_the_new_file(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct vb_access_writer *writer = vb_access_writer_new(log);
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    note(writer, "/1");
    vb_access_flush(writer);
    assert_int_equal(rename(path, other), 0);
    note(writer, "/2");
    vb_access_flush(writer);
    assert_int_equal(lines_of(other), 2);
    assert_int_equal(vb_access_log_reopen(log, &why), VB_OK);
    note(writer, "/3");
    vb_access_writer_free(writer);
    assert_int_equal(lines_of(other), 2);
    assert_int_equal(lines_of(path), 1);
    vb_access_log_free(log);
    vb_buf_done(&why);
}

static void what_cannot_be_reopened_stays(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct vb_access_writer *writer = vb_access_writer_new(log);
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(vb_access_log_reopen(log, &why), VB_ERR_IO);
    assert_true(vb_span_starts(vb_buf_span(&why),
                               VB_SPAN("cannot open the access log ")));
    assert_true(
        vb_span_ends(vb_buf_span(&why), VB_SPAN("log: Is a directory")));
    note(writer, "/");
    vb_access_writer_free(writer);
    assert_int_equal(lines_of(other), 1);
    vb_access_log_free(log);
    vb_buf_done(&why);
    rmdir(path);
}

static void what_cannot_be_opened_is_told(void **state)
{
    static const struct {
        struct vb_access_options options;
        enum vb_err want;
        const char *why;
    } rows[] = {
        {{"/nowhere/log", VB_ACCESS_JSON, "all"},
         VB_ERR_IO,
         "cannot open the access log /nowhere/log: No such file or directory"},
        {{"/", VB_ACCESS_JSON, "all"},
         VB_ERR_IO,
         "cannot open the access log /: Is a directory"},
        {{"stderr", VB_ACCESS_JSON, "some"},
         VB_ERR_SYNTAX,
         "write all, none, all-but:NAME,NAME or only:NAME,NAME"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_access_log *log = NULL;
        struct vb_buf why;

        vb_buf_init(&why, 4096);
        assert_int_equal(vb_access_log_open(&rows[i].options, &log, &why),
                         rows[i].want);
        assert_null(log);
        assert_span_equal(vb_buf_span(&why), rows[i].why);
        vb_buf_done(&why);
    }
}

static void without_a_log_nothing_happens(void **state)
{
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    note(NULL, "/");
    vb_access_flush(NULL);
    vb_access_writer_free(NULL);
    vb_access_log_free(NULL);
    assert_int_equal(vb_access_log_reopen(NULL, &why), VB_OK);
    vb_buf_done(&why);
}

/* An exchange that failed before there was a message is no request. */
static void what_was_never_begun_is_not_logged(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct vb_access_writer *writer = vb_access_writer_new(log);
    struct vb_exchange *x = request_make(&usual);

    (void)state;
    x->carrier = NULL;
    vb_access_note(writer, x, (struct vb_redact_keys){.count = 0});
    request_release(x);
    vb_access_writer_free(writer);
    vb_access_log_free(log);
    assert_int_equal(size_of(path), 0);
}

/* --- Trouble ----------------------------------------------------------------
 */

/* stderr, for as long as a test has it elsewhere. */
static int real_stderr;

static void redirect_stderr(int fd)
{
    real_stderr = dup(STDERR_FILENO);
    assert_true(real_stderr >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
}

static void restore_stderr(void)
{
    dup2(real_stderr, STDERR_FILENO);
    close(real_stderr);
}

/* The text that a descriptor without O_NONBLOCK gives until it would wait. */
static size_t take(int fd, char *bytes, size_t size)
{
    size_t len = 0;
    ssize_t n;

    fcntl(fd, F_SETFL, O_NONBLOCK);
    while (len < size && (n = read(fd, bytes + len, size - len)) > 0)
        len += (size_t)n;
    return len;
}

static void a_full_disk_is_told_once_and_survived(void **state)
{
    static char told[1 << 16];
    struct vb_access_log *log = open_log("/dev/full");
    struct vb_access_writer *writer = vb_access_writer_new(log);
    size_t len;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    redirect_stderr(ends[1]);
    for (int i = 0; i < 3; i++) {
        note(writer, "/");
        vb_access_flush(writer);
    }
    vb_access_writer_free(writer);
    restore_stderr();
    len = take(ends[0], told, sizeof(told) - 1);
    told[len] = '\0';
    assert_string_equal(told, "verbatim: error: cannot write the access log "
                              "/dev/full: No space left on device\n");
    close(ends[0]);
    close(ends[1]);
    vb_access_log_free(log);
}

/* A reader that sleeps must not stop the server, and learns what it missed. */
static void a_pipe_that_nobody_reads_holds_nobody_up(int ends[2])
{
    static char bytes[1 << 20];
    struct vb_access_log *log;
    struct vb_access_writer *writer;
    size_t len, got;

    redirect_stderr(ends[1]);
    log = open_log("stderr");
    writer = vb_access_writer_new(log);
    for (int i = 0; i < 20000; i++) {
        note(writer, "/some/path/that/takes/a/little/room");
        if (i % 100 == 0)
            vb_access_flush(writer);
    }
    /* Still here: that is the point. Now somebody reads. */
    len = take(ends[0], bytes, sizeof(bytes));
    got = lines_in(bytes, len);
    vb_access_flush(writer);
    len += take(ends[0], bytes + len, sizeof(bytes) - len);
    vb_access_flush(writer);
    vb_access_writer_free(writer);
    restore_stderr();
    len += take(ends[0], bytes + len, sizeof(bytes) - len);
    assert_true(lines_in(bytes, len) > got);
    assert_true(lines_in(bytes, len) < 20000);
    assert_int_equal(bytes[len - 1], '\n');
    assert_non_null(
        memmem(bytes, len, "lines of the access log were lost", 33));
    for (size_t at = 0; at < len;) {
        const char *end = memchr(bytes + at, '\n', len - at);

        assert_true(memcmp(bytes + at, "192.0.2.7 - - [", 15) == 0 ||
                    memcmp(bytes + at, "verbatim: warning: ", 19) == 0);
        at = (size_t)(end - bytes) + 1;
    }
    vb_access_log_free(log);
    close(ends[0]);
    close(ends[1]);
}

static void a_pipe_without_a_reader_does_not_block(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    a_pipe_that_nobody_reads_holds_nobody_up(ends);
}

static void a_socket_without_a_reader_does_not_block(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    a_pipe_that_nobody_reads_holds_nobody_up(ends);
}

static void a_reader_that_has_gone_is_survived(void **state)
{
    struct vb_access_log *log;
    struct vb_access_writer *writer;
    int ends[2];

    (void)state;
    (void)signal(SIGPIPE, SIG_IGN); /* as the program has it */
    assert_int_equal(pipe(ends), 0);
    redirect_stderr(ends[1]);
    log = open_log("stderr");
    writer = vb_access_writer_new(log);
    close(ends[0]);
    for (int i = 0; i < 3; i++) {
        note(writer, "/");
        vb_access_flush(writer);
    }
    vb_access_writer_free(writer);
    restore_stderr();
    vb_access_log_free(log);
    close(ends[1]);
}

static void a_fifo_without_a_reader_is_refused(void **state)
{
    const struct vb_access_options options = {path, VB_ACCESS_JSON, "all"};
    struct vb_access_log *log = NULL;
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(vb_access_log_open(&options, &log, &why), VB_ERR_IO);
    vb_buf_done(&why);
}

/* --- Many workers -----------------------------------------------------------
 */

#define WORKERS 4
#define EACH    500 /* fit a buffer: none is ever lost */

struct worker {
    pthread_t thread;
    struct vb_access_log *log;
    const struct vb_exchange *x;
};

static void *work(void *context)
{
    struct worker *worker = context;
    struct vb_access_writer *writer = vb_access_writer_new(worker->log);

    for (int i = 0; i < EACH; i++) {
        vb_access_note(writer, worker->x, (struct vb_redact_keys){.count = 0});
        vb_access_flush(writer);
    }
    vb_access_writer_free(writer);
    return NULL;
}

static void run_workers(struct vb_access_log *log, struct worker *workers)
{
    struct request request = usual;
    struct vb_exchange *x;

    request.target = "/some/path/that/takes/a/little/room";
    x = request_make(&request);
    for (int i = 0; i < WORKERS; i++) {
        workers[i].log = log;
        workers[i].x = x;
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
}

static void end_workers(struct worker *workers)
{
    for (int i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    request_release((struct vb_exchange *)workers[0].x);
}

static void workers_lines_do_not_mix_in_a_file(void **state)
{
    struct vb_access_log *log = open_log(path);
    struct worker workers[WORKERS];
    size_t line;

    (void)state;
    run_workers(log, workers);
    end_workers(workers);
    vb_access_log_free(log);
    line = size_of(path) / (WORKERS * EACH);
    assert_int_equal(lines_of(path), WORKERS * EACH);
    assert_int_equal(size_of(path), line * WORKERS * EACH);
}

struct reader {
    pthread_t thread;
    int fd;
    size_t lines, bad;
};

static void *read_lines(void *context)
{
    struct reader *reader = context;
    FILE *file = fdopen(reader->fd, "r");
    char line[4200];

    while (fgets(line, sizeof(line), file) != NULL) {
        reader->lines++;
        reader->bad += strncmp(line, "192.0.2.7 - - [", 15) != 0 ||
                       strcmp(line + strlen(line) - 8, "\"-\" \"-\"\n") != 0;
    }
    fclose(file);
    return NULL;
}

static void workers_lines_do_not_mix_in_a_pipe(void **state)
{
    struct worker workers[WORKERS];
    struct reader reader = {.lines = 0};
    struct vb_access_log *log;
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    reader.fd = ends[0];
    assert_int_equal(pthread_create(&reader.thread, NULL, read_lines, &reader),
                     0);
    redirect_stderr(ends[1]);
    log = open_log("stderr");
    run_workers(log, workers);
    end_workers(workers);
    vb_access_log_free(log);
    restore_stderr();
    close(ends[1]);
    pthread_join(reader.thread, NULL);
    assert_int_equal(reader.bad, 0);
    assert_int_equal(reader.lines, WORKERS * EACH);
}

#define WITH_FOLDER(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_FOLDER(lines_are_written_once_a_turn),
        WITH_FOLDER(a_full_buffer_is_written_at_once_and_loses_nothing),
        WITH_FOLDER(a_log_is_continued),
        WITH_FOLDER(after_reopening_lines_go_to_the_new_file),
        WITH_FOLDER(what_cannot_be_reopened_stays),
        cmocka_unit_test(what_cannot_be_opened_is_told),
        cmocka_unit_test(without_a_log_nothing_happens),
        WITH_FOLDER(what_was_never_begun_is_not_logged),
        cmocka_unit_test(a_full_disk_is_told_once_and_survived),
        cmocka_unit_test(a_pipe_without_a_reader_does_not_block),
        cmocka_unit_test(a_socket_without_a_reader_does_not_block),
        cmocka_unit_test(a_reader_that_has_gone_is_survived),
        WITH_FOLDER(a_fifo_without_a_reader_is_refused),
        WITH_FOLDER(workers_lines_do_not_mix_in_a_file),
        cmocka_unit_test(workers_lines_do_not_mix_in_a_pipe),
    };

    return cmocka_run_group_tests_name("observe access_log", tests, NULL, NULL);
}
