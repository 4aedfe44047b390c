/* The hot cache as resources see it. See cached.h. */
#include "resource/cached.h"

#include "http/accept.h"
#include "http/media.h"

/* Lines of a list field that are looked at; more than that is not sincere. */
#define MAX_LINES 16

/* The cache tells variants apart by a small number. */
static unsigned variant_of(const struct vb_exchange *x)
{
    return (unsigned)(x->offer + 1);
}

void vb_cached_select(struct vb_exchange *x, struct vb_rep *rep)
{
    vb_rep_unref(x->current);
    x->current = rep;
    x->selected = (struct vb_selected){
        .exists = true,
        .etag = rep->etag,
        .tag_core = vb_rep_tag_core(rep),
        .modified = rep->modified,
    };
}

bool vb_accepts(const struct vb_exchange *x, struct vb_span media_type)
{
    struct vb_span values[MAX_LINES];
    size_t count =
        vb_fields_values(&x->head.fields, VB_FIELD_ACCEPT, values, MAX_LINES);
    struct vb_media media;

    return count == 0 || !vb_media_parse(media_type, &media) ||
           vb_accept_media(values, count, &media, 1).offer == 0;
}

bool vb_cached_get(struct vb_exchange *x, struct vb_span key)
{
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_name name;
    void *value;
    struct vb_rep *rep;

    if (cache == NULL)
        return false;
    name = vb_cache_name(cache, key, variant_of(x));
    if (vb_cache_get(cache, &name, &value) != VB_CACHE_HIT)
        return false;
    rep = value;
    if (x->resource->mixed && !vb_accepts(x, rep->media_type))
        return false;
    vb_cached_select(x, vb_rep_ref(rep));
    return true;
}

struct vb_cache_stamp vb_cached_stamp(struct vb_exchange *x,
                                      struct vb_span listing)
{
    struct vb_cache *cache = x->env->cache;

    if (cache == NULL)
        return (struct vb_cache_stamp){0, 0};
    return vb_cache_stamp(cache, vb_store_hash(x->env->store->store, listing));
}

void vb_cached_put(struct vb_exchange *x, struct vb_span key,
                   struct vb_cache_stamp stamp, struct vb_rep *rep)
{
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_name name;

    if (cache == NULL || rep->streamed)
        return;
    name = vb_cache_name(cache, key, variant_of(x));
    vb_cache_put(cache, &name, stamp, vb_rep_ref(rep), vb_rep_size(rep));
}
