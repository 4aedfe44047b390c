/* Listings as connections (Relay's specification). See graph_part.h. */
#include <stdlib.h>

#include "http/percent.h"
#include "resource/graph_part.h"
#include "resource/guarded.h"
#include "resource/listing.h"
#include "resource/params.h"
#include "resource/selection_graphql.h"

/* Bytes of members on a page: fewer come when they are large. */
#define PAGE_BYTES ((size_t)2 * 1024 * 1024)

struct page;

/* A member of a page. */
struct edge {
    const struct page *page;
    size_t index;
};

/* What is read for one object: a connection. */
struct page {
    struct vb__graph_listing *of;
    struct vb_span key;    /* the listing's */
    struct vb_span target; /* what its members refer to; "": whatever */
    struct vb_selection *selection;
    struct vb_selection_sieve sieve;
    struct vb_cursor cursor;       /* where from */
    struct vb_span scope;          /* what its cursors are good for */
    struct vb_selection_plan plan; /* how it is read, */
    size_t attempt;                /* after so many others */
    uint32_t limit;
    struct vb_list_read list;
    struct edge *edges;
    const struct vb__graph_node **nodes; /* what the edges lead to, or NULL */
    bool denied;
};

/* What is read for one call: of one listing, or the listings of one path. */
struct vb__graph_listing {
    struct vb__graph_listing *next; /* of those of its run */
    struct vb__graph_run *run;
    struct vb_gql_call *call;
    const struct vb_route *route;
    struct vb_selection selection;  /* what is asked of each */
    const struct vb_allow *members; /* as in listing_part.h */
    struct vb_ruling ruling;
    struct page *pages; /* one for each object */
    struct vb_list_read **lists;
    struct vb_lists_read read;
    bool counts;          /* how many there are is all that is asked */
    struct vb_span owner; /* the only one's, which must be there; or "" */
    struct vb_record *owner_record;
    struct vb_records_read owner_read;
};

/* --- cursors ---------------------------------------------------------------
 */

static const struct vb_hash_key *secret(const struct vb__graph_run *run)
{
    return &run->x->env->store->store->secret;
}

/* As GET has them: so its cursors are good here, and the other way round. */
static struct vb_span scope_of(struct vb__graph_run *run,
                               const struct page *page)
{
    const struct vb_selection *selection = page->selection;
    struct vb_span key = page->key;

    if (page->target.len > 0)
        key = vb_arena_printf(&run->arena, "%.*s %.*s", VB_FMT(key),
                              VB_FMT(page->target));
    if (selection->sort_count == 0)
        return key;
    return vb_arena_printf(&run->arena, "%.*s?%.*s", VB_FMT(key),
                           VB_FMT(selection->sort));
}

static struct vb_gql_result text_of(struct vb_span text)
{
    return (struct vb_gql_result){.kind = text.ptr == NULL ? VB_GQL_RESULT_NULL
                                                           : VB_GQL_RESULT_TEXT,
                                  .text = text};
}

static struct vb_gql_result write_cursor(const struct page *page,
                                         uint64_t position, struct vb_span key)
{
    const struct vb_cursor cursor = {.position = position, .key = key};
    struct vb__graph_run *run = page->of->run;
    struct vb_gql_result result;
    struct vb_buf text;

    vb_buf_init(&text, 8192);
    vb_cursor_write(&text, &cursor, page->scope, secret(run));
    result = text_of(text.err == VB_OK
                         ? vb_arena_dup(&run->arena, vb_buf_span(&text))
                         : vb_span_of(NULL, 0));
    vb_buf_done(&text);
    return result;
}

/* Behind a member. */
static struct vb_gql_result cursor_at(const struct page *page, size_t index)
{
    const struct vb_record *record = page->list.records[index];
    struct vb_gql_result result;
    struct vb_json *json = NULL;
    struct vb_buf key;

    vb_buf_init(&key, 8192);
    if (page->selection->sort_count > 0) {
        if (vb_is_json(record->media_type))
            (void)vb_json_parse(record->content, NULL, &json, NULL);
        vb_selection_key(&key, page->selection,
                         json == NULL ? NULL : json->root);
        vb_json_free(json);
    }
    result = write_cursor(page, record->position, vb_buf_span(&key));
    vb_buf_done(&key);
    return result;
}

