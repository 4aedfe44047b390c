/* A fill, and who leads it. See fill.h. */
#include <stdlib.h>

#include "caching/fill_inner.h"
#include "caching/partial.h"

/* Sizes of blocks where it is not known how much will come. */
#define BLOCK_MIN ((size_t)16 * 1024)
#define BLOCK_MAX ((size_t)1024 * 1024)

/* Tells the leader that there is room. It holds a reference. */
static void tell_leader(struct vb_task *task)
{
    struct vb_fill *fill = VB_CONTAINER(task, struct vb_fill, task);
    bool led;

    pthread_mutex_lock(&fill->lock);
    fill->told = false;
    led = fill->led;
    pthread_mutex_unlock(&fill->lock);
    if (led)
        fill->leader.resume(fill->leader.context);
    vb__fill_unref(fill);
}

struct vb_fill *vb__fill_new(struct vb_flights *flights,
                             const struct vb_caching_key *key,
                             const struct vb_fill_party *leader)
{
    struct vb_fill *fill = malloc(sizeof(*fill) + key->text.len);

    if (fill == NULL)
        return NULL;
    *fill = (struct vb_fill){
        .flights = flights,
        .leader = *leader,
        .task = {.run = tell_leader},
        .moment = vb_memory_moment(vb__flights_config(flights)->tier),
        .led = true,
    };
    vb_ref_init(&fill->ref);
    pthread_mutex_init(&fill->lock, NULL);
    vb_list_init(&fill->readers);
    memcpy(fill->text, key->text.ptr, key->text.len);
    fill->key.text = vb_span_of(fill->text, key->text.len);
    fill->key.uri = vb_span_head(fill->key.text, key->uri.len);
    return fill;
}

static void drop_first(struct vb_fill *fill)
{
    struct vb__fill_block *block = fill->first;

    fill->first = block->next;
    if (fill->first == NULL)
        fill->last = NULL;
    if (block->paid)
        vb__flights_give(fill->flights, block->content->size);
    vb_kept_content_unref(block->content);
    free(block);
}

void vb__fill_unref(struct vb_fill *fill)
{
    if (!vb_ref_put(&fill->ref))
        return;
    while (fill->first != NULL)
        drop_first(fill);
    vb_stored_response_unref(fill->head);
    pthread_mutex_destroy(&fill->lock);
    free(fill);
}

uint64_t vb_fill_moment(const struct vb_fill *fill)
{
    return fill->moment;
}

bool vb__fill_is_too_old(const struct vb_fill *fill,
                         const struct vb_stored_response *head)
{
    return vb_memory_invalid_since(vb__flights_config(fill->flights)->tier,
                                   &fill->key, fill->moment, head);
}

void vb_fill_invalidate(struct vb_fill *fill,
                        const struct vb_invalidation *invalidation)
{
    struct vb_memory_tier *tier = vb__flights_config(fill->flights)->tier;
    uint64_t marks = invalidation->uri_count + invalidation->groups.count;
    uint64_t before = vb_memory_moment(tier);
    bool holds = !vb__fill_is_too_old(fill, NULL);

    vb_assert(!fill->listed);
    vb_memory_invalidate(tier, invalidation);
    /* Others may have come in between: then nobody knows what was first. */
    if (holds && vb_memory_moment(tier) == before + marks)
        fill->moment = before + marks;
}

unsigned vb_fill_readers(struct vb_fill *fill)
{
    unsigned count;

    pthread_mutex_lock(&fill->lock);
    count = fill->reader_count;
    pthread_mutex_unlock(&fill->lock);
    return count;
}

/* --- The window --------------------------------------------------------- */

struct positions {
    uint64_t fastest;
    uint64_t slowest;
};

static uint64_t position_of(const struct vb_fill *fill,
                            const struct vb_fill_reader *reader)
{
    return reader->at < fill->length ? reader->at : fill->length;
}

/* Where nobody reads, all has been read. */
static struct positions positions_of(const struct vb_fill *fill)
{
    struct positions of = {0, fill->length};
    bool any = false;

    for (const struct vb_link *at = fill->readers.next; at != &fill->readers;
         at = at->next) {
        const struct vb_fill_reader *reader =
            VB_CONTAINER(at, struct vb_fill_reader, link);

        if (reader->cut)
            continue;
        any = true;
        if (position_of(fill, reader) > of.fastest)
            of.fastest = position_of(fill, reader);
        if (reader->at < of.slowest)
            of.slowest = reader->at;
    }
    if (!any)
        of.fastest = fill->length;
    return of;
}

static size_t window_of(const struct vb_fill *fill)
{
    size_t window = vb__flights_config(fill->flights)->max_response;

    return window > VB__FILL_AHEAD && !fill->tight ? window : VB__FILL_AHEAD;
}

