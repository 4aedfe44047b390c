/* Reading the lists of pages. See graph_page.h. */
#include "resource/graph_page.h"

/* Bytes of members on a page: fewer come when they are large. */
#define PAGE_BYTES ((size_t)2 * 1024 * 1024)

/* --- what is read ----------------------------------------------------------
 */

/* Who refers to something is found by that, all others as for GET. */
static bool plan(struct vb__graph_page *page)
{
    const struct vb__graph_listing *of = page->of;
    const struct vb_selection_wish wish = {
        .selection = page->selection,
        .counts = of->counts ? VB_PREFER_COUNT_EXACT : VB_PREFER_COUNT_NONE,
        .sees_all = of->members == NULL,
    };
    bool whole = of->counts || page->selection->sort_count > 0;

    if (page->target.len == 0)
        return vb_selection_plan(&of->run->arena, &wish, page->attempt,
                                 &page->plan);
    page->plan = (struct vb_selection_plan){
        .whole = whole,
        .effort = whole ? VB_SELECTION_WHOLE : VB_SELECTION_PAGE,
    };
    return page->attempt == 0;
}

/* Adds the page's list to those that are read; false: there is no way. */
bool vb__graph_list_add(struct vb__graph_page *page)
{
    struct vb__graph_listing *of = page->of;
    struct vb_list_read *list = &page->list;

    if (!plan(page))
        return false;
    *list = (struct vb_list_read){
        .parent = page->key,
        .target = page->target,
        .from = page->cursor.position,
        .from_key = page->cursor.key,
        .whole = page->plan.whole,
        .index = page->plan.indexed ? &page->plan.index : NULL,
        .counted = page->plan.counts ? &page->plan.counted : NULL,
        .limit = page->limit,
        .byte_limit = PAGE_BYTES,
    };
    if (page->plan.whole || of->members != NULL ||
        vb_selection_sieves(page->selection)) {
        vb_selection_sieve_init(&page->sieve, page->selection,
                                of->members != NULL ? &of->ruling : NULL,
                                page->plan.effort);
        list->sieve = &page->sieve.base;
    }
    of->lists[of->read.count++] = list;
    return true;
}

/* There is no such index, or too much to look at: perhaps another way. */
static bool add_failed(struct vb__graph_listing *listing)
{
    listing->read.count = 0;
    for (size_t i = 0; i < listing->call->count; i++) {
        struct vb__graph_page *page = &listing->pages[i];

        if (page->list.op.err != VB_ERR_LIMIT &&
            page->list.op.err != VB_ERR_UNSUPPORTED)
            continue;
        page->attempt++;
        if (!vb__graph_list_add(page))
            page->list.op.err = VB_ERR_LIMIT;
    }
    return listing->read.count > 0;
}

static void read_done(struct vb_store_op *op);

/* Reads the lists of the pages that may be seen, in one request; those that
 * cannot be read in the way that was tried first, in another one. False: not at
 * once. */
static bool read_lists(struct vb__graph_listing *listing)
{
    struct vb__graph_run *run = listing->run;

    listing->read.op.done = read_done;
    listing->read.op.context = listing;
    listing->read.lists = listing->lists;
    while (listing->read.count > 0) {
        if (vb_store_lists(run->x->env->store, &listing->read) ==
            VB_IO_PENDING) {
            run->waiting++;
            return false;
        }
        if (listing->read.op.err != VB_OK || !add_failed(listing))
            break;
    }
    vb_ruling_done(&listing->ruling);
    if (listing->counts)
        vb__graph_totals_arrived(listing);
    else
        vb__graph_pages_arrived(listing);
    return true;
}

bool vb__graph_lists_read(struct vb__graph_listing *listing)
{
    if (listing->members != NULL)
        vb_ruling_begin(&listing->ruling, listing->run->x, listing->members);
    return read_lists(listing);
}

static void read_done(struct vb_store_op *op)
{
    struct vb__graph_listing *listing = op->context;
    struct vb__graph_run *run = listing->run;

    if (op->err != VB_OK || !add_failed(listing))
        listing->read.count = 0;
    if (read_lists(listing))
        vb_gql_execution_complete(run->execution, listing->call);
    vb__graph_go_on(run);
}
