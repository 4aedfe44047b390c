/*
 * The shape of a batch under way, shared by its files: how it is read and
 * written in the one form (batch_multipart.c) and the other (batch_json.c), and
 * what is done with its parts (batch.c).
 */
#ifndef VB_RESOURCE_BATCH_PART_H
#define VB_RESOURCE_BATCH_PART_H

#include "content/json.h"
#include "flow/inner.h"
#include "resource/batch.h"
#include "storage/joint.h"

struct vb_batch;

/* Bytes of a reply: what must be escaped in JSON takes six for one. */
#define VB_BATCH_SAID (6 * VB_BATCH_BYTES + ((size_t)8 << 20))

struct vb_batch_part {
    struct vb_batch *batch;
    struct vb_span id; /* by which its client knows it; "": none */
    struct vb_inner_request request;
    bool safe;          /* its method is */
    struct vb_buf body; /* the request's content, where it had to be made */
    struct vb_inner inner;
    unsigned status;    /* of the reply; 0: none (yet) */
    struct vb_buf said; /* the reply, as it will be told */
};

/* How one form is read and written. */
struct vb_batch_form {
    /* Makes the parts of x->content. NO: 400 or 413 is set. */
    enum vb_answer (*read)(struct vb_batch *batch);
    /* Appends the reply, in part->inner, to part->said. */
    void (*write)(struct vb_batch_part *part);
    /* Puts it all together, and says what it is. */
    void (*close)(struct vb_batch *batch, struct vb_buf *out);
};

extern const struct vb_batch_form vb__batch_multipart, vb__batch_json;

/* x->state of a batch, in its arena. */
struct vb_batch {
    struct vb_exchange *x;
    const struct vb_batch_form *form;
    bool atomic;
    struct vb_span key; /* Idempotency-Key, unescaped; "": none */
    struct vb_batch_part *parts;
    size_t count;
    struct vb_json *json; /* of the JSON form, or NULL */

    size_t begun, ended; /* parts */
    size_t said;         /* bytes of content of all replies */
    bool stepping;       /* something of this is on the stack */
    bool called_off;
    bool failed; /* atomic: some part could not be done */
    struct vb_joint joint;
    struct vb_buf out;
};

/* One more part, all zero but for `batch`. NULL: there are too many, or there
 * is no memory; the status is set. */
struct vb_batch_part *vb__batch_add(struct vb_batch *batch);

/* A part that could not be read: its own reply says so. */
static inline void vb__batch_refuse(struct vb_batch_part *part, uint16_t status,
                                    const char *reason)
{
    if (part->request.verdict.status == 0)
        part->request.verdict = (struct vb_verdict){status, reason};
}

/* Adds a field to the request; more than a head may have are refused. */
void vb__batch_field(struct vb_batch_part *part, struct vb_span name,
                     struct vb_span value);

/* The field of that name in the request, in any case; "" where there is none.
 */
struct vb_span vb__batch_find(const struct vb_batch_part *part,
                              struct vb_span name);

#endif
