/* Taking our parameters out of a URL's query. See url_query.h. */
#include "storage/postgres/url_query.h"

#include <string.h>

/* What one may ask for as a timeout. */
#define TIMEOUT_LEAST 100
#define TIMEOUT_MOST  600000

enum vb_err vb__pg_url_refuse(struct vb_buf *ret_why, const char *text)
{
    vb_buf_printf(ret_why, "the URL of the database: %s", text);
    return VB_ERR_INVALID;
}

/* Where the query begins, as libpq finds it: a '?' may be in a password. */
static size_t query_at(struct vb_span url)
{
    ssize_t slashes = vb_span_find(url, '/', 0), question;
    size_t at = slashes < 0 ? 0 : (size_t)slashes + 2, end = at;

    while (end < url.len && url.ptr[end] != '@' && url.ptr[end] != '/')
        end++;
    if (end < url.len && url.ptr[end] == '@')
        at = end;
    question = vb_span_find(url, '?', at < url.len ? at : url.len);
    return question < 0 ? url.len : (size_t)question;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, vb_ascii_lower(c));

    return at == NULL ? -1 : (int)(at - digits);
}

/* False: a % that is none, or a NUL. */
static bool decode(struct vb_arena *arena, struct vb_span text,
                   struct vb_span *ret_text)
{
    char *to = vb_arena_alloc(arena, text.len + 1);
    size_t len = 0;

    if (to == NULL)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int high, low;

        if (text.ptr[i] != '%') {
            to[len++] = text.ptr[i];
            continue;
        }
        high = i + 2 < text.len ? hex(text.ptr[i + 1]) : -1;
        low = i + 2 < text.len ? hex(text.ptr[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0))
            return false;
        to[len++] = (char)(high << 4 | low);
        i += 2;
    }
    *ret_text = vb_span_of(to, len);
    return true;
}

/* A number with "ms" or "s" behind it. */
static enum vb_err read_timeout(struct vb_span text, int64_t *ret_ms,
                                struct vb_buf *ret_why)
{
    int64_t unit = vb_span_ends(text, VB_SPAN("ms"))  ? 1
                   : vb_span_ends(text, VB_SPAN("s")) ? 1000
                                                      : 0;
    size_t tail = unit == 1 ? 2 : 1;
    int64_t count;

    if (unit == 0 ||
        !vb_span_i64(vb_span_head(text, text.len - tail), &count) ||
        count < 0 || count > TIMEOUT_MOST || count * unit < TIMEOUT_LEAST ||
        count * unit > TIMEOUT_MOST)
        return vb__pg_url_refuse(ret_why,
                                 "timeout is no time such as 5s or 500ms, from "
                                 "100ms to 600s");
    *ret_ms = count * unit;
    return VB_OK;
}

/* *ret_ours: it is one of ours. */
static enum vb_err take(struct vb_arena *arena, struct vb_span piece,
                        struct vb__pg_query *query, bool *ret_ours,
                        struct vb_buf *ret_why)
{
    static const struct vb_span timeout = VB_SPAN_INIT("timeout="),
                                replica = VB_SPAN_INIT("replica=");
    bool is_timeout = vb_span_starts(piece, timeout);
    struct vb_span value;

    *ret_ours = is_timeout || vb_span_starts(piece, replica);
    if (!*ret_ours)
        return VB_OK;
    value = vb_span_from(piece, is_timeout ? timeout.len : replica.len);
    if (!decode(arena, value, &value))
        return vb__pg_url_refuse(ret_why,
                                 "a % in its query is not followed by two "
                                 "digits");
    if (is_timeout)
        return read_timeout(value, &query->timeout_ms, ret_why);
    if (query->replica_count == VB__PG_REPLICAS_MOST)
        return vb__pg_url_refuse(ret_why, "too many replicas");
    query->replicas[query->replica_count++] = value;
    return VB_OK;
}

enum vb_err vb__pg_query_split(struct vb_arena *arena, struct vb_span url,
                               struct vb__pg_query *query,
                               struct vb_buf *ret_why)
{
    size_t at = query_at(url);
    struct vb_span rest = vb_span_from(url, at + 1);
    char *others = vb_arena_alloc(arena, url.len + 2);
    struct vb_buf to = vb_buf_over(others, others == NULL ? 0 : url.len + 2);
    char mark = '?';

    *query = (struct vb__pg_query){.timeout_ms = 0};
    if (others == NULL)
        return VB_ERR_NOMEM;
    if (vb_span_find(url, '\0', 0) >= 0)
        return vb__pg_url_refuse(ret_why, "there is a NUL in it");
    vb_buf_append(&to, vb_span_head(url, at));
    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '&', 0);
        struct vb_span piece = end < 0 ? rest : vb_span_head(rest, (size_t)end);
        bool ours;
        enum vb_err err = take(arena, piece, query, &ours, ret_why);

        if (err != VB_OK)
            return err;
        if (!ours) {
            vb_buf_char(&to, mark);
            vb_buf_append(&to, piece);
            mark = '&';
        }
        rest = vb_span_from(rest, piece.len + 1);
    }
    vb_buf_char(&to, '\0');
    query->others = vb_span_of(others, to.len - 1);
    return VB_OK;
}
