/*
 * Reading a listing. A page is an ordinary representation: an array of the
 * members' own, in the order of their creation or the one that was asked for,
 * tagged with the revision of the last change to any member, and cached until
 * the next one.
 */
#include "flow/reply.h"
#include "resource/cached.h"
#include "resource/follow.h"
#include "resource/guarded.h"
#include "resource/listing_part.h"
#include "resource/params.h"

/* Bytes of members on a page: fewer come when they are large. And of those that
 * are held at a time where more than a page flows. */
#define PAGE_BYTES  ((size_t)2 * 1024 * 1024)
#define PIECE_BYTES ((size_t)64 * 1024)

void vb__listing_done(struct vb_exchange *x)
{
    struct vb__listing *listing = x->state;

    vb_json_free(listing->input);
    vb_expanding_done(&listing->expanding);
    vb_list_read_done(&listing->list);
}

struct vb__listing *vb__listing_new(struct vb_exchange *x)
{
    struct vb__listing *listing =
        vb_arena_calloc(&x->arena, 1, sizeof(*listing));

    if (listing == NULL) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return NULL;
    }
    listing->x = x;
    listing->route = vb__listing_built(x)->route;
    listing->selection.route = listing->route;
    listing->page.selection = &listing->selection;
    listing->page.list = &listing->list;
    return listing;
}

struct vb_span vb__listing_parent(struct vb_exchange *x)
{
    const struct vb_route *lists = vb__listing_built(x)->route->lists;

    return lists != NULL ? vb_route_key(x, lists, NULL, 0) : x->key;
}

static enum vb_answer read_page(struct vb__listing *listing);

/* As many of all of them as of those that were looked at. */
static void estimate(struct vb__listing *listing)
{
    const struct vb_list_read *list = &listing->list;

    if (listing->counts == VB_PREFER_COUNT_ESTIMATED && list->looked > 0)
        listing->total =
            (uint64_t)((double)list->total * (double)list->members /
                       (double)list->looked);
    else
        listing->counts = VB_PREFER_COUNT_NONE;
}

/* Only looking at members can tell how many there are. */
static bool counts_some(const struct vb__listing *listing)
{
    return listing->counts != VB_PREFER_COUNT_NONE && !listing->counted &&
           (vb_selection_filters(&listing->selection) ||
            listing->members != NULL);
}

bool vb__listing_plan(struct vb__listing *listing, size_t attempt)
{
    const struct vb_selection_wish wish = {
        .selection = &listing->selection,
        .counts = counts_some(listing) ? listing->counts : VB_PREFER_COUNT_NONE,
        .sees_all = listing->members == NULL,
    };

    listing->attempt = attempt;
    return vb_selection_plan(&listing->x->arena, &wish, attempt,
                             &listing->plan);
}

/* There is no such index, or too much to look at: perhaps another way. */
static enum vb_answer try_another(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (vb__listing_plan(listing, listing->attempt + 1))
        return read_page(listing);
    if (counts_some(listing)) { /* then it is shown without */
        estimate(listing);
        listing->counted = true;
        if (vb__listing_plan(listing, 0))
            return read_page(listing);
    }
    vb__listing_refuse(x, "sort",
                       "is not possible: there are too many members, and no "
                       "index has them in this order");
    return VB_HALT;
}

static void say_count(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (listing->counts == VB_PREFER_COUNT_NONE)
        return;
    if (!listing->counted)
        listing->total =
            counts_some(listing) ? listing->list.total : listing->list.members;
    vb_reply_applied(x, listing->counts == VB_PREFER_COUNT_EXACT
                            ? "count=exact"
                            : "count=estimated");
    vb_reply_add(
        x, VB_SPAN("Total-Count"),
        vb_arena_printf(&x->arena, "%llu", (unsigned long long)listing->total));
}

