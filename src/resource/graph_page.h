/*
 * Listings as GraphQL's connections (Relay's specification):
 *
 *     a call ─▶ listing ─▶ pages, one for each object      graph_listing.c
 *                             │ lists, all in one request  graph_list.c
 *                             ▼
 *               edges, cursors, how many                   graph_page.c
 */
#ifndef VB_RESOURCE_GRAPH_PAGE_H
#define VB_RESOURCE_GRAPH_PAGE_H

#include "resource/graph_part.h"

struct vb__graph_page;

/* A member of a page. */
struct vb__graph_edge {
    const struct vb__graph_page *page;
    size_t index;
};

/* What is read for one object: a connection. */
struct vb__graph_page {
    struct vb__graph_listing *of;
    struct vb_span key;    /* the listing's */
    struct vb_span target; /* what its members refer to; "": whatever */
    struct vb_selection *selection;
    struct vb_selection_sieve sieve;
    struct vb_cursor cursor;       /* where from */
    struct vb_span scope;          /* what its cursors are good for */
    struct vb_selection_plan plan; /* how it is read, */
    size_t attempt;                /* after so many others */
    uint32_t limit;
    struct vb_list_read list;
    struct vb__graph_edge *edges;
    const struct vb__graph_node **nodes; /* what the edges lead to, or NULL */
    bool denied;
};

/* What is read for one call: of one listing, or the listings of one path. */
struct vb__graph_listing {
    struct vb__graph_listing *next; /* of those of its run */
    struct vb__graph_run *run;
    struct vb_gql_call *call;
    const struct vb_route *route;
    struct vb_selection selection;  /* what is asked of each */
    const struct vb_allow *members; /* as in listing_part.h */
    struct vb_ruling ruling;
    struct vb__graph_page *pages; /* one for each object */
    struct vb_list_read **lists;
    struct vb_lists_read read;
    bool counts;          /* how many there are is all that is asked */
    struct vb_span owner; /* the only one's, which must be there; or "" */
    struct vb_record *owner_record;
    struct vb_records_read owner_read;
};

/* --- graph_list.c -------------------------------------------------------- */

/* Adds the page's list to those that are read; false: there is no way. */
bool vb__graph_list_add(struct vb__graph_page *page);

/* Reads the lists that were added, and says so (below). False: not at once. */
bool vb__graph_lists_read(struct vb__graph_listing *listing);

/* --- graph_page.c -------------------------------------------------------- */

/* They have come, or could not be read: the results of the call follow. */
void vb__graph_pages_arrived(struct vb__graph_listing *listing);
void vb__graph_totals_arrived(struct vb__graph_listing *listing);

/* What the cursors of a page are good for, and sealed with. */
struct vb_span vb__graph_page_scope(struct vb__graph_run *run,
                                    const struct vb__graph_page *page);
const struct vb_hash_key *vb__graph_secret(const struct vb__graph_run *run);

#endif
