/* What all sessions have in common. See tls.h. */
#include "tls/tls.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/assert.h"
#include "tls/client.h"
#include "tls/hello.h"

/*
 * AEAD with forward secrecy, and nothing else. X25519 comes first, since a
 * client that guesses the group right saves a round trip, and AES before
 * ChaCha20, which costs several times as much here. GnuTLS has no compression,
 * and never lets a client renegotiate unless it is told to go along.
 */
#define OFFERED                                                                \
    ":+CTYPE-X509:+ECDHE-ECDSA:+ECDHE-RSA"                                     \
    ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD"                      \
    ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:+GROUP-X448"             \
    ":+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256"                         \
    ":+SIGN-EDDSA-ED25519:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-PSS-SHA256"      \
    ":+SIGN-RSA-SHA256:+SIGN-ECDSA-SECP384R1-SHA384:+SIGN-ECDSA-SHA384"        \
    ":+SIGN-RSA-PSS-RSAE-SHA384:+SIGN-RSA-PSS-SHA384:+SIGN-RSA-SHA384"         \
    ":+SIGN-ECDSA-SECP521R1-SHA512:+SIGN-ECDSA-SHA512:+SIGN-EDDSA-ED448"       \
    ":+SIGN-RSA-PSS-RSAE-SHA512:+SIGN-RSA-PSS-SHA512:+SIGN-RSA-SHA512"         \
    ":%SERVER_PRECEDENCE"

/* QUIC sends no tickets before the handshake is done, no message of the "middle
 * box compatibility mode", and ends early data by itself (RFC 9001 sections
 * 4.6, 8.3 and 8.4). */
static const struct {
    const char *offered;
    unsigned flags; /* of gnutls_init */
} carriers[VB_TLS_CARRIERS] = {
    [VB_TLS_TCP] = {"NONE:+VERS-TLS1.3:+VERS-TLS1.2" OFFERED,
                    GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL},
    [VB_TLS_QUIC] = {"NONE:+VERS-TLS1.3" OFFERED ":%DISABLE_TLS13_COMPAT_MODE",
                     GNUTLS_ENABLE_EARLY_DATA | GNUTLS_NO_AUTO_SEND_TICKET |
                         GNUTLS_NO_END_OF_EARLY_DATA},
};

/*
 * GnuTLS makes other ticket keys out of ours every few hours. Ours is made
 * anew every day: who learns today's cannot read what was said the day before
 * yesterday. Tickets of the former are not resumed, which costs a handshake.
 */
#define TICKET_KEY_MS (INT64_C(24) * 3600 * 1000)

struct vb_tls {
    struct vb_tls_sources sources;
    gnutls_priority_t offered[VB_TLS_CARRIERS];
    pthread_mutex_t lock;                   /* of what follows */
    struct vb_tls_credentials *credentials; /* a reference */
    gnutls_datum_t ticket_keys[VB_TLS_CARRIERS];
    int64_t ticket_keys_ms; /* when they were made */
};

bool vb_tls_priority(enum vb_tls_carrier carrier, gnutls_priority_t *ret)
{
    return gnutls_priority_init(ret, carriers[carrier].offered, NULL) == 0;
}

static bool set_up(struct vb_tls *tls)
{
    bool fine = pthread_mutex_init(&tls->lock, NULL) == 0;

    for (size_t i = 0; fine && i < VB_TLS_CARRIERS; i++)
        fine = vb_tls_priority((enum vb_tls_carrier)i, &tls->offered[i]) &&
               gnutls_session_ticket_key_generate(&tls->ticket_keys[i]) == 0;
    return fine;
}

enum vb_err vb_tls_new(const struct vb_tls_sources *sources,
                       struct vb_tls **ret_tls, struct vb_buf *why)
{
    struct vb_tls *tls = calloc(1, sizeof(*tls));
    enum vb_err err;

    vb_assert(sources->count > 0);
    if (tls == NULL)
        return VB_ERR_NOMEM;
    tls->sources = *sources;
    err = set_up(tls) ? VB_OK : VB_ERR_NOMEM;
    if (err == VB_OK)
        err = vb_tls_credentials_load(sources, &tls->credentials, why);
    if (err == VB_OK)
        *ret_tls = tls;
    else
        vb_tls_free(tls);
    return err;
}

void vb_tls_free(struct vb_tls *tls)
{
    if (tls == NULL)
        return;
    vb_tls_credentials_unref(tls->credentials);
    for (size_t i = 0; i < VB_TLS_CARRIERS; i++) {
        vb_tls_forget(&tls->ticket_keys[i]);
        if (tls->offered[i] != NULL)
            gnutls_priority_deinit(tls->offered[i]);
    }
    pthread_mutex_destroy(&tls->lock);
    free(tls);
}

/* With the lock held. Where no other key can be made, the former goes on:
 * false. */
static bool make_ticket_keys(struct vb_tls *tls)
{
    gnutls_datum_t fresh;
    bool all = true;

    for (size_t i = 0; i < VB_TLS_CARRIERS; i++) {
        if (gnutls_session_ticket_key_generate(&fresh) != 0) {
            all = false;
            continue;
        }
        vb_tls_forget(&tls->ticket_keys[i]);
        tls->ticket_keys[i] = fresh;
    }
    return all;
}

/* Whoever was known by what is read anew is to be known by what it says now:
 * with other keys there is no session to resume that would not be. */
