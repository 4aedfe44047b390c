/*
 * Controllers of the kind `plugin` (include/verbatim/plugin.h): one that is
 * loaded and made ready (plugin_load.c), and how it is asked (plugin.c).
 *
 *     catalog ─ load ─▶ dlopen ─▶ vb_plugin ─ init ─▶ self ─▶ get, post ...
 *     ... the last exchange that knew the catalog ─ unload ─▶ free ─▶ dlclose
 */
#ifndef VB_RESOURCE_PLUGIN_H
#define VB_RESOURCE_PLUGIN_H

#include <verbatim/plugin.h>

#include "describe/describe.h"
#include "flow/resource.h"

/* What is told to a plugin, as long as its `self` lasts. */
struct vb_plugin_setup {
    const struct vb_route *route;
    char why[400]; /* it cannot be made ready; "" */
};

/* One that is ready, for one controller. */
struct vb_plugged {
    const struct vb_plugin *plugin; /* in the object */
    void *self;
    void *object; /* dlopen's */
    struct vb_plugin_setup setup;
};

/*
 * Loads what the controller's route names, and makes it ready. VB_ERR_INVALID
 * when that cannot be, and an error is noted at its place in the description;
 * VB_ERR_NOMEM. The route must live as long. Runs code of the plugin's.
 */
enum vb_err vb_plugged_load(const struct vb_route *route,
                            struct vb_notes *notes,
                            struct vb_plugged **ret_plugged);

/* NULL is fine. */
void vb_plugged_unload(struct vb_plugged *plugged);

/* What such a controller does for a method; NULL: nothing. */
const struct vb_slot *vb_plugged_slot(enum vb_method method);

/* Sets the questions that a controller answers itself. */
void vb_plugged_init(struct vb_resource *resource);

#endif
