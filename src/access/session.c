/* Sessions and their records. See session.h. */
#include "access/session.h"

#include <stdlib.h>

#include "access/asking.h"
#include "content/json.h"
#include "content/number.h"

/* A session is written down as seen this often within its idle time. */
#define SEEN_PARTS 16

void vb_session_make(struct vb_session *session, char text[VB_OPAQUE_LEN],
                     int64_t now_ms)
{
    *session = (struct vb_session){.created_ms = now_ms, .seen_ms = now_ms};
    vb_ref_init(&session->ref);
    vb_opaque_make(text);
    vb_opaque_hash(vb_span_of(text, VB_OPAQUE_LEN), session->hash);
    vb_opaque_id(session->hash, session->id);
    memcpy(session->data, session->id, sizeof(session->data));
}

/* --- time -----------------------------------------------------------------
 */

int64_t vb_session_expires(const struct vb_session *session,
                           const struct vb_session_rules *rules)
{
    int64_t idle = session->seen_ms + rules->idle_s * 1000;
    int64_t end = session->created_ms + rules->lifetime_s * 1000;

    return idle < end ? idle : end;
}

bool vb_session_is_due(const struct vb_session *session,
                       const struct vb_session_rules *rules, int64_t now_ms)
{
    int64_t often = rules->idle_s * 1000 / SEEN_PARTS;

    if (often < 1000)
        often = 1000;
    return now_ms - session->seen_ms >= often ||
           session->seen_ms - now_ms >= often; /* the clock was set back */
}

/* --- keys -----------------------------------------------------------------
 */

struct vb_span vb_session_key(struct vb_arena *arena, struct vb_span id)
{
    return vb_arena_printf(arena, VB_SESSION_KEYS "%.*s", VB_FMT(id));
}

struct vb_span vb_session_listing(struct vb_arena *arena,
                                  struct vb_span account)
{
    return vb_arena_printf(arena, VB_SESSION_LISTINGS "%.*s", VB_FMT(account));
}

struct vb_span vb_session_data_key(struct vb_arena *arena, struct vb_span data,
                                   struct vb_span path)
{
    return vb_arena_printf(arena, VB_SESSION_DATA "%.*s%.*s", VB_FMT(data),
                           VB_FMT(path));
}

/* --- changes --------------------------------------------------------------
 */

static void write_bytes(struct vb_buf *buf, const char *name, const void *bytes,
                        size_t len)
{
    vb_buf_printf(buf, "\"%s\":\"", name);
    vb_opaque_write(buf, bytes, len);
    vb_buf_str(buf, "\",");
}

static void write_record(struct vb_buf *buf, const struct vb_session *session)
{
    vb_buf_char(buf, '{');
    write_bytes(buf, "hash", session->hash, sizeof(session->hash));
    write_bytes(buf, "mark", session->mark, sizeof(session->mark));
    vb_buf_printf(buf,
                  "\"data\":\"%.*s\",\"account\":", (int)sizeof(session->data),
                  session->data);
    vb_json_write_string(buf, session->account);
    vb_buf_printf(buf, ",\"created\":%lld,\"seen\":%lld}",
                  (long long)session->created_ms, (long long)session->seen_ms);
}

struct vb_change vb_session_put(struct vb_arena *arena,
                                const struct vb_session *session,
                                int64_t now_ms, uint64_t expect)
{
    struct vb_span content = VB_SPAN("");
    struct vb_buf buf;

    vb_buf_init(&buf, VB_STORE_CHUNK);
    write_record(&buf, session);
    if (buf.err == VB_OK)
        content = vb_arena_dup(arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return (struct vb_change){
        .kind = VB_CHANGE_PUT,
        .key = vb_session_key(arena, vb_session_id(session)),
        .parent = vb_session_listing(arena, session->account),
        .expect = expect,
        .media_type = VB_SPAN("application/json"),
        .content = content,
        .length = content.len,
        .modified_ms = now_ms,
    };
}

static struct vb_change removal(struct vb_span key)
{
    return (struct vb_change){
        .kind = VB_CHANGE_DELETE, .key = key, .expect = VB_EXPECT_ANY};
}

size_t vb_session_removals_most(const struct vb_description *description)
{
    size_t count = 1;

    for (size_t i = 0; i < description->route_count; i++)
        count += description->routes[i]->per_session;
    return count;
}

size_t vb_session_remove(struct vb_arena *arena,
                         const struct vb_description *description,
                         struct vb_span id, struct vb_span data,
                         struct vb_change *changes)
{
    size_t count = 0;

    changes[count++] = removal(vb_session_key(arena, id));
    for (size_t i = 0; data.len > 0 && i < description->route_count; i++) {
        const struct vb_route *route = description->routes[i];

        if (route->per_session)
            changes[count++] =
                removal(vb_session_data_key(arena, data, route->path));
    }
    return count;
}

/* --- reading --------------------------------------------------------------
 */

static bool read_ms(yyjson_val *root, const char *name, int64_t *ret)
{
    yyjson_val *val = yyjson_obj_get(root, name);

    return val != NULL && vb_json_is_number(val) &&
           vb_number_i64(vb_json_text(val), ret);
}

static bool read_record(yyjson_val *root, struct vb_session *session)
{
    struct vb_span data = vb_json_member_text(root, "data");

    if (data.len != sizeof(session->data))
        return false;
    memcpy(session->data, data.ptr, data.len);
    return vb_opaque_read(vb_json_member_text(root, "hash"), session->hash,
                          sizeof(session->hash)) &&
           vb_opaque_read(vb_json_member_text(root, "mark"), session->mark,
                          sizeof(session->mark)) &&
           read_ms(root, "created", &session->created_ms) &&
           read_ms(root, "seen", &session->seen_ms);
}

/* One piece of memory, with the account's key at its end. */
static struct vb_session *make(yyjson_val *root)
{
    struct vb_span account = vb_json_member_text(root, "account");
    struct vb_session *session = calloc(1, sizeof(*session) + account.len + 1);

    if (session == NULL || !read_record(root, session)) {
        free(session);
        return NULL;
    }
    vb_ref_init(&session->ref);
    vb_opaque_id(session->hash, session->id);
    memcpy(session + 1, account.ptr, account.len);
    session->account = vb_span_of((const char *)(session + 1), account.len);
    return session;
}

struct vb_session *vb_session_read(const struct vb_record *record)
{
    struct vb_session *session;
    struct vb_json *json;

    if (vb_json_parse(record->content, NULL, &json, NULL) != VB_OK)
        return NULL;
    session = make(json->root);
    if (session != NULL)
        session->revision = record->revision;
    vb_json_free(json);
    return session;
}

void vb_session_unref(struct vb_session *session)
{
    if (session != NULL && vb_ref_put(&session->ref))
        free(session);
}

const struct vb_session *vb_session_of(const struct vb_exchange *x)
{
    return x->identity == NULL || x->identity->session.len == 0
               ? NULL
               : x->asking->session;
}
