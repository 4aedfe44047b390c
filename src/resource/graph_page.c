/* What pages show. See graph_page.h. */
#include "resource/graph_page.h"

/* --- cursors ---------------------------------------------------------------
 */

const struct vb_hash_key *vb__graph_secret(const struct vb__graph_run *run)
{
    return &run->x->env->store->store->secret;
}

/* As GET has them: so its cursors are good here, and the other way round. */
struct vb_span vb__graph_page_scope(struct vb__graph_run *run,
                                    const struct vb__graph_page *page)
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

static struct vb_gql_result write_cursor(const struct vb__graph_page *page,
                                         uint64_t position, struct vb_span key)
{
    const struct vb_cursor cursor = {.position = position, .key = key};
    struct vb__graph_run *run = page->of->run;
    struct vb_gql_result result;
    struct vb_buf text;

    vb_buf_init(&text, 8192);
    vb_cursor_write(&text, &cursor, page->scope, vb__graph_secret(run));
    result = text_of(text.err == VB_OK
                         ? vb_arena_dup(&run->arena, vb_buf_span(&text))
                         : vb_span_of(NULL, 0));
    vb_buf_done(&text);
    return result;
}

/* Behind a member. */
static struct vb_gql_result cursor_at(const struct vb__graph_page *page,
                                      size_t index)
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
static struct vb_gql_result end_of(const struct vb__graph_page *page)
{
    if (page->list.more)
        return write_cursor(page, page->list.reached,
                            vb_buf_span(&page->list.reached_key));
    return page->list.count == 0 ? text_of(vb_span_of(NULL, 0))
                                 : cursor_at(page, page->list.count - 1);
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

static void make_edges(struct vb__graph_page *page)
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
        page->edges[i] = (struct vb__graph_edge){page, i};
        page->nodes[i] = vb__graph_node_new(
            run, member, vb_record_ref(page->list.records[i]));
    }
}

static struct vb_gql_result show_page(struct vb__graph_page *page)
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

void vb__graph_pages_arrived(struct vb__graph_listing *listing)
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

/* --- parts of pages --------------------------------------------------------
 */

static struct vb_gql_result truth(bool is)
{
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_JSON,
        .text = is ? VB_SPAN("true") : VB_SPAN("false"),
    };
}

static struct vb_gql_result edges_of(const struct vb__graph_page *page)
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
    const struct vb__graph_page *page = object;
    const struct vb__graph_edge *edge = object;

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

static struct vb_gql_result total_of(struct vb__graph_run *run,
                                     const struct vb__graph_page *counted,
                                     enum vb_err err)
{
    if (err == VB_OK)
        err = counted->list.op.err;
    if (err == VB_ERR_LIMIT)
        return too_many(run, "they are not counted");
    return err == VB_OK ? number(run, counted->list.total)
                        : vb__graph_failed(run, err);
}

void vb__graph_totals_arrived(struct vb__graph_listing *listing)
{
    for (size_t i = 0; i < listing->call->count; i++)
        listing->call->results[i] =
            total_of(listing->run, &listing->pages[i], listing->read.op.err);
}

/* Only looking at members can tell how many there are. */
static bool counts_some(const struct vb__graph_page *page)
{
    return vb_selection_filters(page->selection) || page->of->members != NULL;
}

/* Another look at the pages' listings, at all of each. */
static struct vb__graph_listing *recount(struct vb__graph_run *run,
                                         struct vb_gql_call *call)
{
    const struct vb__graph_page *first = call->objects[0];
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
        const struct vb__graph_page *of = call->objects[i];
        struct vb__graph_page *page = &listing->pages[i];

        page->of = listing;
        page->key = of->key;
        page->target = of->target;
        page->selection = of->selection;
        page->limit = 1;
        (void)vb__graph_list_add(page);
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
        return listing == NULL || vb__graph_lists_read(listing);
    }
    for (size_t i = 0; i < call->count; i++) {
        const struct vb__graph_page *page = call->objects[i];

        call->results[i] = number(run, page->list.members);
    }
    return true;
}
