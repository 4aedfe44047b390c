/* How a request on its way comes to its end: who holds the exchange until then,
 * and what is said where there is no answer. See forward.h. */
#include "gateway/cached.h"

#include "flow/flow.h"
#include "flow/reply.h"

/* --- life of the exchange ---------------------------------------------------
 */

void vb__forward_hold(struct vb_forward *f)
{
    if (!f->held)
        vb_exchange_hold(f->x);
    f->held = true;
}

void vb__forward_let_go(struct vb_forward *f)
{
    bool held = f->held;

    f->held = false;
    if (held)
        vb_exchange_unhold(f->x);
}

void vb__forward_cancel(struct vb_forward *f)
{
    if (f->under_way)
        vb_ask_cancel(&f->ask);
    f->under_way = false;
    vb__forward_let_go(f);
}

void vb__forward_answer(struct vb_forward *f, enum vb_answer answer)
{
    if (f->replied)
        return;
    f->replied = true;
    vb_flow_resume(f->x, answer);
}

/* --- failures ---------------------------------------------------------------
 */

enum vb_answer vb__forward_refuse(struct vb_exchange *x,
                                  enum vb_failure_id failure)
{
    const struct vb_failure_text *text = &vb_failures[failure];
    const struct vb_cached *c = vb__cached_of(x);

    x->reply.status =
        c == NULL ? text->status : vb__cached_failure_status(c, text->status);
    vb_reply_detail(x, vb_span_str(text->text));
    vb_add_proxy_status(x, vb__gate_of(x)->options.pseudonym, text->error);
    return VB_NO;
}

enum vb_answer vb__forward_why(struct vb_forward *f, enum vb_failure_id failure)
{
    return f->up_end == VB_WAY_LOST && f->x->verdict.status != 0
               ? vb_reply_verdict(f->x)
               : vb__forward_refuse(f->x, failure);
}