/* Where to go on: behind what was looked at, also where it was left out. */
static struct vb_gql_result end_of(const struct page *page)
{
    if (page->list.more)
        return write_cursor(page, page->list.reached,
                            vb_buf_span(&page->list.reached_key));
    return page->list.count == 0 ? text_of(vb_span_of(NULL, 0))
                                 : cursor_at(page, page->list.count - 1);
}

/* --- what is read ----------------------------------------------------------
 */

/* Who refers to something is found by that, all others as for GET. */
static bool plan(struct page *page)
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
static bool add_list(struct page *page)
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
        struct page *page = &listing->pages[i];

        if (page->list.op.err != VB_ERR_LIMIT &&
            page->list.op.err != VB_ERR_UNSUPPORTED)
            continue;
        page->attempt++;
        if (!add_list(page))
            page->list.op.err = VB_ERR_LIMIT;
    }
    return listing->read.count > 0;
}

static void pages_arrived(struct vb__graph_listing *listing);
static void totals_arrived(struct vb__graph_listing *listing);

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
        totals_arrived(listing);
    else
        pages_arrived(listing);
    return true;
}

static bool read_begin(struct vb__graph_listing *listing)
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

/* --- pages -----------------------------------------------------------------
 */

static struct vb_gql_result too_many(struct vb__graph_run *run,
                                     const char *what)
{
    return vb__graph_error(
        run, "TOO_MANY",
        vb_arena_printf(&run->arena, "%s: there are too many members", what));
}

static void make_edges(struct page *page)
{
    struct vb__graph_run *run = page->of->run;
    const struct vb_route *route = page->of->route;
    const struct vb_route *member =
        route->member != NULL ? route->member : route;
    size_t count = page->list.count;

    page->edges = vb_arena_calloc(&run->arena, count + 1, sizeof(*page->edges));
    page->nodes = vb_arena_calloc(&run->arena, count + 1,
                                  sizeof(struct vb__graph_node *));
    for (size_t i = 0; page->edges != NULL && page->nodes != NULL && i < count;
         i++) {
        page->edges[i] = (struct edge){page, i};
        page->nodes[i] = vb__graph_node_new(
            run, member, vb_record_ref(page->list.records[i]));
    }
}

static struct vb_gql_result show_page(struct page *page)
{
    struct vb__graph_run *run = page->of->run;

    if (page->denied)
        return vb__graph_denied(run, page->of->route);
    if (page->of->read.op.err != VB_OK)
        return vb__graph_failed(run, page->of->read.op.err);
    if (page->list.op.err == VB_ERR_LIMIT)
        return too_many(run, "this order is not possible");
    if (page->list.op.err != VB_OK)
        return vb__graph_failed(run, page->list.op.err);
    make_edges(page);
    return (struct vb_gql_result){.kind = VB_GQL_RESULT_OBJECT, .object = page};
}

static void pages_arrived(struct vb__graph_listing *listing)
{
    for (size_t i = 0; i < listing->call->count; i++)
        if (listing->pages[i].key.len > 0)
            listing->call->results[i] = show_page(&listing->pages[i]);
}

void vb__graph_listings_free(struct vb__graph_run *run)
{
    for (; run->listings != NULL; run->listings = run->listings->next)
        for (size_t i = 0; i < run->listings->call->count; i++)
            vb_list_read_done(&run->listings->pages[i].list);
}

/* --- asking for pages ------------------------------------------------------
 */

/* How many, and where from. NULL, or what is wrong. */
static const char *take_position(struct page *page, uint32_t *ret_limit)
{
    struct vb__graph_run *run = page->of->run;
    const struct vb_selection *selection = page->selection;
    int64_t limit = VB_PAGE_USUAL;

    page->scope = scope_of(run, page);
    if (selection->limit.ptr != NULL &&
        (!vb_span_i64(selection->limit, &limit) || limit < 1))
        return "first must be above 0";
    if (selection->cursor.ptr != NULL &&
        (!vb_cursor_parse(&run->arena, selection->cursor, page->scope,
                          secret(run), &page->cursor) ||
         page->cursor.backward))
        return "after was not given out by this listing";
    *ret_limit = (uint32_t)(limit < VB_PAGE_MOST ? limit : VB_PAGE_MOST);
    return NULL;
}

static struct vb_gql_result bad_input(struct vb__graph_run *run,
                                      const char *wrong)
{
    return vb__graph_error(run, "BAD_USER_INPUT", vb_span_str(wrong));
}

