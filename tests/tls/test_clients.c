/* Certificates of clients: RFC 8446 sections 4.3.2 and 4.4.2.4. */
#include "client.h"
#include "pair.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "exchange/certificate.h"
#include "tls/identity.h"
#include "tls/wire_inner.h"

#define GET "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

static const char *const hosts[] = {"a.example"};
static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                       "NORMAL:-VERS-ALL:+VERS-TLS1.3"};

/* --- Certificates -----------------------------------------------------------
 */

/* The CA revokes one serial. */
static void write_crl(const char *path, const struct pair *ca,
                      unsigned char serial, int ends_s)
{
    gnutls_x509_crl_t crl;
    gnutls_datum_t text;
    time_t now = time(NULL);

    gnutls_x509_crl_init(&crl);
    gnutls_x509_crl_set_version(crl, 2);
    gnutls_x509_crl_set_this_update(crl, now - 7200);
    gnutls_x509_crl_set_next_update(crl, now + ends_s);
    gnutls_x509_crl_set_number(crl, "\1", 1);
    gnutls_x509_crl_set_crt_serial(crl, &serial, 1, now - 7200);
    assert_int_equal(
        gnutls_x509_crl_sign2(crl, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0), 0);
    gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &text);
    pem_write(path, &text, "w");
    gnutls_x509_crl_deinit(crl);
}

/* --- A server that asks -----------------------------------------------------
 */

enum kind {
    GOOD,
    FORGED,
    OTHER_CA,
    EXPIRED,
    NOT_YET,
    FOR_SERVERS,
    REVOKED,
    KINDS
};

struct asking {
    struct client c;
    struct pair ca, forged_ca, other_ca;
    struct pair pairs[KINDS];
    char ca_file[64], crl_file[64];
};

static void make_all(struct asking *a)
{
    const char *const client = GNUTLS_KP_TLS_WWW_CLIENT;
    const struct order orders[KINDS] = {
        [GOOD] = {"CN=ann,O=Example", &a->ca, -60, 7200, client, 16,
                  "spiffe://example/ann", 1},
        [FORGED] = {"CN=ann,O=Example", &a->forged_ca, -60, 7200, client, 16,
                    NULL, 0},
        [OTHER_CA] = {"CN=ann,O=Example", &a->other_ca, -60, 7200, client, 16,
                      NULL, 0},
        [EXPIRED] = {"CN=ann", &a->ca, -60, -1, client, 17, NULL, 0},
        [NOT_YET] = {"CN=ann", &a->ca, 3600, 7200, client, 18, NULL, 0},
        [FOR_SERVERS] = {"CN=ann", &a->ca, -60, 7200, GNUTLS_KP_TLS_WWW_SERVER,
                         19, NULL, 0},
        [REVOKED] = {"CN=eve", &a->ca, -60, 7200, NULL, 20, NULL, 0},
    };

    a->ca =
        pair_make(&(struct order){"CN=CA", NULL, -60, 9999, NULL, 1, NULL, 0});
    a->forged_ca =
        pair_make(&(struct order){"CN=CA", NULL, -60, 9999, NULL, 1, NULL, 0});
    a->other_ca = pair_make(
        &(struct order){"CN=Other", NULL, -60, 9999, NULL, 1, NULL, 0});
    for (size_t i = 0; i < KINDS; i++)
        a->pairs[i] = pair_make(&orders[i]);
}

static void read_again(struct asking *a)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    vb_tls_free(a->c.tls);
    assert_int_equal(vb_tls_new(&a->c.sources, &a->c.tls, &why), VB_OK);
    client_restart(&a->c);
}

static void asking_init(struct asking *a, bool required)
{
    client_init(&a->c, hosts, 1);
    make_all(a);
    snprintf(a->ca_file, sizeof(a->ca_file), "%s/ca.pem", a->c.folder);
    snprintf(a->crl_file, sizeof(a->crl_file), "%s/crl.pem", a->c.folder);
    pair_write(a->ca_file, &a->ca);
    write_crl(a->crl_file, &a->ca, 20, 3600);
    a->c.sources.clients = (struct vb_tls_clients){
        .ca = a->ca_file, .crl = a->crl_file, .required = required};
    read_again(a);
}

