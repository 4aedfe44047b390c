/* The life of a description, and look-ups in it. See describe.h. */
#include "describe/describe.h"

#include <stdlib.h>

#include "describe/read.h"

const char *vb_archetype_name(enum vb_archetype archetype)
{
    static const char *const names[VB_ARCHETYPE_COUNT] = {
        "document", "collection", "store",   "controller",
        "files",    "redirect",   "token",   "session",
        "graphql",  "gateway",    "account",
    };

    vb_assert((unsigned)archetype < VB_ARCHETYPE_COUNT);
    return names[archetype];
}

static struct vb__description *outer(const struct vb_description *description)
{
    return (struct vb__description *)description; /* its first member */
}

const struct vb_description *
vb_description_ref(const struct vb_description *description)
{
    vb_ref_get(&outer(description)->ref);
    return description;
}

void vb_description_unref(const struct vb_description *description)
{
    struct vb__description *d = description ? outer(description) : NULL;

    if (!d || !vb_ref_put(&d->ref))
        return;
    vb_schema_set_free(d->schemas);
    vb__files_done(&d->files);
    vb_notes_done(&d->warnings);
    vb_arena_done(&d->arena);
    free(d);
}

/* 3: the same type; 2: "image/" and star; 1: two stars; 0: does not fit. */
static int precision(const struct vb_content *media, struct vb_span type)
{
    if (vb_span_eq(media->type, type))
        return 3;
    if (!media->range)
        return 0;
    if (vb_span_eq(media->type, VB_SPAN("*/*")))
        return 1;
    return vb_span_starts(type, vb_span_head(media->type, media->type.len - 1))
               ? 2
               : 0;
}

const struct vb_content *vb_content_find(const struct vb_content *media,
                                         size_t count, struct vb_span type)
{
    const struct vb_content *best = NULL;
    int best_precision = 0;

    for (size_t i = 0; i < count; i++) {
        int fits = precision(&media[i], type);

        if (fits > best_precision) {
            best = &media[i];
            best_precision = fits;
        }
    }
    return best;
}

bool vb_query_comes_with_get(const struct vb_route *route)
{
    const struct vb_operation *get = route->by_method[VB_METHOD_GET];

    return (vb_archetype_lists(route->archetype) ||
            route->archetype == VB_ARCHETYPE_GRAPHQL) &&
           get != NULL && get->served &&
           route->by_method[VB_METHOD_QUERY] == NULL;
}

const struct vb_described_response *
vb_response_find(const struct vb_operation *operation, int status)
{
    const int wanted[] = {status, status / 100, 0};

    for (size_t w = 0; w < 3; w++) {
        for (size_t i = 0; i < operation->response_count; i++) {
            if (operation->responses[i].status == wanted[w])
                return &operation->responses[i];
        }
    }
    return NULL;
}

size_t vb_template_variables(const struct vb_template *t)
{
    size_t count = 0;

    for (size_t i = 0; i < t->segment_count; i++)
        count += t->segments[i].kind == VB_SEGMENT_VARIABLE;
    return count;
}
