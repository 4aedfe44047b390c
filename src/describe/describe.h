/*
 * A description: an OpenAPI file (3.0, 3.1, 3.2) as routes and rules.
 *
 *     library.yaml ─▶ vb_description
 *                      └ routes: one for each path, in the order of the file
 *                         ├ archetype, its collection, member, what is above
 *                         ├ operations: parameters, request, responses,
 *                         │             which status on success
 *                         └ state: schema, properties and their roles
 *
 * Everything here is read-only once it is loaded, shared between threads and
 * counted. All pointers and spans live as long as the description does. An
 * array is a pointer and a count; a pointer that may be NULL says so.
 *
 * What is declared but cannot be served is here as well, with `served` false
 * and the reason in `why_not`: the resource answers 501 there.
 */
#ifndef VB_DESCRIBE_DESCRIBE_H
#define VB_DESCRIBE_DESCRIBE_H

#include <stdbool.h>
#include <stdint.h>
#include <yyjson.h>

#include "base/span.h"
#include "content/schema.h"
#include "describe/allow.h"
#include "describe/gateway.h"
#include "describe/note.h"
#include "describe/security.h"
#include "http/cors.h"
#include "http/method.h"

/* --- names --------------------------------------------------------------- */

/* What kind of resource a path is; see README.md for how it is inferred. */
enum vb_archetype {
    VB_ARCHETYPE_DOCUMENT,
    VB_ARCHETYPE_COLLECTION,
    VB_ARCHETYPE_STORE,
    VB_ARCHETYPE_CONTROLLER,
    VB_ARCHETYPE_FILES,
    VB_ARCHETYPE_REDIRECT,
    VB_ARCHETYPE_TOKEN,
    VB_ARCHETYPE_SESSION,
    VB_ARCHETYPE_GRAPHQL,
    VB_ARCHETYPE_GATEWAY,
    VB_ARCHETYPE_ACCOUNT, /* not served yet */
    VB_ARCHETYPE_COUNT
};

/* "document", ... */
const char *vb_archetype_name(enum vb_archetype archetype);

/* Is it a listing of members? */
static inline bool vb_archetype_lists(enum vb_archetype archetype)
{
    return archetype == VB_ARCHETYPE_COLLECTION ||
           archetype == VB_ARCHETYPE_STORE;
}

/* --- parameters ---------------------------------------------------------- */

enum vb_parameter_in {
    VB_IN_PATH,
    VB_IN_QUERY,
    VB_IN_HEADER,
    VB_IN_COOKIE,
    VB_IN_QUERYSTRING, /* 3.2: the whole query as one value */
};

/* How a value is written in text (OpenAPI 3.1, "Style Values"). */
enum vb_parameter_style {
    VB_STYLE_SIMPLE,
    VB_STYLE_FORM,
    VB_STYLE_LABEL,
    VB_STYLE_MATRIX,
    VB_STYLE_SPACE_DELIMITED,
    VB_STYLE_PIPE_DELIMITED,
    VB_STYLE_DEEP_OBJECT,
    VB_STYLE_COOKIE, /* 3.2 */
};

struct vb_parameter {
    struct vb_span name;
    enum vb_parameter_in in;
    enum vb_parameter_style style;
    bool explode;
    bool required;
    /* What text may be read as, as sets of enum vb_schema_type: `types` for
     * the value, `item_types` for the elements where it is an array. */
    unsigned types, item_types;
    struct vb_span format;          /* of the schema; may be empty */
    const struct vb_schema *schema; /* NULL: anything goes */
    struct vb_span media_type;      /* of `content` instead of a style; or "" */
    struct vb_place place;
};

/* --- content ------------------------------------------------------------- */

/* What we do with content of a media type. */
enum vb_media_kind {
    VB_MEDIA_JSON,        /* application/json and +json: the JSON state */
    VB_MEDIA_MERGE_PATCH, /* application/merge-patch+json, RFC 7396 */
    VB_MEDIA_JSON_PATCH,  /* application/json-patch+json, RFC 6902 */
    VB_MEDIA_VERBATIM,    /* anything else: bytes kept as they came */
    VB_MEDIA_LINES,       /* application/x-ndjson, and */
    VB_MEDIA_TABLE,       /* text/csv, whose schema says what each holds: many
                             members for a collection */
    VB_MEDIA_FORM,        /* urlencoded or multipart: not served yet */
};

