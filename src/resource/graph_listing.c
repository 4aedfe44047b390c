/* Which pages are asked for. See graph_page.h. */
#include "resource/graph_page.h"
#include "resource/guarded.h"
#include "resource/listing.h"
#include "resource/params.h"
#include "resource/selection_graphql.h"

/* --- asking for pages ------------------------------------------------------
 */

/* How many, and where from. NULL, or what is wrong. */
static const char *take_position(struct vb__graph_page *page,
                                 uint32_t *ret_limit)
{
    struct vb__graph_run *run = page->of->run;
    const struct vb_selection *selection = page->selection;
    int64_t limit = VB_PAGE_USUAL;

    page->scope = vb__graph_page_scope(run, page);
    if (selection->limit.ptr != NULL &&
        (!vb_span_i64(selection->limit, &limit) || limit < 1))
        return "first must be above 0";
    if (selection->cursor.ptr != NULL &&
        (!vb_cursor_parse(&run->arena, selection->cursor, page->scope,
                          vb__graph_secret(run), &page->cursor) ||
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
    struct vb__graph_page *page = &listing->pages[i];
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
        (void)vb__graph_list_add(page);
    }
}

static bool ask_pages(struct vb__graph_listing *listing)
{
    for (size_t i = 0; i < listing->call->count; i++)
        ask_page(listing, i);
    return vb__graph_lists_read(listing);
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
    return vb_property_by_path(property) ? key : vb__graph_id(run, key);
}

/* Each object has a selection of its own then. */
static const char *narrow(struct vb__graph_listing *listing,
                          struct vb__graph_page *page,
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
