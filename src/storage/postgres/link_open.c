/* How a link gets its connection: names are looked up elsewhere, addresses are
 * tried one by one, and after all of them there is a pause. See link.h. */
#include <netdb.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/log.h"
#include "storage/postgres/link_part.h"

/* Until an address has answered, in milliseconds. */
#define PATIENCE_MS 3000
/* The first pause, and what none is longer than. */
#define PAUSE_MS      50
#define PAUSE_MOST_MS 5000

static void try_address(struct vb__pg_link *link);

static const struct vb__pg_place *place_of(const struct vb__pg_link *link)
{
    return &link->url->places[link->place % link->url->place_count];
}

static void set_pause(struct vb__pg_link *link, uint64_t ms)
{
    struct vb_alarms *alarms = link->reactor->alarms;

    alarms->cancel(alarms, &link->pause);
    (void)alarms->set(alarms, &link->pause, ms);
}

static void end_pause(struct vb__pg_link *link)
{
    link->reactor->alarms->cancel(link->reactor->alarms, &link->pause);
}

/* --- failing ---------------------------------------------------------------
 */

static const char *what(const struct vb__pg_link *link)
{
    return place_of(link)->replica ? "a replica" : "the database";
}

static void tell(struct vb__pg_link *link, const char *why)
{
    struct vb_span text = vb_span_str(why);
    struct vb_buf line;

    if (link->told)
        return;
    link->told = true;
    vb_buf_init(&line, 1024);
    while (text.len > 0 && text.ptr[text.len - 1] == '\n')
        text.len--;
    vb_log_quoted(&line, text);
    vb_log(VB_LOG_ERROR, "%s cannot be reached: %.*s", what(link),
           VB_FMT(vb_buf_span(&line)));
    vb_buf_done(&line);
}

/* Half of it is by chance, so that not all come back at once. */
static uint64_t pause_after(unsigned failures)
{
    uint64_t ms = PAUSE_MOST_MS;
    uint32_t random = 0;

    if (failures < 7)
        ms = (uint64_t)PAUSE_MS << failures;
    (void)getrandom(&random, sizeof(random), GRND_NONBLOCK);
    return ms / 2 + random % (ms / 2 + 1);
}

/* That place is none; the next one, or after all of them a pause. */
static void next_place(struct vb__pg_link *link)
{
    link->state = VB__PG_RESTING;
    link->place++;
    if (link->place % link->url->place_count == 0)
        set_pause(link, pause_after(link->failures++));
    else
        set_pause(link, 0);
}

static void address_failed(struct vb__pg_link *link, const char *why)
{
    tell(link, why);
    vb__pg_link_drop(link);
    try_address(link);
}

/* --- connecting ------------------------------------------------------------
 */

static void ignore_notice(void *context, const PGresult *result)
{
    (void)context;
    (void)result;
}

bool vb__pg_link_is_writable(const struct vb__pg_link *link)
{
    static const char *const told[] = {"default_transaction_read_only",
                                       "in_hot_standby"};

    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        const char *value = PQparameterStatus(link->conn, told[i]);

        if (value != NULL && strcmp(value, "on") == 0)
            return false;
    }
    return true;
}

static void made(struct vb__pg_link *link)
{
    end_pause(link);
    link->writable = vb__pg_link_is_writable(link);
    PQsetNoticeReceiver(link->conn, ignore_notice, NULL);
    if (PQsetnonblocking(link->conn, 1) != 0 ||
        !PQenterPipelineMode(link->conn) ||
        !vb__pg_link_watch(link, VB_REACTOR_READ)) {
        address_failed(link, PQerrorMessage(link->conn));
        return;
    }
    if (link->told)
        vb_log(VB_LOG_NOTICE, "%s can be reached again", what(link));
    link->told = false;
    link->failures = 0;
    link->state = VB__PG_READY;
    vb__pg_link_opened(link);
}

/* libpq may close the descriptor and take another one: it is not watched
 * meanwhile. */
static void go_on(struct vb__pg_link *link)
{
    PostgresPollingStatusType next;

    (void)vb__pg_link_watch(link, 0);
    next = PQconnectPoll(link->conn);
    if (next == PGRES_POLLING_OK)
        made(link);
    else if (next == PGRES_POLLING_FAILED ||
             !vb__pg_link_watch(link, next == PGRES_POLLING_READING
                                          ? VB_REACTOR_READ
                                          : VB_REACTOR_WRITE))
        address_failed(link, PQerrorMessage(link->conn));
}

static void ready(struct vb_watched *watched, unsigned events)
{
    struct vb__pg_link *link = watched->context;

    if (link->state == VB__PG_CONNECTING)
        go_on(link);
    else
        vb__pg_link_turn(link, events);
}

static PGconn *start(const struct vb__pg_link *link, const char *address)
{
    struct vb__pg_words words;

    vb__pg_url_words(link->url, place_of(link), address, &words);
    return PQconnectStartParams(words.names, words.values, 0);
}

static void begin(struct vb__pg_link *link, const char *address)
{
    link->state = VB__PG_CONNECTING;
    link->conn = start(link, address);
    if (link->conn == NULL || PQstatus(link->conn) == CONNECTION_BAD) {
        address_failed(link, link->conn == NULL ? vb_err_text(VB_ERR_NOMEM)
                                                : PQerrorMessage(link->conn));
        return;
    }
    set_pause(link, PATIENCE_MS);
    if (!vb__pg_link_watch(link, VB_REACTOR_WRITE))
        address_failed(link, vb_err_text(VB_ERR_NOMEM));
}

