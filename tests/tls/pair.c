/* See pair.h. */
#include "unit.h"

#include "pair.h"

#include <stdio.h>
#include <time.h>

struct pair pair_make(const struct order *order)
{
    struct pair pair;
    time_t now = time(NULL);
    const struct pair *ca;

    gnutls_x509_privkey_init(&pair.key);
    assert_int_equal(gnutls_x509_privkey_generate(
                         pair.key, GNUTLS_PK_ECDSA,
                         GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    gnutls_x509_crt_init(&pair.crt);
    gnutls_x509_crt_set_version(pair.crt, 3);
    gnutls_x509_crt_set_serial(pair.crt, &order->serial, 1);
    gnutls_x509_crt_set_activation_time(pair.crt, now + order->begins_s);
    gnutls_x509_crt_set_expiration_time(pair.crt, now + order->ends_s);
    assert_int_equal(gnutls_x509_crt_set_dn(pair.crt, order->subject, NULL), 0);
    gnutls_x509_crt_set_key(pair.crt, pair.key);
    gnutls_x509_crt_set_basic_constraints(pair.crt, order->ca == NULL, -1);
    gnutls_x509_crt_set_key_usage(pair.crt, order->ca == NULL
                                                ? GNUTLS_KEY_KEY_CERT_SIGN |
                                                      GNUTLS_KEY_CRL_SIGN
                                                : GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (order->purpose != NULL)
        gnutls_x509_crt_set_key_purpose_oid(pair.crt, order->purpose, 0);
    if (order->uri != NULL)
        assert_int_equal(gnutls_x509_crt_set_subject_alt_name(
                             pair.crt, GNUTLS_SAN_URI, order->uri,
                             (unsigned)strlen(order->uri), GNUTLS_FSAN_APPEND),
                         0);
    for (unsigned i = 0; i < order->names; i++)
        gnutls_x509_crt_set_subject_alt_name(
            pair.crt, GNUTLS_SAN_DNSNAME, "x.example", 9, GNUTLS_FSAN_APPEND);
    ca = order->ca != NULL ? order->ca : &pair;
    assert_int_equal(
        gnutls_x509_crt_sign2(pair.crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0),
        0);
    return pair;
}

void pair_done(struct pair *pair)
{
    gnutls_x509_crt_deinit(pair->crt);
    gnutls_x509_privkey_deinit(pair->key);
}

void pem_write(const char *path, gnutls_datum_t *text, const char *mode)
{
    FILE *file = fopen(path, mode);

    assert_non_null(file);
    assert_int_equal(fwrite(text->data, 1, text->size, file), text->size);
    fclose(file);
    gnutls_free(text->data);
}

void pair_write(const char *path, const struct pair *pair)
{
    gnutls_datum_t text;

    gnutls_x509_crt_export2(pair->crt, GNUTLS_X509_FMT_PEM, &text);
    pem_write(path, &text, "w");
}

void pair_write_key(const char *path, const struct pair *pair)
{
    gnutls_datum_t text;

    gnutls_x509_privkey_export2(pair->key, GNUTLS_X509_FMT_PEM, &text);
    pem_write(path, &text, "a");
}
