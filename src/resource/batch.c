/* Several requests in one. See batch.h. */
#include "resource/batch.h"

#include <stdlib.h>
#include <string.h>

#include "content/problem.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "http/method.h"
#include "http/query.h"
#include "http/quoted.h"
#include "http/sf.h"
#include "resource/batch_part.h"

/* Characters of an Idempotency-Key that leave room for a part's number. */
#define KEY_MOST 240

/* --- parts -------------------------------------------------------------------
 */

struct vb_batch_part *vb__batch_add(struct vb_batch *batch)
{
    struct vb_exchange *x = batch->x;
    struct vb_batch_part *part;

    if (batch->parts == NULL)
        batch->parts =
            vb_arena_calloc(&x->arena, VB_BATCH_PARTS, sizeof(*batch->parts));
    if (batch->parts == NULL) {
        (void)vb_reply_unavailable(x);
        return NULL;
    }
    if (batch->count == VB_BATCH_PARTS) {
        x->reply.status = VB_STATUS_CONTENT_TOO_LARGE;
        vb_reply_detail(x, vb_arena_printf(&x->arena,
                                           "A batch has at most %d parts.",
                                           VB_BATCH_PARTS));
        return NULL;
    }
    part = &batch->parts[batch->count++];
    part->batch = batch;
    vb_buf_init(&part->body, VB_BATCH_BYTES);
    vb_buf_init(&part->said, VB_BATCH_SAID);
    return part;
}

void vb__batch_field(struct vb_batch_part *part, struct vb_span name,
                     struct vb_span value)
{
    struct vb_inner_request *request = &part->request;
    struct vb_field_out *fields = (struct vb_field_out *)request->fields;

    if (fields == NULL)
        request->fields = fields = vb_arena_alloc(
            &part->batch->x->arena, (VB_FIELDS_MAX + 1) * sizeof(*fields));
    if (fields == NULL)
        vb__batch_refuse(part, VB_STATUS_SERVICE_UNAVAILABLE,
                         "There is no memory left for this.");
    else if (request->field_count == VB_FIELDS_MAX)
        vb__batch_refuse(part, VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE,
                         "There are more fields than this server takes.");
    else
        fields[request->field_count++] = (struct vb_field_out){name, value};
}

struct vb_span vb__batch_find(const struct vb_batch_part *part,
                              struct vb_span name)
{
    for (size_t i = 0; i < part->request.field_count; i++)
        if (vb_span_ieq(part->request.fields[i].name, name))
            return part->request.fields[i].value;
    return VB_SPAN("");
}

/* --- what is asked of the batch itself ---------------------------------------
 */

static void done(struct vb_exchange *x)
{
    struct vb_batch *batch = x->state;

    for (size_t i = 0; i < batch->count; i++) {
        vb_buf_done(&batch->parts[i].body);
        vb_buf_done(&batch->parts[i].said);
    }
    vb_buf_done(&batch->out);
    vb_json_free(batch->json);
}

/* ?atomic=true */
static bool read_query(struct vb_batch *batch)
{
    struct vb_exchange *x = batch->x;
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, &x->arena, x->head.query);
    while (vb_query_next(&query, &pair)) {
        if (!vb_span_eq(pair.name, VB_SPAN("atomic"))) {
            vb_reply_complain(x, VB_PROBLEM_PARAMETER, pair.name,
                              VB_SPAN("is not known here"));
            return false;
        }
        batch->atomic = vb_span_eq(pair.value, VB_SPAN("true"));
        if (!batch->atomic && !vb_span_eq(pair.value, VB_SPAN("false"))) {
            vb_reply_complain(x, VB_PROBLEM_PARAMETER, pair.name,
                              VB_SPAN("must be true or false"));
            return false;
        }
    }
    return query.err == VB_OK;
}

/* The key of the batch is that of each part, with its number. */
static enum vb_answer take_key(struct vb_exchange *x, struct vb_span key)
{
    struct vb_batch *batch = x->state;

    batch->key = key;
    if (key.len <= KEY_MOST)
        return VB_YES;
    x->reply.status = VB_STATUS_BAD_REQUEST;
    vb_reply_complain(x, VB_PROBLEM_HEADER, VB_SPAN("Idempotency-Key"),
                      VB_SPAN("has at most 240 characters here, as each part "
                              "has one made of it"));
    return VB_NO;
}

static enum vb_answer permitted(struct vb_exchange *x)
{
    struct vb_batch *batch;

