/*
 * What somebody sees of what happens: of the states of a listing, or of one,
 * those that they may see and have asked for. A change that leads there is a
 * creation to them, one that leads away from there a removal, and of others
 * they learn nothing.
 */
#ifndef VB_RESOURCE_SIGHT_H
#define VB_RESOURCE_SIGHT_H

#include "access/rule.h"
#include "resource/feed.h"
#include "resource/selection.h"

enum vb_seen { VB_SEEN_CREATED, VB_SEEN_CHANGED, VB_SEEN_REMOVED, VB_UNSEEN };

struct vb_sight {
    /* The caller's. */
    const struct vb_allow *allow; /* who may see a state; NULL: anybody */
    const struct vb_selection *selection; /* what is asked for; NULL: all */
    struct vb_ruling ruling;
};

/* Of who asks in this exchange. */
void vb_sight_begin(struct vb_sight *sight, const struct vb_exchange *x);
void vb_sight_done(struct vb_sight *sight);

/* What a change is to them. */
enum vb_seen vb_sight_of(const struct vb_sight *sight, struct vb_news *news);

#endif
