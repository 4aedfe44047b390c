/* What the store itself does for who watches; see store.h. */
#ifndef VB_STORAGE_HISTORY_H
#define VB_STORAGE_HISTORY_H

#include "storage/store.h"

void vb__watches_init(struct vb_store *store);
/* Nobody watches any more. */
void vb__watches_done(struct vb_store *store);

#endif