enum vb_err vb_tls_reload(struct vb_tls *tls, struct vb_buf *why)
{
    struct vb_tls_credentials *fresh, *unused;
    enum vb_err err = vb_tls_credentials_load(&tls->sources, &fresh, why);

    if (err != VB_OK)
        return err;
    pthread_mutex_lock(&tls->lock);
    unused = tls->credentials;
    if (tls->sources.clients.ca != NULL && !make_ticket_keys(tls)) {
        err = VB_ERR_NOMEM;
        unused = fresh;
    } else {
        tls->credentials = fresh;
    }
    pthread_mutex_unlock(&tls->lock);
    vb_tls_credentials_unref(unused);
    return err;
}

void vb_tls_fingerprint(struct vb_tls *tls, size_t index, struct vb_buf *text)
{
    const gnutls_datum_t *der;
    unsigned char hash[32];
    size_t size = sizeof(hash);

    pthread_mutex_lock(&tls->lock);
    vb_assert(index < tls->credentials->count);
    der = &tls->credentials->certificates[index].chain[0].cert;
    if (gnutls_fingerprint(GNUTLS_DIG_SHA256, der, hash, &size) < 0)
        size = 0;
    pthread_mutex_unlock(&tls->lock);
    for (size_t i = 0; i < size; i++)
        vb_buf_printf(text, "%s%02X", i > 0 ? ":" : "", hash[i]);
}

/* With the lock held. */
static void renew_ticket_keys(struct vb_tls *tls, int64_t now_ms)
{
    if (tls->ticket_keys_ms == 0)
        tls->ticket_keys_ms = now_ms;
    if (now_ms - tls->ticket_keys_ms < TICKET_KEY_MS)
        return;
    make_ticket_keys(tls);
    tls->ticket_keys_ms = now_ms;
}

/*
 * A message of the handshake is there, and GnuTLS has not seen it yet. Of a
 * ClientHello we want what GnuTLS does not tell. Before a CertificateVerify the
 * certificate is verified: GnuTLS would first compute with a key that nobody
 * vouches for, and one can be made so that this takes a second.
 */
static int look_at(gnutls_session_t session, unsigned type, unsigned when,
                   unsigned incoming, const gnutls_datum_t *message)
{
    (void)when;
    if (incoming && type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
        vb_tls_choice_of(session)->suites = vb_tls_hello_suites(
            vb_span_of((const char *)message->data, message->size));
    if (incoming && type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY)
        return vb_tls_client_verify(session);
    return 0;
}

/* Takes what may change while sessions are made. */
static int take_shared(struct vb_tls *tls, enum vb_tls_carrier carrier,
                       int64_t now_ms, struct vb_tls_choice *choice,
                       gnutls_session_t session)
{
    int rc;

    *choice = (struct vb_tls_choice){.from = NULL};
    pthread_mutex_lock(&tls->lock);
    renew_ticket_keys(tls, now_ms);
    rc = gnutls_session_ticket_enable_server(session,
                                             &tls->ticket_keys[carrier]);
    choice->from = vb_tls_credentials_ref(tls->credentials);
    pthread_mutex_unlock(&tls->lock);
    vb_tls_choice_set(session, choice);
    gnutls_certificate_server_set_request(session, choice->from->request);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY,
                                       GNUTLS_HOOK_PRE, look_at);
    return rc;
}

enum vb_err vb_tls_session_new(struct vb_tls *tls, enum vb_tls_carrier carrier,
                               int64_t now_ms, struct vb_tls_choice *choice,
                               gnutls_session_t *ret_session)
{
    gnutls_session_t session;

    if (gnutls_init(&session, GNUTLS_SERVER | carriers[carrier].flags) != 0)
        return VB_ERR_NOMEM;
    if (take_shared(tls, carrier, now_ms, choice, session) == 0 &&
        gnutls_priority_set(session, tls->offered[carrier]) == 0 &&
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
                               choice->from->gnutls) == 0) {
        *ret_session = session;
        return VB_OK;
    }
    gnutls_deinit(session);
    vb_tls_choice_done(choice);
    return VB_ERR_NOMEM;
}

gnutls_alert_description_t vb_tls_alert(gnutls_session_t session, int code)
{
    switch (code) {
    case GNUTLS_E_REHANDSHAKE:
        return GNUTLS_A_NO_RENEGOTIATION;
    case GNUTLS_E_NO_CERTIFICATE_FOUND: /* TLS 1.2 (RFC 5246 section 7.4.6) */
        return GNUTLS_A_HANDSHAKE_FAILURE;
    case GNUTLS_E_CERTIFICATE_ERROR:
        return (gnutls_alert_description_t)vb_tls_choice_of(session)->alert;
    default:
        return (gnutls_alert_description_t)0;
    }
}

bool vb_tls_offer(gnutls_session_t session, const char *const *names,
                  size_t count)
{
    gnutls_datum_t offered[VB_TLS_PROTOCOLS_MOST];

    vb_assert(count <= VB_TLS_PROTOCOLS_MOST);
    for (size_t i = 0; i < count; i++)
        offered[i] = (gnutls_datum_t){(unsigned char *)names[i],
                                      (unsigned)strlen(names[i])};
    return gnutls_alpn_set_protocols(session, offered, (unsigned)count,
                                     GNUTLS_ALPN_MANDATORY |
                                         GNUTLS_ALPN_SERVER_PRECEDENCE) == 0;
}
