/*
 * Making nodes and their rules.
 *
 * A node is made when something asks for it, and put on a list; the list is
 * worked off one node at a time, which asks for more nodes. So the depth of
 * references costs no stack, and a schema that refers to itself finds its
 * node already there.
 */
#include "content/schema_keyword.h"

/* More is not told at once. */
#define FAULTS_MOST 100

struct vb_schema *vb__schema_find(const struct vb_schema_set *set,
                                  yyjson_val *value)
{
    struct vb_table_node *at =
        vb_table_first(&set->schemas_by_value, vb__schema_hash(value));

    for (; at != NULL; at = vb_table_next(at)) {
        struct vb_schema *node = VB_CONTAINER(at, struct vb_schema, by_value);

        if (node->value == value)
            return node;
    }
    return NULL;
}

struct vb_schema *vb__schema_node(struct vb__compiler *c,
                                  struct vb__resource *resource,
                                  yyjson_val *value)
{
    struct vb_schema *node = vb__schema_find(c->set, value);
    struct vb__resource *own;

    if (node != NULL)
        return node;
    if (!yyjson_is_obj(value) && !yyjson_is_bool(value)) {
        (void)vb__schema_fault(c, value, "must be a schema");
        return NULL;
    }
    node = vb__schema_alloc(c, 1, sizeof(*node));
    if (node == NULL)
        return NULL;
    /* What has an $id is a resource of its own, made by schema_scan.c. */
    own = vb__schema_resource_at(c->set, value);
    node->resource = own != NULL ? own : resource;
    node->resource->used = true;
    node->value = value;
    if (!vb_table_insert(&c->set->schemas_by_value, &node->by_value,
                         vb__schema_hash(value))) {
        (void)vb__schema_stop(c, VB_ERR_NOMEM);
        return NULL;
    }
    node->older = c->set->newest;
    c->set->newest = node;
    if (c->pending == NULL)
        c->pending = node;
    else
        c->last_pending->pending = node;
    c->last_pending = node;
    return node;
}

const struct vb_schema *vb__schema_child(struct vb__compiler *c,
                                         const struct vb_schema *node,
                                         yyjson_val *value)
{
    if (node->resource->dialect == VB_SCHEMA_OPENAPI_3_0 &&
        !yyjson_is_obj(value)) {
        (void)vb__schema_fault(c, value, "must be a schema object");
        return NULL;
    }
    return vb__schema_node(c, node->resource, value);
}

const struct vb_regex *vb__schema_pattern(struct vb__compiler *c,
                                          yyjson_val *value)
{
    struct vb__pattern *pattern = vb__schema_alloc(c, 1, sizeof(*pattern));
    struct vb_regex_fault fault;
    enum vb_err err;

    if (pattern == NULL)
        return NULL;
    err = vb_regex_compile(vb_json_text(value), &pattern->regex, &fault);
    if (err == VB_ERR_NOMEM)
        (void)vb__schema_stop(c, err);
    else if (err != VB_OK)
        (void)vb__schema_fault(c, value, "is no pattern: %s (at byte %zu)",
                               fault.text, fault.at);
    if (err != VB_OK)
        return NULL;
    pattern->next = c->set->patterns;
    c->set->patterns = pattern;
    return pattern->regex;
}

/* --- rules --- */

/* Reads one keyword of a node, and keeps the rule where there is one. */
static bool add_rule(struct vb__compiler *c, struct vb_schema *node,
                     const struct vb__keyword *keyword, yyjson_val *value)
{
    struct vb__rule rule = {.keyword = keyword};

    if (keyword->compile != NULL && !keyword->compile(c, node, value, &rule))
        return false;
    if (rule.keyword != NULL && rule.keyword->check != NULL)
        node->rules[node->rule_count++] = rule;
    return true;
}

/* In OpenAPI 3.0 a $ref stands for all else in its object (section 4.7.24). */
static bool is_left_out(const struct vb_schema *node,
                        const struct vb__keyword *keyword)
{
    return node->resource->dialect == VB_SCHEMA_OPENAPI_3_0 &&
           keyword->check != vb__check_ref &&
           vb__schema_sibling(node, "$ref") != NULL;
}

static bool add_rules(struct vb__compiler *c, struct vb_schema *node)
{
    const struct vb__keyword *keyword;
    yyjson_val *value;

    for (size_t i = 0; (keyword = vb__keyword_at(i)) != NULL; i++) {
        if (!vb__keyword_counts(keyword, node->resource) ||
            is_left_out(node, keyword))
            continue;
        value = vb_json_member(node->value, keyword->name);
        if (value != NULL && !add_rule(c, node, keyword, value))
            return false;
    }
    return true;
}

