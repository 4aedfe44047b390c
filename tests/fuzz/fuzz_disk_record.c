/*
 * A record of the cache's disk tier, whose checks are right: whatever its
 * numbers say, its texts lie in it. With a NUL first, the rest is read as it
 * is.
 */
#include <stdint.h>

#include "base/assert.h"
#include "caching/disk_record.h"
#include "caching/frozen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the numbers begin that are not checks, magic or length, and end. */
enum { NUMBERS = 24, TEXTS = 88 };

static const struct vb_hash_key secret = {1, 2};
static const struct vb__disk_at where = {3, 4};

static void read_one(struct vb_span bytes)
{
    struct vb_stored_response *response;
    struct vb__disk_record record;
    struct vb_arena arena;
    size_t len;

    if (vb__disk_record_read(bytes, &secret, where, &record, &len) !=
        VB__DISK_WHOLE)
        return;
    vb_assert(len <= bytes.len && record.uri_len <= record.key.len);
    vb_assert(TEXTS + record.key.len + record.frozen.len == len);
    vb_assert(record.frozen.ptr + record.frozen.len == bytes.ptr + len);
    vb_arena_init(&arena, 65536, (size_t)16 << 20);
    response = vb_frozen_read(&arena, record.frozen, NULL);
    vb_stored_response_unref(response);
    vb_arena_done(&arena);
}

static void forge(struct vb_span numbers, struct vb_span texts)
{
    const struct vb__disk_record any = {.kind = VB__DISK_STORED};
    struct vb_buf buf;

    vb_buf_init(&buf, 2 * VB__DISK_RECORD_MAX);
    vb__disk_record_write(&buf, &any);
    vb_buf_append(&buf, texts);
    if (buf.err == VB_OK) {
        memcpy(buf.ptr + NUMBERS, numbers.ptr, numbers.len);
        vb__disk_record_seal(&buf, 0, &secret, where);
        read_one(vb_buf_span(&buf));
    }
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span bytes = vb_span_of((const char *)data, size);

    if (size > 0 && data[0] == 0)
        read_one(vb_span_from(bytes, 1));
    else if (size >= TEXTS - NUMBERS)
        forge(vb_span_head(bytes, TEXTS - NUMBERS),
              vb_span_from(bytes, TEXTS - NUMBERS));
    return 0;
}
