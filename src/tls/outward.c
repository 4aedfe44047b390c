/* Whom we believe, and who we are. See outward.h. */
#include "tls/outward.h"

#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>

#include "tls/credentials.h"
#include "tls/outward_inner.h"
#include "tls/tls.h"

/* RSA of 2048 bits, and what is as hard, is what all CAs ask for themselves. */
#define STRENGTH GNUTLS_PROFILE_TO_VFLAGS(GNUTLS_PROFILE_MEDIUM)
/* Keys, and a chain, that cost more to verify than anybody needs. */
#define KEY_BITS_MOST 8192
#define DEPTH_MOST    8

static enum vb_err read_cas(struct vb_tls_outward *outward, const char *file,
                            struct vb_buf *why)
{
    gnutls_datum_t data = {NULL, 0};
    enum vb_err err = vb__tls_read_file(file, &data, why);
    int rc;

    if (err != VB_OK)
        return err;
    rc = gnutls_certificate_set_x509_trust_mem(outward->gnutls, &data,
                                               GNUTLS_X509_FMT_PEM);
    gnutls_free(data.data);
    return rc > 0 ? VB_OK
                  : vb__tls_refuse(why, file, "has no certificate in PEM");
}

static enum vb_err trust_system(struct vb_tls_outward *outward,
                                struct vb_buf *why)
{
    if (gnutls_certificate_set_x509_system_trust(outward->gnutls) > 0)
        return VB_OK;
    vb_buf_str(why, "the system knows no CAs: a file with those that servers "
                    "are to be believed for is wanted");
    return VB_ERR_INVALID;
}

static enum vb_err read_own(struct vb_tls_outward *outward,
                            const struct vb_tls_outward_sources *sources,
                            struct vb_buf *why)
{
    const char *key_file =
        sources->key != NULL ? sources->key : sources->certificate;
    gnutls_datum_t chain = {NULL, 0}, key = {NULL, 0};
    enum vb_err err = vb__tls_read_file(sources->certificate, &chain, why);
    int rc;

    if (err == VB_OK)
        err = vb__tls_read_file(key_file, &key, why);
    if (err == VB_OK) {
        rc = gnutls_certificate_set_x509_key_mem(outward->gnutls, &chain, &key,
                                                 GNUTLS_X509_FMT_PEM);
        if (rc < 0)
            err =
                vb__tls_refuse(why, sources->certificate, gnutls_strerror(rc));
    }
    vb_tls_forget(&chain); /* a key may be in it */
    vb_tls_forget(&key);
    return err;
}

static enum vb_err fill(struct vb_tls_outward *outward,
                        const struct vb_tls_outward_sources *sources,
                        struct vb_buf *why)
{
    enum vb_err err = VB_OK;

    outward->insecure = sources->insecure;
    outward->tickets = vb_tls_tickets_new();
    if (sources->server_name != NULL)
        outward->server_name = strdup(sources->server_name);
    if (outward->tickets == NULL ||
        (sources->server_name != NULL && outward->server_name == NULL) ||
        !vb_tls_priority(VB_TLS_TCP, &outward->offered) ||
        gnutls_certificate_allocate_credentials(&outward->gnutls) != 0)
        return VB_ERR_NOMEM;
    gnutls_certificate_set_verify_flags(outward->gnutls, STRENGTH);
    gnutls_certificate_set_verify_limits(outward->gnutls, KEY_BITS_MOST,
                                         DEPTH_MOST);
    if (sources->ca != NULL)
        err = read_cas(outward, sources->ca, why);
    else if (!sources->insecure)
        err = trust_system(outward, why);
    if (err == VB_OK && sources->certificate != NULL)
        err = read_own(outward, sources, why);
    return err;
}

enum vb_err vb_tls_outward_new(const struct vb_tls_outward_sources *sources,
                               struct vb_tls_outward **ret, struct vb_buf *why)
{
    struct vb_tls_outward *outward = calloc(1, sizeof(*outward));
    enum vb_err err;

    if (outward == NULL)
        return VB_ERR_NOMEM;
    vb_ref_init(&outward->ref);
    err = fill(outward, sources, why);
    if (err == VB_OK)
        *ret = outward;
    else
        vb_tls_outward_unref(outward);
    return err;
}

/* Nothing else of it changes. */
struct vb_tls_outward *vb__tls_outward_ref(const struct vb_tls_outward *from)
{
    struct vb_tls_outward *outward = (struct vb_tls_outward *)from;

    vb_ref_get(&outward->ref);
    return outward;
}

void vb_tls_outward_unref(struct vb_tls_outward *outward)
{
    if (outward == NULL || !vb_ref_put(&outward->ref))
        return;
    if (outward->gnutls != NULL)
        gnutls_certificate_free_credentials(outward->gnutls);
    if (outward->offered != NULL)
        gnutls_priority_deinit(outward->offered);
    vb_tls_tickets_free(outward->tickets);
    free(outward->server_name);
    free(outward);
}
