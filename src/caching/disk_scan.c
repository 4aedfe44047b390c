/*
 * Finding what earlier processes have left: the heads of all segments, from the
 * oldest to the newest. See disk_inner.h.
 *
 * What is missing may have said of something older that it is not true any
 * more: so where a segment is damaged, it goes with all that are older. But for
 * the end of the newest one, which a process leaves that is killed as it
 * writes; what it wrote there is as if it had come a moment later.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/read_at.h"
#include "caching/disk_inner.h"

/* Bytes that are read at once. */
#define CHUNK (4 * VB__DISK_RECORD_MAX)

struct scan {
    struct vb_disk_tier *disk;
    struct vb__disk_segment *segment;
    char *chunk;
    uint32_t begin, end; /* what of the heads is in it */
};

static bool is_invalid(const struct vb_disk_tier *disk,
                       const struct vb__disk_record *record)
{
    uint64_t uri = vb_hash(&disk->files.secret,
                           vb_span_head(record->key, record->uri_len));

    return vb_moments_since(disk->moments, uri, record->moment);
}

/* Where it lies; false: that is not there any more. */
static bool locate(const struct vb_disk_tier *disk,
                   struct vb__disk_segment *segment, uint32_t at, size_t len,
                   const struct vb__disk_record *record,
                   struct vb__disk_entry *ret_entry)
{
    const struct vb__disk_content *content = &record->content;
    struct vb__disk_segment *content_in = segment;

    if (record->has_content)
        content_in = vb__disk_segment_of(disk, content->segment);
    if (content_in == NULL ||
        (uint64_t)content->at + content->len > content_in->contents_len)
        return false;
    *ret_entry = (struct vb__disk_entry){
        .head_in = segment,
        .content_in = content_in,
        .place_hash = record->place_hash,
        .moment = record->moment,
        .content_check = content->check,
        .head_at = at,
        .head_len = (uint32_t)len,
        .content_at = content->at,
        .content_len = content->len,
    };
    return true;
}

/* False: no memory. */
static bool take(struct scan *scan, uint32_t at, size_t len,
                 const struct vb__disk_record *record)
{
    struct vb_disk_tier *disk = scan->disk;
    struct vb__disk_entry entry, *old;

    scan->segment->records++;
    vb_moments_reach(disk->moments, record->moment);
    if (record->kind == VB__DISK_STORED && !is_invalid(disk, record) &&
        locate(disk, scan->segment, at, len, record, &entry))
        return vb__disk_insert(disk, record->key_hash, &entry);
    old = vb__disk_find(disk, record->key_hash, record->place_hash);
    if (old != NULL)
        vb__disk_remove(disk, old);
    return true;
}

/* The bytes from there on: a record, if there is one. False: it cannot be read.
 */
static bool look(struct scan *scan, uint32_t at, struct vb_span *ret_bytes)
{
    uint32_t left = scan->segment->heads_len - at;
    size_t want = left < VB__DISK_RECORD_MAX ? left : VB__DISK_RECORD_MAX;

    if (at < scan->begin || at + want > scan->end) {
        ssize_t n = vb_read_at(scan->segment->heads, scan->chunk, CHUNK, at);

        if (n < 0)
            return false;
        scan->begin = at;
        scan->end = at + (uint32_t)n;
    }
    *ret_bytes = vb_span_of(scan->chunk + (at - scan->begin), scan->end - at);
    return true;
}

enum scanned { FINE, DAMAGED, FAILED };

static enum scanned scan_heads(struct scan *scan, bool newest)
{
    struct vb__disk_segment *segment = scan->segment;
    uint32_t at = 0;

    while (at < segment->heads_len) {
        const struct vb__disk_at where = {segment->id, at};
        struct vb__disk_record record;
        struct vb_span bytes;
        size_t len;

        if (!look(scan, at, &bytes))
            return DAMAGED;
        switch (vb__disk_record_read(bytes, &scan->disk->files.secret, where,
                                     &record, &len)) {
        case VB__DISK_WHOLE:
            break;
        case VB__DISK_TORN:
            segment->heads_len = at;
            return newest ? FINE : DAMAGED;
        case VB__DISK_BAD:
            return DAMAGED;
        }
        if (!take(scan, at, len, &record))
            return FAILED;
        at += (uint32_t)len;
    }
    return FINE;
}

static void drop_all(struct vb_disk_tier *disk)
{
    while (!vb_list_empty(&disk->segments))
        vb__disk_evict(disk);
}

static enum vb_err scan_segment(struct scan *scan, uint64_t id, bool newest)
{
    struct vb_disk_tier *disk = scan->disk;
    enum scanned scanned;

    scan->begin = scan->end = 0;
    scan->segment = vb__disk_segment_open(&disk->files, id);
    if (scan->segment == NULL &&
        (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
        return VB_ERR_LIMIT;
    if (scan->segment == NULL || id != disk->next_segment)
        drop_all(disk);
    disk->next_segment = id + 1;
    if (scan->segment == NULL) {
        vb__disk_segment_remove(&disk->files, id);
        return VB_OK;
    }
    vb_list_append(&disk->segments, &scan->segment->link);
    scanned = scan_heads(scan, newest);
    disk->bytes += vb__disk_charge(scan->segment);
    if (scanned == DAMAGED)
        drop_all(disk);
    return scanned == FAILED ? VB_ERR_NOMEM : VB_OK;
}

/* The newest goes on where it was torn off. */
static void mend(struct vb_disk_tier *disk)
{
    struct vb__disk_segment *newest;

    if (vb_list_empty(&disk->segments))
        return;
    newest = vb__disk_segment_at(disk->segments.prev);
    if (ftruncate(newest->heads, newest->heads_len) != 0)
        drop_all(disk);
}

enum vb_err vb__disk_scan(struct vb_disk_tier *disk)
{
    struct scan scan = {.disk = disk, .chunk = malloc(CHUNK)};
    enum vb_err err = VB_OK;
    uint64_t *ids = NULL;
    size_t count = vb__disk_segment_list(&disk->files, &ids);

    if (scan.chunk == NULL)
        err = VB_ERR_NOMEM;
    else if (count == SIZE_MAX)
        err = VB_ERR_IO;
    pthread_mutex_lock(&disk->lock);
    for (size_t i = 0; err == VB_OK && i < count; i++)
        err = scan_segment(&scan, ids[i], i == count - 1);
    mend(disk);
    while (disk->bytes > disk->budget)
        vb__disk_evict(disk);
    pthread_mutex_unlock(&disk->lock);
    free(ids);
    free(scan.chunk);
    return err;
}
