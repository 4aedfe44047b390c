/*
 * What is said of a property where it is not kept. Roles (readOnly, unique,
 * references ...) are those of paths from the root of a state, so they hold of
 * what `properties` and `items` describe in schemas that always apply; what is
 * true of some states only (anyOf) or of names nobody knows yet
 * (additionalProperties) has no such path. A rule that nobody keeps is an
 * error, as one that is mistyped; readOnly and writeOnly, which others have
 * said of their schemas, are warned of.
 */
#include "describe/unkept.h"

#include "base/hash.h"
#include "describe/read.h"

/* Which of them are kept in a place, and which are not. */
enum {
    READ_ONLY = 1,
    WRITE_ONLY = 2,
    REFERENCES = 4,
    UNIQUE = 8,
    INDEX = 16,
};

static const struct {
    unsigned unkept;
    const char *where;
} modes[] = {
    [VB__KEPT] = {0, ""},
    [VB__IN_ELEMENTS] = {READ_ONLY | UNIQUE | INDEX, "in elements of an array"},
    [VB__IN_SOME] = {READ_ONLY | WRITE_ONLY | REFERENCES | UNIQUE | INDEX,
                     "here: only where a schema always applies, and names the "
                     "property"},
    [VB__TOO_DEEP] = {READ_ONLY | WRITE_ONLY | REFERENCES | UNIQUE | INDEX,
                      "so deep: a schema has itself in it, or more levels "
                      "than are looked at"},
};

/* A schema that was looked at, in one mode. */
struct seen {
    struct vb_table_node by_key;
    const struct vb_schema *schema;
    enum vb__unkept_mode mode;
};

static bool first_time(struct vb__unkept *u, const struct vb_schema *schema,
                       enum vb__unkept_mode mode)
{
    const struct vb_span bytes =
        vb_span_of((const char *)&schema, sizeof(schema));
    uint64_t hash = vb_hash(vb_hash_key_shared(), bytes) + (uint64_t)mode;
    struct vb_table_node *at = vb_table_first(&u->seen, hash);
    struct seen *seen;

    for (; at; at = vb_table_next(at)) {
        seen = VB_CONTAINER(at, struct seen, by_key);
        if (seen->schema == schema && seen->mode == mode)
            return false;
    }
    seen = vb_arena_calloc(&u->arena, 1, sizeof(*seen));
    if (!seen || !vb_table_insert(&u->seen, &seen->by_key, hash)) {
        u->arena.failed = true;
        return false;
    }
    seen->schema = schema;
    seen->mode = mode;
    return true;
}

static void tell_rule(struct vb__unkept *u, yyjson_val *value, const char *name,
                      enum vb__unkept_mode mode)
{
    yyjson_val *rule =
        yyjson_obj_get(yyjson_obj_get(value, "x-verbatim"), name);
    struct vb_place place;

    if (!rule || yyjson_is_false(rule))
        return;
    if (mode != VB__TOO_DEEP) {
        vb__error(u->r, rule, "\"%s\" is not kept %s", name, modes[mode].where);
        return;
    }
    place = vb__place(u->r, rule);
    vb__warn(u->r, "unkept", &place, "\"%s\" is not kept %s", name,
             modes[mode].where);
}

static void tell_keyword(struct vb__unkept *u, yyjson_val *value,
                         const char *name, enum vb__unkept_mode mode)
{
    yyjson_val *keyword = yyjson_obj_get(value, name);
    struct vb_place place;

    if (!yyjson_is_true(keyword))
        return;
    place = vb__place(u->r, keyword);
    vb__warn(u->r, "unkept", &place, "%s is not kept %s", name,
             modes[mode].where);
}

static void tell_all(struct vb__unkept *u, yyjson_val *value,
                     enum vb__unkept_mode mode)
{
    static const struct {
        unsigned bit;
        const char *name;
        bool ours;
    } rows[] = {
        {READ_ONLY, "readOnly", false},   {WRITE_ONLY, "writeOnly", false},
        {REFERENCES, "references", true}, {UNIQUE, "unique", true},
        {INDEX, "index", true},           {REFERENCES, "on-delete", true},
        {INDEX, "search", true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!(modes[mode].unkept & rows[i].bit))
            continue;
        if (rows[i].ours)
            tell_rule(u, value, rows[i].name, mode);
        else if (u->sent || rows[i].bit != READ_ONLY)
            tell_keyword(u, value, rows[i].name, mode);
    }
}

struct step {
    struct vb__unkept *u;
    enum vb__unkept_mode mode;
};

static void go_on(void *context, const struct vb_schema *inner,
                  enum vb_schema_reach reach)
{
    const struct step *from = context;
    enum vb__unkept_mode mode = from->mode;

    if (mode < VB__IN_SOME && reach == VB_SCHEMA_REACH_OTHER)
        mode = VB__IN_SOME;
    else if (mode == VB__KEPT && reach == VB_SCHEMA_REACH_ELEMENT)
        mode = VB__IN_ELEMENTS;
    vb__unkept_look(from->u, inner, mode);
}

/* Each schema once in each mode. Nodes are as deep in each other as the
 * document is, and as references lead from one to the next. */
void vb__unkept_look(struct vb__unkept *u, const struct vb_schema *schema,
                     enum vb__unkept_mode mode)
{
    struct step step = {u, mode};

    if (!schema || u->depth == VB__UNKEPT_DEPTH_MOST ||
        !first_time(u, schema, mode))
        return;
    u->depth++;
    tell_all(u, vb_schema_value(schema), mode);
    vb_schema_inner(schema, go_on, &step);
    u->depth--;
}

void vb__unkept_init(struct vb__unkept *u, struct vb__reader *r)
{
    *u = (struct vb__unkept){.r = r};
    vb_arena_init(&u->arena, 16384, (size_t)32 << 20);
    vb_table_init(&u->seen);
}

void vb__unkept_done(struct vb__unkept *u)
{
    u->r->arena->failed |= u->arena.failed;
    vb_table_done(&u->seen);
    vb_arena_done(&u->arena);
}
