/*
 * Building the reply: what the flow and the resources say to it, and the one
 * place that completes it once the status is known.
 */
#ifndef VB_FLOW_REPLY_H
#define VB_FLOW_REPLY_H

#include "content/problem.h"
#include "flow/resource.h"
#include "http/prefer.h"

/*
 * Says in a sentence why this reply is not the one hoped for. The first
 * sentence stays. The text must live as long as the exchange (arena, static).
 */
void vb_reply_detail(struct vb_exchange *x, struct vb_span detail);

/* Ends with this status, and says why; "": no more than the status says. The
 * answer HALT. */
enum vb_answer vb_reply_refuse(struct vb_exchange *x, unsigned status,
                               struct vb_span detail);

/* Ends with 503, and no more than that: memory is short, or the store is in
 * trouble. The answer HALT. */
enum vb_answer vb_reply_unavailable(struct vb_exchange *x);

/* Ends with what the wire found wrong, in x->verdict. The answer NO. */
enum vb_answer vb_reply_verdict(struct vb_exchange *x);

/* Says that 406 is because of Accept-Encoding, and what there is. */
void vb_reply_no_coding(struct vb_exchange *x);

/*
 * Adds one complaint about a part of the request: a JSON Pointer into the
 * content, or the name of a parameter or field. Texts as above. There is a
 * bound on their number; what is beyond is counted.
 */
void vb_reply_complain(struct vb_exchange *x, enum vb_problem_part part,
                       struct vb_span where, struct vb_span detail);

/* Takes over a reference: the representation that the reply will send. */
void vb_reply_current(struct vb_exchange *x, struct vb_rep *rep);

/* Adds a known field. The value lives as long as the exchange. Nothing is
 * added for an empty value. */
void vb_reply_field(struct vb_exchange *x, enum vb_field_id id,
                    struct vb_span value);

/*
 * What goes with each page of our own making, beside its media type: nothing in
 * it is run or sniffed, no page of another origin holds it in a frame or a
 * window, embeds it, or learns its URI, which a query with a key may be part
 * of.
 */
#define VB_PAGE_FIELDS 5
extern const struct vb_field_out vb_page_fields[VB_PAGE_FIELDS];

/* Cache-Control of what may have changed since: caches ask before they use it,
 * and those that many share do not keep what one may see and another not. */
struct vb_span vb_reply_caching(const struct vb_exchange *x);

/* What the client prefers (RFC 7240); all zero where it says nothing. */
struct vb_prefer vb_reply_prefer(const struct vb_exchange *x);

/* Says in Preference-Applied that a preference was honoured: its text, such as
 * "handling=lenient", which must be static. */
void vb_reply_applied(struct vb_exchange *x, const char *preference);

/*
 * Prefer: return (RFC 7240 section 4.2), within what is declared: should this
 * reply to a write have the representation as its content? `usual` is the
 * answer where the client does not care. Says Preference-Applied.
 */
bool vb_reply_wants_content(struct vb_exchange *x, bool usual, bool may_have,
                            bool may_lack);

/*
 * Sends 103 (Early Hints, RFC 8297) with the resource's hints, once, to who
 * GETs and is known to cope with it (section 3): a browser of today, which
 * tells what it fetches for. When the reply has to wait, or is a page.
 */
void vb__reply_hint(struct vb_exchange *x);

/* Prepares the answer to TRACE: the request as it came, but for secrets. */
void vb__reply_trace(struct vb_exchange *x);

/* After x->once has said that the reply has to wait: it can go out. The
 * exchange may be gone after. */
void vb_reply_settled(struct vb_exchange *x);

/* Completes the reply for its status and hands it to the carrier. */
void vb__reply_finish(struct vb_exchange *x, unsigned status);

/* Makes the problem document that an error's reply has. */
void vb__reply_problem(struct vb_exchange *x);

#endif
