/* Where to listen: what is understood, and what is refused with a reason. */
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/address.h"

static void addresses_are_read_and_shown(void **state)
{
    static const struct {
        const char *text;
        const char *shown; /* NULL: refused */
    } rows[] = {
        {"127.0.0.1:8080", "http://127.0.0.1:8080"},
        {"localhost:80", "http://127.0.0.1:80"},
        {"LOCALHOST:0", "http://127.0.0.1:0"},
        {"[::1]:8080", "http://[::1]:8080"},
        {":80", "http://[::]:80"},
        {"unix:/run/v.sock", "unix:/run/v.sock"},
        {"127.0.0.1", NULL},
        {"127.0.0.1:", NULL},
        {"127.0.0.1:65536", NULL},
        {"127.0.0.1:-1", NULL},
        {"127.0.0.1:8080x", NULL},
        {"example.com:80", NULL},
        {"999.0.0.1:80", NULL},
        {"[::1:80", NULL},
        {"unix:", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_address address;
        struct vb_buf text;
        enum vb_err err;

        vb_buf_init(&text, 1024);
        err = vb_address_parse(vb_span_str(rows[i].text), &address, &text);
        if ((err == VB_OK) != (rows[i].shown != NULL))
            fail_msg("%s", rows[i].text);
        if (err == VB_OK) {
            vb_address_format(&address, &text);
            assert_span_equal(vb_buf_span(&text), rows[i].shown);
        } else {
            assert_true(text.len > 0); /* a reason, on one line */
            assert_null(memchr(text.ptr, '\n', text.len));
        }
        vb_buf_done(&text);
    }
}

static enum vb_err listen_on(const char *text, int *ret_fd)
{
    struct vb_address address;
    struct vb_buf why;
    enum vb_err err;

    vb_buf_init(&why, 1024);
    err = vb_address_parse(vb_span_str(text), &address, &why);
    if (err == VB_OK)
        err = vb_address_listen(&address, true, ret_fd, &why);
    vb_buf_done(&why);
    return err;
}

static void
a_dead_servers_socket_is_replaced_and_a_living_ones_is_not(void **state)
{
    char folder[] = "/tmp/verbatim-test-XXXXXX";
    char text[64];
    struct stat st;
    int first, second;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(text, sizeof(text), "unix:%s/s", folder);
    assert_int_equal(listen_on(text, &first), VB_OK);
    assert_int_equal(listen_on(text, &second), VB_ERR_IO);
    close(first); /* dies, and leaves its file behind */
    assert_int_equal(stat(text + 5, &st), 0);
    assert_int_equal(listen_on(text, &second), VB_OK);
    close(second);
    unlink(text + 5);
    rmdir(folder);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    char file[] = "/tmp/verbatim-test-XXXXXX";
    char text[64];
    struct stat st;
    int fd = mkstemp(file);

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    snprintf(text, sizeof(text), "unix:%s", file);
    assert_int_equal(listen_on(text, &fd), VB_ERR_IO);
    assert_int_equal(stat(file, &st), 0);
    unlink(file);
}

static void port_zero_becomes_the_one_that_was_given(void **state)
{
    struct vb_address address;
    struct vb_buf text;
    int fd;

    (void)state;
    vb_buf_init(&text, 256);
    assert_int_equal(vb_address_parse(VB_SPAN("127.0.0.1:0"), &address, &text),
                     VB_OK);
    assert_int_equal(vb_address_listen(&address, true, &fd, &text), VB_OK);
    vb_address_format(&address, &text);
    assert_true(
        vb_span_starts(vb_buf_span(&text), VB_SPAN("http://127.0.0.1:")));
    assert_false(
        vb_span_ends(vb_buf_span(&text), VB_SPAN("http://127.0.0.1:0")));
    close(fd);
    vb_buf_done(&text);
}

/* Or two servers would get every other connection each. */
static void a_port_is_shared_with_our_own_sockets_only(void **state)
{
    struct vb_address address;
    struct vb_buf text;
    int first, second, other;

    (void)state;
    vb_buf_init(&text, 1024);
    assert_int_equal(vb_address_parse(VB_SPAN("127.0.0.1:0"), &address, &text),
                     VB_OK);
    assert_int_equal(vb_address_listen(&address, true, &first, &text), VB_OK);
    assert_int_equal(vb_address_listen(&address, false, &second, &text), VB_OK);
    assert_int_equal(vb_address_listen(&address, true, &other, &text),
                     VB_ERR_IO);
    assert_true(vb_span_ends(vb_buf_span(&text), VB_SPAN("in use")));
    close(first);
    close(second);
    vb_buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_shown),
        cmocka_unit_test(
            a_dead_servers_socket_is_replaced_and_a_living_ones_is_not),
        cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
        cmocka_unit_test(port_zero_becomes_the_one_that_was_given),
        cmocka_unit_test(a_port_is_shared_with_our_own_sockets_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
