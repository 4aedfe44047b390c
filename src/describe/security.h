/*
 * Who may ask for what, as a description says it with `securitySchemes` and
 * `security` (OpenAPI 3.1, "Security Scheme Object", "Security Requirement
 * Object"), and which collection has the accounts.
 *
 *     vb_security          of an operation: one of these is enough
 *      └ vb_requirement    all of these are needed; none: anybody may
 *         └ vb_need        a scheme, and scopes or roles
 */
#ifndef VB_DESCRIBE_SECURITY_H
#define VB_DESCRIBE_SECURITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "describe/note.h"

struct vb_route;
struct vb_property;

enum vb_scheme_kind {
    VB_SCHEME_BASIC,       /* http, basic: an account's login and password */
    VB_SCHEME_TOKEN,       /* http, bearer: an opaque token that we issued */
    VB_SCHEME_JWT,         /* http, bearer with keys; oauth2; openIdConnect */
    VB_SCHEME_KEY,         /* apiKey: such a token in a field or parameter */
    VB_SCHEME_SESSION,     /* apiKey in a cookie: a session of ours */
    VB_SCHEME_CERTIFICATE, /* mutualTLS */
    VB_SCHEME_OTHER,       /* known to OpenAPI, and never served */
    VB_SCHEME_COUNT
};

enum vb_key_in { VB_KEY_IN_HEADER, VB_KEY_IN_QUERY, VB_KEY_IN_COOKIE };

/* Which name in a certificate is the login of its holder's account. */
enum vb_holder_name {
    VB_HOLDER_NONE, /* it has none here */
    VB_HOLDER_EMAIL,
    VB_HOLDER_URI,
    VB_HOLDER_DNS,
    VB_HOLDER_COMMON_NAME,
    VB_HOLDER_SUBJECT
};

/* How the tokens of somebody else are verified (RFC 7519, RFC 8725). */
struct vb_jwt_rules {
    const char *keys;              /* path of a JWK Set or PEM file, absolute */
    const struct vb_span *issuers; /* one of them must be `iss`; none: any */
    size_t issuer_count;
    const struct vb_span *audiences; /* one of them must be in `aud`; none: */
    size_t audience_count;           /* tokens with an `aud` are refused */
    struct vb_span roles_claim;      /* which claim has roles; "": none */
    struct vb_span account_claim; /* which is the login of its holder's account;
                                     "": it has none here */
    uint32_t leeway_s;            /* seconds that clocks may differ */
};

/* How long a session lasts, and where its cookie goes. */
struct vb_session_rules {
    int64_t idle_s;     /* seconds without a request, */
    int64_t lifetime_s; /* and in all, after which it is over */
    bool strict;        /* SameSite=Strict; else Lax */
    /* What the cookie is called over TLS, "__Host-session", and without. */
    struct vb_span host_name, bare_name;
};

struct vb_scheme {
    struct vb_span id; /* its name in the description */
    enum vb_scheme_kind kind;
    enum vb_key_in in;               /* where a key or session's id is */
    struct vb_span name;             /* of that field, parameter or cookie */
    const struct vb_jwt_rules *jwt;  /* of a JWT; else NULL */
    enum vb_holder_name holder;      /* of a certificate */
    struct vb_session_rules session; /* of a key in a cookie */
    size_t index;                    /* among the description's schemes */
    bool served;
    struct vb_span why_not;
    struct vb_place place;
};

struct vb_need {
    const struct vb_scheme *scheme;
    /* Scopes, where credentials have them (token, key, JWT); of the others,
     * roles that the account must have. */
    const struct vb_span *scopes;
    size_t scope_count;
};

/* A Security Requirement Object. */
struct vb_requirement {
    const struct vb_need *needs;
    size_t need_count; /* 0: anybody */
};

struct vb_security {
    /* Those that can be served: no scheme of theirs is not. */
    const struct vb_requirement *alternatives;
    size_t alternative_count; /* 0: anybody, and that was said */
    bool optional;            /* some alternative is met by anybody */
    struct vb_span why_not;   /* none of them can be served; or "" */
};

/* The collection whose members are accounts (x-verbatim.accounts), and what of
 * a member is what; NULL: there is no such property. */
struct vb_accounts {
    const struct vb_route *collection;
    const struct vb_route *member;
    const struct vb_property *login;    /* unique; never NULL */
    const struct vb_property *password; /* writeOnly, stored as Argon2id */
    const struct vb_property *current;  /* writeOnly, never stored: the password
                                           that is to be changed */
    const struct vb_property *roles;    /* a string or an array of them: only an
                                           administrator changes it, */
    const struct vb_property *disabled; /* and this: true shuts it out */
    struct vb_span administrator;       /* the role: "admin" */
};

#endif
