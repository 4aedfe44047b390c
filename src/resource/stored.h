/*
 * Resources whose state is kept in the store: what documents, members of
 * collections and stores, and nodes of the open tree have in common.
 *
 *     exists ── cache? ─▶ current                        safe methods
 *        └───── read ──▶ record ─▶ present ─▶ cache, current
 *
 *     exists ── read ──▶ record                          unsafe methods
 *     received, parsed ──▶ input: a JSON value, or bytes, or a blob
 *     valid ── compose ──▶ what the state will be, held against its schema
 *     commit ── compose, claims, references ─▶ store ─▶ outcome
 */
#ifndef VB_RESOURCE_STORED_H
#define VB_RESOURCE_STORED_H

#include "base/buf.h"
#include "content/json.h"
#include "describe/describe.h"
#include "flow/flow.h"
#include "storage/cache.h"
#include "storage/store.h"

/* References that one record may have. */
#define VB_REFERENCES_MAX 64

struct vb_shown; /* resource/shown.h */

/* Changes of other records that are made together with one. */
struct vb_with {
    struct vb_change *changes;
    size_t count;
    /* They are made: what is there to say? NULL: nothing. */
    void (*done)(struct vb_with *with, struct vb_exchange *x);
    /* Gives back what it holds; NULL: nothing. */
    void (*release)(struct vb_with *with);
};

/* The state of one exchange with a stored resource: x->state. */
struct vb_stored {
    struct vb_exchange *x;
    const struct vb_route *route;         /* whose state is read or written */
    const struct vb_operation *operation; /* NULL for OPTIONS and the like */

    struct vb_span key;    /* of that state's record */
    struct vb_span path;   /* by which clients know it; "": the key */
    struct vb_span parent; /* the listing it joins; "" for none */
    struct vb_span id;     /* of a member: its last segment, decoded */
    /* What the variables of the route's path stand for; borrowed. */
    const struct vb_span *variables;
    size_t variable_count;
    bool elsewhere; /* it is not the target's: the reply says whose it is */
    struct vb_record *record;  /* what is there, a reference; NULL: nothing */
    struct vb_json *before;    /* its content as a value, once wanted */
    struct vb_json *input;     /* the request's content as a value */
    struct vb_json *after;     /* the state to be, once composed, */
    unsigned after_for;        /* and for what (enum vb_compose_for) */
    struct vb_buf text;        /* its JSON, as it is stored */
    struct vb_span media_type; /* of the state to be */
    struct vb_span bytes;      /* the state to be, when it is no blob */
    uint64_t blob;             /* put aside in the store, or 0 */
    uint64_t blob_length;
    int64_t now_ms;     /* the change's time, Unix */
    int64_t created_ms; /* of what will be there where nothing is */
    /* Of what is moved: what it will be, and the other way round; or NULL. */
    struct vb_stored *becomes, *was;
    /* What `exists` answers where there is no record; NULL: NO. */
    enum vb_answer (*absent)(struct vb_stored *stored);
    /* Is the record what a safe method asks for, and not something that points
     * elsewhere? NULL: it is. */
    bool (*is_here)(struct vb_stored *stored);
    struct vb_shown *shown; /* how it is to be shown; NULL: all of it */
    bool received;          /* the content is in (and stays, after AGAIN) */
    struct vb_cache_stamp stamp; /* taken before the key was read */

    struct vb_read read;
    struct vb_number_take take;
    struct vb_commit commit;
    struct vb_change changes[3]; /* the record's, the listing's, and that of
                                    what it was */
    struct vb_import *import; /* many are made, one after the other; or NULL */
    /* Other changes that are made together with it; NULL: none. */
    struct vb_with *with;
    /* The revision of the listing x->key that the request is for, if it is
     * for one state of it alone; else VB_EXPECT_ANY. */
    uint64_t listing_expect;
    struct vb_claim *claims;
    struct vb_span references[VB_REFERENCES_MAX];
    size_t claim_count, reference_count;
    struct vb_span *claim_paths; /* pointers, for complaints */
    bool has_owner; /* the last reference is to what this is part of */
};

/* --- stored.c
 * ----------------------------------------------------------------- */

/* Is that how the store is for a while, so that the same may be done later? */
bool vb_stored_may_pass(enum vb_err err);

/*
 * The exchange's state, made on first use for this route; key and parent are
 * those of x->key. NULL when out of memory, with 503 set: HALT then.
 */
