/*
 * Why a request got its reply: the way it took through the flow, told as JSON.
 *
 *     {"method": "PUT", "target": "/books/7", "resource": "document",
 *      "status": 412, "title": "Precondition Failed",
 *      "steps": [{"group": "serve", "node": "well_formed",
 *                 "question": "is the message well formed?",
 *                 "answer": "YES", "rfc": "9112 2-7, ..."}, ...]}
 *
 * A client asks for it with `Prefer: explain` and finds it behind a Link; the
 * command `verbatim explain` prints it. Nothing of the request's fields or
 * content is in it.
 */
#ifndef VB_FLOW_EXPLAIN_H
#define VB_FLOW_EXPLAIN_H

#include "flow/flow.h"

/* The relation of a reply to its explanation: an extension relation type (RFC
 * 8288 section 2.1.2), a name that is never looked up. */
#define VB_EXPLAIN_RELATION "https://verbatim.example/rel/explain"

/* Bytes that a trace may have as JSON: each of VB_TRACE_MAX steps is shorter
 * than 256, the target is as long as heads may be. */
#define VB_EXPLAIN_MOST ((size_t)2 * 1024 * 1024)

/* What keeps explanations until the client has read them: env.explainer. Only
 * where the operator wants it; on a worker's thread. */
struct vb_explainer {
    /* Keeps a copy of the JSON for a while. The path where it can be had, in
     * the exchange's arena; "" when it could not be kept. */
    struct vb_span (*keep)(struct vb_explainer *explainer,
                           struct vb_exchange *x, struct vb_span json);
};

/* Appends the JSON above. An exchange whose reply is not decided has steps, but
 * no status. */
void vb_explain_write(struct vb_buf *json, const struct vb_exchange *x);

/*
 * For the reply, once it is decided: keeps the explanation and says where, if
 * the client prefers that (RFC 7240) and is on this machine. The reply is then
 * this client's alone.
 */
void vb__explain_reply(struct vb_exchange *x);

#endif
