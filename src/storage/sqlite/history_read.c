/*
 * Reading history: a change's entry has what it took the place of. What the
 * change led to is in the next entry of its record, on this page or behind it;
 * or it is the record as it is now.
 *
 * Rows are looked at by their marks first: what has nothing to do with the page
 * is passed over, a hundred changes for what a look at one of them costs.
 */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/history.h"
#include "storage/sqlite/past.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

/* So many marks cost what an entry does that is looked at. */
#define MARKS_AN_ENTRY 64

#define NONE SIZE_MAX

/* A record whose newest change of the page has not led to anything that is
 * known. One slot a record; where its mark says, or behind there. */
struct waiting {
    uint64_t record; /* 0: an empty slot */
    uint32_t mark;
    size_t index; /* of the change; NONE: it is known */
};

/* A page that is being made. */
struct page {
    struct vb__reader *reader;
    struct vb_history_read *read;
    struct waiting *slots;
    size_t slot_mask; /* their number is a power of two, and some are empty */
    uint32_t mark;    /* of read->key */
    size_t bytes;
    size_t waiting; /* slots that are not NONE */
    size_t looked;  /* entries */
    size_t cut;     /* from here on it is for another page */
    enum vb_err err;
};

/* --- who waits -------------------------------------------------------------
 */

/* The record's slot, or the empty one that it would have. */
static struct waiting *slot_of(const struct page *page, uint32_t mark,
                               uint64_t record)
{
    size_t i = mark & page->slot_mask;

    while (page->slots[i].record != 0 && page->slots[i].record != record)
        i = (i + 1) & page->slot_mask;
    return &page->slots[i];
}

static bool any_waits(const struct page *page, uint32_t mark)
{
    for (size_t i = mark & page->slot_mask; page->slots[i].record != 0;
         i = (i + 1) & page->slot_mask)
        if (page->slots[i].mark == mark && page->slots[i].index != NONE)
            return true;
    return false;
}

static void wait_for(struct page *page, const struct vb__past *past,
                     size_t index)
{
    uint32_t mark = vb__past_mark(past->before.key);

    *slot_of(page, mark, past->record) =
        (struct waiting){past->record, mark, index};
    page->waiting++;
}

/* --- entries ---------------------------------------------------------------
 */

static struct vb_record *keep(struct page *page, struct vb_record fields)
{
    struct vb_record *record;

    fields.blob = 0;
    record = vb__record_new(&fields);
    if (record == NULL)
        page->err = VB_ERR_NOMEM;
    else
        page->bytes += vb_record_size(record);
    return record;
}

static struct vb_record *before_of(struct page *page,
                                   const struct vb__past *past)
{
    return past->before.revision == 0 ? NULL : keep(page, past->before);
}

/* The change of its record that has no outcome yet gets what the entry has.
 * Where there is too much already, all but the first is left for another page.
 */
static void settle(struct page *page, const struct vb__past *past)
{
    struct waiting *slot =
        slot_of(page, vb__past_mark(past->before.key), past->record);
    size_t i = slot->index;

    if (slot->record == 0 || i == NONE)
        return;
    slot->index = NONE;
    page->waiting--;
    if (i == 0 || page->bytes <= page->read->byte_limit)
        page->read->happenings[i].after = before_of(page, past);
    else if (i < page->cut)
        page->cut = i;
}

/* Is the record still what the change has made of it? */
static bool is_now(struct page *page, uint64_t id,
                   struct vb_happening *happening)
{
    struct vb__call call = vb__reader_use(page->reader, VB__READER_BY_ID);
    struct vb_record now = {.revision = 0};
    bool is = false;
    enum vb_err err;

    vb__call_u64(&call, id);
    if (vb__call_row(&call))
        now = vb__reader_row(&call);
    if (now.revision == vb_moment_revision(happening->moment)) {
        happening->after = keep(page, now);
        is = true;
    }
    err = vb__reader_ended(page->reader, &call);
    if (err != VB_OK)
        page->err = err;
    return is;
}

static void take(struct page *page, const struct vb__past *past)
{
    struct vb_history_read *read = page->read;
    size_t index = read->count++;

    read->happenings[index] = (struct vb_happening){
        .moment = past->moment,
        .before = before_of(page, past),
    };
    if (!past->removed && page->err == VB_OK &&
        !is_now(page, past->record, &read->happenings[index]))
        wait_for(page, past, index);
}

static void visit(struct page *page, const struct vb__past *past)
{
    struct vb_history_read *read = page->read;
    bool wanted =
        vb__history_wants(read, past->before.key, past->before.parent);

    settle(page, past);
    read->more |=
        page->looked++ >= VB__HISTORY_LOOKED ||
        (wanted && (read->count == read->limit ||
                    (read->count > 0 && page->bytes > read->byte_limit)));
    if (read->more)
        return;
    if (wanted)
        take(page, past);
    read->reached = past->moment;
}

/* --- rows ------------------------------------------------------------------
 */

