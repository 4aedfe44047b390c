/* TLS where we are the client: whom we believe, and who we are. */
#include "ours.h"
#include "pair.h"

#include <stdio.h>
#include <unistd.h>

#include "tls/wire_inner.h"

static const char *const hosts[] = {"a.example", "b.example"};

#define REQUEST "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"

/* --- Whom we believe --------------------------------------------------------
 */

/* 9110-4.3.4-01, 9110-4.3.4-02, 9110-4.3.4-07: for the host that was asked for,
 * whether it is a name or an address; and a name is told to the server (RFC
 * 6066 section 3), an address not. */
static void test_the_certificate_must_be_the_host_s(void **state)
{
    static const struct {
        const char *host, *server_name;
        bool good;
        const char *told; /* to the server, or NULL */
    } rows[] = {
        {"a.example", NULL, true, "a.example"},
        {"A.Example.", NULL, true, "A.Example"},
        {"127.0.0.1", NULL, true, NULL},
        {"::1", NULL, true, NULL},
        {"localhost", NULL, true, "localhost"},
        {"c.example", NULL, false, NULL},
        {"x.a.example", NULL, false, NULL},
        {"127.0.0.2", NULL, false, NULL},
        {"::2", NULL, false, NULL},
        {"192.0.2.1", "a.example", true, "a.example"},
        {"a.example", "c.example", false, NULL},
        {"a.example", "127.0.0.1", true, NULL},
    };
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_tls_outward_sources sources = ours_trusting(&c);
        char name[64] = "";
        size_t size = sizeof(name);
        unsigned type;
        struct ours o;

        sources.server_name = rows[i].server_name;
        ours_init(&o, &sources);
        o.to.host = rows[i].host;
        ours_meet(&o, &c);
        if (o.outcome.end != (rows[i].good ? VB_DIAL_OK : VB_DIAL_UNTRUSTED))
            fail_msg("%s: %d, %s", rows[i].host, o.outcome.end, o.outcome.why);
        if (!rows[i].good)
            assert_non_null(
                strstr(o.outcome.why, "its certificate is not for"));
        else
            gnutls_server_name_get(vb__tls_wire_of(c.d.wire)->session, name,
                                   &size, &type, 0);
        if (rows[i].good)
            assert_string_equal(name, rows[i].told != NULL ? rows[i].told : "");
        ours_done(&o);
    }
    client_done(&c);
}

/* A Unix socket has no name: it is said, or nobody is believed. */
static void test_without_a_name_nobody_is_believed(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    for (int named = 0; named < 2; named++) {
        sources = ours_trusting(&c);
        sources.server_name = named ? "a.example" : NULL;
        ours_init(&o, &sources);
        o.to.host = NULL;
        o.to.path = "/run/socket";
        ours_meet(&o, &c);
        assert_int_equal(o.outcome.end, named ? VB_DIAL_OK : VB_DIAL_UNTRUSTED);
        ours_done(&o);
    }
    client_done(&c);
}

struct shown {
    const char *what;
    struct order order;
    const char *why;  /* NULL: it is believed */
    const char *host; /* NULL: x.example */
};

static struct pair make_ca(void)
{
    return pair_make(
        &(struct order){"CN=CA", NULL, -60, 9999, NULL, 1, NULL, 0});
}

static void show(struct client *c, const struct pair *pair)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    pair_write(c->paths[0], pair);
    pair_write_key(c->paths[0], pair);
    vb_tls_free(c->tls);
    assert_int_equal(vb_tls_new(&c->sources, &c->tls, &why), VB_OK);
}

/* 9110-4.3.4-05, 9110-4.3.4-06, 9110-4.3.4-08: who is not believed is told why,
 * and asked for nothing; unless it was said that anybody is. */
static void test_who_is_not_believed_and_why(void **state)
{
    struct pair ca = make_ca(), forged = make_ca();
    struct pair other = pair_make(
        &(struct order){"CN=Other", NULL, -60, 9999, NULL, 1, NULL, 0});
    const char *const server = GNUTLS_KP_TLS_WWW_SERVER;
    const char *const client = GNUTLS_KP_TLS_WWW_CLIENT;
    const struct shown rows[] = {
        {"good", {"CN=x", &ca, -60, 7200, server, 2, NULL, 1}, NULL, NULL},
        {"any", {"CN=x", &ca, -60, 7200, NULL, 2, NULL, 1}, NULL, NULL},
        {"old", {"CN=x", &ca, -60, -1, server, 2, NULL, 1}, "expired", NULL},
        {"new", {"CN=x", &ca, 600, 7200, server, 2, NULL, 1}, "not yet", NULL},
        {"forged",
         {"CN=x", &forged, -60, 7200, server, 2, NULL, 1},
         "NOT trusted",
         NULL},
        {"unknown",
         {"CN=x", &other, -60, 7200, server, 2, NULL, 1},
         "issuer is unknown",
         NULL},
        {"a client's",
         {"CN=x", &ca, -60, 7200, client, 2, NULL, 1},
         "NOT trusted",
         NULL},
        /* 9110-4.3.4-03: the name of its subject is no name. */
        {"by its subject",
         {"CN=y.example", &ca, -60, 7200, server, 2, NULL, 1},
         "not for y.example",
         "y.example"},
    };
    struct client c;
    char ca_file[64];

    (void)state;
    client_init(&c, hosts, 1);
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", c.folder);
    pair_write(ca_file, &ca);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct pair pair = pair_make(&rows[i].order);

        show(&c, &pair);
        for (int insecure = 0; insecure < 2; insecure++) {
            struct ours o;

            ours_init(&o, &(struct vb_tls_outward_sources){
                              .ca = ca_file, .insecure = insecure});
            o.to.host = rows[i].host != NULL ? rows[i].host : "x.example";
            ours_meet(&o, &c);
            if (insecure || rows[i].why == NULL) {
                assert_int_equal(o.outcome.end, VB_DIAL_OK);
            } else {
                if (o.outcome.end != VB_DIAL_UNTRUSTED ||
                    strstr(o.outcome.why, rows[i].why) == NULL)
                    fail_msg("%s: %d, %s", rows[i].what, o.outcome.end,
                             o.outcome.why);
                assert_int_equal(ours_state(&o), VB_WIRE_LINGER);
                assert_int_equal(stand_ins.made, 0);
                assert_int_equal(c.d.log.len, 0);
            }
            ours_done(&o);
        }
        pair_done(&pair);
    }
    pair_done(&ca);
    pair_done(&forged);
    pair_done(&other);
    unlink(ca_file);
    client_done(&c);
}

