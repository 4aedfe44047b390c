/*
 * What the operator can set, typed and complete.
 *
 *     default ─▶ --config FILE ─▶ VERBATIM_NAME ─▶ --name    the last one wins
 *                                                    │
 *         options.tbl says what there is     struct vb_config
 *
 * Every option can be set in all three ways, under the same name: `max-content`
 * in the file, VERBATIM_MAX_CONTENT in the environment, --max-content on the
 * command line. verbatim(1), --help and the completion come from the same
 * table.
 */
#ifndef VB_SERVER_CONFIG_H
#define VB_SERVER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "describe/gateway.h"
#include "exchange/exchange.h"
#include "flow/rate.h"
#include "graphql/parse.h"
#include "loop/address.h"
#include "observe/access_log.h"

struct vb_texts {
    const char **at;
    size_t count;
};

/* Do clients need a certificate? */
enum vb_client_cert {
    VB_CLIENT_CERT_UNSAID, /* if there are CAs for them */
    VB_CLIENT_CERT_NONE,
    VB_CLIENT_CERT_OPTIONAL,
    VB_CLIENT_CERT_REQUIRED
};

/* Which Host goes on to another server? */
enum vb_host_kept { VB_HOST_UPSTREAM, VB_HOST_PRESERVE };

/* Texts are NUL-terminated and live as long as the configuration. */
struct vb_config {
    /* what is served, and where */
    const char *description;   /* FILE; NULL: the open tree, or files */
    const char *files;         /* a directory, or NULL */
    const char *publish;       /* where it is to be found; "off": nowhere */
    const char *batch;         /* where many requests are taken in one; or
                                  "off" */
    const char *graphql;       /* where GraphQL is spoken; "off": nowhere */
    const char *config;        /* --config FILE, or NULL */
    struct vb_address *listen; /* at least one */
    size_t listen_count;
    bool listen_given;       /* asked for, not the default */
    const char *data;        /* the directory of what is kept */
    const char *storage;     /* a URL for vb_store_open */
    bool storage_given;      /* data or storage was asked for */
    bool open;               /* anyone may write, not only this machine */
    bool plain_credentials;  /* credentials of other machines without TLS */
    struct vb_texts origins; /* whose pages may write */
    struct vb_texts hosts;   /* names of this server */
    bool trace;              /* answer TRACE */
    bool explain;            /* answer Prefer: explain */
    const char *admin;       /* where it is administered; NULL: nowhere */
    const char *admin_token; /* a file; NULL: none */

    /* other servers */
    struct vb_texts gateway_to; /* who answers for the rest; or none */
    enum vb_host_kept gateway_host;
    enum vb_gateway_balance gateway_balance;
    uint32_t gateway_connect_ms;
    uint32_t gateway_timeout_ms;
    uint64_t gateway_cache;        /* bytes, for all workers; 0: none */
    const char *gateway_cache_dir; /* NULL: not on a disk */
    uint64_t gateway_cache_disk;   /* bytes there */
    const char *gateway_ca;        /* NULL: whom the system believes */
    bool gateway_insecure;
    bool gateway_hides;
    bool gateway_describes; /* `verbatim gateway`: the description is theirs */
    bool gateway_passes;
    bool gateway_audits;
    struct vb_texts trusted_proxies; /* networks */
    const char *via;                 /* NULL: drawn */
    bool proxy;                      /* `verbatim proxy` */
    struct vb_texts allowances;      /* where it leads */
    const char *users;               /* for whom; NULL: see --open */
    uint32_t tunnel_idle_ms;

    /* HTTPS */
    struct vb_texts tls_certs;
    struct vb_texts tls_keys;   /* one for each of them, or none */
    struct vb_texts tls_ocsps;  /* for the first of them */
    const char *tls_client_ca;  /* NULL: none */
    const char *tls_client_crl; /* NULL: none */
    enum vb_client_cert tls_client_cert;
    bool tls_self_signed;
    bool redirect_to_https;
    bool http3;
    uint64_t hsts_ms; /* 0: do not say it */

    /* the access log */
    const char *log; /* a path, "stderr", or "off" */
    enum vb_access_format log_format;
    const char *log_redact; /* rules, as in observe/redact.h */

    /* resources */
    uint32_t workers;         /* 0: one for each usable core */
    uint32_t max_connections; /* over all workers */
    uint32_t max_programs;    /* likewise */
    uint64_t password_memory; /* bytes, of one hash */
    uint32_t password_passes;
    uint32_t max_jobs;         /* that are not over */
    uint32_t jobs_at_once;     /* that run */
    uint32_t job_retention_ms; /* of what is over */
    uint64_t cache_size;       /* bytes for each worker; 0: no cache */
    uint32_t cache_max_age_ms; /* of what others write as well; 0: none */
    uint32_t grace_ms;         /* after a stop, for what is under way */
    uint32_t max_pending;      /* requests of one worker under way */
    uint32_t max_streams;      /* that tell one worker's clients what happens */
    uint64_t history;          /* bytes of what has happened */
    struct vb_rate rate;       /* of one client; count 0: no limit */
    uint32_t rate_burst;       /* requests at once; 0: what a period brings */
    struct vb_gql_limits graphql_limits; /* `fields` is not said */
    struct vb_limits limits;

    struct vb_arena arena; /* holds the above */
};

/* Where the settings come from. */
struct vb_config_sources {
    char *const *arguments; /* what follows the command's name */
    size_t argument_count;
    char *const *environment; /* "NAME=value", NULL at the end; or NULL */
};

/*
 * Reads and checks everything. On failure *ret_config is untouched and ret_why
 * gets one line, without a newline, that names the option, the variable, or
 * the file's line and key. VB_ERR_INVALID: the operator's mistake; VB_ERR_IO:
 * the file cannot be read; VB_ERR_NOMEM. What is odd but does no harm is
 * appended to ret_warnings, a line each.
 */
enum vb_err vb_config_read(const struct vb_config_sources *sources,
                           struct vb_config *ret_config, struct vb_buf *ret_why,
                           struct vb_buf *ret_warnings);

/* Gives the memory back. A zeroed configuration is fine. */
void vb_config_done(struct vb_config *config);

#endif
