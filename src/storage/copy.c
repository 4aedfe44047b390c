/* Copying a store, table by table. See copy.h. */
#include "storage/copy.h"

#include <inttypes.h>

#include "base/clock.h"
#include "storage/copy_part.h"
#include "storage/make.h"

/* What is written in one transaction, and lost where it is interrupted. */
#define BATCH_ROWS  2000
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)

/* How often it is told how far it is. */
#define TELL_MS 100

/* The note that says what is copied, beside those of the tables. */
#define FROM_NOTE "from"

struct work {
    struct vb_copy *copy;
    struct vb__copy_end *from, *to;
    int64_t told_ms;
};

/* --- telling -----------------------------------------------------------------
 */

static void tell(struct work *work, enum vb_copy_phase phase)
{
    work->copy->phase = phase;
    work->told_ms = vb_clock_monotonic_ms();
    if (work->copy->tell != NULL)
        work->copy->tell(work->copy);
}

static void tell_row(struct work *work)
{
    work->copy->done++;
    if (work->copy->done % 64 == 0 && work->copy->done < work->copy->total &&
        vb_clock_monotonic_ms() - work->told_ms >= TELL_MS)
        tell(work, work->copy->phase);
}

static void begin_table(struct work *work, const struct vb__copy_table *table,
                        uint64_t done, uint64_t total, enum vb_copy_phase phase)
{
    work->copy->table = table->name;
    work->copy->done = done;
    work->copy->total = total;
    work->copy->phase = phase;
    if (done < total) /* else it is told at once that it is through */
        tell(work, phase);
}

/* --- one table ---------------------------------------------------------------
 */

static size_t weight(const struct vb__copy_table *table,
                     const struct vb__copy_row *row)
{
    size_t bytes = 0;

    for (size_t i = 0; i < table->count; i++)
        bytes += row->bytes[i].len;
    return bytes;
}

/* Some rows and how far that is, in one transaction. */
static enum vb_err copy_batch(struct work *work,
                              const struct vb__copy_table *table,
                              struct vb__copy_note *note)
{
    struct vb__copy_end *from = work->from, *to = work->to;
    struct vb__copy_row row;
    size_t bytes = 0;
    enum vb_err err = to->ops->write_begin(to, table);

    for (size_t i = 0; err == VB_OK && i < BATCH_ROWS && bytes < BATCH_BYTES;
         i++) {
        bool found = false;

        err = from->ops->read_next(from, &row, &found);
        note->done = !found;
        if (err != VB_OK || !found)
            break;
        err = to->ops->shape(to, table, &row);
        if (err == VB_OK)
            err = to->ops->write(to, &row);
        vb__copy_note_add(note, table, &row);
        bytes += weight(table, &row);
        tell_row(work);
    }
    if (err == VB_OK)
        err = note->mark.err;
    return err == VB_OK ? to->ops->write_end(to, table->name, note) : err;
}

static enum vb_err copy_rest(struct work *work,
                             const struct vb__copy_table *table,
                             struct vb__copy_note *note)
{
    struct vb__copy_end *from = work->from;
    struct vb__copy_row mark;
    uint64_t total = 0;
    enum vb_err err;

    if (!vb__copy_note_mark(note, table, &mark))
        return VB_ERR_CORRUPT;
    err = from->ops->count(from, table, &total);
    if (err != VB_OK)
        return err;
    begin_table(work, table, note->rows, total, VB_COPY_ROWS);
    err = from->ops->read_begin(from, table, &mark);
    while (err == VB_OK && !note->done)
        err = copy_batch(work, table, note);
    (void)from->ops->read_end(from);
    if (err == VB_OK)
        tell(work, VB_COPY_ROWS);
    return err;
}

static enum vb_err copy_table(struct work *work,
                              const struct vb__copy_table *table)
{
    struct vb__copy_note note;
    enum vb_err err;

    vb__copy_note_init(&note);
    err = work->to->ops->note_read(work->to, table->name, &note);
    if (err == VB_OK && !note.done) {
        work->copy->copied = false;
        err = copy_rest(work, table, &note);
    }
    vb__copy_note_done(&note);
    return err;
}

/* --- what arrived ------------------------------------------------------------
 */

/* Reads a table of TO's from its beginning. */
static enum vb_err read_back(struct work *work,
                             const struct vb__copy_table *table,
                             struct vb__copy_note *note)
{
    struct vb__copy_end *to = work->to;
    struct vb__copy_row row;
    bool found = true;
    enum vb_err err;

    (void)vb__copy_note_mark(note, table, &row);
    err = to->ops->read_begin(to, table, &row);
    while (err == VB_OK && found) {
        err = to->ops->read_next(to, &row, &found);
        if (err != VB_OK || !found)
            break;
        vb__copy_note_add(note, table, &row);
        tell_row(work);
    }
    (void)to->ops->read_end(to);
    return err;
}

static enum vb_err compare(struct work *work,
                           const struct vb__copy_table *table,
                           const struct vb__copy_note *sent,
                           struct vb__copy_note *arrived)
{
    enum vb_err err;

