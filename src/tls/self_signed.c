/* See self_signed.h. */
#include "tls/self_signed.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tls/credentials.h"

/* Some clients take none that is valid for longer. */
#define VALID_S ((time_t)820 * 24 * 3600)
/* Clocks differ. */
#define EARLY_S ((time_t)3600)

/* --- Making -----------------------------------------------------------------
 */

static int name_host(gnutls_x509_crt_t crt, struct vb_span host)
{
    return gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME,
                                                host.ptr, (unsigned)host.len,
                                                GNUTLS_FSAN_APPEND);
}

static int name_address(gnutls_x509_crt_t crt, const void *address,
                        unsigned len)
{
    return gnutls_x509_crt_set_subject_alt_name(
        crt, GNUTLS_SAN_IPADDRESS, address, len, GNUTLS_FSAN_APPEND);
}

static int name_all(gnutls_x509_crt_t crt, const struct vb_span *hosts,
                    size_t count)
{
    static const unsigned char v4[4] = {127, 0, 0, 1}, v6[16] = {[15] = 1};
    char machine[256] = "";
    int rc = name_host(crt, VB_SPAN("localhost"));

    if (rc == 0)
        rc = name_address(crt, v4, sizeof(v4));
    if (rc == 0)
        rc = name_address(crt, v6, sizeof(v6));
    if (rc == 0 && gethostname(machine, sizeof(machine) - 1) == 0 &&
        machine[0] != '\0')
        rc = name_host(crt, vb_span_str(machine));
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = name_host(crt, hosts[i]);
    return rc;
}

/* What no client looks at, but every certificate has. */
static int describe(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
    static const char name[] = "Verbatim, for development";
    unsigned char serial[16];
    time_t now = time(NULL);
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

    serial[0] &= 0x7f; /* it is a positive number */
    if (rc == 0)
        rc = gnutls_x509_crt_set_version(crt, 3);
    if (rc == 0)
        rc = gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
    if (rc == 0)
        rc = gnutls_x509_crt_set_activation_time(crt, now - EARLY_S);
    if (rc == 0)
        rc = gnutls_x509_crt_set_expiration_time(crt, now + VALID_S);
    if (rc == 0)
        rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0,
                                           name, sizeof(name) - 1);
    if (rc == 0)
        rc = gnutls_x509_crt_set_key(crt, key);
    return rc;
}

/* It is for a server, and vouches for no other certificate. */
static int restrict_use(gnutls_x509_crt_t crt)
{
    int rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);

    if (rc == 0)
        rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (rc == 0)
        rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER,
                                                 0);
    return rc;
}

static int make(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                const struct vb_span *hosts, size_t count)
{
    int rc = gnutls_x509_privkey_generate(
        key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
        0);

    if (rc == 0)
        rc = describe(crt, key);
    if (rc == 0)
        rc = restrict_use(crt);
    if (rc == 0)
        rc = name_all(crt, hosts, count);
    if (rc == 0)
        rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    return rc;
}

/* --- Keeping ----------------------------------------------------------------
 */

static bool write_all(int fd, const gnutls_datum_t *text)
{
    return write(fd, text->data, text->size) == (ssize_t)text->size;
}

/* Under another name first: what is there is whole. */
static bool keep(const char *file, const gnutls_datum_t *certificate,
                 const gnutls_datum_t *key)
{
    char fresh[4096];
    bool fine;
    int fd;

    if (snprintf(fresh, sizeof(fresh), "%s.%d", file, (int)getpid()) >=
        (int)sizeof(fresh)) {
        errno = ENAMETOOLONG;
        return false;
    }
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    fine = write_all(fd, certificate) && write_all(fd, key) && fsync(fd) == 0;
    close(fd);
    if (fine && rename(fresh, file) == 0)
        return true;
    unlink(fresh);
    return false;
}

static enum vb_err write_out(const char *file, gnutls_x509_crt_t crt,
                             gnutls_x509_privkey_t key, struct vb_buf *why)
{
    gnutls_datum_t texts[2] = {{NULL, 0}, {NULL, 0}};
    enum vb_err err = VB_ERR_NOMEM;

    if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &texts[0]) == 0 &&
        gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
                                          GNUTLS_PKCS_PLAIN, &texts[1]) == 0) {
        err = keep(file, &texts[0], &texts[1]) ? VB_OK : VB_ERR_IO;
        if (err != VB_OK)
            vb_buf_printf(why, "%s: %s", file, strerror(errno));
    }
    vb_tls_forget(&texts[0]);
    vb_tls_forget(&texts[1]);
    return err;
}

static enum vb_err make_file(const char *file, const struct vb_span *hosts,
                             size_t count, struct vb_buf *why)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t crt = NULL;
    enum vb_err err = VB_ERR_NOMEM;
    int rc;

    if (gnutls_x509_crt_init(&crt) == 0 &&
        gnutls_x509_privkey_init(&key) == 0) {
        rc = make(crt, key, hosts, count);
        err = rc == 0 ? write_out(file, crt, key, why) : VB_ERR_INVALID;
        if (rc != 0)
            vb_buf_printf(why, "%s: %s", file, gnutls_strerror(rc));
    }
    if (crt != NULL)
        gnutls_x509_crt_deinit(crt);
    if (key != NULL)
        gnutls_x509_privkey_deinit(key);
    return err;
}

/* Is there one that is valid for a day to come? *ret_there: there is a file,
 * which may be broken; whose that is we do not know, so it stays. */
static bool is_good(const char *file, bool *ret_there)
{
    gnutls_datum_t text;
    gnutls_x509_crt_t crt;
    bool expired = false;

    *ret_there = gnutls_load_file(file, &text) == 0;
    if (!*ret_there)
        return false;
    if (gnutls_x509_crt_init(&crt) == 0) {
        expired =
            gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM) == 0 &&
            gnutls_x509_crt_get_expiration_time(crt) < time(NULL) + 24 * 3600;
        gnutls_x509_crt_deinit(crt);
    }
    vb_tls_forget(&text);
    return !expired;
}

enum vb_err vb_tls_self_signed(const char *file, const struct vb_span *hosts,
                               size_t host_count, struct vb_buf *why)
{
    bool there;

    if (is_good(file, &there))
        return VB_OK;
    if (!there && access(file, F_OK) == 0) {
        vb_buf_printf(why, "%s: cannot be read", file);
        return VB_ERR_IO;
    }
    return make_file(file, hosts, host_count, why);
}
