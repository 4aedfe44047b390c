/* A session of ours with another server. See visit.h. */
#include "tls/visit.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tls/client.h"
#include "tls/credentials.h"
#include "tls/outward_inner.h"
#include "tls/tls.h"

static void note(struct vb_tls_visit *visit, enum vb_dial_end end,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

static void note(struct vb_tls_visit *visit, enum vb_dial_end end,
                 const char *format, ...)
{
    va_list args;

    visit->end = end;
    va_start(args, format);
    vsnprintf(visit->why, sizeof(visit->why), format, args);
    va_end(args);
}

/* --- Whose certificate it must be -------------------------------------------
 */

/* Nothing is told in the place of an address (RFC 6066 section 3). */
static bool is_address(const char *host)
{
    struct in_addr ipv4;

    return strchr(host, ':') != NULL || inet_pton(AF_INET, host, &ipv4) == 1;
}

/* A name's last dot says that it is whole, and is in no certificate. */
static void name_host(struct vb_tls_visit *visit, const struct vb_endpoint *to,
                      gnutls_session_t session)
{
    const char *name = visit->outward->server_name != NULL
                           ? visit->outward->server_name
                           : to->host;
    struct vb_span host = vb_span_str(name != NULL ? name : "");

    if (host.len > 0 && host.ptr[host.len - 1] == '.')
        host.len--;
    if (host.len == 0 || host.len + sizeof("[]") > sizeof(visit->host))
        return;
    snprintf(visit->host, sizeof(visit->host),
             vb_span_find(host, ':', 0) >= 0 ? "[%.*s]" : "%.*s", VB_FMT(host));
    if (!is_address(name))
        gnutls_server_name_set(session, GNUTLS_NAME_DNS, host.ptr, host.len);
}

/* The alert that tells the server so, and a code of GnuTLS's that stands for
 * it. */
static int refuse(struct vb_tls_visit *visit, gnutls_alert_description_t alert)
{
    visit->alert = (uint8_t)alert;
    return GNUTLS_E_CERTIFICATE_ERROR;
}

/* RFC 9110 section 4.3.4: its subjectAltName, and nothing else of it. */
static int verify_host(struct vb_tls_visit *visit, const gnutls_datum_t *der)
{
    gnutls_x509_crt_t leaf;
    struct vb_tls_names names = {.count = 0};
    bool covered = false;

    if (gnutls_x509_crt_init(&leaf) == 0) {
        covered = der != NULL &&
                  gnutls_x509_crt_import(leaf, der, GNUTLS_X509_FMT_DER) == 0 &&
                  vb_tls_names_read(leaf, &names) == VB_OK &&
                  vb_tls_names_cover(&names, vb_span_str(visit->host));
        gnutls_x509_crt_deinit(leaf);
    }
    vb_tls_names_done(&names);
    if (covered)
        return 0;
    if (visit->host[0] == '\0')
        note(visit, VB_DIAL_UNTRUSTED,
             "nothing says which name its certificate must have");
    else
        note(visit, VB_DIAL_UNTRUSTED, "its certificate is not for %s",
             visit->host);
    return refuse(visit, GNUTLS_A_BAD_CERTIFICATE);
}

/* What is stapled to a certificate is shown in a full handshake only. */
static unsigned forgive(gnutls_session_t session, unsigned status)
{
    const unsigned unstapled =
        GNUTLS_CERT_MISSING_OCSP_STATUS | GNUTLS_CERT_INVALID;

    return gnutls_session_is_resumed(session) && status == unstapled ? 0
                                                                     : status;
}

static int verify_chain(struct vb_tls_visit *visit, gnutls_session_t session)
{
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID,
        .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER,
    };
    gnutls_datum_t text = {NULL, 0};
    unsigned status;
    int rc = gnutls_certificate_verify_peers(session, &purpose, 1, &status);

    if (rc < 0) {
        note(visit, VB_DIAL_UNTRUSTED, "%s", gnutls_strerror(rc));
        return refuse(visit, GNUTLS_A_BAD_CERTIFICATE);
    }
    status = forgive(session, status);
    if (status == 0)
        return 0;
    gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text,
                                                 0);
    note(visit, VB_DIAL_UNTRUSTED, "%s",
         text.data != NULL ? (const char *)text.data : "");
    gnutls_free(text.data);
    return refuse(visit, vb__tls_alert_of_status(status));
}

/* Once: in the handshake, or where none shows a certificate, behind it. */
static int verify(struct vb_tls_visit *visit, gnutls_session_t session)
{
    const gnutls_datum_t *chain;
    unsigned count = 0;
    int rc;

    if (visit->verified || visit->outward->insecure)
        return 0;
    rc = verify_chain(visit, session);
    if (rc != 0)
        return rc;
    chain = gnutls_certificate_get_peers(session, &count);
    rc = verify_host(visit, count > 0 ? &chain[0] : NULL);
    visit->verified = rc == 0;
    return rc;
}

/* --- Sessions that go on ----------------------------------------------------
 */

static void keep_ticket(struct vb_tls_visit *visit, gnutls_session_t session)
{
    gnutls_datum_t ticket;

    if (gnutls_session_get_data2(session, &ticket) == 0)
        vb_tls_tickets_put(visit->outward->tickets, visit->ticket_key, ticket);
}

/*
 * Before the signature that a certificate's key has made is looked at, the
 * certificate is verified: see look_at in tls.c. And with TLS 1.3 tickets come
 * when the handshake is over, also several.
 */
