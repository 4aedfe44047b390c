/*
 * Security Scheme Objects (OpenAPI 3.1, "Security Scheme Object"): what a
 * client can prove with who it is. What we cannot verify is no error: the
 * description is good elsewhere, and says what is to be done here with
 * `x-verbatim`.
 */
#include <stdlib.h>

#include "content/number.h"
#include "describe/read.h"
#include "http/chars.h"

/* Seconds that clocks may differ where nothing is said. */
#define LEEWAY_USUAL 30

/* What says how the tokens of others are verified; the last one is said of
 * certificates, too. */
static const char *const jwt_keys[] = {"keys",  "issuer", "audience",
                                       "roles", "leeway", "account"};

enum { JWT_KEYS = sizeof(jwt_keys) / sizeof(jwt_keys[0]) };

static void refuse(struct vb_scheme *scheme, struct vb_span why)
{
    scheme->kind = VB_SCHEME_OTHER;
    scheme->why_not = why;
}

/* --- tokens of others ---------------------------------------------------- */

static yyjson_val *extension(struct vb__reader *r, yyjson_val *val,
                             const char *key)
{
    return vb__extension_get(r, val, VB__AT_SCHEME, key);
}

/* A string, or each of a list. */
static const struct vb_span *read_texts(struct vb__reader *r, yyjson_val *val,
                                        size_t *ret_count)
{
    size_t count = yyjson_is_str(val) ? 1 : yyjson_arr_size(val);
    struct vb_span *list = VB__NEW(r, struct vb_span, count);

    for (size_t i = 0; list && i < count; i++)
        list[i] =
            vb_json_text(yyjson_is_str(val) ? val : yyjson_arr_get(val, i));
    *ret_count = list ? count : 0;
    return list;
}

static uint32_t read_leeway(struct vb__reader *r, yyjson_val *val)
{
    yyjson_val *leeway = extension(r, val, "leeway");
    int64_t seconds = LEEWAY_USUAL;

    if (leeway)
        (void)vb_number_i64(vb_json_text(leeway), &seconds);
    return (uint32_t)seconds;
}

static void read_jwt(struct vb__reader *r, yyjson_val *val,
                     struct vb_scheme *scheme)
{
    struct vb_jwt_rules *rules = VB__NEW(r, struct vb_jwt_rules, 1);
    yyjson_val *roles = extension(r, val, "roles");
    char *real = vb__files_regular(r->files, extension(r, val, "keys"));

    scheme->kind = VB_SCHEME_JWT;
    if (!rules || !real) {
        free(real);
        return; /* noted */
    }
    rules->keys = vb_arena_dup(r->arena, vb_span_str(real)).ptr;
    free(real);
    rules->issuers =
        read_texts(r, extension(r, val, "issuer"), &rules->issuer_count);
    rules->audiences =
        read_texts(r, extension(r, val, "audience"), &rules->audience_count);
    rules->roles_claim = roles ? vb_json_text(roles) : VB_SPAN("");
    rules->account_claim = vb__holder_claim(r, val);
    rules->leeway_s = read_leeway(r, val);
    scheme->jwt = rules;
}

/* What says something of other schemes says nothing here. */
static void refuse_keys(struct vb__reader *r, yyjson_val *val,
                        const char *const *keys, size_t count,
                        const char *whose)
{
    for (size_t i = 0; i < count; i++) {
        yyjson_val *found = extension(r, val, keys[i]);

        if (found)
            vb__error(r, found, "\"%s\" is for %s", keys[i], whose);
    }
}

static void no_keys(struct vb__reader *r, yyjson_val *val)
{
    refuse_keys(r, val, jwt_keys, JWT_KEYS - 1,
                "bearer, oauth2 and openIdConnect");
}

static void no_jwt(struct vb__reader *r, yyjson_val *val)
{
    no_keys(r, val);
    refuse_keys(r, val, &jwt_keys[JWT_KEYS - 1], 1,
                "bearer, oauth2, openIdConnect and mutualTLS");
}

/* --- cookies of sessions ------------------------------------------------- */

/* Seconds where nothing is said: an hour without a request, half a day in
 * all. */
#define IDLE_USUAL     3600
#define LIFETIME_USUAL ((int64_t)12 * 3600)

/* What a browser takes from one host alone, for all of it (RFC 6265bis section
 * 4.1.3.2). */
#define HOST_PREFIX "__Host-"

static const char *const session_keys[] = {"idle", "lifetime", "same-site"};

enum { SESSION_KEYS = sizeof(session_keys) / sizeof(session_keys[0]) };

