/* Opening beneath a directory, by the kernel and by steps. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"

typedef int open_beneath(int dir, const char *path, int flags);

static const struct {
    const char *name;
    open_beneath *open;

} ways[] = {
    {"openat2", vb_open_beneath},
    {"steps", vb__walk_beneath},
};

/* A tree, and a file beside it that nothing may reach. */
static char base[] = "/tmp/beneath-XXXXXX";
static int top = -1;

static int in_base(const char *name)
{
    static char path[200];

    snprintf(path, sizeof(path), "%s/%s", base, name);
    return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static void make_file(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static int set_up(void **state)
{
    int outside;

    (void)state;
    if (mkdtemp(base) == NULL)
        return -1;
    outside = in_base("");
    mkdirat(outside, "top", 0700);
    make_file(outside, "secret", "secret");
    top = in_base("top");
    mkdirat(top, "a", 0700);
    mkdirat(top, "a/b", 0700);
    make_file(top, "file", "top");
    make_file(top, "a/b/file", "deep");
    assert_int_equal(symlinkat("b/file", top, "a/inner"), 0);
    assert_int_equal(symlinkat("a", top, "dir-link"), 0);
    assert_int_equal(symlinkat("../file", top, "a/up"), 0);
    assert_int_equal(symlinkat("../secret", top, "out"), 0);
    assert_int_equal(symlinkat("..", top, "parent"), 0);
    assert_int_equal(symlinkat("/etc", top, "absolute"), 0);
    assert_int_equal(symlinkat("loop", top, "loop"), 0);
    close(outside);
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *place)
{
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static int clean_up(void **state)
{
    (void)state;
    close(top);
    return nftw(base, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The first bytes, or "!" and the error's name. */
static const char *read_at(open_beneath *how, const char *path)
{
    static char text[32];
    int fd = how(top, path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0) {
        snprintf(text, sizeof(text), "!%s", strerrorname_np(errno));
        return text;
    }
    n = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (n < 0)
        return "directory";
    text[n] = '\0';
    return text;
}

static const struct {
    const char *path;
    const char *kernel;
    const char *steps;
} cases[] = {
    {"file", "top", "top"},
    {"a/b/file", "deep", "deep"},
    {"a//b///file", "deep", "deep"},
    {"./a/./b/file", "deep", "deep"},
    {"", "directory", "directory"},
    {".", "directory", "directory"},
    {"a/b/", "directory", "directory"},
    {"nothing", "!ENOENT", "!ENOENT"},
    {"file/", "!ENOTDIR", "!ENOTDIR"},
    {"file/x", "!ENOTDIR", "!ENOTDIR"},
    {"/etc/passwd", "!EXDEV", "!EXDEV"},
    {"..", "!EXDEV", "!EXDEV"},
    {"../secret", "!EXDEV", "!EXDEV"},
    {"a/../../secret", "!EXDEV", "!EXDEV"},
    {"out", "!EXDEV", "!ELOOP"},
    {"parent/secret", "!EXDEV", "!ENOTDIR"},
    {"absolute/passwd", "!EXDEV", "!ENOTDIR"},
    {"loop", "!ELOOP", "!ELOOP"},
    /* within: followed, or not at all */
    {"a/inner", "deep", "!ELOOP"},
    {"a/up", "top", "!ELOOP"},
    {"dir-link/b/file", "deep", "!ENOTDIR"},
};

static void test_what_opens_lies_beneath(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        assert_string_equal(read_at(vb_open_beneath, cases[i].path),
                            cases[i].kernel);
        assert_string_equal(read_at(vb__walk_beneath, cases[i].path),
                            cases[i].steps);
    }
}

static void test_links_of_proc_are_not_followed(void **state)
{
    int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(ways); i++) {
        assert_int_equal(ways[i].open(proc, "1/root/etc", O_PATH | O_CLOEXEC),
                         -1);
        assert_int_equal(ways[i].open(proc, "self/cwd", O_RDONLY | O_CLOEXEC),
                         -1);
    }
    close(proc);
}

static void test_a_segment_too_long_is_no_name(void **state)
{
    char path[400];

    (void)state;
    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    for (size_t i = 0; i < VB_COUNT_OF(ways); i++)
        assert_string_equal(read_at(ways[i].open, path), "!ENAMETOOLONG");
}

static void test_no_descriptor_is_left_behind(void **state)
{
    int before = dup(top), after;

    (void)state;
    close(before);
    for (size_t i = 0; i < VB_COUNT_OF(cases); i++) {
        read_at(vb_open_beneath, cases[i].path);
        read_at(vb__walk_beneath, cases[i].path);
    }
    after = dup(top);
    assert_int_equal(after, before);
    close(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_opens_lies_beneath),
        cmocka_unit_test(test_links_of_proc_are_not_followed),
        cmocka_unit_test(test_a_segment_too_long_is_no_name),
        cmocka_unit_test(test_no_descriptor_is_left_behind),
    };

    return cmocka_run_group_tests(tests, set_up, clean_up);
}
