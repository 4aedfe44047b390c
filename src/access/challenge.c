/*
 * What is asked for with 401 (RFC 9110 section 11.6.1): a challenge for each
 * scheme that would do. Basic and Bearer are registered (RFC 7617, RFC 6750);
 * for cookies, keys and certificates nothing is, and yet each 401 has a
 * challenge (section 15.5.2), so these have names of our own, which no client
 * takes for one that it knows:
 *
 *     Cookie realm="Books", cookie-name="session"
 *     ApiKey realm="Books", in="header", name="X-Key"
 *     Certificate realm="Books"
 */
#include "http/challenge.h"
#include "access/asking.h"
#include "access/cookie.h"

#include "flow/reply.h"

/* Bytes that all challenges may have, and one that is told. */
#define CHALLENGE_MOST ((size_t)8 * 1024)
#define PARAMS_MOST    5

struct draft {
    struct vb_auth_param params[PARAMS_MOST];
    size_t count;
};

static void add(struct draft *draft, const char *name, struct vb_span value)
{
    if (value.len > 0)
        draft->params[draft->count++] =
            (struct vb_auth_param){.name = vb_span_str(name), .value = value};
}

/* scope-token (RFC 6749 section 3.3). */
static bool is_scope(struct vb_span scope)
{
    for (size_t i = 0; i < scope.len; i++) {
        unsigned char c = (unsigned char)scope.ptr[i];

        if (c <= 0x20 || c == '"' || c == '\\' || c >= 0x7f)
            return false;
    }
    return scope.len > 0;
}

/* "read write" (RFC 6750 section 3); "" where one cannot be said. */
static struct vb_span scopes_text(struct vb_exchange *x,
                                  const struct vb_need *need)
{
    struct vb_span text = VB_SPAN("");

    for (size_t i = 0; i < need->scope_count; i++) {
        if (!is_scope(need->scopes[i]))
            return VB_SPAN("");
        text = vb_arena_printf(&x->arena, "%.*s%s%.*s", VB_FMT(text),
                               i > 0 ? " " : "", VB_FMT(need->scopes[i]));
    }
    return text;
}

static const char *const places[] = {
    [VB_KEY_IN_HEADER] = "header",
    [VB_KEY_IN_QUERY] = "query",
    [VB_KEY_IN_COOKIE] = "cookie",
};

/* The scheme's name, its parameters drafted; `error` is of RFC 6750 section
 * 3.1, or "". */
static const char *draft_one(struct vb_exchange *x, const struct vb_need *need,
                             const char *error, struct draft *draft)
{
    const struct vb_scheme *scheme = need->scheme;

    add(draft, "realm", x->asking->access->realm);
    switch (scheme->kind) {
    case VB_SCHEME_BASIC:
        add(draft, "charset", VB_SPAN("UTF-8"));
        return "Basic";
    case VB_SCHEME_TOKEN:
    case VB_SCHEME_JWT:
        add(draft, "error", vb_span_str(error));
        add(draft, "scope", scopes_text(x, need));
        return "Bearer";
    case VB_SCHEME_SESSION:
        add(draft, "cookie-name", vb_cookie_name(x, scheme));
        return "Cookie";
    case VB_SCHEME_KEY:
        add(draft, "in", vb_span_str(places[scheme->in]));
        add(draft, "name", scheme->name);
        return "ApiKey";
    default:
        return "Certificate";
    }
}

void vb_access_challenge(struct vb_exchange *x, enum vb_field_id id,
                         const char *scheme, const struct vb_auth_param *params,
                         size_t count)
{
    const struct vb_reply *reply = &x->reply;
    struct vb_span name = vb_field_name(id), text;
    struct vb_buf buf;

    vb_buf_init(&buf, CHALLENGE_MOST);
    (void)vb_challenge_write(&buf, vb_span_str(scheme), params, count);
    text = vb_arena_dup(&x->arena, vb_buf_span(&buf));
    vb_buf_done(&buf);
    for (size_t i = 0; i < reply->field_count; i++)
        if (vb_span_eq(reply->fields[i].name, name) &&
            vb_span_eq(reply->fields[i].value, text))
            return;
    vb_reply_field(x, id, text);
}

