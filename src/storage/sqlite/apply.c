/*
 * Carrying a request out in the writer's open transaction.
 *
 * A commit is judged first (judge.h); from its first written row on, only the
 * medium can fail, and that undoes the whole group.
 */
#include "storage/engine.h"
#include "storage/judge.h"
#include "storage/sqlite/reader_part.h"
#include "storage/sqlite/state.h"
#include "storage/sqlite/view.h"

/* record.ties */
enum { TIE_CLAIMS = 1, TIE_REFERENCES = 2 };

static enum vb_err run_with_id(struct vb__writer *writer,
                               enum vb__writer_statement name, uint64_t id)
{
    struct vb__call call = vb__writer_use(writer, name);

    vb__call_u64(&call, id);
    return vb__call_run(&call);
}

static void note(struct vb_buf *notes, uint64_t word)
{
    vb_buf_append(notes, vb_span_of((const char *)&word, sizeof(word)));
}

static enum vb_err count_in(struct vb__writer *writer, struct vb_span parent,
                            const struct vb_change *change, int members)
{
    struct vb_store *store = &writer->sqlite->store;
    struct vb__tally *tally;
    enum vb_err err;

    note(&writer->touched, vb_store_hash(store, change->key));
    if (parent.len == 0)
        return VB_OK;
    note(&writer->touched, vb_store_hash(store, parent));
    err = vb__tally_get(writer, parent, &tally);
    if (err != VB_OK)
        return err;
    tally->revision = writer->revision;
    tally->count += (uint64_t)members;
    if (change->modified_ms > tally->modified_ms)
        tally->modified_ms = change->modified_ms;
    return VB_OK;
}

static enum vb_err loosen(struct vb__writer *writer, uint64_t blob)
{
    if (blob == 0)
        return VB_OK;
    note(&writer->loosened, blob);
    return run_with_id(writer, VB__WRITER_LOOSE_ADD, blob);
}

static unsigned ties_of(const struct vb_change *change)
{
    return (change->claim_count > 0 ? (unsigned)TIE_CLAIMS : 0) |
           (change->reference_count > 0 ? (unsigned)TIE_REFERENCES : 0);
}

static struct vb_span content_of(const struct vb_change *change)
{
    return change->blob == 0 ? change->content : VB_SPAN("");
}

static enum vb_err insert(struct vb__writer *writer, struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__call call = vb__writer_use(writer, VB__WRITER_INSERT);

    step->id = ++writer->position;
    vb__call_u64(&call, step->id);
    vb__call_u64(&call, writer->revision);
    vb__call_i64(&call, vb__created_ms(change));
    vb__call_i64(&call, change->modified_ms);
    vb__call_u64(&call, change->length);
    vb__call_u64(&call, change->blob);
    vb__call_i64(&call, ties_of(change));
    vb__call_text(&call, change->key);
    vb__call_text(&call, change->parent);
    vb__call_text(&call, change->media_type);
    vb__call_blob(&call, content_of(change));
    return vb__call_run(&call);
}

static enum vb_err update(struct vb__writer *writer,
                          const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__call call = vb__writer_use(writer, VB__WRITER_UPDATE);

    vb__call_u64(&call, step->id);
    vb__call_u64(&call, writer->revision);
    vb__call_i64(&call, change->modified_ms);
    vb__call_u64(&call, change->length);
    vb__call_u64(&call, change->blob);
    vb__call_i64(&call, ties_of(change));
    vb__call_text(&call, change->media_type);
    vb__call_blob(&call, content_of(change));
    return vb__call_run(&call);
}

static enum vb_err put(struct vb__writer *writer, struct vb__step *step)
{
    const struct vb_change *change = step->change;
    bool creates = step->now.id == 0;
    enum vb_err err = VB_OK;

    if (step->now.tombstone != 0)
        err = run_with_id(writer, VB__WRITER_DELETE, step->now.tombstone);
    if (err == VB_OK)
        err = creates ? insert(writer, step) : update(writer, step);
    if (err == VB_OK && creates)
        err = vb__history_note(writer, step, NULL);
    if (err == VB_OK && step->now.blob != change->blob) {
        err = loosen(writer, step->now.blob);
        if (err == VB_OK && change->blob != 0)
            err = run_with_id(writer, VB__WRITER_LOOSE_DROP, change->blob);
    }
    if (err != VB_OK)
        return err;
    return count_in(writer, creates ? change->parent : step->now.parent, change,
                    creates ? 1 : 0);
}

static enum vb_err amend(struct vb__writer *writer, const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__call call = vb__writer_use(writer, VB__WRITER_AMEND);

    note(&writer->touched, vb_store_hash(&writer->sqlite->store, change->key));
    vb__call_u64(&call, step->id);
    vb__call_u64(&call, change->length);
    vb__call_blob(&call, change->content);
    return vb__call_run(&call);
}

