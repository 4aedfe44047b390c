/* Where a proxy leads (src/gateway/reachable.h). */
#include "unit.h"

#include <arpa/inet.h>

#include "gateway/reachable.h"

/* The address as struct vb_peer has it. */
static void ip_of(const char *text, uint8_t ret[16])
{
    memset(ret, 0, 16);
    if (inet_pton(AF_INET, text, ret + 12) == 1)
        ret[10] = ret[11] = 0xff;
    else
        assert_int_equal(inet_pton(AF_INET6, text, ret), 1);
}

static void addresses_for_few_are_not_public(void **state)
{
    static const char *const few[] = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.170",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.1.2.3",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:0a00:0001::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
    };
    static const char *const everybodys[] = {
        "8.8.8.8",       "100.63.255.255", "100.128.0.1",
        "172.15.0.1",    "172.32.0.1",     "192.0.1.1",
        "223.255.255.1", "1.1.1.1",        "64:ff9b::808:808",
        "2606:4700::1",  "2a00:1450::1",   "2002:0808:0808::1",
    };
    uint8_t ip[16];

    (void)state;
    for (size_t i = 0; i < sizeof(few) / sizeof(few[0]); i++) {
        ip_of(few[i], ip);
        if (vb_address_is_public(ip))
            fail_msg("%s is taken for public", few[i]);
    }
    for (size_t i = 0; i < sizeof(everybodys) / sizeof(everybodys[0]); i++) {
        ip_of(everybodys[i], ip);
        if (!vb_address_is_public(ip))
            fail_msg("%s is not taken for public", everybodys[i]);
    }
}

static struct vb_allowance allowance_of(const char *text)
{
    struct vb_allowance a;
    struct vb_buf why;

    vb_buf_init(&why, 1000);
    if (vb_allowance_parse(vb_span_str(text), &a, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    vb_buf_done(&why);
    return a;
}

/* Does one rule allow this host and port, both as in a CONNECT? */
static bool allows(const char *rule, const char *target)
{
    const struct vb_allowance a = allowance_of(rule);
    const struct vb_allowances all = {&a, 1};
    struct vb_authority host;

    assert_true(vb_authority_parse_host(vb_span_str(target), &host));
    return vb_allows_host(&all, &host, host.port);
}

static void a_rule_has_the_hosts_and_ports_that_it_names(void **state)
{
    static const struct {
        const char *rule, *target;
        bool allows;
    } rows[] = {
        {"example.org", "example.org:443", true},
        {"example.org", "example.org:80", true},
        {"example.org", "example.org:22", false},
        {"example.org", "EXAMPLE.org:443", true},
        {"example.org", "example.org.:443", true},
        {"example.org", "www.example.org:443", false},
        {"example.org", "badexample.org:443", false},
        {"example.org:8443", "example.org:8443", true},
        {"example.org:8443", "example.org:443", false},
        {"example.org:*", "example.org:1", true},
        {"*.example.org:443", "www.example.org:443", true},
        {"*.example.org:443", "a.b.example.org:443", true},
        {"*.example.org:443", "www.example.org.:443", true},
        {"*.example.org:443", "example.org:443", false},
        {"*.example.org:443", "badexample.org:443", false},
        {"*:443", "anything.example:443", true},
        {"*:443", "anything.example:80", false},
        {"*:443", "8.8.8.8:443", true},
        {"*:443", "127.0.0.1:443", false},
        {"*:443", "[::1]:443", false},
        {"*:443", "[::ffff:10.0.0.1]:443", false},
        {"*.0.0.1:443", "127.0.0.1:443", false},
        {"127.0.0.1:8080", "127.0.0.1:8080", true},
        {"127.0.0.1:8080", "127.0.0.1:80", false},
        {"127.0.0.1:8080", "[::ffff:127.0.0.1]:8080", true},
        {"127.0.0.1:8080", "localhost:8080", false},
        {"10.0.0.0/8:*", "10.255.0.1:22", true},
        {"10.0.0.0/8:*", "11.0.0.1:22", false},
        {"10.0.0.0/9:*", "10.127.0.1:22", true},
        {"10.0.0.0/9:*", "10.128.0.1:22", false},
        {"[fd00::]/8", "[fd12::1]:443", true},
        {"[fd00::]/8", "[fe12::1]:443", false},
        {"[::1]:8080", "[::1]:8080", true},
        {"localhost:8080", "localhost:8080", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (allows(rows[i].rule, rows[i].target) != rows[i].allows)
            fail_msg("%s, %s", rows[i].rule, rows[i].target);
}

/* A name is its owner's, who may let it lead anywhere (DNS rebinding). */
static void no_name_leads_to_addresses_that_no_rule_names(void **state)
{
    const struct vb_allowance names[] = {allowance_of("*.example.org:443"),
                                         allowance_of("*:443"),
                                         allowance_of("10.1.0.0/16:443")};
    const struct vb_allowances all = {names, 3};
    uint8_t ip[16];

    (void)state;
    ip_of("93.184.216.34", ip);
    assert_true(vb_allows_address(&all, ip, 443, false));
    ip_of("127.0.0.1", ip);
    assert_false(vb_allows_address(&all, ip, 443, false));
    assert_true(vb_allows_address(&all, ip, 443, true));
    ip_of("169.254.169.254", ip);
    assert_false(vb_allows_address(&all, ip, 443, false));
    assert_false(vb_allows_address(&all, ip, 443, true));
    ip_of("10.1.2.3", ip);
    assert_true(vb_allows_address(&all, ip, 443, false));
    assert_false(vb_allows_address(&all, ip, 80, false));
    ip_of("10.2.2.3", ip);
    assert_false(vb_allows_address(&all, ip, 443, false));
}

static void what_is_no_rule_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",           ":443",        "*.:443",
        "a b:443",    "a:0",         "a:65536",
        "a:x",        "10.0.0.0/33", "[::1]/129",
        "example/8",  "*/8",         "user@example.org",
        "http://a/",  "a,b",         "10.0.0.0/8/8:1",
        "[fd00::/8]",
    };
    struct vb_allowance a;
    struct vb_buf why;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        vb_buf_init(&why, 1000);
        if (vb_allowance_parse(vb_span_str(wrong[i]), &a, &why) !=
            VB_ERR_SYNTAX)
            fail_msg("\"%s\" is taken", wrong[i]);
        assert_true(why.len > 0);
        vb_buf_done(&why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_for_few_are_not_public),
        cmocka_unit_test(a_rule_has_the_hosts_and_ports_that_it_names),
        cmocka_unit_test(no_name_leads_to_addresses_that_no_rule_names),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
