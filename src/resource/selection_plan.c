/*
 * How a selection is found: through which index, and what next where that is
 * not there or would be too much. See selection.h.
 *
 *     one key of a property, or a word      walk through those
 *     a few ranges of one                   look at all in them
 *     an order by one                       walk along the index
 *     else                                  look at members as they come, or,
 *                                           for an order, at all of them
 *
 * Where the ranges of one property say all that is asked, what lies in them is
 * neither looked at nor parsed, and counted as keys.
 */
#include "content/ranges.h"
#include "resource/indexes.h"
#include "resource/selection.h"

/* Keys that one request goes through: for a page, and to count them, which
 * takes some 50 ns each. */
#define PAGE_KEYS  50000
#define COUNT_KEYS 5000000

#define PLANS_MOST 4

struct planner {
    struct vb_arena *arena;
    const struct vb_selection_wish *wish;
    const struct vb_route *listing; /* whose members they are */
    struct vb_selection_plan plans[PLANS_MOST];
    size_t count;
};

/* What the selection leaves of an index. */
struct narrow {
    struct vb_span index;               /* its name; ptr NULL: there is none */
    const struct vb_property *property; /* NULL: it is of words */
    struct vb_ranges ranges;
    bool points; /* single keys only */
};

static struct vb_filter_field field_of(const struct vb_property *property)
{
    return (struct vb_filter_field){.path = property->path,
                                    .path_len = property->path_len};
}

/* Where the values of a property are of all that is selected. */
static struct narrow narrowed(struct planner *p,
                              const struct vb_property *property)
{
    const struct vb_selection *selection = p->wish->selection;
    const struct vb_filter_field field = field_of(property);
    struct narrow narrow = {
        .index = vb_index_name(p->arena, p->listing, property),
        .property = property,
        .ranges =
            vb_ranges_all(p->wish->sees_all && selection->word_count == 0),
        .points = true,
    };

    for (size_t i = 0; i < selection->filter_count; i++) {
        const struct vb_filter *filter = &selection->filters[i].filter;
        struct vb_ranges ranges = vb_filter_field_same(&filter->field, &field)
                                      ? vb_filter_ranges(p->arena, filter)
                                      : vb_ranges_all(false);

        narrow.ranges = vb_ranges_both(p->arena, narrow.ranges, ranges);
    }
    if (selection->expression != NULL)
        narrow.ranges = vb_ranges_both(
            p->arena, narrow.ranges,
            vb_expression_ranges(p->arena, selection->expression, &field));
    for (size_t i = 0; i < narrow.ranges.count; i++)
        narrow.points &= vb_range_is_point(&narrow.ranges.ranges[i]);
    return narrow;
}

/* Where members are that have a word. It is all that is asked for where there
 * is but one whole word, and no filter. */
static struct narrow narrowed_to(struct planner *p,
                                 const struct vb_search *search)
{
    const struct vb_selection *selection = p->wish->selection;
    struct vb_span low = search->word;
    bool exact = p->wish->sees_all && selection->word_count == 1 &&
                 selection->filter_count == 0 &&
                 selection->expression == NULL && !search->prefix;
    struct vb_span high = vb_arena_printf(p->arena, "%.*s%c", VB_FMT(low),
                                          search->prefix ? 0xff : '\0');

    if (!search->prefix) { /* a word and NUL, which is behind `high` */
        low = vb_span_of(high.ptr, low.len + 1);
        high.len = low.len + 1;
    }
    return (struct narrow){
        .index = vb_index_words_name(p->arena, p->listing),
        .ranges = vb_ranges_one(p->arena, low, high, exact),
        .points = !search->prefix,
    };
}

/* What says all before what does not, single keys before ranges, and few
 * before many. */
static bool is_better(const struct narrow *a, const struct narrow *b)
{
    if (b->index.ptr == NULL || a->ranges.exact != b->ranges.exact)
        return b->index.ptr == NULL || a->ranges.exact;
    if (a->points != b->points)
        return a->points;
    return a->ranges.count < b->ranges.count;
}

/* Long words are rarer than short ones. */
static bool is_longer(const struct narrow *a, const struct narrow *b)
{
    return a->ranges.ranges[0].low.len > b->ranges.ranges[0].low.len;
}

static struct narrow find_narrow(struct planner *p)
{
    const struct vb_selection *selection = p->wish->selection;
    const struct vb_state *state = p->listing->state;
    struct narrow best = {.points = false};

