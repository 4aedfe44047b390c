/* Logging in. See login.h. */
#include "access/login.h"

#include <sodium.h>
#include <stdlib.h>

#include "access/account.h"
#include "base/list.h"
#include "flow/reply.h"

/* Seconds after which hashes that wait now will have been made. */
#define BUSY_FOR 5

struct vb_logins *vb_logins_new(const struct vb_password_cost *cost)
{
    struct vb_logins *logins = calloc(1, sizeof(*logins));

    if (logins == NULL)
        return NULL;
    logins->passwords = vb_passwords_new(cost);
    logins->throttle = vb_throttle_new();
    if (logins->passwords == NULL || logins->throttle == NULL) {
        vb_logins_free(logins);
        return NULL;
    }
    randombytes_buf(logins->key, sizeof(logins->key));
    return logins;
}

void vb_logins_free(struct vb_logins *logins)
{
    if (logins == NULL)
        return;
    vb_passwords_free(logins->passwords);
    vb_throttle_free(logins->throttle);
    sodium_memzero(logins->key, sizeof(logins->key));
    free(logins);
}

void vb_login_digest(const struct vb_logins *logins, struct vb_span login,
                     struct vb_span password, char ret_digest[VB_LOGIN_DIGEST])
{
    const struct vb_span *parts[] = {&login, &password};
    crypto_generichash_state state;

    crypto_generichash_init(&state, logins->key, sizeof(logins->key),
                            VB_LOGIN_DIGEST);
    for (int i = 0; i < 2; i++) {
        crypto_generichash_update(&state, (const unsigned char *)parts[i]->ptr,
                                  parts[i]->len);
        crypto_generichash_update(&state, (const unsigned char *)":", 1);
    }
    crypto_generichash_final(&state, (unsigned char *)ret_digest,
                             VB_LOGIN_DIGEST);
}

/* --- what an attempt comes to
 * -------------------------------------------------
 */

enum vb_proof vb_login_busy(struct vb_exchange *x)
{
    x->retry_after_s = BUSY_FOR;
    (void)vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE,
                          VB_SPAN("Too many passwords are being checked."));
    return VB_PROOF_HALT;
}

/* It was not looked at, for a reason of our own. */
static void undo(struct vb_login *login)
{
    struct vb_exchange *x = login->x;

    vb_throttle_undo(x->env->logins->throttle, x->peer, login->login);
    vb_record_unref(login->record);
    login->record = NULL;
}

static enum vb_proof give_up(struct vb_login *login)
{
    undo(login);
    return vb_login_busy(login->x);
}

/* Nor may it look as if nobody had the login. */
static enum vb_proof fail(struct vb_login *login)
{
    undo(login);
    return vb_access_halt(login->x);
}

/* --- a hash of today
 * ----------------------------------------------------------
 */

static void renewed(struct vb_store_op *op)
{
    struct vb_login *login = op->context;

    login->done(login, VB_PROOF_GOOD);
}

/* The account with the hash of today; "": there is no memory for it. */
static struct vb_span renewed_content(struct vb_login *login)
{
    struct vb_span content = VB_SPAN("");
    struct vb_json *before, *after = NULL;
    struct vb_buf text;

    if (vb_json_parse(login->record->content, NULL, &before, NULL) != VB_OK)
        return content;
    after =
        vb_account_put_hash(login->accounts, before->root, login->work.renewed);
    vb_buf_init(&text, VB_STORE_CHUNK);
    if (after != NULL)
        vb_json_write(&text, after->root);
    if (text.err == VB_OK && text.len > 0)
        content = vb_arena_dup(&login->x->arena, vb_buf_span(&text));
    vb_buf_done(&text);
    vb_json_free(after);
    vb_json_free(before);
    return content.ptr != NULL ? content : VB_SPAN("");
}

static enum vb_proof renew(struct vb_login *login)
{
    struct vb_span content = VB_SPAN("");

    if (login->work.renewed[0] != '\0')
        content = renewed_content(login);
    if (content.len == 0)
        return VB_PROOF_GOOD;
    login->change = (struct vb_change){
        .kind = VB_CHANGE_AMEND,
        .key = login->record->key,
        .expect = login->record->revision,
        .content = content,
        .length = content.len,
    };
    login->commit = (struct vb_commit){
        .op = {.done = renewed, .context = login},
        .changes = &login->change,
        .change_count = 1,
    };
    return vb_store_commit(login->x->env->store, &login->commit) ==
                   VB_IO_PENDING
               ? VB_PROOF_PENDING
               : VB_PROOF_GOOD;
}

