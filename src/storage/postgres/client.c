/* A worker's client: its links, and the turns of its loop. See state.h. */
#include <stdlib.h>

#include "storage/postgres/client.h"
#include "storage/postgres/group.h"
#include "storage/postgres/keeper.h"
#include "storage/postgres/making.h"
#include "storage/postgres/news.h"
#include "storage/postgres/others.h"
#include "storage/postgres/replica.h"

/* Lists of one batch: while their pages are made here, the database is at the
 * next ones. */
#define LISTS_AT_ONCE 4

/* How often a client looks whether the keeper has gone. */
#define SUCCEED_MS 1000

static void link_init(struct vb__pg_client *client, struct vb__pg_link *link)
{
    vb__pg_link_init(link, &client->store->url, client->base.reactor,
                     client->base.executor, client->base.mailbox);
    link->context = client;
}

/* False: no memory. */
static bool keep_house(struct vb__pg_client *client)
{
    if (!vb__pg_keeper_begin(client))
        return false;
    if (client->keeper == NULL)
        return true;
    if (!vb__pg_news_hear(client->news)) {
        vb__pg_keeper_end(client);
        return false;
    }
    client->making = vb__pg_making_new(client); /* or there are none */
    return true;
}

static void look_after(struct vb__pg_client *client)
{
    struct vb_alarms *alarms = client->base.reactor->alarms;

    if (client->keeper == NULL)
        (void)alarms->set(alarms, &client->succeeding, SUCCEED_MS);
}

static void succeed(struct vb_alarm *alarm)
{
    struct vb__pg_client *client =
        VB_CONTAINER(alarm, struct vb__pg_client, succeeding);

    (void)keep_house(client);
    look_after(client);
}

struct vb_store_client *vb__pg_attach(struct vb_store *store,
                                      struct vb_mailbox *mailbox,
                                      struct vb_executor *executor,
                                      struct vb_reactor *reactor)
{
    struct vb__pg_client *client = calloc(1, sizeof(*client));

    if (client == NULL || reactor == NULL) {
        free(client);
        return NULL;
    }
    client->store = vb__pg_store_of(store);
    client->base = (struct vb_store_client){.store = store,
                                            .mailbox = mailbox,
                                            .executor = executor,
                                            .reactor = reactor};
    link_init(client, &client->reads);
    link_init(client, &client->scans);
    client->scans.asks_most = LISTS_AT_ONCE;
    link_init(client, &client->writes);
    vb__pg_reads_begin(client);
    vb_list_init(&client->own.link);
    client->replica = vb__pg_replica_new(client);
    client->group = vb__pg_group_new(client);
    client->news = vb__pg_news_new(client);
    client->succeeding.ring = succeed;
    if (client->replica == NULL || client->group == NULL ||
        client->news == NULL || !keep_house(client)) {
        vb__pg_detach(&client->base);
        return NULL;
    }
    vb__pg_own_begin(client, client->group->writer.slot);
    look_after(client);
    return &client->base;
}

void vb__pg_detach(struct vb_store_client *base)
{
    struct vb__pg_client *client = vb__pg_client_of(base);

    client->base.reactor->alarms->cancel(client->base.reactor->alarms,
                                         &client->succeeding);
    vb__pg_replica_end(client->replica);
    vb__pg_link_done(&client->reads);
    vb__pg_link_done(&client->scans);
    vb__pg_link_done(&client->writes);
    vb__pg_reads_done(client);
    vb__pg_own_end(client);
    vb__pg_group_free(client->group);
    vb__pg_keeper_end(client);
    vb__pg_making_free(client->making);
    vb__pg_news_free(client->news);
    vb__pg_replica_free(client->replica);
    free(client);
}

void vb__pg_flush(struct vb_store_client *base)
{
    struct vb__pg_client *client = vb__pg_client_of(base);

    vb__pg_keeper_turn(client);
    vb__pg_making_turn(client->making);
    vb__pg_link_flush(&client->reads);
    vb__pg_replica_flush(client->replica);
    vb__pg_link_flush(&client->scans);
    vb__pg_group_flush(client->group);
}
