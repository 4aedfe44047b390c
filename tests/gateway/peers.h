/*
 * Other servers without sockets, for what asks them: a dialler whose dials the
 * test ends, clients whose calls it answers, and alarms that ring when the test
 * says that time has passed.
 */
#ifndef VB_TESTS_GATEWAY_PEERS_H
#define VB_TESTS_GATEWAY_PEERS_H

#include "unit.h"

#include "base/alarm.h"
#include "gateway/reach.h"

#define PEERS_MOST 64

/* A connection of the test's. */
struct peer_client {
    struct vb_client client;
    struct peers *peers;
    const struct vb_endpoint *to;
    struct vb_call *calls[PEERS_MOST];
    unsigned count; /* of calls under way */
    unsigned most;  /* at once */
    bool closed;    /* by who has it */
};

struct peers {
    struct vb_env env;
    struct vb_limits limits;
    struct vb_service service;
    struct vb_dialer dialer;
    struct vb_alarms alarms;
    struct vb_reaches *reaches;
    struct vb_dial *dials[PEERS_MOST]; /* under way */
    unsigned dial_count;
    unsigned dialled; /* so far */
    struct peer_client *clients[PEERS_MOST];
    unsigned client_count;
    struct {
        struct vb_alarm *alarm;
        int64_t at_ms;
    } set[PEERS_MOST];
    unsigned set_count;
};

void peers_init(struct peers *peers);
void peers_done(struct peers *peers);

/* An upstream of these, with options that are the defaults where NULL. */
struct vb_upstream *peers_upstream(const char *const *uris, size_t count,
                                   const struct vb_upstream_options *options);

/* The oldest dial ends: with a connection that takes `most` calls, or not. */
struct peer_client *peers_connect(struct peers *peers, unsigned most);
void peers_refuse(struct peers *peers, enum vb_dial_end end);

/* The oldest call of a client: has a head; ends. */
void peer_head(struct peer_client *peer, unsigned status);
void peer_end(struct peer_client *peer, enum vb_call_end end);

/* The connection ends, after its calls did. */
void peer_gone(struct peer_client *peer);

/* Time passes; alarms ring. */
void peers_wait(struct peers *peers, int64_t ms);

/* A request of the test's. */
struct errand {
    struct vb_ask ask;
    struct vb_arena arena;
    struct vb_source content; /* used where ask.call.content is set to it */
    bool rewinds;             /* what it says to that */
    unsigned heads, ends, rewound;
    unsigned status;
    enum vb_failure_id failure;
};

void errand_init(struct errand *errand, enum vb_method method);
void errand_done(struct errand *errand);

#endif
