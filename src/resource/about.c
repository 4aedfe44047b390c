/* What the server adds to a described API. See about.h. */
#include "resource/about.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "http/path.h"
#include "resource/published.h"
#include "resource/start.h"

/* Bytes of a Link. */
#define LINK_MOST ((size_t)64 * 1024)

/* --- What is described already ------------------------------------------- */

static bool covers(const struct vb_route *route, struct vb_span path)
{
    const struct vb_template *template = &route->template;
    bool below = vb_route_owns_below(route);
    struct vb_segments segments;
    struct vb_span segment;
    size_t count = 0;

    vb_segments_init(&segments, path);
    while (vb_segments_next(&segments, &segment)) {
        const struct vb_segment *at = &template->segments[count];

        if (segment.len == 0)
            continue; /* a slash at the end is the same resource */
        if (count == template->segment_count)
            return below;
        if (at->kind == VB_SEGMENT_LITERAL && !vb_span_eq(at->text, segment))
            return false;
        count++;
    }
    return count == template->segment_count;
}

static bool is_described(const struct vb_description *description,
                         struct vb_span path)
{
    for (size_t i = 0; i < description->route_count; i++)
        if (covers(description->routes[i], path))
            return true;
    return false;
}

/* --- Making them ------------------------------------------------------------
 */

/* The place for one more, under a path that must live on. */
static struct vb_fixed *add(struct vb_about *about, struct vb_span path)
{
    vb_assert(about->count < VB_ABOUT_MOST);
    about->paths[about->count] = path;
    return &about->at[about->count++];
}

static enum vb_err add_description(struct vb_about *about,
                                   const struct vb_description *description,
                                   struct vb_span publish)
{
    const struct vb_span catalog = VB_SPAN(VB_API_CATALOG);
    struct vb_span path;
    enum vb_err err;

    about->published = strndup(publish.ptr, publish.len);
    if (about->published == NULL)
        return VB_ERR_NOMEM;
    path = vb_span_str(about->published);
    vb_published_link(&about->link, path);
    err = about->link.err;
    if (err == VB_OK)
        err = vb_published_init(add(about, path), description);
    if (err == VB_OK && !is_described(description, catalog))
        err = vb_published_catalog_init(add(about, catalog), description, path);
    return err;
}

enum vb_err vb_about_init(struct vb_about *about,
                          const struct vb_description *description,
                          struct vb_span publish, const struct vb_built *built,
                          size_t count)
{
    const struct vb_span root = VB_SPAN("/");
    enum vb_err err = VB_OK;

    *about = (struct vb_about){.count = 0};
    vb_buf_init(&about->link, LINK_MOST);
    if (publish.len > 0 && vb_published_whole(description) &&
        !is_described(description, publish))
        err = add_description(about, description, publish);
    if (err == VB_OK && !is_described(description, root))
        err = vb_start_init(add(about, root), description,
                            about->published != NULL
                                ? vb_span_str(about->published)
                                : VB_SPAN(""),
                            built, count);
    return err;
}

const struct vb_resource *vb_about_find(const struct vb_about *about,
                                        struct vb_span path)
{
    for (size_t i = 0; i < about->count; i++)
        if (vb_span_eq(about->paths[i], path))
            return &about->at[i].resource;
    return NULL;
}

void vb_about_done(struct vb_about *about)
{
    for (size_t i = 0; i < about->count; i++)
        vb_fixed_done(&about->at[i]);
    free(about->published);
    vb_buf_done(&about->link);
}
