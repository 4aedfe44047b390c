/* Where a server is administered. See admin.h. */
#include "server/admin.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <sodium.h>

#include "access/scheme.h"
#include "access/throttle.h"
#include "base/list.h"
#include "base/log.h"
#include "base/private.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/chars.h"
#include "http/path.h"
#include "loop/loop.h"

#define DIGEST 32

/* By what a token is known: so that comparing takes the same time whatever is
 * said, and the token lies nowhere. */
struct token {
    bool there; /* else there is none, and nobody has it */
    unsigned char digest[DIGEST];
};

enum { CACHE, MOUNTS };

struct vb_admin {
    struct vb_admin_options options;
    struct token token; /* the listener's thread's, as is what follows */
    struct vb__admin_cache cache;
    struct vb_mounted mounts[MOUNTS];
    size_t mounted;
    struct vb_site site;
    struct vb_service service;
    struct vb_throttle *throttle;
    struct vb_access_writer *log; /* NULL: none */

    struct vb_loop *loop;
    struct vb_loop_hooks hooks;
    pthread_t thread;
    bool started;
    atomic_bool answers;
};

/* What there is, and where. */
static const struct {
    const char *path;
    const struct vb_handler *handler;
    size_t self; /* offset of what it is called with */
} table[MOUNTS] = {
    [CACHE] = {"/cache", &vb__admin_cache_handler,
               offsetof(struct vb_admin, cache)},
};

/* --- the token --------------------------------------------------------------
 */

static void digest_of(struct vb_span text, unsigned char digest[DIGEST])
{
    crypto_generichash(digest, DIGEST, (const unsigned char *)text.ptr,
                       text.len, NULL, 0);
}

/* b64token (RFC 6750 section 2.1), as a field can have it. */
static bool is_token(struct vb_span text)
{
    size_t len = text.len;

    while (len > 0 && text.ptr[len - 1] == '=')
        len--;
    return text.len >= VB_ADMIN_TOKEN_LEAST &&
           text.len <= VB_ADMIN_TOKEN_MOST && len > 0 &&
           vb_chars_all(vb_span_head(text, len), VB_CHAR_TOKEN68);
}

struct vb_span vb_admin_token_of(struct vb_span text)
{
    ssize_t end = vb_span_find(text, '\n', 0);
    struct vb_span line = vb_span_head(text, end < 0 ? text.len : (size_t)end);

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    return vb_span_trim(line);
}

static enum vb_err load_token(const char *path, struct token *ret_token,
                              struct vb_buf *why)
{
    char memory[VB_ADMIN_TOKEN_MOST + 256], words[512];
    struct vb_buf text = vb_buf_over(memory, sizeof(memory));
    struct vb_buf reason = vb_buf_over(words, sizeof(words));
    struct vb_span line;
    enum vb_err err;

    ret_token->there = false;
    if (path == NULL)
        return VB_OK;
    err = vb_private_read(path, &text, &reason);
    line = vb_admin_token_of(vb_buf_span(&text));
    if (err == VB_OK && !is_token(line)) {
        vb_buf_printf(&reason,
                      "has no token in its first line: %d to %d letters, "
                      "digits and -._~+/",
                      VB_ADMIN_TOKEN_LEAST, VB_ADMIN_TOKEN_MOST);
        err = VB_ERR_INVALID;
    }
    if (err == VB_OK) {
        digest_of(line, ret_token->digest);
        ret_token->there = true;
    } else {
        vb_buf_printf(why, "%s %.*s", path, VB_FMT(vb_buf_span(&reason)));
    }
    sodium_memzero(memory, sizeof(memory));
    return err;
}

/* --- who may ----------------------------------------------------------------
 */

static const struct vb_admin *admin_of(const struct vb_exchange *x)
{
    return VB_CONTAINER(x->site, const struct vb_admin, site);
}

static enum vb_answer ask_for_token(struct vb_exchange *x, bool had_another)
{
    const struct vb_auth_param params[] = {
        {.name = VB_SPAN("realm"), .value = VB_SPAN("admin")},
        {.name = VB_SPAN("error"), .value = VB_SPAN("invalid_token")},
    };

    x->reply.status = VB_STATUS_UNAUTHORIZED;
    vb_access_challenge(x, VB_FIELD_WWW_AUTHENTICATE, "Bearer", params,
                        had_another ? 2 : 1);
    vb_reply_detail(x, VB_SPAN("What would do is the token of --admin-token "
                               "(Bearer)."));
    return VB_NO;
}