    for (size_t i = 0; i < selection->word_count; i++) {
        struct narrow narrow = narrowed_to(p, &selection->words[i]);

        if (is_better(&narrow, &best) ||
            (narrow.points == best.points && is_longer(&narrow, &best)))
            best = narrow;
    }
    for (size_t i = 0; vb_selection_filters(selection) && state != NULL &&
                       i < state->field_count;
         i++) {
        struct narrow narrow;

        if (!vb_property_is_indexed(&state->fields[i]))
            continue;
        narrow = narrowed(p, &state->fields[i]);
        if (!vb_ranges_are_all(&narrow.ranges) && is_better(&narrow, &best))
            best = narrow;
    }
    return best;
}

/* The one property that the selection is sorted by, if an index has it. */
static const struct vb_property *sorted_by(const struct planner *p)
{
    const struct vb_selection *selection = p->wish->selection;
    const struct vb_state *state = p->listing->state;

    if (selection->sort_count != 1 || state == NULL)
        return NULL;
    for (size_t i = 0; i < state->field_count; i++) {
        const struct vb_filter_field field = field_of(&state->fields[i]);

        if (vb_property_is_indexed(&state->fields[i]) &&
            vb_filter_field_same(&field, &selection->sorts[0].field))
            return &state->fields[i];
    }
    return NULL;
}

static struct vb_list_index index_of(const struct narrow *narrow, uint64_t most)
{
    return (struct vb_list_index){
        .name = narrow->index,
        .ranges = narrow->ranges,
        .most = most,
    };
}

static struct vb_selection_plan *add(struct planner *p, bool whole,
                                     enum vb_selection_effort effort,
                                     const struct narrow *narrow)
{
    struct vb_selection_plan *plan = &p->plans[p->count++];

    *plan = (struct vb_selection_plan){.whole = whole, .effort = effort};
    if (narrow != NULL && narrow->index.ptr != NULL) {
        plan->indexed = true;
        plan->index = index_of(narrow, PAGE_KEYS);
    }
    return plan;
}

static void plan_order(struct planner *p, const struct narrow *best)
{
    const struct vb_selection *selection = p->wish->selection;
    const struct vb_property *sorted = sorted_by(p);

    if (best->index.ptr != NULL && (sorted == NULL || best->property != sorted))
        add(p, true,
            best->points && sorted != NULL ? VB_SELECTION_PAGE
                                           : VB_SELECTION_WHOLE,
            best);
    if (sorted != NULL) {
        struct narrow along = narrowed(p, sorted);
        struct vb_selection_plan *plan =
            add(p, true, VB_SELECTION_WHOLE, &along);

        plan->index.ordered = true;
        plan->index.descending = selection->sorts[0].descending;
    }
    add(p, true, VB_SELECTION_WHOLE, NULL);
}

static void plan_any(struct planner *p, const struct narrow *best)
{
    if (best->index.ptr != NULL)
        add(p, false, VB_SELECTION_PAGE, best);
    add(p, false, VB_SELECTION_PAGE, NULL);
}

/* Counted as keys, beside whatever way the page is found. */
static void count_keys(struct planner *p, const struct narrow *best)
{
    for (size_t i = 0; i < p->count; i++) {
        p->plans[i].counts = true;
        p->plans[i].counted = index_of(best, COUNT_KEYS);
    }
}

/* For a guess, those that come first are as good as any, and no index's. */
static void plan_count(struct planner *p, const struct narrow *best)
{
    bool exact = p->wish->counts == VB_PREFER_COUNT_EXACT;

    if (exact && best->index.ptr != NULL)
        add(p, true, VB_SELECTION_WHOLE, best);
    add(p, true,
        exact || p->wish->selection->sort_count > 0 ? VB_SELECTION_WHOLE
                                                    : VB_SELECTION_PAGE,
        NULL);
}

bool vb_selection_plan(struct vb_arena *arena,
                       const struct vb_selection_wish *wish, size_t attempt,
                       struct vb_selection_plan *ret_plan)
{
    const struct vb_route *route = wish->selection->route;
    struct planner p = {.arena = arena,
                        .wish = wish,
                        .listing = route->lists != NULL ? route->lists : route};
    struct narrow best = find_narrow(&p);
    bool counts = wish->counts != VB_PREFER_COUNT_NONE;
    bool keys = counts && best.index.ptr != NULL && best.ranges.exact;

    if (counts && !keys)
        plan_count(&p, &best);
    else if (wish->selection->sort_count > 0)
        plan_order(&p, &best);
    else
        plan_any(&p, &best);
    if (keys)
        count_keys(&p, &best);
    if (keys && attempt >= p.count) {
        attempt -= p.count;
        p.count = 0;
        plan_count(&p, &(struct narrow){.points = false});
    }
    if (attempt >= p.count)
        return false;
    *ret_plan = p.plans[attempt];
    return true;
}