static enum vb_answer present(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;
    bool flows = listing->flows && listing->list.more;
    struct vb_rep *rep =
        flows ? vb__listing_flow(listing) : vb_page_present(x, &listing->page);

    if (rep == NULL)
        return VB_HALT;
    say_count(listing);
    if (flows) {
        vb_cached_select(x, rep);
        return VB_YES;
    }
    return vb_cached_show(x, listing->cache_key, listing->stamp, rep);
}

static void write_expanded(void *context)
{
    struct vb__listing *listing = context;

    vb_page_expand(&listing->page);
}

static enum vb_answer show_expanded(void *context)
{
    struct vb__listing *listing = context;
    enum vb_answer answer = present(listing);

    vb_list_read_done(&listing->list);
    return answer;
}

static enum vb_answer expand(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    listing->expanding = (struct vb_expanding){
        .x = x,
        .steps = listing->selection.steps,
        .write = write_expanded,
        .show = show_expanded,
        .context = listing,
    };
    listing->page.expanding = &listing->expanding;
    x->state = listing;
    x->state_done = vb__listing_done;
    return vb_expanding_run(&listing->expanding);
}

static enum vb_answer show_page(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;
    enum vb_answer answer;

    vb_ruling_done(&listing->ruling); /* the walk is over */
    vb_cached_aged(&listing->stamp, listing->list.age_ms);
    if (vb__listing_lacks_way(listing))
        return try_another(listing);
    if (listing->list.op.err != VB_OK)
        return vb_stored_failed(x, listing->list.op.err);
    if (listing->only_members && listing->list.count == 0 &&
        !listing->list.more) {
        answer = VB_NO;
    } else if (x->offer < 0) { /* it might have been a document of any type */
        x->reply.status = VB_STATUS_NOT_ACCEPTABLE;
        answer = VB_HALT;
    } else if (listing->selection.steps != NULL) {
        return expand(listing); /* its members are shown later */
    } else {
        answer = present(listing);
    }
    vb_list_read_done(&listing->list);
    return answer;
}

static void list_done(struct vb_store_op *op)
{
    struct vb__listing *listing = op->context;
    enum vb_answer answer = show_page(listing);

    if (answer != VB_PENDING)
        vb_flow_resume(listing->x, answer);
}

enum vb_io vb__listing_read(struct vb__listing *listing,
                            void (*done)(struct vb_store_op *op), void *context)
{
    struct vb_exchange *x = listing->x;
    const struct vb_selection *selection = &listing->selection;
    const struct vb_cursor *cursor = &listing->page.cursor;
    struct vb_list_read *list = &listing->list;
    bool sees_some = listing->members != NULL;

    list->op.done = done;
    list->op.context = context;
    list->parent = vb__listing_parent(x);
    list->from = cursor->position;
    list->from_key = cursor->key;
    list->backward = cursor->backward;
    if (!sees_some) /* a rule asks for more */
        list->brief = vb_page_brief(x);
    list->byte_limit = listing->flows ? PIECE_BYTES : PAGE_BYTES;
    if (!listing->flows) /* its parts are to be of about the same time */
        list->max_age_ms = vb_cached_max_age(x);
    list->whole = listing->plan.whole;
    list->index = listing->plan.indexed ? &listing->plan.index : NULL;
    list->counted = listing->plan.counts ? &listing->plan.counted : NULL;
    if (listing->route->by != NULL && list->index == NULL &&
        list->counted == NULL) /* no index knows them: the references do */
        list->target = vb_stored_owner(x, listing->route);
    if (sees_some)
        vb_ruling_begin(&listing->ruling, x, listing->members);
    if (sees_some || vb_selection_sieves(selection)) {
        vb_selection_sieve_init(&listing->sieve, selection,
                                sees_some ? &listing->ruling : NULL,
                                listing->plan.effort);
        list->sieve = &listing->sieve.base;
    }
    return vb_store_list(x->env->store, list);
}

static enum vb_answer read_page(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    listing->stamp = vb_cached_stamp(x, x->key);
    if (vb__listing_read(listing, list_done, listing) == VB_IO_PENDING)
        return VB_PENDING;
    return show_page(listing);
}

