/*
 * The session of who has logged in. See session.h.
 *
 *     the browser's old session ─▶ the account's ─▶ commit: the new one; the
 *       ▲                                           old one goes, and so does
 *       │                                           what is over, or too much
 *       └── it was seen, or ended, meanwhile ──────── AGAIN        │
 *                                                          201, Set-Cookie
 *
 * A new secret is made whenever somebody logs in: one that was planted before
 * is of no use to whoever knows it. What a guest had goes along, with one of
 * those who log in at once: what is one's own is nobody else's, too.
 */
#include <sodium.h>

#include "access/cookie.h"
#include "flow/reply.h"
#include "resource/session_part.h"

/* Tries, as often as the old session changes meanwhile. */
#define TRIES 4

struct beginning {
    struct vb_exchange *x;
    unsigned tries;
    struct vb_session session;
    char text[VB_OPAQUE_LEN];
    struct vb_read read;
    struct vb_session *old;   /* a reference; NULL: there is none */
    struct vb_list_read list; /* the account's sessions */
    struct vb_change *changes;
    size_t count;
    struct vb_commit commit;
};

/* --- the reply --------------------------------------------------------------
 */

static enum vb_answer tell(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;
    bool listed = vb_built_of(x)->route->member != NULL;
    struct vb_telling telling = vb_tell(x, vb_built_operation(x), true, true);
    enum vb_answer answer = VB_YES;
    struct vb_buf text;

    if (!vb_cookie_set(x, vb__session_description(x)->session,
                       vb_span_of(beginning->text, sizeof(beginning->text))))
        return vb_reply_unavailable(x);
    x->outcome.location =
        listed ? vb_arena_printf(&x->arena, "%.*s/%.*s", VB_FMT(x->key),
                                 VB_FMT(vb_session_id(&beginning->session)))
               : x->key;
    x->outcome.created = telling.status == VB_STATUS_CREATED;
    if (telling.status == VB_STATUS_SEE_OTHER)
        x->outcome.see_other = x->outcome.location;
    if (!telling.content)
        return VB_YES;
    vb_buf_init(&text, VB__SESSIONS_BYTES);
    vb__session_show(&text, x, &beginning->session,
                     vb_session_id(&beginning->session));
    answer = vb_present_unkept(x, &text);
    vb_buf_done(&text);
    return answer;
}

/* --- what ends --------------------------------------------------------------
 */

static bool is_ended(const struct beginning *beginning, struct vb_span key)
{
    for (size_t i = 1; i < beginning->count; i++)
        if (vb_span_eq(beginning->changes[i].key, key))
            return true;
    return false;
}

/* Nothing is ended twice: a change of the password makes a session anew while
 * another login takes its documents along, and both have them then. */
static void end(struct beginning *beginning, const struct vb_session *session,
                bool keeps_data)
{
    struct vb_arena *arena = &beginning->x->arena;
    struct vb_change *changes = beginning->changes + beginning->count;
    bool shared = vb_span_eq(vb_session_data(session),
                             vb_session_data(&beginning->session));
    size_t count = vb_session_remove(
        arena, vb__session_description(beginning->x),
        vb_arena_dup(arena, vb_session_id(session)),
        keeps_data || shared ? VB_SPAN("")
                             : vb_arena_dup(arena, vb_session_data(session)),
        changes);

    for (size_t i = 0; i < count; i++)
        if (!is_ended(beginning, changes[i].key))
            beginning->changes[beginning->count++] = changes[i];
}

/* What the browser had before goes: a guest's documents, or its own account's,
 * are the new session's from now on; nobody else's. Who has it must have found
 * it as it is: only one can take it along. */
static void end_old(struct beginning *beginning, const struct vb_session *old)
{
    bool keeps = old->account.len == 0 ||
                 vb_span_eq(old->account, beginning->session.account);

    if (keeps)
        memcpy(beginning->session.data, old->data, sizeof(old->data));
    end(beginning, old, keeps);
    beginning->changes[1].expect = old->revision;
}

/* Those of the account that go on, to the front of `all`: how many. The others
 * end; the browser's old one is dealt with. */
static size_t sort_out(struct beginning *beginning, struct vb_session **all,
                       size_t count)
{
    const struct vb_session *old = beginning->old;
    size_t alive = 0;

    for (size_t i = 0; i < count; i++) {
        if (old != NULL &&
            vb_span_eq(vb_session_id(all[i]), vb_session_id(old)))
            continue;
        if (vb__session_counts(beginning->x, all[i], beginning->session.account,
                               beginning->session.mark))
            all[alive++] = all[i];
        else
            end(beginning, all[i], false);
    }
    return alive;
}

/* Where there are too many, those that were away for the longest end: more than
 * one where several have logged in at once. */
static void end_idlest(struct beginning *beginning, struct vb_session **alive,
                       size_t count)
{
    for (; count >= VB_SESSIONS_PER_ACCOUNT; count--) {
        size_t idlest = 0;

        for (size_t i = 1; i < count; i++)
            if (alive[i]->seen_ms < alive[idlest]->seen_ms)
                idlest = i;
        end(beginning, alive[idlest], false);
        alive[idlest] = alive[count - 1];
    }
}

/* --- the commit -------------------------------------------------------------
 */

/* The sessions that are listed: how many. */
static size_t read_all(const struct vb_list_read *list, struct vb_session **all)
{
    size_t count = 0;

    for (size_t i = 0; i < list->count; i++) {
        all[count] = vb_session_read(list->records[i]);
        count += all[count] != NULL;
    }
    return count;
}

