/* Rules about paths and the resources behind them. See rules.h. */
#include "describe/rules.h"

#include "content/json.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

struct vb_span vb__first_word(struct vb_span name, char *room, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];

        if (c == '_' || c == '-' || c == ' ' || c == '.' ||
            (i > 0 && is_upper(c) && !is_upper(name.ptr[i - 1])))
            break;
        if (len == size)
            return VB_SPAN("");
        room[len++] = vb_ascii_lower(c);
    }
    return vb_span_of(room, len);
}

bool vb__is_one_of(struct vb_span word, const char *const *list)
{
    for (; *list; list++) {
        if (vb_span_ieq(word, vb_span_str(*list)))
            return true;
    }
    return false;
}

/* Verbs wherever they begin a compound ("addBook"), and those of them that are
 * no nouns even alone. */
static const char *const verbs[] = {
    "get",    "fetch",  "retrieve", "list", "find",   "read",     "create",
    "add",    "insert", "make",     "new",  "update", "set",      "edit",
    "modify", "change", "save",     "put",  "delete", "remove",   "do",
    "upload", "patch",  "cancel",   "send", "submit", "download", NULL};
static const char *const verbs_alone[] = {
    "get",    "fetch", "retrieve", "create", "add",    "insert", "update",
    "modify", "edit",  "save",     "delete", "remove", NULL};

static bool is_verb(struct vb_span segment)
{
    char room[16];
    struct vb_span word = vb__first_word(segment, room, sizeof(room));

    return vb__is_one_of(word, word.len == segment.len ? verbs_alone : verbs);
}

bool vb__is_deleted(const struct vb_route *route)
{
    const struct vb_operation *operation =
        route ? route->by_method[VB_METHOD_DELETE] : NULL;

    return operation && operation->served;
}

/* At the path that says so: itself, or with a collection its members. */
bool vb__rule_never_deleted(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_route *route = s->route;
    yyjson_val *said = yyjson_obj_get(
        yyjson_obj_get(route->source, "x-verbatim"), "tombstones");

    (void)detail;
    if (s->op || !yyjson_get_bool(said))
        return false;
    return !vb__is_deleted(vb_archetype_lists(route->archetype) ? route->member
                                                                : route);
}

/* A controller is a function: its last segment may well be a verb. */
bool vb__rule_verb_in_path(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_template *t = &s->route->template;
    size_t count = t->segment_count;

    if (s->op)
        return false;
    if (s->route->archetype == VB_ARCHETYPE_CONTROLLER && count > 0)
        count--;
    for (size_t i = 0; i < count; i++) {
        if (t->segments[i].kind == VB_SEGMENT_LITERAL &&
            is_verb(t->segments[i].text)) {
            vb_buf_append(detail, t->segments[i].text);
            return true;
        }
    }
    return false;
}

bool vb__rule_trailing_slash(const struct vb__subject *s, struct vb_buf *detail)
{
    (void)detail;
    return !s->op && s->route->template.trailing_slash &&
           s->route->template.segment_count > 0;
}

static const char *const extensions[] = {"json", "xml", "html", "csv", "yaml",
                                         "yml",  "txt", "php",  "jsp", "asp",
                                         "aspx", "do",  "cgi",  NULL};

bool vb__rule_file_extension(const struct vb__subject *s, struct vb_buf *detail)
{
    struct vb_span path = s->route->path;
    size_t dot = path.len;

    while (dot > 0 && path.ptr[dot - 1] != '.' && path.ptr[dot - 1] != '/')
        dot--;
    if (s->op || dot < 2 || path.ptr[dot - 1] != '.')
        return false;
    if (!vb__is_one_of(vb_span_from(path, dot), extensions) &&
        !(path.ptr[path.len - 1] == '}' && path.ptr[dot - 2] == '}'))
        return false;
    vb_buf_append(detail, vb_span_from(path, dot - 1));
    return true;
}

/* --- what is behind it --------------------------------------------------- */

bool vb__rule_never_exists(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_route *route = s->route;
    const struct vb_operation *get = route->by_method[VB_METHOD_GET];

    (void)detail;
    if (s->op || !get || !get->served ||
        route->archetype != VB_ARCHETYPE_DOCUMENT)
        return false;
    if (route->collection &&
        route->collection->archetype == VB_ARCHETYPE_COLLECTION)
        return false;
    for (size_t i = 0; i < route->operation_count; i++) {
        if (route->operations[i].served && route->operations[i].creates)
            return false;
    }
    return true;
}