static enum vb_answer slow_down(struct vb_exchange *x, int64_t wait_ms)
{
    x->retry_after_s = (uint32_t)((wait_ms + 999) / 1000);
    return vb_reply_refuse(
        x, VB_STATUS_TOO_MANY_REQUESTS,
        VB_SPAN("Too many attempts have failed. Nothing was looked at."));
}

static enum vb_answer check(struct vb_exchange *x, struct vb_span said)
{
    const struct vb_admin *admin = admin_of(x);
    int64_t now = x->env->now.mono_ms;
    int64_t wait = vb_throttle_try(admin->throttle, x->peer, VB_SPAN(""), now);
    unsigned char digest[DIGEST];

    if (wait > 0)
        return slow_down(x, wait);
    digest_of(said, digest);
    if (!admin->token.there ||
        sodium_memcmp(digest, admin->token.digest, DIGEST) != 0)
        return ask_for_token(x, true);
    vb_throttle_good(admin->throttle, x->peer, VB_SPAN(""), now);
    return VB_YES;
}

static enum vb_answer authentic(struct vb_exchange *x)
{
    struct vb_challenge credentials;

    if (x->peer != NULL && x->peer->local)
        return VB_YES;
    if (!vb_trusts_connection(x))
        return vb_access_in_clear(x);
    if (!vb_access_credentials(x, "Bearer", &credentials) ||
        credentials.token68.ptr == NULL)
        return ask_for_token(x, false);
    return check(x, credentials.token68);
}

