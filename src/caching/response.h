/*
 * A stored response (RFC 9111 section 3): immutable and counted, so that it
 * crosses threads as it is.
 *
 *     response ─▶ freshness, date, Vary, groups, what upstream caches said
 *        └─▶ rep ─▶ fields as they are sent
 *             └─▶ content, shared with what was validated out of this one
 *
 * Who answers with it adds Date, Age and Cache-Status to what the rep has, and
 * nothing else: a hit costs what any hot representation does.
 */
#ifndef VB_CACHING_RESPONSE_H
#define VB_CACHING_RESPONSE_H

#include "caching/content.h"
#include "caching/storing.h"
#include "exchange/rep.h"
#include "http/cache_groups.h"

/* Which part of the content there is: from `first` on, of so many bytes in all.
 * complete 0: all of it. See partial.h. */
struct vb_part {
    uint64_t first;
    uint64_t complete;
};

struct vb_stored_response {
    struct vb_ref ref;
    uint16_t status;
    uint16_t group_count;
    struct vb_freshness freshness;
    struct vb_part part;
    struct vb_rep *rep; /* a reference; without Date, Age, Cache-Status */
    struct vb_kept_content *content; /* a reference; NULL: it has none */
    char date[VB_DATE_LEN];          /* of the Date to be sent */
    struct vb_span vary;             /* names, in lower case: vb_vary_split */
    struct vb_span values; /* what the request said in them: vb_vary_values */
    struct vb_span cache_status;  /* members of the caches before us; or "" */
    const struct vb_span *groups; /* Cache-Groups */
    size_t size;                  /* bytes it holds in memory, all in all */
};

/* What vb_stored_response_new makes one of. Nothing of it is kept by
 * reference but the content. */
struct vb_stored_draft {
    const struct vb_asked *asked;
    const struct vb_received *received;
    const struct vb_storing *storing; /* STORABLE */
    struct vb_kept_content *content;  /* whole; borrowed; NULL: none */
    /* The content is still to come: vb_stored_response_filled. */
    bool streamed;
    uint64_t length;     /* then: as announced, or VB_LENGTH_UNKNOWN */
    struct vb_part part; /* of a 206; its length is what comes of it */
    /* Its values count where it varies on the same fields; NULL: only what was
     * asked does. */
    const struct vb_stored_response *place_of;
    const struct vb_field_out *more; /* fields behind those received: Via */
    size_t more_count;
};

/* One reference, the caller's. NULL: out of memory, or larger fields than a
 * representation has. The arena is for the while. */
struct vb_stored_response *
vb_stored_response_new(struct vb_arena *arena,
                       const struct vb_stored_draft *draft);

/* The response that a streamed one has become, now that all of its content is
 * there; as above. */
struct vb_stored_response *
vb_stored_response_filled(const struct vb_stored_response *streamed,
                          struct vb_kept_content *content);

/* The same as this part of it; or as all of it. */
struct vb_stored_response *
vb_stored_response_part(const struct vb_stored_response *response,
                        struct vb_part part, struct vb_kept_content *content);

static inline struct vb_stored_response *
vb_stored_response_ref(struct vb_stored_response *response)
{
    vb_ref_get(&response->ref);
    return response;
}

/* NULL is fine. */
void vb_stored_response_unref(struct vb_stored_response *response);

/* Its Date, as text. */
static inline struct vb_span
vb_stored_response_date(const struct vb_stored_response *response)
{
    return vb_span_of(response->date, VB_DATE_LEN);
}

#endif