/* The next one of the place, if there is one. */
static void try_address(struct vb__pg_link *link)
{
    const char *address = link->addresses.ptr;

    if (link->address >= link->addresses.len) {
        next_place(link);
        return;
    }
    address += link->address;
    link->address += strlen(address) + 1;
    begin(link, place_of(link)->is_name ? address : NULL);
}

/* --- looking names up ------------------------------------------------------
 */

struct vb__pg_resolving {
    struct vb_task task;
    struct vb__pg_link *link; /* NULL: nobody waits for it any more */
    struct vb_mailbox *mailbox;
    const char *host; /* the URL's, or a copy of it behind this */
    struct vb_buf addresses;
    int status; /* of getaddrinfo */
};

static void look_up(struct vb__pg_resolving *resolving)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    char text[NI_MAXHOST];

    resolving->status = getaddrinfo(resolving->host, NULL, &hints, &list);
    for (struct addrinfo *at = list; at != NULL; at = at->ai_next) {
        if (getnameinfo(at->ai_addr, at->ai_addrlen, text, sizeof(text), NULL,
                        0, NI_NUMERICHOST) != 0)
            continue;
        vb_buf_str(&resolving->addresses, text);
        vb_buf_char(&resolving->addresses, '\0');
    }
    if (list != NULL)
        freeaddrinfo(list);
}

static void resolving_free(struct vb__pg_resolving *resolving)
{
    vb_buf_done(&resolving->addresses);
    free(resolving);
}

static void looked_up(struct vb_task *task)
{
    struct vb__pg_resolving *resolving =
        VB_CONTAINER(task, struct vb__pg_resolving, task);
    struct vb__pg_link *link = resolving->link;

    if (link == NULL) {
        resolving_free(resolving);
        return;
    }
    link->resolving = NULL;
    vb_buf_done(&link->addresses);
    link->addresses = resolving->addresses;
    link->address = 0;
    resolving->addresses = (struct vb_buf){0};
    if (link->addresses.err != VB_OK)
        link->addresses.len = 0;
    if (resolving->status != 0)
        tell(link, gai_strerror(resolving->status));
    resolving_free(resolving);
    try_address(link);
}

static void run_look_up(struct vb_task *task)
{
    struct vb__pg_resolving *resolving =
        VB_CONTAINER(task, struct vb__pg_resolving, task);

    look_up(resolving);
    task->run = looked_up;
    vb_mailbox_post(resolving->mailbox, task);
}

static void resolve(struct vb__pg_link *link)
{
    const char *host = place_of(link)->host;
    size_t size = strlen(host) + 1;
    struct vb__pg_resolving *resolving = calloc(1, sizeof(*resolving) + size);

    if (resolving == NULL) {
        next_place(link);
        return;
    }
    resolving->link = link;
    resolving->mailbox = link->mailbox;
    resolving->host = memcpy((char *)(resolving + 1), host, size);
    vb_buf_init(&resolving->addresses, (size_t)64 * 1024);
    resolving->task.run = run_look_up;
    link->resolving = resolving;
    link->state = VB__PG_RESOLVING;
    if (link->executor != NULL) {
        link->executor->submit(link->executor, &resolving->task);
        return;
    }
    look_up(resolving);
    looked_up(&resolving->task);
}

/* --- the whole -------------------------------------------------------------
 */

void vb__pg_link_open(struct vb__pg_link *link)
{
    if (link->state != VB__PG_RESTING || link->pause.own != NULL)
        return;
    if (place_of(link)->is_name) {
        resolve(link);
        return;
    }
    vb_buf_reset(&link->addresses);
    vb_buf_char(&link->addresses, '\0'); /* libpq knows it by itself */
    link->address = 0;
    try_address(link);
}

static void pause_is_over(struct vb_alarm *alarm)
{
    struct vb__pg_link *link = alarm->context;

    if (link->state == VB__PG_CONNECTING)
        address_failed(link, vb_err_text(VB_ERR_TIMEOUT));
    else
        vb__pg_link_flush(link);
}

bool vb__pg_link_watch(struct vb__pg_link *link, unsigned events)
{
    if (link->watched_for == events)
        return true;
    if (events == 0)
        link->reactor->unwatch(link->reactor, &link->watched);
    else if (link->reactor->watch(link->reactor, &link->watched,
                                  PQsocket(link->conn), events) != VB_OK)
        return false;
    link->watched_for = events;
    return true;
}

void vb__pg_link_drop(struct vb__pg_link *link)
{
    (void)vb__pg_link_watch(link, 0);
    if (link->conn != NULL)
        PQfinish(link->conn);
    link->conn = NULL;
    if (link->resolving != NULL)
        link->resolving->link = NULL;
    link->resolving = NULL;
    end_pause(link);
    link->serial++;
    link->state = VB__PG_RESTING;
}

void vb__pg_link_init(struct vb__pg_link *link, const struct vb__pg_url *url,
                      struct vb_reactor *reactor, struct vb_executor *executor,
                      struct vb_mailbox *mailbox)
{
    *link = (struct vb__pg_link){
        .url = url,
        .reactor = reactor,
        .executor = executor,
        .mailbox = mailbox,
        .watched = {.ready = ready, .context = link},
        .pause = {.ring = pause_is_over, .context = link},
    };
    vb_buf_init(&link->addresses, (size_t)64 * 1024);
    vb__pg_link_begin(link);
}
