/*
 * The tree of the paths that are described: one branch for each segment, so
 * that a path is found in one walk, whatever else is described.
 *
 *     root ─ books ─┬─▶ end: /books
 *                   └─ {id} ─▶ end: /books/{id}
 */
#ifndef VB_RESOURCE_PATH_TREE_H
#define VB_RESOURCE_PATH_TREE_H

#include "resource/build.h"

/* Segments of a path that can have a resource. */
#define VB_PATH_SEGMENTS_MAX 32

/* A segment that begins a path: what may follow, and what ends here. */
struct vb_path_branch {
    struct vb_span literal; /* of a literal segment, as in a normal URI */
    struct vb_path_branch **literals; /* what follows, sorted */
    size_t literal_count;
    struct vb_path_branch *variable; /* or whatever it is */
    const struct vb_built *end;      /* the resource without, and */
    const struct vb_built *slash;    /* with a slash at the end; or NULL */
    const struct vb_built *below;    /* what owns all that nobody else does from
                                        here on; or NULL */
};

/* A normal path, cut into segments. */
struct vb_path_cut {
    struct vb_span raw[VB_PATH_SEGMENTS_MAX];      /* as they stand there, */
    struct vb_span segments[VB_PATH_SEGMENTS_MAX]; /* and decoded */
    size_t count;
    bool slash; /* ends in one */
    bool more;  /* goes on in a way that nothing is described by */
};

/* Adds a resource at its template. VB_ERR_NOMEM: some of its branches may be
 * there. It is borrowed, and so are its texts. */
enum vb_err vb_path_plant(struct vb_path_branch *root,
                          const struct vb_built *built);

/* Frees all that has grown from a branch, and not itself. */
void vb_path_fell(struct vb_path_branch *branch);

/* Cuts a normal path; the texts lie in it, or in the exchange's arena. False:
 * it goes on in a way that nothing is described by. */
bool vb_path_cut(struct vb_exchange *x, struct vb_span path,
                 struct vb_path_cut *ret_cut);

/*
 * Which resource the path leads to, with x->variables; NULL: none.
 * *ret_redirect: it is known by the other form of slash.
 */
const struct vb_built *vb_path_follow(struct vb_exchange *x,
                                      const struct vb_path_branch *root,
                                      const struct vb_path_cut *cut,
                                      bool *ret_redirect);

#endif
