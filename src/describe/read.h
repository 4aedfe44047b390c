/*
 * What the files of this room share while a description is being read.
 *
 *     files ─▶ document ─▶ paths ─▶ archetypes ─▶ state, actions ─▶ service
 *     load.c               path.c   archetype.c   state.c, ...      serve.c
 *
 * Each step fills more of the routes; the reader is gone when it is done. An
 * error is noted at its value and reading goes on, so that one run tells all
 * of them.
 */
#ifndef VB_DESCRIBE_READ_H
#define VB_DESCRIBE_READ_H

#include "base/ref.h"
#include "content/json.h"
#include "describe/describe.h"
#include "describe/files.h"

/* A description and all it borrows from. */
struct vb__description {
    struct vb_description public;
    struct vb_ref ref;
    struct vb_arena arena;
    struct vb__files files;
    struct vb_notes warnings;
    struct vb_schema_set *schemas;
};

struct vb__reader {
    struct vb__description *into;
    struct vb_arena *arena;
    struct vb__files *files;
    struct vb_notes *notes;
    yyjson_val *root;
    unsigned minor; /* of OpenAPI 3.x */
    struct vb_route *routes;
    size_t route_count;
    const struct vb_security *security; /* the root's; NULL: it has none */
    struct vb__secured *secured;        /* all that were read (security.c) */
    struct vb_scheme *schemes;
    bool require_precondition;
    const struct vb_gateway *foreign; /* who has all of it; NULL: we do */
    size_t schema_files;              /* files->at[..] that the set knows */
    enum vb_err schemas_failed;       /* memory or limit of the schema set */
};

/* --- telling (value.c) --------------------------------------------------- */

/* Notes an error at `at`, a value or key of some file. */
void vb__error(struct vb__reader *r, const yyjson_val *at, const char *format,
               ...) __attribute__((format(printf, 3, 4)));

