/* The start page. See start.h. */
#include "resource/start.h"

#include <stdlib.h>

#include "content/html.h"
#include "content/json.h"
#include "http/method.h"
#include "resource/published.h"

/* Bytes of either form. */
#define TEXT_MOST ((size_t)16 * 1024 * 1024)

/* A path without variables, and so a URI; what is not served is no place to go
 * to. */
static bool write_path(struct vb_buf *buf, const struct vb_built *built)
{
    const struct vb_template *template = &built->route->template;

    if (!built->route->served)
        return false;
    for (size_t i = 0; i < template->segment_count; i++)
        if (template->segments[i].kind != VB_SEGMENT_LITERAL)
            return false;
    for (size_t i = 0; i < template->segment_count; i++) {
        vb_buf_char(buf, '/');
        vb_buf_append(buf, template->segments[i].text);
    }
    if (template->trailing_slash)
        vb_buf_char(buf, '/');
    return true;
}

/* What the description calls it: the path, or what reading or else writing it
 * does. */
static struct vb_span summary_of(const struct vb_route *route)
{
    const struct vb_operation *get = route->by_method[VB_METHOD_GET];
    const struct vb_operation *post = route->by_method[VB_METHOD_POST];

    if (route->summary.len > 0)
        return route->summary;
    if (get != NULL)
        return get->summary;
    return post != NULL ? post->summary : VB_SPAN("");
}

/* --- For programs ----------------------------------------------------------
 */

static void write_member(struct vb_buf *buf, const char *name,
                         struct vb_span text)
{
    if (text.len == 0)
        return;
    vb_buf_printf(buf, ",\"%s\":", name);
    vb_json_write_string(buf, text);
}

static void write_methods(struct vb_buf *buf, uint32_t allow)
{
    bool any = false;

    vb_buf_str(buf, ",\"methods\":[");
    for (unsigned m = VB_METHOD_UNKNOWN + 1; m < VB_METHOD_COUNT; m++) {
        if (!vb_method_set_has(allow, (enum vb_method)m))
            continue;
        if (any)
            vb_buf_char(buf, ',');
        vb_json_write_string(buf, vb_method_name((enum vb_method)m));
        any = true;
    }
    vb_buf_char(buf, ']');
}

static void write_resource(struct vb_buf *buf, struct vb_span path,
                           const struct vb_built *built)
{
    vb_buf_str(buf, "{\"href\":");
    vb_json_write_string(buf, path);
    write_member(buf, "kind", vb_span_str(built->resource.kind));
    write_methods(buf, built->resource.allow);
    write_member(buf, "summary", summary_of(built->route));
    vb_buf_char(buf, '}');
}

static void write_json(struct vb_buf *buf, const struct vb_description *d,
                       struct vb_span published,
                       const struct vb_html_entry *entries,
                       const struct vb_built *const *built, size_t count)
{
    vb_buf_str(buf, "{\"title\":");
    vb_json_write_string(buf, d->title);
    write_member(buf, "version", d->version);
    write_member(buf, "description", d->text);
    write_member(buf, "openapi", published);
    vb_buf_str(buf, ",\"resources\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        write_resource(buf, entries[i].href, built[i]);
    }
    vb_buf_str(buf, "]}");
}

/* --- Both forms -------------------------------------------------------------
 */

/* What the page links to, each with its resource. */
struct contents {
    struct vb_html_entry *entries;
    const struct vb_built **built;
    size_t count;
    struct vb_buf paths; /* the entries' */
};

static void fill(struct contents *contents, const struct vb_built *built,
                 size_t count)
{
    size_t at = 0;

    /* First the texts, then what points into them: they may still move. */
    for (size_t i = 0; i < count; i++) {
        size_t from = contents->paths.len;

        if (!write_path(&contents->paths, &built[i]))
            continue;
        contents->built[contents->count] = &built[i];
        contents->entries[contents->count++] = (struct vb_html_entry){
            .href = {NULL, contents->paths.len - from},
            .linked = built[i].resource.slots[VB_METHOD_GET] != NULL,
            .kind = vb_span_str(built[i].resource.kind),
            .methods = built[i].resource.allow_text,
            .text = summary_of(built[i].route),
        };
    }
    for (size_t i = 0; i < contents->count; i++) {
        contents->entries[i].href.ptr = contents->paths.ptr + at;
        at += contents->entries[i].href.len;
    }
}

static void write_link(struct vb_buf *buf, struct vb_span published)
{
    vb_published_link(buf, published);
    vb_buf_str(buf, ", <" VB_API_CATALOG ">; rel=\"api-catalog\"");
}

static enum vb_err make(struct vb_fixed *start,
                        const struct vb_description *description,
                        struct vb_span published,
                        const struct contents *contents)
{
    const struct vb_html_page page = {
        .title = description->title,
        .path = VB_SPAN("/"),
        .openapi = published,
    };
    struct vb_fixed_draft drafts[] = {
        {.media_type = VB_SPAN("application/json")},
        {.media_type = VB_SPAN("text/html; charset=utf-8"), .is_page = true},
    };
    struct vb_buf json, html, link;
    enum vb_err err;

    vb_buf_init(&json, TEXT_MOST);
    vb_buf_init(&html, TEXT_MOST);
    vb_buf_init(&link, TEXT_MOST);
    write_json(&json, description, published, contents->entries,
               contents->built, contents->count);
    vb_html_start(&html, &page, description->text, contents->entries,
                  contents->count);
    drafts[0].content = vb_buf_span(&json);
    drafts[1].content = vb_buf_span(&html);
    if (published.len > 0)
        write_link(&link, published);
    drafts[0].link = drafts[1].link = vb_buf_span(&link);
    err = json.err != VB_OK ? json.err : html.err;
    if (err == VB_OK)
        err = link.err;
    if (err == VB_OK)
        err = vb_fixed_init(start, "start", drafts, 2);
    vb_buf_done(&json);
    vb_buf_done(&html);
    vb_buf_done(&link);
    return err;
}

enum vb_err vb_start_init(struct vb_fixed *start,
                          const struct vb_description *description,
                          struct vb_span published,
                          const struct vb_built *built, size_t count)
{
    struct contents contents = {
        .entries = calloc(count + 1, sizeof(*contents.entries)),
        .built = calloc(count + 1, sizeof(*contents.built)),
    };
    enum vb_err err = VB_ERR_NOMEM;

    vb_buf_init(&contents.paths, TEXT_MOST);
    if (contents.entries != NULL && contents.built != NULL) {
        fill(&contents, built, count);
        err = contents.paths.err;
    }
    if (err == VB_OK)
        err = make(start, description, published, &contents);
    vb_buf_done(&contents.paths);
    free(contents.entries);
    free((void *)contents.built);
    return err;
}
