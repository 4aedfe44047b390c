/* Keys of others, read and used. See jwk.h. */
#include "access/jwk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <sodium.h>

#include "base/base64.h"
#include "base/read_at.h"
#include "content/json.h"

/* A key of fewer bits is refused: RFC 7518 sections 3.2 and 3.3. */
#define SECRET_LEAST   32
#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  8192

/* Keys that one token is tried with: each costs as much as a signature. */
#define TRIES_MOST 4

#define COORDINATE 32 /* bytes of P-256 and Ed25519 */

struct key {
    enum vb_jwa jwa;
    struct vb_span kid; /* "": none */
    gnutls_pubkey_t public;
    unsigned char *secret; /* HS256 */
    size_t size;           /* of the secret, or of an RSA signature */
};

struct vb_jwks {
    struct key keys[VB_JWKS_MOST];
    size_t count;
    uint64_t serial;
};

static const struct {
    const char *name;
    gnutls_sign_algorithm_t sign;
} algorithms[VB_JWA_COUNT] = {
    [VB_JWA_HS256] = {"HS256", GNUTLS_SIGN_UNKNOWN},
    [VB_JWA_RS256] = {"RS256", GNUTLS_SIGN_RSA_SHA256},
    [VB_JWA_PS256] = {"PS256", GNUTLS_SIGN_RSA_PSS_RSAE_SHA256},
    [VB_JWA_ES256] = {"ES256", GNUTLS_SIGN_ECDSA_SHA256},
    [VB_JWA_EDDSA] = {"EdDSA", GNUTLS_SIGN_EDDSA_ED25519},
};

uint64_t vb_jwks_serial(const struct vb_jwks *keys)
{
    return keys->serial;
}

size_t vb_jwks_count(const struct vb_jwks *keys)
{
    return keys->count;
}

static void key_done(struct key *key)
{
    gnutls_pubkey_deinit(key->public);
    if (key->secret != NULL)
        sodium_memzero(key->secret, key->size);
    free(key->secret);
    free((char *)key->kid.ptr);
    *key = (struct key){.public = NULL};
}

void vb_jwks_free(struct vb_jwks *keys)
{
    if (keys == NULL)
        return;
    for (size_t i = 0; i < keys->count; i++)
        key_done(&keys->keys[i]);
    free(keys);
}

/* What reading one key came to. */
enum taken { TAKEN, PASSED_OVER, BROKEN };

static enum taken broken(struct vb_buf *why, const char *text)
{
    vb_buf_str(why, text);
    return BROKEN;
}

/* --- public keys ----------------------------------------------------------
 */

/* The algorithm of a public key of its own accord, or -1. */
static int usual_jwa(gnutls_pubkey_t public)
{
    gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;

    switch (gnutls_pubkey_get_pk_algorithm(public, NULL)) {
    case GNUTLS_PK_RSA:
        return VB_JWA_RS256;
    case GNUTLS_PK_RSA_PSS:
        return VB_JWA_PS256;
    case GNUTLS_PK_ECDSA:
        if (gnutls_pubkey_export_ecc_raw(public, &curve, NULL, NULL) != 0 ||
            curve != GNUTLS_ECC_CURVE_SECP256R1)
            return -1;
        return VB_JWA_ES256;
    case GNUTLS_PK_EDDSA_ED25519:
        return VB_JWA_EDDSA;
    default:
        return -1;
    }
}

/* Is the key one that can be relied on? An elliptic curve's point must be on
 * it (RFC 8725 section 3.4). */
static enum taken judge_public(struct key *key, struct vb_buf *why)
{
    unsigned bits = 0;
    bool rsa = key->jwa == VB_JWA_RS256 || key->jwa == VB_JWA_PS256;

    if (gnutls_pubkey_get_pk_algorithm(key->public, &bits) < 0 ||
        gnutls_pubkey_verify_params(key->public) < 0)
        return broken(why, "a key has numbers that make no key");
    if (rsa && (bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST))
        return broken(why, "an RSA key has fewer than 2048 or more than 8192 "
                           "bits");
    key->size = rsa ? (bits + 7) / 8 : 2 * COORDINATE;
    return TAKEN;
}

