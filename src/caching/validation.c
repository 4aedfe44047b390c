/* Conditional requests and their answers: see validation.h. */
#include "caching/validation.h"

#include "http/etag.h"

/* Bytes of an If-None-Match that we send; more than that is not sincere. */
#define TAGS_TEXT_MAX 4096

bool vb_validation_replaces(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_IF_MODIFIED_SINCE:
    case VB_FIELD_IF_NONE_MATCH:
    case VB_FIELD_IF_RANGE:
    case VB_FIELD_RANGE:
        return true;
    default:
        return false;
    }
}

static void append_tag(struct vb_buf *buf, const struct vb_etag *tag)
{
    if (buf->len > 0)
        vb_buf_str(buf, ", ");
    vb_buf_str(buf, tag->weak ? "W/\"" : "\"");
    vb_buf_append(buf, tag->opaque);
    vb_buf_char(buf, '"');
}

static void start_client_tags(struct vb_etags *etags,
                              const struct vb_asked *asked,
                              struct vb_lines *lines)
{
    vb_fields_lines(&asked->head->fields, VB_FIELD_IF_NONE_MATCH, lines);
    vb_etags_init(etags, lines->at, lines->count);
}

static void append_tags(struct vb_buf *buf, const struct vb_asked *asked,
                        const struct vb_validated *validated)
{
    enum vb_etags_item item;
    struct vb_etags etags;
    struct vb_lines lines;
    struct vb_etag tag;

    for (size_t i = 0; i < validated->count; i++)
        if (vb_etag_parse(validated->at[i]->rep->etag, &tag))
            append_tag(buf, &tag);
    start_client_tags(&etags, asked, &lines);
    while ((item = vb_etags_next(&etags, &tag)) != VB_ETAGS_END)
        if (item == VB_ETAGS_TAG)
            append_tag(buf, &tag);
}

static void add_field(struct vb_validation_fields *fields, enum vb_field_id id,
                      struct vb_span value)
{
    fields->at[fields->count++] =
        (struct vb_field_out){vb_field_name(id), value};
}

/* Where there is no Last-Modified, Date: RFC 9110 section 13.1.3. */
static bool add_since(struct vb_validation_fields *fields,
                      struct vb_arena *arena,
                      const struct vb_stored_response *stored)
{
    char *text = vb_arena_alloc(arena, VB_DATE_LEN);

    if (text == NULL)
        return false;
    vb_date_format(stored->rep->modified != VB_DATE_NONE
                       ? stored->rep->modified
                       : stored->freshness.date,
                   text);
    add_field(fields, VB_FIELD_IF_MODIFIED_SINCE,
              vb_span_of(text, VB_DATE_LEN));
    return true;
}

bool vb_validation_fields(struct vb_arena *arena, const struct vb_asked *asked,
                          const struct vb_validated *validated,
                          struct vb_validation_fields *ret_fields)
{
    char *memory = vb_arena_alloc(arena, TAGS_TEXT_MAX);
    struct vb_buf tags = vb_buf_over(memory, TAGS_TEXT_MAX);

    ret_fields->count = 0;
    if (memory == NULL)
        return false;
    append_tags(&tags, asked, validated);
    if (tags.err != VB_OK) {
        tags = vb_buf_over(memory, TAGS_TEXT_MAX);
        return true; /* unconditionally, then */
    }
    if (tags.len > 0)
        add_field(ret_fields, VB_FIELD_IF_NONE_MATCH, vb_buf_span(&tags));
    /* Of a response without Last-Modified the tag says all; one that has
     * neither is asked about by its Date. */
    return !validated->selects ||
           (tags.len > 0 && validated->at[0]->rep->modified == VB_DATE_NONE) ||
           add_since(ret_fields, arena, validated->at[0]);
}

/* The validators of a response. */
struct validators {
    bool has_tag;
    struct vb_etag tag;
    int64_t modified;
};

static struct validators validators_of(const struct vb_received *received)
{
    struct validators v = {.modified = VB_DATE_NONE};
    struct vb_span value;

    v.has_tag = vb_fields_single(received->fields, VB_FIELD_ETAG, &value) &&
                vb_etag_parse(value, &v.tag);
    if (vb_fields_single(received->fields, VB_FIELD_LAST_MODIFIED, &value))
        (void)vb_date_parse_any_case(value, received->received_ms / 1000,
                                     &v.modified);
    return v;
}

