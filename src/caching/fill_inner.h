/* The inside of fills, shared by flights.c, fill.c and fill_read.c. */
#ifndef VB_CACHING_FILL_INNER_H
#define VB_CACHING_FILL_INNER_H

#include <pthread.h>

#include "base/table.h"
#include "caching/fill.h"

/* How far content is fetched ahead of the fastest reader, where it is not
 * kept. */
#define VB__FILL_AHEAD ((size_t)256 * 1024)

/* Content in a row. Bytes that are there never change, and are read without the
 * lock; content->len is the leader's, under it. */
struct vb__fill_block {
    struct vb__fill_block *next;
    uint64_t start; /* where in the response */
    bool paid;      /* it counts among what is on its way */
    struct vb_kept_content *content;
};

struct vb_fill {
    struct vb_ref ref; /* the leader's, each reader's, the table's none */
    struct vb_table_node node;
    struct vb_flights *flights;
    struct vb_fill_party leader;
    struct vb_task task; /* tells the leader to resume */
    uint64_t moment;
    pthread_mutex_t lock; /* of all below */
    enum vb_fill_state state;
    struct vb_fill_failure failure;  /* set once it is FAILED */
    struct vb_stored_response *head; /* a reference, once it is OPEN */
    struct vb_link readers;
    unsigned reader_count;
    struct vb__fill_block *first, *last;
    uint64_t length; /* of content, so far */
    bool whole;      /* that is all */
    bool passing;    /* it is not kept */
    bool tight;      /* and there is too much on its way: little is held */
    bool paused;     /* the leader waits */
    bool told;       /* and its task is under way */
    bool led;        /* by somebody who will close it */
    bool alone;      /* who asks for itself leads it */
    bool listed;     /* it is in the table, under the shard's lock */
    struct vb_caching_key key; /* its text lies behind this */
    char text[];
};

struct vb_fill_reader {
    struct vb_link link;
    struct vb_fill *fill; /* a reference */
    struct vb_fill_party party;
    struct vb_task task;
    bool leads;
    /* Under the fill's lock. */
    bool waiting; /* it is to be told of what comes */
    bool posted;  /* its task is under way */
    bool closed;  /* and who it was for has gone */
    bool cut;
    uint64_t at;                  /* where it reads next */
    uint64_t given;               /* bytes it was given by the last read */
    struct vb_kept_content *held; /* where they lie: a reference */
};

/* flights.c */

/* It takes no more followers. Without its lock. */
void vb__flights_unlist(struct vb_fill *fill);
/* Its key's responses may not be shared. */
void vb__flights_remember(struct vb_fill *fill);
/* So many bytes more or less are on their way. False: these are too many, and
 * are not counted. */
bool vb__flights_take(struct vb_flights *flights, size_t bytes);
void vb__flights_give(struct vb_flights *flights, size_t bytes);
const struct vb_flights_config *
vb__flights_config(const struct vb_flights *flights);

/* fill.c */

struct vb_fill *vb__fill_new(struct vb_flights *flights,
                             const struct vb_caching_key *key,
                             const struct vb_fill_party *leader);
void vb__fill_unref(struct vb_fill *fill);
/* Was it asked for before something was invalidated, so that it is not for who
 * asks now? `head` is its own, as far as it is known. */
bool vb__fill_is_too_old(const struct vb_fill *fill,
                         const struct vb_stored_response *head);
/* Under its lock: gives back what all readers have read, and lets the leader go
 * on where there is room again. */
void vb__fill_trim(struct vb_fill *fill);

/* fill_read.c */

/* Under its lock. NULL: no memory. */
struct vb_fill_reader *vb__fill_follow(struct vb_fill *fill,
                                       const struct vb_fill_party *party);
/* Under its lock: tells all who wait. */
void vb__fill_tell(struct vb_fill *fill);

#endif
