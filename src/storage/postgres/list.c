/*
 * Lists. What a list shows is one state of the collection: its rows and its
 * revision come in one statement, which is one snapshot.
 *
 *     ask ──▶ page of rows ──▶ sift ──▶ enough ──▶ answer
 *      ▲                         │
 *      └── the next page ────────┤ not enough, and the collection is the same
 *      └── all in one ───────────┘ or it has changed meanwhile
 *
 * A list without a sieve is one page. With one, pages grow, so that who finds
 * enough at once does not wait for what the sieve might have looked at. Many
 * rows are sifted on the executor, so that the loop is not held up.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "storage/postgres/list_part.h"

/* More rows than these are for the executor: sieving one is some ten times the
 * work of copying it. */
#define ROWS_SIEVED 32
#define ROWS_COPIED 320

/* --- the page --------------------------------------------------------------
 */

static struct vb__pg_listing *listing_of(struct vb__pg_ask *ask)
{
    return VB_CONTAINER(ask, struct vb__pg_listing, ask);
}

/* Where a whole list begins is a matter of keys. */
static uint64_t beginning(const struct vb_list_read *list)
{
    return vb__pg_list_is_picked(list) ? 0 : list->from;
}

static void forget_page(struct vb__pg_listing *listing)
{
    PQclear(listing->page);
    listing->page = NULL;
}

static bool is_of_replica(const struct vb__pg_listing *listing)
{
    return listing->link != &listing->client->scans;
}

static void send_page(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    struct vb__pg_listing *listing = listing_of(ask);
    const struct vb_list_read *list = listing->list;
    struct vb__pg_params params = {.count = 0};
    uint64_t beyond = listing->beyond;

    forget_page(listing);
    if (is_of_replica(listing))
        vb__pg_replica_send(listing->client->replica, ask);
    if (list->backward && beyond == 0)
        beyond = INT64_MAX;
    vb__pg_bytes(&params, list->parent);
    vb__pg_int(&params, (int64_t)beyond);
    vb__pg_int(&params, (int64_t)listing->rows);
    if (list->index == NULL && !listing->counting) {
        vb__pg_list_send_page(listing, link, &params);
        return;
    }
    vb__pg_int(&params, (int64_t)listing->bytes);
    if (listing->counting)
        vb__pg_list_send_count(listing, link, &params);
    else
        vb__pg_list_send_keyed(listing, link, &params);
}

/* It is looked at when it is known that it holds. */
static void take_page(struct vb__pg_ask *ask, unsigned n,
                      const PGresult *result)
{
    struct vb__pg_listing *listing = listing_of(ask);

    if (is_of_replica(listing) && n == 0) {
        vb__pg_replica_take(listing->client->replica, &listing->freshness,
                            result);
        return;
    }
    listing->page = (PGresult *)(uintptr_t)result;
    ask->keeps = true;
}

/* --- sifting: on any thread ------------------------------------------------
 */

/* False: it is another one than that of the pages before. */
static bool take_collection(struct vb__pg_listing *listing)
{
    struct vb_list_read *list = listing->list;
    struct vb_record collection = vb__pg_list_collection(listing);

    vb__pg_clock_saw(listing->client->store, collection.revision);
    if (vb__pg_list_row_of_collection(listing) >= 0 && list->index != NULL)
        listing->err = vb__pg_list_judge(
            list, list->index, collection.created_ms, collection.modified_ms);
    if (listing->pages++ > 0)
        return collection.revision == list->revision;
    list->revision = collection.revision;
    list->members = collection.length;
    if (list->counted == NULL)
        list->total = vb__pg_list_is_picked(list) ? 0 : collection.length;
    return true;
}

enum vb_err vb__pg_list_add(struct vb__pg_listing *listing, int row)
{
    struct vb_list_read *list = listing->list;
    struct vb_record *record;

    if (list->count == listing->cap) {
        size_t more = listing->cap == 0 ? 16 : listing->cap * 2;
        struct vb_record **records =
            realloc(list->records, more * sizeof(struct vb_record *));

        if (records == NULL)
            return VB_ERR_NOMEM;
        list->records = records;
        listing->cap = more;
    }
    record = vb__pg_list_record(listing, row);
    if (record == NULL)
        return VB_ERR_NOMEM;
    list->records[list->count++] = record;
    return VB_OK;
}

