/* Asking rules. See rule.h. */
#include "access/rule.h"

#include "access/guard.h"
#include "storage/store.h"

/* --- who asks ------------------------------------------------------------- */

bool vb_identity_is_known(const struct vb_identity *identity)
{
    return identity != NULL &&
           (identity->account.len > 0 || identity->subject.len > 0);
}

struct vb_span vb_owner_name(const struct vb_identity *identity,
                             const struct vb_property *owner)
{
    if (!vb_identity_is_known(identity))
        return VB_SPAN("");
    return vb_property_by_path(owner) && identity->account.len > 0
               ? identity->account
               : identity->subject;
}

/* Is it the account itself, or something below it? */
static enum vb_truth is_self(const struct vb_ruling *ruling)
{
    struct vb_span account = VB_SPAN("");

    if (ruling->identity != NULL)
        account = ruling->identity->account;
    if (account.len == 0)
        return VB_FALSE;
    if (ruling->key.len == 0)
        return VB_UNKNOWN;
    return vb_span_starts(ruling->key, account) &&
                   (ruling->key.len == account.len ||
                    ruling->key.ptr[account.len] == '/')
               ? VB_TRUE
               : VB_FALSE;
}

static yyjson_val *owner_value(const struct vb_ruling *ruling)
{
    const struct vb_property *owner = ruling->allow->owner;
    yyjson_val *at = ruling->state;

    for (size_t i = 0; i < owner->path_len && at != NULL; i++)
        at = vb_json_member(at, owner->path[i]);
    return at;
}

static enum vb_truth is_owner(const struct vb_ruling *ruling)
{
    struct vb_span name = vb_owner_name(ruling->identity, ruling->allow->owner);
    yyjson_val *owner;

    if (name.len == 0)
        return VB_FALSE;
    if (ruling->creates)
        return VB_TRUE;
    if (!ruling->knows_state)
        return VB_UNKNOWN;
    owner = owner_value(ruling);
    return (yyjson_is_str(owner) || vb_json_is_number(owner)) &&
                   vb_span_eq(vb_json_text(owner), name)
               ? VB_TRUE
               : VB_FALSE;
}

static enum vb_truth word_holds(const void *context, size_t word,
                                struct vb_span argument)
{
    const struct vb_ruling *ruling = context;

    switch ((enum vb_allow_word)word) {
    case VB_ALLOW_OWNER:
        return is_owner(ruling);
    case VB_ALLOW_SELF:
        return is_self(ruling);
    case VB_ALLOW_ROLE:
        return vb_identity_has_role(ruling->identity, argument) ? VB_TRUE
                                                                : VB_FALSE;
    case VB_ALLOW_KNOWN:
        return vb_identity_is_known(ruling->identity) ? VB_TRUE : VB_FALSE;
    default:
        return VB_TRUE;
    }
}

/* --- a ruling ------------------------------------------------------------- */

void vb_ruling_begin(struct vb_ruling *ruling, const struct vb_exchange *x,
                     const struct vb_allow *allow)
{
    const struct vb_record *record =
        x->identity != NULL ? x->identity->record : NULL;

    *ruling = (struct vb_ruling){.allow = allow, .identity = x->identity};
    if (!allow->by_account || record == NULL)
        return;
    ruling->failed =
        vb_json_parse(record->content, NULL, &ruling->account, NULL) != VB_OK;
}

enum vb_truth vb_ruling_ask(const struct vb_ruling *ruling)
{
    const struct vb_json *account = ruling->account;
    struct vb_expression_values values = {
        .roots = {[VB_ALLOW_ACCOUNT] = account == NULL ? NULL : account->root,
                  [VB_ALLOW_RESOURCE] = ruling->state,
                  [VB_ALLOW_CONTENT] = ruling->content},
        .word = word_holds,
        .context = ruling,
    };
    enum vb_truth truth = VB_FALSE;

    if (ruling->failed)
        values.unknown |= 1u << VB_ALLOW_ACCOUNT;
    if (!ruling->knows_state)
        values.unknown |= 1u << VB_ALLOW_RESOURCE;
    if (!ruling->knows_content)
        values.unknown |= 1u << VB_ALLOW_CONTENT;
    for (size_t i = 0; truth != VB_TRUE && i < ruling->allow->count; i++)
        truth = vb_truth_or(
            truth, vb_expression_ask(ruling->allow->rules[i], &values));
    return truth;
}

bool vb_ruling_holds_for(const struct vb_ruling *ruling, struct vb_span key,
                         yyjson_val *state)
{
    struct vb_ruling of_one = *ruling;

    of_one.key = key;
    of_one.knows_state = true;
    of_one.state = state;
    return vb_ruling_ask(&of_one) == VB_TRUE;
}

void vb_ruling_done(struct vb_ruling *ruling)
{
    vb_json_free(ruling->account);
    ruling->account = NULL;
}

enum vb_truth vb_rule_of_any(const struct vb_exchange *x,
                             const struct vb_allow *allow)
{
    struct vb_ruling ruling;
    enum vb_truth truth;

    if (allow == NULL)
        return VB_TRUE;
    vb_ruling_begin(&ruling, x, allow);
    truth = vb_ruling_ask(&ruling);
    vb_ruling_done(&ruling);
    return truth;
}

bool vb_rule_met(const struct vb_exchange *x, const struct vb_allow *allow,
                 struct vb_span key, yyjson_val *state)
{
    struct vb_ruling ruling;
    bool met;

    if (allow == NULL)
        return true;
    vb_ruling_begin(&ruling, x, allow);
    met = vb_ruling_holds_for(&ruling, key, state);
    vb_ruling_done(&ruling);
    return met;
}
