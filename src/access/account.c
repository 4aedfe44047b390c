/* Accounts. See account.h. */
#include "access/account.h"

#include <sodium.h>
#include <stdlib.h>

#include "access/password.h"
#include "base/utf8.h"
#include "describe/unique.h"
#include "flow/reply.h"

/* No offer's and coding's variant, and not that of a plain record either
 * (resource/cached.c). */
#define ACCOUNT_VARIANT (UINT32_MAX - 1)

/* Roles that one account may have; the others do not count. */
#define ROLES_MOST 100

struct vb_account *vb_account_ref(struct vb_account *account)
{
    account->references++;
    return account;
}

void vb_account_unref(struct vb_account *account)
{
    if (account == NULL || --account->references > 0)
        return;
    vb_record_unref(account->record);
    free(account);
}

/* --- its login ---------------------------------------------------------------
 */

bool vb_account_login_fits(struct vb_span login)
{
    return login.len > 0 && login.len <= VB_ACCOUNT_LOGIN_MOST &&
           vb_utf8_valid(login);
}

struct vb_claim vb_account_claim(struct vb_arena *arena,
                                 const struct vb_accounts *accounts,
                                 struct vb_span login)
{
    yyjson_val value = {0};

    yyjson_set_strn(&value, login.ptr, login.len); /* as the state has it */
    return (struct vb_claim){
        .scope =
            vb_unique_scope(arena, accounts->collection->path, accounts->login),
        .value = vb_unique_value(arena, &value, 8 * VB_ACCOUNT_LOGIN_MOST),
    };
}

/* --- what a record says ------------------------------------------------------
 */

static yyjson_val *member(yyjson_val *root, const struct vb_property *property)
{
    return property == NULL ? NULL : vb_json_member(root, property->path[0]);
}

void vb_account_mark(struct vb_span hash, char ret_mark[VB_ACCOUNT_MARK])
{
    struct vb_span salt = vb_password_salt(hash);

    memset(ret_mark, 0, VB_ACCOUNT_MARK);
    if (salt.len == 0)
        salt = hash;
    if (salt.len > 0)
        crypto_generichash((unsigned char *)ret_mark, VB_ACCOUNT_MARK,
                           (const unsigned char *)salt.ptr, salt.len, NULL, 0);
}

struct vb_span vb_account_hash(struct vb_exchange *x,
                               const struct vb_accounts *accounts,
                               const struct vb_record *record)
{
    struct vb_span hash = VB_SPAN("");
    struct vb_json *state;
    yyjson_val *val;

    if (record == NULL ||
        vb_json_parse(record->content, NULL, &state, NULL) != VB_OK)
        return hash;
    val = member(state->root, accounts->password);
    if (yyjson_is_str(val))
        hash = vb_arena_dup(&x->arena, vb_json_text(val));
    vb_json_free(state);
    return hash.ptr != NULL ? hash : VB_SPAN("");
}

struct vb_json *vb_account_put_hash(const struct vb_accounts *accounts,
                                    yyjson_val *state, const char *hash)
{
    struct vb_span name = accounts->password->path[0];
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root = NULL;
    struct vb_json *json = NULL;

    if (doc != NULL)
        root = yyjson_val_mut_copy(doc, state);
    if (root == NULL ||
        !yyjson_mut_obj_replace(root, yyjson_mut_strn(doc, name.ptr, name.len),
                                yyjson_mut_str(doc, hash)) ||
        vb_json_freeze(root, NULL, &json, NULL) != VB_OK)
        json = NULL;
    yyjson_mut_doc_free(doc);
    return json;
}

/* A role or a list of them. */
static size_t list_roles(yyjson_val *said, struct vb_span *roles, size_t most)
{
    size_t count = 0, i, max;
    yyjson_val *item;

    if (yyjson_is_str(said) && most > 0)
        roles[count++] = vb_json_text(said);
    yyjson_arr_foreach(said, i, max, item)
    {
        if (yyjson_is_str(item) && count < most)
            roles[count++] = vb_json_text(item);
    }
    return count;
}

static struct vb_account *make(const struct vb_span *roles, size_t count)
{
    size_t size = sizeof(struct vb_account) + count * sizeof(*roles);
    struct vb_account *account;
    char *to;

    for (size_t i = 0; i < count; i++)
        size += roles[i].len;
    account = calloc(1, size);
    if (account == NULL)
        return NULL;
    to = (char *)&account->roles[count];
    for (size_t i = 0; i < count; i++) {
        memcpy(to, roles[i].ptr, roles[i].len);
        account->roles[i] = vb_span_of(to, roles[i].len);
        to += roles[i].len;
    }
    account->role_count = count;
    account->references = 1;
    return account;
}

/* NULL: no memory. What is not JSON is nobody's: disabled. */
static struct vb_account *account_of(const struct vb_accounts *accounts,
                                     struct vb_record *record)
{
    struct vb_span roles[ROLES_MOST];
    struct vb_json *state = NULL;
    struct vb_account *account;
    yyjson_val *password, *root = NULL;