static void asking_done(struct asking *a)
{
    unlink(a->ca_file);
    unlink(a->crl_file);
    client_done(&a->c);
    pair_done(&a->ca);
    pair_done(&a->forged_ca);
    pair_done(&a->other_ca);
    for (size_t i = 0; i < KINDS; i++)
        pair_done(&a->pairs[i]);
}

/* Whatever CAs the server names: those are in its head. */
static int show(gnutls_session_t session, const gnutls_datum_t *cas,
                int ca_count, const gnutls_pk_algorithm_t *algorithms,
                int algorithm_count, gnutls_retr2_st *st)
{
    const struct pair *pair = gnutls_session_get_ptr(session);

    (void)cas, (void)ca_count, (void)algorithms, (void)algorithm_count;
    *st = (gnutls_retr2_st){.cert_type = GNUTLS_CRT_X509,
                            .key_type = GNUTLS_PRIVKEY_X509};
    st->cert.x509 = (gnutls_x509_crt_t *)&pair->crt;
    st->ncerts = 1;
    st->key.x509 = pair->key;
    return 0;
}

/* The client has this certificate and no other; KINDS: none. */
static void take(struct asking *a, enum kind kind)
{
    gnutls_certificate_free_credentials(a->c.trust);
    gnutls_certificate_allocate_credentials(&a->c.trust);
    a->c.user = kind < KINDS ? &a->pairs[kind] : NULL;
    if (kind < KINDS)
        gnutls_certificate_set_retrieve_function(a->c.trust, show);
}

static const struct vb_certificate *known(const struct asking *a)
{
    return vb__tls_wire_of(a->c.d.wire)->shown.peer.certificate;
}

/* The alert that the client gets; -1: the connection goes on. */
static int try(struct asking *a, const char *version)
{
    int rc;

    client_restart(&a->c);
    a->c.priority = version;
    rc = client_handshake(&a->c);
    if (rc == 0) {
        gnutls_record_send(a->c.session, GET, sizeof(GET) - 1);
        driver_pump(&a->c.d);
        client_read(&a->c);
    }
    if (vb_span_starts(vb_buf_span(&a->c.plain), VB_SPAN("HTTP/1.1 200")))
        return -1;
    assert_null(known(a));
    assert_int_equal(a->c.d.log.len, 0); /* nobody was asked for anything */
    return gnutls_alert_get(a->c.session);
}

/* --- What comes of it -------------------------------------------------------
 */

static void test_who_is_not_known_gets_the_alert_that_says_why(void **state)
{
    static const struct {
        enum kind kind;
        int alert;
    } rows[] = {
        {GOOD, -1},
        {FORGED, GNUTLS_A_BAD_CERTIFICATE},
        {OTHER_CA, GNUTLS_A_UNKNOWN_CA},
        {EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED},
        {NOT_YET, GNUTLS_A_CERTIFICATE_EXPIRED},
        {FOR_SERVERS, GNUTLS_A_UNSUPPORTED_CERTIFICATE},
        {REVOKED, GNUTLS_A_CERTIFICATE_REVOKED},
    };
    struct asking a;

    (void)state;
    for (int required = 0; required < 2; required++) {
        asking_init(&a, required);
        for (size_t v = 0; v < 2; v++) {
            for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
                int alert;

                take(&a, rows[i].kind);
                alert = try(&a, versions[v]);
                if (alert != rows[i].alert)
                    fail_msg("%d, TLS 1.%zu: %d", rows[i].kind, v + 2, alert);
            }
            take(&a, KINDS);
            assert_int_equal(try(&a, versions[v]),
                             !required ? -1
                             : v == 0  ? GNUTLS_A_HANDSHAKE_FAILURE
                                       : GNUTLS_A_CERTIFICATE_REQUIRED);
        }
        asking_done(&a);
    }
}

