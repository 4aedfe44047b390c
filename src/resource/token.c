/*
 * Tokens as resources (archetype `token`): whoever has an account issues some
 * to itself, sees which there are, and revokes them.
 *
 *     POST /tokens {name, scopes, expires} ─▶ 201, and the token, this once
 *     GET /tokens, GET /tokens/ID             one's own, without their texts
 *     DELETE /tokens/ID                       it is good for nothing from now
 * on
 *
 * What is nobody's own is not there. Records: access/token.h.
 */
#include "resource/token.h"

#include <sodium.h>

#include "access/token.h"
#include "base/rfc3339.h"
#include "exchange/identity.h"
#include "flow/reply.h"
#include "http/chars.h"
#include "http/method.h"
#include "resource/build.h"
#include "resource/controller.h"
#include "resource/document.h"
#include "resource/stored.h"

/* Bytes of a token's name, and of a listing. */
#define NAME_MOST    200
#define LISTING_MOST ((size_t)4 << 20)

static const struct vb_span *account_of(const struct vb_exchange *x)
{
    return x->identity != NULL && x->identity->account.len > 0
               ? &x->identity->account
               : NULL;
}

/* Said before anything is looked up. */
static enum vb_answer refuse_stranger(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_FORBIDDEN,
                           VB_SPAN("Tokens are an account's, and these "
                                   "credentials are no account's."));
}

/* --- one's tokens -----------------------------------------------------------
 */

/* The state of an exchange with the listing. */
struct listing {
    struct vb_exchange *x;
    struct vb_span key; /* of the account's */
    struct vb_list_read list;
    /* POST */
    struct vb_token made; /* what will be; its texts are the arena's */
    char text[VB_TOKEN_LEN];
    struct vb_json *input;
    struct vb_commit commit;
    struct vb_change changes[2 + VB_TOKENS_PER_ACCOUNT];
};

static void listing_done(struct vb_exchange *x)
{
    struct listing *listing = x->state;

    vb_list_read_done(&listing->list);
    vb_json_free(listing->input);
    sodium_memzero(listing->text, sizeof(listing->text));
}

static struct vb_span id_of(struct vb_span key)
{
    return vb_span_from(key, sizeof(VB_TOKEN_KEYS) - 1);
}

/* One that counts, a reference; NULL: it is over, damaged, or was that of
 * another account under this key. */
static struct vb_token *read_own(const struct vb_exchange *x,
                                 const struct vb_record *record)
{
    struct vb_token *token = vb_token_read(record->content);

    if (token != NULL &&
        vb_token_counts(token, x->identity->record, x->env->now.unix_ms))
        return token;
    vb_token_unref(token);
    return NULL;
}

static void append_token(const struct vb_exchange *x, struct vb_buf *text,
                         const struct vb_record *record)
{
    struct vb_token *token = read_own(x, record);

    if (token == NULL)
        return;
    if (text->len > 1)
        vb_buf_char(text, ',');
    vb_token_show(text, token, id_of(record->key), VB_SPAN(""));
    vb_token_unref(token);
}

static enum vb_answer show_all(struct listing *listing)
{
    enum vb_answer answer;
    struct vb_buf text;

    vb_buf_init(&text, LISTING_MOST);
    vb_buf_char(&text, '[');
    for (size_t i = 0; i < listing->list.count; i++)
        append_token(listing->x, &text, listing->list.records[i]);
    vb_buf_char(&text, ']');
    answer = vb_present_unkept(listing->x, &text);
    vb_buf_done(&text);
    return answer;
}

static size_t count_own(const struct listing *listing)
{
    size_t count = 0;

    for (size_t i = 0; i < listing->list.count; i++) {
        struct vb_token *token = read_own(listing->x, listing->list.records[i]);

        count += token != NULL;
        vb_token_unref(token);
    }
    return count;
}

static enum vb_answer judge_list(struct listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (listing->list.op.err != VB_OK)
        return vb_stored_failed(x, listing->list.op.err);
    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    if (vb_method_is_safe(x->head.method))
        return show_all(listing);
    if (count_own(listing) < VB_TOKENS_PER_ACCOUNT)
        return VB_YES;
    return vb_reply_refuse(x, VB_STATUS_CONFLICT,
                           VB_SPAN("This account has 100 tokens; one must be "
                                   "revoked before another is issued."));
}