static bool is_full(const struct vb_fill *fill)
{
    struct positions of = positions_of(fill);

    return fill->passing && (fill->length - of.fastest >= VB__FILL_AHEAD ||
                             fill->length - of.slowest >= window_of(fill));
}

void vb__fill_trim(struct vb_fill *fill)
{
    uint64_t slowest = positions_of(fill).slowest;

    if (!fill->passing)
        return;
    while (fill->first != NULL && fill->first != fill->last &&
           fill->first->next->start <= slowest)
        drop_first(fill);
    if (!fill->paused || is_full(fill))
        return;
    fill->paused = false;
    if (fill->told || !fill->led)
        return;
    fill->told = true;
    vb_ref_get(&fill->ref);
    vb_mailbox_post(fill->leader.mailbox, &fill->task);
}

bool vb_fill_shed(struct vb_fill *fill)
{
    struct positions of;
    bool helped = false;

    pthread_mutex_lock(&fill->lock);
    of = positions_of(fill);
    if (is_full(fill) && of.slowest < of.fastest) {
        for (struct vb_link *at = fill->readers.next; at != &fill->readers;
             at = at->next) {
            struct vb_fill_reader *reader =
                VB_CONTAINER(at, struct vb_fill_reader, link);

            if (reader->cut || reader->at != of.slowest)
                continue;
            reader->cut = true;
            helped = true;
        }
        vb__fill_tell(fill);
        vb__fill_trim(fill);
    }
    pthread_mutex_unlock(&fill->lock);
    return helped;
}

/* --- What comes ---------------------------------------------------------- */

static void settle(struct vb_fill *fill, enum vb_fill_state state)
{
    pthread_mutex_lock(&fill->lock);
    fill->state = state;
    vb__fill_tell(fill);
    pthread_mutex_unlock(&fill->lock);
}

void vb_fill_release(struct vb_fill *fill, enum vb_fill_state state)
{
    vb_assert(state != VB_FILL_WAITING && state != VB_FILL_OPEN);
    if (state == VB_FILL_ALONE && !fill->alone)
        vb__flights_remember(fill);
    vb__flights_unlist(fill);
    settle(fill, state);
}

void vb_fill_fail(struct vb_fill *fill, struct vb_fill_failure failure)
{
    vb__flights_unlist(fill);
    fill->failure = failure; /* nobody reads it before the state says so */
    settle(fill, VB_FILL_FAILED);
}

static bool add_block(struct vb_fill *fill, size_t size, bool paid)
{
    struct vb__fill_block *block = malloc(sizeof(*block));
    struct vb_kept_content *content = vb_kept_content_new(size);

    if (block == NULL || content == NULL) {
        free(block);
        vb_kept_content_unref(content);
        return false;
    }
    *block = (struct vb__fill_block){
        .start = fill->length, .paid = paid, .content = content};
    if (fill->last != NULL)
        fill->last->next = block;
    else
        fill->first = block;
    fill->last = block;
    return true;
}

/* A block that counts among what is on its way. */
static bool take_block(struct vb_fill *fill, size_t size)
{
    if (!vb__flights_take(fill->flights, size))
        return false;
    if (add_block(fill, size, true))
        return true;
    vb__flights_give(fill->flights, size);
    return false;
}

bool vb_fill_open(struct vb_fill *fill, struct vb_stored_response *head)
{
    uint64_t length = head->rep->length;
    bool known = length != VB_LENGTH_UNKNOWN;
    bool open;

    vb_assert(head->rep->streamed && fill->state == VB_FILL_WAITING);
    open = !known || length <= vb__flights_config(fill->flights)->max_response;
    /* One piece where its size is known: it need not be copied again. */
    if (open && known && length > 0)
        open = take_block(fill, (size_t)length);
    if (!open) {
        vb_fill_release(fill, VB_FILL_ALONE);
        return false;
    }
    fill->head = vb_stored_response_ref(head);
    settle(fill, VB_FILL_OPEN);
    return true;
}

/* It is not kept any more; those who are there get it all the same. */
static void pass(struct vb_fill *fill)
{
    fill->passing = true;
    vb__fill_trim(fill);
}

/* Grows with what is there, so that the number of blocks does not. */
static size_t next_size(const struct vb_fill *fill)
{
    size_t size = (size_t)fill->length;

    if (fill->passing || size < BLOCK_MIN)
        return BLOCK_MIN;
    return size < BLOCK_MAX ? size : BLOCK_MAX;
}

/* Room in the last block; 0: no memory. Where too much is on its way, this one
 * is passed on, in as little memory as a connection has. */
