/* The command `verbatim serve`. */
#ifndef VB_SERVER_SERVE_H
#define VB_SERVER_SERVE_H

#include "server/config.h"

struct vb_server;

/* Serves as configured until it is told to stop. The exit code: 0 it came to
 * rest, 1 it failed while running, 2 it could not start (told on stderr). */
int vb_serve(const struct vb_config *config);

/* Tells a server, freshly made, what decides its answers: whom it trusts,
 * where it publishes its description, and what hashing a password costs. */
void vb_serve_api(struct vb_server *server, const struct vb_config *config);

/* The same of other servers, which may have the rest. */
void vb_serve_gateways(struct vb_server *server,
                       const struct vb_config *config);

/* Makes the directory of what is kept where something is kept there, if it is
 * not there. False: it cannot be made (told on stderr). */
bool vb_serve_make_data(const struct vb_config *config);

#endif
