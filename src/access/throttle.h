/*
 * How often a password may be guessed: failed attempts are counted, and from
 * some number on each has to wait longer than the one before.
 *
 *     of one client for one login    5 are free, then 1, 2, 4 ... 900 s
 *     of one client, for any login  20 are free, then 1, 2, 4 ... 900 s
 *     for one login, of any client 100 are free, then 1, 2, 4, 8 s
 *
 * The first is what meets who guesses. The second meets who tries one password
 * with many logins; the third who does so from many addresses, and stays short.
 * Neither is for a client that has logged in there before: so nobody can shut
 * out whose account it is, and behind a gateway, where all clients are one, who
 * has been here gets in whatever others have typed. What was counted is
 * forgotten an hour after the last attempt. A login that nobody has is counted
 * as any other: the answers tell nothing.
 *
 * An attempt counts as failed from its beginning on, so that many at once gain
 * nothing; one that succeeds takes back what it has counted, and the first
 * count begins anew.
 *
 * The table is shared by all workers and locked; only who has no session and is
 * not known (basic.c) comes here. It has one size: where it is full, whoever
 * has waited out the most is forgotten.
 */
#ifndef VB_ACCESS_THROTTLE_H
#define VB_ACCESS_THROTTLE_H

#include <stdint.h>

#include "base/span.h"
#include "exchange/exchange.h"

struct vb_throttle;

/* NULL: no memory. */
struct vb_throttle *vb_throttle_new(void);

/* NULL is fine. */
void vb_throttle_free(struct vb_throttle *throttle);

/*
 * An attempt of this client for this login at a (monotonic) time: 0 when it may
 * be made, and counted as failed; else the milliseconds to wait before another
 * is looked at. A Unix socket is one client.
 */
int64_t vb_throttle_try(struct vb_throttle *throttle,
                        const struct vb_peer *peer, struct vb_span login,
                        int64_t now_ms);

/* That attempt has succeeded. */
void vb_throttle_good(struct vb_throttle *throttle, const struct vb_peer *peer,
                      struct vb_span login, int64_t now_ms);

/* Nobody has looked at it: it is not counted. */
void vb_throttle_undo(struct vb_throttle *throttle, const struct vb_peer *peer,
                      struct vb_span login);

#endif
