/*
 * A client's TLS over a socket that blocks, for one question to a running
 * server. Whom to trust is said as curl has it said.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/explain.h"

#define PATIENCE_MS 30000

struct vb__secured {
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
};

static const char *load(struct vb__secured *secured,
                        const struct vb__trusted *trusted)
{
    const char *key = trusted->key != NULL ? trusted->key : trusted->cert;
    int rc = gnutls_certificate_allocate_credentials(&secured->credentials);

    if (rc >= 0 && trusted->cacert != NULL)
        rc = gnutls_certificate_set_x509_trust_file(
            secured->credentials, trusted->cacert, GNUTLS_X509_FMT_PEM);
    else if (rc >= 0)
        gnutls_certificate_set_x509_system_trust(secured->credentials);
    if (rc >= 0 && trusted->cert != NULL)
        rc = gnutls_certificate_set_x509_key_file(
            secured->credentials, trusted->cert, key, GNUTLS_X509_FMT_PEM);
    return rc < 0 ? gnutls_strerror(rc) : NULL;
}

/* Those are not told in server_name (RFC 6066 section 3). */
static bool is_address(const char *host)
{
    struct in6_addr address;

    return inet_pton(AF_INET, host, &address) == 1 ||
           inet_pton(AF_INET6, host, &address) == 1;
}

/* The question is asked in HTTP/1.1, whatever else is spoken there. */
static int set_up(struct vb__secured *secured, int fd, const char *host)
{
    static const gnutls_datum_t http_1 = {(unsigned char *)"http/1.1", 8};
    int rc = gnutls_init(&secured->session, GNUTLS_CLIENT);

    if (rc >= 0)
        rc = gnutls_set_default_priority(secured->session);
    if (rc >= 0)
        rc = gnutls_credentials_set(secured->session, GNUTLS_CRD_CERTIFICATE,
                                    secured->credentials);
    if (rc >= 0)
        rc = gnutls_alpn_set_protocols(secured->session, &http_1, 1, 0);
    if (rc >= 0 && !is_address(host))
        rc = gnutls_server_name_set(secured->session, GNUTLS_NAME_DNS, host,
                                    strlen(host));
    if (rc < 0)
        return rc;
    gnutls_transport_set_int(secured->session, fd);
    gnutls_handshake_set_timeout(secured->session, PATIENCE_MS);
    return 0;
}

static int shake_hands(struct vb__secured *secured)
{
    int rc;

    do
        rc = gnutls_handshake(secured->session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    return rc;
}

/* Why the handshake failed, for people. */
static const char *tell(struct vb__secured *secured, int rc)
{
    static char text[512];
    gnutls_datum_t why;

    if (rc != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR ||
        gnutls_certificate_verification_status_print(
            gnutls_session_get_verify_cert_status(secured->session),
            GNUTLS_CRT_X509, &why, 0) < 0)
        return gnutls_strerror(rc);
    (void)snprintf(text, sizeof(text), "%s(--cacert FILE, or -k)", why.data);
    gnutls_free(why.data);
    return text;
}

const char *vb__secured_begin(int fd, const char *host,
                              const struct vb__trusted *trusted,
                              struct vb__secured **ret)
{
    struct vb__secured *secured = calloc(1, sizeof(*secured));
    const char *why;
    int rc;

    if (secured == NULL)
        return vb_err_text(VB_ERR_NOMEM);
    why = load(secured, trusted);
    if (why == NULL) {
        rc = set_up(secured, fd, host);
        if (rc == 0 && !trusted->insecure)
            gnutls_session_set_verify_cert(secured->session, host, 0);
        if (rc == 0)
            rc = shake_hands(secured);
        why = rc < 0 ? tell(secured, rc) : NULL;
    }
    if (why == NULL)
        *ret = secured;
    else
        vb__secured_end(secured);
    return why;
}

ssize_t vb__secured_send(struct vb__secured *secured, struct vb_span bytes)
{
    return gnutls_record_send(secured->session, bytes.ptr, bytes.len);
}

ssize_t vb__secured_receive(struct vb__secured *secured, void *into,
                            size_t size)
{
    const int64_t begun = vb_clock_monotonic_ms();
    ssize_t n;

    do /* a ticket came, and no content: or else nothing in all that time */
        n = gnutls_record_recv(secured->session, into, size);
    while (n == GNUTLS_E_AGAIN &&
           vb_clock_monotonic_ms() - begun < PATIENCE_MS);
    if (n == GNUTLS_E_AGAIN)
        errno = EAGAIN;
    else if (n < 0)
        errno = EPROTO;
    return n;
}

void vb__secured_end(struct vb__secured *secured)
{
    if (secured == NULL)
        return;
    if (secured->session != NULL)
        gnutls_deinit(secured->session);
    if (secured->credentials != NULL)
        gnutls_certificate_free_credentials(secured->credentials);
    free(secured);
}
