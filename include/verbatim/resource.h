/*
 * A resource in C: a handler per method, and nothing else.
 *
 * Verbatim does what HTTP asks of every resource around it: HEAD comes with
 * GET; OPTIONS, 405 with Allow, 406 and 415 follow from what the handler has;
 * conditional requests are decided before it is called, or on what it says;
 * ranges, content codings and digests come with what it writes and reads (one
 * that writes in a coding of its own says so in Content-Encoding).
 */
#ifndef VERBATIM_RESOURCE_H
#define VERBATIM_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <verbatim/method.h>
#include <verbatim/span.h>
#include <verbatim/status.h>

#if defined(__GNUC__)
#define VB_API __attribute__((visibility("default")))
#define VB_PRINTF(format_index, first_index)                                   \
    __attribute__((format(printf, format_index, first_index)))
#else
#define VB_API
#define VB_PRINTF(format_index, first_index)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The request, while a handler runs. */
struct vb_request;

/* What a handler answers. */
struct vb_response;

VB_API enum vb_method vb_request_method(const struct vb_request *request);

/* The target's path, normalised and still percent-encoded. */
VB_API struct vb_span vb_request_path(const struct vb_request *request);

/* The query without its "?", still encoded; ptr NULL when there is none. */
VB_API struct vb_span vb_request_query(const struct vb_request *request);

/* The first parameter of the query that has this name, decoded; ptr NULL:
 * absent. NUL-terminated. */
VB_API struct vb_span vb_request_parameter(const struct vb_request *request,
                                           const char *name);

/* The value of {name} in the path that a description has, decoded; ptr NULL:
 * there is none, or the handler was mounted at a path. NUL-terminated. */
VB_API struct vb_span vb_request_variable(const struct vb_request *request,
                                          const char *name);

/* The first line of a field, by its name in any case; ptr NULL: absent. */
VB_API struct vb_span vb_request_field(const struct vb_request *request,
                                       const char *name);

/* All of the content; empty for methods without. */
VB_API struct vb_span vb_request_content(const struct vb_request *request);

/* The media type that what is written has: of those that there are the one
 * that the client likes best. */
VB_API struct vb_span
vb_response_media_type(const struct vb_response *response);

/* Appends to the response's content. What does not fit in memory, or in the
 * server's bounds, makes the response a 503. */
VB_API void vb_response_write(struct vb_response *response, const void *bytes,
                              size_t len);
VB_API void vb_response_printf(struct vb_response *response, const char *format,
                               ...) VB_PRINTF(2, 3);

/* Adds a field; both are copied. Left out is what could not be sent: a name
 * that is none, a value with a control character, and what the server says
 * itself (Content-Type, ETag, Last-Modified, Date, Content-Length, all about
 * the connection). */
VB_API void vb_response_field(struct vb_response *response, const char *name,
                              const char *value);

/* GET: the validators of the representation, so that conditional requests
 * work (RFC 9110 section 8.8): a strong entity tag without its quotes, a
 * time in Unix seconds. Both are optional. */
VB_API void vb_response_tag(struct vb_response *response, const char *tag);
VB_API void vb_response_modified(struct vb_response *response,
                                 int64_t unix_seconds);

/*
 * Does what a method asks for and gives the status of the outcome: 200 (or
 * 204 when nothing was written) for success, 201, 404, 409 ... Any error
 * status becomes a problem document with what was written as its detail.
 * Called on a worker's thread, on several at a time; it must not block.
 */
typedef int vb_handle(void *self, const struct vb_request *request,
                      struct vb_response *response);

struct vb_handler {
    const char *media_type; /* of what `get` and the others write */
    const char *takes;      /* media type of content; NULL: any */
    vb_handle *get;         /* NULL: 405, likewise the others */
    vb_handle *put;
    vb_handle *post;
    vb_handle *patch;
    vb_handle *del;
};

#ifdef __cplusplus
}
#endif

#endif