/* All changes, into room for them; `all` is room for the sessions, twice. */
static void compose(struct beginning *beginning, struct vb_session **all)
{
    struct vb_session **sorted = all + beginning->list.count;
    struct vb_exchange *x = beginning->x;
    size_t count = read_all(&beginning->list, all);

    memcpy(sorted, all, count * sizeof(struct vb_session *));
    memcpy(beginning->session.data, beginning->session.id,
           sizeof(beginning->session.data));
    beginning->count = 1;
    if (beginning->old != NULL)
        end_old(beginning, beginning->old);
    end_idlest(beginning, sorted, sort_out(beginning, sorted, count));
    for (size_t i = 0; i < count; i++)
        vb_session_unref(all[i]);
    beginning->changes[0] = vb_session_put(
        &x->arena, &beginning->session, x->env->now.unix_ms, VB_EXPECT_UNUSED);
}

/* False: no memory. */
static bool prepare(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;
    size_t count = beginning->list.count + 1;
    size_t each = vb_session_removals_most(vb__session_description(x));
    struct vb_session **all =
        vb_arena_calloc(&x->arena, 2 * count, sizeof(struct vb_session *));

    beginning->changes =
        vb_arena_calloc(&x->arena, 1 + count * each, sizeof(struct vb_change));
    if (all != NULL && beginning->changes != NULL)
        compose(beginning, all);
    return !x->arena.failed;
}

static enum vb_answer look_up(struct beginning *beginning);

/* Nothing of it is needed any more. */
static enum vb_answer leave(struct beginning *beginning, enum vb_answer answer)
{
    sodium_memzero(beginning->text, sizeof(beginning->text));
    return answer;
}

static enum vb_answer made(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;
    enum vb_err err = beginning->commit.op.err;

    if (err == VB_ERR_AGAIN && ++beginning->tries < TRIES)
        return look_up(beginning);
    if (err == VB_ERR_AGAIN)
        return leave(beginning, vb_reply_unavailable(x));
    return leave(beginning,
                 err == VB_OK ? tell(beginning) : vb_stored_failed(x, err));
}

static void made_done(struct vb_store_op *op)
{
    struct beginning *beginning = op->context;
    enum vb_answer answer = made(beginning);

    if (answer != VB_PENDING)
        vb_flow_resume(beginning->x, answer);
}

static enum vb_answer have_list(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;
    enum vb_err err = beginning->list.op.err;
    bool prepared = err == VB_OK && prepare(beginning);

    vb_list_read_done(&beginning->list);
    vb_session_unref(beginning->old);
    beginning->old = NULL;
    if (!prepared)
        return leave(beginning, err == VB_OK ? vb_reply_unavailable(x)
                                             : vb_stored_failed(x, err));
    beginning->commit = (struct vb_commit){
        .op = {.done = made_done, .context = beginning},
        .changes = beginning->changes,
        .change_count = beginning->count,
    };
    return vb_store_commit(x->env->store, &beginning->commit) == VB_IO_PENDING
               ? VB_PENDING
               : made(beginning);
}

static void listed(struct vb_store_op *op)
{
    struct beginning *beginning = op->context;
    enum vb_answer answer = have_list(beginning);

    if (answer != VB_PENDING)
        vb_flow_resume(beginning->x, answer);
}

/* --- what there is ----------------------------------------------------------
 */

static enum vb_answer list(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;

    beginning->list = (struct vb_list_read){
        .op = {.done = listed, .context = beginning},
        .parent = vb_session_listing(&x->arena, beginning->session.account),
        .limit = 2 * VB_SESSIONS_PER_ACCOUNT,
        .byte_limit = VB__SESSIONS_BYTES,
    };
    return vb_store_list(x->env->store, &beginning->list) == VB_IO_PENDING
               ? VB_PENDING
               : have_list(beginning);
}

static enum vb_answer have_old(struct beginning *beginning)
{
    struct vb_record *record = beginning->read.record;

    if (beginning->read.op.err != VB_OK)
        return leave(beginning,
                     vb_stored_failed(beginning->x, beginning->read.op.err));
    if (record != NULL)
        beginning->old = vb_session_read(record);
    vb_record_unref(record);
    return list(beginning);
}

static void read_done(struct vb_store_op *op)
{
    struct beginning *beginning = op->context;
    enum vb_answer answer = have_old(beginning);

    if (answer != VB_PENDING)
        vb_flow_resume(beginning->x, answer);
}

/* What the browser had, as it is now. */
static enum vb_answer look_up(struct beginning *beginning)
{
    struct vb_exchange *x = beginning->x;
    const struct vb_session *old = vb_session_of(x);

    if (old == NULL)
        return list(beginning);
    beginning->read = (struct vb_read){
        .op = {.done = read_done, .context = beginning},
        .key = vb_session_key(&x->arena, vb_session_id(old)),
    };
    return vb_store_read(x->env->store, &beginning->read) == VB_IO_PENDING
               ? VB_PENDING
               : have_old(beginning);
}

enum vb_answer vb__session_begin(struct vb_exchange *x,
                                 const struct vb_account *account)
{
    struct beginning *beginning =
        vb_arena_calloc(&x->arena, 1, sizeof(*beginning));

    if (beginning == NULL)
        return vb_reply_unavailable(x);
    beginning->x = x;
    vb_session_make(&beginning->session, beginning->text, x->env->now.unix_ms);
    beginning->session.account = account->record->key;
    memcpy(beginning->session.mark, account->mark, sizeof(account->mark));
    return look_up(beginning);
}
