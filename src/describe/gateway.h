/*
 * What another server answers for (x-verbatim.to), as data: which server, and
 * how it is asked. What is made of it is resource/gateway.h's to say.
 */
#ifndef VB_DESCRIBE_GATEWAY_H
#define VB_DESCRIBE_GATEWAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "describe/note.h"
#include "http/network.h"

/* Which of several servers is asked. */
enum vb_gateway_balance {
    VB_GATEWAY_ROUND_ROBIN,
    VB_GATEWAY_LEAST_BUSY,
    VB_GATEWAY_HASH
};

/* How TLS is spoken with them: files, each a path; NULL: nothing is said. */
struct vb_gateway_tls {
    const char *ca;          /* whose certificates are believed; NULL: those
                                that the system believes */
    const char *certificate; /* that we show, and */
    const char *key;         /* its key; NULL: in the same file */
    const char *server_name; /* that theirs must have; NULL: the URL's */
    bool insecure;           /* whatever certificate they have */
};

/* What is stored of their answers, where nothing else says so; see
 * gateway_cache.tbl. */
struct vb_gateway_caching {
    bool targeted; /* CDN-Cache-Control is heeded (RFC 9213) */
    uint64_t heuristic_percent;
    uint64_t heuristic_max_s;
    uint64_t errors_s;
    uint64_t disconnected_s;
};

struct vb_gateway {
    const struct vb_span *servers; /* URIs of origins, of one scheme; or
                                      "unix:PATH" */
    size_t server_count;           /* 1 to 64 */
    struct vb_span base;           /* their path, "" or "/v1" */
    bool secure;                   /* https */
    enum vb_gateway_balance balance;
    bool keeps_host; /* Host is the client's, not theirs */
    bool passes;     /* what is not described where something is: methods, and
                        parameters of the query. Else it is refused */
    bool hides;      /* who asks */
    /* Proxies whose word on who asks counts; NULL: nothing is said of it. */
    const struct vb_network *trusted;
    size_t trusted_count;
    unsigned http; /* 1 or 2; 0: as the server likes */
    /* Bounds, see gateway.tbl; milliseconds. 0: none. */
    uint64_t connect_ms, head_ms, idle_ms, total_ms;
    uint64_t max_connections; /* to one server, of one worker */
    const char *probe;        /* what is asked for to see how they are; NULL: */
    uint64_t probe_ms;        /* nothing is */
    bool stores_nothing;
    const struct vb_gateway_caching *caching; /* NULL: as usual */
    struct vb_gateway_tls tls;
    struct vb_place place;
};

/*
 * Cuts the URL of a server: "https://api.example.org:8443/v1",
 * "unix:/run/app.sock" into its origin, and its path as a base. NULL, or what
 * is wrong with it.
 */
const char *vb_gateway_cut(struct vb_span url, struct vb_span *ret_origin,
                           struct vb_span *ret_base);

#endif
