/*
 * The head of a reply: status line, Date, Connection, the representation's
 * fields, the reply's own, and what delimits the content.
 *
 * Framing belongs to the wire alone: fields that would meddle with it are
 * passed over, whoever set them. And nothing that a field holds can end its
 * line (vb__h1_write_field).
 */
#include "base/assert.h"
#include "wire/h1/inner.h"
#include "wire/message.h"

#define WRITE(writer, literal) vb__h1_write(writer, VB_SPAN(literal))

/* --- How it ends ------------------------------------------------------------
 */

/* RFC 9112 section 6.3. */
static enum vb_h1_delimit delimit(const struct vb_h1_message *m,
                                  const struct vb_plan *plan)
{
    switch (plan->extent) {
    case VB_EXTENT_NONE:
        break;
    case VB_EXTENT_LENGTH:
        return VB_H1_BY_LENGTH;
    case VB_EXTENT_OPEN:
        if (!m->minor_0)
            return VB_H1_BY_CHUNKS;
        if (!plan->reply->head_only)
            return VB_H1_BY_CLOSE;
        break;
    }
    return VB_H1_NO_CONTENT;
}

/* Is more content to come than is read for nothing? Of a request that is not
 * refused it may be wanted all the same. */
static bool leaves_much(const struct vb_h1_message *m)
{
    return m->content == VB_H1_LENGTH && m->left > VB_H1_DISCARD_MAX &&
           (m->h1->phase != VB_H1_BOTH || m->x->reply.status >= 400);
}

/*
 * RFC 9112 section 9.3 and 9.6: does the connection end with this reply? A
 * client that still waits for 100 (Continue) may or may not send its content
 * now; guessing wrong would take content for a request.
 */
static bool must_close(const struct vb_h1_message *m)
{
    const struct vb_h1 *h1 = m->h1;
    uint32_t max_requests = h1->wire.env->limits->max_requests;

    return m->close || !m->keep_alive || m->x->reply.close || h1->stopping ||
           m->x->head.method == VB_METHOD_CONNECT ||
           m->delimit == VB_H1_BY_CLOSE ||
           (m->expects && m->content != VB_H1_ENDED) || leaves_much(m) ||
           (max_requests > 0 && h1->requests >= max_requests);
}

/* --- Writing
 * ------------------------------------------------------------------ */

/* The SP stays where there is no reason phrase (RFC 9112 section 4). */
static void write_status_line(struct vb_h1_writer *writer, unsigned status)
{
    struct vb_span line = vb__h1_status_line(status);

    if (line.len > 0) {
        vb__h1_write(writer, line);
        return;
    }
    WRITE(writer, "HTTP/1.1 ");
    vb__h1_write_decimal(writer, status);
    WRITE(writer, " \r\n");
}

static void write_date(struct vb_h1_writer *writer)
{
    WRITE(writer, "Date: ");
    vb__h1_write(writer, vb_span_of(writer->env->now.date, 29));
    WRITE(writer, "\r\n");
}

static void write_connection(struct vb_h1_writer *writer,
                             const struct vb_h1_message *m, bool upgrade)
{
    if (m->close && upgrade)
        WRITE(writer, "Connection: close, upgrade\r\n");
    else if (m->close)
        WRITE(writer, "Connection: close\r\n");
    else if (upgrade)
        WRITE(writer, "Connection: upgrade\r\n");
    else if (m->minor_0)
        WRITE(writer, "Connection: keep-alive\r\n");
}

static inline void write_fields(struct vb_h1_writer *writer,
                                const struct vb_field_out *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        vb__h1_write_field(writer, &fields[i]);
}

static void write_rep(struct vb_h1_writer *writer, const struct vb_plan *plan)
{
    const struct vb_rep *rep = plan->reply->rep;

    switch (plan->reply->rep_head) {
    case VB_HEAD_NONE:
        break;
    case VB_HEAD_304:
        vb__h1_write(writer, rep->head_304);
        break;
    case VB_HEAD_FULL:
        if (plan->rep_text)
            vb__h1_write(writer, rep->head);
        else
            write_fields(writer, rep->fields, rep->field_count);
        break;
    }
}