/* Compiles an object; the rules get the room they need once they are known. */
static bool compile_object(struct vb__compiler *c, struct vb_schema *node)
{
    struct vb__rule rules[VB__KEYWORDS_MAX];
    size_t size;
    bool ok;

    node->rules = rules;
    ok = add_rules(c, node);
    node->rules = NULL;
    size = node->rule_count * sizeof(rules[0]);
    if (ok && size > 0)
        node->rules = vb__schema_alloc(c, node->rule_count, sizeof(rules[0]));
    if (node->rules == NULL) {
        node->rule_count = 0;
        return ok && size == 0;
    }
    memcpy(node->rules, rules, size);
    return true;
}

static bool compile_node(struct vb__compiler *c, struct vb_schema *node)
{
    if (yyjson_is_obj(node->value))
        return compile_object(c, node);
    node->kind = yyjson_get_bool(node->value) ? VB__KIND_TRUE : VB__KIND_FALSE;
    return true;
}

/* Goes on after a fault, so that all are told at once. False where nothing
 * can be gone on with. */
static bool pass_over(struct vb__compiler *c)
{
    struct vb_schema_fault *copy;

    if (c->err != VB_ERR_INVALID || c->passed_count == FAULTS_MOST)
        return false;
    copy = vb__schema_alloc(c, 1, sizeof(*copy));
    if (copy == NULL)
        return false;
    *copy = c->fault;
    if (c->passed == NULL)
        c->passed = copy;
    else
        c->last_passed->next = copy;
    c->last_passed = copy;
    c->passed_count++;
    c->err = VB_OK;
    return true;
}

static bool compile_pending(struct vb__compiler *c)
{
    while (c->pending != NULL) {
        struct vb_schema *node = c->pending;

        c->pending = node->pending;
        node->pending = NULL;
        if (!compile_node(c, node) && !pass_over(c))
            return false;
    }
    return true;
}

/* A $dynamicRef may come to any dynamic anchor of any resource that is in
 * use: all are compiled, which may bring further resources into use. */
static bool compile_dynamic_anchors(struct vb__compiler *c)
{
    bool more = true;

    while (more) {
        more = false;
        for (struct vb__resource *r = c->set->resources; r != NULL;
             r = r->next) {
            for (struct vb__anchor *a = r->anchors; a != NULL; a = a->next) {
                if (!r->used || !a->dynamic || a->node != NULL)
                    continue;
                a->node = vb__schema_node(c, r, a->value);
                if (a->node == NULL || !compile_pending(c))
                    return false;
                more = true;
            }
        }
    }
    return true;
}

/* Takes back the nodes made since `oldest`: older ones refer to none of them.
 */
static void roll_back(struct vb__compiler *c, struct vb_schema *oldest)
{
    while (c->set->newest != oldest) {
        vb_table_remove(&c->set->schemas_by_value, &c->set->newest->by_value);
        c->set->newest = c->set->newest->older;
    }
    for (struct vb__resource *r = c->set->resources; r != NULL; r = r->next)
        for (struct vb__anchor *a = r->anchors; a != NULL; a = a->next)
            a->node = vb__schema_find(c->set, a->value);
}

enum vb_err vb_schema_compile(struct vb_schema_set *set, yyjson_val *value,
                              const struct vb_schema **ret_schema,
                              struct vb_schema_fault *ret_fault)
{
    struct vb__compiler c = {.set = set};
    const struct vb__document *document = vb__schema_document(set, value);
    struct vb_schema *oldest = set->newest, *node = NULL;
    struct vb__resource *resource;

    if (document == NULL)
        return VB_ERR_NOTFOUND;
    resource = vb__schema_owner(set, document, value);
    if (vb__schema_scan(&c, resource, value))
        node = vb__schema_node(&c, resource, value);
    if (node != NULL && compile_pending(&c) && compile_dynamic_anchors(&c) &&
        c.passed == NULL && vb__schema_check_cycles(&c, oldest)) {
        *ret_schema = node;
        return VB_OK;
    }
    roll_back(&c, oldest);
    if (c.err == VB_OK) {
        c.err = VB_ERR_INVALID;
        c.fault = *c.passed;
    }
    if (c.err == VB_ERR_INVALID && ret_fault != NULL)
        *ret_fault = c.fault;
    return c.err;
}
