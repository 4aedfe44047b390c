/*
 * Logging in: a login and its password, as the account collection calls them,
 * in JSON or as a browser's form sends them. See session.h.
 *
 *     known ── wrong ─▶ 403, the same for who has no account
 *       └─▶ commit: the new session; the browser's old one goes, and so does
 *           what is over, or one too many ─▶ 201, Set-Cookie
 *
 * A new secret is made whenever somebody logs in: one that was planted before
 * is of no use to whoever knows it. What a guest had goes along.
 */
#include <sodium.h>

#include "access/cookie.h"
#include "access/login.h"
#include "base/list.h"
#include "flow/reply.h"
#include "http/query.h"
#include "resource/controller.h"
#include "resource/params.h"
#include "resource/session_part.h"

/* Parameters of a form. */
#define FORM_MOST 100

/* The state of an exchange that logs in. */
struct entry {
    struct vb_exchange *x;
    struct vb_json *input;
    struct vb_login login;
    struct vb_account_read read;
    struct vb_account *account; /* a reference */
    struct vb_session session;
    char text[VB_OPAQUE_LEN];
    struct vb_list_read list; /* the account's sessions */
    struct vb_change *changes;
    size_t count;
    struct vb_commit commit;
};

static void entry_done(struct vb_exchange *x)
{
    struct entry *entry = x->state;

    vb_json_free(entry->input);
    vb_account_unref(entry->account);
    vb_list_read_done(&entry->list);
    sodium_memzero(entry->text, sizeof(entry->text));
}

static struct entry *entry_of(struct vb_exchange *x)
{
    struct entry *entry = x->state;

    if (entry != NULL)
        return entry;
    entry = vb_arena_calloc(&x->arena, 1, sizeof(*entry));
    if (entry == NULL)
        return NULL;
    entry->x = x;
    x->state = entry;
    x->state_done = entry_done;
    return entry;
}

static enum vb_answer no_memory(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE, VB_SPAN(""));
}

/* --- parsed -----------------------------------------------------------------
 */

static enum vb_answer refuse_form(struct vb_exchange *x, const char *why)
{
    return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST, vb_span_str(why));
}

/* A form as an object of strings. */
static enum vb_answer read_form(struct entry *entry, yyjson_mut_doc *doc)
{
    struct vb_exchange *x = entry->x;
    yyjson_mut_val *root = yyjson_mut_obj(doc);
    struct vb_query_pair pair;
    struct vb_query form;

    vb_query_init(&form, &x->arena, vb_buf_span(&x->content));
    while (vb_query_next(&form, &pair)) {
        if (yyjson_mut_obj_getn(root, pair.name.ptr, pair.name.len) != NULL ||
            yyjson_mut_obj_size(root) == FORM_MOST)
            return refuse_form(x, "The form says something twice, or too "
                                  "much.");
        if (!yyjson_mut_obj_add(
                root, yyjson_mut_strn(doc, pair.name.ptr, pair.name.len),
                yyjson_mut_strn(doc,
                                pair.value.ptr == NULL ? "" : pair.value.ptr,
                                pair.value.len)))
            return no_memory(x);
    }
    if (form.err == VB_ERR_SYNTAX)
        return refuse_form(x, "The form is malformed.");
    return form.err == VB_OK &&
                   vb_json_freeze(root, NULL, &entry->input, NULL) == VB_OK
               ? VB_YES
               : no_memory(x);
}

static enum vb_answer parse_form(struct entry *entry)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    enum vb_answer answer =
        doc == NULL ? no_memory(entry->x) : read_form(entry, doc);

    yyjson_mut_doc_free(doc);
    return answer;
}

enum vb_answer vb__session_parsed(struct vb_exchange *x)
{
    struct entry *entry = entry_of(x);
    const struct vb_content *content = vb_built_content(x);
    struct vb_json_error error;
    enum vb_err err;

    if (entry == NULL)
        return no_memory(x);
    if (content != NULL && content->kind == VB_MEDIA_FORM)
        return parse_form(entry);
    err = vb_json_parse(vb_buf_span(&x->content), NULL, &entry->input, &error);
    return err == VB_OK ? VB_YES : vb_params_not_json(x, err, &error);
}

/* --- valid ------------------------------------------------------------------
 */

static bool take(struct entry *entry, const struct vb_property *property,
                 struct vb_span *ret)
{
    struct vb_exchange *x = entry->x;
    yyjson_val *said = vb_property_value(entry->input->root, property);

    if (yyjson_is_str(said)) {
        *ret = vb_json_text(said);
        return true;
    }
    vb_reply_complain(x, VB_PROBLEM_POINTER, vb_property_pointer(x, property),
                      VB_SPAN("is needed to log in: a string"));
    return false;
}