struct vb_stored *vb_stored_get(struct vb_exchange *x,
                                const struct vb_route *route);

/*
 * A state of the route's resource with this key, under these variables, which
 * must live as long as x. To be given back, it is to become x's
 * (vb_stored_keep), or what x's becomes. NULL when out of memory.
 */
struct vb_stored *vb_stored_new(struct vb_exchange *x,
                                const struct vb_route *route,
                                struct vb_span key,
                                const struct vb_span *variables, size_t count);

/* The path by which clients know it. */
static inline struct vb_span vb_stored_path(const struct vb_stored *stored)
{
    return stored->path.len > 0 ? stored->path : stored->key;
}

/* Makes it the exchange's. */
void vb_stored_keep(struct vb_stored *stored);

/* Gives back what a state holds that is not the exchange's. NULL is fine. */
void vb_stored_give_back(struct vb_stored *stored);

/* Sets stored->with; an earlier one is given back. NULL is fine. */
void vb_stored_with(struct vb_stored *stored, struct vb_with *with);

/* Sets stored->becomes; an earlier one is given back. */
void vb_stored_becomes(struct vb_stored *stored, struct vb_stored *becomes);

/*
 * The question `exists` for a record: reads what is under stored->key, fills
 * x->selected and, for a safe method, x->current in the offered media type.
 */
enum vb_answer vb_stored_exists(struct vb_stored *stored);

/* What a failure of the store means: sets 507, 503 or 500; HALT. */
enum vb_answer vb_stored_failed(struct vb_exchange *x, enum vb_err err);

/* The key without its last segment: "/books" of "/books/7". Borrowed. */
struct vb_span vb_stored_listing(struct vb_span key);

/* Takes over a value (or NULL) as stored->input; what was composed of another
 * one is dropped. */
void vb_stored_input(struct vb_stored *stored, struct vb_json *input);

/* The record's JSON as a value; NULL when it is no JSON or damaged. */
yyjson_val *vb_stored_before(struct vb_stored *stored);

/* The entity tag that GET at this route has for a revision in JSON, or NULL:
 * what all tags of its representations begin with; with its quotes, in this
 * arena.
 * "": no memory. */
struct vb_span vb_stored_etag(struct vb_arena *arena,
                              const struct vb_store *store, uint64_t revision,
                              const struct vb_route *route);

/* The same without, in the exchange's: the core of the tags of its
 * representations. */
struct vb_span vb_stored_tag(struct vb_exchange *x, uint64_t revision);

/* Says in x->selected that this state is there: an unsafe method is about that,
 * so any tag of its revision is good. `modified`: seconds, or VB_DATE_NONE. */
void vb_stored_select(struct vb_exchange *x, uint64_t revision,
                      int64_t modified);

/* --- compose.c and ties.c
 * ------------------------------------------------------- */

/* What vb_compose makes the state for; bits. */
enum vb_compose_for {
    VB_COMPOSE_STATE = 0, /* to be stored */
    /* To be held against the schema of requests: properties are left out that
     * only responses have. */
    VB_COMPOSE_CHECK = 1,
    VB_COMPOSE_BY_SERVER = 2, /* the input may set read-only properties */
};

/*
 * Makes the state to be, in stored->after and ->text: stored->input, with what
 * is the server's own taken from the server and from `before`. Nothing is done
 * where it is there already. VB_ERR_NOMEM, VB_ERR_LIMIT.
 */
enum vb_err vb_compose(struct vb_stored *stored, unsigned purpose);

/* Derives claims and references from the state to be. VB_ERR_NOMEM, or
 * VB_ERR_LIMIT for too many of them. */
enum vb_err vb_compose_ties(struct vb_stored *stored);

/* What the property is in a state (NULL: none); NULL: it is not there. */
yyjson_val *vb_property_value(yyjson_val *root,
                              const struct vb_property *property);

/* The property's place as a JSON Pointer, in the arena; of what is in the
 * elements of an array, that array's. */
struct vb_span vb_property_pointer(struct vb_exchange *x,
                                   const struct vb_property *property);

/* The key of what a value of the property names: by id, which is the one
 * variable of what can be referred to, or by path where the format says so. In
 * the arena; "": nothing. */
struct vb_span vb_reference_key(struct vb_exchange *x,
                                const struct vb_property *property,
                                yyjson_val *value);

