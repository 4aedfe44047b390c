/*
 * What a reference means (Core section 8.2.3): the resource by the part before
 * "#", the place in it by the part behind.
 *
 *     ""         the resource itself
 *     "/a/0"     a JSON Pointer from its root (RFC 6901 section 6)
 *     "name"     an anchor in it
 *
 * Fragments are read as they are written in descriptions: with braces and
 * spaces that RFC 3986 wants escaped ("#/paths/~1books~1{id}").
 */
#include "content/schema_keyword.h"
#include "http/percent.h"
#include "http/uri.h"

void vb__schema_cut(struct vb_span reference, struct vb_span *ret_base,
                    struct vb_span *ret_fragment)
{
    ssize_t hash = vb_span_find(reference, '#', 0);

    *ret_base = hash < 0 ? reference : vb_span_head(reference, (size_t)hash);
    *ret_fragment = hash < 0 ? (struct vb_span){NULL, 0}
                             : vb_span_from(reference, (size_t)hash + 1);
}

bool vb__schema_resolve(struct vb__compiler *c, struct vb_span base,
                        struct vb_span reference, struct vb_span *ret_uri)
{
    struct vb_uri base_uri, reference_uri;
    enum vb_err err;

    if (!vb_uri_parse(base, &base_uri) ||
        !vb_uri_parse(reference, &reference_uri))
        return false;
    err = vb_uri_resolve(&c->set->arena, &base_uri, &reference_uri, ret_uri);
    if (err == VB_ERR_NOMEM)
        (void)vb__schema_stop(c, err);
    return err == VB_OK;
}

/* The resource that a reference in `node` names by its part before "#". */
static struct vb__resource *find_resource(struct vb__compiler *c,
                                          const struct vb_schema *node,
                                          yyjson_val *reference,
                                          struct vb_span base)
{
    struct vb_span uri;

    if (base.len == 0)
        return node->resource;
    if (!vb__schema_resolve(c, node->resource->uri, base, &uri)) {
        (void)vb__schema_fault(c, reference, "is not a URI reference");
        return NULL;
    }
    return vb__schema_load(c, uri, reference);
}

static const struct vb__anchor *find_anchor(const struct vb__resource *resource,
                                            struct vb_span name)
{
    const struct vb__anchor *anchor = resource->anchors;

    while (anchor != NULL && !vb_span_eq(anchor->name, name))
        anchor = anchor->next;
    return anchor;
}

/* The node at a JSON Pointer. What the walk over schemas has not come to, as
 * under a keyword it does not know, is a schema because it is referred to. */
static const struct vb_schema *refer_by_pointer(struct vb__compiler *c,
                                                struct vb__resource *resource,
                                                yyjson_val *reference,
                                                struct vb_span pointer)
{
    yyjson_val *value;

    if (vb_pointer_get(resource->root, pointer, &value) != VB_OK) {
        (void)vb__schema_fault(c, reference, "refers to nothing");
        return NULL;
    }
    if (!yyjson_is_obj(value) && !yyjson_is_bool(value)) {
        (void)vb__schema_fault(c, reference, "refers to what is not a schema");
        return NULL;
    }
    resource = vb__schema_owner(c->set, resource->document, value);
    if (vb__schema_find(c->set, value) == NULL &&
        !vb__schema_scan(c, resource, value))
        return NULL;
    return vb__schema_node(c, resource, value);
}

static const struct vb_schema *refer_by_anchor(struct vb__compiler *c,
                                               struct vb__resource *resource,
                                               yyjson_val *reference,
                                               struct vb_span name,
                                               struct vb_span *ret_anchor)
{
    const struct vb__anchor *anchor = find_anchor(resource, name);

    if (anchor == NULL) {
        (void)vb__schema_fault(c, reference, "refers to no anchor");
        return NULL;
    }
    if (ret_anchor != NULL && anchor->dynamic)
        *ret_anchor = anchor->name;
    return vb__schema_node(c, resource, anchor->value);
}

const struct vb_schema *vb__schema_refer(struct vb__compiler *c,
                                         const struct vb_schema *node,
                                         yyjson_val *reference,
                                         struct vb_span *ret_anchor)
{
    struct vb__resource *resource;
    struct vb_span base, fragment;

    if (ret_anchor != NULL)
        *ret_anchor = (struct vb_span){NULL, 0};
    if (!yyjson_is_str(reference)) {
        (void)vb__schema_fault(c, reference, "must be a URI reference");
        return NULL;
    }
    vb__schema_cut(vb_json_text(reference), &base, &fragment);
    resource = find_resource(c, node, reference, base);
    if (resource == NULL)
        return NULL;
    if (fragment.len > 0 &&
        vb_percent_decode(&c->set->arena, fragment, &fragment) != VB_OK) {
        (void)vb__schema_fault(c, reference, "is not a URI reference");
        return NULL;
    }
    if (fragment.len == 0 || fragment.ptr[0] == '/')
        return refer_by_pointer(c, resource, reference, fragment);
    return refer_by_anchor(c, resource, reference, fragment, ret_anchor);
}