/* Notes a warning of a rule of rules.tbl. */
void vb__warn(struct vb__reader *r, const char *rule,
              const struct vb_place *place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

struct vb_place vb__place(struct vb__reader *r, const yyjson_val *at);

/* The same without the pointer: for what is kept of every value. */
struct vb_place vb__spot(struct vb__reader *r, const yyjson_val *at);

/* --- values with a type (value.c) ---
 *
 * Each looks a member up. NULL, false or empty when it is not there, and when
 * it is of another type, which is an error noted at it. */

yyjson_val *vb__object(struct vb__reader *r, yyjson_val *in, const char *name);
yyjson_val *vb__array(struct vb__reader *r, yyjson_val *in, const char *name);
struct vb_span vb__string(struct vb__reader *r, yyjson_val *in,
                          const char *name);
bool vb__bool(struct vb__reader *r, yyjson_val *in, const char *name,
              bool otherwise);

/* The same, and an error at `in` when it is not there. */
struct vb_span vb__string_needed(struct vb__reader *r, yyjson_val *in,
                                 const char *name);

/* A value that must be an object: itself, or NULL and an error at it. */
yyjson_val *vb__must_be_object(struct vb__reader *r, yyjson_val *val);

/* Is it a whole number from `least` to `most`? */
bool vb__is_whole(yyjson_val *val, int64_t least, int64_t most, int64_t *ret);

/* Whether a text has no control characters. */
bool vb__is_plain(struct vb_span text);

/*
 * Follows `$ref` as far as it leads; `val` itself where there is none. NULL
 * and a noted error when it leads nowhere or around in a circle.
 */
yyjson_val *vb__follow(struct vb__reader *r, yyjson_val *val);

/* Zeroed memory of the description; NULL when exhausted or count is 0. */
#define VB__NEW(r, type, count)                                                \
    ((type *)vb_arena_calloc((r)->arena, (count), sizeof(type)))

/* --- extensions (extension.c) -------------------------------------------- */

enum vb__where {
    VB__AT_ROOT = 1,
    VB__AT_PATH = 2,
    VB__AT_SCHEMA = 4,
    VB__AT_GET = 8,
    VB__AT_POST = 16,
    VB__AT_CHANGE = 32,  /* PUT, PATCH, DELETE */
    VB__AT_OTHER = 64,   /* another operation */
    VB__AT_SCHEME = 128, /* a security scheme */
    VB__AT_OPERATION = VB__AT_GET | VB__AT_POST | VB__AT_CHANGE | VB__AT_OTHER,
};

/* Where an operation is. */
enum vb__where vb__at_operation(enum vb_method method);

/* The `x-verbatim` object of `in`, checked against extension.tbl; NULL when
 * there is none. Errors, and warnings about what comes later, are noted once
 * for each place. */
yyjson_val *vb__extension(struct vb__reader *r, yyjson_val *in,
                          enum vb__where where);

/* The value at a key of it, of the type the table says; NULL: not there or
 * wrong, which has been noted. */
yyjson_val *vb__extension_get(struct vb__reader *r, yyjson_val *in,
                              enum vb__where where, const char *name);

/* hints.c: is it what x-verbatim.hints may be? */
bool vb__hints_fit(yyjson_val *hints);
/* The same as the value of a Link field (RFC 8288 section 3). */
struct vb_span vb__hints_link(struct vb__reader *r, yyjson_val *hints);

/* A word of a closed list: its index, or -1. */
int vb__archetype_of(yyjson_val *word);
int vb__fill_of(yyjson_val *word);
int vb__on_delete_of(yyjson_val *word);

/* --- schemas (schemas.c) ------------------------------------------------- */

/* Compiles the schema at `val` (once); NULL where `val` is NULL or wrong,
 * which has been noted. Checks the extensions in it. */
const struct vb_schema *vb__schema(struct vb__reader *r, yyjson_val *val);

/* The types of the elements, where the schema is one of arrays. */
unsigned vb__item_types(const struct vb_schema *schema);

/* The facts of a schema; of NULL: anything goes. */
struct vb_schema_facts vb__facts(const struct vb_schema *schema);

/* Checks the extensions of the schema at `val` and of those inside of it,
 * without following references. */
void vb__schema_check(struct vb__reader *r, yyjson_val *val);

/* Makes the set and adds the main file; says what named schemas there are. */
enum vb_err vb__schemas_start(struct vb__reader *r);

/* --- parts of a path (template.c, parameter.c, media.c, operation.c) ----- */

/* Cuts a template; route->path is set. False and route->why_not when it has a
 * segment that cannot be served. */
bool vb__template_read(struct vb__reader *r, struct vb_route *route,
                       yyjson_val *key);

/* The parameters of a path item and an operation (either may be NULL). */
void vb__parameters_read(struct vb__reader *r, yyjson_val *path_item,
                         yyjson_val *operation, struct vb_parameter **ret,
                         size_t *ret_count);

/* The media types of a `content` map. */
void vb__media_read(struct vb__reader *r, yyjson_val *content,
                    const struct vb_content **ret, size_t *ret_count);
void vb__request_read(struct vb__reader *r, yyjson_val *operation,
                      struct vb_request_body *ret);
void vb__responses_read(struct vb__reader *r, yyjson_val *operation,
                        const struct vb_described_response **ret,
                        size_t *ret_count);

/* All of one path: template, operations, extensions. `key` is followed by its
 * Path Item Object. */
void vb__path_read(struct vb__reader *r, struct vb_route *route,
                   yyjson_val *key);

/* --- who may (scheme.c, security.c) ----------------------------------------
 */

/* The security schemes of the components. */
void vb__schemes(struct vb__reader *r);

/* The scheme of that name; NULL: there is none. */
const struct vb_scheme *vb__scheme_find(const struct vb__reader *r,
                                        struct vb_span name);

/* holder.c: which claim of a token is the login of its holder's account, or
 * which name in a certificate; "" and NONE: none is. */
struct vb_span vb__holder_claim(struct vb__reader *r, yyjson_val *val);
enum vb_holder_name vb__holder_name(struct vb__reader *r, yyjson_val *val);
bool vb__holder_has_account(const struct vb_scheme *scheme);

/* The schemes that the archetypes of this description do not serve. */
void vb__schemes_served(struct vb__reader *r);

/* The `security` of the root or an operation, which is there; NULL, and an
 * error noted: it is not what it should be. */
const struct vb_security *vb__security_read(struct vb__reader *r,
                                            yyjson_val *holder);

/* Whose members are accounts. After vb__states. */
void vb__accounts(struct vb__reader *r);

/* What makes sessions, and which cookie names them (sessions.c). Before
 * vb__schemes_served. */
void vb__sessions(struct vb__reader *r);

/* Why an operation of sessions, or of what each session has one of, cannot be
 * served; NULL: it can. */
const char *vb__session_why_not(const struct vb__reader *r,
                                const struct vb_route *route,
                                const struct vb_operation *op);

/* Leaves out of all that was read what cannot be served. */
void vb__securities_served(struct vb__reader *r);

/* Who may do what to which resource (allow.c). */
void vb__allows(struct vb__reader *r);

/* --- the plan (archetype.c, state.c, action.c, serve.c) ------------------ */

/* How routes relate, and what each one is. */
void vb__archetypes(struct vb__reader *r);

/* What documents and members hold. */
void vb__states(struct vb__reader *r);

/* Which listings are of the members of another collection (views.c). */
void vb__views(struct vb__reader *r);

/* What is known to be gone once it is deleted. */
void vb__tombstones(struct vb__reader *r);

/* What `do` of a path, of its POST or of its GET says; NULL: nothing. */
yyjson_val *vb__action_find(struct vb__reader *r, const struct vb_route *route);

/* What controllers do. */
void vb__actions(struct vb__reader *r);

/* Where files lie. */
void vb__directories(struct vb__reader *r);

/* Where redirects lead. */
void vb__redirects(struct vb__reader *r);

/* Which servers gateways ask. */
void vb__gateways(struct vb__reader *r);

/* The indexes, among the route's variables, of those of another template;
 * `count` of them. NULL, and an error noted at `at`, when it lacks one. */
const uint8_t *vb__bind(struct vb__reader *r, const struct vb_route *route,
                        const struct vb_template *t, yyjson_val *at,
                        size_t *ret_count);

/* The most seconds that clocks may differ (x-verbatim.leeway). */
#define VB__LEEWAY_MOST 600

/* Notes an error at each member of the object that is none of these. */
void vb__only(struct vb__reader *r, yyjson_val *object, const char *where,
              const char *const *names, size_t count);

/* What pages of other origins may do. */
void vb__cors(struct vb__reader *r);

/* Which operations are served, and with which statuses. */
void vb__service(struct vb__reader *r);

/* Warns of parameters of the query that nothing is done with. */
void vb__idle(struct vb__reader *r);

/* The route of a path as the file has it; NULL: none. */
struct vb_route *vb__route_find(struct vb__reader *r, struct vb_span path);

static inline struct vb_operation *vb__operation(struct vb_route *route,
                                                 enum vb_method method)
{
    return (struct vb_operation *)route->by_method[method];
}

#endif