static void list_done(struct vb_store_op *op)
{
    struct listing *listing = op->context;
    enum vb_answer answer = judge_list(listing);

    vb_flow_resume(listing->x, answer);
}

static struct listing *listing_of(struct vb_exchange *x)
{
    struct listing *listing = x->state;

    if (listing != NULL)
        return listing;
    listing = vb_arena_calloc(&x->arena, 1, sizeof(*listing));
    if (listing == NULL)
        return NULL;
    listing->x = x;
    listing->key = vb_token_listing(&x->arena, *account_of(x));
    x->state = listing;
    x->state_done = listing_done;
    return listing->key.len > 0 ? listing : NULL;
}

static enum vb_answer listing_exists(struct vb_exchange *x)
{
    struct listing *listing;

    if (account_of(x) == NULL)
        return refuse_stranger(x);
    listing = listing_of(x);
    if (listing == NULL)
        return vb_reply_unavailable(x);
    vb_list_read_done(&listing->list);
    listing->list = (struct vb_list_read){
        .op = {.done = list_done, .context = listing},
        .parent = listing->key,
        .limit = VB_TOKENS_PER_ACCOUNT,
        .byte_limit = LISTING_MOST,
    };
    return vb_store_list(x->env->store, &listing->list) == VB_IO_PENDING
               ? VB_PENDING
               : judge_list(listing);
}

/* --- POST: another one ------------------------------------------------------
 */

static bool complain(struct vb_exchange *x, const char *pointer,
                     const char *detail)
{
    x->reply.status = VB_STATUS_UNPROCESSABLE_CONTENT;
    vb_reply_complain(x, VB_PROBLEM_POINTER, vb_span_str(pointer),
                      vb_span_str(detail));
    return false;
}

static bool is_name(yyjson_val *val)
{
    return yyjson_is_str(val) && vb_json_text(val).len <= NAME_MOST &&
           vb_chars_none(vb_json_text(val), VB_CHAR_CTL);
}

static bool take_name(struct listing *listing, yyjson_val *val)
{
    if (val == NULL)
        return true;
    if (!is_name(val))
        return complain(listing->x, "/name",
                        "is no text of at most 200 bytes, without control "
                        "characters");
    listing->made.name = vb_json_text(val);
    return true;
}

static bool take_scope(struct listing *listing, yyjson_val *val,
                       struct vb_span *ret)
{
    struct vb_exchange *x = listing->x;

    if (!yyjson_is_str(val) || !vb_chars_all(vb_json_text(val), VB_CHAR_VCHAR))
        return complain(x, "/scopes", "is no list of scopes");
    *ret = vb_json_text(val);
    /* Nobody gives away what it has not. */
    return vb_identity_has_scope(x->identity, *ret) ||
           complain(x, "/scopes",
                    "has a scope that these credentials do not have");
}

static bool take_scopes(struct listing *listing, yyjson_val *list)
{
    struct vb_exchange *x = listing->x;
    struct vb_span *scopes;
    yyjson_val *val;
    size_t i, max;

    if (list == NULL)
        return true;
    if (!yyjson_is_arr(list) || yyjson_arr_size(list) > VB_TOKEN_SCOPES_MOST)
        return complain(x, "/scopes", "is no list of at most 64 scopes");
    scopes =
        vb_arena_calloc(&x->arena, yyjson_arr_size(list) + 1, sizeof(*scopes));
    if (scopes == NULL)
        return complain(x, "/scopes", "is too long");
    yyjson_arr_foreach(list, i, max, val)
    {
        if (!take_scope(listing, val, &scopes[i]))
            return false;
    }
    listing->made.scopes = scopes;
    listing->made.scope_count = yyjson_arr_size(list);
    return true;
}

static bool take_expires(struct listing *listing, yyjson_val *val)
{
    if (val == NULL || yyjson_is_null(val))
        return true;
    if (!yyjson_is_str(val) ||
        !vb_rfc3339_parse(vb_json_text(val), &listing->made.expires_ms) ||
        listing->made.expires_ms <= listing->x->env->now.unix_ms)
        return complain(listing->x, "/expires", "is no date-time to come");
    return true;
}

static bool knows_all(struct listing *listing, yyjson_val *root)
{
    static const char *const names[] = {"name", "scopes", "expires"};
    yyjson_obj_iter iter;
    yyjson_val *name;

    yyjson_obj_iter_init(root, &iter);
    while ((name = yyjson_obj_iter_next(&iter)) != NULL)
        if (!yyjson_equals_str(name, names[0]) &&
            !yyjson_equals_str(name, names[1]) &&
            !yyjson_equals_str(name, names[2]))
            return complain(listing->x, "",
                            "has a member other than name, scopes and expires");
    return true;
}

