/*
 * A plugin: a shared object that a description names, and that does what a
 * controller does.
 *
 *     /resize:
 *       x-verbatim: {do: {plugin: ./resize.so}}
 *       post: ...
 *
 *     static int resize(void *self, const struct vb_request *request,
 *                       struct vb_response *response)
 *     {
 *         ...
 *         return VB_STATUS_OK;
 *     }
 *
 *     const struct vb_plugin vb_plugin = {
 *         .abi = VB_PLUGIN_ABI,
 *         .post = resize,
 *     };
 *
 *     cc -shared -fPIC $(pkg-config --cflags verbatim) resize.c -o resize.so
 *
 * It is not linked with libverbatim: what it calls is the server's own, which
 * has loaded it. It runs within the server, with all that the server may do.
 *
 * What the description says has been held against the request before a handle
 * is called: methods, parameters, the content and its schema. Media types are
 * the description's as well (vb_response_media_type).
 */
#ifndef VERBATIM_PLUGIN_H
#define VERBATIM_PLUGIN_H

#include <verbatim/resource.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up whenever a plugin must be compiled anew. */
#define VB_PLUGIN_ABI 1

/* What is told to a plugin, and by it, while it is made ready. */
struct vb_plugin_setup;

/* The controller's path as the description has it: "/images/{id}/resize".
 * NUL-terminated, as is the configuration; both last as long as `self`. */
VB_API struct vb_span vb_plugin_path(const struct vb_plugin_setup *setup);

/* What the description says beside the file as `config`, a JSON text; ptr NULL:
 * nothing. */
VB_API struct vb_span vb_plugin_config(const struct vb_plugin_setup *setup);

/* Why `init` fails: one line, in the words of who has to mend it. */
VB_API void vb_plugin_fail(struct vb_plugin_setup *setup, const char *format,
                           ...) VB_PRINTF(2, 3);

/*
 * Makes ready what one controller needs; *ret_self is what its handles get.
 * Anything but 0 is a failure: the server does not start, or goes on with the
 * description that it has.
 */
typedef int vb_plugin_init(struct vb_plugin_setup *setup, void **ret_self);

/*
 * Gives it back, when the description has been replaced, or the server ends,
 * and the last request that knew it is over. On any thread. Then no code of the
 * plugin's may run any more: it is unloaded.
 */
typedef void vb_plugin_free(void *self);

/* What a plugin exports under the name `vb_plugin`. */
struct vb_plugin {
    unsigned abi;         /* VB_PLUGIN_ABI; the first member in any version */
    vb_plugin_init *init; /* NULL: `self` is NULL */
    vb_plugin_free *free; /* NULL: there is nothing to give back */
    vb_handle *get;       /* NULL: must not be described, likewise the other */
    vb_handle *post;
};

/* Defined by the plugin. */
extern VB_API const struct vb_plugin vb_plugin;

#ifdef __cplusplus
}
#endif

#endif
