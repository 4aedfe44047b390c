/* Deriving what a resource's slots imply. See resource.h. */
#include "flow/resource.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/method.h"

const struct vb_slot *vb_resource_slot(const struct vb_exchange *x)
{
    enum vb_method method = x->head.method;

    if (method == VB_METHOD_HEAD)
        method = VB_METHOD_GET;
    return x->resource->slots[method];
}

size_t vb_resource_offers(const struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;
    size_t count = resource->offer_count;

    if (!vb_method_is_safe(x->head.method))
        while (count > 0 && resource->offers[count - 1].reads_only)
            count--;
    return count;
}

/* 301 lets a client change POST into GET; 308 does not (RFC 9110 15.4.9). */
unsigned vb_moved_status(const struct vb_exchange *x)
{
    return x->head.method == VB_METHOD_GET || vb_exchange_is_head(x)
               ? VB_STATUS_MOVED_PERMANENTLY
               : VB_STATUS_PERMANENT_REDIRECT;
}

bool vb_resource_creates(const struct vb_resource *resource)
{
    for (unsigned m = 0; m < VB_METHOD_COUNT; m++)
        if (resource->slots[m] != NULL && resource->slots[m]->creates)
            return true;
    return false;
}

/* OPTIONS comes with every resource, HEAD with GET (RFC 9110 9.3.2). TRACE is
 * the site's to allow, whatever is described. */
static uint32_t derive_allow(const struct vb_resource *resource)
{
    uint32_t allow = VB_METHOD_BIT(VB_METHOD_OPTIONS);

    for (unsigned m = 0; m < VB_METHOD_COUNT; m++)
        if (resource->slots[m] != NULL)
            allow |= UINT32_C(1) << m;
    if (resource->slots[VB_METHOD_GET] != NULL)
        allow |= VB_METHOD_BIT(VB_METHOD_HEAD);
    return allow & ~VB_METHOD_BIT(VB_METHOD_TRACE);
}

/* Where a derived text lies in the buffer while that may still move. */
struct place {
    size_t at;
    size_t len;
};

static struct place list_takes(struct vb_buf *buf,
                               const struct vb_resource *resource,
                               uint32_t methods)
{
    size_t at = buf->len;

    for (size_t i = 0; i < resource->take_count; i++) {
        if ((resource->takes[i].methods & methods) == 0)
            continue;
        if (buf->len > at)
            vb_buf_str(buf, ", ");
        vb_buf_append(buf, resource->takes[i].media_type);
    }
    return (struct place){at, buf->len - at};
}

static struct vb_span at_place(const struct vb_buf *buf, struct place place)
{
    return vb_span_of(buf->ptr + place.at, place.len);
}

static enum vb_err parse_offers(struct vb_resource *resource)
{
    if (resource->offer_count == 0)
        return VB_OK;
    resource->medias = calloc(resource->offer_count, sizeof(*resource->medias));
    if (resource->medias == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < resource->offer_count; i++)
        if (!vb_media_parse(resource->offers[i].media_type,
                            &resource->medias[i]))
            return VB_ERR_SYNTAX;
    return VB_OK;
}

/* Derives the texts of Allow and the Accept-* fields. */
static enum vb_err derive_texts(struct vb_resource *resource)
{
    const uint32_t named = VB_METHOD_BIT(VB_METHOD_PATCH) |
                           VB_METHOD_BIT(VB_METHOD_POST) |
                           VB_METHOD_BIT(VB_METHOD_QUERY);
    struct vb_buf buf;
    struct place all, patch, post, query;
    size_t allow_len;
    char *allow;

    vb_buf_init(&buf, 64 * 1024);
    resource->allow = derive_allow(resource);
    allow = vb_buf_reserve(&buf, VB_METHOD_SET_TEXT_MAX);
    if (allow == NULL)
        return buf.err;
    allow_len = vb_method_set_format(resource->allow, allow);
    buf.len = allow_len;
    all = list_takes(&buf, resource, resource->allow & ~named);
    patch = list_takes(&buf, resource, VB_METHOD_BIT(VB_METHOD_PATCH));
    post = list_takes(&buf, resource, VB_METHOD_BIT(VB_METHOD_POST));
    query = list_takes(&buf, resource, VB_METHOD_BIT(VB_METHOD_QUERY));
    if (buf.err != VB_OK) {
        enum vb_err err = buf.err;

        vb_buf_done(&buf);
        return err;
    }
    resource->texts = buf.ptr;
    resource->allow_text = at_place(&buf, (struct place){0, allow_len});
    resource->accept = at_place(&buf, all);
    resource->accept_patch = at_place(&buf, patch);
    resource->accept_post = at_place(&buf, post);
    resource->accept_query = at_place(&buf, query);
    return VB_OK;
}

enum vb_err vb_resource_seal(struct vb_resource *resource)
{
    enum vb_err err = parse_offers(resource);

    if (err == VB_OK)
        err = derive_texts(resource);
    if (err != VB_OK)
        vb_resource_done(resource);
    else if (resource->offer_count > 1)
        resource->vary = VB_SPAN("Accept");
    return err;
}

struct vb_span vb_resource_accept(const struct vb_resource *resource,
                                  enum vb_method method)
{
    switch (method) {
    case VB_METHOD_PATCH:
        return resource->accept_patch;
    case VB_METHOD_POST:
        return resource->accept_post;
    case VB_METHOD_QUERY:
        return resource->accept_query;
    default:
        return resource->accept;
    }
}

void vb_resource_done(struct vb_resource *resource)
{
    free(resource->texts);
    free(resource->medias);
    resource->texts = NULL;
    resource->medias = NULL;
}

static struct vb_owned routed(const struct vb_exchange *x)
{
    struct vb_owned owned = {.resource = x->resource,
                             .key = x->key,
                             .canonical = x->canonical,
                             .variable_count = x->variable_count};

    memcpy(owned.variables, x->variables, sizeof(owned.variables));
    return owned;
}

static void put_back(struct vb_exchange *x, const struct vb_owned *owned)
{
    x->resource = owned->resource;
    x->key = owned->key;
    x->canonical = owned->canonical;
    x->variable_count = owned->variable_count;
    memcpy(x->variables, owned->variables, sizeof(owned->variables));
}

/* The site routes exchanges: it is asked with another path in this one. */
bool vb_site_find(struct vb_exchange *x, struct vb_span path,
                  struct vb_owned *ret_owned)
{
    const struct vb_owned own = routed(x);
    const struct vb_span own_path = x->head.path;
    bool found;

    x->head.path = path;
    x->canonical = VB_SPAN("");
    x->variable_count = 0;
    found = x->site->route(x->site, x);
    if (found)
        *ret_owned = routed(x);
    x->head.path = own_path;
    put_back(x, &own);
    return found;
}
