/*
 * The state of what stays, without what it refers to and is deleted: null takes
 * the place of a reference, and one in a list leaves it.
 */
#include "resource/document.h"

#include "resource/dependents_part.h"

struct strip {
    const struct vb__dependents *dependents;
    struct vb_stored *stored;
    const struct vb_property *property;
};

static bool is_gone(const struct strip *strip, yyjson_val *value)
{
    struct vb_span key =
        vb_reference_key(strip->stored->x, strip->property, value);

    return key.len > 0 && vb__dependents_delete(strip->dependents, key);
}

static void below(const struct strip *strip, yyjson_val *from,
                  yyjson_mut_val *to, size_t step);

/* The list, and its copy beside it, which is turned around once: each element
 * is taken from its front, and joins its end if it stays. */
static void in_list(const struct strip *strip, yyjson_val *from,
                    yyjson_mut_val *to, size_t step)
{
    bool ends = step == strip->property->path_len;
    yyjson_arr_iter items;
    yyjson_mut_val *copy;
    yyjson_val *item;

    yyjson_arr_iter_init(from, &items);
    while ((item = yyjson_arr_iter_next(&items)) != NULL) {
        copy = yyjson_mut_arr_remove_first(to);
        if (ends && !yyjson_is_arr(item) && is_gone(strip, item))
            continue;
        if (!ends || yyjson_is_arr(item))
            below(strip, item, copy, ends ? step : step + 1);
        yyjson_mut_arr_append(to, copy);
    }
}

static void below(const struct strip *strip, yyjson_val *from,
                  yyjson_mut_val *to, size_t step)
{
    bool ends = step == strip->property->path_len;
    struct vb_span name = ends ? VB_SPAN("") : strip->property->path[step];

    if (from == NULL || to == NULL)
        return;
    if (!ends && name.ptr != NULL) {
        if (yyjson_is_obj(from))
            below(strip, vb_json_member(from, name),
                  yyjson_mut_obj_getn(to, name.ptr, name.len), step + 1);
    } else if (yyjson_is_arr(from)) {
        in_list(strip, from, to, step);
    } else if (ends && is_gone(strip, from)) {
        yyjson_mut_set_null(to);
    }
}

/* Its JSON without them, as stored->input. */
static bool strip_all(const struct vb__dependents *dependents,
                      struct vb_stored *stored)
{
    const struct vb_state *state = stored->route->state;
    yyjson_val *before = vb_stored_before(stored);
    yyjson_mut_doc *doc = before == NULL ? NULL : yyjson_mut_doc_new(NULL);
    yyjson_mut_val *root =
        doc == NULL ? NULL : yyjson_val_mut_copy(doc, before);
    struct vb_json *input = NULL;

    for (size_t i = 0; root != NULL && i < state->property_count; i++) {
        struct strip strip = {dependents, stored, &state->properties[i]};

        if (state->properties[i].on_delete == VB_ON_DELETE_SET_NULL)
            below(&strip, before, root, 0);
    }
    if (root != NULL && vb_json_freeze(root, NULL, &input, NULL) != VB_OK)
        input = NULL;
    yyjson_mut_doc_free(doc);
    vb_stored_input(stored, input);
    return input != NULL;
}

static bool still_refers(const struct vb__dependents *dependents,
                         const struct vb_stored *stored)
{
    for (size_t i = 0; i < stored->reference_count; i++)
        if (vb__dependents_delete(dependents, stored->references[i]))
            return true;
    return false;
}

enum vb_answer vb__dependent_free(struct vb__dependents *dependents,
                                  struct vb__dependent *dependent)
{
    struct vb_stored *stored = dependent->stored;
    const struct vb_state *state = stored->route->state;
    enum vb_answer answer;
    enum vb_err err;

    if (state == NULL || !state->json || !strip_all(dependents, stored))
        return VB_NO; /* it is part of what goes, and no more */
    answer = vb_document_check(stored, state->schema, VB_STATUS_CONFLICT,
                               VB_COMPOSE_BY_SERVER);
    if (answer != VB_YES)
        return answer;
    err = vb_compose(stored, VB_COMPOSE_BY_SERVER);
    if (err == VB_OK)
        err = vb_compose_ties(stored);
    if (err != VB_OK)
        return vb_document_beyond(stored->x, err);
    return still_refers(dependents, stored) ? VB_NO : VB_YES;
}
