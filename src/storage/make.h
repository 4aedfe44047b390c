/* Making a place ready to be a store, or an older store ready for this
 * Verbatim, without serving it. */
#ifndef VB_STORAGE_MAKE_H
#define VB_STORAGE_MAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

struct vb_store_made {
    bool citus;      /* its tables lie on several machines */
    int64_t found;   /* the version that it had; 0: there was nothing */
    int64_t version; /* that it has now */
};

/*
 * Tables are made where there are none; older ones are brought up, which no
 * server of an older version must see. `citus`: new tables are distributed
 * ones (PostgreSQL only, VB_ERR_INVALID for others). Otherwise errors are those
 * of vb_store_open; ret_why gets one line. Blocks.
 */
enum vb_err vb_store_make(struct vb_span url, bool citus,
                          struct vb_store_made *ret_made,
                          struct vb_buf *ret_why);

/* Is there something in that PostgreSQL? VB_ERR_NOTFOUND: there is not, and
 * nothing was made; ret_why gets one line. Other errors are those of
 * vb_store_open. Blocks. */
enum vb_err vb_store_look(struct vb_span url, struct vb_buf *ret_why);

/* The URL without what nobody may see, as messages have it. */
void vb_store_show(struct vb_span url, struct vb_buf *to);

/* Is it the URL of a PostgreSQL? */
bool vb_store_is_postgres(struct vb_span url);

#endif
