/* Records as the database has them. See state.h. */
#include "storage/postgres/read_part.h"

/* In the order of VB__PG_RECORD_COLUMNS. */
enum column {
    KEY,
    PARENT,
    REVISION,
    POSITION,
    CREATED_MS,
    MODIFIED_MS,
    LENGTH,
    BLOB,
    MEDIA_TYPE,
    CONTENT
};

struct vb_record vb__pg_row(const PGresult *result, int row, int column)
{
    return (struct vb_record){
        .key = vb__pg_get_bytes(result, row, column + KEY),
        .parent = vb__pg_get_bytes(result, row, column + PARENT),
        .revision = (uint64_t)vb__pg_get_int(result, row, column + REVISION),
        .position = (uint64_t)vb__pg_get_int(result, row, column + POSITION),
        .created_ms = vb__pg_get_int(result, row, column + CREATED_MS),
        .modified_ms = vb__pg_get_int(result, row, column + MODIFIED_MS),
        .length = (uint64_t)vb__pg_get_int(result, row, column + LENGTH),
        .blob = (uint64_t)vb__pg_get_int(result, row, column + BLOB),
        .media_type = vb__pg_get_bytes(result, row, column + MEDIA_TYPE),
        .content = vb__pg_get_bytes(result, row, column + CONTENT),
    };
}

struct vb_record *vb__pg_record(struct vb__pg_store *store,
                                const PGresult *result, int row, int column)
{
    struct vb_record fields = vb__pg_row(result, row, column);
    struct vb_record *record;

    vb__pg_clock_saw(store, fields.revision);
    if (fields.blob != 0) {
        fields.store = &store->store;
        vb__pg_blob_pin(store, fields.blob);
    }
    record = vb__record_new(&fields);
    if (record == NULL && fields.blob != 0)
        vb__pg_blob_unpin(&store->store, fields.blob);
    return record;
}
