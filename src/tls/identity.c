/*
 * From a certificate to the words in it: see identity.h. All of them lie in one
 * allocation behind the struct, since idle connections have one each.
 */
#include "tls/identity.h"

#include <arpa/inet.h>
#include <gnutls/x509.h>
#include <stdlib.h>

#include "base/buf.h"

#define TEXT_MOST  ((size_t)8 * 1024)
#define NAMES_MOST 64

/* The texts, one behind the other. */
enum { SUBJECT, ISSUER, SERIAL, FINGERPRINT, COMMON_NAME, FIRST_NAME };
#define PIECES_MOST (FIRST_NAME + NAMES_MOST)

struct draft {
    struct vb_buf text;
    size_t ends[PIECES_MOST];
    size_t count;
};

static void end_piece(struct draft *draft)
{
    draft->ends[draft->count++] = draft->text.len;
}

static void put_hex(struct vb_buf *text, const unsigned char *bytes,
                    size_t count)
{
    for (size_t i = 0; i < count; i++)
        vb_buf_printf(text, "%02x", bytes[i]);
}

static bool put_dn(struct draft *draft, gnutls_x509_crt_t certificate,
                   int (*get)(gnutls_x509_crt_t, gnutls_datum_t *, unsigned))
{
    gnutls_datum_t dn = {NULL, 0};
    int rc = get(certificate, &dn, 0);

    if (rc == 0)
        vb_buf_append(&draft->text, vb_span_of((const char *)dn.data, dn.size));
    gnutls_free(dn.data);
    end_piece(draft);
    return rc == 0 || rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
}

/* RFC 5280 section 4.1.2.2: 20 bytes at most, but some have more. */
static bool put_serial(struct draft *draft, gnutls_x509_crt_t certificate)
{
    unsigned char bytes[64];
    size_t size = sizeof(bytes), sign;

    if (gnutls_x509_crt_get_serial(certificate, bytes, &size) < 0)
        return false;
    sign = size > 1 && bytes[0] == 0 ? 1 : 0; /* it says that it is positive */
    put_hex(&draft->text, bytes + sign, size - sign);
    end_piece(draft);
    return true;
}

static bool put_fingerprint(struct draft *draft, const gnutls_datum_t *der)
{
    unsigned char hash[32];
    size_t size = sizeof(hash);

    if (gnutls_fingerprint(GNUTLS_DIG_SHA256, der, hash, &size) < 0)
        return false;
    put_hex(&draft->text, hash, size);
    end_piece(draft);
    return true;
}

static int get_common_name(gnutls_x509_crt_t certificate, unsigned which,
                           char *bytes, size_t *size)
{
    return gnutls_x509_crt_get_dn_by_oid(
        certificate, GNUTLS_OID_X520_COMMON_NAME, which, 0, bytes, size);
}

/* The only one: of two, nobody can tell which is meant. */
static void put_common_name(struct draft *draft, gnutls_x509_crt_t certificate)
{
    char name[1024];
    size_t len = sizeof(name), other = 0;

    if (get_common_name(certificate, 0, name, &len) == 0 &&
        get_common_name(certificate, 1, NULL, &other) ==
            GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        vb_buf_append(&draft->text, vb_span_of(name, len));
    end_piece(draft);
}

static void put_address(struct vb_buf *text, const void *bytes, size_t size)
{
    char name[INET6_ADDRSTRLEN];

    if (inet_ntop(size == 4 ? AF_INET : AF_INET6, bytes, name, sizeof(name)))
        vb_buf_str(text, name);
}

/* False where the name is of a kind that we do not tell. */
static bool put_name(struct vb_buf *text, unsigned type, const void *bytes,
                     size_t size)
{
    static const char *const kinds[] = {
        [GNUTLS_SAN_DNSNAME] = "DNS:",
        [GNUTLS_SAN_RFC822NAME] = "email:",
        [GNUTLS_SAN_URI] = "URI:",
        [GNUTLS_SAN_IPADDRESS] = "IP:",
    };

    if (type >= sizeof(kinds) / sizeof(kinds[0]) || kinds[type] == NULL ||
        (type == GNUTLS_SAN_IPADDRESS && size != 4 && size != 16))
        return false;
    vb_buf_str(text, kinds[type]);
    if (type == GNUTLS_SAN_IPADDRESS)
        put_address(text, bytes, size);
    else
        vb_buf_append(text, vb_span_of(bytes, size));
    return true;
}

static enum vb_err put_names(struct draft *draft, gnutls_x509_crt_t certificate)
{
    for (unsigned i = 0;; i++) {
        char bytes[1024]; /* and a NUL */
        size_t size = sizeof(bytes);
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, bytes,
                                                        &size, NULL);

        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return VB_OK;
        if (type == GNUTLS_E_SHORT_MEMORY_BUFFER || draft->count == PIECES_MOST)
            return VB_ERR_LIMIT;
        if (type < 0)
            return VB_ERR_INVALID;
        if (put_name(&draft->text, (unsigned)type, bytes, size))
            end_piece(draft);
    }
}