/* Is it many values, one after the other? */
static inline bool vb_media_is_many(enum vb_media_kind kind)
{
    return kind == VB_MEDIA_LINES || kind == VB_MEDIA_TABLE;
}

struct vb_content {
    struct vb_span type; /* "image/png": lower case, without parameters */
    struct vb_span text; /* as it is written, with parameters */
    enum vb_media_kind kind;
    bool range; /* "image/" with a star, or two stars: the most specific
                 * entry that fits is the one that counts */
    /* NULL: anything goes. Of LINES and TABLE: that of each. */
    const struct vb_schema *schema;
    bool served;
    struct vb_span why_not;
};

struct vb_request_body {
    bool declared; /* false: there is no requestBody */
    bool required;
    const struct vb_content *media;
    size_t media_count;
};

struct vb_described_response {
    int status; /* 100 to 599; 1 to 5 for "1XX" to "5XX"; 0 for "default" */
    const struct vb_content *media;
    size_t media_count;
    const struct vb_span *fields; /* names of those that must be there */
    size_t field_count;
};

/* --- operations ---------------------------------------------------------- */

/*
 * Which status a success has (RFC 9110 section 15.3), where the RFC leaves the
 * choice to us and the description makes it. 0: cannot happen.
 */
struct vb_success {
    int created; /* a resource was made: 201, or what is said instead of it */
    int done;    /* otherwise, and nothing was preferred: 200, 204, 303 */
    int minimal; /* with Prefer: return=minimal (RFC 7240 section 4.2), where
                    that is not 201 */
    int full;    /* with Prefer: return=representation, likewise */
    bool async;  /* 202 is declared, and the work can be put off */
    bool always_async; /* no other success is declared */
};

struct vb_operation {
    enum vb_method method; /* UNKNOWN for one that HTTP libraries do not know */
    struct vb_span name;   /* "GET", ... */
    bool served;
    struct vb_span why_not;

    const struct vb_parameter *parameters; /* the path item's and its own */
    size_t parameter_count;
    /* Some of them are to be looked at whatever is done with the request: in
     * the query and required, or in fields and cookies. */
    bool demands;
    struct vb_request_body request;
    const struct vb_described_response *responses;
    size_t response_count;

    struct vb_success success;
    int invalid;  /* the status of content that its schema refuses: 422, 400 */
    bool creates; /* PUT, PATCH: makes the resource where there is none */
    bool require_precondition; /* 428 without one (RFC 6585 section 3) */
    struct vb_span hints;      /* of GET: the value of Link for 103; or "" */
    bool require_key;          /* 400 without an Idempotency-Key */

    /* Who may; NULL: nothing is said of it. */
    const struct vb_security *security;
    const struct vb_allow *allow; /* to which resource; NULL: likewise */

    struct vb_span operation_id, summary; /* may be empty */
    yyjson_val *source;                   /* the Operation Object itself */
    struct vb_place place;
};

/* --- state --------------------------------------------------------------- */

/* What the server puts into a property. */
enum vb_fill {
    VB_FILL_NONE,
    VB_FILL_ID,       /* the last segment of its URI */
    VB_FILL_URI,      /* its URI, as a path */
    VB_FILL_CREATED,  /* date-time of creation */
    VB_FILL_MODIFIED, /* date-time of the last change */
    VB_FILL_OWNER,    /* who made it */
    VB_FILL_REVISION, /* counts changes */
};

/* What becomes of what refers to a resource when that is deleted. */
enum vb_on_delete {
    VB_ON_DELETE_RESTRICT, /* it stays, and so does the resource: 409 */
    VB_ON_DELETE_CASCADE,  /* it is deleted, too */
    VB_ON_DELETE_SET_NULL  /* the reference becomes null, or leaves its list */
};

