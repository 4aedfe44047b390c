/* Executing what has happened. See graph_stream.h. */
#include <stdlib.h>

#include "content/event_stream.h"
#include "resource/graph_stream.h"

#define TOO_LARGE                                                              \
    "{\"errors\":[{\"message\":\"the event would be too large\","              \
    "\"extensions\":{\"code\":\"TOO_LARGE\"}}],\"data\":null}"

/* --- as a value -----------------------------------------------------------
 */

void vb__graph_event(struct vb__graph_run *run, struct vb_gql_call *call)
{
    const struct vb__graph_event *event = call->objects[0];

    call->results[0] =
        event->record != NULL
            ? (struct vb_gql_result){.kind = VB_GQL_RESULT_OBJECT,
                                     .object = event}
            : vb__graph_error(run, "EVENTS_LOST",
                              VB_SPAN("what has happened until now is not "
                                      "known any more: read anew"));
}

static struct vb_gql_result kind_of(const struct vb__graph_event *event)
{
    static const enum vb_gql_change changes[] = {
        [VB_SEEN_CREATED] = VB_GQL_CHANGE_CREATED,
        [VB_SEEN_CHANGED] = VB_GQL_CHANGE_CHANGED,
        [VB_SEEN_REMOVED] = VB_GQL_CHANGE_REMOVED};

    return (struct vb_gql_result){.kind = VB_GQL_RESULT_TEXT,
                                  .text =
                                      vb_gql_change_name(changes[event->kind])};
}

/* The state that it is about; nobody sees what was removed. */
static struct vb_gql_result node_of(struct vb__graph_run *run,
                                    const struct vb_gql_call *call,
                                    const struct vb__graph_event *event)
{
    const struct vb_gql_source *source = call->field->owner;

    if (event->kind == VB_SEEN_REMOVED)
        return (struct vb_gql_result){.kind = VB_GQL_RESULT_NULL};
    return vb__graph_show(
        run, call->field->shape,
        vb__graph_node_new(run, source->route, vb_record_ref(event->record)));
}

void vb__graph_event_part(struct vb__graph_run *run, struct vb_gql_call *call,
                          enum vb_gql_source_kind kind)
{
    for (size_t i = 0; i < call->count; i++) {
        const struct vb__graph_event *event = call->objects[i];
        struct vb_gql_result *result = &call->results[i];

        if (kind == VB_GQL_SOURCE_EVENT_KIND)
            *result = kind_of(event);
        else if (kind == VB_GQL_SOURCE_EVENT_NODE)
            *result = node_of(run, call, event);
        else
            *result = (struct vb_gql_result){
                .kind = VB_GQL_RESULT_TEXT,
                .text = vb__graph_id(run, event->record->key)};
    }
}

/* --- executing ------------------------------------------------------------
 */

/* An exchange that is asked by whoever subscribed, to nobody's reply. */
static struct vb_exchange *exchange_new(struct vb__graph_stream *listening)
{
    const struct vb_exchange *as = listening->stream.x;
    struct vb_exchange *x = vb_exchange_new(as->env);

    if (x == NULL)
        return NULL;
    x->site = as->site;
    x->resource = as->resource;
    x->peer = &listening->peer;
    x->identity = as->identity;
    x->asking = as->asking;
    return x;
}

static struct vb__graph_event *take_first(struct vb__graph_stream *listening)
{
    struct vb__graph_event *event = listening->first;

    listening->first = event->next;
    if (event->next == NULL)
        listening->end = &listening->first;
    listening->count--;
    if (event->record != NULL)
        listening->bytes -= event->record->content.len;
    return event;
}

static void event_free(struct vb__graph_event *event)
{
    vb_record_unref(event->record);
    free(event);
}

/* Without memory the stream breaks off, and its client goes on where it was. */
static void write_next(struct vb__graph_stream *listening,
                       struct vb__graph_run *run)
{
    struct vb_stream *stream = &listening->stream;
    struct vb_buf *queue = &stream->queue;
    struct vb_buf text;

    vb_buf_init(&text, VB_STREAM_EVENT_MOST);
    vb_gql_response_write(&text, &run->errors, run->execution);
    if (text.err == VB_ERR_NOMEM)
        queue->err = VB_ERR_NOMEM;
    vb__graph_next_write(queue, text.err == VB_OK && !run->arena.failed
                                    ? vb_buf_span(&text)
                                    : VB_SPAN(TOO_LARGE));
    vb_stream_id(queue, stream, listening->event->moment);
    vb_event_end(queue);
    vb_stream_told(stream);
    vb_buf_done(&text);
}

/* The run of its event is over. */
static void finish(struct vb__graph_stream *listening)
{
    struct vb__graph_run *run = listening->run;

    listening->run = NULL;
    if (!run->called_off)
        write_next(listening, run);
    event_free(listening->event);
    vb_exchange_release(run->x);
}

static void settled(struct vb__graph_run *run)
{
    struct vb__graph_stream *listening = run->context;
    struct vb_exchange *held = listening->stream.x;
    bool closed = run->called_off;

    finish(listening);
    if (closed)
        vb_exchange_unhold(held);
    else
        vb_stream_go_on(&listening->stream);
}

/* NULL: no memory. */
static struct vb__graph_run *run_new(struct vb__graph_stream *listening)
{
    struct vb_exchange *x = exchange_new(listening);
    struct vb__graph_run *run = x == NULL ? NULL : vb__graph_run_new(x);

    if (x != NULL && run == NULL)
        vb_exchange_release(x);
    return run;
}

/* Begins with the first that waits. False: it is not over at once. */
static bool execute(struct vb__graph_stream *listening)
{
    struct vb__graph_run *run = run_new(listening);
    struct vb_gql_request request;

    if (run == NULL) {
        listening->stream.queue.err = VB_ERR_NOMEM;
        return false;
    }
    listening->run = run;
    listening->event = take_first(listening);
    run->settled = settled;
    run->context = listening;
    request = vb__graph_request(listening->asked, listening->event);
    if (vb_gql_execute(&request, &run->errors, &run->execution) == VB_OK &&
        !vb__graph_run_on(run))
        return false;
    finish(listening);
    return true;
}

void vb__graph_events_make(struct vb_stream *stream)
{
    struct vb__graph_stream *listening = vb__graph_stream_of(stream);

    while (listening->run == NULL && listening->first != NULL &&
           vb_stream_has_room(stream) && stream->queue.err == VB_OK)
        if (!execute(listening))
            break;
}

void vb__graph_events_forget(struct vb__graph_stream *listening)
{
    while (listening->first != NULL)
        event_free(take_first(listening));
    if (listening->run == NULL)
        return;
    listening->run->called_off = true;
    vb_exchange_hold(listening->stream.x);
}
