/*
 * Preconditions, in the order of RFC 9110 section 13.2.2. Rows `precondition`
 * of flow.tbl; what each field means is http/precondition.h.
 */
#include "flow/flow.h"
#include "flow/partial.h"
#include "flow/reply.h"
#include "http/method.h"
#include "http/precondition.h"

/* A write is about the resource's state: the tag of any representation of the
 * current revision is good for it, since they share the tag's core. */
static bool known_by_core(const void *context, const struct vb_etag *tag,
                          bool strong)
{
    const struct vb_selected *selected = context;
    struct vb_span core = selected->tag_core;

    if (strong && tag->weak)
        return false;
    if (core.len == 0 || !vb_span_starts(tag->opaque, core))
        return false;
    return tag->opaque.len == core.len || tag->opaque.ptr[core.len] == '-';
}

/* A read is about the selected representation: its own tag alone. */
static bool known_by_tag(const void *context, const struct vb_etag *tag,
                         bool strong)
{
    const struct vb_selected *selected = context;
    struct vb_etag own;

    return vb_etag_parse(selected->etag, &own) &&
           (strong ? vb_etag_strong_eq(&own, tag) : vb_etag_weak_eq(&own, tag));
}

static struct vb_current current_of(const struct vb_exchange *x)
{
    bool reads = vb_method_is_safe(x->head.method);

    /* While the second lasts in which it was modified, it may change again in
     * it: no strong validator (RFC 9110 section 8.8.2.2). */
    return (struct vb_current){
        .exists = x->selected.exists,
        .modified_strong = x->selected.modified < x->env->now.unix_ms / 1000,
        .modified = x->selected.exists ? x->selected.modified : VB_DATE_NONE,
        .known = reads ? known_by_tag : known_by_core,
        .context = &x->selected,
    };
}

static bool has(const struct vb_exchange *x, enum vb_field_id id)
{
    return vb_fields_first(&x->head.fields, id) != NULL;
}

/* Evaluates one of the two fields with tags. */
static enum vb_condition
check_tags(const struct vb_exchange *x, enum vb_field_id id,
           enum vb_condition (*check)(const struct vb_span *, size_t,
                                      const struct vb_current *))
{
    struct vb_current current = current_of(x);
    struct vb_lines lines;

    vb_fields_lines(&x->head.fields, id, &lines);
    return check(lines.at, lines.count, &current);
}

/* Evaluates one of the two fields with a date. */
static enum vb_condition
check_date(const struct vb_exchange *x, enum vb_field_id id,
           enum vb_condition (*check)(const struct vb_span *, size_t, int64_t,
                                      const struct vb_current *))
{
    struct vb_span values[2];
    struct vb_current current;
    size_t count;

    if (!has(x, id))
        return VB_CONDITION_ABSENT;
    count = vb_fields_values(&x->head.fields, id, values, 2);
    current = current_of(x);
    return check(values, count, x->env->now.unix_ms / 1000, &current);
}

/* --- Telling why ------------------------------------------------------------
 */

/* What is current now, so that the client need not ask: but only where a GET,
 * which is open to anyone then, would tell as well. */
static struct vb_span current_tag(const struct vb_exchange *x)
{
    const struct vb_resource *resource = x->resource;

    if (resource->slots[VB_METHOD_GET] == NULL || resource->permitted != NULL)
        return VB_SPAN("");
    return x->selected.etag;
}

static enum vb_answer fails(struct vb_exchange *x, const char *field,
                            const char *why)
{
    struct vb_span tag = current_tag(x);

    if (tag.len > 0)
        vb_reply_detail(x, vb_arena_printf(&x->arena,
                                           "%s: %s. The current entity tag is "
                                           "%.*s.",
                                           field, why, VB_FMT(tag)));
    else
        vb_reply_detail(x, vb_arena_printf(&x->arena, "%s: %s.", field, why));
    return VB_NO;
}

static enum vb_answer fails_match(struct vb_exchange *x,
                                  enum vb_condition condition)
{
    if (condition == VB_CONDITION_INVALID)
        return fails(x, "If-Match", "it is malformed");
    return fails(x, "If-Match",
                 x->selected.exists ? "no tag is the current one"
                                    : "there is nothing here");
}

