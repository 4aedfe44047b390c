/* What is read once, for all listeners that are not behind. See feed.h. */
#include <stdlib.h>

#include "base/assert.h"
#include "resource/feed_part.h"

/* One reading brings so many changes, and bytes of records. */
#define CHANGES 1000
#define BYTES   ((size_t)4 * 1024 * 1024)

/* --- topics ---------------------------------------------------------------
 */

/* A record and a collection may have one name. */
static uint64_t hash_of(const struct vb_feed *feed, struct vb_span name,
                        bool members)
{
    return vb_store_hash(feed->env->store->store, name) ^ (members ? 1 : 0);
}

static struct vb__topic *find(const struct vb_feed *feed, struct vb_span name,
                              bool members)
{
    struct vb_table_node *node =
        vb_table_first(&feed->topics, hash_of(feed, name, members));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__topic *topic = VB_CONTAINER(node, struct vb__topic, node);

        if (topic->members == members &&
            vb_span_eq(vb_span_of(topic->name, topic->len), name))
            return topic;
    }
    return NULL;
}

static struct vb__topic *get(struct vb_feed *feed, struct vb_span name,
                             bool members)
{
    struct vb__topic *topic = find(feed, name, members);

    if (topic != NULL)
        return topic;
    topic = calloc(1, sizeof(*topic) + name.len);
    if (topic == NULL)
        return NULL;
    vb_list_init(&topic->listeners);
    topic->members = members;
    topic->len = name.len;
    memcpy(topic->name, name.ptr, name.len);
    if (vb_table_insert(&feed->topics, &topic->node,
                        hash_of(feed, name, members)))
        return topic;
    free(topic);
    return NULL;
}

/* --- telling --------------------------------------------------------------
 */

/* It has no room, and is behind from here on. */
static void fall_behind(struct vb_listener *listener, uint64_t moment)
{
    vb__feed_part(listener);
    if (listener->heard < moment - 1)
        listener->heard = moment - 1;
}

static void tell_topic(struct vb_feed *feed, struct vb_span name, bool members,
                       struct vb_news *news)
{
    struct vb__topic *topic = find(feed, name, members);
    uint64_t moment = news->happening->moment;
    struct vb_link *link = topic == NULL ? NULL : topic->listeners.next;

    /* The last to part takes the topic with it. */
    for (size_t left = topic == NULL ? 0 : topic->count; left > 0; left--) {
        struct vb_listener *listener =
            VB_CONTAINER(link, struct vb_listener, live);

        link = link->next;
        if (listener->heard >= moment)
            continue;
        if (listener->hear(listener, news))
            listener->heard = moment;
        else
            fall_behind(listener, moment);
        vb__feed_rouse(listener);
    }
}

static void tell(struct vb_feed *feed, const struct vb_happening *happening)
{
    const struct vb_record *record =
        happening->after != NULL ? happening->after : happening->before;
    struct vb_news news = {.happening = happening};

    if (record->parent.len > 0)
        tell_topic(feed, record->parent, true, &news);
    tell_topic(feed, record->key, false, &news);
    vb__news_done(&news);
}

/* Some of it is gone before it was read: each may see for itself what that
 * means to it. */
static void lose(struct vb_feed *feed)
{
    struct vb_link *link = feed->all.next;

    while (link != &feed->all) {
        struct vb_listener *listener =
            VB_CONTAINER(link, struct vb_listener, all);

        link = link->next;
        if (listener->topic == NULL)
            continue;
        if (listener->heard < feed->at)
            listener->heard = feed->at;
        vb__feed_part(listener);
        vb__feed_rouse(listener);
    }
}

/* --- reading --------------------------------------------------------------
 */

static void read_on(struct vb_feed *feed);

static void take(struct vb_feed *feed)
{
    struct vb_history_read *history = &feed->history;

    feed->reading = false;
    if (history->op.err == VB_OK) {
        for (size_t i = 0; i < history->count; i++)
            tell(feed, &history->happenings[i]);
        feed->at = history->reached;
        feed->more |= history->more;
    } else if (history->op.err == VB_ERR_NOTFOUND) {
        lose(feed);
    } else {
        feed->failed = true;
    }
    vb_history_read_done(history);
    vb__feed_wake_all(feed);
}

static void history_done(struct vb_store_op *op)
{
    struct vb_feed *feed = op->context;

    take(feed);
    read_on(feed);
}

static void read_on(struct vb_feed *feed)
{
    while (feed->more && !feed->reading && feed->live > 0) {
        feed->more = false;
        feed->reading = true;
        feed->history = (struct vb_history_read){
            .op = {.done = history_done, .context = feed},
            .beyond = feed->at,
            .limit = CHANGES,
            .byte_limit = BYTES,
        };
        if (vb_store_history(feed->env->store, &feed->history) == VB_IO_PENDING)
            return;
        take(feed);
    }
}

void vb__feed_try_again(struct vb_feed *feed)
{
    feed->more |= feed->failed;
    feed->failed = false;
    read_on(feed);
}

void vb__feed_watch_heard(struct vb_watch *watch)
{
    struct vb_feed *feed = watch->context;

    feed->more = true;
    read_on(feed);
}

/* --- who shares it --------------------------------------------------------
 */

/* What came before the store was watched has to be looked for. */
static void watch(struct vb_feed *feed)
{
    if (feed->watching)
        return;
    feed->watching = true;
    feed->more = true;
    vb_store_watch(feed->env->store, &feed->watch);
}

bool vb__feed_join(struct vb_listener *listener)
{
    struct vb_feed *feed = listener->feed;
    bool members = listener->key.ptr == NULL;
    struct vb__topic *topic =
        get(feed, members ? listener->parent : listener->key, members);

    if (topic == NULL)
        return false;
    listener->topic = topic;
    vb_list_append(&topic->listeners, &listener->live);
    topic->count++;
    if (feed->live++ == 0 && !feed->reading)
        feed->at = listener->heard;
    watch(feed);
    read_on(feed);
    return true;
}

void vb__feed_part(struct vb_listener *listener)
{
    struct vb_feed *feed = listener->feed;
    struct vb__topic *topic = listener->topic;

    vb_list_remove(&listener->live);
    listener->topic = NULL;
    feed->live--;
    if (--topic->count == 0) {
        vb_table_remove(&feed->topics, &topic->node);
        free(topic);
    }
    if (feed->live == 0 && feed->watching) {
        vb_store_unwatch(&feed->watch);
        feed->watching = false;
    }
}
