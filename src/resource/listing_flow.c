/*
 * A listing that flows: all members that are asked for, however many, of which
 * a few are in memory at a time. What is read next is read when the client has
 * taken what was read before.
 *
 *     store ─ a few members ─▶ rows ─ coding ─▶ pull ─▶ client
 *       ▲                                        │
 *       └──────────── beyond the last ───────────┘
 *
 * Each reading is a state of the collection of its own. Members come in the
 * order of their creation or that of `sort`, and who stays as they are comes
 * once: who is created, changed or deleted meanwhile may come as before, as
 * after, or not.
 */
#include <stdlib.h>

#include "base/list.h"
#include "content/coding.h"
#include "flow/reply.h"
#include "resource/listing_part.h"

/* Bytes of rows: a member whose text has only quotes in it doubles. */
#define ROWS_LIMIT ((size_t)8 * 1024 * 1024)
/* Encoding so much takes a worker's loop about a millisecond. */
#define CODED_AT_ONCE ((size_t)32 * 1024)

struct outflow {
    struct vb_source source;
    struct vb__listing *listing;
    struct vb_buf rows;         /* what was read, written out, */
    size_t given;               /* and how much of it is not wanted any more */
    struct vb_encoder *encoder; /* NULL: they go as they are */
    struct vb_buf coded;
    struct vb_buf key; /* what page.cursor borrows */
    bool more;         /* members that were not read yet */
    bool reading;      /* the store is at it */
    bool encoded;      /* all, to the end */
    bool failed;
};

static void outflow_free(void *owner)
{
    struct outflow *flow = owner;

    vb_encoder_free(flow->encoder);
    vb_buf_done(&flow->rows);
    vb_buf_done(&flow->coded);
    vb_buf_done(&flow->key);
    free(flow);
}

/* --- rows ------------------------------------------------------------------
 */

/* Writes out what was read, and notes where it goes on. */
static void take_rows(struct outflow *flow, bool beginning)
{
    struct vb__listing *listing = flow->listing;
    struct vb_list_read *list = &listing->list;

    vb_buf_reset(&flow->rows);
    flow->given = 0;
    vb_page_write_rows(listing->x, &flow->rows, &listing->page, beginning);
    flow->failed |= flow->rows.err != VB_OK;
    flow->more = list->more;
    vb_buf_done(&flow->key);
    flow->key = list->reached_key;
    vb_buf_init(&list->reached_key, 0);
    listing->page.cursor.position = list->reached;
    listing->page.cursor.key = vb_buf_span(&flow->key);
}

static void rows_read(struct outflow *flow)
{
    struct vb__listing *listing = flow->listing;

    flow->reading = false;
    vb_ruling_done(&listing->ruling);
    if (listing->list.op.err == VB_OK)
        take_rows(flow, false);
    else if (!vb__listing_lacks_way(listing) ||
             !vb__listing_plan(listing, listing->attempt + 1))
        flow->failed = true;
    vb_list_read_done(&listing->list);
}

/* Who waits for it may have gone. */
static void read_done(struct vb_store_op *op)
{
    struct outflow *flow = op->context;
    struct vb_exchange *x = flow->listing->x;

    rows_read(flow);
    if (x->held > 0)
        vb_exchange_unhold(x);
    else
        x->carrier->output_ready(x);
}

static void read_on(struct outflow *flow)
{
    struct vb__listing *listing = flow->listing;

    if (listing->counts != VB_PREFER_COUNT_NONE && !listing->counted) {
        listing->counted = true; /* once is enough */
        (void)vb__listing_plan(listing, 0);
    }
    listing->list = (struct vb_list_read){.limit = listing->list.limit};
    flow->reading = true;
    if (vb__listing_read(listing, read_done, flow) != VB_IO_PENDING)
        rows_read(flow);
}

/* --- giving ----------------------------------------------------------------
 */

/* The next bytes of what was read, in the coding; none: it needs more, or there
 * is no more. */
static struct vb_span encode(struct outflow *flow)
{
    vb_buf_reset(&flow->coded);
    while (flow->coded.len == 0 && !flow->encoded) {
        struct vb_span left =
            vb_span_from(vb_buf_span(&flow->rows), flow->given);
        struct vb_span piece = vb_span_head(left, CODED_AT_ONCE);
        bool end = piece.len == left.len && !flow->more;

        if (left.len == 0 && !end)
            break;
        flow->given += piece.len;
        flow->encoded = end;
        if (vb_encoder_run(flow->encoder, piece, end, &flow->coded) != VB_OK) {
            flow->failed = true;
            break;
        }
    }
    return vb_buf_span(&flow->coded);
}

static struct vb_span next_bytes(struct outflow *flow)
{
    struct vb_span bytes;

    if (flow->encoder != NULL)
        return encode(flow);
    bytes = vb_span_from(vb_buf_span(&flow->rows), flow->given);
    flow->given = flow->rows.len;
    return bytes;
}

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct outflow *flow = VB_CONTAINER(source, struct outflow, source);

    while (!flow->reading) {
        struct vb_span bytes = next_bytes(flow);

        if (flow->failed)
            return VB_PULL_FAILED;
        if (bytes.len > 0) {
            *ret_bytes = bytes;
            return VB_PULL_BYTES;
        }
        if (!flow->more)
            return VB_PULL_END;
        read_on(flow);
    }
    return VB_PULL_PENDING;
}

/* What the store is at lies in the exchange's arena. */
static void close_outflow(struct vb_source *source)
{
    struct outflow *flow = VB_CONTAINER(source, struct outflow, source);

    if (flow->reading)
        vb_exchange_hold(flow->listing->x);
}

/* --- for listings ----------------------------------------------------------
 */

bool vb__listing_may_flow(const struct vb__listing *listing)
{
    return vb_page_form(listing->x) != VB_FORM_USUAL &&
           listing->selection.limit.ptr == NULL &&
           listing->selection.steps == NULL && !listing->page.cursor.backward;
}

static struct outflow *outflow_new(struct vb__listing *listing)
{
    struct outflow *flow = calloc(1, sizeof(*flow));
    enum vb_coding coding = (enum vb_coding)listing->x->coding;

    if (flow == NULL)
        return NULL;
    flow->source =
        (struct vb_source){.pull = pull, .close = close_outflow, .length = -1};
    flow->listing = listing;
    vb_buf_init(&flow->rows, ROWS_LIMIT);
    vb_buf_init(&flow->coded, ROWS_LIMIT);
    vb_buf_init(&flow->key, 0);
    if (coding == VB_CODING_IDENTITY)
        return flow;
    flow->encoder = vb_encoder_new(coding);
    if (flow->encoder != NULL)
        return flow;
    outflow_free(flow);
    return NULL;
}

struct vb_rep *vb__listing_flow(struct vb__listing *listing)
{
    struct outflow *flow = outflow_new(listing);
    struct vb_rep *rep;

    if (flow == NULL) {
        (void)vb_reply_unavailable(listing->x);
        return NULL;
    }
    listing->page.flow = flow;
    listing->page.release = outflow_free;
    rep = vb_page_present(listing->x, &listing->page);
    if (rep == NULL)
        outflow_free(flow);
    else
        take_rows(flow, true);
    return rep;
}

struct vb_source *vb_listing_stream(struct vb_exchange *x, uint64_t first,
                                    uint64_t length)
{
    struct outflow *flow = x->current->owner;

    (void)first; /* parts of it cannot be asked for */
    (void)length;
    return &flow->source;
}
