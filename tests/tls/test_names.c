/* Which hosts a certificate is valid for: RFC 9110 section 4.3.4, 4.3.5. */
#include "unit.h"

#include <string.h>

#include "tls/names.h"

static void read_names(struct vb_tls_names *names)
{
    static const char *const dns[] = {"a.example", "*.b.example", "C.example",
                                      "*.org", "192.0.2.9"};
    static const unsigned char v4[4] = {192, 0, 2, 1};
    static const unsigned char v6[16] = {0x20, 1, 0xd, 0xb8, [15] = 1};
    gnutls_x509_crt_t crt;

    gnutls_x509_crt_init(&crt);
    for (size_t i = 0; i < VB_COUNT_OF(dns); i++)
        gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, dns[i],
                                             (unsigned)strlen(dns[i]),
                                             GNUTLS_FSAN_APPEND);
    gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_RFC822NAME,
                                         "x@d.example", 11, GNUTLS_FSAN_APPEND);
    gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, v4, 4,
                                         GNUTLS_FSAN_APPEND);
    gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, v6, 16,
                                         GNUTLS_FSAN_APPEND);
    gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                  "cn.example", 10);
    assert_int_equal(vb_tls_names_read(crt, names), VB_OK);
    gnutls_x509_crt_deinit(crt);
}

static void test_hosts_by_rows(void **state)
{
    static const struct {
        const char *authority;
        bool covered;
    } rows[] = {
        {"a.example", true},
        {"A.Example", true},
        {"a.example:8443", true},
        {"a.example.", true},
        {"x.a.example", false},
        {"example", false},
        {"b.example", false},
        {"x.b.example", true},
        {"X.B.EXAMPLE:1", true},
        {"x.y.b.example", false}, /* a star is one label */
        {".b.example", false},
        {"c.example", true},
        {"x.org", false}, /* not by "*.org" */
        {"cn.example", false},
        {"d.example", false},
        {"192.0.2.1", true},
        {"192.0.2.1:443", true},
        {"192.0.2.2", false},
        {"192.0.2.9", false}, /* a name that looks like an address is none */
        {"[2001:db8::1]", true},
        {"[2001:DB8:0:0::0:1]:443", true},
        {"[2001:db8::2]", false},
        {"", false},
        {"*.b.example", true}, /* as any label would */
        {"a.example/", false},
        {"a@a.example", false},
    };
    struct vb_tls_names names;

    (void)state;
    read_names(&names);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (vb_tls_names_cover(&names, vb_span_str(rows[i].authority)) !=
            rows[i].covered)
            fail_msg("%s", rows[i].authority);
    vb_tls_names_done(&names);
}

static void test_without_alternative_names_there_is_no_host(void **state)
{
    struct vb_tls_names names;
    gnutls_x509_crt_t crt;

    (void)state;
    gnutls_x509_crt_init(&crt);
    assert_int_equal(vb_tls_names_read(crt, &names), VB_OK);
    assert_int_equal(names.count, 0);
    assert_false(vb_tls_names_cover(&names, VB_SPAN("a")));
    gnutls_x509_crt_deinit(crt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_by_rows),
        cmocka_unit_test(test_without_alternative_names_there_is_no_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
