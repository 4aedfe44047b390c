/* The inside of the disk tier, shared by disk*.c. */
#ifndef VB_CACHING_DISK_INNER_H
#define VB_CACHING_DISK_INNER_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/list.h"
#include "base/ref.h"
#include "base/table.h"
#include "caching/disk.h"
#include "caching/disk_record.h"

/* A small response counts for that: so the index is bounded as well, to a
 * tenth of the budget. */
#define VB__DISK_CHARGE_LEAST 1024

/* --- Files ------------------------------------------------------------------
 * The directory has
 *
 *     verbatim-cache.state        the secret, and how the last process ended
 *     verbatim-cache.moments      what was invalidated when
 *     0000000000000007.heads      segment 7: records, one behind the other
 *     0000000000000007.contents   contents, one behind the other
 */

struct vb__disk_files {
    char *path; /* of the directory, for messages */
    int dir;    /* locked */
    int moments;
    struct vb_hash_key secret;
};

/* Opens and locks the directory; *ret_usable: what is in it may be used, else
 * there is nothing any more. As vb_disk_open. */
enum vb_err vb__disk_files_open(struct vb__disk_files *files, const char *path,
                                struct vb_moments *moments,
                                struct vb_buf *ret_why);
/* Closes it; `whole`: all is on the disk, and may be used whatever comes. */
void vb__disk_files_close(struct vb__disk_files *files, bool whole);
/* Nothing that is there may be used by the next process. */
void vb__disk_files_void(struct vb__disk_files *files);
/* Writes a place of moments; false with errno. */
bool vb__disk_files_mark(const struct vb__disk_files *files, size_t place,
                         uint64_t moment);

/* Writes all of it, at that offset; false with errno. */
bool vb__disk_write(int fd, struct vb_span bytes, uint64_t at);

/* --- Segments and what is in them ------------------------------------------
 */

struct vb__disk_segment {
    struct vb_link link; /* the oldest is the first */
    struct vb_ref ref;   /* the tier's, and who reads */
    uint64_t id;         /* one more than that of the one before */
    int heads, contents;
    uint32_t heads_len, contents_len; /* written to them */
    uint32_t records;
    struct vb_link entries; /* whose contents lie here, or heads without */
};

/* Where a response lies. */
struct vb__disk_entry {
    struct vb_table_node node; /* by its key's hash */
    struct vb_link link;       /* in its content's segment */
    struct vb__disk_segment *head_in, *content_in;
    uint64_t place_hash;
    uint64_t moment;
    uint64_t content_check;
    uint32_t head_at, head_len;
    uint32_t content_at, content_len;
};

struct vb__disk_job {
    struct vb__disk_job *next;
    struct vb_stored_response *response; /* a reference; NULL: GONE */
    uint64_t moment;
    uint64_t key_hash, place_hash;
    struct vb__disk_content had; /* of what it replaces; len 0: nothing */
    size_t weight;
    size_t uri_len, key_len;
    char key[];
};

struct vb_disk_tier {
    struct vb_moments_keeper keeper;
    struct vb_moments *moments;
    struct vb__disk_files files;
    uint64_t budget;
    size_t segment_size; /* bytes: what a segment takes, and the queue */
    atomic_bool off;
    bool told_full;       /* that the disk is: once is enough */
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;  /* for the thread */
    pthread_cond_t room;  /* for who waits: something was done */
    struct vb_table index;
    struct vb_link segments;
    uint64_t next_segment;
    uint64_t bytes; /* all segments' charges */
    struct vb__disk_job *first, **last;
    size_t queued; /* weight of jobs that are not done, */
    size_t jobs;   /* and how many there are */
    bool clear;    /* all segments are to go */
    bool stop;
    struct vb_disk_stats stats;
    pthread_t thread;
};

/* disk_segment.c */

/* A new one, empty; NULL with errno. */
struct vb__disk_segment *
vb__disk_segment_new(const struct vb__disk_files *files, uint64_t id);
/* One that is there; NULL: not as it should be. */
struct vb__disk_segment *
vb__disk_segment_open(const struct vb__disk_files *files, uint64_t id);
/* Its files are closed with the last one. */
void vb__disk_segment_unref(struct vb__disk_segment *segment);
/* Removes the files of a segment, as far as they are there. */
void vb__disk_segment_remove(const struct vb__disk_files *files, uint64_t id);
/* Ids of those that are there, in their order, malloc'ed; SIZE_MAX: no memory,
 * or the directory cannot be read. */
size_t vb__disk_segment_list(const struct vb__disk_files *files,
                             uint64_t **ret_ids);
/* What it counts for. */
uint64_t vb__disk_charge(const struct vb__disk_segment *segment);

/* disk_index.c: under the lock, but for the hashes. */

uint64_t vb__disk_key_hash(const struct vb_disk_tier *disk,
                           struct vb_span text);
uint64_t vb__disk_place_hash(const struct vb_disk_tier *disk, uint64_t key_hash,
                             const struct vb_stored_response *response);
/* What is in a place, or NULL. */
struct vb__disk_entry *vb__disk_find(const struct vb_disk_tier *disk,
                                     uint64_t key_hash, uint64_t place_hash);
/* A copy of *entry in its place, where nothing is left. False: no memory, and
 * there is nothing. */
bool vb__disk_insert(struct vb_disk_tier *disk, uint64_t key_hash,
                     const struct vb__disk_entry *entry);
void vb__disk_remove(struct vb_disk_tier *disk, struct vb__disk_entry *entry);
/* Takes out the oldest segment, with all that is in it, and its files. Gives
 * up the lock meanwhile. */
void vb__disk_evict(struct vb_disk_tier *disk);
/* The segment of that number, or NULL. */
struct vb__disk_segment *vb__disk_segment_of(const struct vb_disk_tier *disk,
                                             uint64_t id);
static inline struct vb__disk_segment *
vb__disk_segment_at(const struct vb_link *link)
{
    return VB_CONTAINER(link, struct vb__disk_segment, link);
}

/* disk_scan.c: what is there. No other thread is at work yet. VB_ERR_NOMEM,
 * VB_ERR_IO, VB_ERR_LIMIT: too many files are open. */
enum vb_err vb__disk_scan(struct vb_disk_tier *disk);

/* disk_write.c: the thread. */

bool vb__disk_thread_start(struct vb_disk_tier *disk);
/* disk.c */

/* It fails: what was there is not to be used, now or later. Any thread. */
void vb__disk_turn_off(struct vb_disk_tier *disk, const char *what, int why);

#endif
