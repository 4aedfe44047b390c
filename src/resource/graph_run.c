/* Executing what is asked. See graph_part.h. */
#include "flow/flow.h"
#include "flow/reply.h"
#include "resource/graph_part.h"

/* --- results ---------------------------------------------------------------
 */

struct vb_gql_result vb__graph_error(struct vb__graph_run *run,
                                     const char *code, struct vb_span message)
{
    return (struct vb_gql_result){
        .kind = VB_GQL_RESULT_ERROR,
        .text = message.ptr == NULL ? VB_SPAN("") : message,
        .extensions = vb_arena_printf(&run->arena, "{\"code\":\"%s\"}", code),
    };
}

struct vb_gql_result vb__graph_denied(struct vb__graph_run *run,
                                      const struct vb_route *route)
{
    const struct vb_operation *get = route->by_method[VB_METHOD_GET];

    if (get != NULL && get->allow != NULL && get->allow->conceal)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_NULL};
    return vb_identity_is_known(run->x->identity)
               ? vb__graph_error(run, "FORBIDDEN",
                                 VB_SPAN("this is not for who asks"))
               : vb__graph_error(run, "UNAUTHENTICATED",
                                 VB_SPAN("this is not for everybody: it must "
                                         "be known who asks"));
}

struct vb_gql_result vb__graph_failed(struct vb__graph_run *run,
                                      enum vb_err err)
{
    bool later = vb_stored_may_pass(err);

    return vb__graph_error(
        run, later ? "SERVICE_UNAVAILABLE" : "INTERNAL_SERVER_ERROR",
        later ? VB_SPAN("the store cannot answer now")
              : VB_SPAN("the store cannot be read"));
}

void vb__graph_all(const struct vb_gql_call *call, struct vb_gql_result result)
{
    for (size_t i = 0; i < call->count; i++)
        call->results[i] = result;
}

/* --- arguments -------------------------------------------------------------
 */

static struct vb_span argument_text(const struct vb_gql_call *call,
                                    struct vb_span name)
{
    const struct vb_gql_value *given =
        vb_gql_argument_of(call->arguments, name);

    return given == NULL ? VB_SPAN("") : given->text;
}

const struct vb_span *vb__graph_variables(struct vb__graph_run *run,
                                          const struct vb_gql_call *call,
                                          const struct vb_route *route)
{
    size_t count = vb_template_variables(&route->template);
    struct vb_span *values =
        vb_arena_calloc(&run->arena, count + 1, sizeof(*values));
    const struct vb_gql_input *input = call->field->arguments;

    for (size_t i = 0; values != NULL && i < count; i++, input = input->next)
        values[i] = argument_text(call, input->name);
    return values;
}

/* --- calls -----------------------------------------------------------------
 */

/* False: the store has not answered yet. */
static bool answer(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;

    switch (source->kind) {
    case VB_GQL_SOURCE_MEMBER:
        vb__graph_member(run, call);
        return true;
    case VB_GQL_SOURCE_ETAG:
        vb__graph_etag(run, call);
        return true;
    case VB_GQL_SOURCE_DOCUMENT:
        return vb__graph_document(run, call);
    case VB_GQL_SOURCE_REFERENCE:
        return vb__graph_reference(run, call);
    case VB_GQL_SOURCE_LISTING:
    case VB_GQL_SOURCE_PART:
    case VB_GQL_SOURCE_REFERRERS:
        return vb__graph_listing(run, call);
    case VB_GQL_SOURCE_CHANGE:
        return vb__graph_mutate(run, call);
    case VB_GQL_SOURCE_TOTAL:
        return vb__graph_total(run, call);
    case VB_GQL_SOURCE_CHANGES:
        vb__graph_event(run, call);
        return true;
    case VB_GQL_SOURCE_EVENT_KIND:
    case VB_GQL_SOURCE_EVENT_ID:
    case VB_GQL_SOURCE_EVENT_NODE:
        vb__graph_event_part(run, call, source->kind);
        return true;
    default:
        vb__graph_part(run, call, source->kind);
        return true;
    }
}

/* All that can be asked of the store now, until it has to be waited for. */
static void pump(struct vb__graph_run *run)
{
    struct vb_gql_call *call;

    while (!run->called_off &&
           (call = vb_gql_execution_next(run->execution)) != NULL)
        if (answer(run, call))
            vb_gql_execution_complete(run->execution, call);
}

static void call_off(struct vb_exchange *x)
{
    struct vb__graph_run *run = x->state;

    run->called_off = true;
    if (run->inner != NULL)
        vb_inner_call_off(run->inner); /* then the run may be gone */
}

bool vb__graph_run_on(struct vb__graph_run *run)
{
    pump(run);
    return run->waiting == 0;
}

enum vb_answer vb__graph_execute(struct vb__graph_run *run)
{
    if (vb__graph_run_on(run))
        return vb__graph_respond(run);
    run->x->call_off = call_off;
    return VB_PENDING;
}

void vb__graph_go_on(struct vb__graph_run *run)
{
    struct vb_exchange *x = run->x;
    enum vb_answer answer;

    run->waiting--;
    if (!vb__graph_run_on(run))
        return;
    if (run->settled != NULL) {
        run->settled(run);
        return;
    }
    x->call_off = NULL;
    answer = run->called_off ? vb_reply_unavailable(x) : vb__graph_respond(run);
    if (answer != VB_PENDING)
        vb_flow_resume(x, answer);
}
