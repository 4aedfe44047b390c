/* Building and counting representations. See rep.h. */
#include "exchange/rep.h"

#include <stdlib.h>

#include "base/buf.h"
#include "http/date.h"

/* Fields a representation can have of itself, beside the draft's extra ones. */
#define OWN_FIELDS 8

/* Everything a representation consists of, before it is laid out. */
struct plan {
    const struct vb_rep_draft *draft;
    struct vb_field_out fields[OWN_FIELDS];
    size_t field_count;
    size_t repeated;   /* the first so many are repeated in a 304 */
    size_t media_type; /* index of Content-Type, where there is one */
    char etag[160];
    size_t etag_len;
    char date[VB_DATE_LEN + 1];
};

static void plan_field(struct plan *plan, struct vb_span name,
                       struct vb_span value)
{
    if (value.len > 0)
        plan->fields[plan->field_count++] = (struct vb_field_out){name, value};
}

static void plan_etag(struct plan *plan)
{
    struct vb_span core = plan->draft->tag_core;
    struct vb_span variant = plan->draft->tag_variant;
    char *at = plan->etag;

    if (core.len == 0)
        return;
    vb_assert(core.len + variant.len + 6 <= sizeof(plan->etag));
    if (plan->draft->tag_weak) {
        *at++ = 'W';
        *at++ = '/';
    }
    *at++ = '"';
    memcpy(at, core.ptr, core.len);
    at += core.len;
    if (variant.len > 0) {
        *at++ = '-';
        memcpy(at, variant.ptr, variant.len);
        at += variant.len;
    }
    *at++ = '"';
    plan->etag_len = (size_t)(at - plan->etag);
}

/* What a 304 must repeat comes first (RFC 9110 section 15.4.5);
 * Last-Modified only where there is no tag to tell the cache more. */
static void plan_fields(struct plan *plan)
{
    const struct vb_rep_draft *draft = plan->draft;
    struct vb_span date = {NULL, 0};

    if (draft->modified != VB_DATE_NONE) {
        vb_date_format(draft->modified, plan->date);
        date = vb_span_of(plan->date, VB_DATE_LEN);
    }
    plan_etag(plan);
    plan_field(plan, VB_SPAN("ETag"), vb_span_of(plan->etag, plan->etag_len));
    plan_field(plan, VB_SPAN("Cache-Control"), draft->cache_control);
    plan_field(plan, VB_SPAN("Content-Location"), draft->content_location);
    plan_field(plan, VB_SPAN("Vary"), draft->vary);
    if (plan->etag_len > 0)
        plan->repeated = plan->field_count;
    plan_field(plan, VB_SPAN("Last-Modified"), date);
    if (plan->etag_len == 0)
        plan->repeated = plan->field_count;
    plan_field(plan, VB_SPAN("Content-Type"), draft->media_type);
    plan->media_type = plan->field_count - 1;
    plan_field(plan, VB_SPAN("Content-Encoding"), draft->coding);
    if (draft->length != VB_LENGTH_UNKNOWN)
        plan_field(plan, VB_SPAN("Accept-Ranges"), VB_SPAN("bytes"));
}

static const struct vb_field_out *plan_at(const struct plan *plan, size_t i)
{
    return i < plan->field_count ? &plan->fields[i]
                                 : &plan->draft->extra[i - plan->field_count];
}

#define LENGTH_LINE "Content-Length: "

static void append_line(struct vb_buf *buf, const struct vb_field_out *field)
{
    vb_buf_append(buf, field->name);
    vb_buf_str(buf, ": ");
    vb_buf_append(buf, field->value);
    vb_buf_str(buf, "\r\n");
}

/* The fields of a text that append_line has written, and the length behind. */
static void find_fields(const struct plan *plan, struct vb_rep *rep,
                        struct vb_field_out *fields)
{
    struct vb_span text = rep->head;

