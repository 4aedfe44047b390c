/* What reads frames, on either side: see reader.c. */
#ifndef VB_WIRE_H2_READER_H
#define VB_WIRE_H2_READER_H

#include "base/span.h"
#include "wire/h2/format.h"

struct vb_h2_reader;

/* Who is told what was read. The frame's head is in the reader; after `fail`
 * it is over. */
struct vb_h2_reader_ops {
    bool (*is_over)(const struct vb_h2_reader *reader);
    /* May this frame come now (RFC 9113 sections 3.4, 4.3, 6.10)? */
    bool (*is_expected)(const struct vb_h2_reader *reader);
    void (*fail)(struct vb_h2_reader *reader, enum vb_h2_code code);
    void (*stream_error)(struct vb_h2_reader *reader, uint32_t id,
                         enum vb_h2_code code);
    /* A frame begins that asks for nothing. */
    void (*spend)(struct vb_h2_reader *reader);
    /* A frame that is all there: `payload` is what of it was kept. */
    void (*control)(struct vb_h2_reader *reader, const uint8_t *payload,
                    size_t len);
    /* HEADERS, CONTINUATION and DATA: their heads, what they carry, their ends.
     * `dependency`: the stream that HEADERS names, or 0. */
    void (*headers_begin)(struct vb_h2_reader *reader, uint32_t dependency);
    void (*continuation_begin)(struct vb_h2_reader *reader);
    void (*headers_bytes)(struct vb_h2_reader *reader, struct vb_span bytes);
    void (*headers_end)(struct vb_h2_reader *reader);
    void (*data_begin)(struct vb_h2_reader *reader, uint32_t carried);
    void (*data_bytes)(struct vb_h2_reader *reader, struct vb_span bytes);
    void (*data_end)(struct vb_h2_reader *reader);
};

/* What is being read. */
enum vb_h2_part {
    VB_H2_PREFACE,
    VB_H2_HEAD,   /* of a frame */
    VB_H2_WHOLE,  /* a payload that is looked at when it is all there */
    VB_H2_PREFIX, /* what HEADERS and DATA have before what they carry, */
    VB_H2_BODY,   /* that, as it comes */
    VB_H2_REST    /* padding, or what nobody wants */
};

struct vb_h2_reader {
    const struct vb_h2_reader_ops *ops;
    struct vb_h2_frame frame;
    uint32_t left;    /* bytes of the payload to come */
    uint32_t padding; /* among them, at its end */
    uint8_t part;     /* enum vb_h2_part */
    uint8_t need;     /* bytes of `bytes` that make up the part, */
    uint8_t have;     /* that have come */
    uint8_t bytes[VB_H2_WHOLE_MAX];
};

/* A server's begins with the preface, which is all zero but for `ops`; a
 * client's with a frame. */
void vb__h2_reader_begin_frames(struct vb_h2_reader *reader);

void vb__h2_reader_feed(struct vb_h2_reader *reader, struct vb_span bytes);

#endif
