/* From a URL to what libpq takes. See url.h. */
#include "storage/postgres/url.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "storage/postgres/url_query.h"

#define ARENA_BLOCK ((size_t)4096)
#define ARENA_LIMIT ((size_t)256 * 1024)
#define TEXT_MOST   ((size_t)16 * 1024)

#define TIMEOUT_USUAL 5000

/* How long a transaction may do nothing, beyond a request's time. */
#define IDLE_MS 10000

static const char *copied(struct vb__pg_url *url, struct vb_span text)
{
    return vb_arena_dup(&url->arena, text).ptr;
}

/* --- Places. --- */

static bool is_loopback(const char *host)
{
    return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
           strcmp(host, "::1") == 0;
}

static bool is_socket(const char *host)
{
    return host[0] == '/' || host[0] == '@';
}

static bool is_address(const char *host)
{
    unsigned char ignored[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, ignored) == 1 ||
           inet_pton(AF_INET6, host, ignored) == 1;
}

/* What follows from where it is. */
static void judge(struct vb__pg_place *place)
{
    const char *where = place->hostaddr != NULL ? place->hostaddr : place->host;

    place->near = where == NULL || is_socket(where) || is_loopback(where);
    place->is_name = place->hostaddr == NULL && place->host != NULL &&
                     !is_socket(place->host) && !is_address(place->host);
}

/* The next of a list with commas; false behind the last. */
static bool next_item(struct vb_span *rest, struct vb_span *ret_item)
{
    ssize_t comma;

    if (rest->ptr == NULL)
        return false;
    comma = vb_span_find(*rest, ',', 0);
    *ret_item = comma < 0 ? *rest : vb_span_head(*rest, (size_t)comma);
    *rest = comma < 0 ? (struct vb_span){.ptr = NULL}
                      : vb_span_from(*rest, (size_t)comma + 1);
    return true;
}

