/* A set, its documents and resources, and the functions that add to it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "content/schema_keyword.h"

#define DEFAULT_MEMORY ((size_t)256 << 20)
#define BLOCK_SIZE     16384

/* --- errors --- */

bool vb__schema_stop(struct vb__compiler *c, enum vb_err err)
{
    if (c->err == VB_OK)
        c->err = err;
    return false;
}

void *vb__schema_alloc(struct vb__compiler *c, size_t count, size_t size)
{
    void *memory = vb_arena_calloc(&c->set->arena, count, size);

    if (memory == NULL)
        vb__schema_stop(c, c->set->arena.total + size * count >=
                                   c->set->arena.limit
                               ? VB_ERR_LIMIT
                               : VB_ERR_NOMEM);
    return memory;
}

/* The pointer of a value in its document; empty when memory is out. */
static struct vb_span path_of(struct vb_schema_set *set,
                              const struct vb__document *document,
                              yyjson_val *value)
{
    struct vb_buf buf;
    struct vb_span path;

    vb_buf_init(&buf, 65536);
    vb__schema_path(document->root, value, &buf);
    path = vb_arena_dup(&set->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return path;
}

bool vb__schema_fault(struct vb__compiler *c, yyjson_val *value,
                      const char *format, ...)
{
    const struct vb__document *document = vb__schema_document(c->set, value);
    char text[512];
    va_list args;

    if (c->err != VB_OK)
        return false;
    c->err = VB_ERR_INVALID;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    c->fault.detail = vb_arena_dup(
        &c->set->arena, vb_utf8_head(vb_span_str(text), sizeof(text) - 2));
    c->fault.value = value;
    if (document != NULL) {
        c->fault.uri = document->uri;
        c->fault.pointer = path_of(c->set, document, value);
    }
    return false;
}

/* --- tables: keys are a text or an address --- */

static uint64_t hash_text(struct vb_span text)
{
    return vb_hash(vb_hash_key_shared(), text);
}

uint64_t vb__schema_hash(yyjson_val *value)
{
    return hash_text(vb_span_of((const char *)&value, sizeof(value)));
}

static struct vb__uri *find_uri(const struct vb_schema_set *set,
                                struct vb_span text)
{
    struct vb_table_node *node =
        vb_table_first(&set->resources_by_uri, hash_text(text));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__uri *uri = VB_CONTAINER(node, struct vb__uri, by_text);

        if (vb_span_eq(uri->text, text))
            return uri;
    }
    return NULL;
}

struct vb__resource *vb__schema_resource_at(const struct vb_schema_set *set,
                                            yyjson_val *root)
{
    struct vb_table_node *node =
        vb_table_first(&set->resources_by_root, vb__schema_hash(root));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__resource *resource =
            VB_CONTAINER(node, struct vb__resource, by_root);

        if (resource->root == root)
            return resource;
    }
    return NULL;
}

/* --- resources --- */

struct vb__resource *vb__schema_new_resource(struct vb__compiler *c,
                                             struct vb__document *document,
                                             yyjson_val *root,
                                             const struct vb__resource *outer,
                                             struct vb_span uri)
{
    struct vb__resource *resource = vb__schema_alloc(c, 1, sizeof(*resource));

    if (resource == NULL)
        return NULL;
    resource->root = root;
    resource->uri = uri;
    resource->document = document;
    resource->dialect =
        outer != NULL ? outer->dialect : c->set->options.dialect;
    resource->vocabularies =
        outer != NULL ? outer->vocabularies : VB__VOCABULARY_USUAL;
    resource->legacy = outer != NULL && outer->legacy;
    if (!vb_table_insert(&c->set->resources_by_root, &resource->by_root,
                         vb__schema_hash(root))) {
        vb__schema_stop(c, VB_ERR_NOMEM);
        return NULL;
    }
    document->resources++;
    resource->next = c->set->resources;
    c->set->resources = resource;
    return resource;
}

bool vb__schema_name_resource(struct vb__compiler *c,
                              struct vb__resource *resource, struct vb_span uri)
{
    struct vb__uri *name = find_uri(c->set, uri);

    if (name != NULL)
        return name->resource == resource ||
               vb__schema_fault(c, resource->root,
                                "is the second schema with the URI %.*s",
                                VB_FMT(uri));
    name = vb__schema_alloc(c, 1, sizeof(*name));
    if (name == NULL)
        return false;
    name->text = uri;
    name->resource = resource;
    return vb_table_insert(&c->set->resources_by_uri, &name->by_text,
                           hash_text(uri)) ||
           vb__schema_stop(c, VB_ERR_NOMEM);
}

struct vb__resource *vb__schema_owner(const struct vb_schema_set *set,
                                      const struct vb__document *document,
                                      yyjson_val *value)
{
    yyjson_val *at = document->root, *key;
    struct vb__resource *owner = NULL, *found;
    size_t index;

    if (document->resources == 1) /* mostly */
        value = at;
    while (at != NULL) {
        found = vb__schema_resource_at(set, at);
        if (found != NULL)
            owner = found;
        at = at == value ? NULL : vb__schema_step(at, value, &key, &index);
    }
    return owner;
}

/* --- documents --- */

struct vb__document *vb__schema_document(const struct vb_schema_set *set,
                                         yyjson_val *value)
{
    struct vb__document *document = set->documents;

    while (document != NULL && !vb__schema_within(document->root, value))
        document = document->next;
    return document;
}

