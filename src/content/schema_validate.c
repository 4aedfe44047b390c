/* Applying schemas to values: once for the verdict, and once more for the
 * reasons when there are any and they are wanted. */
#include "content/schema_keyword.h"

/* How deep schemas may be applied within each other: the depth of an instance
 * times the references and combinations on the way down. */
#define DEPTH_MAX 1000

/* The usual budget: something for every validation, and more for each value
 * and byte of text, so that a small instance cannot cost more than a large one.
 */
#define BUDGET_BASE      UINT64_C(1000000)
#define BUDGET_PER_VALUE 64
#define BUDGET_PER_BYTE  4

/* Checks all rules, or those up to the first that is broken. */
static bool check_rules(struct vb__run *run, const struct vb__at *at)
{
    const struct vb_schema *schema = at->schema;
    unsigned type = vb__schema_type_of(at->value);
    bool valid = true;

    if (!vb__spend(run, 1 + schema->rule_count))
        return false;
    for (size_t i = 0; i < schema->rule_count; i++) {
        const struct vb__rule *rule = &schema->rules[i];

        if ((rule->keyword->types & type) == 0 ||
            rule->keyword->check(run, rule, at))
            continue;
        valid = false;
        if (!vb__wants_all(run))
            break;
    }
    return valid;
}

/* A schema with an unevaluated* keyword sees what its own keywords evaluate,
 * and no more; what it has seen counts for the schema around it. */
static bool check_with_account(struct vb__run *run, struct vb__at *at)
{
    struct vb__seen own, *outer = at->seen;
    bool valid;

    if (!vb__seen_init(run, &own, at->value))
        return false;
    at->seen = &own;
    valid = check_rules(run, at);
    if (valid)
        vb__seen_merge(outer, &own);
    at->seen = outer;
    vb__seen_done(run, &own);
    return valid;
}

static bool apply(struct vb__run *run, struct vb__at *at)
{
    struct vb__scope scope = {at->schema->resource, at->scope};
    bool valid;

    if (at->schema->kind == VB__KIND_TRUE)
        return true;
    if (at->schema->kind == VB__KIND_FALSE)
        return vb__schema_fail(run, at, VB_SPAN(""), "is not allowed");
    if (at->depth > DEPTH_MAX)
        return vb__schema_abort(run, VB_ERR_LIMIT);
    if (at->scope == NULL || at->scope->resource != scope.resource)
        at->scope = &scope;
    valid = at->schema->has_unevaluated && yyjson_is_ctn(at->value)
                ? check_with_account(run, at)
                : check_rules(run, at);
    at->scope = scope.outer;
    return valid;
}

bool vb__schema_apply(struct vb__run *run, const struct vb_schema *schema,
                      const struct vb__at *at, struct vb__seen *seen)
{
    struct vb__at inner = *at;

    inner.schema = schema;
    inner.seen = seen;
    inner.depth++;
    return apply(run, &inner);
}

bool vb__schema_apply_to(struct vb__run *run, const struct vb_schema *schema,
                         const struct vb__at *at, yyjson_val *value,
                         const struct vb_pointer_step *step)
{
    struct vb__at inner = {.schema = schema,
                           .value = value,
                           .step = step,
                           .scope = at->scope,
                           .depth = at->depth + 1};

    return apply(run, &inner);
}

/* An instance's values lie one behind the other. */
static uint64_t usual_budget(yyjson_val *instance)
{
    yyjson_val *end = unsafe_yyjson_get_next(instance);
    uint64_t budget = BUDGET_BASE;

    for (yyjson_val *value = instance; value < end; value++) {
        budget += BUDGET_PER_VALUE;
        if (yyjson_is_str(value) || yyjson_is_raw(value))
            budget += BUDGET_PER_BYTE * (uint64_t)vb_json_text(value).len;
    }
    return budget;
}

static bool check_all(struct vb__run *run, const struct vb_schema *schema,
                      yyjson_val *instance)
{
    struct vb__at at = {.schema = schema, .value = instance};

    return apply(run, &at);
}

enum vb_err vb_schema_validate(const struct vb_schema *schema,
                               yyjson_val *instance, struct vb_schema_run *run)
{
    uint64_t budget = run->budget > 0 ? run->budget : usual_budget(instance);
    struct vb__run r = {.arena = run->arena, .budget = budget};
    struct vb__reasons reasons;
    bool valid = check_all(&r, schema, instance);

    run->errors = NULL;
    run->error_count = 0;
    run->more_errors = false;
    if (valid || r.err != VB_OK)
        return r.err;
    if (run->max_errors == 0)
        return VB_ERR_INVALID;
    /* The verdict stands. If the budget or memory ends this second walk, the
     * reasons found until then are what there is. */
    vb__reasons_init(&reasons, NULL);
    r.budget = budget;
    r.reasons = &reasons;
    r.max_reasons = run->max_errors;
    (void)check_all(&r, schema, instance);
    run->errors = reasons.first;
    run->error_count = reasons.count;
    run->more_errors = reasons.total > reasons.count || r.err != VB_OK;
    return VB_ERR_INVALID;
}
