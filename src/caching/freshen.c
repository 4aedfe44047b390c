/* Updating stored responses (RFC 9111 section 3.2): see validation.h. */
#include "caching/validation.h"

/* Bounds of the whole: both parts were received within some. */
static const struct vb_head_limits limits = {
    .max_field = 64 * 1024,
    .max_fields = VB_FIELDS_MAX,
    .max_fields_size = 64 * 1024,
};

/* What describes the bytes that are stored is theirs, and no 304's (section
 * 3.2; what is for one connection is sorted out when it is stored). */
static bool is_of_content(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_CONTENT_DIGEST:
    case VB_FIELD_CONTENT_ENCODING:
    case VB_FIELD_CONTENT_LENGTH:
    case VB_FIELD_CONTENT_RANGE:
        return true;
    default:
        return false;
    }
}

static bool comes_with(const struct vb_fields *fields, struct vb_span name)
{
    enum vb_field_id id = vb_field_find(name);

    if (is_of_content(id))
        return false;
    if (id != VB_FIELD_OTHER)
        return vb_fields_first(fields, id) != NULL;
    for (size_t i = 0; i < fields->count; i++)
        if (vb_span_ieq(fields->at[i].name, name))
            return true;
    return false;
}

static bool add(struct vb_fields *fields, struct vb_arena *arena,
                struct vb_span name, struct vb_span value)
{
    const char *reason;

    return vb_fields_add(fields, arena, &limits, name, value, &reason) == 0;
}

static bool add_stored(struct vb_fields *merged, struct vb_arena *arena,
                       const struct vb_stored_response *stored,
                       const struct vb_fields *fresh)
{
    const struct vb_rep *rep = stored->rep;

    for (size_t i = 0; i < rep->field_count; i++)
        if (!comes_with(fresh, rep->fields[i].name) &&
            !add(merged, arena, rep->fields[i].name, rep->fields[i].value))
            return false;
    return stored->cache_status.len == 0 ||
           vb_fields_first(fresh, VB_FIELD_CACHE_STATUS) != NULL ||
           add(merged, arena, VB_SPAN("Cache-Status"), stored->cache_status);
}

static bool add_fresh(struct vb_fields *merged, struct vb_arena *arena,
                      const struct vb_fields *fresh)
{
    for (size_t i = 0; i < fresh->count; i++) {
        const struct vb_field *field = &fresh->at[i];

        if (!is_of_content((enum vb_field_id)field->id) &&
            !add(merged, arena, field->name, field->value))
            return false;
    }
    return true;
}

const struct vb_fields *
vb_validation_merge(struct vb_arena *arena,
                    const struct vb_stored_response *stored,
                    const struct vb_fields *fresh)
{
    struct vb_fields *merged = vb_arena_calloc(arena, 1, sizeof(*merged));

    return merged != NULL && add_stored(merged, arena, stored, fresh) &&
                   add_fresh(merged, arena, fresh)
               ? merged
               : NULL;
}

enum vb_err vb_validation_freshen(const struct vb_caching_policy *policy,
                                  struct vb_arena *arena,
                                  const struct vb_freshening *freshening,
                                  struct vb_storing *ret_storing,
                                  struct vb_stored_response **ret_response)
{
    const struct vb_stored_response *stored = freshening->stored;
    struct vb_received whole = *freshening->received;
    const struct vb_stored_draft draft = {
        .asked = freshening->asked,
        .received = &whole,
        .storing = ret_storing,
        .content = stored->content,
        .place_of = freshening->here ? NULL : stored,
    };

    whole.fields = vb_validation_merge(arena, stored, whole.fields);
    if (whole.fields == NULL)
        return VB_ERR_NOMEM;
    whole.status = stored->status;
    vb_storing_judge(policy, arena, freshening->asked, freshening->uri, &whole,
                     ret_storing);
    if (ret_storing->reason == VB_CACHING_HEAD_UPDATES)
        ret_storing->reason = VB_CACHING_STORABLE;
    *ret_response = vb_stored_response_new(arena, &draft);
    return *ret_response != NULL ? VB_OK : VB_ERR_NOMEM;
}