static enum vb_answer read_first(struct vb__listing *listing)
{
    if (vb__listing_plan(listing, 0) && !listing->x->arena.failed)
        return read_page(listing);
    listing->x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return VB_HALT;
}

static enum vb_answer cached_or_read(struct vb__listing *listing)
{
    enum vb_answer answer = listing->cache_key.len > 0
                                ? vb_cached_get(listing->x, listing->cache_key)
                                : VB_NO;

    return answer == VB_NO ? read_first(listing) : answer;
}

/* Nothing is asked but all of it, from the beginning. */
static bool is_plain(struct vb_exchange *x)
{
    return !x->head.has_query && x->head.method != VB_METHOD_QUERY &&
           vb_fields_first(&x->head.fields, VB_FIELD_PREFER) == NULL &&
           !vb__listing_has_owner(x);
}

/* What a page is cached under: its URI, and whether a QUERY led to it. What one
 * may see is not for others, nor for the same one tomorrow; and what is
 * expanded, or another collection's, changes without this one. */
static void name_in_cache(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (listing->counts != VB_PREFER_COUNT_NONE || listing->members != NULL ||
        listing->selection.steps != NULL || listing->route->lists != NULL)
        return;
    listing->cache_key = listing->page.uri;
    if (x->head.method == VB_METHOD_QUERY)
        listing->cache_key =
            vb_arena_printf(&x->arena, "QUERY %.*s", VB_FMT(listing->page.uri));
}

/* --- what happens to members -----------------------------------------------
 */

static enum vb_answer follow_members(struct vb__listing *listing)
{
    const struct vb_selection *selection = &listing->selection;

    if (listing->state.op.err != VB_OK)
        return vb_stored_failed(listing->x, listing->state.op.err);
    if (listing->only_members && listing->state.count == 0)
        return VB_NO;
    return vb_follow_listing(
        listing->x, listing->route, vb__listing_parent(listing->x),
        vb_selection_filters(selection) || listing->x->head.has_query
            ? selection
            : NULL);
}

static void members_counted(struct vb_store_op *op)
{
    struct vb__listing *listing = op->context;

    vb_flow_resume(listing->x, follow_members(listing));
}

/* Where there are none, there may be no listing to follow. */
static enum vb_answer follow(struct vb__listing *listing)
{
    if (!listing->only_members)
        return follow_members(listing);
    listing->state = (struct vb_collection_read){
        .op = {.done = members_counted, .context = listing},
        .parent = listing->x->key,
    };
    return vb_store_collection(listing->x->env->store, &listing->state) ==
                   VB_IO_PENDING
               ? VB_PENDING
               : follow_members(listing);
}

/* The rule of the members, unless it lets who asks see all of them. */
static const struct vb_allow *members_rule(struct vb_exchange *x)
{
    const struct vb_allow *allow =
        vb_guarded_members(vb__listing_built(x)->route);

    return vb_rule_of_any(x, allow) == VB_TRUE ? NULL : allow;
}

enum vb_answer vb_listing_show(struct vb_exchange *x, bool only_members)
{
    bool streams = vb_follow_wanted(x);
    bool queries = x->head.method == VB_METHOD_QUERY;
    const struct vb_allow *members = members_rule(x);
    enum vb_answer answer = !streams && members == NULL && is_plain(x)
                                ? vb_cached_get(x, x->key)
                                : VB_NO;
    struct vb__listing *listing;

    if (answer != VB_NO)
        return answer;
    listing = queries ? x->state : vb__listing_new(x);
    if (listing == NULL || (!queries && !vb__listing_ask(listing)) ||
        !vb_params_path_fits(x, listing->route))
        return VB_HALT;
    listing->only_members = only_members;
    if (streams)
        return vb__listing_after_owner(listing, follow);
    listing->members = members;
    listing->page.personal = members != NULL;
    name_in_cache(listing);
    return vb__listing_after_owner(listing, cached_or_read);
}

const struct vb_slot vb_listing_get = {.content_ignored = true};
