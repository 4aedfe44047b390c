/* The trace as JSON, and who gets it. See explain.h. */
#include "flow/explain.h"

#include "content/json.h"
#include "flow/reply.h"
#include "http/link.h"
#include "http/prefer.h"
#include "http/status.h"

static void write_member(struct vb_buf *json, const char *name,
                         struct vb_span value)
{
    vb_json_write_string(json, vb_span_str(name));
    vb_buf_char(json, ':');
    vb_json_write_string(json, value);
}

static void write_step(struct vb_buf *json, uint16_t entry)
{
    const struct vb_node *node = &vb_flow_nodes[vb_trace_node(entry)];
    const struct {
        const char *name;
        const char *value;
    } members[] = {
        {"group", node->group},
        {"node", node->name},
        {"question", node->question},
        {"answer", vb_answer_text(vb_trace_answer(entry))},
        {"rfc", node->rfc},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        vb_buf_char(json, i == 0 ? '{' : ',');
        write_member(json, members[i].name, vb_span_str(members[i].value));
    }
    vb_buf_char(json, '}');
}

/* That a question had to wait is no answer of its own. */
static void write_steps(struct vb_buf *json, const struct vb_walk *walk)
{
    bool any = false;

    vb_buf_str(json, "\"steps\":[");
    for (unsigned i = 0; i < walk->length; i++) {
        if (vb_trace_answer(walk->trace[i]) == VB_PENDING)
            continue;
        if (any)
            vb_buf_char(json, ',');
        write_step(json, walk->trace[i]);
        any = true;
    }
    vb_buf_char(json, ']');
}

void vb_explain_write(struct vb_buf *json, const struct vb_exchange *x)
{
    unsigned status = x->walk.finished ? x->reply.status : 0;

    vb_buf_char(json, '{');
    write_member(json, "method", x->head.method_text);
    vb_buf_char(json, ',');
    write_member(json, "target", x->head.target);
    vb_buf_char(json, ',');
    if (x->resource != NULL) {
        write_member(json, "resource", vb_span_str(x->resource->kind));
        vb_buf_char(json, ',');
    }
    if (status != 0) {
        vb_buf_printf(json, "\"status\":%u,", status);
        write_member(json, "title", vb_status_reason((int)status));
        vb_buf_char(json, ',');
    }
    write_steps(json, &x->walk);
    vb_buf_char(json, '}');
}

/* --- who gets it ------------------------------------------------------------
 */

static bool is_wanted(const struct vb_exchange *x)
{
    struct vb_preference found;
    struct vb_lines lines;

    if (vb_fields_first(&x->head.fields, VB_FIELD_PREFER) == NULL ||
        x->peer == NULL || !x->peer->loopback)
        return false;
    vb_fields_lines(&x->head.fields, VB_FIELD_PREFER, &lines);
    return vb_prefer_find(lines.at, lines.count, VB_SPAN("explain"), &found);
}

/* No cache may hand this reply to somebody else: the link is soon dead. */
static void say_where(struct vb_exchange *x, struct vb_span path)
{
    struct vb_buf link;

    vb_buf_init(&link, 4096);
    if (vb_link_write(&link, &(struct vb_link_value){
                                 .target = path,
                                 .rel = VB_SPAN(VB_EXPLAIN_RELATION),
                                 .type = VB_SPAN("application/json"),
                             }) == VB_OK) {
        vb_reply_field(x, VB_FIELD_LINK,
                       vb_arena_dup(&x->arena, vb_buf_span(&link)));
        vb_reply_field(x, VB_FIELD_PREFERENCE_APPLIED, VB_SPAN("explain"));
        vb_reply_field(x, VB_FIELD_CACHE_CONTROL, VB_SPAN("no-store"));
    }
    vb_buf_done(&link);
}

void vb__explain_reply(struct vb_exchange *x)
{
    struct vb_explainer *explainer = x->env->explainer;
    struct vb_buf json;
    struct vb_span path;

    if (!is_wanted(x))
        return;
    vb_buf_init(&json, VB_EXPLAIN_MOST);
    vb_explain_write(&json, x);
    if (json.err == VB_OK) {
        path = explainer->keep(explainer, x, vb_buf_span(&json));
        if (path.len > 0)
            say_where(x, path);
    }
    vb_buf_done(&json);
}
