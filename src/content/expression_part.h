/*
 * What reading and evaluating expressions share. See expression.h.
 */
#ifndef VB_CONTENT_EXPRESSION_PART_H
#define VB_CONTENT_EXPRESSION_PART_H

#include "content/expression.h"

enum vb__term_kind {
    VB__TERM_AND,
    VB__TERM_OR,
    VB__TERM_NOT,     /* of `left` */
    VB__TERM_WORD,    /* `word`, `argument` */
    VB__TERM_HOLDS,   /* the member is true, or, of a root itself, is there */
    VB__TERM_PRESENT, /* the member is there */
    VB__TERM_NULL,    /* it is not */
    VB__TERM_VALUE,   /* the member and a value that is written out */
    VB__TERM_PATHS    /* the member and another */
};

enum vb__comparison {
    VB__EQ,
    VB__NE,
    VB__LT,
    VB__LE,
    VB__GT,
    VB__GE,
    VB__HAS,
};

struct vb__member {
    size_t root;
    struct vb_filter_field field;
};

struct vb__term {
    enum vb__term_kind kind;
    const struct vb__term *left, *right;
    size_t word;
    struct vb_span argument;
    enum vb__comparison comparison;
    struct vb__member member, other;
    bool closed; /* HAS: an object's member of that name is nobody's to ask */
    struct vb_filter filter; /* of VALUE: equality or an order, without HAS */
};

struct vb_expression {
    const struct vb__term *root;
    unsigned roots, words;
    /* By root: the first path there is, and whether there is another. */
    const struct vb_filter_field *first[VB_EXPRESSION_ROOTS];
    bool others[VB_EXPRESSION_ROOTS];
};

/* --- reading: expression_cut.c -------------------------------------------- */

/* An expression that is being read. */
struct vb__expression_reader {
    struct vb_arena *arena;
    const struct vb_expression_language *language;
    struct vb_expression *into;
    struct vb_expression_error *error;
    struct vb_span text;
    size_t at; /* in text */
    size_t terms;
    unsigned depth;
    bool failed;
};

/* Tell what is wrong, at an offset or here; the first one stays. NULL, false.
 */
void *vb__expression_fail_at(struct vb__expression_reader *r, size_t offset,
                             const char *text);
void *vb__expression_fail(struct vb__expression_reader *r, const char *text);
bool vb__expression_refuse_at(struct vb__expression_reader *r, size_t offset,
                              const char *text);
bool vb__expression_refuse(struct vb__expression_reader *r, const char *text);

static inline bool vb__expression_ends(const struct vb__expression_reader *r)
{
    return r->at >= r->text.len;
}

/* The character that stands here; '\0' at the end. */
static inline char vb__expression_peek(const struct vb__expression_reader *r)
{
    return vb__expression_ends(r) ? '\0' : r->text.ptr[r->at];
}

static inline bool vb__expression_is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* Passes over white space. */
void vb__expression_skip(struct vb__expression_reader *r);

/* Text without quotes, perhaps none; a name ends earlier than a value. */
struct vb_span vb__expression_text(struct vb__expression_reader *r, bool name);

/* The keyword if it stands here by itself; then it is taken. */
bool vb__expression_takes(struct vb__expression_reader *r, const char *keyword);

/* The same, and nothing is taken. */
bool vb__expression_is_next(struct vb__expression_reader *r,
                            const char *keyword);

/* A string in quotes, as it is meant, in the arena. */
bool vb__expression_string(struct vb__expression_reader *r,
                           struct vb_span *ret);

/* --- reading: expression_member.c ----------------------------------------- */

/* Room for the names of a path; NULL: no memory. */
struct vb_span *vb__expression_new_names(struct vb__expression_reader *r);

/* The names of a path after the first one. */
bool vb__expression_names(struct vb__expression_reader *r,
                          struct vb_span *names, size_t *count);

/* From the names of a path, the root's included, to what is known of it. The
 * member must be where it stays. */
bool vb__expression_resolve(struct vb__expression_reader *r, size_t offset,
                            struct vb_span *names, size_t count,
                            struct vb__member *member);

/* What the term's member is compared with. */
bool vb__expression_value(struct vb__expression_reader *r,
                          struct vb__term *term);

#endif
