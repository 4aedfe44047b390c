/* Tokens of ours, and their records. See token.h. */
#include "access/token.h"

#include <stdlib.h>

#include "base/rfc3339.h"
#include "content/json.h"
#include "content/number.h"

#define PREFIX_LEN (sizeof(VB_TOKEN_PREFIX) - 1)

/* --- texts and hashes ------------------------------------------------------
 */

void vb_token_make(char text[VB_TOKEN_LEN],
                   unsigned char hash[VB_TOKEN_HASH_LEN])
{
    memcpy(text, VB_TOKEN_PREFIX, PREFIX_LEN);
    vb_opaque_make(text + PREFIX_LEN);
    vb_opaque_hash(vb_span_of(text, VB_TOKEN_LEN), hash);
}

bool vb_token_hash(struct vb_span text, unsigned char hash[VB_TOKEN_HASH_LEN])
{
    if (text.len != VB_TOKEN_LEN ||
        !vb_span_starts(text, VB_SPAN(VB_TOKEN_PREFIX)))
        return false;
    vb_opaque_hash(text, hash);
    return true;
}

struct vb_span vb_token_key(struct vb_arena *arena, struct vb_span id)
{
    return vb_arena_printf(arena, VB_TOKEN_KEYS "%.*s", VB_FMT(id));
}

struct vb_span vb_token_listing(struct vb_arena *arena, struct vb_span account)
{
    return vb_arena_printf(arena, VB_TOKEN_LISTINGS "%.*s", VB_FMT(account));
}

/* --- writing ---------------------------------------------------------------
 */

static void write_time(struct vb_buf *buf, const char *name, int64_t unix_ms)
{
    vb_buf_printf(buf, ",\"%s\":", name);
    if (unix_ms == 0)
        vb_buf_str(buf, "null");
    else
        vb_json_write_time(buf, unix_ms);
}

/* What both its record and its holder's view of it have. */
static void write_facts(struct vb_buf *buf, const struct vb_token *token)
{
    vb_buf_str(buf, "\"name\":");
    vb_json_write_string(buf, token->name);
    vb_buf_str(buf, ",\"scopes\":[");
    for (size_t i = 0; i < token->scope_count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        vb_json_write_string(buf, token->scopes[i]);
    }
    vb_buf_char(buf, ']');
    write_time(buf, "created", token->created_ms);
    write_time(buf, "expires", token->expires_ms);
}

void vb_token_write(struct vb_buf *buf, const struct vb_token *token)
{
    vb_buf_str(buf, "{\"hash\":\"");
    vb_opaque_write(buf, token->hash, sizeof(token->hash));
    vb_buf_str(buf, "\",\"account\":");
    vb_json_write_string(buf, token->account);
    vb_buf_printf(buf, ",\"position\":%llu,",
                  (unsigned long long)token->position);
    write_facts(buf, token);
    vb_buf_char(buf, '}');
}

void vb_token_show(struct vb_buf *buf, const struct vb_token *token,
                   struct vb_span id, struct vb_span text)
{
    vb_buf_str(buf, "{\"id\":");
    vb_json_write_string(buf, id);
    vb_buf_char(buf, ',');
    write_facts(buf, token);
    if (text.len > 0) {
        vb_buf_str(buf, ",\"token\":");
        vb_json_write_string(buf, text);
    }
    vb_buf_char(buf, '}');
}

/* --- reading ---------------------------------------------------------------
 */

static bool read_time(yyjson_val *root, const char *name, int64_t *ret)
{
    yyjson_val *val = yyjson_obj_get(root, name);

    *ret = 0;
    return yyjson_is_null(val) ||
           (yyjson_is_str(val) && vb_rfc3339_parse(vb_json_text(val), ret));
}

static bool read_position(yyjson_val *root, uint64_t *ret)
{
    yyjson_val *val = yyjson_obj_get(root, "position");
    int64_t position;

    if (val == NULL || !vb_json_is_number(val) ||
        !vb_number_i64(vb_json_text(val), &position) || position <= 0)
        return false;
    *ret = (uint64_t)position;
    return true;
}

/* Copies a text behind the last one. */
static struct vb_span put(char **at, struct vb_span text)
{
    struct vb_span copy = vb_span_of(*at, text.len);

    if (text.len > 0)
        memcpy(*at, text.ptr, text.len);
    *at += text.len;
    return copy;
}

/* One piece of memory: the token, its scopes, and all texts. */
static struct vb_token *fill(yyjson_val *root, size_t text_len)
{
    yyjson_val *scopes = yyjson_obj_get(root, "scopes");
    size_t count = yyjson_arr_size(scopes);
    size_t size = sizeof(struct vb_token) + count * sizeof(struct vb_span);
    struct vb_token *token = calloc(1, size + text_len);
    struct vb_span *list;
    char *at;

    if (token == NULL)
        return NULL;
    vb_ref_init(&token->ref);
    token->size = size + text_len;
    list = (struct vb_span *)(void *)(token + 1);
    at = (char *)token + size;
    token->account = put(&at, vb_json_member_text(root, "account"));
    token->name = put(&at, vb_json_member_text(root, "name"));
    for (size_t i = 0; i < count; i++)
        list[i] = put(&at, vb_json_text(yyjson_arr_get(scopes, i)));
    token->scopes = list;
    token->scope_count = count;
    if (!vb_opaque_read(vb_json_member_text(root, "hash"), token->hash,
                        sizeof(token->hash)) ||
        !read_time(root, "created", &token->created_ms) ||
        !read_time(root, "expires", &token->expires_ms) ||
        !read_position(root, &token->position) || token->account.len == 0) {
        free(token);
        return NULL;
    }
    return token;
}

static bool are_texts(yyjson_val *list)
{
    yyjson_val *text;
    size_t i, max;

    yyjson_arr_foreach(list, i, max, text)
    {
        if (!yyjson_is_str(text))
            return false;
    }
    return yyjson_is_arr(list);
}

struct vb_token *vb_token_read(struct vb_span content)
{
    struct vb_token *token = NULL;
    struct vb_json *json;

    if (vb_json_parse(content, NULL, &json, NULL) != VB_OK)
        return NULL;
    /* No text in it is longer than all of it. */
    if (are_texts(yyjson_obj_get(json->root, "scopes")))
        token = fill(json->root, content.len);
    vb_json_free(json);
    return token;
}

bool vb_token_counts(const struct vb_token *token,
                     const struct vb_record *account, int64_t now_ms)
{
    return vb_span_eq(token->account, account->key) &&
           token->position == account->position &&
           (token->expires_ms == 0 || token->expires_ms > now_ms);
}

void vb_token_unref(struct vb_token *token)
{
    if (token != NULL && vb_ref_put(&token->ref))
        free(token);
}
