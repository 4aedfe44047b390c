/*
 * What came of a request, for people:
 *
 *     PUT /books/7 (document)
 *
 *     NODE           QUESTION                              ANSWER  RFC
 *     well_formed    is the message well formed?           YES     9112 2-7 ...
 *     ...
 *
 *     HTTP/1.1 412 Precondition Failed
 *     Content-Type: application/problem+json
 *
 * or as JSON, with the same parts.
 */
#include "content/json.h"
#include "http/status.h"
#include "server/explain.h"

/* Columns of 80, with two spaces between them. */
enum { NODE = 13, QUESTION = 36, ANSWER = 6, RFC = 19, GAP = 2 };

static void spaces(struct vb_buf *out, size_t count)
{
    while (count-- > 0)
        vb_buf_char(out, ' ');
}

/* A trace may be another machine's: nothing in it may move the cursor. */
static void plain(struct vb_buf *out, struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool control = (unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f;

        vb_buf_char(out, control ? '?' : text.ptr[i]);
    }
}

/* The words that fit in `width`, one at least; *rest begins behind them. */
static struct vb_span take_words(struct vb_span *rest, size_t width)
{
    size_t len = rest->len;
    struct vb_span words;

    if (len > width) {
        len = width + 1;
        while (len > 0 && rest->ptr[len - 1] != ' ')
            len--;
        len = len > 0 ? len - 1 : width;
    }
    words = vb_span_head(*rest, len);
    *rest = vb_span_from(*rest, len + 1);
    return words;
}

static void cell(struct vb_buf *out, struct vb_span text, size_t width)
{
    plain(out, text);
    spaces(out, width > text.len ? width - text.len : 0);
    spaces(out, GAP);
}

static void end_line(struct vb_buf *out)
{
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->len--;
    vb_buf_char(out, '\n');
}

/* What does not fit into its column goes on below. */
static void row(struct vb_buf *out, struct vb_span node,
                struct vb_span question, struct vb_span answer,
                struct vb_span rfc)
{
    do {
        cell(out, node, NODE);
        cell(out, take_words(&question, QUESTION), QUESTION);
        cell(out, answer, ANSWER);
        plain(out, take_words(&rfc, RFC));
        end_line(out);
        node = answer = VB_SPAN("");
    } while (question.len > 0 || rfc.len > 0);
}

static void print_trace(yyjson_val *trace, struct vb_buf *out)
{
    yyjson_val *steps = vb_json_member(trace, VB_SPAN("steps"));
    struct vb_span kind = vb_json_member_text(trace, "resource");
    yyjson_arr_iter iter;
    yyjson_val *step;

    plain(out, vb_json_member_text(trace, "method"));
    vb_buf_char(out, ' ');
    plain(out, vb_json_member_text(trace, "target"));
    if (kind.len > 0) {
        vb_buf_str(out, " (");
        plain(out, kind);
        vb_buf_char(out, ')');
    }
    vb_buf_str(out, "\n\n");
    row(out, VB_SPAN("NODE"), VB_SPAN("QUESTION"), VB_SPAN("ANSWER"),
        VB_SPAN("RFC"));
    yyjson_arr_iter_init(steps, &iter);
    while ((step = yyjson_arr_iter_next(&iter)) != NULL)
        row(out, vb_json_member_text(step, "node"),
            vb_json_member_text(step, "question"),
            vb_json_member_text(step, "answer"),
            vb_json_member_text(step, "rfc"));
    vb_buf_char(out, '\n');
}

static void print_stopped(const struct vb__finding *finding, struct vb_buf *out)
{
    vb_buf_printf(out,
                  "Stopped before %s: nothing was changed.\n"
                  "It would be %d %.*s",
                  finding->stopped, finding->would,
                  VB_FMT(vb_status_reason(finding->would)));
    if (finding->might != NULL)
        vb_buf_printf(out, ", or else one of %s", finding->might);
    vb_buf_str(out, ".\n");
}

static void print_reply(const struct vb__answer *answer, bool include,
                        struct vb_buf *out)
{
    struct vb_span rest = answer->head, name, value;