static size_t count_items(const char *list)
{
    size_t count = 1;

    if (list == NULL || list[0] == '\0')
        return 0;
    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

/* The i-th of a list; the only one, if there is no other; NULL: nothing. */
static const char *item_at(struct vb__pg_url *url, const char *list, size_t i)
{
    size_t count = count_items(list);
    struct vb_span rest, item = VB_SPAN("");

    if (count == 0 || (count > 1 && i >= count))
        return NULL;
    rest = vb_span_str(list);
    for (size_t at = 0; at <= (count == 1 ? 0 : i); at++)
        (void)next_item(&rest, &item);
    return item.len > 0 ? copied(url, item) : NULL;
}

static bool is_port(const char *port)
{
    int64_t number;

    return port[0] == '\0' || (vb_span_i64(vb_span_str(port), &number) &&
                               number >= 1 && number <= 65535);
}

/* Names, addresses and ports as libpq gives them: lists of as many each. */
static enum vb_err read_places(struct vb__pg_url *url, const char *hosts,
                               const char *addresses, const char *ports,
                               struct vb_buf *ret_why)
{
    size_t host_count = count_items(hosts), count = count_items(addresses);

    if (count != 0 && host_count != 0 && count != host_count)
        return vb__pg_url_refuse(ret_why, "host and hostaddr are not as many");
    if (count == 0)
        count = host_count == 0 ? 1 : host_count;
    if (count > VB__PG_PLACES_MOST)
        return vb__pg_url_refuse(ret_why, "too many hosts");
    if (count_items(ports) > 1 && count_items(ports) != count)
        return vb__pg_url_refuse(ret_why, "ports and hosts are not as many");
    for (size_t i = 0; i < count; i++) {
        struct vb__pg_place *place = &url->places[i];

        place->host = i < host_count ? item_at(url, hosts, i) : NULL;
        place->hostaddr = item_at(url, addresses, i);
        place->port = item_at(url, ports, i);
        if (place->port == NULL)
            place->port = "";
        if (!is_port(place->port))
            return vb__pg_url_refuse(ret_why, "a port is no number");
        judge(place);
    }
    url->place_count = count;
    return VB_OK;
}

/* HOST, HOST:PORT or [ADDRESS]:PORT. */
static void read_replica(struct vb__pg_url *url, struct vb_span text)
{
    struct vb__pg_place *place = &url->replicas[url->replica_count++];
    struct vb_span host = text, port = VB_SPAN("");
    ssize_t end = vb_span_starts(text, VB_SPAN("["))
                      ? vb_span_find(text, ']', 0)
                      : vb_span_find(text, ':', 0);

    if (end >= 0 && text.ptr[0] == '[') {
        host = vb_span_head(vb_span_from(text, 1), (size_t)end - 1);
        port = vb_span_from(text, (size_t)end + 1);
        if (vb_span_starts(port, VB_SPAN(":")))
            port = vb_span_from(port, 1);
    } else if (end >= 0) {
        host = vb_span_head(text, (size_t)end);
        port = vb_span_from(text, (size_t)end + 1);
    }
    *place = (struct vb__pg_place){
        .host = copied(url, host), .port = copied(url, port), .replica = true};
    judge(place);
}

static enum vb_err read_replicas(struct vb__pg_url *url,
                                 const struct vb__pg_query *query,
                                 struct vb_buf *ret_why)
{
    struct vb_span rest, item;

    for (size_t i = 0; i < query->replica_count; i++) {
        rest = query->replicas[i];
        while (next_item(&rest, &item)) {
            if (item.len == 0)
                return vb__pg_url_refuse(ret_why, "replica is without a host");
            if (url->replica_count == VB__PG_PLACES_MOST)
                return vb__pg_url_refuse(ret_why, "too many replicas");
            read_replica(url, item);
            if (url->arena.failed)
                return VB_ERR_NOMEM;
            if (!is_port(url->replicas[url->replica_count - 1].port))
                return vb__pg_url_refuse(ret_why, "a port is no number");
        }
    }
    return VB_OK;
}

/* --- Settings. --- */

static const char *value_of(const PQconninfoOption *options, const char *name)
{
    for (; options->keyword != NULL; options++)
        if (strcmp(options->keyword, name) == 0)
            return options->val;
    return NULL;
}

static bool has(const struct vb__pg_url *url, const char *name)
{
    for (size_t i = 0; i < url->setting_count; i++)
        if (strcmp(url->settings[i].name, name) == 0)
            return true;
    return false;
}

static void add(struct vb__pg_url *url, const char *name, const char *value)
{
    /* What follows it in vb__pg_url_words has to find room, too. */
    vb_assert(url->setting_count < VB__PG_WORDS_MOST - 8);
    if (name != NULL && value != NULL && !has(url, name))
        url->settings[url->setting_count++] =
            (struct vb__pg_setting){name, value};
}

/* A place's own, and not for all. */
static bool is_of_place(const char *name)
{
    static const char *const own[] = {"host",        "hostaddr",
                                      "port",        "sslmode",
                                      "sslrootcert", "target_session_attrs"};

    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    return false;
}

static void take_settings(struct vb__pg_url *url,
                          const PQconninfoOption *options)
{
    for (; options->keyword != NULL; options++)
        if (options->val != NULL && options->val[0] != '\0' &&
            !is_of_place(options->keyword))
            add(url, copied(url, vb_span_str(options->keyword)),
                copied(url, vb_span_str(options->val)));
}

/*
 * keepalives and tcp_user_timeout: a server that went away without a word is
 * noticed. gssencmode: asking for a ticket would block the loop.
 */
static void add_usual(struct vb__pg_url *url)
{
    uint32_t seconds = (url->timeout_ms + 999) / 1000;

    add(url, "fallback_application_name", "verbatim");
    add(url, "client_encoding", "UTF8");
    add(url, "gssencmode", "disable");
    add(url, "connect_timeout",
        vb_arena_printf(&url->arena, "%" PRIu32, seconds < 2 ? 2 : seconds)
            .ptr);
    add(url, "keepalives", "1");
    add(url, "keepalives_idle", "30");
    add(url, "keepalives_interval", "10");
    add(url, "keepalives_count", "3");
    add(url, "tcp_user_timeout",
        vb_arena_printf(&url->arena, "%" PRIu32, 2 * url->timeout_ms).ptr);
}

/* Statements are few, and run many times. */
static const char *const session[] = {
    "SET default_transaction_isolation = 'read committed'",
    /* To plan one anew takes longer than most of them. */
    "SET plan_cache_mode = 'force_generic_plan'",
    /* All is found by an index, however little there seems to be. */
    "SET enable_seqscan = off",
    /* Tables without one (writer) seem to cost very much then. */
    "SET jit = off",
};

#define SESSION (sizeof(session) / sizeof(session[0]))

/* A statement, a lock, or a transaction that a dead link has left, holds
 * others up no longer than a request waits. */
static void make_session(struct vb__pg_url *url)
{
    const struct {
        const char *name;
        uint64_t ms;
    } bounds[] = {
        {"statement_timeout", url->timeout_ms},
        /* Who waits for a lock is told before it is too late; and a client that
         * is gone holds none for long. */
        {"lock_timeout", url->timeout_ms / 4 * 3 + 1},
        {"idle_in_transaction_session_timeout", url->timeout_ms + IDLE_MS},
    };

    static_assert(SESSION + sizeof(bounds) / sizeof(bounds[0]) ==
                      VB__PG_SESSION,
                  "room for each");

    for (size_t i = 0; i < SESSION; i++)
        url->session[i] = session[i];
    for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++)
        url->session[SESSION + i] =
            vb_arena_printf(&url->arena, "SET %s = %" PRIu64, bounds[i].name,
                            bounds[i].ms)
                .ptr;
}

