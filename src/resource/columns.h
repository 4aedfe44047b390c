/*
 * A listing as a table: a row for each member, a column for each property at
 * the top of their states that is shown, in the order of the description; or
 * for those that `fields` asks for.
 */
#ifndef VB_RESOURCE_COLUMNS_H
#define VB_RESOURCE_COLUMNS_H

#include "base/arena.h"
#include "resource/selection.h"

struct vb_columns {
    struct vb_filter_field *at;
    size_t count;
};

/* Can the members of this listing be shown so? Not where they may be bytes of
 * any kind, or nothing is said of what they are. */
bool vb_columns_fit(const struct vb_route *listing);

/* The columns lie in the arena. False: out of memory. */
bool vb_columns_choose(struct vb_columns *columns, struct vb_arena *arena,
                       const struct vb_selection *selection);

/* Appends the first row: the columns' names, dotted where they are below the
 * top. */
void vb_columns_write_head(struct vb_buf *buf,
                           const struct vb_columns *columns);

/* Appends a member's row; NULL: a member that has none of it. */
void vb_columns_write_row(struct vb_buf *buf, const struct vb_columns *columns,
                          yyjson_val *root);

#endif