/* --- JWK -------------------------------------------------------------------
 */

/* A member that is base64url (RFC 7515 section 2), decoded; malloc'ed. False:
 * it is not there, or something else. */
static bool get_bytes(yyjson_val *jwk, const char *name, gnutls_datum_t *ret)
{
    yyjson_val *val = yyjson_obj_get(jwk, name);
    struct vb_span text;
    char *bytes;
    size_t len;

    if (!yyjson_is_str(val))
        return false;
    text = vb_json_text(val);
    if (text.len == 0 || vb_span_find(text, '=', 0) >= 0)
        return false;
    bytes = malloc(vb_base64_decoded_max(text.len));
    if (bytes == NULL)
        return false;
    if (!vb_base64_decode(text, VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL, bytes,
                          &len)) {
        free(bytes);
        return false;
    }
    *ret = (gnutls_datum_t){(unsigned char *)bytes, (unsigned)len};
    return true;
}

static bool import_rsa(yyjson_val *jwk, gnutls_pubkey_t public)
{
    gnutls_datum_t n = {NULL, 0}, e = {NULL, 0};
    bool good = get_bytes(jwk, "n", &n) && get_bytes(jwk, "e", &e) &&
                gnutls_pubkey_import_rsa_raw(public, &n, &e) == 0;

    free(n.data);
    free(e.data);
    return good;
}

static bool import_curve(yyjson_val *jwk, gnutls_pubkey_t public,
                         gnutls_ecc_curve_t curve)
{
    bool has_y = curve == GNUTLS_ECC_CURVE_SECP256R1;
    gnutls_datum_t x = {NULL, 0}, y = {NULL, 0};
    bool good =
        get_bytes(jwk, "x", &x) && x.size == COORDINATE &&
        (!has_y || (get_bytes(jwk, "y", &y) && y.size == COORDINATE)) &&
        gnutls_pubkey_import_ecc_raw(public, curve, &x, has_y ? &y : NULL) == 0;

    free(x.data);
    free(y.data);
    return good;
}

static bool import_ec(yyjson_val *jwk, gnutls_pubkey_t public)
{
    return import_curve(jwk, public, GNUTLS_ECC_CURVE_SECP256R1);
}

static bool import_okp(yyjson_val *jwk, gnutls_pubkey_t public)
{
    return import_curve(jwk, public, GNUTLS_ECC_CURVE_ED25519);
}

static enum taken take_public(yyjson_val *jwk,
                              bool (*import)(yyjson_val *, gnutls_pubkey_t),
                              struct key *key, struct vb_buf *why)
{
    if (yyjson_obj_get(jwk, "d") != NULL)
        return broken(why, "a private key is in it; the public one is enough");
    if (gnutls_pubkey_init(&key->public) != 0)
        return broken(why, "out of memory");
    if (!import(jwk, key->public))
        return broken(why, "a key lacks a number, or has one that is no "
                           "base64url or of the wrong length");
    return judge_public(key, why);
}

static enum taken take_secret(yyjson_val *jwk, struct key *key,
                              struct vb_buf *why)
{
    gnutls_datum_t k = {NULL, 0};

    if (!get_bytes(jwk, "k", &k))
        return broken(why, "a secret key's k is no base64url");
    key->secret = k.data;
    key->size = k.size;
    return k.size >= SECRET_LEAST
               ? TAKEN
               : broken(why, "a secret key has fewer than 256 bits");
}

/* Types of keys, and what they are for (RFC 7518 section 6.1, RFC 8037). The
 * first algorithm of a type is that of a key which names none. */
static const struct type {
    const char *kty, *crv;
    enum vb_jwa jwa;
    bool (*import)(yyjson_val *jwk, gnutls_pubkey_t public); /* NULL: secret */
} types[] = {
    {"RSA", NULL, VB_JWA_RS256, import_rsa},
    {"RSA", NULL, VB_JWA_PS256, import_rsa},
    {"EC", "P-256", VB_JWA_ES256, import_ec},
    {"OKP", "Ed25519", VB_JWA_EDDSA, import_okp},
    {"oct", NULL, VB_JWA_HS256, NULL},
};

