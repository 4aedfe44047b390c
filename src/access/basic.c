/*
 * Basic (RFC 7617): an account's login and password with each request.
 *
 * To verify a password costs a tenth of a second, and clients of Basic say
 * theirs each time. So it is remembered which were good (lead.h).
 */
#include "access/asking.h"
#include "access/lead.h"
#include "access/login.h"

#define PREFIX "\0basic: "

struct basic {
    struct vb__lead lead;
    struct vb_login login;
    char name[sizeof(PREFIX) - 1 + VB_LOGIN_DIGEST];
};

/* Names the credentials; a login has no colon, so none is another's. */
static struct vb_span name(struct basic *basic)
{
    memcpy(basic->name, PREFIX, sizeof(PREFIX) - 1);
    vb_login_digest(basic->lead.x->env->logins, basic->login.login,
                    basic->login.password, basic->name + sizeof(PREFIX) - 1);
    return vb_span_of(basic->name, sizeof(basic->name));
}

static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct basic *basic = login->context;

    basic->lead.record = login->record;
    vb__lead_found(&basic->lead, proof);
}

static enum vb_proof check(struct vb__lead *lead)
{
    struct basic *basic = VB_CONTAINER(lead, struct basic, lead);
    enum vb_proof proof;

    basic->login.record = NULL;
    proof = vb_login_check(&basic->login);
    if (proof == VB_PROOF_GOOD)
        lead->record = basic->login.record;
    return proof;
}

enum vb_proof vb__prove_basic(struct vb_exchange *x,
                              const struct vb_scheme *scheme,
                              struct vb_identity *ret)
{
    struct vb_challenge credentials;
    struct basic *basic;

    (void)scheme;
    if (!vb_access_credentials(x, "Basic", &credentials))
        return VB_PROOF_NONE;
    basic = vb_arena_calloc(&x->arena, 1, sizeof(*basic));
    if (basic == NULL || x->env->logins == NULL)
        return vb_login_busy(x);
    basic->lead = (struct vb__lead){
        .x = x,
        .ret = ret,
        .why = VB_SPAN("There is no account of this login and password."),
        .find = check,
    };
    basic->login = (struct vb_login){
        .x = x,
        .accounts = vb_access_of(x)->description->accounts,
        .done = checked,
        .context = basic,
    };
    if (vb_basic_parse(&x->arena, &credentials, &basic->login.login,
                       &basic->login.password) != VB_OK) {
        vb_access_why(x, basic->lead.why);
        return VB_PROOF_BAD;
    }
    basic->lead.name = name(basic);
    ret->unscoped = true;
    ret->by_password = true;
    return vb__lead_follow(&basic->lead);
}
