/* What each session has one of. See per_session.h. */
#include "resource/per_session.h"

#include <sodium.h>

#include "access/cookie.h"
#include "access/guard.h"
#include "access/session.h"
#include "base/list.h"
#include "flow/reply.h"
#include "resource/build.h"
#include "resource/document.h"

/* Sessions of guests, the oldest, that are looked at when one more is made: of
 * these, more go than come. */
#define LOOKED_AT 8

/* Who has no session yet, and gets one with the document. */
struct guest {
    struct vb_exchange *x;
    struct vb_session session;
    char text[VB_OPAQUE_LEN];
    struct vb_list_read list; /* the oldest sessions of guests */
    struct vb_with with;
};

static const struct vb_description *description_of(const struct vb_exchange *x)
{
    return vb_access_of(x)->description;
}

/* The document of the session with this data: it is the exchange's from now
 * on. `with` goes with what is written to it; or NULL. */
static enum vb_answer exists(struct vb_exchange *x, struct vb_span data,
                             struct vb_with *with)
{
    struct vb_span path = x->key;
    struct vb_stored *stored;

    x->key = vb_session_data_key(&x->arena, data, path);
    if (x->key.len == 0)
        return vb_reply_unavailable(x);
    stored = vb_stored_get(x, vb_built_of(x)->route);
    if (stored == NULL)
        return VB_HALT;
    stored->path = path;
    vb_stored_with(stored, with);
    return vb_document_exists(x);
}

/* --- a guest's first document -----------------------------------------------
 */

/* The session is there, and the document in it: the browser may know. */
static void made(struct vb_with *with, struct vb_exchange *x)
{
    struct guest *guest = VB_CONTAINER(with, struct guest, with);

    (void)vb_cookie_set(x, description_of(x)->session,
                        vb_span_of(guest->text, sizeof(guest->text)));
    sodium_memzero(guest->text, sizeof(guest->text));
}

static bool is_over(const struct vb_exchange *x,
                    const struct vb_session *session)
{
    return vb_session_expires(session, &description_of(x)->session->session) <=
           x->env->now.unix_ms;
}

/* Adds the changes that end the old ones; what is damaged ends, too. */
static void sweep(struct guest *guest, struct vb_change *changes)
{
    struct vb_exchange *x = guest->x;

    for (size_t i = 0; i < guest->list.count; i++) {
        const struct vb_record *record = guest->list.records[i];
        struct vb_session *session = vb_session_read(record);
        struct vb_span id =
            vb_span_from(record->key, sizeof(VB_SESSION_KEYS) - 1);

        if (session == NULL || is_over(x, session))
            guest->with.count += vb_session_remove(
                &x->arena, description_of(x), vb_arena_dup(&x->arena, id),
                session == NULL
                    ? VB_SPAN("")
                    : vb_arena_dup(&x->arena, vb_session_data(session)),
                changes + guest->with.count);
        vb_session_unref(session);
    }
}

static enum vb_answer welcome(struct guest *guest)
{
    struct vb_exchange *x = guest->x;
    size_t most =
        1 + guest->list.count * vb_session_removals_most(description_of(x));
    struct vb_change *changes =
        vb_arena_calloc(&x->arena, most, sizeof(*changes));
    enum vb_err err = guest->list.op.err;

    if (err == VB_OK && changes != NULL) {
        changes[0] = vb_session_put(&x->arena, &guest->session,
                                    x->env->now.unix_ms, VB_EXPECT_UNUSED);
        guest->with =
            (struct vb_with){.changes = changes, .count = 1, .done = made};
        sweep(guest, changes);
    }
    vb_list_read_done(&guest->list);
    if (err != VB_OK)
        return vb_stored_failed(x, err);
    return x->arena.failed
               ? vb_reply_unavailable(x)
               : exists(x, vb_session_data(&guest->session), &guest->with);
}

static void listed(struct vb_store_op *op)
{
    struct guest *guest = op->context;
    enum vb_answer answer = welcome(guest);

    if (answer != VB_PENDING)
        vb_flow_resume(guest->x, answer);
}

static enum vb_answer begin(struct vb_exchange *x)
{
    struct guest *guest = vb_arena_calloc(&x->arena, 1, sizeof(*guest));

    if (guest == NULL)
        return vb_reply_unavailable(x);
    guest->x = x;
    vb_session_make(&guest->session, guest->text, x->env->now.unix_ms);
    guest->list = (struct vb_list_read){
        .op = {.done = listed, .context = guest},
        .parent = vb_session_listing(&x->arena, VB_SPAN("")),
        .limit = LOOKED_AT,
        .byte_limit = VB_STORE_CHUNK,
    };
    return vb_store_list(x->env->store, &guest->list) == VB_IO_PENDING
               ? VB_PENDING
               : welcome(guest);
}

/* --- exists -----------------------------------------------------------------
 */

static enum vb_answer per_session_exists(struct vb_exchange *x)
{
    const struct vb_session *session = vb_session_of(x);
    const struct vb_slot *slot = vb_resource_slot(x);

    if (x->state != NULL) /* after AGAIN */
        return vb_document_exists(x);
    if (session != NULL)
        return exists(x, vb_session_data(session), NULL);
    if (slot != NULL && slot->creates)
        return begin(x);
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return VB_NO;
}

/* Whose a note of a reply would be, a guest's Idempotency-Key does not say. */
void vb_per_session_init(struct vb_resource *resource)
{
    resource->exists = per_session_exists;
    resource->fresh_key = NULL;
    resource->personal = VB_ALL_METHODS;
}
