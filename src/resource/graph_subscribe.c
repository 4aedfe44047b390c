/* What is subscribed to (October 2021, section 6.2.3.1). See graph_stream.h. */
#include <stdlib.h>

#include "flow/reply.h"
#include "resource/graph_stream.h"
#include "resource/guarded.h"
#include "resource/selection_graphql.h"

/* Events that wait, and bytes of their states: with more, it is told nothing.
 */
#define EVENTS_MOST 64
#define BYTES_MOST  VB_STREAM_ROOM

/* --- as a listener --------------------------------------------------------
 */

static struct vb__graph_stream *of_listener(struct vb_listener *listener)
{
    return VB_CONTAINER(listener, struct vb__graph_stream, stream.listener);
}

static bool add_event(struct vb__graph_stream *listening, enum vb_seen kind,
                      uint64_t moment, struct vb_record *record)
{
    struct vb__graph_event *event = calloc(1, sizeof(*event));

    if (event == NULL)
        return false;
    event->kind = kind;
    event->moment = moment;
    event->record = record == NULL ? NULL : vb_record_ref(record);
    *listening->end = event;
    listening->end = &event->next;
    listening->count++;
    listening->bytes += record == NULL ? 0 : record->content.len;
    return true;
}

static bool has_room(const struct vb_stream *stream)
{
    const struct vb__graph_stream *listening =
        VB_CONTAINER(stream, const struct vb__graph_stream, stream);

    return listening->count < EVENTS_MOST && listening->bytes < BYTES_MOST;
}

static bool hear(struct vb_listener *listener, struct vb_news *news)
{
    struct vb__graph_stream *listening = of_listener(listener);
    const struct vb_happening *happening = news->happening;
    enum vb_seen kind;

    if (!has_room(&listening->stream))
        return false;
    kind = vb_sight_of(&listening->sight, news);
    return kind == VB_UNSEEN ||
           add_event(listening, kind, happening->moment,
                     happening->after != NULL ? happening->after
                                              : happening->before);
}

/* Where it begins is told at once, so that who loses the connection goes on
 * from there. */
static void begun(struct vb_listener *listener, bool lost)
{
    struct vb__graph_stream *listening = of_listener(listener);
    struct vb_stream *stream = &listening->stream;

    if (!lost && !stream->lost)
        vb_stream_beat(stream);
    else if (!add_event(listening, VB_UNSEEN, listener->heard, NULL))
        stream->queue.err = VB_ERR_NOMEM;
    stream->lost = false;
}

/* --- as a stream ----------------------------------------------------------
 */

static bool is_making(const struct vb_stream *stream)
{
    const struct vb__graph_stream *listening =
        VB_CONTAINER(stream, const struct vb__graph_stream, stream);

    return listening->run != NULL || listening->first != NULL;
}

static void begin(struct vb_stream *stream)
{
    vb_sight_begin(&vb__graph_stream_of(stream)->sight, stream->x);
}

static void close_stream(struct vb_stream *stream)
{
    struct vb__graph_stream *listening = vb__graph_stream_of(stream);

    if (stream->begun)
        vb_sight_done(&listening->sight);
    vb__graph_events_forget(listening);
}

static void ask_again(const struct vb_stream *stream, struct vb_exchange *x)
{
    const struct vb__graph_stream *listening =
        VB_CONTAINER(stream, const struct vb__graph_stream, stream);

    x->resource = vb__graph_probe(listening->asked->graph);
    x->key = stream->x->key;
}

/* May who asks listen? Of a document's rule what can be said without it: of
 * each state it is asked by itself. */
static bool may_listen(struct vb_exchange *x, const struct vb_route *route,
                       struct vb_span key)
{
    const struct vb_operation *get = route->by_method[VB_METHOD_GET];

    if (vb_archetype_lists(route->archetype))
        return vb_guarded_shares(x, route, key, NULL);
    return get != NULL && get->served && vb_access_meets(x, get->security) &&
           vb_rule_of_any(x, get->allow) != VB_FALSE;
}

static bool is_denied(const struct vb_stream *stream, struct vb_exchange *x)
{
    const struct vb__graph_stream *listening =
        VB_CONTAINER(stream, const struct vb__graph_stream, stream);

    return !may_listen(x, listening->route, listening->key);
}

