/* Writing the Link field. See link.h. */
#include "base/utf8.h"
#include "http/chars.h"
#include "http/ext_value.h"
#include "http/link.h"
#include "http/quoted.h"
#include "http/uri.h"

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

/* reg-rel-type = LOALPHA *( LOALPHA / DIGIT / "." / "-" ) (section 3.3) */
static bool is_registered_form(struct vb_span rel)
{
    if (!is_lower(rel.ptr[0]))
        return false;
    for (size_t i = 0; i < rel.len; i++)
        if (!is_lower(rel.ptr[i]) && !vb_char_is(rel.ptr[i], VB_CHAR_DIGIT) &&
            rel.ptr[i] != '.' && rel.ptr[i] != '-')
            return false;
    return true;
}

static bool is_relation(struct vb_span rel)
{
    struct vb_uri uri;

    if (rel.len == 0)
        return false;
    return is_registered_form(rel) ||
           (vb_uri_parse(rel, &uri) && vb_uri_is_absolute(&uri));
}

/* relation-type *( 1*SP relation-type ); one space is enough for us. */
static bool are_relations(struct vb_span rels)
{
    for (;;) {
        ssize_t space = vb_span_find(rels, ' ', 0);

        if (space < 0)
            return is_relation(rels);
        if (!is_relation(vb_span_head(rels, (size_t)space)))
            return false;
        rels = vb_span_from(rels, (size_t)space + 1);
    }
}

static bool is_ascii(struct vb_span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (vb_char_is(s.ptr[i], VB_CHAR_OBS))
            return false;
    return true;
}

static bool is_reference(struct vb_span text)
{
    struct vb_uri ignored;

    return vb_uri_parse(text, &ignored);
}

/* Can a quoted-string say it, in ASCII? */
static bool is_quotable(struct vb_span s)
{
    return vb_chars_run(s, VB_CHAR_PAIRED) == s.len && is_ascii(s);
}

static bool is_valid(const struct vb_link_value *link)
{
    return link->target.ptr != NULL && is_reference(link->target) &&
           is_reference(link->anchor) && are_relations(link->rel) &&
           is_quotable(link->type) && is_quotable(link->media) &&
           is_quotable(link->hreflang) && vb_utf8_valid(link->title) &&
           vb_chars_run(link->title, VB_CHAR_PAIRED) == link->title.len;
}

static void write_param(struct vb_buf *buf, const char *name,
                        struct vb_span value)
{
    if (value.ptr == NULL)
        return;
    vb_buf_str(buf, "; ");
    vb_buf_str(buf, name);
    if (is_ascii(value)) {
        vb_buf_char(buf, '=');
        vb_quoted_append(buf, value);
    } else {
        vb_buf_str(buf, "*=");
        vb_ext_value_append(buf, value);
    }
}

enum vb_err vb_link_write(struct vb_buf *buf, const struct vb_link_value *link)
{
    if (!is_valid(link))
        return VB_ERR_INVALID;
    vb_buf_char(buf, '<');
    vb_buf_append(buf, link->target);
    vb_buf_char(buf, '>');
    write_param(buf, "anchor", link->anchor);
    write_param(buf, "rel", link->rel);
    write_param(buf, "type", link->type);
    write_param(buf, "media", link->media);
    write_param(buf, "hreflang", link->hreflang);
    write_param(buf, "title", link->title);
    return buf->err;
}
