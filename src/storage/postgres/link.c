/* What is asked over a link: batches, results, and what becomes of both when
 * the connection is lost. See link.h. */
#include "storage/postgres/link.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "storage/postgres/link_part.h"

/* How long plans are good, at first and at the most. */
#define PLANS_MS      1000
#define PLANS_MOST_MS 600000

static struct vb__pg_ask *ask_of(struct vb_link *link)
{
    return VB_CONTAINER(link, struct vb__pg_ask, link);
}

/* --- what the database says ------------------------------------------------
 */

/* By the beginning of an SQLSTATE (PostgreSQL, appendix A); CLOSED: this
 * connection is of no use any more. */
static const struct {
    const char *state;
    enum vb_err err;
} errors[] = {
    {"08", VB_ERR_CLOSED},     {"23505", VB_ERR_EXISTS},
    {"25006", VB_ERR_CLOSED}, /* read-only: it was the first one once */
    {"25P03", VB_ERR_CLOSED},  {"40", VB_ERR_AGAIN},
    {"53100", VB_ERR_NOSPACE}, {"53200", VB_ERR_NOMEM},
    {"53300", VB_ERR_CLOSED},  {"53", VB_ERR_NOSPACE},
    {"55P03", VB_ERR_TIMEOUT}, {"57014", VB_ERR_TIMEOUT},
    {"57P", VB_ERR_CLOSED},    {"58030", VB_ERR_IO},
};

enum vb_err vb__pg_error(const PGresult *result)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (state == NULL) /* libpq's own: it has no connection any more */
        return VB_ERR_CLOSED;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (strncmp(state, errors[i].state, strlen(errors[i].state)) == 0)
            return errors[i].err;
    return VB_ERR_IO;
}

/* --- deadlines -------------------------------------------------------------
 */

static bool is_busy(const struct vb__pg_link *link)
{
    return link->batch_count > 0 || !vb_list_empty(&link->waiting);
}

/* The alarm is set once for a while, not for each ask. */
static void mind_deadlines(struct vb__pg_link *link)
{
    struct vb_alarms *alarms = link->reactor->alarms;

    if (link->overdue.own == NULL && is_busy(link))
        (void)alarms->set(alarms, &link->overdue,
                          link->url->timeout_ms / 4 + 1);
}

/* --- the end of asks -------------------------------------------------------
 */

static struct vb__pg_batch *first_batch(struct vb__pg_link *link)
{
    return &link->batches[link->first_batch];
}

/* The first batch is none any more; its asks are in *ret_asks. */
static bool pop_batch(struct vb__pg_link *link, struct vb_link *ret_asks)
{
    struct vb__pg_batch *batch = first_batch(link);
    bool failed = batch->failed;

    vb_list_init(ret_asks);
    while (!vb_list_empty(&batch->asks))
        vb_list_append(ret_asks, vb_list_pop(&batch->asks));
    if (failed && batch->preparing) {
        /* What it has prepared may be there or not. */
        memset(link->prepared, 0, sizeof(link->prepared));
        link->naming++;
    }
    link->first_batch = (link->first_batch + 1) % VB__PG_BATCHES;
    link->batch_count--;
    return failed;
}

/* Those that are to be asked again wait before all others, in their order. */
static void wait_again(struct vb__pg_link *link, struct vb_link *asks)
{
    while (!vb_list_empty(asks)) {
        struct vb_link *last = asks->prev;

        vb_list_remove(last);
        vb_list_insert_after(&link->waiting, last);
        link->waiting_count++;
    }
}

/* All of the list end alike. Whoever hears it may ask again. */
static void end_all(struct vb_link *asks, enum vb_err err)
{
    while (!vb_list_empty(asks)) {
        struct vb__pg_ask *ask = ask_of(vb_list_pop(asks));

        ask->over(ask, err);
    }
}

/* The database refused one of them, and so undid all. */
static void batch_failed(struct vb__pg_link *link, struct vb_link *asks)
{
    struct vb_link again;
    struct vb__pg_ask *culprit = NULL;

    vb_list_init(&again);
    while (!vb_list_empty(asks)) {
        struct vb__pg_ask *ask = ask_of(vb_list_pop(asks));

        if (ask->err != VB_OK && culprit == NULL)
            culprit = ask;
        else
            vb_list_append(&again, &ask->link);
    }
    wait_again(link, &again);
    if (culprit != NULL)
        culprit->over(culprit, culprit->err);
    vb__pg_link_flush(link);
}

