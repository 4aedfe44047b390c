/* Sockets for datagrams, on the loopback interface. */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <unistd.h>

#include "loop/outbox.h"
#include "loop/udp.h"

enum { WORKERS = 3 };

static struct vb_address at(const char *text)
{
    struct vb_address address;
    struct vb_buf why;

    vb_buf_init(&why, 1024);
    assert_int_equal(vb_address_parse(vb_span_str(text), &address, &why),
                     VB_OK);
    vb_buf_done(&why);
    return address;
}

static int bound(struct vb_address *address, bool first)
{
    struct vb_buf why;
    int fd = -1;

    vb_buf_init(&why, 1024);
    assert_int_equal(vb_udp_bind(address, first, &fd, &why), VB_OK);
    vb_buf_done(&why);
    if (first)
        getsockname(fd, (struct sockaddr *)&address->sa, &address->len);
    return fd;
}

static struct vb_quic_path path_to(int from, const struct vb_address *to)
{
    struct vb_quic_path path = {.remote = to->sa};
    socklen_t len = sizeof(path.local);

    assert_int_equal(getsockname(from, (struct sockaddr *)&path.local, &len),
                     0);
    return path;
}

/* Waits for a message; its bytes, and what was told of it. */
static size_t take(int fd, const struct vb_address *local, char *bytes,
                   size_t size, struct vb_udp_told *told)
{
    struct sockaddr_storage from;
    _Alignas(struct cmsghdr) char control[VB_UDP_CONTROL];
    struct iovec iov = {bytes, size};
    struct msghdr message = {.msg_name = &from,
                             .msg_namelen = sizeof(from),
                             .msg_iov = &iov,
                             .msg_iovlen = 1,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    ssize_t n;

    assert_int_equal(poll(&wait, 1, 5000), 1);
    n = recvmsg(fd, &message, 0);
    assert_true(n >= 0);
    vb_udp_came(&message, (size_t)n, &local->sa, told);
    return (size_t)n;
}

/* A packet with a long or a short header whose connection ID begins so. */
static size_t make_packet(char *packet, bool is_long, unsigned char id)
{
    memset(packet, 0, 40);
    packet[0] = is_long ? (char)0xc0 : 0x40;
    packet[5] = 16;
    packet[is_long ? 6 : 1] = (char)id;
    return 40;
}

/* RFC 9000 section 5.2: packets of a connection reach who has it. */
static void the_connection_id_tells_the_worker(void **state)
{
    struct vb_address address = at("127.0.0.1:0");
    struct vb_address any = at("127.0.0.1:0");
    int client = bound(&any, true), fds[WORKERS];
    char packet[64];
    struct vb_udp_told told;

    (void)state;
    for (int i = 0; i < WORKERS; i++)
        fds[i] = bound(&address, i == 0);
    assert_true(vb_udp_route(fds[WORKERS - 1], WORKERS));
    for (unsigned id = 0; id < 256; id += 5)
        for (int is_long = 0; is_long < 2; is_long++) {
            size_t len = make_packet(packet, is_long, (unsigned char)id);

            assert_int_equal(sendto(client, packet, len, 0,
                                    (struct sockaddr *)&address.sa,
                                    address.len),
                             len);
            assert_int_equal(take(fds[id % WORKERS], &address, packet,
                                  sizeof(packet), &told),
                             len);
        }
    /* What is too short to have one goes somewhere, too. */
    assert_int_equal(sendto(client, "\xc0", 1, 0,
                            (struct sockaddr *)&address.sa, address.len),
                     1);
    assert_int_equal(take(fds[0], &address, packet, sizeof(packet), &told), 1);
    for (int i = 0; i < WORKERS; i++)
        close(fds[i]);
    close(client);
}

/* Which address of the machine it was sent to, by whom, and with which ECN. */
static void a_datagram_tells_where_it_came_to(void **state)
{
    static const struct {
        const char *server, *local, *client;
    } rows[] = {
        {"127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"},
        {":0", "[::ffff:127.0.0.3]:0", "127.0.0.1:0"},
        {":0", "[::1]:0", "[::1]:0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_address server = at(rows[i].server);
        struct vb_address client = at(rows[i].client);
        struct vb_address to = at(rows[i].local);
        int fd = bound(&server, true), from = bound(&client, true);
        struct vb_outbox *outbox = vb_outbox_new();
        struct sockaddr_in6 *in6 = (void *)&to.sa;
        struct sockaddr_in *in4 = (void *)&to.sa;
        struct vb_udp_told told;
        struct vb_quic_path path;
        char bytes[100];

        if (i == 1) { /* as a client of IPv4 writes it */
            in_port_t port = htons((uint16_t)vb_address_port(&server));

            to = at("127.0.0.3:0");
            in4->sin_port = port;
        } else if (i == 2) {
            in6->sin6_port = htons((uint16_t)vb_address_port(&server));
        } else {
            to = server;
        }
        path = path_to(from, &to);
        assert_non_null(outbox);
        assert_int_equal(
            vb_outbox_put(outbox, from, &path, 2, VB_SPAN("hello"), 5), -1);
        assert_int_equal(vb_outbox_flush(outbox), -1);
        assert_int_equal(take(fd, &server, bytes, sizeof(bytes), &told), 5);
        assert_int_equal(told.ecn, 2);
        assert_int_equal(told.segment, 5);
        to = at(rows[i].local);
        if (to.sa.ss_family == AF_INET6)
            assert_memory_equal(
                &((struct sockaddr_in6 *)&told.path.local)->sin6_addr,
                &in6->sin6_addr, 16);
        else
            assert_int_equal(
                ((struct sockaddr_in *)&told.path.local)->sin_addr.s_addr,
                in4->sin_addr.s_addr);

        /* And back the same way. */
        assert_int_equal(
            vb_outbox_put(outbox, fd, &told.path, 1, VB_SPAN("there"), 5), -1);
        assert_int_equal(vb_outbox_flush(outbox), -1);
        assert_int_equal(take(from, &client, bytes, sizeof(bytes), &told), 5);
        assert_int_equal(told.ecn, 1);
        vb_outbox_free(outbox);
        close(fd);
        close(from);
    }
}

/* Many of one size, and a shorter one, arrive as what they were. */
static void many_datagrams_go_as_one_message(void **state)
{
    enum { SEGMENT = 1200, COUNT = 150, LAST = 700 };
    struct vb_address server = at("127.0.0.1:0"), client = at("127.0.0.1:0");
    int fd = bound(&server, true), from = bound(&client, true);
    struct vb_outbox *outbox = vb_outbox_new();
    struct vb_quic_path path = path_to(from, &server);
    static char sent[SEGMENT * COUNT + LAST], came[65536];
    size_t done = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(sent); i++)
        sent[i] = (char)(i * 7 + i / SEGMENT);
    assert_int_equal(vb_outbox_put(outbox, from, &path, 0,
                                   vb_span_of(sent, sizeof(sent)), SEGMENT),
                     -1);
    while (done < sizeof(sent)) {
        struct vb_udp_told told;
        size_t n = take(fd, &server, came, sizeof(came), &told);

        assert_true(told.segment == SEGMENT ||
                    (told.segment == LAST && n == LAST));
        assert_memory_equal(sent + done, came, n);
        done += n;
    }
    vb_outbox_free(outbox);
    close(fd);
    close(from);
}

/* Small ones wait for each other, and none is lost when there are many. */
static void small_datagrams_wait_for_each_other(void **state)
{
    enum { COUNT = 100 };
    struct vb_address server = at("127.0.0.1:0"), client = at("127.0.0.1:0");
    int fd = bound(&server, true), from = bound(&client, true);
    struct vb_outbox *outbox = vb_outbox_new();
    struct vb_quic_path path = path_to(from, &server);

    (void)state;
    for (int i = 0; i < COUNT; i++) {
        char byte = (char)i;

        assert_int_equal(
            vb_outbox_put(outbox, from, &path, 0, vb_span_of(&byte, 1), 1), -1);
    }
    assert_int_equal(vb_outbox_flush(outbox), -1);
    for (int i = 0; i < COUNT; i++) {
        struct vb_udp_told told;
        char bytes[10];
        size_t n = take(fd, &server, bytes, sizeof(bytes), &told);

        for (size_t j = 0; j < n; j++) /* the kernel may put them together */
            assert_int_equal(bytes[j], (char)(i + (int)j));
        i += (int)n - 1;
    }
    vb_outbox_free(outbox);
    close(fd);
    close(from);
}

static void a_port_that_is_taken_is_refused(void **state)
{
    struct vb_address address = at("127.0.0.1:0");
    int fd = bound(&address, true), other;
    struct vb_buf why;

    (void)state;
    assert_false(vb_udp_is_free(&address));
    vb_buf_init(&why, 1024);
    assert_int_equal(vb_udp_bind(&address, true, &other, &why), VB_ERR_IO);
    assert_true(vb_span_find(vb_buf_span(&why), 'U', 0) > 0);
    vb_buf_done(&why);
    close(fd);
    assert_true(vb_udp_is_free(&address));
}

/* 9000-14-01: whatever the kernel takes the path for, nothing is fragmented;
 * nor is what is too large refused before the path has refused it. */
static void datagrams_are_not_fragmented(void **state)
{
    static const struct {
        const char *address;
        int level, name, probe;
    } rows[] = {
        {"127.0.0.1:0", IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE},
        {"[::1]:0", IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE},
        {"[::1]:0", IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_address address = at(rows[i].address);
        int fd = bound(&address, true), value = -1;
        socklen_t len = sizeof(value);

        assert_int_equal(
            getsockopt(fd, rows[i].level, rows[i].name, &value, &len), 0);
        assert_int_equal(value, rows[i].probe);
        close(fd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_connection_id_tells_the_worker),
        cmocka_unit_test(a_datagram_tells_where_it_came_to),
        cmocka_unit_test(many_datagrams_go_as_one_message),
        cmocka_unit_test(small_datagrams_wait_for_each_other),
        cmocka_unit_test(a_port_that_is_taken_is_refused),
        cmocka_unit_test(datagrams_are_not_fragmented),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
