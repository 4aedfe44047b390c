/*
 * What one worker knows of an upstream: its connections, who waits for one, and
 * which of its servers are well.
 *
 *     reach ─▶ line (a server) ─▶ open ──▶ clients that have room, last used
 *                   │             full ──▶ clients that have none      first
 *                   │             waiting ─▶ asks, first come first
 *                   └ dials under way, failures in a row, left alone until
 */
#ifndef VB_GATEWAY_REACH_H
#define VB_GATEWAY_REACH_H

#include "base/alarm.h"
#include "gateway/ask.h"

struct vb_line {
    struct vb_reach *reach;
    const struct vb_upstream_server *server;
    struct vb_link open;
    struct vb_link full;
    struct vb_link dials;
    struct vb_link waiting;
    uint32_t clients;    /* in open and full */
    uint32_t dialing;    /* in dials */
    uint32_t waits;      /* in waiting */
    uint32_t under_way;  /* calls */
    uint32_t failures;   /* in a row */
    uint32_t ejections;  /* in a row */
    int64_t alone_until; /* monotonic ms; 0: it is asked */
    int64_t told; /* monotonic ms: when the log was told of a failure; or 0 */
    struct vb_alarm alarm; /* for who waits longest */
    struct vb_alarm probe;
    struct vb_ask *probing; /* NULL: not just now */
};

struct vb_reach {
    struct vb_link link; /* of struct vb_reaches */
    struct vb_env *env;
    struct vb_upstream *upstream; /* a reference */
    uint32_t next;                /* for VB_BALANCE_ROUND_ROBIN */
    uint32_t budget;              /* of repetitions, in hundredths of one */
    uint32_t asks;                /* under way */
    bool retired;                 /* it goes with the last of them */
    const void *finder;           /* whose it is, of those that are found by an
                                     origin; NULL: none of them */
    struct vb_line lines[];       /* one for each server */
};

/* All of a worker's: env.reaches. */
struct vb_reaches {
    struct vb_env *env;
    struct vb_link list;        /* that used last comes first */
    struct vb_link dead;        /* to be freed when the turn ends */
    struct vb_pool pipe_blocks; /* VB_PIPE_BLOCK bytes each */
    uint32_t found;             /* in the list, by an origin */
    bool resting;               /* no probes are begun */
};

/* Servers that are known by an origin, to one worker; past them the one that
 * was not asked for longest is forgotten. */
#define VB_REACHES_FOUND_MOST 1024

/* NULL: out of memory. `env` is borrowed. */
struct vb_reaches *vb_reaches_new(struct vb_env *env);

/* All asks must have ended, or been cancelled. NULL is fine. */
void vb_reaches_free(struct vb_reaches *reaches);

/* The worker is going to stop: idle connections and probes end. */
void vb_reaches_rest(struct vb_reaches *reaches);

/* Those of upstreams that no gate asks any more are retired: after a new
 * description has come. */
void vb_reaches_sweep(struct vb_reaches *reaches);

/* This worker's of an upstream, made when it is first asked for; NULL: out of
 * memory. */
struct vb_reach *vb_reach_of(struct vb_reaches *reaches,
                             struct vb_upstream *upstream);

/* The end of the loop's turn: what is retired is freed. */
void vb_reaches_turn_end(struct vb_reaches *reaches);

/* The one that `finder` has added for this origin's server, or NULL. */
struct vb_reach *vb_reach_find(struct vb_reaches *reaches, const void *finder,
                               struct vb_span scheme, struct vb_span authority);

/*
 * Adds one, of an upstream with one server; takes a reference on that. With
 * `finder` NULL it is for one ask, and goes with that. NULL: out of memory.
 */
struct vb_reach *vb_reach_add(struct vb_reaches *reaches,
                              struct vb_upstream *upstream, const void *finder);

/* --- of the room's own ---------------------------------------------------- */

/* An ask is over. The reach stays until the turn's end at least. */
void vb__reach_leave(struct vb_reach *reach);

/* line.c */

void vb__line_init(struct vb_line *line, struct vb_reach *reach,
                   const struct vb_upstream_server *server);
/* Who waits must have been taken off. */
void vb__line_done(struct vb_line *line);
/* Ends what is idle. */
void vb__line_rest(struct vb_line *line);

/* A client with room, or NULL. */
struct vb_client *vb__line_client(struct vb_line *line);

/* The ask, which is not NULL, gets the next connection that there is, in
 * vb__ask_begin. Else why not. */
enum vb_failure_id vb__line_wait(struct vb_line *line, struct vb_ask *ask);

/* It does not wait any more. */
void vb__line_leave(struct vb_line *line, struct vb_ask *ask);

/* A call was begun on this client. */
void vb__line_took(struct vb_line *line, struct vb_client *client);

/* balance.c */

/* Which server to ask, of those that are not in `tried`; NULL: there is none.
 * Those that are left alone are asked only where all are. */
struct vb_line *vb__reach_choose(struct vb_reach *reach, uint64_t spread,
                                 uint64_t tried);

/* health.c */

void vb__line_works(struct vb_line *line);
void vb__line_fails(struct vb_line *line);
/* Tells the log what went wrong, with more about it or "": now and then. */
void vb__line_tell(struct vb_line *line, const char *what, const char *why);
bool vb__line_is_well(const struct vb_line *line);
void vb__line_begin_probe(struct vb_line *line);
void vb__line_end_probe(struct vb_line *line);

#endif