static const struct vb_stream_kind kind = {
    .begin = begin,
    .close = close_stream,
    .make = vb__graph_events_make,
    .is_making = is_making,
    .has_room = has_room,
    .ask_again = ask_again,
    .is_denied = is_denied,
};

/* --- from the question ----------------------------------------------------
 */

static enum vb_answer refuse(struct vb__graph_run *run, const char *code,
                             const char *message)
{
    vb__graph_tell(run, code, message);
    return vb__graph_request_error(run);
}

/* As a field of a query would say it. */
static enum vb_answer deny(struct vb__graph_run *run,
                           const struct vb_route *route)
{
    struct vb_gql_result why = vb__graph_denied(run, route);
    struct vb_gql_error *error;

    if (why.kind != VB_GQL_RESULT_ERROR)
        return refuse(run, "NOT_FOUND", "there is nothing of this kind");
    error = vb_gql_errors_add(&run->errors, NULL, "%.*s", VB_FMT(why.text));
    if (error != NULL)
        error->extensions = why.extensions;
    return vb__graph_request_error(run);
}

/* The filter, where one is given. NULL, or what is wrong with it. */
static const char *select_some(struct vb__graph_stream *listening,
                               const struct vb_gql_call *call)
{
    struct vb_exchange *x = listening->stream.x;
    size_t variables = vb_template_variables(&listening->route->template);
    const struct vb_gql_input *inputs = call->field->arguments;
    struct vb_selection *selection;
    struct vb_selection_reading reading = {.x = x};
    struct vb_span name;

    for (size_t i = 0; i < variables; i++)
        inputs = inputs->next;
    if (inputs == NULL ||
        vb_gql_argument_of(call->arguments, inputs->name) == NULL)
        return NULL;
    selection = vb_arena_calloc(&x->arena, 1, sizeof(*selection));
    if (selection == NULL)
        return "cannot be taken now";
    selection->route = listening->route;
    reading.selection = selection;
    listening->sight.selection = selection;
    return vb_selection_read_graphql(&reading, inputs, call->arguments, &name);
}

/* A listing, or one resource. */
static void listen_to(struct vb__graph_stream *listening)
{
    const struct vb_route *route = listening->route;
    struct vb_listener *listener = &listening->stream.listener;

    if (!vb_archetype_lists(route->archetype)) {
        listener->key = listening->key;
        listening->sight.allow = route->by_method[VB_METHOD_GET]->allow;
        return;
    }
    listener->parent = listening->key;
    listening->sight.allow = vb_guarded_members(route);
}

static struct vb__graph_stream *stream_new(struct vb__graph_run *run,
                                           const struct vb_gql_call *call)
{
    const struct vb_gql_source *source = call->field->owner;
    struct vb_exchange *x = run->x;
    struct vb__graph_stream *listening =
        vb_arena_calloc(&x->arena, 1, sizeof(*listening));

    if (listening == NULL)
        return NULL;
    vb_stream_init(&listening->stream, x, &kind, VB_SPAN(""));
    listening->stream.listener.hear = hear;
    listening->stream.listener.begun = begun;
    listening->asked = run;
    listening->route = source->route;
    listening->key = vb__graph_key(run, call, source->route);
    listening->end = &listening->first;
    listening->peer = *x->peer;
    vb_peer_part(&listening->peer);
    return listening;
}

enum vb_answer vb__graph_subscribe(struct vb__graph_run *run)
{
    const struct vb_gql_call *call = vb_gql_execution_next(run->execution);
    struct vb__graph_stream *listening;
    const char *wrong;

    if (call == NULL) /* left out by @skip or @include */
        return refuse(run, "BAD_REQUEST", "nothing is subscribed to");
    listening = stream_new(run, call);
    if (listening == NULL)
        return vb_reply_unavailable(run->x);
    if (listening->key.len == 0)
        return refuse(run, "BAD_USER_INPUT", "nothing can be there");
    if (!may_listen(run->x, listening->route, listening->key))
        return deny(run, listening->route);
    listen_to(listening);
    wrong = select_some(listening, call);
    return wrong != NULL
               ? refuse(run, "BAD_USER_INPUT",
                        vb_arena_printf(&run->arena, "filter %s", wrong).ptr)
               : vb_stream_answer(&listening->stream);
}