/*
 * The connection is lost. What was under way may have been carried out, or not:
 * who minds is told so, the others are asked again.
 */
static void lost(struct vb__pg_link *link)
{
    struct vb_link uncertain, again;

    vb_list_init(&uncertain);
    vb_list_init(&again);
    while (link->batch_count > 0) {
        struct vb_link asks;

        (void)pop_batch(link, &asks);
        while (!vb_list_empty(&asks)) {
            struct vb__pg_ask *ask = ask_of(vb_list_pop(&asks));

            vb_list_append(ask->once ? &uncertain : &again, &ask->link);
        }
    }
    vb__pg_link_drop(link);
    memset(link->prepared, 0, sizeof(link->prepared));
    wait_again(link, &again);
    end_all(&uncertain, VB_ERR_CLOSED);
    vb__pg_link_flush(link);
}

static bool is_overdue(const struct vb__pg_ask *ask)
{
    return ask->deadline_ms <= vb_clock_monotonic_ms();
}

/* Something under way has waited for too long. */
static bool is_stalled(const struct vb__pg_link *link)
{
    for (unsigned i = 0; i < link->batch_count; i++) {
        const struct vb__pg_batch *batch =
            &link->batches[(link->first_batch + i) % VB__PG_BATCHES];

        if (!vb_list_empty(&batch->asks) &&
            is_overdue(ask_of(batch->asks.next)))
            return true;
    }
    return false;
}

static void look_for_overdue(struct vb_alarm *alarm)
{
    struct vb__pg_link *link = alarm->context;
    struct vb_link late;

    if (is_stalled(link))
        lost(link);
    vb_list_init(&late);
    for (struct vb_link *at = link->waiting.next; at != &link->waiting;) {
        struct vb__pg_ask *ask = ask_of(at);

        at = at->next;
        if (!is_overdue(ask))
            continue;
        vb_list_remove(&ask->link);
        link->waiting_count--;
        vb_list_append(&late, &ask->link);
    }
    end_all(&late, VB_ERR_UNAVAILABLE);
    mind_deadlines(link);
}

/* --- results ---------------------------------------------------------------
 */

static void batch_is_over(struct vb__pg_link *link)
{
    struct vb_link asks;

    if (pop_batch(link, &asks))
        batch_failed(link, &asks);
    else
        end_all(&asks, VB_OK);
}

static bool is_of_prepare(const PGresult *result)
{
    return PQresultStatus(result) == PGRES_COMMAND_OK &&
           *PQcmdStatus((PGresult *)(uintptr_t)result) == '\0';
}

static void step(struct vb__pg_batch *batch)
{
    struct vb__pg_ask *ask = batch->current;

    if (++ask->taken < ask->sent)
        return;
    batch->current =
        ask->link.next == &batch->asks ? NULL : ask_of(ask->link.next);
}

static void take_result(struct vb__pg_ask *ask, PGresult **result)
{
    ask->keeps = false;
    if (ask->take != NULL)
        ask->take(ask, ask->taken, *result);
    if (ask->keeps)
        *result = NULL;
}

/* It was the one that takes writes, and says that it is not any more: another
 * one may be, so what it shows may be old. */
static bool was_demoted(const struct vb__pg_link *link)
{
    return link->writable && !vb__pg_link_is_writable(link);
}

/* False: the connection is of no use any more. *result becomes NULL where
 * somebody keeps it. */
static bool take(struct vb__pg_link *link, PGresult **result)
{
    struct vb__pg_batch *batch = first_batch(link);
    struct vb__pg_ask *ask = batch->current;

    switch (PQresultStatus(*result)) {
    case PGRES_PIPELINE_SYNC:
        if (was_demoted(link))
            return false;
        batch_is_over(link);
        return true;
    case PGRES_PIPELINE_ABORTED:
        return true;
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
        if (ask == NULL || is_of_prepare(*result))
            return true;
        take_result(ask, result);
        step(batch);
        return true;
    default:
        batch->failed = true;
        if (ask != NULL && ask->err == VB_OK)
            ask->err = vb__pg_error(*result);
        return ask == NULL || ask->err != VB_ERR_CLOSED;
    }
}

