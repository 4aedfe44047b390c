/*
 * The client of client.h with a socket, for tests in other languages: commands
 * come as lines on stdin, events go as lines to stdout (quic_event_print, and
 * what commands answer). It ends when stdin does.
 *
 *     quic_probe HOST PORT [OPTION=VALUE ...]
 *
 * Bytes are hex, numbers decimal. A line `refused COMMAND` says what could not
 * be done.
 */
#include "udp.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORDS_MOST 4
#define OUT_MOST   (1024u * 1024u) /* unread: then the peer has to wait */

struct probe {
    struct udp udp;
    struct quic_client_options options;
    struct quic_client *client;
    struct vb_buf in;  /* of stdin, the beginning of a line */
    struct vb_buf out; /* to stdout */
    bool eof;
    bool deaf;         /* takes no datagrams */
    bool mute;         /* sends none */
    bool draining;     /* `drained` is to be said */
    size_t drained_at; /* once so little is not acknowledged */
};

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void on_event(void *context, const struct quic_event *event)
{
    struct probe *p = context;

    quic_event_print(event, &p->out);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* Decodes in place. What is no hex is a mistake in the test. */
static struct vb_span bytes_of(char *hex)
{
    size_t len = strlen(hex) / 2;

    for (size_t i = 0; i < len; i++) {
        int high = digit_of(hex[2 * i]), low = digit_of(hex[2 * i + 1]);

        if (high < 0 || low < 0) {
            fprintf(stderr, "quic_probe: not hex: %.20s\n", hex);
            exit(2);
        }
        hex[i] = (char)(high << 4 | low);
    }
    return vb_span_of(hex, len);
}

static uint64_t number_of(const char *word)
{
    return strtoull(word, NULL, 0);
}

/* --- Commands ----------------------------------------------------------------
 */

typedef bool command_fn(struct probe *p, char *const word[]);

static bool do_open(struct probe *p, char *const word[])
{
    int64_t id = quic_client_open(p->client, strcmp(word[0], "uni") != 0);

    if (id >= 0)
        vb_buf_printf(&p->out, "opened %lld\n", (long long)id);
    return id >= 0;
}

static bool do_send(struct probe *p, char *const word[])
{
    struct vb_span bytes = bytes_of(word[1]);
    return quic_client_send(p->client, (int64_t)number_of(word[0]), bytes,
                            word[2][0] != '\0');
}

/* `fin ID`: there are no bytes. */
static bool do_fin(struct probe *p, char *const word[])
{
    return quic_client_send(p->client, (int64_t)number_of(word[0]),
                            vb_span_str(""), true);
}

static bool do_reset(struct probe *p, char *const word[])
{
    return quic_client_reset(p->client, (int64_t)number_of(word[0]),
                             number_of(word[1]));
}

static bool do_stop(struct probe *p, char *const word[])
{
    return quic_client_stop(p->client, (int64_t)number_of(word[0]),
                            number_of(word[1]));
}

static bool do_credit(struct probe *p, char *const word[])
{
    quic_client_credit(p->client, (int64_t)number_of(word[0]),
                       number_of(word[1]));
    return true;
}

static bool do_close(struct probe *p, char *const word[])
{
    quic_client_close(p->client, true, number_of(word[0]));
    return true;
}

static bool do_abort(struct probe *p, char *const word[])
{
    quic_client_close(p->client, false, number_of(word[0]));
    return true;
}

static bool do_inject(struct probe *p, char *const word[])
{
    return quic_client_inject(p->client, bytes_of(word[0]));
}

static bool do_raw(struct probe *p, char *const word[])
{
    struct quic_route route = udp_route(&p->udp);

    udp_send(&p->udp, &route, bytes_of(word[0]));
    return true;
}

/* `knock COUNT`: so many others begin a handshake, and are gone. */
static bool do_knock(struct probe *p, char *const word[])
{
    struct quic_client_options options = p->options;
    struct quic_route route = udp_route(&p->udp);
    char datagram[QUIC_DATAGRAM_MAX];

    options.on_event = NULL;
    options.dcid = vb_span_str("");
    for (uint64_t n = number_of(word[0]); n > 0; n--) {
        struct quic_client *other = quic_client_new(&options, &route, now_ns());

        if (other == NULL)
            return false;
        udp_send(&p->udp, &route,
                 vb_span_of(datagram,
                            quic_client_write(other, &route, datagram,
                                              sizeof(datagram), now_ns())));
        quic_client_free(other);
    }
    return true;
}

static bool do_rebind(struct probe *p, char *const word[])
{
    (void)word;
    return udp_rebind(&p->udp);
}

/* `migrate [ADDRESS [now]]` */
static bool do_migrate(struct probe *p, char *const word[])
{
    struct quic_route route;

    if (!udp_add(&p->udp, word[0][0] == '\0' ? NULL : word[0]))
        return false;
    route = udp_route(&p->udp);
    return quic_client_migrate(p->client, &route, word[1][0] != '\0', now_ns());
}

static bool do_keyupdate(struct probe *p, char *const word[])
{
    (void)word;
    return quic_client_update_keys(p->client, now_ns());
}

static bool do_keepalive(struct probe *p, char *const word[])
{
    int64_t ms = (int64_t)number_of(word[0]);

    quic_client_keep_alive(p->client, ms == 0 ? INT64_MAX : ms * 1000000);
    return true;
}

/* `deaf on`, `mute on`: takes, or sends, no datagrams; any other word: again.
 */
static bool do_deaf(struct probe *p, char *const word[])
{
    p->deaf = strcmp(word[0], "on") == 0;
    return true;
}

static bool do_mute(struct probe *p, char *const word[])
{
    p->mute = strcmp(word[0], "on") == 0;
    return true;
}

static bool do_unacked(struct probe *p, char *const word[])
{
    (void)word;
    vb_buf_printf(&p->out, "unacked %zu\n", quic_client_unacked(p->client));
    return true;
}

/* `drain COUNT` is answered once no more than that is not acknowledged. */
static bool do_drain(struct probe *p, char *const word[])
{
    p->draining = true;
    p->drained_at = number_of(word[0]);
    return true;
}

static bool do_parameter(struct probe *p, char *const word[])
{
    uint64_t value;

    if (!quic_client_parameter(p->client, word[0], &value))
        return false;
    vb_buf_printf(&p->out, "parameter %llu\n", (unsigned long long)value);
    return true;
}

static bool do_dcid(struct probe *p, char *const word[])
{
    struct vb_span id = quic_client_dcid(p->client);

    (void)word;
    vb_buf_str(&p->out, "dcid ");
    for (size_t i = 0; i < id.len; i++)
        vb_buf_printf(&p->out, "%02x", (unsigned char)id.ptr[i]);
    vb_buf_char(&p->out, '\n');
    return true;
}

/* All that stood before it was done. */
static bool do_sync(struct probe *p, char *const word[])
{
    vb_buf_printf(&p->out, "sync %s\n", word[0]);
    return true;
}

static const struct {
    const char *name;
    command_fn *run;
} COMMANDS[] = {
    {"open", do_open},
    {"send", do_send},
    {"fin", do_fin},
    {"reset", do_reset},
    {"stop", do_stop},
    {"credit", do_credit},
    {"close", do_close},
    {"abort", do_abort},
    {"inject", do_inject},
    {"raw", do_raw},
    {"knock", do_knock},
    {"rebind", do_rebind},
    {"migrate", do_migrate},
    {"keyupdate", do_keyupdate},
    {"keepalive", do_keepalive},
    {"deaf", do_deaf},
    {"mute", do_mute},
    {"unacked", do_unacked},
    {"drain", do_drain},
    {"parameter", do_parameter},
    {"dcid", do_dcid},
    {"sync", do_sync},
};

static void run(struct probe *p, char *line)
{
    char none[] = "";
    char *words[WORDS_MOST] = {none, none, none, none}, *rest = NULL;
    int count = 0;

    for (char *word = strtok_r(line, " ", &rest);
         word != NULL && count < WORDS_MOST; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
        if (strcmp(words[0], COMMANDS[i].name) != 0)
            continue;
        if (!COMMANDS[i].run(p, words + 1))
            vb_buf_printf(&p->out, "refused %s\n", words[0]);
        return;
    }
    fprintf(stderr, "quic_probe: no command: %s\n", words[0]);
    exit(2);
}

/* --- Options -----------------------------------------------------------------
 */

#define O(name, member)                                                        \
    {                                                                          \
        name, offsetof(struct quic_client_options, member)                     \
    }

static const struct {
    const char *name;
    size_t at;
} NUMBERS[] =
    {
        O("max-data", max_data),
        O("max-stream-data", max_stream_data),
        O("max-streams-uni", max_streams_uni),
        O("connection-ids", connection_ids),
        O("idle", idle_ms),
        O("handshake", handshake_ms),
},
  BYTES[] =
      {
          O("ticket", ticket),
          O("token", token),
          O("dcid", dcid),
},
  TEXTS[] =
      {
          O("alpn", alpn), O("sni", sni),
          O("ca", ca),     O("certificate", certificate),
          O("key", key),
},
  FLAGS[] = {
      O("early", early),
      O("hold", hold),
      O("pmtud", own_mtu),
      O("debug", debug),
};

#define FIND(table, name)                                                      \
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)              \
        if (strcmp(table[i].name, name) == 0)