    begin_table(work, table, 0, sent->rows, VB_COPY_COMPARES);
    err = read_back(work, table, arrived);
    if (err != VB_OK)
        return err;
    tell(work, VB_COPY_COMPARES);
    work->copy->rows += arrived->rows;
    if (arrived->rows == sent->rows &&
        memcmp(arrived->digest, sent->digest, sizeof(sent->digest)) == 0)
        return VB_OK;
    vb_buf_printf(&work->to->why,
                  "%s: %" PRIu64 " rows arrived of %" PRIu64
                  ", or they are others",
                  table->name, arrived->rows, sent->rows);
    return VB_ERR_CORRUPT;
}

static enum vb_err compare_table(struct work *work,
                                 const struct vb__copy_table *table)
{
    struct vb__copy_note sent, arrived;
    enum vb_err err;

    vb__copy_note_init(&sent);
    vb__copy_note_init(&arrived);
    err = work->to->ops->note_read(work->to, table->name, &sent);
    if (err == VB_OK)
        err = compare(work, table, &sent, &arrived);
    vb__copy_note_done(&arrived);
    vb__copy_note_done(&sent);
    return err;
}

/* --- where it begins ---------------------------------------------------------
 */

/* What is copied: another state of FROM is another copy. */
static void write_from(struct vb_buf *to,
                       const struct vb__copy_identity *identity)
{
    vb_buf_printf(to, "%s:%" PRIu64, identity->epoch, identity->revision);
}

static enum vb_err begin_anew(struct work *work)
{
    struct vb__copy_end *to = work->to;
    struct vb__copy_note note;
    enum vb_err err = to->ops->clear(to);

    vb__copy_note_init(&note);
    write_from(&note.mark, &work->from->identity);
    if (err == VB_OK)
        err = to->ops->write_begin(to, NULL);
    if (err == VB_OK)
        err = to->ops->write_end(to, FROM_NOTE, &note);
    vb__copy_note_done(&note);
    return err;
}

static enum vb_err is_same(struct work *work, bool *ret_same)
{
    struct vb__copy_end *to = work->to;
    struct vb__copy_note note;
    char text[64];
    struct vb_buf from = vb_buf_over(text, sizeof(text));
    enum vb_err err;

    vb__copy_note_init(&note);
    err = to->ops->note_read(to, FROM_NOTE, &note);
    write_from(&from, &work->from->identity);
    *ret_same = vb_span_eq(vb_buf_span(&from), vb_buf_span(&note.mark));
    vb__copy_note_done(&note);
    return err;
}

static enum vb_err begin(struct work *work)
{
    struct vb__copy_end *to = work->to;
    bool empty = false, copy = false, same = false;
    enum vb_err err = to->ops->look(to, &empty, &copy);

    if (err == VB_OK && !copy && !empty) {
        vb_buf_str(&to->why, "has something in it already");
        return VB_ERR_EXISTS;
    }
    if (err == VB_OK && copy)
        err = is_same(work, &same);
    if (err != VB_OK)
        return err;
    tell(work, same ? VB_COPY_GOES_ON : copy ? VB_COPY_ANEW : VB_COPY_BEGINS);
    return same ? VB_OK : begin_anew(work);
}

/* --- all together ------------------------------------------------------------
 */

static enum vb_err copy_all(struct work *work)
{
    enum vb_err err = begin(work);

    work->copy->copied = true;
    work->copy->rows = 0;
    if (err == VB_OK)
        err = work->to->ops->adopt(work->to, work->from);
    for (size_t i = 0; err == VB_OK && i < vb__copy_table_count; i++)
        err = copy_table(work, &vb__copy_tables[i]);
    for (size_t i = 0; err == VB_OK && i < vb__copy_table_count; i++)
        err = compare_table(work, &vb__copy_tables[i]);
    return err == VB_OK ? work->to->ops->finish(work->to, &work->from->identity)
                        : err;
}

static enum vb_err open_end(const struct vb_copy *copy, struct vb_span url,
                            bool writes, struct vb__copy_end **ret_end,
                            struct vb_buf *ret_why)
{
    if (vb_span_starts(url, VB_SPAN("sqlite:")))
        return vb__copy_sqlite(url, writes, ret_end, ret_why);
    if (vb_store_is_postgres(url))
        return vb__copy_postgres(url, writes, copy->citus, ret_end, ret_why);
    vb_buf_str(ret_why, "sqlite:PATH and postgresql://HOST/DATABASE are what "
                        "can be copied");
    return VB_ERR_UNSUPPORTED;
}

static void tell_why(const struct vb__copy_end *end, struct vb_buf *ret_why)
{
    if (end->why.len > 0 && ret_why->len == 0)
        vb_buf_printf(ret_why, "%s: %.*s", end->shown,
                      VB_FMT(vb_buf_span(&end->why)));
}

enum vb_err vb_store_copy(struct vb_copy *copy, struct vb_buf *ret_why)
{
    struct work work = {.copy = copy};
    enum vb_err err = open_end(copy, copy->from, false, &work.from, ret_why);

    if (err == VB_OK)
        err = open_end(copy, copy->to, true, &work.to, ret_why);
    if (err == VB_OK) {
        err = copy_all(&work);
        if (err != VB_OK) {
            tell_why(work.to, ret_why);
            tell_why(work.from, ret_why);
        }
    }
    if (err != VB_OK && ret_why->len == 0)
        vb_buf_str(ret_why, vb_err_text(err));
    if (work.to != NULL)
        work.to->ops->close(work.to);
    if (work.from != NULL)
        work.from->ops->close(work.from);
    return err;
}
