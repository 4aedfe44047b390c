/* Tokens of others: the vectors of RFC 7515, and what must not be taken (RFC
 * 8725). Tokens of this test are signed with the secret of appendix A.1. */
#include "unit.h"

#include <stdio.h>

#include "vectors.h"

#include <gnutls/crypto.h>

#include "access/jwt.h"
#include "base/base64.h"

#define NOW 1000000000

static const struct vb_span issuers[] = {VB_SPAN_INIT("https://id.example")};
static const struct vb_span audiences[] = {VB_SPAN_INIT("books"),
                                           VB_SPAN_INIT("films")};
static const struct vb_jwt_rules rules = {
    .issuers = issuers,
    .issuer_count = 1,
    .audiences = audiences,
    .audience_count = 2,
    .leeway_s = 30,
};

static struct vb_jwks *keys_of(const char *text)
{
    struct vb_jwks *keys;
    struct vb_buf why;

    vb_buf_init(&why, 4096);
    assert_int_equal(vb_jwks_parse(vb_span_str(text), &keys, &why), VB_OK);
    vb_buf_done(&why);
    return keys;
}

static void encode(struct vb_buf *buf, const char *bytes, size_t len)
{
    vb_base64_encode(buf, vb_span_of(bytes, len),
                     VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL);
}

/* Signs with the secret of A.1, whatever the header says. */
static void make(struct vb_buf *token, const char *header, const char *payload)
{
    static const char k[] = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0"
                            "gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    char secret[128], mac[32];
    size_t len;

    vb_buf_init(token, 1 << 20);
    assert_true(vb_base64_decode(
        vb_span_str(k), VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL, secret, &len));
    encode(token, header, strlen(header));
    vb_buf_char(token, '.');
    encode(token, payload, strlen(payload));
    assert_int_equal(gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret, len,
                                      token->ptr, token->len, mac),
                     0);
    vb_buf_char(token, '.');
    encode(token, mac, sizeof(mac));
}

static enum vb_err verify(const struct vb_jwks *keys, struct vb_span token)
{
    struct vb_jwt *jwt = NULL;
    const char *why;
    enum vb_err err = vb_jwt_verify(keys, token, &jwt, &why);

    if (err == VB_OK)
        vb_jwt_unref(jwt);
    else
        assert_non_null(why);
    return err;
}

static void the_vectors_of_rfc_7515(void **state)
{
    static const struct {
        const char *key, *token;
    } rows[] = {{A1_KEY, A1_TOKEN}, {A2_KEY, A2_TOKEN}, {A3_KEY, A3_TOKEN}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        for (size_t k = 0; k < VB_COUNT_OF(rows); k++) {
            struct vb_jwks *keys = keys_of(rows[k].key);

            assert_int_equal(verify(keys, vb_span_str(rows[i].token)),
                             i == k ? VB_OK : VB_ERR_INVALID);
            vb_jwks_free(keys);
        }
}

/* Every bit of a token counts: one that is changed is another token. */
static void no_character_may_change(void **state)
{
    static const struct {
        const char *key, *token;
    } rows[] = {{A1_KEY, A1_TOKEN}, {A3_KEY, A3_TOKEN}};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_jwks *keys = keys_of(rows[i].key);
        size_t len = strlen(rows[i].token);
        char text[1024];

        for (size_t at = 0; at < len; at++) {
            memcpy(text, rows[i].token, len + 1);
            text[at] = text[at] == 'A' ? 'B' : 'A';
            assert_int_equal(verify(keys, vb_span_of(text, len)),
                             VB_ERR_INVALID);
        }
        for (size_t most = 0; most < len; most++)
            assert_int_equal(verify(keys, vb_span_of(rows[i].token, most)),
                             VB_ERR_INVALID);
        vb_jwks_free(keys);
    }
}

/* The public key of RS256 must not be a secret of HS256 (RFC 8725 2.1), nor
 * does anything go that the header asks for. All are signed with A.1's. */
