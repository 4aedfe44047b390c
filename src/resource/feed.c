/* Who listens to what. See feed.h. */
#include "resource/feed_part.h"

#include <stdlib.h>

#include "base/assert.h"
#include "resource/stored.h"

/* So often all are woken. */
#define BEAT_MS 1000

/* --- news -----------------------------------------------------------------
 */

struct vb_span vb_news_key(const struct vb_news *news)
{
    const struct vb_happening *happening = news->happening;

    return happening->after != NULL ? happening->after->key
                                    : happening->before->key;
}

static yyjson_val *value_of(const struct vb_record *record, bool *read,
                            struct vb_json **json)
{
    if (!*read && record != NULL && vb_is_json(record->media_type))
        (void)vb_json_parse(record->content, NULL, json, NULL);
    *read = true;
    return *json == NULL ? NULL : (*json)->root;
}

yyjson_val *vb_news_before(struct vb_news *news)
{
    return value_of(news->happening->before, &news->read_before, &news->before);
}

yyjson_val *vb_news_after(struct vb_news *news)
{
    return value_of(news->happening->after, &news->read_after, &news->after);
}

void vb__news_done(struct vb_news *news)
{
    vb_json_free(news->before);
    vb_json_free(news->after);
    for (size_t i = 0; i < 3; i++)
        vb_buf_done(&news->made[i]);
}

/* --- being woken ----------------------------------------------------------
 */

void vb__feed_rouse(struct vb_listener *listener)
{
    if (vb_list_empty(&listener->due))
        vb_list_append(&listener->feed->due, &listener->due);
}

/* Whoever is woken may leave, and others with it. */
void vb__feed_wake_all(struct vb_feed *feed)
{
    if (feed->waking)
        return;
    feed->waking = true;
    while (!vb_list_empty(&feed->due)) {
        struct vb_listener *listener =
            VB_CONTAINER(feed->due.next, struct vb_listener, due);

        vb_list_remove(&listener->due);
        listener->wake(listener);
    }
    feed->waking = false;
}

static void beat(struct vb_alarm *alarm)
{
    struct vb_feed *feed = alarm->context;

    for (struct vb_link *link = feed->all.next; link != &feed->all;
         link = link->next)
        vb__feed_rouse(VB_CONTAINER(link, struct vb_listener, all));
    vb__feed_wake_all(feed);
    if (feed->failed)
        vb__feed_try_again(feed);
    if (feed->count > 0)
        feed->env->alarms->set(feed->env->alarms, alarm, BEAT_MS);
}

/* --- life -----------------------------------------------------------------
 */

struct vb_feed *vb_feed_new(struct vb_env *env, size_t most)
{
    struct vb_feed *feed = calloc(1, sizeof(*feed));

    if (feed == NULL)
        return NULL;
    feed->env = env;
    feed->most = most;
    vb_list_init(&feed->all);
    vb_list_init(&feed->due);
    vb_table_init(&feed->topics);
    feed->alarm = (struct vb_alarm){.ring = beat, .context = feed};
    feed->watch =
        (struct vb_watch){.heard = vb__feed_watch_heard, .context = feed};
    return feed;
}

void vb_feed_free(struct vb_feed *feed)
{
    if (feed == NULL)
        return;
    vb_assert(feed->count == 0 && feed->asks == 0 && !feed->reading);
    vb_table_done(&feed->topics);
    free(feed);
}

size_t vb_feed_count(const struct vb_feed *feed)
{
    return feed->count;
}

bool vb_feed_has_room(const struct vb_feed *feed)
{
    return !feed->over && feed->count < feed->most;
}

void vb_feed_end(struct vb_feed *feed, bool for_good)
{
    struct vb_link ending;

    feed->over |= for_good;
    vb_list_init(&ending);
    while (!vb_list_empty(&feed->all)) {
        struct vb_link *link = feed->all.next;

        vb_list_remove(link);
        vb_list_append(&ending, link);
    }
    while (!vb_list_empty(&ending)) {
        struct vb_listener *listener =
            VB_CONTAINER(ending.next, struct vb_listener, all);

        vb_listener_leave(listener);
        listener->ended(listener);
    }
}

bool vb_feed_listen(struct vb_feed *feed, struct vb_listener *listener)
{
    vb_assert(listener->feed == NULL);
    if (!vb_feed_has_room(feed) ||
        (feed->alarm.own == NULL && feed->env->alarms != NULL &&
         feed->env->alarms->set(feed->env->alarms, &feed->alarm, BEAT_MS) !=
             VB_OK))
        return false;
    listener->feed = feed;
    listener->topic = NULL;
    listener->ask = NULL;
    listener->started = false;
    vb_list_init(&listener->live);
    vb_list_init(&listener->due);
    vb_list_append(&feed->all, &listener->all);
    feed->count++;
    vb__feed_ask(listener);
    return true;
}

void vb_listener_go_on(struct vb_listener *listener)
{
    if (listener->feed != NULL && listener->topic == NULL &&
        listener->ask == NULL)
        vb__feed_ask(listener);
}

uint64_t vb_listener_moment(const struct vb_listener *listener)
{
    return listener->topic != NULL && listener->feed->at > listener->heard
               ? listener->feed->at
               : listener->heard;
}

void vb_listener_leave(struct vb_listener *listener)
{
    struct vb_feed *feed = listener->feed;

    if (feed == NULL)
        return;
    if (listener->topic != NULL)
        vb__feed_part(listener);
    if (listener->ask != NULL)
        listener->ask->listener = NULL;
    vb_list_remove(&listener->all);
    vb_list_remove(&listener->due);
    listener->feed = NULL;
    feed->count--;
    if (feed->count == 0 && feed->alarm.own != NULL)
        feed->env->alarms->cancel(feed->env->alarms, &feed->alarm);
}