/* What is not in the page for its bytes comes in the next one; with two rows it
 * has more than that. */
static bool is_cut(const struct vb__pg_listing *listing, uint64_t rows,
                   uint64_t bytes)
{
    return rows >= listing->rows || (listing->form == VB__PG_LIST_ANY &&
                                     rows > 1 && bytes > listing->bytes);
}

static enum vb_err sift_page(struct vb__pg_listing *listing)
{
    int skipped = vb__pg_list_row_of_collection(listing);
    enum vb__sift verdict = VB__SIFT_PASS;
    uint64_t rows = 0, bytes = 0;
    enum vb_err err = VB_OK;

    for (int row = 0; err == VB_OK && verdict != VB__SIFT_END &&
                      row < PQntuples(listing->page);
         row++) {
        struct vb_record state = vb__pg_list_row(listing, row);

        if (row == skipped)
            continue;
        rows++;
        bytes += state.content.len;
        verdict = vb__sift(&listing->sifting, &state);
        listing->beyond = state.position;
        if (verdict == VB__SIFT_TAKE)
            err = vb__pg_list_add(listing, row);
        if (err == VB_OK && vb__pg_list_is_ordered(listing->list))
            err = vb__pg_list_reached(listing, row, verdict != VB__SIFT_END);
    }
    if (verdict != VB__SIFT_END && is_cut(listing, rows, bytes))
        listing->next = VB__PG_LIST_MORE;
    return err;
}

/* The best of all rows; as many of them as fit the page. */
static enum vb_err take_picked(struct vb__pg_listing *listing,
                               struct vb__pick *pick)
{
    struct vb_list_read *list = listing->list;
    enum vb_err err = VB_OK;
    size_t bytes = 0;

    vb__pick_sort(pick);
    while (err == VB_OK && list->count < pick->count &&
           list->count < list->limit) {
        int row = (int)(uintptr_t)pick->kept[list->count].row;

        bytes += vb__pg_list_row(listing, row).content.len;
        if (list->count > 0 && bytes > list->byte_limit)
            break;
        err = vb__pg_list_add(listing, row);
    }
    return err == VB_OK ? vb__pick_end(pick, list->count) : err;
}

static enum vb_err pick_all(struct vb__pg_listing *listing)
{
    int skipped = vb__pg_list_row_of_collection(listing);
    struct vb__pick pick;
    enum vb_err err = vb__pick_init(&pick, listing->list);

    for (int row = 0; err == VB_OK && row < PQntuples(listing->page); row++) {
        struct vb_record state = vb__pg_list_row(listing, row);

        if (row != skipped)
            err = vb__pick_offer(&pick, &state, (void *)(uintptr_t)row);
    }
    if (err == VB_OK)
        err = take_picked(listing, &pick);
    vb__pick_done(&pick);
    return err;
}

/* What is counted is of the state that the pages are of, too. */
static void look_at_count(struct vb__pg_listing *listing)
{
    struct vb_list_read *list = listing->list;

    listing->counting = false;
    listing->next = VB__PG_LIST_MORE;
    list->total = 0;
    if (PQntuples(listing->page) == 0)
        return;
    listing->pages++;
    list->revision = (uint64_t)vb__pg_get_int(listing->page, 0, 0);
    list->members = (uint64_t)vb__pg_get_int(listing->page, 0, 1);
    list->total = (uint64_t)vb__pg_get_int(listing->page, 0, 3);
    listing->err = vb__pg_list_judge(list, list->counted,
                                     vb__pg_get_int(listing->page, 0, 2),
                                     vb__pg_get_int(listing->page, 0, 3));
}

/* Is it to be asked for in the form that any list has? */
static bool list_is_uneven(struct vb__pg_listing *listing)
{
    if (listing->list->index != NULL || vb__pg_list_page_is_even(listing))
        return false;
    listing->uneven = true;
    return listing->form != VB__PG_LIST_ANY;
}