static enum vb_answer fails_none_match(struct vb_exchange *x,
                                       enum vb_condition condition)
{
    if (condition == VB_CONDITION_INVALID)
        return fails(x, "If-None-Match", "it is malformed");
    return fails(x, "If-None-Match", "what is here is what it names");
}

/* --- The questions -----------------------------------------------------------
 */

/* What is there must not be overwritten unseen, where the resource says so;
 * what is not there yet cannot be. */
enum vb_answer vb__q_required(struct vb_exchange *x)
{
    if (!x->resource->require_precondition || !x->selected.exists ||
        vb_method_is_safe(x->head.method))
        return VB_YES;
    if (has(x, VB_FIELD_IF_MATCH) || has(x, VB_FIELD_IF_UNMODIFIED_SINCE))
        return VB_YES;
    vb_reply_detail(x, VB_SPAN("Send If-Match with the entity tag of the "
                               "representation that this change is based on."));
    return VB_NO;
}

enum vb_answer vb__q_if_match(struct vb_exchange *x)
{
    return has(x, VB_FIELD_IF_MATCH) ? VB_YES : VB_NO;
}

enum vb_answer vb__q_matches(struct vb_exchange *x)
{
    enum vb_condition condition = check_tags(x, VB_FIELD_IF_MATCH, vb_if_match);

    return condition == VB_CONDITION_TRUE ? VB_YES : fails_match(x, condition);
}

/* Ignored where the date is none, or there is nothing to compare with. */
enum vb_answer vb__q_if_unmodified(struct vb_exchange *x)
{
    enum vb_condition condition =
        check_date(x, VB_FIELD_IF_UNMODIFIED_SINCE, vb_if_unmodified_since);

    return condition == VB_CONDITION_TRUE || condition == VB_CONDITION_FALSE
               ? VB_YES
               : VB_NO;
}

enum vb_answer vb__q_unmodified(struct vb_exchange *x)
{
    if (check_date(x, VB_FIELD_IF_UNMODIFIED_SINCE, vb_if_unmodified_since) ==
        VB_CONDITION_TRUE)
        return VB_YES;
    return fails(x, "If-Unmodified-Since", "it was modified since");
}

enum vb_answer vb__q_if_none(struct vb_exchange *x)
{
    return has(x, VB_FIELD_IF_NONE_MATCH) ? VB_YES : VB_NO;
}

/* To read in spite of a malformed field is harmless; to write is not. What
 * holds for GET holds for QUERY, about its result (RFC 10008 section 2.6). */
enum vb_answer vb__q_none_matches(struct vb_exchange *x)
{
    bool reads = x->head.method == VB_METHOD_GET ||
                 x->head.method == VB_METHOD_HEAD ||
                 x->head.method == VB_METHOD_QUERY;
    enum vb_condition condition =
        check_tags(x, VB_FIELD_IF_NONE_MATCH, vb_if_none_match);

    if (condition == VB_CONDITION_TRUE ||
        (condition == VB_CONDITION_INVALID && reads))
        return VB_YES;
    x->reply.status =
        reads ? VB_STATUS_NOT_MODIFIED : VB_STATUS_PRECONDITION_FAILED;
    return reads ? VB_NO : fails_none_match(x, condition);
}

enum vb_answer vb__q_if_modified(struct vb_exchange *x)
{
    enum vb_condition condition;

    if (x->head.method != VB_METHOD_GET && x->head.method != VB_METHOD_HEAD)
        return VB_NO;
    condition = check_date(x, VB_FIELD_IF_MODIFIED_SINCE, vb_if_modified_since);
    return condition == VB_CONDITION_TRUE || condition == VB_CONDITION_FALSE
               ? VB_YES
               : VB_NO;
}

enum vb_answer vb__q_modified(struct vb_exchange *x)
{
    return check_date(x, VB_FIELD_IF_MODIFIED_SINCE, vb_if_modified_since) ==
                   VB_CONDITION_TRUE
               ? VB_YES
               : VB_NO;
}

/* Section 13.1.5, the last step: asked by `ranged`. */
bool vb__range_is_meant(const struct vb_exchange *x)
{
    enum vb_condition condition = check_date(x, VB_FIELD_IF_RANGE, vb_if_range);

    return condition == VB_CONDITION_ABSENT || condition == VB_CONDITION_TRUE;
}
