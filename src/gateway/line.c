/*
 * The connections to one server, and who waits for one. See reach.h.
 *
 * There are never more dials under way than asks that wait, and never more
 * connections than the upstream's options say. Who waits is served first come,
 * first served; of free connections the one that was used last is taken, so
 * that those which are too many get old and close.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "gateway/reach.h"

struct dialling {
    struct vb_link link; /* of line->dials */
    struct vb_line *line;
    struct vb_dial dial;
};

static const struct vb_upstream_options *options_of(const struct vb_line *line)
{
    return &line->reach->upstream->options;
}

static int64_t now_of(const struct vb_line *line)
{
    return line->reach->env->now.mono_ms;
}

/* --- those that wait --------------------------------------------------------
 */

static struct vb_ask *first_waiting(const struct vb_line *line)
{
    return vb_list_empty(&line->waiting)
               ? NULL
               : VB_CONTAINER(line->waiting.next, struct vb_ask, link);
}

/* No alarm is left for nobody: it would keep a worker that stops, or outlive
 * it. */
void vb__line_leave(struct vb_line *line, struct vb_ask *ask)
{
    struct vb_alarms *alarms = line->reach->env->alarms;

    vb_assert(ask->waiting);
    vb_list_remove(&ask->link);
    ask->waiting = false;
    line->waits--;
    if (line->waits == 0)
        alarms->cancel(alarms, &line->alarm);
}

static void fail_first(struct vb_line *line, enum vb_failure_id failure,
                       const char *why)
{
    struct vb_ask *ask = first_waiting(line);

    vb__line_leave(line, ask);
    vb__ask_unserved(ask, failure, why);
}

static void set_alarm(struct vb_line *line)
{
    const struct vb_ask *ask = first_waiting(line);
    int64_t left;

    if (ask == NULL || line->alarm.own != NULL)
        return;
    left = ask->waits_until - now_of(line);
    line->reach->env->alarms->set(line->reach->env->alarms, &line->alarm,
                                  left < 1 ? 1 : (uint64_t)left);
}

static void waited_long(struct vb_alarm *alarm)
{
    struct vb_line *line = VB_CONTAINER(alarm, struct vb_line, alarm);
    struct vb_ask *ask;

    while ((ask = first_waiting(line)) != NULL &&
           ask->waits_until <= now_of(line))
        fail_first(line, VB_FAILURE_WAITED, "");
    set_alarm(line);
}

/* --- clients ----------------------------------------------------------------
 */

static struct vb_line *line_of(const struct vb_client *client)
{
    return client->owner;
}

struct vb_client *vb__line_client(struct vb_line *line)
{
    return vb_list_empty(&line->open)
               ? NULL
               : VB_CONTAINER(line->open.next, struct vb_client, link);
}

void vb__line_took(struct vb_line *line, struct vb_client *client)
{
    vb_list_remove(&client->link);
    if (client->ops->room(client) > 0)
        vb_list_insert_after(&line->open, &client->link);
    else
        vb_list_append(&line->full, &client->link);
}

/* Whoever waits begins with it. */
static void serve(struct vb_line *line, struct vb_client *client)
{
    struct vb_ask *ask;

    while ((ask = first_waiting(line)) != NULL &&
           client->ops->room(client) > 0) {
        vb__line_leave(line, ask);
        vb__ask_begin(ask, client);
    }
}

static void changed(struct vb_client *client)
{
    struct vb_line *line = line_of(client);

    serve(line, client);
    vb__line_took(line, client);
}

static void gone(struct vb_client *client)
{
    struct vb_line *line = line_of(client);

    vb_list_remove(&client->link);
    client->owner = NULL;
    line->clients--;
    if (first_waiting(line) != NULL) /* it may have been what it waited for */
        set_alarm(line);
}

/* --- dials ------------------------------------------------------------------
 */

static enum vb_failure_id failure_of(enum vb_dial_end end)
{
    static const uint8_t failures[] = {
        [VB_DIAL_NO_NAME] = VB_FAILURE_NO_NAME,
        [VB_DIAL_NAME_TROUBLE] = VB_FAILURE_NAME_TROUBLE,
        [VB_DIAL_FORBIDDEN] = VB_FAILURE_FORBIDDEN,
        [VB_DIAL_REFUSED] = VB_FAILURE_REFUSED,
        [VB_DIAL_UNREACHABLE] = VB_FAILURE_UNREACHABLE,
        [VB_DIAL_LATE] = VB_FAILURE_CONNECT_LATE,
        [VB_DIAL_UNTRUSTED] = VB_FAILURE_UNTRUSTED,
        [VB_DIAL_TLS] = VB_FAILURE_TLS,
        [VB_DIAL_NOMEM] = VB_FAILURE_INTERNAL,
        [VB_DIAL_CANCELLED] = VB_FAILURE_INTERNAL,
    };

    vb_assert(end != VB_DIAL_OK);
    return (enum vb_failure_id)failures[end];
}

