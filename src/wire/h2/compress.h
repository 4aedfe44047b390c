/* Field lines in and out (RFC 7541), either side's, by nghttp2's inflater and
 * deflater. */
#ifndef VB_WIRE_H2_COMPRESS_H
#define VB_WIRE_H2_COMPRESS_H

#include <nghttp2/nghttp2.h>

#include "wire/h2/format.h"
#include "wire/mux/mux.h"

/* Who gets lines as they are decoded, `guarded` those that no table may have;
 * false: that is more than it stands. */
struct vb_h2_taker {
    bool (*take)(void *of, struct vb_span name, struct vb_span value,
                 bool guarded);
    void *of;
};

/* Bytes of a section; `end`: its last. The connection's error, or
 * VB_H2_NO_ERROR. */
enum vb_h2_code vb__h2_inflate(nghttp2_hd_inflater *inflater,
                               struct vb_span bytes, bool end,
                               const struct vb_h2_taker *taker);

/* The section as nghttp2 takes it, in the section's arena; NULL when out of
 * memory. */
const nghttp2_nv *vb__h2_nv_of(const struct vb_section *section);

#endif
