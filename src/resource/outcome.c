/* What the reply to a write says of the state that it has made. See stored.h.
 */
#include "flow/reply.h"
#include "resource/build.h"
#include "resource/coded.h"
#include "resource/guarded.h"
#include "resource/stored.h"

/* --- PUT, PATCH and POST ---------------------------------------------------
 */

/*
 * May the reply to this PUT say which tag the state now has? Only when what is
 * kept is what was sent, octet by octet (RFC 9110 section 9.3.4): else the
 * client would take its own copy for the current representation. To undo a
 * content coding is to change it.
 */
static bool may_say_validators(const struct vb_stored *stored)
{
    const struct vb_exchange *x = stored->x;
    bool verbatim = stored->text.len == 0;

    if (x->head.method != VB_METHOD_PUT)
        return true;
    return x->coding_count == 0 &&
           (verbatim || vb_span_eq(vb_buf_span(&x->content), stored->bytes));
}

static void show(struct vb_exchange *x, const struct vb_view *view)
{
    struct vb_rep *rep = vb_present(x, view);

    if (rep != NULL)
        rep = vb_coded_now(x, rep);
    if (rep != NULL)
        vb_reply_current(x, rep);
}

static void show_state(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct vb_span tag = may_say_validators(stored)
                             ? vb_stored_tag(x, stored->commit.revision)
                             : VB_SPAN("");

    show(x, &(struct vb_view){
                .route = stored->route,
                .key = vb_stored_path(stored),
                .tag = tag,
                .modified_ms = stored->now_ms,
                .media_type = stored->media_type,
                .content = stored->bytes,
            });
}

/* A reply without content may still tell the client what it has made. */
static void say_validators(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    if (may_say_validators(stored))
        vb_reply_field(x, VB_FIELD_ETAG, x->outcome.etag);
}

/* A 201 says in Location whose state that is, and a change in place need not:
 * all else does with Content-Location (RFC 9110 section 8.7). */
static void say_whose(struct vb_stored *stored, bool created, unsigned status)
{
    if (stored->elsewhere || (created && status == VB_STATUS_OK))
        vb_reply_field(stored->x, VB_FIELD_CONTENT_LOCATION,
                       vb_stored_path(stored));
}

/* Who may change a state need not be allowed to see it. */
static bool reads(const struct vb_stored *stored, const struct vb_json *state)
{
    return vb_guarded_reads(stored->x, stored->route, stored->key,
                            state == NULL ? NULL : state->root);
}

void vb_stored_tell_put(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    bool created = stored->record == NULL;
    struct vb_telling telling =
        vb_tell(x, stored->operation, created,
                stored->text.len > 0 && reads(stored, stored->after));

    x->outcome.etag =
        vb_stored_etag(&x->arena, x->env->store->store, stored->commit.revision,
                       vb_is_json(stored->media_type) ? stored->route : NULL);
    if (created)
        x->outcome.location = vb_stored_path(stored);
    x->outcome.created = telling.status == VB_STATUS_CREATED;
    if (telling.status == VB_STATUS_SEE_OTHER) {
        x->outcome.see_other = vb_stored_path(stored);
        return;
    }
    say_whose(stored, created, telling.status);
    if (telling.content)
        show_state(stored);
    else if (!created || x->outcome.created)
        say_validators(stored);
}

/* --- DELETE ----------------------------------------------------------------
 */

bool vb_stored_shows_deleted(const struct vb_stored *stored)
{
    const struct vb_record *record = stored->record;

    return record != NULL && record->blob == 0 &&
           vb_is_json(record->media_type);
}

static bool may_see(struct vb_stored *stored)
{
    vb_stored_before(stored);
    return reads(stored, stored->before);
}

/* The last state: of something that is not there any more, so it has no
 * validators. */
void vb_stored_tell_delete(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    const struct vb_record *record = stored->record;
    bool shows = vb_stored_shows_deleted(stored) && may_see(stored);

    if (vb_tell(x, stored->operation, false, shows).content)
        show(x, &(struct vb_view){
                    .route = stored->route,
                    .key = vb_stored_path(stored),
                    .media_type = record->media_type,
                    .content = record->content,
                });
}
