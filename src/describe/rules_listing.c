/* The rules of `check` about listings. See rules.h. */
#include "describe/rules.h"

/* Is it what a parameter such as "author.name:gte" asks? What follows the
 * path, "" or ":gte", goes to *ret_op. */
static bool is_asked(const struct vb_property *property, struct vb_span name,
                     struct vb_span *ret_op)
{
    for (size_t i = 0; i < property->path_len; i++) {
        struct vb_span part = property->path[i];

        if (i > 0) {
            if (!vb_span_starts(name, VB_SPAN(".")))
                return false;
            name = vb_span_from(name, 1);
        }
        if (part.ptr == NULL || !vb_span_starts(name, part))
            return false;
        name = vb_span_from(name, part.len);
    }
    *ret_op = name;
    return name.len == 0 || name.ptr[0] == ':';
}

/* Operations that an index is of no use for. */
static bool looks_at_all(struct vb_span op)
{
    static const char *const words[] = {":ne", ":contains", ":ends", NULL};

    return vb__is_one_of(op, words);
}

static bool has_index(const struct vb_state *state)
{
    for (size_t i = 0; i < state->field_count; i++)
        if (state->fields[i].index)
            return true;
    return false;
}

static bool lacks_index(const struct vb_state *state,
                        const struct vb_parameter *parameter)
{
    struct vb_span op;

    if (parameter->in != VB_IN_QUERY)
        return false;
    for (size_t i = 0; i < state->field_count; i++)
        if (is_asked(&state->fields[i], parameter->name, &op))
            return !state->fields[i].index && !looks_at_all(op);
    return vb_span_eq(parameter->name, VB_SPAN("sort")) && !has_index(state);
}

bool vb__rule_unindexed(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_state *state = s->route->state;
    bool found = false;

    if (!s->op || !s->op->served || s->op->method != VB_METHOD_GET || !state ||
        !vb_archetype_lists(s->route->archetype))
        return false;
    for (size_t i = 0; i < s->op->parameter_count; i++) {
        if (!lacks_index(state, &s->op->parameters[i]))
            continue;
        vb_buf_str(detail, found ? ", " : "");
        vb_buf_append(detail, s->op->parameters[i].name);
        found = true;
    }
    return found;
}