static enum vb_err bury(struct vb__writer *writer, const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb__call call = vb__writer_use(writer, VB__WRITER_BURY);

    vb__call_u64(&call, step->now.id);
    vb__call_u64(&call, writer->revision);
    vb__call_i64(&call, change->modified_ms);
    vb__call_u64(&call, change->moved_to.len);
    vb__call_blob(&call, change->moved_to);
    return vb__call_run(&call);
}

static enum vb_err delete (struct vb__writer *writer,
                           const struct vb__step *step) {
    enum vb_err err;

    if (step->now.id == 0) return VB_OK;
    err = step->change->tombstone
              ? bury(writer, step)
              : run_with_id(writer, VB__WRITER_DELETE, step->now.id);
    if (err == VB_OK && !step->passes_blob)
        err = loosen(writer, step->now.blob);
    if (err != VB_OK) return err;
    return count_in(writer, step->now.parent, step->change, -1);
}

static enum vb_err untie(struct vb__writer *writer, const struct vb__step *step)
{
    enum vb_err err = VB_OK;

    if (step->change->kind == VB_CHANGE_AMEND)
        return VB_OK;
    if (step->now.ties & TIE_CLAIMS)
        err = run_with_id(writer, VB__WRITER_CLAIMS_DROP, step->now.id);
    if (err == VB_OK && (step->now.ties & TIE_REFERENCES))
        err = run_with_id(writer, VB__WRITER_REFERENCES_DROP, step->now.id);
    return err;
}

static enum vb_err claim(struct vb__writer *writer, const struct vb__step *step,
                         size_t item)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_CLAIM_ADD);

    vb__call_text(&call, step->change->claims[item].scope);
    vb__call_blob(&call, step->change->claims[item].value);
    vb__call_u64(&call, step->id);
    return vb__call_run(&call);
}

static enum vb_err refer(struct vb__writer *writer, const struct vb__plan *plan,
                         const struct vb__step *step, size_t item)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_REFERENCE_ADD);
    uint64_t target = step->targets[item];

    if (target == 0)
        target = vb__plan_by_key(plan, step->change->references[item])->id;
    vb__call_u64(&call, target);
    vb__call_u64(&call, step->id);
    return vb__call_run(&call);
}

static enum vb_err tie(struct vb__writer *writer, const struct vb__plan *plan,
                       const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    enum vb_err err = VB_OK;

    for (size_t i = 0; err == VB_OK && i < change->claim_count; i++)
        err = claim(writer, step, i);
    for (size_t i = 0; err == VB_OK && i < change->reference_count; i++)
        err = refer(writer, plan, step, i);
    return err;
}

static enum vb_err write_record(struct vb__writer *writer,
                                struct vb__step *step)
{
    switch (step->change->kind) {
    case VB_CHANGE_PUT:
        return put(writer, step);
    case VB_CHANGE_DELETE:
        return delete (writer, step);
    case VB_CHANGE_AMEND:
        return amend(writer, step);
    case VB_CHANGE_REQUIRE_EMPTY:
    case VB_CHANGE_REQUIRE_STATE:
        break;
    }
    return VB_OK;
}

/* --- what was, and what is then --------------------------------------------
 */

bool vb__apply_wants_state(const struct vb__writer *writer, struct vb_span key,
                           struct vb_span parent)
{
    return vb__history_keeps(writer, key) ||
           vb__indexing_covers(writer, parent);
}

/* What a record's change takes the place of, for who needs to know. */
static enum vb_err note_state(struct vb__writer *writer,
                              const struct vb__step *step,
                              const struct vb_record *state)
{
    enum vb_err err = vb__indexing_before(writer, state);

    return err == VB_OK && step->change->kind != VB_CHANGE_AMEND
               ? vb__history_note(writer, step, state)
               : err;
}

static enum vb_err look_back(struct vb__writer *writer,
                             const struct vb__step *step)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_RECORD);
    struct vb_record state;
    enum vb_err err = VB_OK, ended;

    vb__indexing_start(writer);
    if (step->now.id == 0 ||
        !vb__apply_wants_state(writer, step->change->key, step->now.parent))
        return VB_OK;
    if (step->now.state != NULL)
        return note_state(writer, step, step->now.state);
    vb__call_u64(&call, step->now.id);
    if (vb__call_row(&call)) {
        state = vb__row_of(&call);
        err = note_state(writer, step, &state);
    }
    ended = vb__call_end(&call);
    return ended != VB_OK ? ended : err;
}

/* An amended one is what it was, but for its content. */
static enum vb_err look_again(struct vb__writer *writer,
                              const struct vb__step *step)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_RECORD);
    enum vb_err err = VB_OK, ended;

    vb__call_u64(&call, step->id);
    if (vb__call_row(&call)) {
        struct vb_record state = vb__row_of(&call);

        err = vb__indexing_after(writer, state.parent, step->id, &state);
    }
    ended = vb__call_end(&call);
    return ended != VB_OK ? ended : err;
}