/* An OpenAPI description is no schema, but may say what its schemas are in. */
static bool scan_description(struct vb__compiler *c,
                             struct vb__resource *resource)
{
    yyjson_val *dialect =
        vb_json_member(resource->root, VB_SPAN("jsonSchemaDialect"));

    return dialect == NULL || vb__schema_set_dialect(c, resource, dialect);
}

struct vb__document *vb__schema_add(struct vb__compiler *c, struct vb_span uri,
                                    yyjson_val *root)
{
    struct vb__document *document = vb__schema_alloc(c, 1, sizeof(*document));
    struct vb__resource *resource;

    if (document == NULL)
        return NULL;
    document->uri = vb_arena_dup(&c->set->arena, uri);
    if (document->uri.ptr == NULL) {
        vb__schema_stop(c, VB_ERR_NOMEM);
        return NULL;
    }
    document->root = root;
    document->next = c->set->documents;
    c->set->documents = document;
    resource = vb__schema_new_resource(c, document, root, NULL, document->uri);
    if (resource == NULL ||
        !vb__schema_name_resource(c, resource, document->uri))
        return NULL;
    if (yyjson_is_str(vb_json_member(root, VB_SPAN("openapi"))))
        return scan_description(c, resource) ? document : NULL;
    return vb__schema_scan(c, resource, root) ? document : NULL;
}

/* Parses a built-in document and adds it. */
static bool add_builtin(struct vb__compiler *c, struct vb_span uri,
                        struct vb_span text)
{
    struct vb__builtin *builtin = vb__schema_alloc(c, 1, sizeof(*builtin));
    enum vb_err err;

    if (builtin == NULL)
        return false;
    err = vb_json_parse(text, NULL, &builtin->json, NULL);
    if (err != VB_OK)
        return vb__schema_stop(c, err);
    builtin->next = c->set->builtins;
    c->set->builtins = builtin;
    return vb__schema_add(c, uri, builtin->json->root) != NULL;
}

/* Asks the owner of the set for a document and adds it. */
static bool add_resolved(struct vb__compiler *c, struct vb_span uri,
                         yyjson_val *reference)
{
    const struct vb_schema_options *options = &c->set->options;
    yyjson_val *root = options->resolve != NULL
                           ? options->resolve(options->owner, uri, reference)
                           : NULL;

    if (root == NULL)
        return vb__schema_fault(
            c, reference, "refers to %.*s, which is not there", VB_FMT(uri));
    return vb__schema_add(c, uri, root) != NULL;
}

struct vb__resource *vb__schema_load(struct vb__compiler *c, struct vb_span uri,
                                     yyjson_val *reference)
{
    struct vb__uri *name = find_uri(c->set, uri);
    struct vb_span builtin;

    if (name != NULL)
        return name->resource;
    builtin = vb__schema_builtin(uri);
    if (builtin.ptr != NULL ? !add_builtin(c, uri, builtin)
                            : !add_resolved(c, uri, reference))
        return NULL;
    return find_uri(c->set, uri)->resource;
}

/* --- the public functions --- */

enum vb_err vb_schema_set_new(const struct vb_schema_options *options,
                              struct vb_schema_set **ret_set)
{
    struct vb_schema_set *set = calloc(1, sizeof(*set));

    if (set == NULL)
        return VB_ERR_NOMEM;
    set->options = *options;
    vb_arena_init(&set->arena, BLOCK_SIZE,
                  options->memory > 0 ? options->memory : DEFAULT_MEMORY);
    vb_table_init(&set->resources_by_uri);
    vb_table_init(&set->resources_by_root);
    vb_table_init(&set->schemas_by_value);
    *ret_set = set;
    return VB_OK;
}

void vb_schema_set_free(struct vb_schema_set *set)
{
    if (set == NULL)
        return;
    for (struct vb__pattern *p = set->patterns; p != NULL; p = p->next)
        vb_regex_free(p->regex);
    for (struct vb__builtin *b = set->builtins; b != NULL; b = b->next)
        vb_json_free(b->json);
    vb_table_done(&set->schemas_by_value);
    vb_table_done(&set->resources_by_root);
    vb_table_done(&set->resources_by_uri);
    vb_arena_done(&set->arena);
    free(set);
}

static enum vb_err finish(const struct vb__compiler *c,
                          struct vb_schema_fault *ret_fault)
{
    if (c->err == VB_ERR_INVALID && ret_fault != NULL)
        *ret_fault = c->fault;
    return c->err;
}

enum vb_err vb_schema_set_add(struct vb_schema_set *set, struct vb_span uri,
                              yyjson_val *root,
                              struct vb_schema_fault *ret_fault)
{
    struct vb__compiler c = {.set = set};
    struct vb_span base, fragment;

    vb__schema_cut(uri, &base, &fragment);
    if (!vb__schema_resolve(&c, base, VB_SPAN(""), &base))
        return c.err != VB_OK ? c.err : VB_ERR_SYNTAX;
    if (find_uri(set, base) != NULL)
        return VB_ERR_EXISTS;
    (void)vb__schema_add(&c, base, root);
    return finish(&c, ret_fault);
}

enum vb_err vb_schema_set_declare(struct vb_schema_set *set, yyjson_val *value,
                                  struct vb_schema_fault *ret_fault)
{
    struct vb__compiler c = {.set = set};
    const struct vb__document *document = vb__schema_document(set, value);

    if (document == NULL)
        return VB_ERR_NOTFOUND;
    (void)vb__schema_scan(&c, vb__schema_owner(set, document, value), value);
    return finish(&c, ret_fault);
}