static void call_off_dials(struct vb_line *line)
{
    struct vb_dialer *dialer = line->reach->env->dialer;

    while (!vb_list_empty(&line->dials)) {
        struct dialling *dialling =
            VB_CONTAINER(vb_list_pop(&line->dials), struct dialling, link);

        dialer->cancel(dialer, &dialling->dial);
        free(dialling);
        line->dialing--;
    }
}

static void take_client(struct vb_line *line, struct vb_client *client)
{
    client->owner = line;
    client->changed = changed;
    client->gone = gone;
    client->idle_ms = options_of(line)->idle_ms;
    line->clients++;
    vb_list_init(&client->link);
    serve(line, client);
    vb__line_took(line, client);
    if (line->waits == 0 && client->ops->room(client) > 1)
        call_off_dials(line); /* it carries many, and needs no others */
}

/* Whom nothing is left for that could serve them, learn why. */
static void fail_waiting(struct vb_line *line, enum vb_failure_id failure,
                         const char *why)
{
    uint32_t most = line->waits;

    if (most > 0 && (line->clients > 0 || line->dialing > 0))
        most = 1;
    for (; most > 0 && first_waiting(line) != NULL; most--)
        fail_first(line, failure, why);
}

static void dialled(struct vb_dial *dial, enum vb_dial_end end)
{
    struct dialling *dialling = VB_CONTAINER(dial, struct dialling, dial);
    struct vb_line *line = dialling->line;

    vb_list_remove(&dialling->link);
    line->dialing--;
    if (end == VB_DIAL_OK) {
        take_client(line, dial->client);
    } else {
        if (end != VB_DIAL_CANCELLED && end != VB_DIAL_NOMEM)
            vb__line_fails(line);
        fail_waiting(line, failure_of(end), dial->why);
    }
    free(dialling);
}

static bool allowed(const struct vb_dial *dial, const uint8_t ip[16])
{
    const struct dialling *dialling =
        VB_CONTAINER(dial, const struct dialling, dial);
    const struct vb_upstream *upstream = dialling->line->reach->upstream;

    return upstream->options.allowed(upstream, ip);
}

static bool dial(struct vb_line *line)
{
    struct vb_env *env = line->reach->env;
    struct dialling *dialling = calloc(1, sizeof(*dialling));

    if (dialling == NULL)
        return false;
    dialling->line = line;
    dialling->dial = (struct vb_dial){
        .to = &line->server->endpoint,
        .timeout_ms = options_of(line)->connect_timeout_ms,
        .allowed = options_of(line)->allowed != NULL ? allowed : NULL,
        .done = dialled,
    };
    if (env->dialer->start(env->dialer, &dialling->dial) != VB_OK) {
        free(dialling);
        return false;
    }
    vb_list_append(&line->dials, &dialling->link);
    line->dialing++;
    return true;
}

enum vb_failure_id vb__line_wait(struct vb_line *line, struct vb_ask *ask)
{
    const struct vb_upstream_options *options = options_of(line);

    if (line->waits >= options->max_waiting)
        return VB_FAILURE_BUSY;
    if (line->dialing <= line->waits &&
        line->clients + line->dialing < options->max_connections &&
        !dial(line) && line->clients + line->dialing == 0)
        return VB_FAILURE_INTERNAL;
    ask->waits_until =
        now_of(line) + options->connect_timeout_ms + options->wait_ms;
    ask->waiting = true;
    vb_list_append(&line->waiting, &ask->link);
    line->waits++;
    set_alarm(line);
    return VB_FAILURE_NONE;
}

/* --- life -------------------------------------------------------------------
 */

void vb__line_init(struct vb_line *line, struct vb_reach *reach,
                   const struct vb_upstream_server *server)
{
    *line = (struct vb_line){
        .reach = reach, .server = server, .alarm = {.ring = waited_long}};
    vb_list_init(&line->open);
    vb_list_init(&line->full);
    vb_list_init(&line->dials);
    vb_list_init(&line->waiting);
}

static void let_go(struct vb_link *list)
{
    while (!vb_list_empty(list)) {
        struct vb_client *client =
            VB_CONTAINER(vb_list_pop(list), struct vb_client, link);

        client->changed = client->gone = NULL;
        client->owner = NULL;
        client->ops->close(client);
    }
}

void vb__line_rest(struct vb_line *line)
{
    struct vb_link *at = line->open.next;

    vb__line_end_probe(line);
    while (at != &line->open) {
        struct vb_client *client = VB_CONTAINER(at, struct vb_client, link);

        at = at->next;
        client->ops->close(client);
    }
}

void vb__line_done(struct vb_line *line)
{
    struct vb_alarms *alarms = line->reach->env->alarms;

    vb__line_end_probe(line);
    vb_assert(vb_list_empty(&line->waiting));
    alarms->cancel(alarms, &line->alarm);
    call_off_dials(line);
    let_go(&line->open);
    let_go(&line->full);
}
