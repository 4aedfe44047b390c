/* Writing what was composed, and what the outcome means. See stored.h. */
#include "flow/reply.h"
#include "resource/cached.h"
#include "resource/guarded.h"
#include "resource/once.h"
#include "resource/stored.h"
#include "storage/joint.h"

/* --- what the store's answer means
 * --------------------------------------------- */

static void complain_claimed(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    x->reply.status = VB_STATUS_CONFLICT;
    vb_reply_detail(x, VB_SPAN("Another resource has this value, and no two "
                               "may have the same."));
    vb_reply_complain(x, VB_PROBLEM_POINTER,
                      stored->claim_paths[stored->commit.conflict.item],
                      VB_SPAN("is taken"));
}

/* The last reference, if any, is to the resource that this one is part of:
 * where that is not, this one cannot be. (But to be moved there it must be.) */
static void complain_dangling(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    size_t item = stored->commit.conflict.item;
    struct vb_span key = stored->references[item];

    x->reply.status = VB_STATUS_CONFLICT;
    if (stored->has_owner && item == stored->reference_count - 1 &&
        stored->was == NULL)
        x->reply.status = VB_STATUS_NOT_FOUND;
    vb_reply_detail(
        x, key.len > 0
               ? vb_arena_printf(&x->arena, "There is no %.*s.", VB_FMT(key))
               : VB_SPAN("A reference names nothing."));
}

static struct vb_span conflicting(const struct vb_stored *stored)
{
    return vb_span_str(stored->commit.conflict.key);
}

/* Which one is not told where its GET is not for everybody. */
void vb_stored_referenced(struct vb_exchange *x, struct vb_span by)
{
    x->reply.status = VB_STATUS_CONFLICT;
    vb_reply_detail(x, vb_guarded_names(x, by)
                           ? vb_arena_printf(&x->arena,
                                             "%.*s still refers to this.",
                                             VB_FMT(by))
                           : VB_SPAN("Something still refers to this."));
}

static void complain_not_empty(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    x->reply.status = VB_STATUS_CONFLICT;
    vb_reply_detail(x, vb_guarded_names(x, conflicting(stored))
                           ? vb_arena_printf(&x->arena,
                                             "It has members still: %s.",
                                             stored->commit.conflict.key)
                           : VB_SPAN("It has members still."));
}

static void complain_conflict(struct vb_stored *stored)
{
    switch (stored->commit.conflict.kind) {
    case VB_CONFLICT_CLAIMED:
        complain_claimed(stored);
        break;
    case VB_CONFLICT_DANGLING:
        complain_dangling(stored);
        break;
    case VB_CONFLICT_REFERENCED:
        vb_stored_referenced(stored->x, conflicting(stored));
        break;
    case VB_CONFLICT_NOT_EMPTY:
        complain_not_empty(stored);
        break;
    case VB_CONFLICT_TWICE:
        stored->x->reply.status = VB_STATUS_CONFLICT;
        vb_reply_detail(stored->x,
                        VB_SPAN("Another part of the same request changes "
                                "this, too."));
        break;
    default:
        stored->x->reply.status = VB_STATUS_CONFLICT;
        break;
    }
}

/* Who depends on what is deleted was looked for, and somebody came since. */
static bool is_outrun(const struct vb_stored *stored)
{
    return stored->commit.conflict.kind == VB_CONFLICT_REFERENCED &&
           stored->route->depended && stored->with != NULL;
}

enum vb_answer vb_stored_refused(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    switch (stored->commit.op.err) {
    case VB_ERR_AGAIN:
        return VB_AGAIN;
    case VB_ERR_CONFLICT:
        if (is_outrun(stored))
            return VB_AGAIN;
        complain_conflict(stored);
        return VB_NO;
    case VB_ERR_EXISTS:
        if (x->joint == NULL)
            return vb_once_outrun(x);
        x->reply.status = VB_STATUS_CONFLICT;
        vb_reply_detail(x, VB_SPAN("A request with this Idempotency-Key has "
                                   "been done meanwhile."));
        return VB_NO;
    case VB_ERR_CANCELLED:
        x->reply.status = VB_STATUS_FAILED_DEPENDENCY;
        vb_reply_detail(x, VB_SPAN("It was to be done together with other "
                                   "parts, all or none, and one of them could "
                                   "not be done."));
        return VB_NO;
    default:
        return vb_stored_failed(x, stored->commit.op.err);
    }
}

/* --- the commit
 * --------------------------------------------------------------------- */

static enum vb_answer judge_put(struct vb_stored *stored)
{
    if (stored->commit.op.err != VB_OK)
        return vb_stored_refused(stored);
    stored->blob = 0; /* the record's now */
    vb_cached_commit(stored->x, &stored->commit, stored->record);
    vb_stored_tell_put(stored);
    if (stored->with != NULL && stored->with->done != NULL)
        stored->with->done(stored->with, stored->x);
    return VB_YES;
}