static void test_it_is_told_who_has_come(void **state)
{
    const struct vb_certificate *who;
    struct asking a;

    (void)state;
    asking_init(&a, false);
    take(&a, KINDS);
    assert_int_equal(try(&a, NULL), -1);
    assert_null(known(&a));
    take(&a, GOOD);
    assert_int_equal(try(&a, NULL), -1);
    who = known(&a);
    assert_span_equal(who->subject, "CN=ann,O=Example");
    assert_span_equal(who->issuer, "CN=CA");
    assert_span_equal(who->serial, "10");
    assert_int_equal(who->fingerprint.len, 64);
    assert_span_equal(who->common_name, "ann");
    assert_int_equal(who->name_count, 2);
    assert_span_equal(who->names[0], "URI:spiffe://example/ann");
    assert_span_equal(who->names[1], "DNS:x.example");
    asking_done(&a);
}

/* Who resumes a session is who has begun it, and nobody where nobody was. */
static void
test_a_session_that_is_resumed_has_the_client_of_the_first(void **state)
{
    struct asking a;

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        for (int shown = 0; shown < 2; shown++) {
            asking_init(&a, false);
            take(&a, shown ? GOOD : KINDS);
            assert_int_equal(try(&a, versions[v]), -1);
            gnutls_session_get_data2(a.c.session, &a.c.ticket);
            take(&a, shown ? KINDS : GOOD); /* it is not asked for */
            assert_int_equal(try(&a, versions[v]), -1);
            assert_true(gnutls_session_is_resumed(a.c.session));
            assert_int_equal(known(&a) != NULL, shown);
            if (shown)
                assert_span_equal(known(&a)->serial, "10");
            asking_done(&a);
        }
    }
}

/* What counts is what the files say now: with another CA nothing is resumed. */
static void test_a_reload_is_for_those_who_come_back_as_well(void **state)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct asking a;

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        asking_init(&a, true);
        take(&a, GOOD);
        assert_int_equal(try(&a, versions[v]), -1);
        gnutls_session_get_data2(a.c.session, &a.c.ticket);
        assert_int_equal(vb_tls_reload(a.c.tls, &why), VB_OK);
        assert_int_equal(try(&a, versions[v]), -1);
        assert_false(gnutls_session_is_resumed(a.c.session));
        write_crl(a.crl_file, &a.ca, 16, 3600);
        assert_int_equal(vb_tls_reload(a.c.tls, &why), VB_OK);
        assert_int_equal(try(&a, versions[v]), GNUTLS_A_CERTIFICATE_REVOKED);
        pair_write(a.ca_file, &a.other_ca);
        assert_int_equal(vb_tls_reload(a.c.tls, &why), VB_ERR_INVALID);
        assert_non_null(
            memmem(text, why.len, "is not signed by one of the CAs", 31));
        write_crl(a.crl_file, &a.other_ca, 20, 3600);
        assert_int_equal(vb_tls_reload(a.c.tls, &why), VB_OK);
        assert_int_equal(try(&a, versions[v]), GNUTLS_A_UNKNOWN_CA);
        take(&a, OTHER_CA);
        assert_int_equal(try(&a, versions[v]), -1);
        asking_done(&a);
    }
}

/* The next list may have been kept from us; also from who resumes. */
static void test_a_list_out_of_date_lets_nobody_in(void **state)
{
    struct asking a;

    (void)state;
    asking_init(&a, true);
    write_crl(a.crl_file, &a.ca, 20, 2);
    read_again(&a);
    take(&a, GOOD);
    assert_int_equal(try(&a, NULL), -1);
    gnutls_session_get_data2(a.c.session, &a.c.ticket);
    sleep(3);
    assert_int_equal(try(&a, NULL), GNUTLS_A_CERTIFICATE_UNKNOWN);
    assert_true(gnutls_session_is_resumed(a.c.session));
    gnutls_free(a.c.ticket.data);
    a.c.ticket = (gnutls_datum_t){NULL, 0};
    assert_int_equal(try(&a, NULL), GNUTLS_A_CERTIFICATE_UNKNOWN);
    read_again(&a); /* it is told, and taken */
    assert_int_equal(try(&a, NULL), GNUTLS_A_CERTIFICATE_UNKNOWN);
    asking_done(&a);
}

