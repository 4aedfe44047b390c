/* What the head alone says of the content. Rows `content` of flow.tbl. */
#include "content/coding.h"
#include "flow/flow.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "http/elements.h"
#include "http/expect.h"
#include "http/media.h"
#include "http/method.h"
#include "http/sf.h"

/* Characters of an Idempotency-Key. */
#define MAX_KEY 255

/* 100-continue is the one expectation there is (RFC 9110 section 10.1.1). */
enum vb_answer vb__q_expected(struct vb_exchange *x)
{
    struct vb_lines lines;

    if (vb_fields_first(&x->head.fields, VB_FIELD_EXPECT) == NULL)
        return VB_YES;
    vb_fields_lines(&x->head.fields, VB_FIELD_EXPECT, &lines);
    return vb_expect_parse(lines.at, lines.count) == VB_EXPECT_OTHER ? VB_NO
                                                                     : VB_YES;
}

/* Does this request's content mean anything here? No octets at all are content,
 * too, where they are said to be of some media type. */
static bool content_counts(const struct vb_exchange *x)
{
    const struct vb_slot *slot;

    if (vb_method_info(x->head.method)->content != VB_METHOD_CONTENT_DEFINED)
        return false;
    slot = vb_resource_slot(x);
    if (slot == NULL || slot->content_ignored)
        return false;
    if (x->head.has_content || x->head.method == VB_METHOD_QUERY)
        return true;
    return !slot->content_optional &&
           vb_fields_first(&x->head.fields, VB_FIELD_CONTENT_TYPE) != NULL;
}

enum vb_answer vb__q_bounded(struct vb_exchange *x)
{
    uint64_t limit = vb_intake_limit(x);

    if (!content_counts(x) || x->head.content_length < 0 ||
        (uint64_t)x->head.content_length <= limit)
        return VB_YES;
    vb_reply_detail(x, vb_arena_printf(&x->arena,
                                       "This resource takes at most %llu "
                                       "bytes of content.",
                                       (unsigned long long)limit));
    return VB_NO;
}

/* The index of the first of the resource's takes that covers the media type
 * for this method; -1: none does. */
static int find_take(const struct vb_exchange *x, const struct vb_media *media)
{
    const struct vb_resource *resource = x->resource;

    for (int i = 0; i < resource->take_count; i++) {
        const struct vb_take *take = &resource->takes[i];
        struct vb_media range;
        int q;

        if (vb_method_set_has(take->methods, x->head.method) &&
            vb_media_parse_range(take->media_type, &range, &q) &&
            vb_media_match(&range, media) != VB_MEDIA_NO_MATCH)
            return i;
    }
    return -1;
}

static enum vb_answer refuse(struct vb_exchange *x, const char *detail)
{
    vb_reply_detail(x, vb_span_str(detail));
    return VB_NO;
}

static enum vb_answer refuse_type(struct vb_exchange *x, bool says)
{
    struct vb_span taken = vb_resource_accept(x->resource, x->head.method);

    vb_reply_detail(
        x, taken.len == 0
               ? VB_SPAN("This resource takes no content with this method.")
               : vb_arena_printf(&x->arena,
                                 "This resource does not take content of %s, "
                                 "but of %.*s.",
                                 says ? "this media type" : "no media type",
                                 VB_FMT(taken)));
    return VB_NO;
}

/* Content that does not say what it is may be anything: octet-stream (RFC
 * 9110 section 8.3). But a QUERY must say it (RFC 10008 section 2). */
static enum vb_answer take_media_type(struct vb_exchange *x)
{
    bool queries = x->head.method == VB_METHOD_QUERY;
    struct vb_span text = VB_SPAN("application/octet-stream");
    bool says = vb_fields_single(&x->head.fields, VB_FIELD_CONTENT_TYPE, &text);
    struct vb_media media;

