/* What a store keeps under a key. See store.h. */
#ifndef VB_STORAGE_RECORD_H
#define VB_STORAGE_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ref.h"
#include "base/span.h"

struct vb_store;

/*
 * A key is the path of a URI, perhaps with whose it is before it
 * ("of-session:7/cart"); or the server's own ("job:7"), and then no URI leads
 * there and nobody can follow what becomes of it.
 */
#define VB_KEY_OF "of-"

static inline bool vb_key_is_followed(struct vb_span key)
{
    return vb_span_starts(key, VB_SPAN("/")) ||
           vb_span_starts(key, VB_SPAN(VB_KEY_OF));
}

/* Content up to this many bytes lies in the record itself; longer content is
 * a blob: chunks of exactly this size (the last one may be shorter). */
#define VB_STORE_CHUNK ((size_t)256 * 1024)

/*
 * The state of one resource. Immutable and counted: it may be kept as long as
 * wanted, by any thread.
 */
struct vb_record {
    struct vb_ref ref;
    struct vb_span key;        /* "/books/7" */
    struct vb_span parent;     /* "/books": whose listing shows it; or empty */
    uint64_t revision;         /* of the commit that wrote it; >= 1 */
    uint64_t position;         /* its place in the parent's listing; kept
                                  through replacement; grows with creation */
    int64_t created_ms;        /* Unix time */
    int64_t modified_ms;       /* Unix time */
    struct vb_span media_type; /* as the client gave it, parameters included */
    uint64_t length;           /* bytes of content */
    struct vb_span content;    /* all of it, when length <= VB_STORE_CHUNK */
    uint64_t blob;             /* else the blob's id; 0 for none */
    struct vb_store *store;    /* set when blob != 0: the reference pins it */
};

/* Bytes it takes in memory. */
size_t vb_record_size(const struct vb_record *record);

struct vb_record *vb_record_ref(struct vb_record *record);
/* NULL is fine. The last reference of a blob's record unpins the blob, so it
 * must go before the store is closed. */
void vb_record_unref(struct vb_record *record);

#endif
