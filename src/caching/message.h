/*
 * Requests and responses as a cache reads them: what of their fields decides,
 * read once.
 */
#ifndef VB_CACHING_MESSAGE_H
#define VB_CACHING_MESSAGE_H

#include "caching/policy.h"
#include "exchange/head.h"
#include "http/cache_control.h"

/* A request. */
struct vb_asked {
    const struct vb_head *head;
    struct vb_cache_control cc;
    bool pragma; /* Pragma: no-cache, and no Cache-Control (section 5.4) */
};

/* Borrows the head. */
void vb_asked_read(const struct vb_head *head, struct vb_asked *ret_asked);

static inline bool vb_asked_has(const struct vb_asked *asked,
                                enum vb_field_id id)
{
    return vb_fields_first(&asked->head->fields, id) != NULL;
}

/* A response, whose head has come from the next hop. */
struct vb_received {
    uint16_t status;
    const struct vb_fields *fields;
    int64_t requested_ms; /* Unix ms: when the request went out */
    int64_t received_ms;  /* and when the head was there */
};

/* The directives that rule a response. */
struct vb_directives {
    struct vb_cache_control cc;
    bool targeted; /* they are CDN-Cache-Control's: Cache-Control and Expires
                      mean nothing (RFC 9213 section 2.2) */
};

/* Lists of field names lie in the fields or in the arena. */
void vb_directives_read(const struct vb_caching_policy *policy,
                        struct vb_arena *arena, const struct vb_fields *fields,
                        struct vb_directives *ret_directives);

#endif
