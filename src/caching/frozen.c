/* Stored responses as bytes. See frozen.h. */
#include "caching/frozen.h"

#include "caching/response_inner.h"
#include "caching/vary.h"
#include "http/chars.h"
#include "http/etag.h"
#include "http/status.h"

/* One more with each change of what follows. */
#define VERSION 1

enum flag {
    FLAG_NO_CACHE = 1 << 0,
    FLAG_NEVER_STALE = 1 << 1,
    FLAG_IMMUTABLE = 1 << 2,
    FLAG_CODED = 1 << 3,
};

/* --- Writing ------------------------------------------------------------- */

/* 8 bytes, the lowest first. */
static void put_number(struct vb_buf *buf, uint64_t n)
{
    for (int i = 0; i < 8; i++)
        vb_buf_char(buf, (char)(n >> 8 * i));
}

static void put_text(struct vb_buf *buf, struct vb_span text)
{
    put_number(buf, text.len);
    vb_buf_append(buf, text);
}

/* -1, for none, as 0. */
static void put_index(struct vb_buf *buf, int index)
{
    put_number(buf, index < 0 ? 0 : (uint64_t)index + 1);
}

static void put_freshness(struct vb_buf *buf, const struct vb_freshness *f)
{
    put_number(buf, f->source);
    put_number(buf, f->lifetime_s);
    put_number(buf, f->while_revalidate_s);
    put_number(buf, f->if_error_s);
    put_number(buf, (uint64_t)f->date);
    put_number(buf, (uint64_t)f->received_ms);
    put_number(buf, (uint64_t)f->initial_age_ms);
}

static uint64_t flags_of(const struct vb_stored_response *response)
{
    const struct vb_freshness *f = &response->freshness;

    return (f->no_cache ? FLAG_NO_CACHE : 0u) |
           (f->never_stale ? FLAG_NEVER_STALE : 0u) |
           (f->immutable ? FLAG_IMMUTABLE : 0u) |
           (response->rep->coded ? FLAG_CODED : 0u);
}

void vb_frozen_write(struct vb_buf *buf,
                     const struct vb_stored_response *response)
{
    struct vb_rep_parts parts;

    vb__response_parts(response, &parts);
    put_number(buf, VERSION);
    put_number(buf, response->status);
    put_number(buf, flags_of(response));
    put_freshness(buf, &response->freshness);
    put_number(buf, response->part.first);
    put_number(buf, response->part.complete);
    put_number(buf, (uint64_t)parts.modified);
    put_number(buf, parts.repeated);
    put_index(buf, parts.etag);
    put_index(buf, parts.media_type);
    put_text(buf, response->vary);
    put_text(buf, response->values);
    put_text(buf, response->cache_status);
    put_number(buf, response->group_count);
    for (size_t i = 0; i < response->group_count; i++)
        put_text(buf, response->groups[i]);
    put_number(buf, parts.count);
    for (size_t i = 0; i < parts.count; i++) {
        put_text(buf, parts.fields[i].name);
        put_text(buf, parts.fields[i].value);
    }
}

/* --- Reading ------------------------------------------------------------- */

/* What is left; `bad` stays once it is set, and then all is 0 and empty. */
struct reader {
    struct vb_span rest;
    bool bad;
};

/* At most `max`. */
static uint64_t take_number(struct reader *reader, uint64_t max)
{
    uint64_t n = 0;

    reader->bad |= reader->rest.len < 8;
    if (reader->bad)
        return 0;
    for (int i = 0; i < 8; i++)
        n |= (uint64_t)(unsigned char)reader->rest.ptr[i] << 8 * i;
    reader->rest = vb_span_from(reader->rest, 8);
    reader->bad |= n > max;
    return reader->bad ? 0 : n;
}

static struct vb_span take_text(struct reader *reader)
{
    uint64_t len = take_number(reader, reader->rest.len);
    struct vb_span text;

    reader->bad |= len > reader->rest.len;
    if (reader->bad)
        return VB_SPAN("");
    text = vb_span_head(reader->rest, (size_t)len);
    reader->rest = vb_span_from(reader->rest, (size_t)len);
    return text;
}

/* A time of this era, so that sums of a few never overflow. */
static int64_t take_time(struct reader *reader)
{
    return (int64_t)take_number(reader, INT64_MAX / 4);
}

static void take_freshness(struct reader *reader, struct vb_freshness *f)
{
    f->source =
        (enum vb_freshness_source)take_number(reader, VB_FRESHNESS_NEGATIVE);
    f->lifetime_s = (uint32_t)take_number(reader, VB_DELTA_SECONDS_MAX);
    f->while_revalidate_s = (uint32_t)take_number(reader, VB_DELTA_SECONDS_MAX);
    f->if_error_s = (uint32_t)take_number(reader, VB_DELTA_SECONDS_MAX);
    f->date = (int64_t)take_number(reader, UINT64_MAX);
    f->received_ms = take_time(reader);
    f->initial_age_ms = take_time(reader);
}

