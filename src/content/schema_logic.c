/* Keywords that apply schemas to the instance itself (Core sections 8.2.3 and
 * 10.2). */
#include "content/schema_keyword.h"

/* --- reading --- */

bool vb__read_schema(struct vb__compiler *c, struct vb_schema *node,
                     yyjson_val *value, struct vb__rule *rule)
{
    rule->schema = vb__schema_child(c, node, value);
    return rule->schema != NULL;
}

bool vb__read_unevaluated(struct vb__compiler *c, struct vb_schema *node,
                          yyjson_val *value, struct vb__rule *rule)
{
    node->has_unevaluated = true;
    return vb__read_schema(c, node, value, rule);
}

bool vb__read_schemas(struct vb__compiler *c, struct vb_schema *node,
                      yyjson_val *value, struct vb__rule *rule)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(value);
    yyjson_val *schema;

    if (!yyjson_is_arr(value))
        return vb__schema_fault(c, value, "must be an array of schemas");
    if (yyjson_arr_size(value) == 0)
        return vb__schema_fault(c, value, "must have at least one schema");
    rule->schemas =
        vb__schema_alloc(c, yyjson_arr_size(value), sizeof(*rule->schemas));
    if (rule->schemas == NULL)
        return false;
    while ((schema = yyjson_arr_iter_next(&iter)) != NULL) {
        const struct vb_schema *child = vb__schema_child(c, node, schema);

        if (child == NULL)
            return false;
        rule->schemas[rule->schema_count++] = child;
    }
    return true;
}

/* $defs: schemas that are for others to refer to. They are compiled when they
 * are referred to. */
bool vb__read_map(struct vb__compiler *c, struct vb_schema *node,
                  yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    (void)rule;
    return yyjson_is_obj(value) ||
           vb__schema_fault(c, value, "must be an object of schemas");
}

/* The schema of a keyword beside `if`, NULL when there is none. */
static bool read_beside(struct vb__compiler *c, struct vb_schema *node,
                        const char *name, const struct vb_schema **ret)
{
    yyjson_val *value = vb__schema_sibling(node, name);

    if (value == NULL)
        return true;
    *ret = vb__schema_child(c, node, value);
    return *ret != NULL;
}

bool vb__read_if(struct vb__compiler *c, struct vb_schema *node,
                 yyjson_val *value, struct vb__rule *rule)
{
    rule->if_schema = vb__schema_child(c, node, value);
    return rule->if_schema != NULL &&
           read_beside(c, node, "then", &rule->then_schema) &&
           read_beside(c, node, "else", &rule->else_schema);
}

bool vb__read_ref(struct vb__compiler *c, struct vb_schema *node,
                  yyjson_val *value, struct vb__rule *rule)
{
    rule->schema = vb__schema_refer(c, node, value, NULL);
    return rule->schema != NULL;
}

bool vb__read_dynamic_ref(struct vb__compiler *c, struct vb_schema *node,
                          yyjson_val *value, struct vb__rule *rule)
{
    rule->schema = vb__schema_refer(c, node, value, &rule->anchor);
    return rule->schema != NULL;
}

/* --- references --- */

bool vb__check_ref(struct vb__run *run, const struct vb__rule *rule,
                   const struct vb__at *at)
{
    return vb__schema_apply(run, rule->schema, at, at->seen);
}

static const struct vb_schema *
find_dynamic_anchor(const struct vb__resource *resource, struct vb_span name)
{
    const struct vb__anchor *anchor = resource->anchors;

    for (; anchor != NULL; anchor = anchor->next)
        if (anchor->dynamic && vb_span_eq(anchor->name, name))
            return anchor->node;
    return NULL;
}

/* The outermost resource of the dynamic scope that has the dynamic anchor
 * decides (Core section 8.2.3.2). */
bool vb__check_dynamic_ref(struct vb__run *run, const struct vb__rule *rule,
                           const struct vb__at *at)
{
    const struct vb_schema *target = rule->schema;
    const struct vb__scope *scope = rule->anchor.len > 0 ? at->scope : NULL;

    for (; scope != NULL; scope = scope->outer) {
        const struct vb_schema *found =
            find_dynamic_anchor(scope->resource, rule->anchor);

        if (!vb__spend(run, 1))
            return false;
        if (found != NULL)
            target = found;
    }
    return vb__schema_apply(run, target, at, at->seen);
}

/* --- allOf, not --- */

bool vb__check_all_of(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    bool valid = true;

    for (size_t i = 0; i < rule->schema_count; i++) {
        valid &= vb__schema_apply(run, rule->schemas[i], at, at->seen);
        if (!valid && !vb__wants_all(run))
            return false;
    }
    return valid;
}

bool vb__check_not(struct vb__run *run, const struct vb__rule *rule,
                   const struct vb__at *at)
{
    struct vb__reasons *reasons = vb__reasons_pause(run);
    bool valid = vb__schema_apply(run, rule->schema, at, NULL);

    vb__reasons_resume(run, reasons);
    if (run->err != VB_OK)
        return false;
    return !valid || vb__schema_fail(run, at, rule->keyword->name,
                                     "is of a kind that is not allowed");
}

/* --- schemas that may fail: what they evaluate counts if they do not --- */

