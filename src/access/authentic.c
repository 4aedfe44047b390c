/*
 * Which of the alternatives a request meets. Rows `authentic` and `permitted`
 * of the flow; see scheme.h.
 */
#include "access/asking.h"
#include "access/rule.h"

#include "flow/reply.h"
#include "http/method.h"

/* How far a requirement is met. */
enum met {
    NOT_MET,
    MET_BUT_SCOPES, /* who it is is known, and that they may not */
    MET,
    MET_LATER, /* some scheme said PENDING */
    MET_HALT
};

/* --- one alternative -------------------------------------------------------
 */

static bool has_scopes(const struct vb_need *need,
                       const struct vb_identity *identity)
{
    bool scoped = vb__asking_has_scopes(need->scheme->kind);

    for (size_t i = 0; i < need->scope_count; i++)
        if (scoped ? !vb_identity_has_scope(identity, need->scopes[i])
                   : !vb_identity_has_role(identity, need->scopes[i]))
            return false;
    return true;
}

/* Two proofs of who it is must be of the same: of two accounts, neither is. */
static bool agree(const struct vb_identity *a, const struct vb_identity *b)
{
    return a->account.len == 0 || b->account.len == 0 ||
           vb_span_eq(a->account, b->account);
}

static enum met meets(struct vb_exchange *x,
                      const struct vb_requirement *requirement)
{
    const struct vb_proven *proven = x->asking->proven;
    enum met met = MET;

    for (size_t i = 0; i < requirement->need_count; i++) {
        const struct vb_need *need = &requirement->needs[i];

        switch (vb__asking_prove(x, need->scheme)) {
        case VB_PROOF_PENDING:
            return MET_LATER;
        case VB_PROOF_HALT:
            return MET_HALT;
        case VB_PROOF_GOOD:
            break;
        default:
            return NOT_MET;
        }
        for (size_t k = 0; k < i; k++)
            if (!agree(&proven[need->scheme->index].identity,
                       &proven[requirement->needs[k].scheme->index].identity))
                return NOT_MET;
        if (!has_scopes(need, &proven[need->scheme->index].identity))
            met = MET_BUT_SCOPES;
    }
    return met;
}

/* --- who it is -------------------------------------------------------------
 */

/* What a second proof adds to the first. */
static void join(struct vb_identity *into, const struct vb_identity *other)
{
    if (into->account.len == 0 && other->account.len > 0) {
        into->account = other->account;
        into->subject = other->subject;
        into->record = other->record;
    }
    if (other->role_count > 0 && into->role_count == 0) {
        into->roles = other->roles;
        into->role_count = other->role_count;
    }
    if (!other->unscoped && into->unscoped) { /* the narrower one counts */
        into->scopes = other->scopes;
        into->scope_count = other->scope_count;
        into->unscoped = false;
    }
    if (into->session.len == 0)
        into->session = other->session;
    into->deliberate |= other->deliberate;
    into->by_password |= other->by_password;
}

/* Who has met all of a requirement; the references stay the asking's. */
static bool identify(struct vb_exchange *x,
                     const struct vb_requirement *requirement)
{
    const struct vb_proven *proven = x->asking->proven;
    struct vb_identity *identity;

    if (requirement->need_count == 0)
        return true;
    if (requirement->need_count == 1) {
        x->identity = &proven[requirement->needs[0].scheme->index].identity;
        return true;
    }
    identity = vb_arena_alloc(&x->arena, sizeof(*identity));
    if (identity == NULL)
        return false;
    *identity = proven[requirement->needs[0].scheme->index].identity;
    for (size_t i = 1; i < requirement->need_count; i++)
        join(identity, &proven[requirement->needs[i].scheme->index].identity);
    x->identity = identity;
    return true;
}

/* --- all of them -----------------------------------------------------------
 */

/* Where all are let in, who they are is looked at nevertheless. */
static enum met look_anyway(struct vb_exchange *x)
{
    const struct vb_description *d = x->asking->access->description;

    for (size_t i = 0; x->identity == NULL && i < d->scheme_count; i++) {
        const struct vb_scheme *scheme = &d->schemes[i];
        const struct vb_need need = {.scheme = scheme};
        const struct vb_requirement alone = {&need, 1};
        enum met met = scheme->served ? meets(x, &alone) : NOT_MET;

        if (met == MET_LATER || met == MET_HALT)
            return met;
        if (met == MET)
            (void)identify(x, &alone);
    }
    return MET;
}

/* The first that is met wholly. */
static enum met meet_some(struct vb_exchange *x)
{
    struct vb_asking *asking = x->asking;
    const struct vb_security *security = asking->security;

    for (size_t i = 0; i < security->alternative_count; i++) {
        const struct vb_requirement *requirement = &security->alternatives[i];
        enum met met;

        if (requirement->need_count == 0)
            continue; /* when nothing better is met */
        met = meets(x, requirement);
        if (met == MET_LATER || met == MET_HALT)
            return met;
        if (met == MET)
            return identify(x, requirement) ? MET : NOT_MET;
        if (met == MET_BUT_SCOPES && asking->lacking == NULL)
            asking->lacking = requirement;
    }
    return asking->lacking != NULL ? MET_BUT_SCOPES : NOT_MET;
}

static enum vb_answer refuse(struct vb_exchange *x)
{
    x->reply.status = VB_STATUS_UNAUTHORIZED;
    vb__challenge_all(x);
    return VB_NO;
}