/* --- What is safe. --- */

/* Where systems keep the CAs they trust, for a libpq that does not ask. */
static const char *system_trust(void)
{
    static const char *const bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",
        "/etc/pki/tls/certs/ca-bundle.crt",
        "/etc/ssl/ca-bundle.pem",
        "/etc/ssl/cert.pem",
    };

    if (PQlibVersion() >= 160000)
        return "system";
    for (size_t i = 0; i < sizeof(bundles) / sizeof(bundles[0]); i++)
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    return bundles[0];
}

static const char *said_or(const char *said, const char *variable)
{
    const char *value = said != NULL && said[0] != '\0' ? said : NULL;

    return value != NULL ? value : getenv(variable);
}

static void take_safety(struct vb__pg_url *url, const PQconninfoOption *options)
{
    const char *mode = said_or(value_of(options, "sslmode"), "PGSSLMODE");
    const char *root =
        said_or(value_of(options, "sslrootcert"), "PGSSLROOTCERT");
    const char *attrs = said_or(value_of(options, "target_session_attrs"),
                                "PGTARGETSESSIONATTRS");

    if (mode != NULL)
        url->sslmode = copied(url, vb_span_str(mode));
    if (root != NULL)
        url->sslrootcert = strcmp(root, "system") == 0
                               ? system_trust()
                               : copied(url, vb_span_str(root));
    if (attrs != NULL)
        url->session_attrs = copied(url, vb_span_str(attrs));
}

/* --- All together. --- */

static void show_place(struct vb_buf *to, const struct vb__pg_place *place)
{
    const char *where = place->host != NULL ? place->host : place->hostaddr;

    if (where == NULL || is_socket(where))
        return;
    vb_buf_printf(to, strchr(where, ':') != NULL ? "[%s]" : "%s", where);
    if (place->port[0] != '\0')
        vb_buf_printf(to, ":%s", place->port);
}

static void make_shown(struct vb__pg_url *url, const PQconninfoOption *options)
{
    const char *user = value_of(options, "user");
    const char *database = value_of(options, "dbname");
    const char *host = url->places[0].host;
    char text[1024];
    struct vb_buf shown = vb_buf_over(text, sizeof(text));

    vb_buf_str(&shown, "postgresql://");
    if (user != NULL)
        vb_buf_printf(&shown, "%s@", user);
    for (size_t i = 0; i < url->place_count; i++) {
        vb_buf_str(&shown, i > 0 ? "," : "");
        show_place(&shown, &url->places[i]);
    }
    vb_buf_printf(&shown, "/%s", database != NULL ? database : "");
    if (host != NULL && is_socket(host))
        vb_buf_printf(&shown, "?host=%s", host);
    url->shown = copied(url, vb_buf_span(&shown));
}

