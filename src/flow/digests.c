/* Digest fields, in and out. See digests.h. */
#include "flow/digests.h"

#include "base/list.h"
#include "content/digester.h"
#include "flow/reply.h"
#include "http/elements.h"
#include "http/status.h"

/* Computing a digest of so much takes the loop two milliseconds; who wants one
 * of more goes without, for it is a hint. Bytes. */
#define MOST ((uint64_t)512 * 1024)

/* In a request both are of the bytes as they come: the enclosed representation
 * is in its content codings (RFC 9530 sections 2 and 3.1). */
static const enum vb_field_id fields[] = {VB_FIELD_CONTENT_DIGEST,
                                          VB_FIELD_REPR_DIGEST};
#define FIELDS (sizeof(fields) / sizeof(fields[0]))

/* --- what a request says ----------------------------------------------------
 */

struct verifying {
    struct vb_sink sink;
    struct vb_sink *inner;
    struct vb_exchange *x;
    struct vb_digests said[FIELDS];
    bool used[VB_DIGEST_COUNT];
    struct vb_digester digesters[VB_DIGEST_COUNT];
};

static enum vb_err complain(struct vb_exchange *x, enum vb_field_id id,
                            const char *detail)
{
    vb_reply_detail(x, VB_SPAN("A digest of the content is malformed, or not "
                               "that of what came."));
    vb_reply_complain(x, VB_PROBLEM_HEADER, vb_field_name(id),
                      vb_span_str(detail));
    return VB_ERR_INVALID;
}

/* Reads both fields from the head, or from the trailers. */
static enum vb_err read_said(struct vb_exchange *x,
                             const struct vb_fields *from,
                             struct vb_digests said[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        struct vb_lines lines;
        enum vb_err err;

        vb_fields_lines(from, fields[i], &lines);
        said[i] = (struct vb_digests){.values = {{NULL, 0}}};
        if (lines.count == 0)
            continue;
        err = vb_digests_parse(&x->arena, lines.at, lines.count, &said[i]);
        if (err == VB_ERR_NOMEM)
            return err;
        if (err != VB_OK)
            return complain(x, fields[i], "is malformed");
    }
    return VB_OK;
}

/* Is one of the fields to come behind the content (RFC 9110 section 6.6.2)? It
 * does not say by which algorithm. */
static bool is_announced(const struct vb_exchange *x)
{
    struct vb_lines lines;

    vb_fields_lines(&x->head.fields, VB_FIELD_TRAILER, &lines);
    for (size_t i = 0; i < FIELDS; i++)
        if (vb_elements_have(lines.at, lines.count, vb_field_name(fields[i])))
            return true;
    return false;
}

static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct verifying *v = VB_CONTAINER(sink, struct verifying, sink);

    for (unsigned i = 0; i < VB_DIGEST_COUNT; i++)
        if (v->used[i])
            vb_digester_add(&v->digesters[i], bytes);
    return v->inner->write(v->inner, bytes);
}

/* Holds what was said against one digest that was computed. */
static enum vb_err compare(struct verifying *v,
                           const struct vb_digests said[FIELDS], unsigned i,
                           struct vb_span digest)
{
    for (size_t f = 0; f < FIELDS; f++)
        if (said[f].values[i].ptr != NULL &&
            !vb_span_eq(said[f].values[i], digest))
            return complain(v->x, fields[f], "is not the digest of what came");
    return VB_OK;
}

static enum vb_err verify(struct verifying *v)
{
    struct vb_digests behind[FIELDS] = {{.values = {{NULL, 0}}}};
    enum vb_err err = VB_OK;

    if (v->x->trailers != NULL)
        err = read_said(v->x, v->x->trailers, behind);
    for (unsigned i = 0; i < VB_DIGEST_COUNT && err == VB_OK; i++) {
        unsigned char octets[VB_DIGEST_MAX];
        struct vb_span digest;

        if (!v->used[i])
            continue;
        digest = vb_digester_end(&v->digesters[i], octets);
        err = compare(v, v->said, i, digest);
        if (err == VB_OK)
            err = compare(v, behind, i, digest);
    }
    return err;
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct verifying *v = VB_CONTAINER(sink, struct verifying, sink);

    v->inner->end(v->inner, err == VB_OK ? verify(v) : err);
}

static void close_inner(struct vb_sink *sink)
{
    struct verifying *v = VB_CONTAINER(sink, struct verifying, sink);

    if (v->inner->close != NULL)
        v->inner->close(v->inner);
}

