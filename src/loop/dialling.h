/*
 * A dial that is under way.
 *
 *     start ─▶ look-up ─▶ targets ─▶ race ─▶ a socket ─▶ its connection ─▶ done
 *       │         │                    │
 *       └─────────┴── too late, cancelled, no more targets ──────────────▶ done
 *
 *     dial.c  from its start to its end
 *     race.c  connecting to one target after the other, until one answers
 *
 * It is freed when libuv has closed its handles, and its look-up has come back
 * from another thread: by then it is long told.
 */
#ifndef VB_LOOP_DIALLING_H
#define VB_LOOP_DIALLING_H

#include "exchange/call.h"
#include "loop/targets.h"
#include "loop/worker.h"

struct vb__dialling;

/* A socket that is being connected. */
struct vb__attempt {
    uv_poll_t poll;
    struct vb__dialling *of;
    int fd; /* -1: it is not open */
};

struct vb__dialling {
    struct vb_link link; /* of the worker's dials */
    struct vb__worker *worker;
    struct vb_dial *dial; /* NULL once it is told, or cancelled */
    uv_timer_t late;      /* time is up */
    uv_timer_t next;      /* the next target's turn */
    uv_getaddrinfo_t lookup;
    bool looking;          /* that is under way */
    unsigned pending;      /* handles that are not closed, and the look-up */
    unsigned tried;        /* targets */
    unsigned trying;       /* attempts */
    enum vb_dial_end end;  /* what it comes to, as far as is known */
    struct vb__conn *conn; /* that shakes hands, or NULL */
    struct vb_targets targets;
    struct vb__attempt attempts[VB_TARGETS_MOST]; /* to the same target */
};

/* --- dial.c ----------------------------------------------------------------
 */

/* A handle of it is closed; uv_close's. */
void vb__dialling_closed(uv_handle_t *handle);

/* Why it has come to nothing so far: overwrites what was said. */
void vb__dialling_note(struct vb__dialling *dialling, enum vb_dial_end end,
                       const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* It has come to nothing, for the reason noted. */
void vb__dialling_fail(struct vb__dialling *dialling);

/* A socket is connected, and has its place. */
void vb__dialling_connected(struct vb__dialling *dialling, int fd,
                            const struct vb_address *to);

/* --- race.c ----------------------------------------------------------------
 */

/* Tries the next target, or fails when there is none and none is tried. */
void vb__race_go_on(struct vb__dialling *dialling);

/* Nothing more is tried: closes the sockets that are not connected. */
void vb__race_end(struct vb__dialling *dialling);

#endif
