/*
 * Files as the flow sees them. See files.h; the disk's side is files_disk.c.
 *
 * What may wait for a disk runs on the executor. On the worker a file is only
 * looked at, or opened, that was read before: then its inode is in the
 * kernel's memory, nearly always.
 */
#include "resource/files.h"

#include <errno.h>
#include <unistd.h>

#include "base/list.h"
#include "base/task.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "http/accept.h"
#include "resource/build.h"
#include "resource/cached.h"
#include "resource/files_disk.h"

/* What one exchange keeps that cannot be answered out of the cache's memory:
 * x->state. */
struct visit {
    struct vb_exchange *x;
    struct vb_files_name name;
    int fd; /* of x->current, when it is streamed; or -1 */

    /* What the executor is given, and finds out. */
    struct vb_task task;
    struct vb_cache_stamp stamp;
    struct vb_files_now now;
    struct vb_files_look look;
    struct vb_rep *reps[VB_FILES_CODINGS]; /* references; NULL: not loaded */
    int coding; /* enum vb_files_coding that is selected; -1: none will do */
};

/* A part of a file on its way. */
struct outlet {
    struct vb_source source;
    bool given; /* all there is */
};

static enum vb_answer halt(struct vb_exchange *x, unsigned status)
{
    x->reply.status = (uint16_t)status;
    return VB_HALT;
}

/* --- the visit --------------------------------------------------------------
 */

static void visit_done(struct vb_exchange *x)
{
    struct visit *visit = x->state;

    for (int i = 0; i < VB_FILES_CODINGS; i++)
        vb_rep_unref(visit->reps[i]);
    if (visit->fd >= 0)
        close(visit->fd);
}

/* Made on first use. NULL when out of memory, or when the URI cannot be a
 * file's: then visit->name.path, if there is a visit at all, is NULL. */
static struct visit *visit_of(struct vb_exchange *x)
{
    const struct vb_built *built = x->resource->data;
    struct visit *visit = x->state;

    if (visit != NULL)
        return visit;
    visit = vb_arena_calloc(&x->arena, 1, sizeof(*visit));
    if (visit == NULL)
        return NULL;
    visit->x = x;
    visit->fd = -1;
    visit->name.directory = built->route->from;
    vb__files_name(&x->arena, x->key, built->route->template.segment_count,
                   &visit->name);
    x->state = visit;
    x->state_done = visit_done;
    return visit;
}

/* --- selection (RFC 9110 section 12.5.3) ------------------------------------
 */

/* The coding to answer with, or -1 when none that is there will do. Also on
 * the executor: it only reads. */
static int choose(const struct vb_exchange *x, const struct vb_files_look *look)
{
    struct vb_span offers[VB_FILES_CODINGS];
    int codings[VB_FILES_CODINGS];
    struct vb_lines lines;
    size_t offered = 0;
    int chosen;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT_ENCODING, &lines);
    if (lines.count == 0)
        return VB_FILES_PLAIN;
    for (int i = 0; i < VB_FILES_CODINGS; i++) {
        if (look->ids[i].inode == 0)
            continue;
        codings[offered] = i;
        offers[offered++] = vb__files_codings[i];
    }
    chosen = vb_accept_coding(lines.at, lines.count, offers, offered).offer;
    return chosen < 0 ? -1 : codings[chosen];
}

static enum vb_answer refuse_coding(struct vb_exchange *x)
{
    vb_reply_field(x, VB_FIELD_VARY, VB_SPAN("Accept-Encoding"));
    vb_reply_detail(x, VB_SPAN("There is no representation in a content coding "
                               "that Accept-Encoding allows."));
    return halt(x, VB_STATUS_NOT_ACCEPTABLE);
}

/* Takes over a reference: this is the representation that x is about. */
static enum vb_answer select_rep(struct vb_exchange *x, struct vb_rep *rep)
{
    vb_cached_select(x, rep);
    if (vb_accepts(x, rep->media_type))
        return VB_YES;
    vb_reply_detail(x, vb_arena_printf(&x->arena, "There is %.*s only.",
                                       VB_FMT(rep->media_type)));
    return halt(x, VB_STATUS_NOT_ACCEPTABLE);
}

/* --- out of the cache -------------------------------------------------------
 */

static struct vb_cache_name cache_name(const struct vb_exchange *x, int coding)
{
    return vb_cache_name(x->env->cache, x->key, (uint32_t)coding);
}

/* A reference, or NULL. */
static struct vb_rep *get_cached(struct vb_exchange *x, int coding)
{
    struct vb_cache_name name;
    void *value;