static void hear_notices(struct vb__pg_link *link)
{
    PGnotify *notice;

    while (link->conn != NULL && (notice = PQnotifies(link->conn)) != NULL) {
        if (link->notified != NULL)
            link->notified(link, notice);
        PQfreemem(notice);
    }
}

/* Takes what has come; who is told may ask, and so a batch may be sent. */
static void receive(struct vb__pg_link *link)
{
    uint64_t serial = link->serial;

    if (!PQconsumeInput(link->conn)) {
        lost(link);
        return;
    }
    while (link->batch_count > 0 && !PQisBusy(link->conn)) {
        PGresult *result = PQgetResult(link->conn);
        bool good = result == NULL || take(link, &result);

        PQclear(result);
        if (!good || (link->serial == serial && link->conn != NULL &&
                      PQstatus(link->conn) == CONNECTION_BAD)) {
            lost(link);
            return;
        }
        if (link->serial != serial || link->conn == NULL)
            return;
    }
    if (link->batch_count == 0 && PQstatus(link->conn) == CONNECTION_BAD)
        lost(link);
    else
        hear_notices(link);
}

/* --- sending ---------------------------------------------------------------
 */

static void name_of(const struct vb__pg_link *link,
                    enum vb__pg_statement statement, char name[32])
{
    (void)snprintf(name, 32, "v%u_%u", (unsigned)statement, link->naming);
}

void vb__pg_send(struct vb__pg_link *link, struct vb__pg_ask *ask,
                 enum vb__pg_statement statement,
                 const struct vb__pg_params *params)
{
    static const int binary[VB__PG_PARAMS_MOST] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    unsigned last =
        (link->first_batch + link->batch_count - 1) % VB__PG_BATCHES;
    char name[32];

    name_of(link, statement, name);
    if (!link->prepared[statement]) {
        link->prepared[statement] = true;
        link->batches[last].preparing = true;
        if (!PQsendPrepare(link->conn, name, vb__pg_statement_text(statement),
                           0, NULL))
            link->sending_failed = true;
    }
    if (!PQsendQueryPrepared(
            link->conn, name, params == NULL ? 0 : params->count,
            params == NULL ? NULL : params->values,
            params == NULL ? NULL : params->lengths, binary, 1))
        link->sending_failed = true;
    ask->sent++;
}

static struct vb__pg_batch *empty_batch(struct vb__pg_link *link)
{
    unsigned at = (link->first_batch + link->batch_count) % VB__PG_BATCHES;
    struct vb__pg_batch *batch = &link->batches[at];

    link->batch_count++;
    vb_list_init(&batch->asks);
    batch->current = NULL;
    batch->preparing = batch->failed = false;
    return batch;
}

/* The next one that waits is sent, as the last of the batch. */
static void send_next(struct vb__pg_link *link, struct vb__pg_batch *batch)
{
    struct vb__pg_ask *ask = ask_of(vb_list_pop(&link->waiting));

    link->waiting_count--;
    vb_list_append(&batch->asks, &ask->link);
    if (batch->current == NULL)
        batch->current = ask;
    ask->sent = ask->taken = 0;
    ask->err = VB_OK;
    ask->send(ask, link);
}

/* Of what waits, as much as goes together. Where a statement is prepared that
 * is all: who needs it, too, is undone with who has prepared it. */
static void send_batch(struct vb__pg_link *link)
{
    struct vb__pg_batch *batch = empty_batch(link);
    unsigned count = 0;

    do {
        send_next(link, batch);
        count++;
    } while (
        !vb_list_empty(&link->waiting) &&
        (batch->preparing || link->asks_most == 0 || count < link->asks_most));
    link->round_trips++;
    if (!PQpipelineSync(link->conn))
        link->sending_failed = true;
}

/* By itself, since a server may refuse it. */
static bool send_plain(struct vb__pg_link *link, const char *text)
{
    (void)empty_batch(link);
    return PQsendQueryParams(link->conn, text, 0, NULL, NULL, NULL, NULL, 1) &&
           PQpipelineSync(link->conn);
}

