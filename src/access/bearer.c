/*
 * Tokens of somebody else in Authorization (RFC 6750 section 2.1), and nowhere
 * else: URIs are written down in too many places (section 5.3).
 *
 * What was verified is kept for a while in the worker's cache, under a hash of
 * the token: a hot request verifies no signature. Whether claims hold is asked
 * each time, and a reload makes other keys, which know nothing of it. Whose
 * account it is, where a claim says that, is found in holder.c.
 */
#include <sodium.h>

#include "access/asking.h"
#include "access/jwt.h"
#include "storage/cache.h"

/* How long a signature that was good is, in milliseconds. */
#define VERIFIED_MS (5 * 60 * 1000)

/* Bytes of a cache's key: a prefix, and the token's hash. */
#define PREFIX  "jwt:"
#define KEY_LEN (sizeof(PREFIX) - 1 + crypto_generichash_BYTES)

bool vb__bearer_token(const struct vb_exchange *x, struct vb_span *ret_token)
{
    struct vb_challenge credentials;

    if (!vb_access_credentials(x, "Bearer", &credentials))
        return false;
    *ret_token =
        credentials.token68.ptr != NULL ? credentials.token68 : VB_SPAN("");
    return true;
}

/* --- verified before -------------------------------------------------------
 */

static void release(void *jwt)
{
    vb_jwt_unref(jwt);
}

static struct vb_span hash_of(struct vb_span token, char *room)
{
    memcpy(room, PREFIX, sizeof(PREFIX) - 1);
    crypto_generichash((unsigned char *)room + sizeof(PREFIX) - 1,
                       crypto_generichash_BYTES,
                       (const unsigned char *)token.ptr, token.len, NULL, 0);
    return vb_span_of(room, KEY_LEN);
}

static const struct vb_jwt *find_verified(struct vb_exchange *x,
                                          const struct vb_cache_name *name,
                                          const struct vb_jwks *keys)
{
    const struct vb_jwt *jwt;
    void *value;

    if (vb_cache_get(x->env->cache, name, &value) != VB_CACHE_HIT)
        return NULL;
    jwt = value;
    return jwt->keys == vb_jwks_serial(keys) &&
                   x->env->now.unix_ms - jwt->verified_ms < VERIFIED_MS
               ? jwt
               : NULL;
}

/* --- who it is -------------------------------------------------------------
 */

struct words {
    struct vb_exchange *x;
    struct vb_span *list;
    size_t count;
};

static void count_word(void *context, struct vb_span word)
{
    struct words *words = context;

    (void)word;
    words->count++;
}

static void add_word(void *context, struct vb_span word)
{
    struct words *words = context;

    words->list[words->count++] = vb_arena_dup(&words->x->arena, word);
}

/* Words of claims, in the arena. False: they are none, or no memory. */
static bool take_words(struct vb_exchange *x, const struct vb_jwt *jwt,
                       const struct vb_span *claims, size_t count,
                       struct words *words)
{
    *words = (struct words){.x = x};
    if (!vb_jwt_words(jwt, claims, count, count_word, words))
        return false;
    words->list =
        vb_arena_alloc(&x->arena, (words->count + 1) * sizeof(*words->list));
    words->count = 0;
    return words->list != NULL &&
           vb_jwt_words(jwt, claims, count, add_word, words);
}

/* What is looked at. */
struct look {
    struct vb_exchange *x;
    const struct vb_scheme *scheme;
    struct vb_span token;
    struct vb_identity *ret;
    struct vb_span login; /* of its holder's account, in the arena */
};

static bool take_login(struct look *look, const struct vb_jwt *jwt)
{
    struct vb_span login;

    if (!vb_jwt_login(jwt, look->scheme->jwt->account_claim, &login))
        return false;
    look->login = vb_arena_dup(&look->x->arena, login);
    return look->login.len > 0;
}

/* All of it is copied: the token may go before the exchange does. */
static const char *identify(struct look *look, const struct vb_jwt *jwt)
{
    static const struct vb_span scopes[] = {
        VB_SPAN_INIT("scope"), VB_SPAN_INIT("scp"), VB_SPAN_INIT("scopes")};
    const struct vb_jwt_rules *rules = look->scheme->jwt;
    struct vb_exchange *x = look->x;
    struct vb_identity *ret = look->ret;
    const char *why = vb_jwt_why_not(jwt, rules, x->env->now.unix_ms / 1000);
    struct words words;

    if (why != NULL)
        return why;
    ret->subject = vb__asking_subject(x, look->scheme, vb_jwt_subject(jwt));
    if (!take_words(x, jwt, scopes, sizeof(scopes) / sizeof(scopes[0]), &words))
        return "Its scopes cannot be read.";
    ret->scopes = words.list;
    ret->scope_count = words.count;
    if (rules->roles_claim.len > 0) {
        if (!take_words(x, jwt, &rules->roles_claim, 1, &words))
            return "Its roles cannot be read.";
        ret->roles = words.list;
        ret->role_count = words.count;
    }
    if (rules->account_claim.len > 0 && !take_login(look, jwt))
        return "It does not say whose account is meant, or nobody has verified "
               "that e-mail address.";
    return NULL;
}

/* --- all of it --------------------------------------------------------------
 */

static const char *look_at(struct look *look)
{
    struct vb_exchange *x = look->x;
    const struct vb_scheme *scheme = look->scheme;
    const struct vb_jwks *keys = vb_access_of(x)->keys[scheme->index];
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_name name = {.variant = (uint32_t)scheme->index};
    const struct vb_jwt *verified = NULL;
    struct vb_cache_stamp stamp;
    struct vb_jwt *jwt;
    char room[KEY_LEN];
    const char *why;

    if (cache != NULL) {
        name = vb_cache_name(cache, hash_of(look->token, room),
                             (uint32_t)scheme->index);
        verified = find_verified(x, &name, keys);
        stamp = vb_cache_stamp_lasting();
    }
    if (verified != NULL)
        return identify(look, verified);
    if (vb_jwt_verify(keys, look->token, &jwt, &why) != VB_OK)
        return why;
    jwt->verified_ms = x->env->now.unix_ms;
    why = identify(look, jwt);
    if (cache != NULL && why == NULL)
        vb_cache_put(cache, &name, stamp,
                     (struct vb_cache_value){jwt, release, jwt->size});
    else
        vb_jwt_unref(jwt);
    return why;
}

enum vb_proof vb__prove_jwt(struct vb_exchange *x,
                            const struct vb_scheme *scheme,
                            struct vb_identity *ret)
{
    struct look look = {.x = x, .scheme = scheme, .ret = ret};
    const char *why;

    if (!vb__bearer_token(x, &look.token) ||
        vb_access_of(x)->keys[scheme->index] == NULL)
        return VB_PROOF_NONE;
    why = look_at(&look);
    if (why == NULL)
        return look.login.len > 0 ? vb__holder_identify(x, look.login, ret)
                                  : VB_PROOF_GOOD;
    vb_access_why(x,
                  vb_arena_printf(&x->arena, "The token is refused. %s", why));
    return VB_PROOF_BAD;
}
