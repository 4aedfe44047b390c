/*
 * The rewriting of ECMA-262 patterns into PCRE2's dialect, between the files
 * regex*.c only.
 *
 *     regex_rewrite.c   alternatives, groups, quantifiers
 *     regex_class.c     [...]
 *     regex_escape.c    \...
 *     regex_property.c  \p{...}
 *
 * A rewriter reads `in` from `at` on and appends to `out`. The first error
 * ends the reading; the first construct that is right but beyond PCRE2 is
 * kept in `unsupported`, and the reading goes on to find errors.
 */
#ifndef VB_CONTENT_REGEX_REWRITE_H
#define VB_CONTENT_REGEX_REWRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "content/regex.h"

/* Bounds on what one pattern may hold; PCRE2 has similar ones. */
#define VB_REGEX_DEPTH_MAX 200
#define VB_REGEX_NAMES_MAX 64

/* Code points past the surrogates' range, and the last one. */
#define VB_SURROGATE_FIRST 0xd800u
#define VB_SURROGATE_LAST  0xdfffu
#define VB_CODE_POINT_LAST 0x10ffffu

struct vb__regex_name {
    struct vb_span name;
    unsigned group;
};

struct vb__rewriter {
    struct vb_span in;
    size_t at;
    struct vb_buf *out;
    const char *error;
    size_t error_at;
    const char *unsupported;
    size_t unsupported_at;
    unsigned groups; /* capturing groups in the whole pattern */
    unsigned name_count;
    struct vb__regex_name names[VB_REGEX_NAMES_MAX];
};

/* One thing that an escape (or a plain character) stands for. */
enum vb__atom_kind {
    VB__ATOM_CHAR,     /* one code point */
    VB__ATOM_SET,      /* a set of them, written as it stands in a class */
    VB__ATOM_BOUNDARY, /* \b or \B */
    VB__ATOM_BACKREF,  /* what a group has matched */
};

struct vb__atom {
    enum vb__atom_kind kind;
    uint32_t value; /* code point, or group; 'b' or 'B' */
    struct vb_span set;
    char text[80]; /* where `set` lies when it is not static */
};

/* Records the error at r->at - back; always false. */
bool vb__regex_error(struct vb__rewriter *r, size_t back, const char *text);

void vb__regex_unsupported(struct vb__rewriter *r, const char *text);

/* Is there a next byte, and is it c? */
static inline bool vb__regex_at(const struct vb__rewriter *r, char c)
{
    return r->at < r->in.len && r->in.ptr[r->at] == c;
}

/* Takes c if it is next. */
static inline bool vb__regex_take(struct vb__rewriter *r, char c)
{
    if (!vb__regex_at(r, c))
        return false;
    r->at++;
    return true;
}

/* Takes one code point; the pattern is valid UTF-8 and has one left. */
uint32_t vb__regex_code_point(struct vb__rewriter *r);

/* Reads what follows a backslash that has been taken. */
bool vb__regex_escape(struct vb__rewriter *r, bool in_class,
                      struct vb__atom *ret);

/* Reads "{...}" behind \p or \P and puts the set into ret. */
bool vb__regex_property(struct vb__rewriter *r, bool negated,
                        struct vb__atom *ret);

/* Reads and writes the rest of a class whose [ has been taken. */
bool vb__regex_class(struct vb__rewriter *r);

/* Reads "<name>"; false without error when there is none. */
bool vb__regex_name(struct vb__rewriter *r, struct vb_span *ret);

/* Writes a code point so that PCRE2 takes it for nothing else. */
void vb__regex_put(struct vb__rewriter *r, uint32_t code_point);

/*
 * Rewrites all of `pattern` into `out`. VB_OK, or VB_ERR_SYNTAX,
 * VB_ERR_UNSUPPORTED, VB_ERR_LIMIT or VB_ERR_NOMEM and *ret_fault.
 */
enum vb_err vb__regex_rewrite(struct vb_span pattern, struct vb_buf *out,
                              struct vb_regex_fault *ret_fault);

#endif
