/* Whose certificates are taken, and whether one is. See client.h. */
#include "tls/client.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "tls/identity.h"

/* A ticket holds the client's whole chain, and comes back in a ClientHello. */
#define CHAIN_MOST ((size_t)16 * 1024)
/* Keys, and a chain, that cost more to verify than anybody needs. */
#define KEY_BITS_MOST 8192
#define DEPTH_MOST    8
/* How long a session can be resumed, in seconds: GnuTLS's own default. */
#define RESUMED_MOST_S 3600

/* --- Reading ----------------------------------------------------------------
 */

/* What `ca` and `crl` are read into; the trust list owns it in the end. */
struct reading {
    gnutls_x509_trust_list_t list;
    gnutls_x509_crt_t *cas;
    unsigned ca_count;
    time_t crl_until; /* 0: for ever */
};

static enum vb_err read_cas(struct reading *reading, const char *file,
                            struct vb_buf *why)
{
    gnutls_datum_t data = {NULL, 0};
    enum vb_err err = vb__tls_read_file(file, &data, why);
    int rc;

    if (err != VB_OK)
        return err;
    rc = gnutls_x509_crt_list_import2(&reading->cas, &reading->ca_count, &data,
                                      GNUTLS_X509_FMT_PEM, 0);
    gnutls_free(data.data);
    if (rc < 0)
        return vb__tls_refuse(why, file, "has no certificate in PEM");
    rc = gnutls_x509_trust_list_add_cas(
        reading->list, reading->cas, reading->ca_count, GNUTLS_TL_USE_IN_TLS);
    return rc == (int)reading->ca_count ? VB_OK : VB_ERR_NOMEM;
}

/* Past its time a list of revocations says nothing, since the next one may be
 * kept from us: then nobody can be known. */
static void note_time(struct reading *reading, gnutls_x509_crl_t crl,
                      const char *file)
{
    time_t next = gnutls_x509_crl_get_next_update(crl);

    if (next == (time_t)-1)
        return;
    if (reading->crl_until == 0 || next < reading->crl_until)
        reading->crl_until = next;
    if (next < time(NULL))
        vb_log(VB_LOG_WARNING,
               "%s: the revocation list is out of date: no certificate of a "
               "client is taken",
               file);
}

/* Has one of the CAs signed it, be it out of date? */
static bool is_signed(const struct reading *reading, gnutls_x509_crl_t crl)
{
    const unsigned time = GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED |
                          GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
    unsigned status = 0;

    if (gnutls_x509_crl_verify(crl, reading->cas, reading->ca_count, 0,
                               &status) < 0)
        return false;
    if (status & time)
        status &= ~(time | GNUTLS_CERT_INVALID);
    return status == 0;
}

/* Takes the list, or frees it. */
static enum vb_err take_crl(struct reading *reading, gnutls_x509_crl_t crl,
                            const char *file, struct vb_buf *why)
{
    if (!is_signed(reading, crl)) {
        gnutls_x509_crl_deinit(crl);
        return vb__tls_refuse(why, file, "is not signed by one of the CAs");
    }
    note_time(reading, crl, file);
    if (gnutls_x509_trust_list_add_crls(reading->list, &crl, 1, 0, 0) == 1)
        return VB_OK;
    gnutls_x509_crl_deinit(crl);
    return VB_ERR_NOMEM;
}

static enum vb_err read_crls(struct reading *reading, const char *file,
                             struct vb_buf *why)
{
    gnutls_datum_t data = {NULL, 0};
    gnutls_x509_crl_t *crls = NULL;
    unsigned count = 0;
    enum vb_err err = vb__tls_read_file(file, &data, why);
    int rc;

    if (err != VB_OK)
        return err;
    rc = gnutls_x509_crl_list_import2(&crls, &count, &data, GNUTLS_X509_FMT_PEM,
                                      0);
    gnutls_free(data.data);
    if (rc < 0)
        return vb__tls_refuse(why, file, "has no revocation list in PEM");
    for (unsigned i = 0; i < count; i++) {
        if (err == VB_OK)
            err = take_crl(reading, crls[i], file, why);
        else
            gnutls_x509_crl_deinit(crls[i]);
    }
    gnutls_free(crls);
    return err;
}