/* One property of an object, at any depth but not within arrays. */
struct vb_property {
    /* Member names from the root; one whose ptr is NULL stands for each element
     * of an array, which only what is write-only or refers lies in. */
    const struct vb_span *path;
    size_t path_len; /* at least 1 */
    /* readOnly, or only ever described in responses: the server's own. Ignored
     * in what clients send, kept through PUT. */
    bool read_only;
    bool write_only; /* never shown */
    bool in_request; /* some request's schema names it */
    bool unique;     /* among the members of the collection or store: 409 */
    bool index;      /* filtered and sorted by */
    bool search;     /* its words are found by `q` */
    enum vb_fill fill;
    /* The route whose member the value names, by its id (or, where `format` is
     * uri or uri-reference, by its path). NULL: none. */
    const struct vb_route *references;
    bool many; /* `references` is of the elements of an array */
    enum vb_on_delete on_delete; /* of what it references */
    unsigned types, item_types;
    struct vb_span format;     /* may be empty */
    yyjson_val *default_value; /* fills in on creation; NULL: none */
};

/* Does a dotted path begin with the property's, which has no name there for the
 * elements of arrays? What follows, without the dot, is given back. */
bool vb_property_begins(const struct vb_property *property, struct vb_span path,
                        struct vb_span *ret_rest);

/* Do values of the property name what they refer to by its path? Else by id. */
bool vb_property_by_path(const struct vb_property *property);

/* What a document, or a member of a collection or store, holds. */
struct vb_state {
    bool json;     /* it may be JSON, with the schema and properties below */
    bool verbatim; /* it may be bytes of a media type that is accepted */
    /* What the whole of it must satisfy after a change: the request schema of
     * PUT, else of POST, else the response schema of GET. NULL: anything. */
    const struct vb_schema *schema;
    const struct vb_property *properties; /* input's and output's, in order:
                                             of the top, and those below with a
                                             role */
    size_t property_count;
    /* What entity tags say of what is never shown, so that they change when
     * the description shows more or less of the same state; "": all is. */
    struct vb_span hidden;
    const struct vb_property *fields; /* likewise all of them: what a listing */
    size_t field_count;               /* can be filtered and sorted by */
};

/* --- routes -------------------------------------------------------------- */

enum vb_segment_kind { VB_SEGMENT_LITERAL, VB_SEGMENT_VARIABLE };

struct vb_segment {
    enum vb_segment_kind kind;
    /* Literal: as it stands in a normal URI, escapes and all (http/path.h);
     * variable: its name. */
    struct vb_span text;
    /* Of a variable: how its value is read, never NULL. */
    const struct vb_parameter *parameter;
};

/* A path template: "/books/{id}/" is two segments and a trailing slash; "/" is
 * none and a trailing slash. */
struct vb_template {
    const struct vb_segment *segments;
    size_t segment_count;
    bool trailing_slash;
};

enum vb_id_kind {
    VB_ID_COUNTER, /* type integer: counts up within the collection */
    VB_ID_UUID,    /* format uuid: a UUIDv7 */
    VB_ID_SHORT,   /* any other string: short, sortable, unguessable */
};

enum vb_membership {
    VB_MEMBER_OF_NONE,
    VB_MEMBER_OF_COLLECTION, /* the server names it */
    VB_MEMBER_OF_STORE,      /* the client names it */
};

enum vb_action_kind {
    VB_ACTION_MERGE,
    VB_ACTION_MOVE,
    VB_ACTION_RUN,
    VB_ACTION_PLUGIN,
    VB_ACTION_FORWARD,
};

/* Below this is the work that is put off. */
#define VB_JOBS_BASE "/jobs"

/* Where programs without a slash in their name are. */
#define VB_PROGRAM_PATH "/usr/local/bin:/usr/bin:/bin"

/* A program that is run; texts are NUL-terminated. */
struct vb_program {
    const char *const *words; /* as they are written, NULL at the end */
    const char *path;         /* the program's own */
    const char *directory;    /* the description's */
    /* Bounds, see program.tbl. */
    uint64_t seconds, memory, input, output, concurrent, processes;
    bool idempotent; /* it may be run again where it was cut short */
};

/* A shared object that is loaded (include/verbatim/plugin.h); texts are
 * NUL-terminated. */
