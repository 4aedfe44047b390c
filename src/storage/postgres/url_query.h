/* The part of a URL that is ours and not libpq's: taken out of its query. */
#ifndef VB_STORAGE_POSTGRES_URL_QUERY_H
#define VB_STORAGE_POSTGRES_URL_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"

/* How often `replica` may be said. */
#define VB__PG_REPLICAS_MOST 16

/* One line; VB_ERR_INVALID. */
enum vb_err vb__pg_url_refuse(struct vb_buf *ret_why, const char *text);

struct vb__pg_query {
    struct vb_span others; /* the URL without ours, for libpq; NUL behind it */
    int64_t timeout_ms;    /* 0: nothing is said */
    struct vb_span replicas[VB__PG_REPLICAS_MOST]; /* each a list */
    size_t replica_count;
};

/* VB_ERR_INVALID with one line in ret_why, without a word of the password;
 * without memory, the arena has failed. */
enum vb_err vb__pg_query_split(struct vb_arena *arena, struct vb_span url,
                               struct vb__pg_query *query,
                               struct vb_buf *ret_why);

#endif
