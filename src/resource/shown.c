/* One resource, shown as the query wants it. See shown.h. */
#include "resource/shown.h"

#include "flow/reply.h"
#include "resource/cached.h"
#include "resource/follow.h"
#include "resource/guarded.h"

static bool asks_nothing(const struct vb_selection *selection)
{
    return selection->field_count == 0 && selection->steps == NULL;
}

bool vb_shown_ask(struct vb_exchange *x, const struct vb_route *route,
                  struct vb_shown **ret_shown)
{
    struct vb_shown *shown = vb_arena_calloc(&x->arena, 1, sizeof(*shown));
    struct vb_prefer prefer = vb_reply_prefer(x);
    struct vb_selection_reading reading = {
        .x = x,
        .operation = route->by_method[VB_METHOD_GET],
        .lenient = prefer.handling == VB_PREFER_HANDLING_LENIENT,
        .of_one = true,
        .streams = vb_follow_wanted(x),
    };

    if (shown == NULL) {
        (void)vb_reply_unavailable(x);
        return false;
    }
    vb_buf_init(&shown->json, VB_EXPAND_BYTES_MOST);
    shown->selection.route = route;
    reading.selection = &shown->selection;
    if (!vb_selection_read_query(&reading, x->head.query)) {
        vb_reply_add(x, VB_SPAN("Vary"), VB_SPAN("Prefer"));
        return false;
    }
    if (shown->selection.ignored)
        vb_reply_applied(x, "handling=lenient");
    *ret_shown =
        asks_nothing(&shown->selection) && !reading.streams ? NULL : shown;
    return true;
}

/* --- showing it ------------------------------------------------------------
 */

/* Its JSON, with what is known of what it refers to. */
static void write(void *context)
{
    struct vb_stored *stored = context;
    struct vb_shown *shown = stored->shown;
    struct vb_json *value =
        vb_present_value(stored->route, stored->record->content);

    vb_buf_reset(&shown->json);
    if (value == NULL) {
        shown->expanding.err = VB_ERR_NOMEM;
        return;
    }
    vb_selection_show(&shown->json, &shown->selection, &shown->expanding,
                      value->root);
    vb_json_free(value);
    if (shown->json.err == VB_ERR_LIMIT)
        shown->expanding.excessive = true;
    else if (shown->json.err != VB_OK)
        shown->expanding.err = shown->json.err;
}

static enum vb_answer present(void *context)
{
    struct vb_stored *stored = context;
    const struct vb_shown *shown = stored->shown;
    struct vb_record *record = stored->record;
    struct vb_exchange *x = stored->x;
    struct vb_view view = {
        .route = stored->route,
        .key = vb_stored_path(stored),
        .tag = vb_stored_tag(x, record->revision),
        .modified_ms = record->modified_ms,
        .media_type = record->media_type,
        .content = vb_buf_span(&shown->json),
        .chosen = true,
    };
    struct vb_rep *rep;

    if (shown->selection.steps != NULL)
        view.variant = vb_expanding_variant(&shown->expanding, VB_SPAN(""));
    rep = vb_present(x, &view);
    if (rep == NULL)
        return VB_HALT;
    vb_guarded_keep(stored, rep);
    return vb_cached_show(x, VB_SPAN(""), stored->stamp, rep);
}

enum vb_answer vb_shown_select(struct vb_stored *stored)
{
    struct vb_expanding *expanding = &stored->shown->expanding;

    vb_expanding_done(expanding);
    *expanding = (struct vb_expanding){
        .x = stored->x,
        .steps = stored->shown->selection.steps,
        .write = write,
        .show = present,
        .context = stored,
    };
    return vb_expanding_run(expanding);
}

void vb_shown_done(struct vb_shown *shown)
{
    if (shown == NULL)
        return;
    vb_expanding_done(&shown->expanding);
    vb_buf_done(&shown->json);
}
