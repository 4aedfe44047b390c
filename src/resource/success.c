/* What a success will be, told before anything is done. See build.h. */
#include "resource/build.h"

#include "http/method.h"
#include "http/prefer.h"

/* Lines of a list field that are looked at; more than that is not sincere. */
#define MAX_LINES 16

static bool will_create(const struct vb_exchange *x,
                        const struct vb_operation *operation)
{
    return operation->success.created != 0 &&
           (x->head.method == VB_METHOD_POST || !x->selected.exists);
}

/* A change in place: 200, 204 or 303 as declared, or as preferred. */
static int status_of_change(struct vb_exchange *x,
                            const struct vb_success *success)
{
    struct vb_span values[MAX_LINES];
    size_t count =
        vb_fields_values(&x->head.fields, VB_FIELD_PREFER, values, MAX_LINES);
    struct vb_prefer prefer = vb_prefer_parse(values, count);

    if (prefer.returns == VB_PREFER_RETURN_MINIMAL && success->minimal != 0)
        return success->minimal;
    if (prefer.returns == VB_PREFER_RETURN_REPRESENTATION && success->full != 0)
        return success->full;
    return success->done;
}

/* Bytes of the client's own are not shown to it again. */
static bool is_verbatim(const struct vb_exchange *x)
{
    const struct vb_built *built = x->resource->data;

    return x->accept >= 0 &&
           built->contents[x->accept]->kind == VB_MEDIA_VERBATIM;
}

unsigned vb_built_success(struct vb_exchange *x)
{
    const struct vb_built *built = x->resource->data;
    const struct vb_operation *operation =
        built->route->by_method[x->head.method];

    if (will_create(x, operation))
        return (unsigned)operation->success.created;
    if (x->head.method == VB_METHOD_DELETE || is_verbatim(x))
        return VB_STATUS_NO_CONTENT;
    return (unsigned)status_of_change(x, &operation->success);
}
