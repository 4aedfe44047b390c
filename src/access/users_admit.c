/* Which user of a proxy asks: the row `admitted`. See users.h. */
#include "access/users_inner.h"

#include "access/login.h"
#include "base/assert.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "flow/trust.h"

/* One request, in its exchange's arena. */
struct admission {
    struct vb_exchange *x;
    const struct vb__user *user; /* whom it says it is; NULL: nobody */
    struct vb_span realm;
    uint64_t digest;
    struct vb_login login;
    struct vb_link link;    /* in admitting->under_way, or among these: */
    struct vb_link waiting; /* whoever says the same meanwhile */
};

void vb_admitting_init(struct vb_admitting *admitting, struct vb_users *users)
{
    admitting->users = users;
    vb_list_init(&admitting->under_way);
}

void vb_admitting_done(struct vb_admitting *admitting)
{
    vb_assert(vb_list_empty(&admitting->under_way));
    vb_users_unref(admitting->users);
    admitting->users = NULL;
}

/* --- what comes of it
 * ---------------------------------------------------------
 */

static enum vb_answer ask_for(struct vb_exchange *x, struct vb_span realm,
                              struct vb_span why)
{
    const struct vb_auth_param params[] = {
        {.name = VB_SPAN("realm"), .value = realm},
        {.name = VB_SPAN("charset"), .value = VB_SPAN("UTF-8")},
    };

    x->reply.status = VB_STATUS_PROXY_AUTHENTICATION_REQUIRED;
    vb_access_challenge(x, VB_FIELD_PROXY_AUTHENTICATE, "Basic", params, 2);
    vb_reply_detail(x, why);
    return VB_NO;
}

static enum vb_answer refuse(struct vb_exchange *x, struct vb_span realm)
{
    return ask_for(x, realm,
                   VB_SPAN("This proxy has no user of this name and "
                           "password."));
}

static enum vb_answer admit(struct vb_exchange *x, const struct vb__user *user)
{
    struct vb_identity *identity =
        vb_arena_calloc(&x->arena, 1, sizeof(*identity));

    if (identity == NULL)
        return vb_reply_unavailable(x);
    identity->subject = user->name;
    identity->by_password = true;
    x->identity = identity;
    return VB_YES;
}

static enum vb_answer settle(const struct admission *admission,
                             enum vb_proof proof)
{
    if (proof == VB_PROOF_HALT)
        return VB_HALT;
    if (proof != VB_PROOF_GOOD)
        return refuse(admission->x, admission->realm);
    atomic_store_explicit(admission->user->said, admission->digest,
                          memory_order_relaxed);
    return admit(admission->x, admission->user);
}

/* The exchange may be gone when this returns. */
static void resume(const struct admission *admission, enum vb_proof proof)
{
    struct vb_exchange *x = admission->x;

    vb_flow_resume(x, x->abandoned ? VB_NO : settle(admission, proof));
}

/* --- the password
 * -------------------------------------------------------------
 */

/* What holds for the first holds for all that have said the same; but what
 * it is told of being busy, each is told by itself. */
static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct admission *admission = login->context;

    vb_list_remove(&admission->link);
    while (!vb_list_empty(&admission->waiting)) {
        struct admission *other = VB_CONTAINER(vb_list_pop(&admission->waiting),
                                               struct admission, link);

        if (proof == VB_PROOF_HALT)
            (void)vb_login_busy(other->x);
        resume(other, proof);
    }
    resume(admission, proof);
}

/* Who has the same verified just now; NULL: nobody. */
static struct admission *find_alike(const struct vb_admitting *admitting,
                                    uint64_t digest)
{
    const struct vb_link *end = &admitting->under_way;

    for (struct vb_link *at = end->next; at != end; at = at->next) {
        struct admission *one = VB_CONTAINER(at, struct admission, link);

        if (one->digest == digest)
            return one;
    }
    return NULL;
}

/* Never 0, which says that nothing is remembered. */
static uint64_t digest_of(const struct admission *admission)
{
    char digest[VB_LOGIN_DIGEST];
    uint64_t first;

    vb_login_digest(admission->x->env->logins, admission->login.login,
                    admission->login.password, digest);
    memcpy(&first, digest, sizeof(first));
    return first != 0 ? first : 1;
}

static bool is_remembered(const struct admission *admission)
{
    return admission->user != NULL &&
           atomic_load_explicit(admission->user->said, memory_order_relaxed) ==
               admission->digest;
}

static enum vb_answer verify(struct admission *admission,
                             struct vb_admitting *admitting)
{
    struct admission *alike = find_alike(admitting, admission->digest);
    enum vb_proof proof;

    if (alike != NULL) {
        vb_list_append(&alike->waiting, &admission->link);
        return VB_PENDING;
    }
    if (admission->user != NULL)
        admission->login.hash = admission->user->hash;
    proof = vb_login_check(&admission->login);
    if (proof != VB_PROOF_PENDING)
        return settle(admission, proof);
    vb_list_init(&admission->waiting);
    vb_list_append(&admitting->under_way, &admission->link);
    return VB_PENDING;
}

static enum vb_answer check(struct admission *admission,
                            struct vb_admitting *admitting)
{
    admission->user = vb__users_find(admitting->users, admission->login.login);
    admission->digest = digest_of(admission);
    return is_remembered(admission) ? admit(admission->x, admission->user)
                                    : verify(admission, admitting);
}

enum vb_answer vb_users_admit(struct vb_exchange *x,
                              struct vb_admitting *admitting,
                              struct vb_span realm)
{
    struct vb_challenge credentials;
    struct admission *admission;

    if (!vb_trusts_connection(x))
        return vb_access_in_clear(x);
    if (!vb_access_credentials_in(x, VB_FIELD_PROXY_AUTHORIZATION, "Basic",
                                  &credentials))
        return ask_for(x, realm,
                       VB_SPAN("This proxy is for its users: what would do is "
                               "a name and password (Basic)."));
    admission = vb_arena_calloc(&x->arena, 1, sizeof(*admission));
    if (admission == NULL || x->env->logins == NULL) {
        (void)vb_login_busy(x);
        return VB_HALT;
    }
    *admission = (struct admission){
        .x = x,
        .realm = realm,
        .login = {.x = x, .done = checked, .context = admission},
    };
    if (vb_basic_parse(&x->arena, &credentials, &admission->login.login,
                       &admission->login.password) != VB_OK)
        return refuse(x, realm);
    return check(admission, admitting);
}
