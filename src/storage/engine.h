/*
 * What the engines share and nobody else needs: setting up the common part of
 * a store, making records, finishing requests.
 */
#ifndef VB_STORAGE_ENGINE_H
#define VB_STORAGE_ENGINE_H

#include "storage/store.h"

/* Opens what follows the scheme in the URL; as vb_store_open. */
typedef enum vb_err (*vb__engine_open)(struct vb_span rest,
                                       struct vb_store **ret_store,
                                       struct vb_buf *ret_why);

enum vb_err vb__memory_open(struct vb_span rest, struct vb_store **ret_store,
                            struct vb_buf *ret_why);
enum vb_err vb__sqlite_open(struct vb_span rest, struct vb_store **ret_store,
                            struct vb_buf *ret_why);
enum vb_err vb__postgres_open(struct vb_span rest, struct vb_store **ret_store,
                              struct vb_buf *ret_why);

/* Fills in the common part; false when out of memory. */
bool vb__store_init(struct vb_store *store, const struct vb_store_ops *ops);
void vb__store_done(struct vb_store *store);

/* Who watches the history: nobody, first and last. */
void vb__watches_init(struct vb_store *store);
void vb__watches_done(struct vb_store *store);

/* Eight random characters of [0-9a-z] and a NUL. */
void vb__epoch_new(char epoch[9]);

/* When the record that a PUT creates was created. */
static inline int64_t vb__created_ms(const struct vb_change *change)
{
    return change->created_ms != 0 ? change->created_ms : change->modified_ms;
}

/* One allocation with copies of all spans in `fields`; its count is 1. With a
 * blob, the caller has pinned it for this record. NULL: no memory. */
struct vb_record *vb__record_new(const struct vb_record *fields);

/* The same for a list that takes it brief, in the list's own memory; its media
 * type is borrowed. */
struct vb_record *vb__record_brief(struct vb_arena *arena,
                                   const struct vb_record *fields);
bool vb__record_is_brief(const struct vb_record *record);

/* The result is in the request already. */
static inline enum vb_io vb__op_done(struct vb_store_op *op, enum vb_err err)
{
    op->err = err;
    return VB_IO_DONE;
}

/* Empties a list's answer. False: what it asks for is out of range. */
bool vb__list_init(struct vb_list_read *list);

/* Empties what a request for a note brings. */
void vb__memo_init(struct vb_memo_read *read);

/* Empties what a request for history brings; false: it asks for too much. */
bool vb__history_init(struct vb_history_read *read);

/* Does it ask for changes of such a record? */
bool vb__history_wants(const struct vb_history_read *read, struct vb_span key,
                       struct vb_span parent);

/* What the history keeps of a record: a reference, or without its blob a copy.
 * NULL: no memory. */
struct vb_record *vb__history_record(struct vb_record *record);

/* Changes that one request looks at. */
#define VB__HISTORY_LOOKED 20000

/* What a change counts against the history's bytes, beside its record's. */
#define VB__HISTORY_COST 128

/* Tells all who watch that something was committed. Any thread. */
void vb__store_tell(struct vb_store *store);

/* Hands the finished request back to its client's worker. Any thread. After
 * it the request is the caller's again: do not look at it any more. */
void vb__op_answer(struct vb_store_op *op);

/* The same in two steps, for several at once: what their tasks run, in the
 * worker's mailbox. */
void vb__op_deliver(struct vb_task *task);

#endif
