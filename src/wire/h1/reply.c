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

/* Room for the lines that we write ourselves, each with its CR LF: the status
 * line (the longest reason has 31 bytes) and Date and Connection before the
 * other fields; the length or coding and the empty line behind them. */
#define FRONT_MAX 192
#define BACK_MAX  64

/* What is to be written. */
struct plan {
    const struct vb_reply *reply;
    int64_t length; /* of the content; -1: not known */
    bool rep_text;  /* the representation's head as it is, with its length */
    bool own_date;  /* the reply has a Date of its own */
    bool upgrade;   /* and an Upgrade field */
};

static char *put(char *at, struct vb_span s)
{
    memcpy(at, s.ptr, s.len);
    return at + s.len;
}

#define PUT(at, literal) put(at, VB_SPAN(literal))

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

    if (!vb_status_has_content(reply->status) || is_tunnel(m))
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
static bool rep_text_fits(const struct vb_reply *reply, int64_t length)
{
    if (reply->rep_head != VB_HEAD_FULL ||
        !vb_status_has_content(reply->status))
        return false;
    return length == (int64_t)reply->rep->length ||
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

static char *put_decimal(char *at, uint64_t n)
{
    char digits[20];
    size_t len = 0;

    do
        digits[sizeof(digits) - ++len] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    return put(at, vb_span_of(digits + sizeof(digits) - len, len));
}

/* The SP stays where there is no reason phrase (RFC 9112 section 4). */
static char *put_status_line(char *at, unsigned status)
{
    struct vb_span line = vb__h1_status_line(status);

    if (line.len > 0)
        return put(at, line);
    at = PUT(at, "HTTP/1.1 ");
    at = put_decimal(at, status);
    return PUT(at, " \r\n");
}

static char *put_connection(char *at, const struct vb_h1_message *m,
                            bool upgrade)
{
    if (m->close && upgrade)
        return PUT(at, "Connection: close, upgrade\r\n");
    if (m->close)
        return PUT(at, "Connection: close\r\n");
    if (upgrade)
        return PUT(at, "Connection: upgrade\r\n");
    if (m->minor_0)
        return PUT(at, "Connection: keep-alive\r\n");
    return at;
}

static bool write_front(struct vb_h1_message *m, const struct plan *plan)
{
    char *at = vb__h1_output_reserve(m->h1, FRONT_MAX);

    if (at == NULL)
        return false;
    at = put_status_line(at, m->x->reply.status);
    if (!plan->own_date) { /* RFC 9110 section 6.6.1 */
        at = PUT(at, "Date: ");
        memcpy(at, m->h1->wire.env->now.date, 29);
        at = PUT(at + 29, "\r\n");
    }
    at = put_connection(at, m, plan->upgrade);
    vb__h1_output_commit(m->h1, at);
    return true;
}

/* Copies text that must not end a line; what would is replaced by SP. */
static bool put_text(struct vb_h1 *h1, struct vb_span text)
{
    while (text.len > 0) {
        struct vb_span piece = vb_span_head(text, VB_H1_RESERVE_MAX);
        char *at = vb__h1_output_reserve(h1, piece.len);
        char *end;

        if (at == NULL)
            return false;
        end = put(at, piece);
        while ((at = (char *)vb_scan->text(at, end)) < end)
            *at = ' ';
        vb__h1_output_commit(h1, end);
        text = vb_span_from(text, piece.len);
    }
    return true;
}

static bool write_field(struct vb_h1 *h1, const struct vb_field_out *field)
{
    const char *end = field->name.ptr + field->name.len;

    if (role_of(field->name) == ROLE_FRAMING)
        return true;
    if (field->name.len == 0 || vb_scan->token(field->name.ptr, end) != end)
        return true; /* no name can be made of it */
    return vb__h1_output_put(h1, field->name) &&
           vb__h1_output_put(h1, VB_SPAN(": ")) && put_text(h1, field->value) &&
           vb__h1_output_put(h1, VB_SPAN("\r\n"));
}

static bool write_fields(struct vb_h1 *h1, const struct vb_field_out *fields,
                         size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!write_field(h1, &fields[i]))
            return false;
    return true;
}

static bool write_rep(struct vb_h1 *h1, const struct plan *plan)
{
    const struct vb_rep *rep = plan->reply->rep;

    switch (plan->reply->rep_head) {
    case VB_HEAD_NONE:
        return true;
    case VB_HEAD_304:
        return vb__h1_output_put(h1, rep->head_304);
    case VB_HEAD_FULL:
        break;
    }
    return plan->rep_text ? vb__h1_output_put(h1, rep->head)
                          : write_fields(h1, rep->fields, rep->field_count);
}

static bool write_back(struct vb_h1_message *m, const struct plan *plan)
{
    char *at = vb__h1_output_reserve(m->h1, BACK_MAX);

    if (at == NULL)
        return false;
    if (m->delimit == VB_H1_BY_CHUNKS) {
        at = PUT(at, "Transfer-Encoding: chunked\r\n");
    } else if (m->delimit == VB_H1_BY_LENGTH && !plan->rep_text) {
        at = PUT(at, "Content-Length: ");
        at = put_decimal(at, (uint64_t)plan->length);
        at = PUT(at, "\r\n");
    }
    at = PUT(at, "\r\n");
    vb__h1_output_commit(m->h1, at);
    return true;
}

bool vb__h1_write_head(struct vb_h1_message *m)
{
    struct plan plan = {.reply = &m->x->reply};
    struct vb_h1_mark mark = vb__h1_output_mark(m->h1);

    vb_assert(plan.reply->status >= 200 && plan.reply->status <= 599);
    vb_assert(plan.reply->rep != NULL ||
              (plan.reply->rep_head == VB_HEAD_NONE &&
               plan.reply->content != VB_CONTENT_REP));
    plan.length = content_length(plan.reply);
    plan.rep_text = rep_text_fits(plan.reply, plan.length);
    look_at_fields(&plan);
    m->delimit = delimit(m, &plan);
    m->close = must_close(m);
    if (write_front(m, &plan) && write_rep(m->h1, &plan) &&
        write_fields(m->h1, plan.reply->fields, plan.reply->field_count) &&
        write_back(m, &plan))
        return true;
    vb__h1_output_back_to(m->h1, mark);
    return false;
}
