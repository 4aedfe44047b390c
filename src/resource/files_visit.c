/* What a visit to the disk is, and what is kept of it in the cache: the
 * worker's side. See files_visit.h. */
#include "resource/files_visit.h"

#include <unistd.h>

#include "flow/reply.h"
#include "resource/build.h"
#include "resource/cached.h"
#include "resource/files.h"

/* The cache's variant of a directory's names: none of a representation. */
#define NAMES_VARIANT UINT32_MAX

/* --- its life ---------------------------------------------------------------
 */

void vb__files_unload(struct vb_files_visit *visit)
{
    for (int i = 0; i < VB_FILES_CODINGS; i++) {
        vb_rep_unref(visit->reps[i]);
        visit->reps[i] = NULL;
    }
    vb_rep_unref(visit->base);
    visit->base = NULL;
    if (visit->fd >= 0)
        close(visit->fd);
    visit->fd = -1;
}

static void visit_done(struct vb_exchange *x)
{
    struct vb_files_visit *visit = x->state;

    vb__files_unload(visit);
    vb__files_names_unref(visit->around.names);
    vb__files_names_unref(visit->within.names);
}

/* False: out of memory. */
static bool name_files(struct vb_files_visit *visit)
{
    const struct vb_built *built = vb_built_of(visit->x);
    struct vb_arena *arena = &visit->x->arena;

    visit->asked.directory = built->route->from;
    visit->asked.caching = vb_reply_caching(visit->x);
    if (!vb__files_name(arena, visit->x->key,
                        built->route->template.segment_count, &visit->asked))
        return !arena->failed;
    visit->around.len = visit->asked.len - vb__files_last(&visit->asked).len;
    visit->within.len = visit->asked.len;
    visit->shown.path = vb_arena_alloc(
        arena, visit->asked.len + 1 + VB_FILES_TAG_MOST + VB_FILES_ROOM);
    return visit->shown.path != NULL;
}

struct vb_files_visit *vb__files_visit(struct vb_exchange *x)
{
    struct vb_files_visit *visit = x->state;

    if (visit != NULL)
        return visit;
    visit = vb_arena_calloc(&x->arena, 1, sizeof(*visit));
    if (visit == NULL)
        return NULL;
    visit->x = x;
    visit->fd = -1;
    if (!name_files(visit))
        return NULL;
    x->state = visit;
    x->state_done = visit_done;
    return visit;
}

void vb__files_show(struct vb_files_visit *visit,
                    const struct vb_files_languages *languages, int language)
{
    struct vb_span offers[VB_OFFERS_MAX];

    if (language == 0 && languages->plain)
        offers[0] = VB_SPAN("");
    else
        (void)vb__files_offers(languages, offers);
    vb__files_in_language(&visit->asked, offers[language], &visit->shown);
}

/* --- the cache, on the worker ------------------------------------------------
 */

static struct vb_cache_name cache_name(const struct vb_exchange *x,
                                       int language, int coding)
{
    return vb_cache_name(x->env->cache, x->key,
                         (uint32_t)language * VB_FILES_CODINGS +
                             (uint32_t)coding);
}

struct vb_rep *vb__files_cached(const struct vb_exchange *x, int language,
                                int coding)
{
    struct vb_cache_name name;
    void *value;

    if (x->env->cache == NULL)
        return NULL;
    name = cache_name(x, language, coding);
    return vb_cache_get(x->env->cache, &name, &value) == VB_CACHE_HIT
               ? vb_rep_ref(value)
               : NULL;
}

static void put_rep(struct vb_files_visit *visit, int language, int coding,
                    struct vb_rep *rep)
{
    struct vb_exchange *x = visit->x;
    struct vb_cache_value value;
    struct vb_cache_name name;

    if (x->env->cache == NULL || rep == NULL)
        return;
    name = cache_name(x, language, coding);
    value = vb_cached_rep(rep);
    value.size += vb__files_kept_size(rep);
    vb_cache_put(x->env->cache, &name, visit->stamp, value);
}

