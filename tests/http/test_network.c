/* The rules of src/http/network.h: RFC 4632 section 3.1, RFC 4291 section 2.3.
 */
#include "unit.h"

#include <arpa/inet.h>

#include "http/network.h"

static void networks_are_read_and_asked(void **state)
{
    static const struct {
        const char *network;
        const char *address;
        bool within;
    } rows[] = {
        {"192.0.2.0/24", "::ffff:192.0.2.255", true},
        {"192.0.2.0/24", "::ffff:192.0.3.0", false},
        {"192.0.2.0/24", "2001:db8::1", false},
        {"192.0.2.7", "::ffff:192.0.2.7", true},
        {"192.0.2.7", "::ffff:192.0.2.6", false},
        {"192.0.2.4/30", "::ffff:192.0.2.7", true},
        {"192.0.2.4/30", "::ffff:192.0.2.8", false},
        {"0.0.0.0/0", "::ffff:8.8.8.8", true},
        {"0.0.0.0/0", "2001:db8::1", false},
        {"::/0", "2001:db8::1", true},
        {"::/0", "::ffff:8.8.8.8", true},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"2001:db8::/32", "2001:db9::", false},
        {"2001:db8::1", "2001:db8::1", true},
        {"2001:db8::1/128", "2001:db8::2", false},
        {"fc00::/7", "fd12::1", true},
        {"fc00::/7", "fe80::1", false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_network network;
        uint8_t ip[16];

        assert_int_equal(inet_pton(AF_INET6, rows[i].address, ip), 1);
        assert_true(vb_network_parse(vb_span_str(rows[i].network), &network));
        if (vb_network_has(&network, ip) != rows[i].within)
            fail_msg("row %zu", i);
    }
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "/",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2",
        "192.0.2.1/24",
        "192.0.2.0/-1",
        "192.0.2.0/24 ",
        "::/129",
        "::1/127",
        "2001:db8::1/64",
        "[::1]",
        "localhost",
        "fe80::1%lo",
        "192.0.2.0/2x",
        "192.0.2.0/24/24",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000",
    };
    struct vb_network network;

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_network_parse(vb_span_str(rows[i]), &network))
            fail_msg("row %zu", i);
    assert_false(vb_network_parse(VB_SPAN("127.0.0.1\0"), &network));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(networks_are_read_and_asked),
        cmocka_unit_test(what_is_no_network_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
