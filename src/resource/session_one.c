/*
 * One session: the one that the cookie names, or another of the account's, by
 * its id. See session.h.
 */
#include "access/cookie.h"
#include "flow/reply.h"
#include "http/method.h"
#include "resource/session_part.h"

struct one {
    struct vb_exchange *x;
    struct vb_read read;
    struct vb_session *session; /* a reference; NULL: there is none */
    struct vb_commit commit;
};

static void one_done(struct vb_exchange *x)
{
    struct one *one = x->state;

    vb_session_unref(one->session);
}

static enum vb_answer nothing(struct vb_exchange *x)
{
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return VB_NO;
}

/* --- GET --------------------------------------------------------------------
 */

static enum vb_answer show(struct one *one)
{
    enum vb_answer answer;
    struct vb_buf text;

    vb_buf_init(&text, VB__SESSIONS_BYTES);
    vb__session_show(&text, one->x, one->session,
                     vb_session_id(vb_session_of(one->x)));
    answer = vb_present_unkept(one->x, &text);
    vb_buf_done(&text);
    return answer;
}

static enum vb_answer found(struct one *one)
{
    struct vb_exchange *x = one->x;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    return vb_method_is_safe(x->head.method) ? show(one) : VB_YES;
}

/* --- which one --------------------------------------------------------------
 */

/* Somebody else's is not there, and neither is what is over. */
static enum vb_answer judge(struct one *one)
{
    struct vb_exchange *x = one->x;
    const struct vb_session *own = vb_session_of(x);

    if (one->read.op.err != VB_OK)
        return vb_stored_failed(x, one->read.op.err);
    if (one->read.record != NULL)
        one->session = vb_session_read(one->read.record);
    vb_record_unref(one->read.record);
    if (one->session == NULL ||
        !vb__session_counts(x, one->session, own->account, own->mark))
        return nothing(x);
    return found(one);
}

static void read_done(struct vb_store_op *op)
{
    struct one *one = op->context;
    enum vb_answer answer = judge(one);

    vb_flow_resume(one->x, answer);
}

static enum vb_answer look_up(struct one *one, struct vb_span id)
{
    one->read = (struct vb_read){
        .op = {.done = read_done, .context = one},
        .key = vb_session_key(&one->x->arena, id),
    };
    return vb_store_read(one->x->env->store, &one->read) == VB_IO_PENDING
               ? VB_PENDING
               : judge(one);
}

/* By its id, of a member's path; else the one that asks. */
static struct vb_span id_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->route->collection != NULL && x->variable_count > 0
               ? x->variables[x->variable_count - 1]
               : vb_session_id(vb_session_of(x));
}

enum vb_answer vb__session_one_exists(struct vb_exchange *x)
{
    const struct vb_session *own = vb_session_of(x);
    struct one *one;

    if (x->head.method == VB_METHOD_POST) { /* one more */
        x->selected =
            (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
        return VB_YES;
    }
    if (own == NULL)
        return nothing(x);
    one = vb_arena_calloc(&x->arena, 1, sizeof(*one));
    if (one == NULL)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    one->x = x;
    x->state = one;
    x->state_done = one_done;
    return look_up(one, id_of(x));
}

/* --- DELETE -----------------------------------------------------------------
 */

/* What the browser has kept of it goes, too, but for other cookies: those are
 * the whole domain's (Clear Site Data, section 3.1). */
static enum vb_answer ended(struct one *one)
{
    struct vb_exchange *x = one->x;

    if (one->commit.op.err != VB_OK)
        return vb_stored_failed(x, one->commit.op.err);
    if (vb_span_eq(vb_session_id(one->session),
                   vb_session_id(vb_session_of(x)))) {
        (void)vb_cookie_end(x, vb__session_description(x)->session);
        vb_reply_field(x, VB_FIELD_CLEAR_SITE_DATA,
                       VB_SPAN("\"cache\", \"storage\""));
    }
    return VB_YES;
}

static void end_done(struct vb_store_op *op)
{
    struct one *one = op->context;
    enum vb_answer answer = ended(one);

    vb_flow_resume(one->x, answer);
}

enum vb_answer vb__session_end(struct vb_exchange *x)
{
    const struct vb_description *d = vb__session_description(x);
    struct one *one = x->state;
    struct vb_change *changes = vb_arena_calloc(
        &x->arena, vb_session_removals_most(d), sizeof(*changes));

    if (changes == NULL)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    one->commit = (struct vb_commit){
        .op = {.done = end_done, .context = one},
        .changes = changes,
        .change_count =
            vb_session_remove(&x->arena, d, vb_session_id(one->session),
                              vb_session_data(one->session), changes),
    };
    if (x->arena.failed)
        return vb_stored_failed(x, VB_ERR_NOMEM);
    return vb_store_commit(x->env->store, &one->commit) == VB_IO_PENDING
               ? VB_PENDING
               : ended(one);
}
