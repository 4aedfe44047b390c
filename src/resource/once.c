/* Requests that are done once. See once.h. */
#include "resource/once.h"

#include <sodium.h>

#include "base/list.h"
#include "exchange/identity.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "resource/once_claim.h"

/* What a note begins with: the fingerprint, and whether it is one of all the
 * content; there are methods that leave theirs unread. */
#define PRINT      crypto_hash_sha256_BYTES
#define PREFIX     (PRINT + 1)
#define PRINT_SEEN 's'
#define PRINT_NONE '-'

/* x->once of a request with an Idempotency-Key. */
struct once {
    struct vb_once base;
    struct vb_exchange *x;
    struct vb_hold hold; /* while it is under way */
    bool held;
    struct vb__once_claim claim;    /* the same, where others write as well */
    const struct vb_commit *commit; /* that has the note with it; or NULL */
    bool has_seen;                  /* content came by */
    unsigned char name[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state print; /* of what it asks */
    struct vb_memo_read read;       /* the note of the first time */
    struct vb_memo memo;            /* to be kept */
    struct vb_buf bytes;            /* of it */
    struct vb_sink sink;            /* of content that is only compared */
    uint64_t compared;              /* bytes */
    bool finished;                  /* the flow was told */
    bool outrun;                    /* all was ready, and is another's now */
    uint16_t since;                 /* fields of the reply that are none of the
                                       outcome's */
};

static struct once *once_of(struct vb_exchange *x)
{
    return VB_CONTAINER(x->once, struct once, base);
}

/* A part and its end, so that parts cannot be moved into each other. */
static void add(crypto_hash_sha256_state *state, struct vb_span part)
{
    uint64_t len = part.len;

    crypto_hash_sha256_update(state, (const unsigned char *)&len, sizeof(len));
    crypto_hash_sha256_update(state, (const unsigned char *)part.ptr, part.len);
}

/* One key may be used with several methods and URIs, as if it were several. */
static void make_name(struct once *once, struct vb_span key)
{
    const struct vb_exchange *x = once->x;
    crypto_hash_sha256_state state;

    crypto_hash_sha256_init(&state);
    add(&state, x->head.method_text);
    add(&state, x->key);
    add(&state, x->head.query);
    add(&state, key);
    if (x->identity != NULL) { /* the keys of others are others */
        add(&state, x->identity->account);
        add(&state, x->identity->subject);
        add(&state, x->identity->session);
    }
    crypto_hash_sha256_final(&state, once->name);
}

/* --- what the exchange asks ------------------------------------------------
 */

static void content(struct vb_exchange *x, struct vb_span bytes)
{
    struct once *once = once_of(x);

    once->has_seen = true;
    crypto_hash_sha256_update(&once->print, (const unsigned char *)bytes.ptr,
                              bytes.len);
}

static void let_go(struct once *once)
{
    if (once->held)
        vb_hold_drop(&once->x->env->store->store->holds, &once->hold);
    once->held = false;
}

/* The commit's answer has come, if it was asked for. */
static bool is_kept(const struct once *once)
{
    return once->commit != NULL && once->commit->op.err == VB_OK;
}

/* Before the client can know the reply, and send the request again; but for
 * what the store itself could not say in time. */
static bool settled(struct vb_exchange *x, unsigned status)
{
    struct once *once = once_of(x);

    let_go(once);
    if (is_kept(once))
        vb__once_claim_done(&once->claim);
    return vb__once_claim_leave(
        &once->claim, status != 0 && status != VB_STATUS_SERVICE_UNAVAILABLE);
}

static void done(struct vb_exchange *x)
{
    struct once *once = once_of(x);

    let_go(once);
    vb_buf_done(&once->bytes);
    vb_buf_done(&once->read.bytes);
}

static struct once *once_new(struct vb_exchange *x, struct vb_span key)
{
    struct once *once = vb_arena_calloc(&x->arena, 1, sizeof(*once));

    if (once == NULL) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return NULL;
    }
    once->base = (struct vb_once){content, settled, done};
    once->x = x;
    once->since = x->reply.field_count;
    make_name(once, key);
    crypto_hash_sha256_init(&once->print);
    add(&once->print, x->media_type);
    vb_buf_init(&once->bytes, VB_MEMO_MAX);
    vb_buf_init(&once->read.bytes, VB_MEMO_MAX);
    x->once = &once->base;
    return once;
}

