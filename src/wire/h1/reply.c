/*
 * The head of a reply: status line, Date, Connection, the representation's
 * fields, the reply's own, and what delimits the content.
 *
 * Framing belongs to the wire alone: fields that would meddle with it are
 * passed over, whoever set them. And nothing that a field holds can end its
 * line (RFC 9112 section 11.1): what a field value cannot contain is sent as
 * SP, whatever it was.
 */
#include "base/assert.h"
#include "http/scan.h"
#include "http/status.h"
#include "wire/h1/inner.h"

/* What is to be written. */
struct plan {
    const struct vb_reply *reply;
    int64_t length; /* of the content; -1: not known */
    bool content;   /* the status is one of those with content */
    bool rep_text;  /* the representation's head as it is, with its length */
    bool own_date;  /* the reply has a Date of its own */
    bool upgrade;   /* and an Upgrade field */
};

#define WRITE(writer, literal) vb__h1_write(writer, VB_SPAN(literal))

/* --- What the fields of the reply mean to us ----------------------------- */

enum role { ROLE_NONE, ROLE_FRAMING, ROLE_DATE, ROLE_UPGRADE };

static const struct {
    struct vb_span name;
    enum role role;
} roles[] = {
    {VB_SPAN_INIT("Date"), ROLE_DATE},
    {VB_SPAN_INIT("Upgrade"), ROLE_UPGRADE},
    {VB_SPAN_INIT("Connection"), ROLE_FRAMING},
    {VB_SPAN_INIT("Keep-Alive"), ROLE_FRAMING},
    {VB_SPAN_INIT("Content-Length"), ROLE_FRAMING},
    {VB_SPAN_INIT("Transfer-Encoding"), ROLE_FRAMING},
};

static enum role role_of(struct vb_span name)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (name.len == roles[i].name.len && vb_span_ieq(name, roles[i].name))
            return roles[i].role;
    return ROLE_NONE;
}

static void look_at_fields(struct plan *plan)
{
    for (size_t i = 0; i < plan->reply->field_count; i++) {
        enum role role = role_of(plan->reply->fields[i].name);

        plan->own_date |= role == ROLE_DATE;
        plan->upgrade |= role == ROLE_UPGRADE;
    }
}

/* --- How it ends ------------------------------------------------------------
 */

static int64_t content_length(const struct vb_reply *reply)
{
    switch (reply->content) {
    case VB_CONTENT_REP:
        return (int64_t)reply->rep->length;
    case VB_CONTENT_BYTES:
        return (int64_t)reply->bytes.len;
    case VB_CONTENT_SOURCE:
        return reply->source->length;
    case VB_CONTENT_NONE:
        break;
    }
    return 0;
}

static bool is_tunnel(const struct vb_h1_message *m)
{
    return m->x->head.method == VB_METHOD_CONNECT &&
           vb_status_class(m->x->reply.status) == VB_STATUS_CLASS_SUCCESSFUL;
}

/* RFC 9112 section 6.3, RFC 9110 section 8.6. */
static enum vb_h1_delimit delimit(const struct vb_h1_message *m,
                                  const struct plan *plan)
{
    const struct vb_reply *reply = plan->reply;

    if (!plan->content || is_tunnel(m))
        return VB_H1_NO_CONTENT;
    /* To HEAD no length may be told but that of GET's content: none if we do
     * not know it. */
    if (reply->head_only && reply->content == VB_CONTENT_NONE &&
        !plan->rep_text)
        return VB_H1_NO_CONTENT;
    if (plan->length >= 0)
        return VB_H1_BY_LENGTH;
    if (!m->minor_0)
        return VB_H1_BY_CHUNKS;
    return reply->head_only ? VB_H1_NO_CONTENT : VB_H1_BY_CLOSE;
}

/* May the text that the representation keeps be sent as it is? It tells a
 * length, which must be that of this reply's content, or of GET's. */
static bool rep_text_fits(const struct plan *plan)
{
    const struct vb_reply *reply = plan->reply;

    if (reply->rep_head != VB_HEAD_FULL || !plan->content)
        return false;
    return plan->length == (int64_t)reply->rep->length ||
           (reply->head_only && reply->content == VB_CONTENT_NONE);
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
           (m->expects && m->content != VB_H1_ENDED) ||
           (m->content == VB_H1_LENGTH && m->left > VB_H1_DISCARD_MAX) ||
           (max_requests > 0 && h1->requests >= max_requests);
}