static void add_challenge(struct vb_exchange *x, const struct vb_need *need,
                          const char *error)
{
    struct draft draft = {.count = 0};
    const char *scheme = draft_one(x, need, error, &draft);

    vb_access_challenge(x, VB_FIELD_WWW_AUTHENTICATE, scheme, draft.params,
                        draft.count);
}

/* --- in words ---------------------------------------------------------------
 */

static struct vb_span words_of(struct vb_exchange *x,
                               const struct vb_scheme *scheme)
{
    switch (scheme->kind) {
    case VB_SCHEME_BASIC:
        return VB_SPAN("a login and password (Basic)");
    case VB_SCHEME_TOKEN:
    case VB_SCHEME_JWT:
        return VB_SPAN("a token (Bearer)");
    case VB_SCHEME_SESSION:
        return VB_SPAN("a session (its cookie)");
    case VB_SCHEME_KEY:
        return vb_arena_printf(&x->arena, "a key (%s %.*s)", places[scheme->in],
                               VB_FMT(scheme->name));
    default:
        return VB_SPAN("a client certificate (in TLS)");
    }
}

static struct vb_span append_requirement(struct vb_exchange *x,
                                         struct vb_span text,
                                         const struct vb_requirement *all)
{
    for (size_t i = 0; i < all->need_count; i++)
        text = vb_arena_printf(&x->arena, "%.*s%s%.*s", VB_FMT(text),
                               i > 0          ? " together with "
                               : text.len > 0 ? "; or "
                                              : "",
                               VB_FMT(words_of(x, all->needs[i].scheme)));
    return text;
}

/* --- all of them ------------------------------------------------------------
 */

static const char *error_of(const struct vb_asking *asking,
                            const struct vb_scheme *scheme)
{
    return asking->proven[scheme->index].proof == VB_PROOF_BAD ? "invalid_token"
                                                               : "";
}

static struct vb_span ask_for(struct vb_exchange *x, struct vb_span text,
                              const struct vb_requirement *all)
{
    for (size_t i = 0; i < all->need_count; i++)
        add_challenge(x, &all->needs[i],
                      error_of(x->asking, all->needs[i].scheme));
    return append_requirement(x, text, all);
}

/* Where anybody may, and who says who it is has not told the truth. */
static struct vb_span ask_for_any(struct vb_exchange *x)
{
    const struct vb_description *d = x->asking->access->description;
    struct vb_span text = VB_SPAN("nothing at all");

    for (size_t i = 0; i < d->scheme_count; i++) {
        const struct vb_need need = {.scheme = &d->schemes[i]};
        const struct vb_requirement alone = {&need, 1};

        if (d->schemes[i].served)
            text = ask_for(x, text, &alone);
    }
    return text;
}

void vb__challenge_all(struct vb_exchange *x)
{
    const struct vb_asking *asking = x->asking;
    const struct vb_security *security = asking->security;
    struct vb_span text = VB_SPAN("");

    for (size_t i = 0; i < security->alternative_count; i++)
        text = ask_for(x, text, &security->alternatives[i]);
    if (text.len == 0)
        text = ask_for_any(x);
    vb_reply_detail(x, vb_arena_printf(&x->arena, "%.*s%sWhat would do: %.*s.",
                                       VB_FMT(asking->why),
                                       asking->why.len > 0 ? " " : "",
                                       VB_FMT(text)));
}

void vb__challenge_lacking(struct vb_exchange *x)
{
    const struct vb_requirement *lacking = x->asking->lacking;

    for (size_t i = 0; i < lacking->need_count; i++) {
        const struct vb_need *need = &lacking->needs[i];

        if (need->scheme->kind == VB_SCHEME_TOKEN ||
            need->scheme->kind == VB_SCHEME_JWT)
            add_challenge(x, need, "insufficient_scope");
    }
    vb_reply_detail(x, VB_SPAN("These credentials are good, but not for this: "
                               "a scope or role is missing."));
}