/* A field value, without what could end it (RFC 9110 section 5.5). */
static bool can_be_sent(struct vb_span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != '\t' && vb_char_is(value.ptr[i], VB_CHAR_CTL))
            return false;
    return true;
}

static void take_fields(struct reader *reader, struct vb_arena *arena,
                        struct vb_rep_parts *parts)
{
    struct vb_field_out *fields;

    parts->count = (size_t)take_number(reader, 2 * VB_FIELDS_MAX);
    fields = vb_arena_calloc(arena, parts->count + 1, sizeof(*fields));
    if (fields == NULL) {
        reader->bad = true;
        return;
    }
    for (size_t i = 0; i < parts->count && !reader->bad; i++) {
        fields[i].name = take_text(reader);
        fields[i].value = take_text(reader);
        reader->bad |=
            !vb_token_valid(fields[i].name) || !can_be_sent(fields[i].value);
    }
    parts->fields = fields;
    reader->bad |= parts->repeated > parts->count;
}

static void take_groups(struct reader *reader, struct vb_arena *arena,
                        struct vb_stored_response *from)
{
    struct vb_span *groups;

    from->group_count = (uint16_t)take_number(reader, VB_CACHE_GROUPS_MAX);
    groups = vb_arena_calloc(arena, from->group_count + 1, sizeof(*groups));
    if (groups == NULL) {
        reader->bad = true;
        return;
    }
    for (size_t i = 0; i < from->group_count; i++)
        groups[i] = take_text(reader);
    from->groups = groups;
}

static void take_flags(uint64_t flags, struct vb_stored_response *from,
                       struct vb_rep_parts *parts)
{
    from->freshness.no_cache = (flags & FLAG_NO_CACHE) != 0;
    from->freshness.never_stale = (flags & FLAG_NEVER_STALE) != 0;
    from->freshness.immutable = (flags & FLAG_IMMUTABLE) != 0;
    parts->coded = (flags & FLAG_CODED) != 0;
}

static void take_all(struct reader *reader, struct vb_arena *arena,
                     struct vb_stored_response *from,
                     struct vb_rep_parts *parts)
{
    reader->bad |= take_number(reader, VERSION) != VERSION;
    from->status = (uint16_t)take_number(reader, 599);
    take_flags(take_number(reader, UINT64_MAX), from, parts);
    take_freshness(reader, &from->freshness);
    from->part.first = take_number(reader, INT64_MAX);
    from->part.complete = take_number(reader, INT64_MAX);
    parts->modified = (int64_t)take_number(reader, UINT64_MAX);
    parts->repeated = (size_t)take_number(reader, VB_FIELDS_MAX);
    parts->etag = (int)take_number(reader, VB_FIELDS_MAX) - 1;
    parts->media_type = (int)take_number(reader, VB_FIELDS_MAX) - 1;
    from->vary = take_text(reader);
    from->values = take_text(reader);
    from->cache_status = take_text(reader);
    take_groups(reader, arena, from);
    take_fields(reader, arena, parts);
}

/* What was read on its own, taken together. */
static bool is_sound(const struct vb_stored_response *from,
                     const struct vb_rep_parts *parts,
                     const struct vb_kept_content *content)
{
    uint64_t len = content == NULL ? 0 : content->len;
    struct vb_vary vary;
    struct vb_etag tag;

    vb_vary_split(from->vary, &vary);
    return from->status >= 200 && from->vary.len <= VB_VARY_TEXT_MAX &&
           from->values.len <= VB_VARY_TEXT_MAX && !vary.any &&
           can_be_sent(from->cache_status) && parts->etag < (int)parts->count &&
           parts->media_type < (int)parts->count &&
           (parts->etag < 0 ||
            vb_etag_parse(parts->fields[parts->etag].value, &tag)) &&
           (from->part.complete == 0
                ? from->part.first == 0
                : content != NULL && len <= from->part.complete &&
                      from->part.first <= from->part.complete - len);
}

struct vb_stored_response *vb_frozen_read(struct vb_arena *arena,
                                          struct vb_span bytes,
                                          struct vb_kept_content *content)
{
    struct reader reader = {.rest = bytes};
    struct vb_stored_response from = {.status = 0};
    struct vb_rep_parts parts = {.count = 0};

    take_all(&reader, arena, &from, &parts);
    if (reader.bad || reader.rest.len > 0 || !is_sound(&from, &parts, content))
        return NULL;
    return vb__response_form(&from, &parts, content);
}
