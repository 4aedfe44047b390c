/* From a file to a socket (src/loop/send_file.c). */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/worker.h"

/* A file of 100 000 bytes that tell their place, and two ends of a socket. */
struct scene {
    int file;
    int near;
    int far;
    char *buffer; /* as a worker has one */
    unsigned char got[4096];
};

static unsigned char byte_at(size_t place)
{
    return (unsigned char)(place % 251);
}

static void set_up(struct scene *scene)
{
    static unsigned char bytes[100000];
    int ends[2];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = byte_at(i);
    scene->file = memfd_create("file", MFD_CLOEXEC);
    assert_int_equal(write(scene->file, bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends),
                     0);
    scene->near = ends[0];
    scene->far = ends[1];
    scene->buffer = malloc(VB_RECV_SIZE);
    assert_non_null(scene->buffer);
}

static void tear_down(struct scene *scene)
{
    close(scene->file);
    close(scene->near);
    close(scene->far);
    free(scene->buffer);
}

/* Sends a part and reads it at the other end, which makes room for more. */
static void assert_part_arrives(struct scene *scene, struct vb_file_part part)
{
    size_t place = (size_t)part.offset;

    while (part.length > 0) {
        ssize_t n = vb__send_file(scene->near, &part, (size_t)part.length,
                                  scene->buffer);
        ssize_t got;

        if (n > 0) {
            part.offset += (uint64_t)n;
            part.length -= (uint64_t)n;
        } else {
            assert_int_equal(errno, EAGAIN);
        }
        got = read(scene->far, scene->got, sizeof(scene->got));
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(scene->got[i], byte_at(place++));
    }
    for (ssize_t got; place < part.offset;) {
        got = read(scene->far, scene->got, sizeof(scene->got));
        assert_true(got > 0);
        for (ssize_t i = 0; i < got; i++)
            assert_int_equal(scene->got[i], byte_at(place++));
    }
    assert_int_equal(place, part.offset);
}

static void test_a_part_arrives_byte_for_byte(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    assert_part_arrives(&scene, (struct vb_file_part){scene.file, 0, 100000});
    assert_part_arrives(&scene, (struct vb_file_part){scene.file, 99999, 1});
    assert_part_arrives(&scene, (struct vb_file_part){scene.file, 777, 50000});
    tear_down(&scene);
}

/* sendfile(2) refuses a descriptor with O_APPEND, as it refuses files of some
 * kinds. */
static void test_what_sendfile_refuses_is_copied(void **state)
{
    struct vb_file_part part;
    struct scene scene;
    (void)state;
    set_up(&scene);
    assert_int_equal(fcntl(scene.near, F_SETFL, O_NONBLOCK | O_APPEND), 0);
    part = (struct vb_file_part){scene.file, 0, 100000};
    assert_int_equal(vb__send_file(scene.near, &part, 10, scene.buffer), 10);
    assert_int_equal(read(scene.far, scene.got, 100), 10);
    assert_memory_equal(scene.buffer, scene.got, 10); /* it went this way */
    assert_part_arrives(&scene, part);
    tear_down(&scene);
}

/* It was cut short since: nothing may stand in for what is missing. */
static void test_the_end_of_the_file_is_told(void **state)
{
    struct scene scene;

    (void)state;
    set_up(&scene);
    for (int append = 0; append < 2; append++) {
        struct vb_file_part part = {scene.file, 500, 1000};

        assert_int_equal(ftruncate(scene.file, 600), 0);
        assert_int_equal(
            fcntl(scene.near, F_SETFL, O_NONBLOCK | (append ? O_APPEND : 0)),
            0);
        assert_int_equal(vb__send_file(scene.near, &part, 1000, scene.buffer),
                         100);
        part.offset = 600;
        errno = 0;
        assert_int_equal(vb__send_file(scene.near, &part, 900, scene.buffer),
                         -1);
        assert_int_equal(errno, ENODATA);
        part.offset = 700;
        errno = 0;
        assert_int_equal(vb__send_file(scene.near, &part, 800, scene.buffer),
                         -1);
        assert_int_equal(errno, ENODATA);
    }
    tear_down(&scene);
}

static void test_a_full_socket_is_told(void **state)
{
    struct vb_file_part part;
    struct scene scene;

    (void)state;
    set_up(&scene);
    part = (struct vb_file_part){scene.file, 0, 100000};
    for (int append = 0; append < 2; append++) {
        assert_int_equal(
            fcntl(scene.near, F_SETFL, O_NONBLOCK | (append ? O_APPEND : 0)),
            0);
        while (vb__send_file(scene.near, &part, 100000, scene.buffer) > 0) {
        }
        assert_int_equal(errno, EAGAIN);
    }
    tear_down(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_part_arrives_byte_for_byte),
        cmocka_unit_test(test_what_sendfile_refuses_is_copied),
        cmocka_unit_test(test_the_end_of_the_file_is_told),
        cmocka_unit_test(test_a_full_socket_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
