/*
 * What a controller does: `x-verbatim: {do: {merge: {target, patch}}}`.
 *
 *     /books/{id}/archive     do: merge: target: /books/{id}
 *             ^^^^ variable 0                           ^^^^ takes its value
 */
#include "describe/action.h"

#include "describe/nearest.h"

static const struct {
    const char *name;
    enum vb_action_kind kind;
} kinds[] = {
    {"merge", VB_ACTION_MERGE},   {"move", VB_ACTION_MOVE},
    {"run", VB_ACTION_RUN},       {"forward", VB_ACTION_FORWARD},
    {"plugin", VB_ACTION_PLUGIN},
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

void vb__action_refuse(struct vb__reader *r, yyjson_val *name,
                       const char *where, const char *const *names,
                       size_t count)
{
    const char *near = vb__nearest(vb_json_text(name), names, count);

    vb__error(r, name, "\"%s\" has no key \"%.*s\"%s%s%s", where,
              VB_FMT(vb_json_text(name)), near ? "; did you mean \"" : "",
              near ? near : "", near ? "\"?" : "");
}

struct vb_span vb__action_path(struct vb__reader *r, struct vb_span name)
{
    if (name.ptr[0] == '/' || !r->files->root)
        return vb_arena_dup(r->arena, name);
    return vb_arena_printf(r->arena, "%s/%.*s", r->files->root, VB_FMT(name));
}

static bool is_other(const struct vb__bounds *bounds, yyjson_val *name)
{
    for (size_t i = 0; i < bounds->other_count; i++)
        if (yyjson_equals_str(name, bounds->others[i]))
            return true;
    return false;
}

static void refuse_unbounded(struct vb__reader *r, yyjson_val *name,
                             const struct vb__bounds *bounds)
{
    const char *names[VB__BOUNDS_KEYS];
    size_t count = 0;

    vb_assert(bounds->count + bounds->other_count <= VB__BOUNDS_KEYS);
    for (size_t i = 0; i < bounds->other_count; i++)
        names[count++] = bounds->others[i];
    for (size_t i = 0; i < bounds->count; i++)
        names[count++] = bounds->rows[i].key;
    vb__action_refuse(r, name, bounds->where, names, count);
}

static void read_bound(struct vb__reader *r, yyjson_val *name,
                       const struct vb__bounds *bounds, void *into)
{
    yyjson_val *value = yyjson_obj_iter_get_val(name);
    int64_t n;

    for (size_t i = 0; i < bounds->count; i++) {
        const struct vb__bound *bound = &bounds->rows[i];

        if (!yyjson_equals_str(name, bound->key))
            continue;
        if (vb__is_whole(value, bound->least, bound->most, &n))
            *(uint64_t *)(void *)((char *)into + bound->offset) = (uint64_t)n;
        else
            vb__error(r, value, "\"%s\" is a whole number from %lld to %lld",
                      bound->key, (long long)bound->least,
                      (long long)bound->most);
        return;
    }
    refuse_unbounded(r, name, bounds);
}

void vb__action_bounds(struct vb__reader *r, yyjson_val *object,
                       const struct vb__bounds *bounds, void *into)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    for (size_t i = 0; i < bounds->count; i++)
        *(uint64_t *)(void *)((char *)into + bounds->rows[i].offset) =
            (uint64_t)bounds->rows[i].usual;
    if (!yyjson_is_obj(object))
        return;
    yyjson_obj_iter_init(object, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        if (!is_other(bounds, name))
            read_bound(r, name, bounds, into);
}

void vb__only(struct vb__reader *r, yyjson_val *object, const char *where,
              const char *const *names, size_t count)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(object, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        bool known = false;

        for (size_t i = 0; i < count; i++)
            known |= yyjson_equals_str(name, names[i]);
        if (!known)
            vb__action_refuse(r, name, where, names, count);
    }
}

/* The one member of `do`, or NULL and a noted error. */
static yyjson_val *read_kind(struct vb__reader *r, yyjson_val *how,
                             struct vb_action *action)
{
    const char *names[KIND_COUNT];
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (yyjson_obj_size(how) != 1) {
        vb__error(r, how,
                  "\"do\" has exactly one of merge, move, run, forward, "
                  "plugin");
        return NULL;
    }
    yyjson_obj_iter_init(how, &iter);
    name = yyjson_obj_iter_next(&iter);
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (yyjson_equals_str(name, kinds[i].name)) {
            action->kind = kinds[i].kind;
            return yyjson_obj_iter_get_val(name);
        }
        names[i] = kinds[i].name;
    }
    vb__action_refuse(r, name, "do", names, KIND_COUNT);
    return NULL;
}

int vb__action_variable(const struct vb_route *route, struct vb_span name)
{
    int index = 0;

    for (size_t i = 0; i < route->template.segment_count; i++) {
        const struct vb_segment *s = &route->template.segments[i];

        if (s->kind != VB_SEGMENT_VARIABLE)
            continue;
        if (vb_span_eq(s->text, name))
            return index;
        index++;
    }
    return -1;
}

const uint8_t *vb__bind(struct vb__reader *r, const struct vb_route *route,
                        const struct vb_template *t, yyjson_val *at,
                        size_t *ret_count)
{
    uint8_t *variables = VB__NEW(r, uint8_t, t->segment_count + 1);

    *ret_count = 0;
    for (size_t i = 0; variables && i < t->segment_count; i++) {
        int index;

        if (t->segments[i].kind != VB_SEGMENT_VARIABLE)
            continue;
        index = vb__action_variable(route, t->segments[i].text);
        if (index < 0 || index > UINT8_MAX) {
            vb__error(r, at, "{%.*s} of the target is no variable of %.*s",
                      VB_FMT(t->segments[i].text), VB_FMT(route->path));
            return NULL;
        }
        variables[(*ret_count)++] = (uint8_t)index;
    }
    return variables;
}