static int64_t read_seconds(struct vb__reader *r, yyjson_val *val,
                            const char *key, int64_t seconds)
{
    yyjson_val *said = extension(r, val, key);

    if (said)
        (void)vb_number_i64(vb_json_text(said), &seconds);
    return seconds;
}

/* A name without what it promises: that is ours to add, where it holds. */
static struct vb_span bare_name(struct vb_span name)
{
    static const struct vb_span prefixes[] = {VB_SPAN_INIT(HOST_PREFIX),
                                              VB_SPAN_INIT("__Secure-")};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (vb_span_ieq(vb_span_head(name, prefixes[i].len), prefixes[i]))
            return vb_span_from(name, prefixes[i].len);
    return name;
}

static struct vb_span host_name(struct vb__reader *r, struct vb_span bare)
{
    return vb_arena_printf(r->arena, HOST_PREFIX "%.*s", VB_FMT(bare));
}

static void read_session(struct vb__reader *r, yyjson_val *val,
                         struct vb_span name, struct vb_session_rules *rules)
{
    int64_t lifetime = read_seconds(r, val, "lifetime", LIFETIME_USUAL);
    int64_t idle = read_seconds(r, val, "idle", IDLE_USUAL);

    if (idle > lifetime && extension(r, val, "idle"))
        vb__error(r, extension(r, val, "idle"),
                  "a session of %lld seconds is not idle for longer",
                  (long long)lifetime);
    *rules = (struct vb_session_rules){
        .host_name = host_name(r, bare_name(name)),
        .bare_name = bare_name(name),
        .idle_s = idle < lifetime ? idle : lifetime,
        .lifetime_s = lifetime,
        .strict = yyjson_equals_str(extension(r, val, "same-site"), "strict"),
    };
}

/* Without `keys`, a bearer's token is one of ours. */
static void read_bearer(struct vb__reader *r, yyjson_val *val,
                        struct vb_scheme *scheme)
{
    if (extension(r, val, "keys")) {
        read_jwt(r, val, scheme);
        return;
    }
    scheme->kind = VB_SCHEME_TOKEN;
    refuse_keys(r, val, jwt_keys + 1, JWT_KEYS - 1,
                "tokens of others, and x-verbatim.keys is missing, which "
                "verifies them");
}

/* --- the types ----------------------------------------------------------- */

static void read_http(struct vb__reader *r, yyjson_val *val,
                      struct vb_scheme *scheme)
{
    struct vb_span name = vb__string_needed(r, val, "scheme");

    if (vb_span_ieq(name, VB_SPAN("bearer"))) {
        read_bearer(r, val, scheme);
        return;
    }
    no_jwt(r, val);
    if (vb_span_ieq(name, VB_SPAN("basic")))
        scheme->kind = VB_SCHEME_BASIC;
    else
        refuse(scheme, vb_arena_printf(r->arena,
                                       "the HTTP scheme \"%.*s\" is not "
                                       "served; basic and bearer are",
                                       VB_FMT(name)));
}

static void read_key(struct vb__reader *r, yyjson_val *val,
                     struct vb_scheme *scheme)
{
    static const char *const places[] = {
        [VB_KEY_IN_HEADER] = "header",
        [VB_KEY_IN_QUERY] = "query",
        [VB_KEY_IN_COOKIE] = "cookie",
    };
    yyjson_val *in = yyjson_obj_get(val, "in");
    const size_t count = sizeof(places) / sizeof(places[0]);
    size_t at = 0;

    no_jwt(r, val);
    scheme->kind = VB_SCHEME_KEY;
    scheme->name = vb__string_needed(r, val, "name");
    (void)vb__string_needed(r, val, "in");
    while (at < count && !yyjson_equals_str(in, places[at]))
        at++;
    if (at < count)
        scheme->in = (enum vb_key_in)at;
    else if (yyjson_is_str(in))
        vb__error(r, in, "in must be one of header, query, cookie");
    if (scheme->in == VB_KEY_IN_COOKIE)
        read_session(r, val, scheme->name, &scheme->session);
    if (scheme->in != VB_KEY_IN_QUERY && scheme->name.len > 0 &&
        !vb_token_valid(scheme->name))
        vb__error(r, yyjson_obj_get(val, "name"),
                  "this cannot be the name of a %s", places[scheme->in]);
}

static void read_certificate(struct vb__reader *r, yyjson_val *val,
                             struct vb_scheme *scheme)
{
    no_keys(r, val);
    scheme->kind = VB_SCHEME_CERTIFICATE;
    scheme->holder = vb__holder_name(r, val);
}

