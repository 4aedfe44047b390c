/* Writing history. See history.h. */
#include "storage/sqlite/history.h"

#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"

/* Rows that go with each group, beside twice as many as came with it. */
#define GOING 64
/* And where the disk is full. */
#define GIVING_WAY 512

static bool is_kept(const struct vb__writer *writer)
{
    return !writer->history.full &&
           atomic_load(&writer->sqlite->store.history) > 0;
}

/* Does the step leave a row? An amended record is what it was. */
static bool counts(const struct vb__step *step)
{
    return step->change->kind == VB_CHANGE_PUT ||
           (step->change->kind == VB_CHANGE_DELETE && step->now.id != 0);
}

void vb__history_commit(struct vb__writer *writer, const struct vb__plan *plan)
{
    struct vb__history *history = &writer->history;

    history->step = history->steps = 0;
    for (size_t i = 0; i < plan->count; i++)
        history->steps += counts(&plan->steps[i]);
    if (history->steps > VB_MOMENT_STEP_LAST) { /* not to be told apart */
        history->kept = vb_moment(writer->revision);
        history->stale = true;
    }
}

/* The last one of a commit is known by its moment. */
static uint64_t next_moment(struct vb__writer *writer)
{
    struct vb__history *history = &writer->history;

    history->step++;
    return history->step == history->steps
               ? vb_moment(writer->revision)
               : writer->revision << VB_MOMENT_STEP_BITS | history->step;
}

static enum vb_err add(struct vb__writer *writer, struct vb__call *call,
                       uint64_t cost)
{
    struct vb__history *history = &writer->history;

    history->bytes += cost;
    history->added++;
    vb__call_u64(call, cost);
    return vb__call_run(call);
}

static enum vb_err note_creation(struct vb__writer *writer,
                                 const struct vb__step *step)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_HISTORY_BEGIN);
    const struct vb_change *change = step->change;

    vb__call_u64(&call, next_moment(writer));
    vb__call_u64(&call, step->id);
    vb__call_text(&call, change->key);
    vb__call_text(&call, change->parent);
    return add(writer, &call,
               VB__HISTORY_COST + change->key.len + change->parent.len);
}

enum vb_err vb__history_note(struct vb__writer *writer,
                             const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__call call;

    if (!is_kept(writer) || writer->history.steps > VB_MOMENT_STEP_LAST)
        return VB_OK;
    if (step->now.id == 0)
        return note_creation(writer, step);
    call = vb__writer_use(writer, VB__WRITER_HISTORY_ADD);
    vb__call_u64(&call, next_moment(writer));
    vb__call_u64(&call, step->now.id);
    vb__call_i64(&call, change->kind == VB_CHANGE_DELETE);
    return add(writer, &call,
               VB__HISTORY_COST + change->key.len + step->now.parent.len +
                   step->now.size);
}

/* --- what goes -------------------------------------------------------------
 */

struct going {
    uint64_t rows, bytes;
    uint64_t moment; /* of the last */
};

/* The oldest rows that need not be kept, at most so many. */
static enum vb_err choose(struct vb__writer *writer, uint64_t most,
                          struct going *going)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_HISTORY_OLDEST);
    uint64_t limit = atomic_load(&writer->sqlite->store.history);
    const struct vb__history *history = &writer->history;

    *going = (struct going){.rows = 0};
    while (going->rows < most && vb__call_row(&call)) {
        uint64_t moment = vb__call_get_u64(&call, 0);

        if (moment > history->kept && history->bytes - going->bytes <= limit)
            break;
        going->rows++;
        going->bytes += vb__call_get_u64(&call, 1);
        going->moment = moment;
    }
    return vb__call_end(&call);
}

static enum vb_err drop_oldest(struct vb__writer *writer, uint64_t most)
{
    struct vb__history *history = &writer->history;
    struct going going;
    struct vb__call call;
    enum vb_err err = choose(writer, most, &going);

    if (err != VB_OK || going.rows == 0) {
        history->stale = history->stale && err != VB_OK;
        return err;
    }
    call = vb__writer_use(writer, VB__WRITER_HISTORY_DROP);
    vb__call_u64(&call, going.moment);
    err = vb__call_run(&call);
    history->bytes -= going.bytes;
    if (going.moment > history->kept)
        history->kept = going.moment;
    return err;
}

enum vb_err vb__history_trim(struct vb__writer *writer)
{
    struct vb__history *history = &writer->history;
    uint64_t limit = atomic_load(&writer->sqlite->store.history);
    uint64_t most = GOING + 2 * history->added;

    history->added = 0;
    if (!is_kept(writer)) {
        history->kept = vb_moment(writer->revision);
        history->stale = history->bytes > 0;
    }
    if (history->full || (!history->stale && history->bytes <= limit))
        return VB_OK;
    return drop_oldest(writer, most);
}

void vb__history_give_way(struct vb__writer *writer)
{
    struct vb__history before = writer->history;
    enum vb_err err;

    writer->history.kept = vb_moment(writer->revision);
    err = vb__writer_begin(writer, false);
    if (err == VB_OK)
        err = drop_oldest(writer, GIVING_WAY);
    if (err == VB_OK)
        err = vb__writer_save_state(writer);
    if (err == VB_OK)
        err = vb__writer_end(writer);
    else
        vb__writer_undo(writer);
    if (err != VB_OK)
        writer->history = before;
}
