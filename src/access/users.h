/*
 * Who may use a proxy: the names and passwords of a file, which clients say
 * with Basic in each request (RFC 7617; RFC 9110 section 11.7).
 *
 *     # one a line; `verbatim user add` writes it
 *     ada:$argon2id$v=19$m=65536,t=3,p=1$...$...
 *
 * To verify a password costs a tenth of a second: so each user's last one that
 * was good is known by a keyed hash (0.4 us), which all workers share, until
 * the file is read again.
 */
#ifndef VB_ACCESS_USERS_H
#define VB_ACCESS_USERS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/list.h"
#include "flow/resource.h"

#define VB_USERS_MOST       10000
#define VB_USERS_BYTES_MOST ((size_t)4 * 1024 * 1024)

/* Counted, read-only but for what is remembered; shared by all workers. */
struct vb_users;

/*
 * Reads a file that nobody else may (base/private.h). VB_ERR_IO,
 * VB_ERR_INVALID, VB_ERR_LIMIT, VB_ERR_NOMEM, with one line in ret_why: where
 * it is about a line of the file, "PATH:LINE: ...".
 */
enum vb_err vb_users_load(const char *path, struct vb_users **ret_users,
                          struct vb_buf *ret_why);

/* The same of a text, which is copied; `path` is what is said for it. */
enum vb_err vb_users_parse(struct vb_span text, const char *path,
                           struct vb_users **ret_users, struct vb_buf *ret_why);

struct vb_users *vb_users_ref(struct vb_users *users);
/* NULL is fine. */
void vb_users_unref(struct vb_users *users);

/*
 * What a worker has of them. Many requests may come at once with the same
 * credentials, as those of a browser do: one has them verified, and the others
 * wait for it.
 */
struct vb_admitting {
    struct vb_users *users;   /* a reference; NULL: nobody is asked */
    struct vb_link under_way; /* of those that have theirs verified */
};

/* Takes over the reference. */
void vb_admitting_init(struct vb_admitting *admitting, struct vb_users *users);

/* Nobody waits any more. */
void vb_admitting_done(struct vb_admitting *admitting);

/* Can a user have this name? Not what is empty or too long, has a colon or a
 * control character, begins with "#" or is no UTF-8. */
bool vb_users_name_fits(struct vb_span name);

/*
 * The row `admitted` of the flow for a proxy that is theirs: YES; NO or HALT
 * with 403 where credentials could be read on their way here, 407 with a
 * challenge (section 11.7.1), 429, 503; PENDING while a password is verified.
 * The realm is static; `admitting` stays as long as the exchange. Sets
 * x->identity.
 */
enum vb_answer vb_users_admit(struct vb_exchange *x,
                              struct vb_admitting *admitting,
                              struct vb_span realm);

#endif