static bool same_tag(const struct validators *v,
                     const struct vb_stored_response *stored, bool strong)
{
    struct vb_etag tag;

    if (!vb_etag_parse(stored->rep->etag, &tag))
        return false;
    return strong ? vb_etag_strong_eq(&v->tag, &tag)
                  : vb_etag_weak_eq(&v->tag, &tag);
}

/* Last-Modified counts where there is no tag; as a weak validator, since
 * several variants of a resource are often modified at once. */
static bool same_date(const struct validators *v,
                      const struct vb_stored_response *stored)
{
    return v->modified != VB_DATE_NONE && stored->rep->modified == v->modified;
}

static bool is_newer(const struct vb_stored_response *a,
                     const struct vb_stored_response *b)
{
    return a->freshness.date > b->freshness.date;
}

/* The most recent of those that match weakly, the selected one before all. */
static uint32_t match_weakly(const struct validators *v,
                             const struct vb_validated *validated)
{
    size_t best = VB_VALIDATED_MAX;

    for (size_t i = 0; i < validated->count; i++) {
        const struct vb_stored_response *stored = validated->at[i];

        if (!(v->has_tag ? same_tag(v, stored, false) : same_date(v, stored)))
            continue;
        if (best == VB_VALIDATED_MAX || (!(best == 0 && validated->selects) &&
                                         is_newer(stored, validated->at[best])))
            best = i;
    }
    return best == VB_VALIDATED_MAX ? 0 : UINT32_C(1) << best;
}

static uint32_t match_strongly(const struct validators *v,
                               const struct vb_validated *validated)
{
    uint32_t found = 0;

    for (size_t i = 0; i < validated->count; i++)
        if (same_tag(v, validated->at[i], true))
            found |= UINT32_C(1) << i;
    return found;
}

/* Section 4.3.4: a 304 without validators is about the only one stored, if that
 * has none either. RFC 9110 has an origin repeat the tag (section 15.4.5), but
 * many leave out what their client has sent: if we sent one response's alone,
 * it is that. */
static uint32_t match_unnamed(const struct vb_asked *asked,
                              const struct vb_validated *validated)
{
    return validated->count == 1 && validated->selects &&
                   !vb_asked_has(asked, VB_FIELD_IF_NONE_MATCH)
               ? 1
               : 0;
}

static bool client_has(const struct vb_asked *asked, const struct validators *v)
{
    enum vb_etags_item item;
    struct vb_etags etags;
    struct vb_lines lines;
    struct vb_etag tag;

    start_client_tags(&etags, asked, &lines);
    while ((item = vb_etags_next(&etags, &tag)) != VB_ETAGS_END)
        if (item == VB_ETAGS_TAG && v->has_tag &&
            vb_etag_weak_eq(&tag, &v->tag))
            return true;
    return false;
}

static size_t lowest(uint32_t bits)
{
    size_t index = 0;

    while ((bits >> index & 1) == 0)
        index++;
    return index;
}

void vb_validation_judge(const struct vb_asked *asked,
                         const struct vb_validated *validated,
                         const struct vb_received *received,
                         struct vb_validation *ret_validation)
{
    struct validators v = validators_of(received);
    struct vb_validation validation = {.outcome = VB_VALIDATION_NOTHING};

    if (v.has_tag && !v.tag.weak)
        validation.freshen = match_strongly(&v, validated);
    else if (v.has_tag || v.modified != VB_DATE_NONE)
        validation.freshen = match_weakly(&v, validated);
    else
        validation.freshen = match_unnamed(asked, validated);
    if (validation.freshen != 0) {
        validation.outcome = VB_VALIDATION_STORED;
        validation.answer = lowest(validation.freshen);
    } else if (client_has(asked, &v)) {
        validation.outcome = VB_VALIDATION_CLIENT;
    }
    *ret_validation = validation;
}

bool vb_validation_head_agrees(const struct vb_received *received,
                               const struct vb_stored_response *stored)
{
    struct validators v = validators_of(received);
    struct vb_span length;

    if (v.has_tag && !same_tag(&v, stored, false))
        return false;
    if (v.modified != VB_DATE_NONE && !same_date(&v, stored))
        return false;
    if (vb_fields_single(received->fields, VB_FIELD_CONTENT_LENGTH, &length) &&
        !vb_span_eq(length, stored->rep->length_text))
        return false;
    return true;
}
