/*
 * Tokens of ours as credentials: of a bearer (RFC 6750), or as an API key in a
 * field, a parameter or a cookie. What a record says is kept in the worker's
 * cache, so that a hot request costs a hash and two look-ups.
 */
#include <sodium.h>

#include "access/account.h"
#include "access/asking.h"
#include "access/token.h"
#include "http/cookie.h"
#include "http/query.h"
#include "storage/cache.h"

/* Tells what was made of a record from what others make of it. */
#define VARIANT 0x70c3

/* One look at a token. */
struct look {
    struct vb_exchange *x;
    struct vb_identity *ret;
    unsigned char hash[VB_TOKEN_HASH_LEN];
    struct vb_cache_name name;
    struct vb_cache_stamp stamp;
    struct vb_read read;
};

/* --- what the request says -------------------------------------------------
 */

/* Where something comes twice, nobody knows which is meant. */
static void take_one(struct vb_span value, size_t *count, struct vb_span *ret)
{
    *ret = (*count)++ == 0 ? value : VB_SPAN("");
}

static bool key_in_header(const struct vb_exchange *x, struct vb_span name,
                          struct vb_span *ret)
{
    size_t count = 0;

    for (unsigned i = 0; i < x->head.fields.count; i++)
        if (vb_span_ieq(x->head.fields.at[i].name, name))
            take_one(x->head.fields.at[i].value, &count, ret);
    return count > 0;
}

static bool key_in_query(struct vb_exchange *x, struct vb_span name,
                         struct vb_span *ret)
{
    struct vb_query_pair pair;
    struct vb_query query;
    size_t count = 0;

    vb_query_init(&query, &x->arena, x->head.query);
    while (vb_query_next(&query, &pair))
        if (vb_span_eq(pair.name, name))
            take_one(pair.value, &count, ret);
    return count > 0;
}

static bool key_in_cookie(const struct vb_exchange *x, struct vb_span name,
                          struct vb_span *ret)
{
    struct vb_lines lines;
    size_t count;

    vb_fields_lines(&x->head.fields, VB_FIELD_COOKIE, &lines);
    count = vb_cookies_find(lines.at, lines.count, name, ret);
    if (count > 1)
        *ret = VB_SPAN("");
    return count > 0;
}

static bool find_key(struct vb_exchange *x, const struct vb_scheme *scheme,
                     struct vb_span *ret)
{
    switch (scheme->in) {
    case VB_KEY_IN_HEADER:
        return key_in_header(x, scheme->name, ret);
    case VB_KEY_IN_QUERY:
        return key_in_query(x, scheme->name, ret);
    case VB_KEY_IN_COOKIE:
        return key_in_cookie(x, scheme->name, ret);
    }
    return false;
}

/* --- what is known of it ---------------------------------------------------
 */

static void release(void *token)
{
    vb_token_unref(token);
}

static enum vb_proof refuse(struct vb_exchange *x, const char *why)
{
    vb_access_why(x, vb_span_str(why));
    return VB_PROOF_BAD;
}

/* All of it is copied: the record may go before the exchange does. */
static enum vb_proof identify(struct look *look, const struct vb_token *token)
{
    struct vb_exchange *x = look->x;
    struct vb_identity *ret = look->ret;
    struct vb_span *scopes;

    if (sodium_memcmp(token->hash, look->hash, VB_TOKEN_HASH_LEN) != 0)
        return refuse(x, "There is no such token.");
    if (token->expires_ms != 0 && x->env->now.unix_ms >= token->expires_ms)
        return refuse(x, "The token has expired.");
    scopes =
        vb_arena_alloc(&x->arena, (token->scope_count + 1) * sizeof(*scopes));
    for (size_t i = 0; scopes != NULL && i < token->scope_count; i++)
        scopes[i] = vb_arena_dup(&x->arena, token->scopes[i]);
    ret->scopes = scopes;
    ret->scope_count = scopes != NULL ? token->scope_count : 0;
    return vb_account_identify(x, vb_arena_dup(&x->arena, token->account),
                               token->position, ret);
}

static enum vb_proof judge(struct look *look)
{
    struct vb_exchange *x = look->x;
    struct vb_token *token = NULL;
    enum vb_proof proof;

    if (look->read.op.err != VB_OK)
        return vb_access_halt(x);
    if (look->read.record != NULL)
        token = vb_token_read(look->read.record->content);
    vb_record_unref(look->read.record);
    if (token == NULL)
        return refuse(x, "There is no such token.");
    vb_ref_get(&token->ref);
    if (x->env->cache != NULL)
        vb_cache_put(x->env->cache, &look->name, look->stamp,
                     (struct vb_cache_value){token, release, token->size});
    else
        vb_token_unref(token);
    proof = identify(look, token);
    vb_token_unref(token);
    return proof;
}

static void read_done(struct vb_store_op *op)
{
    struct look *look = op->context;
    enum vb_proof proof = judge(look);

    if (proof != VB_PROOF_PENDING)
        vb_access_proved(look->x, proof);
}

static enum vb_proof look_up(struct look *look, struct vb_span key)
{
    struct vb_exchange *x = look->x;
    void *value;

    if (x->env->cache != NULL) {
        look->name = vb_cache_name(x->env->cache, key, VARIANT);
        if (vb_cache_get(x->env->cache, &look->name, &value) == VB_CACHE_HIT)
            return identify(look, value);
        look->stamp = vb_cache_stamp(x->env->cache, look->name.hash);
    }
    look->read = (struct vb_read){
        .op = {.done = read_done, .context = look},
        .key = key,
    };
    return vb_store_read(x->env->store, &look->read) == VB_IO_PENDING
               ? VB_PROOF_PENDING
               : judge(look);
}

static enum vb_proof prove(struct vb_exchange *x, struct vb_span text,
                           struct vb_identity *ret)
{
    struct look *look = vb_arena_calloc(&x->arena, 1, sizeof(*look));
    char id[VB_TOKEN_ID_LEN];
    struct vb_span key;

    if (look == NULL)
        return VB_PROOF_NONE;
    *look = (struct look){.x = x, .ret = ret};
    if (!vb_token_hash(text, look->hash))
        return refuse(x, "This is no token of this server.");
    vb_opaque_id(look->hash, id);
    key = vb_token_key(&x->arena, vb_span_of(id, sizeof(id)));
    return key.len > 0 ? look_up(look, key) : VB_PROOF_NONE;
}

enum vb_proof vb__prove_token(struct vb_exchange *x,
                              const struct vb_scheme *scheme,
                              struct vb_identity *ret)
{
    struct vb_span text;

    (void)scheme;
    return vb__bearer_token(x, &text) ? prove(x, text, ret) : VB_PROOF_NONE;
}

enum vb_proof vb__prove_key(struct vb_exchange *x,
                            const struct vb_scheme *scheme,
                            struct vb_identity *ret)
{
    struct vb_span text;

    if (!find_key(x, scheme, &text))
        return VB_PROOF_NONE;
    return prove(x, text, ret);
}