static enum vb_err look_ahead(struct vb__writer *writer,
                              const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb_record state = {
        .position = step->id,
        .key = change->key,
        .parent = step->now.id != 0 ? step->now.parent : change->parent,
        .media_type = change->media_type,
        .length = change->length,
        .blob = change->blob,
        .content = content_of(change),
    };

    if (!vb__indexing_covers(writer, state.parent))
        return VB_OK;
    if (change->kind == VB_CHANGE_AMEND)
        return look_again(writer, step);
    return vb__indexing_after(writer, state.parent, step->id,
                              change->kind == VB_CHANGE_PUT ? &state : NULL);
}

static enum vb_err write_step(struct vb__writer *writer, struct vb__step *step)
{
    enum vb_err err = look_back(writer, step);

    if (err == VB_OK)
        err = write_record(writer, step);
    return err == VB_OK ? look_ahead(writer, step) : err;
}

/* More expired ones go than new ones come, so they never pile up. */
static enum vb_err keep_memo(struct vb__writer *writer,
                             const struct vb_memo *kept)
{
    struct vb__call drop = vb__writer_use(writer, VB__WRITER_MEMOS_DROP);
    struct vb__call add = vb__writer_use(writer, VB__WRITER_MEMO_ADD);
    enum vb_err err;

    vb__call_i64(&drop, kept->now_ms);
    err = vb__call_run(&drop);
    if (err != VB_OK)
        return err;
    vb__call_blob(&add, kept->name);
    vb__call_u64(&add, writer->revision);
    vb__call_i64(&add, kept->expires_ms);
    vb__call_blob(&add, kept->bytes);
    return vb__call_run(&add);
}

/* Old ties go first and new ones come last: they may pass from one record to
 * another, and to records that this very commit creates. */
static enum vb_err carry_out(struct vb__writer *writer,
                             const struct vb__plan *plan,
                             const struct vb_memo *kept)
{
    enum vb_err err = VB_OK;

    for (size_t i = 0; err == VB_OK && i < plan->id_count; i++)
        err = untie(writer, plan->by_id[i]);
    for (size_t i = 0; err == VB_OK && i < plan->count; i++)
        err = write_step(writer, &plan->steps[i]);
    for (size_t i = 0; err == VB_OK && i < plan->count; i++)
        if (plan->steps[i].change->kind == VB_CHANGE_PUT)
            err = tie(writer, plan, &plan->steps[i]);
    for (; err == VB_OK && kept != NULL; kept = kept->next)
        err = keep_memo(writer, kept);
    if (err == VB_OK)
        err = writer->touched.err;
    if (err == VB_OK)
        err = writer->loosened.err;
    return vb__writer_failed(writer, err);
}

enum vb_err vb__apply_commit(struct vb__writer *writer,
                             struct vb_commit *commit)
{
    struct vb__writer_view view = vb__writer_view(writer);
    struct vb__plan plan;
    enum vb_err err = vb__judge(&view.base, commit, &writer->scratch, &plan);

    if (err == VB_OK) {
        commit->revision = ++writer->revision;
        /* Where its key will be among what is touched: see group.c. */
        commit->generation = writer->touched.len / sizeof(uint64_t);
        vb__history_commit(writer, &plan);
        err = carry_out(writer, &plan, commit->memo);
        commit->position = plan.count > 0 ? plan.steps[0].id : 0;
    }
    vb_arena_reset(&writer->scratch);
    return err;
}

/* --- Chunks. --- */

/* In order, behind a full one, into a blob that is no record's yet. */
static enum vb_err chunk_fits(struct vb__writer *writer,
                              const struct vb_chunk_write *write)
{
    int64_t before = (int64_t)VB_STORE_CHUNK, at;
    bool loose = true;
    enum vb_err err = vb__chunk_length(writer, write->blob, write->index, &at);

    if (err == VB_OK && write->index > 0)
        err = vb__chunk_length(writer, write->blob, write->index - 1, &before);
    if (err == VB_OK && write->index > 0)
        err = vb__blob_is_loose(writer, write->blob, &loose);
    if (err != VB_OK)
        return err;
    return at < 0 && before == (int64_t)VB_STORE_CHUNK && loose
               ? VB_OK
               : VB_ERR_INVALID;
}

enum vb_err vb__apply_chunk(struct vb__writer *writer,
                            const struct vb_chunk_write *write)
{
    struct vb__call call = vb__writer_use(writer, VB__WRITER_CHUNK_ADD);
    enum vb_err err = chunk_fits(writer, write);

    if (err != VB_OK)
        return err;
    if (write->index == 0)
        err = run_with_id(writer, VB__WRITER_LOOSE_ADD, write->blob);
    if (err == VB_OK) {
        vb__call_u64(&call, vb__chunk_id(write->blob, write->index));
        vb__call_blob(&call, write->bytes);
        err = vb__call_run(&call);
    }
    return vb__writer_failed(writer, err);
}
