/* Reading what is stored, and what it means for the flow. See stored.h. */
#include "resource/stored.h"

#include "base/base36.h"
#include "flow/reply.h"
#include "http/media.h"
#include "http/method.h"
#include "resource/absent.h"
#include "resource/cached.h"
#include "resource/follow.h"
#include "resource/guarded.h"
#include "resource/shown.h"

void vb_stored_with(struct vb_stored *stored, struct vb_with *with)
{
    if (stored->with != NULL && stored->with->release != NULL)
        stored->with->release(stored->with);
    stored->with = with;
}

void vb_stored_give_back(struct vb_stored *stored)
{
    if (stored == NULL)
        return;
    vb_stored_with(stored, NULL);
    vb_record_unref(stored->record);
    vb_json_free(stored->before);
    vb_json_free(stored->input);
    vb_json_free(stored->after);
    vb_buf_done(&stored->text);
    vb_shown_done(stored->shown);
}

void vb_stored_becomes(struct vb_stored *stored, struct vb_stored *becomes)
{
    if (stored->becomes != NULL)
        vb_stored_give_back(stored->becomes);
    stored->becomes = becomes;
    if (becomes != NULL)
        becomes->was = stored;
}

static void stored_done(struct vb_exchange *x)
{
    struct vb_stored *stored = x->state;

    vb_stored_becomes(stored, NULL);
    vb_stored_give_back(stored);
    if (stored->blob != 0)
        vb_store_blob_discard(x->env->store, stored->blob);
}

struct vb_span vb_stored_listing(struct vb_span key)
{
    size_t len = key.len;

    while (len > 0 && key.ptr[len - 1] != '/')
        len--;
    return vb_span_head(key, len > 1 ? len - 1 : len);
}

bool vb_stored_may_pass(enum vb_err err)
{
    return err == VB_ERR_BUSY || err == VB_ERR_NOMEM || err == VB_ERR_TIMEOUT ||
           err == VB_ERR_UNAVAILABLE || err == VB_ERR_UNCERTAIN;
}

/* Who does not know whether to try again must not be left to guess. */
static struct vb_span uncertain(const struct vb_exchange *x)
{
    return x->once != NULL
               ? VB_SPAN("It is not known whether this was done. The same "
                         "request, sent again with the same Idempotency-Key, "
                         "tells.")
               : VB_SPAN("It is not known whether this was done. A GET "
                         "tells.");
}

enum vb_answer vb_stored_failed(struct vb_exchange *x, enum vb_err err)
{
    switch (err) {
    case VB_ERR_NOSPACE:
        return vb_reply_refuse(x, VB_STATUS_INSUFFICIENT_STORAGE,
                               VB_SPAN("There is no room left to store this."));
    case VB_ERR_UNCERTAIN:
        return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE, uncertain(x));
    case VB_ERR_UNAVAILABLE:
        return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE,
                               VB_SPAN("What this is kept in cannot be "
                                       "reached. Nothing was done."));
    case VB_ERR_BUSY:
    case VB_ERR_NOMEM:
    case VB_ERR_TIMEOUT:
        return vb_reply_unavailable(x);
    default:
        return vb_reply_refuse(x, VB_STATUS_INTERNAL_SERVER_ERROR, VB_SPAN(""));
    }
}

struct vb_stored *vb_stored_new(struct vb_exchange *x,
                                const struct vb_route *route,
                                struct vb_span key,
                                const struct vb_span *variables, size_t count)
{
    struct vb_stored *stored = vb_arena_calloc(&x->arena, 1, sizeof(*stored));

    if (stored == NULL)
        return NULL;
    stored->x = x;
    stored->route = route;
    stored->operation = route->by_method[x->head.method];
    stored->key = key;
    if (route->membership != VB_MEMBER_OF_NONE)
        stored->parent = vb_stored_listing(key);
    if (count > 0)
        stored->id = variables[count - 1];
    stored->variables = variables;
    stored->variable_count = count;
    stored->now_ms = stored->created_ms = x->env->now.unix_ms;
    stored->listing_expect = VB_EXPECT_ANY;
    vb_buf_init(&stored->text, VB_STORE_CHUNK);
    return stored;
}

void vb_stored_keep(struct vb_stored *stored)
{
    stored->x->state = stored;
    stored->x->state_done = stored_done;
}

struct vb_stored *vb_stored_get(struct vb_exchange *x,
                                const struct vb_route *route)
{
    struct vb_stored *stored = x->state;

    if (stored != NULL)
        return stored;
    stored = vb_stored_new(x, route, x->key, x->variables, x->variable_count);
    if (stored == NULL) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return NULL;
    }
    vb_stored_keep(stored);
    return stored;
}

