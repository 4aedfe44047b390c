/* Reading x-verbatim.allow and .conceal. See allow.h. */
#include "describe/allow.h"

#include "describe/nearest.h"
#include "describe/read.h"

/* Names that may be meant by a mistyped one. */
#define NAMES_MOST 256

static const struct vb_span roots[VB_ALLOW_ROOTS] = {
    [VB_ALLOW_ACCOUNT] = VB_SPAN_INIT("account"),
    [VB_ALLOW_RESOURCE] = VB_SPAN_INIT("resource"),
    [VB_ALLOW_CONTENT] = VB_SPAN_INIT("content"),
};

static const struct vb_expression_word words[VB_ALLOW_WORDS] = {
    [VB_ALLOW_OWNER] = {VB_SPAN_INIT("owner"), false},
    [VB_ALLOW_SELF] = {VB_SPAN_INIT("self"), false},
    [VB_ALLOW_ROLE] = {VB_SPAN_INIT("role"), true},
    [VB_ALLOW_KNOWN] = {VB_SPAN_INIT("account"), false},
    [VB_ALLOW_ANYONE] = {VB_SPAN_INIT("anyone"), false},
};

/* Who says nothing of `security`, but has rules, lets anybody ask: then who it
 * is matters. */
static const struct vb_security anybody = {.optional = true};

/* What the rules of one operation are about. */
struct subject {
    struct vb__reader *r;
    const struct vb_route *route;
    const struct vb_operation *op;
    const struct vb_state *states[VB_ALLOW_ROOTS]; /* NULL: there is none */
};

/* --- what the roots are --------------------------------------------------- */

static const struct vb_state *target_state(const struct vb_route *route)
{
    const struct vb_action *action = route->action;

    return action && action->target ? action->target->state : NULL;
}

static const struct vb_state *resource_state(const struct vb_route *route)
{
    switch (route->archetype) {
    case VB_ARCHETYPE_DOCUMENT:
        return route->state;
    case VB_ARCHETYPE_CONTROLLER:
        return target_state(route);
    default:
        return NULL;
    }
}

static const struct vb_state *content_state(const struct vb_route *route,
                                            enum vb_method method)
{
    switch (route->archetype) {
    case VB_ARCHETYPE_DOCUMENT:
        return method == VB_METHOD_PUT || method == VB_METHOD_PATCH
                   ? route->state
                   : NULL;
    case VB_ARCHETYPE_COLLECTION:
        return method == VB_METHOD_POST ? route->state : NULL;
    case VB_ARCHETYPE_CONTROLLER:
        return route->action && route->action->kind == VB_ACTION_MERGE
                   ? target_state(route)
                   : NULL;
    default:
        return NULL;
    }
}

static struct subject subject_of(struct vb__reader *r,
                                 const struct vb_route *route,
                                 const struct vb_operation *op)
{
    const struct vb_accounts *accounts = r->into->public.accounts;

    return (struct subject){
        .r = r,
        .route = route,
        .op = op,
        .states =
            {
                [VB_ALLOW_ACCOUNT] = accounts ? accounts->member->state : NULL,
                [VB_ALLOW_RESOURCE] = resource_state(route),
                [VB_ALLOW_CONTENT] = content_state(route, op->method),
            },
    };
}

/* Names that begin both paths. */
static size_t shared(const struct vb_property *p, const struct vb_span *path,
                     size_t len)
{
    size_t same = 0;

    while (same < p->path_len && same < len &&
           vb_span_eq(p->path[same], path[same]))
        same++;
    return same;
}

/* The properties end where nothing is said of what is in an object. */
static bool is_open(const struct vb_state *state, const struct vb_property *p)
{
    for (size_t i = 0; i < state->field_count; i++) {
        if (state->fields[i].path_len > p->path_len &&
            shared(&state->fields[i], p->path, p->path_len) == p->path_len)
            return false;
    }
    return (p->types & VB_SCHEMA_OBJECT) != 0;
}

static bool find_field(void *context, size_t root, const struct vb_span *path,
                       size_t len, struct vb_filter_field *ret_field)
{
    const struct subject *s = context;
    const struct vb_state *state = s->states[root];

    if (!state || state->field_count == 0)
        return state != NULL;
    for (size_t i = 0; i < state->field_count; i++) {
        const struct vb_property *p = &state->fields[i];

        if (shared(p, path, len) < p->path_len)
            continue;
        if (p->path_len < len && is_open(state, p))
            return true;
        if (p->path_len != len)
            continue;
        ret_field->types = p->types;
        ret_field->item_types = p->item_types;
        ret_field->time = vb_span_eq(p->format, VB_SPAN("date-time"));
        return true;
    }
    return false;
}

