/* A state as a selection shows it. See selection.h. */
#include "content/json.h"
#include "resource/selection.h"
#include "resource/stored.h"

/* How a member stands to the fields that are shown. */
enum shown { SHOWN_NOT, SHOWN_PARTLY, SHOWN_WHOLE };

/* `path` are the `depth` names that led to the member, and its own. */
static enum shown is_shown(const struct vb_selection *selection,
                           const struct vb_span *path, size_t depth)
{
    enum shown shown = SHOWN_NOT;

    for (size_t i = 0; i < selection->field_count; i++) {
        const struct vb_filter_field *field = &selection->fields[i];
        size_t same = 0;

        while (same < field->path_len && same <= depth &&
               vb_span_eq(field->path[same], path[same]))
            same++;
        if (same == field->path_len)
            return SHOWN_WHOLE;
        if (same == depth + 1)
            shown = SHOWN_PARTLY;
    }
    return shown;
}

static void show_each(struct vb_buf *buf, const struct vb_selection *selection,
                      yyjson_val *array, struct vb_span *path, size_t depth);

/* No deeper than the paths of the fields are long. */
static void show(struct vb_buf *buf, const struct vb_selection *selection,
                 yyjson_val *object, struct vb_span *path, size_t depth)
{
    yyjson_val *key, *value;
    size_t i, max;
    bool first = true;

    vb_buf_char(buf, '{');
    yyjson_obj_foreach(object, i, max, key, value)
    {
        enum shown shown;

        path[depth] = vb_json_text(key);
        shown = is_shown(selection, path, depth);
        if (shown == SHOWN_NOT ||
            (shown == SHOWN_PARTLY && !yyjson_is_ctn(value)))
            continue;
        if (!first)
            vb_buf_char(buf, ',');
        first = false;
        vb_json_write_string(buf, path[depth]);
        vb_buf_char(buf, ':');
        if (shown == SHOWN_WHOLE)
            vb_json_write(buf, value);
        else if (yyjson_is_arr(value))
            show_each(buf, selection, value, path, depth + 1);
        else
            show(buf, selection, value, path, depth + 1);
    }
    vb_buf_char(buf, '}');
}

/* What several references were expanded to. */
static void show_each(struct vb_buf *buf, const struct vb_selection *selection,
                      yyjson_val *array, struct vb_span *path, size_t depth)
{
    yyjson_val *element;
    size_t i, max;

    vb_buf_char(buf, '[');
    yyjson_arr_foreach(array, i, max, element)
    {
        if (i > 0)
            vb_buf_char(buf, ',');
        if (yyjson_is_obj(element))
            show(buf, selection, element, path, depth);
        else
            vb_json_write(buf, element);
    }
    vb_buf_char(buf, ']');
}

static void show_fields(struct vb_buf *buf,
                        const struct vb_selection *selection, yyjson_val *root)
{
    struct vb_span path[VB_SELECTION_DEPTH_MOST + 1];

    if (selection->field_count > 0 && yyjson_is_obj(root))
        show(buf, selection, root, path, 0);
    else
        vb_json_write(buf, root);
}

/* Fields are chosen among what was expanded. */
static void show_expanded(struct vb_buf *buf,
                          const struct vb_selection *selection,
                          struct vb_expanding *expanding, yyjson_val *root)
{
    struct vb_json *value;
    struct vb_buf whole;

    vb_buf_init(&whole, VB_EXPAND_BYTES_MOST);
    vb_expanding_write(expanding, &whole, root);
    if (whole.err != VB_OK) {
        buf->err = whole.err;
    } else if (selection->field_count == 0) {
        vb_buf_append(buf, vb_buf_span(&whole));
    } else if (vb_json_parse(vb_buf_span(&whole), &vb_expand_json_limits,
                             &value, NULL) != VB_OK) {
        buf->err = VB_ERR_NOMEM;
    } else {
        show_fields(buf, selection, value->root);
        vb_json_free(value);
    }
    vb_buf_done(&whole);
}

void vb_selection_show(struct vb_buf *buf, const struct vb_selection *selection,
                       struct vb_expanding *expanding, yyjson_val *root)
{
    if (expanding != NULL)
        show_expanded(buf, selection, expanding, root);
    else
        show_fields(buf, selection, root);
}

void vb_selection_write_state(struct vb_buf *buf, const struct vb_route *route,
                              const struct vb_selection *selection,
                              struct vb_expanding *expanding,
                              struct vb_span content)
{
    bool some = selection != NULL &&
                (selection->field_count > 0 || selection->steps != NULL);
    struct vb_json *shown;

    if (!some && !vb_state_has_hidden(route)) {
        vb_buf_append(buf, content);
        return;
    }
    shown = vb_present_value(route, content);
    if (shown == NULL)
        buf->err = VB_ERR_NOMEM;
    else if (some)
        vb_selection_show(buf, selection, expanding, shown->root);
    else
        vb_json_write(buf, shown->root);
    vb_json_free(shown);
}
