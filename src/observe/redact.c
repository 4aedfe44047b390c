/* Leaving out of a URI what a log should not have. See redact.h. */
#include "observe/redact.h"

/* --- Rules ---------------------------------------------------------------- */

static const struct {
    struct vb_span text;
    bool only;
    bool names; /* names must follow */
} forms[] = {
    {VB_SPAN_INIT("all-but:"), false, true},
    {VB_SPAN_INIT("only:"), true, true},
    {VB_SPAN_INIT("all"), false, false},
    {VB_SPAN_INIT("none"), true, false},
};

static enum vb_err refuse(struct vb_buf *why, enum vb_err err, const char *text)
{
    vb_buf_str(why, text);
    return err;
}

static enum vb_err parse_names(struct vb_span rest, struct vb_redaction *ret,
                               struct vb_buf *why)
{
    for (;;) {
        ssize_t comma = vb_span_find(rest, ',', 0);
        size_t len = comma < 0 ? rest.len : (size_t)comma;
        struct vb_span name = vb_span_trim(vb_span_head(rest, len));

        if (name.len == 0)
            return refuse(why, VB_ERR_SYNTAX,
                          "the name of a parameter is missing");
        if (ret->count == VB_REDACTION_NAMES_MOST)
            return refuse(why, VB_ERR_LIMIT,
                          "there are more than 64 names of parameters");
        ret->names[ret->count++] = name;
        if (comma < 0)
            return VB_OK;
        rest = vb_span_from(rest, len + 1);
    }
}

enum vb_err vb_redaction_parse(struct vb_span rules,
                               struct vb_redaction *ret_redaction,
                               struct vb_buf *ret_why)
{
    rules = vb_span_trim(rules);
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct vb_redaction read = {.only = forms[i].only};
        struct vb_span rest = vb_span_from(rules, forms[i].text.len);
        enum vb_err err = VB_OK;

        if (!vb_span_starts(rules, forms[i].text) ||
            (!forms[i].names && rest.len > 0))
            continue;
        if (forms[i].names)
            err = parse_names(rest, &read, ret_why);
        if (err == VB_OK)
            *ret_redaction = read;
        return err;
    }
    return refuse(ret_why, VB_ERR_SYNTAX,
                  "write all, none, all-but:NAME,NAME or only:NAME,NAME");
}

/* --- Names ---------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = vb_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Takes one decoded character off the front of a name. */
static char next(struct vb_span *name)
{
    char c = name->ptr[0];
    size_t len = 1;

    if (c == '%' && name->len >= 3 && hex(name->ptr[1]) >= 0 &&
        hex(name->ptr[2]) >= 0) {
        c = (char)(hex(name->ptr[1]) * 16 + hex(name->ptr[2]));
        len = 3;
    } else if (c == '+') {
        c = ' ';
    }
    *name = vb_span_from(*name, len);
    return c;
}

/* Is `sent`, as it came, the name of a rule? */
static bool same(struct vb_span sent, struct vb_span name, bool loosely)
{
    while (sent.len > 0) {
        char c = next(&sent);

        if (name.len == 0)
            return loosely && c == ':';
        if (c != name.ptr[0] &&
            !(loosely && vb_ascii_lower(c) == vb_ascii_lower(name.ptr[0])))
            return false;
        name = vb_span_from(name, 1);
    }
    return name.len == 0;
}

struct rules {
    const struct vb_redaction *redaction;
    struct vb_redact_keys keys;
};

static bool hides(const struct rules *rules, struct vb_span name)
{
    const struct vb_redaction *redaction = rules->redaction;

    for (size_t i = 0; i < rules->keys.count; i++)
        if (same(name, rules->keys.names[i], true))
            return true;
    for (size_t i = 0; i < redaction->count; i++)
        if (same(name, redaction->names[i], redaction->only))
            return redaction->only;
    return !redaction->only;
}

/* --- URIs ----------------------------------------------------------------- */

static const struct vb_span hidden = VB_SPAN_INIT("***");

/* One parameter. Without "=" it may itself be the secret. */
static void put_parameter(const struct rules *rules, struct vb_span text,
                          struct vb_redact_out *out)
{
    ssize_t equals = vb_span_find(text, '=', 0);
    size_t len = equals < 0 ? text.len : (size_t)equals;

    if (text.len == 0)
        return;
    if (!hides(rules, vb_span_head(text, len))) {
        out->text(out, text);
        return;
    }
    if (equals >= 0)
        out->text(out, vb_span_head(text, len + 1));
    if (equals < 0 || len + 1 < text.len)
        out->text(out, hidden);
}

/* ";" has been a separator too; who still means it so is understood. */
static size_t parameter_end(struct vb_span query)
{
    size_t end = 0;

    while (end < query.len && query.ptr[end] != '&' && query.ptr[end] != ';')
        end++;
    return end;
}

static void put_query(const struct rules *rules, struct vb_span query,
                      struct vb_redact_out *out)
{
    while (query.len > 0) {
        size_t end = parameter_end(query);

        put_parameter(rules, vb_span_head(query, end), out);
        query = vb_span_from(query, end);
        out->text(out, vb_span_head(query, 1));
        query = vb_span_from(query, 1);
    }
}

/* Where the authority begins in what stands before a query: behind "//" or
 * "scheme://"; a target may be an authority alone. */
static size_t authority_begin(struct vb_span front)
{
    ssize_t slash = vb_span_find(front, '/', 0);

    if (vb_span_starts(vb_span_from(front, (size_t)(slash < 0 ? 0 : slash)),
                       VB_SPAN("//")))
        return slash == 0 || front.ptr[slash - 1] == ':' ? (size_t)slash + 2
                                                         : front.len;
    return slash == 0 ? front.len : 0;
}

/* "//user:password@host/path" loses its middle. The last "@" of the authority
 * counts, as it does to those who connect. */
static void put_front(struct vb_span front, struct vb_redact_out *out)
{
    size_t begin = authority_begin(front);
    size_t end = begin, at;

    while (end < front.len && front.ptr[end] != '/')
        end++;
    at = end;
    while (at > begin && front.ptr[at - 1] != '@')
        at--;
    if (at > begin) {
        out->text(out, vb_span_head(front, begin));
        out->text(out, hidden);
        front = vb_span_from(front, at - 1);
    }
    out->text(out, front);
}

void vb_redact_uri(const struct vb_redaction *redaction,
                   struct vb_redact_keys keys, struct vb_span uri,
                   struct vb_redact_out *out)
{
    const struct rules rules = {redaction, keys};
    ssize_t hash = vb_span_find(uri, '#', 0);
    struct vb_span whole = hash < 0 ? uri : vb_span_head(uri, (size_t)hash);
    ssize_t mark = vb_span_find(whole, '?', 0);

    put_front(mark < 0 ? whole : vb_span_head(whole, (size_t)mark), out);
    if (mark >= 0) {
        out->text(out, VB_SPAN("?"));
        put_query(&rules, vb_span_from(whole, (size_t)mark + 1), out);
    }
    if (hash >= 0) {
        out->text(out, VB_SPAN("#"));
        out->text(out, hidden);
    }
}
