/*
 * Auditing: what another server answers, held against HTTP and against what is
 * described of it. Nothing of it is changed or waits for this.
 *
 *     ask ── head ────▶ forwarded          each rule of audit.tbl
 *      │      └──────▶ audit ───────────▶ what the description says (resource/)
 *      └── content ─▶ forwarded    └──────▶ auditor: who is told
 *             └──────▶ a copy, up to a bound
 */
#ifndef VB_GATEWAY_AUDIT_H
#define VB_GATEWAY_AUDIT_H

#include "exchange/exchange.h"
#include "exchange/response.h"

enum vb_audit_rule_id {
#define VB_AUDIT(id, check, section, ledger, text) VB_AUDIT_##id,
#include "gateway/audit.tbl"
#undef VB_AUDIT
    VB_AUDIT_COUNT
};

struct vb_audit_rule {
    const char *section, *text;
};

extern const struct vb_audit_rule vb_audit_rules[VB_AUDIT_COUNT];

/* One thing that is wrong with an answer; spans are borrowed for the call. */
struct vb_audit_finding {
    enum vb_audit_rule_id rule;
    unsigned status;
    struct vb_span where;  /* the field, or a pointer into the content; or "" */
    struct vb_span detail; /* more about it, or "" */
};

/* Who is told; shared by all workers. */
struct vb_auditor {
    void (*tell)(struct vb_auditor *auditor, const struct vb_exchange *x,
                 const struct vb_audit_finding *finding);
};

/* What is described of the answers that a gate gets. */
struct vb_audit_described {
    /* Its status, media type and fields. Gives what its content is to be held
     * against, and NULL where that is nothing. */
    const void *(*head)(struct vb_exchange *x,
                        const struct vb_response_head *response,
                        struct vb_auditor *auditor);
    /* All of its content, in its codings. */
    void (*content)(struct vb_exchange *x,
                    const struct vb_response_head *response, const void *what,
                    struct vb_span content, struct vb_auditor *auditor);
};

/* --- of the room's own ---------------------------------------------------- */

struct vb_forward;
struct vb_call;

/* What is known of an answer under way; in the exchange's arena. */
struct vb_audit {
    struct vb_auditor *auditor;
    const struct vb_response_head *response;
    const void *what;   /* its content is held against; NULL: nothing */
    struct vb_buf copy; /* of that */
};

/* audit.c: the head has come; more of the content has; all has. */
void vb__audit_head(struct vb_forward *f,
                    const struct vb_response_head *response);
void vb__audit_content(struct vb_audit *audit, struct vb_span bytes);
void vb__audit_end(struct vb_forward *f);
/* NULL is fine. */
void vb__audit_done(struct vb_audit *audit);

/* audit_rules.c: HTTP's own. */
void vb__audit_rules(struct vb_exchange *x, const struct vb_call *call,
                     const struct vb_response_head *response,
                     struct vb_auditor *auditor);

#endif