/* The page of one object, if its key is one. */
static void ask_page(struct vb__graph_listing *listing, size_t i)
{
    struct vb__graph_run *run = listing->run;
    struct page *page = &listing->pages[i];
    const char *wrong;
    uint32_t limit;

    page->of = listing;
    if (page->selection == NULL)
        page->selection = &listing->selection;
    if (page->key.len == 0)
        return;
    wrong = take_position(page, &limit);
    page->denied = !vb_guarded_shares(run->x, listing->route, page->key, NULL);
    if (wrong != NULL) {
        listing->call->results[i] = bad_input(run, wrong);
        page->key = VB_SPAN("");
    } else if (!page->denied) {
        page->limit = limit;
        (void)add_list(page);
    }
}

static bool ask_pages(struct vb__graph_listing *listing)
{
    for (size_t i = 0; i < listing->call->count; i++)
        ask_page(listing, i);
    return read_begin(listing);
}

/* NULL where memory is short, or the arguments are wrong. */
static struct vb__graph_listing *listing_new(struct vb__graph_run *run,
                                             struct vb_gql_call *call,
                                             const struct vb_gql_input *inputs)
{
    const struct vb_gql_source *source = call->field->owner;
    struct vb__graph_listing *listing =
        vb_arena_calloc(&run->arena, 1, sizeof(*listing));
    struct vb_selection_reading reading = {.x = run->x};
    struct vb_span name;
    const char *wrong;

    if (listing == NULL)
        return NULL;
    listing->run = run;
    listing->call = call;
    listing->route = source->route;
    listing->selection.route = source->route;
    listing->members = vb_guarded_members(source->route);
    run->x->personal |= listing->members != NULL;
    if (vb_rule_of_any(run->x, listing->members) == VB_TRUE)
        listing->members = NULL;
    listing->pages =
        vb_arena_calloc(&run->arena, call->count, sizeof(*listing->pages));
    listing->lists = vb_arena_calloc(&run->arena, call->count,
                                     sizeof(struct vb_list_read *));
    reading.selection = &listing->selection;
    wrong = vb_selection_read_graphql(&reading, inputs, call->arguments, &name);
    if (wrong != NULL)
        vb__graph_all(call,
                      bad_input(run, vb_arena_printf(&run->arena, "%.*s %s",
                                                     VB_FMT(name), wrong)
                                         .ptr));
    if (wrong != NULL || run->arena.failed)
        return NULL;
    listing->next = run->listings;
    run->listings = listing;
    return listing;
}

/* --- a listing by its path -------------------------------------------------
 */

static bool ask_owned(struct vb__graph_listing *listing)
{
    bool there =
        listing->owner_read.op.err == VB_OK && listing->owner_record != NULL;

    vb_record_unref(listing->owner_record);
    listing->owner_record = NULL;
    if (there)
        return ask_pages(listing);
    if (listing->owner_read.op.err != VB_OK)
        vb__graph_all(
            listing->call,
            vb__graph_failed(listing->run, listing->owner_read.op.err));
    return true;
}

static void owner_done(struct vb_store_op *op)
{
    struct vb__graph_listing *listing = op->context;
    struct vb__graph_run *run = listing->run;

    if (ask_owned(listing))
        vb_gql_execution_complete(run->execution, listing->call);
    vb__graph_go_on(run);
}

/* The reviews of a book that is not there are not there either. */
static bool after_owner(struct vb__graph_listing *listing)
{
    struct vb__graph_run *run = listing->run;

    listing->owner_read = (struct vb_records_read){
        .op = {.done = owner_done, .context = listing},
        .keys = &listing->owner,
        .count = 1,
        .records = &listing->owner_record,
    };
    if (vb_store_records(run->x->env->store, &listing->owner_read) ==
        VB_IO_PENDING) {
        run->waiting++;
        return false;
    }
    return ask_owned(listing);
}

static bool ask_root(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;
    const struct vb_route *owner = vb_route_owner(source->route);
    size_t count = vb_template_variables(&source->route->template);
    const struct vb_span *variables =
        vb__graph_variables(run, call, source->route);
    const struct vb_gql_input *inputs = call->field->arguments;
    struct vb__graph_listing *listing;

    for (size_t i = 0; i < count; i++)
        inputs = inputs->next;
    listing = listing_new(run, call, inputs);
    if (listing == NULL || variables == NULL ||
        !vb_params_variables_fit(run->x, source->route, variables))
        return true;
    for (size_t i = 0; i < call->count; i++)
        listing->pages[i].key =
            vb_route_key(run->x, source->route, variables, count);
    if (owner != NULL)
        listing->owner = vb_route_key(run->x, owner, variables, count);
    return listing->owner.len > 0 ? after_owner(listing) : ask_pages(listing);
}

