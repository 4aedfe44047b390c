/*
 * The limit: a server that reads nothing of what it is sent, and answers each
 * head with the same bytes. One epoll, one recv and one send for each answer:
 * what is left is the kernel's, and no HTTP server can cost less.
 *
 *     bare PORT FILE      FILE is the content of the answer
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char answer[1 << 20];
static size_t answer_len;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static void make_answer(const char *path)
{
    static char content[1 << 19];
    FILE *file = fopen(path, "rb");
    size_t len = file == NULL ? 0 : fread(content, 1, sizeof(content), file);
    int head;

    if (file == NULL)
        die(path);
    fclose(file);
    head = snprintf(answer, sizeof(answer),
                    "HTTP/1.1 200 OK\r\n"
                    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                    "Content-Type: application/json\r\n"
                    "ETag: \"1.abcdefgh\"\r\n"
                    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                    "Cache-Control: no-cache\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    len);
    memcpy(answer + head, content, len);
    answer_len = (size_t)head + len;
}

static int listen_at(const char *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)strtol(port, NULL, 10)),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, 4096) != 0)
        die("listen");
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        die("epoll_ctl");
}

static void serve(int fd)
{
    char request[16384];
    ssize_t len = recv(fd, request, sizeof(request), 0);

    /* The load waits for each answer, and its requests come in one piece. */
    if (len <= 0 || send(fd, answer, answer_len, MSG_NOSIGNAL) < 0)
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event events[256];
    int listener, epoll = epoll_create1(0), on = 1;

    if (argc != 3) {
        fprintf(stderr, "usage: bare PORT FILE\n");
        return 2;
    }
    make_answer(argv[2]);
    listener = listen_at(argv[1]);
    watch(epoll, listener);
    for (;;) {
        int count = epoll_wait(epoll, events, 256, -1);

        for (int i = 0; i < count; i++) {
            int fd = events[i].data.fd;

            if (fd != listener) {
                serve(fd);
                continue;
            }
            fd = accept(listener, NULL, NULL);
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
            watch(epoll, fd);
        }
    }
}