static void what_a_header_must_not_say(void **state)
{
    static const struct {
        const char *header;
        bool good;
    } rows[] = {
        {"{\"alg\":\"HS256\"}", true},
        {"{\"alg\":\"HS256\",\"typ\":\"JWT\"}", true},
        {"{\"alg\":\"HS256\",\"typ\":\"at+jwt\"}", true},
        {"{\"alg\":\"HS256\",\"kid\":\"any\"}", true}, /* A.1's has no name */
        {"{\"alg\":\"HS256\",\"jku\":\"https://evil.example/\"}", true},
        {"{\"alg\":\"none\"}", false},
        {"{\"alg\":\"None\"}", false},
        {"{\"alg\":\"hs256\"}", false},
        {"{\"alg\":\"HS384\"}", false},
        {"{\"alg\":\"RS256\"}", false},
        {"{\"alg\":\"ES256\"}", false},
        {"{\"alg\":null}", false},
        {"{\"alg\":[\"HS256\"]}", false},
        {"{}", false},
        {"[]", false},
        {"\"HS256\"", false},
        {"", false},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", false},
        {"{\"alg\":\"none\",\"alg\":\"HS256\"}", false},
        {"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", false},
        {"{\"alg\":\"HS256\",\"crit\":[]}", false},
        {"{\"alg\":\"HS256\",\"b64\":false}", false},
        {"{\"alg\":\"HS256\",\"zip\":\"DEF\"}", false},
        {"{\"alg\":\"HS256\",\"enc\":\"A128GCM\"}", false},
        {"{\"alg\":\"HS256\",\"cty\":\"JWT\"}", false},
        {"{\"alg\":\"HS256\",\"typ\":\"dpop+jwt\"}", false},
        {"{\"alg\":\"HS256\",\"typ\":1}", false},
        {"{\"alg\":\"HS256\",\"kid\":1}", false},
        {"{\"alg\":\"HS256\",\"x\":\"\xff\"}", false},
    };
    struct vb_jwks *keys =
        keys_of("{\"keys\":[" A2_KEY "," A3_KEY "," A1_KEY "]}");

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf token;

        make(&token, rows[i].header, "{\"sub\":\"ann\"}");
        if (verify(keys, vb_buf_span(&token)) !=
            (rows[i].good ? VB_OK : VB_ERR_INVALID))
            fail_msg("%s", rows[i].header);
        vb_buf_done(&token);
    }
    vb_jwks_free(keys);
}

static void a_key_with_a_name_is_only_for_that_name(void **state)
{
    static const struct {
        const char *header;
        bool good;
    } rows[] = {
        {"{\"alg\":\"HS256\",\"kid\":\"a\"}", true},
        {"{\"alg\":\"HS256\",\"kid\":\"b\"}", false}, /* another secret */
        {"{\"alg\":\"HS256\",\"kid\":\"c\"}", false},
        {"{\"alg\":\"HS256\"}", true}, /* all that there are, if few */
    };
    struct vb_jwks *keys = keys_of(
        "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"b\",\"k\":"
        "\"BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\"},{\"kty\":"
        "\"oct\",\"kid\":\"a\",\"k\":"
        "\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-"
        "1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}]}");

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf token;

        make(&token, rows[i].header, "{}");
        assert_int_equal(verify(keys, vb_buf_span(&token)),
                         rows[i].good ? VB_OK : VB_ERR_INVALID);
        vb_buf_done(&token);
    }
    vb_jwks_free(keys);
}

static void the_shape_is_three_parts_of_base64url(void **state)
{
    static const char *const rows[] = {
        "",
        ".",
        "..",
        "...",
        "a.b",
        A1_TOKEN ".a",
        A1_TOKEN ".a.b", /* five parts: encrypted (RFC 7516) */
        A1_TOKEN "=",
        A1_TOKEN " ",
        " " A1_TOKEN,
        A1_TOKEN "\n",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." A1_PAYLOAD ".",
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." A1_PAYLOAD,
        /* spare bits of the last character (k is 010100, l 010101) */
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." A1_PAYLOAD
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXl",
        /* the usual alphabet */
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." A1_PAYLOAD
        ".dBjftJeZ4CVP+mB92K27uhbUJU1p1r/wW1gFWFOEjXk",
    };
    struct vb_jwks *keys = keys_of(A1_KEY);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        if (verify(keys, vb_span_str(rows[i])) != VB_ERR_INVALID)
            fail_msg("%s", rows[i]);
    vb_jwks_free(keys);
}

static void what_is_huge_or_deep_is_refused(void **state)
{
    struct vb_jwks *keys = keys_of(A1_KEY);
    static char payload[16 * 1024];
    struct vb_buf token;

    (void)state;
    snprintf(payload, sizeof(payload), "{\"a\":\"%8000s\"}", "");
    make(&token, "{\"alg\":\"HS256\"}", payload);
    assert_int_equal(verify(keys, vb_buf_span(&token)), VB_ERR_INVALID);
    vb_buf_done(&token);
    memset(payload, '[', 100);
    memset(payload + 100, ']', 100);
    payload[200] = 0;
    make(&token, "{\"alg\":\"HS256\"}", payload);
    assert_int_equal(verify(keys, vb_buf_span(&token)), VB_ERR_INVALID);
    vb_buf_done(&token);
    vb_jwks_free(keys);
}