/* Met but for scopes: who it is is known; `permitted` says what is lacking,
 * where that is needed. */
static enum vb_answer settle(struct vb_exchange *x, enum met met)
{
    struct vb_asking *asking = x->asking;

    if (met != MET && vb__asking_refuted(asking))
        return refuse(x);
    if (met == MET_BUT_SCOPES && !identify(x, asking->lacking))
        return refuse(x);
    if (met != MET && asking->security->optional) {
        asking->lacking = NULL;
        return VB_YES;
    }
    return met == NOT_MET ? refuse(x) : VB_YES;
}

/* All there is to be known, whatever of it counts in the end. */
static enum vb_answer introduce(struct vb_exchange *x)
{
    struct vb_asking *asking = x->asking;
    const struct vb_description *d = asking->access->description;

    for (size_t i = 0; i < d->scheme_count; i++) {
        const struct vb_scheme *scheme = &d->schemes[i];
        enum vb_proof proof =
            scheme->served ? vb__asking_prove(x, scheme) : VB_PROOF_NONE;

        if (proof == VB_PROOF_PENDING)
            return VB_PENDING;
        if (proof == VB_PROOF_HALT)
            return VB_HALT;
        if (proof == VB_PROOF_GOOD && x->identity == NULL)
            x->identity = &asking->proven[scheme->index].identity;
    }
    if (x->identity == NULL)
        x->identity = asking->guest;
    return vb__asking_refuted(asking) ? refuse(x) : VB_YES;
}

enum vb_answer vb__authentic_go_on(struct vb_exchange *x)
{
    enum met met;

    if (x->asking->introduces) {
        enum vb_answer answer = introduce(x);

        if (answer != VB_YES || x->asking->security->optional)
            return answer;
    }
    met = meet_some(x);
    if (met == NOT_MET && x->asking->security->optional) {
        met = look_anyway(x);
        if (met == MET && x->identity == NULL)
            x->identity = x->asking->guest;
        if (met == MET)
            met = x->identity != NULL ? MET : NOT_MET;
    }
    if (met == MET_LATER)
        return VB_PENDING;
    if (met == MET_HALT)
        return VB_HALT;
    if (met == MET)
        x->asking->lacking = NULL;
    return settle(x, met);
}

/* Nothing is asked for where others could read the answer, and whoever sends it
 * all the same learns of it. */
static enum vb_answer in_clear(struct vb_exchange *x)
{
    if (vb_guard_security(x)->optional &&
        vb_fields_first(&x->head.fields, VB_FIELD_AUTHORIZATION) == NULL)
        return VB_YES;
    return vb_access_in_clear(x);
}

enum vb_answer vb_access_in_clear(struct vb_exchange *x)
{
    return vb_reply_refuse(
        x, VB_STATUS_FORBIDDEN,
        VB_SPAN("Credentials are taken over TLS only, or from this machine: on "
                "the way here, anybody could have read them. Where a gateway "
                "of the operator's has ended TLS, --plain-credentials says "
                "so."));
}

static enum vb_answer begin(struct vb_exchange *x, bool introduces)
{
    if (vb_guard_security(x) == NULL)
        return VB_YES;
    if (!vb_trusts_connection(x))
        return in_clear(x);
    if (vb__asking_begin(x) == NULL)
        return vb_reply_unavailable(x);
    x->asking->introduces = introduces;
    return vb__authentic_go_on(x);
}

enum vb_answer vb_access_authentic(struct vb_exchange *x)
{
    return begin(x, false);
}

enum vb_answer vb_access_introduce(struct vb_exchange *x)
{
    return begin(x, true);
}

/* --- of something else -----------------------------------------------------
 */

/* What nobody has asked of this request was not proven either; and what proves
 * another account than the one that rules are asked about does not count. */
static bool is_proven(const struct vb_exchange *x, const struct vb_need *need)
{
    const struct vb_proven *proven;

    if (x->asking == NULL || x->identity == NULL)
        return false;
    proven = &x->asking->proven[need->scheme->index];
    return proven->asked && proven->proof == VB_PROOF_GOOD &&
           agree(x->identity, &proven->identity) &&
           has_scopes(need, &proven->identity);
}

bool vb_access_meets(const struct vb_exchange *x,
                     const struct vb_security *security)
{
    bool met = security == NULL || security->optional;

    for (size_t i = 0; !met && i < security->alternative_count; i++) {
        const struct vb_requirement *requirement = &security->alternatives[i];

        met = true;
        for (size_t k = 0; met && k < requirement->need_count; k++)
            met = is_proven(x, &requirement->needs[k]);
    }
    return met;
}

/* --- permitted -------------------------------------------------------------
 */

enum vb_answer vb_access_permitted(struct vb_exchange *x)
{
    const struct vb_guard *guard = x->resource->guard;

    if (vb_guard_security(x) == NULL) { /* nothing is said of who it is */
        if (vb_rule_of(x) != NULL)
            return vb__rule_permitted(x);
        if (guard->permitted != NULL)
            return guard->permitted(x);
        return vb_method_is_safe(x->head.method) || vb__trusts_client(x)
                   ? VB_YES
                   : VB_NO;
    }
    if (x->asking == NULL || x->asking->lacking == NULL)
        return vb__rule_permitted(x);
    vb__challenge_lacking(x);
    return VB_NO;
}