struct vb_plugin_file {
    const char *name;       /* as it is written */
    const char *path;       /* from the description's directory */
    const char *config;     /* a JSON text; NULL: none */
    uint64_t input, output; /* bounds, see plugin.tbl */
    struct vb_place place;
};

/* A part of a path there, and the variable of ours whose value follows. */
struct vb_onward_part {
    struct vb_span text; /* as it stands in a URI */
    int variable;        /* -1: none follows */
};

/* Another server that does it: where it is, and the path that is asked for. */
struct vb_onward {
    struct vb_gateway gateway; /* first; its base is not used: these are */
    const struct vb_onward_part *parts;
    size_t part_count;
    uint64_t input, output; /* bounds, see onward.tbl */
};

/* What a controller does (x-verbatim.do). */
struct vb_action {
    enum vb_action_kind kind;
    /* merge, move: the document changed, or moved. Its variables take the
     * values of this controller's variables: the i-th that of our
     * `variables[i]`-th. */
    const struct vb_route *target;
    const uint8_t *variables;
    size_t variable_count;
    yyjson_val *patch; /* a JSON Merge Patch; NULL: the request's content is */
    const struct vb_program *program;    /* run */
    const struct vb_plugin_file *plugin; /* plugin */
    const struct vb_onward *onward;      /* forward */
    struct vb_span why_not; /* it cannot be done on this machine; or "" */
};

enum vb_redirect_kind {
    VB_REDIRECT_MOVED,     /* for good: 301, or 308 (RFC 9110 15.4.2, .9) */
    VB_REDIRECT_FOR_NOW,   /* 307 (section 15.4.8) */
    VB_REDIRECT_SEE_OTHER, /* 303 (section 15.4.4) */
};

/* Where somebody who asks for this is sent (x-verbatim.moved, .see-other). */
struct vb_redirect {
    enum vb_redirect_kind kind;
    struct vb_span origin;       /* "https://example.org", or "" for ours */
    struct vb_template template; /* its path, */
    const uint8_t *variables;    /* whose i-th variable has the value of our
                                    `variables[i]`-th */
    size_t variable_count;
    struct vb_span text; /* as it was written */
};

struct vb_route {
    struct vb_span path; /* with the base path, as in "/books/{id}" */
    struct vb_template template;
    enum vb_archetype archetype;
    bool declared; /* by x-verbatim, not inferred */
    bool served;   /* some operation is */
    struct vb_span why_not;

    enum vb_membership membership;
    const struct vb_route *collection; /* of a member; NULL if not described */
    const struct vb_route *member; /* of a collection or store; NULL likewise */
    /* Of a collection that lists members of another one, which are its `member`
     * and `state` then: that one, and by what they refer to the document that
     * this is part of. NULL for all others. */
    const struct vb_route *lists;
    const struct vb_property *by;
    const struct vb_route *above;  /* the longest path that begins this one */
    const struct vb_parameter *id; /* of a member: the last variable */
    enum vb_id_kind id_kind;       /* where id is set, and in collections */
    bool tombstones;  /* of a document: deleted, it is known to be gone (410) */
    bool moves;       /* of a document: a controller moves it */
    bool per_session; /* of a document: each session has one of its own */
    bool depended;    /* of a document: when it is deleted, others go along or
                         change (enum vb_on_delete) */

    const struct vb_operation *operations; /* in the order GET PUT POST ... */
    size_t operation_count;
    /* The same by method; NULL when it is not declared. */
    const struct vb_operation *by_method[VB_METHOD_COUNT];

    /* Of a document its own, of a collection or store its members'; NULL for
     * what has none. */
    const struct vb_state *state;
    /* Of a member that is an account, what of it is what; else NULL. */
    const struct vb_accounts *accounts;
    const struct vb_action *action; /* of a controller; NULL: none */
    const char *from; /* of files: their directory, absolute; else NULL */
    const struct vb_redirect *redirect; /* of one; else NULL */
    const struct vb_gateway *gateway;   /* likewise */
    bool foreign; /* the gateway has this very path, and nothing below it */
    const struct vb_cors *cors; /* for pages of other origins; NULL: not said */

