/* Tokens of others. See jwt.h. */
#include "access/jwt.h"

#include <stdlib.h>

#include "base/base64.h"
#include "content/json.h"
#include "content/number.h"
#include "http/chars.h"

#define MALFORMED "It is no signed JWT."
#define NO_MEMORY "There is no memory to look at it."

/* Numbers of a token beyond this are no times. */
#define TIME_MOST 1e15

struct parts {
    struct vb_span header, payload, signature; /* in base64url */
    struct vb_span input;                      /* what is signed */
};

/* --- reading ---------------------------------------------------------------
 */

static bool is_base64url(struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];

        if (!vb_char_is(c, VB_CHAR_ALPHA) && !vb_char_is(c, VB_CHAR_DIGIT) &&
            c != '-' && c != '_')
            return false;
    }
    return text.len > 0;
}

/* Three parts: five are of an encrypted token (RFC 7516). */
static bool cut(struct vb_span token, struct parts *ret)
{
    ssize_t first = vb_span_find(token, '.', 0);
    ssize_t second =
        first < 0 ? -1 : vb_span_find(token, '.', (size_t)first + 1);

    if (second < 0 || token.len > VB_JWT_MOST)
        return false;
    ret->header = vb_span_head(token, (size_t)first);
    ret->payload =
        vb_span_of(token.ptr + first + 1, (size_t)(second - first - 1));
    ret->signature = vb_span_from(token, (size_t)second + 1);
    ret->input = vb_span_head(token, (size_t)second);
    return is_base64url(ret->header) && is_base64url(ret->payload) &&
           is_base64url(ret->signature);
}

/* Into `room`, of VB_JWT_MOST bytes. */
static bool decode(struct vb_span text, char *room, struct vb_span *ret)
{
    size_t len;

    if (!vb_base64_decode(text, VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL, room,
                          &len))
        return false;
    *ret = vb_span_of(room, len);
    return true;
}

/* An object, each name once (RFC 7519 section 4). */
static enum vb_err read_object(struct vb_span base64, struct vb_json **ret_json)
{
    static const struct vb_json_limits limits = {
        .bytes = VB_JWT_MOST, .memory = (size_t)1 << 20, .depth = 16};
    char room[VB_JWT_MOST];
    struct vb_span text;
    struct vb_json *json;
    enum vb_err err;

    if (!decode(base64, room, &text))
        return VB_ERR_INVALID;
    err = vb_json_parse(text, &limits, &json, NULL);
    if (err == VB_ERR_NOMEM)
        return err;
    if (err != VB_OK)
        return VB_ERR_INVALID;
    if (yyjson_is_obj(json->root)) {
        *ret_json = json;
        return VB_OK;
    }
    vb_json_free(json);
    return VB_ERR_INVALID;
}

/* --- the header ------------------------------------------------------------
 */

/* Of those that are about anything else, one must not be taken for the other
 * (RFC 8725 section 3.11). */
static bool is_token_type(yyjson_val *header)
{
    static const char *const types[] = {"JWT", "application/jwt", "at+jwt",
                                        "application/at+jwt"};
    struct vb_span type = vb_json_member_text(header, "typ");

    if (yyjson_obj_get(header, "typ") == NULL)
        return true;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (vb_span_ieq(type, vb_span_str(types[i])))
            return true;
    return false;
}

/* What its header asks of us that we do not do, or NULL. Keys that it brings
 * or points at (jwk, jku, x5c, x5u) are not looked at: RFC 8725 section 3.10.
 */
static const char *why_not_header(yyjson_val *header)
{
    yyjson_val *kid = yyjson_obj_get(header, "kid");

    if (yyjson_obj_get(header, "crit") != NULL ||
        yyjson_obj_get(header, "b64") != NULL)
        return "It wants an extension that is not known here.";
    if (yyjson_obj_get(header, "zip") != NULL ||
        yyjson_obj_get(header, "enc") != NULL ||
        yyjson_obj_get(header, "cty") != NULL)
        return "It is compressed, encrypted or nested.";
    if (!is_token_type(header))
        return "Its type is not that of a token for access.";
    if (vb_json_member_text(header, "alg").len == 0 ||
        (kid != NULL && !yyjson_is_str(kid)))
        return MALFORMED;
    return NULL;
}