static void look_at_page(struct vb__pg_listing *listing)
{
    if (listing->counting) {
        look_at_count(listing);
        return;
    }
    if (list_is_uneven(listing)) {
        listing->next = VB__PG_LIST_AGAIN;
        return;
    }
    listing->next = VB__PG_LIST_DONE;
    listing->paged = true;
    if (!take_collection(listing))
        listing->next = VB__PG_LIST_ANEW;
    else if (listing->err == VB_OK)
        listing->err = vb__pg_list_is_picked(listing->list)
                           ? pick_all(listing)
                           : sift_page(listing);
}

/* --- from page to page: on the worker's thread -----------------------------
 */

static void ask_page(struct vb__pg_listing *listing)
{
    vb__pg_link_ask(listing->link, &listing->ask);
}

static void sift_done(struct vb__pg_listing *listing)
{
    enum vb_err err = vb__sift_done(&listing->sifting);

    if (listing->err == VB_OK)
        listing->err = err;
}

/* What it had is given back; now it looks at all in one page. */
static void begin_anew(struct vb__pg_listing *listing)
{
    struct vb_list_read *list = listing->list;

    vb_list_read_done(list);
    (void)vb__list_init(list);
    (void)vb__sift_done(&listing->sifting);
    vb__sift_init(&listing->sifting, list);
    listing->cap = 0;
    listing->pages = 0;
    listing->beyond = beginning(list);
    listing->counting = list->counted != NULL;
    listing->paged = false;
    if (vb__pg_list_is_ordered(list))
        listing->err = vb__pg_list_begin_ordered(listing);
    vb__pg_list_bound_all(listing);
}

static void list_over(struct vb__pg_listing *listing)
{
    struct vb_list_read *list = listing->list;
    void (*over)(struct vb__pg_listing *) = listing->over;

    forget_page(listing);
    sift_done(listing);
    vb_buf_done(&listing->beyond_key);
    if (listing->err != VB_OK)
        vb_list_read_done(list);
    else
        vb__pg_list_remember_form(listing);
    list->op.err = listing->err;
    over(listing);
}

/* From the beginning, in what is left of the time: what was taken so far was as
 * it was somewhere else. */
static void ask_database(struct vb__pg_listing *listing)
{
    struct vb__pg_link *scans = &listing->client->scans;

    forget_page(listing);
    listing->link = scans;
    listing->ask.once = false;
    listing->err = VB_OK;
    begin_anew(listing);
    vb__pg_list_bound_first(listing);
    if (listing->err == VB_OK && vb__pg_link_is_full(scans))
        listing->err = VB_ERR_UNAVAILABLE;
    if (listing->err != VB_OK) {
        list_over(listing);
        return;
    }
    ask_page(listing);
    listing->ask.deadline_ms = listing->until_ms;
    vb__pg_link_flush(scans);
}

static void go_on(struct vb__pg_listing *listing)
{
    bool full = vb__pg_link_is_full(listing->link);

    if (listing->err == VB_OK && listing->next != VB__PG_LIST_DONE && full) {
        if (is_of_replica(listing)) {
            ask_database(listing);
            return;
        }
        listing->err = VB_ERR_UNAVAILABLE;
    }
    if (listing->err != VB_OK || listing->next == VB__PG_LIST_DONE) {
        list_over(listing);
        return;
    }
    forget_page(listing);
    if (listing->next == VB__PG_LIST_ANEW)
        begin_anew(listing);
    else if (listing->next == VB__PG_LIST_AGAIN)
        listing->form = VB__PG_LIST_ANY;
    else if (listing->paged)
        vb__pg_list_bound_next(listing);
    if (listing->err == VB_OK)
        ask_page(listing);
    else
        list_over(listing);
}

static void run_back(struct vb_task *task)
{
    go_on(VB_CONTAINER(task, struct vb__pg_listing, task));
}

static void run_elsewhere(struct vb_task *task)
{
    struct vb__pg_listing *listing =
        VB_CONTAINER(task, struct vb__pg_listing, task);

    look_at_page(listing);
    listing->task.run = run_back;
    vb_mailbox_post(listing->client->base.mailbox, &listing->task);
}

static bool is_much(const struct vb__pg_listing *listing)
{
    return PQntuples(listing->page) >
           (listing->list->sieve != NULL ? ROWS_SIEVED : ROWS_COPIED);
}

