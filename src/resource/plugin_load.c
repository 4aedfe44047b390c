/*
 * Loading plugins. See plugin.h.
 *
 * A new description is read while the one before is still served: at that time
 * there may be two objects of the same name. dlopen(3) gives back what it has
 * loaded under a name, without a look at the file; but where the name is
 * another one it compares the files. So every file gets a spelling of its own,
 * which leads to it all the same: the bits of its identity stand between the
 * directory and the name, "/" for each 0 and "/." for each 1.
 *
 *     /srv/api/resize.so    inode 5    /srv/api/.//./resize.so
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "resource/plugin.h"

#define LONGEST_NAME ((size_t)8192)

static const struct vb_plugin_file *file_of(const struct vb_route *route)
{
    return route->action->plugin;
}

/* --- what is told to it -----------------------------------------------------
 */

struct vb_span vb_plugin_path(const struct vb_plugin_setup *setup)
{
    return setup->route->path;
}

struct vb_span vb_plugin_config(const struct vb_plugin_setup *setup)
{
    const char *config = file_of(setup->route)->config;

    return config == NULL ? vb_span_of(NULL, 0) : vb_span_str(config);
}

void vb_plugin_fail(struct vb_plugin_setup *setup, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(setup->why, sizeof(setup->why), format, args);
    va_end(args);
}

/* --- the object -------------------------------------------------------------
 */

static enum vb_err refuse(const struct vb_plugged *plugged,
                          struct vb_notes *notes, const char *what,
                          const char *why)
{
    const struct vb_plugin_file *file = file_of(plugged->setup.route);

    vb_note(notes, VB_NOTE_ERROR, VB_SPAN(""), &file->place, "%s %s%s%s",
            file->name, what, why[0] != '\0' ? ": " : "", why);
    return VB_ERR_INVALID;
}

static void spell_bits(struct vb_buf *name, uint64_t bits)
{
    for (; bits != 0; bits >>= 1)
        vb_buf_str(name, (bits & 1) != 0 ? "/." : "/");
}

/* While one is loaded, no other file has its device and inode. */
static void spell(struct vb_buf *name, const char *path, const struct stat *st)
{
    const char *slash = strrchr(path, '/');

    if (slash != NULL)
        vb_buf_append(name, vb_span_of(path, (size_t)(slash - path)));
    else
        vb_buf_char(name, '.');
    spell_bits(name, st->st_ino);
    vb_buf_str(name, "//");
    spell_bits(name, st->st_dev);
    vb_buf_printf(name, "/%s", slash != NULL ? slash + 1 : path);
    vb_buf_char(name, '\0');
}

/* What the loader says, without the name that it was given. */
static const char *loader_says(const char *name)
{
    const char *text = dlerror();
    size_t len = strlen(name);

    if (text == NULL)
        return "";
    if (strncmp(text, name, len) == 0 && strncmp(text + len, ": ", 2) == 0)
        return text + len + 2;
    return text;
}

static enum vb_err open_object(struct vb_plugged *plugged,
                               struct vb_notes *notes)
{
    const char *path = file_of(plugged->setup.route)->path;
    enum vb_err err = VB_OK;
    struct vb_buf name;
    struct stat st;

    if (stat(path, &st) != 0)
        return refuse(plugged, notes, "cannot be loaded", strerror(errno));
    vb_buf_init(&name, LONGEST_NAME);
    spell(&name, path, &st);
    if (name.err != VB_OK) {
        err = name.err;
    } else {
        plugged->object = dlopen(name.ptr, RTLD_NOW | RTLD_LOCAL);
        if (plugged->object == NULL)
            err = refuse(plugged, notes, "cannot be loaded",
                         loader_says(name.ptr));
    }
    vb_buf_done(&name);
    return err;
}

/* --- what is in it ----------------------------------------------------------
 */

static enum vb_err find_plugin(struct vb_plugged *plugged,
                               struct vb_notes *notes)
{
    const struct vb_plugin *plugin = dlsym(plugged->object, "vb_plugin");
    char why[80];

    if (plugin == NULL)
        return refuse(plugged, notes, "is no plugin",
                      "it exports no vb_plugin (verbatim/plugin.h)");
    if (plugin->abi != VB_PLUGIN_ABI) {
        snprintf(why, sizeof(why),
                 "its ABI is version %u, and this server's is %d", plugin->abi,
                 VB_PLUGIN_ABI);
        return refuse(plugged, notes, "must be compiled anew", why);
    }
    plugged->plugin = plugin;
    return VB_OK;
}

/* Does it do all that is described? */
static enum vb_err hold_against(const struct vb_plugged *plugged,
                                struct vb_notes *notes)
{
    const struct vb_route *route = plugged->setup.route;
    const struct {
        enum vb_method method;
        vb_handle *handle;
        const char *what;
    } handles[] = {
        {VB_METHOD_GET, plugged->plugin->get, "has no `get`"},
        {VB_METHOD_POST, plugged->plugin->post, "has no `post`"},
    };

    for (size_t i = 0; i < sizeof(handles) / sizeof(handles[0]); i++) {
        const struct vb_operation *op = route->by_method[handles[i].method];

        if (op != NULL && op->served && handles[i].handle == NULL)
            return refuse(plugged, notes, handles[i].what,
                          "but that is described");
    }
    return VB_OK;
}

static enum vb_err make_ready(struct vb_plugged *plugged,
                              struct vb_notes *notes)
{
    if (plugged->plugin->init == NULL ||
        plugged->plugin->init(&plugged->setup, &plugged->self) == 0)
        return VB_OK;
    plugged->plugin = NULL; /* there is nothing to give back */
    return refuse(plugged, notes, "cannot be made ready", plugged->setup.why);
}

enum vb_err vb_plugged_load(const struct vb_route *route,
                            struct vb_notes *notes,
                            struct vb_plugged **ret_plugged)
{
    struct vb_plugged *plugged = calloc(1, sizeof(*plugged));
    enum vb_err err;

    if (plugged == NULL)
        return VB_ERR_NOMEM;
    plugged->setup.route = route;
    err = open_object(plugged, notes);
    if (err == VB_OK)
        err = find_plugin(plugged, notes);
    if (err == VB_OK)
        err = hold_against(plugged, notes);
    if (err != VB_OK)
        plugged->plugin = NULL;
    else
        err = make_ready(plugged, notes);
    if (err == VB_OK)
        *ret_plugged = plugged;
    else
        vb_plugged_unload(plugged);
    return err;
}

void vb_plugged_unload(struct vb_plugged *plugged)
{
    if (plugged == NULL)
        return;
    if (plugged->plugin != NULL && plugged->plugin->free != NULL)
        plugged->plugin->free(plugged->self);
    if (plugged->object != NULL)
        dlclose(plugged->object);
    free(plugged);
}
