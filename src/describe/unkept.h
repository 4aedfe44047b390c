/*
 * Tells what schemas say of properties where it is not kept. One for each
 * state:
 *
 *     vb__unkept_init(&u, r);
 *     u.sent = true;                            clients send what comes now
 *     vb__unkept_look(&u, schema, VB__KEPT);
 *     vb__unkept_done(&u);
 */
#ifndef VB_DESCRIBE_UNKEPT_H
#define VB_DESCRIBE_UNKEPT_H

#include "base/table.h"
#include "content/schema.h"
#include "describe/read.h"

/* How a schema is come by. */
enum vb__unkept_mode {
    VB__KEPT,
    VB__IN_ELEMENTS, /* of an array */
    VB__IN_SOME,     /* states only, or under a name that is not said */
    VB__TOO_DEEP,    /* behind what state.c follows */
};

/* Schemas within each other, references and all. */
#define VB__UNKEPT_DEPTH_MOST 1000

struct vb__unkept {
    struct vb__reader *r;
    struct vb_arena arena;
    struct vb_table seen;
    unsigned depth;
    bool sent; /* so readOnly means something */
};

void vb__unkept_init(struct vb__unkept *u, struct vb__reader *r);
void vb__unkept_done(struct vb__unkept *u);

/* Looks at a schema (NULL: nothing) and all that it applies. */
void vb__unkept_look(struct vb__unkept *u, const struct vb_schema *schema,
                     enum vb__unkept_mode mode);

#endif