/* Of the directory that the file asked for lies in. */
static struct vb_span around_key(const struct vb_exchange *x)
{
    size_t len = x->key.len;

    while (len > 0 && x->key.ptr[len - 1] != '/')
        len--;
    return vb_span_head(x->key, len);
}

/* What is known of the directory: a reference, or NULL. */
static struct vb_files_names *get_names(struct vb_exchange *x,
                                        struct vb_span key)
{
    struct vb_cache_name name;
    void *value;

    if (x->env->cache == NULL)
        return NULL;
    name = vb_cache_name(x->env->cache, key, NAMES_VARIANT);
    return vb_cache_get(x->env->cache, &name, &value) == VB_CACHE_HIT
               ? vb__files_names_ref(value)
               : NULL;
}

static void release_names(void *names)
{
    vb__files_names_unref(names);
}

static void put_names(struct vb_files_visit *visit, struct vb_files_dir *dir)
{
    struct vb_cache *cache = visit->x->env->cache;
    struct vb_cache_name name;

    if (cache == NULL || !dir->looked)
        return;
    dir->names->looked_ms = visit->now.mono_ms;
    name = vb_cache_name(cache, dir->key, NAMES_VARIANT);
    vb_cache_put(cache, &name, dir->stamp,
                 (struct vb_cache_value){vb__files_names_ref(dir->names),
                                         release_names, dir->names->size});
}

static void prepare_dir(struct vb_exchange *x, struct vb_files_dir *dir,
                        struct vb_span key)
{
    dir->key = key;
    if (x->env->cache == NULL)
        return;
    dir->stamp = vb_cache_stamp_lasting();
    vb__files_names_unref(dir->names);
    dir->names = get_names(x, key);
}

void vb__files_prepare(struct vb_files_visit *visit)
{
    struct vb_exchange *x = visit->x;
    struct vb_env *env = x->env;

    vb__files_unload(visit);
    visit->now = (struct vb_files_now){env->now.unix_ms, env->now.mono_ms};
    if (env->cache != NULL)
        visit->stamp = vb_cache_stamp_lasting();
    prepare_dir(x, &visit->around, around_key(x));
    prepare_dir(x, &visit->within,
                vb_arena_printf(&x->arena, "%.*s/", VB_FMT(x->key)));
}

void vb__files_keep(struct vb_files_visit *visit)
{
    put_names(visit, &visit->around);
    put_names(visit, &visit->within);
    put_rep(visit, 0, VB_FILES_PLAIN, visit->base);
    for (int i = 0; i < VB_FILES_CODINGS; i++)
        put_rep(visit, visit->language, i, visit->reps[i]);
}

/* The names of the directory as they are now; NULL: nobody knows. */
static struct vb_files_names *current_names(struct vb_files_visit *visit)
{
    struct vb_exchange *x = visit->x;
    struct vb_files_names *names = get_names(x, around_key(x));

    if (names == NULL ||
        x->env->now.mono_ms - names->looked_ms < VB_FILES_TRUST_MS)
        return names;
    if (!names->fleeting &&
        vb__files_names_same(&visit->asked, visit->around.len, names)) {
        names->looked_ms = x->env->now.mono_ms;
        return names;
    }
    vb__files_names_unref(names);
    return NULL;
}

bool vb__files_languages_same(struct vb_files_visit *visit,
                              const struct vb_files_seen *seen)
{
    struct vb_span name = vb__files_last(&visit->asked);
    struct vb_files_names *names;
    bool same;

    if (vb__files_parts(name).end.len == 0)
        return true;
    names = current_names(visit);
    if (names == NULL)
        return false;
    /* Where there are any, also that of the default may have changed. */
    same = seen->languages.tags.len == 0
               ? vb__files_tags(names, name, visit->tags).len == 0
               : vb__files_id_eq(&names->id, &seen->dir);
    vb__files_names_unref(names);
    return same;
}
