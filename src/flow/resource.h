/*
 * A resource: data plus answers.
 *
 * A resource lists what it offers (media types it can answer with) and takes
 * (media types per method), and sets a slot per method. A method is
 * allowed iff its slot is set, so that Allow, 405, 406, 415, the Accept-*
 * fields and OPTIONS can never disagree with what it does. Questions it does
 * not answer take the default that stands beside each slot below.
 */
#ifndef VB_FLOW_RESOURCE_H
#define VB_FLOW_RESOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include <verbatim/method.h>

#include "base/span.h"
#include "exchange/exchange.h"
#include "flow/trust.h"
#include "http/cors.h"
#include "http/media.h"

struct vb_guard;

enum vb_answer {
    VB_NO,
    VB_YES,
    VB_PENDING, /* vb_flow_resume will be called exactly once */
    VB_HALT,    /* x->reply.status is the final status */
    VB_AGAIN    /* commit only: somebody else wrote in between */
};

typedef enum vb_answer vb_question(struct vb_exchange *x);

/* A media type that the resource can answer with; the first is preferred
 * where the client does not care. */
struct vb_offer {
    struct vb_span media_type;  /* "text/html; charset=utf-8" */
    struct vb_span tag_variant; /* "", "html": see exchange/rep.h */
    bool is_page;               /* a page for people */
    /* For safe methods only, as no outcome of a write is shown so; such come
     * last. And which of the resource's own ways to write it this is. */
    bool reads_only;
    uint8_t form;
    /* No representation, but what happens from now on: for who names the type;
     * of those methods that only read, for GET. The resource sets
     * x->reply.source, or x->current where there is an end to it. Such offers
     * are the last ones. */
    bool is_stream;
};

/* A media type, or range such as "image/..." with a star, that it takes. */
struct vb_take {
    struct vb_span media_type;
    uint32_t methods; /* set of methods that take it: 1 << enum vb_method */
};

/*
 * What a method does, in the order of the flow's write rows. Safe methods
 * need none of these. NULL takes the default.
 */
struct vb_slot {
    bool creates;            /* may create where nothing is (default: 404) */
    bool content_optional;   /* an empty request is fine */
    bool content_ignored;    /* the method gives content no meaning: not read */
    vb_question *received;   /* default: buffered whole into x->content */
    vb_question *parsed;     /* default: YES */
    vb_question *valid;      /* default: YES */
    vb_question *consistent; /* default: YES */
    vb_question *deferred;   /* default: NO */
    vb_question *commit;     /* default: YES, as nothing was to be done */
};

/* What is asked of a resource that another server answers for (gateway/), in
 * the rows `gateway`. */
struct vb_forwarding {
    vb_question *returning; /* has it come through here before? */
    /* Is it held against a description? Default: NO. Else it is asked whether
     * it fits, and then, once x->media_type is known, whether its content is
     * judged: the slot's `received`, `parsed` and `valid` do that. What they
     * leave in x->content goes on. */
    vb_question *held, *fits, *judged;
    vb_question *kept;   /* default: NO. Sets x->current, x->selected */
    vb_question *usable; /* default: NO */
    /* HALT: x->reply is what the other server has said; YES: x->current is. */
    vb_question *answered;
    /* Of a proxy, in the rows `proxy`. Default: YES. */
    vb_question *admitted, *leads;
    vb_question *dug; /* HALT: x->reply is a tunnel */
};

struct vb_resource {
    const char *kind; /* "document", "collection", ... for logs and docs */
    const struct vb_slot *slots[VB_METHOD_COUNT];
    /* Another server answers; NULL: it answers itself. */
    const struct vb_forwarding *forwarding;
    bool any_method; /* and the slots do not say what is allowed */
    const struct vb_offer *offers;
    uint16_t offer_count;
    /* What is there may be of a media type that is not among the offers: then
     * only `exists` can tell whether the client accepts it. */
    bool mixed;
    const struct vb_take *takes;
    uint16_t take_count;
    struct vb_span hints; /* value of Link for pages and 103; "" for none */
    const struct vb_cors *cors; /* for pages of other origins; NULL: as the
                                   site has it */
    bool joins; /* its commits are the store's alone, and may be made with
                   others as one (x->joint) */
    bool require_precondition; /* writes to what exists need one: 428 */
    uint64_t max_content;      /* bytes; 0: the server's limit */
    uint32_t needs_key;        /* set of methods that are 400 without an
                                  Idempotency-Key */
    uint32_t personal;         /* set of methods whose answer depends on who
                                  asks, or tells them a secret: for no shared
                                  cache */
#define VB_ALL_METHODS UINT32_MAX

