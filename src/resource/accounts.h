/*
 * States that are accounts (x-verbatim.accounts): what of them only some may
 * change, and that a password is not what is kept of it.
 */
#ifndef VB_RESOURCE_ACCOUNTS_H
#define VB_RESOURCE_ACCOUNTS_H

#include "resource/stored.h"

/*
 * The row `consistent` of what may change an account: a password that is set is
 * hashed, away from the loop, and takes its hash's place in stored->input. Who
 * changes the one of an account that is there must know it: in the property
 * that is described for that, or as Basic credentials of this very request; an
 * administrator need not, where it is somebody else's. YES where it is no
 * account. 403, 422, 429 and 503 are set with HALT; PENDING.
 */
enum vb_answer vb_accounts_consistent(struct vb_exchange *x);

/* Is the property the server's own to this client: what an account may do is
 * for administrators to say? */
bool vb_accounts_keep(const struct vb_stored *stored,
                      const struct vb_property *property);

/* Is it sent and never stored: the password that is to be changed? */
bool vb_accounts_drop(const struct vb_stored *stored,
                      const struct vb_property *property);

/* The pointer of what the schema's rules are not for: a password that stays,
 * whose hash stands there. "": it is set anew, or there is none. */
struct vb_span vb_accounts_unjudged(struct vb_stored *stored);

#endif
