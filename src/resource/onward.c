/*
 * Controllers of the kind `forward`: another server gets the request's content,
 * once that was held against its schema, and its answer is the reply's, by the
 * rules that programs have (run.c). For a safe method it is asked where the
 * flow asks what there is, for POST where the flow commits.
 *
 *     received, parsed, valid ─▶ commit ─▶ ask ─▶ PENDING ... end ─▶ judge
 */
#include "resource/onward.h"

#include "base/hash.h"
#include "base/list.h"
#include "base/log.h"
#include "flow/flow.h"
#include "flow/reply.h"
#include "gateway/ask.h"
#include "gateway/reach.h"
#include "http/media.h"
#include "http/percent.h"
#include "resource/controller.h"
#include "resource/gateway.h"

/* The most of a target. */
#define TARGET_MOST ((size_t)64 * 1024)

/* The state of one exchange with another server: x->state. */
struct asking {
    struct vb_exchange *x;
    const struct vb_onward *onward;
    const struct vb_gate *gate;
    struct vb_ask ask;
    struct vb_source content;
    bool given;                              /* all of the content */
    const struct vb_response_head *response; /* NULL: none has come */
    struct vb_buf output;
    bool under_way;
};

/* --- the request ------------------------------------------------------------
 */

static struct vb_span target_of(struct vb_exchange *x,
                                const struct vb_onward *onward)
{
    struct vb_span target = {NULL, 0};
    struct vb_buf buf;

    vb_buf_init(&buf, TARGET_MOST);
    for (size_t i = 0; i < onward->part_count; i++) {
        const struct vb_onward_part *part = &onward->parts[i];

        vb_buf_append(&buf, part->text);
        if (part->variable >= 0)
            vb_percent_encode(&buf, x->variables[part->variable],
                              VB_PERCENT_KEEP_UNRESERVED);
    }
    if (buf.len == 0)
        vb_buf_char(&buf, '/');
    if (x->head.has_query) {
        vb_buf_char(&buf, '?');
        vb_buf_append(&buf, x->head.query);
    }
    if (buf.err == VB_OK)
        target = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    return target;
}

/* Is it a parameter, or what is for who does the work? Credentials were for
 * this server. */
static bool is_told(const struct vb_operation *operation,
                    const struct vb_field *field)
{
    if (field->id == VB_FIELD_ACCEPT_LANGUAGE ||
        field->id == VB_FIELD_IDEMPOTENCY_KEY)
        return true;
    for (size_t i = 0; i < operation->parameter_count; i++)
        if (operation->parameters[i].in == VB_IN_HEADER &&
            vb_span_ieq(operation->parameters[i].name, field->name))
            return true;
    return false;
}

static void add_told(struct vb_exchange *x, struct vb_field_list *list)
{
    const struct vb_fields *fields = &x->head.fields;
    enum vb_method method =
        vb_exchange_is_head(x) ? VB_METHOD_GET : x->head.method;
    const struct vb_operation *operation =
        vb_built_of(x)->route->by_method[method];

    for (unsigned i = 0; operation != NULL && i < fields->count; i++)
        if (is_told(operation, &fields->at[i]) &&
            vb_goes_on(fields, &fields->at[i]))
            vb_field_list_add(list, fields->at[i].name, fields->at[i].value);
}

static bool make_fields(struct asking *asking)
{
    struct vb_exchange *x = asking->x;
    const struct vb_hop hop = vb_gate_hop(asking->gate, x);
    struct vb_field_list list;

    vb_field_list_init(&list, &x->arena, x->head.fields.count + 8u);
    vb_field_list_add(&list, VB_SPAN("Accept"),
                      vb_arena_printf(&x->arena,
                                      "%.*s, application/problem+json",
                                      VB_FMT(vb_controller_type(x))));
    if (asking->ask.call.content != NULL && x->media_type.len > 0)
        vb_field_list_add(&list, VB_SPAN("Content-Type"), x->media_type);
    add_told(x, &list);
    vb_add_forwarded(x, &hop, &list);
    vb_add_via(&list, vb_via_version(x->carrier->protocol),
               asking->gate->options.pseudonym);
    asking->ask.call.fields = list.at;
    asking->ask.call.field_count = list.count;
    return !list.failed;
}

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct asking *asking = VB_CONTAINER(source, struct asking, content);

    if (asking->given)
        return VB_PULL_END;
    *ret_bytes = vb_buf_span(&asking->x->content);
    asking->given = true;
    return VB_PULL_BYTES;
}

