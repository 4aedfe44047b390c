/*
 * What a server says of its gateways: which other server has what nothing here
 * does, and what holds for all of them (resource/gateway.h).
 */
#ifndef VB_SERVER_GATEWAYS_H
#define VB_SERVER_GATEWAYS_H

#include "base/buf.h"
#include "base/err.h"
#include "describe/gateway.h"
#include "gateway/gate_cache.h"
#include "resource/catalog.h"
#include "server/auditing.h"

#define VB_GATEWAYS_URLS_MOST    64
#define VB_GATEWAYS_TRUSTED_MOST 64

struct vb_gateways {
    struct vb_gateway rest; /* what nothing else owns; server_count 0: none */
    bool describes; /* what is described is what these have, and not ours: what
                       is not is theirs only if rest.passes */
    struct vb_span urls[VB_GATEWAYS_URLS_MOST]; /* its servers: owned texts */
    struct vb_network trusted[VB_GATEWAYS_TRUSTED_MOST];
    size_t trusted_count;
    char pseudonym[128]; /* by which Via knows this server */
    /* Of the cache that all workers share; memory 0: nothing is stored. */
    struct vb_gate_cache_room room;
    struct vb_gate_cache cache;
    struct vb_auditing *auditing; /* NULL: nobody is told of answers */
};

/* The defaults. */
void vb_gateways_init(struct vb_gateways *gateways);

/* Adds a server that has what nothing here does. VB_ERR_INVALID, with one line
 * in ret_why; VB_ERR_NOMEM. */
enum vb_err vb_gateways_add(struct vb_gateways *gateways, const char *url,
                            struct vb_buf *ret_why);

/* Is it a name that Via may have: a token, or host:port (RFC 9110 section
 * 7.6.3), short enough? */
bool vb_gateways_name_valid(struct vb_span name);

/* Opens those of a catalog, this one too if there is one; they borrow from
 * here. What is wrong is noted. */
enum vb_err vb_gateways_open(const struct vb_gateways *gateways,
                             struct vb_catalog *catalog,
                             struct vb_notes *notes);

/* Gets the cache ready, where something is served that `forwards`, or what is
 * stored has a directory. As vb_gate_cache_init. */
enum vb_err vb_gateways_store(struct vb_gateways *gateways, bool forwards,
                              struct vb_buf *ret_why);

/* Has answers audited; `redaction` is copied. Before they are opened. False: no
 * memory. */
bool vb_gateways_audit(struct vb_gateways *gateways,
                       const struct vb_redaction *redaction);

/* Frees the texts and the cache, when nothing is served any more. */
void vb_gateways_done(struct vb_gateways *gateways);

#endif