    if (x->outer != NULL)
        return vb_reply_refuse(x, VB_STATUS_BAD_REQUEST,
                               VB_SPAN("A batch has no batch in it."));
    batch = vb_arena_calloc(&x->arena, 1, sizeof(*batch));
    if (batch == NULL)
        return vb_reply_unavailable(x);
    batch->x = x;
    vb_buf_init(&batch->out, VB_BATCH_SAID);
    x->state = batch;
    x->state_done = done;
    return VB_YES;
}

/* x->accept of the one form; what says nothing of its type has no boundary. */
#define TAKE_JSON 0

static enum vb_answer parsed(struct vb_exchange *x)
{
    struct vb_batch *batch = x->state;
    enum vb_answer answer;

    x->reply.status = VB_STATUS_BAD_REQUEST;
    if (!read_query(batch))
        return VB_NO;
    batch->form =
        x->accept == TAKE_JSON ? &vb__batch_json : &vb__batch_multipart;
    answer = batch->form->read(batch);
    if (answer != VB_YES || batch->count > 0)
        return answer;
    vb_reply_detail(x, VB_SPAN("There is no part in this batch."));
    return VB_NO;
}

/* --- replies -----------------------------------------------------------------
 */

static bool is_failure(const struct vb_batch_part *part)
{
    return part->status >= 400 ||
           (!part->safe && (part->status == VB_STATUS_MOVED_PERMANENTLY ||
                            part->status == VB_STATUS_TEMPORARY_REDIRECT ||
                            part->status == VB_STATUS_PERMANENT_REDIRECT));
}

/* A safe part whose content cannot be told has no reply; what was done was
 * done. */
static void say_cut(struct vb_batch_part *part)
{
    static const struct vb_field_out type = {
        VB_SPAN_INIT("Content-Type"), VB_SPAN_INIT("application/problem+json")};
    struct vb_problem problem = {
        .status = VB_STATUS_INTERNAL_SERVER_ERROR,
        .detail = VB_SPAN("What there is to say is more than a batch carries, "
                          "or could not be read: ask for it by itself."),
    };

    if (!part->safe)
        return;
    vb_buf_reset(&part->body);
    vb_problem_write_json(&part->body, &problem);
    part->inner.status = problem.status;
    part->inner.fields = &type;
    part->inner.field_count = 1;
    part->inner.content = vb_buf_span(&part->body);
}

static void replied(struct vb_inner *inner)
{
    struct vb_batch_part *part = inner->context;
    struct vb_batch *batch = part->batch;

    part->status = inner->status;
    batch->failed |= is_failure(part);
    batch->said += inner->content.len;
    if (inner->cut)
        say_cut(part);
    if (!batch->x->abandoned)
        batch->form->write(part);
}

static void finish(struct vb_batch *batch)
{
    struct vb_exchange *x = batch->x;

    x->call_off = NULL;
    if (!x->abandoned) {
        batch->form->close(batch, &batch->out);
        x->reply.bytes = vb_buf_span(&batch->out);
        x->reply.content = VB_CONTENT_BYTES;
        vb_reply_field(x, VB_FIELD_CACHE_CONTROL, VB_SPAN("no-store"));
    }
    vb_flow_resume(x,
                   batch->out.err == VB_OK ? VB_YES : vb_reply_unavailable(x));
}

/* --- one after the other, or all at once -------------------------------------
 */

static void step(struct vb_batch *batch);

static void part_done(struct vb_inner *inner)
{
    struct vb_batch_part *part = inner->context;

    part->batch->ended++;
    step(part->batch);
}

/* As if the client had sent one with it. */
static void add_key(struct vb_batch_part *part)
{
    struct vb_batch *batch = part->batch;
    struct vb_exchange *x = batch->x;
    struct vb_span name = vb_field_name(VB_FIELD_IDEMPOTENCY_KEY), text;
    struct vb_buf value;

    if (batch->key.len == 0 || part->safe || vb__batch_find(part, name).len > 0)
        return;
    text = vb_arena_printf(&x->arena, "%.*s/%zu", VB_FMT(batch->key),
                           (size_t)(part - batch->parts) + 1);
    vb_buf_init(&value, 1024);
    (void)vb_quoted_append(&value, text);
    vb__batch_field(part, name, vb_arena_dup(&x->arena, vb_buf_span(&value)));
    vb_buf_done(&value);
}

/* Bytes of content that one more reply may have. All that are under way at once
 * share what there is. */
static size_t most_of(const struct vb_batch *batch)
{
    if (batch->atomic)
        return VB_BATCH_BYTES / batch->count;
    return batch->said < VB_BATCH_BYTES ? VB_BATCH_BYTES - batch->said : 0;
}

