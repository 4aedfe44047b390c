/* Who the other side is, by its address. */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "exchange/peer.h"

static struct vb_peer of(int family, const char *text, uint16_t port)
{
    struct sockaddr_storage address = {.ss_family = (sa_family_t)family};
    struct sockaddr_in6 *in6 = (void *)&address;
    struct sockaddr_in *in4 = (void *)&address;

    if (family == AF_INET6) {
        in6->sin6_port = htons(port);
        assert_int_equal(inet_pton(family, text, &in6->sin6_addr), 1);
    } else if (family == AF_INET) {
        in4->sin_port = htons(port);
        assert_int_equal(inet_pton(family, text, &in4->sin_addr), 1);
    }
    return vb_peer_of(&address);
}

static void addresses_are_told_from_each_other(void **state)
{
    static const struct {
        int family;
        const char *text;
        bool loopback;
    } rows[] = {
        {AF_INET, "127.0.0.1", true},
        {AF_INET, "127.9.8.7", true},
        {AF_INET, "192.0.2.1", false},
        {AF_INET6, "::1", true},
        {AF_INET6, "::2", false},
        {AF_INET6, "2001:db8::7f00:1", false},
        {AF_INET6, "::ffff:127.0.0.1", true},
        {AF_INET6, "::ffff:192.0.2.1", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct vb_peer peer = of(rows[i].family, rows[i].text, 4433);

        assert_int_equal(peer.loopback, rows[i].loopback);
        assert_int_equal(peer.port, 4433);
        assert_false(peer.local);
        assert_false(peer.secure);
    }
}

/* Whichever family the socket was of, it is the same peer. */
static void ipv4_is_mapped_into_ipv6(void **state)
{
    struct vb_peer four = of(AF_INET, "192.0.2.1", 1);
    struct vb_peer six = of(AF_INET6, "::ffff:192.0.2.1", 1);

    (void)state;
    assert_memory_equal(four.ip, six.ip, sizeof(four.ip));
}

static void a_unix_socket_is_of_this_machine(void **state)
{
    struct vb_peer peer = of(AF_UNIX, "", 0);

    (void)state;
    assert_true(peer.local);
    assert_true(peer.loopback);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_told_from_each_other),
        cmocka_unit_test(ipv4_is_mapped_into_ipv6),
        cmocka_unit_test(a_unix_socket_is_of_this_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