/* Applies a branch. Its reasons go to `own`, nowhere when that is NULL. */
static bool try_branch(struct vb__run *run, const struct vb_schema *schema,
                       const struct vb__at *at, struct vb__reasons *own)
{
    struct vb__reasons *outer = vb__reasons_pause(run);
    struct vb__seen seen;
    bool valid = false;

    vb__reasons_resume(run, own);
    if (at->seen == NULL) {
        valid = vb__schema_apply(run, schema, at, NULL);
    } else if (vb__seen_init(run, &seen, at->value)) {
        valid = vb__schema_apply(run, schema, at, &seen);
        if (valid)
            vb__seen_merge(at->seen, &seen);
        vb__seen_done(run, &seen);
    }
    vb__reasons_resume(run, outer);
    return valid;
}

bool vb__check_if(struct vb__run *run, const struct vb__rule *rule,
                  const struct vb__at *at)
{
    bool holds = try_branch(run, rule->if_schema, at, NULL);
    const struct vb_schema *next =
        holds ? rule->then_schema : rule->else_schema;

    if (run->err != VB_OK)
        return false;
    return next == NULL || vb__schema_apply(run, next, at, at->seen);
}

/* --- anyOf, oneOf --- */

/* What came of trying the branches. */
struct trial {
    size_t valid;         /* branches */
    size_t first, second; /* of the valid ones */
    size_t right_type;    /* invalid ones whose type is not what is wrong */
    size_t closest;       /* of the invalid ones */
    struct vb__reasons reasons; /* of the closest */
};

/* Which of two branches was rather meant? One for this type of value; one
 * whose const and enum members agree; one with less to complain about. */
static bool is_closer(const struct vb__reasons *a, const struct vb__reasons *b)
{
    if (a->wrong_type != b->wrong_type)
        return !a->wrong_type;
    if (a->wrong_tag != b->wrong_tag)
        return a->wrong_tag < b->wrong_tag;
    return a->total < b->total;
}

static void keep_closest(struct trial *trial, size_t i,
                         const struct vb__reasons *own)
{
    trial->right_type += !own->wrong_type;
    if (trial->reasons.total > 0 && !is_closer(own, &trial->reasons))
        return;
    trial->reasons = *own;
    trial->closest = i;
}

/* Tries branches until `enough` are valid; all of them where somebody asks
 * what they evaluate. */
static void try_branches(struct vb__run *run, const struct vb__rule *rule,
                         const struct vb__at *at, size_t enough,
                         struct trial *trial)
{
    vb__reasons_init(&trial->reasons, at->step);
    for (size_t i = 0; i < rule->schema_count && run->err == VB_OK; i++) {
        struct vb__reasons own;

        vb__reasons_init(&own, at->step);
        if (!try_branch(run, rule->schemas[i], at,
                        run->reasons != NULL ? &own : NULL)) {
            if (run->reasons != NULL)
                keep_closest(trial, i, &own);
            continue;
        }
        if (trial->valid == 0)
            trial->first = i;
        else
            trial->second = i;
        if (++trial->valid == enough && (at->seen == NULL || enough > 1))
            return;
    }
}

/* All branches are for other types: the types that any of them takes. */
static unsigned types_of_all(const struct vb__rule *rule)
{
    unsigned types = 0;

    for (size_t i = 0; i < rule->schema_count; i++)
        types |= vb_schema_facts(rule->schemas[i]).types;
    return types;
}

/* Tells what the closest branch lacks. */
static bool fail_branches(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at, struct trial *trial,
                          const char *how_many)
{
    const struct vb_schema_error *first = trial->reasons.first;
    unsigned types;

    if (!vb__wants_all(run))
        return false;
    types = types_of_all(rule);
    if (trial->right_type == 0 && (types & vb__schema_type_of(at->value)) == 0)
        return vb__schema_fail_type(run, at, rule->keyword->name, types);
    if (trial->right_type == 1 || rule->schema_count == 1) {
        vb__reasons_move(run, &trial->reasons);
        return false;
    }
    if (trial->reasons.count == 1 && !trial->reasons.inside)
        return vb__schema_fail(run, at, rule->keyword->name,
                               "must match %s of %zu alternatives; the "
                               "closest says: %.*s",
                               how_many, rule->schema_count,
                               VB_FMT(first->detail));
    (void)vb__schema_fail(run, at, rule->keyword->name,
                          "must match %s of %zu alternatives; what follows is "
                          "about the closest",
                          how_many, rule->schema_count);
    vb__reasons_move(run, &trial->reasons);
    return false;
}

bool vb__check_any_of(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    struct trial trial = {0};

    try_branches(run, rule, at, 1, &trial);
    if (run->err == VB_OK && trial.valid > 0)
        return true;
    return fail_branches(run, rule, at, &trial, "at least one");
}

bool vb__check_one_of(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    struct trial trial = {0};

    try_branches(run, rule, at, 2, &trial);
    if (run->err == VB_OK && trial.valid == 1)
        return true;
    if (run->err == VB_OK && trial.valid > 1)
        return vb__schema_fail(run, at, rule->keyword->name,
                               "must match only one of %zu alternatives, not "
                               "both those at %zu and %zu",
                               rule->schema_count, trial.first, trial.second);
    return fail_branches(run, rule, at, &trial, "exactly one");
}
