/* The hot cache as resources see it. See cached.h. */
#include "resource/cached.h"

#include "base/clock.h"
#include "content/coding.h"
#include "http/accept.h"
#include "http/media.h"
#include "http/method.h"
#include "resource/coded.h"
#include "resource/guarded.h"

/* The cache tells variants apart by a small number. */
static unsigned variant_of(const struct vb_exchange *x, unsigned coding)
{
    return (unsigned)(x->offer + 1) | coding << 16;
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
    struct vb_lines lines;
    struct vb_media media;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT, &lines);
    return lines.count == 0 || !vb_media_parse(media_type, &media) ||
           vb_accept_media(lines.at, lines.count, &media, 1).offer == 0;
}

/* Borrowed from the cache; NULL when it is not there, or not accepted. */
static struct vb_rep *look_up(const struct vb_exchange *x,
                              struct vb_cache_name *name, unsigned coding)
{
    void *value;
    struct vb_rep *rep;

    name->variant = variant_of(x, coding);
    if (vb_cache_get(x->env->cache, name, &value) != VB_CACHE_HIT)
        return NULL;
    rep = value;
    if (rep->facts == NULL && vb_guarded_by_state(x))
        return NULL; /* there was no memory for what decides */
    return x->resource->mixed && !vb_accepts(x, rep->media_type) ? NULL : rep;
}

enum vb_answer vb_cached_get(struct vb_exchange *x, struct vb_span key)
{
    struct vb_cache_name name;
    struct vb_rep *rep;

    if (x->env->cache == NULL)
        return VB_NO;
    name = vb_cache_name(x->env->cache, key, 0);
    rep = look_up(x, &name, x->coding);
    if (rep != NULL && (rep->coded || !x->identity_refused)) {
        vb_cached_select(x, vb_rep_ref(rep));
        return VB_YES;
    }
    if (x->coding == VB_CODING_IDENTITY)
        return VB_NO;
    rep = look_up(x, &name, VB_CODING_IDENTITY);
    if (rep == NULL)
        return VB_NO;
    if (vb_guarded_shows_rep(x, rep)) {
        struct vb_coded_place place = {key,
                                       vb_cache_stamp_of(x->env->cache, &name)};

        return vb_coded_select(x, place, vb_rep_ref(rep));
    }
    vb_cached_select(x, vb_rep_ref(rep)); /* `accessible` says no */
    return VB_YES;
}

struct vb_cache_stamp vb_cached_stamp(struct vb_exchange *x,
                                      struct vb_span listing)
{
    struct vb_cache *cache = x->env->cache;

    if (cache == NULL)
        return (struct vb_cache_stamp){0, 0, 0};
    return vb_cache_stamp(cache, vb_store_hash(x->env->store->store, listing));
}

/* What is about to be written must be as it is, and not as it was a while
 * ago: conditions and the commit's own expectation are held against it. */
static bool must_be_new(const struct vb_exchange *x)
{
    return x->env->store->store->shared && !vb_method_is_safe(x->head.method);
}

int64_t vb_cached_max_age(const struct vb_exchange *x)
{
    return x->env->cache == NULL || must_be_new(x)
               ? 0
               : vb_cache_max_age(x->env->cache);
}

void vb_cached_aged(struct vb_cache_stamp *stamp, int64_t age_ms)
{
    if (stamp->until_ms != VB_TIME_NEVER && stamp->until_ms > age_ms)
        stamp->until_ms -= age_ms;
}

static void release_rep(void *rep)
{
    vb_rep_unref(rep);
}

struct vb_cache_value vb_cached_rep(struct vb_rep *rep)
{
    return (struct vb_cache_value){vb_rep_ref(rep), release_rep,
                                   vb_rep_size(rep)};
}

void vb_cached_put(struct vb_exchange *x, struct vb_span key, unsigned coding,
                   struct vb_cache_stamp stamp, struct vb_rep *rep)
{
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_name name;

    if (cache == NULL || rep->streamed)
        return;
    name = vb_cache_name(cache, key, variant_of(x, coding));
    vb_cache_put(cache, &name, stamp, vb_cached_rep(rep));
}

/* --- records ----------------------------------------------------------------
 */

/* No offer's and coding's variant. */
#define RECORD_VARIANT UINT32_MAX

static void release_record(void *record)
{
    vb_record_unref(record);
}

struct vb_record *vb_cached_record(struct vb_exchange *x, struct vb_span key)
{
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_name name;
    void *record;

    if (cache == NULL || must_be_new(x))
        return NULL;
    name = vb_cache_name(cache, key, RECORD_VARIANT);
    if (vb_cache_get(cache, &name, &record) != VB_CACHE_HIT)
        return NULL;
    return vb_record_ref(record);
}

void vb_cached_commit(struct vb_exchange *x, const struct vb_commit *commit,
                      const struct vb_record *before)
{
    struct vb_cache *cache = x->env->cache;
    struct vb_cache_stamp stamp;
    struct vb_record *record;
    struct vb_cache_name name;

    if (cache == NULL || commit->changes[0].blob != 0)
        return;
    name = vb_cache_name(cache, commit->changes[0].key, RECORD_VARIANT);
    stamp = vb_cache_stamp_commit(cache, name.hash, commit->generation);
    if (!vb_cache_is_current(cache, stamp))
        return;
    record = vb_commit_record(commit, before);
    if (record != NULL)
        vb_cache_put(cache, &name, stamp,
                     (struct vb_cache_value){record, release_record,
                                             vb_record_size(record)});
}

enum vb_answer vb_cached_show(struct vb_exchange *x, struct vb_span key,
                              struct vb_cache_stamp stamp, struct vb_rep *rep)
{
    if (key.len > 0)
        vb_cached_put(x, key, VB_CODING_IDENTITY, stamp, rep);
    return vb_coded_select(x, (struct vb_coded_place){key, stamp}, rep);
}
