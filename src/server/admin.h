/*
 * Where a server is administered: a listener of its own, on a thread of its
 * own, with a site of its own.
 *
 *     clients ─▶ workers ─▶ site ─┐
 *                                 ├─ what all share: the cache's tier
 *     operator ─▶ one more ─▶ ────┘
 *
 * So nothing of it is ever found where the public is served, nor the other way
 * round, and it answers also where all workers have their hands full. Its
 * resources are rows of a table (admin.c), and go through the same flow as all
 * others.
 *
 * Over a Unix socket, which only its owner may connect to, whoever can may.
 * Over TCP a token is asked for, also on this machine: pages in a browser can
 * reach that as well.
 */
#ifndef VB_SERVER_ADMIN_H
#define VB_SERVER_ADMIN_H

#include "base/buf.h"
#include "base/err.h"
#include "flow/trust.h"
#include "loop/address.h"
#include "observe/access_log.h"
#include "resource/handler.h"

struct vb_memory_tier;
struct vb_tls;

/* A token is told by the bytes that it has at least. */
#define VB_ADMIN_TOKEN_LEAST 16
#define VB_ADMIN_TOKEN_MOST  1024

struct vb_admin_options {
    struct vb_address address;
    /* The file that has the token (base/private.h), in its first line; NULL:
     * there is none, which will do for a Unix socket. */
    const char *token;
    struct vb_memory_tier *tier;  /* of all gateways; NULL: none is kept */
    struct vb_tls *tls;           /* for a secure address */
    const struct vb_trust *trust; /* whether credentials are taken in clear */
    struct vb_access_log *log;    /* NULL: none */
};

struct vb_admin;

/* Listens, and does not answer yet. All that the options point to must live as
 * long. VB_ERR_INVALID, VB_ERR_IO, VB_ERR_NOMEM, with one line in ret_why. */
enum vb_err vb_admin_open(const struct vb_admin_options *options,
                          struct vb_admin **ret_admin, struct vb_buf *ret_why);

/* Answers from now on. VB_ERR_NOMEM: there is no thread for it. */
enum vb_err vb_admin_start(struct vb_admin *admin);

/* Reads the token again, and learns which tier there is; from any thread, while
 * it answers. What cannot be read stays as it was, and is told on stderr. */
void vb_admin_renew(struct vb_admin *admin, struct vb_memory_tier *tier);

/* The token in a file's text: its first line, borrowed. */
struct vb_span vb_admin_token_of(struct vb_span text);

/* Appends where that is, for people. */
void vb_admin_place(const struct vb_admin *admin, struct vb_buf *buf);

/* Ends it, in an orderly way. NULL is fine. */
void vb_admin_close(struct vb_admin *admin);

/* --- inside: admin_cache.c -------------------------------------------------
 */

/* "/cache"; its self is the tier's place, on the listener's thread. */
struct vb__admin_cache {
    struct vb_memory_tier *tier; /* NULL: none is kept */
};

extern const struct vb_handler vb__admin_cache_handler;

#endif
