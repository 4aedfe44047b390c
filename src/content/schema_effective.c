/*
 * What holds for all instances of a schema: said by itself, or by what it
 * takes in through $ref, $dynamicRef's own target and allOf. One walk, nearest
 * first, asks each of these schemas in turn.
 */
#include "content/schema_keyword.h"

/* How many schemas a walk asks: allOf may take the same in again and again. */
#define WALK_MAX 4096

struct walk {
    /* Looks at one schema; true ends the walk. */
    bool (*visit)(struct walk *walk, const struct vb_schema *schema);
    void *result;
    unsigned left;
};

/* It recurses along references, of which compiling has refused cycles, and
 * ends with `left`. */
static bool walk(struct walk *w, const struct vb_schema *schema)
{
    if (w->left == 0)
        return true;
    w->left--;
    if (w->visit(w, schema))
        return true;
    for (size_t i = 0; i < schema->rule_count; i++) {
        const struct vb__rule *rule = &schema->rules[i];
        vb__check_fn *check = rule->keyword->check;

        if ((check == vb__check_ref || check == vb__check_dynamic_ref) &&
            walk(w, rule->schema))
            return true;
        for (size_t k = 0; check == vb__check_all_of && k < rule->schema_count;
             k++)
            if (walk(w, rule->schemas[k]))
                return true;
    }
    return false;
}

static void walk_all(const struct vb_schema *schema, void *result,
                     bool (*visit)(struct walk *, const struct vb_schema *))
{
    struct walk w = {.visit = visit, .result = result, .left = WALK_MAX};

    (void)walk(&w, schema);
}

/* A keyword of the schema object itself. What stands beside a $ref in OpenAPI
 * 3.0 does not count (OpenAPI 3.0.3, "Reference Object"). */
static yyjson_val *own_keyword(const struct vb_schema *schema,
                               struct vb_span name)
{
    if (schema->resource->dialect == VB_SCHEMA_OPENAPI_3_0 &&
        vb__schema_sibling(schema, "$ref") != NULL)
        return NULL;
    return vb_json_member(schema->value, name);
}

/* --- facts --- */

static bool add_facts(struct walk *w, const struct vb_schema *schema)
{
    struct vb_schema_facts *facts = w->result;
    const struct vb__rule *type = vb__schema_rule(schema, vb__check_type);
    yyjson_val *format = own_keyword(schema, VB_SPAN("format"));

    if (schema->kind == VB__KIND_FALSE)
        facts->types = 0;
    if (type != NULL)
        facts->types &= type->types;
    if (facts->format.ptr == NULL && yyjson_is_str(format))
        facts->format = vb_json_text(format);
    facts->read_only |=
        yyjson_is_true(own_keyword(schema, VB_SPAN("readOnly")));
    facts->write_only |=
        yyjson_is_true(own_keyword(schema, VB_SPAN("writeOnly")));
    if (facts->default_value == NULL)
        facts->default_value = own_keyword(schema, VB_SPAN("default"));
    return false;
}

struct vb_schema_facts vb_schema_facts(const struct vb_schema *schema)
{
    struct vb_schema_facts facts = {.types = VB_SCHEMA_ANY};

    walk_all(schema, &facts, add_facts);
    return facts;
}

/* --- properties --- */

struct list {
    struct vb_schema_property *at; /* NULL while they are only counted */
    size_t count;
};

static struct vb_schema_property *find_property(const struct list *list,
                                                struct vb_span name)
{
    for (size_t i = 0; i < list->count; i++)
        if (vb_span_eq(list->at[i].name, name))
            return &list->at[i];
    return NULL;
}

static void add_property(struct list *list, const struct vb__member *member)
{
    struct vb_schema_property *property = find_property(list, member->name);

    if (property == NULL) {
        property = &list->at[list->count++];
        *property = (struct vb_schema_property){
            .name = member->name,
            .schema = member->schema,
            .facts = {.types = VB_SCHEMA_ANY},
        };
    }
    walk_all(member->schema, &property->facts, add_facts);
}

static bool count_members(struct walk *w, const struct vb_schema *schema)
{
    const struct vb__rule *rule = vb__schema_rule(schema, vb__check_members);
    size_t *count = w->result;

    *count += rule != NULL ? rule->members->count : 0;
    return false;
}

/* The members with schemas, in the order of the text. */
static bool add_properties(struct walk *w, const struct vb_schema *schema)
{
    const struct vb__rule *rule = vb__schema_rule(schema, vb__check_members);
    size_t count = rule != NULL ? rule->members->count : 0;

    for (size_t order = 0; order < count; order++)
        for (size_t i = 0; i < count; i++)
            if (rule->members->at[i].order == order &&
                rule->members->at[i].schema != NULL)
                add_property(w->result, &rule->members->at[i]);
    return false;
}

static bool add_required(struct walk *w, const struct vb_schema *schema)
{
    const struct vb__rule *rule = vb__schema_rule(schema, vb__check_members);
    size_t count = rule != NULL ? rule->members->count : 0;

    for (size_t i = 0; i < count; i++) {
        const struct vb__member *member = &rule->members->at[i];
        struct vb_schema_property *property =
            member->required ? find_property(w->result, member->name) : NULL;

        if (property != NULL)
            property->required = true;
    }
    return false;
}

enum vb_err
vb_schema_properties(const struct vb_schema *schema, struct vb_arena *arena,
                     const struct vb_schema_property **ret_properties,
                     size_t *ret_count)
{
    struct list list = {NULL, 0};
    size_t count = 0;

    walk_all(schema, &count, count_members);
    list.at = vb_arena_calloc(arena, count + 1, sizeof(*list.at));
    if (list.at == NULL)
        return VB_ERR_NOMEM;
    walk_all(schema, &list, add_properties);
    walk_all(schema, &list, add_required);
    *ret_properties = list.at;
    *ret_count = list.count;
    return VB_OK;
}

/* --- single questions --- */

static bool find_items(struct walk *w, const struct vb_schema *schema)
{
    const struct vb__rule *rule = vb__schema_rule(schema, vb__check_items);
    const struct vb_schema **items = w->result;

    if (rule != NULL)
        *items = rule->schema;
    return rule != NULL;
}

const struct vb_schema *vb_schema_items(const struct vb_schema *schema)
{
    const struct vb_schema *items = NULL;

    walk_all(schema, &items, find_items);
    return items;
}

struct question {
    struct vb_span name;
    yyjson_val *answer;
};

static bool find_keyword(struct walk *w, const struct vb_schema *schema)
{
    struct question *question = w->result;

    question->answer = own_keyword(schema, question->name);
    return question->answer != NULL;
}

yyjson_val *vb_schema_keyword(const struct vb_schema *schema,
                              struct vb_span name)
{
    struct question question = {name, NULL};

    walk_all(schema, &question, find_keyword);
    return question.answer;
}

yyjson_val *vb_schema_value(const struct vb_schema *schema)
{
    return schema->value;
}
