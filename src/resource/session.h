/*
 * Sessions as resources (archetype `session`), for who has an account: logging
 * in makes one, whose secret the browser keeps in a cookie.
 *
 *     POST /session   login and password ─▶ 201, Location, Set-Cookie
 *     GET /session    who one is
 *     DELETE /session one is nobody any more
 *
 *     POST /sessions, GET, DELETE /sessions/ID     the same, of each of one's
 *     GET /sessions                                sessions, on all devices
 *
 * What is nobody's own is not there. Records: access/session.h.
 */
#ifndef VB_RESOURCE_SESSION_H
#define VB_RESOURCE_SESSION_H

#include "resource/stored.h"

void vb_session_init(struct vb_resource *resource,
                     const struct vb_route *route);

/* What it does with the method; NULL: nothing. */
const struct vb_slot *vb_session_slot(enum vb_method method);

/*
 * The account's password is about to become this hash, which ends its sessions:
 * the one that does it itself is made anew, in the same commit. Nothing is done
 * where it is somebody else's. False: no memory.
 */
bool vb_session_survive(struct vb_stored *stored, struct vb_span hash);

#endif
