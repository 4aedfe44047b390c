/*
 * What rules (access/rule.h) look at, of resources whose state is stored; and
 * what else depends on them: the replies to writes, and conflicts.
 */
#ifndef VB_RESOURCE_GUARDED_H
#define VB_RESOURCE_GUARDED_H

#include "access/guard.h"
#include "access/rule.h"
#include "resource/stored.h"

/* For the guards of such resources. */
extern const struct vb_guard_look vb_guarded_look;

/* Has the rule of this request to be asked of what is there? */
static inline bool vb_guarded_by_state(const struct vb_exchange *x)
{
    return x->resource->guard != NULL && vb_rule_of(x) != NULL &&
           vb_rule_of(x)->by_state;
}

/* A record was read for a safe method: may it be shown? Where not, no
 * representation of it need be made, and nothing of it be told. */
bool vb_guarded_shows(struct vb_stored *stored);

/* The same of a representation that was cached. */
bool vb_guarded_shows_rep(struct vb_exchange *x, const struct vb_rep *rep);

/* Keeps with a representation of the record what the rules look at. */
void vb_guarded_keep(struct vb_stored *stored, struct vb_rep *rep);

/* May who asks GET the route's resource, with this state? */
bool vb_guarded_reads(const struct vb_exchange *x, const struct vb_route *route,
                      struct vb_span key, yyjson_val *state);

/*
 * May a reply of another resource show this one, whose key and state these are?
 * What cannot be had by GET, or not with what this request has proven, may not.
 * Where that depends on who asks, so does the reply from now on (x->personal).
 */
bool vb_guarded_shares(struct vb_exchange *x, const struct vb_route *route,
                       struct vb_span key, yyjson_val *state);

/* The rule of a listing's members; NULL: there is none. */
const struct vb_allow *vb_guarded_members(const struct vb_route *listing);

/* May a problem name the resource of this key? Not where its GET has rules. */
bool vb_guarded_names(struct vb_exchange *x, struct vb_span key);

#endif