    for (size_t i = 0; i < rep->field_count; i++) {
        const struct vb_field_out *field = plan_at(plan, i);

        fields[i].name = vb_span_head(text, field->name.len);
        text = vb_span_from(text, field->name.len + 2);
        fields[i].value = vb_span_head(text, field->value.len);
        text = vb_span_from(text, field->value.len + 2);
    }
    text = vb_span_from(text, sizeof(LENGTH_LINE) - 1);
    rep->length_text = vb_span_head(text, text.len < 2 ? 0 : text.len - 2);
    rep->fields = fields;
}

/* Copies s to *at, moves *at on, and gives the copy. */
static struct vb_span put(char **at, struct vb_span s)
{
    struct vb_span copy = {*at, s.len};

    if (s.len > 0)
        memcpy(*at, s.ptr, s.len);
    *at += s.len;
    return copy;
}

static const char *put_lower_names(char **at, const struct vb_rep *rep)
{
    const char *names = *at;

    for (size_t i = 0; i < rep->field_count; i++)
        for (size_t k = 0; k < rep->fields[i].name.len; k++)
            *(*at)++ = vb_ascii_lower(rep->fields[i].name.ptr[k]);
    return names;
}

static struct vb_rep *lay_out(const struct plan *plan, struct vb_span head,
                              size_t repeated_len)
{
    const struct vb_rep_draft *draft = plan->draft;
    size_t count = plan->field_count + draft->extra_count;
    bool borrow = draft->owner != NULL || draft->streamed;
    size_t text = head.len + (borrow ? 0 : draft->content.len);
    struct vb_field_out *fields;
    struct vb_rep *rep;
    char *at;

    for (size_t i = 0; i < count; i++)
        text += plan_at(plan, i)->name.len;
    rep = malloc(sizeof(*rep) + count * sizeof(*fields) + text);
    if (rep == NULL)
        return NULL;
    fields = (struct vb_field_out *)(rep + 1);
    at = (char *)(fields + count);
    *rep = (struct vb_rep){
        .field_count = (uint16_t)count,
        .repeated = (uint16_t)plan->repeated,
        .tag_core_len = (uint16_t)draft->tag_core.len,
        .tag_weak = draft->tag_weak,
        .streamed = draft->streamed,
        .codable = draft->codable,
        .coded = draft->coding.len > 0,
        .by_language = draft->by_language,
        .length = draft->length,
        .modified = draft->modified,
        .owner = draft->owner,
        .release = draft->release,
    };
    vb_ref_init(&rep->ref);
    rep->head = put(&at, head);
    rep->head_304 = vb_span_head(rep->head, repeated_len);
    find_fields(plan, rep, fields);
    rep->lower_names = put_lower_names(&at, rep);
    if (plan->etag_len > 0)
        rep->etag = fields[0].value;
    if (draft->media_type.len > 0)
        rep->media_type = fields[plan->media_type].value;
    rep->content = borrow ? draft->content : put(&at, draft->content);
    return rep;
}

static struct vb_rep *build(const struct plan *plan)
{
    size_t count = plan->field_count + plan->draft->extra_count;
    size_t repeated_len = 0;
    struct vb_rep *rep = NULL;
    struct vb_buf head;

    vb_buf_init(&head, 64 * 1024);
    for (size_t i = 0; i < count; i++) {
        append_line(&head, plan_at(plan, i));
        if (i + 1 == plan->repeated)
            repeated_len = head.len;
    }
    if (plan->draft->length != VB_LENGTH_UNKNOWN)
        vb_buf_printf(&head, LENGTH_LINE "%llu\r\n",
                      (unsigned long long)plan->draft->length);
    if (head.err == VB_OK)
        rep = lay_out(plan, vb_buf_span(&head), repeated_len);
    vb_buf_done(&head);
    return rep;
}

struct vb_rep *vb_rep_new(const struct vb_rep_draft *draft)
{
    struct plan plan = {.draft = draft};

    vb_assert(draft->streamed || draft->content.len == draft->length);
    plan_fields(&plan);
    return build(&plan);
}

