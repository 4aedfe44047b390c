/*
 * Controllers of the kind `move`: POST of {"to": "/pages/new"} gives the target
 * another path, in a collection or store that would take it.
 *
 *     /pages/old ── a tombstone: "/pages/new" ─┐
 *                                              ├ one commit
 *     /pages/new ── the state ─────────────────┘
 *
 * Preconditions are about what is moved (target.h).
 */
#include "resource/move.h"

#include "content/json.h"
#include "flow/intake.h"
#include "flow/reply.h"
#include "http/media.h"
#include "resource/build.h"
#include "resource/document.h"
#include "resource/params.h"
#include "resource/target.h"

static enum vb_answer move_received(struct vb_exchange *x)
{
    const struct vb_stored *stored = x->state;

    return stored->received ? VB_YES
                            : vb_intake_buffer(x, vb_document_limit(x));
}

static enum vb_answer move_parsed(struct vb_exchange *x)
{
    return vb_document_parse(x->state);
}

/* --- is it a place for it? --------------------------------------------------
 */

/* The content is good JSON, but says what cannot be done. */
static enum vb_answer refuse(struct vb_stored *stored, struct vb_span detail)
{
    struct vb_exchange *x = stored->x;

    x->reply.status = (uint16_t)stored->operation->invalid;
    vb_reply_complain(x, VB_PROBLEM_POINTER, VB_SPAN("/to"), detail);
    return VB_NO;
}

/* The description may want more of the content than we do. */
static bool content_fits(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    const struct vb_content *content = vb_built_content(x);

    return content->schema == NULL ||
           vb_params_value_fits(x, content->schema, stored->input->root,
                                (unsigned)stored->operation->invalid);
}

/* What the state there becomes of: the document that the path names. */
static enum vb_answer find_place(struct vb_stored *stored, struct vb_span to)
{
    struct vb_exchange *x = stored->x;
    struct vb_span path = vb_arena_dup(&x->arena, to);
    struct vb_owned *place = vb_arena_calloc(&x->arena, 1, sizeof(*place));
    const struct vb_built *built = NULL;
    struct vb_stored *becomes;

    if (x->arena.failed)
        return vb_reply_unavailable(x);
    if (path.len <= x->env->limits->head.max_target && /* else it is 414 */
        vb_site_find(x, path, place) && place->canonical.len == 0)
        built = vb_built_document(place->resource);
    if (built == NULL || built->route->membership == VB_MEMBER_OF_NONE)
        return refuse(stored,
                      VB_SPAN("is no member's path in a collection or store"));
    if (!vb_params_variables_fit(x, built->route, place->variables))
        return refuse(stored, VB_SPAN("is not what its path may be"));
    becomes = vb_stored_new(x, built->route, place->key, place->variables,
                            place->variable_count);
    if (becomes == NULL)
        return vb_reply_unavailable(x);
    becomes->operation = stored->operation;
    becomes->created_ms = stored->record->created_ms;
    becomes->read = (struct vb_read){
        .key = place->key,
        /* A deletion leaves a path that is given to nothing else, but where
         * clients may do that themselves. */
        .wants_tombstone =
            built->route->tombstones && !vb_resource_creates(place->resource),
    };
    vb_stored_becomes(stored, becomes);
    return VB_YES;
}

/* Does this operation take such bytes? NULL takes nothing. */
static bool takes(const struct vb_operation *operation, struct vb_span type)
{
    const struct vb_content *content =
        operation == NULL
            ? NULL
            : vb_content_find(operation->request.media,
                              operation->request.media_count, type);

    return content != NULL && content->served &&
           content->kind == VB_MEDIA_VERBATIM;
}

/* The media type without parameters, in lower case. */
static struct vb_span essence_of(struct vb_exchange *x, struct vb_span text)
{
    struct vb_media media;
    struct vb_span essence = VB_SPAN("");

    if (vb_media_parse(text, &media))
        essence = vb_arena_printf(&x->arena, "%.*s/%.*s", VB_FMT(media.type),
                                  VB_FMT(media.subtype));
    for (size_t i = 0; i < essence.len; i++)
        ((char *)essence.ptr)[i] = vb_ascii_lower(essence.ptr[i]);
    return essence;
}

