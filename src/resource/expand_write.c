/* A state with what it refers to in the place of references. See expand.h. */
#include "resource/expand.h"
#include "resource/stored.h"

/* A step whose property is to be found, and how far its path has led here. */
struct cursor {
    const struct vb_expand_step *step;
    size_t at;
};

struct cursors {
    struct cursor all[VB_EXPAND_STEPS_MOST];
    size_t count;
};

static void write(struct vb_expanding *expanding, struct vb_buf *buf,
                  yyjson_val *value, const struct cursors *cursors);

static struct cursors begin(const struct vb_expand_step *steps)
{
    struct cursors cursors = {.count = 0};

    for (; steps != NULL; steps = steps->next)
        cursors.all[cursors.count++] = (struct cursor){steps, 0};
    return cursors;
}

/* Those that go on into the member of this name; ptr NULL: into the elements.
 */
static struct cursors advance(const struct cursors *cursors,
                              struct vb_span name)
{
    struct cursors on = {.count = 0};

    for (size_t i = 0; i < cursors->count; i++) {
        const struct cursor *cursor = &cursors->all[i];
        const struct vb_property *property = cursor->step->property;
        struct vb_span next = cursor->at < property->path_len
                                  ? property->path[cursor->at]
                                  : VB_SPAN("");

        if (cursor->at < property->path_len &&
            (next.ptr == NULL) == (name.ptr == NULL) &&
            (next.ptr == NULL || vb_span_eq(next, name)))
            on.all[on.count++] = (struct cursor){cursor->step, cursor->at + 1};
    }
    return on;
}

/* The step whose property this is; NULL: of none. */
static const struct vb_expand_step *arrived(const struct cursors *cursors)
{
    for (size_t i = 0; i < cursors->count; i++)
        if (cursors->all[i].at == cursors->all[i].step->property->path_len)
            return cursors->all[i].step;
    return NULL;
}

static void write_referred(struct vb_expanding *expanding, struct vb_buf *buf,
                           yyjson_val *value, const struct vb_expand_step *step)
{
    struct vb_span key = VB_SPAN("");
    struct vb__expanded *there = NULL;
    struct cursors cursors;

    if (yyjson_is_str(value) || vb_json_is_number(value))
        key = vb_reference_key(expanding->x, step->property, value);
    if (key.len > 0)
        there = vb__expanding_find(expanding, key);
    /* (A path may name something else than what it is said to refer to.) */
    if (there == NULL || there->shown == NULL ||
        there->route != step->property->references) {
        vb_json_write(buf, value);
        return;
    }
    cursors = begin(step->below);
    write(expanding, buf, there->shown->root, &cursors);
}

static void write_elements(struct vb_expanding *expanding, struct vb_buf *buf,
                           yyjson_val *array, const struct cursors *cursors,
                           const struct vb_expand_step *step)
{
    struct cursors on = advance(cursors, vb_span_of(NULL, 0));
    yyjson_val *element;
    size_t i, max;

    vb_buf_char(buf, '[');
    yyjson_arr_foreach(array, i, max, element)
    {
        if (i > 0)
            vb_buf_char(buf, ',');
        if (step != NULL)
            write_referred(expanding, buf, element, step);
        else
            write(expanding, buf, element, &on);
    }
    vb_buf_char(buf, ']');
}

static void write_members(struct vb_expanding *expanding, struct vb_buf *buf,
                          yyjson_val *object, const struct cursors *cursors)
{
    yyjson_val *key, *value;
    size_t i, max;

    vb_buf_char(buf, '{');
    yyjson_obj_foreach(object, i, max, key, value)
    {
        struct cursors on = advance(cursors, vb_json_text(key));

        if (i > 0)
            vb_buf_char(buf, ',');
        vb_json_write_string(buf, vb_json_text(key));
        vb_buf_char(buf, ':');
        write(expanding, buf, value, &on);
    }
    vb_buf_char(buf, '}');
}

/* Deeper than the values are nested by as many states as lie in each other. */
static void write(struct vb_expanding *expanding, struct vb_buf *buf,
                  yyjson_val *value, const struct cursors *cursors)
{
    const struct vb_expand_step *step = arrived(cursors);

    if (buf->err != VB_OK)
        return;
    if (yyjson_is_arr(value) && cursors->count > 0)
        write_elements(expanding, buf, value, cursors, step);
    else if (step != NULL)
        write_referred(expanding, buf, value, step);
    else if (yyjson_is_obj(value) && cursors->count > 0)
        write_members(expanding, buf, value, cursors);
    else
        vb_json_write(buf, value);
}

void vb_expanding_write(struct vb_expanding *expanding, struct vb_buf *buf,
                        yyjson_val *shown)
{
    struct cursors cursors = begin(expanding->steps);

    write(expanding, buf, shown, &cursors);
}