static void put_done(struct vb_store_op *op)
{
    struct vb_stored *stored = op->context;
    enum vb_answer answer = judge_put(stored);

    if (answer != VB_PENDING)
        vb_flow_resume(stored->x, answer);
}

/* What there will be to say, and how it is found out. */
struct course {
    void (*done)(struct vb_store_op *op);
    enum vb_answer (*judge)(struct vb_stored *stored);
    void (*reply)(struct vb_stored *stored);
};

struct vb_change vb_stored_deletion(const struct vb_stored *stored,
                                    struct vb_span moved_to)
{
    return (struct vb_change){
        .kind = VB_CHANGE_DELETE,
        .key = stored->key,
        .parent = stored->record->parent,
        .expect = stored->record->revision,
        .modified_ms = stored->now_ms,
        .tombstone = moved_to.len > 0 || stored->route->tombstones,
        .moved_to = moved_to,
    };
}

/* All of them, where others go with it. NULL: no memory. */
static const struct vb_change *join(struct vb_stored *stored, size_t count)
{
    const struct vb_with *with = stored->with;
    struct vb_change *all;

    if (with == NULL)
        return stored->changes;
    all =
        vb_arena_alloc(&stored->x->arena, (count + with->count) * sizeof(*all));
    if (all == NULL)
        return NULL;
    memcpy(all, stored->changes, count * sizeof(*all));
    memcpy(all + count, with->changes, with->count * sizeof(*all));
    return all;
}

/* Of a change of the record, that comes first, and of what must be so. */
static enum vb_answer commit(struct vb_stored *stored, struct vb_change change,
                             const struct course *course)
{
    size_t count = 0;

    stored->changes[count++] = change;
    if (stored->listing_expect != VB_EXPECT_ANY)
        stored->changes[count++] = (struct vb_change){
            .kind = VB_CHANGE_REQUIRE_STATE,
            .key = stored->x->key,
            .expect = stored->listing_expect,
        };
    if (stored->was != NULL)
        stored->changes[count++] = vb_stored_deletion(stored->was, stored->key);
    stored->commit = (struct vb_commit){
        .op = {.done = course->done, .context = stored},
        .changes = join(stored, count),
        .change_count =
            count + (stored->with == NULL ? 0 : stored->with->count),
    };
    if (stored->commit.changes == NULL ||
        (stored->x->once != NULL && !vb_once_memo(stored, course->reply))) {
        return vb_reply_unavailable(stored->x);
    }
    if (vb_joint_commit(stored->x->joint, stored->x->env->store,
                        &stored->commit) == VB_IO_PENDING)
        return VB_PENDING;
    return course->judge(stored);
}

/* What is gone lives again where a client names it; a name of the server's is
 * one that never was. */
static uint64_t nothing_to_expect(const struct vb_stored *stored)
{
    return stored->x->head.method == VB_METHOD_POST && stored->was == NULL
               ? VB_EXPECT_UNUSED
               : VB_EXPECT_NONE;
}

struct vb_change vb_stored_replacement(const struct vb_stored *stored)
{
    const struct vb_record *record = stored->record;
    bool blob = stored->blob != 0;
    return (struct vb_change){
        .kind = VB_CHANGE_PUT,
        .key = stored->key,
        .parent = stored->parent,
        .expect = record != NULL ? record->revision : nothing_to_expect(stored),
        .media_type = stored->media_type,
        .content = blob ? VB_SPAN("") : stored->bytes,
        .blob = stored->blob,
        .length = blob ? stored->blob_length : stored->bytes.len,
        .modified_ms = stored->now_ms,
        .created_ms = stored->created_ms,
        .claims = stored->claims,
        .claim_count = stored->claim_count,
        .references = stored->references,
        .reference_count = stored->reference_count,
    };
}

enum vb_answer vb_stored_put(struct vb_stored *stored)
{
    return commit(stored, vb_stored_replacement(stored),
                  &(struct course){put_done, judge_put, vb_stored_tell_put});
}

static enum vb_answer judge_delete(struct vb_stored *stored)
{
    if (stored->commit.op.err != VB_OK)
        return vb_stored_refused(stored);
    vb_stored_tell_delete(stored);
    return VB_YES;
}

static void delete_done(struct vb_store_op *op)
{
    struct vb_stored *stored = op->context;
    enum vb_answer answer = judge_delete(stored);

    if (answer != VB_PENDING)
        vb_flow_resume(stored->x, answer);
}

enum vb_answer vb_stored_delete(struct vb_stored *stored)
{
    return commit(
        stored, vb_stored_deletion(stored, VB_SPAN("")),
        &(struct course){delete_done, judge_delete, vb_stored_tell_delete});
}

enum vb_answer vb_stored_require_empty(struct vb_stored *stored)
{
    struct vb_change change = {
        .kind = VB_CHANGE_REQUIRE_EMPTY,
        .key = stored->key,
    };

    return commit(
        stored, change,
        &(struct course){delete_done, judge_delete, vb_stored_tell_delete});
}