static enum vb_err take_options(struct vb__pg_url *url,
                                const PQconninfoOption *options,
                                struct vb_buf *ret_why)
{
    const char *hosts = value_of(options, "host");
    enum vb_err err;

    if (value_of(options, "service") != NULL)
        return vb__pg_url_refuse(
            ret_why, "service is not taken: say what it stands for");
    if (hosts == NULL && value_of(options, "hostaddr") == NULL)
        hosts = getenv("PGHOST");
    err = read_places(url, hosts, value_of(options, "hostaddr"),
                      value_of(options, "port"), ret_why);
    if (err != VB_OK)
        return err;
    take_settings(url, options);
    take_safety(url, options);
    add_usual(url);
    make_session(url);
    make_shown(url, options);
    return VB_OK;
}

/* What libpq says of a URL may have the password in it, so it is not told. */
static enum vb_err parse(struct vb__pg_url *url,
                         const struct vb__pg_query *query,
                         struct vb_buf *ret_why)
{
    char *ignored = NULL;
    PQconninfoOption *options;
    enum vb_err err;

    options = PQconninfoParse(query->others.ptr, &ignored);
    PQfreemem(ignored);
    if (options == NULL)
        return vb__pg_url_refuse(
            ret_why, "it is not postgresql://USER:PASSWORD@HOST:PORT/"
                     "DATABASE?NAME=VALUE with names that libpq knows");
    err = take_options(url, options, ret_why);
    PQconninfoFree(options);
    return err;
}

enum vb_err vb__pg_url_read(struct vb_span text, struct vb__pg_url *ret_url,
                            struct vb_buf *ret_why)
{
    struct vb__pg_url *url = ret_url;
    struct vb__pg_query query;
    enum vb_err err;

    *url = (struct vb__pg_url){.timeout_ms = TIMEOUT_USUAL};
    vb_arena_init(&url->arena, ARENA_BLOCK, ARENA_LIMIT);
    if (text.len > TEXT_MOST)
        return vb__pg_url_refuse(ret_why, "it is too long");
    err = vb__pg_query_split(&url->arena, text, &query, ret_why);
    if (err == VB_OK && query.timeout_ms != 0)
        url->timeout_ms = (uint32_t)query.timeout_ms;
    if (err == VB_OK)
        err = read_replicas(url, &query, ret_why);
    if (err == VB_OK)
        err = parse(url, &query, ret_why);
    return url->arena.failed ? VB_ERR_NOMEM : err;
}

void vb__pg_url_done(struct vb__pg_url *url)
{
    vb_arena_done(&url->arena);
}

static void word(struct vb__pg_words *words, const char *name,
                 const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    words->names[words->count] = name;
    words->values[words->count++] = value;
}

void vb__pg_url_words(const struct vb__pg_url *url,
                      const struct vb__pg_place *place, const char *hostaddr,
                      struct vb__pg_words *words)
{
    const char *mode = url->sslmode;
    const char *root = url->sslrootcert;

    words->count = 0;
    word(words, "host", place->host);
    word(words, "hostaddr", hostaddr != NULL ? hostaddr : place->hostaddr);
    word(words, "port", place->port);
    if (mode == NULL && !place->near)
        mode = "verify-full";
    if (root == NULL && mode != NULL && strcmp(mode, "verify-full") == 0)
        root = system_trust();
    word(words, "sslmode", mode);
    word(words, "sslrootcert", root);
    /* Who has failed over, or has not yet, must not be read from either. */
    word(words, "target_session_attrs",
         place->replica               ? "any"
         : url->session_attrs != NULL ? url->session_attrs
                                      : "read-write");
    for (size_t i = 0; i < url->setting_count; i++)
        word(words, url->settings[i].name, url->settings[i].value);
    words->names[words->count] = words->values[words->count] = NULL;
}

void vb__pg_url_show(struct vb_span text, struct vb_buf *to)
{
    struct vb__pg_url url;
    char ignored[256];
    struct vb_buf why = vb_buf_over(ignored, sizeof(ignored));

    if (vb__pg_url_read(text, &url, &why) == VB_OK)
        vb_buf_str(to, url.shown);
    else
        vb_buf_str(to, "postgresql://...");
    vb__pg_url_done(&url);
}