static void set_option(struct quic_client_options *o, char *name, char *value)
{
    char *base = (char *)o;

    FIND(NUMBERS, name)
    *(uint64_t *)(void *)(base + NUMBERS[i].at) = number_of(value);
    FIND(BYTES, name)
    *(struct vb_span *)(void *)(base + BYTES[i].at) = bytes_of(value);
    FIND(TEXTS, name)
    *(const char **)(void *)(base + TEXTS[i].at) =
        value[0] == '\0' ? NULL : value;
    FIND(FLAGS, name) * (bool *)(base + FLAGS[i].at) = value[0] == '1';
    if (strcmp(name, "version") == 0)
        o->version = (uint32_t)number_of(value);
}

/* --- The loop ----------------------------------------------------------------
 */

static void receive(struct probe *p, int which)
{
    static char datagram[65536];
    struct quic_route route;
    ssize_t n;

    for (int i = 0; i < 256 && p->out.len < OUT_MOST; i++) {
        n = udp_receive(&p->udp, which, &route, datagram, sizeof(datagram));
        if (n < 0)
            return;
        if (!p->deaf)
            quic_client_receive(p->client, &route,
                                vb_span_of(datagram, (size_t)n), now_ns());
    }
}

static void flush(struct probe *p)
{
    char datagram[QUIC_DATAGRAM_MAX];
    struct quic_route route = udp_route(&p->udp);
    size_t n;

    if (quic_client_expiry(p->client) <= now_ns())
        quic_client_tick(p->client, now_ns());
    if (p->mute)
        return;
    while ((n = quic_client_write(p->client, &route, datagram, sizeof(datagram),
                                  now_ns())) > 0) {
        udp_send(&p->udp, &route, vb_span_of(datagram, n));
        route = udp_route(&p->udp);
    }
}