/* What is merged into is JSON; what moves has others beside it. */
static bool fits(const struct vb_action *action)
{
    const struct vb_route *target = action->target;

    if (target->archetype != VB_ARCHETYPE_DOCUMENT || !target->state)
        return false;
    return action->kind == VB_ACTION_MOVE
               ? target->membership != VB_MEMBER_OF_NONE
               : target->state->json;
}

static bool read_target(struct vb__reader *r, const struct vb_route *route,
                        yyjson_val *merge, struct vb_action *action)
{
    yyjson_val *at = yyjson_obj_get(merge, "target");
    struct vb_span path = vb__string(r, merge, "target");

    if (!at) {
        at = merge;
        action->target = route->above;
        if (!route->above)
            vb__error(r, at, "target is missing, and no path is above this");
    } else if (path.len > 0) {
        action->target = vb__route_find(r, path);
        if (!action->target)
            vb__error(r, at, "there is no path \"%.*s\"", VB_FMT(path));
    }
    if (!action->target)
        return false;
    if (!fits(action)) {
        vb__error(r, at, "%.*s is not a %s", VB_FMT(action->target->path),
                  action->kind == VB_ACTION_MOVE
                      ? "member of a collection or store"
                      : "JSON document");
        return false;
    }
    action->variables = vb__bind(r, route, &action->target->template, at,
                                 &action->variable_count);
    return action->variables != NULL;
}

static bool read_merge(struct vb__reader *r, const struct vb_route *route,
                       yyjson_val *merge, struct vb_action *action)
{
    static const char *const names[] = {"target", "patch"};

    if (!vb__must_be_object(r, merge))
        return false;
    vb__only(r, merge, "merge", names, 2);
    action->patch = vb__object(r, merge, "patch");
    return read_target(r, route, merge, action);
}

static bool read_move(struct vb__reader *r, const struct vb_route *route,
                      yyjson_val *move, struct vb_action *action)
{
    static const char *const names[] = {"target"};

    if (!vb__must_be_object(r, move))
        return false;
    vb__only(r, move, "move", names, 1);
    if (!read_target(r, route, move, action))
        return false;
    ((struct vb_route *)action->target)->moves = true;
    return true;
}

/* Where `do` may stand: at POST, at GET, at the path. */
enum { PLACES = 3 };

static yyjson_val *what_stands(struct vb__reader *r,
                               const struct vb_route *route, int place)
{
    static const enum vb_method methods[] = {VB_METHOD_POST, VB_METHOD_GET};
    const struct vb_operation *op;

    if (place == PLACES - 1)
        return vb__extension_get(r, route->source, VB__AT_PATH, "do");
    op = route->by_method[methods[place]];
    return op ? vb__extension_get(r, op->source, VB__AT_OPERATION, "do") : NULL;
}

yyjson_val *vb__action_find(struct vb__reader *r, const struct vb_route *route)
{
    yyjson_val *how = NULL;

    for (int i = 0; !how && i < PLACES; i++)
        how = what_stands(r, route, i);
    return how;
}

/* A second one would be what nobody does. */
static void refuse_others(struct vb__reader *r, const struct vb_route *route,
                          const yyjson_val *how)
{
    for (int i = 0; i < PLACES; i++) {
        yyjson_val *other = what_stands(r, route, i);

        if (other && other != how)
            vb__error(r, other,
                      "%.*s has another \"do\": a path does one thing",
                      VB_FMT(route->path));
    }
}

/* What a program or a plugin changes is in no commit that the reply could be
 * kept with: to demand a key would promise what nobody keeps. */
static void refuse_key(struct vb__reader *r, const struct vb_route *route)
{
    static const char key[] = "idempotency-key";
    const struct vb_operation *post = route->by_method[VB_METHOD_POST];
    yyjson_val *at;

    if (!post || !post->require_key)
        return;
    at = vb__extension_get(r, post->source, VB__AT_OPERATION, key);
    if (!at)
        at = vb__extension_get(r, route->source, VB__AT_PATH, key);
    vb__error(r, at,
              "\"%s\" does nothing here: no reply of a %s is kept, so the "
              "same POST %.*s would be done again",
              key, route->action->program ? "program" : "plugin",
              VB_FMT(route->path));
}

static void read_action(struct vb__reader *r, struct vb_route *route)
{
    yyjson_val *how = vb__action_find(r, route), *details;
    struct vb_action *action;

    if (!how)
        return;
    refuse_others(r, route, how);
    if (route->archetype != VB_ARCHETYPE_CONTROLLER) {
        vb__error(r, how, "\"do\" is for a controller; %.*s is a %s",
                  VB_FMT(route->path), vb_archetype_name(route->archetype));
        return;
    }
    action = VB__NEW(r, struct vb_action, 1);
    details = action ? read_kind(r, how, action) : NULL;
    if (!details)
        return;
    if (action->kind == VB_ACTION_MERGE &&
        !read_merge(r, route, details, action))
        return;
    if (action->kind == VB_ACTION_MOVE && !read_move(r, route, details, action))
        return;
    if (action->kind == VB_ACTION_RUN && !vb__action_run(r, details, action))
        return;
    if (action->kind == VB_ACTION_PLUGIN &&
        !vb__action_plugin(r, details, action))
        return;
    if (action->kind == VB_ACTION_FORWARD &&
        !vb__action_forward(r, route, details, action))
        return;
    route->action = action;
    if (action->program || action->plugin)
        refuse_key(r, route);
}

void vb__actions(struct vb__reader *r)
{
    for (size_t i = 0; i < r->route_count; i++)
        read_action(r, &r->routes[i]);
}
