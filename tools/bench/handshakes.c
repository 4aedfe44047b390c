/*
 * TLS handshakes, one after the other on each of some threads: connect, shake
 * hands, say good-bye, read until the server has closed. Nothing is asked, so
 * what the server spends is the connection's and the handshake's.
 *
 *     handshakes PORT SECONDS THREADS full|resumed
 *
 * TLS 1.3 with X25519, whatever the server would prefer: all do the same work.
 * One line of JSON says how many there were.
 */
#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char offered[] =
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519";

static uint16_t port;
static bool resume;
static double end_at;
static gnutls_certificate_credentials_t nobody; /* and everybody is trusted */

struct client {
    pthread_t thread;
    gnutls_datum_t ticket; /* of its first session */
    long done;
    long resumed;
};

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void die_of(const char *what, int rc)
{
    fprintf(stderr, "%s: %s\n", what, gnutls_strerror(rc));
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to_server(void)
{
    /* Its reset at the end leaves no port behind that waits. */
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    const int on = 1;
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        die("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    return fd;
}

/* Tickets come behind the handshake; the first is kept. GnuTLS gives none out
 * any more when the server's end comes without close_notify. */
static void keep_ticket(struct client *client, gnutls_session_t session)
{
    const unsigned flags = gnutls_session_get_flags(session);

    if (resume && client->ticket.size == 0 &&
        (flags & GNUTLS_SFLAGS_SESSION_TICKET) != 0)
        gnutls_session_get_data2(session, &client->ticket);
}

static void say_goodbye(struct client *client, gnutls_session_t session, int fd)
{
    char byte;
    ssize_t n;

    gnutls_bye(session, GNUTLS_SHUT_WR);
    shutdown(fd, SHUT_WR);
    do {
        n = gnutls_record_recv(session, &byte, 1);
        keep_ticket(client, session);
    } while (n > 0 || (n < 0 && !gnutls_error_is_fatal((int)n)));
}

static void shake_hands(struct client *client)
{
    /* It has no ticket yet, and is for getting one. */
    const bool first = resume && client->ticket.size == 0;
    gnutls_session_t session;
    int fd = connect_to_server(), rc;

    gnutls_init(&session, GNUTLS_CLIENT);
    gnutls_priority_set_direct(session, offered, NULL);
    gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, nobody);
    gnutls_server_name_set(session, GNUTLS_NAME_DNS, "localhost", 9);
    if (client->ticket.size > 0)
        gnutls_session_set_data(session, client->ticket.data,
                                client->ticket.size);
    gnutls_transport_set_int(session, fd);
    do
        rc = gnutls_handshake(session);
    while (rc < 0 && !gnutls_error_is_fatal(rc));
    if (rc < 0)
        die_of(rc == GNUTLS_E_FATAL_ALERT_RECEIVED
                   ? gnutls_alert_get_name(gnutls_alert_get(session))
                   : "handshake",
               rc);
    say_goodbye(client, session, fd);
    client->done += first ? 0 : 1;
    client->resumed += gnutls_session_is_resumed(session) != 0;
    if (resume && client->ticket.size == 0)
        die_of("no ticket", 0);
    gnutls_deinit(session);
    close(fd);
}

static void *run(void *context)
{
    struct client *client = context;

    while (now() < end_at)
        shake_hands(client);
    return NULL;
}

int main(int argc, char **argv)
{
    struct client *clients;
    long count, done = 0, resumed = 0;
    double begun;

    if (argc != 5) {
        fprintf(stderr,
                "usage: handshakes PORT SECONDS THREADS full|resumed\n");
        return 2;
    }
    port = (uint16_t)strtol(argv[1], NULL, 10);
    count = strtol(argv[3], NULL, 10);
    resume = strcmp(argv[4], "resumed") == 0;
    clients = calloc((size_t)count, sizeof(*clients));
    if (clients == NULL || gnutls_certificate_allocate_credentials(&nobody) < 0)
        die("memory");
    begun = now();
    end_at = begun + strtod(argv[2], NULL);
    for (long i = 0; i < count; i++)
        if (pthread_create(&clients[i].thread, NULL, run, &clients[i]) != 0)
            die("thread");
    for (long i = 0; i < count; i++) {
        pthread_join(clients[i].thread, NULL);
        done += clients[i].done;
        resumed += clients[i].resumed;
        gnutls_free(clients[i].ticket.data);
    }
    printf("{\"handshakes\": %ld, \"resumed\": %ld, \"seconds\": %.6f}\n", done,
           resumed, now() - begun);
    gnutls_certificate_free_credentials(nobody);
    free(clients);
    return 0;
}
