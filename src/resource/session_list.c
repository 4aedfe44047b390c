/* One's sessions, on all devices. See session.h. */
#include "flow/reply.h"
#include "http/method.h"
#include "resource/session_part.h"

struct listing {
    struct vb_exchange *x;
    struct vb_list_read list;
};

static void listing_done(struct vb_exchange *x)
{
    struct listing *listing = x->state;

    vb_list_read_done(&listing->list);
}

static void append(struct listing *listing, struct vb_buf *text,
                   const struct vb_record *record)
{
    struct vb_exchange *x = listing->x;
    struct vb_session *session = vb_session_read(record);

    if (session != NULL &&
        vb__session_counts(x, session, vb_session_of(x)->account,
                           vb_session_of(x)->mark)) {
        if (text->len > 1)
            vb_buf_char(text, ',');
        vb__session_show(text, x, session, vb_session_id(vb_session_of(x)));
    }
    vb_session_unref(session);
}

static enum vb_answer judge(struct listing *listing)
{
    enum vb_answer answer;
    struct vb_buf text;

    if (listing->list.op.err != VB_OK)
        return vb_stored_failed(listing->x, listing->list.op.err);
    vb_buf_init(&text, VB__SESSIONS_BYTES);
    vb_buf_char(&text, '[');
    for (size_t i = 0; i < listing->list.count; i++)
        append(listing, &text, listing->list.records[i]);
    vb_buf_char(&text, ']');
    answer = vb_present_unkept(listing->x, &text);
    vb_buf_done(&text);
    return answer;
}

static void listed(struct vb_store_op *op)
{
    struct listing *listing = op->context;
    enum vb_answer answer = judge(listing);

    vb_flow_resume(listing->x, answer);
}

static enum vb_answer refuse_guest(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("Sessions are listed for an account's, and "
                                   "this one is a guest's."));
}

enum vb_answer vb__session_list_exists(struct vb_exchange *x)
{
    const struct vb_session *own = vb_session_of(x);
    struct listing *listing;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    if (!vb_method_is_safe(x->head.method))
        return VB_YES;
    if (own == NULL || own->account.len == 0)
        return refuse_guest(x);
    listing = vb_arena_calloc(&x->arena, 1, sizeof(*listing));
    if (listing == NULL)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    listing->x = x;
    x->state = listing;
    x->state_done = listing_done;
    listing->list = (struct vb_list_read){
        .op = {.done = listed, .context = listing},
        .parent = vb_session_listing(&x->arena, own->account),
        .limit = 2 * VB_SESSIONS_PER_ACCOUNT,
        .byte_limit = VB__SESSIONS_BYTES,
    };
    return vb_store_list(x->env->store, &listing->list) == VB_IO_PENDING
               ? VB_PENDING
               : judge(listing);
}