static void read_oauth(struct vb__reader *r, yyjson_val *val,
                       struct vb_scheme *scheme)
{
    if (extension(r, val, "keys"))
        read_jwt(r, val, scheme);
    else
        refuse(scheme, VB_SPAN("x-verbatim.keys is missing, a JWK Set or PEM "
                               "file that verifies the tokens"));
}

static const struct {
    const char *type;
    unsigned since; /* OpenAPI 3.x */
    void (*read)(struct vb__reader *r, yyjson_val *val,
                 struct vb_scheme *scheme);
} types[] = {
    {"apiKey", 0, read_key},
    {"http", 0, read_http},
    {"mutualTLS", 1, read_certificate},
    {"oauth2", 0, read_oauth},
    {"openIdConnect", 0, read_oauth},
};

enum { TYPES = sizeof(types) / sizeof(types[0]) };

static void read_scheme(struct vb__reader *r, yyjson_val *name,
                        struct vb_scheme *scheme)
{
    yyjson_val *val = vb__follow(r, yyjson_obj_iter_get_val(name));
    yyjson_val *type = yyjson_obj_get(val, "type");

    scheme->id = vb_json_text(name);
    scheme->place = vb__place(r, name);
    scheme->kind = VB_SCHEME_OTHER;
    if (!val || !vb__must_be_object(r, val))
        return;
    (void)vb__string_needed(r, val, "type");
    vb__extension(r, val, VB__AT_SCHEME);
    if (!yyjson_equals_str(yyjson_obj_get(val, "in"), "cookie"))
        refuse_keys(r, val, session_keys, SESSION_KEYS,
                    "an apiKey in a cookie: that of sessions");
    for (size_t i = 0; i < TYPES; i++) {
        if (types[i].since <= r->minor &&
            yyjson_equals_str(type, types[i].type)) {
            types[i].read(r, val, scheme);
            return;
        }
    }
    if (yyjson_is_str(type))
        vb__error(r, type,
                  "\"%.*s\" is no type of a security scheme in OpenAPI 3.%u",
                  VB_FMT(vb_json_text(type)), r->minor);
}

void vb__schemes(struct vb__reader *r)
{
    yyjson_val *components = vb__object(r, r->root, "components");
    yyjson_val *list = vb__object(r, components, "securitySchemes");
    yyjson_obj_iter iter;
    yyjson_val *name;
    size_t count = 0;

    r->schemes = VB__NEW(r, struct vb_scheme, yyjson_obj_size(list));
    r->into->public.schemes = r->schemes;
    yyjson_obj_iter_init(list, &iter);
    while (r->schemes && (name = yyjson_obj_iter_next(&iter)) != NULL) {
        if (vb_span_starts(vb_json_text(name), VB_SPAN("x-")))
            continue;
        r->schemes[count].index = count;
        read_scheme(r, name, &r->schemes[count++]);
    }
    r->into->public.scheme_count = count;
}

const struct vb_scheme *vb__scheme_find(const struct vb__reader *r,
                                        struct vb_span name)
{
    for (size_t i = 0; i < r->into->public.scheme_count; i++) {
        if (vb_span_eq(r->schemes[i].id, name))
            return &r->schemes[i];
    }
    return NULL;
}

/* --- which of them are served -------------------------------------------- */

static bool has_archetype(const struct vb__reader *r, enum vb_archetype kind)
{
    for (size_t i = 0; i < r->route_count; i++) {
        if (r->routes[i].archetype == kind)
            return true;
    }
    return false;
}

static const char *why_not(const struct vb__reader *r,
                           const struct vb_scheme *scheme)
{
    static const char no_accounts[] =
        "nobody has an account (x-verbatim.accounts)";
    static const char no_tokens[] =
        "nothing issues such tokens (x-verbatim: {archetype: token})";
    bool tokens = has_archetype(r, VB_ARCHETYPE_TOKEN);

    switch (scheme->kind) {
    case VB_SCHEME_JWT:
    case VB_SCHEME_CERTIFICATE:
        return r->into->public.accounts || !vb__holder_has_account(scheme)
                   ? NULL
                   : no_accounts;
    case VB_SCHEME_BASIC:
        return r->into->public.accounts ? NULL : no_accounts;
    case VB_SCHEME_TOKEN:
    case VB_SCHEME_KEY:
        if (!tokens)
            return no_tokens;
        return r->into->public.accounts ? NULL : no_accounts;
    default:
        return NULL;
    }
}

void vb__schemes_served(struct vb__reader *r)
{
    for (size_t i = 0; i < r->into->public.scheme_count; i++) {
        struct vb_scheme *scheme = &r->schemes[i];
        const char *why;

        why = why_not(r, scheme);
        if (why)
            scheme->why_not = vb_span_str(why);
        scheme->served = scheme->why_not.len == 0;
    }
}
