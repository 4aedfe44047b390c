/*
 * Frames of HTTP/2, as such, and what either side has to know of them: RFC 9113
 * sections 4 to 7, RFC 9218 section 7.1.
 */
#ifndef VB_WIRE_H2_FORMAT_H
#define VB_WIRE_H2_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

enum {
    /* The largest frame made or taken: SETTINGS_MAX_FRAME_SIZE's least. */
    VB_H2_FRAME_MAX = 16 * 1024,
    VB_H2_FRAME_HEAD = 9,
    /* SETTINGS entries in a frame, and CONTINUATION frames of a section. */
    VB_H2_SETTINGS_MAX = 32,
    VB_H2_CONTINUATIONS_MAX = 8,
    /* Bytes of a frame that is read as a whole; of what is longer, and may be,
     * the rest is passed over. */
    VB_H2_WHOLE_MAX = 6 * VB_H2_SETTINGS_MAX,
    /* The dynamic tables, either way (RFC 7541 section 4.2). */
    VB_H2_TABLE = 4096,
    /* Windows before anything is said of them, and at most. */
    VB_H2_WINDOW = 65535,
    VB_H2_WINDOW_MAX = 0x7fffffff,
    VB_H2_ID_MAX = 0x7fffffff
};

/* Frame types (RFC 9113 section 6, RFC 9218 section 7.1). */
enum {
    VB_H2_DATA = 0,
    VB_H2_HEADERS = 1,
    VB_H2_PRIORITY = 2,
    VB_H2_RST_STREAM = 3,
    VB_H2_SETTINGS = 4,
    VB_H2_PUSH_PROMISE = 5,
    VB_H2_PING = 6,
    VB_H2_GOAWAY = 7,
    VB_H2_WINDOW_UPDATE = 8,
    VB_H2_CONTINUATION = 9,
    VB_H2_PRIORITY_UPDATE = 0x10
};

/* Their flags. */
enum {
    VB_H2_ACK = 1,
    VB_H2_END_STREAM = 1,
    VB_H2_END_HEADERS = 4,
    VB_H2_PADDED = 8,
    VB_H2_WITH_PRIORITY = 0x20
};

/* Error codes (RFC 9113 section 7). */
enum vb_h2_code {
    VB_H2_NO_ERROR = 0,
    VB_H2_PROTOCOL_ERROR = 1,
    VB_H2_INTERNAL_ERROR = 2,
    VB_H2_FLOW_CONTROL_ERROR = 3,
    VB_H2_STREAM_CLOSED = 5,
    VB_H2_FRAME_SIZE_ERROR = 6,
    VB_H2_REFUSED_STREAM = 7,
    VB_H2_CANCEL = 8,
    VB_H2_COMPRESSION_ERROR = 9,
    VB_H2_CONNECT_ERROR = 10,
    VB_H2_ENHANCE_YOUR_CALM = 11
};

/* A frame's head. */
struct vb_h2_frame {
    uint32_t length;
    uint32_t id;
    uint8_t type;
    uint8_t flags;
};

/* What there is to know of a type before its payload is looked at. */
struct vb_h2_rule {
    bool on_stream;     /* it may be on a stream, */
    bool on_connection; /* or on none */
    bool stream_error;  /* a wrong length is the stream's error alone */
    bool whole;         /* it is looked at when all is there */
    uint32_t least;     /* length */
    uint32_t most;
};

/* NULL: nobody knows it. */
const struct vb_h2_rule *vb__h2_rule(uint8_t type);

uint32_t vb__h2_u32(const uint8_t *at);

void vb__h2_put_u32(char *at, uint32_t n);

void vb__h2_frame_read(struct vb_h2_frame *frame,
                       const uint8_t at[VB_H2_FRAME_HEAD]);
void vb__h2_frame_write(char at[VB_H2_FRAME_HEAD], uint32_t length,
                        uint8_t type, uint8_t flags, uint32_t id);

/* What a flow-control window lets the other side send (RFC 9113 section 5.2).
 */
struct vb_h2_credit {
    int32_t left;
    uint32_t used; /* and not given back yet */
};

/* A frame takes so much; false: more than there is. */
bool vb__h2_credit_take(struct vb_h2_credit *credit, uint32_t n);

#endif
