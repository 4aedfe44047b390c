/*
 * application/x-www-form-urlencoded (WHATWG URL section 5), in a query or as
 * content: read pair by pair, each decoded once, and written.
 */
#ifndef VB_HTTP_QUERY_H
#define VB_HTTP_QUERY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct vb_query {
    struct vb_span rest;
    struct vb_arena *arena;
    enum vb_err err; /* why it ended early, or VB_OK */
};

struct vb_query_pair {
    struct vb_span name;
    struct vb_span value; /* ptr NULL when there was no "=" */
};

/* Starts on `text`, a query without its "?", or content. What has escapes or
 * `+` will lie in the arena; what has none is borrowed from the text. */
static inline void vb_query_init(struct vb_query *query, struct vb_arena *arena,
                                 struct vb_span text)
{
    *query = (struct vb_query){.rest = text, .arena = arena};
}

/*
 * The next pair, in order; empty ones ("&&") are passed over, repeated names
 * are not. False at the end, and at an error, which stays: query->err is
 * VB_ERR_SYNTAX for a malformed escape or NUL, VB_ERR_NOMEM when the arena
 * gives nothing. The bytes are the client's: whether they are UTF-8 is the
 * caller's question.
 */
bool vb_query_next(struct vb_query *query, struct vb_query_pair *ret_pair);

/*
 * The query without the parameter of that name, however often and however
 * escaped it is there, and without empty pairs: the text itself where there is
 * none, else in the arena. A malformed name is another one. VB_ERR_NOMEM.
 */
enum vb_err vb_query_without(struct vb_arena *arena, struct vb_span text,
                             struct vb_span name, struct vb_span *ret_text);

/*
 * Appends name=value, escaped, with "&" before it unless the buffer is empty
 * or ends in "?" or "&": so a URI grows its query parameter by parameter.
 */
void vb_query_append(struct vb_buf *buf, struct vb_span name,
                     struct vb_span value);

#endif