/* Whichever version it is, the server learns why, and nothing of ours. */
static void test_every_version_is_verified(void **state)
{
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    sources = ours_trusting(&c);
    ours_init(&o, &sources);
    o.to.host = "c.example";
    for (size_t v = 0; v < VB_COUNT_OF(versions); v++) {
        struct raw r;

        raw_meet(&r, &o, c.tls, versions[v]);
        assert_int_equal(o.outcome.end, VB_DIAL_UNTRUSTED);
        assert_int_equal(r.rc, GNUTLS_E_FATAL_ALERT_RECEIVED);
        assert_int_equal(gnutls_alert_get(r.session), GNUTLS_A_BAD_CERTIFICATE);
        assert_false(r.open);
        raw_done(&r);
    }
    ours_done(&o);
    client_done(&c);
}

/* --- Who we are -------------------------------------------------------------
 */

/* RFC 8446 section 4.4.2.3 */
static void test_our_certificate_is_shown_to_who_asks(void **state)
{
    struct pair ca = make_ca();
    struct pair ann = pair_make(&(struct order){"CN=ann", &ca, -60, 7200,
                                                GNUTLS_KP_TLS_WWW_CLIENT, 2,
                                                "spiffe://example/ann", 0});
    char ca_file[64], file[64], text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", c.folder);
    snprintf(file, sizeof(file), "%s/ann.pem", c.folder);
    pair_write(ca_file, &ca);
    pair_write(file, &ann);
    pair_write_key(file, &ann);
    c.sources.clients =
        (struct vb_tls_clients){.ca = ca_file, .required = true};
    vb_tls_free(c.tls);
    assert_int_equal(vb_tls_new(&c.sources, &c.tls, &why), VB_OK);
    for (int shown = 0; shown < 2; shown++) {
        struct vb_tls_outward_sources sources = ours_trusting(&c);
        struct ours o;

        sources.certificate = shown ? file : NULL;
        ours_init(&o, &sources);
        o.to.protocol = VB_DIAL_HTTP_1;
        stand_ins.text = REQUEST;
        ours_meet(&o, &c);
        /* With TLS 1.3 a server says only then that it wants one. */
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        if (shown) {
            assert_true(ours_heard(&o, "HTTP/1.1 200"));
            assert_span_equal(
                vb__tls_wire_of(c.d.wire)->shown.peer.certificate->subject,
                "CN=ann");
        } else {
            assert_int_equal(stand_ins.freed, 1);
            assert_int_equal(stand_ins.ended, 0);
        }
        ours_done(&o);
    }
    unlink(ca_file);
    unlink(file);
    pair_done(&ca);
    pair_done(&ann);
    client_done(&c);
}

static void test_what_cannot_be_used_is_refused(void **state)
{
    const struct vb_tls_outward_sources rows[] = {
        {.ca = "/nowhere/ca.pem"},
        {.ca = "/dev/null"},
        {.insecure = true, .certificate = "/nowhere/own.pem"},
        {.insecure = true, .certificate = "/dev/null"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *file =
            rows[i].ca != NULL ? rows[i].ca : rows[i].certificate;
        struct vb_tls_outward *outward;
        char text[512] = "";
        struct vb_buf why = vb_buf_over(text, sizeof(text));

        assert_int_not_equal(vb_tls_outward_new(&rows[i], &outward, &why),
                             VB_OK);
        assert_true(vb_span_starts(vb_buf_span(&why), vb_span_str(file)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_certificate_must_be_the_host_s),
        cmocka_unit_test(test_without_a_name_nobody_is_believed),
        cmocka_unit_test(test_who_is_not_believed_and_why),
        cmocka_unit_test(test_every_version_is_verified),
        cmocka_unit_test(test_our_certificate_is_shown_to_who_asks),
        cmocka_unit_test(test_what_cannot_be_used_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
