/*
 * What a description says of who may, and what it takes to verify that: of a
 * catalog, made with it, read-only once it is loaded.
 */
#ifndef VB_ACCESS_ACCESS_H
#define VB_ACCESS_ACCESS_H

#include "base/err.h"
#include "describe/describe.h"
#include "flow/resource.h"

struct vb_jwks;

struct vb_access {
    const struct vb_description *description;
    /* What verifies tokens of others, by the scheme's index; NULL: not such a
     * scheme, or not loaded yet. */
    struct vb_jwks **keys;
    struct vb_secrets secrets; /* where API keys come */
    struct vb_span realm;      /* what the challenges are for (RFC 9110 11.5) */
};

/* The description must live as long. VB_ERR_NOMEM. */
enum vb_err vb_access_new(const struct vb_description *description,
                          struct vb_access **ret_access);

/* Loads the key files that the description names; what is wrong with one goes
 * into `notes`, with the place of its scheme. Before it is used, and once.
 * VB_ERR_INVALID, VB_ERR_IO, VB_ERR_NOMEM. */
enum vb_err vb_access_load(struct vb_access *access, struct vb_notes *notes);

/*
 * Would what this request has proven of who asks do for what is secured so?
 * Where a reply shows more than its own resource. NULL: nothing is asked for.
 * Schemes that its own resource did not ask for count as not met.
 */
bool vb_access_meets(const struct vb_exchange *x,
                     const struct vb_security *security);

/* NULL is fine. */
void vb_access_free(struct vb_access *access);

#endif
