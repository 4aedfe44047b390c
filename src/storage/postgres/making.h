/* Making indexes: by the client that is the keeper (keeper.h), a page of
 * members at a time. See indexing.h for the argument. */
#ifndef VB_STORAGE_POSTGRES_MAKING_H
#define VB_STORAGE_POSTGRES_MAKING_H

#include "storage/postgres/state.h"

/* NULL: no memory. */
struct vb__pg_making *vb__pg_making_new(struct vb__pg_client *client);
/* After the client's links are done. NULL is fine. */
void vb__pg_making_free(struct vb__pg_making *making);

/* Begins, if there is something to be made. NULL is fine. */
void vb__pg_making_turn(struct vb__pg_making *making);

#endif
