/*
 * An upstream: the servers that answer for a gateway, alike, and how they are
 * asked. Read-only once it is made, counted, shared by all workers; what a
 * worker knows of its servers' health and connections is its own (reach.h).
 */
#ifndef VB_GATEWAY_UPSTREAM_H
#define VB_GATEWAY_UPSTREAM_H

#include <stdatomic.h>

#include "base/err.h"
#include "base/ref.h"
#include "exchange/call.h"

/* Servers of one upstream. */
#define VB_UPSTREAM_SERVERS_MOST 64

/* How one of several is chosen. */
enum vb_balance {
    VB_BALANCE_ROUND_ROBIN, /* one after the other */
    VB_BALANCE_LEAST_BUSY,  /* with the fewest calls under way */
    VB_BALANCE_HASH         /* by what is asked for: the same goes to the same,
                               and a server that is lost moves only its own */
};

struct vb_upstream;

struct vb_upstream_options {
    enum vb_balance balance;
    enum vb_dial_protocol protocol;
    struct vb_call_limits call;
    uint32_t connect_timeout_ms;
    uint32_t wait_ms;         /* for a connection, where all are busy */
    uint32_t idle_ms;         /* an idle connection is kept so long */
    uint32_t max_connections; /* to one server, of one worker */
    uint32_t max_waiting;     /* requests that wait for one; beyond: 503 */
    uint32_t max_failures;    /* in a row; then it is left alone, */
    uint32_t eject_ms;        /* for so long at first, doubled each time */
    uint32_t probe_ms;        /* between two looks at it; 0: none */
    const char *probe_target; /* what is asked for then ("/health") */
    /* May this address be connected to? NULL: any. `context` is its own. */
    bool (*allowed)(const struct vb_upstream *upstream, const uint8_t ip[16]);
    const void *context;
};

extern const struct vb_upstream_options vb_upstream_options_default;

struct vb_upstream_server {
    struct vb_endpoint endpoint;
    struct vb_span authority; /* host[:port], as Host names it */
    uint64_t hash;            /* of that, for VB_BALANCE_HASH */
};

struct vb_upstream {
    struct vb_ref ref;
    struct vb_span scheme; /* "http" or "https": of all of its servers */
    struct vb_upstream_options options;
    void *texts; /* owned: what all spans and names are in */
    size_t server_count;
    /* Whoever may still ask it, beside who only knows it: gates. */
    atomic_uint askers;
    const struct vb_tls_outward *tls; /* its own, NULL: none; and */
    void (*release_tls)(const struct vb_tls_outward *tls);
    struct vb_upstream_server servers[];
};

/*
 * Makes one out of URIs of origins ("https://api.example.org:8443",
 * "http://10.0.0.1", "unix:/run/app.sock"), all of one scheme; what follows an
 * authority is not looked at. Copies everything. `tls` is borrowed for its
 * life, and used where the scheme is https; or NULL. VB_ERR_SYNTAX, with one
 * line in ret_why, or VB_ERR_NOMEM.
 */
enum vb_err vb_upstream_new(const struct vb_span *uris, size_t count,
                            const struct vb_upstream_options *options,
                            const struct vb_tls_outward *tls,
                            struct vb_upstream **ret_upstream,
                            struct vb_buf *ret_why);

/* The same said later, but before it is shared. Takes over `tls`, which is
 * released with the last reference. */
void vb_upstream_secure(struct vb_upstream *upstream,
                        const struct vb_tls_outward *tls,
                        void (*release)(const struct vb_tls_outward *tls));

/* Is it https, and nobody has said how? Then it must not be asked. */
bool vb_upstream_lacks_tls(const struct vb_upstream *upstream);

struct vb_upstream *vb_upstream_ref(struct vb_upstream *upstream);

/* NULL is fine. */
void vb_upstream_unref(struct vb_upstream *upstream);

#endif
