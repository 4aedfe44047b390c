/* Reading the Link field. See link.h; writing is in link_write.c. */
#include "http/link.h"

#include "http/chars.h"
#include "http/ext_value.h"
#include "http/param_text.h"
#include "http/quoted.h"
#include "http/uri.h"

void vb_links_init(struct vb_links *links, struct vb_arena *arena,
                   const struct vb_span *lines, size_t count)
{
    *links = (struct vb_links){.lines = lines, .count = count, .arena = arena};
    if (count > 0)
        links->rest = lines[0];
}

/* Moves to the next "<" over commas and white space, line after line; false at
 * the end of all. */
static bool find_link(struct vb_links *links)
{
    for (;;) {
        size_t i = 0;

        while (i < links->rest.len &&
               (links->rest.ptr[i] == ',' ||
                vb_char_is(links->rest.ptr[i], VB_CHAR_WS)))
            i++;
        links->rest = vb_span_from(links->rest, i);
        if (links->rest.len > 0)
            return true;
        if (links->line + 1 >= links->count)
            return false;
        links->rest = links->lines[++links->line];
    }
}

/* How far the parameters go: to a comma that is not in quotes. A malformed
 * quoted-string takes the rest, for whoever reads it to refuse. */
static size_t params_len(struct vb_span s)
{
    size_t i = 0;

    while (i < s.len && s.ptr[i] != ',') {
        size_t len = 1;

        if (s.ptr[i] == '"')
            len = vb_quoted_len(vb_span_from(s, i));
        if (len == 0)
            return s.len;
        i += len;
    }
    return i;
}

/* The member that a parameter fills, or NULL for those we only pass on. */
static struct vb_span *slot_of(struct vb_link_value *link, struct vb_span name)
{
    static const struct {
        struct vb_span name;
        size_t offset;
    } rows[] = {
        {VB_SPAN_INIT("rel"), offsetof(struct vb_link_value, rel)},
        {VB_SPAN_INIT("anchor"), offsetof(struct vb_link_value, anchor)},
        {VB_SPAN_INIT("title"), offsetof(struct vb_link_value, title)},
        {VB_SPAN_INIT("type"), offsetof(struct vb_link_value, type)},
        {VB_SPAN_INIT("media"), offsetof(struct vb_link_value, media)},
        {VB_SPAN_INIT("hreflang"), offsetof(struct vb_link_value, hreflang)},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (vb_span_ieq(name, rows[i].name))
            return (void *)((char *)link + rows[i].offset);
    return NULL;
}

static enum vb_err add_param(struct vb_arena *arena,
                             const struct vb_param *param,
                             struct vb_link_value *link,
                             struct vb_span *extended_title)
{
    struct vb_span *slot = slot_of(link, param->name);
    struct vb_span text;
    enum vb_err err;

    if (vb_span_ieq(param->name, VB_SPAN("title*")))
        slot = extended_title;
    if (slot == NULL || slot->ptr != NULL || param->value.ptr == NULL)
        return VB_OK;
    err = vb_param_text(arena, param, &text);
    if (err == VB_OK)
        *slot = text;
    return err;
}

/* title* beats title (8288-3.4.1-02), unless it cannot be read. */
static enum vb_err prefer_extended(struct vb_arena *arena,
                                   struct vb_span extended,
                                   struct vb_span *title)
{
    enum vb_err err;

    if (extended.ptr == NULL)
        return VB_OK;
    err = vb_ext_value_decode(arena, extended, title);
    return err == VB_ERR_NOMEM ? err : VB_OK;
}

static enum vb_err read_params(struct vb_arena *arena,
                               struct vb_link_value *link)
{
    struct vb_span extended_title = {NULL, 0};
    struct vb_params params;
    struct vb_param param;

    vb_params_init(&params, link->params, VB_PARAMS_BARE | VB_PARAMS_BWS);
    while (vb_params_next(&params, &param)) {
        enum vb_err err = add_param(arena, &param, link, &extended_title);

        if (err != VB_OK)
            return err;
    }
    if (params.malformed)
        return VB_ERR_SYNTAX;
    return prefer_extended(arena, extended_title, &link->title);
}

static bool is_reference(struct vb_span text)
{
    struct vb_uri ignored;

    return vb_uri_parse(text, &ignored);
}

static enum vb_err read_link(struct vb_links *links, struct vb_link_value *link)
{
    ssize_t end = vb_span_find(links->rest, '>', 0);
    enum vb_err err;

    if (links->rest.ptr[0] != '<' || end < 0)
        return VB_ERR_SYNTAX;
    link->target = vb_span_of(links->rest.ptr + 1, (size_t)end - 1);
    links->rest = vb_span_from(links->rest, (size_t)end + 1);
    link->params = vb_span_head(links->rest, params_len(links->rest));
    links->rest = vb_span_from(links->rest, link->params.len);
    err = read_params(links->arena, link);
    if (err != VB_OK)
        return err;
    if (!is_reference(link->target) || !is_reference(link->anchor))
        return VB_ERR_SYNTAX;
    return VB_OK;
}

bool vb_links_next(struct vb_links *links, struct vb_link_value *ret_link)
{
    struct vb_link_value link = {.target = {NULL, 0}};

    if (links->err != VB_OK || !find_link(links))
        return false;
    links->err = read_link(links, &link);
    if (links->err != VB_OK)
        return false;
    *ret_link = link;
    return true;
}

bool vb_link_has_rel(const struct vb_link_value *link, struct vb_span rel)
{
    struct vb_span rest = link->rel;

    while (rest.len > 0) {
        size_t len = 0;

        while (len < rest.len && !vb_char_is(rest.ptr[len], VB_CHAR_WS))
            len++;
        if (len > 0 && vb_span_ieq(vb_span_head(rest, len), rel))
            return true;
        rest = vb_span_from(rest, len + 1);
    }
    return false;
}
