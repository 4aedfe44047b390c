/* A selection as a store's list request applies it. See selection.h. */
#include "base/list.h"
#include "content/collate.h"
#include "content/json.h"
#include "resource/selection.h"
#include "resource/stored.h"

/*
 * What one request may look at. A page that would need more comes with less on
 * it, perhaps nothing, and a link to go on; what needs all members at once,
 * sorting and counting, is refused beyond it.
 */
#define PAGE_RECORDS  10000
#define PAGE_BYTES    ((uint64_t)16 * 1024 * 1024)
#define WHOLE_RECORDS 50000
#define WHOLE_BYTES   ((uint64_t)64 * 1024 * 1024)

void vb_selection_key(struct vb_buf *key, const struct vb_selection *selection,
                      yyjson_val *root)
{
    for (size_t i = 0; i < selection->sort_count; i++) {
        const struct vb_sort *sort = &selection->sorts[i];
        unsigned flags = sort->descending ? VB_COLLATE_DESCENDING : 0;

        if (sort->field.time)
            flags |= VB_COLLATE_TIME;
        vb_collate(key, vb_filter_value(&sort->field, root), flags);
    }
}

bool vb_selection_holds(const struct vb_selection *selection, yyjson_val *root)
{
    const struct vb_expression_values values = {.roots = {root}};

    for (size_t i = 0; i < selection->filter_count; i++)
        if (!vb_filter_holds(&selection->filters[i].filter, root))
            return false;
    if (!vb_selection_has_words(selection, root))
        return false;
    return selection->expression == NULL ||
           vb_expression_ask(selection->expression, &values) == VB_TRUE;
}

/* On a thread of the store's: it touches nothing of the exchange's but the
 * selection, which nobody changes. */
static bool keep(struct vb_sieve *base, const struct vb_record *state,
                 struct vb_buf *key)
{
    struct vb_selection_sieve *sieve =
        VB_CONTAINER(base, struct vb_selection_sieve, base);
    const struct vb_selection *selection = sieve->selection;
    struct vb_json *json = NULL;
    yyjson_val *root;
    bool kept;

    if (vb_is_json(state->media_type) &&
        vb_json_parse(state->content, NULL, &json, NULL) != VB_OK) {
        key->err = VB_ERR_NOMEM;
        return false;
    }
    root = json == NULL ? NULL : json->root;
    kept = (sieve->ruling == NULL ||
            vb_ruling_holds_for(sieve->ruling, state->key, root)) &&
           vb_selection_holds(selection, root);
    if (kept)
        vb_selection_key(key, selection, root);
    vb_json_free(json);
    return kept;
}

void vb_selection_sieve_init(struct vb_selection_sieve *sieve,
                             const struct vb_selection *selection,
                             const struct vb_ruling *ruling,
                             enum vb_selection_effort effort)
{
    bool whole = effort == VB_SELECTION_WHOLE;

    *sieve = (struct vb_selection_sieve){
        .base = {.keep = keep,
                 .most_records = whole ? WHOLE_RECORDS : PAGE_RECORDS,
                 .most_bytes = whole ? WHOLE_BYTES : PAGE_BYTES},
        .selection = selection,
        .ruling = ruling,
    };
}
