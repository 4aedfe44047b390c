/*
 * Forwarded (RFC 7239): what proxies say of the hops before them. Believe only
 * the elements that proxies you know have added, from the last backwards
 * (7239-8.1-01).
 */
#ifndef VB_HTTP_FORWARDED_H
#define VB_HTTP_FORWARDED_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "http/elements.h"

/* One hop. Absent: ptr NULL. */
struct vb_forwarded {
    struct vb_span for_;
    struct vb_span by;
    struct vb_span host;  /* what Host was */
    struct vb_span proto; /* the scheme */
};

struct vb_forwardeds {
    struct vb_elements elements;
    struct vb_arena *arena;
    enum vb_err err; /* why it ended early, or VB_OK */
};

/* Starts at the first hop, the client's. The lines are borrowed; values that
 * must be unescaped will lie in the arena. */
void vb_forwardeds_init(struct vb_forwardeds *forwardeds,
                        struct vb_arena *arena, const struct vb_span *lines,
                        size_t count);

/*
 * The next hop; parameters other than the four are passed over. False at the
 * end, and for good when one is malformed (err is VB_ERR_SYNTAX): a parameter
 * that occurs twice (7239-4-01), a node, host or scheme outside its grammar.
 * VB_ERR_NOMEM when the arena gives nothing.
 */
bool vb_forwardeds_next(struct vb_forwardeds *forwardeds,
                        struct vb_forwarded *ret_forwarded);

enum vb_node_kind {
    VB_NODE_UNKNOWN,
    VB_NODE_OBFUSCATED, /* "_" and a word that means something to its author */
    VB_NODE_IPV4,
    VB_NODE_IPV6,
};

/* The value of `for` and `by` (section 6). */
struct vb_node {
    enum vb_node_kind kind;
    struct vb_span name;       /* with the brackets of IPV6 */
    struct vb_span port;       /* digits or obfuscated; ptr NULL when absent */
    unsigned char address[16]; /* of IPV4 (4 bytes) and IPV6, network order */
};

/* False, *ret_node untouched, for what is no node. */
bool vb_node_parse(struct vb_span text, struct vb_node *ret_node);

/*
 * Appends one hop, quoting what needs quotes (7239-6-01); it goes behind the
 * hops received (7239-4-02). VB_ERR_INVALID, nothing appended: nothing to
 * say, or a node, host or scheme outside its grammar. Otherwise buf->err.
 */
enum vb_err vb_forwarded_write(struct vb_buf *buf,
                               const struct vb_forwarded *forwarded);

#endif
