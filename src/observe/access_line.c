/*
 * An exchange as a line of the access log, in two formats. A member that is
 * missing is "-" in one and left out in the other; the texts are the same.
 */
#include <arpa/inet.h>
#include <stdio.h>

#include "base/civil.h"
#include "exchange/certificate.h"
#include "http/field.h"
#include "observe/access_inner.h"
#include "observe/line.h"

/* Bytes that a text may take; together with what stands between them they
 * are less than VB__ACCESS_LINE_MAX. */
#define METHOD_MOST  64
#define TARGET_MOST  2048
#define HOST_MOST    256
#define REFERER_MOST 704
#define AGENT_MOST   512
#define CLIENT_MOST  INET6_ADDRSTRLEN
#define SUBJECT_MOST 128

/* What a line says, not yet escaped. */
struct entry {
    const struct vb_exchange *x;
    const struct vb_redaction *redaction;
    struct vb_redact_keys keys;
    int64_t begun_unix_ms;
    uint64_t duration_ms;
    char client[CLIENT_MOST]; /* "": none */
    struct vb_span protocol;
    struct vb_span referer, agent;
};

/* --- What there is to say ---------------------------------------------------
 */

static void format_client(const struct vb_peer *peer, char text[CLIENT_MOST])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

    text[0] = '\0';
    if (peer == NULL || peer->local)
        return;
    if (memcmp(peer->ip, mapped, sizeof(mapped)) == 0)
        inet_ntop(AF_INET, peer->ip + sizeof(mapped), text, CLIENT_MOST);
    else
        inet_ntop(AF_INET6, peer->ip, text, CLIENT_MOST);
}

static struct vb_span field(const struct vb_exchange *x, enum vb_field_id id)
{
    const struct vb_field *line = vb_fields_first(&x->head.fields, id);

    return line != NULL ? line->value : vb_span_of(NULL, 0);
}

static struct vb_span protocol(const struct vb_exchange *x)
{
    if (!x->head.interim_ok)
        return VB_SPAN("HTTP/1.0");
    return x->carrier->protocol != NULL ? vb_span_str(x->carrier->protocol)
                                        : VB_SPAN("-");
}

static void fill(struct entry *entry, const struct vb_exchange *x)
{
    const struct vb_now *now = &x->env->now;
    int64_t duration = now->mono_ms - x->begun_ms;

    if (duration < 0)
        duration = 0;
    entry->x = x;
    entry->begun_unix_ms = now->unix_ms - duration;
    entry->duration_ms = (uint64_t)duration;
    entry->protocol = protocol(x);
    entry->referer = field(x, VB_FIELD_REFERER);
    entry->agent = field(x, VB_FIELD_USER_AGENT);
    format_client(x->peer, entry->client);
}

/* --- Texts ------------------------------------------------------------------
 */

struct to_line {
    struct vb_redact_out out;
    struct vb__line *line;
};

static void put_piece(struct vb_redact_out *out, struct vb_span text)
{
    vb__line_text(((struct to_line *)(void *)out)->line, text);
}

static void put_uri(struct vb__line *line, const struct entry *entry,
                    struct vb_span uri, size_t most)
{
    struct to_line to = {.out = {put_piece}, .line = line};

    vb__line_begin(line, most);
    vb_redact_uri(entry->redaction, entry->keys, uri, &to.out);
}

static void put_text(struct vb__line *line, struct vb_span text, size_t most)
{
    vb__line_begin(line, most);
    vb__line_text(line, text);
}

static const struct vb_span none = VB_SPAN_INIT("-");

static struct vb_span or_none(struct vb_span text)
{
    return text.len > 0 ? text : none;
}

/* --- Combined ---------------------------------------------------------------
 */

/* "10/Oct/2000:13:55:36 +0000" */
static void format_clf(int64_t unix_s, char *text, size_t size)
{
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr",
                                       "May", "Jun", "Jul", "Aug",
                                       "Sep", "Oct", "Nov", "Dec"};
    struct vb_civil at = vb_civil_of(unix_s);

    (void)snprintf(text, size, "%02d/%s/%04d:%02d:%02d:%02d +0000", at.day,
                   months[at.month - 1], (int)at.year, at.hour, at.minute,
                   at.second);
}

static void put_request_line(struct vb__line *line, const struct entry *entry)
{
    const struct vb_head *head = &entry->x->head;

    if (head->method_text.len == 0) {
        vb__line_put(line, none);
        return;
    }
    put_text(line, head->method_text, METHOD_MOST);
    vb__line_put(line, VB_SPAN(" "));
    put_uri(line, entry, or_none(head->target), TARGET_MOST);
    vb__line_put(line, VB_SPAN(" "));
    vb__line_put(line, entry->protocol);
}

