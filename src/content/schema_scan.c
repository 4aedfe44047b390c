/*
 * Finding what a reference may name before anything is compiled: schemas with
 * a URI ($id, Core section 8.2.1) and places in them with a name ($anchor,
 * $dynamicAnchor, section 8.2.2). The walk follows the table of keywords, so
 * that an $id in an enum or an example is none.
 */
#include "content/schema_keyword.h"

/* The walk recurses over the document, which VB_JSON_DEPTH_MOST bounds. */
static bool scan_schema(struct vb__compiler *c, struct vb__resource *resource,
                        yyjson_val *value);

/* Names consist of some ASCII characters only (Core section 8.2.2). */
static bool is_anchor_name(struct vb_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        char lower = vb_ascii_lower(name.ptr[i]);
        bool digit = name.ptr[i] >= '0' && name.ptr[i] <= '9';

        if (!(lower >= 'a' && lower <= 'z') && lower != '_' &&
            (i == 0 || (!digit && lower != '-' && lower != '.')))
            return false;
    }
    return name.len > 0;
}

static bool add_anchor(struct vb__compiler *c, struct vb__resource *resource,
                       yyjson_val *value, struct vb_span name, bool dynamic)
{
    struct vb__anchor *anchor = resource->anchors;

    while (anchor != NULL && !vb_span_eq(anchor->name, name))
        anchor = anchor->next;
    if (anchor != NULL && anchor->value != value)
        return vb__schema_fault(c, value, "is the second anchor \"%.*s\"",
                                VB_FMT(name));
    if (anchor != NULL) {
        anchor->dynamic |= dynamic;
        return true;
    }
    anchor = vb__schema_alloc(c, 1, sizeof(*anchor));
    if (anchor == NULL)
        return false;
    anchor->name = name;
    anchor->value = value;
    anchor->dynamic = dynamic;
    anchor->next = resource->anchors;
    resource->anchors = anchor;
    return true;
}

static bool scan_anchor(struct vb__compiler *c, struct vb__resource *resource,
                        yyjson_val *value, const char *keyword, bool dynamic)
{
    yyjson_val *name = vb_json_member(value, vb_span_str(keyword));

    if (name == NULL)
        return true;
    if (!yyjson_is_str(name) || !is_anchor_name(vb_json_text(name)))
        return vb__schema_fault(c, name,
                                "must be a name of letters, digits and _-.");
    return add_anchor(c, resource, value, vb_json_text(name), dynamic);
}

/* The $id in `value`, which lies in `outer`, gives the resource `own` its URI.
 */
static bool name_by_id(struct vb__compiler *c, struct vb__resource *own,
                       struct vb_span uri)
{
    own->uri = uri;
    return vb__schema_name_resource(c, own, uri);
}

/*
 * Reads the $id of `value`, which lies in *resource. Where that makes another
 * resource of it, *resource becomes that one. May come again to a value.
 */
static bool scan_id(struct vb__compiler *c, struct vb__resource **resource,
                    yyjson_val *value)
{
    yyjson_val *id = vb_json_member(value, VB_SPAN("$id"));
    struct vb__resource *own = vb__schema_resource_at(c->set, value);
    struct vb__document *document = (*resource)->document;
    struct vb_span base, fragment, uri;

    if (id == NULL)
        return true;
    if (!yyjson_is_str(id))
        return vb__schema_fault(c, id, "must be a URI reference");
    vb__schema_cut(vb_json_text(id), &base, &fragment);
    if (fragment.len > 0 && base.len == 0) /* an anchor, before 2019-09 */
        return add_anchor(c, *resource, value, fragment, false);
    if (fragment.len > 0)
        return vb__schema_fault(c, id, "must have no fragment");
    if (!vb__schema_resolve(
            c, value == document->root ? document->uri : (*resource)->uri, base,
            &uri))
        return vb__schema_fault(c, id, "must be a URI reference");
    if (own != NULL && value != document->root) { /* seen before */
        *resource = own;
        return true;
    }
    if (own == NULL)
        own = vb__schema_new_resource(c, document, value, *resource, uri);
    *resource = own;
    return own != NULL && name_by_id(c, own, uri);
}

static bool scan_map(struct vb__compiler *c, struct vb__resource *resource,
                     yyjson_val *map)
{
    yyjson_obj_iter iter = yyjson_obj_iter_with(map);
    yyjson_val *key;

    while ((key = yyjson_obj_iter_next(&iter)) != NULL)
        if (!scan_schema(c, resource, yyjson_obj_iter_get_val(key)))
            return false;
    return true;
}

static bool scan_array(struct vb__compiler *c, struct vb__resource *resource,
                       yyjson_val *array)
{
    yyjson_arr_iter iter = yyjson_arr_iter_with(array);
    yyjson_val *value;

    while ((value = yyjson_arr_iter_next(&iter)) != NULL)
        if (!scan_schema(c, resource, value))
            return false;
    return true;
}

static bool scan_keyword(struct vb__compiler *c, struct vb__resource *resource,
                         yyjson_val *key)
{
    yyjson_val *value = yyjson_obj_iter_get_val(key);
    const struct vb__keyword *keyword =
        vb__keyword_find(resource, vb_json_text(key));

    switch (keyword != NULL ? keyword->holds : VB__HOLDS_NONE) {
    case VB__HOLDS_SCHEMA:
        if (!yyjson_is_arr(value))
            return scan_schema(c, resource, value);
        return scan_array(c, resource, value);
    case VB__HOLDS_ARRAY:
        return scan_array(c, resource, value);
    case VB__HOLDS_MAP:
        return scan_map(c, resource, value);
    case VB__HOLDS_NONE:
        break;
    }
    return true;
}

/* Has the resource a dialect with identifiers, or does it tell another one? */
static bool has_identifiers(const struct vb__resource *resource,
                            yyjson_val *value, yyjson_val *dialect)
{
    return resource->dialect != VB_SCHEMA_OPENAPI_3_0 ||
           (dialect != NULL && resource->root == value);
}

static bool scan_schema(struct vb__compiler *c, struct vb__resource *resource,
                        yyjson_val *value)
{
    yyjson_val *dialect = vb_json_member(value, VB_SPAN("$schema"));
    yyjson_obj_iter iter = yyjson_obj_iter_with(value);
    yyjson_val *key;

    if (!yyjson_is_obj(value) || !has_identifiers(resource, value, dialect))
        return true;
    /* The $id first: a meta-schema may be its own $schema. */
    if (!scan_id(c, &resource, value))
        return false;
    if (dialect != NULL && resource->root == value &&
        !vb__schema_set_dialect(c, resource, dialect))
        return false;
    if (!scan_anchor(c, resource, value, "$anchor", false) ||
        !scan_anchor(c, resource, value, "$dynamicAnchor", true))
        return false;
    while ((key = yyjson_obj_iter_next(&iter)) != NULL)
        if (!scan_keyword(c, resource, key))
            return false;
    return true;
}

bool vb__schema_scan(struct vb__compiler *c, struct vb__resource *resource,
                     yyjson_val *value)
{
    return scan_schema(c, resource, value);
}