/* Bytes stay as they are, where their like is taken. */
static enum vb_answer take_bytes(struct vb_stored *stored)
{
    const struct vb_record *record = stored->record;
    struct vb_stored *becomes = stored->becomes;
    const struct vb_route *route = becomes->route;
    struct vb_span type = essence_of(stored->x, record->media_type);
    const struct vb_operation *post =
        route->collection == NULL
            ? NULL
            : route->collection->by_method[VB_METHOD_POST];

    if (route != stored->route &&
        !takes(route->by_method[VB_METHOD_PUT], type) && !takes(post, type))
        return refuse(stored, VB_SPAN("does not take such content"));
    becomes->media_type = record->media_type;
    becomes->bytes = record->content;
    becomes->blob = record->blob;
    becomes->blob_length = record->length;
    return VB_YES;
}

/* JSON is composed anew for its place, and must be valid there. */
static enum vb_answer take_json(struct vb_stored *stored)
{
    struct vb_stored *becomes = stored->becomes;
    const struct vb_state *state = becomes->route->state;
    struct vb_span content = stored->record->content;
    enum vb_answer answer;

    if (state == NULL || !state->json)
        return refuse(stored, VB_SPAN("does not take JSON"));
    if (vb_json_parse(content, NULL, &becomes->before, NULL) != VB_OK ||
        vb_json_parse(content, NULL, &becomes->input, NULL) != VB_OK)
        return vb_reply_unavailable(stored->x);
    answer = vb_document_check(becomes, state->schema,
                               (unsigned)stored->operation->invalid,
                               VB_COMPOSE_BY_SERVER);
    return answer == VB_NO
               ? refuse(stored, VB_SPAN("is no place where this is valid"))
               : answer;
}

static enum vb_answer move_valid(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;
    yyjson_val *to = vb_json_member(stored->input->root, VB_SPAN("to"));
    enum vb_answer answer;

    if (!content_fits(stored))
        return VB_NO;
    if (!yyjson_is_str(to))
        return refuse(stored, VB_SPAN("must be there, and a path"));
    answer = find_place(stored, vb_json_text(to));
    if (answer != VB_YES)
        return answer;
    return vb_is_json(stored->record->media_type) ? take_json(stored)
                                                  : take_bytes(stored);
}

/* --- is it free? ------------------------------------------------------------
 */

static enum vb_answer taken(struct vb_stored *becomes, const char *by)
{
    struct vb_exchange *x = becomes->x;

    vb_reply_detail(
        x, vb_arena_printf(&x->arena, "%s %.*s.", by, VB_FMT(becomes->key)));
    return VB_NO;
}

static enum vb_answer judge_place(struct vb_stored *becomes)
{
    struct vb_read *read = &becomes->read;
    enum vb_answer answer = VB_YES;

    if (read->op.err != VB_OK)
        return vb_stored_failed(becomes->x, read->op.err);
    if (read->record != NULL)
        answer = taken(becomes, "There is something at");
    else if (read->tombstone != NULL && read->tombstone->content.len == 0)
        answer = taken(becomes, "What was deleted stays gone:");
    vb_record_unref(read->record);
    vb_record_unref(read->tombstone);
    return answer;
}

static void place_read(struct vb_store_op *op)
{
    struct vb_stored *becomes = op->context;

    vb_flow_resume(becomes->x, judge_place(becomes));
}

static enum vb_answer move_consistent(struct vb_exchange *x)
{
    struct vb_stored *becomes = ((struct vb_stored *)x->state)->becomes;

    becomes->read.op =
        (struct vb_store_op){.done = place_read, .context = becomes};
    if (vb_store_read(x->env->store, &becomes->read) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_place(becomes);
}

/* --- doing it ---------------------------------------------------------------
 */

static enum vb_answer move_commit(struct vb_exchange *x)
{
    const struct vb_stored *stored = x->state;

    return vb_document_write(stored->becomes, VB_COMPOSE_BY_SERVER);
}

const struct vb_slot *vb_move_slot(enum vb_method method)
{
    static const struct vb_slot post_slot = {
        .received = move_received,
        .parsed = move_parsed,
        .valid = move_valid,
        .consistent = move_consistent,
        .commit = move_commit,
    };

    return method == VB_METHOD_POST ? &post_slot : NULL;
}

void vb_move_init(struct vb_resource *resource)
{
    resource->exists = vb_target_exists;
}
