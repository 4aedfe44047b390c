/* See describing.h. */
#include "describing.h"

#include <stdio.h>
#include <stdlib.h>

void describe_text(struct describing *t, const char *text)
{
    /* An exact allocation shows a read past the end. */
    size_t len = strlen(text);
    char *copy = malloc(len ? len : 1);

    memcpy(copy, text, len);
    t->d = NULL;
    vb_notes_init(&t->notes);
    t->err = vb_description_parse(VB_SPAN("t.yaml"), vb_span_of(copy, len),
                                  &t->notes, &t->d);
    free(copy);
    assert_true((t->d != NULL) == (t->err == VB_OK));
    assert_true((t->err == VB_OK) == (t->notes.errors == 0));
}

void describe_paths(struct describing *t, const char *paths)
{
    struct vb_buf text;

    vb_buf_init(&text, 1 << 20);
    vb_buf_str(&text, "openapi: 3.1.0\n"
                      "info: {title: T, version: '1'}\n"
                      "\n"
                      "paths:\n");
    vb_buf_str(&text, paths);
    vb_buf_char(&text, 0);
    describe_text(t, text.ptr);
    vb_buf_done(&text);
}

void describing_done(struct describing *t)
{
    vb_description_unref(t->d);
    vb_notes_done(&t->notes);
}

void assert_described(const struct describing *t)
{
    struct vb_buf text;

    if (t->d)
        return;
    vb_buf_init(&text, 1 << 16);
    vb_notes_print(&t->notes, &text);
    print_error("%s: %.*s\n", vb_err_text(t->err), VB_FMT(vb_buf_span(&text)));
    vb_buf_done(&text);
    fail();
}

void assert_first_error(const struct describing *t, const char *line)
{
    struct vb_buf text;

    assert_null(t->d);
    assert_non_null(t->notes.first);
    vb_buf_init(&text, 1 << 16);
    vb_note_print(t->notes.first, &text);
    text.len--; /* the newline */
    assert_span_equal(vb_buf_span(&text), line);
    vb_buf_done(&text);
}

const struct vb_route *route_of(const struct describing *t, const char *path)
{
    for (size_t i = 0; i < t->d->route_count; i++) {
        if (vb_span_eq(t->d->routes[i]->path, vb_span_str(path)))
            return t->d->routes[i];
    }
    fail_msg("no route %s", path);
    return NULL;
}

const struct vb_operation *operation_of(const struct describing *t,
                                        const char *path, enum vb_method method)
{
    const struct vb_operation *op = route_of(t, path)->by_method[method];

    if (!op)
        fail_msg("no such operation of %s", path);
    return op;
}

/* "a" or "a/b". */
static bool is_named(const struct vb_property *p, const char *name)
{
    struct vb_buf text;
    bool same;

    vb_buf_init(&text, 1000);
    for (size_t i = 0; i < p->path_len; i++)
        vb_buf_printf(&text, "%s%.*s", i ? "/" : "", VB_FMT(p->path[i]));
    same = vb_span_eq(vb_buf_span(&text), vb_span_str(name));
    vb_buf_done(&text);
    return same;
}

const struct vb_property *property_of(const struct describing *t,
                                      const char *path, const char *name)
{
    const struct vb_state *state = route_of(t, path)->state;

    for (size_t i = 0; state && i < state->property_count; i++) {
        if (is_named(&state->properties[i], name))
            return &state->properties[i];
    }
    return NULL;
}
