/*
 * Basic (RFC 7617): an account's login and password with each request.
 *
 * To verify a password costs a tenth of a second, and clients of Basic say
 * theirs each time. So a worker remembers for some minutes, in its hot cache,
 * which credentials were good: under a hash with a key that lives as long as
 * the process, and for one revision of the account. What is remembered dies
 * with any change of the account, and is of no use to who reads the memory
 * later.
 */
#include <sodium.h>
#include <stdlib.h>

#include "access/account.h"
#include "access/asking.h"
#include "access/login.h"

/* How long credentials are remembered. */
#define REMEMBERED_MS ((int64_t)5 * 60 * 1000)
#define HASH          32

/* What is remembered under the credentials' hash. */
struct memory {
    uint64_t revision; /* of the account, then */
    int64_t until_ms;  /* monotonic */
    size_t key_len;
    char key[]; /* of the account */
};

struct basic {
    struct vb_exchange *x;
    struct vb_identity *ret;
    char name[HASH + 8]; /* of the memory */
    bool remembered;     /* the account is of a memory, for its revision */
    uint64_t revision;
    struct vb_login login;
    struct vb_account_read read;
};

/* --- the memory --------------------------------------------------------------
 */

static struct vb_cache_name name_of(struct basic *basic)
{
    return vb_cache_name(basic->x->env->cache,
                         vb_span_of(basic->name, sizeof(basic->name)), 0);
}

/* Names the credentials; a login has no colon, so none is another's. */
static void name(struct basic *basic)
{
    const struct vb_logins *logins = basic->x->env->logins;
    const struct vb_span *parts[] = {&basic->login.login,
                                     &basic->login.password};
    crypto_generichash_state state;

    memcpy(basic->name, "\0basic: ", 8);
    crypto_generichash_init(&state, logins->key, sizeof(logins->key), HASH);
    for (int i = 0; i < 2; i++) {
        crypto_generichash_update(&state, (const unsigned char *)parts[i]->ptr,
                                  parts[i]->len);
        crypto_generichash_update(&state, (const unsigned char *)":", 1);
    }
    crypto_generichash_final(&state, (unsigned char *)basic->name + 8, HASH);
}

static const struct memory *recall(struct basic *basic)
{
    struct vb_cache_name named = name_of(basic);
    const struct memory *memory;
    void *value;

    if (vb_cache_get(basic->x->env->cache, &named, &value) != VB_CACHE_HIT)
        return NULL;
    memory = value;
    return memory->until_ms > basic->x->env->now.mono_ms ? memory : NULL;
}

static void remember(struct basic *basic, const struct vb_record *record)
{
    struct vb_cache *cache = basic->x->env->cache;
    size_t size = sizeof(struct memory) + record->key.len;
    struct memory *memory = cache == NULL ? NULL : malloc(size);
    struct vb_cache_name named;

    if (memory == NULL)
        return;
    memory->revision = record->revision;
    memory->until_ms = basic->x->env->now.mono_ms + REMEMBERED_MS;
    memory->key_len = record->key.len;
    memcpy(memory->key, record->key.ptr, record->key.len);
    named = name_of(basic);
    vb_cache_put(cache, &named, vb_cache_stamp(cache, named.hash),
                 (struct vb_cache_value){memory, free, size});
}

/* --- proving
 * ------------------------------------------------------------------
 */

static enum vb_proof fail(struct basic *basic, enum vb_proof proof)
{
    if (proof == VB_PROOF_BAD)
        vb_access_why(basic->x, VB_SPAN("There is no account of this login and "
                                        "password."));
    return proof;
}

static enum vb_proof check(struct basic *basic);

/* The account is read, whose password this is, or was when it was
 * remembered. */
static enum vb_proof identify(struct basic *basic)
{
    struct vb_exchange *x = basic->x;
    struct vb_account *account = basic->read.account;
    enum vb_proof proof = VB_PROOF_BAD;

    if (basic->read.err != VB_OK)
        return vb_login_busy(x);
    if (account == NULL || account->record->revision != basic->revision) {
        vb_account_unref(account);
        /* It has changed: what was remembered says nothing, and what was just
         * verified is verified again. */
        return check(basic);
    }
    proof = vb_account_is(x, account, basic->ret);
    if (proof == VB_PROOF_GOOD && !basic->remembered)
        remember(basic, account->record);
    vb_account_unref(account);
    basic->ret->unscoped = true;
    basic->ret->by_password = proof == VB_PROOF_GOOD;
    return fail(basic, proof);
}

static void account_read(struct vb_account_read *read)
{
    struct basic *basic = read->context;
    enum vb_proof proof = identify(basic);

    if (proof != VB_PROOF_PENDING)
        vb_access_proved(basic->x, proof);
}

static enum vb_proof look_up(struct basic *basic, struct vb_span key,
                             uint64_t revision)
{
    basic->revision = revision;
    basic->read = (struct vb_account_read){
        .x = basic->x,
        .key = vb_arena_dup(&basic->x->arena, key),
        .done = account_read,
        .context = basic,
    };
    if (basic->read.key.ptr == NULL)
        return vb_login_busy(basic->x);
    return vb_account_read(&basic->read) ? identify(basic) : VB_PROOF_PENDING;
}

/* The password was looked at. */
static enum vb_proof verified(struct basic *basic, enum vb_proof proof)
{
    struct vb_record *record = basic->login.record;

    if (proof != VB_PROOF_GOOD)
        return fail(basic, proof);
    proof = look_up(basic, record->key, record->revision);
    vb_record_unref(record);
    return proof;
}

static void checked(struct vb_login *login, enum vb_proof proof)
{
    struct basic *basic = login->context;

    proof = verified(basic, proof);
    if (proof != VB_PROOF_PENDING)
        vb_access_proved(basic->x, proof);
}

static enum vb_proof check(struct basic *basic)
{
    enum vb_proof proof;

    basic->remembered = false;
    basic->login.record = NULL;
    proof = vb_login_check(&basic->login);
    return proof == VB_PROOF_PENDING ? proof : verified(basic, proof);
}

enum vb_proof vb__prove_basic(struct vb_exchange *x,
                              const struct vb_scheme *scheme,
                              struct vb_identity *ret)
{
    struct vb_challenge credentials;
    const struct memory *memory;
    struct basic *basic;

    (void)scheme;
    if (!vb_access_credentials(x, "Basic", &credentials))
        return VB_PROOF_NONE;
    basic = vb_arena_calloc(&x->arena, 1, sizeof(*basic));
    if (basic == NULL || x->env->logins == NULL)
        return vb_login_busy(x);
    basic->x = x;
    basic->ret = ret;
    basic->login = (struct vb_login){
        .x = x,
        .accounts = vb_access_of(x)->description->accounts,
        .done = checked,
        .context = basic,
    };
    if (vb_basic_parse(&x->arena, &credentials, &basic->login.login,
                       &basic->login.password) != VB_OK)
        return fail(basic, VB_PROOF_BAD);
    if (x->env->cache == NULL)
        return check(basic);
    name(basic);
    memory = recall(basic);
    if (memory == NULL)
        return check(basic);
    basic->remembered = true;
    return look_up(basic, vb_span_of(memory->key, memory->key_len),
                   memory->revision);
}
