/* What all requests to a store have in common. See store.h. */
#ifndef VB_STORAGE_OP_H
#define VB_STORAGE_OP_H

#include "base/err.h"
#include "base/task.h"

struct vb_store_client;

enum vb_io {
    VB_IO_DONE,   /* the result is in the request */
    VB_IO_PENDING /* op.done will be called once */
};

/* The part that all requests share; the first member of each. */
struct vb_store_op {
    struct vb_task task; /* the store's, to come back through the mailbox */
    void (*done)(struct vb_store_op *op); /* the caller's; see above */
    void *context;                        /* the caller's */
    enum vb_err err;                      /* the outcome; always set */
    struct vb_store_client *client;       /* the store's */
};

#endif
