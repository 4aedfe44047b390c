/*
 * Who changes a password ends all sessions of the account, by its mark; but the
 * one that does it goes on, under a new secret. See session.h.
 */
#include <sodium.h>

#include "access/cookie.h"
#include "base/list.h"
#include "resource/session.h"
#include "resource/session_part.h"

struct renewal {
    struct vb_with with;
    struct vb_session session;
    char text[VB_OPAQUE_LEN];
};

static void renewed(struct vb_with *with, struct vb_exchange *x)
{
    struct renewal *renewal = VB_CONTAINER(with, struct renewal, with);

    (void)vb_cookie_set(x, vb__session_description(x)->session,
                        vb_span_of(renewal->text, sizeof(renewal->text)));
    sodium_memzero(renewal->text, sizeof(renewal->text));
}

static struct renewal *renew(struct vb_exchange *x,
                             const struct vb_session *old, struct vb_span hash)
{
    struct renewal *renewal = vb_arena_calloc(&x->arena, 1, sizeof(*renewal));
    struct vb_change *changes = vb_arena_calloc(&x->arena, 2, sizeof(*changes));

    if (renewal == NULL || changes == NULL)
        return NULL;
    vb_session_make(&renewal->session, renewal->text, x->env->now.unix_ms);
    renewal->session.account = old->account;
    memcpy(renewal->session.data, old->data, sizeof(old->data));
    vb_account_mark(hash, renewal->session.mark);
    changes[0] = vb_session_put(&x->arena, &renewal->session,
                                x->env->now.unix_ms, VB_EXPECT_UNUSED);
    (void)vb_session_remove(&x->arena, vb__session_description(x),
                            vb_session_id(old), VB_SPAN(""), &changes[1]);
    renewal->with =
        (struct vb_with){.changes = changes, .count = 2, .done = renewed};
    return x->arena.failed ? NULL : renewal;
}

bool vb_session_survive(struct vb_stored *stored, struct vb_span hash)
{
    const struct vb_session *own = vb_session_of(stored->x);
    struct renewal *renewal;

    if (own == NULL || !vb_span_eq(own->account, stored->key))
        return true;
    renewal = renew(stored->x, own, hash);
    if (renewal == NULL)
        return false;
    vb_stored_with(stored, &renewal->with);
    return true;
}
