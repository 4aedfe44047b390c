/* A page of a list: how much it is, which statement asks for it, and how its
 * rows are read. See list_part.h. */
#include "storage/postgres/list_part.h"

/* The first page of what is sieved, and how much more the next one is. */
#define FIRST_ROWS  64
#define FIRST_BYTES ((uint64_t)256 * 1024)
#define GROWTH      4

/* Of the statements BRIEF_UP and BRIEF_DOWN. */
enum column { POSITION, CONTENT, REVISION, COUNT };

/* Of VB__PG_RECORD_COLUMNS. */
enum { KEY_OF_RECORD = 0, CONTENT_OF_RECORD = VB__PG_RECORD_WIDTH - 1 };

/* --- bounds ----------------------------------------------------------------
 */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Are there more rows than the list has members? */
static bool is_sieved(const struct vb_list_read *list)
{
    bool exact = list->index != NULL && list->index->ranges.exact;

    return list->sieve != NULL && (!exact || vb__pg_list_is_picked(list));
}

void vb__pg_list_bound_all(struct vb__pg_listing *listing)
{
    const struct vb_list_read *list = listing->list;
    uint64_t rows = list->limit, bytes = list->byte_limit;

    if (is_sieved(list)) {
        rows = list->sieve->most_records;
        bytes = list->sieve->most_bytes;
    }
    listing->rows = least(rows, INT32_MAX - 1) + 1; /* are there more? */
    listing->bytes = least(bytes, INT64_MAX);
}

void vb__pg_list_bound_first(struct vb__pg_listing *listing)
{
    const struct vb_list_read *list = listing->list;

    vb__pg_list_bound_all(listing);
    if (!is_sieved(list) || vb__pg_list_is_picked(list))
        return;
    if (listing->rows > FIRST_ROWS + GROWTH * (uint64_t)list->limit)
        listing->rows = FIRST_ROWS + GROWTH * (uint64_t)list->limit;
    listing->bytes = least(listing->bytes, FIRST_BYTES);
}

void vb__pg_list_bound_next(struct vb__pg_listing *listing)
{
    uint64_t rows = listing->rows * GROWTH, bytes = listing->bytes * GROWTH;

    vb__pg_list_bound_all(listing);
    listing->rows = least(listing->rows, rows);
    listing->bytes = least(listing->bytes, bytes);
}

/* Of a page that is even, a member has no more content than this: so all of
 * them together have no more than the page may. */
static uint64_t even_bytes(const struct vb__pg_listing *listing)
{
    return listing->bytes / listing->rows;
}

/* --- forms -----------------------------------------------------------------
 */

static uint64_t *memory_of(const struct vb__pg_listing *listing)
{
    return &listing->client->uneven[listing->like % VB__PG_UNEVEN];
}

void vb__pg_list_choose_form(struct vb__pg_listing *listing)
{
    const struct vb_list_read *list = listing->list;

    listing->form = VB__PG_LIST_ANY;
    if (list->index != NULL)
        return;
    listing->like =
        vb_store_hash(&listing->client->store->store, list->parent) +
        even_bytes(listing) + list->brief.len;
    if (*memory_of(listing) != listing->like)
        listing->form =
            list->brief.len > 0 ? VB__PG_LIST_BRIEF : VB__PG_LIST_EVEN;
}

void vb__pg_list_remember_form(const struct vb__pg_listing *listing)
{
    if (listing->list->index != NULL)
        return;
    if (listing->uneven)
        *memory_of(listing) = listing->like;
    else if (*memory_of(listing) == listing->like)
        *memory_of(listing) = 0;
}

/* Would a statement for pages that are even have it? */
static bool is_even(const struct vb__pg_listing *listing,
                    const struct vb_record *state)
{
    struct vb_span brief = listing->list->brief;

    return state->content.len <= even_bytes(listing) &&
           (brief.len == 0 ||
            (state->content.len > 0 && vb_span_eq(state->media_type, brief)));
}