static const struct type *type_of(yyjson_val *jwk)
{
    yyjson_val *alg = yyjson_obj_get(jwk, "alg");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        const struct type *type = &types[i];

        if (yyjson_equals_str(yyjson_obj_get(jwk, "kty"), type->kty) &&
            (type->crv == NULL ||
             yyjson_equals_str(yyjson_obj_get(jwk, "crv"), type->crv)) &&
            (alg == NULL || yyjson_equals_str(alg, algorithms[type->jwa].name)))
            return type;
    }
    return NULL;
}

/* Is it for verifying (RFC 7517 sections 4.2 and 4.3)? */
static bool verifies(yyjson_val *jwk)
{
    yyjson_val *use = yyjson_obj_get(jwk, "use");
    yyjson_val *operations = yyjson_obj_get(jwk, "key_ops");
    yyjson_val *operation;
    size_t i, max;

    if (use != NULL && !yyjson_equals_str(use, "sig"))
        return false;
    if (operations == NULL)
        return true;
    yyjson_arr_foreach(operations, i, max, operation)
    {
        if (yyjson_equals_str(operation, "verify"))
            return true;
    }
    return false;
}

static enum taken take_jwk(yyjson_val *jwk, struct key *key, struct vb_buf *why)
{
    const struct type *type = type_of(jwk);
    yyjson_val *kid = yyjson_obj_get(jwk, "kid");

    if (!yyjson_is_obj(jwk))
        return broken(why, "a key is no object");
    if (type == NULL || !verifies(jwk))
        return PASSED_OVER;
    key->jwa = type->jwa;
    if (kid != NULL && !yyjson_is_str(kid))
        return broken(why, "a key's kid is no string");
    if (kid != NULL) {
        struct vb_span text = vb_json_text(kid);

        key->kid = vb_span_of(malloc(text.len + 1), text.len);
        if (key->kid.ptr == NULL)
            return broken(why, "out of memory");
        memcpy((char *)key->kid.ptr, text.ptr, text.len);
    }
    return type->import != NULL ? take_public(jwk, type->import, key, why)
                                : take_secret(jwk, key, why);
}

/* --- sets ------------------------------------------------------------------
 */

/* Ends the reading of a key. False: it was broken. */
static bool keep(struct vb_jwks *keys, struct key *key, enum taken taken)
{
    if (taken == TAKEN)
        keys->keys[keys->count++] = *key;
    else
        key_done(key);
    return taken != BROKEN;
}

static bool read_set(yyjson_val *root, struct vb_jwks *keys, struct vb_buf *why)
{
    yyjson_val *list = yyjson_obj_get(root, "keys");
    yyjson_val *jwk;
    size_t i, max;
    struct key key = {.public = NULL};

    if (list == NULL && yyjson_obj_get(root, "kty") != NULL)
        return keep(keys, &key, take_jwk(root, &key, why));
    if (!yyjson_is_arr(list))
        return broken(why, "it is no JWK Set: keys is missing") != BROKEN;
    if (yyjson_arr_size(list) > VB_JWKS_MOST)
        return broken(why, "it has more than 64 keys") != BROKEN;
    yyjson_arr_foreach(list, i, max, jwk)
    {
        key = (struct key){.public = NULL};
        if (!keep(keys, &key, take_jwk(jwk, &key, why)))
            return false;
    }
    return true;
}

static bool read_json(struct vb_span text, struct vb_jwks *keys,
                      struct vb_buf *why)
{
    static const struct vb_json_limits limits = {
        .bytes = VB_JWKS_BYTES_MOST, .memory = (size_t)32 << 20, .depth = 16};
    struct vb_json *json;
    bool good;

