/* Problem details for people. See problem.h. */
#include "base/utf8.h"
#include "content/html_part.h"
#include "content/problem_part.h"

static void write_text(struct vb_buf *buf, const char *before,
                       struct vb_span text, const char *after)
{
    if (text.len == 0)
        return;
    vb_buf_str(buf, before);
    vb__html_cut(buf, text, VB__PROBLEM_TEXT);
    vb_buf_str(buf, after);
}

static void write_complaint(struct vb_buf *buf,
                            const struct vb_complaint *complaint)
{
    vb_buf_str(buf, "<tr><th scope=\"row\">");
    vb_html_text(buf, vb__problem_part_name(complaint->part));
    vb_buf_str(buf, " <bdi>");
    vb__html_cut(buf, complaint->where, VB__PROBLEM_TEXT);
    vb_buf_str(buf, "</bdi>");
    if (complaint->line > 0)
        vb_buf_printf(buf, " line %zu", complaint->line);
    vb_buf_str(buf, "</th><td><bdi>");
    vb__html_cut(buf, complaint->detail, VB__PROBLEM_TEXT);
    vb_buf_str(buf, "</bdi></td></tr>\n");
}

static void write_complaints(struct vb_buf *buf,
                             const struct vb_problem *problem)
{
    size_t shown = vb__problem_shown(problem);

    if (problem->count == 0)
        return;
    vb_buf_str(buf, "<div class=\"w\">\n<table>\n<caption>In the request"
                    "</caption>\n<thead><tr><th scope=\"col\">Where</th>"
                    "<th scope=\"col\">What</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < shown; i++)
        write_complaint(buf, &problem->complaints[i]);
    vb_buf_str(buf, "</tbody>\n</table>\n</div>\n");
    if (shown < problem->count)
        vb_buf_printf(buf, "<p class=\"m\">and %zu more</p>\n",
                      problem->count - shown);
}

/* "404 Not Found" into `memory`. */
static struct vb_span heading_of(const struct vb_problem *problem, char *memory,
                                 size_t size)
{
    struct vb_buf buf = vb_buf_over(memory, size);

    vb_buf_i64(&buf, problem->status);
    vb_buf_char(&buf, ' ');
    vb_buf_append(&buf,
                  vb_utf8_head(vb__problem_title(problem), size - buf.len));
    return vb_buf_span(&buf);
}

void vb_problem_write_html(struct vb_buf *buf, const struct vb_problem *problem)
{
    char memory[256];
    const struct vb_html_page page = {
        .title = heading_of(problem, memory, sizeof(memory)),
    };

    vb__html_begin(buf, &page);
    write_text(buf, "<p class=\"d\"><bdi>", problem->detail, "</bdi></p>\n");
    write_complaints(buf, problem);
    write_text(buf, "<p class=\"m\">Instance: <bdi>", problem->instance,
               "</bdi></p>\n");
    if (problem->type.len > 0) {
        vb_buf_str(buf, "<p class=\"m\">Type: ");
        vb__html_link(buf, problem->type, problem->type, VB__PROBLEM_TEXT);
        vb_buf_str(buf, "</p>\n");
    }
    vb__html_end(buf, &page);
}
