/*
 * How large a value under construction is, counted before anything recurses
 * over it or copies it.
 */
#ifndef VB_CONTENT_EXTENT_H
#define VB_CONTENT_EXTENT_H

#include <stddef.h>
#include <yyjson.h>

struct vb__extent {
    size_t values;  /* it and all values within, names too */
    size_t text;    /* bytes of all strings, names and numbers */
    unsigned depth; /* 0 for a scalar; most + 1 where it is deeper than most */
};

/* Recurses no deeper than `most`; what is deeper is not counted further. */
struct vb__extent vb__extent_of(yyjson_mut_val *value, unsigned most);

#endif
