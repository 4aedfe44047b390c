/* The disk tier's thread, which alone writes. See disk_inner.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "caching/disk_inner.h"
#include "caching/frozen.h"

/* What is to be written, and where it comes to lie. */
struct writing {
    struct vb_disk_tier *disk;
    const struct vb__disk_job *job;
    struct vb_buf *buf;
    struct vb__disk_segment *segment;
    struct vb__disk_record record;
    uint32_t new_len; /* of content that was not there */
};

/* --- A record ---------------------------------------------------------------
 */

static struct vb__disk_segment *newest(const struct vb_disk_tier *disk)
{
    return vb_list_empty(&disk->segments)
               ? NULL
               : vb__disk_segment_at(disk->segments.prev);
}

/* The segment that takes so much more. */
static bool take_segment(struct writing *w, size_t len)
{
    struct vb_disk_tier *disk = w->disk;

    w->segment = newest(disk);
    if (w->segment != NULL &&
        vb__disk_charge(w->segment) + len <= disk->segment_size)
        return true;
    w->segment = vb__disk_segment_new(&disk->files, disk->next_segment);
    if (w->segment == NULL)
        return false;
    pthread_mutex_lock(&disk->lock);
    disk->next_segment++;
    vb_list_append(&disk->segments, &w->segment->link);
    pthread_mutex_unlock(&disk->lock);
    return true;
}

/* What was validated has the content that it had; where that has not gone. */
static bool is_there(struct writing *w, uint64_t check, size_t len)
{
    struct vb_disk_tier *disk = w->disk;
    const struct vb__disk_content *had = &w->job->had;
    bool there = len > 0 && had->len == len && had->check == check;

    if (!there)
        return false;
    pthread_mutex_lock(&disk->lock);
    there = vb__disk_segment_of(disk, had->segment) != NULL;
    pthread_mutex_unlock(&disk->lock);
    if (there)
        w->record.content = *had;
    return there;
}

static bool write_content(struct writing *w)
{
    const struct vb_kept_content *kept = w->job->response->content;
    struct vb__disk_segment *segment = w->segment;
    struct vb_span content;
    uint64_t check;

    if (kept == NULL)
        return true;
    content = vb_kept_content_span(kept);
    check = vb_hash(&w->disk->files.secret, content);
    w->record.has_content = true;
    if (is_there(w, check, content.len))
        return true;
    w->record.content = (struct vb__disk_content){
        segment->id, check, segment->contents_len, (uint32_t)content.len};
    w->new_len = (uint32_t)content.len;
    return vb__disk_write(segment->contents, content, segment->contents_len);
}

/* What is half there is taken back. */
static bool write_head(struct writing *w)
{
    struct vb__disk_segment *segment = w->segment;
    const struct vb__disk_at where = {segment->id, segment->heads_len};
    int why;

    vb_buf_reset(w->buf);
    vb__disk_record_write(w->buf, &w->record);
    if (w->job->response != NULL)
        vb_frozen_write(w->buf, w->job->response);
    vb__disk_record_seal(w->buf, 0, &w->disk->files.secret, where);
    errno = ENOMEM;
    if (w->buf->err != VB_OK)
        return false;
    if (vb__disk_write(segment->heads, vb_buf_span(w->buf), segment->heads_len))
        return true;
    why = errno;
    if (ftruncate(segment->heads, segment->heads_len) != 0)
        why = errno;
    errno = why;
    return false;
}

/* Into the index, or out of it. */
static void enter(struct writing *w)
{
    struct vb_disk_tier *disk = w->disk;
    const struct vb__disk_content *content = &w->record.content;
    struct vb__disk_segment *content_in = w->segment;
    struct vb__disk_entry *old =
        vb__disk_find(disk, w->job->key_hash, w->job->place_hash);

    if (w->record.has_content)
        content_in = vb__disk_segment_of(disk, content->segment);
    if (w->job->response != NULL &&
        vb__disk_insert(disk, w->job->key_hash,
                        &(struct vb__disk_entry){
                            .head_in = w->segment,
                            .content_in = content_in,
                            .place_hash = w->job->place_hash,
                            .moment = w->job->moment,
                            .content_check = content->check,
                            .head_at = w->segment->heads_len,
                            .head_len = (uint32_t)w->buf->len,
                            .content_at = content->at,
                            .content_len = content->len,
                        })) {
        disk->stats.stored++;
    } else if (w->job->response == NULL && old != NULL) {
        vb__disk_remove(disk, old);
    }
}

static void finish(struct writing *w)
{
    struct vb_disk_tier *disk = w->disk;
    struct vb__disk_segment *segment = w->segment;

    pthread_mutex_lock(&disk->lock);
    enter(w);
    disk->bytes -= vb__disk_charge(segment);
    segment->heads_len += (uint32_t)w->buf->len;
    segment->contents_len += w->new_len;
    segment->records++;
    disk->bytes += vb__disk_charge(segment);
    while (disk->bytes > disk->budget && newest(disk) != NULL)
        vb__disk_evict(disk);
    pthread_mutex_unlock(&disk->lock);
}

