/* What is read for one listener, until it has caught up. See feed.h. */
#include <stdlib.h>

#include "resource/feed_part.h"

/* One reading brings so many changes, and bytes of records: what fills the
 * listener's room, more or less. */
#define CHANGES 256
#define BYTES   ((size_t)64 * 1024)

static void history_done(struct vb_store_op *op);

/* Where the listener is to be heard of again: `begun` comes once, and each time
 * that something is lost. */
static void begin(struct vb_listener *listener, uint64_t moment, bool lost)
{
    listener->heard = moment;
    if (!listener->started || lost)
        listener->begun(listener, lost);
    listener->started = true;
    vb__feed_rouse(listener);
}

/* True: all of it is told. */
static bool tell(struct vb_listener *listener,
                 const struct vb_history_read *history)
{
    for (size_t i = 0; i < history->count; i++) {
        struct vb_news news = {.happening = &history->happenings[i]};
        bool heard = listener->hear(listener, &news);

        vb__news_done(&news);
        vb__feed_rouse(listener);
        if (!heard)
            return false;
        listener->heard = history->happenings[i].moment;
    }
    listener->heard = history->reached;
    return true;
}

/* Goes on with the others if it is as far, else it is read for. */
static void go_on(struct vb_listener *listener, bool more)
{
    struct vb_feed *feed = listener->feed;
    bool alone = feed->live == 0 && !feed->reading;

    if (!more && (alone || listener->heard >= feed->at)) {
        (void)vb__feed_join(listener); /* else at the next beat */
        return;
    }
    if (listener->has_room(listener))
        vb__feed_ask(listener);
}

/* --- what is not kept any more --------------------------------------------
 */

/* Nothing has happened to what it listens to, if that is still as old. Where
 * the store could not say, it is asked all of it again: at the next beat. */
static void judge_quiet(struct vb__ask *ask, enum vb_err err, bool quiet)
{
    struct vb_listener *listener = ask->listener;
    uint64_t now = ask->history.now;

    vb_history_read_done(&ask->history);
    free(ask);
    if (listener == NULL)
        return;
    listener->ask = NULL;
    if (err != VB_OK)
        return;
    begin(listener, now, !quiet);
    go_on(listener, false);
}

static void collection_done(struct vb_store_op *op)
{
    struct vb__ask *ask = op->context;
    struct vb_feed *feed = ask->feed;

    feed->asks--;
    judge_quiet(ask, op->err,
                ask->collection.revision <=
                    vb_moment_revision(ask->history.beyond));
    vb__feed_wake_all(feed);
}

static void record_done(struct vb_store_op *op)
{
    struct vb__ask *ask = op->context;
    struct vb_feed *feed = ask->feed;
    const struct vb_record *record = ask->record.record;
    bool quiet = record != NULL &&
                 record->revision <= vb_moment_revision(ask->history.beyond);

    feed->asks--;
    vb_record_unref(ask->record.record);
    judge_quiet(ask, op->err, quiet);
    vb__feed_wake_all(feed);
}

/* What is read now is no older than what the history said of its end. */
static void look_whether_quiet(struct vb__ask *ask)
{
    struct vb_store_client *client = ask->feed->env->store;
    enum vb_io io;

    ask->feed->asks++;
    if (ask->history.parent.ptr != NULL) {
        ask->collection = (struct vb_collection_read){
            .op = {.done = collection_done, .context = ask},
            .parent = ask->history.parent};
        io = vb_store_collection(client, &ask->collection);
        if (io == VB_IO_DONE)
            collection_done(&ask->collection.op);
    } else {
        ask->record =
            (struct vb_read){.op = {.done = record_done, .context = ask},
                             .key = ask->history.key};
        io = vb_store_read(client, &ask->record);
        if (io == VB_IO_DONE)
            record_done(&ask->record.op);
    }
}

/* --- reading --------------------------------------------------------------
 */

/* What it asked for has come. */
static void take_page(struct vb_listener *listener,
                      const struct vb_history_read *history)
{
    bool where = history->limit == 0; /* it only asked where it begins */
    uint64_t from = where ? history->now : listener->heard;

    if (!listener->started)
        begin(listener, from, false);
    if (where || tell(listener, history))
        go_on(listener, history->more);
}

static void take(struct vb__ask *ask)
{
    const struct vb_history_read *history = &ask->history;
    struct vb_listener *listener = ask->listener;
    enum vb_err err = history->op.err;

    if (listener != NULL && err == VB_ERR_NOTFOUND &&
        history->beyond < history->now) {
        look_whether_quiet(ask);
        return;
    }
    if (listener != NULL)
        listener->ask = NULL;
    if (listener != NULL && err == VB_OK)
        take_page(listener, history);
    if (listener != NULL && err == VB_ERR_NOTFOUND) { /* it is to come */
        begin(listener, history->now, true);
        go_on(listener, false);
    }
    vb_history_read_done(&ask->history); /* after a failure: at the next beat */
    free(ask);
}

static void history_done(struct vb_store_op *op)
{
    struct vb__ask *ask = op->context;
    struct vb_feed *feed = ask->feed;

    feed->asks--;
    take(ask);
    vb__feed_wake_all(feed);
}

static struct vb__ask *ask_new(struct vb_listener *listener)
{
    bool members = listener->key.ptr == NULL;
    struct vb_span name = members ? listener->parent : listener->key;
    struct vb__ask *ask = calloc(1, sizeof(*ask) + name.len);

    if (ask == NULL)
        return NULL;
    memcpy(ask->name, name.ptr, name.len);
    ask->feed = listener->feed;
    ask->listener = listener;
    ask->history = (struct vb_history_read){
        .op = {.done = history_done, .context = ask},
        .beyond = listener->heard,
        .limit = listener->heard == VB_FEED_NOW ? 0 : CHANGES,
        .byte_limit = BYTES,
    };
    if (members)
        ask->history.parent = vb_span_of(ask->name, name.len);
    else
        ask->history.key = vb_span_of(ask->name, name.len);
    return ask;
}

void vb__feed_ask(struct vb_listener *listener)
{
    struct vb_feed *feed = listener->feed;
    struct vb__ask *ask = ask_new(listener);

    if (ask == NULL)
        return; /* at the next beat */
    listener->ask = ask;
    feed->asks++;
    if (vb_store_history(feed->env->store, &ask->history) == VB_IO_DONE)
        history_done(&ask->history.op);
}