    if (x->env->cache == NULL)
        return NULL;
    name = cache_name(x, coding);
    return vb_cache_get(x->env->cache, &name, &value) == VB_CACHE_HIT
               ? vb_rep_ref(value)
               : NULL;
}

static bool is_recent(const struct vb_exchange *x, int64_t mono_ms)
{
    return x->env->now.mono_ms - mono_ms < VB_FILES_TRUST_MS;
}

/* Is what was seen with this plain one still what is there? */
static bool is_current(struct vb_exchange *x, const struct vb_rep *plain)
{
    struct vb_files_kept *kept = vb__files_kept(plain);
    struct vb_files_look look;
    struct visit *visit;

    if (is_recent(x, kept->looked_ms))
        return true;
    visit = kept->fleeting ? NULL : visit_of(x);
    if (visit == NULL || visit->name.path == NULL)
        return false;
    vb__files_look(&visit->name, &look);
    if (!vb__files_same(&look, &kept->look))
        return false;
    kept->looked_ms = x->env->now.mono_ms;
    return true;
}

/* A streamed one takes the file itself, in the very state it was in. */
static bool is_open(struct vb_exchange *x, const struct vb_rep *rep, int coding)
{
    const struct vb_files_kept *kept = vb__files_kept(rep);
    struct vb_files_id id;
    struct visit *visit;

    if (!rep->streamed || vb_exchange_is_head(x))
        return true;
    visit = visit_of(x);
    if (visit == NULL || visit->name.path == NULL)
        return false;
    visit->fd = vb__files_open(&visit->name, (enum vb_files_coding)coding, &id);
    if (visit->fd >= 0 && vb__files_id_eq(&id, &kept->id))
        return true;
    if (visit->fd >= 0)
        close(visit->fd);
    visit->fd = -1;
    return false;
}

/* The cached representation in this coding, a reference, if it is still of the
 * file that was seen beside the plain one. */
static struct vb_rep *get_coded(struct vb_exchange *x, int coding,
                                const struct vb_files_look *look)
{
    struct vb_rep *rep = get_cached(x, coding);
    const struct vb_files_kept *kept;

    if (rep == NULL)
        return NULL;
    kept = vb__files_kept(rep);
    if (vb__files_id_eq(&kept->id, &look->ids[coding]) &&
        (!kept->fleeting || is_recent(x, kept->made_ms)))
        return rep;
    vb_rep_unref(rep);
    return NULL;
}

/* PENDING: it takes the executor. */
static enum vb_answer from_cache(struct vb_exchange *x, struct vb_rep *plain)
{
    const struct vb_files_look *look = &vb__files_kept(plain)->look;
    struct vb_rep *rep;
    int coding;

    if (!is_current(x, plain))
        return VB_PENDING;
    coding = choose(x, look);
    if (coding < 0)
        return refuse_coding(x);
    rep = coding == VB_FILES_PLAIN ? vb_rep_ref(plain)
                                   : get_coded(x, coding, look);
    if (rep != NULL && is_open(x, rep, coding))
        return select_rep(x, rep);
    vb_rep_unref(rep);
    return VB_PENDING;
}

/* --- on the executor --------------------------------------------------------
 */

/* Loads one. What cannot be loaded is not there. */
static bool load(struct visit *visit, int coding)
{
    struct vb_rep *rep;
    int fd;

    rep = vb__files_load(&visit->name, &visit->look,
                         (enum vb_files_coding)coding, visit->now, &fd);
    if (rep == NULL) {
        if (coding == VB_FILES_PLAIN)
            visit->look.found = vb__files_found(errno);
        visit->look.ids[coding] = (struct vb_files_id){0};
        return false;
    }
    visit->reps[coding] = rep;
    if (coding == visit->coding)
        visit->fd = fd;
    else if (fd >= 0)
        close(fd);
    return true;
}

static void find_out(struct visit *visit)
{
    bool chosen = false;

    vb__files_look(&visit->name, &visit->look);
    if (visit->look.found != VB_FILES_FILE)
        return;
    do {
        visit->coding = choose(visit->x, &visit->look);
        chosen = visit->coding < 0 || visit->coding == VB_FILES_PLAIN ||
                 load(visit, visit->coding);
    } while (!chosen);
    load(visit, VB_FILES_PLAIN); /* in any case: it keeps what was seen */
}

static void back(struct vb_task *task);

static void run(struct vb_task *task)
{
    struct visit *visit = VB_CONTAINER(task, struct visit, task);

    find_out(visit);
    visit->task.run = back;
    vb_mailbox_post(visit->x->env->mailbox, &visit->task);
}

/* --- and back ---------------------------------------------------------------
 */

