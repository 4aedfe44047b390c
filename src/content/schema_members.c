/*
 * properties, patternProperties, additionalProperties and required (Core
 * section 10.3.2, Validation 6.5.3): one rule and one walk over the instance.
 * Each member is looked for among the names of the schema, not the other way
 * round, so that the work is what the instance is large.
 */
#include <stdlib.h>

#include "content/schema_keyword.h"

/* --- reading --- */

/* The value of one of the four keywords, NULL where it does not count. */
static yyjson_val *counting(const struct vb_schema *node, const char *name)
{
    const struct vb__keyword *keyword =
        vb__keyword_find(node->resource, vb_span_str(name));

    return keyword != NULL ? vb__schema_sibling(node, name) : NULL;
}

static bool read_properties(struct vb__compiler *c, struct vb_schema *node,
                            yyjson_val *map, struct vb__members *m)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    if (map != NULL && !yyjson_is_obj(map))
        return vb__schema_fault(c, map, "must be an object of schemas");
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        struct vb__member *member = &m->at[m->count];

        member->name = vb_json_text(key);
        member->order = m->count;
        member->schema =
            vb__schema_child(c, node, yyjson_obj_iter_get_val(key));
        if (member->schema == NULL)
            return false;
        m->count++;
    }
    return true;
}

/* Adds names without schemas behind the properties; sort_members puts the two
 * together. */
static bool read_required(struct vb__compiler *c, yyjson_val *names,
                          struct vb__members *m)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(names);
    yyjson_val *name;

    if (names != NULL && !yyjson_is_arr(names))
        return vb__schema_fault(c, names, "must be an array of names");
    while ((name = yyjson_arr_iter_next(&iter)) != NULL) {
        struct vb__member *member = &m->at[m->count];

        if (!yyjson_is_str(name))
            return vb__schema_fault(c, name, "must be a name");
        member->name = vb_json_text(name);
        member->order = m->count++;
        member->required = true;
    }
    return true;
}

static bool read_patterns(struct vb__compiler *c, struct vb_schema *node,
                          yyjson_val *map, struct vb__members *m)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    if (map == NULL)
        return true;
    if (!yyjson_is_obj(map))
        return vb__schema_fault(c, map, "must be an object of schemas");
    m->patterns =
        vb__schema_alloc(c, yyjson_obj_size(map), sizeof(*m->patterns));
    if (m->patterns == NULL)
        return false;
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        struct vb__pattern_member *pattern = &m->patterns[m->pattern_count++];

        pattern->text = vb_json_text(key);
        pattern->regex = vb__schema_pattern(c, key);
        pattern->schema =
            vb__schema_child(c, node, yyjson_obj_iter_get_val(key));
        if (pattern->regex == NULL || pattern->schema == NULL)
            return false;
    }
    return true;
}

static int by_name(const void *a, const void *b)
{
    const struct vb__member *x = a, *y = b;
    int order = vb_span_cmp(x->name, y->name);

    if (order != 0)
        return order;
    return (x->order > y->order) - (x->order < y->order);
}

/* Sorts by name; what is named twice becomes one member. */
static void sort_members(struct vb__members *m)
{
    size_t kept = 0;

    if (m->count > 0)
        qsort(m->at, m->count, sizeof(*m->at), by_name);
    for (size_t i = 0; i < m->count; i++) {
        struct vb__member *last = kept > 0 ? &m->at[kept - 1] : NULL;

        if (last != NULL && vb_span_eq(last->name, m->at[i].name))
            last->required |= m->at[i].required;
        else
            m->at[kept++] = m->at[i];
    }
    m->count = kept;
    for (size_t i = 0; i < m->count; i++)
        m->required += m->at[i].required;
}

