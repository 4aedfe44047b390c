/* Telling other instances, and hearing of them. See news.h. */
#include "storage/postgres/news.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/postgres/group.h"
#include "storage/postgres/others.h"

/* Commits within this time are told at once. */
#define TOLD_MS 10

/* How often it is asked for news while somebody watches, or caches; and where
 * others tell, in case that one could not. */
#define ASKED_MS  200
#define UNSURE_MS 1000
/* How often it is looked whether somebody does; and by when, at the latest, the
 * clock knows of other instances. */
#define IDLE_MS  1000
#define CLOCK_MS 60000

struct vb__pg_news {
    struct vb__pg_client *client;
    struct vb_alarm telling;
    struct vb__pg_ask tell;
    bool tells; /* the ask is under way */
    bool more;  /* and there is something new since */

    struct vb_alarm hearing;
    struct vb__pg_ask listen;
    bool listens;                 /* it is under way */
    bool is_heard;                /* LISTEN was sent on this connection */
    int64_t looked_ms;            /* monotonic */
    struct vb__pg_others *others; /* NULL: another client hears */
};

static struct vb_alarms *alarms_of(const struct vb__pg_news *news)
{
    return news->client->base.reactor->alarms;
}

/* --- telling ---------------------------------------------------------------
 */

static void send_tell(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    const struct vb__pg_news *news =
        VB_CONTAINER(ask, struct vb__pg_news, tell);
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, vb_span_str(news->client->store->name));
    vb__pg_send(link, ask, VB__PG_NOTIFY, &params);
}

static void tell_soon(struct vb__pg_news *news)
{
    if (news->telling.own == NULL)
        (void)alarms_of(news)->set(alarms_of(news), &news->telling, TOLD_MS);
}

static void tell_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_news *news = VB_CONTAINER(ask, struct vb__pg_news, tell);

    news->tells = false;
    if (err == VB_OK && news->more)
        tell_soon(news);
}

static void ring_telling(struct vb_alarm *alarm)
{
    struct vb__pg_news *news = alarm->context;

    news->tells = true;
    news->more = false;
    vb__pg_link_ask(&news->client->scans, &news->tell);
    vb__pg_link_flush(&news->client->scans);
}

void vb__pg_news_tell(struct vb__pg_news *news)
{
    vb__pg_own_told(news->client, news->client->group->writer.batch);
    if (!news->client->store->listens)
        return;
    if (news->tells)
        news->more = true;
    else
        tell_soon(news);
}

/* --- hearing ---------------------------------------------------------------
 */

static void send_listen(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    vb__pg_send(link, ask, VB__PG_LISTEN, NULL);
}

/* What was told before it was heard is looked for. */
static void listen_over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct vb__pg_news *news = VB_CONTAINER(ask, struct vb__pg_news, listen);

    news->listens = false;
    news->is_heard = err == VB_OK;
    if (news->is_heard)
        vb__pg_others_look(news->others);
}

static void opened(struct vb__pg_link *link)
{
    struct vb__pg_client *client = link->context;
    struct vb__pg_news *news = client->news;

    news->is_heard = false;
    vb__pg_others_forget(news->others);
    if (!client->store->listens || news->listens)
        return;
    news->listens = true;
    vb__pg_link_ask(link, &news->listen);
}

static bool is_followed(const struct vb__pg_news *news)
{
    return atomic_load(&news->client->store->store.followed);
}

/* Of our own commits everybody here knows already. Who caches hears of others'
 * before who watches, who is told when that has been looked for. */
static void notified(struct vb__pg_link *link, const PGnotify *notice)
{
    const struct vb__pg_client *client = link->context;
    const struct vb__pg_store *store = client->store;

    if (strncmp(notice->extra, store->name, strlen(store->store.epoch)) != 0 ||
        strcmp(notice->extra, store->name) == 0)
        return;
    if (is_followed(client->news))
        vb__pg_others_look(client->news->others);
    else
        vb__store_tell(&client->store->store);
}

static void ring_hearing(struct vb_alarm *alarm)
{
    struct vb__pg_news *news = alarm->context;
    bool wanted = atomic_load(&news->client->store->store.watching) > 0 ||
                  is_followed(news);
    int64_t now = vb_clock_monotonic_ms();
    int64_t pause = !wanted ? CLOCK_MS : news->is_heard ? UNSURE_MS : ASKED_MS;

    if (now - news->looked_ms >= pause - ASKED_MS / 2) {
        news->looked_ms = now;
        vb__pg_others_look(news->others);
    }
    (void)alarms_of(news)->set(alarms_of(news), alarm,
                               wanted && !news->is_heard ? ASKED_MS : IDLE_MS);
}

bool vb__pg_news_hear(struct vb__pg_news *news)
{
    news->others = vb__pg_others_new(news->client);
    if (news->others == NULL)
        return false;
    news->client->reads.opened = opened;
    news->client->reads.notified = notified;
    news->hearing = (struct vb_alarm){.ring = ring_hearing, .context = news};
    /* The first time at once: for the connection, and for the clock. */
    news->looked_ms = vb_clock_monotonic_ms() - CLOCK_MS;
    (void)alarms_of(news)->set(alarms_of(news), &news->hearing, 0);
    if (news->client->reads.state == VB__PG_READY)
        opened(&news->client->reads);
    return true;
}

/* --- the whole -------------------------------------------------------------
 */

struct vb__pg_news *vb__pg_news_new(struct vb__pg_client *client)
{
    struct vb__pg_news *news = calloc(1, sizeof(*news));

    if (news == NULL)
        return NULL;
    news->client = client;
    news->telling = (struct vb_alarm){.ring = ring_telling, .context = news};
    news->tell = (struct vb__pg_ask){.send = send_tell, .over = tell_over};
    news->listen =
        (struct vb__pg_ask){.send = send_listen, .over = listen_over};
    return news;
}

void vb__pg_news_free(struct vb__pg_news *news)
{
    if (news == NULL)
        return;
    alarms_of(news)->cancel(alarms_of(news), &news->telling);
    alarms_of(news)->cancel(alarms_of(news), &news->hearing);
    vb__pg_others_free(news->others);
    free(news);
}
