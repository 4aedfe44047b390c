/* Reasons: what is wrong, where in the instance, and by which keyword. */
#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"
#include "content/schema_keyword.h"

/* Bytes of a reason's texts; pointers too long for it are cut to those of a
 * value further out. */
#define DETAIL_MAX  512
#define POINTER_MAX 4096

void vb__reasons_init(struct vb__reasons *reasons,
                      const struct vb_pointer_step *step)
{
    *reasons = (struct vb__reasons){.step = step};
}

static void append(struct vb__run *run, struct vb_schema_error *error)
{
    struct vb__reasons *reasons = run->reasons;

    if (reasons->last == NULL)
        reasons->first = error;
    else
        reasons->last->next = error;
    reasons->last = error;
    reasons->count++;
}

static struct vb_span dup(struct vb__run *run, struct vb_span text)
{
    struct vb_span copy = vb_arena_dup(run->arena, text);

    if (copy.ptr == NULL)
        (void)vb__schema_abort(run, VB_ERR_NOMEM);
    return copy;
}

static struct vb_span pointer_of(struct vb__run *run,
                                 const struct vb_pointer_step *step)
{
    char text[POINTER_MAX];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    vb_pointer_write(&buf, step);
    while (buf.err != VB_OK) {
        step = step->parent;
        buf = vb_buf_over(text, sizeof(text));
        vb_pointer_write(&buf, step);
    }
    return dup(run, vb_buf_span(&buf));
}

/* The place of a keyword in the document of its schema. */
static struct vb_span keyword_of(struct vb__run *run,
                                 const struct vb_schema *schema,
                                 struct vb_span keyword)
{
    char text[POINTER_MAX];
    struct vb_buf buf = vb_buf_over(text, sizeof(text));

    vb__schema_path(schema->resource->document->root, schema->value, &buf);
    if (keyword.len > 0)
        vb_pointer_append(&buf, keyword);
    return dup(run, vb_buf_span(&buf));
}

static struct vb_schema_error *make(struct vb__run *run,
                                    const struct vb__at *at,
                                    const struct vb_pointer_step *step,
                                    struct vb_span keyword)
{
    struct vb_schema_error *error =
        vb_arena_calloc(run->arena, 1, sizeof(*error));

    if (error == NULL) {
        (void)vb__schema_abort(run, VB_ERR_NOMEM);
        return NULL;
    }
    error->pointer = pointer_of(run, step);
    error->uri = at->schema->resource->document->uri;
    error->keyword = keyword_of(run, at->schema, keyword);
    return error;
}

/* Notes what tells one branch of anyOf from another: see struct vb__reasons. */
static void weigh(struct vb__reasons *reasons,
                  const struct vb_pointer_step *step, struct vb_span keyword)
{
    bool here = step == reasons->step;
    bool child = step != NULL && step->parent == reasons->step;

    reasons->total++;
    reasons->inside |= !here;
    if (here && vb_span_eq(keyword, VB_SPAN("type")))
        reasons->wrong_type = true;
    if ((here || child) && (vb_span_eq(keyword, VB_SPAN("const")) ||
                            vb_span_eq(keyword, VB_SPAN("enum"))))
        reasons->wrong_tag++;
}

__attribute__((format(printf, 5, 0))) static void
fail(struct vb__run *run, const struct vb__at *at,
     const struct vb_pointer_step *step, struct vb_span keyword,
     const char *format, va_list args)
{
    char text[DETAIL_MAX];
    struct vb_schema_error *error;
    int len;

    weigh(run->reasons, step, keyword);
    if (run->reasons->count >= run->max_reasons)
        return;
    error = make(run, at, step, keyword);
    len = vsnprintf(text, sizeof(text), format, args);
    if (error == NULL || len < 0)
        return;
    error->detail = dup(
        run, vb_utf8_head(vb_span_of(text, strlen(text)), sizeof(text) - 2));
    if (run->err == VB_OK)
        append(run, error);
}

bool vb__schema_fail(struct vb__run *run, const struct vb__at *at,
                     struct vb_span keyword, const char *format, ...)
{
    va_list args;

    if (!vb__wants_all(run))
        return false;
    va_start(args, format);
    fail(run, at, at->step, keyword, format, args);
    va_end(args);
    return false;
}

bool vb__schema_fail_at(struct vb__run *run, const struct vb__at *at,
                        const struct vb_pointer_step *step,
                        struct vb_span keyword, const char *format, ...)
{
    va_list args;

    if (!vb__wants_all(run))
        return false;
    va_start(args, format);
    fail(run, at, step, keyword, format, args);
    va_end(args);
    return false;
}

void vb__reasons_move(struct vb__run *run, struct vb__reasons *from)
{
    struct vb_schema_error *error = from->first;
    struct vb__reasons *to = run->reasons;

    to->total += from->total;
    to->inside |= from->inside;
    to->wrong_type |= from->wrong_type;
    to->wrong_tag += from->wrong_tag;
    while (error != NULL && to->count < run->max_reasons) {
        struct vb_schema_error *next = error->next;

        error->next = NULL;
        append(run, error);
        error = next;
    }
}