    /* Who may ask for what; NULL: nothing is said of it. What it is is for
     * `authentic` and `permitted` to know (access/guard.h). */
    const struct vb_guard *guard;
    /* Are credentials good, or none needed? Sets x->identity; or 401 and the
     * challenges. Default: YES. */
    vb_question *authentic;
    vb_question *permitted; /* default: safe methods, and clients that are
                               trusted (trust.h) */
    /* May it be done to what `exists` has found, or, where that is nothing, may
     * it be told what became of it? And, once the content is known to be valid,
     * with that? NO: 403, or 404 where nobody is to know. Default: YES. */
    vb_question *accessible, *disclosed, *granted;
    /* Is this Idempotency-Key new here? YES, and x->once is set; HALT: no, and
     * the reply is that of the first time; NO: 409 or 422 is set. Default:
     * YES, and it is not kept. */
    enum vb_answer (*fresh_key)(struct vb_exchange *x, struct vb_span key);
    vb_question *exists;    /* default: YES. Sets x->selected, and for safe
                               methods x->current, of offer x->offer */
    vb_question *moved;     /* default: has `exists` said where to? Sets
                               outcome.location, status */
    vb_question *gone;      /* default: has `exists` said so? */
    vb_question *elsewhere; /* default: NO. Sets outcome.see_other */
    /* Opens `length` bytes, more than 0, from byte `first` on of x->current,
     * which is streamed; all of it where its length is VB_LENGTH_UNKNOWN. NULL:
     * there is no memory for it. Never asked where no representation is
     * streamed. */
    struct vb_source *(*stream)(struct vb_exchange *x, uint64_t first,
                                uint64_t length);
    /* Adds fields to the answer to OPTIONS; default: nothing more. */
    void (*describe)(struct vb_exchange *x);
    void *data;

    /* Derived by vb_resource_seal. */
    uint32_t allow;            /* set of methods, HEAD and OPTIONS included */
    struct vb_span allow_text; /* "GET, HEAD, OPTIONS" */
    struct vb_span accept;     /* takes of PUT and others, for 415 */
    struct vb_span accept_patch;
    struct vb_span accept_post;
    struct vb_span accept_query;
    struct vb_span vary;     /* "Accept" where there is a choice, else "" */
    char *texts;             /* owns the above */
    struct vb_media *medias; /* the offers' media types, parsed */
};

/* What owns a URI, as the site routes it. */
struct vb_owned {
    const struct vb_resource *resource;
    struct vb_span key, canonical; /* as in the exchange, in its arena */
    struct vb_span variables[VB_VARIABLES_MAX];
    uint8_t variable_count;
};

/* Who owns another path of this exchange's site? False: nobody. The exchange
 * is as before. */
bool vb_site_find(struct vb_exchange *x, struct vb_span path,
                  struct vb_owned *ret_owned);

/* Derives what follows from the slots. Once, before the resource is used;
 * VB_ERR_NOMEM; VB_ERR_SYNTAX: an offer is no media type. */
enum vb_err vb_resource_seal(struct vb_resource *resource);

/* Frees what seal derived. */
void vb_resource_done(struct vb_resource *resource);

/* How many of the resource's offers there are for the request's method. */
size_t vb_resource_offers(const struct vb_exchange *x);

/* Would its client take this offer as well, which it names? For who learns only
 * later that there is no other. */
bool vb_offer_is_named(const struct vb_exchange *x, size_t offer);

/* What the resource does for the request's method; NULL: nothing. HEAD does
 * what GET does. */
const struct vb_slot *vb_resource_slot(const struct vb_exchange *x);

/* The status of what has moved for good, for this method: 301 or 308. */
unsigned vb_moved_status(const struct vb_exchange *x);

/* May some method make it exist where it does not? */
bool vb_resource_creates(const struct vb_resource *resource);

/* The media types that it takes with a method, as a list; "" for none. */
struct vb_span vb_resource_accept(const struct vb_resource *resource,
                                  enum vb_method method);

/* Where what is served can be had by another protocol. */
struct vb_alternative {
    unsigned port;    /* beside the port that a client came to */
    char alt_svc[32]; /* as Alt-Svc has it (RFC 7838 section 3) */
};

/* Where credentials come that have a place of their own. */
struct vb_secrets {
    const struct vb_span *fields; /* names, in any case */
    size_t field_count;
    const struct vb_span *parameters; /* of the query */
    size_t parameter_count;
};

/* Who owns which URI. */
struct vb_site {
    /*
     * Sets x->resource, x->key, x->variables; x->canonical where the resource
     * wants to be known by another URI. False: nobody owns it (404).
     */
    bool (*route)(struct vb_site *site, struct vb_exchange *x);
    const struct vb_trust *trust;    /* who may write; NULL: this machine */
    const struct vb_cors *cors;      /* where resources have none; NULL: none */
    struct vb_span service_desc;     /* Link to the description, for OPTIONS */
    const struct vb_resource *proxy; /* for what is another server's, which has
                                        `forwarding`; NULL: it is no proxy */
    bool forwards; /* some resource is another server's: methods that are not
                      known here may be there */
    bool trace;    /* TRACE is switched on, and leaves out */
    const struct vb_secrets *secrets; /* what these are; NULL: nothing more */
    unsigned https_port; /* where who comes without TLS is sent; 0: nowhere */
    struct vb_span hsts; /* Strict-Transport-Security, for TLS; "": none */
    const struct vb_alternative *alternatives; /* HTTP/3 beside TLS */
    size_t alternative_count;
};

#endif
