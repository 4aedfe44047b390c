/* History, as all engines have it: what a request brings, and who is told that
 * there is something new. See store.h. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/list.h"
#include "storage/engine.h"

/* --- requests --------------------------------------------------------------
 */

bool vb__history_init(struct vb_history_read *read)
{
    read->happenings = NULL;
    read->count = 0;
    read->more = false;
    read->reached = read->now = read->kept = 0;
    return read->limit <= VB_HISTORY_MOST;
}

void vb_history_read_done(struct vb_history_read *read)
{
    for (size_t i = 0; i < read->count; i++) {
        vb_record_unref(read->happenings[i].before);
        vb_record_unref(read->happenings[i].after);
    }
    free(read->happenings);
    read->happenings = NULL;
    read->count = 0;
}

bool vb__history_wants(const struct vb_history_read *read, struct vb_span key,
                       struct vb_span parent)
{
    return (read->key.ptr == NULL || vb_span_eq(read->key, key)) &&
           (read->parent.ptr == NULL || vb_span_eq(read->parent, parent));
}

struct vb_record *vb__history_record(struct vb_record *record)
{
    struct vb_record fields;

    if (record == NULL || record->blob == 0)
        return record == NULL ? NULL : vb_record_ref(record);
    fields = *record;
    fields.blob = 0;
    return vb__record_new(&fields);
}

void vb_store_keep_history(struct vb_store *store, uint64_t bytes)
{
    atomic_store(&store->history, bytes);
}

/* --- who watches -----------------------------------------------------------
 */

void vb__watches_init(struct vb_store *store)
{
    pthread_mutex_init(&store->watches_lock, NULL);
    store->watches = NULL;
    atomic_init(&store->watching, 0);
}

void vb__watches_done(struct vb_store *store)
{
    vb_assert(store->watches == NULL);
    pthread_mutex_destroy(&store->watches_lock);
}

/* From now on another commit is told again. */
static void deliver(struct vb_task *task)
{
    struct vb_watch *watch = VB_CONTAINER(task, struct vb_watch, task);

    atomic_store(&watch->told, false);
    watch->heard(watch);
}

/* Most commits have nobody to be told. Who begins to watch counts itself before
 * it looks at what there is, and here it is counted after there is more: one of
 * the two sees the other. */
void vb__store_tell(struct vb_store *store)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load(&store->watching) == 0)
        return;
    pthread_mutex_lock(&store->watches_lock);
    for (struct vb_watch *watch = store->watches; watch != NULL;
         watch = watch->next)
        if (!atomic_exchange(&watch->told, true))
            vb_mailbox_post(watch->client->mailbox, &watch->task);
    pthread_mutex_unlock(&store->watches_lock);
}

void vb_store_watch(struct vb_store_client *client, struct vb_watch *watch)
{
    struct vb_store *store = client->store;

    watch->client = client;
    watch->task.run = deliver;
    pthread_mutex_lock(&store->watches_lock);
    watch->next = store->watches;
    store->watches = watch;
    atomic_fetch_add(&store->watching, 1);
    pthread_mutex_unlock(&store->watches_lock);
    atomic_thread_fence(memory_order_seq_cst);
}

void vb_store_unwatch(struct vb_watch *watch)
{
    struct vb_store *store = watch->client->store;
    struct vb_watch **at = &store->watches;

    pthread_mutex_lock(&store->watches_lock);
    while (*at != watch)
        at = &(*at)->next;
    *at = watch->next;
    atomic_fetch_sub(&store->watching, 1);
    pthread_mutex_unlock(&store->watches_lock);
    watch->client = NULL;
}
