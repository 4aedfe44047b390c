/*
 * Early data that has come before (RFC 8446 section 8.2, RFC 9001 section
 * 9.2): each ClientHello that early data is taken with is remembered, for as
 * long as its ticket may be used. What was seen, or seems so, is taken without
 * its early data, which costs its client a round trip.
 *
 * One worker's. The packets of early data are sealed with the connection ID
 * that they were sent to, so a copy of them comes to the same worker or to
 * nothing.
 *
 * What is remembered are bits in two filters (B. H. Bloom, 1970), which take
 * turns: memory is bounded, and the more there is to remember, the more seems
 * to have been there already.
 */
#ifndef VB_QUIC_REPLAY_H
#define VB_QUIC_REPLAY_H

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"

struct vb__replay {
    gnutls_anti_replay_t gnutls;
    struct vb_hash_key key;
    unsigned char *bits[2]; /* this turn's, and the former's; or NULL */
    int64_t turned_ns;      /* when this turn began */
    int64_t now_ns;         /* the time of what comes in */
};

enum vb_err vb__replay_init(struct vb__replay *replay);
void vb__replay_done(struct vb__replay *replay);

/* A session that may take early data. */
void vb__replay_guard(struct vb__replay *replay, gnutls_session_t session,
                      int64_t now_ns);

/* Has it been here? It has from now on; so has all, when out of memory. */
bool vb__replay_seen(struct vb__replay *replay, struct vb_span hello,
                     int64_t now_ns);

#endif