static void tell_drained(struct probe *p)
{
    if (!p->draining || (quic_client_unacked(p->client) > p->drained_at &&
                         !quic_client_is_over(p->client)))
        return;
    p->draining = false;
    vb_buf_str(&p->out, "drained\n");
}

static void read_commands(struct probe *p)
{
    char *room = vb_buf_reserve(&p->in, 65536), *from, *end;
    ssize_t n = room == NULL ? -1 : read(STDIN_FILENO, room, 65536);

    if (n <= 0) {
        p->eof = n == 0 || errno != EAGAIN;
        return;
    }
    p->in.len += (size_t)n;
    from = p->in.ptr;
    while ((end = memchr(from, '\n', (size_t)(p->in.ptr + p->in.len - from))) !=
           NULL) {
        *end = '\0';
        run(p, from);
        from = end + 1;
    }
    vb_buf_consume(&p->in, (size_t)(from - p->in.ptr));
}

static void write_events(struct probe *p)
{
    ssize_t n =
        p->out.len == 0 ? 0 : write(STDOUT_FILENO, p->out.ptr, p->out.len);

    if (n < 0 && errno != EAGAIN)
        n = (ssize_t)p->out.len; /* nobody listens any more */
    if (n > 0)
        vb_buf_consume(&p->out, (size_t)n);
}

/* Milliseconds for poll(2). */
static int patience(struct probe *p)
{
    int64_t expiry = quic_client_expiry(p->client), now = now_ns();

    if (p->mute || expiry == INT64_MAX)
        return -1;
    return expiry <= now ? 0 : (int)((expiry - now + 999999) / 1000000);
}

static void turn(struct probe *p)
{
    struct pollfd fds[UDP_MOST + 2] = {
        {STDIN_FILENO, POLLIN, 0},
        {STDOUT_FILENO, p->out.len > 0 ? POLLOUT : 0, 0},
    };
    int count = p->udp.count;

    for (int i = 0; i < count; i++)
        fds[i + 2] = (struct pollfd){p->udp.sockets[i].fd,
                                     p->out.len < OUT_MOST ? POLLIN : 0, 0};
    if (poll(fds, (nfds_t)count + 2, patience(p)) < 0 && errno != EINTR)
        exit(1);
    for (int i = 0; i < count; i++) {
        if (fds[i + 2].revents != 0)
            receive(p, i);
    }
    if (fds[0].revents != 0)
        read_commands(p);
}

int main(int argc, char **argv)
{
    struct probe p = {0};
    struct quic_route route;
    const char *local = NULL;

    quic_client_defaults(&p.options);
    for (int i = 3; i < argc; i++) {
        char *equals = strchr(argv[i], '=');

        if (equals == NULL)
            return 2;
        *equals = '\0';
        if (strcmp(argv[i], "local") == 0)
            local = equals + 1;
        if (strcmp(argv[i], "mute") == 0)
            p.mute = equals[1] == '1';
        set_option(&p.options, argv[i], equals + 1);
    }
    p.options.on_event = on_event;
    p.options.context = &p;
    vb_buf_init(&p.in, SIZE_MAX / 2);
    vb_buf_init(&p.out, SIZE_MAX / 2);
    if (argc < 3 || !udp_init(&p.udp, argv[1], argv[2], local)) {
        perror("quic_probe");
        return 2;
    }
    route = udp_route(&p.udp);
    p.client = quic_client_new(&p.options, &route, now_ns());
    if (p.client == NULL) {
        fputs("quic_probe: these options are refused\n", stderr);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
    while (!p.eof) {
        flush(&p);
        tell_drained(&p);
        write_events(&p);
        turn(&p);
    }
    quic_client_close(p.client, false, 0);
    flush(&p);
    quic_client_free(p.client);
    udp_done(&p.udp);
    vb_buf_done(&p.in);
    vb_buf_done(&p.out);
    return 0;
}