/* --- the password
 * -------------------------------------------------------------
 */

static enum vb_proof judge(struct vb_login *login)
{
    struct vb_exchange *x = login->x;
    bool good = login->work.good && login->somebody;

    sodium_memzero((void *)login->work.password.ptr, login->work.password.len);
    if (login->work.failed)
        return give_up(login);
    if (good) {
        vb_throttle_good(x->env->logins->throttle, x->peer, login->login,
                         x->env->now.mono_ms);
        return renew(login);
    }
    vb_record_unref(login->record);
    login->record = NULL;
    return VB_PROOF_BAD;
}

static void verified(struct vb_password_work *work)
{
    struct vb_login *login = VB_CONTAINER(work, struct vb_login, work);

    enum vb_proof proof = judge(login);

    if (proof != VB_PROOF_PENDING)
        login->done(login, proof);
}

/* Against what is kept of it; where there is nothing, against what is nobody's,
 * so that it takes as long. */
static enum vb_proof verify(struct vb_login *login)
{
    struct vb_exchange *x = login->x;
    struct vb_passwords *passwords = x->env->logins->passwords;
    struct vb_span hash =
        login->accounts == NULL
            ? login->hash
            : vb_account_hash(x, login->accounts, login->record);

    login->somebody = vb_password_is_hash(hash);
    if (!login->somebody) {
        vb_record_unref(login->record);
        login->record = NULL;
        hash = vb_span_str(vb_passwords_dummy(passwords));
    }
    memcpy(login->work.hash, hash.ptr, hash.len);
    login->work.hash[hash.len] = '\0';
    login->work.done = verified;
    switch (vb_passwords_begin(passwords, x->env, &login->work)) {
    case VB_PASSWORD_PENDING:
        return VB_PROOF_PENDING;
    case VB_PASSWORD_DONE:
        return judge(login);
    default:
        return give_up(login);
    }
}

/* --- who has the login -------------------------------------------------------
 */

static enum vb_proof found(struct vb_login *login)
{
    login->record = login->claim.record;
    login->work.renews = true;
    return login->claim.op.err != VB_OK ? fail(login) : verify(login);
}

static void claim_done(struct vb_store_op *op)
{
    struct vb_login *login = op->context;
    enum vb_proof proof = found(login);

    if (proof != VB_PROOF_PENDING)
        login->done(login, proof);
}

static enum vb_proof find(struct vb_login *login)
{
    struct vb_arena *arena = &login->x->arena;

    login->claim = (struct vb_claim_read){
        .op = {.done = claim_done, .context = login},
        .claim = vb_account_claim(arena, login->accounts, login->login)};
    if (arena->failed)
        return give_up(login);
    if (vb_store_claim(login->x->env->store, &login->claim) == VB_IO_PENDING)
        return VB_PROOF_PENDING;
    return found(login);
}

/* --- all together ------------------------------------------------------------
 */

static enum vb_proof slow_down(struct vb_login *login, int64_t wait_ms)
{
    struct vb_exchange *x = login->x;

    vb_record_unref(login->record);
    login->record = NULL;
    x->retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
    (void)vb_reply_refuse(
        x, VB_STATUS_TOO_MANY_REQUESTS,
        VB_SPAN("Too many attempts have failed. Nothing was looked at."));
    return VB_PROOF_HALT;
}

enum vb_proof vb_login_check(struct vb_login *login)
{
    struct vb_exchange *x = login->x;
    int64_t wait;

    if (x->env->logins == NULL) {
        vb_record_unref(login->record);
        return vb_login_busy(x);
    }
    /* No account has these: they are all one. */
    if (!vb_account_login_fits(login->login))
        login->login = VB_SPAN("");
    wait = vb_throttle_try(x->env->logins->throttle, x->peer, login->login,
                           x->env->now.mono_ms);
    if (wait > 0)
        return slow_down(login, wait);
    if (!vb_password_prepare(&x->arena, login->password,
                             &login->work.password)) {
        /* No password that anyone can have; that takes as long. */
        login->work.password = vb_arena_dup(&x->arena, VB_SPAN("-"));
        login->hash = VB_SPAN("");
        vb_record_unref(login->record);
        login->record = NULL;
        return x->arena.failed ? give_up(login) : verify(login);
    }
    return login->record != NULL || login->accounts == NULL ? verify(login)
                                                            : find(login);
}
