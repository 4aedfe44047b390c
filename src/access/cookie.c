/*
 * Sessions as credentials: the cookie that names one, which a browser sends
 * unasked, so that a stale one is nobody's and no more.
 *
 *     cookie ─▶ hash ─▶ session ─▶ account ─▶ who it is
 *                          │         └ its mark is that of the session's login
 *                          └ from the cache or the store; once in a while
 *                            it is written down that it was seen
 *
 * A hot request costs a hash and two look-ups.
 */
#include "access/cookie.h"

#include <sodium.h>

#include "access/asking.h"
#include "access/session.h"
#include "flow/reply.h"
#include "http/cookie.h"

/* Tells what was made of a record from what others make of it. */
#define VARIANT 0x5e55

#define PREFIX_LEN (sizeof(VB_SESSION_KEYS) - 1)
#define KEY_LEN    (PREFIX_LEN + VB_OPAQUE_ID_LEN)

/* --- the cookie -----------------------------------------------------------
 */

struct vb_span vb_cookie_name(const struct vb_exchange *x,
                              const struct vb_scheme *scheme)
{
    return vb_is_protected(x) ? scheme->session.host_name
                              : scheme->session.bare_name;
}

static bool set(struct vb_exchange *x, const struct vb_scheme *scheme,
                struct vb_span text, enum vb_cookie_life life)
{
    const struct vb_set_cookie cookie = {
        .name = vb_cookie_name(x, scheme),
        .value = text,
        .path = VB_SPAN("/"),
        .life = life,
        .same_site =
            scheme->session.strict ? VB_SAME_SITE_STRICT : VB_SAME_SITE_LAX,
        .secure = vb_is_protected(x),
        .http_only = true,
    };
    struct vb_span value = VB_SPAN("");
    struct vb_buf buf;

    vb_buf_init(&buf, 4096);
    if (vb_set_cookie_write(&buf, &cookie) == VB_OK)
        value = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    vb_reply_field(x, VB_FIELD_SET_COOKIE, value);
    return value.len > 0;
}

bool vb_cookie_set(struct vb_exchange *x, const struct vb_scheme *scheme,
                   struct vb_span text)
{
    return set(x, scheme, text, VB_COOKIE_SESSION);
}

bool vb_cookie_end(struct vb_exchange *x, const struct vb_scheme *scheme)
{
    return set(x, scheme, VB_SPAN(""), VB_COOKIE_DELETE);
}

/* --- who it is ------------------------------------------------------------
 */

/* One look at a session. */
struct visit {
    struct vb_exchange *x;
    const struct vb_scheme *scheme;
    struct vb_identity *ret;
    unsigned char hash[VB_OPAQUE_HASH_LEN];
    char key[KEY_LEN];
    struct vb_cache_name name;
    struct vb_cache_stamp stamp;
    struct vb_read read;
    struct vb_account_read account;
    struct vb_session *session; /* a reference, until the asking has it */
};

/* That it was seen, to be written down. */
struct note {
    struct vb_exchange *x;
    enum vb_proof proof; /* once that is done, or has failed */
    struct vb_session session;
    struct vb_change change;
    struct vb_commit commit;
};

static enum vb_proof nobody(struct vb_exchange *x)
{
    vb_access_why(x, VB_SPAN("The session is over."));
    return VB_PROOF_NONE;
}

/* Whether it could be written down decides nothing. */
static void noted(struct vb_store_op *op)
{
    struct note *note = op->context;

    vb_access_proved(note->x, note->proof);
}

static enum vb_proof note_seen(struct visit *visit, enum vb_proof proof)
{
    struct vb_exchange *x = visit->x;
    struct note *note = vb_arena_calloc(&x->arena, 1, sizeof(*note));
    int64_t now = x->env->now.unix_ms;

    if (note == NULL)
        return proof;
    note->x = x;
    note->proof = proof;
    note->session = *visit->session;
    note->session.seen_ms = now;
    note->change =
        vb_session_put(&x->arena, &note->session, now, note->session.revision);
    note->commit = (struct vb_commit){
        .op = {.done = noted, .context = note},
        .changes = &note->change,
        .change_count = 1,
    };
    if (note->change.content.len == 0)
        return proof;
    return vb_store_commit(x->env->store, &note->commit) == VB_IO_PENDING
               ? VB_PROOF_PENDING
               : proof;
}

/* It is a session that counts, of an account or a guest. */
static enum vb_proof known(struct visit *visit, enum vb_proof proof)
{
    struct vb_session *session = visit->session;
    struct vb_asking *asking = visit->x->asking;

    asking->session = session;
    visit->ret->session = vb_session_id(session);
    visit->ret->unscoped = true;
    if (session->account.len == 0)
        asking->guest = visit->ret;
    return vb_session_is_due(session, &visit->scheme->session,
                             visit->x->env->now.unix_ms)
               ? note_seen(visit, proof)
               : proof;
}

static enum vb_proof leave(struct visit *visit, enum vb_proof proof)
{
    vb_session_unref(visit->session);
    return proof;
}

static enum vb_proof read_account(struct visit *visit, bool fresh);

/* An account from the cache may be older than the session that its password
 * has made: then it is read once more. */