static const char *why_not_signed(const struct vb_jwks *keys,
                                  const struct parts *parts)
{
    struct vb_json *header;
    char room[VB_JWT_MOST];
    struct vb_span signature;
    enum vb_err err = read_object(parts->header, &header);
    const char *why;

    if (err != VB_OK)
        return err == VB_ERR_NOMEM ? NO_MEMORY : MALFORMED;
    why = why_not_header(header->root);
    if (why == NULL && !decode(parts->signature, room, &signature))
        why = MALFORMED;
    if (why == NULL &&
        !vb_jwks_verify(keys, vb_json_member_text(header->root, "alg"),
                        vb_json_member_text(header->root, "kid"), parts->input,
                        signature))
        why = "No key that is known here has signed it.";
    vb_json_free(header);
    return why;
}

enum vb_err vb_jwt_verify(const struct vb_jwks *keys, struct vb_span token,
                          struct vb_jwt **ret_jwt, const char **ret_why)
{
    struct vb_jwt *jwt;
    struct parts parts;
    enum vb_err err;

    *ret_why = cut(token, &parts) ? why_not_signed(keys, &parts) : MALFORMED;
    if (*ret_why != NULL)
        return VB_ERR_INVALID;
    jwt = calloc(1, sizeof(*jwt));
    err =
        jwt == NULL ? VB_ERR_NOMEM : read_object(parts.payload, &jwt->payload);
    if (err != VB_OK) {
        *ret_why = err == VB_ERR_NOMEM ? NO_MEMORY : MALFORMED;
        free(jwt);
        return err;
    }
    vb_ref_init(&jwt->ref);
    jwt->keys = vb_jwks_serial(keys);
    jwt->size = sizeof(*jwt) + 4 * token.len; /* values are larger than text */
    *ret_jwt = jwt;
    return VB_OK;
}

void vb_jwt_unref(struct vb_jwt *jwt)
{
    if (jwt == NULL || !vb_ref_put(&jwt->ref))
        return;
    vb_json_free(jwt->payload);
    free(jwt);
}

/* --- the claims ------------------------------------------------------------
 */

/* A NumericDate (RFC 7519 section 2), down to the second. */
static bool read_time(yyjson_val *val, int64_t *ret_s)
{
    double seconds;

    if (val == NULL || !vb_json_is_number(val))
        return false;
    if (vb_number_i64(vb_json_text(val), ret_s))
        return *ret_s >= 0 && *ret_s < (int64_t)TIME_MOST;
    seconds = strtod(vb_json_text(val).ptr, NULL);
    if (!(seconds >= 0 && seconds < TIME_MOST))
        return false;
    *ret_s = (int64_t)seconds;
    return true;
}

static const char *why_not_now(yyjson_val *claims, int64_t leeway,
                               int64_t now_s)
{
    yyjson_val *nbf = yyjson_obj_get(claims, "nbf");
    yyjson_val *iat = yyjson_obj_get(claims, "iat");
    int64_t time;

    if (!read_time(yyjson_obj_get(claims, "exp"), &time))
        return "It does not say when it expires.";
    if (now_s >= time + leeway)
        return "It has expired.";
    if (nbf != NULL && (!read_time(nbf, &time) || now_s + leeway < time))
        return "It is not good yet.";
    if (iat != NULL && (!read_time(iat, &time) || now_s + leeway < time))
        return "It is of a time to come.";
    return NULL;
}

static bool is_listed(yyjson_val *val, const struct vb_span *list, size_t count)
{
    for (size_t i = 0; yyjson_is_str(val) && i < count; i++)
        if (vb_span_eq(vb_json_text(val), list[i]))
            return true;
    return false;
}

