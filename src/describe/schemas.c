/*
 * The schemas of a description: compiled by content/schema.h, found by it
 * through the files of the description, their extensions checked.
 *
 * A file is known to the schema set by its canonical path as a file: URI, so
 * that relative references mean what they mean on disk.
 */
#include "describe/read.h"

#include "http/percent.h"
#include "http/uri.h"

/* --- extensions ---------------------------------------------------------- */

enum holds { ONE, LIST, MAP };

/* Keywords that hold schemas (JSON Schema Core 2020-12 section 10, and
 * `definitions` of before). */
static const struct {
    const char *name;
    enum holds holds;
} keywords[] = {
    {"properties", MAP},
    {"patternProperties", MAP},
    {"dependentSchemas", MAP},
    {"$defs", MAP},
    {"definitions", MAP},
    {"allOf", LIST},
    {"anyOf", LIST},
    {"oneOf", LIST},
    {"prefixItems", LIST},
    {"items", ONE},
    {"contains", ONE},
    {"additionalProperties", ONE},
    {"propertyNames", ONE},
    {"unevaluatedItems", ONE},
    {"unevaluatedProperties", ONE},
    {"not", ONE},
    {"if", ONE},
    {"then", ONE},
    {"else", ONE},
};

static void check_map(struct vb__reader *r, yyjson_val *map)
{
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(map, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        vb__schema_check(r, yyjson_obj_iter_get_val(name));
}

static void check_list(struct vb__reader *r, yyjson_val *list)
{
    size_t i, max;
    yyjson_val *val;

    yyjson_arr_foreach(list, i, max, val) vb__schema_check(r, val);
}

/* As deep as the document at most, which is bounded. */
void vb__schema_check(struct vb__reader *r, yyjson_val *val)
{
    if (!yyjson_is_obj(val))
        return;
    vb__extension(r, val, VB__AT_SCHEMA);
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
        yyjson_val *inner = yyjson_obj_get(val, keywords[i].name);

        if (keywords[i].holds == MAP)
            check_map(r, inner);
        else if (keywords[i].holds == LIST)
            check_list(r, inner);
        else
            vb__schema_check(r, inner);
    }
}

/* --- documents ----------------------------------------------------------- */

/* The URI a file is known by; in the arena. */
static struct vb_span uri_of(struct vb__reader *r, const struct vb__file *file)
{
    struct vb_buf uri;
    struct vb_span copy;

    vb_buf_init(&uri, 65536);
    vb_buf_str(&uri, "file://");
    if (file->real)
        vb_percent_encode(&uri, vb_span_str(file->real), VB_PERCENT_KEEP_PATH);
    else
        vb_buf_str(&uri, "/text");
    copy = vb_arena_dup(r->arena, vb_buf_span(&uri));
    vb_buf_done(&uri);
    return copy;
}

/* vb_schema_resolve_fn: the file of a URI, within the tree only. */
static yyjson_val *resolve(void *owner, struct vb_span uri,
                           yyjson_val *reference)
{
    struct vb__reader *r = owner;
    struct vb__file *file = vb__files_find(r->files, reference, uri);

    return file ? vb_yaml_root(file->yaml) : NULL;
}

/* A reference that the resolver refused is a fault as well, each time. */
static void note_fault(struct vb__reader *r, yyjson_val *at,
                       const struct vb_schema_fault *fault)
{
    yyjson_val *value = fault->value ? fault->value : at;
    struct vb_place place = vb__spot(r, value);

    if (!vb_notes_has_error(r->notes, &place))
        vb__error(r, value, "schema: %.*s", VB_FMT(fault->detail));
}

/* Out of memory, or past a limit: the set may be half of something now, and
 * nothing is asked of it any more. */
static bool gave_up(struct vb__reader *r, enum vb_err err)
{
    if (err == VB_ERR_NOMEM || err == VB_ERR_LIMIT)
        r->schemas_failed = err;
    return r->schemas_failed != VB_OK;
}

/* Adds files that were opened since for other references. What is malformed
 * in them as a schema is told when it is used as one. */
static bool add_files(struct vb__reader *r)
{
    while (!r->schemas_failed && r->schema_files < r->files->count) {
        const struct vb__file *file = &r->files->at[r->schema_files++];

        gave_up(r, vb_schema_set_add(r->into->schemas, uri_of(r, file),
                                     vb_yaml_root(file->yaml), NULL));
    }
    return !r->schemas_failed;
}

static void declare(struct vb__reader *r, yyjson_val *val)
{
    struct vb_schema_fault fault;
    enum vb_err err;

    if (r->schemas_failed)
        return;
    err = vb_schema_set_declare(r->into->schemas, val, &fault);
    if (err == VB_ERR_INVALID)
        note_fault(r, val, &fault);
    gave_up(r, err);
}

enum vb_err vb__schemas_start(struct vb__reader *r)
{
    yyjson_val *components = vb__object(r, r->root, "components");
    yyjson_val *schemas = vb__object(r, components, "schemas");
    struct vb_schema_options options = {
        .dialect = r->minor == 0 ? VB_SCHEMA_OPENAPI_3_0 : VB_SCHEMA_2020_12,
        .resolve = resolve,
        .owner = r,
    };
    enum vb_err err = vb_schema_set_new(&options, &r->into->schemas);
    yyjson_obj_iter iter;
    yyjson_val *name;

    if (err)
        return err;
    add_files(r);
    yyjson_obj_iter_init(schemas, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL) {
        declare(r, yyjson_obj_iter_get_val(name));
        vb__schema_check(r, yyjson_obj_iter_get_val(name));
    }
    return VB_OK;
}

/* --- use ----------------------------------------------------------------- */

const struct vb_schema *vb__schema(struct vb__reader *r, yyjson_val *val)
{
    const struct vb_schema *schema = NULL;
    struct vb_schema_fault fault = {.value = NULL};
    enum vb_err err;

    if (!val || !add_files(r))
        return NULL;
    err = vb_schema_compile(r->into->schemas, val, &schema, &fault);
    if (err == VB_OK) {
        vb__schema_check(r, val);
        return schema;
    }
    for (const struct vb_schema_fault *f = &fault;
         err == VB_ERR_INVALID && f != NULL; f = f->next)
        note_fault(r, val, f);
    if (err != VB_ERR_INVALID && !gave_up(r, err))
        vb__error(r, val, "schema: %s", vb_err_text(err));
    return NULL;
}

struct vb_schema_facts vb__facts(const struct vb_schema *schema)
{
    return schema ? vb_schema_facts(schema)
                  : (struct vb_schema_facts){.types = VB_SCHEMA_ANY};
}

unsigned vb__item_types(const struct vb_schema *schema)
{
    const struct vb_schema *items = schema ? vb_schema_items(schema) : NULL;

    return vb__facts(items).types;
}
