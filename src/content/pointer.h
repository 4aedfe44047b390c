/*
 * JSON Pointer (RFC 6901): naming one value within a document.
 *
 *     /a~1b/0     the member "a/b", then the first element
 *     ^^^^^ ^     reference tokens, each with its slash; "~" is ~0, "/" is ~1
 *
 * A pointer is a span over its text and is read token by token, so nothing
 * here allocates. Tokens stay escaped; they are compared with names as they
 * are. In a valid pointer each name has one escaped form only: two pointers
 * are the same location when their texts are equal.
 */
#ifndef VB_CONTENT_POINTER_H
#define VB_CONTENT_POINTER_H

#include <stdbool.h>
#include <yyjson.h>

#include "base/buf.h"
#include "base/span.h"

/* Section 3: empty or tokens behind slashes, "~" only in ~0 and ~1; UTF-8. */
bool vb_pointer_is_valid(struct vb_span pointer);

/* Cuts the first token off a valid pointer; false when there is none left. */
bool vb_pointer_next(struct vb_span *pointer, struct vb_span *ret_token);

/* Does a token name the member `name` (section 4: ~1 is decoded before ~0)? */
bool vb_pointer_token_is(struct vb_span token, struct vb_span name);

/* Decodes a token into `name`, which has room for token.len bytes. */
struct vb_span vb_pointer_unescape(struct vb_span token, char *name);

/*
 * Reads a token as an index (section 4): 0, or digits without leading zero.
 * False, *ret_index untouched, for anything else, "-" among it, and for what
 * no array can have.
 */
bool vb_pointer_index(struct vb_span token, size_t *ret_index);

/* The token "-": behind the last element of an array. */
static inline bool vb_pointer_is_end(struct vb_span token)
{
    return token.len == 1 && token.ptr[0] == '-';
}

/* Is `inner` a location within the value at `outer` (or that one itself)?
 * Both are valid. */
bool vb_pointer_covers(struct vb_span outer, struct vb_span inner);

/*
 * Evaluates a pointer from `root`. VB_ERR_SYNTAX: it is none;
 * VB_ERR_NOTFOUND: it names nothing here. Linear in the size of the document.
 */
enum vb_err vb_pointer_get(yyjson_val *root, struct vb_span pointer,
                           yyjson_val **ret_value);

/*
 * Where a walk over a document is. Each level of a recursion keeps one step on
 * its stack, which costs nothing until an error has to name the place.
 *
 *     NULL ◀── {name "a/b"} ◀── {element 0}      written: /a~1b/0
 */
struct vb_pointer_step {
    const struct vb_pointer_step *parent; /* NULL: the root's child */
    struct vb_span name;                  /* of the member; not escaped */
    size_t index;                         /* of the element */
    bool is_element;
};

static inline struct vb_pointer_step
vb_pointer_member(const struct vb_pointer_step *parent, struct vb_span name)
{
    return (struct vb_pointer_step){.parent = parent, .name = name};
}

static inline struct vb_pointer_step
vb_pointer_element(const struct vb_pointer_step *parent, size_t index)
{
    return (struct vb_pointer_step){
        .parent = parent, .index = index, .is_element = true};
}

/* Appends the pointer to `last`; NULL is the root, whose pointer is empty. It
 * recurses as deep as the chain is long. */
void vb_pointer_write(struct vb_buf *buf, const struct vb_pointer_step *last);

/* Appends one token: a slash and the name escaped. */
void vb_pointer_append(struct vb_buf *buf, struct vb_span name);

#endif