static bool make_request(struct asking *asking, const struct vb_reach *reach)
{
    struct vb_exchange *x = asking->x;
    struct vb_call *call = &asking->ask.call;
    bool head = vb_exchange_is_head(x);

    asking->content =
        (struct vb_source){.pull = pull, .length = (int64_t)x->content.len};
    call->method = head ? VB_METHOD_GET : x->head.method;
    call->method_text = head ? VB_SPAN("GET") : x->head.method_text;
    call->scheme = reach->upstream->scheme;
    call->authority = reach->upstream->servers[0].authority;
    call->target = target_of(x, asking->onward);
    call->content = x->content.len > 0 ? &asking->content : NULL;
    call->arena = &x->arena;
    asking->ask.spread = vb_hash(&vb_hash_key_fixed, call->target);
    return call->target.ptr != NULL && make_fields(asking);
}

/* --- the answer -------------------------------------------------------------
 */

static enum vb_answer refuse(struct asking *asking, const char *what)
{
    struct vb_exchange *x = asking->x;

    vb_log(VB_LOG_ERROR, "%.*s: the server that does this %s (%u)",
           VB_FMT(vb_built_of(x)->route->path), what, asking->response->status);
    return vb_reply_refuse(
        x, VB_STATUS_BAD_GATEWAY,
        vb_arena_printf(&x->arena, "The server that does this %s.", what));
}

static enum vb_answer fail(struct vb_exchange *x, const struct vb_gate *gate,
                           enum vb_failure_id failure)
{
    const struct vb_failure_text *text = &vb_failures[failure];

    vb_add_proxy_status(x, gate->options.pseudonym, text->error);
    return vb_reply_refuse(x, text->status, vb_span_str(text->text));
}

/* Is its content of this media type? */
static bool is_of(const struct asking *asking, struct vb_span wanted)
{
    struct vb_media a, b;
    struct vb_span type;

    return vb_fields_single(&asking->response->fields, VB_FIELD_CONTENT_TYPE,
                            &type) &&
           vb_media_parse(type, &a) && vb_media_parse(wanted, &b) &&
           vb_media_essence_eq(&a, &b);
}

static enum vb_answer judge_success(struct asking *asking)
{
    struct vb_span output = vb_buf_span(&asking->output);
    struct vb_exchange *x = asking->x;

    if (output.len > 0 && vb_fields_first(&asking->response->fields,
                                          VB_FIELD_CONTENT_ENCODING) != NULL)
        return refuse(asking, "answered in a coding that it was not asked for");
    if (output.len > 0 && !is_of(asking, vb_controller_type(x)))
        return refuse(asking, "answered with another media type");
    if (output.len > 0 && vb_controller_writes_json(x) &&
        !vb_controller_is_json(output))
        return refuse(asking, "did not answer with JSON");
    return vb_controller_succeed(x, output);
}

/* What it has to say of an error is passed on where it says it as we do. */
static enum vb_answer judge(struct asking *asking)
{
    unsigned status = asking->response->status;
    struct vb_span output = vb_buf_span(&asking->output);

    if (status == VB_STATUS_OK || status == VB_STATUS_NO_CONTENT)
        return judge_success(asking);
    if (!vb_controller_may_say(status))
        return refuse(asking, "answered with a status that is not described");
    if (is_of(asking, VB_SPAN("application/problem+json")) &&
        vb_controller_is_json(output))
        return vb_controller_problem(asking->x, status, output);
    return status < 500 ? vb_reply_refuse(asking->x, status, VB_SPAN(""))
                        : refuse(asking, "has failed");
}

/* --- what the ask tells -----------------------------------------------------
 */

static void resume(struct asking *asking, enum vb_answer answer)
{
    asking->under_way = false;
    asking->x->call_off = NULL;
    vb_flow_resume(asking->x, answer);
}

static void on_interim(struct vb_ask *ask,
                       const struct vb_response_head *response)
{
    (void)ask;
    (void)response;
}

static void on_head(struct vb_ask *ask, const struct vb_response_head *response)
{
    struct asking *asking = ask->context;

    asking->response = response;
}

