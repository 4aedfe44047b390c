/*
 * The two halves of a link: making connections (link_open.c), and what is sent
 * over them (link.c).
 */
#ifndef VB_STORAGE_POSTGRES_LINK_PART_H
#define VB_STORAGE_POSTGRES_LINK_PART_H

#include "storage/postgres/link.h"

/* --- link_open.c */

/* Begins to connect, where it rests and no pause is set. */
void vb__pg_link_open(struct vb__pg_link *link);
/* Closes what there is of a connection, and gives up what was begun. */
void vb__pg_link_drop(struct vb__pg_link *link);
/* Watches the connection for these, and no others. */
bool vb__pg_link_watch(struct vb__pg_link *link, unsigned events);
/* Does the server take writes, as far as it has told? It tells of a change
 * behind what it answers next (PostgreSQL 14: GUC_REPORT). */
bool vb__pg_link_is_writable(const struct vb__pg_link *link);

/* --- link.c */

/* Sets up what is asked. */
void vb__pg_link_begin(struct vb__pg_link *link);
/* The connection is ready. */
void vb__pg_link_opened(struct vb__pg_link *link);
/* Something can be read or written. */
void vb__pg_link_turn(struct vb__pg_link *link, unsigned events);

#endif
