/* What a success will be, as declared and preferred. See build.h. */
#include "resource/build.h"

#include "flow/reply.h"
#include "resource/stored.h"

struct vb_telling vb_tell(struct vb_exchange *x,
                          const struct vb_operation *operation, bool created,
                          bool showable)
{
    const struct vb_success *success = &operation->success;
    int usual =
        created && success->created != 0 ? success->created : success->done;
    bool made = usual == VB_STATUS_CREATED;
    bool content;

    if (usual == VB_STATUS_SEE_OTHER)
        return (struct vb_telling){VB_STATUS_SEE_OTHER, false};
    content = showable && vb_reply_wants_content(
                              x, usual != VB_STATUS_NO_CONTENT,
                              made || success->full == VB_STATUS_OK,
                              made || success->minimal == VB_STATUS_NO_CONTENT);
    if (made)
        return (struct vb_telling){VB_STATUS_CREATED, content};
    return (struct vb_telling){content ? VB_STATUS_OK : VB_STATUS_NO_CONTENT,
                               content};
}

static bool will_create(const struct vb_exchange *x,
                        const struct vb_operation *operation)
{
    return operation->success.created != 0 &&
           (x->head.method == VB_METHOD_POST || !x->selected.exists);
}

/* Bytes of the client's own are not shown to it again. */
static bool will_show(const struct vb_exchange *x)
{
    const struct vb_content *taken = vb_built_content(x);

    if (x->head.method == VB_METHOD_DELETE)
        return vb_built_of(x)->route->archetype == VB_ARCHETYPE_DOCUMENT &&
               vb_stored_shows_deleted(x->state);
    return taken == NULL || taken->kind != VB_MEDIA_VERBATIM;
}

unsigned vb_built_success(struct vb_exchange *x)
{
    const struct vb_operation *operation = vb_built_operation(x);

    return vb_tell(x, operation, will_create(x, operation), will_show(x))
        .status;
}