static void a_login_is_a_text_and_an_address_is_verified(void **state)
{
    static const struct {
        const char *claims, *claim, *login; /* NULL: there is none */
    } rows[] = {
        {"{\"sub\":\"ann\"}", "sub", "ann"},
        {"{\"sub\":\"ann\",\"email_verified\":false}", "sub", "ann"},
        {"{\"sub\":1}", "sub", NULL},
        {"{\"sub\":[\"ann\"]}", "sub", NULL},
        {"{}", "sub", NULL},
        {"{\"email\":\"a@b\",\"email_verified\":true}", "email", "a@b"},
        {"{\"email\":\"a@b\",\"email_verified\":\"true\"}", "email", "a@b"},
        {"{\"email\":\"a@b\",\"email_verified\":false}", "email", NULL},
        {"{\"email\":\"a@b\",\"email_verified\":\"false\"}", "email", NULL},
        {"{\"email\":\"a@b\",\"email_verified\":1}", "email", NULL},
        {"{\"email\":\"a@b\"}", "email", NULL},
        {"{\"email_verified\":true}", "email", NULL},
    };
    struct vb_jwks *keys = keys_of(A1_KEY);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span login = VB_SPAN("");
        struct vb_jwt *jwt;
        struct vb_buf token;
        const char *why;
        bool found;

        make(&token, "{\"alg\":\"HS256\"}", rows[i].claims);
        assert_int_equal(vb_jwt_verify(keys, vb_buf_span(&token), &jwt, &why),
                         VB_OK);
        found = vb_jwt_login(jwt, vb_span_str(rows[i].claim), &login);
        if (found != (rows[i].login != NULL))
            fail_msg("%s", rows[i].claims);
        if (found)
            assert_true(vb_span_eq(login, vb_span_str(rows[i].login)));
        vb_jwt_unref(jwt);
        vb_buf_done(&token);
    }
    vb_jwks_free(keys);
}

static void what_the_claims_must_say(void **state)
{
    static const struct {
        const char *claims, *why; /* NULL: they hold */
    } rows[] = {
#define GOOD "\"sub\":\"ann\",\"iss\":\"https://id.example\",\"aud\":\"books\""
        {"{" GOOD ",\"exp\":1000000100}", NULL},
        {"{" GOOD ",\"exp\":1000000100.5,\"nbf\":999999999,\"iat\":1e9}", NULL},
        {"{" GOOD ",\"exp\":999999971}", NULL}, /* within the leeway */
        {"{" GOOD ",\"exp\":999999970}", "It has expired."},
        {"{" GOOD ",\"exp\":0}", "It has expired."},
        {"{" GOOD "}", "It does not say when it expires."},
        {"{" GOOD ",\"exp\":\"1000000100\"}",
         "It does not say when it expires."},
        {"{" GOOD ",\"exp\":null}", "It does not say when it expires."},
        {"{" GOOD ",\"exp\":-1}", "It does not say when it expires."},
        {"{" GOOD ",\"exp\":1e400}", "It does not say when it expires."},
        {"{" GOOD ",\"exp\":1000000100,\"nbf\":1000000030}", NULL},
        {"{" GOOD ",\"exp\":1000000100,\"nbf\":1000000031}",
         "It is not good yet."},
        {"{" GOOD ",\"exp\":1000000100,\"nbf\":\"0\"}", "It is not good yet."},
        {"{" GOOD ",\"exp\":1000000100,\"iat\":1000000031}",
         "It is of a time to come."},
        {"{\"sub\":\"ann\",\"iss\":\"https://id.example\",\"exp\":1000000100}",
         "It is for another audience."},
        {"{\"sub\":\"ann\",\"iss\":\"https://id.example\",\"aud\":[\"x\","
         "\"films\"],\"exp\":1000000100}",
         NULL},
        {"{\"sub\":\"ann\",\"iss\":\"https://id.example\",\"aud\":[],\"exp\":"
         "1000000100}",
         "It is for another audience."},
        {"{\"sub\":\"ann\",\"iss\":\"https://id.example\",\"aud\":\"Books\","
         "\"exp\":1000000100}",
         "It is for another audience."},
        {"{\"sub\":\"ann\",\"iss\":\"https://id.example/\",\"aud\":\"books\","
         "\"exp\":1000000100}",
         "Its issuer is not one that is trusted here."},
        {"{\"sub\":\"ann\",\"iss\":[\"https://id.example\"],\"aud\":\"books\","
         "\"exp\":1000000100}",
         "Its issuer is not one that is trusted here."},
        {"{\"sub\":\"\",\"iss\":\"https://id.example\",\"aud\":\"books\","
         "\"exp\":1000000100}",
         "It does not say who it is about."},
        {"{\"sub\":\"a\\nb\",\"iss\":\"https://id.example\",\"aud\":\"books\","
         "\"exp\":1000000100}",
         "It does not say who it is about."},
        {"{\"sub\":7,\"iss\":\"https://id.example\",\"aud\":\"books\","
         "\"exp\":1000000100}",
         "It does not say who it is about."},
#undef GOOD
    };
    struct vb_jwks *keys = keys_of(A1_KEY);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf token;
        struct vb_jwt *jwt;
        const char *why;

        make(&token, "{\"alg\":\"HS256\"}", rows[i].claims);
        assert_int_equal(vb_jwt_verify(keys, vb_buf_span(&token), &jwt, &why),
                         VB_OK);
        why = vb_jwt_why_not(jwt, &rules, NOW);
        if ((why == NULL) != (rows[i].why == NULL) ||
            (why != NULL && strcmp(why, rows[i].why) != 0))
            fail_msg("%s: %s", rows[i].claims, why != NULL ? why : "good");
        vb_jwt_unref(jwt);
        vb_buf_done(&token);
    }
    vb_jwks_free(keys);
}