static bool row_is_even(const struct vb__pg_listing *listing, int row)
{
    struct vb_record state;

    switch (listing->form) {
    case VB__PG_LIST_BRIEF:
        return !PQgetisnull(listing->page, row, CONTENT);
    case VB__PG_LIST_EVEN:
        return !PQgetisnull(listing->page, row, CONTENT_OF_RECORD);
    case VB__PG_LIST_ANY:
        break;
    }
    state = vb__pg_list_row(listing, row);
    return is_even(listing, &state);
}

bool vb__pg_list_page_is_even(const struct vb__pg_listing *listing)
{
    int skipped = vb__pg_list_row_of_collection(listing);

    for (int row = 0; row < PQntuples(listing->page); row++)
        if (row != skipped && !row_is_even(listing, row))
            return false;
    return true;
}

/* --- asking ----------------------------------------------------------------
 */

void vb__pg_list_send_page(struct vb__pg_listing *listing,
                           struct vb__pg_link *link,
                           struct vb__pg_params *params)
{
    static const enum vb__pg_statement walks[][2][2] = {
        [VB__PG_LIST_ANY] = {{VB__PG_LIST_UP, VB__PG_LIST_DOWN},
                             {VB__PG_SOME_UP, VB__PG_SOME_DOWN}},
        [VB__PG_LIST_EVEN] = {{VB__PG_EVEN_UP, VB__PG_EVEN_DOWN},
                              {VB__PG_SOME_EVEN_UP, VB__PG_SOME_EVEN_DOWN}},
        [VB__PG_LIST_BRIEF] = {{VB__PG_BRIEF_UP, VB__PG_BRIEF_DOWN},
                               {VB__PG_SOME_BRIEF_UP, VB__PG_SOME_BRIEF_DOWN}}};
    const struct vb_list_read *list = listing->list;
    bool some = list->target.len > 0;

    vb__pg_int(params, (int64_t)(listing->form == VB__PG_LIST_ANY
                                     ? listing->bytes
                                     : even_bytes(listing)));
    if (listing->form == VB__PG_LIST_BRIEF)
        vb__pg_bytes(params, list->brief);
    if (some)
        vb__pg_bytes(params, list->target);
    vb__pg_send(link, &listing->ask, walks[listing->form][some][list->backward],
                params);
}

/* --- rows ------------------------------------------------------------------
 */

int vb__pg_list_row_of_collection(const struct vb__pg_listing *listing)
{
    int last = PQntuples(listing->page) - 1;
    bool is_last =
        listing->list->backward && !vb__pg_list_is_ordered(listing->list);
    int row = is_last ? last : 0;
    bool is_it;

    if (last < 0)
        return -1;
    is_it = listing->form == VB__PG_LIST_BRIEF
                ? !PQgetisnull(listing->page, row, REVISION)
                : PQgetisnull(listing->page, row, KEY_OF_RECORD);
    return is_it ? row : -1;
}

struct vb_record vb__pg_list_collection(const struct vb__pg_listing *listing)
{
    const PGresult *page = listing->page;
    int row = vb__pg_list_row_of_collection(listing);

    if (row < 0)
        return (struct vb_record){.revision = 0};
    if (listing->form != VB__PG_LIST_BRIEF)
        return vb__pg_row(page, row, 0);
    return (struct vb_record){
        .revision = (uint64_t)vb__pg_get_int(page, row, REVISION),
        .length = (uint64_t)vb__pg_get_int(page, row, COUNT),
    };
}

struct vb_record vb__pg_list_row(const struct vb__pg_listing *listing, int row)
{
    const PGresult *page = listing->page;
    struct vb_record state;

    if (listing->form != VB__PG_LIST_BRIEF)
        return vb__pg_row(page, row, 0);
    state = (struct vb_record){
        .position = (uint64_t)vb__pg_get_int(page, row, POSITION),
        .media_type = listing->list->brief,
        .content = vb__pg_get_bytes(page, row, CONTENT),
    };
    state.length = state.content.len;
    return state;
}

struct vb_record *vb__pg_list_record(const struct vb__pg_listing *listing,
                                     int row)
{
    struct vb_record brief;

    if (listing->form != VB__PG_LIST_BRIEF)
        return vb__pg_record(listing->client->store, listing->page, row, 0);
    brief = vb__pg_list_row(listing, row);
    return vb__record_brief(&listing->list->briefs, &brief);
}