    plain(out, answer->line);
    vb_buf_char(out, '\n');
    while (vb__answer_field(&rest, &name, &value)) {
        plain(out, name);
        vb_buf_str(out, ": ");
        plain(out, value);
        end_line(out);
    }
    if (!include)
        return;
    vb_buf_char(out, '\n');
    vb_buf_append(out, vb_buf_span(&answer->content));
    if (out->len > 0 && out->ptr[out->len - 1] != '\n')
        vb_buf_char(out, '\n');
}

/* --- as JSON ----------------------------------------------------------------
 */

static void write_stopped(const struct vb__finding *finding, struct vb_buf *out)
{
    vb_buf_printf(out, ",\"stopped\":{\"before\":\"%s\",\"would\":%d}",
                  finding->stopped, finding->would);
}

static void write_reply(const struct vb__answer *answer, bool include,
                        struct vb_buf *out)
{
    struct vb_span rest = answer->head, name, value;
    bool any = false;

    vb_buf_printf(out, ",\"reply\":{\"status\":%d,\"fields\":[",
                  answer->status);
    while (vb__answer_field(&rest, &name, &value)) {
        vb_buf_str(out, any ? ",[" : "[");
        vb_json_write_string(out, name);
        vb_buf_char(out, ',');
        vb_json_write_string(out, value);
        vb_buf_char(out, ']');
        any = true;
    }
    vb_buf_char(out, ']');
    if (include) {
        vb_buf_str(out, ",\"content\":");
        vb_json_write_string(out, vb_buf_span(&answer->content));
    }
    vb_buf_char(out, '}');
}

static enum vb_err write_json(const struct vb__question *question,
                              const struct vb__finding *finding,
                              const struct vb__answer *answer,
                              struct vb_buf *out)
{
    struct vb_json *json;
    struct vb_buf text;
    enum vb_err err;

    vb_buf_init(&text, out->limit);
    vb_buf_str(&text, "{\"trace\":");
    if (finding->trace.len > 0)
        vb_buf_append(&text, vb_buf_span(&finding->trace));
    else
        vb_buf_str(&text, "null");
    if (finding->stopped != NULL)
        write_stopped(finding, &text);
    if (answer != NULL)
        write_reply(answer, question->include, &text);
    vb_buf_char(&text, '}');
    err = text.err;
    if (err == VB_OK)
        err = vb_json_parse(vb_buf_span(&text), NULL, &json, NULL);
    if (err == VB_OK) {
        vb_json_write_pretty(out, json->root);
        vb_json_free(json);
    }
    vb_buf_done(&text);
    return err;
}

/* --- all of it --------------------------------------------------------------
 */

static enum vb_err print_text(const struct vb__question *question,
                              const struct vb__finding *finding,
                              const struct vb__answer *answer,
                              struct vb_buf *out)
{
    struct vb_json *trace;

    if (finding->trace.len > 0) {
        enum vb_err err =
            vb_json_parse(vb_buf_span(&finding->trace), NULL, &trace, NULL);

        if (err != VB_OK)
            return err;
        print_trace(trace->root, out);
        vb_json_free(trace);
    }
    if (finding->stopped != NULL)
        print_stopped(finding, out);
    if (answer != NULL)
        print_reply(answer, question->include, out);
    return VB_OK;
}

enum vb_err vb__finding_print(const struct vb__question *question,
                              const struct vb__finding *finding,
                              struct vb_buf *out)
{
    bool to_head = strcmp(question->method, "HEAD") == 0;
    struct vb__answer answer;
    bool answered =
        finding->reply.len > 0 && vb__answer_read(vb_buf_span(&finding->reply),
                                                  to_head, &answer) == VB_OK;
    enum vb_err err =
        question->json
            ? write_json(question, finding, answered ? &answer : NULL, out)
            : print_text(question, finding, answered ? &answer : NULL, out);

    if (answered)
        vb__answer_done(&answer);
    return err != VB_OK ? err : out->err;
}