/*
 * Statements are planned once (url.c), and what is best for a table that has
 * next to nothing is the worst when it has grown; PostgreSQL plans anew only
 * after its statistics are. So plans are made again, while tables may have
 * doubled since.
 */
static void forget_plans(struct vb__pg_link *link)
{
    int64_t now = vb_clock_monotonic_ms();

    if (now < link->plans_end_ms || link->batch_count + 1 >= VB__PG_BATCHES)
        return;
    if (link->plans_ms < PLANS_MOST_MS)
        link->plans_ms *= 2;
    link->plans_end_ms = now + link->plans_ms;
    if (!send_plain(link, "DISCARD PLANS"))
        link->sending_failed = true;
}

/* What libpq has not sent yet goes when it can. */
static void push_out(struct vb__pg_link *link)
{
    int left = PQflush(link->conn);

    if (left < 0 ||
        !vb__pg_link_watch(link, left > 0 ? VB_REACTOR_READ | VB_REACTOR_WRITE
                                          : VB_REACTOR_READ))
        lost(link);
}

void vb__pg_link_flush(struct vb__pg_link *link)
{
    if (vb_list_empty(&link->waiting))
        return;
    if (link->state != VB__PG_READY) {
        vb__pg_link_open(link);
        return;
    }
    if (link->batch_count == VB__PG_BATCHES)
        return; /* after the next one is over */
    link->sending_failed = false;
    forget_plans(link);
    while (!vb_list_empty(&link->waiting) &&
           link->batch_count < VB__PG_BATCHES && !link->sending_failed)
        send_batch(link);
    if (link->sending_failed)
        lost(link);
    else
        push_out(link);
}

/* --- the whole -------------------------------------------------------------
 */

void vb__pg_link_ask(struct vb__pg_link *link, struct vb__pg_ask *ask)
{
    vb_list_init(&ask->link);
    if (link->waiting_count >= VB__PG_WAITING_MOST) {
        ask->over(ask, VB_ERR_UNAVAILABLE);
        return;
    }
    ask->deadline_ms = vb_clock_monotonic_ms() + link->url->timeout_ms;
    vb_list_append(&link->waiting, &ask->link);
    link->waiting_count++;
    mind_deadlines(link);
}

static bool send_session(struct vb__pg_link *link)
{
    for (size_t i = 0; i < VB__PG_SESSION; i++)
        if (link->url->session[i] != NULL &&
            !send_plain(link, link->url->session[i]))
            return false;
    return true;
}

void vb__pg_link_opened(struct vb__pg_link *link)
{
    memset(link->prepared, 0, sizeof(link->prepared));
    link->plans_ms = PLANS_MS;
    link->plans_end_ms = vb_clock_monotonic_ms() + PLANS_MS;
    if (!send_session(link)) {
        lost(link);
        return;
    }
    if (link->opened != NULL)
        link->opened(link);
    vb__pg_link_flush(link);
}

void vb__pg_link_turn(struct vb__pg_link *link, unsigned events)
{
    if ((events & VB_REACTOR_WRITE) != 0 && link->state == VB__PG_READY)
        push_out(link);
    if ((events & VB_REACTOR_READ) != 0 && link->state == VB__PG_READY)
        receive(link);
    if (link->state == VB__PG_READY)
        vb__pg_link_flush(link);
}

void vb__pg_link_begin(struct vb__pg_link *link)
{
    vb_list_init(&link->waiting);
    link->overdue =
        (struct vb_alarm){.ring = look_for_overdue, .context = link};
}

void vb__pg_link_done(struct vb__pg_link *link)
{
    struct vb_link asks;

    vb_list_init(&asks);
    while (link->batch_count > 0) {
        struct vb_link of_batch;

        (void)pop_batch(link, &of_batch);
        while (!vb_list_empty(&of_batch))
            vb_list_append(&asks, vb_list_pop(&of_batch));
    }
    while (!vb_list_empty(&link->waiting))
        vb_list_append(&asks, vb_list_pop(&link->waiting));
    link->waiting_count = 0;
    vb__pg_link_drop(link);
    link->reactor->alarms->cancel(link->reactor->alarms, &link->overdue);
    vb_buf_done(&link->addresses);
    end_all(&asks, VB_ERR_CANCELLED);
}