/* Ann gets another certificate, valid for so many seconds. */
static void give_another(struct asking *a, int ends_s, unsigned char serial)
{
    pair_done(&a->pairs[GOOD]);
    a->pairs[GOOD] = pair_make(
        &(struct order){"CN=ann", &a->ca, -60, ends_s, NULL, serial, NULL, 0});
    take(a, GOOD);
}

/* Time goes by while a session is kept. */
static void test_a_session_ends_with_its_certificate(void **state)
{
    struct asking all[2];

    (void)state;
    for (size_t v = 0; v < 2; v++) {
        asking_init(&all[v], true);
        give_another(&all[v], 2, 16);
        assert_int_equal(try(&all[v], versions[v]), -1);
        gnutls_session_get_data2(all[v].c.session, &all[v].c.ticket);
    }
    sleep(3);
    for (size_t v = 0; v < 2; v++) {
        give_another(&all[v], 999, 21);
        assert_int_equal(try(&all[v], versions[v]), -1);
        assert_false(gnutls_session_is_resumed(all[v].c.session));
        assert_span_equal(known(&all[v])->serial, "15");
        asking_done(&all[v]);
    }
}

/* --- A key of absurd size ---------------------------------------------------
 */

#define ABSURD_BYTES 2048 /* of the modulus, and of the exponent */

static int sign_with_nothing(gnutls_privkey_t key,
                             gnutls_sign_algorithm_t algorithm, void *user,
                             unsigned flags, const gnutls_datum_t *data,
                             gnutls_datum_t *ret)
{
    (void)key, (void)algorithm, (void)user, (void)flags, (void)data;
    ret->data = gnutls_malloc(ABSURD_BYTES);
    ret->size = ABSURD_BYTES;
    memset(ret->data, 0x5a, ABSURD_BYTES);
    return 0;
}

