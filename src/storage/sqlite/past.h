/*
 * Changes as the history's rows have them: what each took the place of, one
 * behind the other. Numbers are little and of 7 bits a byte, the top one set
 * where more follows; texts have their length before them.
 *
 *     moment (beyond the one before it) │ record, removed │ key │ parent
 *     │ revision │ created, modified │ length │ media type │ content
 *                └──────────── not where there was nothing: revision 0
 *
 * Beside them the row has a *mark* of each: four bytes of its key, by which to
 * see that a row has nothing to do with a record, without reading it.
 */
#ifndef VB_STORAGE_SQLITE_PAST_H
#define VB_STORAGE_SQLITE_PAST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "storage/record.h"

struct vb__past {
    uint64_t moment;         /* of the change */
    uint64_t record;         /* its id */
    bool removed;            /* the change removed it */
    struct vb_record before; /* revision 0: nothing, but for key and parent */
};

/* `since`: the moment of the one before it in the row; 0: none. */
void vb__past_write(struct vb_buf *to, uint64_t since,
                    const struct vb__past *past);

/* Takes one from the front; spans lie in it. `past` is the one before it, or
 * all 0. False: the row is damaged. */
bool vb__past_take(struct vb_span *row, struct vb__past *past);

uint32_t vb__past_mark(struct vb_span key);

#define VB__PAST_MARK sizeof(uint32_t)

/* Adds one to a row's; and the i-th of them. */
void vb__past_mark_put(struct vb_buf *marks, uint32_t mark);
uint32_t vb__past_mark_at(struct vb_span marks, size_t i);

#endif