enum vb_answer vb__session_valid(struct vb_exchange *x)
{
    const struct vb_content *content = vb_built_content(x);
    const struct vb_accounts *accounts = vb__session_description(x)->accounts;
    unsigned invalid = (unsigned)vb_built_operation(x)->invalid;
    struct entry *entry = x->state;
    bool both;

    if (content != NULL && content->schema != NULL &&
        !vb_params_value_fits(x, content->schema, entry->input->root, invalid))
        return VB_NO;
    both = take(entry, accounts->login, &entry->login.login);
    both &= take(entry, accounts->password, &entry->login.password);
    x->reply.status = (uint16_t)invalid;
    return both ? VB_YES : VB_NO;
}

/* --- consistent: is it whom it says?
 * ------------------------------------------
 */

/* The same for who has no account, a wrong password, or is shut out. */
static enum vb_answer refuse(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("Nobody with this login and password may "
                                   "log in."));
}

static enum vb_answer have_account(struct entry *entry)
{
    struct vb_exchange *x = entry->x;

    entry->account = entry->read.account;
    if (entry->read.err != VB_OK)
        return vb_stored_failed(x, entry->read.err);
    return entry->account == NULL || entry->account->disabled ? refuse(x)
                                                              : VB_YES;
}

static void account_done(struct vb_account_read *read)
{
    struct entry *entry = read->context;
    enum vb_answer answer = have_account(entry);

    vb_flow_resume(entry->x, answer);
}

static enum vb_answer judge(struct entry *entry, enum vb_proof proof)
{
    struct vb_exchange *x = entry->x;

    if (proof == VB_PROOF_HALT)
        return VB_HALT;
    if (proof != VB_PROOF_GOOD)
        return refuse(x);
    entry->read = (struct vb_account_read){
        .x = x,
        .key = vb_arena_dup(&x->arena, entry->login.record->key),
        .done = account_done,
        .context = entry,
    };
    vb_record_unref(entry->login.record);
    if (entry->read.key.ptr == NULL)
        return no_memory(x);
    return vb_account_read(&entry->read) ? have_account(entry) : VB_PENDING;
}

static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct entry *entry = login->context;
    enum vb_answer answer = judge(entry, proof);

    if (answer != VB_PENDING)
        vb_flow_resume(entry->x, answer);
}

/* A password over a connection that others can read is refused before it is
 * looked at, as other credentials are. */
enum vb_answer vb__session_known(struct vb_exchange *x)
{
    struct entry *entry = x->state;
    enum vb_proof proof;

    if (!vb_trusts_connection(x))
        return vb_access_in_clear(x);
    entry->login.x = x;
    entry->login.accounts = vb__session_description(x)->accounts;
    entry->login.done = checked;
    entry->login.context = entry;
    proof = vb_login_check(&entry->login);
    return proof == VB_PROOF_PENDING ? VB_PENDING : judge(entry, proof);
}

/* --- commit -----------------------------------------------------------------
 */

static enum vb_answer tell(struct entry *entry)
{
    struct vb_exchange *x = entry->x;
    bool listed = vb_built_of(x)->route->member != NULL;
    struct vb_telling telling = vb_tell(x, vb_built_operation(x), true, true);
    enum vb_answer answer = VB_YES;
    struct vb_buf text;

    if (!vb_cookie_set(x, vb__session_description(x)->session,
                       vb_span_of(entry->text, sizeof(entry->text))))
        return no_memory(x);
    x->outcome.location =
        listed ? vb_arena_printf(&x->arena, "%.*s/%.*s", VB_FMT(x->key),
                                 VB_FMT(vb_session_id(&entry->session)))
               : x->key;
    x->outcome.created = telling.status == VB_STATUS_CREATED;
    if (telling.status == VB_STATUS_SEE_OTHER)
        x->outcome.see_other = x->outcome.location;
    if (!telling.content)
        return VB_YES;
    vb_buf_init(&text, VB__SESSIONS_BYTES);
    vb__session_show(&text, x, &entry->session);
    answer = vb_present_unkept(x, &text);
    vb_buf_done(&text);
    return answer;
}

static enum vb_answer made(struct entry *entry)
{
    return entry->commit.op.err == VB_OK
               ? tell(entry)
               : vb_stored_failed(entry->x, entry->commit.op.err);
}

static void made_done(struct vb_store_op *op)
{
    struct entry *entry = op->context;
    enum vb_answer answer = made(entry);

    vb_flow_resume(entry->x, answer);
}

static bool is_ended(const struct entry *entry, struct vb_span key)
{
    for (size_t i = 1; i < entry->count; i++)
        if (vb_span_eq(entry->changes[i].key, key))
            return true;
    return false;
}

/* Two logins at once may have taken the same documents along: nothing is ended
 * twice. */