/* --- listings of objects ---------------------------------------------------
 */

/* "/books/7/reviews", of a node "/books/7". */
static struct vb_span key_below(struct vb__graph_run *run,
                                const struct vb__graph_node *node,
                                const struct vb_route *listing)
{
    const struct vb_template *template = &listing->template;
    struct vb_span key = node->key;

    for (size_t i = node->route->template.segment_count;
         i < template->segment_count; i++)
        key = vb_arena_printf(&run->arena, "%.*s/%.*s", VB_FMT(key),
                              VB_FMT(template->segments[i].text));
    if (template->trailing_slash)
        key = vb_arena_printf(&run->arena, "%.*s/", VB_FMT(key));
    return key.ptr == NULL ? VB_SPAN("") : key;
}

static bool ask_part(struct vb__graph_run *run, struct vb_gql_call *call)
{
    struct vb__graph_listing *listing =
        listing_new(run, call, call->field->arguments);

    if (listing == NULL)
        return true;
    for (size_t i = 0; i < call->count; i++)
        listing->pages[i].key =
            key_below(run, call->objects[i], listing->route);
    return ask_pages(listing);
}

/* Do other properties refer to the same kind of thing? Then who refers may do
 * so by another one. */
static bool is_ambiguous(const struct vb_gql_source *source)
{
    const struct vb_state *state = source->route->state;

    for (size_t i = 0; state != NULL && i < state->property_count; i++) {
        const struct vb_property *other = &state->properties[i];

        if (other->references == source->property->references &&
            !vb_span_eq(other->path[0], source->property->path[0]))
            return true;
    }
    return false;
}

/* What the property says where it refers to this key. */
static struct vb_span said_of(struct vb__graph_run *run,
                              const struct vb_property *property,
                              struct vb_span key)
{
    struct vb_span id = key;

    if (vb_property_by_path(property))
        return key;
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] == '/' && i + 1 < key.len)
            id = vb_span_from(key, i + 1);
    return vb_percent_decode(&run->arena, id, &id) == VB_OK ? id : key;
}

/* Each object has a selection of its own then. */
static const char *narrow(struct vb__graph_listing *listing, struct page *page,
                          const struct vb_property *property)
{
    struct vb__graph_run *run = listing->run;
    struct vb_selection_reading reading = {.x = run->x};

    page->selection = vb_arena_alloc(&run->arena, sizeof(*page->selection));
    if (page->selection == NULL)
        return NULL;
    *page->selection = listing->selection;
    reading.selection = page->selection;
    return vb_selection_only_referring(&reading, property,
                                       said_of(run, property, page->target));
}

static bool ask_referrers(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;
    struct vb__graph_listing *listing =
        listing_new(run, call, call->field->arguments);
    bool ambiguous = is_ambiguous(source);
    struct vb_span key;
    const char *wrong = NULL;

    if (listing == NULL)
        return true;
    key = vb_route_key(run->x, source->route, NULL, 0);
    for (size_t i = 0; i < call->count && wrong == NULL; i++) {
        const struct vb__graph_node *node = call->objects[i];

        listing->pages[i].key = key;
        listing->pages[i].target = node->key;
        if (ambiguous)
            wrong = narrow(listing, &listing->pages[i], source->property);
    }
    if (wrong == NULL)
        return ask_pages(listing);
    vb__graph_all(call, bad_input(run, wrong));
    return true;
}

bool vb__graph_listing(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;

    switch (source->kind) {
    case VB_GQL_SOURCE_PART:
        return ask_part(run, call);
    case VB_GQL_SOURCE_REFERRERS:
        return ask_referrers(run, call);
    default:
        return ask_root(run, call);
    }
}

/* --- parts of pages --------------------------------------------------------
 */

static struct vb_gql_result truth(bool is)
{
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_JSON,
        .text = is ? VB_SPAN("true") : VB_SPAN("false"),
    };
}

static struct vb_gql_result edges_of(const struct page *page)
{
    struct vb__graph_run *run = page->of->run;
    size_t count = page->edges == NULL ? 0 : page->list.count;
    struct vb_gql_result result = {.kind = VB_GQL_RESULT_LIST};