/* Writes what a job says; `response` may be left out. False with errno. */
static bool write_job(struct vb_disk_tier *disk, const struct vb__disk_job *job,
                      struct vb_buf *buf)
{
    const struct vb_stored_response *response = job->response;
    size_t len = response != NULL && response->content != NULL
                     ? response->content->len
                     : 0;
    struct writing w = {
        .disk = disk,
        .job = job,
        .buf = buf,
        .record = {.kind = response != NULL ? VB__DISK_STORED : VB__DISK_GONE,
                   .moment = job->moment,
                   .key_hash = job->key_hash,
                   .place_hash = job->place_hash},
    };

    if (response != NULL) {
        w.record.uri_len = job->uri_len;
        w.record.key = vb_span_of(job->key, job->key_len);
    }
    if (!take_segment(&w, len) || (response != NULL && !write_content(&w)) ||
        !write_head(&w))
        return false;
    finish(&w);
    return true;
}

/* --- What fails -------------------------------------------------------------
 */

/* Others may need the room as well. */
static void make_room(struct vb_disk_tier *disk)
{
    if (!disk->told_full)
        vb_log(VB_LOG_WARNING,
               "%s: the disk is full: less is stored than could be",
               disk->files.path);
    disk->told_full = true;
    pthread_mutex_lock(&disk->lock);
    if (!vb_list_empty(&disk->segments))
        vb__disk_evict(disk);
    pthread_mutex_unlock(&disk->lock);
}

/* What others will give back: memory, and files that are open. */
static bool is_passing(int why)
{
    return why == ENOMEM || why == EMFILE || why == ENFILE;
}

/* False: it is off now. */
static bool bear(struct vb_disk_tier *disk, int why)
{
    if (why == ENOSPC || why == EDQUOT)
        make_room(disk);
    else if (!is_passing(why))
        vb__disk_turn_off(disk, "cannot be written to", why);
    return !atomic_load(&disk->off);
}

static void drop(struct vb_disk_tier *disk)
{
    pthread_mutex_lock(&disk->lock);
    disk->stats.dropped++;
    pthread_mutex_unlock(&disk->lock);
}

static uint64_t uri_hash(const struct vb_disk_tier *disk,
                         const struct vb__disk_job *job)
{
    return vb_hash(&disk->files.secret, vb_span_of(job->key, job->uri_len));
}

/* Meanwhile; then so is what was there before. */
static bool is_invalid(const struct vb_disk_tier *disk,
                       const struct vb__disk_job *job)
{
    return job->response != NULL &&
           vb_moments_since(disk->moments, uri_hash(disk, job), job->moment);
}

/* What cannot be written leaves nothing older in its place: where not even that
 * can be, its URI is invalid. */
static void do_job(struct vb_disk_tier *disk, const struct vb__disk_job *job,
                   struct vb_buf *buf)
{
    struct vb__disk_job gone = *job;
    bool fits = job->response == NULL || job->response->content == NULL ||
                job->response->content->len <= disk->segment_size;

    if (is_invalid(disk, job) || (fits && write_job(disk, job, buf)))
        return;
    if (job->response != NULL)
        drop(disk);
    if (fits && !bear(disk, errno))
        return;
    gone.response = NULL;
    if (newest(disk) == NULL) /* it made room */
        return;
    if (write_job(disk, &gone, buf) || !bear(disk, errno))
        return;
    vb_moments_mark(disk->moments, uri_hash(disk, job));
}

/* --- The thread -------------------------------------------------------------
 */

/* Nothing of it is of use. Under the lock. */
static void throw_away(struct vb_disk_tier *disk)
{
    while (!vb_list_empty(&disk->segments))
        vb__disk_evict(disk);
    disk->clear = false;
    pthread_cond_broadcast(&disk->room);
}

static struct vb__disk_job *take_job(struct vb_disk_tier *disk)
{
    struct vb__disk_job *job;

    pthread_mutex_lock(&disk->lock);
    for (;;) {
        if (atomic_load(&disk->off) || disk->clear)
            throw_away(disk);
        if (disk->first != NULL || disk->stop)
            break;
        pthread_cond_wait(&disk->work, &disk->lock);
    }
    job = disk->first;
    if (job != NULL)
        disk->first = job->next;
    if (disk->first == NULL)
        disk->last = &disk->first;
    pthread_mutex_unlock(&disk->lock);
    return job;
}

static void end_job(struct vb_disk_tier *disk, struct vb__disk_job *job)
{
    pthread_mutex_lock(&disk->lock);
    disk->queued -= job->weight;
    disk->jobs--;
    pthread_cond_broadcast(&disk->room);
    pthread_mutex_unlock(&disk->lock);
    vb_stored_response_unref(job->response);
    free(job);
}

static void *run_thread(void *context)
{
    struct vb_disk_tier *disk = context;
    struct vb__disk_job *job;
    struct vb_buf buf;

    vb_buf_init(&buf, VB__DISK_RECORD_MAX);
    while ((job = take_job(disk)) != NULL) {
        if (!atomic_load(&disk->off))
            do_job(disk, job, &buf);
        end_job(disk, job);
    }
    vb_buf_done(&buf);
    return NULL;
}

/* Signals are for the threads that wait for them. */
bool vb__disk_thread_start(struct vb_disk_tier *disk)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&disk->thread, NULL, run_thread, disk);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return rc == 0;
}