static enum vb_sink_want on_content(struct vb_ask *ask, struct vb_span bytes)
{
    struct asking *asking = ask->context;

    vb_buf_append(&asking->output, bytes);
    if (asking->output.err == VB_OK)
        return VB_SINK_MORE;
    vb_ask_cancel(ask);
    resume(asking, refuse(asking, "answered with too much"));
    return VB_SINK_DONE;
}

static void on_eof(struct vb_ask *ask)
{
    (void)ask;
}

static void on_end(struct vb_ask *ask, enum vb_failure_id failure)
{
    struct asking *asking = ask->context;

    resume(asking, failure == VB_FAILURE_NONE
                       ? judge(asking)
                       : fail(asking->x, asking->gate, failure));
}

static bool on_rewind(struct vb_ask *ask)
{
    struct asking *asking = ask->context;

    asking->given = false;
    return true;
}

static const struct vb_ask_ops ask_ops = {
    .interim = on_interim,
    .head = on_head,
    .content = on_content,
    .eof = on_eof,
    .end = on_end,
    .rewind = on_rewind,
};

/* --- asking -----------------------------------------------------------------
 */

static void asking_done(struct vb_exchange *x)
{
    struct asking *asking = x->state;

    if (asking->under_way)
        vb_ask_cancel(&asking->ask);
    vb_buf_done(&asking->output);
}

/* The client has gone. */
static void call_off(struct vb_exchange *x)
{
    struct asking *asking = x->state;

    vb_ask_cancel(&asking->ask);
    x->reply.status = VB_STATUS_SERVICE_UNAVAILABLE; /* which nobody sees */
    resume(asking, VB_HALT);
}

static struct asking *new_asking(struct vb_exchange *x,
                                 const struct vb_gate *gate)
{
    struct asking *asking = vb_arena_calloc(&x->arena, 1, sizeof(*asking));

    if (asking == NULL)
        return NULL;
    asking->x = x;
    asking->onward = vb_built_of(x)->route->action->onward;
    asking->gate = gate;
    asking->ask.ops = &ask_ops;
    asking->ask.context = asking;
    vb_buf_init(&asking->output, asking->onward->output);
    x->state = asking;
    x->state_done = asking_done;
    return asking;
}

static enum vb_answer ask(struct vb_exchange *x, const struct vb_gate *gate)
{
    enum vb_failure_id failure = VB_FAILURE_INTERNAL;
    struct vb_reach *reach = vb_reach_of(x->env->reaches, gate->upstream);
    struct asking *asking = new_asking(x, gate);

    if (asking == NULL)
        return vb_reply_unavailable(x);
    if (reach != NULL && make_request(asking, reach))
        failure = vb_ask_start(&asking->ask, reach);
    if (failure != VB_FAILURE_NONE)
        return fail(x, gate, failure);
    asking->under_way = true;
    x->call_off = call_off;
    return VB_PENDING;
}

static enum vb_answer start(struct vb_exchange *x)
{
    const struct vb_gate *gate = vb_gateway_onward(x);

    if (x->env->reaches == NULL || x->env->dialer == NULL)
        return vb_reply_refuse(x, VB_STATUS_NOT_IMPLEMENTED,
                               VB_SPAN("No other servers are asked here."));
    if (gate == NULL)
        return vb_reply_unavailable(x);
    if (vb_via_has(&x->head.fields, gate->options.pseudonym))
        return vb_reply_refuse(x, VB_STATUS_LOOP_DETECTED,
                               VB_SPAN("It has come through this server "
                                       "before, and would come again."));
    return ask(x, gate);
}

/* --- the questions ----------------------------------------------------------
 */

static enum vb_answer onward_exists(struct vb_exchange *x)
{
    return vb_controller_exists(x, start);
}

const struct vb_slot *vb_onward_slot(enum vb_method method)
{
    static const struct vb_slot post_slot = {
        .content_optional = true,
        .parsed = vb_controller_parsed,
        .valid = vb_controller_valid,
        .commit = start,
    };

    return vb_controller_slot(method, &post_slot);
}

void vb_onward_init(struct vb_resource *resource)
{
    const struct vb_built *built = resource->data;

    resource->exists = onward_exists;
    resource->max_content = built->route->action->onward->input;
}