    result.items =
        vb_arena_calloc(&run->arena, count + 1, sizeof(*result.items));
    if (result.items == NULL)
        return result;
    result.count = count;
    for (size_t i = 0; i < count; i++)
        result.items[i] = (struct vb_gql_result){.kind = VB_GQL_RESULT_OBJECT,
                                                 .object = &page->edges[i]};
    return result;
}

static struct vb_gql_result part_of(struct vb__graph_run *run,
                                    const struct vb_gql_call *call,
                                    const void *object,
                                    enum vb_gql_source_kind kind)
{
    const struct page *page = object;
    const struct edge *edge = object;

    switch (kind) {
    case VB_GQL_SOURCE_EDGES:
        return edges_of(page);
    case VB_GQL_SOURCE_PAGE_INFO:
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_OBJECT,
                                      .object = page};
    case VB_GQL_SOURCE_NODE:
        return vb__graph_show(run, call->field->shape,
                              edge->page->nodes[edge->index]);
    case VB_GQL_SOURCE_CURSOR:
        return cursor_at(edge->page, edge->index);
    case VB_GQL_SOURCE_HAS_NEXT:
        return truth(page->list.more);
    case VB_GQL_SOURCE_HAS_PREVIOUS:
        return truth(page->cursor.position > 0);
    case VB_GQL_SOURCE_START:
        return page->list.count == 0 ? text_of(vb_span_of(NULL, 0))
                                     : cursor_at(page, 0);
    default:
        return end_of(page);
    }
}

void vb__graph_part(struct vb__graph_run *run, struct vb_gql_call *call,
                    enum vb_gql_source_kind kind)
{
    for (size_t i = 0; i < call->count; i++)
        call->results[i] = part_of(run, call, call->objects[i], kind);
}

/* --- how many --------------------------------------------------------------
 */

static struct vb_gql_result number(struct vb__graph_run *run, uint64_t n)
{
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_JSON,
        .text = vb_arena_printf(&run->arena, "%llu", (unsigned long long)n)};
}

static struct vb_gql_result
total_of(struct vb__graph_run *run, const struct page *counted, enum vb_err err)
{
    if (err == VB_OK)
        err = counted->list.op.err;
    if (err == VB_ERR_LIMIT)
        return too_many(run, "they are not counted");
    return err == VB_OK ? number(run, counted->list.total)
                        : vb__graph_failed(run, err);
}

static void totals_arrived(struct vb__graph_listing *listing)
{
    for (size_t i = 0; i < listing->call->count; i++)
        listing->call->results[i] =
            total_of(listing->run, &listing->pages[i], listing->read.op.err);
}

/* Only looking at members can tell how many there are. */
static bool counts_some(const struct page *page)
{
    return vb_selection_filters(page->selection) || page->of->members != NULL;
}

/* Another look at the pages' listings, at all of each. */
static struct vb__graph_listing *recount(struct vb__graph_run *run,
                                         struct vb_gql_call *call)
{
    const struct page *first = call->objects[0];
    struct vb__graph_listing *listing =
        vb_arena_calloc(&run->arena, 1, sizeof(*listing));

    if (listing == NULL)
        return NULL;
    listing->run = run;
    listing->call = call;
    listing->route = first->of->route;
    listing->counts = true;
    listing->members = first->of->members;
    listing->pages =
        vb_arena_calloc(&run->arena, call->count, sizeof(*listing->pages));
    listing->lists = vb_arena_calloc(&run->arena, call->count,
                                     sizeof(struct vb_list_read *));
    if (run->arena.failed)
        return NULL;
    for (size_t i = 0; i < call->count; i++) {
        const struct page *of = call->objects[i];
        struct page *page = &listing->pages[i];

        page->of = listing;
        page->key = of->key;
        page->target = of->target;
        page->selection = of->selection;
        page->limit = 1;
        (void)add_list(page);
    }
    listing->next = run->listings;
    run->listings = listing;
    return listing;
}

bool vb__graph_total(struct vb__graph_run *run, struct vb_gql_call *call)
{
    struct vb__graph_listing *listing;

    if (counts_some(call->objects[0])) {
        listing = recount(run, call);
        return listing == NULL || read_begin(listing);
    }
    for (size_t i = 0; i < call->count; i++) {
        const struct page *page = call->objects[i];

        call->results[i] = number(run, page->list.members);
    }
    return true;
}