/* --- telling what is wrong ------------------------------------------------ */

/* Why there is nothing under a root here. */
static const char *why_no_root(const struct subject *s, int root)
{
    if (root == VB_ALLOW_ACCOUNT)
        return "no collection has accounts (x-verbatim.accounts)";
    if (root == VB_ALLOW_CONTENT)
        return "no JSON content is kept here";
    if (vb_archetype_lists(s->route->archetype))
        return "a listing has no state: what GET of its members allows decides "
               "what is in it";
    return "this resource has no state";
}

static size_t all_names(const struct subject *s, int root, const char **names)
{
    const struct vb_state *state = root < 0 ? NULL : s->states[root];
    size_t count = 0;

    for (size_t i = 0; root < 0 && i < VB_ALLOW_ROOTS; i++)
        names[count++] = roots[i].ptr;
    for (size_t i = 0; root < 0 && i < VB_ALLOW_WORDS; i++)
        names[count++] = words[i].name.ptr;
    for (size_t i = 0; state && i < state->field_count && count < NAMES_MOST;
         i++) {
        struct vb_span name = state->fields[i].path[0];

        if (state->fields[i].path_len == 1 && name.ptr)
            names[count++] = vb_arena_dup(s->r->arena, name).ptr;
    }
    return count;
}

static void refuse(const struct subject *s, yyjson_val *at,
                   const struct vb_expression_error *error)
{
    const char *names[NAMES_MOST + VB_ALLOW_ROOTS + VB_ALLOW_WORDS];
    const char *near = NULL;

    if (error->name.len == 0) {
        vb__error(s->r, at, "character %zu: %s", error->offset + 1,
                  error->text);
        return;
    }
    if (error->root >= 0 && !s->states[error->root]) {
        vb__error(s->r, at, "character %zu: there is no %s: %s",
                  error->offset + 1, roots[error->root].ptr,
                  why_no_root(s, error->root));
        return;
    }
    near = vb__nearest(error->name, names, all_names(s, error->root, names));
    vb__error(s->r, at, "character %zu: %s%s has no \"%.*s\"%s%s%s",
              error->offset + 1, error->root < 0 ? "a rule" : "",
              error->root < 0 ? "" : roots[error->root].ptr,
              VB_FMT(error->name), near ? "; did you mean \"" : "",
              near ? near : "", near ? "\"?" : "");
}

/* --- words ---------------------------------------------------------------- */

static const struct vb_property *owner_of(const struct vb_state *state)
{
    for (size_t i = 0; state && i < state->property_count; i++) {
        if (state->properties[i].fill == VB_FILL_OWNER)
            return &state->properties[i];
    }
    return NULL;
}

/* Is this the path of an account, or one below it? */
static bool is_account(const struct vb__reader *r, const struct vb_route *route)
{
    const struct vb_accounts *accounts = r->into->public.accounts;
    struct vb_span path = accounts ? accounts->member->path : VB_SPAN("");

    return accounts && vb_span_starts(route->path, path) &&
           (route->path.len == path.len || route->path.ptr[path.len] == '/');
}

static void check_words(const struct subject *s, yyjson_val *at, unsigned said)
{
    const unsigned known = 1u << VB_ALLOW_OWNER | 1u << VB_ALLOW_SELF |
                           1u << VB_ALLOW_ROLE | 1u << VB_ALLOW_KNOWN;

    if ((said & known) != 0 && s->r->into->public.scheme_count == 0)
        vb__error(s->r, at,
                  "nobody is ever known: there is no "
                  "components.securitySchemes");
    else if ((said & 1u << VB_ALLOW_OWNER) != 0 &&
             !owner_of(s->states[VB_ALLOW_RESOURCE]))
        vb__error(s->r, at, "it has no owner: %s",
                  s->states[VB_ALLOW_RESOURCE]
                      ? "no property is x-verbatim: {value: owner}"
                      : why_no_root(s, VB_ALLOW_RESOURCE));
    else if ((said & 1u << VB_ALLOW_SELF) != 0 && !is_account(s->r, s->route))
        vb__error(s->r, at,
                  "\"self\" is for the path of an account "
                  "(x-verbatim.accounts) and those below it");
}

/* --- reading -------------------------------------------------------------- */

static const struct vb_expression *read_rule(struct subject *s, yyjson_val *val,
                                             struct vb_allow *allow)
{
    const struct vb_expression_language language = {
        .roots = roots,
        .root_count = VB_ALLOW_ROOTS,
        .words = words,
        .word_count = VB_ALLOW_WORDS,
        .field = find_field,
        .context = s,
    };
    const struct vb_expression *rule = NULL;
    struct vb_expression_error error;
    unsigned used, said;

