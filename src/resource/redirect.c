/* Sending clients where a description says. See redirect.h. */
#include "resource/redirect.h"

#include "flow/reply.h"
#include "http/percent.h"
#include "resource/build.h"

/* Bytes of a Location that is made here. */
#define MAX_LOCATION ((size_t)64 * 1024)

static const struct vb_redirect *redirect_of(const struct vb_exchange *x)
{
    return vb_built_of(x)->route->redirect;
}

static void append_path(const struct vb_exchange *x,
                        const struct vb_redirect *redirect, struct vb_buf *buf)
{
    const struct vb_template *t = &redirect->template;
    size_t variable = 0;

    for (size_t i = 0; i < t->segment_count; i++) {
        vb_buf_char(buf, '/');
        if (t->segments[i].kind == VB_SEGMENT_LITERAL)
            vb_buf_append(buf, t->segments[i].text);
        else
            vb_percent_encode(buf,
                              x->variables[redirect->variables[variable++]],
                              VB_PERCENT_KEEP_SEGMENT);
    }
    if (t->trailing_slash || t->segment_count == 0)
        vb_buf_char(buf, '/');
}

/* In the arena; "" when it is too long, or memory short. */
static struct vb_span location_of(struct vb_exchange *x)
{
    const struct vb_redirect *redirect = redirect_of(x);
    struct vb_span text = {NULL, 0};
    struct vb_buf buf;

    vb_buf_init(&buf, MAX_LOCATION);
    vb_buf_append(&buf, redirect->origin);
    append_path(x, redirect, &buf);
    if (x->head.has_query) {
        vb_buf_char(&buf, '?');
        vb_buf_append(&buf, x->head.query);
    }
    if (buf.err == VB_OK)
        text = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return text;
}

static enum vb_answer nothing_here(struct vb_exchange *x)
{
    x->selected = (struct vb_selected){.modified = VB_DATE_NONE};
    return VB_NO;
}

static enum vb_answer lead(struct vb_exchange *x, struct vb_span *ret_location)
{
    *ret_location = location_of(x);
    if (ret_location->len > 0)
        return VB_YES;
    return vb_reply_unavailable(x);
}

static enum vb_answer redirect_moved(struct vb_exchange *x)
{
    bool for_now = redirect_of(x)->kind == VB_REDIRECT_FOR_NOW;

    x->reply.status =
        (uint16_t)(for_now ? VB_STATUS_TEMPORARY_REDIRECT : vb_moved_status(x));
    return lead(x, &x->outcome.location);
}

static enum vb_answer redirect_elsewhere(struct vb_exchange *x)
{
    return lead(x, &x->outcome.see_other);
}

/* Nothing is done here that would have to be permitted. */
static enum vb_answer permitted(struct vb_exchange *x)
{
    (void)x;
    return VB_YES;
}

static const struct vb_slot slot = {.content_ignored = true};

const struct vb_slot *vb_redirect_slot(enum vb_method method)
{
    (void)method;
    return &slot;
}

void vb_redirect_init(struct vb_resource *resource,
                      const struct vb_route *route)
{
    static const enum vb_method methods[] = {VB_METHOD_GET,    VB_METHOD_PUT,
                                             VB_METHOD_POST,   VB_METHOD_PATCH,
                                             VB_METHOD_DELETE, VB_METHOD_QUERY};
    bool see_other = route->redirect->kind == VB_REDIRECT_SEE_OTHER;
    size_t count = see_other ? 1 : sizeof(methods) / sizeof(methods[0]);

    resource->permitted = permitted;
    resource->exists = nothing_here;
    if (see_other)
        resource->elsewhere = redirect_elsewhere;
    else
        resource->moved = redirect_moved;
    for (size_t i = 0; route->operation_count == 0 && i < count; i++)
        resource->slots[methods[i]] = &slot;
}
