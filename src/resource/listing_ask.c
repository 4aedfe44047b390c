/* What a listing is asked for. See listing_part.h. */
#include "flow/intake.h"
#include "flow/reply.h"
#include "resource/follow.h"
#include "resource/listing_part.h"
#include "resource/params.h"

/* Bytes of content that a QUERY may have. */
#define QUERY_BYTES ((uint64_t)64 * 1024)

/* What is wrong with a parameter: the URI's fault, or that of well-formed
 * content. */
bool vb__listing_refuse(struct vb_exchange *x, const char *name,
                        const char *detail)
{
    x->reply.status = x->head.method == VB_METHOD_QUERY
                          ? VB_STATUS_UNPROCESSABLE_CONTENT
                          : VB_STATUS_BAD_REQUEST;
    vb_reply_complain(x, VB_PROBLEM_PARAMETER, vb_span_str(name),
                      vb_span_str(detail));
    return false;
}

/* A QUERY asks what GET asks: where it is not described, GET's words hold. */
static const struct vb_operation *
operation_of(const struct vb__listing *listing)
{
    const struct vb_route *route = listing->route;
    const struct vb_operation *query = route->by_method[VB_METHOD_QUERY];

    return listing->x->head.method == VB_METHOD_QUERY && query != NULL
               ? query
               : route->by_method[VB_METHOD_GET];
}

static bool is_form(const struct vb_exchange *x)
{
    return vb__listing_built(x)->contents[x->accept]->kind == VB_MEDIA_FORM;
}

static bool read_content(struct vb__listing *listing,
                         struct vb_selection_reading *reading)
{
    struct vb_exchange *x = listing->x;
    const struct vb_content *content;

    if (is_form(x))
        return vb_selection_read_form(reading, vb_buf_span(&x->content));
    content = vb__listing_built(x)->contents[x->accept];
    if (content->schema != NULL &&
        !vb_params_value_fits(x, content->schema, listing->input->root,
                              VB_STATUS_UNPROCESSABLE_CONTENT))
        return false;
    return vb_selection_read_json(reading, listing->input->root);
}

/* How many, and where from. A cursor is good for its listing in its order. */
static bool take_page(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;
    const struct vb_selection *selection = &listing->selection;
    struct vb_page *page = &listing->page;
    int64_t limit = VB_PAGE_USUAL;

    page->secret = &x->env->store->store->secret;
    page->scope = x->key;
    if (selection->sort_count > 0)
        page->scope = vb_arena_printf(&x->arena, "%.*s?%.*s", VB_FMT(x->key),
                                      VB_FMT(selection->sort));
    if (selection->limit.ptr != NULL &&
        (!vb_span_i64(selection->limit, &limit) || limit < 1))
        return vb__listing_refuse(x, "limit", "must be an integer above 0");
    if (selection->cursor.ptr != NULL &&
        !vb_cursor_parse(&x->arena, selection->cursor, page->scope,
                         page->secret, &page->cursor))
        return vb__listing_refuse(x, "cursor",
                                  "was not given out by this listing");
    listing->flows = vb__listing_may_flow(listing);
    listing->list.limit =
        (uint32_t)(limit < VB_PAGE_MOST && !listing->flows ? limit
                                                           : VB_PAGE_MOST);
    return true;
}

/* Prefer (RFC 7240): handling, and count=exact. */
static void take_preferences(struct vb__listing *listing,
                             const struct vb_prefer *prefer)
{
    listing->counts = prefer->count;
    if (prefer->handling == VB_PREFER_HANDLING_STRICT)
        vb_reply_applied(listing->x, "handling=strict");
    else if (listing->selection.ignored)
        vb_reply_applied(listing->x, "handling=lenient");
}

bool vb__listing_ask(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_prefer prefer = vb_reply_prefer(x);
    struct vb_selection_reading reading = {
        .x = x,
        .selection = &listing->selection,
        .operation = operation_of(listing),
        .lenient = prefer.handling == VB_PREFER_HANDLING_LENIENT,
        .streams = vb_follow_wanted(x),
    };

    if (!vb_selection_view(x, &listing->selection)) {
        x->reply.status = x->arena.failed ? VB_STATUS_SERVICE_UNAVAILABLE
                                          : VB_STATUS_NOT_FOUND;
        return false;
    }
    if ((x->head.has_query &&
         !vb_selection_read_query(&reading, x->head.query)) ||
        (x->head.method == VB_METHOD_QUERY &&
         !read_content(listing, &reading)) ||
        (!reading.streams && !take_page(listing))) {
        vb_reply_add(x, VB_SPAN("Vary"), VB_SPAN("Prefer"));
        return false;
    }
    if (reading.streams)
        return true;
    take_preferences(listing, &prefer);
    vb_page_name(x, &listing->page);
    if (vb_page_prepare(x, &listing->page))
        return true;
    x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
    return false;
}

/* --- what a QUERY asks with its content (RFC 10008) ------------------------
 */

static enum vb_answer query_received(struct vb_exchange *x)
{
    return vb_intake_buffer(x, QUERY_BYTES);
}

/* Content that is not what its media type says is 400 (section 2.1), for
 * whatever reason. */
static enum vb_answer query_parsed(struct vb_exchange *x)
{
    struct vb__listing *listing = vb__listing_new(x);
    struct vb_json_error error;

    if (listing == NULL)
        return VB_HALT;
    x->state = listing;
    x->state_done = vb__listing_done;
    if (is_form(x) || vb_json_parse(vb_buf_span(&x->content), NULL,
                                    &listing->input, &error) == VB_OK)
        return VB_YES;
    return vb_params_not_json(x, VB_ERR_SYNTAX, &error);
}

static enum vb_answer query_valid(struct vb_exchange *x)
{
    return vb__listing_ask(x->state) ? VB_YES : VB_NO;
}

const struct vb_slot vb_listing_query = {
    .received = query_received,
    .parsed = query_parsed,
    .valid = query_valid,
};
