/*
 * The resources of a small library and their graph, on a store in memory, with
 * no network around them: tests stand between them and the store.
 */
#ifndef VB_TESTS_RESOURCE_LIBRARY_H
#define VB_TESTS_RESOURCE_LIBRARY_H

#include "exchange/exchange.h"
#include "flow/inner.h"
#include "resource/catalog.h"
#include "storage/store.h"

struct library {
    struct vb_limits limits;
    struct vb_env env;
    struct vb_service service; /* tests may want to know who is `gone` */
    struct vb_peer peer;
    struct vb_mailbox mailbox; /* nothing wakes: tests look into it */
    struct vb_catalog *catalog;
    struct vb_store *store;
    const struct vb_store_ops *real; /* the store's own, and what it is asked */
    struct vb_store_ops ops;         /* by: theirs, until a test has others */
    struct vb_exchange *outer;       /* in which requests are made */

    /* The last reply. */
    unsigned status;
    char text[256 * 1024]; /* its content, and a NUL */
    char retry_after[32];  /* "" where it has none */
};

/* Authors, books that refer to them, and reviews of books; none is there yet.
 * Failures fail the test. */
void library_open(struct library *library);
void library_close(struct library *library);

/* A POST of JSON, whose reply must come at once. */
void library_post(struct library *library, const char *target,
                  const char *content);
/* The same with an Idempotency-Key. */
void library_post_once(struct library *library, const char *target,
                       const char *content, const char *key);
/* One (`key` may be NULL) whose reply may come later: `status` is 0 until then.
 * It is there until it is over. */
struct vb_inner *library_begin(struct library *library, const char *target,
                               const char *content, const char *key);
/* One that must make something. */
void library_make(struct library *library, const char *target,
                  const char *content);

/* How often one text stands in another. */
unsigned library_occurrences(const char *text, const char *what);

#endif