    switch (vb_expression_read(s->r->arena, vb_json_text(val), &language, &rule,
                               &error)) {
    case VB_OK:
        break;
    case VB_ERR_INVALID:
        refuse(s, val, &error);
        return NULL;
    default:
        return NULL; /* the arena has failed, which is seen at the end */
    }
    used = vb_expression_roots(rule);
    said = vb_expression_words(rule);
    check_words(s, val, said);
    allow->by_account |= (used & 1u << VB_ALLOW_ACCOUNT) != 0;
    allow->by_state |= (used & 1u << VB_ALLOW_RESOURCE) != 0 ||
                       (said & 1u << VB_ALLOW_OWNER) != 0;
    allow->by_content |= (used & 1u << VB_ALLOW_CONTENT) != 0;
    return rule;
}

static const struct vb_allow *read_allow(struct subject *s, yyjson_val *val,
                                         bool conceal)
{
    bool one = yyjson_is_str(val);
    size_t count = one ? 1 : yyjson_arr_size(val);
    struct vb_allow *allow = VB__NEW(s->r, struct vb_allow, 1);
    const struct vb_expression **rules =
        VB__NEW(s->r, const struct vb_expression *, count);

    if (!allow || !rules)
        return NULL;
    for (size_t i = 0; i < count; i++)
        rules[i] = read_rule(s, one ? val : yyjson_arr_get(val, i), allow);
    allow->rules = rules;
    allow->count = count;
    allow->conceal = conceal;
    allow->owner = owner_of(s->states[VB_ALLOW_RESOURCE]);
    return allow;
}

/* What the operation says, or else its path. */
static yyjson_val *rule_of(struct vb__reader *r, const struct vb_route *route,
                           const struct vb_operation *op, const char *key)
{
    yyjson_val *own =
        vb__extension_get(r, op->source, vb__at_operation(op->method), key);

    return own ? own : vb__extension_get(r, route->source, VB__AT_PATH, key);
}

static void read_operation(struct vb__reader *r, const struct vb_route *route,
                           struct vb_operation *op)
{
    struct subject s = subject_of(r, route, op);
    yyjson_val *allow = rule_of(r, route, op, "allow");
    yyjson_val *conceal = rule_of(r, route, op, "conceal");

    if (allow)
        op->allow = read_allow(&s, allow, yyjson_is_true(conceal));
    else if (yyjson_is_true(conceal))
        vb__warn(r, "conceal", &op->place,
                 "x-verbatim.conceal without x-verbatim.allow: nothing is "
                 "concealed from anybody");
    if (op->allow && !op->security && r->into->public.scheme_count > 0)
        op->security = &anybody;
}

/* OPTIONS and TRACE tell nothing of the resource; HEAD is GET's. */
static bool has_rules(const struct vb_operation *op)
{
    return op->source && op->method != VB_METHOD_UNKNOWN &&
           op->method != VB_METHOD_OPTIONS && op->method != VB_METHOD_TRACE &&
           op->method != VB_METHOD_HEAD;
}

/* A rule of a path is one of its operations: files and redirects do without
 * any, and would be open to all. */
static void check_path(struct vb__reader *r, const struct vb_route *route)
{
    yyjson_val *allow =
        vb__extension_get(r, route->source, VB__AT_PATH, "allow");

    if (allow && !route->by_method[VB_METHOD_GET] &&
        (route->operation_count == 0 || route->archetype == VB_ARCHETYPE_FILES))
        vb__error(r, allow, "declare the operations that this is about (get)");
}

/* What a listing shows is for who asks, too. */
static void ask_who_lists(struct vb__reader *r, const struct vb_route *route)
{
    const struct vb_operation *get =
        route->member ? route->member->by_method[VB_METHOD_GET] : NULL;

    for (size_t i = 0; get && get->allow && i < route->operation_count; i++) {
        struct vb_operation *op = (struct vb_operation *)&route->operations[i];

        if (vb_method_is_safe(op->method) && !op->security &&
            r->into->public.scheme_count > 0)
            op->security = &anybody;
    }
}

void vb__allows(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++) {
        struct vb_route *route = &r->routes[i];

        check_path(r, route);
        for (size_t k = 0; k < route->operation_count; k++) {
            struct vb_operation *op =
                (struct vb_operation *)&route->operations[k];

            if (has_rules(op))
                read_operation(r, route, op);
        }
    }
    for (size_t i = 0; i < r->route_count; i++)
        ask_who_lists(r, &r->routes[i]);
}
