/*
 * What instances of one store tell each other: that there is something new in
 * the history. Where the database has LISTEN and NOTIFY, a client notifies all
 * others after its commits, on a connection on which no commit waits (within
 * their transactions, all commits of a database would go one after the other).
 * Elsewhere it is asked for, while somebody watches, or caches.
 *
 *     commits ──10 ms──▶ NOTIFY ──▶ one client of each process ──▶ who watches
 *                                                    │
 *                                                    └ others.h ─▶ who caches
 *
 * One worker's.
 */
#ifndef VB_STORAGE_POSTGRES_NEWS_H
#define VB_STORAGE_POSTGRES_NEWS_H

#include "storage/postgres/state.h"

struct vb__pg_news;

/* NULL: no memory. */
struct vb__pg_news *vb__pg_news_new(struct vb__pg_client *client);
/* After the client's links are done. NULL is fine. */
void vb__pg_news_free(struct vb__pg_news *news);

/* The client has committed something. */
void vb__pg_news_tell(struct vb__pg_news *news);

/* This client hears what others tell, for all of its process. False: no
 * memory. */
bool vb__pg_news_hear(struct vb__pg_news *news);

#endif