struct vb_span vb_stored_etag(struct vb_arena *arena,
                              const struct vb_store *store, uint64_t revision,
                              const struct vb_route *route)
{
    const size_t epoch_len = sizeof(store->epoch) - 1;
    char text[1 + VB_BASE36_MOST + 1 + sizeof(store->epoch)];
    char *dot = text + 1 + VB_BASE36_MOST;
    char *at = vb_base36_before(dot, revision);
    struct vb_span hidden =
        route == NULL ? VB_SPAN("") : vb_state_hidden(route);
    struct vb_span etag;

    *--at = '"';
    *dot = '.';
    memcpy(dot + 1, store->epoch, epoch_len);
    dot[1 + epoch_len] = '"';
    etag = vb_span_of(at, (size_t)(text + sizeof(text) - at));
    return hidden.len == 0
               ? vb_arena_dup(arena, etag)
               : vb_arena_printf(arena, "%.*s-%.*s\"", (int)etag.len - 1,
                                 etag.ptr, VB_FMT(hidden));
}

static struct vb_span etag_of(struct vb_exchange *x, uint64_t revision)
{
    return vb_stored_etag(&x->arena, x->env->store->store, revision, NULL);
}

struct vb_span vb_stored_tag(struct vb_exchange *x, uint64_t revision)
{
    struct vb_span etag = etag_of(x, revision);

    return etag.len == 0 ? etag : vb_span_of(etag.ptr + 1, etag.len - 2);
}

void vb_stored_select(struct vb_exchange *x, uint64_t revision,
                      int64_t modified)
{
    struct vb_span etag = etag_of(x, revision);

    x->selected = (struct vb_selected){
        .exists = true,
        .etag = etag,
        .tag_core =
            etag.len == 0 ? etag : vb_span_of(etag.ptr + 1, etag.len - 2),
        .modified = modified,
    };
}

static void drop(struct vb_json **json)
{
    vb_json_free(*json);
    *json = NULL;
}

void vb_stored_input(struct vb_stored *stored, struct vb_json *input)
{
    drop(&stored->input);
    drop(&stored->after);
    stored->input = input;
}

yyjson_val *vb_stored_before(struct vb_stored *stored)
{
    if (stored->before == NULL && stored->record != NULL &&
        vb_is_json(stored->record->media_type))
        vb_json_parse(stored->record->content, NULL, &stored->before, NULL);
    return stored->before == NULL ? NULL : stored->before->root;
}

/* --- the question `exists` ---------------------------------------------------
 */

/* A safe method is about a representation: make it, and keep it for others. */
static enum vb_answer select_shown(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct vb_record *record = stored->record;
    struct vb_rep *rep;

    if (stored->shown != NULL && vb_is_json(record->media_type))
        return vb_shown_select(stored);
    rep = vb_present(x, &(struct vb_view){
                            .route = stored->route,
                            .key = vb_stored_path(stored),
                            .tag = vb_stored_tag(x, record->revision),
                            .modified_ms = record->modified_ms,
                            .media_type = record->media_type,
                            .content = record->content,
                            .record = record,
                        });

    if (rep == NULL)
        return VB_HALT;
    vb_guarded_keep(stored, rep);
    return vb_cached_show(x, stored->key, stored->stamp, rep);
}

/* The record, or nothing, has come. */
static enum vb_answer judge(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;

    if (stored->read.op.err != VB_OK)
        return vb_stored_failed(x, stored->read.op.err);
    vb_record_unref(stored->record);
    stored->record = stored->read.record;
    if (stored->record == NULL && stored->absent != NULL) {
        x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
        return stored->absent(stored);
    }
    if (stored->record == NULL)
        return vb_absent(x, stored->route, stored->variables,
                         stored->variable_count, stored->read.tombstone);
    if (vb_method_is_safe(x->head.method) && stored->is_here != NULL &&
        !stored->is_here(stored)) {
        x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
        return VB_NO;
    }
    if (vb_method_is_safe(x->head.method) && vb_follow_wanted(x))
        return vb_follow_document(stored);
    if (vb_method_is_safe(x->head.method) && vb_guarded_shows(stored))
        return select_shown(stored);
    vb_stored_select(x, stored->record->revision,
                     stored->record->modified_ms / 1000);
    return VB_YES;
}

static void read_done(struct vb_store_op *op)
{
    struct vb_stored *stored = op->context;
    enum vb_answer answer = judge(stored);

    if (answer != VB_PENDING)
        vb_flow_resume(stored->x, answer);
}

enum vb_answer vb_stored_exists(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct vb_store_client *client = x->env->store;

    /* After AGAIN, what was read before is not what is there. */
    drop(&stored->before);
    drop(&stored->after);
    stored->stamp = vb_cached_stamp(x, stored->key);
    stored->read = (struct vb_read){
        .op = {.done = read_done, .context = stored},
        .key = stored->key,
        .wants_tombstone = vb_route_leaves_tombstones(stored->route),
    };
    stored->read.record = vb_cached_record(x, stored->key);
    if (stored->read.record == NULL &&
        vb_store_read(client, &stored->read) == VB_IO_PENDING)
        return VB_PENDING;
    return judge(stored);
}
