/* Imports: what becomes of them. See import.h. */
#include "flow/reply.h"
#include "resource/collection.h"
#include "resource/document.h"
#include "resource/import_part.h"
#include "resource/once.h"
#include "storage/joint.h"

/* Bytes of what is told of it. */
#define TOLD_LIMIT ((size_t)64 * 1024)

/* --- the commit ------------------------------------------------------------
 */

/* How many there are now, and by which URIs the first and last are known. */
static void tell(struct vb_stored *stored)
{
    const struct vb_import *import = stored->import;
    struct vb_buf text;

    if (!vb_reply_wants_content(stored->x, true, true, true))
        return;
    vb_buf_init(&text, TOLD_LIMIT);
    vb_buf_printf(&text, "{\"count\":%zu,\"first\":", import->count);
    vb_json_write_string(&text, import->first);
    vb_buf_str(&text, ",\"last\":");
    vb_json_write_string(&text, import->last);
    vb_buf_char(&text, '}');
    (void)vb_present_unkept(stored->x, &text);
    vb_buf_done(&text);
}

/* The state that it is about is in stored once more, as far as it is told. */
static void recall(struct vb_import *import, size_t index)
{
    struct vb_stored *stored = import->stored;
    const struct vb_change *change = &import->changes[index];

    stored->claim_paths = import->claim_paths[index];
    stored->reference_count = change->reference_count;
    for (size_t i = 0; i < change->reference_count; i++)
        stored->references[i] = change->references[i];
}

static enum vb_answer refused(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    struct vb_exchange *x = stored->x;
    size_t index = stored->commit.conflict.change;
    size_t since = vb__import_complaints(x);
    enum vb_answer answer;

    if (stored->commit.op.err != VB_ERR_CONFLICT || index >= import->count)
        return vb_stored_refused(stored);
    recall(import, index);
    answer = vb_stored_refused(stored);
    if (vb__import_complaints(x) == since && x->problem != NULL)
        vb_reply_complain(x, VB_PROBLEM_POINTER, VB_SPAN(""),
                          x->problem->detail);
    vb__import_place(x, since, import->lines[index]);
    return answer;
}

static enum vb_answer judge(struct vb_import *import)
{
    if (import->stored->commit.op.err != VB_OK)
        return refused(import);
    tell(import->stored);
    return VB_YES;
}

static void commit_done(struct vb_store_op *op)
{
    struct vb_import *import = op->context;
    enum vb_answer answer = judge(import);

    if (answer != VB_PENDING)
        vb_flow_resume(vb__import_x(import), answer);
}

static enum vb_answer commit(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    struct vb_exchange *x = stored->x;
    size_t count = import->count;

    if (stored->listing_expect != VB_EXPECT_ANY)
        import->changes[count++] = (struct vb_change){
            .kind = VB_CHANGE_REQUIRE_STATE,
            .key = x->key,
            .expect = stored->listing_expect,
        };
    stored->commit = (struct vb_commit){
        .op = {.done = commit_done, .context = import},
        .changes = import->changes,
        .change_count = count,
    };
    if (x->once != NULL && !vb_once_memo(stored, tell))
        return vb_reply_unavailable(x);
    if (vb_joint_commit(x->joint, x->env->store, &stored->commit) ==
        VB_IO_PENDING)
        return VB_PENDING;
    return judge(import);
}

/* --- the changes -----------------------------------------------------------
 */

static bool name_member(struct vb_import *import)
{
    return import->numbers == NULL
               ? vb_collection_name_member(import->stored)
               : vb_collection_number_member(import->stored,
                                             import->numbers[import->at]);
}

/* What the next state will take the place of is kept. */
static bool keep(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    struct vb_arena *arena = &stored->x->arena;
    struct vb_change change = vb_stored_replacement(stored);
    struct vb_span *references =
        vb_arena_calloc(arena, change.reference_count + 1, sizeof(*references));

    for (size_t i = 0; references != NULL && i < change.reference_count; i++)
        references[i] = change.references[i];
    change.references = references;
    change.content = vb_arena_dup(arena, change.content);
    import->changes[import->at] = change;
    import->claim_paths[import->at] = stored->claim_paths;
    import->last = change.key;
    if (import->at == 0)
        import->first = change.key;
    return !arena->failed;
}

static enum vb_answer make(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    size_t since = vb__import_complaints(stored->x);
    enum vb_err err = VB_ERR_NOMEM;

    if (name_member(import))
        err = vb_compose(stored, VB_COMPOSE_STATE);
    if (err == VB_OK)
        err = vb_compose_ties(stored);
    if (err == VB_OK)
        return keep(import) ? VB_YES
                            : vb_document_beyond(stored->x, VB_ERR_LIMIT);
    vb_reply_complain(stored->x, VB_PROBLEM_POINTER, VB_SPAN(""),
                      VB_SPAN("is more than one resource may be"));
    vb__import_place(stored->x, since, import->rows.line);
    return vb_document_beyond(stored->x, err);
}

static enum vb_answer make_all(struct vb_import *import)
{
    struct vb_arena *arena = &vb__import_x(import)->arena;

    import->changes =
        vb_arena_calloc(arena, import->count + 1, sizeof(*import->changes));
    import->claim_paths =
        vb_arena_calloc(arena, import->count, sizeof(*import->claim_paths));
    if (arena->failed)
        return vb_reply_unavailable(vb__import_x(import));
    return vb__import_walk(import, make, commit);
}

/* --- numbers, where members are named by them: one for each, once all are
 * known to be good -----------------------------------------------------------
 */

static enum vb_answer number_all(struct vb_import *import);

static enum vb_answer take_number(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;

    if (stored->take.op.err != VB_OK)
        return vb_stored_failed(stored->x, stored->take.op.err);
    import->numbers[import->numbered++] = stored->take.number;
    return VB_YES;
}

static void number_done(struct vb_store_op *op)
{
    struct vb_import *import = op->context;
    struct vb_exchange *x = vb__import_x(import);
    enum vb_answer answer = take_number(import);

    if (answer == VB_YES)
        answer = number_all(import);
    if (answer != VB_PENDING)
        vb_flow_resume(x, answer);
}

static enum vb_answer number_all(struct vb_import *import)
{
    struct vb_stored *stored = import->stored;
    enum vb_answer answer = VB_YES;

    while (answer == VB_YES && import->numbered < import->count) {
        stored->take = (struct vb_number_take){
            .op = {.done = number_done, .context = import},
            .parent = stored->parent,
            .least =
                import->numbered == 0 ? vb_collection_number_after(stored) : 0,
        };
        if (vb_store_number(stored->x->env->store, &stored->take) ==
            VB_IO_PENDING)
            return VB_PENDING;
        answer = take_number(import);
    }
    return answer == VB_YES ? make_all(import) : answer;
}

enum vb_answer vb_import_write(struct vb_stored *stored)
{
    struct vb_import *import = stored->import;
    struct vb_exchange *x = stored->x;

    if (vb_built_of(x)->route->id_kind != VB_ID_COUNTER)
        return make_all(import);
    import->numbered = 0;
    if (import->numbers == NULL)
        import->numbers =
            vb_arena_calloc(&x->arena, import->count, sizeof(*import->numbers));
    return import->numbers == NULL ? vb_reply_unavailable(x)
                                   : number_all(import);
}