/* RFC 7519 section 4.1.3: who does not know itself in `aud` must refuse it. */
static bool is_for_us(yyjson_val *aud, const struct vb_jwt_rules *rules)
{
    yyjson_val *one;
    size_t i, max;

    if (aud == NULL)
        return rules->audience_count == 0;
    yyjson_arr_foreach(aud, i, max, one)
    {
        if (is_listed(one, rules->audiences, rules->audience_count))
            return true;
    }
    return is_listed(aud, rules->audiences, rules->audience_count);
}

/* It will be told in logs, and stand in records. */
static bool is_subject(struct vb_span text)
{
    return text.len > 0 && vb_chars_none(text, VB_CHAR_CTL);
}

const char *vb_jwt_why_not(const struct vb_jwt *jwt,
                           const struct vb_jwt_rules *rules, int64_t now_s)
{
    yyjson_val *claims = jwt->payload->root;
    const char *why = why_not_now(claims, rules->leeway_s, now_s);

    if (why != NULL)
        return why;
    if (rules->issuer_count > 0 &&
        !is_listed(yyjson_obj_get(claims, "iss"), rules->issuers,
                   rules->issuer_count))
        return "Its issuer is not one that is trusted here.";
    if (!is_for_us(yyjson_obj_get(claims, "aud"), rules))
        return "It is for another audience.";
    return is_subject(vb_jwt_subject(jwt)) ? NULL
                                           : "It does not say who it is about.";
}

struct vb_span vb_jwt_subject(const struct vb_jwt *jwt)
{
    return vb_json_member_text(jwt->payload->root, "sub");
}

/* Some issuers say it in a string. */
static bool is_verified(yyjson_val *val)
{
    return yyjson_is_true(val) || yyjson_equals_str(val, "true");
}

bool vb_jwt_login(const struct vb_jwt *jwt, struct vb_span claim,
                  struct vb_span *ret_login)
{
    yyjson_val *claims = jwt->payload->root;
    yyjson_val *val = vb_json_member(claims, claim);

    if (!yyjson_is_str(val) ||
        (vb_span_eq(claim, VB_SPAN("email")) &&
         !is_verified(yyjson_obj_get(claims, "email_verified"))))
        return false;
    *ret_login = vb_json_text(val);
    return true;
}

/* --- words -----------------------------------------------------------------
 */

static bool each_of_text(struct vb_span text,
                         void (*each)(void *context, struct vb_span),
                         void *context)
{
    size_t count = 0;

    while (text.len > 0) {
        ssize_t space = vb_span_find(text, ' ', 0);
        struct vb_span word =
            vb_span_head(text, space < 0 ? text.len : (size_t)space);

        if (word.len > 0 && count++ == VB_JWT_WORDS_MOST)
            return false;
        if (word.len > 0)
            each(context, word);
        text = vb_span_from(text, space < 0 ? text.len : (size_t)space + 1);
    }
    return true;
}

static bool each_of_list(yyjson_val *list,
                         void (*each)(void *context, struct vb_span),
                         void *context)
{
    yyjson_val *word;
    size_t i, max;

    if (yyjson_arr_size(list) > VB_JWT_WORDS_MOST)
        return false;
    yyjson_arr_foreach(list, i, max, word)
    {
        if (!yyjson_is_str(word))
            return false;
        each(context, vb_json_text(word));
    }
    return true;
}

bool vb_jwt_words(const struct vb_jwt *jwt, const struct vb_span *claims,
                  size_t count, void (*each)(void *context, struct vb_span),
                  void *context)
{
    for (size_t i = 0; i < count; i++) {
        yyjson_val *val = vb_json_member(jwt->payload->root, claims[i]);

        if (yyjson_is_str(val))
            return each_of_text(vb_json_text(val), each, context);
        if (yyjson_is_arr(val))
            return each_of_list(val, each, context);
        if (val != NULL)
            return false;
    }
    return true;
}