/* Nothing belongs to anybody where nobody is ever known. */
static bool is_orphan(const struct vb_description *d,
                      const struct vb_property *p)
{
    if (p->fill == VB_FILL_OWNER)
        return d->scheme_count == 0;
    return p->path_len == 1 && p->read_only && p->fill == VB_FILL_NONE &&
           !p->default_value;
}

/* Told at the document, once; a collection's state is its members'. */
static const struct vb_state *own_state(const struct vb__subject *s)
{
    if (s->op || !s->route->served || s->route->member)
        return NULL;
    return s->route->state;
}

bool vb__rule_unfilled(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_state *state = own_state(s);
    bool found = false;

    for (size_t i = 0; state && i < state->property_count; i++) {
        if (!is_orphan(s->description, &state->properties[i]))
            continue;
        vb_buf_str(detail, found ? ", " : "");
        vb_buf_append(detail, state->properties[i].path[0]);
        found = true;
    }
    return found && !vb__rule_never_exists(s, detail);
}

static bool is_described(const struct vb_state *state, struct vb_span name)
{
    for (size_t i = 0; i < state->property_count; i++) {
        if (vb_span_eq(state->properties[i].path[0], name))
            return true;
    }
    return false;
}

bool vb__rule_patch_names(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_action *action = s->op ? NULL : s->route->action;
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (!action || !action->target || !action->target->state->property_count)
        return false;
    yyjson_obj_iter_init(action->patch, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        if (!is_described(action->target->state, vb_json_text(name))) {
            vb_buf_append(detail, vb_json_text(name));
            return true;
        }
    }
    return false;
}

/* Once for a description: at its first path. */
bool vb__rule_security(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_description *d = s->description;
    size_t count = 0;

    if (s->op || d->routes[0] != s->route)
        return false;
    for (size_t i = 0; i < d->scheme_count; i++) {
        const struct vb_scheme *scheme = &d->schemes[i];

        if (!scheme->served)
            vb_buf_printf(detail, "%s%.*s: %.*s", count++ > 0 ? "; " : "",
                          VB_FMT(scheme->id), VB_FMT(scheme->why_not));
    }
    return count > 0;
}

/* --- redirects ----------------------------------------------------------- */

/* The route that a redirect of ours leads to; NULL: none, or no redirect. */
static const struct vb_route *target_of(const struct vb__subject *s)
{
    const struct vb_redirect *redirect = s->route->redirect;

    for (size_t i = 0; i < s->description->route_count; i++) {
        if (vb__template_eq(&s->description->routes[i]->template,
                            &redirect->template))
            return s->description->routes[i];
    }
    return NULL;
}

static bool leads_to_us(const struct vb__subject *s)
{
    return !s->op && s->route->redirect && s->route->redirect->origin.len == 0;
}

/* Files lie below their path. */
static bool is_in_files(const struct vb__subject *s)
{
    const struct vb_template *to = &s->route->redirect->template;

    for (size_t i = 0; i < s->description->route_count; i++) {
        const struct vb_route *route = s->description->routes[i];
        struct vb_template above = *to;

        above.segment_count = route->template.segment_count;
        if (route->from && above.segment_count <= to->segment_count &&
            vb__template_eq(&above, &route->template))
            return true;
    }
    return false;
}

/* One that a variable fits, "/books/7" of "/books/{id}", is described too. */
static bool may_be(const struct vb_template *to, const struct vb_template *t)
{
    if (to->segment_count != t->segment_count)
        return false;
    for (size_t i = 0; i < t->segment_count; i++) {
        if (t->segments[i].kind == VB_SEGMENT_LITERAL &&
            to->segments[i].kind == VB_SEGMENT_LITERAL &&
            !vb_span_eq(t->segments[i].text, to->segments[i].text))
            return false;
    }
    return true;
}

bool vb__rule_moved_nowhere(const struct vb__subject *s, struct vb_buf *detail)
{
    if (!leads_to_us(s) || is_in_files(s))
        return false;
    for (size_t i = 0; i < s->description->route_count; i++) {
        if (may_be(&s->route->redirect->template,
                   &s->description->routes[i]->template))
            return false;
    }
    vb_buf_append(detail, s->route->redirect->text);
    return true;
}

bool vb__rule_moved_twice(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_route *target = leads_to_us(s) ? target_of(s) : NULL;

    if (!target || !target->redirect)
        return false;
    vb_buf_append(detail, target->path);
    return true;
}