/* Who does not know itself in `aud` must refuse it (RFC 7519 4.1.3). */
static void a_token_for_somebody_is_not_for_nobody(void **state)
{
    static const struct vb_jwt_rules none = {.leeway_s = 0};
    struct vb_jwks *keys = keys_of(A1_KEY);
    struct vb_buf token;
    struct vb_jwt *jwt;
    const char *why;

    (void)state;
    make(&token, "{\"alg\":\"HS256\"}",
         "{\"sub\":\"a\",\"aud\":\"books\",\"exp\":1000000100}");
    assert_int_equal(vb_jwt_verify(keys, vb_buf_span(&token), &jwt, &why),
                     VB_OK);
    assert_non_null(vb_jwt_why_not(jwt, &none, NOW));
    vb_jwt_unref(jwt);
    vb_buf_done(&token);
    vb_jwks_free(keys);
}

static void add(void *context, struct vb_span word)
{
    struct vb_buf *buf = context;

    vb_buf_append(buf, word);
    vb_buf_char(buf, '|');
}

static void words_are_between_spaces_or_in_a_list(void **state)
{
    static const struct vb_span claims[] = {VB_SPAN_INIT("scope"),
                                            VB_SPAN_INIT("scp")};
    static const struct {
        const char *payload, *words; /* NULL: refused */
    } rows[] = {
        {"{\"scope\":\"a b:c\"}", "a|b:c|"},
        {"{\"scope\":\"  a  b \"}", "a|b|"},
        {"{\"scope\":\"\"}", ""},
        {"{\"scp\":[\"a\",\"b c\"]}", "a|b c|"},
        {"{\"scope\":\"a\",\"scp\":[\"b\"]}", "a|"},
        {"{}", ""},
        {"{\"scope\":[1]}", NULL},
        {"{\"scope\":{}}", NULL},
        {"{\"scope\":null}", NULL},
    };
    struct vb_jwks *keys = keys_of(A1_KEY);

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf token, words;
        struct vb_jwt *jwt;
        const char *why;
        bool good;

        make(&token, "{\"alg\":\"HS256\"}", rows[i].payload);
        assert_int_equal(vb_jwt_verify(keys, vb_buf_span(&token), &jwt, &why),
                         VB_OK);
        vb_buf_init(&words, 4096);
        good = vb_jwt_words(jwt, claims, 2, add, &words);
        assert_int_equal(good, rows[i].words != NULL);
        if (good)
            assert_span_equal(vb_buf_span(&words), rows[i].words);
        vb_jwt_unref(jwt);
        vb_buf_done(&words);
        vb_buf_done(&token);
    }
    vb_jwks_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_rfc_7515),
        cmocka_unit_test(no_character_may_change),
        cmocka_unit_test(what_a_header_must_not_say),
        cmocka_unit_test(a_key_with_a_name_is_only_for_that_name),
        cmocka_unit_test(the_shape_is_three_parts_of_base64url),
        cmocka_unit_test(what_is_huge_or_deep_is_refused),
        cmocka_unit_test(a_login_is_a_text_and_an_address_is_verified),
        cmocka_unit_test(what_the_claims_must_say),
        cmocka_unit_test(a_token_for_somebody_is_not_for_nobody),
        cmocka_unit_test(words_are_between_spaces_or_in_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
