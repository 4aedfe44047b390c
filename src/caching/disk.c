/* The disk tier. See disk.h. */
#include "caching/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "caching/disk_inner.h"

/* Of the budget, what goes at once where there is no room. Each segment is two
 * open files, and its offsets have 32 bits. */
#define SEGMENTS         16
#define SEGMENT_SIZE_MAX ((uint64_t)2 * 1024 * 1024 * 1024)

/* Jobs that wait, whatever they weigh. */
#define JOBS_MAX ((size_t)64 * 1024)

/* --- Beginning and end -----------------------------------------------------
 */

void vb__disk_turn_off(struct vb_disk_tier *disk, const char *what, int why)
{
    if (atomic_exchange(&disk->off, true))
        return;
    vb__disk_files_void(&disk->files);
    vb_log(VB_LOG_ERROR,
           "%s: %s: %s; nothing is stored on the disk from now on",
           disk->files.path, what, strerror(why));
    pthread_mutex_lock(&disk->lock);
    pthread_cond_signal(&disk->work);
    pthread_mutex_unlock(&disk->lock);
}

/* What is not known to be invalid in the next process must not be there. */
static void keep_moment(struct vb_moments_keeper *keeper, size_t place,
                        uint64_t moment)
{
    struct vb_disk_tier *disk =
        VB_CONTAINER(keeper, struct vb_disk_tier, keeper);

    if (!atomic_load(&disk->off) &&
        !vb__disk_files_mark(&disk->files, place, moment))
        vb__disk_turn_off(disk, "what is invalid cannot be written", errno);
}

static void init(struct vb_disk_tier *disk, uint64_t budget)
{
    uint64_t segment_size = budget / SEGMENTS;

    disk->keeper.keep = keep_moment;
    disk->budget = budget;
    disk->segment_size =
        (size_t)(segment_size < SEGMENT_SIZE_MAX ? segment_size
                                                 : SEGMENT_SIZE_MAX);
    pthread_mutex_init(&disk->lock, NULL);
    pthread_cond_init(&disk->work, NULL);
    pthread_cond_init(&disk->room, NULL);
    vb_table_init(&disk->index);
    vb_list_init(&disk->segments);
    disk->last = &disk->first;
}

static void done(struct vb_disk_tier *disk)
{
    while (!vb_list_empty(&disk->segments)) {
        struct vb__disk_segment *segment =
            vb__disk_segment_at(disk->segments.next);

        while (!vb_list_empty(&segment->entries))
            vb__disk_remove(disk, VB_CONTAINER(vb_list_pop(&segment->entries),
                                               struct vb__disk_entry, link));
        vb_list_remove(&segment->link);
        vb__disk_segment_unref(segment);
    }
    vb_table_done(&disk->index);
    pthread_cond_destroy(&disk->room);
    pthread_cond_destroy(&disk->work);
    pthread_mutex_destroy(&disk->lock);
    vb_moments_free(disk->moments);
    free(disk);
}

static enum vb_err begin(struct vb_disk_tier *disk, struct vb_buf *ret_why)
{
    enum vb_err err = vb__disk_scan(disk);

    if (err == VB_OK && !vb__disk_thread_start(disk))
        err = VB_ERR_NOMEM;
    if (err == VB_OK)
        vb_moments_kept_by(disk->moments, &disk->keeper);
    else
        vb_buf_printf(ret_why, "%s: what is there cannot be read: %s",
                      disk->files.path, vb_err_text(err));
    return err;
}

enum vb_err vb_disk_open(const struct vb_disk_config *config,
                         struct vb_buf *ret_why, struct vb_disk_tier **ret_disk)
{
    struct vb_disk_tier *disk = calloc(1, sizeof(*disk));
    enum vb_err err = VB_ERR_NOMEM;

    if (disk == NULL)
        return VB_ERR_NOMEM;
    init(disk, config->budget < VB_DISK_BUDGET_LEAST ? VB_DISK_BUDGET_LEAST
                                                     : config->budget);
    disk->moments = vb_moments_new();
    if (disk->moments != NULL)
        err = vb__disk_files_open(&disk->files, config->directory,
                                  disk->moments, ret_why);
    if (err == VB_OK) {
        err = begin(disk, ret_why);
        if (err != VB_OK)
            vb__disk_files_close(&disk->files, false);
    }
    if (err != VB_OK)
        done(disk);
    else
        *ret_disk = disk;
    return err;
}

/* Is all of it on the disk? */
static bool sync_all(const struct vb_disk_tier *disk)
{
    bool fine = !atomic_load(&disk->off);

    for (const struct vb_link *at = disk->segments.next;
         fine && at != &disk->segments; at = at->next) {
        const struct vb__disk_segment *segment = vb__disk_segment_at(at);

        fine =
            fdatasync(segment->contents) == 0 && fdatasync(segment->heads) == 0;
    }
    return fine;
}

void vb_disk_close(struct vb_disk_tier *disk)
{
    if (disk == NULL)
        return;
    pthread_mutex_lock(&disk->lock);
    disk->stop = true;
    pthread_cond_signal(&disk->work);
    pthread_mutex_unlock(&disk->lock);
    pthread_join(disk->thread, NULL);
    vb__disk_files_close(&disk->files, sync_all(disk));
    done(disk);
}

struct vb_moments *vb_disk_moments(struct vb_disk_tier *disk)
{
    return disk->moments;
}

const struct vb_hash_key *vb_disk_names(const struct vb_disk_tier *disk)
{
    return &disk->files.secret;
}

