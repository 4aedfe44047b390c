/* Reading what nobody else may read. */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/private.h"

static char path[] = "/tmp/private-XXXXXX";

static int set_up(void **state)
{
    int fd = mkstemp(path);

    (void)state;
    if (fd < 0 || write(fd, "secret", 6) != 6)
        return -1;
    return close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(path);
}

static enum vb_err read_as(mode_t mode, size_t limit, const char *name)
{
    struct vb_buf into, why;
    enum vb_err err;

    assert_int_equal(chmod(path, mode), 0);
    vb_buf_init(&into, limit);
    vb_buf_init(&why, 4096);
    err = vb_private_read(name, &into, &why);
    if (err == VB_OK)
        assert_span_equal(vb_buf_span(&into), "secret");
    assert_int_equal(why.len > 0, err != VB_OK);
    vb_buf_done(&why);
    vb_buf_done(&into);
    return err;
}

static void who_may_read_it_decides(void **state)
{
    (void)state;
    assert_int_equal(read_as(0600, 100, path), VB_OK);
    assert_int_equal(read_as(0440, 100, path), VB_OK);
    assert_int_equal(read_as(0604, 100, path), VB_ERR_INVALID);
    assert_int_equal(read_as(0620, 100, path), VB_ERR_INVALID);
    assert_int_equal(read_as(0602, 100, path), VB_ERR_INVALID);
}

static void it_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    assert_int_equal(read_as(0600, 6, path), VB_OK);
    assert_int_equal(read_as(0600, 5, path), VB_ERR_LIMIT);
    assert_int_equal(read_as(0600, 100, "/"), VB_ERR_INVALID);
    assert_int_equal(read_as(0600, 100, "/nothing/there"), VB_ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_read_it_decides),
        cmocka_unit_test(it_is_read_whole_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
