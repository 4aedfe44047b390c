/*
 * 206 and 416. One range is sent as it is; of several, each is a part of a
 * multipart/byteranges (RFC 9110 sections 14.6 and 15.3.7):
 *
 *     heads[0] range 0  heads[1] range 1 ...  heads[n]
 *     --b CRLF fields CRLF CRLF               CRLF --b-- CRLF
 */
#include "flow/partial.h"

#include <sodium.h>

#include "base/list.h"
#include "flow/reply.h"
#include "http/range.h"

/* Characters of a boundary: none who writes content can guess it. */
#define BOUNDARY_LEN 24

/* Nothing of the reply that was to be is left. */
static void give_up(struct vb_exchange *x)
{
    struct vb_reply *reply = &x->reply;

    vb_rep_unref(reply->rep);
    if (reply->source != NULL && reply->source->close != NULL)
        reply->source->close(reply->source);
    *reply = (struct vb_reply){.status = VB_STATUS_SERVICE_UNAVAILABLE,
                               .head_only = reply->head_only,
                               .close = reply->close};
}

static uint64_t range_length(const struct vb_range *range)
{
    return (uint64_t)(range->last - range->first) + 1;
}

/* --- what a 206 says of the representation -------------------------------- */

/*
 * A client that sent If-Range has the fields of the whole already, so that only
 * those come that a 304 would have (section 15.3.7); and the two without which
 * nobody can tell what the bytes are. (Firefox refuses to go on with a download
 * when the part does not name the whole's coding.)
 */
static bool is_wanted_again(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_ETAG:
    case VB_FIELD_CACHE_CONTROL:
    case VB_FIELD_CONTENT_LOCATION:
    case VB_FIELD_EXPIRES:
    case VB_FIELD_VARY:
    case VB_FIELD_CONTENT_TYPE:
    case VB_FIELD_CONTENT_ENCODING:
        return true;
    default:
        return false;
    }
}

/* Content-Digest is of the content that all of it would be (RFC 9530 section
 * 2). */
static bool is_of_the_whole(enum vb_field_id id, bool multipart)
{
    return id == VB_FIELD_CONTENT_DIGEST ||
           (multipart && id == VB_FIELD_CONTENT_TYPE);
}

static void say_fields(struct vb_exchange *x, bool multipart)
{
    const struct vb_rep *rep = x->current;
    bool again = vb_fields_first(&x->head.fields, VB_FIELD_IF_RANGE) != NULL;

    for (size_t i = 0; i < rep->field_count; i++) {
        enum vb_field_id id = vb_field_find(rep->fields[i].name);

        if ((again && !is_wanted_again(id)) || is_of_the_whole(id, multipart))
            continue;
        vb_reply_add(x, rep->fields[i].name, rep->fields[i].value);
    }
    x->reply.rep = vb_rep_ref(x->current); /* the fields' texts are its own */
}

static struct vb_span content_range(struct vb_exchange *x, int64_t first,
                                    int64_t last)
{
    char text[VB_CONTENT_RANGE_MAX];
    size_t len =
        vb_content_range_format(first, last, (int64_t)x->current->length, text);

    return vb_arena_dup(&x->arena, vb_span_of(text, len));
}

void vb__reply_unsatisfiable(struct vb_exchange *x)
{
    if (x->current != NULL)
        vb_reply_field(x, VB_FIELD_CONTENT_RANGE, content_range(x, -1, -1));
}

/* --- content in one piece ---------------------------------------------------
 */

static struct vb_span bytes_of(const struct vb_rep *rep,
                               const struct vb_range *range)
{
    return vb_span_of(rep->content.ptr + range->first,
                      (size_t)range_length(range));
}

static bool send_stream(struct vb_exchange *x, uint64_t first, uint64_t length)
{
    struct vb_source *source = x->resource->stream(x, first, length);

    if (source == NULL)
        return false;
    x->reply.source = source;
    x->reply.content = VB_CONTENT_SOURCE;
    return true;
}

void vb__reply_whole_stream(struct vb_exchange *x)
{
    if (!send_stream(x, 0, x->current->length))
        give_up(x);
}

static bool send_range(struct vb_exchange *x, const struct vb_range *range)
{
    say_fields(x, false);
    vb_reply_field(x, VB_FIELD_CONTENT_RANGE,
                   content_range(x, range->first, range->last));
    if (x->current->streamed)
        return send_stream(x, (uint64_t)range->first, range_length(range));
    x->reply.bytes = bytes_of(x->current, range);
    x->reply.content = VB_CONTENT_BYTES;
    return true;
}

/* --- content in several parts ----------------------------------------------
 */

struct parts {
    struct vb_source source;
    struct vb_exchange *x;
    struct vb_span *heads;  /* one per range, and the end */
    unsigned next;          /* index of the head that is next */
    bool in_content;        /* a head was given, its range was not */
    struct vb_source *open; /* of that range, where it is streamed */
};

