/*
 * Reading history: a row has what a change took the place of. What the change
 * led to is in the next row of its record, on this page or behind it; or it is
 * the record as it is now.
 */
#include <stdlib.h>

#include "storage/engine.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/history.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

/* The columns of HISTORY. */
enum column {
    MOMENT,
    RECORD,
    REMOVED,
    KEY,
    PARENT,
    REVISION, /* 0: there was nothing */
    CREATED_MS,
    MODIFIED_MS,
    LENGTH,
    MEDIA_TYPE,
    CONTENT
};

/* A page that is being made. */
struct page {
    struct vb__reader *reader;
    struct vb_history_read *read;
    uint64_t *records; /* whose change each is; 0: what it led to is known */
    size_t bytes;
    size_t waiting; /* of these that are not 0 */
    size_t cut;     /* from here on it is for another page */
    enum vb_err err;
};

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
                                   const struct vb__call *row)
{
    if (vb__call_get_u64(row, REVISION) == 0)
        return NULL;
    return keep(page, (struct vb_record){
                          .position = vb__call_get_u64(row, RECORD),
                          .revision = vb__call_get_u64(row, REVISION),
                          .created_ms = vb__call_get_i64(row, CREATED_MS),
                          .modified_ms = vb__call_get_i64(row, MODIFIED_MS),
                          .length = vb__call_get_u64(row, LENGTH),
                          .key = vb__call_get_text(row, KEY),
                          .parent = vb__call_get_text(row, PARENT),
                          .media_type = vb__call_get_text(row, MEDIA_TYPE),
                          .content = vb__call_get_blob(row, CONTENT),
                      });
}

/* What was asked for and has no outcome yet gets what the row has. Where there
 * is too much already, all but the first is left for another page. */
static void settle(struct page *page, const struct vb__call *row)
{
    uint64_t record = vb__call_get_u64(row, RECORD);

    for (size_t i = 0; page->waiting > 0 && i < page->read->count; i++) {
        if (page->records[i] != record)
            continue;
        page->records[i] = 0;
        page->waiting--;
        if (i > 0 && page->bytes > page->read->byte_limit) {
            if (i < page->cut)
                page->cut = i;
        } else {
            page->read->happenings[i].after = before_of(page, row);
        }
    }
}

/* Is the record still what the change has made of it? */
static void look_now(struct page *page, size_t index)
{
    struct vb_happening *happening = &page->read->happenings[index];
    struct vb__call call = vb__reader_use(page->reader, VB__READER_BY_ID);
    struct vb_record now = {.revision = 0};
    enum vb_err err;

    vb__call_u64(&call, page->records[index]);
    if (vb__call_row(&call))
        now = vb__reader_row(&call);
    if (now.revision == vb_moment_revision(happening->moment)) {
        happening->after = keep(page, now);
        page->records[index] = 0;
        page->waiting--;
    }
    err = vb__reader_ended(page->reader, &call);
    if (err != VB_OK)
        page->err = err;
}

static void take(struct page *page, const struct vb__call *row)
{
    struct vb_history_read *read = page->read;
    size_t index = read->count++;

    read->happenings[index] = (struct vb_happening){
        .moment = vb__call_get_u64(row, MOMENT),
        .before = before_of(page, row),
    };
    if (vb__call_get_i64(row, REMOVED) != 0 || page->err != VB_OK)
        return;
    page->records[index] = vb__call_get_u64(row, RECORD);
    page->waiting++;
    look_now(page, index);
}

/* The rows of the page, and on until each change's outcome is known. */
static void walk(struct page *page, struct vb__call *call)
{
    struct vb_history_read *read = page->read;
    size_t looked = 0;

    while (page->err == VB_OK && (!read->more || page->waiting > 0) &&
           vb__call_row(call)) {
        bool wanted = vb__history_wants(read, vb__call_get_text(call, KEY),
                                        vb__call_get_text(call, PARENT));

        settle(page, call);
        read->more |=
            looked++ == VB__HISTORY_LOOKED ||
            (wanted && (read->count == read->limit ||
                        (read->count > 0 && page->bytes > read->byte_limit)));
        if (read->more)
            continue;
        if (wanted)
            take(page, call);
        read->reached = vb__call_get_u64(call, MOMENT);
    }
}

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

static enum vb_err fill(struct vb__reader *reader, struct vb_history_read *read)
{
    struct vb__call call = vb__reader_use(reader, VB__READER_HISTORY);
    struct page page = {.reader = reader, .read = read, .cut = SIZE_MAX};
    enum vb_err err;

    read->happenings = calloc(read->limit, sizeof(*read->happenings));
    page.records = calloc(read->limit, sizeof(*page.records));
    if (read->happenings == NULL || page.records == NULL)
        page.err = VB_ERR_NOMEM;
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
    free(page.records);
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