/* --- once more: is it the same request? ------------------------------------
 */

static struct vb_span name_of(const struct once *once)
{
    return vb_span_of((const char *)once->name, sizeof(once->name));
}

static enum vb_answer replay(struct once *once)
{
    struct vb_exchange *x = once->x;
    struct vb_span text = vb_span_from(vb_buf_span(&once->read.bytes), PREFIX);

    if (!vb__once_read(x, text, once->read.revision))
        return vb_reply_refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR, VB_SPAN(""));
    return VB_HALT;
}

static bool has_seen_all(const struct once *once)
{
    return once->has_seen || !once->x->head.has_content;
}

static enum vb_answer compare(struct once *once)
{
    struct vb_exchange *x = once->x;
    const char *kept = once->read.bytes.ptr;
    unsigned char print[PRINT];

    crypto_hash_sha256_final(&once->print, print);
    if (kept[PRINT] != PRINT_SEEN || (once->outrun && !has_seen_all(once)) ||
        memcmp(kept, print, PRINT) == 0)
        return replay(once);
    x->reply.status = VB_STATUS_UNPROCESSABLE_CONTENT;
    vb_reply_detail(x, VB_SPAN("This Idempotency-Key was used for a request "
                               "with other content."));
    return VB_NO;
}

static void finish(struct once *once, enum vb_err err)
{
    enum vb_answer answer = vb_intake_verdict(once->x, err);

    once->finished = true;
    vb_flow_resume(once->x, answer == VB_YES ? compare(once) : answer);
}

static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct once *once = VB_CONTAINER(sink, struct once, sink);

    once->compared += bytes.len;
    if (once->compared <= vb_intake_limit(once->x))
        return VB_SINK_MORE;
    finish(once, VB_ERR_LIMIT);
    return VB_SINK_DONE;
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct once *once = VB_CONTAINER(sink, struct once, sink);

    if (!once->finished)
        finish(once, err);
}

/* Its content is looked at as it comes, and kept nowhere; where it has not come
 * by already. */
static enum vb_answer compare_content(struct once *once)
{
    struct vb_exchange *x = once->x;

    if (once->read.bytes.len < PREFIX) {
        return vb_reply_refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR, VB_SPAN(""));
    }
    if (once->outrun || !x->head.has_content ||
        once->read.bytes.ptr[PRINT] != PRINT_SEEN)
        return compare(once);
    once->sink = (struct vb_sink){take, end, NULL};
    return vb_intake_begin(x, &once->sink);
}

/* --- the question ----------------------------------------------------------
 */

/* When it may be tried again at the latest (RFC 9110 section 10.2.3): the one
 * under way ends by itself, or is over when its claim is; not known: soon. */
static enum vb_answer refuse_second(struct vb_exchange *x, int64_t ends_ms)
{
    int64_t left_ms = ends_ms - x->env->now.unix_ms;

    if (left_ms > VB__CLAIM_MS) /* by another clock */
        left_ms = VB__CLAIM_MS;
    vb_reply_field(x, VB_FIELD_RETRY_AFTER,
                   vb_arena_printf(&x->arena, "%lld",
                                   left_ms <= 1000
                                       ? 1LL
                                       : (long long)(left_ms + 999) / 1000));
    x->reply.status = VB_STATUS_CONFLICT;
    vb_reply_detail(x, VB_SPAN("A request with this Idempotency-Key is still "
                               "under way."));
    return VB_NO;
}

static bool is_shared(const struct once *once)
{
    return once->x->env->store->store->shared;
}

/* Whoever has held the name may have let it go meanwhile. */
static enum vb_answer judge(struct once *once)
{
    if (once->read.op.err != VB_OK)
        return vb_stored_failed(once->x, once->read.op.err);
    if (once->read.found ? once->read.bytes.len == VB__CLAIM_LEN
                         : is_shared(once) || once->outrun)
        return refuse_second(once->x, once->read.expires_ms);
    if (!once->read.found)
        return VB_YES;
    let_go(once);
    return compare_content(once);
}

static void read_done(struct vb_store_op *op)
{
    struct once *once = op->context;
    enum vb_answer answer = judge(once);

    if (answer != VB_PENDING)
        vb_flow_resume(once->x, answer);
}

