/* States that are accounts. See accounts.h. */
#include "resource/accounts.h"

#include "access/account.h"
#include "access/login.h"
#include "flow/reply.h"
#include "resource/session.h"

struct change {
    struct vb_stored *stored;
    struct vb_login login; /* says the password that is to be changed */
    struct vb_password_work work;
    struct vb_span password; /* the new one, prepared */
};

static const struct vb_accounts *accounts_of(const struct vb_stored *stored)
{
    return stored->route->accounts;
}

static yyjson_val *sent(const struct vb_stored *stored,
                        const struct vb_property *property)
{
    return stored->input == NULL || property == NULL
               ? NULL
               : vb_property_value(stored->input->root, property);
}

static bool is_administrator(const struct vb_stored *stored)
{
    return vb_identity_has_role(stored->x->identity,
                                accounts_of(stored)->administrator);
}

static bool is_holder(const struct vb_stored *stored)
{
    const struct vb_identity *identity = stored->x->identity;

    return identity != NULL && stored->record != NULL &&
           vb_span_eq(identity->account, stored->key);
}

/* Does a password stand there that is not what is kept of it already? A patch
 * repeats the latter. */
static bool sets_password(struct vb_stored *stored)
{
    yyjson_val *said = sent(stored, accounts_of(stored)->password);
    yyjson_val *before;

    if (said == NULL)
        return false;
    before = vb_property_value(vb_stored_before(stored),
                               accounts_of(stored)->password);
    return before == NULL || !yyjson_is_str(before) || !yyjson_is_str(said) ||
           !vb_span_eq(vb_json_text(said), vb_json_text(before));
}

bool vb_accounts_keep(const struct vb_stored *stored,
                      const struct vb_property *property)
{
    const struct vb_accounts *accounts = accounts_of(stored);

    return accounts != NULL &&
           (property == accounts->roles || property == accounts->disabled) &&
           !is_administrator(stored);
}

bool vb_accounts_drop(const struct vb_stored *stored,
                      const struct vb_property *property)
{
    const struct vb_accounts *accounts = accounts_of(stored);

    return accounts != NULL && property == accounts->current;
}

struct vb_span vb_accounts_unjudged(struct vb_stored *stored)
{
    const struct vb_accounts *accounts = accounts_of(stored);

    if (accounts == NULL || accounts->password == NULL || sets_password(stored))
        return VB_SPAN("");
    return vb_property_pointer(stored->x, accounts->password);
}

/* --- the hash ----------------------------------------------------------------
 */

/* The hash stands where the password stood. */
static enum vb_answer put_hash(struct change *change)
{
    struct vb_stored *stored = change->stored;
    struct vb_json *input =
        change->work.good
            ? vb_account_put_hash(accounts_of(stored), stored->input->root,
                                  change->work.hash)
            : NULL;

    if (input == NULL)
        return vb_reply_unavailable(stored->x);
    vb_stored_input(stored, input);
    return vb_session_survive(stored, vb_span_str(change->work.hash))
               ? VB_YES
               : vb_reply_unavailable(stored->x);
}

static void hashed(struct vb_password_work *work)
{
    struct change *change = VB_CONTAINER(work, struct change, work);

    vb_flow_resume(change->stored->x, put_hash(change));
}

static enum vb_answer hash(struct change *change)
{
    struct vb_exchange *x = change->stored->x;

    change->work = (struct vb_password_work){
        .makes = true, .password = change->password, .done = hashed};
    switch (
        vb_passwords_begin(x->env->logins->passwords, x->env, &change->work)) {
    case VB_PASSWORD_PENDING:
        return VB_PENDING;
    case VB_PASSWORD_DONE:
        return put_hash(change);
    default:
        (void)vb_login_busy(x);
        return VB_HALT;
    }
}

/* --- may it be changed?
 * -------------------------------------------------------
 */

static enum vb_answer refuse(struct change *change, const char *why)
{
    struct vb_stored *stored = change->stored;
    const struct vb_accounts *accounts = accounts_of(stored);

    if (accounts->current != NULL)
        vb_reply_complain(stored->x, VB_PROBLEM_POINTER,
                          vb_property_pointer(stored->x, accounts->current),
                          vb_span_str(why));
    return vb_reply_refuse(stored->x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("The password of an account is changed by "
                                   "who knows it."));
}

static enum vb_answer judge(struct change *change, enum vb_proof proof)
{
    if (proof == VB_PROOF_HALT)
        return VB_HALT;
    if (proof != VB_PROOF_GOOD)
        return refuse(change, "is not the password of this account");
    vb_record_unref(change->login.record);
    return hash(change);
}

static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct change *change = login->context;
    enum vb_answer answer = judge(change, proof);

    if (answer != VB_PENDING)
        vb_flow_resume(change->stored->x, answer);
}

/* Guesses are counted as those of who logs in are. */
static enum vb_answer check_current(struct change *change)
{
    struct vb_stored *stored = change->stored;
    const struct vb_accounts *accounts = accounts_of(stored);
    yyjson_val *current = sent(stored, accounts->current);
    enum vb_proof proof;

    if (!yyjson_is_str(current))
        return refuse(change, "is required");
    change->login = (struct vb_login){
        .x = stored->x,
        .accounts = accounts,
        .login = stored->key,
        .password = vb_json_text(current),
        .record = vb_record_ref(stored->record),
        .done = checked,
        .context = change,
    };
    proof = vb_login_check(&change->login);
    return proof == VB_PROOF_PENDING ? VB_PENDING : judge(change, proof);
}

/* An account that is new has none; who has just said it has. */
static bool need_not_say(struct vb_stored *stored)
{
    const struct vb_identity *identity = stored->x->identity;

    if (stored->record == NULL)
        return true;
    return is_holder(stored) ? identity->by_password : is_administrator(stored);
}

static enum vb_answer prepare(struct change *change)
{
    struct vb_stored *stored = change->stored;
    struct vb_exchange *x = stored->x;
    yyjson_val *said = sent(stored, accounts_of(stored)->password);

    if (yyjson_is_str(said) &&
        vb_password_prepare(&x->arena, vb_json_text(said), &change->password))
        return VB_YES;
    vb_reply_complain(
        x, VB_PROBLEM_POINTER,
        vb_property_pointer(x, accounts_of(stored)->password),
        VB_SPAN("must be a string of 1 to 1024 bytes without control "
                "characters"));
    return vb_reply_refuse(x, (unsigned)stored->operation->invalid,
                           VB_SPAN("This cannot be a password."));
}

enum vb_answer vb_accounts_consistent(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    struct change *change;
    enum vb_answer answer;

    if (accounts_of(stored) == NULL || !sets_password(stored))
        return VB_YES;
    change = vb_arena_calloc(&x->arena, 1, sizeof(*change));
    if (change == NULL || x->env->logins == NULL)
        return vb_reply_unavailable(stored->x);
    change->stored = stored;
    answer = prepare(change);
    if (answer != VB_YES)
        return answer;
    return need_not_say(stored) ? hash(change) : check_current(change);
}
