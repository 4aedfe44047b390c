/* What the judge sees of the file. See view.h. */
#include "storage/sqlite/view.h"

#include <string.h>

#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"

static struct vb__writer *writer_of(struct vb__view *view)
{
    return VB_CONTAINER(view, struct vb__writer_view, base)->writer;
}

static enum vb_err ended(struct vb__view *view, struct vb__call *call)
{
    return vb__writer_failed(writer_of(view), vb__call_end(call));
}

static struct vb__found found_in(struct vb_record row, unsigned ties,
                                 bool tombstone, struct vb_arena *arena)
{
    if (tombstone)
        return (struct vb__found){.tombstone = row.position};
    return (struct vb__found){.id = row.position,
                              .revision = row.revision,
                              .blob = row.blob,
                              .ties = ties,
                              .parent = vb_arena_dup(arena, row.parent)};
}

/* Some small states of a commit are kept: what is more is read when it is its
 * turn (apply.c). */
#define STATES_MOST 64

static bool may_want_states(const struct vb__writer_view *view)
{
    return view->states < STATES_MOST &&
           (view->writer->history.limit > 0 ||
            view->writer->indexing.declared != NULL);
}

static const struct vb_record *keep_state(struct vb__writer_view *view,
                                          const struct vb_record *row,
                                          struct vb_arena *arena)
{
    struct vb_record *state;

    if (row->content.len != row->length || /* it did not come */
        !vb__apply_wants_state(view->writer, row->key, row->parent))
        return NULL;
    state = vb_arena_alloc(arena, sizeof(*state));
    if (state == NULL)
        return NULL;
    view->states++;
    *state = *row;
    state->key = vb_arena_dup(arena, row->key);
    state->parent = vb_arena_dup(arena, row->parent);
    state->media_type = vb_arena_dup(arena, row->media_type);
    state->content = vb_arena_dup(arena, row->content);
    return state;
}

static void take_whole(struct vb__writer_view *view,
                       const struct vb__call *call, struct vb_arena *arena,
                       struct vb__found *found)
{
    struct vb_record row = vb__row_of(call);

    *found = found_in(row, (unsigned)vb__call_get_i64(call, VB__ROW_EXTRA),
                      vb__row_is_tombstone(call), arena);
    if (found->id != 0)
        found->state = keep_state(view, &row, arena);
}

/* The columns of FIND. */
static void take_bare(const struct vb__call *call, struct vb_arena *arena,
                      struct vb__found *found)
{
    struct vb_record row = {.position = vb__call_get_u64(call, 0),
                            .revision = vb__call_get_u64(call, 1),
                            .blob = vb__call_get_u64(call, 2),
                            .parent = vb__call_get_text(call, 4)};

    *found = found_in(row, (unsigned)vb__call_get_i64(call, 3),
                      vb__call_get_i64(call, 5) != 0, arena);
}

static enum vb_err view_find(struct vb__view *base, struct vb_span key,
                             bool changes, struct vb_arena *arena,
                             struct vb__found *ret_found)
{
    struct vb__writer_view *view =
        VB_CONTAINER(base, struct vb__writer_view, base);
    bool whole = changes && may_want_states(view);
    struct vb__call call = vb__writer_use(
        view->writer, whole ? VB__WRITER_FIND_WHOLE : VB__WRITER_FIND);
    struct vb__found found = {.id = 0};
    enum vb_err err;

    vb__call_text(&call, key);
    if (vb__call_row(&call) && whole)
        take_whole(view, &call, arena, &found);
    else if (call.rc == SQLITE_ROW)
        take_bare(&call, arena, &found);
    err = ended(base, &call);
    if (err == VB_OK && arena->failed)
        err = VB_ERR_NOMEM;
    if (err == VB_OK)
        *ret_found = found;
    return err;
}

static enum vb_err view_holder(struct vb__view *view,
                               const struct vb_claim *claim, uint64_t *ret_id)
{
    struct vb__call call =
        vb__writer_use(writer_of(view), VB__WRITER_CLAIM_FIND);

    *ret_id = 0;
    vb__call_text(&call, claim->scope);
    vb__call_blob(&call, claim->value);
    if (vb__call_row(&call))
        *ret_id = vb__call_get_u64(&call, 0);
    return ended(view, &call);
}

