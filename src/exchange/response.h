/*
 * The head of a response from another server, the same for every protocol
 * version, and its one builder: every rule about well-formedness that versions
 * share is here, as head.h has those of requests. What belongs to one version's
 * framing (Transfer-Encoding, chunks, pseudo-fields) is its wire's.
 *
 * Whatever is wrong with it, the server cannot be trusted about where its
 * message ends: a gateway answers 502 in its place (RFC 9112 section 6.3).
 */
#ifndef VB_EXCHANGE_RESPONSE_H
#define VB_EXCHANGE_RESPONSE_H

#include "exchange/head.h"

struct vb_response_head {
    uint16_t status;        /* 100 to 599 */
    bool has_content;       /* bytes follow, or may */
    int64_t content_length; /* as told, also where no content follows (HEAD,
                               304); -1: not told */
    /* All that came, in the order received: those of the connection and of
     * framing, too. Where they lie is the builder's arena. */
    struct vb_fields fields;
};

struct vb_response_builder {
    struct vb_response_head *response;
    struct vb_arena *arena;
    const struct vb_head_limits *limits;
    const char *refused;  /* the first complaint, static; NULL: none */
    uint32_t fields_size; /* bytes so far */
    bool too_large;       /* the complaint is that a bound is passed */
    bool scanned;         /* as in struct vb_head_builder */
};

/* `response` is all zero. Spans given to the builder are borrowed and must live
 * as long as the response; the limits are of fields alone. */
void vb_response_head_begin(struct vb_response_builder *builder,
                            struct vb_response_head *response,
                            struct vb_arena *arena,
                            const struct vb_head_limits *limits);

/* Three digits (RFC 9110 section 15); 100 to 599 are taken. */
void vb_response_head_status(struct vb_response_builder *builder,
                             struct vb_span digits);

/* One field line (RFC 9110 section 5); the value may still have its OWS. */
void vb_response_head_field(struct vb_response_builder *builder,
                            struct vb_span name, struct vb_span value);

/*
 * The rules that need the whole head: Content-Length (RFC 9110 section 8.6: one
 * number, once), and whether content may follow, by status and the request's
 * method (RFC 9110 section 6.4.1). NULL, or what is wrong.
 */
const char *vb_response_head_end(struct vb_response_builder *builder,
                                 enum vb_method method);

/* Records a complaint, unless there is one already. For wires' own rules. */
void vb_response_head_refuse(struct vb_response_builder *builder,
                             const char *complaint);

/* The same where a bound is passed. */
void vb_response_head_refuse_large(struct vb_response_builder *builder,
                                   const char *complaint);

#endif