    /* What is wrong with the text may show a part of it: not told. */
    if (vb_json_parse(text, &limits, &json, NULL) != VB_OK)
        return broken(why, "it is neither PEM nor JSON without duplicate "
                           "names") != BROKEN;
    good = read_set(json->root, keys, why);
    vb_json_free(json);
    return good;
}

/* --- PEM (RFC 7468) --------------------------------------------------------
 */

static bool import_certificate(gnutls_pubkey_t public,
                               const gnutls_datum_t *pem)
{
    return gnutls_pubkey_import_x509_raw(public, pem, GNUTLS_X509_FMT_PEM, 0) ==
           0;
}

static bool import_public(gnutls_pubkey_t public, const gnutls_datum_t *pem)
{
    return gnutls_pubkey_import(public, pem, GNUTLS_X509_FMT_PEM) == 0;
}

static const struct label {
    const char *text;
    bool (*import)(gnutls_pubkey_t public, const gnutls_datum_t *pem);
} labels[] = {
    {"PUBLIC KEY-----", import_public},
    {"CERTIFICATE-----", import_certificate},
};

static const struct label *label_of(struct vb_span rest)
{
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (vb_span_starts(rest, vb_span_str(labels[i].text)))
            return &labels[i];
    return NULL;
}

static enum taken take_pem(struct vb_span block, struct key *key,
                           struct vb_buf *why)
{
    const gnutls_datum_t pem = {(unsigned char *)block.ptr,
                                (unsigned)block.len};
    const struct label *label =
        label_of(vb_span_from(block, strlen("-----BEGIN ")));
    int jwa;

    if (label == NULL)
        return broken(why, "in PEM, public keys and certificates are wanted");
    if (gnutls_pubkey_init(&key->public) != 0)
        return broken(why, "out of memory");
    if (!label->import(key->public, &pem))
        return broken(why, "its PEM holds no key that can be read");
    jwa = usual_jwa(key->public);
    if (jwa < 0)
        return PASSED_OVER;
    key->jwa = (enum vb_jwa)jwa;
    return judge_public(key, why);
}

/* Where a text begins in another, or -1. */
static ssize_t find_text(struct vb_span in, const char *text, size_t from)
{
    const char *found =
        from < in.len ? memmem(in.ptr + from, in.len - from, text, strlen(text))
                      : NULL;

    return found != NULL ? found - in.ptr : -1;
}

static bool read_pem(struct vb_span text, struct vb_jwks *keys,
                     struct vb_buf *why)
{
    ssize_t begin, end;
    size_t at = 0;

    while ((begin = find_text(text, "-----BEGIN ", at)) >= 0) {
        struct key key = {.public = NULL};

        end = find_text(text, "-----END ", (size_t)begin);
        end = end < 0 ? -1 : find_text(text, "-----", (size_t)end + 9);
        if (end < 0)
            return broken(why, "its PEM has no end") != BROKEN;
        if (keys->count == VB_JWKS_MOST)
            return broken(why, "it has more than 64 keys") != BROKEN;
        at = (size_t)end + 5;
        if (!keep(keys, &key,
                  take_pem(vb_span_of(text.ptr + begin, at - (size_t)begin),
                           &key, why)))
            return false;
    }
    return true;
}

/* --- all of it --------------------------------------------------------------
 */

enum vb_err vb_jwks_parse(struct vb_span text, struct vb_jwks **ret_keys,
                          struct vb_buf *why)
{
    static atomic_uint_fast64_t last_serial;
    struct vb_jwks *keys = calloc(1, sizeof(*keys));
    bool good;

    if (keys == NULL)
        return VB_ERR_NOMEM;
    keys->serial = atomic_fetch_add(&last_serial, 1) + 1;
    good = find_text(text, "-----BEGIN ", 0) >= 0 ? read_pem(text, keys, why)
                                                  : read_json(text, keys, why);
    if (good && keys->count == 0)
        good = broken(why, "it has no key for HS256, RS256, PS256, ES256 or "
                           "EdDSA") != BROKEN;
    if (!good) {
        vb_jwks_free(keys);
        return VB_ERR_INVALID;
    }
    *ret_keys = keys;
    return VB_OK;
}

