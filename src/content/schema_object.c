/* The other keywords for objects (Core sections 10.2.2.4, 10.3.2.4 and 11.3,
 * Validation section 6.5). */
#include "content/schema_keyword.h"

/* --- propertyNames --- */

/* A name is judged as a string at the place of its member. The first reason is
 * told as one about the name. */
static bool check_name(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at, yyjson_val *key)
{
    struct vb_pointer_step step =
        vb_pointer_member(at->step, vb_json_text(key));
    struct vb__reasons *outer = vb__reasons_pause(run), own;
    bool valid;

    vb__reasons_init(&own, &step);
    if (outer != NULL)
        vb__reasons_resume(run, &own);
    valid = vb__schema_apply_to(run, rule->schema, at, key, &step);
    vb__reasons_resume(run, outer);
    if (valid || own.first == NULL)
        return valid;
    return vb__schema_fail_at(run, at, &step, rule->keyword->name,
                              "is no name that may be used: %.*s",
                              VB_FMT(own.first->detail));
}

bool vb__check_property_names(struct vb__run *run, const struct vb__rule *rule,
                              const struct vb__at *at)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(at->value);
    yyjson_val *key;
    bool valid = true;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        valid &= check_name(run, rule, at, key);
        if (!valid && !vb__wants_all(run))
            return false;
    }
    return valid;
}

/* --- dependentRequired, dependentSchemas, dependencies --- */

static bool read_names(struct vb__compiler *c, yyjson_val *array,
                       struct vb__dependent *dependent)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    yyjson_val *name;
    struct vb_span *names =
        vb__schema_alloc(c, yyjson_arr_size(array) + 1, sizeof(*names));

    if (names == NULL)
        return false;
    while ((name = yyjson_arr_iter_next(&iter)) != NULL) {
        if (!yyjson_is_str(name))
            return vb__schema_fault(c, name, "must be a name");
        names[dependent->required_count++] = vb_json_text(name);
    }
    dependent->required = names;
    return true;
}

/* A value of the three: names, or a schema, or (dependencies) either. */
static bool read_dependent(struct vb__compiler *c, struct vb_schema *node,
                           const struct vb__keyword *keyword, yyjson_val *value,
                           struct vb__dependent *dependent)
{
    bool names = vb_span_eq(keyword->name, VB_SPAN("dependentRequired"));
    bool schemas = vb_span_eq(keyword->name, VB_SPAN("dependentSchemas"));

    if (yyjson_is_arr(value) && !schemas)
        return read_names(c, value, dependent);
    if (names)
        return vb__schema_fault(c, value, "must be an array of names");
    dependent->schema = vb__schema_child(c, node, value);
    return dependent->schema != NULL;
}

bool vb__read_dependents(struct vb__compiler *c, struct vb_schema *node,
                         yyjson_val *value, struct vb__rule *rule)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(value);
    struct vb__dependent *dependents;
    yyjson_val *key;

    if (!yyjson_is_obj(value))
        return vb__schema_fault(c, value, "must be an object");
    dependents =
        vb__schema_alloc(c, yyjson_obj_size(value) + 1, sizeof(*dependents));
    if (dependents == NULL)
        return false;
    while ((key = yyjson_obj_iter_next(&iter)) != NULL) {
        struct vb__dependent *dependent = &dependents[rule->dependent_count++];

        dependent->name = vb_json_text(key);
        if (!read_dependent(c, node, rule->keyword,
                            yyjson_obj_iter_get_val(key), dependent))
            return false;
    }
    rule->dependents = dependents;
    return true;
}

/* Looks for a member through the whole instance. */
static bool has(struct vb__run *run, const struct vb__at *at,
                struct vb_span name)
{
    return vb__spend(run, yyjson_obj_size(at->value)) &&
           vb_json_member(at->value, name) != NULL;
}

static bool check_dependent(struct vb__run *run, const struct vb__rule *rule,
                            const struct vb__at *at,
                            const struct vb__dependent *dependent)
{
    bool valid = true;

    if (!has(run, at, dependent->name))
        return run->err == VB_OK;
    for (size_t i = 0; i < dependent->required_count; i++) {
        struct vb_pointer_step step =
            vb_pointer_member(at->step, dependent->required[i]);

        if (has(run, at, dependent->required[i]))
            continue;
        valid = vb__schema_fail_at(run, at, &step, rule->keyword->name,
                                   "is required where there is \"%.*s\"",
                                   VB_FMT(dependent->name));
        if (!vb__wants_all(run))
            return false;
    }
    if (dependent->schema != NULL)
        valid &= vb__schema_apply(run, dependent->schema, at, at->seen);
    return valid;
}

bool vb__check_dependents(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at)
{
    bool valid = true;

    for (size_t i = 0; i < rule->dependent_count; i++) {
        valid &= check_dependent(run, rule, at, &rule->dependents[i]);
        if (!valid && !vb__wants_all(run))
            return false;
    }
    return valid;
}

/* --- unevaluatedProperties --- */

bool vb__check_unevaluated_properties(struct vb__run *run,
                                      const struct vb__rule *rule,
                                      const struct vb__at *at)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(at->value);
    yyjson_val *key;
    bool valid = true;

    for (size_t i = 0; (key = yyjson_obj_iter_next(&iter)) != NULL; i++) {
        struct vb_pointer_step step =
            vb_pointer_member(at->step, vb_json_text(key));

        if (vb__seen_has(at->seen, i))
            continue;
        vb__seen_mark(at->seen, i);
        valid &= vb__schema_apply_to(run, rule->schema, at,
                                     yyjson_obj_iter_get_val(key), &step);
        if (!valid && !vb__wants_all(run))
            return false;
    }
    return valid;
}
