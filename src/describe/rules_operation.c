/* Rules about operations. See rules.h. */
#include "describe/rules.h"

#include "content/json.h"

static bool is_method(const struct vb__subject *s, enum vb_method method)
{
    return s->op && s->op->method == method;
}

static bool declares(const struct vb_operation *op, int status)
{
    for (size_t i = 0; i < op->response_count; i++) {
        if (op->responses[i].status == status)
            return true;
    }
    return false;
}

/* --- what it says it does ------------------------------------------------ */

static const char *const changes[] = {
    "create",     "delete",  "remove",  "update",  "insert",
    "add",        "modify",  "send",    "reset",   "activate",
    "deactivate", "cancel",  "approve", "purge",   "save",
    "edit",       "upload",  "replace", "creates", "deletes",
    "removes",    "updates", "adds",    "sends",   NULL};
static const char *const reads[] = {
    "get",   "list", "fetch", "retrieve", "find",     "search", "read",
    "query", "gets", "lists", "finds",    "searches", NULL};

/* The first word of the operation's id or summary that is in the list. */
static bool begins_with(const struct vb_operation *op, const char *const *list,
                        struct vb_buf *detail)
{
    const struct vb_span names[] = {op->operation_id, op->summary};
    char room[16];

    for (size_t i = 0; i < 2; i++) {
        struct vb_span word = vb__first_word(names[i], room, sizeof(room));

        if (word.len > 0 && vb__is_one_of(word, list)) {
            vb_buf_printf(detail, "\"%.*s\"", VB_FMT(names[i]));
            return true;
        }
    }
    return false;
}

bool vb__rule_get_side_effect(const struct vb__subject *s,
                              struct vb_buf *detail)
{
    if (!is_method(s, VB_METHOD_GET))
        return false;
    if (declares(s->op, 201) || declares(s->op, 202)) {
        vb_buf_printf(detail, "declares %d", declares(s->op, 201) ? 201 : 202);
        return true;
    }
    return begins_with(s->op, changes, detail);
}

bool vb__rule_safe_post(const struct vb__subject *s, struct vb_buf *detail)
{
    return is_method(s, VB_METHOD_POST) && begins_with(s->op, reads, detail);
}

bool vb__rule_collection_write(const struct vb__subject *s,
                               struct vb_buf *detail)
{
    (void)detail;
    return (is_method(s, VB_METHOD_PUT) || is_method(s, VB_METHOD_PATCH)) &&
           (s->route->archetype == VB_ARCHETYPE_COLLECTION ||
            s->route->archetype == VB_ARCHETYPE_STORE);
}

/* --- statuses ------------------------------------------------------------ */

bool vb__rule_redirect_302(const struct vb__subject *s, struct vb_buf *detail)
{
    (void)detail;
    return s->op && declares(s->op, 302);
}

bool vb__rule_post_without_201(const struct vb__subject *s,
                               struct vb_buf *detail)
{
    if (!is_method(s, VB_METHOD_POST) || !s->op->served ||
        s->route->archetype != VB_ARCHETYPE_COLLECTION ||
        declares(s->op, 201) || declares(s->op, 2))
        return false;
    vb_buf_printf(detail, "answers %d", s->op->success.created);
    return true;
}

bool vb__rule_put_without_201(const struct vb__subject *s,
                              struct vb_buf *detail)
{
    (void)detail;
    return is_method(s, VB_METHOD_PUT) && s->op->served && s->op->creates &&
           !declares(s->op, 201) && !declares(s->op, 2);
}

static bool takes_many(const struct vb_operation *op)
{
    for (size_t i = 0; i < op->request.media_count; i++)
        if (op->request.media[i].served &&
            vb_media_is_many(op->request.media[i].kind))
            return true;
    return false;
}

/* Is this a status that its success may have? The table of serve.c as one
 * answer; and what many at once are answered with (resource/import.h). */
static bool may_come(const struct vb__subject *s, int status)
{
    const struct vb_success *success = &s->op->success;
    const struct vb_action *action = s->route->action;
    bool runs = action && (action->kind == VB_ACTION_RUN ||
                           action->kind == VB_ACTION_FORWARD ||
                           action->kind == VB_ACTION_PLUGIN);

    if (status == 202)
        return success->async;
    if (status == 206)
        return vb_method_is_safe(s->op->method);
    if (takes_many(s->op) && (status == 200 || status == 204))
        return true;
    if (runs && (status == 204 || status == 201)) /* as it likes */
        return status == 204 || action->kind == VB_ACTION_PLUGIN;
    return status == success->created || status == success->done ||
           status == success->minimal || status == success->full;
}

bool vb__rule_never_sent(const struct vb__subject *s, struct vb_buf *detail)
{
    size_t before = detail->len;

    if (!s->op || !s->op->served ||
        s->route->archetype > VB_ARCHETYPE_CONTROLLER)
        return false;
    for (size_t i = 0; i < s->op->response_count; i++) {
        int status = s->op->responses[i].status;

        if ((status / 100 == 2 || status == 303) && !may_come(s, status))
            vb_buf_printf(detail, "%s%d", detail->len > before ? ", " : "",
                          status);
    }
    if (detail->len == before)
        return false;
    vb_buf_printf(detail, "; answers %d",
                  s->op->success.created ? s->op->success.created
                                         : s->op->success.done);
    return true;
}

