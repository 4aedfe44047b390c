/* The program `verbatim`. */
#include <stdio.h>
#include <string.h>

#include <verbatim/server.h>

int main(int argc, char **argv)
{
    struct vb_server *server = vb_server_new();
    const char *file = NULL, *store = "memory:";
    int status;

    if (server == NULL)
        return 2;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--listen") == 0 && i + 1 < argc)
            vb_server_listen(server, argv[++i]);
        else if (strcmp(argv[i], "--storage") == 0 && i + 1 < argc)
            store = argv[++i];
        else if (strcmp(argv[i], "--workers") == 0 && i + 1 < argc)
            vb_server_workers(server, (unsigned)(argv[++i][0] - '0'));
        else
            file = argv[i];
    }
    vb_server_describe(server, file, store);
    status = vb_server_run(server);
    if (status != 0)
        fprintf(stderr, "verbatim: %s\n", vb_server_error(server));
    vb_server_free(server);
    return status;
}
