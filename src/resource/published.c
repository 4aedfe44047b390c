/* What is published of an API. See published.h. */
#include "resource/published.h"

#include "content/json.h"

/* Bytes of a description in JSON. */
#define TEXT_MOST ((size_t)256 * 1024 * 1024)

bool vb_published_whole(const struct vb_description *description)
{
    return description->file_count == 1;
}

/* Was it YAML? A file whose name ends so is read as JSON. */
static bool came_as_yaml(const struct vb_description *description)
{
    return description->source.ptr != NULL &&
           !vb_span_ends(description->file, VB_SPAN(".json"));
}

enum vb_err vb_published_init(struct vb_fixed *fixed,
                              const struct vb_description *description)
{
    struct vb_fixed_draft drafts[] = {
        {.media_type = VB_SPAN("application/openapi+json")},
        {.media_type = VB_SPAN("application/json")},
        {.media_type = VB_SPAN("application/openapi+yaml")},
        {.media_type = VB_SPAN("application/yaml")},
    };
    bool yaml = came_as_yaml(description);
    struct vb_buf json;
    enum vb_err err;

    vb_buf_init(&json, TEXT_MOST);
    vb_json_write(&json, description->root);
    drafts[0].content = drafts[1].content = vb_buf_span(&json);
    drafts[2].content = drafts[3].content = description->source;
    err = json.err;
    if (err == VB_OK)
        err = vb_fixed_init(fixed, "description", drafts, yaml ? 4 : 2);
    vb_buf_done(&json);
    return err;
}

/* Relative to the catalog's own URI (RFC 9264 section 4.2), so that it holds
 * under any name of the server. */
static void write_catalog(struct vb_buf *buf,
                          const struct vb_description *description,
                          struct vb_span path)
{
    struct vb_span base = description->base_path;

    vb_buf_str(buf, "{\"linkset\":[{\"anchor\":");
    vb_json_write_string(buf, base.len > 0 ? base : VB_SPAN("/"));
    vb_buf_str(buf, ",\"service-desc\":[{\"href\":");
    vb_json_write_string(buf, path);
    vb_buf_str(buf, ",\"type\":\"application/openapi+json\"");
    if (description->title.len > 0) {
        vb_buf_str(buf, ",\"title\":");
        vb_json_write_string(buf, description->title);
    }
    vb_buf_str(buf, "}]}]}");
}

enum vb_err vb_published_catalog_init(struct vb_fixed *fixed,
                                      const struct vb_description *description,
                                      struct vb_span path)
{
    struct vb_fixed_draft drafts[] = {
        {.media_type = VB_SPAN("application/linkset+json; "
                               "profile=\"https://www.rfc-editor.org/info/"
                               "rfc9727\"")},
        {.media_type = VB_SPAN("application/json")},
    };
    struct vb_buf text;
    enum vb_err err;

    vb_buf_init(&text, TEXT_MOST);
    write_catalog(&text, description, path);
    for (size_t i = 0; i < 2; i++) {
        drafts[i].content = vb_buf_span(&text);
        drafts[i].link = VB_SPAN("<" VB_API_CATALOG ">; rel=\"api-catalog\"");
    }
    err = text.err;
    if (err == VB_OK)
        err = vb_fixed_init(fixed, "api-catalog", drafts, 2);
    vb_buf_done(&text);
    return err;
}

void vb_published_link(struct vb_buf *buf, struct vb_span path)
{
    vb_buf_printf(buf,
                  "<%.*s>; rel=\"service-desc\"; "
                  "type=\"application/openapi+json\"",
                  VB_FMT(path));
}