/* It is of RSA, and signs with whatever is wanted. */
static int tell_of_it(gnutls_privkey_t key, unsigned what, void *user)
{
    (void)key, (void)user;
    if (what & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
        return 1;
    return what == GNUTLS_PRIVKEY_INFO_PK_ALGO ? GNUTLS_PK_RSA
                                               : 8 * ABSURD_BYTES;
}

static int show_absurd(gnutls_session_t session,
                       const struct gnutls_cert_retr_st *info,
                       gnutls_pcert_st **chain, unsigned *chain_len,
                       gnutls_ocsp_data_st **ocsp, unsigned *ocsp_len,
                       gnutls_privkey_t *key, unsigned *flags)
{
    gnutls_pcert_st *shown =
        gnutls_malloc(sizeof(*shown)); /* GnuTLS's to free */
    const struct pair *pair = gnutls_session_get_ptr(session);

    (void)info;
    gnutls_pcert_import_x509(shown, pair->crt, 0);
    gnutls_privkey_init(key);
    gnutls_privkey_import_ext4(*key, NULL, sign_with_nothing, sign_with_nothing,
                               NULL, NULL, tell_of_it, 0);
    *chain = shown;
    *chain_len = 1;
    *ocsp = NULL;
    *ocsp_len = 0;
    *flags = GNUTLS_CERT_RETR_DEINIT_ALL;
    return 0;
}

/* To verify what this has signed takes half a second. */
static void put_absurd_key(struct pair *pair, const struct pair *ca)
{
    static unsigned char number[ABSURD_BYTES];
    const gnutls_datum_t both = {number, ABSURD_BYTES};
    gnutls_pubkey_t key;

    memset(number, 0xa5, sizeof(number));
    gnutls_pubkey_init(&key);
    assert_int_equal(gnutls_pubkey_import_rsa_raw(key, &both, &both), 0);
    assert_int_equal(gnutls_x509_crt_set_pubkey(pair->crt, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(pair->crt, ca->crt, ca->key,
                                           GNUTLS_DIG_SHA256, 0),
                     0);
    gnutls_pubkey_deinit(key);
}

/* Nothing is computed with what nobody vouches for. */
static void test_who_is_not_known_cannot_make_us_compute(void **state)
{
    struct asking a;

    (void)state;
    asking_init(&a, true);
    put_absurd_key(&a.pairs[OTHER_CA], &a.other_ca);
    take(&a, OTHER_CA);
    gnutls_certificate_set_retrieve_function3(a.c.trust, show_absurd);
    for (size_t v = 0; v < 2; v++) {
        clock_t before = clock();

        assert_int_equal(try(&a, versions[v]), GNUTLS_A_UNKNOWN_CA);
        assert_true(clock() - before < CLOCKS_PER_SEC / 4);
    }
    asking_done(&a);
}

/* --- What is in one ---------------------------------------------------------
 */

#define URN "urn:x?y"

/* `instead` stands in it for each question mark: no library makes such ones. */
static enum vb_err read_one(const struct order *order, char instead, bool cut,
                            struct vb_certificate **ret)
{
    struct pair pair = pair_make(order);
    gnutls_datum_t der;
    enum vb_err err;

    gnutls_x509_crt_export2(pair.crt, GNUTLS_X509_FMT_DER, &der);
    for (unsigned i = 0; i < der.size; i++)
        if (der.data[i] == '?' && der.data[i - 1] == 'x')
            der.data[i] = (unsigned char)instead;
    der.size -= cut;
    err = vb_tls_identity_read(&der, ret);
    gnutls_free(der.data);
    pair_done(&pair);
    return err;
}

static void test_one_that_could_pass_for_another_is_none(void **state)
{
    static char long_name[9000];
    static const struct {
        struct order order;
        char instead;
        bool cut;
        enum vb_err err;
    } rows[] = {
        {{"CN=a", NULL, 0, 9, NULL, 1, URN, 0}, '\n', false, VB_ERR_INVALID},
        {{"CN=a", NULL, 0, 9, NULL, 1, URN, 0}, '\0', false, VB_ERR_INVALID},
        {{"CN=a", NULL, 0, 9, NULL, 1, URN, 0}, 127, false, VB_ERR_INVALID},
        {{"CN=ax?", NULL, 0, 9, NULL, 1, URN, 0}, 9, false, VB_ERR_INVALID},
        {{"CN=a", NULL, 0, 9, NULL, 1, long_name, 0}, 0, false, VB_ERR_LIMIT},
        {{"CN=a", NULL, 0, 9, NULL, 1, NULL, 65}, 0, false, VB_ERR_LIMIT},
        {{"CN=a", NULL, 0, 9, NULL, 1, NULL, 0}, 0, true, VB_ERR_INVALID},
        {{"CN=a", NULL, 0, 9, NULL, 1, URN, 63}, '?', false, VB_OK},
    };
    struct vb_certificate *found = NULL;

    (void)state;
    memset(long_name, 'a', sizeof(long_name) - 1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        enum vb_err err =
            read_one(&rows[i].order, rows[i].instead, rows[i].cut, &found);

        if (err != rows[i].err)
            fail_msg("row %zu: %d", i, err);
        assert_true((found != NULL) == (err == VB_OK));
    }
    assert_int_equal(found->name_count, 64);
    vb_tls_identity_free(found);
}

static void test_of_two_common_names_none_counts(void **state)
{
    static const struct {
        const char *subject, *name;
    } rows[] = {
        {"CN=a\\, b,O=c", "a\\, b"},
        {"CN=a,CN=b", ""},
        {"O=a", ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct order order = {rows[i].subject, NULL, 0, 9, NULL, 1, NULL, 0};
        struct vb_certificate *found = NULL;

        assert_int_equal(read_one(&order, '?', false, &found), VB_OK);
        if (!vb_span_eq(found->common_name, vb_span_str(rows[i].name)))
            fail_msg("%s", rows[i].subject);
        vb_tls_identity_free(found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_not_known_gets_the_alert_that_says_why),
        cmocka_unit_test(test_it_is_told_who_has_come),
        cmocka_unit_test(
            test_a_session_that_is_resumed_has_the_client_of_the_first),
        cmocka_unit_test(test_a_reload_is_for_those_who_come_back_as_well),
        cmocka_unit_test(test_a_list_out_of_date_lets_nobody_in),
        cmocka_unit_test(test_a_session_ends_with_its_certificate),
        cmocka_unit_test(test_who_is_not_known_cannot_make_us_compute),
        cmocka_unit_test(test_one_that_could_pass_for_another_is_none),
        cmocka_unit_test(test_of_two_common_names_none_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
