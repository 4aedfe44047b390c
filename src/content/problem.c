/* Problem details for programs. See problem.h. */
#include "content/problem.h"

#include "base/utf8.h"
#include "content/json.h"
#include "content/problem_part.h"
#include "http/status.h"

/* The members of RFC 9457 section 3.1 come first, in its order. */
struct writing {
    struct vb_buf *buf;
    bool begun; /* a member is written */
};

static void write_name(struct writing *writing, struct vb_span name)
{
    vb_buf_char(writing->buf, writing->begun ? ',' : '{');
    vb_json_write_string(writing->buf, name);
    vb_buf_char(writing->buf, ':');
    writing->begun = true;
}

static void write_text(struct writing *writing, struct vb_span name,
                       struct vb_span text)
{
    if (text.len == 0)
        return;
    write_name(writing, name);
    vb_json_write_string(writing->buf, vb_utf8_head(text, VB__PROBLEM_TEXT));
}

/* "errors", as section 3 has them in its example. */
static void write_complaints(struct writing *writing,
                             const struct vb_problem *problem)
{
    size_t shown = vb__problem_shown(problem);

    if (problem->count == 0)
        return;
    write_name(writing, VB_SPAN("errors"));
    vb_buf_char(writing->buf, '[');
    for (size_t i = 0; i < shown; i++) {
        const struct vb_complaint *complaint = &problem->complaints[i];
        struct writing inner = {writing->buf, false};

        if (i > 0)
            vb_buf_char(writing->buf, ',');
        write_name(&inner, vb__problem_part_name(complaint->part));
        vb_json_write_string(inner.buf,
                             vb_utf8_head(complaint->where, VB__PROBLEM_TEXT));
        if (complaint->line > 0)
            vb_buf_printf(inner.buf, ",\"line\":%zu", complaint->line);
        write_text(&inner, VB_SPAN("detail"), complaint->detail);
        vb_buf_char(writing->buf, '}');
    }
    if (shown < problem->count)
        vb_buf_printf(writing->buf, ",{\"detail\":\"and %zu more\"}",
                      problem->count - shown);
    vb_buf_char(writing->buf, ']');
}

void vb_problem_write_json(struct vb_buf *buf, const struct vb_problem *problem)
{
    struct writing writing = {buf, false};

    write_text(&writing, VB_SPAN("type"), problem->type);
    write_name(&writing, VB_SPAN("status"));
    vb_buf_i64(buf, problem->status);
    write_text(&writing, VB_SPAN("title"), vb__problem_title(problem));
    write_text(&writing, VB_SPAN("detail"), problem->detail);
    write_text(&writing, VB_SPAN("instance"), problem->instance);
    write_complaints(&writing, problem);
    vb_buf_char(buf, '}');
}

struct vb_span vb__problem_title(const struct vb_problem *problem)
{
    return problem->title.len > 0 ? problem->title
                                  : vb_status_reason(problem->status);
}

struct vb_span vb__problem_part_name(enum vb_problem_part part)
{
    static const struct vb_span names[] = {
        [VB_PROBLEM_POINTER] = VB_SPAN_INIT("pointer"),
        [VB_PROBLEM_PARAMETER] = VB_SPAN_INIT("parameter"),
        [VB_PROBLEM_HEADER] = VB_SPAN_INIT("header"),
    };

    return names[part];
}

size_t vb__problem_shown(const struct vb_problem *problem)
{
    return problem->count < VB_PROBLEM_MOST ? problem->count : VB_PROBLEM_MOST;
}