static enum vb_answer look_up(struct once *once,
                              void (*read)(struct vb_store_op *op),
                              enum vb_answer (*then)(struct once *once))
{
    const struct vb_env *env = once->x->env;

    once->read.op = (struct vb_store_op){.done = read, .context = once};
    once->read.name = name_of(once);
    once->read.now_ms = env->now.unix_ms;
    return vb_store_memo(env->store, &once->read) == VB_IO_PENDING ? VB_PENDING
                                                                   : then(once);
}

/* A name that is new is ours now: it need not be looked up. */
static enum vb_answer judge_claim(struct once *once)
{
    switch (once->claim.err) {
    case VB_OK:
        return VB_YES;
    case VB_ERR_EXISTS:
        return look_up(once, read_done, judge);
    default:
        return vb_stored_failed(once->x, once->claim.err);
    }
}

static void claimed(struct vb__once_claim *claim)
{
    struct once *once = VB_CONTAINER(claim, struct once, claim);
    enum vb_answer answer = judge_claim(once);

    if (answer != VB_PENDING)
        vb_flow_resume(once->x, answer);
}

static enum vb_answer claim(struct once *once)
{
    return vb__once_claim_take(&once->claim, once->x, name_of(once), claimed) ==
                   VB_IO_PENDING
               ? VB_PENDING
               : judge_claim(once);
}

enum vb_answer vb_once_fresh(struct vb_exchange *x, struct vb_span key)
{
    struct once *once = once_new(x, key);

    if (once == NULL)
        return VB_HALT;
    if (is_shared(once))
        return claim(once);
    once->held =
        vb_hold_take(&x->env->store->store->holds, &once->hold, name_of(once));
    return once->held ? look_up(once, read_done, judge) : refuse_second(x, 0);
}

/* --- all was ready, and another one was faster -------------------------------
 */

/* The rows behind the first one have other statuses for NO. */
static enum vb_answer judge_outrun(struct once *once)
{
    (void)judge(once);
    return VB_HALT;
}

static void outrun_read(struct vb_store_op *op)
{
    struct once *once = op->context;

    vb_flow_resume(once->x, judge_outrun(once));
}

enum vb_answer vb_once_outrun(struct vb_exchange *x)
{
    struct once *once = once_of(x);

    once->outrun = true;
    x->reply.field_count = once->since;
    vb__once_claim_done(&once->claim); /* it is another's */
    return look_up(once, outrun_read, judge_outrun);
}

/* --- keeping the reply -----------------------------------------------------
 */

/* A copy: the commit may have to be tried again. */
static void write_print(struct once *once)
{
    bool seen = has_seen_all(once);
    crypto_hash_sha256_state state = once->print;
    unsigned char print[PRINT];

    crypto_hash_sha256_final(&state, print);
    vb_buf_append(&once->bytes, vb_span_of((const char *)print, PRINT));
    vb_buf_char(&once->bytes, seen ? PRINT_SEEN : PRINT_NONE);
}

bool vb_once_note(struct vb_exchange *x, struct vb_commit *commit,
                  unsigned status, uint16_t since)
{
    struct once *once = once_of(x);

    once->commit = NULL;
    vb_buf_reset(&once->bytes);
    write_print(once);
    vb__once_write(&once->bytes, x, status);
    vb_rep_unref(x->current);
    x->current = NULL;
    x->outcome = (struct vb_outcome){0};
    x->reply.bytes = VB_SPAN("");
    x->reply.content = VB_CONTENT_NONE;
    x->reply.field_count = since;
    once->memo = (struct vb_memo){
        .name = name_of(once),
        .bytes = vb_buf_span(&once->bytes),
        .now_ms = x->env->now.unix_ms,
        .expires_ms =
            x->env->now.unix_ms + (int64_t)x->env->limits->once_retention_ms,
        .over = vb__once_claim_bytes(&once->claim),
    };
    if (once->bytes.err != VB_OK || x->arena.failed)
        return false;
    commit->memo = &once->memo;
    once->commit = commit;
    return true;
}

bool vb_once_memo(struct vb_stored *stored,
                  void (*reply)(struct vb_stored *stored))
{
    struct vb_exchange *x = stored->x;
    uint16_t since = x->reply.field_count;

    if (reply != NULL)
        reply(stored);
    return vb_once_note(x, &stored->commit, vb_flow_foresee(x), since);
}
