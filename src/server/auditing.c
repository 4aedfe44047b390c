/* Telling what is wrong with answers. See auditing.h. */
#include "server/auditing.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "flow/resource.h"

/* Findings that are known at once. What does not fit takes the place of another
 * one, which is then told again. */
enum { SLOTS = 1024 };
#define QUIET_MS INT64_C(60000)
/* The most of a line, and of a part of it. */
#define LINE_MOST ((size_t)4096)
#define PART_MOST ((size_t)512)

/* What was told, of which operation. */
struct told {
    uint64_t key; /* 0: nothing */
    int64_t at_ms;
    uint64_t since; /* how often since then */
};

struct vb_auditing {
    struct vb_auditor auditor;
    struct vb_redaction redaction;
    pthread_mutex_t mutex; /* of what follows */
    struct told told[SLOTS];
};

static uint64_t key_of(const struct vb_exchange *x,
                       const struct vb_audit_finding *finding)
{
    const struct {
        const struct vb_resource *resource;
        uint64_t method, rule, status;
    } what = {x->resource, x->head.method, finding->rule, finding->status};

    return vb_hash(vb_hash_key_shared(),
                   vb_span_of((const char *)&what, sizeof(what))) |
           1;
}

/* Is it to be told now? Then also how often it was not. */
static bool is_due(struct vb_auditing *auditing, uint64_t key, int64_t now_ms,
                   uint64_t *ret_since)
{
    struct told *told = &auditing->told[(key >> 1) % SLOTS];
    bool due;

    pthread_mutex_lock(&auditing->mutex);
    due = told->key != key || now_ms - told->at_ms >= QUIET_MS;
    *ret_since = told->key == key ? told->since : 0;
    if (due)
        *told = (struct told){.key = key, .at_ms = now_ms};
    else
        told->since++;
    pthread_mutex_unlock(&auditing->mutex);
    return due;
}

/* --- a line -----------------------------------------------------------------
 */

struct to_buf {
    struct vb_redact_out out;
    struct vb_buf *buf;
};

static void put_piece(struct vb_redact_out *out, struct vb_span text)
{
    vb_log_quoted(VB_CONTAINER(out, struct to_buf, out)->buf,
                  vb_span_head(text, PART_MOST));
}

static void put_target(struct vb_buf *buf, const struct vb_auditing *auditing,
                       const struct vb_exchange *x)
{
    const struct vb_secrets *secrets =
        x->site != NULL ? x->site->secrets : NULL;
    struct vb_redact_keys keys = {NULL, 0};
    struct to_buf to = {{put_piece}, buf};

    if (secrets != NULL)
        keys = (struct vb_redact_keys){secrets->parameters,
                                       secrets->parameter_count};
    vb_redact_uri(&auditing->redaction, keys, x->head.target, &to.out);
}

static void put_part(struct vb_buf *buf, struct vb_span part)
{
    if (part.len == 0)
        return;
    vb_buf_str(buf, ": ");
    vb_log_quoted(buf, vb_span_head(part, PART_MOST));
}

/* "GET /books?limit=***: 405: it says with Allow ...: Allow (RFC ...)". */
static void tell(struct vb_auditor *auditor, const struct vb_exchange *x,
                 const struct vb_audit_finding *finding)
{
    const struct vb_audit_rule *rule = &vb_audit_rules[finding->rule];
    struct vb_auditing *auditing =
        VB_CONTAINER(auditor, struct vb_auditing, auditor);
    char line[LINE_MOST];
    struct vb_buf buf = vb_buf_over(line, sizeof(line));
    uint64_t since;

    if (!is_due(auditing, key_of(x, finding), x->env->now.mono_ms, &since))
        return;
    vb_buf_str(&buf, "audit: ");
    vb_log_quoted(&buf, vb_span_head(x->head.method_text, 64));
    vb_buf_char(&buf, ' ');
    put_target(&buf, auditing, x);
    vb_buf_printf(&buf, ": %u: %s", finding->status, rule->text);
    put_part(&buf, finding->where);
    put_part(&buf, finding->detail);
    vb_buf_printf(&buf, " (%s)", rule->section);
    if (since > 0)
        vb_buf_printf(&buf, ", and %llu times since it was told",
                      (unsigned long long)since);
    vb_log(VB_LOG_WARNING, "%.*s", VB_FMT(vb_buf_span(&buf)));
}

/* --- life -------------------------------------------------------------------
 */

struct vb_auditing *vb_auditing_new(const struct vb_redaction *redaction)
{
    struct vb_auditing *auditing = calloc(1, sizeof(*auditing));

    if (auditing == NULL)
        return NULL;
    auditing->auditor.tell = tell;
    auditing->redaction = *redaction;
    pthread_mutex_init(&auditing->mutex, NULL);
    return auditing;
}

struct vb_auditor *vb_auditing_auditor(struct vb_auditing *auditing)
{
    return auditing != NULL ? &auditing->auditor : NULL;
}

void vb_auditing_free(struct vb_auditing *auditing)
{
    if (auditing == NULL)
        return;
    pthread_mutex_destroy(&auditing->mutex);
    free(auditing);
}