/* Who is authentic may do what there is. */
static enum vb_answer permitted(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

/* --- what there is ----------------------------------------------------------
 */

static bool route(struct vb_site *site, struct vb_exchange *x)
{
    const struct vb_admin *admin =
        VB_CONTAINER(site, const struct vb_admin, site);

    if (vb_path_normalise(&x->arena, x->head.path, &x->key) != VB_OK)
        return false;
    for (size_t i = 0; i < MOUNTS; i++) {
        if (!vb_span_eq(x->key, vb_span_str(table[i].path)))
            continue;
        x->resource = &admin->mounts[i].resource;
        return true;
    }
    return false;
}

static enum vb_err mount(struct vb_admin *admin)
{
    for (; admin->mounted < MOUNTS; admin->mounted++) {
        struct vb_mounted *mounted = &admin->mounts[admin->mounted];
        enum vb_err err =
            vb_mounted_init(mounted, table[admin->mounted].handler,
                            (char *)admin + table[admin->mounted].self);

        if (err != VB_OK)
            return err;
        mounted->resource.authentic = authentic;
        mounted->resource.permitted = permitted;
        mounted->resource.personal = VB_ALL_METHODS;
    }
    return VB_OK;
}

/* --- its worker -------------------------------------------------------------
 */

static void begin(struct vb_service *service, struct vb_exchange *x)
{
    (void)service;
    vb_flow_start(x);
}

static void end(struct vb_service *service, struct vb_exchange *x)
{
    const struct vb_admin *admin =
        VB_CONTAINER(service, const struct vb_admin, service);

    vb_access_note(admin->log, x, (struct vb_redact_keys){.count = 0});
}

static enum vb_err worker_start(void *context, struct vb_worker *worker)
{
    struct vb_admin *admin = context;

    if (admin->options.log != NULL) {
        admin->log = vb_access_writer_new(admin->options.log);
        if (admin->log == NULL)
            return VB_ERR_NOMEM;
    }
    worker->user = admin;
    worker->env.service = &admin->service;
    worker->env.site = &admin->site;
    return VB_OK;
}

static void turn_end(struct vb_worker *worker)
{
    const struct vb_admin *admin = worker->user;

    if (admin != NULL)
        vb_access_flush(admin->log);
}

static void worker_stop(void *context, struct vb_worker *worker)
{
    struct vb_admin *admin = context;

    vb_access_writer_free(admin->log);
    admin->log = NULL;
    worker->env.site = NULL;
}

/* --- life -------------------------------------------------------------------
 */

/* Nobody needs more for it. */
#define CONNECTIONS 64
#define GRACE_MS    1000

static enum vb_err listen_at(struct vb_admin *admin, struct vb_buf *why)
{
    const struct vb_loop_config config = {
        .workers = 1,
        .addresses = &admin->options.address,
        .address_count = 1,
        .max_connections = CONNECTIONS,
        .max_programs = 1,
        .grace_ms = GRACE_MS,
        .limits = &vb_limits_default,
        .tls = admin->options.tls,
    };

    admin->options.address.owner_only = true;
    admin->hooks = (struct vb_loop_hooks){
        .worker_start = worker_start,
        .worker_stop = worker_stop,
        .turn_end = turn_end,
        .context = admin,
    };
    return vb_loop_new(&config, &admin->hooks, &admin->loop, why);
}

static enum vb_err prepare(struct vb_admin *admin, struct vb_buf *why)
{
    const struct vb_admin_options *options = &admin->options;
    enum vb_err err = load_token(options->token, &admin->token, why);

    if (err != VB_OK)
        return err;
    if (!admin->token.there && !vb_address_is_unix(&options->address)) {
        vb_buf_str(why, "--admin over TCP needs --admin-token: pages in "
                        "browsers can reach it as well");
        return VB_ERR_INVALID;
    }
    admin->throttle = vb_throttle_new();
    err = admin->throttle != NULL ? mount(admin) : VB_ERR_NOMEM;
    return err == VB_OK ? listen_at(admin, why) : err;
}

enum vb_err vb_admin_open(const struct vb_admin_options *options,
                          struct vb_admin **ret_admin, struct vb_buf *ret_why)
{
    struct vb_admin *admin = calloc(1, sizeof(*admin));
    enum vb_err err;

    if (admin == NULL)
        return VB_ERR_NOMEM;
    admin->options = *options;
    admin->cache.tier = options->tier;
    admin->site = (struct vb_site){.route = route, .trust = options->trust};
    admin->service = (struct vb_service){.begin = begin, .end = end};
    err = prepare(admin, ret_why);
    if (err == VB_OK)
        *ret_admin = admin;
    else
        vb_admin_close(admin);
    return err;
}

static void *run(void *context)
{
    struct vb_admin *admin = context;
    enum vb_err err = vb_loop_run(admin->loop);

    atomic_store(&admin->answers, false);
    if (err != VB_OK)
        vb_log(VB_LOG_ERROR, "--admin: %s", vb_err_text(err));
    return NULL;
}

/* Signals are the first worker's: this thread is born with all blocked. */
enum vb_err vb_admin_start(struct vb_admin *admin)
{
    sigset_t all, before;

    atomic_store(&admin->answers, true);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    admin->started = pthread_create(&admin->thread, NULL, run, admin) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return admin->started ? VB_OK : VB_ERR_NOMEM;
}

void vb_admin_place(const struct vb_admin *admin, struct vb_buf *buf)
{
    size_t count;

    vb_address_format(vb_loop_addresses(admin->loop, &count), buf);
}

void vb_admin_close(struct vb_admin *admin)
{
    if (admin == NULL)
        return;
    if (admin->started) {
        vb_loop_stop(admin->loop);
        pthread_join(admin->thread, NULL);
    }
    vb_loop_free(admin->loop);
    while (admin->mounted > 0)
        vb_mounted_done(&admin->mounts[--admin->mounted]);
    vb_throttle_free(admin->throttle);
    free(admin);
}

/* --- what is read anew ------------------------------------------------------
 */

struct renewal {
    struct vb_task task;
    struct vb_admin *admin;
    struct token token;
    struct vb_memory_tier *tier;
};

static void take_over(struct vb_task *task)
{
    struct renewal *renewal = VB_CONTAINER(task, struct renewal, task);

    if (renewal->token.there)
        renewal->admin->token = renewal->token;
    renewal->admin->cache.tier = renewal->tier;
    free(renewal);
}

void vb_admin_renew(struct vb_admin *admin, struct vb_memory_tier *tier)
{
    struct renewal *renewal = calloc(1, sizeof(*renewal));
    struct vb_buf why;

    if (renewal == NULL || !atomic_load(&admin->answers)) {
        free(renewal);
        return;
    }
    *renewal = (struct renewal){
        .task = {.run = take_over},
        .admin = admin,
        .tier = tier,
    };
    vb_buf_init(&why, 8192);
    if (load_token(admin->options.token, &renewal->token, &why) != VB_OK) {
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
        vb_log(VB_LOG_NOTICE, "going on with the token as it was");
    }
    vb_buf_done(&why);
    vb_mailbox_post(vb_loop_mailbox(admin->loop), &renewal->task);
}