static void write_delimiter(struct vb_h1_writer *writer,
                            const struct vb_h1_message *m,
                            const struct vb_plan *plan)
{
    if (m->delimit == VB_H1_BY_CHUNKS) {
        WRITE(writer, "Transfer-Encoding: chunked\r\n");
    } else if (m->delimit == VB_H1_BY_LENGTH && !plan->rep_text) {
        WRITE(writer, "Content-Length: ");
        vb__h1_write_decimal(writer, (uint64_t)plan->length);
        WRITE(writer, "\r\n");
    }
}

/* RFC 9110 sections 7.8 and 15.2.2: the protocol in force from here on. Nothing
 * of HTTP's is there to be closed. */
static void write_upgrade(struct vb_h1_writer *writer,
                          const struct vb_h1_message *m,
                          const struct vb_plan *plan)
{
    if (!plan->upgrade)
        vb__h1_write_field(writer, &(struct vb_field_out){VB_SPAN("Upgrade"),
                                                          m->x->head.protocol});
    WRITE(writer, "Connection: upgrade\r\n");
}

/* What follows has no framing (RFC 9112 section 6.3), and ends with the
 * connection. */
static void end_switch(struct vb_h1_message *m, struct vb_h1_writer *writer,
                       const struct vb_plan *plan)
{
    const struct vb_reply *reply = plan->reply;

    m->delimit = VB_H1_BY_CLOSE;
    m->close = true;
    if (plan->upgrade || reply->status == VB_STATUS_SWITCHING_PROTOCOLS)
        write_upgrade(writer, m, plan);
    write_fields(writer, reply->fields, reply->field_count);
    WRITE(writer, "\r\n");
}

/* RFC 9110 section 7.6.1: a TE that Connection does not name counts for
 * nothing. */
static bool trailers_go(const struct vb_exchange *x)
{
    return vb_trailers_go(x) &&
           vb_fields_have(&x->head.fields, VB_FIELD_CONNECTION, VB_SPAN("te"));
}

void vb__h1_write_trailers(struct vb_h1_message *m, struct vb_h1_writer *writer)
{
    const struct vb_fields *trailers = m->x->reply.trailers;

    for (unsigned i = 0; trailers_go(m->x) && i < trailers->count; i++)
        if (vb_trailer_passes(&trailers->at[i]))
            vb__h1_write_field(writer,
                               &(struct vb_field_out){trailers->at[i].name,
                                                      trailers->at[i].value});
    WRITE(writer, "\r\n");
}

void vb__h1_write_interim(struct vb_h1_message *m, unsigned status,
                          const struct vb_field_out *fields, size_t count)
{
    struct vb_h1_writer writer;

    vb_assert(status >= 100 && status <= 199 &&
              status != VB_STATUS_SWITCHING_PROTOCOLS);
    vb__h1_writer_init(&writer, m->h1);
    write_status_line(&writer, status);
    write_fields(&writer, fields, count);
    WRITE(&writer, "\r\n");
    if (vb__h1_writer_done(&writer) && status == VB_STATUS_CONTINUE) {
        m->continued = true;
        m->expects = false;
    }
}

void vb__h1_write_head(struct vb_h1_message *m, struct vb_h1_writer *writer)
{
    const struct vb_reply *reply = &m->x->reply;
    struct vb_plan plan;

    vb_plan_reply(&plan, m->x);
    write_status_line(writer, reply->status);
    if (!plan.own_date) /* RFC 9110 section 6.6.1 */
        write_date(writer);
    if (m->switched) {
        end_switch(m, writer, &plan);
        return;
    }
    m->delimit = delimit(m, &plan);
    m->close = must_close(m);
    write_connection(writer, m, plan.upgrade);
    write_rep(writer, &plan);
    write_fields(writer, reply->fields, reply->field_count);
    write_delimiter(writer, m, &plan);
    WRITE(writer, "\r\n");
}
