/* Who has shown a certificate in TLS: mutualTLS (OpenAPI 3.1). */
#include "exchange/certificate.h"
#include "access/asking.h"

/* A name that a program or machine is known by, else whose it is. */
static struct vb_span subject_of(const struct vb_certificate *certificate)
{
    if (certificate->subject.len > 0)
        return certificate->subject;
    return certificate->name_count > 0 ? certificate->names[0]
                                       : certificate->fingerprint;
}

/* TLS has verified it before the first byte of a request was read. Browsers
 * send it to whoever's page wants it, as they do cookies. */
enum vb_proof vb__prove_certificate(struct vb_exchange *x,
                                    const struct vb_scheme *scheme,
                                    struct vb_identity *ret)
{
    (void)scheme;
    if (x->peer == NULL || x->peer->certificate == NULL)
        return VB_PROOF_NONE;
    ret->subject = vb_arena_dup(&x->arena, subject_of(x->peer->certificate));
    ret->unscoped = true;
    return ret->subject.ptr != NULL ? VB_PROOF_GOOD : VB_PROOF_NONE;
}