/* Without quotes, as vb_rep_tag_core has it. */
static void take_tag(struct vb_rep *rep, struct vb_span etag)
{
    rep->etag = etag;
    rep->tag_weak = vb_span_starts(etag, VB_SPAN("W/"));
    rep->tag_core_len = (uint16_t)(etag.len - (rep->tag_weak ? 4 : 2));
}

struct vb_rep *vb_rep_received(const struct vb_rep_parts *parts)
{
    const struct vb_rep_draft draft = {
        .modified = parts->modified,
        .content = parts->content,
        .length = parts->length,
        .streamed = parts->streamed,
        .extra = parts->fields,
        .extra_count = parts->count,
        .owner = parts->owner,
        .release = parts->release,
    };
    const struct plan plan = {.draft = &draft, .repeated = parts->repeated};
    struct vb_rep *rep = build(&plan);

    if (rep == NULL)
        return NULL;
    if (parts->etag >= 0)
        take_tag(rep, rep->fields[parts->etag].value);
    if (parts->media_type >= 0)
        rep->media_type = rep->fields[parts->media_type].value;
    rep->coded = parts->coded;
    return rep;
}

/* The value of one of its own fields, or "". */
static struct vb_span own_field(const struct vb_rep *rep, const char *name)
{
    for (size_t i = 0; i < rep->field_count; i++)
        if (vb_span_eq(rep->fields[i].name, vb_span_str(name)))
            return rep->fields[i].value;
    return vb_span_of(NULL, 0);
}

/* The fields behind the last of its own. */
static size_t first_extra(const struct vb_rep *rep)
{
    size_t i = 0;

    while (!vb_span_eq(rep->fields[i].name, VB_SPAN("Accept-Ranges")))
        i++;
    return i + 1;
}

struct vb_rep *vb_rep_coded(const struct vb_rep *rep, struct vb_span coding,
                            struct vb_span content)
{
    size_t extra = first_extra(rep);
    struct vb_rep_draft draft = {
        .media_type = rep->media_type,
        .tag_weak = rep->tag_weak,
        .modified = rep->modified,
        .content = content,
        .length = content.len,
        .codable = true,
        .coding = coding,
        .vary = own_field(rep, "Vary"),
        .by_language = rep->by_language,
        .cache_control = own_field(rep, "Cache-Control"),
        .content_location = own_field(rep, "Content-Location"),
        .extra = rep->fields + extra,
        .extra_count = rep->field_count - extra,
    };
    char variant[64];
    struct vb_buf buf = vb_buf_over(variant, sizeof(variant));
    struct vb_rep *coded;

    if (rep->etag.len > 0) {
        size_t before = (rep->tag_weak ? 3 : 1) + (size_t)rep->tag_core_len;

        draft.tag_core = vb_rep_tag_core(rep);
        if (rep->etag.len > before + 1) { /* "core-html" */
            vb_buf_append(&buf, vb_span_of(rep->etag.ptr + before + 1,
                                           rep->etag.len - before - 2));
            vb_buf_char(&buf, '-');
        }
        vb_buf_append(&buf, coding);
        vb_assert(buf.err == VB_OK);
        draft.tag_variant = vb_buf_span(&buf);
    }
    coded = vb_rep_new(&draft);
    if (coded != NULL && rep->facts != NULL) {
        vb_ref_get(&rep->facts->ref);
        coded->facts = rep->facts;
    }
    return coded;
}

void vb_rep_unref(struct vb_rep *rep)
{
    if (rep == NULL || !vb_ref_put(&rep->ref))
        return;
    if (rep->release != NULL)
        rep->release(rep->owner);
    if (rep->facts != NULL && vb_ref_put(&rep->facts->ref))
        rep->facts->release(rep->facts);
    free(rep);
}

size_t vb_rep_size(const struct vb_rep *rep)
{
    size_t size = sizeof(*rep) + rep->head.len + rep->content.len;

    for (size_t i = 0; i < rep->field_count; i++)
        size += sizeof(rep->fields[i]) + rep->fields[i].name.len;
    if (rep->facts != NULL)
        size += rep->facts->size;
    return size;
}
