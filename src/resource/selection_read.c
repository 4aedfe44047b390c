/* A listing asked with name=value, in a query or a form. See selection.h. */
#include "base/utf8.h"
#include "content/pointer.h"
#include "flow/reply.h"
#include "http/query.h"
#include "resource/params.h"
#include "resource/selection_part.h"

bool vb__selection_refuse(const struct vb__source *source, unsigned status,
                          struct vb_span name, const char *detail)
{
    struct vb_exchange *x = source->reading->x;
    char memory[1024];
    struct vb_buf pointer = vb_buf_over(memory, sizeof(memory));

    x->reply.status = (uint16_t)status;
    if (source->json)
        vb_pointer_append(&pointer, name);
    if (source->json && pointer.err == VB_OK)
        vb_reply_complain(x, VB_PROBLEM_POINTER,
                          vb_arena_dup(&x->arena, vb_buf_span(&pointer)),
                          vb_span_str(detail));
    else
        vb_reply_complain(x, VB_PROBLEM_PARAMETER,
                          vb_arena_dup(&x->arena, name), vb_span_str(detail));
    return false;
}

bool vb__selection_judge(const struct vb__source *source, struct vb_span name,
                         const char *wrong)
{
    struct vb_exchange *x = source->reading->x;

    if (x->arena.failed) {
        x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE;
        return false;
    }
    return wrong == NULL ||
           vb__selection_refuse(source, source->invalid, name, wrong);
}

bool vb__selection_pass_over(const struct vb__source *source,
                             struct vb_span name, bool described)
{
    if (described)
        return vb__selection_refuse(
            source, VB_STATUS_NOT_IMPLEMENTED, name,
            "is described, but this server does nothing with it");
    if (!source->reading->lenient)
        return vb__selection_refuse(source, source->invalid, name,
                                    "is not known");
    source->reading->selection->ignored = true;
    return true;
}

/* --- name=value ------------------------------------------------------------
 */

/* Cuts "a,b\,c" into "a" and "b,c". */
static size_t cut_list(struct vb_arena *arena, struct vb_span list,
                       struct vb_span *texts, size_t most)
{
    char *at = vb_arena_alloc(arena, list.len + 1);
    size_t count = 0, start = 0, len = 0;

    for (size_t i = 0; at != NULL && i <= list.len; i++) {
        if (i < list.len && list.ptr[i] == '\\' && i + 1 < list.len) {
            at[len++] = list.ptr[++i];
        } else if (i < list.len && list.ptr[i] != ',') {
            at[len++] = list.ptr[i];
        } else {
            if (count < most)
                texts[count] = vb_span_of(at + start, len - start);
            count++;
            start = len;
        }
    }
    return count;
}

static bool take_filter(const struct vb__source *source,
                        const struct vb__criterion *criterion,
                        struct vb_span value)
{
    struct vb_arena *arena = &source->reading->x->arena;
    struct vb_span texts[VB_FILTER_OPERANDS_MOST];
    size_t count = 1;

    texts[0] = value.ptr != NULL ? value : VB_SPAN("");
    if (criterion->op == VB_FILTER_IN)
        count = cut_list(arena, texts[0], texts, VB_FILTER_OPERANDS_MOST);
    return vb__selection_judge(
        source, criterion->name,
        vb__selection_filter(source->reading, criterion, texts, count, value));
}

static bool take_pair(const struct vb__source *source,
                      const struct vb_query_pair *pair)
{
    struct vb_selection_reading *reading = source->reading;
    struct vb__criterion criterion;
    const char *wrong;
    bool described;

    if (!vb_utf8_valid(pair->name) || !vb_utf8_valid(pair->value))
        return vb__selection_refuse(source, VB_STATUS_BAD_REQUEST, pair->name,
                                    "is not UTF-8");
    if (!vb_params_parameter_fits(reading->x, reading->operation, pair->name,
                                  pair->value, &described)) {
        reading->x->reply.status = (uint16_t)source->invalid;
        return false;
    }
    if (vb__selection_own(reading, pair->name, pair->value, &wrong))
        return vb__selection_judge(source, pair->name, wrong);
    if (vb__selection_find(reading, pair->name, &criterion))
        return take_filter(source, &criterion, pair->value);
    return vb__selection_pass_over(source, pair->name, described);
}

static bool read_pairs(struct vb_selection_reading *reading,
                       struct vb_span text, unsigned invalid,
                       const char *malformed)
{
    const struct vb__source source = {reading, invalid, false};
    struct vb_exchange *x = reading->x;
    struct vb_query_pair pair;
    struct vb_query query;

    vb_query_init(&query, &x->arena, text);
    while (vb_query_next(&query, &pair))
        if (!take_pair(&source, &pair))
            return false;
    if (query.err == VB_OK)
        return vb__selection_finish(&source);
    x->reply.status = query.err == VB_ERR_NOMEM ? VB_STATUS_SERVICE_UNAVAILABLE
                                                : VB_STATUS_BAD_REQUEST;
    vb_reply_detail(x, vb_span_str(malformed));
    return false;
}

bool vb_selection_read_query(struct vb_selection_reading *reading,
                             struct vb_span query)
{
    return read_pairs(reading, query, VB_STATUS_BAD_REQUEST,
                      "The query is malformed.");
}

bool vb_selection_read_form(struct vb_selection_reading *reading,
                            struct vb_span form)
{
    return read_pairs(reading, form, VB_STATUS_UNPROCESSABLE_CONTENT,
                      "The form is malformed.");
}
