/*
 * The open tree: what is served where there is no description. Every URI may
 * become a document, of any media type: PUT makes or replaces it, PATCH changes
 * it where it is JSON, DELETE removes it. POST to any URI makes a new document
 * below it, under a name of the server's. A URI that is no document, but has
 * documents below it, is the listing of those; the root always is one.
 *
 * It is a described API like any other, only that its one description is
 * written here, in C.
 */
#include "resource/tree.h"

#include <stdlib.h>

#include "http/method.h"
#include "resource/cached.h"
#include "resource/collection.h"
#include "resource/document.h"
#include "resource/follow.h"
#include "resource/listing.h"
#include "resource/once.h"
#include "resource/params.h"

#define CONTENT(text_, kind_, ...)                                             \
    {                                                                          \
        .type = VB_SPAN_INIT(text_), .text = VB_SPAN_INIT(text_),              \
        .kind = (kind_), .served = true, __VA_ARGS__                           \
    }
static const struct vb_content contents[] = {
    CONTENT("application/json", VB_MEDIA_JSON, .range = false),
    CONTENT("application/merge-patch+json", VB_MEDIA_MERGE_PATCH,
            .range = false),
    CONTENT("application/json-patch+json", VB_MEDIA_JSON_PATCH, .range = false),
    CONTENT("application/x-www-form-urlencoded", VB_MEDIA_FORM, .range = false),
    CONTENT("*/*", VB_MEDIA_VERBATIM, .range = true),
};
#undef CONTENT

/* The same, as the resource takes them: in the same order. */
static const struct vb_take takes[] = {
    {VB_SPAN_INIT("application/json"),
     1 << VB_METHOD_PUT | 1 << VB_METHOD_POST | 1 << VB_METHOD_QUERY},
    {VB_SPAN_INIT("application/merge-patch+json"), 1 << VB_METHOD_PATCH},
    {VB_SPAN_INIT("application/json-patch+json"), 1 << VB_METHOD_PATCH},
    {VB_SPAN_INIT("application/x-www-form-urlencoded"), 1 << VB_METHOD_QUERY},
    {VB_SPAN_INIT("*/*"), 1 << VB_METHOD_PUT | 1 << VB_METHOD_POST},
};

static const struct vb_offer offers[] = {
    {.media_type = VB_SPAN_INIT("application/json")},
    {.media_type = VB_SPAN_INIT("text/html; charset=utf-8"),
     .tag_variant = VB_SPAN_INIT("html"),
     .is_page = true},
    VB_FOLLOW_OFFER,
};

#define OPERATION(m, ...)                                                      \
    {                                                                          \
        .method = VB_METHOD_##m, .name = VB_SPAN_INIT(#m), .served = true,     \
        .invalid = 422, __VA_ARGS__                                            \
    }
static const struct vb_operation operations[] = {
    OPERATION(GET, .success = {.done = 200, .full = 200}),
    OPERATION(
        PUT, .creates = true,
        .success = {.created = 201, .done = 204, .minimal = 204, .full = 200}),
    OPERATION(
        POST,
        .success = {.created = 201, .done = 201, .minimal = 201, .full = 201}),
    OPERATION(
        PATCH,
        .success = {.created = 201, .done = 200, .minimal = 204, .full = 200}),
    OPERATION(DELETE, .success = {.done = 204, .minimal = 204, .full = 200}),
};
#undef OPERATION

static const struct vb_state state = {.json = true, .verbatim = true};

/* What POST makes has a name that only the server knows: a JSON object says it,
 * so that a listing tells which is which. */
static const struct vb_span id_path[] = {VB_SPAN_INIT("id")};
static const struct vb_property id_property = {
    .path = id_path,
    .path_len = 1,
    .read_only = true,
    .in_request = true,
    .fill = VB_FILL_ID,
    .types = VB_SCHEMA_STRING,
};
static const struct vb_state born_state = {
    .json = true,
    .verbatim = true,
    .properties = &id_property,
    .property_count = 1,
};
static const struct vb_route born = {
    .path = VB_SPAN_INIT("/"),
    .archetype = VB_ARCHETYPE_DOCUMENT,
    .served = true,
    .membership = VB_MEMBER_OF_COLLECTION,
    .id_kind = VB_ID_SHORT,
    .state = &born_state,
};

