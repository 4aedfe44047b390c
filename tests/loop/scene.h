/*
 * A worker on which a test dials, a resolver that says what it is told to, and
 * other servers.
 *
 *     s.begin ─▶ dial(...) ─▶ [dialler] ─▶ s.then, or the worker stops
 */
#ifndef VB_TESTS_LOOP_SCENE_H
#define VB_TESTS_LOOP_SCENE_H

#include "unit.h"

#include <uv.h>

#include "exchange/call.h"
#include "loop/loop.h"
#include "wire/stand_in.h"

/* --- The resolver ------------------------------------------------------------
 */

/* What it says of "server.example"; all other names are the system's. */
struct resolver {
    int status;
    const char *const *addresses; /* NULL at the end */
    int asked;
};
extern struct resolver resolver;
extern const char *const loopbacks[]; /* that of IPv6, then that of IPv4 */

/* As uv_getaddrinfo gives them; to be freed. */
struct addrinfo *list_of(const char *const *addresses);
void free_list(struct addrinfo *list);

/* --- The worker --------------------------------------------------------------
 */

#define DIALS_MOST 4 /* of one test */

struct scene {
    void (*begin)(struct scene *s); /* on the worker's thread */
    void (*then)(struct scene *s);  /* a dial is done; NULL: stop */
    uint16_t port;
    int fd;       /* a listening socket of the test's */
    int other_fd; /* another, or what it has accepted */
    uint32_t max_outgoing;
    uint32_t grace_ms;
    uint8_t only[16]; /* the address that is allowed */
    int gone;         /* clients */
    /* What answers on the same worker, whose port is found, and whether it
     * speaks TLS; or NULL. */
    struct vb_service *service;
    struct vb_tls *tls;

    struct vb_loop *loop;
    struct vb_worker *worker;
    struct vb_endpoint to[DIALS_MOST];
    struct vb_dial dials[DIALS_MOST];
    int count; /* dials begun */
    int done;
    enum vb_dial_end ends[DIALS_MOST];
    int64_t took_ms[DIALS_MOST]; /* from its start */
    int64_t begun_ms[DIALS_MOST];
    bool starting; /* within `start` */
    struct vb_alarm alarm;
};

/* From its first dial to the end of its worker. */
void play(struct scene *s);

/* Of a host, or where it begins with a slash, of a Unix socket. */
struct vb_dial *dial(struct scene *s, const char *host, uint16_t port,
                     uint32_t timeout_ms);
/* To 127.0.0.1 and to "server.example", at s->port; in 5 seconds. */
void to_port(struct scene *s);
void to_name(struct scene *s);

void after(struct scene *s, uint64_t ms, void (*ring)(struct vb_alarm *alarm));
void stop_at(struct vb_alarm *alarm);

/* --- Others ------------------------------------------------------------------
 */

/* Listens on an address; on *port, or on one that it tells. */
int listen_on(const char *ip, uint16_t *port, int backlog);

/* Fills its queue, so that nobody else gets an answer. */
void block(int fd, int *fillers, int count);
void unblock(const int *fillers, int count);

#endif