struct vb_disk_stats vb_disk_stats(struct vb_disk_tier *disk)
{
    struct vb_disk_stats stats;

    pthread_mutex_lock(&disk->lock);
    stats = disk->stats;
    stats.responses = disk->index.count;
    stats.bytes = disk->bytes;
    pthread_mutex_unlock(&disk->lock);
    stats.off = atomic_load(&disk->off);
    return stats;
}

/* --- Jobs -------------------------------------------------------------------
 */

static struct vb__disk_job *job_new(const struct vb_disk_tier *disk,
                                    const struct vb_caching_key *key,
                                    const struct vb_stored_response *response)
{
    struct vb__disk_job *job = malloc(sizeof(*job) + key->text.len);

    if (job == NULL)
        return NULL;
    *job = (struct vb__disk_job){
        .key_hash = vb__disk_key_hash(disk, key->text),
        .weight = sizeof(*job) + key->text.len,
        .uri_len = key->uri.len,
        .key_len = key->text.len,
    };
    job->place_hash = vb__disk_place_hash(disk, job->key_hash, response);
    memcpy(job->key, key->text.ptr, key->text.len);
    return job;
}

/* Under the lock: may it wait as well? */
static bool has_room(const struct vb_disk_tier *disk, size_t weight)
{
    return disk->jobs == 0 || (disk->queued + weight <= disk->segment_size &&
                               disk->jobs < JOBS_MAX);
}

static void push(struct vb_disk_tier *disk, struct vb__disk_job *job)
{
    disk->queued += job->weight;
    disk->jobs++;
    *disk->last = job;
    disk->last = &job->next;
    pthread_cond_signal(&disk->work);
}

static void give_response(struct vb__disk_job *job, uint64_t moment,
                          struct vb_stored_response *response)
{
    job->response = vb_stored_response_ref(response);
    job->moment = moment;
    job->weight += response->size;
}

static void take_response(struct vb__disk_job *job)
{
    job->weight -= job->response->size;
    vb_stored_response_unref(job->response);
    job->response = NULL;
}

/* Where so much waits, or there is no memory: whatever is there of it is not to
 * be used. */
static void give_up(struct vb_disk_tier *disk, const struct vb_caching_key *key)
{
    vb_moments_mark(disk->moments, vb_hash(&disk->files.secret, key->uri));
}

/* Takes out what it replaces; its content may be that of the new one. */
static void take_place(struct vb_disk_tier *disk, struct vb__disk_job *job)
{
    struct vb__disk_entry *old =
        vb__disk_find(disk, job->key_hash, job->place_hash);

    if (old == NULL)
        return;
    job->had =
        (struct vb__disk_content){old->content_in->id, old->content_check,
                                  old->content_at, old->content_len};
    vb__disk_remove(disk, old);
}

void vb_disk_store(struct vb_disk_tier *disk, const struct vb_caching_key *key,
                   uint64_t moment, struct vb_stored_response *response)
{
    struct vb__disk_job *job;
    bool queued;

    if (atomic_load(&disk->off))
        return;
    job = job_new(disk, key, response);
    if (job == NULL) {
        give_up(disk, key);
        return;
    }
    give_response(job, moment, response);
    pthread_mutex_lock(&disk->lock);
    take_place(disk, job);
    if (!has_room(disk, job->weight)) {
        take_response(job);
        disk->stats.dropped++;
    }
    queued = disk->jobs < JOBS_MAX;
    if (queued)
        push(disk, job);
    pthread_mutex_unlock(&disk->lock);
    if (queued)
        return;
    give_up(disk, key);
    free(job);
}

static bool is_there(struct vb_disk_tier *disk,
                     const struct vb_caching_key *key,
                     const struct vb_stored_response *response)
{
    uint64_t key_hash = vb__disk_key_hash(disk, key->text);
    uint64_t place_hash = vb__disk_place_hash(disk, key_hash, response);
    bool there;

    pthread_mutex_lock(&disk->lock);
    there = vb__disk_find(disk, key_hash, place_hash) != NULL;
    pthread_mutex_unlock(&disk->lock);
    return there;
}

void vb_disk_keep(struct vb_disk_tier *disk, const struct vb_caching_key *key,
                  uint64_t moment, struct vb_stored_response *response,
                  bool patient)
{
    struct vb__disk_job *job;

    if (atomic_load(&disk->off) || is_there(disk, key, response))
        return;
    job = job_new(disk, key, response);
    if (job == NULL)
        return;
    give_response(job, moment, response);
    pthread_mutex_lock(&disk->lock);
    while (patient && !has_room(disk, job->weight))
        pthread_cond_wait(&disk->room, &disk->lock);
    if (has_room(disk, job->weight)) {
        push(disk, job);
        job = NULL;
    }
    pthread_mutex_unlock(&disk->lock);
    if (job == NULL)
        return;
    take_response(job);
    free(job);
}

void vb_disk_clear(struct vb_disk_tier *disk)
{
    pthread_mutex_lock(&disk->lock);
    disk->clear = true;
    pthread_cond_signal(&disk->work);
    pthread_mutex_unlock(&disk->lock);
}

void vb_disk_settle(struct vb_disk_tier *disk)
{
    pthread_mutex_lock(&disk->lock);
    while (disk->jobs > 0 || disk->clear)
        pthread_cond_wait(&disk->room, &disk->lock);
    pthread_mutex_unlock(&disk->lock);
}