enum vb_err vb_tls_clients_load(struct vb_tls_credentials *into,
                                const struct vb_tls_clients *clients,
                                struct vb_buf *why)
{
    struct reading reading = {.cas = NULL};
    enum vb_err err;

    if (gnutls_x509_trust_list_init(&reading.list, 0) < 0)
        return VB_ERR_NOMEM;
    err = read_cas(&reading, clients->ca, why);
    if (err == VB_OK && clients->crl != NULL)
        err = read_crls(&reading, clients->crl, why);
    gnutls_free(reading.cas); /* they are the list's */
    if (err != VB_OK) {
        gnutls_x509_trust_list_deinit(reading.list, 1);
        return err;
    }
    gnutls_certificate_set_trust_list(into->gnutls, reading.list, 0);
    gnutls_certificate_set_verify_limits(into->gnutls, KEY_BITS_MOST,
                                         DEPTH_MOST);
    gnutls_certificate_set_verify_function(into->gnutls, vb_tls_client_verify);
    into->crl_until = reading.crl_until;
    into->request =
        clients->required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST;
    return VB_OK;
}

/* --- Verifying --------------------------------------------------------------
 */

static int refuse(struct vb_tls_choice *choice,
                  gnutls_alert_description_t alert)
{
    choice->alert = (uint8_t)alert;
    return GNUTLS_E_CERTIFICATE_ERROR;
}

/* RFC 8446 section 6.2; what can be said of one that somebody else has signed
 * is that, and no more. */
gnutls_alert_description_t vb__tls_alert_of_status(unsigned status)
{
    static const struct {
        unsigned status;
        gnutls_alert_description_t alert;
    } rows[] = {
        {GNUTLS_CERT_SIGNER_NOT_FOUND | GNUTLS_CERT_SIGNER_NOT_CA,
         GNUTLS_A_UNKNOWN_CA},
        {GNUTLS_CERT_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED},
        {GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED,
         GNUTLS_A_CERTIFICATE_EXPIRED},
        {GNUTLS_CERT_PURPOSE_MISMATCH, GNUTLS_A_UNSUPPORTED_CERTIFICATE},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (status & rows[i].status)
            return rows[i].alert;
    return GNUTLS_A_BAD_CERTIFICATE;
}

static bool is_short(const gnutls_datum_t *chain, unsigned count)
{
    size_t total = 0;

    for (unsigned i = 0; i < count; i++)
        total += chain[i].size;
    return total <= CHAIN_MOST;
}

static int verify(gnutls_session_t session, struct vb_tls_choice *choice)
{
    time_t until = choice->from->crl_until;
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT,
    };
    unsigned status;

    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0)
        return refuse(choice, GNUTLS_A_BAD_CERTIFICATE);
    if (status == 0 && until != 0 && until < time(NULL))
        return refuse(choice, GNUTLS_A_CERTIFICATE_UNKNOWN);
    return status == 0 ? 0 : refuse(choice, vb__tls_alert_of_status(status));
}

/* A session cannot be resumed any more when its certificate has expired: its
 * client may have another one, and would not be asked for it. */
static void limit_resumption(gnutls_session_t session)
{
    time_t until = gnutls_certificate_expiration_time_peers(session);
    time_t now = time(NULL);

    if (until > now && until - now < RESUMED_MOST_S)
        gnutls_db_set_cache_expiration(session, (int)(until - now));
}

int vb_tls_client_verify(gnutls_session_t session)
{
    struct vb_tls_choice *choice = vb_tls_choice_of(session);
    const gnutls_datum_t *chain;
    unsigned count = 0;
    int rc;

    if (choice->from->request == GNUTLS_CERT_IGNORE || choice->client != NULL)
        return 0;
    chain = gnutls_certificate_get_peers(session, &count);
    if (chain == NULL || count == 0)
        return choice->from->request == GNUTLS_CERT_REQUIRE
                   ? refuse(choice, GNUTLS_A_CERTIFICATE_REQUIRED)
                   : 0;
    if (!is_short(chain, count))
        return refuse(choice, GNUTLS_A_UNSUPPORTED_CERTIFICATE);
    rc = verify(session, choice);
    if (rc == 0 && vb_tls_identity_read(&chain[0], &choice->client) != VB_OK)
        rc = refuse(choice, GNUTLS_A_UNSUPPORTED_CERTIFICATE);
    if (rc == 0)
        limit_resumption(session);
    return rc;
}
