/* What an error's reply says, and in which of two media types. See reply.h. */
#include "content/problem.h"
#include "content/html.h"

#include "flow/reply.h"
#include "http/accept.h"
#include "http/status.h"

/* Bytes that a problem document may have. */
#define MAX_PROBLEM ((size_t)64 * 1024)

const struct vb_field_out vb_page_fields[VB_PAGE_FIELDS] = {
    {VB_SPAN_INIT("Content-Security-Policy"), VB_SPAN_INIT(VB_HTML_POLICY)},
    {VB_SPAN_INIT("X-Content-Type-Options"), VB_SPAN_INIT("nosniff")},
    {VB_SPAN_INIT("Cross-Origin-Opener-Policy"), VB_SPAN_INIT("same-origin")},
    {VB_SPAN_INIT("Cross-Origin-Resource-Policy"), VB_SPAN_INIT("same-origin")},
    {VB_SPAN_INIT("Referrer-Policy"), VB_SPAN_INIT("same-origin")},
};

static struct vb_problem *problem_of(struct vb_exchange *x)
{
    if (x->problem == NULL)
        x->problem = vb_arena_calloc(&x->arena, 1, sizeof(*x->problem));
    return x->problem;
}

void vb_reply_detail(struct vb_exchange *x, struct vb_span detail)
{
    struct vb_problem *problem = problem_of(x);

    if (problem != NULL && problem->detail.len == 0)
        problem->detail = detail;
}

enum vb_answer vb_reply_refuse(struct vb_exchange *x, unsigned status,
                               struct vb_span detail)
{
    x->reply.status = (uint16_t)status;
    if (detail.len > 0)
        vb_reply_detail(x, detail);
    return VB_HALT;
}

enum vb_answer vb_reply_unavailable(struct vb_exchange *x)
{
    return vb_reply_refuse(x, VB_STATUS_SERVICE_UNAVAILABLE, VB_SPAN(""));
}

enum vb_answer vb_reply_verdict(struct vb_exchange *x)
{
    x->reply.status = x->verdict.status;
    vb_reply_detail(x, vb_span_str(x->verdict.reason));
    return VB_NO;
}

void vb_reply_no_coding(struct vb_exchange *x)
{
    vb_reply_detail(x, VB_SPAN("There is a representation, but in no content "
                               "coding that is accepted."));
}

void vb_reply_complain(struct vb_exchange *x, enum vb_problem_part part,
                       struct vb_span where, struct vb_span detail)
{
    struct vb_problem *problem = problem_of(x);

    if (problem == NULL)
        return;
    if (problem->count < VB_PROBLEM_MOST)
        problem->complaints[problem->count] =
            (struct vb_complaint){part, where, detail, 0};
    problem->count++;
}

enum form { FORM_PROBLEM, FORM_JSON, FORM_HTML, FORM_COUNT };

#define MEDIA(t, s, x)                                                         \
    {                                                                          \
        .type = VB_SPAN_INIT(t), .subtype = VB_SPAN_INIT(s),                   \
        .suffix = VB_SPAN_INIT(x)                                              \
    }
static const struct vb_media forms[FORM_COUNT] = {
    [FORM_PROBLEM] = MEDIA("application", "problem+json", "json"),
    [FORM_JSON] = MEDIA("application", "json", ""),
    [FORM_HTML] = MEDIA("text", "html", ""),
};
#undef MEDIA

/* A browser asks for text/html and gets a page. Who accepts neither gets the
 * document all the same: an error that says nothing helps no one. */
static enum form choose_form(const struct vb_exchange *x)
{
    struct vb_lines lines;
    struct vb_choice choice;

    vb_fields_lines(&x->head.fields, VB_FIELD_ACCEPT, &lines);
    choice = vb_accept_media(lines.at, lines.count, forms, FORM_COUNT);
    return choice.offer < 0 ? FORM_PROBLEM : (enum form)choice.offer;
}

/* These must not be stored (RFC 6585 sections 3 to 5): they tell of this one
 * request. */
static bool is_of_the_moment(unsigned status)
{
    return status == VB_STATUS_PRECONDITION_REQUIRED ||
           status == VB_STATUS_TOO_MANY_REQUESTS ||
           status == VB_STATUS_REQUEST_HEADER_FIELDS_TOO_LARGE;
}

/* Errors are heuristically cacheable (RFC 9110 section 15.1), but what is
 * missing now may be created at any time. Not what is gone, unless a method
 * creates there (section 15.5.11). */
static struct vb_span cache_control_of(const struct vb_exchange *x)
{
    if (is_of_the_moment(x->reply.status))
        return VB_SPAN("no-store");
    if (x->reply.status == VB_STATUS_GONE && !vb_resource_creates(x->resource))
        return VB_SPAN("");
    return vb_reply_caching(x);
}

void vb__reply_problem(struct vb_exchange *x)
{
    struct vb_problem *problem = problem_of(x);
    enum form form = choose_form(x);
    struct vb_buf text;

    vb_reply_field(x, VB_FIELD_CACHE_CONTROL, cache_control_of(x));
    if (x->reply.content != VB_CONTENT_NONE)
        return; /* prepared already */
    vb_reply_add(x, VB_SPAN("Vary"),
                 x->reply.status == VB_STATUS_NOT_ACCEPTABLE
                     ? VB_SPAN("Accept, Accept-Encoding")
                     : VB_SPAN("Accept"));
    if (x->current != NULL && x->current->by_language)
        vb_reply_add(x, VB_SPAN("Vary"), VB_SPAN("Accept-Language"));
    if (problem == NULL)
        return;
    problem->status = x->reply.status;
    vb_buf_init(&text, MAX_PROBLEM);
    if (form == FORM_HTML)
        vb_problem_write_html(&text, problem);
    else
        vb_problem_write_json(&text, problem);
    if (text.err == VB_OK) {
        x->reply.bytes = vb_arena_dup(&x->arena, vb_buf_span(&text));
        x->reply.content = VB_CONTENT_BYTES;
        /* One name for the JSON form, whichever of its two was asked for. */
        vb_reply_field(x, VB_FIELD_CONTENT_TYPE,
                       form == FORM_HTML ? VB_SPAN("text/html; charset=utf-8")
                                         : VB_SPAN("application/problem+json"));
        vb_reply_field(x, VB_FIELD_CONTENT_LANGUAGE, VB_SPAN("en"));
        if (form == FORM_HTML)
            for (size_t i = 0; i < VB_PAGE_FIELDS; i++)
                vb_reply_add(x, vb_page_fields[i].name,
                             vb_page_fields[i].value);
    }
    vb_buf_done(&text);
}
