/*
 * Files as the flow sees them. See files.h; the disk's side is files_disk.c.
 *
 * What may wait for a disk runs on the executor. On the worker a file is only
 * looked at, or opened, that was read before: then its inode is in the
 * kernel's memory, nearly always.
 */
#include "resource/files.h"

#include <unistd.h>

#include "base/list.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "resource/cached.h"
#include "resource/files_visit.h"

/* A part of a file on its way. */
struct outlet {
    struct vb_source source;
    bool given; /* all there is */
};

/* --- selection (RFC 9110 section 12) ----------------------------------------
 */

static enum vb_answer refuse_coding(struct vb_exchange *x,
                                    const struct vb_files_seen *seen)
{
    if (seen->languages.tags.len > 0)
        vb_reply_field(x, VB_FIELD_VARY, VB_SPAN("Accept-Language"));
    vb_reply_no_coding(x);
    return vb_reply_refuse(x, VB_STATUS_NOT_ACCEPTABLE, VB_SPAN(""));
}

/* Takes over a reference: this is the representation that x is about. */
static enum vb_answer select_rep(struct vb_exchange *x, struct vb_rep *rep)
{
    vb_cached_select(x, rep);
    if (vb_accepts(x, rep->media_type))
        return VB_YES;
    return vb_reply_refuse(x, VB_STATUS_NOT_ACCEPTABLE,
                           vb_arena_printf(&x->arena, "There is %.*s only.",
                                           VB_FMT(rep->media_type)));
}

/* --- out of the cache -------------------------------------------------------
 */

static bool is_recent(const struct vb_exchange *x, int64_t mono_ms)
{
    return x->env->now.mono_ms - mono_ms < VB_FILES_TRUST_MS;
}

/* Is what was seen with this plain one, in a language, still what is there? */
static bool is_current(struct vb_exchange *x, const struct vb_rep *plain,
                       int language)
{
    struct vb_files_kept *kept = vb__files_kept(plain);
    struct vb_files_visit *visit;
    struct vb_files_look look;

    if (is_recent(x, kept->looked_ms))
        return true;
    visit = kept->fleeting ? NULL : vb__files_visit(x);
    if (visit == NULL || visit->asked.path == NULL)
        return false;
    if (language == 0 && !vb__files_languages_same(visit, &kept->seen))
        return false;
    vb__files_show(visit, &kept->seen.languages, language);
    vb__files_look(&visit->shown, &look);
    if (!vb__files_same(&look, &kept->seen.look))
        return false;
    kept->looked_ms = x->env->now.mono_ms;
    return true;
}

/* A streamed one takes the file itself, in the very state it was in. */
static bool is_open(struct vb_exchange *x, const struct vb_rep *rep,
                    int language, int coding)
{
    const struct vb_files_kept *kept = vb__files_kept(rep);
    struct vb_files_visit *visit;
    struct vb_files_id id;

    if (!rep->streamed || vb_exchange_is_head(x))
        return true;
    visit = vb__files_visit(x);
    if (visit == NULL || visit->asked.path == NULL)
        return false;
    vb__files_show(visit, &kept->seen.languages, language);
    visit->fd =
        vb__files_open(&visit->shown, (enum vb_files_coding)coding, &id);
    if (visit->fd >= 0 && vb__files_id_eq(&id, &kept->id))
        return true;
    if (visit->fd >= 0)
        close(visit->fd);
    visit->fd = -1;
    return false;
}

/* The cached representation in this coding, a reference, if it is still of the
 * file and the languages that were seen with the plain one. */
static struct vb_rep *get_coded(struct vb_exchange *x, int language, int coding,
                                const struct vb_files_seen *seen)
{
    struct vb_rep *rep = vb__files_cached(x, language, coding);
    const struct vb_files_kept *kept;

    if (rep == NULL)
        return NULL;
    kept = vb__files_kept(rep);
    if (vb__files_id_eq(&kept->id, &seen->look.ids[coding]) &&
        vb__files_languages_eq(&kept->seen.languages, &seen->languages) &&
        (!kept->fleeting || is_recent(x, kept->made_ms)))
        return rep;
    vb_rep_unref(rep);
    return NULL;
}

/* The cached plain one of a language, a reference, if the languages are still
 * those that were seen with the default. */
