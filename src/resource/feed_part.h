/*
 * The parts of a feed: who listens to what (feed.c), what is read for all
 * (feed_live.c), and for one that is behind (feed_behind.c).
 */
#ifndef VB_RESOURCE_FEED_PART_H
#define VB_RESOURCE_FEED_PART_H

#include "base/alarm.h"
#include "resource/feed.h"

/* Who listens to one record, or to the members of one collection. */
struct vb__topic {
    struct vb_table_node node;
    struct vb_link listeners; /* that are not behind */
    size_t count;
    bool members;
    size_t len;
    char name[]; /* key or parent */
};

/* What is read for one listener, which may leave meanwhile. */
struct vb__ask {
    struct vb_feed *feed;
    struct vb_listener *listener; /* NULL: it has left */
    struct vb_history_read history;
    struct vb_collection_read collection;
    struct vb_read record;
    char name[]; /* key or parent */
};

struct vb_feed {
    struct vb_env *env;
    size_t most, count;
    bool over;
    struct vb_link all; /* listeners */
    struct vb_link due; /* to be woken */
    bool waking;        /* that is done further up */
    struct vb_alarm alarm;

    /* For those that are not behind. */
    struct vb_table topics;
    size_t live;   /* how many they are */
    uint64_t at;   /* all up to this moment was told them */
    bool watching; /* the store tells of commits */
    bool reading;  /* `history` is under way */
    bool more;     /* there is something that it does not bring */
    bool failed;   /* the store could not say: it is asked at the next beat */
    size_t asks;   /* of listeners that are behind */
    struct vb_watch watch;
    struct vb_history_read history;
};

/* --- feed.c */

/* Puts it among those to be woken. */
void vb__feed_rouse(struct vb_listener *listener);
/* Wakes them: not within a walk over listeners. */
void vb__feed_wake_all(struct vb_feed *feed);
void vb__news_done(struct vb_news *news);

/* --- feed_live.c */

/* It knows all that has been told, and shares what comes. False: no memory. */
bool vb__feed_join(struct vb_listener *listener);
/* It does not share it any more. */
void vb__feed_part(struct vb_listener *listener);
void vb__feed_watch_heard(struct vb_watch *watch);
/* Asks once more for what the store could not say. */
void vb__feed_try_again(struct vb_feed *feed);

/* --- feed_behind.c */

/* Reads on for it. */
void vb__feed_ask(struct vb_listener *listener);

#endif
