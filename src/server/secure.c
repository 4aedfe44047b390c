/* See secure.h. */
#include "server/secure.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "server/server.h"
#include "tls/self_signed.h"

#define SELF_SIGNED "tls-self-signed.pem"

/* A copy; NULL stays NULL. */
static bool copy(const char **to, const char *from)
{
    *to = from == NULL ? NULL : strdup(from);
    return from == NULL || *to != NULL;
}

static void free_files(const struct vb_tls_files *files)
{
    free((char *)files->certificate);
    free((char *)files->key);
    free((char *)files->ocsp);
}

enum vb_err vb_secure_add(struct vb_server *server, const char *certificate,
                          const char *key, const char *ocsp)
{
    size_t size = (server->certificate_count + 1) * sizeof(struct vb_tls_files);
    struct vb_tls_files *longer = realloc(server->certificates, size);
    struct vb_tls_files files = {.certificate = NULL};

    if (longer == NULL)
        return VB_ERR_NOMEM;
    server->certificates = longer;
    if (!copy(&files.certificate, certificate) || !copy(&files.key, key) ||
        !copy(&files.ocsp, ocsp)) {
        free_files(&files);
        return VB_ERR_NOMEM;
    }
    longer[server->certificate_count++] = files;
    return VB_OK;
}

static void free_clients(struct vb_tls_clients *clients)
{
    free((char *)clients->ca);
    free((char *)clients->crl);
    *clients = (struct vb_tls_clients){.ca = NULL};
}

enum vb_err vb_secure_clients(struct vb_server *server,
                              const struct vb_tls_clients *clients)
{
    struct vb_tls_clients *own = &server->clients;

    free_clients(own);
    own->required = clients->required;
    return copy(&own->ca, clients->ca) && copy(&own->crl, clients->crl)
               ? VB_OK
               : VB_ERR_NOMEM;
}

static bool is_wanted(const struct vb_server *server)
{
    if (server->administered && server->admin_at.secure)
        return true;
    for (size_t i = 0; i < server->inherited_count; i++)
        if (server->inherited[i].secure)
            return true;
    for (size_t i = 0; i < server->address_count; i++)
        if (server->addresses[i].secure)
            return true;
    return false;
}

/* It comes last, so that it is the default only where it is alone. */
static enum vb_err add_self_signed(struct vb_server *server, struct vb_buf *why)
{
    char file[4096];
    enum vb_err err;

    if (server->self_signed == NULL)
        return VB_OK;
    snprintf(file, sizeof(file), "%s/" SELF_SIGNED, server->self_signed);
    err = vb_tls_self_signed(file, server->trust.hosts,
                             server->trust.host_count, why);
    return err == VB_OK ? vb_secure_add(server, file, NULL, NULL) : err;
}

/* No address speaks TLS: was there a wish that is not met? */
static enum vb_err start_without(const struct vb_server *server,
                                 struct vb_buf *why)
{
    if (server->redirect_to_https) {
        vb_buf_str(why, "--redirect-to-https needs an address that begins "
                        "with https://");
        return VB_ERR_INVALID;
    }
    if (server->clients.ca != NULL) {
        vb_buf_str(why, "--tls-client-ca needs an address that begins with "
                        "https://");
        return VB_ERR_INVALID;
    }
    if (server->certificate_count > 0 || server->self_signed != NULL)
        vb_log(VB_LOG_WARNING,
               "no address begins with https://%s: the certificates are of no "
               "use",
               server->inherited_count > 0 ? ", and no socket is named https"
                                           : "");
    return VB_OK;
}

/* Who asks for certificates at one door has perhaps forgotten the other. */
static void warn_of_others(const struct vb_server *server)
{
    for (size_t i = 0; i < server->address_count; i++)
        if (!server->addresses[i].secure && !server->redirect_to_https &&
            !vb_address_is_unix(&server->addresses[i])) {
            vb_log(VB_LOG_WARNING, "who comes without TLS is not asked for a "
                                   "certificate");
            return;
        }
}

enum vb_err vb_secure_start(struct vb_server *server, struct vb_buf *why)
{
    enum vb_err err;

    if (!is_wanted(server))
        return start_without(server, why);
    err = add_self_signed(server, why);
    if (err != VB_OK)
        return err;
    if (server->certificate_count == 0) {
        vb_buf_str(why, "listening on https:// needs --tls-cert, or "
                        "--tls-self-signed");
        return VB_ERR_INVALID;
    }
    if (server->clients.ca != NULL)
        warn_of_others(server);
    return vb_tls_new(
        &(struct vb_tls_sources){
            .files = server->certificates,
            .count = server->certificate_count,
            .clients = server->clients,
        },
        &server->tls, why);
}

/* A day: what a client remembers must not outlive a change by much more. */
#define ALTERNATIVE_S 86400

enum vb_err vb_secure_alternatives(struct vb_server *server)
{
    size_t count;
    const struct vb_address *at = vb_loop_addresses(server->loop, &count);

    server->alternatives = calloc(count, sizeof(*server->alternatives));
    if (server->alternatives == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct vb_alternative *next =
            &server->alternatives[server->alternative_count];

        if (!server->http3 || !at[i].secure)
            continue;
        next->port = vb_address_port(&at[i]);
        snprintf(next->alt_svc, sizeof(next->alt_svc), "h3=\":%u\"; ma=%d",
                 next->port, ALTERNATIVE_S);
        server->alternative_count++;
    }
    return VB_OK;
}

void vb_secure_reload(struct vb_server *server)
{
    struct vb_buf why;

    if (server->tls == NULL)
        return;
    vb_buf_init(&why, 4096);
    if (vb_tls_reload(server->tls, &why) == VB_OK) {
        vb_log(VB_LOG_NOTICE, "certificates read anew");
    } else {
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
        vb_log(VB_LOG_NOTICE, "going on with the certificates as they were");
    }
    vb_buf_done(&why);
}

void vb_secure_tell(const struct vb_server *server)
{
    char text[256];
    struct vb_buf fingerprint = vb_buf_over(text, sizeof(text));

    if (server->tls == NULL || server->self_signed == NULL)
        return;
    vb_tls_fingerprint(server->tls, server->certificate_count - 1,
                       &fingerprint);
    vb_log(VB_LOG_NOTICE,
           "the certificate in %s is self-signed; its SHA-256 fingerprint is "
           "%.*s",
           server->certificates[server->certificate_count - 1].certificate,
           VB_FMT(vb_buf_span(&fingerprint)));
}

void vb_secure_done(struct vb_server *server)
{
    vb_tls_free(server->tls);
    server->tls = NULL;
    free(server->alternatives);
    server->alternatives = NULL;
    server->alternative_count = 0;
    for (size_t i = 0; i < server->certificate_count; i++)
        free_files(&server->certificates[i]);
    free(server->certificates);
    server->certificates = NULL;
    server->certificate_count = 0;
    free_clients(&server->clients);
    free(server->self_signed);
    server->self_signed = NULL;
}
