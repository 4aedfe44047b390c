/* The judge's view of the file, from inside the writer's transaction. */
#ifndef VB_STORAGE_SQLITE_VIEW_H
#define VB_STORAGE_SQLITE_VIEW_H

#include "storage/judge.h"
#include "storage/sqlite/db.h"
#include "storage/sqlite/writer.h"

struct vb__writer_view {
    struct vb__view base;
    struct vb__writer *writer;
    size_t states; /* that it has brought */
};

/* A record's id is its row's. */
struct vb__writer_view vb__writer_view(struct vb__writer *writer);

/* The bytes of one chunk; -1 when there is none. */
enum vb_err vb__chunk_length(struct vb__writer *writer, uint64_t blob,
                             uint64_t index, int64_t *ret_length);

enum vb_err vb__blob_is_loose(struct vb__writer *writer, uint64_t blob,
                              bool *ret_loose);

static inline struct vb__call vb__writer_use(struct vb__writer *writer,
                                             enum vb__writer_statement name)
{
    return vb__call(writer->statements[name]);
}

#endif
