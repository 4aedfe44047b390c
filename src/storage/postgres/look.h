/* What opening a store finds out about its database, on a connection that is
 * closed again; tables are made where there are none. */
#ifndef VB_STORAGE_POSTGRES_LOOK_H
#define VB_STORAGE_POSTGRES_LOOK_H

#include "storage/postgres/schema.h"
#include "storage/postgres/url.h"

struct vb__pg_found {
    struct vb__pg_schema schema;
    struct vb__pg_identity identity;
    uint64_t revision; /* the greatest that has been given */
    bool listens;      /* it has LISTEN and NOTIFY */
};

/*
 * `found->schema` says what is wanted. Blocks, but not for long. ret_why gets
 * one line, which begins with the URL as it is shown; errors are those of
 * vb__pg_connect and vb__pg_schema_make.
 */
enum vb_err vb__pg_look(const struct vb__pg_url *url,
                        struct vb__pg_found *found, struct vb_buf *ret_why);

#endif