static const struct vb_route node = {
    .path = VB_SPAN_INIT("/"),
    .archetype = VB_ARCHETYPE_DOCUMENT,
    .served = true,
    .membership = VB_MEMBER_OF_COLLECTION,
    .id_kind = VB_ID_SHORT,
    .operations = operations,
    .operation_count = sizeof(operations) / sizeof(operations[0]),
    .by_method =
        {
            [VB_METHOD_GET] = &operations[0],
            [VB_METHOD_PUT] = &operations[1],
            [VB_METHOD_POST] = &operations[2],
            [VB_METHOD_PATCH] = &operations[3],
            [VB_METHOD_DELETE] = &operations[4],
        },
    .state = &state,
    .member = &born,
};

/* --- the resource
 * --------------------------------------------------------------------- */

/* No document here: to a reader, perhaps a listing of what is below. */
static enum vb_answer listing_instead(struct vb_stored *stored)
{
    return vb_listing_show(stored->x, true);
}

static enum vb_answer document_exists(struct vb_exchange *x)
{
    bool reads = vb_method_is_safe(x->head.method);
    enum vb_answer answer = reads ? vb_cached_get(x, x->key) : VB_NO;
    struct vb_stored *stored;

    if (answer != VB_NO)
        return answer;
    stored = vb_stored_get(x, &node);
    if (stored == NULL)
        return VB_HALT;
    if (reads)
        stored->absent = listing_instead;
    return vb_stored_exists(stored);
}

/* A document takes no parameters: who asks with some asks for what is below. */
static enum vb_answer tree_exists(struct vb_exchange *x)
{
    bool reads = vb_method_is_safe(x->head.method);

    if (x->head.method == VB_METHOD_QUERY || (reads && x->head.has_query))
        return vb_listing_show(x, true);
    if (!vb_params_query_fits(x, &node))
        return VB_HALT;
    if (x->head.method == VB_METHOD_POST)
        return vb_listing_condition(x);
    return document_exists(x);
}

static enum vb_answer root_exists(struct vb_exchange *x)
{
    return vb_method_is_safe(x->head.method) ? vb_listing_show(x, false)
                                             : vb_listing_condition(x);
}

static enum vb_err build(struct vb_built *built)
{
    size_t count = sizeof(contents) / sizeof(contents[0]);
    struct vb_resource *resource = &built->resource;

    built->route = &node;
    resource->data = built;
    resource->kind = "node";
    resource->stream = vb_blob_stream;
    resource->fresh_key = vb_once_fresh;
    resource->offers = offers;
    resource->offer_count = sizeof(offers) / sizeof(offers[0]);
    resource->mixed = true;
    resource->takes = takes;
    resource->take_count = (uint16_t)count;
    built->contents = calloc(count, sizeof(*built->contents));
    if (built->contents == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        built->contents[i] = &contents[i];
    return vb_resource_seal(resource);
}

enum vb_err vb_tree_build(struct vb_built *ret_node, struct vb_built *ret_root)
{
    const enum vb_method documents[] = {VB_METHOD_PUT, VB_METHOD_PATCH,
                                        VB_METHOD_DELETE};
    enum vb_err err;

    for (size_t i = 0; i < 3; i++)
        ret_node->resource.slots[documents[i]] =
            vb_document_slot(documents[i], documents[i] == VB_METHOD_PUT);
    ret_node->resource.slots[VB_METHOD_GET] =
        vb_document_slot(VB_METHOD_GET, false);
    ret_node->resource.slots[VB_METHOD_POST] =
        vb_collection_slot(VB_METHOD_POST);
    ret_node->resource.slots[VB_METHOD_QUERY] =
        vb_collection_slot(VB_METHOD_QUERY);
    ret_root->resource.slots[VB_METHOD_QUERY] =
        vb_collection_slot(VB_METHOD_QUERY);
    ret_root->resource.slots[VB_METHOD_GET] = vb_collection_slot(VB_METHOD_GET);
    ret_root->resource.slots[VB_METHOD_POST] =
        vb_collection_slot(VB_METHOD_POST);
    ret_node->resource.exists = tree_exists;
    ret_root->resource.exists = root_exists;
    err = build(ret_node);
    return err == VB_OK ? build(ret_root) : err;
}