static void begin(struct vb_batch *batch)
{
    struct vb_batch_part *part = &batch->parts[batch->begun++];

    part->safe = vb_method_is_safe(vb_method_find(part->request.method));
    add_key(part);
    part->inner = (struct vb_inner){
        .outer = batch->x,
        .joint = batch->atomic ? &batch->joint : NULL,
        .most = most_of(batch),
        .reply = replied,
        .done = part_done,
        .context = part,
    };
    if (vb_inner_begin(&part->inner, &part->request))
        return;
    part->inner.status = VB_STATUS_SERVICE_UNAVAILABLE;
    part->inner.x = NULL;
    replied(&part->inner);
    part_done(&part->inner);
}

/* Who is under way and not parked will say so, or end. */
static bool step_atomic(struct vb_batch *batch)
{
    size_t under_way = batch->begun - batch->ended;

    if (batch->begun < batch->count && !batch->called_off) {
        begin(batch);
        return true;
    }
    if (under_way == 0 || batch->joint.count < under_way)
        return false;
    if (batch->failed || batch->called_off)
        vb_joint_cancel(&batch->joint, VB_ERR_CANCELLED);
    else
        vb_joint_make(&batch->joint);
    return batch->begun > batch->ended;
}

static bool step_along(struct vb_batch *batch)
{
    if (batch->begun > batch->ended || batch->begun == batch->count ||
        batch->called_off)
        return false;
    begin(batch);
    return true;
}

/* All that can be done now. Then the batch, and its exchange, may be gone. */
static void step(struct vb_batch *batch)
{
    if (batch->stepping)
        return;
    batch->stepping = true;
    while (batch->atomic ? step_atomic(batch) : step_along(batch))
        continue;
    batch->stepping = false;
    if (batch->begun == batch->ended &&
        (batch->begun == batch->count || batch->called_off))
        finish(batch);
}

static void joint_changed(struct vb_joint *joint)
{
    step(joint->context);
}

static void call_off(struct vb_exchange *x)
{
    struct vb_batch *batch = x->state;

    batch->called_off = true;
    batch->stepping = true;
    for (size_t i = 0; i < batch->begun; i++)
        vb_inner_call_off(&batch->parts[i].inner);
    batch->stepping = false;
    step(batch);
}

static bool prepare_joint(struct vb_batch *batch)
{
    struct vb_commit **room = vb_arena_calloc(
        &batch->x->arena, 2 * batch->count, sizeof(struct vb_commit *));

    batch->joint = (struct vb_joint){
        .client = batch->x->env->store,
        .parked = room,
        .taken = room == NULL ? NULL : room + batch->count,
        .most = batch->count,
        .changed = joint_changed,
        .context = batch,
    };
    return room != NULL;
}

static enum vb_answer commit(struct vb_exchange *x)
{
    struct vb_batch *batch = x->state;

    if (batch->atomic && !prepare_joint(batch))
        return vb_reply_unavailable(x);
    x->call_off = call_off;
    step(batch);
    return VB_PENDING;
}

/* --- the resource ------------------------------------------------------------
 */

enum vb_err vb_batch_build(const struct vb_access *access, struct vb_span path,
                           struct vb_batch_at *ret_at)
{
    static const struct vb_slot post_slot = {
        .parsed = parsed,
        .commit = commit,
    };
    static const struct vb_take takes[] = {
        [TAKE_JSON] = {VB_SPAN_INIT("application/json"),
                       VB_METHOD_BIT(VB_METHOD_POST)},
        {VB_SPAN_INIT("multipart/mixed"), VB_METHOD_BIT(VB_METHOD_POST)},
    };

    *ret_at = (struct vb_batch_at){
        .resource =
            {
                .kind = "batch",
                .slots = {[VB_METHOD_POST] = &post_slot},
                .takes = takes,
                .take_count = sizeof(takes) / sizeof(takes[0]),
                .max_content = VB_BATCH_BYTES,
                .personal = VB_METHOD_BIT(VB_METHOD_POST),
                .permitted = permitted,
                .fresh_key = take_key,
            },
        .path = strndup(path.ptr, path.len),
    };
    if (ret_at->path == NULL)
        return VB_ERR_NOMEM;
    vb_guard_introduce(&ret_at->guard, access, VB_METHOD_BIT(VB_METHOD_POST),
                       NULL, &ret_at->resource);
    return vb_resource_seal(&ret_at->resource);
}

void vb_batch_unbuild(struct vb_batch_at *at)
{
    vb_resource_done(&at->resource);
    free(at->path);
    at->path = NULL;
}