/* Said once, and good after AGAIN. */
static enum vb_answer token_valid(struct vb_exchange *x)
{
    struct listing *listing = x->state;
    enum vb_answer answer = vb_controller_valid(x);
    yyjson_val *root;

    if (answer != VB_YES || x->content.len == 0)
        return answer;
    listing->made = (struct vb_token){.created_ms = 0};
    if (listing->input == NULL && vb_json_parse(vb_buf_span(&x->content), NULL,
                                                &listing->input, NULL) != VB_OK)
        return vb_reply_unavailable(x);
    root = listing->input->root;
    if (!yyjson_is_obj(root))
        return complain(x, "", "is no object") ? VB_YES : VB_NO;
    return knows_all(listing, root) &&
                   take_name(listing, yyjson_obj_get(root, "name")) &&
                   take_scopes(listing, yyjson_obj_get(root, "scopes")) &&
                   take_expires(listing, yyjson_obj_get(root, "expires"))
               ? VB_YES
               : VB_NO;
}

static enum vb_answer tell(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_span id = id_of(listing->changes[0].key);
    enum vb_answer answer;
    struct vb_buf text;

    vb_buf_init(&text, LISTING_MOST);
    vb_token_show(&text, &listing->made, id,
                  vb_span_of(listing->text, VB_TOKEN_LEN));
    answer = vb_present_unkept(x, &text);
    if (text.ptr != NULL)
        sodium_memzero(text.ptr, text.len);
    vb_buf_done(&text);
    x->outcome.created = true;
    x->outcome.location = vb_arena_printf(
        &x->arena, "%.*s%s%.*s", VB_FMT(x->key),
        vb_span_ends(x->key, VB_SPAN("/")) ? "" : "/", VB_FMT(id));
    return answer;
}

static enum vb_answer judge_made(struct listing *listing)
{
    enum vb_err err = listing->commit.op.err;

    if (err == VB_ERR_AGAIN)
        return VB_AGAIN;
    return err == VB_OK ? tell(listing) : vb_stored_failed(listing->x, err);
}

static void made_done(struct vb_store_op *op)
{
    struct listing *listing = op->context;
    enum vb_answer answer = judge_made(listing);

    vb_flow_resume(listing->x, answer);
}

/* Makes the token, and its record's text in the arena. */
static struct vb_span make(struct listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_span content;
    struct vb_buf text;

    vb_token_make(listing->text, listing->made.hash);
    listing->made.account = x->identity->account;
    listing->made.position = x->identity->record->position;
    listing->made.created_ms = x->env->now.unix_ms;
    vb_buf_init(&text, VB_STORE_CHUNK);
    vb_token_write(&text, &listing->made);
    content = text.err == VB_OK ? vb_arena_dup(&x->arena, vb_buf_span(&text))
                                : VB_SPAN("");
    vb_buf_done(&text);
    return content;
}

/* Those that are over go when another one comes. */
static size_t sweep(struct listing *listing, size_t count)
{
    for (size_t i = 0; i < listing->list.count; i++) {
        struct vb_record *record = listing->list.records[i];
        struct vb_token *token = read_own(listing->x, record);

        if (token == NULL)
            listing->changes[count++] =
                (struct vb_change){.kind = VB_CHANGE_DELETE,
                                   .key = record->key,
                                   .expect = VB_EXPECT_ANY};
        vb_token_unref(token);
    }
    return count;
}

/* The listing must be as it was counted, so that there are never too many. */
static enum vb_answer token_commit(struct vb_exchange *x)
{
    struct listing *listing = x->state;
    struct vb_span content = make(listing);
    char id[VB_TOKEN_ID_LEN];

