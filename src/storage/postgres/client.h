/* A worker's client as the engine's other files have it: operations of struct
 * vb_store_ops. `turn_end` is `flush`: nothing is kept open over a turn. */
#ifndef VB_STORAGE_POSTGRES_CLIENT_H
#define VB_STORAGE_POSTGRES_CLIENT_H

#include "storage/postgres/state.h"

struct vb_store_client *vb__pg_attach(struct vb_store *store,
                                      struct vb_mailbox *mailbox,
                                      struct vb_executor *executor,
                                      struct vb_reactor *reactor);
void vb__pg_detach(struct vb_store_client *base);
void vb__pg_flush(struct vb_store_client *base);

#endif