static bool has(const struct vb_exchange *x, enum vb_field_id id)
{
    return vb_fields_first(&x->head.fields, id) != NULL;
}

enum vb_err vb__verify_digests(struct vb_exchange *x, struct vb_sink **sink)
{
    bool announced = has(x, VB_FIELD_TRAILER) && is_announced(x);
    struct verifying *v;
    enum vb_err err;

    if (!announced && !has(x, VB_FIELD_CONTENT_DIGEST) &&
        !has(x, VB_FIELD_REPR_DIGEST))
        return VB_OK;
    v = vb_arena_calloc(&x->arena, 1, sizeof(*v));
    if (v == NULL)
        return VB_ERR_NOMEM;
    err = read_said(x, &x->head.fields, v->said);
    if (err != VB_OK)
        return err;
    for (unsigned i = 0; i < VB_DIGEST_COUNT; i++) {
        v->used[i] = announced;
        for (size_t f = 0; f < FIELDS; f++)
            v->used[i] |= v->said[f].values[i].ptr != NULL;
        vb_digester_init(&v->digesters[i], (enum vb_digest_algorithm)i);
    }
    v->sink = (struct vb_sink){take, end, close_inner};
    v->inner = *sink;
    v->x = x;
    *sink = &v->sink;
    return VB_OK;
}

/* --- what a reply tells -----------------------------------------------------
 */

static bool has_line(const struct vb_field_out *lines, size_t count,
                     enum vb_field_id id)
{
    for (size_t i = 0; i < count; i++)
        if (vb_span_ieq(lines[i].name, vb_field_name(id)))
            return true;
    return false;
}

/* Another server's representation may come with a digest of its own. */
static bool is_said(const struct vb_reply *reply, enum vb_field_id id)
{
    return has_line(reply->fields, reply->field_count, id) ||
           (reply->rep_head == VB_HEAD_FULL &&
            has_line(reply->rep->fields, reply->rep->field_count, id));
}

static void tell(struct vb_exchange *x, enum vb_field_id want,
                 enum vb_field_id id, struct vb_span bytes)
{
    enum vb_digest_algorithm algorithm = VB_DIGEST_NONE;
    unsigned char octets[VB_DIGEST_MAX];
    struct vb_digester digester;
    struct vb_lines lines;
    struct vb_buf value;

    vb_fields_lines(&x->head.fields, want, &lines);
    if (lines.count == 0 || bytes.len > MOST || is_said(&x->reply, id) ||
        vb_digest_wanted(&x->arena, lines.at, lines.count, &algorithm) !=
            VB_OK ||
        algorithm == VB_DIGEST_NONE)
        return;
    vb_digester_init(&digester, algorithm);
    vb_digester_add(&digester, bytes);
    vb_buf_init(&value, 256);
    vb_digest_write(&value, algorithm, vb_digester_end(&digester, octets));
    vb_reply_field(x, id, vb_arena_dup(&x->arena, vb_buf_span(&value)));
    vb_buf_done(&value);
}

/* The content of this reply, where it is in memory and in one piece. */
static bool content_of(const struct vb_reply *reply, struct vb_span *ret_bytes)
{
    if (reply->content == VB_CONTENT_BYTES)
        *ret_bytes = reply->bytes;
    else if (reply->content == VB_CONTENT_REP && !reply->rep->streamed)
        *ret_bytes = reply->rep->content;
    else
        return false;
    return true;
}

/* The whole representation that this reply has all of, or a part, or the head;
 * an error's is its content. */
static bool representation_of(const struct vb_reply *reply,
                              struct vb_span *ret_bytes)
{
    if (reply->rep == NULL) {
        *ret_bytes = reply->bytes;
        return reply->content == VB_CONTENT_BYTES;
    }
    *ret_bytes = reply->rep->content;
    return !reply->rep->streamed;
}

void vb__reply_digests(struct vb_exchange *x)
{
    const struct vb_reply *reply = &x->reply;
    struct vb_span bytes;

    if (!vb_status_has_content(reply->status))
        return;
    if (!reply->head_only && content_of(reply, &bytes))
        tell(x, VB_FIELD_WANT_CONTENT_DIGEST, VB_FIELD_CONTENT_DIGEST, bytes);
    if (representation_of(reply, &bytes))
        tell(x, VB_FIELD_WANT_REPR_DIGEST, VB_FIELD_REPR_DIGEST, bytes);
}