/* The first id among the rows for which the plan does not account. */
static enum vb_err first_other(struct vb__view *view, struct vb__call *call,
                               const struct vb__plan *plan,
                               bool (*accounts)(const struct vb__plan *plan,
                                                uint64_t id),
                               uint64_t *ret_id)
{
    *ret_id = 0;
    while (*ret_id == 0 && vb__call_row(call)) {
        uint64_t id = vb__call_get_u64(call, 0);

        if (!accounts(plan, id))
            *ret_id = id;
    }
    return ended(view, call);
}

static enum vb_err view_source(struct vb__view *view, uint64_t target,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    struct vb__call call = vb__writer_use(writer_of(view), VB__WRITER_SOURCES);

    vb__call_u64(&call, target);
    return first_other(view, &call, plan, vb__plan_touches, ret_id);
}

static enum vb_err view_member(struct vb__view *view, struct vb_span parent,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    struct vb__call call = vb__writer_use(writer_of(view), VB__WRITER_MEMBERS);

    vb__call_text(&call, parent);
    return first_other(view, &call, plan, vb__plan_deletes, ret_id);
}

/* What this group has changed of it already included. */
static enum vb_err view_collection(struct vb__view *view, struct vb_span key,
                                   uint64_t *ret_revision)
{
    struct vb__writer *writer = writer_of(view);
    const struct vb__tally *tally;
    enum vb_err err = vb__tally_look(writer, key, &tally);

    if (err == VB_OK)
        *ret_revision = tally->revision;
    return vb__writer_failed(writer, err);
}

enum vb_err vb__chunk_length(struct vb__writer *writer, uint64_t blob,
                             uint64_t index, int64_t *ret_length)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_CHUNK_LENGTH);

    *ret_length = -1;
    if (index > VB__CHUNK_MAX)
        return VB_OK;
    vb__call_u64(&call, vb__chunk_id(blob, index));
    if (vb__call_row(&call))
        *ret_length = vb__call_get_i64(&call, 0);
    return vb__writer_failed(writer, vb__call_end(&call));
}

enum vb_err vb__blob_is_loose(struct vb__writer *writer, uint64_t blob,
                              bool *ret_loose)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_LOOSE_FIND);

    vb__call_u64(&call, blob);
    *ret_loose = vb__call_row(&call);
    return vb__writer_failed(writer, vb__call_end(&call));
}

/* Chunks were taken in order and full but for the last (vb__apply_chunk): to
 * look at the end is enough. */
static enum vb_err view_blob(struct vb__view *view, uint64_t blob,
                             uint64_t length, struct vb__blob_state *ret_state)
{
    struct vb__writer *writer = writer_of(view);
    uint64_t last = (length - 1) / VB_STORE_CHUNK;
    int64_t at_last, beyond;
    enum vb_err err;

    *ret_state = (struct vb__blob_state){.complete = false};
    if (blob > VB__BLOB_MAX)
        return VB_OK;
    err = vb__chunk_length(writer, blob, last, &at_last);
    if (err == VB_OK)
        err = vb__chunk_length(writer, blob, last + 1, &beyond);
    if (err == VB_OK)
        err = vb__blob_is_loose(writer, blob, &ret_state->loose);
    if (err == VB_OK)
        ret_state->complete =
            beyond < 0 && at_last >= 0 &&
            last * VB_STORE_CHUNK + (uint64_t)at_last == length;
    return err;
}

static enum vb_err view_memo(struct vb__view *view, const struct vb_memo *memo,
                             bool *ret_found)
{
    struct vb__call call =
        vb__writer_use(writer_of(view), VB__WRITER_MEMO_FIND);

    vb__call_blob(&call, memo->name);
    vb__call_i64(&call, memo->now_ms);
    *ret_found = vb__call_row(&call) &&
                 !vb__memo_gives_way(memo, vb__call_get_blob(&call, 0));
    return ended(view, &call);
}

static enum vb_err view_key(struct vb__view *view, uint64_t id, char *to,
                            size_t size)
{
    struct vb__call call = vb__writer_use(writer_of(view), VB__WRITER_KEY);
    struct vb_span key = VB_SPAN("");

    vb__call_u64(&call, id);
    if (vb__call_row(&call))
        key = vb__call_get_text(&call, 0);
    vb__key_told(key, to, size);
    return ended(view, &call);
}

struct vb__writer_view vb__writer_view(struct vb__writer *writer)
{
    return (struct vb__writer_view){
        .base = {.find = view_find,
                 .holder = view_holder,
                 .source = view_source,
                 .member = view_member,
                 .collection = view_collection,
                 .blob = view_blob,
                 .memo = view_memo,
                 .key = view_key},
        .writer = writer,
    };
}