    x->reply.status = VB_STATUS_UNSUPPORTED_MEDIA_TYPE;
    if (queries && (!says || !vb_media_parse(text, &media))) {
        x->reply.status = VB_STATUS_BAD_REQUEST;
        return refuse(x, "A QUERY says with Content-Type what it asks in.");
    }
    if (!vb_media_parse(text, &media))
        return refuse(x, "The Content-Type is malformed.");
    x->accept = (int16_t)find_take(x, &media);
    if (x->accept < 0)
        return refuse_type(x, says);
    x->media_type = text;
    return VB_YES;
}

/* Content-Encoding (RFC 9110 section 8.4): false where there is one of them
 * that we cannot undo. */
static bool take_codings(struct vb_exchange *x)
{
    struct vb_elements elements;
    struct vb_lines lines;
    struct vb_span name;
    enum vb_coding coding;

    vb_fields_lines(&x->head.fields, VB_FIELD_CONTENT_ENCODING, &lines);
    vb_elements_init(&elements, lines.at, lines.count, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &name)) {
        if (!vb_coding_find(name, &coding))
            return false;
        if (coding == VB_CODING_IDENTITY)
            continue;
        if (x->coding_count == VB_CODINGS_MAX)
            return false;
        x->codings[x->coding_count++] = (uint8_t)coding;
    }
    return true;
}

enum vb_answer vb__q_sent_coded(struct vb_exchange *x)
{
    if (take_codings(x))
        return VB_YES;
    x->coding_refused = true;
    x->reply.status = VB_STATUS_UNSUPPORTED_MEDIA_TYPE;
    return refuse(x, "Content is taken in these codings, no more than two of "
                     "them, or in none.");
}

enum vb_answer vb__q_sent_typed(struct vb_exchange *x)
{
    return content_counts(x) ? take_media_type(x) : VB_YES;
}

enum vb_answer vb__q_understood(struct vb_exchange *x)
{
    if (content_counts(x) && vb__q_sent_coded(x) != VB_YES)
        return VB_NO;
    return vb__q_sent_typed(x);
}

/* Who sends a part as if it were the whole would lose the rest (RFC 9110
 * section 14.5). */
enum vb_answer vb__q_whole(struct vb_exchange *x)
{
    if (x->head.method != VB_METHOD_PUT ||
        vb_fields_first(&x->head.fields, VB_FIELD_CONTENT_RANGE) == NULL)
        return VB_YES;
    return refuse(x, "Content-Range: a PUT of a part is not taken; PATCH is "
                     "for partial changes.");
}

static enum vb_answer refuse_key(struct vb_exchange *x, const char *detail)
{
    x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_complain(x, VB_PROBLEM_HEADER, VB_SPAN("Idempotency-Key"),
                      vb_span_str(detail));
    return VB_NO;
}

/* Section 2.1: an Item that is a String. It is the client's to choose, within
 * reason. */
static bool read_key(struct vb_exchange *x, struct vb_span *ret_key)
{
    struct vb_span values[2];
    size_t count =
        vb_fields_values(&x->head.fields, VB_FIELD_IDEMPOTENCY_KEY, values, 2);
    struct vb_sf_item item;

    if (vb_sf_parse_item(&x->arena, values, count, &item) != VB_OK ||
        item.value.type != VB_SF_STRING || item.value.text.len == 0 ||
        item.value.text.len > MAX_KEY)
        return false;
    *ret_key = item.value.text;
    return true;
}

/* A key names a request that changes something; elsewhere it means nothing. */
enum vb_answer vb__q_fresh_key(struct vb_exchange *x)
{
    struct vb_span key;

    if (vb_method_is_safe(x->head.method))
        return VB_YES;
    if (vb_fields_first(&x->head.fields, VB_FIELD_IDEMPOTENCY_KEY) == NULL)
        return vb_method_set_has(x->resource->needs_key, x->head.method)
                   ? refuse_key(x, "is required here: a string that is new for "
                                   "each request, and the same when it is "
                                   "sent again")
                   : VB_YES;
    if (!read_key(x, &key))
        return refuse_key(x, "must be a quoted string of 1 to 255 characters");
    return x->resource->fresh_key == NULL ? VB_YES
                                          : x->resource->fresh_key(x, key);
}
