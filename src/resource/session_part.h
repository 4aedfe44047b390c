/* What the files of session.h share. */
#ifndef VB_RESOURCE_SESSION_PART_H
#define VB_RESOURCE_SESSION_PART_H

#include "access/session.h"
#include "resource/build.h"
#include "resource/stored.h"

/* Bytes of a listing of sessions. */
#define VB__SESSIONS_BYTES ((size_t)1 << 20)

static inline const struct vb_description *
vb__session_description(const struct vb_exchange *x)
{
    return vb_access_of(x)->description;
}

/* Is it one of the account's, and not over? The mark is that of the account
 * today. */
bool vb__session_counts(const struct vb_exchange *x,
                        const struct vb_session *session,
                        struct vb_span account, const char *mark);

/* Appends what its holder may see of it; `current` is the id of the session
 * that the browser has. */
void vb__session_show(struct vb_buf *text, const struct vb_exchange *x,
                      const struct vb_session *session, struct vb_span current);

/* session_login.c: POST. */
vb_question vb__session_parsed, vb__session_valid, vb__session_known,
    vb__session_commit;

/* session_begin.c: makes the session of who has logged in, and tells of it. The
 * account lives as long as the exchange. */
enum vb_answer vb__session_begin(struct vb_exchange *x,
                                 const struct vb_account *account);

/* session_list.c and session_one.c: `exists`. */
vb_question vb__session_list_exists, vb__session_one_exists;

/* session_one.c: DELETE. */
vb_question vb__session_end;

#endif
