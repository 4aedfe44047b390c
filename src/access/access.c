/* What it takes to verify who asks. See access.h. */
#include "access/access.h"

#include <stdlib.h>

#include "access/guard.h"
#include "access/jwk.h"
#include "access/rule.h"
#include "access/scheme.h"
#include "http/chars.h"
#include "http/method.h"

/* Bytes of a title that name a realm. */
#define REALM_MOST 100

/* The description's title, where a challenge may have it. */
static struct vb_span realm_of(const struct vb_description *description)
{
    struct vb_span title = description->title;
    bool plain = title.len > 0 && title.len <= REALM_MOST;

    for (size_t i = 0; plain && i < title.len; i++)
        plain = title.ptr[i] >= 0x20 && title.ptr[i] < 0x7f;
    return plain ? title : VB_SPAN("Verbatim");
}

/* The names of all keys in that place; malloc'ed. NULL: no memory. */
static const struct vb_span *names_of(const struct vb_description *d,
                                      enum vb_key_in in, size_t *ret_count)
{
    struct vb_span *names = calloc(d->scheme_count + 1, sizeof(*names));

    for (size_t i = 0; names != NULL && i < d->scheme_count; i++)
        if (d->schemes[i].name.len > 0 && d->schemes[i].in == in)
            names[(*ret_count)++] = d->schemes[i].name;
    return names;
}

enum vb_err vb_access_new(const struct vb_description *description,
                          struct vb_access **ret_access)
{
    struct vb_access *access = calloc(1, sizeof(*access));

    if (access == NULL)
        return VB_ERR_NOMEM;
    access->keys = calloc(description->scheme_count + 1, sizeof(*access->keys));
    access->description = description;
    access->secrets.fields =
        names_of(description, VB_KEY_IN_HEADER, &access->secrets.field_count);
    access->secrets.parameters = names_of(description, VB_KEY_IN_QUERY,
                                          &access->secrets.parameter_count);
    if (access->keys == NULL || access->secrets.fields == NULL ||
        access->secrets.parameters == NULL) {
        vb_access_free(access);
        return VB_ERR_NOMEM;
    }
    access->realm = realm_of(description);
    *ret_access = access;
    return VB_OK;
}

static enum vb_err load(const struct vb_scheme *scheme, struct vb_notes *notes,
                        struct vb_jwks **ret_keys)
{
    struct vb_buf why;
    enum vb_err err;

    vb_buf_init(&why, 1024);
    err = vb_jwks_load(scheme->jwt->keys, ret_keys, &why);
    if (err != VB_OK)
        vb_note(notes, VB_NOTE_ERROR, VB_SPAN(""), &scheme->place,
                "the keys of \"%.*s\", %s: %.*s", VB_FMT(scheme->id),
                scheme->jwt->keys,
                VB_FMT(why.len > 0 ? vb_buf_span(&why)
                                   : vb_span_str(vb_err_text(err))));
    vb_buf_done(&why);
    return err;
}

enum vb_err vb_access_load(struct vb_access *access, struct vb_notes *notes)
{
    const struct vb_description *d = access->description;
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < d->scheme_count; i++) {
        enum vb_err failed = VB_OK;

        if (d->schemes[i].jwt != NULL)
            failed = load(&d->schemes[i], notes, &access->keys[i]);
        if (failed != VB_OK)
            err = failed;
    }
    return err;
}

void vb_access_free(struct vb_access *access)
{
    if (access == NULL)
        return;
    for (size_t i = 0;
         access->keys != NULL && i < access->description->scheme_count; i++)
        vb_jwks_free(access->keys[i]);
    free(access->keys);
    free((void *)access->secrets.fields);
    free((void *)access->secrets.parameters);
    free(access);
}

/* --- guards ----------------------------------------------------------------
 */

/* HEAD asks what GET asks, and so does a QUERY that is not described. */
static const struct vb_operation *operation_of(const struct vb_route *route,
                                               enum vb_method method)
{
    const struct vb_operation *own = route->by_method[method];

    if (method == VB_METHOD_HEAD || (method == VB_METHOD_QUERY && own == NULL))
        return route->by_method[VB_METHOD_GET];
    return own;
}

bool vb_guard_is_personal(const struct vb_operation *operation)
{
    const struct vb_security *security = operation->security;

    return operation->allow != NULL ||
           (security != NULL && security->alternative_count > 0);
}

/* What a listing shows is what may be had of its members. */
static bool lists_personal(const struct vb_route *route, unsigned method)
{
    const struct vb_operation *get =
        route->member == NULL ? NULL : route->member->by_method[VB_METHOD_GET];

    return vb_method_is_safe((enum vb_method)method) && get != NULL &&
           get->allow != NULL;
}

static bool guards(struct vb_guard *guard, const struct vb_route *route,
                   unsigned method, struct vb_resource *resource)
{
    const struct vb_operation *operation =
        operation_of(route, (enum vb_method)method);

    /* What is not served needs nobody's credentials to say so. */
    if (operation == NULL || !operation->served ||
        method == VB_METHOD_OPTIONS || method == VB_METHOD_TRACE)
        return false;
    guard->by_method[method] = operation->security;
    guard->allow[method] = operation->allow;
    if (vb_guard_is_personal(operation) || lists_personal(route, method))
        resource->personal |= VB_METHOD_BIT(method);
    return operation->security != NULL || operation->allow != NULL;
}

void vb_guard_put(struct vb_guard *guard, const struct vb_access *access,
                  const struct vb_route *route,
                  const struct vb_guard_look *look,
                  struct vb_resource *resource)
{
    bool guarded = false;

    *guard = (struct vb_guard){
        .access = access, .look = look, .permitted = resource->permitted};
    for (unsigned m = 0; m < VB_METHOD_COUNT; m++)
        guarded |= guards(guard, route, m, resource);
    if (!guarded)
        return;
    resource->guard = guard;
    resource->authentic = vb_access_authentic;
    resource->permitted = vb_access_permitted;
    resource->accessible = vb__rule_accessible;
    resource->disclosed = vb__rule_disclosed;
    resource->granted = vb__rule_granted;
}

void vb_guard_introduce(struct vb_guard *guard, const struct vb_access *access,
                        uint32_t methods, const struct vb_route *route,
                        struct vb_resource *resource)
{
    static const struct vb_security anybody = {.optional = true};

    *guard =
        (struct vb_guard){.access = access, .permitted = resource->permitted};
    for (unsigned m = 0; m < VB_METHOD_COUNT; m++) {
        if (!vb_method_set_has(methods, (enum vb_method)m))
            continue;
        if (route != NULL)
            (void)guards(guard, route, m, resource);
        if (guard->by_method[m] == NULL)
            guard->by_method[m] = &anybody;
    }
    resource->guard = guard;
    resource->authentic = vb_access_introduce;
    if (route != NULL)
        resource->permitted = vb_access_permitted;
}