bool vb__rule_empty_200(const struct vb__subject *s, struct vb_buf *detail)
{
    (void)detail;
    if (!s->op || s->op->method == VB_METHOD_HEAD ||
        s->op->method == VB_METHOD_OPTIONS)
        return false;
    for (size_t i = 0; i < s->op->response_count; i++) {
        if (s->op->responses[i].status == 200)
            return s->op->responses[i].media_count == 0;
    }
    return false;
}

/* --- content ------------------------------------------------------------- */

static const char *const flags[] = {
    "error",      "errors",       "success",       "errorCode",
    "error_code", "errorMessage", "is_error",      "isError",
    "ok",         "successful",   "error_message", NULL};

static bool has_flag(const struct vb_schema *schema, struct vb_arena *scratch,
                     struct vb_buf *detail)
{
    const struct vb_schema_property *list;
    size_t count;

    if (!schema ||
        vb_schema_properties(schema, scratch, &list, &count) != VB_OK)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (vb__is_one_of(list[i].name, flags)) {
            vb_buf_printf(detail, "property \"%.*s\"", VB_FMT(list[i].name));
            return true;
        }
    }
    return false;
}

bool vb__rule_error_in_200(const struct vb__subject *s, struct vb_buf *detail)
{
    for (size_t i = 0; s->op && i < s->op->response_count; i++) {
        const struct vb_described_response *response = &s->op->responses[i];

        if (response->status / 100 != 2 && response->status != 2)
            continue;
        for (size_t k = 0; k < response->media_count; k++) {
            if (has_flag(response->media[k].schema, s->scratch, detail))
                return true;
        }
    }
    return false;
}

/* The JSON schema of what GET answers with on success. */
static const struct vb_schema *shown(const struct vb_operation *op)
{
    const struct vb_described_response *response =
        op ? vb_response_find(op, 200) : NULL;

    for (size_t i = 0; response && i < response->media_count; i++) {
        if (response->status != 0 && response->media[i].kind == VB_MEDIA_JSON)
            return response->media[i].schema;
    }
    return NULL;
}

static const struct vb_schema *answered(const struct vb_operation *op)
{
    const struct vb_described_response *created =
        op->success.created ? vb_response_find(op, op->success.created) : NULL;

    for (size_t i = 0; created && i < created->media_count; i++) {
        if (created->status != 0 && created->media[i].kind == VB_MEDIA_JSON)
            return created->media[i].schema;
    }
    return op->success.full == 200 ? shown(op) : NULL;
}

bool vb__rule_other_answer(const struct vb__subject *s, struct vb_buf *detail)
{
    const struct vb_route *member =
        s->route->member ? s->route->member : s->route;
    const struct vb_schema *state, *answer;

    (void)detail;
    if (!s->op || !s->op->served || vb_method_is_safe(s->op->method) ||
        s->route->archetype == VB_ARCHETYPE_CONTROLLER)
        return false;
    state = shown(member->by_method[VB_METHOD_GET]);
    answer = answered(s->op);
    return state && answer && state != answer &&
           !yyjson_equals(vb_schema_value(state), vb_schema_value(answer));
}

bool vb__rule_media(const struct vb__subject *s, struct vb_buf *detail)
{
    size_t before = detail->len;

    if (!s->op || !s->op->served)
        return false;
    for (size_t i = 0; i < s->op->request.media_count; i++) {
        const struct vb_content *m = &s->op->request.media[i];

        if (!m->served && s->op->method != VB_METHOD_PATCH)
            vb_buf_printf(detail, "%s%.*s: %.*s",
                          detail->len > before ? "; " : "", VB_FMT(m->text),
                          VB_FMT(m->why_not));
    }
    return detail->len > before;
}

bool vb__rule_patch_media(const struct vb__subject *s, struct vb_buf *detail)
{
    if (!is_method(s, VB_METHOD_PATCH) || !s->op->served)
        return false;
    for (size_t i = 0; i < s->op->request.media_count; i++) {
        const struct vb_content *m = &s->op->request.media[i];

        if (m->served)
            continue;
        vb_buf_printf(detail, "%.*s is not taken", VB_FMT(m->text));
        return true;
    }
    return false;
}

bool vb__rule_content_in_get(const struct vb__subject *s, struct vb_buf *detail)
{
    (void)detail;
    return (is_method(s, VB_METHOD_GET) || is_method(s, VB_METHOD_HEAD)) &&
           s->op->request.declared;
}

bool vb__rule_content_in_delete(const struct vb__subject *s,
                                struct vb_buf *detail)
{
    (void)detail;
    return is_method(s, VB_METHOD_DELETE) && s->op->request.declared;
}
