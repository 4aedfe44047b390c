/*
 * A request asked of a running server, which tells why when it was started with
 * --explain: the reply then links to the explanation, which is fetched.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#include "flow/explain.h"
#include "http/link.h"
#include "http/uri.h"
#include "server/cli.h"
#include "server/explain.h"
#include "server/line.h"

#define BYTES_MOST ((size_t)80 * 1024 * 1024)
/* Seconds to connect, and without progress. */
#define PATIENCE 30

struct origin {
    bool secure;         /* https */
    struct vb_span host; /* as Host has it */
    char name[256];      /* to look up */
    char port[8];
};

static bool read_origin(const struct vb_uri *uri, struct origin *ret)
{
    struct vb_authority authority;
    struct vb_span host;

    if (!vb_uri_is_http(uri) ||
        !vb_authority_parse_host(uri->authority, &authority))
        return false;
    host = authority.host;
    if (host.len > 2 && host.ptr[0] == '[')
        host = vb_span_of(host.ptr + 1, host.len - 2);
    ret->secure = vb_span_ieq(uri->scheme, VB_SPAN("https"));
    ret->host = uri->authority;
    (void)snprintf(ret->name, sizeof(ret->name), "%.*s", VB_FMT(host));
    (void)snprintf(ret->port, sizeof(ret->port), "%d",
                   vb_authority_port(&authority, uri->scheme));
    return host.len < sizeof(ret->name);
}

/* A connected socket, or -1 with the reason in *ret_why. */
static int connect_to(const struct origin *origin, const char **ret_why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const struct timeval patience = {.tv_sec = PATIENCE};
    struct addrinfo *list;
    int fd = -1;
    int err = getaddrinfo(origin->name, origin->port, &hints, &list);

    if (err != 0) {
        *ret_why = gai_strerror(err);
        return -1;
    }
    for (struct addrinfo *at = list; at != NULL && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
        if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
            continue;
        *ret_why = strerror(errno);
        close(fd);
        fd = -1;
    }
    freeaddrinfo(list);
    return fd;
}

/* False: there is none, and *ret_why says why. */
static bool open_line(const struct origin *origin,
                      const struct vb__trusted *trusted, struct vb__line *line,
                      const char **ret_why)
{
    *ret_why = "no address";
    *line = (struct vb__line){.fd = connect_to(origin, ret_why)};
    if (line->fd < 0)
        return false;
    if (!origin->secure)
        return true;
    *ret_why =
        vb__secured_begin(line->fd, origin->name, trusted, &line->secured);
    if (*ret_why != NULL)
        close(line->fd);
    return *ret_why == NULL;
}

/* One request on a connection of its own. 0, or the exit status. */
static int ask(const struct origin *origin, const struct vb__trusted *trusted,
               struct vb_span bytes, struct vb_buf *reply)
{
    struct vb__line line;
    const char *why;

    if (!open_line(origin, trusted, &line, &why))
        return vb__usage_error("cannot connect to %s port %s: %s", origin->name,
                               origin->port, why);
    why = vb__line_ask(&line, bytes, reply);
    vb__secured_end(line.secured);
    close(line.fd);
    return why == NULL
               ? 0
               : vb__usage_error("no reply from %s: %s", origin->name, why);
}

/* The target of the link to the explanation, if there is one. */
static struct vb_span find_link(const struct vb__answer *answer,
                                struct vb_arena *arena)
{
    struct vb_span rest = answer->head, name, value;

    while (vb__answer_field(&rest, &name, &value)) {
        struct vb_link_value link;
        struct vb_links links;

        if (!vb_span_ieq(name, VB_SPAN("Link")))
            continue;
        vb_links_init(&links, arena, &value, 1);
        while (vb_links_next(&links, &link))
            if (vb_link_has_rel(&link, VB_SPAN(VB_EXPLAIN_RELATION)))
                return link.target;
    }
    return VB_SPAN("");
}

static int fetch(const struct origin *origin, const struct vb__trusted *trusted,
                 struct vb_span path, struct vb_buf *trace)
{
    const struct vb__question question = {.method = "GET"};
    struct vb__answer answer;
    struct vb_buf bytes, reply;
    int status;

    vb_buf_init(&bytes, BYTES_MOST);
    vb_buf_init(&reply, BYTES_MOST);
    vb__question_write(&question, path, origin->host, "Connection: close\r\n",
                       &bytes);
    status = ask(origin, trusted, vb_buf_span(&bytes), &reply);
    if (status == 0 &&
        vb__answer_read(vb_buf_span(&reply), false, &answer) == VB_OK) {
        if (answer.status == VB_STATUS_OK)
            vb_buf_append(trace, vb_buf_span(&answer.content));
        vb__answer_done(&answer);
    }
    vb_buf_done(&reply);
    vb_buf_done(&bytes);
    return status;
}

/* Only a path: where else a server sends us is none of our business. */
static int fetch_trace(const struct origin *origin,
                       const struct vb__question *question,
                       struct vb__finding *finding)
{
    bool to_head = strcmp(question->method, "HEAD") == 0;
    struct vb__answer answer;
    struct vb_arena arena;
    struct vb_span path;
    int status = 0;

    if (vb__answer_read(vb_buf_span(&finding->reply), to_head, &answer) !=
        VB_OK)
        return vb__usage_error("%s did not answer in HTTP/1.1", origin->name);
    vb_arena_init(&arena, 4096, (size_t)1024 * 1024);
    path = find_link(&answer, &arena);
    if (path.len > 0 && path.ptr[0] == '/')
        status = fetch(origin, &question->trusted, path, &finding->trace);
    if (status == 0 && finding->trace.len == 0) {
        (void)vb__usage_error("%s does not tell why (it is told to by "
                              "--explain, to clients on its own machine)",
                              origin->name);
        status = VB_EXIT_FINDING;
    }
    vb_arena_done(&arena);
    vb__answer_done(&answer);
    return status;
}

int vb__explain_remote(const struct vb__question *question,
                       struct vb__finding *finding)
{
    struct vb_buf bytes, target;
    struct origin origin;
    struct vb_uri uri;
    int status;

    if (!vb_uri_parse(vb_span_str(question->target), &uri) ||
        !read_origin(&uri, &origin))
        return vb__usage_error("explain takes a URL that begins with http:// "
                               "or https://");
    vb_buf_init(&bytes, BYTES_MOST);
    vb_buf_init(&target, BYTES_MOST);
    vb_buf_append(&target, uri.path.len > 0 ? uri.path : VB_SPAN("/"));
    if (uri.query.ptr != NULL)
        vb_buf_printf(&target, "?%.*s", VB_FMT(uri.query));
    vb__question_write(question, vb_buf_span(&target), origin.host,
                       "Prefer: explain\r\nConnection: close\r\n", &bytes);
    status =
        ask(&origin, &question->trusted, vb_buf_span(&bytes), &finding->reply);
    if (status == 0)
        status = fetch_trace(&origin, question, finding);
    vb_buf_done(&target);
    vb_buf_done(&bytes);
    return status;
}
