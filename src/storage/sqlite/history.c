/* Writing history. See history.h. */
#include "storage/sqlite/history.h"

#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/past.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"

/* A row is written when it has so many bytes. */
#define ROW_BYTES ((size_t)64 * 1024)
/* And never more than this: the changes before, and the largest one. */
#define ROW_MOST ((size_t)2 * 1024 * 1024)

/* What goes with each group: so many rows, and bytes beside those that came
 * with it. */
#define GOING_ROWS  2048
#define GOING_BYTES ((uint64_t)1024 * 1024)

void vb__coming_init(struct vb__coming *coming)
{
    vb_buf_init(&coming->marks, ROW_MOST);
    vb_buf_init(&coming->changes, ROW_MOST);
    coming->cost = coming->moment = 0;
}

void vb__coming_done(struct vb__coming *coming)
{
    vb_buf_done(&coming->marks);
    vb_buf_done(&coming->changes);
}

static void empty(struct vb__coming *coming)
{
    vb_buf_reset(&coming->marks);
    vb_buf_reset(&coming->changes);
    coming->cost = coming->moment = 0;
}

void vb__history_begin(struct vb__writer *writer)
{
    struct vb__history *history = &writer->history;

    history->limit =
        history->full ? 0 : atomic_load(&writer->sqlite->store.history);
    history->added = 0;
    empty(&writer->coming);
}

bool vb__history_keeps(const struct vb__writer *writer, struct vb_span key)
{
    return writer->history.limit > 0 && vb_key_is_followed(key);
}

/* Is the step kept? An amended record is what it was. */
static bool counts(const struct vb__step *step)
{
    return vb_key_is_followed(step->change->key) &&
           (step->change->kind == VB_CHANGE_PUT ||
            (step->change->kind == VB_CHANGE_DELETE && step->now.id != 0));
}

void vb__history_commit(struct vb__writer *writer, const struct vb__plan *plan)
{
    struct vb__history *history = &writer->history;

    history->step = history->steps = 0;
    for (size_t i = 0; i < plan->count; i++)
        history->steps += counts(&plan->steps[i]);
    if (history->steps > VB_MOMENT_STEP_LAST) { /* not to be told apart */
        history->kept = vb_moment(writer->revision);
        history->trims = true;
    }
}

/* --- what comes ------------------------------------------------------------
 */

/* The last one of a commit is known by its moment. */
static uint64_t next_moment(struct vb__writer *writer)
{
    struct vb__history *history = &writer->history;

    history->step++;
    return history->step == history->steps
               ? vb_moment(writer->revision)
               : writer->revision << VB_MOMENT_STEP_BITS | history->step;
}

static enum vb_err write_row(struct vb__writer *writer)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_HISTORY_ADD);
    struct vb__coming *coming = &writer->coming;
    enum vb_err err = coming->changes.err;

    if (err == VB_OK)
        err = coming->marks.err;
    if (err != VB_OK || coming->moment == 0)
        return err;
    vb__call_u64(&call, coming->moment);
    vb__call_u64(&call, coming->cost);
    vb__call_blob(&call, vb_buf_span(&coming->marks));
    vb__call_blob(&call, vb_buf_span(&coming->changes));
    err = vb__call_run(&call);
    writer->history.bytes += coming->cost;
    writer->history.added += coming->cost;
    empty(coming);
    return err;
}

enum vb_err vb__history_note(struct vb__writer *writer,
                             const struct vb__step *step,
                             const struct vb_record *state)
{
    const struct vb_change *change = step->change;
    struct vb__coming *coming = &writer->coming;
    struct vb__past past = {
        .record = step->id,
        .removed = change->kind == VB_CHANGE_DELETE,
        .before = {.key = change->key, .parent = change->parent},
    };

    if (!vb__history_keeps(writer, change->key) ||
        writer->history.steps > VB_MOMENT_STEP_LAST)
        return VB_OK;
    if (state != NULL)
        past.before = *state;
    past.moment = next_moment(writer);
    vb__past_write(&coming->changes, coming->moment, &past);
    vb__past_mark_put(&coming->marks, vb__past_mark(change->key));
    coming->moment = past.moment;
    coming->cost += VB__HISTORY_COST + past.before.key.len +
                    past.before.parent.len + past.before.content.len;
    return coming->changes.len < ROW_BYTES ? VB_OK : write_row(writer);
}

/* --- what goes -------------------------------------------------------------
 */

struct going {
    uint64_t rows, bytes;
    uint64_t moment; /* of the last */
    bool more;       /* others are to go after them */
};

/* The oldest rows that need not be kept, until they are so many bytes. */
static enum vb_err choose(struct vb__writer *writer, uint64_t bytes,
                          struct going *going)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_HISTORY_OLDEST);
    const struct vb__history *history = &writer->history;

    *going = (struct going){.rows = 0};
    while (vb__call_row(&call)) {
        uint64_t moment = vb__call_get_u64(&call, 0);

        if (moment > history->kept &&
            history->bytes - going->bytes <= history->limit)
            break;
        going->more = going->rows == GOING_ROWS || going->bytes >= bytes;
        if (going->more)
            break;
        going->rows++;
        going->bytes += vb__call_get_u64(&call, 1);
        going->moment = moment;
    }
    return vb__call_end(&call);
}

static enum vb_err drop_oldest(struct vb__writer *writer, uint64_t bytes)
{
    struct vb__history *history = &writer->history;
    struct going going;
    struct vb__call call;
    enum vb_err err = choose(writer, bytes, &going);

    if (err == VB_OK)
        history->trims = going.more;
    if (err != VB_OK || going.rows == 0)
        return err;
    call = vb__writer_use(writer, VB__WRITER_HISTORY_DROP);
    vb__call_u64(&call, going.moment);
    err = vb__call_run(&call);
    history->bytes -= going.bytes;
    if (going.moment > history->kept)
        history->kept = going.moment;
    return err;
}

enum vb_err vb__history_end(struct vb__writer *writer)
{
    struct vb__history *history = &writer->history;
    enum vb_err err = write_row(writer);

    if (history->limit == 0) {
        history->kept = vb_moment(writer->revision);
        history->trims = history->bytes > 0;
    }
    if (history->bytes > history->limit + history->limit / 16)
        history->trims = true;
    if (err != VB_OK || history->full || !history->trims)
        return err;
    return drop_oldest(writer, 2 * history->added + GOING_BYTES);
}

void vb__history_give_way(struct vb__writer *writer)
{
    struct vb__history before = writer->history;
    enum vb_err err;

    writer->history.kept = vb_moment(writer->revision);
    err = vb__writer_begin(writer, false);
    if (err == VB_OK)
        err = drop_oldest(writer, GOING_BYTES);
    if (err == VB_OK)
        err = vb__writer_save_state(writer);
    if (err == VB_OK)
        err = vb__writer_end(writer);
    else
        vb__writer_undo(writer);
    if (err != VB_OK)
        writer->history = before;
}
