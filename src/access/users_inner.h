/* The inside of users.h: what is known of each. */
#ifndef VB_ACCESS_USERS_INNER_H
#define VB_ACCESS_USERS_INNER_H

#include <stdatomic.h>

#include "access/users.h"

struct vb__user {
    struct vb_span name;
    struct vb_span hash; /* of the password */
    unsigned line;
    /* Of the credentials that were good last (vb_login_digest), its first 8
     * bytes; 0: none yet. Who guesses at these has to ask us 2^64 times. */
    atomic_uint_fast64_t *said;
};

/* NULL: there is nobody of this name. */
const struct vb__user *vb__users_find(const struct vb_users *users,
                                      struct vb_span name);

#endif