/* Bytes of the file, or -1 with errno. */
static ssize_t read_file(const char *path, char *into, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0)
        return -1;
    len = vb_read_at(fd, into, size, 0);
    close(fd);
    return len;
}

enum vb_err vb_jwks_load(const char *path, struct vb_jwks **ret_keys,
                         struct vb_buf *why)
{
    char *text = malloc(VB_JWKS_BYTES_MOST + 1);
    enum vb_err err = VB_ERR_IO;
    ssize_t len;

    if (text == NULL)
        return VB_ERR_NOMEM;
    len = read_file(path, text, VB_JWKS_BYTES_MOST + 1);
    if (len < 0)
        vb_buf_printf(why, "it cannot be read: %s", strerror(errno));
    else if ((size_t)len > VB_JWKS_BYTES_MOST)
        vb_buf_str(why, "it is longer than 1 MiB");
    else
        err = vb_jwks_parse(vb_span_of(text, (size_t)len), ret_keys, why);
    sodium_memzero(text, VB_JWKS_BYTES_MOST + 1);
    free(text);
    return err;
}

/* --- verifying ------------------------------------------------------------
 */

static bool verify_secret(const struct key *key, struct vb_span input,
                          struct vb_span signature)
{
    unsigned char mac[32];

    return signature.len == sizeof(mac) &&
           gnutls_hmac_fast(GNUTLS_MAC_SHA256, key->secret, key->size,
                            input.ptr, input.len, mac) == 0 &&
           sodium_memcmp(mac, signature.ptr, sizeof(mac)) == 0;
}

static bool verify_public(const struct key *key, struct vb_span input,
                          const gnutls_datum_t *signature)
{
    const gnutls_datum_t data = {(unsigned char *)input.ptr,
                                 (unsigned)input.len};

    return gnutls_pubkey_verify_data2(key->public, algorithms[key->jwa].sign, 0,
                                      &data, signature) >= 0;
}

/* R and S, 32 bytes each (RFC 7518 section 3.4), and never DER. */
static bool verify_ecdsa(const struct key *key, struct vb_span input,
                         struct vb_span signature)
{
    unsigned char *bytes = (unsigned char *)signature.ptr;
    const gnutls_datum_t r = {bytes, COORDINATE};
    const gnutls_datum_t s = {bytes + COORDINATE, COORDINATE};
    gnutls_datum_t der = {NULL, 0};
    bool good = gnutls_encode_rs_value(&der, &r, &s) == 0 &&
                verify_public(key, input, &der);

    gnutls_free(der.data);
    return good;
}

static bool verify(const struct key *key, struct vb_span input,
                   struct vb_span signature)
{
    const gnutls_datum_t plain = {(unsigned char *)signature.ptr,
                                  (unsigned)signature.len};

    if (key->jwa == VB_JWA_HS256)
        return verify_secret(key, input, signature);
    if (signature.len != key->size)
        return false;
    return key->jwa == VB_JWA_ES256 ? verify_ecdsa(key, input, signature)
                                    : verify_public(key, input, &plain);
}

static bool would_do(const struct key *key, struct vb_span alg,
                     struct vb_span kid)
{
    return vb_span_eq(alg, vb_span_str(algorithms[key->jwa].name)) &&
           (kid.len == 0 || key->kid.len == 0 || vb_span_eq(key->kid, kid));
}

bool vb_jwks_verify(const struct vb_jwks *keys, struct vb_span alg,
                    struct vb_span kid, struct vb_span input,
                    struct vb_span signature)
{
    size_t count = 0;

    for (size_t i = 0; i < keys->count; i++)
        count += would_do(&keys->keys[i], alg, kid);
    if (count > TRIES_MOST)
        return false;
    for (size_t i = 0; i < keys->count; i++)
        if (would_do(&keys->keys[i], alg, kid) &&
            verify(&keys->keys[i], input, signature))
            return true;
    return false;
}
