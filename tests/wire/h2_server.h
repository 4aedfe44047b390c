/*
 * Another server's side of HTTP/2, by hand, around a caller: what it sends is
 * frames made with h2_client.h, and what it receives is told as text, a line a
 * frame:
 *
 *     PREFACE                      SETTINGS 2=0 4=262144
 *     SETTINGS ack                 WINDOW_UPDATE 0 983041
 *     HEADERS 1 end :method=GET :scheme=https ...
 *     DATA 1 5 hello               DATA 1 0 end
 *     RST_STREAM 1 8               GOAWAY 0 1
 *     PING ack 01234567
 */
#ifndef VB_TESTS_WIRE_H2_SERVER_H
#define VB_TESTS_WIRE_H2_SERVER_H

#include "caller.h"
#include "h2_client.h"

struct h2_server {
    struct caller c;
    nghttp2_hd_inflater *inflater;
    struct vb_buf told;  /* what it received */
    struct vb_buf bytes; /* made by hand, and not sent yet */
};

/* The connection has begun: both SETTINGS are acknowledged, and forgotten, if
 * `settings` (id, value, ..., 0) is not NULL. */
void h2_server_init(struct h2_server *s, const uint32_t *settings);
void h2_server_done(struct h2_server *s);

/* Ends the connection, and begins the next one. */
void h2_server_restart(struct h2_server *s, const uint32_t *settings);

/* Each adds a frame to s->bytes. */
void h2_serve_settings(struct h2_server *s, const uint32_t *settings);
void h2_serve_head(struct h2_server *s, int32_t id, const char *const *fields,
                   bool end);
void h2_serve_data(struct h2_server *s, int32_t id, struct vb_span bytes,
                   bool end);
/* RST_STREAM, WINDOW_UPDATE; GOAWAY with `id` as its last stream. */
void h2_serve_number(struct h2_server *s, uint8_t type, int32_t id, uint32_t n);
void h2_serve_goaway(struct h2_server *s, uint32_t last, uint32_t code);

/* Sends s->bytes; they are empty then. */
void h2_serve(struct h2_server *s);

/* What was received since it was last asked. */
const char *h2_server_told(struct h2_server *s);
void assert_told(struct h2_server *s, const char *want);

#endif
