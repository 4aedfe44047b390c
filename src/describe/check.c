/* The report of `verbatim check`. See check.h. */
#include "describe/check.h"

#include <stdlib.h>

#include "content/json.h"
#include "describe/rules.h"

enum { WIDTH = 100, PATH_MOST = 40, METHODS = 25, MARGIN = 4 };

static const struct {
    const char *id;
    vb__rule_fn *broken;
    const char *text;
} rules[] = {
#define RULE(id, predicate, text) {id, predicate, text},
#include "describe/rules.tbl"
#undef RULE
};

enum { RULE_COUNT = sizeof(rules) / sizeof(rules[0]) };

struct finding {
    size_t rule;
    struct vb_place place;
    struct vb_span where;  /* "GET /books"; empty when the detail says it */
    struct vb_span detail; /* may be empty */
    struct finding *next;
};

struct report {
    const struct vb_description *d;
    struct vb_buf *out;
    struct vb_check_counts counts;
    struct vb_arena arena;
    struct finding *findings[RULE_COUNT], **last[RULE_COUNT];
};

/* What a buffer holds, kept in the arena; the buffer is done with. */
static struct vb_span take(struct report *report, struct vb_buf *text)
{
    struct vb_span copy = vb_arena_dup(&report->arena, vb_buf_span(text));

    if (text->err == VB_ERR_NOMEM)
        report->arena.failed = true;
    vb_buf_done(text);
    return copy;
}

/* --- lines --------------------------------------------------------------- */

static void spaces(struct vb_buf *out, size_t count)
{
    while (count-- > 0)
        vb_buf_char(out, ' ');
}

static void end_line(struct vb_buf *out)
{
    while (out->len > 0 && out->ptr[out->len - 1] == ' ')
        out->len--;
    vb_buf_char(out, '\n');
}

