/*
 * Accounts of those whom others vouch for: the issuer of a token, or a CA, says
 * whose login it is; whether there is such an account, and what it may, is ours
 * to say. See lead.h.
 */
#include "access/asking.h"
#include "access/lead.h"
#include "flow/reply.h"

#define PREFIX "\0login: "

struct holder {
    struct vb__lead lead;
    struct vb_claim_read claim;
    char name[sizeof(PREFIX) - 1 + VB_ACCOUNT_LOGIN_MOST];
};

/* Any byte may be in a login. */
static struct vb_span name(struct holder *holder, struct vb_span login)
{
    memcpy(holder->name, PREFIX, sizeof(PREFIX) - 1);
    memcpy(holder->name + sizeof(PREFIX) - 1, login.ptr, login.len);
    return vb_span_of(holder->name, sizeof(PREFIX) - 1 + login.len);
}

static enum vb_proof judge(struct holder *holder)
{
    holder->lead.record = holder->claim.record;
    if (holder->claim.op.err != VB_OK) {
        return vb_access_halt(holder->lead.x);
    }
    return holder->lead.record != NULL ? VB_PROOF_GOOD : VB_PROOF_BAD;
}

static void claim_done(struct vb_store_op *op)
{
    struct holder *holder = op->context;

    vb__lead_found(&holder->lead, judge(holder));
}

static enum vb_proof find(struct vb__lead *lead)
{
    struct holder *holder = VB_CONTAINER(lead, struct holder, lead);

    holder->claim.op =
        (struct vb_store_op){.done = claim_done, .context = holder};
    return vb_store_claim(lead->x->env->store, &holder->claim) == VB_IO_PENDING
               ? VB_PROOF_PENDING
               : judge(holder);
}

enum vb_proof vb__holder_identify(struct vb_exchange *x, struct vb_span login,
                                  struct vb_identity *ret)
{
    static const struct vb_span why =
        VB_SPAN_INIT("No account here is its holder's.");
    struct holder *holder;

    if (!vb_account_login_fits(login)) {
        vb_access_why(x, why);
        return VB_PROOF_BAD;
    }
    holder = vb_arena_calloc(&x->arena, 1, sizeof(*holder));
    if (holder != NULL) {
        holder->lead = (struct vb__lead){
            .x = x,
            .ret = ret,
            .name = name(holder, login),
            .why = why,
            .find = find,
        };
        holder->claim.claim = vb_account_claim(
            &x->arena, vb_access_of(x)->description->accounts, login);
    }
    if (x->arena.failed) {
        return vb_access_halt(x);
    }
    return vb__lead_follow(&holder->lead);
}
