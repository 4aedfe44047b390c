/*
 * What the methods mean to a server, a cache and a gateway: look-up by name,
 * properties, sets of methods. The data is method.tbl.
 */
#ifndef VB_HTTP_METHOD_H
#define VB_HTTP_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include <verbatim/method.h>

#include "base/span.h"

enum vb_method_cacheable {
    VB_METHOD_CACHEABLE_NO,
    VB_METHOD_CACHEABLE_EXPLICIT,
    VB_METHOD_CACHEABLE_YES,
};

enum vb_method_content {
    VB_METHOD_CONTENT_NONE,
    VB_METHOD_CONTENT_UNDEFINED,
    VB_METHOD_CONTENT_DEFINED,
};

struct vb_method_info {
    struct vb_span name;
    bool safe;                          /* RFC 9110 section 9.2.1 */
    bool idempotent;                    /* section 9.2.2 */
    enum vb_method_cacheable cacheable; /* section 9.2.3 */
    enum vb_method_content content;     /* of a request */
};

/*
 * The method of that exact name, or VB_METHOD_UNKNOWN (which a cache and a
 * gateway must take for unsafe, RFC 9111 section 4.4).
 */
enum vb_method vb_method_find(struct vb_span name);

/*
 * The properties of a method; static, never NULL. VB_METHOD_UNKNOWN has an
 * empty name, no property, and content of a meaning we cannot know
 * (VB_METHOD_CONTENT_DEFINED).
 */
const struct vb_method_info *vb_method_info(enum vb_method method);

static inline struct vb_span vb_method_name(enum vb_method method)
{
    return vb_method_info(method)->name;
}

static inline bool vb_method_is_safe(enum vb_method method)
{
    return vb_method_info(method)->safe;
}

static inline bool vb_method_is_idempotent(enum vb_method method)
{
    return vb_method_info(method)->idempotent;
}

/* A set of methods: bits or'ed together. */
#define VB_METHOD_BIT(method) (UINT32_C(1) << (method))

static inline bool vb_method_set_has(uint32_t set, enum vb_method method)
{
    return (set & VB_METHOD_BIT(method)) != 0;
}

/* Room for the list of all methods: names, and ", " between them. */
#define VB_METHOD_SET_TEXT_MAX 80

/*
 * Writes the set as the value of an Allow field (RFC 9110 section 10.2.1), in
 * the order of the enum, without a NUL; an empty set gives an empty value,
 * which allows nothing. VB_METHOD_UNKNOWN's bit is passed over. The length in
 * bytes is returned.
 */
size_t vb_method_set_format(uint32_t set, char text[VB_METHOD_SET_TEXT_MAX]);

#endif
