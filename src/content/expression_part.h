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
    struct vb_filter filter; /* of VALUE: equality or an order, without HAS */
};

struct vb_expression {
    const struct vb__term *root;
    unsigned roots, words;
    /* By root: the first path there is, and whether there is another. */
    const struct vb_filter_field *first[VB_EXPRESSION_ROOTS];
    bool others[VB_EXPRESSION_ROOTS];
};

#endif