static struct vb_rep *get_language(struct vb_exchange *x, int language,
                                   const struct vb_files_languages *languages)
{
    struct vb_rep *rep = vb__files_cached(x, language, VB_FILES_PLAIN);

    if (rep == NULL)
        return NULL;
    if (vb__files_languages_eq(&vb__files_kept(rep)->seen.languages,
                               languages) &&
        is_current(x, rep, language))
        return rep;
    vb_rep_unref(rep);
    return NULL;
}

/* Of a language, whose plain one is this. PENDING: it takes the executor. */
static enum vb_answer from_plain(struct vb_exchange *x, struct vb_rep *plain,
                                 int language)
{
    const struct vb_files_seen *seen = &vb__files_kept(plain)->seen;
    int coding = vb__files_choose_coding(x, &seen->look);
    struct vb_rep *rep;

    if (coding < 0)
        return refuse_coding(x, seen);
    rep = coding == VB_FILES_PLAIN ? vb_rep_ref(plain)
                                   : get_coded(x, language, coding, seen);
    if (rep != NULL && is_open(x, rep, language, coding))
        return select_rep(x, rep);
    vb_rep_unref(rep);
    return VB_PENDING;
}

/* The same, by way of the default one. */
static enum vb_answer from_cache(struct vb_exchange *x, struct vb_rep *base)
{
    const struct vb_files_languages *languages =
        &vb__files_kept(base)->seen.languages;
    struct vb_rep *plain = base;
    enum vb_answer answer;
    int language = 0;

    if (!is_current(x, base, 0))
        return VB_PENDING;
    if (languages->tags.len > 0)
        language = vb__files_choose_language(x, languages, 0);
    if (language != 0)
        plain = get_language(x, language, languages);
    if (plain == NULL)
        return VB_PENDING;
    answer = from_plain(x, plain, language);
    if (plain != base)
        vb_rep_unref(plain);
    return answer;
}

/* --- by the executor --------------------------------------------------------
 */

static void back(struct vb_task *task);

static void run(struct vb_task *task)
{
    struct vb_files_visit *visit =
        VB_CONTAINER(task, struct vb_files_visit, task);

    vb__files_find_out(visit);
    visit->task.run = back;
    vb_mailbox_post(visit->x->env->mailbox, &visit->task);
}

static enum vb_answer judge(struct vb_files_visit *visit)
{
    struct vb_exchange *x = visit->x;

    vb__files_keep(visit);
    switch (visit->found) {
    case VB_FILES_NOTHING:
    case VB_FILES_BARE:
    case VB_FILES_DIRECTORY:
        x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
        return VB_NO;
    case VB_FILES_BUSY:
        return vb_reply_unavailable(x);
    case VB_FILES_BROKEN:
        return vb_reply_refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR, VB_SPAN(""));
    case VB_FILES_FILE:
        break;
    }
    if (visit->coding < 0)
        return refuse_coding(x, &visit->seen);
    return select_rep(x, vb_rep_ref(visit->reps[visit->coding]));
}

static void back(struct vb_task *task)
{
    struct vb_files_visit *visit =
        VB_CONTAINER(task, struct vb_files_visit, task);

    vb_flow_resume(visit->x, judge(visit));
}

static enum vb_answer send_out(struct vb_files_visit *visit)
{
    struct vb_env *env = visit->x->env;

    vb__files_prepare(visit);
    if (env->executor == NULL) {
        vb__files_find_out(visit);
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
    struct vb_rep *base = vb__files_cached(x, 0, VB_FILES_PLAIN);
    struct vb_files_visit *visit;

    if (base != NULL) {
        enum vb_answer answer = from_cache(x, base);

        vb_rep_unref(base);
        if (answer != VB_PENDING)
            return answer;
    }
    visit = vb__files_visit(x);
    if (visit == NULL)
        return vb_reply_unavailable(x);
    if (visit->asked.path != NULL)
        return send_out(visit);
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return VB_NO;
}

/* A directory's page has relative references, which count from its slash on. */
static enum vb_answer files_moved(struct vb_exchange *x)
{
    const struct vb_files_visit *visit = x->state;

    if (visit == NULL || visit->found != VB_FILES_DIRECTORY)
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
    const struct vb_files_visit *visit = x->state;
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