/* "1 path", "2 paths". */
static void count_of(struct vb_buf *out, size_t count, const char *what)
{
    vb_buf_printf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

/* Names come from the file: nothing in them may move the cursor. */
static void append_plain(struct vb_buf *out, struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool control = (unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f;

        vb_buf_char(out, control ? '?' : text.ptr[i]);
    }
}

/* Words from column `at` on; what does not fit goes below, at `indent`. */
static void wrap(struct vb_buf *out, struct vb_span text, size_t at,
                 size_t indent)
{
    while (text.len > 0) {
        ssize_t space = vb_span_find(text, ' ', 0);
        size_t len = space < 0 ? text.len : (size_t)space;

        if (at + len > WIDTH && at > indent) {
            end_line(out);
            spaces(out, indent);
            at = indent;
        }
        append_plain(out, vb_span_head(text, len));
        at += len;
        text = vb_span_from(text, len + 1);
        if (text.len > 0 && at < WIDTH) {
            vb_buf_char(out, ' ');
            at++;
        }
    }
    end_line(out);
}

/* A cell, filled up to `width` and two spaces. */
static size_t cell(struct vb_buf *out, struct vb_span text, size_t width)
{
    vb_buf_append(out, text);
    if (text.len > width)
        width = text.len;
    spaces(out, width + 2 - text.len);
    return width + 2;
}

/* --- the table ----------------------------------------------------------- */

/* The methods that are served, as Allow will have them but for OPTIONS. */
static struct vb_span methods_of(struct report *report,
                                 const struct vb_route *route)
{
    struct vb_buf text;

    if (route->from)
        return VB_SPAN("GET HEAD"); /* described or not */
    if (route->redirect && route->operation_count == 0)
        return route->redirect->kind == VB_REDIRECT_SEE_OTHER
                   ? VB_SPAN("GET HEAD")
                   : VB_SPAN("all");
    if (route->gateway && route->operation_count == 0 && route->served)
        return VB_SPAN("all");
    vb_buf_init(&text, 4096);
    for (size_t i = 0; i < route->operation_count; i++) {
        const struct vb_operation *op = &route->operations[i];

        if (!op->served || op->method == VB_METHOD_HEAD ||
            op->method == VB_METHOD_TRACE) /* the server's: --trace */
            continue;
        vb_buf_printf(&text, "%s%.*s", text.len > 0 ? " " : "",
                      VB_FMT(op->name));
        if (op->method == VB_METHOD_GET)
            vb_buf_str(&text, " HEAD");
        if (op->method == VB_METHOD_GET && vb_query_comes_with_get(route))
            vb_buf_str(&text, " QUERY");
    }
    if (text.len == 0)
        vb_buf_char(&text, '-');
    return take(report, &text);
}

static const char *id_text(const struct vb_route *route)
{
    if (route->archetype == VB_ARCHETYPE_STORE)
        return "clients name its members";
    switch (route->id_kind) {
    case VB_ID_COUNTER:
        return "ids count up";
    case VB_ID_UUID:
        return "ids are UUIDs";
    case VB_ID_SHORT:
        break;
    }
    return "ids are short texts";
}

static void say(struct vb_buf *out, const char *text, struct vb_span name)
{
    vb_buf_printf(out, "%s%s%.*s", out->len > 0 ? "; " : "", text,
                  VB_FMT(name));
}

static bool demands_precondition(const struct vb_route *route)
{
    for (size_t i = 0; i < route->operation_count; i++) {
        if (route->operations[i].served &&
            route->operations[i].require_precondition)
            return true;
    }
    return false;
}

static bool may_be_put_off(const struct vb_route *route)
{
    const struct vb_operation *post = route->by_method[VB_METHOD_POST];

    return post && post->served && post->success.async;
}

static bool demands_key(const struct vb_route *route)
{
    for (size_t i = 0; i < route->operation_count; i++) {
        if (route->operations[i].served && route->operations[i].require_key)
            return true;
    }
    return false;
}

static void say_membership(struct vb_buf *text, const struct vb_route *route)
{
    if (route->membership == VB_MEMBER_OF_STORE)
        say(text, "member, named by clients", VB_SPAN(""));
    else if (route->membership == VB_MEMBER_OF_COLLECTION)
        say(text, "member", VB_SPAN(""));
}

/* What x-verbatim says there, a string. */
static struct vb_span as_written(const struct vb_route *route, const char *key)
{
    yyjson_val *extension = yyjson_obj_get(route->source, "x-verbatim");

    return vb_json_text(yyjson_obj_get(extension, key));
}

static const char *redirect_text(enum vb_redirect_kind kind)
{
    switch (kind) {
    case VB_REDIRECT_MOVED:
        return "moved to ";
    case VB_REDIRECT_FOR_NOW:
        return "for now at ";
    case VB_REDIRECT_SEE_OTHER:
        break;
    }
    return "answered at ";
}

static void say_gateway(struct vb_buf *text, const struct vb_gateway *gateway)
{
    for (size_t i = 0; i < gateway->server_count; i++) {
        say(text, i == 0 ? "answered by " : "or by ", gateway->servers[i]);
        vb_buf_append(text, gateway->base);
    }
    if (gateway->secure && gateway->tls.insecure)
        say(text, "whoever that is", VB_SPAN(""));
}

static void say_how(struct vb_buf *text, const struct vb_route *route)
{
    if (!route->served) {
        say(text, "not served", VB_SPAN(""));
        return;
    }
    if (route->lists)
        say(text, "lists members of ", route->lists->path);
    else if (vb_archetype_lists(route->archetype))
        say(text, id_text(route), VB_SPAN(""));
    say_membership(text, route);
    if (route->archetype == VB_ARCHETYPE_DOCUMENT && route->state &&
        route->state->verbatim)
        say(text, "stored verbatim", VB_SPAN(""));
    if (route->action && route->action->target)
        say(text,
            route->action->kind == VB_ACTION_MOVE ? "moves " : "merges into ",
            route->action->target->path);
    if (route->action && route->action->program)
        say(text, "runs ", vb_span_str(route->action->program->words[0]));
    if (route->action && route->action->onward)
        say(text, "asks ", route->action->onward->gateway.servers[0]);
    if (route->action && route->action->plugin)
        say(text, "plugin ", vb_span_str(route->action->plugin->name));
    if (route->tombstones && vb__is_deleted(route))
        say(text, "gone once deleted", VB_SPAN(""));
    if (route->moves)
        say(text, "redirected once moved", VB_SPAN(""));
    if (may_be_put_off(route))
        say(text, "may be a job", VB_SPAN(""));
    if (route->from)
        say(text, "files of ", as_written(route, "from"));
    if (route->redirect)
        say(text, redirect_text(route->redirect->kind), route->redirect->text);
    if (route->gateway)
        say_gateway(text, route->gateway);
    if (demands_precondition(route))
        say(text, "writes need a precondition", VB_SPAN(""));
    if (demands_key(route))
        say(text, "needs an Idempotency-Key", VB_SPAN(""));
}

static size_t path_width(const struct vb_description *d)
{
    size_t width = 4;

    for (size_t i = 0; i < d->route_count; i++) {
        size_t len = d->routes[i]->path.len;

        if (len > width && len <= PATH_MOST)
            width = len;
    }
    return width;
}

static void print_row(struct report *report, const struct vb_route *route,
                      size_t width)
{
    struct vb_buf *out = report->out, how;
    size_t column = width + 2 + 12 + METHODS + 2;
    size_t at;

    vb_buf_init(&how, 65536);
    say_how(&how, route);
    at = cell(out, route->path, width);
    if (at > width + 2) { /* a long path takes a line */
        end_line(out);
        spaces(out, width + 2);
        at = width + 2;
    }
    at += cell(out, vb_span_str(vb_archetype_name(route->archetype)), 10);
    at += cell(out, methods_of(report, route), METHODS);
    wrap(out, take(report, &how), at, column);
}

static void print_table(struct report *report)
{
    const struct vb_description *d = report->d;
    size_t width = path_width(d);

    cell(report->out, VB_SPAN("PATH"), width);
    cell(report->out, VB_SPAN("ARCHETYPE"), 10);
    cell(report->out, VB_SPAN("METHODS"), METHODS);
    vb_buf_str(report->out, "NOTES\n");
    for (size_t i = 0; i < d->route_count; i++)
        print_row(report, d->routes[i], width);
}

/* --- what is not served -------------------------------------------------- */

static void print_unserved(struct report *report, struct vb_span method,
                           struct vb_span path, struct vb_span why,
                           const struct vb_place *place)
{
    struct vb_buf *out = report->out;

    if (report->counts.unserved++ == 0)
        vb_buf_str(out, "\nNot served:\n");
    vb_buf_printf(out, "  %.*s%s%.*s  %.*s:%u\n", VB_FMT(method),
                  method.len > 0 ? " " : "", VB_FMT(path), VB_FMT(place->file),
                  place->line);
    spaces(out, MARGIN + 2);
    wrap(out, why, MARGIN + 2, MARGIN + 2);
}

static void list_unserved(struct report *report)
{
    const struct vb_description *d = report->d;

    for (size_t i = 0; i < d->route_count; i++) {
        const struct vb_route *route = d->routes[i];

        if (route->operation_count == 0 && !route->served)
            print_unserved(report, VB_SPAN(""), route->path, route->why_not,
                           &route->place);
        for (size_t k = 0; k < route->operation_count; k++) {
            const struct vb_operation *op = &route->operations[k];

            report->counts.operations++;
            report->counts.served += op->served;
            if (!op->served)
                print_unserved(report, op->name, route->path, op->why_not,
                               &op->place);
        }
    }
}

/* --- warnings ------------------------------------------------------------ */

static void add(struct report *report, size_t rule,
                const struct vb_place *place, struct vb_span where,
                struct vb_span detail)
{
    struct finding *f = vb_arena_calloc(&report->arena, 1, sizeof(*f));

    if (!f)
        return;
    f->rule = rule;
    f->place = *place;
    f->where = where;
    f->detail = detail;
    *report->last[rule] = f;
    report->last[rule] = &f->next;
    report->counts.warnings++;
}

static void try_rules(struct report *report, const struct vb_route *route,
                      const struct vb_operation *op)
{
    struct vb__subject s = {report->d, route, op, &report->arena};
    struct vb_span where =
        op ? vb_arena_printf(&report->arena, "%.*s %.*s", VB_FMT(op->name),
                             VB_FMT(route->path))
           : route->path;

    for (size_t i = 0; i < RULE_COUNT; i++) {
        struct vb_buf detail;

        vb_buf_init(&detail, 4096);
        if (rules[i].broken && rules[i].broken(&s, &detail))
            add(report, i, op ? &op->place : &route->place, where,
                take(report, &detail));
        vb_buf_done(&detail);
    }
}

static void add_notes(struct report *report)
{
    for (const struct vb_note *n = report->d->warnings; n; n = n->next) {
        for (size_t i = 0; i < RULE_COUNT; i++) {
            if (vb_span_eq(n->rule, vb_span_str(rules[i].id)))
                add(report, i, &n->place, VB_SPAN(""), n->text);
        }
    }
}

static void find_all(struct report *report)
{
    const struct vb_description *d = report->d;

    add_notes(report);
    for (size_t i = 0; i < d->route_count; i++) {
        const struct vb_route *route = d->routes[i];

        try_rules(report, route, NULL);
        for (size_t k = 0; k < route->operation_count; k++)
            try_rules(report, route, &route->operations[k]);
    }
}

static void print_finding(struct report *report, const struct finding *f)
{
    bool points = f->where.len == 0 && f->place.pointer.len > 0;
    struct vb_span text = vb_arena_printf(
        &report->arena, "%.*s:%u  %.*s%s%.*s%s%.*s%s", VB_FMT(f->place.file),
        f->place.line, VB_FMT(f->where),
        f->where.len > 0 && f->detail.len > 0 ? ": " : "", VB_FMT(f->detail),
        points ? " (at #" : "", VB_FMT(points ? f->place.pointer : VB_SPAN("")),
        points ? ")" : "");

    spaces(report->out, MARGIN);
    wrap(report->out, text, MARGIN, MARGIN + 2);
}

static void print_warnings(struct report *report)
{
    struct vb_buf *out = report->out;

    if (report->counts.warnings > 0)
        vb_buf_str(out, "\nWarnings:\n");
    for (size_t i = 0; i < RULE_COUNT; i++) {
        struct vb_span text;

        if (!report->findings[i])
            continue;
        text = vb_arena_printf(&report->arena, "%s: %s", rules[i].id,
                               rules[i].text);
        spaces(out, 2);
        wrap(out, text, 2, MARGIN);
        for (const struct finding *f = report->findings[i]; f; f = f->next)
            print_finding(report, f);
    }
}

/* --- all of it ----------------------------------------------------------- */

static void print_report(struct report *report)
{
    const struct vb_description *d = report->d;
    struct vb_check_counts *c = &report->counts;

    append_plain(report->out, d->title);
    vb_buf_char(report->out, ' ');
    append_plain(report->out, d->version);
    vb_buf_printf(report->out, " (OpenAPI %.*s, %.*s)\n\n", VB_FMT(d->openapi),
                  VB_FMT(d->file));
    c->paths = d->route_count;
    print_table(report);
    list_unserved(report);
    find_all(report);
    print_warnings(report);
    vb_buf_char(report->out, '\n');
    count_of(report->out, c->paths, "path");
    vb_buf_str(report->out, ", ");
    count_of(report->out, c->operations, "operation");
    vb_buf_printf(report->out, ": %zu served, %zu not; ", c->served,
                  c->operations - c->served);
    count_of(report->out, c->warnings, "warning");
    vb_buf_char(report->out, '\n');
}

enum vb_err vb_check(const struct vb_description *description,
                     struct vb_buf *out, struct vb_check_counts *ret_counts)
{
    struct report report = {.d = description, .out = out};

    vb_arena_init(&report.arena, 65536, (size_t)64 << 20);
    for (size_t i = 0; i < RULE_COUNT; i++)
        report.last[i] = &report.findings[i];
    print_report(&report);
    if (report.arena.failed)
        out->err = VB_ERR_NOMEM;
    vb_arena_done(&report.arena);
    if (out->err != VB_OK)
        return out->err;
    *ret_counts = report.counts;
    return VB_OK;
}