    vb_opaque_id(listing->made.hash, id);
    listing->changes[0] = (struct vb_change){
        .kind = VB_CHANGE_PUT,
        .key = vb_token_key(&x->arena, vb_span_of(id, sizeof(id))),
        .parent = listing->key,
        .expect = VB_EXPECT_NONE,
        .media_type = VB_SPAN("application/json"),
        .content = content,
        .length = content.len,
        .modified_ms = x->env->now.unix_ms,
    };
    listing->changes[1] = (struct vb_change){
        .kind = VB_CHANGE_REQUIRE_STATE,
        .key = listing->key,
        .expect = listing->list.revision,
    };
    if (content.len == 0 || x->arena.failed)
        return vb_reply_unavailable(x);
    listing->commit = (struct vb_commit){
        .op = {.done = made_done, .context = listing},
        .changes = listing->changes,
        .change_count = sweep(listing, 2),
    };
    return vb_store_commit(x->env->store, &listing->commit) == VB_IO_PENDING
               ? VB_PENDING
               : judge_made(listing);
}

/* --- one of them ------------------------------------------------------------
 */

/* As the store's machinery wants it. A holder sees none of these. */
#define PATH(name)                                                             \
    static const struct vb_span name##_path[] = {VB_SPAN_INIT(#name)}
PATH(hash);
PATH(account);
PATH(position);
#undef PATH

static const struct vb_property hidden[] = {
    {.path = hash_path, .path_len = 1, .write_only = true},
    {.path = account_path, .path_len = 1, .write_only = true},
    {.path = position_path, .path_len = 1, .write_only = true},
};

static const struct vb_state state = {.json = true,
                                      .properties = hidden,
                                      .property_count = 3,
                                      .hidden = VB_SPAN_INIT("w")};

static const struct vb_operation operations[] = {
    {.method = VB_METHOD_GET,
     .name = VB_SPAN_INIT("GET"),
     .served = true,
     .success = {.done = 200, .full = 200}},
    {.method = VB_METHOD_DELETE,
     .name = VB_SPAN_INIT("DELETE"),
     .served = true,
     .success = {.done = 204, .full = 204, .minimal = 204}},
};

static const struct vb_route record_route = {
    .path = VB_SPAN_INIT(VB_TOKEN_KEYS),
    .served = true,
    .archetype = VB_ARCHETYPE_DOCUMENT,
    .operations = operations,
    .operation_count = 2,
    .by_method =
        {[VB_METHOD_GET] = &operations[0], [VB_METHOD_DELETE] = &operations[1]},
    .state = &state,
};

static bool is_own(struct vb_stored *stored)
{
    struct vb_token *token = read_own(stored->x, stored->record);

    vb_token_unref(token);
    return token != NULL;
}

static enum vb_answer member_exists(struct vb_exchange *x)
{
    struct vb_span id = x->variable_count > 0
                            ? x->variables[x->variable_count - 1]
                            : VB_SPAN("");
    struct vb_stored *stored = x->state;

    if (account_of(x) == NULL)
        return refuse_stranger(x);
    if (stored == NULL) {
        stored = vb_stored_new(x, &record_route, vb_token_key(&x->arena, id),
                               x->variables, x->variable_count);
        if (stored == NULL || stored->key.len == 0)
            return vb_reply_unavailable(x);
        vb_stored_keep(stored);
        stored->is_here = is_own;
    }
    return vb_stored_exists(stored);
}

/* A safe method was told that there is nothing of somebody else's already. */
static enum vb_answer member_delete(struct vb_exchange *x)
{
    return is_own(x->state)
               ? vb_stored_delete(x->state)
               : vb_reply_refuse(x, VB_STATUS_NOT_FOUND, VB_SPAN(""));
}

/* --- both ------------------------------------------------------------------
 */

static bool is_member(const struct vb_route *route)
{
    return route->collection != NULL;
}

const struct vb_slot *vb_token_slot(const struct vb_route *route,
                                    enum vb_method method)
{
    static const struct vb_slot get_slot = {.content_ignored = true};
    static const struct vb_slot post_slot = {
        .content_optional = true,
        .parsed = vb_controller_parsed,
        .valid = token_valid,
        .commit = token_commit,
    };
    static const struct vb_slot delete_slot = {
        .content_ignored = true,
        .commit = member_delete,
    };

    if (method == VB_METHOD_GET)
        return &get_slot;
    if (is_member(route))
        return method == VB_METHOD_DELETE ? &delete_slot : NULL;
    return method == VB_METHOD_POST ? &post_slot : NULL;
}

/* A note of the reply (Idempotency-Key) would hold the token: none is kept. */
void vb_token_init(struct vb_resource *resource, const struct vb_route *route)
{
    resource->fresh_key = NULL;
    resource->exists = is_member(route) ? member_exists : listing_exists;
    resource->offers = vb_unkept_offers; /* no page has a token in it */
    resource->offer_count = 1;
}
