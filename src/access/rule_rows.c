/* The rows of the flow that ask rules. See rule.h. */
#include "access/guard.h"
#include "access/rule.h"
#include "content/pointer.h"
#include "flow/reply.h"

const struct vb_allow *vb_rule_of(const struct vb_exchange *x)
{
    return x->resource->guard == NULL
               ? NULL
               : x->resource->guard->allow[x->head.method];
}

/* --- refusing ------------------------------------------------------------- */

/* The same words, whether there is nothing or it is concealed; what was said
 * before might tell. */
static enum vb_answer conceal(struct vb_exchange *x)
{
    x->problem = NULL;
    x->reply.status = VB_STATUS_NOT_FOUND;
    vb_reply_detail(x, VB_SPAN("There is nothing here."));
    return VB_NO;
}

static enum vb_answer refuse(struct vb_exchange *x,
                             const struct vb_allow *allow)
{
    if (allow->conceal)
        return conceal(x);
    x->problem = NULL;
    x->reply.status = VB_STATUS_FORBIDDEN;
    vb_reply_detail(x, vb_identity_is_known(x->identity)
                           ? VB_SPAN("This is not for you to do.")
                           : VB_SPAN("This is not for anybody to do."));
    return VB_NO;
}

/* --- the rows ------------------------------------------------------------- */

static enum vb_truth ask(struct vb_exchange *x, struct vb_ruling *ruling)
{
    enum vb_truth truth;

    ruling->key = x->key;
    truth = vb_ruling_ask(ruling);
    vb_ruling_done(ruling);
    return truth;
}

/* Where no other row will know more, what is unknown is not so. */
enum vb_answer vb__rule_permitted(struct vb_exchange *x)
{
    const struct vb_allow *allow = vb_rule_of(x);
    struct vb_ruling ruling;

    if (allow == NULL)
        return VB_YES;
    vb_ruling_begin(&ruling, x, allow);
    switch (ask(x, &ruling)) {
    case VB_TRUE:
        return VB_YES;
    case VB_UNKNOWN:
        return allow->by_state || allow->by_content ? VB_YES : refuse(x, allow);
    default:
        return refuse(x, allow);
    }
}

enum vb_answer vb__rule_accessible(struct vb_exchange *x)
{
    const struct vb_allow *allow = vb_rule_of(x);
    struct vb_ruling ruling;
    enum vb_truth truth;

    if (allow == NULL || !allow->by_state)
        return VB_YES;
    vb_ruling_begin(&ruling, x, allow);
    ruling.knows_state = true;
    ruling.state = x->resource->guard->look->state(x);
    truth = ask(x, &ruling);
    if (truth == VB_TRUE || (truth == VB_UNKNOWN && allow->by_content))
        return VB_YES;
    return refuse(x, allow);
}

/* What is made here belongs to who makes it; but whoever may make something
 * here need not learn what there was. */
static bool may_create(struct vb_exchange *x, const struct vb_allow *allow)
{
    const struct vb_slot *slot = vb_resource_slot(x);
    struct vb_ruling ruling;
    enum vb_truth truth;

    if (slot == NULL || !slot->creates || x->selected.gone ||
        x->selected.moved_to.len > 0)
        return false;
    vb_ruling_begin(&ruling, x, allow);
    ruling.knows_state = true;
    ruling.creates = allow->owner != NULL;
    truth = ask(x, &ruling);
    return truth == VB_TRUE || (truth == VB_UNKNOWN && allow->by_content);
}

enum vb_answer vb__rule_disclosed(struct vb_exchange *x)
{
    const struct vb_allow *allow = vb_rule_of(x);
    struct vb_ruling ruling;

    if (allow == NULL || !allow->by_state)
        return VB_YES;
    vb_ruling_begin(&ruling, x, allow);
    if (ask(x, &ruling) == VB_TRUE || may_create(x, allow))
        return VB_YES;
    return conceal(x);
}

/* The one property of the content that the rules are about; NULL: there are
 * several. */
static const struct vb_filter_field *only_property(const struct vb_allow *allow)
{
    const struct vb_filter_field *only = NULL;

    for (size_t i = 0; i < allow->count; i++) {
        const struct vb_expression *rule = allow->rules[i];

        if ((vb_expression_roots(rule) & 1u << VB_ALLOW_CONTENT) == 0)
            continue;
        if (only != NULL)
            return NULL;
        only = vb_expression_only(rule, VB_ALLOW_CONTENT);
        if (only == NULL)
            return NULL;
    }
    return only;
}

static void point(struct vb_exchange *x, const struct vb_allow *allow)
{
    const struct vb_filter_field *only = only_property(allow);
    struct vb_buf text;

    if (only == NULL || only->path_len == 0)
        return;
    vb_buf_init(&text, 4096);
    for (size_t i = 0; i < only->path_len; i++)
        vb_pointer_append(&text, only->path[i]);
    vb_reply_complain(x, VB_PROBLEM_POINTER,
                      vb_arena_dup(&x->arena, vb_buf_span(&text)),
                      VB_SPAN("is not for you to say"));
    vb_buf_done(&text);
}

enum vb_answer vb__rule_granted(struct vb_exchange *x)
{
    const struct vb_allow *allow = vb_rule_of(x);
    const struct vb_guard_look *look = x->resource->guard->look;
    struct vb_ruling ruling;

    if (allow == NULL || !allow->by_content)
        return VB_YES;
    vb_ruling_begin(&ruling, x, allow);
    ruling.knows_state = true;
    ruling.state = look->state(x);
    ruling.creates = allow->owner != NULL && !x->selected.exists;
    ruling.knows_content = look->content(x, &ruling.content);
    if (ask(x, &ruling) == VB_TRUE)
        return VB_YES;
    if (!ruling.knows_content)
        return vb_reply_unavailable(x);
    x->reply.status = VB_STATUS_FORBIDDEN;
    vb_reply_detail(x, VB_SPAN("With this content, it is not for you to do."));
    point(x, allow);
    return VB_NO;
}