static bool may_be_old(const struct visit *visit)
{
    return visit->x->env->store->store->shared && !visit->account.fresh &&
           visit->account.account != NULL;
}

/* Whoever has changed the password since has ended it. */
static enum vb_proof with_account(struct visit *visit)
{
    struct vb_account *account = visit->account.account;
    struct vb_exchange *x = visit->x;
    enum vb_proof proof = VB_PROOF_BAD;

    if (visit->account.err != VB_OK)
        return leave(visit, vb_access_halt(x));
    if (account != NULL &&
        memcmp(account->mark, visit->session->mark, VB_ACCOUNT_MARK) == 0)
        proof = vb_account_is(x, account, visit->ret);
    vb_account_unref(account);
    if (proof == VB_PROOF_BAD && may_be_old(visit))
        return read_account(visit, true);
    if (proof == VB_PROOF_GOOD)
        return known(visit, proof);
    return leave(visit, proof == VB_PROOF_HALT ? proof : nobody(x));
}

static void account_done(struct vb_account_read *read)
{
    struct visit *visit = read->context;
    enum vb_proof proof = with_account(visit);

    if (proof != VB_PROOF_PENDING)
        vb_access_proved(visit->x, proof);
}

static enum vb_proof read_account(struct visit *visit, bool fresh)
{
    visit->account = (struct vb_account_read){
        .x = visit->x,
        .key = visit->session->account,
        .fresh = fresh,
        .done = account_done,
        .context = visit,
    };
    return vb_account_read(&visit->account) ? with_account(visit)
                                            : VB_PROOF_PENDING;
}

static enum vb_proof judge(struct visit *visit)
{
    struct vb_exchange *x = visit->x;
    const struct vb_session *session = visit->session;

    if (sodium_memcmp(session->hash, visit->hash, sizeof(visit->hash)) != 0 ||
        vb_session_expires(session, &visit->scheme->session) <=
            x->env->now.unix_ms)
        return leave(visit, nobody(x));
    if (session->account.len == 0)
        return known(visit, VB_PROOF_NONE);
    return read_account(visit, false);
}

/* --- which session --------------------------------------------------------
 */

static void release(void *session)
{
    vb_session_unref(session);
}

static enum vb_proof have_record(struct visit *visit)
{
    struct vb_exchange *x = visit->x;
    struct vb_record *record = visit->read.record;
    size_t size;

    if (visit->read.op.err != VB_OK)
        return vb_access_halt(x);
    if (record != NULL)
        visit->session = vb_session_read(record);
    vb_record_unref(record);
    if (visit->session == NULL)
        return nobody(x);
    if (x->env->cache != NULL) {
        size = sizeof(*visit->session) + visit->session->account.len;
        vb_ref_get(&visit->session->ref);
        vb_cache_put(x->env->cache, &visit->name, visit->stamp,
                     (struct vb_cache_value){visit->session, release, size});
    }
    return judge(visit);
}

static void read_done(struct vb_store_op *op)
{
    struct visit *visit = op->context;
    enum vb_proof proof = have_record(visit);

    if (proof != VB_PROOF_PENDING)
        vb_access_proved(visit->x, proof);
}

static enum vb_proof look_up(struct visit *visit, struct vb_span key)
{
    struct vb_exchange *x = visit->x;
    void *value;

    if (x->env->cache != NULL) {
        visit->name = vb_cache_name(x->env->cache, key, VARIANT);
        if (vb_cache_get(x->env->cache, &visit->name, &value) == VB_CACHE_HIT) {
            visit->session = value;
            vb_ref_get(&visit->session->ref);
            return judge(visit);
        }
        visit->stamp = vb_cache_stamp(x->env->cache, visit->name.hash);
    }
    visit->read = (struct vb_read){
        .op = {.done = read_done, .context = visit},
        .key = key,
    };
    return vb_store_read(x->env->store, &visit->read) == VB_IO_PENDING
               ? VB_PROOF_PENDING
               : have_record(visit);
}

/* Where it comes twice, somebody has planted the second. */
static bool find_text(struct vb_exchange *x, const struct vb_scheme *scheme,
                      struct vb_span *ret)
{
    struct vb_lines lines;

    vb_fields_lines(&x->head.fields, VB_FIELD_COOKIE, &lines);
    return lines.count > 0 &&
           vb_cookies_find(lines.at, lines.count, vb_cookie_name(x, scheme),
                           ret) == 1;
}

enum vb_proof vb__prove_session(struct vb_exchange *x,
                                const struct vb_scheme *scheme,
                                struct vb_identity *ret)
{
    struct visit *visit;
    struct vb_span text;

    if (!find_text(x, scheme, &text))
        return VB_PROOF_NONE;
    if (text.len != VB_OPAQUE_LEN)
        return nobody(x);
    visit = vb_arena_alloc(&x->arena, sizeof(*visit));
    if (visit == NULL)
        return vb_access_halt(x);
    visit->x = x;
    visit->scheme = scheme;
    visit->ret = ret;
    visit->session = NULL;
    vb_opaque_hash(text, visit->hash);
    memcpy(visit->key, VB_SESSION_KEYS, PREFIX_LEN);
    vb_opaque_id(visit->hash, visit->key + PREFIX_LEN);
    return look_up(visit, vb_span_of(visit->key, sizeof(visit->key)));
}
