/* See client.h: the TLS session, and what resumes it.
 *
 * A ticket is 4 bytes that tell the length of GnuTLS's session, the session,
 * and the transport parameters that 0-RTT is sent under. */
#include "inner.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdlib.h>
#include <string.h>

static const char PRIORITY[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:"
    "+CHACHA20-POLY1305:%DISABLE_TLS13_COMPAT_MODE";

static uint32_t session_len(struct vb_span ticket)
{
    uint32_t len = 0;

    if (ticket.len >= sizeof(len))
        memcpy(&len, ticket.ptr, sizeof(len));
    return len;
}

struct vb_span ticket_session(struct vb_span ticket)
{
    uint32_t len = session_len(ticket);

    if (len == 0 || len > ticket.len - sizeof(len))
        return (struct vb_span){NULL, 0};
    return (struct vb_span){ticket.ptr + sizeof(len), len};
}

struct vb_span ticket_parameters(struct vb_span ticket)
{
    struct vb_span session = ticket_session(ticket);

    return session.len == 0
               ? session
               : vb_span_from(ticket, sizeof(uint32_t) + session.len);
}

static void tell_ticket(struct quic_client *c, gnutls_datum_t session)
{
    uint8_t parameters[256];
    uint32_t len = session.size;
    ngtcp2_ssize n = ngtcp2_conn_encode_0rtt_transport_params(
        c->conn, parameters, sizeof(parameters));
    struct vb_buf ticket;

    vb_buf_init(&ticket, 65536);
    vb_buf_append(&ticket, vb_span_of((const char *)&len, sizeof(len)));
    vb_buf_append(&ticket,
                  vb_span_of((const char *)session.data, session.size));
    if (n > 0)
        vb_buf_append(&ticket, vb_span_of((const char *)parameters, (size_t)n));
    if (ticket.err == VB_OK)
        emit(c, (struct quic_event){.kind = QUIC_TICKET,
                                    .id = -1,
                                    .bytes = vb_buf_span(&ticket)});
    vb_buf_done(&ticket);
}

static int on_ticket(gnutls_session_t session, unsigned type, unsigned when,
                     unsigned incoming, const gnutls_datum_t *message)
{
    ngtcp2_crypto_conn_ref *ref = gnutls_session_get_ptr(session);
    gnutls_datum_t data;

    (void)type;
    (void)when;
    (void)incoming;
    (void)message;
    if (gnutls_session_get_data2(session, &data) == 0) {
        tell_ticket(ref->user_data, data);
        gnutls_free(data.data);
    }
    return 0;
}

static ngtcp2_conn *connection_of(ngtcp2_crypto_conn_ref *ref)
{
    return ((struct quic_client *)ref->user_data)->conn;
}

static bool trust_set(struct quic_client *c)
{
    const struct quic_client_options *o = &c->o;

    if (gnutls_certificate_allocate_credentials(&c->trust) != 0)
        return false;
    if (o->ca != NULL) {
        if (gnutls_certificate_set_x509_trust_file(c->trust, o->ca,
                                                   GNUTLS_X509_FMT_PEM) < 0)
            return false;
        gnutls_session_set_verify_cert(c->session, o->sni, 0);
    }
    if (o->certificate != NULL &&
        gnutls_certificate_set_x509_key_file(c->trust, o->certificate, o->key,
                                             GNUTLS_X509_FMT_PEM) < 0)
        return false;
    return gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE,
                                  c->trust) == 0;
}

static bool names_set(struct quic_client *c)
{
    gnutls_datum_t alpn = {(unsigned char *)c->o.alpn, 0};

    if (c->o.alpn != NULL) {
        alpn.size = (unsigned)strlen(c->o.alpn);
        if (gnutls_alpn_set_protocols(c->session, &alpn, 1, 0) != 0)
            return false;
    }
    return c->o.sni == NULL ||
           gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, c->o.sni,
                                  strlen(c->o.sni)) == 0;
}

bool session_begin(struct quic_client *c)
{
    struct vb_span resumed = ticket_session(c->o.ticket);

    if (gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_ENABLE_EARLY_DATA |
                                     GNUTLS_NO_END_OF_EARLY_DATA) != 0)
        return false;
    c->ref = (ngtcp2_crypto_conn_ref){connection_of, c};
    gnutls_session_set_ptr(c->session, &c->ref);
    gnutls_handshake_set_hook_function(c->session,
                                       GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
                                       GNUTLS_HOOK_POST, on_ticket);
    return gnutls_priority_set_direct(c->session, PRIORITY, NULL) == 0 &&
           ngtcp2_crypto_gnutls_configure_client_session(c->session) == 0 &&
           (resumed.len == 0 || gnutls_session_set_data(c->session, resumed.ptr,
                                                        resumed.len) == 0) &&
           trust_set(c) && names_set(c);
}

void session_end(struct quic_client *c)
{
    if (c->session != NULL)
        gnutls_deinit(c->session);
    if (c->trust != NULL)
        gnutls_certificate_free_credentials(c->trust);
}