/* --- Writing
 * ------------------------------------------------------------------ */

static void write_decimal(struct vb_h1_writer *writer, uint64_t n)
{
    char digits[20];
    size_t len = 0;

    do
        digits[sizeof(digits) - ++len] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    vb__h1_write(writer, vb_span_of(digits + sizeof(digits) - len, len));
}

/* The SP stays where there is no reason phrase (RFC 9112 section 4). */
static void write_status_line(struct vb_h1_writer *writer, unsigned status)
{
    struct vb_span line = vb__h1_status_line(status);

    if (line.len > 0) {
        vb__h1_write(writer, line);
        return;
    }
    WRITE(writer, "HTTP/1.1 ");
    write_decimal(writer, status);
    WRITE(writer, " \r\n");
}

static void write_date(struct vb_h1_writer *writer)
{
    WRITE(writer, "Date: ");
    vb__h1_write(writer, vb_span_of(writer->h1->wire.env->now.date, 29));
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

/* Text that must not end a line; what would is replaced by SP. */
static void write_text(struct vb_h1_writer *writer, struct vb_span text)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr;

    for (;;) {
        const char *stop = vb_scan->text(at, end);

        vb__h1_write(writer, vb_span_of(at, (size_t)(stop - at)));
        if (stop == end)
            return;
        WRITE(writer, " ");
        at = stop + 1;
    }
}

static void write_field(struct vb_h1_writer *writer,
                        const struct vb_field_out *field)
{
    const char *end = field->name.ptr + field->name.len;

    if (role_of(field->name) == ROLE_FRAMING)
        return;
    if (field->name.len == 0 || vb_scan->token(field->name.ptr, end) != end)
        return; /* no name can be made of it */
    vb__h1_write(writer, field->name);
    WRITE(writer, ": ");
    write_text(writer, field->value);
    WRITE(writer, "\r\n");
}

static void write_fields(struct vb_h1_writer *writer,
                         const struct vb_field_out *fields, size_t count)
{
    for (size_t i = 0; i < count; i++)
        write_field(writer, &fields[i]);
}

static void write_rep(struct vb_h1_writer *writer, const struct plan *plan)
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
                            const struct plan *plan)
{
    if (m->delimit == VB_H1_BY_CHUNKS) {
        WRITE(writer, "Transfer-Encoding: chunked\r\n");
    } else if (m->delimit == VB_H1_BY_LENGTH && !plan->rep_text) {
        WRITE(writer, "Content-Length: ");
        write_decimal(writer, (uint64_t)plan->length);
        WRITE(writer, "\r\n");
    }
}

void vb__h1_write_interim(struct vb_h1_message *m, unsigned status,
                          const struct vb_field_out *fields, size_t count)
{
    struct vb_h1_writer writer;

    vb_assert(status >= 100 && status <= 199);
    vb__h1_writer_init(&writer, m->h1);
    write_status_line(&writer, status);
    write_fields(&writer, fields, count);
    WRITE(&writer, "\r\n");
    (void)vb__h1_writer_done(&writer);
}

void vb__h1_write_head(struct vb_h1_message *m, struct vb_h1_writer *writer)
{
    const struct vb_reply *reply = &m->x->reply;
    struct plan plan = {.reply = reply};

    vb_assert(reply->status >= 200 && reply->status <= 599);
    vb_assert(reply->rep != NULL || (reply->rep_head == VB_HEAD_NONE &&
                                     reply->content != VB_CONTENT_REP));
    plan.content = vb_status_has_content(reply->status);
    plan.length = content_length(reply);
    plan.rep_text = rep_text_fits(&plan);
    look_at_fields(&plan);
    m->delimit = delimit(m, &plan);
    m->close = must_close(m);
    write_status_line(writer, reply->status);
    if (!plan.own_date) /* RFC 9110 section 6.6.1 */
        write_date(writer);
    write_connection(writer, m, plan.upgrade);
    write_rep(writer, &plan);
    write_fields(writer, reply->fields, reply->field_count);
    write_delimiter(writer, m, &plan);
    WRITE(writer, "\r\n");
}
