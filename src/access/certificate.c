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

/* The only name of that kind; "": there is none, or nobody can tell which is
 * meant. */
static struct vb_span only_name(const struct vb_certificate *certificate,
                                struct vb_span kind)
{
    struct vb_span found = VB_SPAN("");
    size_t count = 0;

    for (size_t i = 0; i < certificate->name_count; i++)
        if (vb_span_starts(certificate->names[i], kind)) {
            found = vb_span_from(certificate->names[i], kind.len);
            count++;
        }
    return count == 1 ? found : VB_SPAN("");
}

static struct vb_span login_of(const struct vb_certificate *certificate,
                               enum vb_holder_name name)
{
    switch (name) {
    case VB_HOLDER_EMAIL:
        return only_name(certificate, VB_SPAN("email:"));
    case VB_HOLDER_URI:
        return only_name(certificate, VB_SPAN("URI:"));
    case VB_HOLDER_DNS:
        return only_name(certificate, VB_SPAN("DNS:"));
    case VB_HOLDER_COMMON_NAME:
        return certificate->common_name;
    case VB_HOLDER_SUBJECT:
        return certificate->subject;
    case VB_HOLDER_NONE:
        break;
    }
    return VB_SPAN("");
}

/* TLS has verified it before the first byte of a request was read. Browsers
 * send it to whoever's page wants it, as they do cookies. */
enum vb_proof vb__prove_certificate(struct vb_exchange *x,
                                    const struct vb_scheme *scheme,
                                    struct vb_identity *ret)
{
    if (x->peer == NULL || x->peer->certificate == NULL)
        return VB_PROOF_NONE;
    ret->unscoped = true;
    if (scheme->holder != VB_HOLDER_NONE)
        return vb__holder_identify(
            x, login_of(x->peer->certificate, scheme->holder), ret);
    ret->subject =
        vb__asking_subject(x, scheme, subject_of(x->peer->certificate));
    return ret->subject.ptr != NULL ? VB_PROOF_GOOD : VB_PROOF_NONE;
}
