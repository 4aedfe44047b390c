/* Keys of others: which are taken, and what they verify. */
#include "unit.h"

#include <stdio.h>

#include "vectors.h"

#include "access/jwk.h"
#include "base/base64.h"

static enum vb_err parse(const char *text, struct vb_jwks **keys, char *why,
                         size_t size)
{
    struct vb_buf buf;
    enum vb_err err;

    vb_buf_init(&buf, 4096);
    err = vb_jwks_parse(vb_span_str(text), keys, &buf);
    snprintf(why, size, "%.*s", VB_FMT(vb_buf_span(&buf)));
    vb_buf_done(&buf);
    return err;
}

static void what_a_set_is_read_as(void **state)
{
    static const struct {
        const char *text;
        size_t count;    /* 0: refused, */
        const char *why; /* because of this */
    } rows[] = {
        {A1_KEY, 1, ""},
        {A2_KEY, 1, ""},
        {A3_KEY, 1, ""},
        {ED_KEY, 1, ""},
        {"{\"keys\":[" A1_KEY "," A2_KEY "," A3_KEY "," ED_KEY "]}", 4, ""},
        /* what is for something else is passed over (RFC 7517 section 5) */
        {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\"},{\"kty\":\"new\"},"
         "{\"kty\":\"RSA\",\"alg\":\"RS512\"},{\"kty\":\"RSA\",\"use\":\"enc\"}"
         ",{\"kty\":\"oct\",\"key_ops\":[\"sign\"]}," ED_KEY "]}",
         1, ""},
        {"{\"keys\":[]}", 0,
         "it has no key for HS256, RS256, PS256, ES256 or EdDSA"},
        {"{\"keys\":[{\"kty\":\"new\"}]}", 0,
         "it has no key for HS256, RS256, PS256, ES256 or EdDSA"},
        {"{}", 0, "it is no JWK Set: keys is missing"},
        {"[]", 0, "it is no JWK Set: keys is missing"},
        {"{\"keys\":{}}", 0, "it is no JWK Set: keys is missing"},
        {"{\"keys\":[1]}", 0, "a key is no object"},
        {"", 0, "it is neither PEM nor JSON without duplicate names"},
        {"{\"keys\":[],\"keys\":[]}", 0,
         "it is neither PEM nor JSON without duplicate names"},
        /* what is weak, or no key at all */
        {"{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}", 0,
         "a secret key has fewer than 256 bits"},
        {"{\"kty\":\"oct\",\"k\":\"A+M=\"}", 0,
         "a secret key's k is no base64url"},
        {"{\"kty\":\"oct\"}", 0, "a secret key's k is no base64url"},
        {"{\"kty\":\"RSA\",\"n\":\"wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
         "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1\",\"e\":\"AQAB\"}",
         0, "an RSA key has fewer than 2048 or more than 8192 bits"},
        {"{\"kty\":\"RSA\",\"n\":\"" A2_N "\"}", 0,
         "a key lacks a number, or has one that is no base64url or of the "
         "wrong length"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"AAAA\"}",
         0,
         "a key lacks a number, or has one that is no base64url or of the "
         "wrong length"},
        /* no point of the curve (RFC 8725 section 3.4) */
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" A3_X "\",\"y\":\"" A3_X
         "\"}",
         0, "a key has numbers that make no key"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X
         "\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"}",
         0, "a private key is in it; the public one is enough"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" ED_X "\",\"kid\":1}",
         0, "a key's kid is no string"},
        {"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", 0,
         "in PEM, public keys and certificates are wanted"},
        {"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n", 0,
         "its PEM holds no key that can be read"},
        {"-----BEGIN PUBLIC KEY-----\nAA==\n", 0, "its PEM has no end"},
        /* the Ed25519 key of RFC 8410 section 10.1, and its EC sibling */
        {"some text\n-----BEGIN PUBLIC KEY-----\n"
         "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
         "-----END PUBLIC KEY-----\n",
         1, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_jwks *keys = NULL;
        char why[256];
        enum vb_err err = parse(rows[i].text, &keys, why, sizeof(why));

        if (err != (rows[i].count > 0 ? VB_OK : VB_ERR_INVALID) ||
            strcmp(why, rows[i].why) != 0)
            fail_msg("row %zu: %d, \"%s\"", i, (int)err, why);
        if (err == VB_OK)
            assert_int_equal(vb_jwks_count(keys), rows[i].count);
        vb_jwks_free(err == VB_OK ? keys : NULL);
    }
}

/* RFC 8037, appendix A.4; the signature is decoded by hand, as its payload is
 * no JSON. */
static void ed25519_is_as_in_rfc_8037(void **state)
{
    struct vb_jwks *keys;
    char why[256], signature[128];
    size_t len;

    (void)state;
    assert_int_equal(parse(ED_KEY, &keys, why, sizeof(why)), VB_OK);
    assert_true(vb_base64_decode(VB_SPAN(ED_SIGNATURE),
                                 VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL,
                                 signature, &len));
    assert_true(vb_jwks_verify(keys, VB_SPAN("EdDSA"), VB_SPAN(""),
                               VB_SPAN(ED_INPUT), vb_span_of(signature, len)));
    assert_false(vb_jwks_verify(keys, VB_SPAN("EdDSA"), VB_SPAN(""),
                                VB_SPAN(ED_INPUT "g"),
                                vb_span_of(signature, len)));
    assert_false(vb_jwks_verify(keys, VB_SPAN("ES256"), VB_SPAN(""),
                                VB_SPAN(ED_INPUT), vb_span_of(signature, len)));
    assert_false(vb_jwks_verify(keys, VB_SPAN("EdDSA"), VB_SPAN(""),
                                VB_SPAN(ED_INPUT),
                                vb_span_of(signature, len - 1)));
    signature[3] = (char)(signature[3] ^ 1);
    assert_false(vb_jwks_verify(keys, VB_SPAN("EdDSA"), VB_SPAN(""),
                                VB_SPAN(ED_INPUT), vb_span_of(signature, len)));
    vb_jwks_free(keys);
}

static void a_set_is_never_taken_for_another(void **state)
{
    struct vb_jwks *a, *b;
    char why[256];

    (void)state;
    assert_int_equal(parse(ED_KEY, &a, why, sizeof(why)), VB_OK);
    assert_int_equal(parse(ED_KEY, &b, why, sizeof(why)), VB_OK);
    assert_true(vb_jwks_serial(a) != vb_jwks_serial(b));
    vb_jwks_free(a);
    vb_jwks_free(b);
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    struct vb_jwks *keys;
    struct vb_buf why;

    (void)state;
    vb_buf_init(&why, 4096);
    assert_int_equal(vb_jwks_load("/nowhere/keys.json", &keys, &why),
                     VB_ERR_IO);
    assert_span_equal(vb_buf_span(&why),
                      "it cannot be read: No such file or directory");
    vb_buf_done(&why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_set_is_read_as),
        cmocka_unit_test(ed25519_is_as_in_rfc_8037),
        cmocka_unit_test(a_set_is_never_taken_for_another),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
