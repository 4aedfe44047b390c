/* The schemas that a schema applies, and to what. See schema.h. */
#include "content/schema_keyword.h"

struct visit {
    vb_schema_inner_fn *fn;
    void *context;
};

static void tell(const struct visit *v, const struct vb_schema *inner,
                 enum vb_schema_reach reach)
{
    if (inner != NULL)
        v->fn(v->context, inner, reach);
}

static void tell_members(const struct visit *v,
                         const struct vb__members *members)
{
    for (size_t i = 0; i < members->count; i++)
        tell(v, members->at[i].schema, VB_SCHEMA_REACH_MEMBER);
    for (size_t i = 0; i < members->pattern_count; i++)
        tell(v, members->patterns[i].schema, VB_SCHEMA_REACH_OTHER);
    tell(v, members->additional, VB_SCHEMA_REACH_OTHER);
}

/* Rules with one schema, or with several. */
static void tell_rule(const struct visit *v, const struct vb__rule *rule)
{
    static const struct {
        vb__check_fn *check;
        enum vb_schema_reach reach;
        bool several;
    } rows[] = {
        {vb__check_ref, VB_SCHEMA_REACH_ITSELF, false},
        {vb__check_dynamic_ref, VB_SCHEMA_REACH_ITSELF, false},
        {vb__check_all_of, VB_SCHEMA_REACH_ITSELF, true},
        {vb__check_items, VB_SCHEMA_REACH_ELEMENT, false},
        {vb__check_prefix_items, VB_SCHEMA_REACH_OTHER, true},
        {vb__check_any_of, VB_SCHEMA_REACH_OTHER, true},
        {vb__check_one_of, VB_SCHEMA_REACH_OTHER, true},
        {vb__check_not, VB_SCHEMA_REACH_OTHER, false},
        {vb__check_property_names, VB_SCHEMA_REACH_OTHER, false},
        {vb__check_unevaluated_items, VB_SCHEMA_REACH_OTHER, false},
        {vb__check_unevaluated_properties, VB_SCHEMA_REACH_OTHER, false},
    };
    vb__check_fn *check = rule->keyword->check;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (check != rows[i].check)
            continue;
        for (size_t k = 0; rows[i].several && k < rule->schema_count; k++)
            tell(v, rule->schemas[k], rows[i].reach);
        if (!rows[i].several)
            tell(v, rule->schema, rows[i].reach);
    }
    if (check == vb__check_members)
        tell_members(v, rule->members);
    if (check == vb__check_contains)
        tell(v, rule->contained, VB_SCHEMA_REACH_OTHER);
    if (check == vb__check_if) {
        tell(v, rule->if_schema, VB_SCHEMA_REACH_OTHER);
        tell(v, rule->then_schema, VB_SCHEMA_REACH_OTHER);
        tell(v, rule->else_schema, VB_SCHEMA_REACH_OTHER);
    }
    for (size_t k = 0;
         check == vb__check_dependents && k < rule->dependent_count; k++)
        tell(v, rule->dependents[k].schema, VB_SCHEMA_REACH_OTHER);
}

void vb_schema_inner(const struct vb_schema *schema, vb_schema_inner_fn *fn,
                     void *context)
{
    const struct visit v = {fn, context};

    for (size_t i = 0; i < schema->rule_count; i++)
        tell_rule(&v, &schema->rules[i]);
}