/* Not even one: a NUL would end it for some readers, a line feed begin another
 * line for others. */
static bool has_control(struct vb_span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

static enum vb_err fill(struct draft *draft, const gnutls_datum_t *der,
                        gnutls_x509_crt_t certificate)
{
    enum vb_err err;

    if (gnutls_x509_crt_import(certificate, der, GNUTLS_X509_FMT_DER) < 0 ||
        !put_dn(draft, certificate, gnutls_x509_crt_get_dn3) ||
        !put_dn(draft, certificate, gnutls_x509_crt_get_issuer_dn3) ||
        !put_serial(draft, certificate) || !put_fingerprint(draft, der))
        return VB_ERR_INVALID;
    put_common_name(draft, certificate);
    err = put_names(draft, certificate);
    if (err == VB_OK)
        err = draft->text.err;
    if (err == VB_OK && has_control(vb_buf_span(&draft->text)))
        err = VB_ERR_INVALID;
    return err;
}

static struct vb_certificate *finish(const struct draft *draft)
{
    size_t names = draft->count - FIRST_NAME;
    size_t text_at =
        sizeof(struct vb_certificate) + names * sizeof(struct vb_span);
    struct vb_certificate *all = malloc(text_at + draft->text.len);
    struct vb_span *name;
    struct vb_span *const fixed[] = {&all->subject, &all->issuer, &all->serial,
                                     &all->fingerprint, &all->common_name};

    if (all == NULL)
        return NULL;
    name = (struct vb_span *)(all + 1);
    memcpy((char *)all + text_at, draft->text.ptr, draft->text.len);
    for (size_t i = 0; i < draft->count; i++) {
        size_t begin = i > 0 ? draft->ends[i - 1] : 0;
        struct vb_span *at = i < FIRST_NAME ? fixed[i] : &name[i - FIRST_NAME];

        *at = vb_span_of((char *)all + text_at + begin, draft->ends[i] - begin);
    }
    all->names = name;
    all->name_count = names;
    return all;
}

enum vb_err vb_tls_identity_read(const gnutls_datum_t *der,
                                 struct vb_certificate **ret)
{
    struct draft draft = {.count = 0};
    gnutls_x509_crt_t certificate;
    enum vb_err err;

    if (gnutls_x509_crt_init(&certificate) < 0)
        return VB_ERR_NOMEM;
    vb_buf_init(&draft.text, TEXT_MOST);
    err = fill(&draft, der, certificate);
    gnutls_x509_crt_deinit(certificate);
    if (err == VB_OK) {
        struct vb_certificate *all = finish(&draft);

        if (all != NULL)
            *ret = all;
        else
            err = VB_ERR_NOMEM;
    }
    vb_buf_done(&draft.text);
    return err;
}

void vb_tls_identity_free(struct vb_certificate *certificate)
{
    free(certificate);
}
