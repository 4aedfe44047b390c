/*
 * A server to embed: listen, mount, run.
 *
 *     struct vb_server *server = vb_server_new();
 *
 *     vb_server_listen(server, "127.0.0.1:8080");
 *     vb_server_mount(server, "/clock", &clock_handler, NULL);
 *     vb_server_describe(server, "library.yaml", "sqlite:library.db");
 *     status = vb_server_run(server);
 *     vb_server_free(server);
 *
 * What goes wrong while it is put together is kept, and run tells it: so
 * there is one place to check.
 */
#ifndef VERBATIM_SERVER_H
#define VERBATIM_SERVER_H

#include <stdbool.h>

#include <verbatim/resource.h>

#ifdef __cplusplus
extern "C" {
#endif

struct vb_server;

/* "0.1.0" */
VB_API const char *vb_version(void);

/* NULL when out of memory. */
VB_API struct vb_server *vb_server_new(void);

/* Adds an address to listen on: "127.0.0.1:8080", "[::1]:0", ":80",
 * "unix:/run/x.sock", or for TLS "https://:443". Without any it is
 * 127.0.0.1:8080. */
VB_API void vb_server_listen(struct vb_server *server, const char *address);

/* Adds a certificate and its key, files in PEM that are read when it runs, and
 * again at SIGHUP. `key` NULL: it is in the same file. Clients say in TLS for
 * which host they come; the first certificate is for who does not. */
VB_API void vb_server_certificate(struct vb_server *server,
                                  const char *certificate, const char *key);

/* Asks clients for a certificate, which one of these CAs must have signed: a
 * file in PEM, read as the others are. `required`: who has none is refused in
 * TLS; otherwise it comes in as nobody. Programs that controllers run are told
 * who has come. */
VB_API void vb_server_client_ca(struct vb_server *server, const char *file,
                                bool required);

/* Adds one for development, that nobody vouches for: it is made, for localhost
 * and this machine's name, and kept in this directory. */
VB_API void vb_server_self_signed(struct vb_server *server,
                                  const char *directory);

/* Leaves HTTP/3 out, which is else served at each address for TLS as well, over
 * UDP at the same port. */
VB_API void vb_server_without_http3(struct vb_server *server);

/* Worker threads; 0, the default: one for each core. */
VB_API void vb_server_workers(struct vb_server *server, unsigned count);

/* Allows writing without credentials from other machines than this one. */
VB_API void vb_server_open(struct vb_server *server);

/* Takes passwords, tokens and cookies of other machines without TLS, too: where
 * a gateway on another machine ends TLS. */
VB_API void vb_server_plain_credentials(struct vb_server *server);

/* Lets pages of another origin, such as "https://app.example", read and write
 * here, with credentials; else only those of this server may, and what is no
 * browser. */
VB_API void vb_server_trust_origin(struct vb_server *server,
                                   const char *origin);

/* A name of this server's, such as "books.example", beside IP addresses and
 * localhost. Writes for other names are refused, unless the server is open and
 * no name was given. */
VB_API void vb_server_trust_host(struct vb_server *server, const char *name);

/* A resource of the program's own at one path. Handler and self are borrowed
 * for the server's life; path is copied. */
VB_API void vb_server_mount(struct vb_server *server, const char *path,
                            const struct vb_handler *handler, void *self);

/* Serves an OpenAPI description with its state in a store ("memory:",
 * "sqlite:PATH"). `file` NULL: an open tree. Mounted paths come first. */
VB_API void vb_server_describe(struct vb_server *server, const char *file,
                               const char *store);

/* What nothing else owns is a file of this directory, from "/" on. Without
 * vb_server_describe that is all there is: no open tree. */
VB_API void vb_server_files(struct vb_server *server, const char *directory);

/* What nothing else owns is for another server to answer, "http://10.0.0.1" or
 * "https://api.example.org/v1"; several times: one of them. The path of the URL
 * is put before each that is asked for. Instead of vb_server_files. */
VB_API void vb_server_gateway(struct vb_server *server, const char *url);

/*
 * Makes it a forward proxy, too, that leads where this rule says: a name, or
 * "*.example.org" for those below it, or a network such as "10.0.0.0/8", which
 * alone opens private addresses; with ":PORT", or ":*" for any, instead of 80
 * and 443. Several times: where one of them says. It opens tunnels (CONNECT)
 * and asks for http and https resources by their URI, for clients on this
 * machine, or with vb_server_open all, or those of vb_server_proxy_users.
 */
VB_API void vb_server_proxy(struct vb_server *server, const char *whither);

/* Who may use it, from wherever: a file that `verbatim user` writes, with names
 * and hashes of passwords. It is read again at SIGHUP. */
VB_API void vb_server_proxy_users(struct vb_server *server, const char *file);

/*
 * Lets its operator see and purge what is kept of other servers' answers, at a
 * place of its own ("unix:/run/x.sock", which only who runs it may connect to,
 * or "127.0.0.1:9090"), where nothing else is served: GET /cache, DELETE
 * /cache, DELETE /cache?uri=URI. Over TCP the token in this file is asked for
 * (Bearer); NULL for a Unix socket.
 */
VB_API void vb_server_admin(struct vb_server *server, const char *address,
                            const char *token_file);

/* Where the description itself is to be found, in JSON and as it came: a path
 * such as "/openapi.json", which is the default; NULL for nowhere. A path that
 * it describes wins. */
VB_API void vb_server_publish(struct vb_server *server, const char *path);

/* Where several requests are taken in one, as multipart/mixed or JSON:
 * likewise, "/batch" by default. */
VB_API void vb_server_batch(struct vb_server *server, const char *path);

/* Where what is described can be asked for, and changed, in GraphQL: likewise,
 * "/graphql" by default. */
VB_API void vb_server_graphql(struct vb_server *server, const char *path);

/*
 * Runs until SIGTERM, SIGINT or vb_server_stop, and comes to rest in an
 * orderly way. 0: it did. 1: something failed while running. 2: it could not
 * start. vb_server_error tells why.
 */
VB_API int vb_server_run(struct vb_server *server);

/* From any thread, or a signal handler's own loop. */
VB_API void vb_server_stop(struct vb_server *server);

/* One line without its end, "" when nothing went wrong. */
VB_API const char *vb_server_error(const struct vb_server *server);

/* NULL is fine. */
VB_API void vb_server_free(struct vb_server *server);

#ifdef __cplusplus
}
#endif

#endif
