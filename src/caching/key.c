/* Primary keys: see key.h. */
#include "caching/key.h"

#include "base/buf.h"
#include "http/uri.h"

static bool target_uri(struct vb_arena *arena, const struct vb_head *head,
                       struct vb_span *ret_uri)
{
    const struct vb_uri uri = {.scheme = head->scheme,
                               .authority = head->authority,
                               .path = head->path,
                               .query = head->has_query ? head->query
                                                        : vb_span_of(NULL, 0)};

    return head->path.len > 0 && head->path.ptr[0] == '/' &&
           head->authority.len > 0 &&
           vb_uri_normalise(arena, &uri, ret_uri) == VB_OK;
}

/* What describes the content of a QUERY, for it means nothing without. */
static struct vb_span described(const struct vb_head *head, enum vb_field_id id)
{
    const struct vb_field *field = vb_fields_first(&head->fields, id);

    return field == NULL ? VB_SPAN("") : field->value;
}

static void append_hex(struct vb_buf *buf, struct vb_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned octet = (unsigned char)bytes.ptr[i];

        vb_buf_char(buf, "0123456789abcdef"[octet >> 4]);
        vb_buf_char(buf, "0123456789abcdef"[octet & 15]);
    }
}

static bool query_text(struct vb_arena *arena, const struct vb_head *head,
                       struct vb_span digest, struct vb_caching_key *key)
{
    struct vb_span type = described(head, VB_FIELD_CONTENT_TYPE);
    struct vb_span coding = described(head, VB_FIELD_CONTENT_ENCODING);
    struct vb_span language = described(head, VB_FIELD_CONTENT_LANGUAGE);
    size_t size = key->uri.len + type.len + coding.len + language.len +
                  2 * digest.len + sizeof("\nQUERY\n\n\n\n");
    char *memory = vb_arena_alloc(arena, size);
    struct vb_buf buf = vb_buf_over(memory, size);

    if (memory == NULL)
        return false;
    vb_buf_append(&buf, key->uri);
    vb_buf_str(&buf, "\nQUERY\n");
    vb_buf_append(&buf, type);
    vb_buf_char(&buf, '\n');
    vb_buf_append(&buf, coding);
    vb_buf_char(&buf, '\n');
    vb_buf_append(&buf, language);
    vb_buf_char(&buf, '\n');
    append_hex(&buf, digest);
    key->text = vb_buf_span(&buf);
    return buf.err == VB_OK;
}

bool vb_caching_key_of(struct vb_arena *arena, const struct vb_head *head,
                       struct vb_span digest, struct vb_caching_key *ret_key)
{
    struct vb_caching_key key;

    if (!target_uri(arena, head, &key.uri))
        return false;
    key.text = key.uri;
    if (head->method == VB_METHOD_QUERY &&
        !query_text(arena, head, digest, &key))
        return false;
    *ret_key = key;
    return true;
}

bool vb_caching_uri_beside(struct vb_arena *arena, struct vb_span uri,
                           struct vb_span reference, struct vb_span *ret_uri)
{
    struct vb_uri base, part, whole;
    struct vb_span text;

    return vb_uri_parse(uri, &base) && vb_uri_parse(reference, &part) &&
           vb_uri_resolve(arena, &base, &part, &text) == VB_OK &&
           vb_uri_parse(text, &whole) && whole.authority.len > 0 &&
           vb_uri_normalise(arena, &whole, ret_uri) == VB_OK;
}

struct vb_span vb_caching_origin(struct vb_span uri)
{
    ssize_t colon = vb_span_find(uri, ':', 0);
    ssize_t slash = colon < 0 ? -1 : vb_span_find(uri, '/', (size_t)colon + 3);

    return slash < 0 ? uri : vb_span_head(uri, (size_t)slash);
}