static void close_range(struct parts *parts)
{
    if (parts->open != NULL && parts->open->close != NULL)
        parts->open->close(parts->open);
    parts->open = NULL;
}

/* The range behind the last head; END when all of it was given. */
static enum vb_pull pull_range(struct parts *parts, struct vb_span *ret_bytes)
{
    struct vb_exchange *x = parts->x;
    const struct vb_range *range = &x->ranges->at[parts->next - 1];
    enum vb_pull pulled;

    if (!x->current->streamed) {
        parts->in_content = false;
        *ret_bytes = bytes_of(x->current, range);
        return VB_PULL_BYTES;
    }
    if (parts->open == NULL)
        parts->open =
            x->resource->stream(x, (uint64_t)range->first, range_length(range));
    if (parts->open == NULL)
        return VB_PULL_FAILED;
    pulled = parts->open->pull(parts->open, ret_bytes);
    parts->source.file = parts->open->file;
    return pulled;
}

static enum vb_pull pull_parts(struct vb_source *source,
                               struct vb_span *ret_bytes)
{
    struct parts *parts = VB_CONTAINER(source, struct parts, source);
    unsigned count = parts->x->ranges->count;

    if (parts->in_content) {
        enum vb_pull pulled = pull_range(parts, ret_bytes);

        if (pulled != VB_PULL_END)
            return pulled;
        close_range(parts);
        parts->in_content = false;
    }
    if (parts->next > count)
        return VB_PULL_END;
    parts->in_content = parts->next < count;
    *ret_bytes = parts->heads[parts->next++];
    return VB_PULL_BYTES;
}

static void close_parts(struct vb_source *source)
{
    close_range(VB_CONTAINER(source, struct parts, source));
}

static void make_boundary(char boundary[BOUNDARY_LEN])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    unsigned char random[BOUNDARY_LEN];

    randombytes_buf(random, sizeof(random));
    for (size_t i = 0; i < BOUNDARY_LEN; i++)
        boundary[i] = digits[random[i] % 32];
}

/* Every part repeats the type of the whole (section 15.3.7.2). */
static struct vb_span part_head(struct vb_exchange *x, struct vb_span boundary,
                                unsigned i)
{
    const struct vb_range *range = &x->ranges->at[i];
    struct vb_span type = x->current->media_type;
    struct vb_span told = content_range(x, range->first, range->last);

    return vb_arena_printf(&x->arena,
                           "%s--%.*s\r\n%s%.*s%sContent-Range: %.*s\r\n\r\n",
                           i == 0 ? "" : "\r\n", VB_FMT(boundary),
                           type.len > 0 ? "Content-Type: " : "", VB_FMT(type),
                           type.len > 0 ? "\r\n" : "", VB_FMT(told));
}

static bool write_heads(struct parts *parts, struct vb_span boundary)
{
    struct vb_exchange *x = parts->x;
    unsigned count = x->ranges->count;
    uint64_t length = 0;

    parts->heads =
        vb_arena_calloc(&x->arena, count + 1, sizeof(struct vb_span));
    if (parts->heads == NULL)
        return false;
    for (unsigned i = 0; i < count; i++) {
        parts->heads[i] = part_head(x, boundary, i);
        length += parts->heads[i].len + range_length(&x->ranges->at[i]);
    }
    parts->heads[count] =
        vb_arena_printf(&x->arena, "\r\n--%.*s--\r\n", VB_FMT(boundary));
    parts->source.length = (int64_t)(length + parts->heads[count].len);
    return !x->arena.failed;
}

static bool send_parts(struct vb_exchange *x)
{
    struct parts *parts = vb_arena_calloc(&x->arena, 1, sizeof(*parts));
    char boundary[BOUNDARY_LEN];

    if (parts == NULL)
        return false;
    make_boundary(boundary);
    parts->source =
        (struct vb_source){.pull = pull_parts, .close = close_parts};
    parts->x = x;
    if (!write_heads(parts, vb_span_of(boundary, BOUNDARY_LEN)))
        return false;
    say_fields(x, true);
    vb_reply_field(x, VB_FIELD_CONTENT_TYPE,
                   vb_arena_printf(&x->arena,
                                   "multipart/byteranges; boundary=%.*s",
                                   BOUNDARY_LEN, boundary));
    x->reply.source = &parts->source;
    x->reply.content = VB_CONTENT_SOURCE;
    return true;
}

void vb__reply_partial(struct vb_exchange *x)
{
    bool sent = x->ranges->count == 1 ? send_range(x, &x->ranges->at[0])
                                      : send_parts(x);

    if (!sent || x->arena.failed)
        give_up(x);
}
