/*
 * Where a PostgreSQL is, as an operator says it:
 *
 *     postgresql://USER:PASSWORD@HOST:PORT,HOST:PORT/DATABASE?NAME=VALUE&…
 *
 * libpq reads it, and knows the names; `timeout` and `replica` are ours. What
 * is not said is made safe: a server on another machine must show a
 * certificate for its name that the system trusts, nothing waits forever, and
 * of several hosts the one is used that takes writes.
 *
 *     url ──▶ places: host, port ──▶ [resolved off the loop: hostaddr]
 *      │                                         │
 *      └──▶ settings for all ─────────────▶ words for PQconnectStartParams
 */
#ifndef VB_STORAGE_POSTGRES_URL_H
#define VB_STORAGE_POSTGRES_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Hosts, or replicas, that one URL may name. */
#define VB__PG_PLACES_MOST 16
/* Settings of a connection: libpq 18 knows 52 of them. */
#define VB__PG_WORDS_MOST 96
/* SET statements that a session begins with. */
#define VB__PG_SESSION 7

/* A server. */
struct vb__pg_place {
    const char *host;     /* name, address, or the directory of a Unix socket;
                             NULL: where libpq looks for one */
    const char *hostaddr; /* its address, where the URL has it; or NULL */
    const char *port;     /* "": the usual one */
    bool is_name;         /* the host must be looked up first */
    bool near;            /* on this machine: nobody is on the way */
    bool replica;         /* may be one that only reads */
};

struct vb__pg_setting {
    const char *name;
    const char *value;
};

struct vb__pg_url {
    struct vb_arena arena; /* all strings lie in it */
    struct vb__pg_place places[VB__PG_PLACES_MOST];
    size_t place_count; /* 1 at least; to be tried in this order */
    struct vb__pg_place replicas[VB__PG_PLACES_MOST];
    size_t replica_count;
    struct vb__pg_setting settings[VB__PG_WORDS_MOST]; /* for all places */
    size_t setting_count;
    const char *sslmode;       /* that is asked for; NULL: as it is safe */
    const char *sslrootcert;   /* likewise */
    const char *session_attrs; /* likewise: target_session_attrs */
    uint32_t timeout_ms;       /* that a request waits, at most */
    /*
     * SET statements for a new session. A server that refuses one (not all
     * know all) is used without: each is to be sent by itself.
     */
    const char *session[VB__PG_SESSION];
    const char *shown; /* without what nobody may see: for messages */
};

/*
 * Reads it, scheme included. VB_ERR_INVALID with one line in ret_why, in which
 * there is nothing of the password; VB_ERR_NOMEM. vb__pg_url_done in any case.
 */
enum vb_err vb__pg_url_read(struct vb_span text, struct vb__pg_url *ret_url,
                            struct vb_buf *ret_why);
void vb__pg_url_done(struct vb__pg_url *url);

/* What PQconnectStartParams and its like take. The strings are the URL's. */
struct vb__pg_words {
    const char *names[VB__PG_WORDS_MOST + 1]; /* NULL behind the last */
    const char *values[VB__PG_WORDS_MOST + 1];
    size_t count;
};

/* For one place, at this address of it; `hostaddr` NULL: the place's own, or
 * libpq looks it up, which may take long. */
void vb__pg_url_words(const struct vb__pg_url *url,
                      const struct vb__pg_place *place, const char *hostaddr,
                      struct vb__pg_words *words);

/* The URL without what nobody may see, as it stands in messages. */
void vb__pg_url_show(struct vb_span text, struct vb_buf *to);

#endif
