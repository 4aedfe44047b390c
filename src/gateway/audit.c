/* An answer on its way, and what is noticed about it. See audit.h. */
#include "gateway/audit.h"

#include "gateway/forward.h"

void vb__audit_head(struct vb_forward *f,
                    const struct vb_response_head *response)
{
    const struct vb_audit_described *described = f->gate->described;
    struct vb_auditor *auditor = f->gate->options.auditor;
    struct vb_exchange *x = f->x;

    vb__audit_rules(x, &f->ask.call, response, auditor);
    vb__audit_done(f->audit); /* it was asked before */
    f->audit = NULL;
    if (described == NULL || f->ask.call.switched)
        return;
    f->audit = vb_arena_calloc(&x->arena, 1, sizeof(*f->audit));
    if (f->audit == NULL)
        return;
    f->audit->auditor = auditor;
    f->audit->response = response;
    f->audit->what = described->head(x, response, auditor);
    vb_buf_init(&f->audit->copy, x->env->limits->max_document);
}

/* What is longer than a document may be is not judged. */
void vb__audit_content(struct vb_audit *audit, struct vb_span bytes)
{
    if (audit->what == NULL)
        return;
    vb_buf_append(&audit->copy, bytes);
    if (audit->copy.err == VB_OK)
        return;
    vb_buf_done(&audit->copy);
    audit->what = NULL;
}

void vb__audit_end(struct vb_forward *f)
{
    struct vb_audit *audit = f->audit;

    if (audit->what != NULL)
        f->gate->described->content(f->x, audit->response, audit->what,
                                    vb_buf_span(&audit->copy), audit->auditor);
    vb__audit_done(audit);
    f->audit = NULL;
}

void vb__audit_done(struct vb_audit *audit)
{
    if (audit != NULL)
        vb_buf_done(&audit->copy);
}
