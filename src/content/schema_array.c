/* Keywords for arrays (Core sections 10.3.1 and 11.2, Validation 6.4.4). */
#include "content/schema_keyword.h"

/* --- prefixItems, items --- */

bool vb__check_prefix_items(struct vb__run *run, const struct vb__rule *rule,
                            const struct vb__at *at)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(at->value);
    yyjson_val *item;
    bool valid = true;

    for (size_t i = 0; i < rule->schema_count; i++) {
        struct vb_pointer_step step = vb_pointer_element(at->step, i);

        item = yyjson_arr_iter_next(&iter);
        if (item == NULL)
            break;
        vb__seen_mark(at->seen, i);
        if (vb__schema_apply_to(run, rule->schemas[i], at, item, &step))
            continue;
        valid = false;
        if (!vb__wants_all(run))
            break;
    }
    return valid;
}

/* Before 2020-12 an array here was what prefixItems is now. */
bool vb__read_items(struct vb__compiler *c, struct vb_schema *node,
                    yyjson_val *value, struct vb__rule *rule)
{
    yyjson_val *prefix = node->resource->dialect == VB_SCHEMA_2020_12
                             ? vb__schema_sibling(node, "prefixItems")
                             : NULL;

    if (yyjson_is_arr(value) && node->resource->legacy) {
        rule->keyword =
            vb__keyword_find(node->resource, VB_SPAN("prefixItems"));
        return vb__read_schemas(c, node, value, rule);
    }
    rule->from = yyjson_arr_size(prefix);
    rule->schema = vb__schema_child(c, node, value);
    return rule->schema != NULL;
}

/* The older drafts' keyword for what follows an array of `items`; 2020-12 has
 * none of that name. */
bool vb__read_additional_items(struct vb__compiler *c, struct vb_schema *node,
                               yyjson_val *value, struct vb__rule *rule)
{
    yyjson_val *items = vb__schema_sibling(node, "items");

    if (!node->resource->legacy || !yyjson_is_arr(items)) {
        rule->keyword = NULL;
        return true;
    }
    rule->from = yyjson_arr_size(items);
    rule->schema = vb__schema_child(c, node, value);
    return rule->schema != NULL;
}

bool vb__check_items(struct vb__run *run, const struct vb__rule *rule,
                     const struct vb__at *at)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(at->value);
    yyjson_val *item;
    bool valid = true;

    if (yyjson_arr_size(at->value) > rule->from)
        vb__seen_mark_all(at->seen);
    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)) != NULL; i++) {
        struct vb_pointer_step step = vb_pointer_element(at->step, i);

        if (i < rule->from ||
            vb__schema_apply_to(run, rule->schema, at, item, &step))
            continue;
        valid = false;
        if (!vb__wants_all(run))
            break;
    }
    return valid;
}

bool vb__check_unevaluated_items(struct vb__run *run,
                                 const struct vb__rule *rule,
                                 const struct vb__at *at)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(at->value);
    yyjson_val *item;
    bool valid = true;

    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)) != NULL; i++) {
        struct vb_pointer_step step = vb_pointer_element(at->step, i);

        if (vb__seen_has(at->seen, i))
            continue;
        vb__seen_mark(at->seen, i);
        if (vb__schema_apply_to(run, rule->schema, at, item, &step))
            continue;
        valid = false;
        if (!vb__wants_all(run))
            break;
    }
    return valid;
}

/* --- contains --- */

/* The value of minContains or maxContains, where it is said and counts. */
static bool read_bound(struct vb__compiler *c, struct vb_schema *node,
                       const char *name, size_t *bound)
{
    yyjson_val *value = vb__schema_sibling(node, name);
    struct vb__rule rule = {0};

    if (value == NULL ||
        vb__keyword_find(node->resource, vb_span_str(name)) == NULL)
        return true;
    if (!vb__read_count(c, node, value, &rule))
        return false;
    *bound = rule.count;
    return true;
}

bool vb__read_contains(struct vb__compiler *c, struct vb_schema *node,
                       yyjson_val *value, struct vb__rule *rule)
{
    rule->contained_min = 1;
    rule->contained_max = SIZE_MAX;
    rule->contained = vb__schema_child(c, node, value);
    return rule->contained != NULL &&
           read_bound(c, node, "minContains", &rule->contained_min) &&
           read_bound(c, node, "maxContains", &rule->contained_max);
}

/* How many items fit. Stops as soon as that is known to be within the bounds,
 * unless somebody asks which ones fit. */
static size_t count_contained(struct vb__run *run, const struct vb__rule *rule,
                              const struct vb__at *at)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(at->value);
    struct vb__reasons *reasons = vb__reasons_pause(run);
    bool all = at->seen != NULL || rule->contained_max != SIZE_MAX;
    yyjson_val *item;
    size_t count = 0;

    for (size_t i = 0; (item = yyjson_arr_iter_next(&iter)) != NULL; i++) {
        struct vb_pointer_step step = vb_pointer_element(at->step, i);

        if (!all && count >= rule->contained_min)
            break;
        if (!vb__schema_apply_to(run, rule->contained, at, item, &step))
            continue;
        vb__seen_mark(at->seen, i);
        count++;
    }
    vb__reasons_resume(run, reasons);
    return count;
}

bool vb__check_contains(struct vb__run *run, const struct vb__rule *rule,
                        const struct vb__at *at)
{
    size_t count = count_contained(run, rule, at);

    if (run->err != VB_OK)
        return false;
    if (count < rule->contained_min)
        return vb__schema_fail(run, at, rule->keyword->name,
                               "must have at least %zu of the required kind",
                               rule->contained_min);
    if (count > rule->contained_max)
        return vb__schema_fail(run, at, rule->keyword->name,
                               "must have at most %zu of that kind",
                               rule->contained_max);
    return true;
}
