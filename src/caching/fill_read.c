/* Those who read a fill. See fill.h. */
#include <stdlib.h>

#include "caching/fill_inner.h"
#include "caching/vary.h"

/* Bytes that one read gives at most. */
#define READ_MAX ((size_t)64 * 1024)

static void reader_free(struct vb_fill_reader *reader)
{
    vb_kept_content_unref(reader->held);
    vb__fill_unref(reader->fill);
    free(reader);
}

static void run_reader(struct vb_task *task)
{
    struct vb_fill_reader *reader =
        VB_CONTAINER(task, struct vb_fill_reader, task);
    struct vb_fill *fill = reader->fill;
    bool closed;

    pthread_mutex_lock(&fill->lock);
    reader->posted = false;
    closed = reader->closed;
    pthread_mutex_unlock(&fill->lock);
    if (closed)
        reader_free(reader);
    else
        reader->party.news(reader->party.context);
}

struct vb_fill_reader *vb__fill_follow(struct vb_fill *fill,
                                       const struct vb_fill_party *party)
{
    struct vb_fill_reader *reader = calloc(1, sizeof(*reader));

    if (reader == NULL)
        return NULL;
    vb_ref_get(&fill->ref);
    reader->fill = fill;
    reader->party = *party;
    reader->task.run = run_reader;
    vb_list_append(&fill->readers, &reader->link);
    fill->reader_count++;
    return reader;
}

void vb__fill_tell(struct vb_fill *fill)
{
    for (struct vb_link *at = fill->readers.next; at != &fill->readers;
         at = at->next) {
        struct vb_fill_reader *reader =
            VB_CONTAINER(at, struct vb_fill_reader, link);

        if (!reader->waiting)
            continue;
        reader->waiting = false;
        reader->posted = true;
        vb_mailbox_post(reader->party.mailbox, &reader->task);
    }
}

/* It is to be told of what comes next; unless it is being told just now, and
 * will ask again. */
static void wait_for_more(struct vb_fill_reader *reader)
{
    reader->waiting = !reader->posted;
}

enum vb_fill_state
vb_fill_reader_state(struct vb_fill_reader *reader,
                     const struct vb_fields *fields,
                     const struct vb_stored_response **ret_head)
{
    struct vb_fill *fill = reader->fill;
    enum vb_fill_state state;

    pthread_mutex_lock(&fill->lock);
    state = fill->state;
    if (state == VB_FILL_WAITING)
        wait_for_more(reader);
    pthread_mutex_unlock(&fill->lock);
    if (state != VB_FILL_OPEN)
        return state;
    if (!reader->leads &&
        (!vb_vary_fits(fill->head->vary, fill->head->values, fields) ||
         vb__fill_is_too_old(fill, fill->head)))
        return VB_FILL_ALONE;
    *ret_head = fill->head;
    return VB_FILL_OPEN;
}

struct vb_fill_failure
vb_fill_reader_failure(const struct vb_fill_reader *reader)
{
    return reader->fill->failure;
}

bool vb_fill_reader_collapsed(const struct vb_fill_reader *reader)
{
    return !reader->leads;
}

static const struct vb__fill_block *block_at(const struct vb_fill *fill,
                                             uint64_t at)
{
    const struct vb__fill_block *block = fill->first;

    while (block->start + block->content->len <= at)
        block = block->next;
    return block;
}

/* Some bytes that it has not read yet; there are some. */
static struct vb_span give(struct vb_fill_reader *reader)
{
    const struct vb__fill_block *block = block_at(reader->fill, reader->at);
    size_t from = (size_t)(reader->at - block->start);
    size_t len = block->content->len - from;

    if (len > READ_MAX)
        len = READ_MAX;
    reader->held = vb_kept_content_ref(block->content);
    reader->given = len;
    return vb_span_of(block->content->bytes + from, len);
}

static enum vb_pull read_on(struct vb_fill_reader *reader,
                            struct vb_span *ret_bytes)
{
    struct vb_fill *fill = reader->fill;

    if (reader->cut)
        return VB_PULL_FAILED;
    if (reader->given > 0) {
        reader->at += reader->given;
        reader->given = 0;
        vb__fill_trim(fill);
    }
    if (reader->at < fill->length) {
        *ret_bytes = give(reader);
        return VB_PULL_BYTES;
    }
    if (fill->whole)
        return VB_PULL_END;
    if (fill->state != VB_FILL_OPEN)
        return VB_PULL_FAILED;
    wait_for_more(reader);
    return VB_PULL_PENDING;
}

enum vb_pull vb_fill_read(struct vb_fill_reader *reader,
                          struct vb_span *ret_bytes)
{
    struct vb_kept_content *held = reader->held;
    enum vb_pull pull;

    reader->held = NULL;
    pthread_mutex_lock(&reader->fill->lock);
    pull = read_on(reader, ret_bytes);
    pthread_mutex_unlock(&reader->fill->lock);
    vb_kept_content_unref(held);
    return pull;
}

bool vb_fill_reader_seek(struct vb_fill_reader *reader, uint64_t at)
{
    struct vb_fill *fill = reader->fill;
    bool there;

    pthread_mutex_lock(&fill->lock);
    there = !fill->passing && at <= fill->head->rep->length;
    if (there) {
        reader->at = at;
        reader->given = 0;
    }
    pthread_mutex_unlock(&fill->lock);
    return there;
}

void vb_fill_reader_close(struct vb_fill_reader *reader)
{
    struct vb_fill *fill;
    bool posted;

    if (reader == NULL)
        return;
    fill = reader->fill;
    pthread_mutex_lock(&fill->lock);
    vb_list_remove(&reader->link);
    fill->reader_count--;
    reader->waiting = false;
    reader->closed = true;
    posted = reader->posted;
    vb__fill_trim(fill);
    pthread_mutex_unlock(&fill->lock);
    if (!posted)
        reader_free(reader);
}