/* Does some value of the property, in what is stored, name that key? */
bool vb_property_refers(struct vb_stored *stored,
                        const struct vb_property *property, struct vb_span key);

/* The key of the document that this route's resource is part of, for the
 * variables of this exchange; "" for none. */
struct vb_span vb_stored_owner(struct vb_exchange *x,
                               const struct vb_route *route);

/* The key of a route's resource under these variables, in the arena; "" when
 * they make none. */
struct vb_span vb_route_key(struct vb_exchange *x,
                            const struct vb_route *target,
                            const struct vb_span *variables, size_t count);

/* --- commit.c
 * --------------------------------------------------------------------- */

/* The change that removes the record, of which `moved_to` is where it is from
 * then on; "": nowhere. */
struct vb_change vb_stored_deletion(const struct vb_stored *stored,
                                    struct vb_span moved_to);

/* The change that writes the state to be. */
struct vb_change vb_stored_replacement(const struct vb_stored *stored);

/* Sets 409, and says that the resource of the key `by` refers to this one. */
void vb_stored_referenced(struct vb_exchange *x, struct vb_span by);

/* What a commit means that did not come about: AGAIN; or a status, complaints
 * and NO or HALT, which comes later where it is PENDING. */
enum vb_answer vb_stored_refused(struct vb_stored *stored);

/* The question `commit`: writes the state to be. */
enum vb_answer vb_stored_put(struct vb_stored *stored);

/* The question `commit`: removes the record. */
enum vb_answer vb_stored_delete(struct vb_stored *stored);

/* The question `commit` for deleting a collection, which stays: goes through
 * only when it has no member. */
enum vb_answer vb_stored_require_empty(struct vb_stored *stored);

/* --- outcome.c
 * --------------------------------------------------------------------- */

/* Makes the reply to PUT, PATCH or POST of what was committed, or will have
 * been: x->outcome, x->current and fields. */
void vb_stored_tell_put(struct vb_stored *stored);

/* The same for DELETE. */
void vb_stored_tell_delete(struct vb_stored *stored);

/* Can what is deleted be shown in the reply to that? */
bool vb_stored_shows_deleted(const struct vb_stored *stored);

/* --- present.c
 * --------------------------------------------------------------------- */

/* A state to be shown; spans are borrowed. */
struct vb_view {
    const struct vb_route *route;
    struct vb_span key;
    struct vb_span tag; /* "" for a reply that may have no validators */
    int64_t modified_ms;
    struct vb_span media_type;
    struct vb_span content;
    struct vb_record *record; /* whose content it is (kept alive by what is
                                 made of it), or NULL: content is copied */
    bool chosen; /* content is what is shown, JSON, and not all of the state */
    struct vb_span variant; /* where it shows states of others, too: what tells
                               those in entity tags; else "" */
};

/* Have the route's states properties that are never shown? And what entity tags
 * say of them. */
bool vb_state_has_hidden(const struct vb_route *route);
struct vb_span vb_state_hidden(const struct vb_route *route);

/* The state's content as a value, without what is never shown; NULL when it is
 * damaged or memory is short. The caller's. */
struct vb_json *vb_present_value(const struct vb_route *route,
                                 struct vb_span content);

/*
 * A representation of the state, in the offered media type where it is JSON.
 * NULL with 406, 500 or 503 set. The caller's reference.
 */
struct vb_rep *vb_present(struct vb_exchange *x, const struct vb_view *view);

/*
 * What is for its holder alone, and of now: a value's JSON as a representation
 * in the offered type, JSON or a page, that nobody keeps (no-store). The answer
 * YES; or HALT with 503 set.
 */
enum vb_answer vb_present_unkept(struct vb_exchange *x,
                                 const struct vb_buf *json);

/* The offers of a resource that is shown so. */
#define VB_UNKEPT_OFFERS 2
extern const struct vb_offer vb_unkept_offers[VB_UNKEPT_OFFERS];

/* --- blob.c
 * ---------------------------------------------------------------------------
 */

/*
 * The question `received` for content that is kept as bytes: up to
 * VB_STORE_CHUNK of them go to stored->bytes, more into a blob of the store,
 * a chunk at a time, with back-pressure on the client.
 */
enum vb_answer vb_blob_receive(struct vb_stored *stored);

/* The slot `stream`: a part of x->current, a blob, chunk by chunk. */
struct vb_source *vb_blob_stream(struct vb_exchange *x, uint64_t first,
                                 uint64_t length);

#endif