static size_t make_room(struct vb_fill *fill)
{
    struct vb__fill_block *last = fill->last;

    if (last != NULL && last->content->len < last->content->size)
        return last->content->size - last->content->len;
    if (!take_block(fill, next_size(fill))) {
        fill->tight = true;
        pass(fill);
        if (!add_block(fill, next_size(fill), false))
            return 0;
    }
    return fill->last->content->size;
}

static bool copy_in(struct vb_fill *fill, struct vb_span bytes)
{
    while (bytes.len > 0) {
        size_t room = make_room(fill);
        struct vb_kept_content *content;

        if (room == 0)
            return false;
        if (room > bytes.len)
            room = bytes.len;
        content = fill->last->content;
        memcpy(content->bytes + content->len, bytes.ptr, room);
        content->len += room;
        fill->length += room;
        bytes = vb_span_from(bytes, room);
    }
    return true;
}

static enum vb_sink_want add(struct vb_fill *fill, struct vb_span bytes)
{
    size_t most = vb__flights_config(fill->flights)->max_response;

    if (!fill->passing && fill->length + bytes.len > most)
        pass(fill);
    if (fill->passing && fill->reader_count == 0)
        return VB_SINK_DONE;
    if (!copy_in(fill, bytes)) {
        fill->state = VB_FILL_BROKEN;
        vb__fill_tell(fill);
        return VB_SINK_DONE;
    }
    vb__fill_tell(fill);
    fill->paused = is_full(fill);
    return fill->paused ? VB_SINK_PAUSE : VB_SINK_MORE;
}

enum vb_sink_want vb_fill_append(struct vb_fill *fill, struct vb_span bytes)
{
    enum vb_sink_want want;
    bool passing;

    pthread_mutex_lock(&fill->lock);
    vb_assert(fill->state == VB_FILL_OPEN && !fill->whole);
    want = add(fill, bytes);
    passing = fill->passing;
    pthread_mutex_unlock(&fill->lock);
    if (passing)
        vb__flights_unlist(fill);
    return want;
}

/* The content in one piece, a reference; NULL: no memory. */
static struct vb_kept_content *gather(const struct vb_fill *fill)
{
    struct vb_kept_content *whole;

    if (fill->first != NULL && fill->first == fill->last &&
        fill->first->content->size == fill->length)
        return vb_kept_content_ref(fill->first->content);
    whole = vb_kept_content_new((size_t)fill->length);
    if (whole == NULL)
        return NULL;
    for (const struct vb__fill_block *block = fill->first; block != NULL;
         block = block->next) {
        memcpy(whole->bytes + whole->len, block->content->bytes,
               block->content->len);
        whole->len += block->content->len;
    }
    return whole;
}

static bool keep(struct vb_fill *fill)
{
    struct vb_memory_tier *tier = vb__flights_config(fill->flights)->tier;
    struct vb_kept_content *content = gather(fill);
    struct vb_stored_response *stored = NULL;
    bool kept = false;

    if (content != NULL)
        stored = vb_stored_response_filled(fill->head, content);
    if (stored != NULL && stored->part.complete > 0)
        kept = vb_part_keep(tier, &fill->key, fill->moment, stored);
    else if (stored != NULL)
        kept = vb_memory_put(tier, &fill->key, fill->moment, stored);
    vb_stored_response_unref(stored);
    vb_kept_content_unref(content);
    return kept;
}

/* Kept first, and then not to be followed any more: who comes meanwhile finds
 * one or the other. */
bool vb_fill_finish(struct vb_fill *fill)
{
    uint64_t announced = fill->head->rep->length;
    bool kept = false;

    vb_assert(fill->state == VB_FILL_OPEN);
    if (announced != VB_LENGTH_UNKNOWN && announced != fill->length) {
        vb_fill_release(fill, VB_FILL_BROKEN);
        return false;
    }
    if (!fill->passing)
        kept = keep(fill);
    vb__flights_unlist(fill);
    pthread_mutex_lock(&fill->lock);
    fill->whole = true;
    vb__fill_tell(fill);
    pthread_mutex_unlock(&fill->lock);
    return kept;
}

void vb_fill_close(struct vb_fill *fill)
{
    bool broken;

    if (fill == NULL)
        return;
    vb__flights_unlist(fill);
    pthread_mutex_lock(&fill->lock);
    fill->led = false;
    broken = fill->state == VB_FILL_WAITING ||
             (fill->state == VB_FILL_OPEN && !fill->whole);
    if (broken) {
        fill->state = VB_FILL_BROKEN;
        vb__fill_tell(fill);
    }
    pthread_mutex_unlock(&fill->lock);
    vb__fill_unref(fill);
}