static int look_at(gnutls_session_t session, unsigned type, unsigned when,
                   unsigned incoming, const gnutls_datum_t *message)
{
    struct vb_tls_visit *visit = gnutls_session_get_ptr(session);

    (void)message;
    if (!incoming)
        return 0;
    if (when == GNUTLS_HOOK_PRE &&
        (type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY ||
         type == GNUTLS_HANDSHAKE_SERVER_KEY_EXCHANGE))
        return verify(visit, session);
    if (when == GNUTLS_HOOK_POST &&
        type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET &&
        gnutls_protocol_get_version(session) == GNUTLS_TLS1_3)
        keep_ticket(visit, session);
    return 0;
}

/* One that is of no use any more costs nothing but itself. */
static void use_ticket(struct vb_tls_visit *visit, const struct vb_endpoint *to,
                       gnutls_session_t session)
{
    char text[512];
    struct vb_buf endpoint = vb_buf_over(text, sizeof(text));
    gnutls_datum_t ticket;

    if (to->path != NULL)
        vb_buf_str(&endpoint, to->path);
    else
        vb_buf_printf(&endpoint, "%s:%u", to->host, to->port);
    visit->ticket_key = vb_tls_tickets_key(vb_buf_span(&endpoint));
    if (!vb_tls_tickets_take(visit->outward->tickets, visit->ticket_key,
                             &ticket))
        return;
    gnutls_session_set_data(session, ticket.data, ticket.size);
    vb_tls_forget(&ticket);
}

/* --- Its life ---------------------------------------------------------------
 */

/* RFC 7301; what is no HTTP has no name to offer. */
static int offer_protocols(gnutls_session_t session,
                           enum vb_dial_protocol protocol)
{
    const gnutls_datum_t both[] = {{(unsigned char *)"h2", 2},
                                   {(unsigned char *)"http/1.1", 8}};

    switch (protocol) {
    case VB_DIAL_HTTP:
        return gnutls_alpn_set_protocols(session, both, 2, 0);
    case VB_DIAL_HTTP_1:
        return gnutls_alpn_set_protocols(session, &both[1], 1, 0);
    case VB_DIAL_HTTP_2:
        return gnutls_alpn_set_protocols(session, &both[0], 1, 0);
    case VB_DIAL_BARE:
        break;
    }
    return 0;
}

/* A certificate of ours is shown to whoever asks for one, whatever CAs it
 * names: so says who has configured it. */
static bool set_up(struct vb_tls_visit *visit, const struct vb_endpoint *to,
                   gnutls_session_t session)
{
    const struct vb_tls_outward *outward = visit->outward;

    gnutls_session_set_ptr(session, visit);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                       GNUTLS_HOOK_BOTH, look_at);
    if (gnutls_priority_set(session, outward->offered) != 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                               outward->gnutls) != 0 ||
        offer_protocols(session, to->protocol) != 0)
        return false;
    name_host(visit, to, session);
    use_ticket(visit, to, session);
    return true;
}

struct vb_tls_visit *vb_tls_visit_new(const struct vb_endpoint *to,
                                      gnutls_session_t *ret_session)
{
    struct vb_tls_visit *visit = calloc(1, sizeof(*visit));
    gnutls_session_t session;

    if (visit == NULL)
        return NULL;
    visit->outward = vb__tls_outward_ref(to->tls);
    visit->protocol = to->protocol;
    if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK |
                                  GNUTLS_NO_SIGNAL |
                                  GNUTLS_FORCE_CLIENT_CERT) == 0) {
        if (set_up(visit, to, session)) {
            *ret_session = session;
            return visit;
        }
        gnutls_deinit(session);
    }
    vb_tls_visit_free(visit);
    return NULL;
}

void vb_tls_visit_free(struct vb_tls_visit *visit)
{
    if (visit == NULL)
        return;
    vb_tls_outward_unref(visit->outward);
    free(visit);
}

static bool chose_http_2(gnutls_session_t session)
{
    gnutls_datum_t name;

    return gnutls_alpn_get_selected_protocol(session, &name) == 0 &&
           name.size == 2 && memcmp(name.data, "h2", 2) == 0;
}

/* A session that is resumed shows no certificate, and what was good then need
 * not be any more. */
int vb_tls_visit_open(struct vb_tls_visit *visit, gnutls_session_t session,
                      bool *ret_http_2)
{
    bool http_2 = chose_http_2(session);
    int rc = verify(visit, session);

    if (rc != 0)
        return rc;
    if (visit->protocol == VB_DIAL_HTTP_2 && !http_2) {
        note(visit, VB_DIAL_TLS, "it does not speak HTTP/2");
        return refuse(visit, GNUTLS_A_NO_APPLICATION_PROTOCOL);
    }
    if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3)
        keep_ticket(visit, session);
    *ret_http_2 = http_2;
    return 0;
}

void vb_tls_visit_failed(struct vb_tls_visit *visit, gnutls_session_t session,
                         int rc)
{
    if (visit->end != VB_DIAL_OK)
        return;
    if (rc == GNUTLS_E_FATAL_ALERT_RECEIVED)
        note(visit, VB_DIAL_TLS, "it refuses the handshake: %s",
             gnutls_alert_get_name(gnutls_alert_get(session)));
    else
        note(visit, VB_DIAL_TLS, "%s", gnutls_strerror(rc));
}
