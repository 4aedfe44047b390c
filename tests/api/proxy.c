/* A forward proxy in a program of one's own, for test_embedded_proxy.py. */
#include <stdio.h>

#include <verbatim/server.h>

int main(int argc, char **argv)
{
    struct vb_server *server = vb_server_new();
    int status;

    if (server == NULL || argc < 2)
        return 2;
    vb_server_listen(server, argv[1]);
    vb_server_proxy(server, "127.0.0.1:*");
    vb_server_proxy(server, argc > 2 ? argv[2] : "localhost:*");
    vb_server_admin(server, "unix:admin", NULL);
    status = vb_server_run(server);
    if (status != 0)
        fprintf(stderr, "%s\n", vb_server_error(server));
    vb_server_free(server);
    return status;
}
