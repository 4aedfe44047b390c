/*
 * Who may do what to which resource: x-verbatim.allow of an operation, or of
 * its path. A list of rules, of which one is enough; each is an expression
 * (content/expression.h) over these roots and words:
 *
 *     account    the record of who asks
 *     resource   what is there
 *     content    what it is to become
 *
 *     owner      its owner (x-verbatim.value: owner) is who asks
 *     self       the account that the URI names, or is below of, is who asks
 *     role:NAME  who asks has that role
 *     account    it is known who asks
 *     anyone
 */
#ifndef VB_DESCRIBE_ALLOW_H
#define VB_DESCRIBE_ALLOW_H

#include "content/expression.h"

struct vb_property;

enum vb_allow_root {
    VB_ALLOW_ACCOUNT,
    VB_ALLOW_RESOURCE,
    VB_ALLOW_CONTENT,
    VB_ALLOW_ROOTS
};

enum vb_allow_word {
    VB_ALLOW_OWNER,
    VB_ALLOW_SELF,
    VB_ALLOW_ROLE,
    VB_ALLOW_KNOWN,
    VB_ALLOW_ANYONE,
    VB_ALLOW_WORDS
};

struct vb_allow {
    const struct vb_expression *const *rules; /* one of them is enough */
    size_t count;
    bool conceal;    /* 404 rather than 403: nobody learns that it is there */
    bool by_account; /* the account's record has to be looked at, */
    bool by_state;   /* what is there, */
    bool by_content; /* what it is to become */
    const struct vb_property *owner; /* of the resource; NULL: it has none */
};

#endif
