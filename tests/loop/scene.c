/* See scene.h. */
#include "scene.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "loop/loop.h"

/* --- A resolver that says what it is told to --------------------------------
 */

struct resolver resolver;
const char *const loopbacks[] = {"::1", "127.0.0.1", NULL};
static uv_getaddrinfo_cb when_found;

struct addrinfo *list_of(const char *const *addresses)
{
    struct addrinfo *first = NULL, **last = &first;

    for (; *addresses != NULL; addresses++) {
        struct addrinfo *info =
            calloc(1, sizeof(*info) + sizeof(struct sockaddr_storage));
        struct sockaddr_in6 *in6 = (void *)(info + 1);
        struct sockaddr_in *in4 = (void *)(info + 1);
        bool ipv6 = strchr(*addresses, ':') != NULL;

        info->ai_family = ipv6 ? AF_INET6 : AF_INET;
        info->ai_addr = (struct sockaddr *)(info + 1);
        info->ai_addrlen = ipv6 ? sizeof(*in6) : sizeof(*in4);
        info->ai_addr->sa_family = (sa_family_t)info->ai_family;
        assert_int_equal(
            inet_pton(info->ai_family, *addresses,
                      ipv6 ? (void *)&in6->sin6_addr : (void *)&in4->sin_addr),
            1);
        *last = info;
        last = &info->ai_next;
    }
    return first;
}

void free_list(struct addrinfo *list)
{
    while (list != NULL) {
        struct addrinfo *next = list->ai_next;

        free(list);
        list = next;
    }
}

/* The names are the linker's. NOLINTBEGIN(bugprone-reserved-identifier) */
int __real_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb found, const char *node,
                          const char *service, const struct addrinfo *hints);
void __real_uv_freeaddrinfo(struct addrinfo *list);
int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb then, const char *node,
                          const char *service, const struct addrinfo *hints);
void __wrap_uv_freeaddrinfo(struct addrinfo *list);
/* NOLINTEND(bugprone-reserved-identifier) */

static void found(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    if (list != NULL)
        __real_uv_freeaddrinfo(list);
    if (status == 0)
        status = resolver.status;
    when_found(request, status,
               status == 0 ? list_of(resolver.addresses) : NULL);
}

int __wrap_uv_getaddrinfo(uv_loop_t *loop, uv_getaddrinfo_t *request,
                          uv_getaddrinfo_cb then, const char *node,
                          const char *service, const struct addrinfo *hints)
{
    resolver.asked++;
    when_found = then;
    if (strcmp(node, "server.example") == 0)
        node = "127.0.0.1";
    return __real_uv_getaddrinfo(loop, request, found, node, service, hints);
}

void __wrap_uv_freeaddrinfo(struct addrinfo *list)
{
    free_list(list);
}

static void done(struct vb_dial *dial, enum vb_dial_end end)
{
    struct scene *s = dial->context;
    ptrdiff_t which = dial - s->dials;

    assert_false(s->starting);
    s->ends[which] = end;
    s->took_ms[which] = vb_clock_monotonic_ms() - s->begun_ms[which];
    s->done++;
    assert_true((end == VB_DIAL_OK) == (dial->client != NULL));
    if (s->then != NULL)
        s->then(s);
    else
        vb_loop_stop(s->loop);
}

struct vb_dial *dial(struct scene *s, const char *host, uint16_t port,
                     uint32_t timeout_ms)
{
    struct vb_endpoint *to = &s->to[s->count];
    struct vb_dial *at = &s->dials[s->count];

    if (host[0] == '/')
        to->path = host;
    else
        to->host = host;
    to->port = port;
    at->to = to;
    at->timeout_ms = timeout_ms;
    at->done = done;
    at->context = s;
    s->begun_ms[s->count] = vb_clock_monotonic_ms();
    s->starting = true;
    assert_int_equal(s->worker->dialer->start(s->worker->dialer, at), VB_OK);
    s->starting = false;
    s->count++;
    return at;
}