    if (vb_json_parse(record->content, NULL, &state, NULL) == VB_OK)
        root = state->root;
    account = make(
        roles, list_roles(member(root, accounts->roles), roles, ROLES_MOST));
    if (account != NULL) {
        account->record = vb_record_ref(record);
        account->disabled =
            root == NULL || yyjson_is_true(member(root, accounts->disabled));
        password = member(root, accounts->password);
        vb_account_mark(yyjson_is_str(password) ? vb_json_text(password)
                                                : VB_SPAN(""),
                        account->mark);
    }
    vb_json_free(state);
    return account;
}

/* --- reading -----------------------------------------------------------------
 */

static void release(void *account)
{
    vb_account_unref(account);
}

static void finish(struct vb_account_read *read)
{
    struct vb_exchange *x = read->x;
    struct vb_cache *cache = x->env->cache;
    struct vb_record *record = read->read.record;
    struct vb_cache_name name;

    read->err = read->read.op.err;
    if (read->err != VB_OK || record == NULL)
        return;
    read->account = account_of(vb_access_of(x)->description->accounts, record);
    vb_record_unref(record);
    if (read->account == NULL) {
        read->err = VB_ERR_NOMEM;
    } else if (cache != NULL) {
        name = vb_cache_name(cache, read->key, ACCOUNT_VARIANT);
        vb_cache_put(
            cache, &name, read->stamp,
            (struct vb_cache_value){vb_account_ref(read->account), release,
                                    sizeof(*read->account) +
                                        vb_record_size(read->account->record)});
    }
}

static void read_done(struct vb_store_op *op)
{
    struct vb_account_read *read = op->context;

    finish(read);
    read->done(read);
}

static bool may_be_cached(const struct vb_account_read *read)
{
    return !read->fresh || !read->x->env->store->store->shared;
}

bool vb_account_read(struct vb_account_read *read)
{
    struct vb_env *env = read->x->env;
    void *cached;

    read->account = NULL;
    read->err = VB_OK;
    if (env->cache != NULL) {
        struct vb_cache_name name =
            vb_cache_name(env->cache, read->key, ACCOUNT_VARIANT);

        if (may_be_cached(read) &&
            vb_cache_get(env->cache, &name, &cached) == VB_CACHE_HIT) {
            read->account = vb_account_ref(cached);
            return true;
        }
        read->stamp = vb_cache_stamp(env->cache, name.hash);
    }
    read->read = (struct vb_read){.op = {.done = read_done, .context = read},
                                  .key = read->key};
    if (vb_store_read(env->store, &read->read) == VB_IO_PENDING)
        return false;
    finish(read);
    return true;
}

/* --- who it is ---------------------------------------------------------------
 */

static struct vb_span last_segment(struct vb_span key)
{
    size_t from = key.len;

    while (from > 0 && key.ptr[from - 1] != '/')
        from--;
    return vb_span_from(key, from);
}

enum vb_proof vb_account_is(struct vb_exchange *x,
                            const struct vb_account *account,
                            struct vb_identity *ret)
{
    struct vb_span *roles = NULL;

    if (account->disabled)
        return VB_PROOF_BAD;
    if (account->role_count > 0) {
        roles = vb_arena_alloc(&x->arena, account->role_count * sizeof(*roles));
        for (size_t i = 0; roles != NULL && i < account->role_count; i++)
            roles[i] = vb_arena_dup(&x->arena, account->roles[i]);
    }
    if (x->arena.failed) {
        return vb_access_halt(x);
    }
    ret->record = vb_record_ref(account->record);
    ret->account = ret->record->key;
    ret->subject = last_segment(ret->account);
    ret->roles = roles;
    ret->role_count = account->role_count;
    return VB_PROOF_GOOD;
}

struct identifying {
    struct vb_account_read read;
    uint64_t position;
    struct vb_identity *ret;
};

static enum vb_proof judge(struct identifying *identifying)
{
    struct vb_account_read *read = &identifying->read;
    enum vb_proof proof = VB_PROOF_BAD;

    if (read->err != VB_OK) {
        return vb_access_halt(read->x);
    }
    if (read->account != NULL &&
        read->account->record->position == identifying->position)
        proof = vb_account_is(read->x, read->account, identifying->ret);
    vb_account_unref(read->account);
    return proof;
}

static void identified(struct vb_account_read *read)
{
    vb_access_proved(read->x, judge(read->context));
}

enum vb_proof vb_account_identify(struct vb_exchange *x, struct vb_span key,
                                  uint64_t position, struct vb_identity *ret)
{
    struct identifying *identifying =
        vb_arena_alloc(&x->arena, sizeof(*identifying));

    if (identifying == NULL) {
        return vb_access_halt(x);
    }
    *identifying = (struct identifying){
        .read = {.x = x,
                 .key = key,
                 .done = identified,
                 .context = identifying},
        .position = position,
        .ret = ret,
    };
    return vb_account_read(&identifying->read) ? judge(identifying)
                                               : VB_PROOF_PENDING;
}