/* May there be something in the row? */
static bool matters(const struct page *page, struct vb_span marks)
{
    const struct vb_history_read *read = page->read;
    bool all = !read->more && read->key.ptr == NULL;
    bool matters = all;

    for (size_t i = 0; !matters && i < marks.len / VB__PAST_MARK; i++) {
        uint32_t mark = vb__past_mark_at(marks, i);

        matters = (!read->more && mark == page->mark) ||
                  (page->waiting > 0 && any_waits(page, mark));
    }
    return matters;
}

static void pass_over(struct page *page, uint64_t moment, struct vb_span marks)
{
    struct vb_history_read *read = page->read;

    if (read->more)
        return;
    page->looked += 1 + marks.len / VB__PAST_MARK / MARKS_AN_ENTRY;
    read->more = page->looked >= VB__HISTORY_LOOKED;
    read->reached = moment;
}

static void look_into(struct page *page, uint64_t id)
{
    struct vb__call call =
        vb__reader_use(page->reader, VB__READER_HISTORY_CHANGES);
    struct vb__past past = {.moment = 0};
    struct vb_span row = VB_SPAN("");
    enum vb_err err;

    vb__call_u64(&call, id);
    if (vb__call_row(&call))
        row = vb__call_get_blob(&call, 0);
    while (page->err == VB_OK && row.len > 0) {
        if (!vb__past_take(&row, &past))
            page->err = VB_ERR_CORRUPT;
        else if (past.moment > page->read->beyond)
            visit(page, &past);
    }
    err = vb__reader_ended(page->reader, &call);
    if (page->err == VB_OK)
        page->err = err;
}

/* The rows of the page, and on until each change's outcome is known. */
static void walk(struct page *page, struct vb__call *call)
{
    struct vb_history_read *read = page->read;

    while (page->err == VB_OK && (!read->more || page->waiting > 0) &&
           vb__call_row(call)) {
        struct vb_span marks = vb__call_get_blob(call, 1);
        uint64_t id = vb__call_get_u64(call, 0);

        if (matters(page, marks))
            look_into(page, id);
        else
            pass_over(page, id, marks);
    }
}

/* --- pages -----------------------------------------------------------------
 */

static void cut(struct page *page)
{
    struct vb_history_read *read = page->read;

    if (page->cut >= read->count)
        return;
    for (size_t i = page->cut; i < read->count; i++) {
        vb_record_unref(read->happenings[i].before);
        vb_record_unref(read->happenings[i].after);
    }
    read->count = page->cut;
    read->reached = read->happenings[page->cut - 1].moment;
    read->more = true;
}

static void page_init(struct page *page)
{
    struct vb_history_read *read = page->read;
    size_t slots = 2;

    while (slots <= 2 * (size_t)read->limit)
        slots *= 2;
    page->slot_mask = slots - 1;
    page->cut = SIZE_MAX;
    page->mark = vb__past_mark(read->key);
    page->slots = calloc(slots, sizeof(*page->slots));
    read->happenings = calloc(read->limit, sizeof(*read->happenings));
    if (page->slots == NULL || read->happenings == NULL)
        page->err = VB_ERR_NOMEM;
}

static enum vb_err fill(struct vb__reader *reader, struct vb_history_read *read)
{
    struct vb__call call = vb__reader_use(reader, VB__READER_HISTORY);
    struct page page = {.reader = reader, .read = read};
    enum vb_err err;

    page_init(&page);
    vb__call_u64(&call, read->beyond);
    if (page.err == VB_OK)
        walk(&page, &call);
    err = vb__reader_ended(reader, &call);
    if (page.err == VB_OK)
        page.err = err;
    if (page.err == VB_OK && page.waiting > 0)
        page.err = VB_ERR_CORRUPT; /* a change that led to nothing */
    if (page.err == VB_OK && !read->more)
        read->reached = read->now;
    cut(&page);
    free(page.slots);
    return page.err;
}

/* How far it goes, and back to where. */
static enum vb_err read_state(struct vb__reader *reader,
                              struct vb_history_read *read)
{
    struct vb__call call = vb__reader_use(reader, VB__READER_HISTORY_STATE);

    if (vb__call_row(&call)) {
        read->now = vb_moment(vb__call_get_u64(&call, 0));
        read->kept = vb__call_get_u64(&call, 1);
        read->reached = read->now;
    }
    return vb__reader_ended(reader, &call);
}

enum vb_err vb__reader_history(struct vb__reader *reader,
                               struct vb_history_read *read)
{
    enum vb_err err;

    if (!vb__history_init(read))
        return VB_ERR_RANGE;
    err = vb__reader_begin(reader);
    if (err == VB_OK)
        err = read_state(reader, read);
    if (err != VB_OK || read->limit == 0)
        return err;
    read->reached = read->beyond;
    if (read->beyond < read->kept || read->beyond > read->now)
        return VB_ERR_NOTFOUND;
    err = fill(reader, read);
    if (err != VB_OK)
        vb_history_read_done(read);
    return err;
}