/* False: what a replica has, or has not, is of no use. */
static bool is_served(struct vb__pg_listing *listing, enum vb_err err)
{
    int64_t age_ms;

    if (!is_of_replica(listing) || err == VB_ERR_CANCELLED)
        return true;
    age_ms = vb__pg_replica_judge(listing->client->replica, &listing->freshness,
                                  err);
    if (age_ms > listing->list->age_ms)
        listing->list->age_ms = age_ms;
    return age_ms >= 0;
}

static void page_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_listing *listing = listing_of(ask);
    struct vb_executor *executor = listing->client->base.executor;

    if (!is_served(listing, err)) {
        ask_database(listing);
        return;
    }
    listing->err = err;
    if (err == VB_OK && executor != NULL && is_much(listing)) {
        listing->task.run = run_elsewhere;
        executor->submit(executor, &listing->task);
        return;
    }
    if (err == VB_OK)
        look_at_page(listing);
    go_on(listing);
}

/* --- requests --------------------------------------------------------------
 */

static void choose_link(struct vb__pg_listing *listing)
{
    struct vb__pg_client *client = listing->client;

    listing->link =
        vb__pg_replica_for(client->replica, listing->list, &listing->freshness);
    listing->ask.once = listing->link != NULL;
    if (listing->link == NULL)
        listing->link = &client->scans;
    listing->until_ms = vb_clock_monotonic_ms() + client->store->url.timeout_ms;
}

/* Begins with a list whose op is set; how it went, if that is known. */
static enum vb_io begin(struct vb__pg_client *client, struct vb_list_read *list,
                        void (*over)(struct vb__pg_listing *), void *context)
{
    struct vb__pg_listing *listing;
    enum vb_err err = VB_OK;

    if (!vb__list_init(list))
        err = VB_ERR_RANGE;
    else if (vb__pg_link_is_full(&client->scans))
        err = VB_ERR_UNAVAILABLE;
    if (err != VB_OK)
        return vb__op_done(&list->op, err);
    listing = malloc(sizeof(*listing));
    if (listing == NULL)
        return vb__op_done(&list->op, VB_ERR_NOMEM);
    *listing = (struct vb__pg_listing){
        .ask = {.send = send_page, .take = take_page, .over = page_over},
        .client = client,
        .list = list,
        .over = over,
        .context = context,
        .beyond = beginning(list),
    };
    vb__sift_init(&listing->sifting, list);
    vb_buf_init(&listing->beyond_key, VB_INDEX_KEY_MOST + 1);
    listing->counting = list->counted != NULL;
    if (vb__pg_list_is_ordered(list))
        listing->err = vb__pg_list_begin_ordered(listing);
    vb__pg_list_bound_first(listing);
    vb__pg_list_choose_form(listing);
    choose_link(listing);
    ask_page(listing);
    return VB_IO_PENDING;
}

static void one_over(struct vb__pg_listing *listing)
{
    struct vb_store_op *op = &listing->list->op;

    free(listing);
    op->done(op);
}

enum vb_io vb__pg_list(struct vb_store_client *client,
                       struct vb_list_read *list)
{
    return begin(vb__pg_client_of(client), list, one_over, NULL);
}

/* Lists that are read for one request. */
struct lists {
    struct vb_lists_read *read;
    size_t pending;
};

/* Those that are over; at the last one, all are. */
static bool have_come(struct lists *lists, size_t count)
{
    lists->pending -= count;
    if (lists->pending > 0)
        return false;
    lists->read->op.err = VB_OK;
    free(lists);
    return true;
}

static void one_of_several_over(struct vb__pg_listing *listing)
{
    struct lists *lists = listing->context;
    struct vb_store_op *op = &lists->read->op;

    free(listing);
    if (have_come(lists, 1))
        op->done(op);
}

enum vb_io vb__pg_lists(struct vb_store_client *client,
                        struct vb_lists_read *read)
{
    struct lists *lists = malloc(sizeof(*lists));
    size_t come = 1; /* so none of them ends it meanwhile */

    if (lists == NULL)
        return vb__op_done(&read->op, VB_ERR_NOMEM);
    *lists = (struct lists){.read = read, .pending = read->count + 1};
    for (size_t i = 0; i < read->count; i++)
        come += begin(vb__pg_client_of(client), read->lists[i],
                      one_of_several_over, lists) == VB_IO_DONE;
    return have_come(lists, come) ? VB_IO_DONE : VB_IO_PENDING;
}