    struct vb_span summary; /* may be empty */
    yyjson_val *source;     /* the Path Item Object itself */
    struct vb_place place;
};

/* The document that a route's resource is part of: /books/{id} of
 * /books/{id}/cover, or /authors/{id} of /authors/{id}/books/{book}. It must
 * exist, and stay. NULL for none. */
const struct vb_route *vb_route_owner(const struct vb_route *route);

/* Is all below its path its own, but for what is described there? */
static inline bool vb_route_owns_below(const struct vb_route *route)
{
    return (route->archetype == VB_ARCHETYPE_FILES ||
            route->archetype == VB_ARCHETYPE_GATEWAY) &&
           !route->foreign;
}

/* May there be a tombstone where a document was? */
static inline bool vb_route_leaves_tombstones(const struct vb_route *route)
{
    return route->tombstones || route->moves;
}

/* --- the description ----------------------------------------------------- */

struct vb_description {
    struct vb_span file;
    struct vb_span openapi; /* "3.1.0" */
    struct vb_span title, version, text;
    struct vb_span base_path; /* begins every route; "" or "/v2" */
    const struct vb_route *const *routes;
    size_t route_count;
    yyjson_val *root;
    const struct vb_gateway *foreign; /* who has all of it; NULL: we do */
    const struct vb_cors *cors; /* where no route owns it; NULL: not said */
    const struct vb_scheme *schemes; /* those of components, in order */
    size_t scheme_count;
    const struct vb_accounts *accounts; /* NULL: nobody has an account */
    const struct vb_scheme *session;    /* NULL: there are no sessions */
    const struct vb_route *graph;       /* where GraphQL is spoken; NULL: no
                                           path says so */
    bool has_jobs;                      /* some operation may be put off */
    struct vb_span source; /* the main file's text; ptr NULL if not from one */
    size_t file_count;     /* files that it is made of */
    const struct vb_note *warnings; /* a list; made while reading */
};

/*
 * Reads a description and the files beside and below it that it refers to.
 * Nothing is ever fetched. All errors found go into `notes` (initialised by
 * the caller), with their places; then *ret_description is untouched.
 * VB_ERR_INVALID: see the notes. VB_ERR_IO, VB_ERR_NOMEM, VB_ERR_LIMIT: the
 * notes say which file.
 */
enum vb_err vb_description_load(const char *path, struct vb_notes *notes,
                                const struct vb_description **ret_description);

/*
 * The same of what another server has: whatever is described goes on to that
 * one, as it is. What a description says to the server that has it (x-verbatim,
 * but for base-path, and `security`) is not for who stands before that.
 * `gateway` is borrowed for the description's life.
 */
enum vb_err
vb_description_load_of(const char *path, const struct vb_gateway *gateway,
                       struct vb_notes *notes,
                       const struct vb_description **ret_description);

/* The same from a text; `name` is for places. It may refer to no other file. */
enum vb_err vb_description_parse(struct vb_span name, struct vb_span text,
                                 struct vb_notes *notes,
                                 const struct vb_description **ret_description);

const struct vb_description *
vb_description_ref(const struct vb_description *description);

/* NULL is fine. */
void vb_description_unref(const struct vb_description *description);

/* --- look-ups ------------------------------------------------------------ */

/* How many variables a path has. */
size_t vb_template_variables(const struct vb_template *t);

/* The media type entry that counts for a type ("image/png", lower case), by
 * precision: the same type, "image/" and star, two stars. NULL: none. */
const struct vb_content *vb_content_find(const struct vb_content *media,
                                         size_t count, struct vb_span type);

/* The contents of a QUERY where none are described: JSON and a form. */
#define VB_QUERY_CONTENTS 2
extern const struct vb_content vb_query_contents[VB_QUERY_CONTENTS];

/* QUERY asks with content what GET asks with the URI (RFC 10008), so it comes
 * with GET as HEAD does, of what can be asked for much, unless it is described
 * itself. */
bool vb_query_comes_with_get(const struct vb_route *route);

/* The response declared for a status: itself, its class, or the default. */
const struct vb_described_response *
vb_response_find(const struct vb_operation *operation, int status);

#endif
