/* What is not told. See secret.h. */
#include "flow/secret.h"

#include "flow/resource.h"
#include "http/field.h"
#include "http/query.h"

bool vb__secret_field(const struct vb_exchange *x, const struct vb_field *field)
{
    const struct vb_secrets *secrets = x->site->secrets;

    if (vb_field_is((enum vb_field_id)field->id, VB_FIELD_IS_SECRET))
        return true;
    for (size_t i = 0; secrets != NULL && i < secrets->field_count; i++)
        if (vb_span_ieq(field->name, secrets->fields[i]))
            return true;
    return false;
}

/* The target with another query; a fragment is never part of it. */
static void replace(struct vb_exchange *x, struct vb_span query)
{
    struct vb_head *head = &x->head;
    ssize_t mark = vb_span_find(head->target, '?', 0);
    struct vb_span before =
        vb_span_head(head->target, mark < 0 ? head->target.len : (size_t)mark);

    head->query = query;
    head->has_query = query.len > 0;
    head->target = vb_arena_printf(&x->arena, "%.*s%s%.*s", VB_FMT(before),
                                   head->has_query ? "?" : "", VB_FMT(query));
}

void vb__secret_hide(struct vb_exchange *x)
{
    const struct vb_secrets *secrets =
        x->site == NULL ? NULL : x->site->secrets;
    struct vb_span query = x->head.query;

    if (secrets == NULL || secrets->parameter_count == 0 || query.len == 0)
        return;
    for (size_t i = 0; i < secrets->parameter_count; i++)
        if (vb_query_without(&x->arena, query, secrets->parameters[i],
                             &query) != VB_OK)
            query = VB_SPAN(""); /* rather nothing than too much */
    if (query.ptr == x->head.query.ptr)
        return;
    x->keyed_query = x->head.query;
    replace(x, query);
}
