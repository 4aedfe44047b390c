/* The open tree: see tree.c. */
#ifndef VB_RESOURCE_TREE_H
#define VB_RESOURCE_TREE_H

#include "resource/build.h"

/* Makes the tree's two resources, zeroed before: any node, and the root, which
 * is a listing only. Also after a failure vb_build_done is to be called. */
enum vb_err vb_tree_build(struct vb_built *ret_node, struct vb_built *ret_root);

#endif
