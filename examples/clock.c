/*
 * A resource in C: the time of day, as JSON.
 *
 *     cc clock.c $(pkg-config --cflags --libs verbatim) -o clock && ./clock
 *     curl -i http://127.0.0.1:8080/clock
 *
 * HEAD, OPTIONS, 304, 405, 406, 412 and the like come with it.
 */
#include <stdio.h>
#include <time.h>

#include <verbatim/server.h>

static int get_clock(void *self, const struct vb_request *request,
                     struct vb_response *response)
{
    time_t now = time(NULL);
    char text[32];
    struct tm tm;

    (void)self;
    (void)request;
    gmtime_r(&now, &tm);
    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
    vb_response_tag(response, text);
    vb_response_printf(response, "{\"time\":\"%s\"}\n", text);
    return VB_STATUS_OK;
}

static const struct vb_handler clock_handler = {
    .media_type = "application/json",
    .get = get_clock,
};

int main(int argc, char **argv)
{
    struct vb_server *server = vb_server_new();
    int status;

    if (server == NULL)
        return 2;
    vb_server_listen(server, argc > 1 ? argv[1] : "127.0.0.1:8080");
    vb_server_mount(server, "/clock", &clock_handler, NULL);
    status = vb_server_run(server);
    if (status != 0)
        fprintf(stderr, "clock: %s\n", vb_server_error(server));
    vb_server_free(server);
    return status;
}
