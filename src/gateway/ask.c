/* A request to an upstream, and when it is repeated. See ask.h. */
#include "gateway/ask.h"

#include <stdio.h>

#include "base/assert.h"
#include "gateway/reach.h"
#include "http/method.h"

const struct vb_failure_text vb_failures[VB_FAILURE_COUNT] = {
#define VB_FAILURE(id, status, error, text)                                    \
    [VB_FAILURE_##id] = {status, error, text},
#include "gateway/failure.tbl"
#undef VB_FAILURE
};

static const struct vb_call_ops call_ops;

static struct vb_ask *ask_of(struct vb_call *call)
{
    return VB_CONTAINER(call, struct vb_ask, call);
}

static uint64_t bit_of(const struct vb_line *line)
{
    return UINT64_C(1) << (line - line->reach->lines);
}

/* --- from a server to a call ------------------------------------------------
 */

static void prepare_call(struct vb_ask *ask)
{
    struct vb_call *call = &ask->call;

    call->ops = &call_ops;
    call->limits = &ask->reach->upstream->options.call;
    call->carrier = NULL;
    call->trailers_in = NULL;
    call->why = NULL;
    call->begun = call->switched = call->content_sent = false;
}

/* On a connection that has room. VB_ERR_CLOSED: it has none after all. */
static enum vb_err start_call(struct vb_ask *ask, struct vb_client *client)
{
    struct vb_line *line = ask->line;
    enum vb_err err;

    prepare_call(ask);
    err = client->ops->start(client, &ask->call);
    if (err != VB_OK)
        return err;
    ask->client = client;
    ask->pulled = ask->call.content != NULL;
    line->under_way++;
    return VB_OK;
}

static enum vb_failure_id failure_to_start(enum vb_err err)
{
    return err == VB_ERR_UNSUPPORTED ? VB_FAILURE_NO_SWITCH
                                     : VB_FAILURE_INTERNAL;
}

/* Over a connection of this line, now or when there is one. */
static enum vb_failure_id take_line(struct vb_ask *ask, struct vb_line *line)
{
    struct vb_client *client;
    enum vb_err err;

    ask->line = line;
    ask->server = line->server;
    while ((client = vb__line_client(line)) != NULL) {
        err = start_call(ask, client);
        vb__line_took(line, client);
        if (err == VB_OK)
            return VB_FAILURE_NONE;
        if (err != VB_ERR_CLOSED || client->ops->room(client) > 0)
            return failure_to_start(err);
    }
    return vb__line_wait(line, ask);
}

/* Asks some server that has not been tried. */
static enum vb_failure_id find_server(struct vb_ask *ask)
{
    struct vb_line *line =
        vb__reach_choose(ask->reach, ask->spread, ask->tried);

    return line == NULL ? VB_FAILURE_BUSY : take_line(ask, line);
}

enum vb_failure_id vb_ask_start(struct vb_ask *ask, struct vb_reach *reach)
{
    enum vb_failure_id failure;

    ask->reach = reach;
    ask->client = NULL;
    ask->waiting = ask->pulled = ask->repeated = false;
    ask->why[0] = '\0';
    vb_list_init(&ask->link);
    if (reach->budget < VB_BUDGET_MOST)
        reach->budget += VB_BUDGET_EACH;
    reach->asks++;
    failure = find_server(ask);
    if (failure != VB_FAILURE_NONE)
        vb__reach_leave(reach);
    return failure;
}

static void end(struct vb_ask *ask, enum vb_failure_id failure)
{
    if (failure != VB_FAILURE_NONE)
        vb__line_tell(ask->line, vb_failures[failure].text, ask->why);
    ask->client = NULL;
    vb__reach_leave(ask->reach);
    ask->ops->end(ask, failure);
}

void vb__ask_begin(struct vb_ask *ask, struct vb_client *client)
{
    enum vb_err err = start_call(ask, client);
    enum vb_failure_id failure = VB_FAILURE_NONE;

    if (err == VB_ERR_CLOSED) /* it has ended meanwhile */
        failure = vb__line_wait(ask->line, ask);
    else if (err != VB_OK)
        failure = failure_to_start(err);
    if (failure != VB_FAILURE_NONE)
        end(ask, failure);
    else if (err == VB_OK && ask->server->endpoint.protocol == VB_DIAL_BARE)
        ask->ops->head(ask, NULL);
}

/* No server has seen it: another one may be asked, whatever the method. */
void vb__ask_unserved(struct vb_ask *ask, enum vb_failure_id failure,
                      const char *why)
{
    snprintf(ask->why, sizeof(ask->why), "%s", why);
    ask->tried |= bit_of(ask->line);
    if (failure == VB_FAILURE_WAITED || failure == VB_FAILURE_INTERNAL ||
        find_server(ask) != VB_FAILURE_NONE)
        end(ask, failure);
}

/* --- repeating it -----------------------------------------------------------
 */

static bool can_rewind(struct vb_ask *ask)
{
    return !ask->pulled || (ask->ops->rewind != NULL && ask->ops->rewind(ask));
}

/*
 * RFC 9110 section 9.2.2: a proxy repeats nothing by itself that is not
 * idempotent, and what was repeated is not again. What was never seen is no
 * repetition.
 */
static bool may_repeat(const struct vb_ask *ask, enum vb_call_end end)
{
    if (end == VB_CALL_UNSEEN)
        return true;
    return end == VB_CALL_CLOSED && !ask->repeated &&
           vb_method_is_idempotent(ask->call.method) &&
           ask->reach->budget >= VB_BUDGET_ONE;
}

/* Under way again? A connection that was idle for long tells nothing of its
 * server, which is asked again; else it is another one's turn. */
static bool repeat(struct vb_ask *ask, enum vb_call_end end)
{
    if (!may_repeat(ask, end) || !can_rewind(ask))
        return false;
    if (!ask->call.reused)
        ask->tried |= bit_of(ask->line);
    if (find_server(ask) != VB_FAILURE_NONE)
        return false;
    if (end == VB_CALL_CLOSED) {
        ask->repeated = true;
        ask->reach->budget -= VB_BUDGET_ONE;
    }
    return true;
}

/* --- what a call tells ------------------------------------------------------
 */

static void on_interim(struct vb_call *call,
                       const struct vb_response_head *response)
{
    struct vb_ask *ask = ask_of(call);

    if (ask->ops->interim != NULL)
        ask->ops->interim(ask, response);
}

static void on_head(struct vb_call *call,
                    const struct vb_response_head *response)
{
    struct vb_ask *ask = ask_of(call);

    if (response->status < VB_STATUS_INTERNAL_SERVER_ERROR)
        vb__line_works(ask->line);
    ask->ops->head(ask, response);
}

static enum vb_sink_want on_content(struct vb_call *call, struct vb_span bytes)
{
    struct vb_ask *ask = ask_of(call);

    return ask->ops->content(ask, bytes);
}

static void on_eof(struct vb_call *call)
{
    struct vb_ask *ask = ask_of(call);

    ask->ops->eof(ask);
}

static enum vb_failure_id failure_of(enum vb_call_end end)
{
    static const uint8_t failures[] = {
        [VB_CALL_WHOLE] = VB_FAILURE_NONE,
        [VB_CALL_UNSEEN] = VB_FAILURE_CLOSED,
        [VB_CALL_CLOSED] = VB_FAILURE_CLOSED,
        [VB_CALL_CUT] = VB_FAILURE_CUT,
        [VB_CALL_MALFORMED] = VB_FAILURE_MALFORMED,
        [VB_CALL_TOO_LARGE] = VB_FAILURE_TOO_LARGE,
        [VB_CALL_LATE] = VB_FAILURE_LATE,
        [VB_CALL_NOMEM] = VB_FAILURE_INTERNAL,
        [VB_CALL_OWN_CUT] = VB_FAILURE_CUT,
    };

    return (enum vb_failure_id)failures[end];
}

/* What the server is to be blamed for. */
static bool is_its_fault(const struct vb_call *call, enum vb_call_end end)
{
    return end == VB_CALL_MALFORMED || end == VB_CALL_TOO_LARGE ||
           end == VB_CALL_LATE || end == VB_CALL_CUT ||
           (end == VB_CALL_CLOSED && !call->reused);
}

static void on_end(struct vb_call *call, enum vb_call_end how)
{
    struct vb_ask *ask = ask_of(call);

    ask->line->under_way--;
    ask->client = NULL;
    if (is_its_fault(call, how))
        vb__line_fails(ask->line);
    if (how != VB_CALL_WHOLE && repeat(ask, how))
        return;
    if (call->why != NULL)
        snprintf(ask->why, sizeof(ask->why), "%s", call->why);
    end(ask, failure_of(how));
}

static const struct vb_call_ops call_ops = {
    .interim = on_interim,
    .head = on_head,
    .content = on_content,
    .eof = on_eof,
    .end = on_end,
};

/* --- what the asker tells ---------------------------------------------------
 */

void vb_ask_cancel(struct vb_ask *ask)
{
    if (ask->waiting) {
        vb__line_leave(ask->line, ask);
    } else if (ask->client != NULL) {
        ask->line->under_way--;
        ask->client = NULL;
        ask->call.carrier->cancel(&ask->call);
    } else {
        return;
    }
    vb__reach_leave(ask->reach);
}

void vb_ask_content_ready(struct vb_ask *ask)
{
    if (ask->client != NULL)
        ask->call.carrier->content_ready(&ask->call);
}

void vb_ask_resume(struct vb_ask *ask)
{
    if (ask->client != NULL)
        ask->call.carrier->resume(&ask->call);
}