static void put_combined(struct vb__line *line, const struct entry *entry,
                         const char *time)
{
    unsigned status = entry->x->reply.status;

    vb__line_put(line, or_none(vb_span_str(entry->client)));
    vb__line_put(line, VB_SPAN(" - - ["));
    vb__line_put(line, vb_span_str(time));
    vb__line_put(line, VB_SPAN("] \""));
    put_request_line(line, entry);
    vb__line_put(line, VB_SPAN("\" "));
    if (status > 0)
        vb__line_number(line, status);
    else
        vb__line_put(line, none);
    vb__line_put(line, VB_SPAN(" "));
    vb__line_number(line, entry->x->sent);
    vb__line_put(line, VB_SPAN(" \""));
    put_uri(line, entry, or_none(entry->referer), REFERER_MOST);
    vb__line_put(line, VB_SPAN("\" \""));
    put_text(line, or_none(entry->agent), AGENT_MOST);
    vb__line_put(line, VB_SPAN("\"\n"));
}

/* --- JSON -------------------------------------------------------------------
 */

/* "2000-10-10T13:55:36" */
static void format_rfc3339(int64_t unix_s, char *text, size_t size)
{
    struct vb_civil at = vb_civil_of(unix_s);

    (void)snprintf(text, size, "%04d-%02d-%02dT%02d:%02d:%02d", (int)at.year,
                   at.month, at.day, at.hour, at.minute, at.second);
}

static void put_name(struct vb__line *line, const char *name)
{
    vb__line_put(line, VB_SPAN(",\""));
    vb__line_put(line, vb_span_str(name));
    vb__line_put(line, VB_SPAN("\":"));
}

static void put_string(struct vb__line *line, const char *name,
                       struct vb_span text, size_t most)
{
    if (text.len == 0)
        return;
    put_name(line, name);
    vb__line_put(line, VB_SPAN("\""));
    put_text(line, text, most);
    vb__line_put(line, VB_SPAN("\""));
}

static void put_uri_string(struct vb__line *line, const struct entry *entry,
                           const char *name, struct vb_span uri, size_t most)
{
    if (uri.len == 0)
        return;
    put_name(line, name);
    vb__line_put(line, VB_SPAN("\""));
    put_uri(line, entry, uri, most);
    vb__line_put(line, VB_SPAN("\""));
}

static void put_number(struct vb__line *line, const char *name, uint64_t n)
{
    put_name(line, name);
    vb__line_number(line, n);
}

static void put_time(struct vb__line *line, const struct entry *entry,
                     const char *second)
{
    char text[8];

    (void)snprintf(text, sizeof(text), ".%03uZ",
                   (unsigned)(entry->begun_unix_ms % 1000));
    vb__line_put(line, VB_SPAN("{\"time\":\""));
    vb__line_put(line, vb_span_str(second));
    vb__line_put(line, vb_span_str(text));
    vb__line_put(line, VB_SPAN("\""));
}

static void put_json(struct vb__line *line, const struct entry *entry,
                     const char *time)
{
    const struct vb_head *head = &entry->x->head;

    put_time(line, entry, time);
    put_string(line, "client", vb_span_str(entry->client), CLIENT_MOST);
    if (entry->x->peer != NULL && entry->x->peer->certificate != NULL)
        put_string(line, "client_subject", entry->x->peer->certificate->subject,
                   SUBJECT_MOST);
    put_string(line, "method", head->method_text, METHOD_MOST);
    put_uri_string(line, entry, "target", head->target, TARGET_MOST);
    put_uri_string(line, entry, "host", head->authority, HOST_MOST);
    if (head->method_text.len > 0)
        put_string(line, "protocol", entry->protocol, 16);
    if (entry->x->reply.status > 0)
        put_number(line, "status", entry->x->reply.status);
    put_number(line, "bytes", entry->x->sent);
    if (entry->x->received > 0)
        put_number(line, "received", entry->x->received);
    put_number(line, "duration_ms", entry->duration_ms);
    put_uri_string(line, entry, "referer", entry->referer, REFERER_MOST);
    put_string(line, "user_agent", entry->agent, AGENT_MOST);
    if (entry->x->abandoned)
        vb__line_put(line, VB_SPAN(",\"aborted\":true"));
    vb__line_put(line, VB_SPAN("}\n"));
}

/* --- A line -----------------------------------------------------------------
 */

static const struct {
    void (*format)(int64_t unix_s, char *text, size_t size);
    void (*put)(struct vb__line *line, const struct entry *entry,
                const char *time);
} formats[] = {
    [VB_ACCESS_COMBINED] = {format_clf, put_combined},
    [VB_ACCESS_JSON] = {format_rfc3339, put_json},
};

size_t vb__access_line(enum vb_access_format format,
                       const struct vb_redaction *redaction,
                       struct vb_redact_keys keys,
                       struct vb__access_second *second,
                       const struct vb_exchange *x, char *text)
{
    struct entry entry = {.redaction = redaction, .keys = keys};
    struct vb__line line = {.json = format == VB_ACCESS_JSON};
    int64_t unix_s;

    line.ptr = text;
    fill(&entry, x);
    unix_s = entry.begun_unix_ms / 1000;
    if (second->text[0] == '\0' || second->unix_s != unix_s) {
        formats[format].format(unix_s, second->text, sizeof(second->text));
        second->unix_s = unix_s;
    }
    formats[format].put(&line, &entry, second->text);
    return line.len;
}