static enum vb_err worker_start(void *context, struct vb_worker *worker)
{
    struct scene *s = context;
    size_t count;
    const struct vb_address *addresses = vb_loop_addresses(s->loop, &count);

    s->worker = worker;
    worker->env.service = s->service;
    if (count > 0)
        s->port = (uint16_t)vb_address_port(&addresses[0]);
    s->begin(s);
    return VB_OK;
}

/* From its first dial to the end of its worker. */
void play(struct scene *s)
{
    struct vb_loop_hooks hooks = {.worker_start = worker_start, .context = s};
    struct vb_address address = {.len = sizeof(struct sockaddr_in)};
    struct sockaddr_in *in4 = (void *)&address.sa;
    struct vb_loop_config config = {
        .workers = 1,
        .addresses = &address,
        .address_count = s->service != NULL ? 1 : 0,
        .max_connections = 8,
        .tls = s->tls,
        .limits = &vb_limits_default,
        .max_outgoing = s->max_outgoing,
        .grace_ms = s->grace_ms > 0 ? s->grace_ms : 5000,
    };
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    in4->sin_family = AF_INET;
    in4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.secure = s->tls != NULL;
    stand_ins.made = stand_ins.freed = stand_ins.ended = 0;
    assert_int_equal(vb_loop_new(&config, &hooks, &s->loop, &why), VB_OK);
    assert_int_equal(vb_loop_run(s->loop), VB_OK);
    vb_loop_free(s->loop);
    assert_int_equal(stand_ins.made, stand_ins.freed);
}

void after(struct scene *s, uint64_t ms, void (*ring)(struct vb_alarm *alarm))
{
    s->alarm.ring = ring;
    s->alarm.context = s;
    assert_int_equal(s->worker->alarms.set(&s->worker->alarms, &s->alarm, ms),
                     VB_OK);
}

void stop_at(struct vb_alarm *alarm)
{
    struct scene *s = alarm->context;

    vb_loop_stop(s->loop);
}

void to_port(struct scene *s)
{
    dial(s, "127.0.0.1", s->port, 5000);
}

void to_name(struct scene *s)
{
    dial(s, "server.example", s->port, 5000);
}

/* --- Others -----------------------------------------------------------------
 */

/* Listens on an address; on *port, or on one that it tells. */
int listen_on(const char *ip, uint16_t *port, int backlog)
{
    struct sockaddr_storage sa = {
        .ss_family = strchr(ip, ':') != NULL ? AF_INET6 : AF_INET};
    struct sockaddr_in6 *in6 = (void *)&sa;
    struct sockaddr_in *in4 = (void *)&sa;
    bool ipv6 = sa.ss_family == AF_INET6;
    socklen_t len = ipv6 ? sizeof(*in6) : sizeof(*in4);
    int fd = socket(sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    inet_pton(sa.ss_family, ip,
              ipv6 ? (void *)&in6->sin6_addr : (void *)&in4->sin_addr);
    in4->sin_port = htons(*port); /* where IPv6 has it, too */
    assert_int_equal(bind(fd, (struct sockaddr *)&sa, len), 0);
    assert_int_equal(listen(fd, backlog), 0);
    getsockname(fd, (struct sockaddr *)&sa, &len);
    *port = ntohs(in4->sin_port);
    return fd;
}

/* Fills its queue, so that nobody else gets an answer. */
void block(int fd, int *fillers, int count)
{
    struct sockaddr_storage sa;
    socklen_t len = sizeof(sa);

    getsockname(fd, (struct sockaddr *)&sa, &len);
    for (int i = 0; i < count; i++) {
        fillers[i] = socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)!connect(fillers[i], (struct sockaddr *)&sa, len);
    }
}

void unblock(const int *fillers, int count)
{
    for (int i = 0; i < count; i++)
        close(fillers[i]);
}