static void end(struct entry *entry, const struct vb_session *session,
                bool keeps_data)
{
    struct vb_arena *arena = &entry->x->arena;
    struct vb_change *changes = entry->changes + entry->count;
    bool shared =
        vb_span_eq(vb_session_data(session), vb_session_data(&entry->session));
    size_t count = vb_session_remove(
        arena, vb__session_description(entry->x),
        vb_arena_dup(arena, vb_session_id(session)),
        keeps_data || shared ? VB_SPAN("")
                             : vb_arena_dup(arena, vb_session_data(session)),
        changes);

    for (size_t i = 0; i < count; i++)
        if (!is_ended(entry, changes[i].key))
            entry->changes[entry->count++] = changes[i];
}

/* What the browser had before goes: a guest's documents, or its own account's,
 * are the new session's from now on; nobody else's. */
static void end_old(struct entry *entry, const struct vb_session *old)
{
    bool keeps = old->account.len == 0 ||
                 vb_span_eq(old->account, entry->session.account);

    if (keeps)
        memcpy(entry->session.data, old->data, sizeof(old->data));
    end(entry, old, keeps);
}

/* Ends those of the account that are over; and where there are too many, the
 * one that was away for the longest. The browser's old one is dealt with. */
static void end_some(struct entry *entry, struct vb_session **all)
{
    const struct vb_session *old = vb_session_of(entry->x);
    struct vb_session *idlest = NULL;
    size_t alive = 0;

    for (size_t i = 0; i < entry->list.count; i++) {
        struct vb_session *session = all[i];

        if (session == NULL ||
            (old != NULL &&
             vb_span_eq(vb_session_id(session), vb_session_id(old))))
            continue;
        if (!vb__session_counts(entry->x, session, entry->session.account,
                                entry->session.mark)) {
            end(entry, session, false);
            continue;
        }
        alive++;
        if (idlest == NULL || session->seen_ms < idlest->seen_ms)
            idlest = session;
    }
    if (alive >= VB_SESSIONS_PER_ACCOUNT)
        end(entry, idlest, false);
}

/* All changes, into room for them. */
static void compose(struct entry *entry, struct vb_session **all)
{
    const struct vb_session *old = vb_session_of(entry->x);
    struct vb_exchange *x = entry->x;

    entry->count = 1;
    if (old != NULL)
        end_old(entry, old);
    for (size_t i = 0; i < entry->list.count; i++)
        all[i] = vb_session_read(entry->list.records[i]);
    end_some(entry, all);
    for (size_t i = 0; i < entry->list.count; i++)
        vb_session_unref(all[i]);
    entry->changes[0] = vb_session_put(&x->arena, &entry->session,
                                       x->env->now.unix_ms, VB_EXPECT_UNUSED);
}

/* False: no memory. */
static bool prepare(struct entry *entry)
{
    struct vb_exchange *x = entry->x;
    size_t count = entry->list.count + 1;
    size_t each = vb_session_removals_most(vb__session_description(x));
    struct vb_session **all =
        vb_arena_calloc(&x->arena, count, sizeof(struct vb_session *));

    entry->changes =
        vb_arena_calloc(&x->arena, 1 + count * each, sizeof(struct vb_change));
    if (all == NULL || entry->changes == NULL)
        return false;
    compose(entry, all);
    return !x->arena.failed;
}

static enum vb_answer have_list(struct entry *entry)
{
    struct vb_exchange *x = entry->x;

    if (entry->list.op.err != VB_OK)
        return vb_stored_failed(x, entry->list.op.err);
    if (!prepare(entry))
        return no_memory(x);
    entry->commit = (struct vb_commit){
        .op = {.done = made_done, .context = entry},
        .changes = entry->changes,
        .change_count = entry->count,
    };
    return vb_store_commit(x->env->store, &entry->commit) == VB_IO_PENDING
               ? VB_PENDING
               : made(entry);
}

static void listed(struct vb_store_op *op)
{
    struct entry *entry = op->context;
    enum vb_answer answer = have_list(entry);

    if (answer != VB_PENDING)
        vb_flow_resume(entry->x, answer);
}

enum vb_answer vb__session_commit(struct vb_exchange *x)
{
    struct entry *entry = x->state;

    vb_session_make(&entry->session, entry->text, x->env->now.unix_ms);
    entry->session.account = entry->account->record->key;
    memcpy(entry->session.mark, entry->account->mark,
           sizeof(entry->session.mark));
    entry->list = (struct vb_list_read){
        .op = {.done = listed, .context = entry},
        .parent = vb_session_listing(&x->arena, entry->session.account),
        .limit = 2 * VB_SESSIONS_PER_ACCOUNT,
        .byte_limit = VB__SESSIONS_BYTES,
    };
    return vb_store_list(x->env->store, &entry->list) == VB_IO_PENDING
               ? VB_PENDING
               : have_list(entry);
}
