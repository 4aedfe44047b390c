/*
 * A representation (RFC 9110 section 8): bytes that stand for a resource's
 * state, with what describes them. Immutable and counted: the only thing that
 * crosses exchanges, the cache and threads.
 *
 *     rep ─▶ [struct vb_rep | fields | head text | lower-case names |
 *             small content]  one malloc
 *
 * Its fields are kept as the text that HTTP/1.1 sends, so that a hot answer is
 * one copy; and as pairs of parts of that text, with the names in lower case
 * beside it, so that the wires that encode them anew copy nothing. What it is
 * made of are field values as they may be sent (RFC 9110 section 5.5).
 */
#ifndef VB_EXCHANGE_REP_H
#define VB_EXCHANGE_REP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/ref.h"
#include "base/span.h"
#include "http/date.h"

/* A field to be sent. The spans are borrowed; whoever holds it says for how
 * long. The name is in its canonical spelling. */
struct vb_field_out {
    struct vb_span name;
    struct vb_span value;
};

/* What a representation was made from, for who decides who may see it:
 * immutable, counted, shared by all that was made from it. */
struct vb_rep_facts {
    struct vb_ref ref;
    void (*release)(struct vb_rep_facts *facts); /* with the last reference */
    size_t size;                                 /* bytes it holds in memory */
};

/* A streamed one's length, where nobody knows it before its end: it has none
 * to tell, and parts of it cannot be asked for. */
#define VB_LENGTH_UNKNOWN UINT64_MAX

struct vb_rep {
    struct vb_ref ref;
    uint16_t field_count;
    uint16_t repeated;      /* so many of the first are repeated in a 304 */
    uint16_t tag_core_len;  /* see etag */
    bool tag_weak;          /* etag begins with W/ */
    bool streamed;          /* content is fetched piece by piece (by `owner`) */
    bool codable;           /* a content coding would make it smaller */
    bool coded;             /* and has */
    bool by_language;       /* Accept-Language has chosen it */
    uint64_t length;        /* bytes of content, or VB_LENGTH_UNKNOWN */
    struct vb_span content; /* all of it; {NULL, 0} when streamed */
    struct vb_span media_type;
    /* As sent, with its quotes: "k7.3f9a01zb" or "k7.3f9a01zb-html-br". The
     * core (tag_core_len bytes after the quote) is the revision's, the same for
     * all representations of one revision; what follows tells the variant. */
    struct vb_span etag;
    int64_t modified; /* Unix seconds, VB_DATE_NONE when unknown */
    const struct vb_field_out *fields; /* without Content-Length */
    const char *lower_names;    /* of `fields`, one right behind the other, as
                                   HTTP/2 and HTTP/3 send them */
    struct vb_span length_text; /* `length` in decimal digits, if known */
    struct vb_span head;     /* HTTP/1.1 lines of `fields` and Content-Length */
    struct vb_span head_304; /* the lines that a 304 repeats (RFC 9110
                                section 15.4.5) */
    void *owner;             /* what content or stream live in; may be NULL */
    void (*release)(void *owner); /* called with the last reference */
    struct vb_rep_facts *facts;   /* a reference; NULL: nobody asks */
};

/* What vb_rep_new makes a representation of. All spans are copied, but for
 * the content when `owner` is set: then it is borrowed from the owner. */
struct vb_rep_draft {
    struct vb_span media_type;
    struct vb_span tag_core;    /* without quotes */
    struct vb_span tag_variant; /* "", or "html" */
    bool tag_weak;    /* it may outlive the bytes (RFC 9110 section 8.8.1) */
    int64_t modified; /* Unix seconds or VB_DATE_NONE */
    struct vb_span content;
    uint64_t length; /* bytes; content.len, unless streamed; perhaps
                        VB_LENGTH_UNKNOWN then */
    bool streamed;
    bool codable;
    struct vb_span coding;            /* "" for none, or "gzip" */
    struct vb_span vary;              /* "" for none */
    bool by_language;                 /* Accept-Language is among these */
    struct vb_span cache_control;     /* "" for none */
    struct vb_span content_location;  /* "" for none */
    const struct vb_field_out *extra; /* further fields, may be NULL */
    size_t extra_count;
    void *owner;
    void (*release)(void *owner);
};

/*
 * One reference, the caller's. On NULL (out of memory) the owner has not been
 * released. Source of the fields: RFC 9110 sections 8.3 to 8.8, 12.5.5, 14.3
 * (a part of any whose length is known can be asked for).
 */
struct vb_rep *vb_rep_new(const struct vb_rep_draft *draft);

/* What vb_rep_received makes a representation of. All spans are copied, but for
 * the content when `owner` is set: then it is borrowed from the owner. */
struct vb_rep_parts {
    const struct vb_field_out *fields; /* as they are sent, in that order,
                                          without Content-Length */
    size_t count;
    size_t repeated; /* so many of the first are repeated in a 304 */
    int etag;       /* which of them is the entity tag, well-formed; -1: none */
    int media_type; /* and which Content-Type; -1: none */
    int64_t modified; /* Unix seconds or VB_DATE_NONE */
    bool coded;       /* there is a Content-Encoding among them */
    struct vb_span content;
    uint64_t length; /* content.len, or VB_LENGTH_UNKNOWN where Content-Length
                        must not be sent (a 204), or is not known yet */
    bool streamed;   /* the content comes later: there is none here */
    void *owner;
    void (*release)(void *owner);
};

/*
 * A representation of which somebody else has said what describes it, for a
 * cache. One reference, the caller's. On NULL (out of memory, or the fields are
 * more than 64 KiB) the owner has not been released. vb_rep_coded is not for
 * it.
 */
struct vb_rep *vb_rep_received(const struct vb_rep_parts *parts);

/*
 * The same representation in a content coding (RFC 9110 section 8.4): all its
 * fields, with the coding, and with a tag of its own (8.8.3.3). The content is
 * copied. One reference, the caller's; NULL: out of memory.
 */
struct vb_rep *vb_rep_coded(const struct vb_rep *rep, struct vb_span coding,
                            struct vb_span content);

static inline struct vb_rep *vb_rep_ref(struct vb_rep *rep)
{
    vb_ref_get(&rep->ref);
    return rep;
}

/* NULL is fine. */
void vb_rep_unref(struct vb_rep *rep);

/* Bytes it holds in memory, for a cache's budget. */
size_t vb_rep_size(const struct vb_rep *rep);

/* The revision's part of the tag, without quotes. */
static inline struct vb_span vb_rep_tag_core(const struct vb_rep *rep)
{
    return vb_span_of(rep->etag.ptr + (rep->tag_weak ? 3 : 1),
                      rep->tag_core_len);
}

#endif