static void put_cached(struct visit *visit, int coding)
{
    struct vb_exchange *x = visit->x;
    struct vb_rep *rep = visit->reps[coding];
    struct vb_cache_value value;
    struct vb_cache_name name;

    if (x->env->cache == NULL || rep == NULL)
        return;
    name = cache_name(x, coding);
    value = vb_cached_rep(rep);
    value.size += sizeof(struct vb_files_kept);
    vb_cache_put(x->env->cache, &name, visit->stamp, value);
}

static enum vb_answer judge(struct visit *visit)
{
    struct vb_exchange *x = visit->x;

    switch (visit->look.found) {
    case VB_FILES_NOTHING:
    case VB_FILES_DIRECTORY:
        x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
        return VB_NO;
    case VB_FILES_BUSY:
        return halt(x, VB_STATUS_SERVICE_UNAVAILABLE);
    case VB_FILES_BROKEN:
        return halt(x, VB_STATUS_INTERNAL_SERVER_ERROR);
    case VB_FILES_FILE:
        break;
    }
    for (int i = 0; i < VB_FILES_CODINGS; i++)
        put_cached(visit, i);
    if (visit->coding < 0)
        return refuse_coding(x);
    return select_rep(x, vb_rep_ref(visit->reps[visit->coding]));
}

static void back(struct vb_task *task)
{
    struct visit *visit = VB_CONTAINER(task, struct visit, task);

    vb_flow_resume(visit->x, judge(visit));
}

static enum vb_answer send_out(struct visit *visit)
{
    struct vb_exchange *x = visit->x;
    struct vb_env *env = x->env;

    visit->now = (struct vb_files_now){env->now.unix_ms, env->now.mono_ms};
    if (env->cache != NULL)
        visit->stamp =
            vb_cache_stamp(env->cache, cache_name(x, VB_FILES_PLAIN).hash);
    if (env->executor == NULL) {
        find_out(visit);
        return judge(visit);
    }
    visit->task.run = run;
    env->executor->submit(env->executor, &visit->task);
    return VB_PENDING;
}

/* --- the questions ----------------------------------------------------------
 */

static enum vb_answer files_exists(struct vb_exchange *x)
{
    struct vb_rep *plain = get_cached(x, VB_FILES_PLAIN);
    struct visit *visit;

    if (plain != NULL) {
        enum vb_answer answer = from_cache(x, plain);

        vb_rep_unref(plain);
        if (answer != VB_PENDING)
            return answer;
    }
    visit = visit_of(x);
    if (visit == NULL)
        return halt(x, VB_STATUS_SERVICE_UNAVAILABLE);
    if (visit->name.path != NULL)
        return send_out(visit);
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return x->arena.failed ? halt(x, VB_STATUS_SERVICE_UNAVAILABLE) : VB_NO;
}

/* A directory's page has relative references, which count from its slash on. */
static enum vb_answer files_moved(struct vb_exchange *x)
{
    const struct visit *visit = x->state;

    if (visit == NULL || visit->look.found != VB_FILES_DIRECTORY)
        return VB_NO;
    x->outcome.location =
        vb_arena_printf(&x->arena, "%.*s/%s%.*s", VB_FMT(x->key),
                        x->head.has_query ? "?" : "", VB_FMT(x->head.query));
    x->reply.status = VB_STATUS_MOVED_PERMANENTLY;
    return VB_YES;
}

/* --- content ----------------------------------------------------------------
 */

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct outlet *outlet = VB_CONTAINER(source, struct outlet, source);

    (void)ret_bytes;
    if (outlet->given)
        return VB_PULL_END;
    outlet->given = true;
    return VB_PULL_FILE;
}

/* `length` bytes of the file from byte `first` on; NULL: no memory. */
static struct vb_source *stream(struct vb_exchange *x, uint64_t first,
                                uint64_t length)
{
    const struct visit *visit = x->state;
    struct outlet *outlet = vb_arena_calloc(&x->arena, 1, sizeof(*outlet));

    if (outlet == NULL)
        return NULL;
    outlet->source = (struct vb_source){
        .pull = pull,
        .length = (int64_t)length,
        .file = {visit->fd, first, length},
    };
    return &outlet->source;
}

const struct vb_slot *vb_files_slot(enum vb_method method)
{
    static const struct vb_slot get_slot = {.content_ignored = true};

    return method == VB_METHOD_GET ? &get_slot : NULL;
}

void vb_files_init(struct vb_resource *resource)
{
    resource->slots[VB_METHOD_GET] = vb_files_slot(VB_METHOD_GET);
    resource->exists = files_exists;
    resource->moved = files_moved;
    resource->stream = stream;
}