bool vb__read_members(struct vb__compiler *c, struct vb_schema *node,
                      yyjson_val *value, struct vb__rule *rule)
{
    yyjson_val *properties = counting(node, "properties");
    yyjson_val *required = counting(node, "required");
    yyjson_val *additional = counting(node, "additionalProperties");
    struct vb__members *m;

    (void)value;
    if (vb__schema_rule(node, vb__check_members) != NULL) {
        rule->keyword = NULL; /* another of the four has made the rule */
        return true;
    }
    m = vb__schema_alloc(c, 1, sizeof(*m));
    if (m == NULL)
        return false;
    m->at = vb__schema_alloc(
        c, yyjson_obj_size(properties) + yyjson_arr_size(required) + 1,
        sizeof(*m->at));
    if (m->at == NULL || !read_properties(c, node, properties, m) ||
        !read_required(c, required, m) ||
        !read_patterns(c, node, counting(node, "patternProperties"), m))
        return false;
    sort_members(m);
    /* `true` and `false` here are in OpenAPI 3.0 as well. */
    if (additional != NULL) {
        m->additional = vb__schema_node(c, node->resource, additional);
        if (m->additional == NULL)
            return false;
    }
    rule->members = m;
    return true;
}

/* --- checking --- */

static const struct vb__member *find_member(const struct vb__members *m,
                                            struct vb_span name)
{
    size_t low = 0, high = m->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = vb_span_cmp(name, m->at[middle].name);

        if (order == 0)
            return &m->at[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* One member of the instance, and what is known of it. */
struct one {
    struct vb_span name;
    yyjson_val *value;
    struct vb_pointer_step step;
    bool matched; /* by a name or a pattern */
};

static bool check_patterns(struct vb__run *run, const struct vb__members *m,
                           const struct vb__at *at, struct one *one)
{
    bool valid = true;

    for (size_t i = 0; i < m->pattern_count; i++) {
        bool matched = false;
        enum vb_err err = vb_regex_match(m->patterns[i].regex, one->name,
                                         &run->budget, &matched);

        if (err != VB_OK)
            return vb__schema_abort(run, err);
        if (!matched)
            continue;
        one->matched = true;
        valid &= vb__schema_apply_to(run, m->patterns[i].schema, at, one->value,
                                     &one->step);
    }
    return valid;
}

static bool check_one(struct vb__run *run, const struct vb__members *m,
                      const struct vb__at *at, const struct vb__member *member,
                      struct one *one)
{
    bool valid = true;

    if (member != NULL && member->schema != NULL) {
        one->matched = true;
        valid = vb__schema_apply_to(run, member->schema, at, one->value,
                                    &one->step);
    }
    if (m->pattern_count > 0 && (valid || vb__wants_all(run)))
        valid &= check_patterns(run, m, at, one);
    if (!one->matched && m->additional != NULL) {
        one->matched = true;
        valid =
            vb__schema_apply_to(run, m->additional, at, one->value, &one->step);
    }
    return valid;
}

/* Names the required members that are not there. */
static bool fail_missing(struct vb__run *run, const struct vb__members *m,
                         const struct vb__at *at)
{
    for (size_t i = 0; i < m->count && vb__wants_all(run); i++) {
        struct vb_pointer_step step =
            vb_pointer_member(at->step, m->at[i].name);

        if (m->at[i].required && vb__spend(run, yyjson_obj_size(at->value)) &&
            vb_json_member(at->value, m->at[i].name) == NULL)
            (void)vb__schema_fail_at(run, at, &step, VB_SPAN("required"),
                                     "is required");
    }
    return false;
}

bool vb__check_members(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at)
{
    const struct vb__members *m = rule->members;
    yyjson_obj_iter iter = yyjson_obj_iter_with(at->value);
    yyjson_val *key;
    size_t required = 0;
    bool valid = true;

    for (size_t i = 0; (key = yyjson_obj_iter_next(&iter)) != NULL; i++) {
        struct vb_span name = vb_json_text(key);
        const struct vb__member *member = find_member(m, name);
        struct one one = {.name = name,
                          .value = yyjson_obj_iter_get_val(key),
                          .step = vb_pointer_member(at->step, name)};

        if (!vb__spend(run, 1))
            return false;
        required += member != NULL && member->required;
        valid &= check_one(run, m, at, member, &one);
        if (one.matched)
            vb__seen_mark(at->seen, i);
        if (!valid && !vb__wants_all(run))
            return false;
    }
    if (required < m->required)
        return fail_missing(run, m, at);
    return valid;
}
