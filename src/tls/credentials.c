/* Reading certificates, and choosing among them. See credentials.h. */
#include "tls/credentials.h"

#include <errno.h>
#include <gnutls/ocsp.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "tls/client.h"
#include "tls/hello.h"
#include "tls/identity.h"

/* The longest name of DNS, and a NUL. */
#define SERVER_NAME_MOST 256

/* --- Reading ----------------------------------------------------------------
 */

enum vb_err vb__tls_refuse(struct vb_buf *why, const char *file,
                           const char *reason)
{
    vb_buf_printf(why, "%s: %s", file, reason);
    return VB_ERR_INVALID;
}

enum vb_err vb__tls_read_file(const char *file, gnutls_datum_t *ret_data,
                              struct vb_buf *why)
{
    errno = 0;
    if (gnutls_load_file(file, ret_data) == 0)
        return VB_OK;
    vb__tls_refuse(why, file, errno != 0 ? strerror(errno) : "cannot be read");
    return VB_ERR_IO;
}

static void free_list(gnutls_x509_crt_t *list, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        gnutls_x509_crt_deinit(list[i]);
    gnutls_free(list);
}

/* One that has expired harms nobody but who shows it; who restarts a server
 * at night wants it to run. */
static void tell_times(gnutls_x509_crt_t leaf, const char *file)
{
    time_t now = time(NULL);

    if (gnutls_x509_crt_get_expiration_time(leaf) < now)
        vb_log(VB_LOG_WARNING, "%s: the certificate has expired", file);
    else if (gnutls_x509_crt_get_activation_time(leaf) > now)
        vb_log(VB_LOG_WARNING, "%s: the certificate is not valid yet", file);
}

static enum vb_err take_chain(struct vb_tls_certificate *into,
                              gnutls_x509_crt_t *list, unsigned count,
                              const char *file, struct vb_buf *why)
{
    enum vb_err err;
    int rc;

    if (count > VB_TLS_CHAIN_MOST)
        return vb__tls_refuse(why, file,
                              "has more certificates than a chain may");
    err = vb_tls_names_read(list[0], &into->names);
    if (err != VB_OK)
        return vb__tls_refuse(why, file, vb_err_text(err));
    if (into->names.count == 0)
        return vb__tls_refuse(why, file,
                              "the certificate names no host (subjectAltName)");
    tell_times(list[0], file);
    into->chain_len = count;
    rc = gnutls_pcert_import_x509_list(into->chain, list, &into->chain_len, 0);
    if (rc < 0) {
        into->chain_len = 0;
        return vb__tls_refuse(why, file, gnutls_strerror(rc));
    }
    return VB_OK;
}

static enum vb_err read_chain(struct vb_tls_certificate *into, const char *file,
                              const gnutls_datum_t *data, struct vb_buf *why)
{
    gnutls_x509_crt_t *list;
    unsigned count;
    enum vb_err err;
    int rc = gnutls_x509_crt_list_import2(
        &list, &count, data, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_SORT);

    if (rc == GNUTLS_E_NO_CERTIFICATE_FOUND ||
        rc == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR)
        return vb__tls_refuse(why, file, "has no certificate in PEM");
    if (rc < 0)
        return vb__tls_refuse(why, file, gnutls_strerror(rc));
    err = take_chain(into, list, count, file, why);
    free_list(list, count);
    return err;
}

/* Is the key the certificate's? */
static bool is_pair(const struct vb_tls_certificate *certificate)
{
    unsigned char ids[2][64];
    size_t sizes[2] = {sizeof(ids[0]), sizeof(ids[1])};
    gnutls_pubkey_t public;
    bool same = false;

    if (gnutls_pubkey_init(&public) < 0)
        return false;
    if (gnutls_pubkey_import_privkey(public, certificate->key, 0, 0) == 0 &&
        gnutls_pubkey_get_key_id(public, 0, ids[0], &sizes[0]) == 0 &&
        gnutls_pubkey_get_key_id(certificate->chain[0].pubkey, 0, ids[1],
                                 &sizes[1]) == 0)
        same = sizes[0] == sizes[1] && memcmp(ids[0], ids[1], sizes[0]) == 0;
    gnutls_pubkey_deinit(public);
    return same;
}

static enum vb_err read_key(struct vb_tls_certificate *into, const char *file,
                            const gnutls_datum_t *data, struct vb_buf *why)
{
    int rc = gnutls_privkey_init(&into->key);

    if (rc < 0) {
        into->key = NULL;
        return VB_ERR_NOMEM;
    }
    rc = gnutls_privkey_import_x509_raw(into->key, data, GNUTLS_X509_FMT_PEM,
                                        NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        return vb__tls_refuse(why, file, "the key is encrypted");
    if (rc == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR ||
        rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return vb__tls_refuse(why, file, "has no key in PEM");
    if (rc < 0)
        return vb__tls_refuse(why, file, gnutls_strerror(rc));
    into->algorithm =
        (gnutls_pk_algorithm_t)gnutls_privkey_get_pk_algorithm(into->key, NULL);
    if (!is_pair(into))
        return vb__tls_refuse(why, file, "the key is another certificate's");
    return VB_OK;
}

/* Is it a response, and for the certificate? */
static enum vb_err check_ocsp(const struct vb_tls_certificate *certificate,
                              const char *file, struct vb_buf *why)
{
    gnutls_ocsp_resp_t response;
    gnutls_x509_crt_t leaf = NULL;
    const char *wrong = "is no OCSP response in DER";

    if (gnutls_ocsp_resp_init(&response) < 0)
        return VB_ERR_NOMEM;
    if (gnutls_ocsp_resp_import(response, &certificate->ocsp.response) == 0 &&
        gnutls_pcert_export_x509((gnutls_pcert_st *)&certificate->chain[0],
                                 &leaf) == 0)
        wrong = gnutls_ocsp_resp_check_crt(response, 0, leaf) == 0
                    ? NULL
                    : "is for another certificate";
    if (leaf != NULL)
        gnutls_x509_crt_deinit(leaf);
    gnutls_ocsp_resp_deinit(response);
    return wrong == NULL ? VB_OK : vb__tls_refuse(why, file, wrong);
}

static enum vb_err read_ocsp(struct vb_tls_certificate *into, const char *file,
                             struct vb_buf *why)
{
    enum vb_err err;

    if (file == NULL)
        return VB_OK;
    err = vb__tls_read_file(file, &into->ocsp.response, why);
    return err == VB_OK ? check_ocsp(into, file, why) : err;
}

void vb_tls_forget(gnutls_datum_t *secret)
{
    if (secret->data != NULL)
        gnutls_memset(secret->data, 0, secret->size);
    gnutls_free(secret->data);
}

static enum vb_err read_certificate(struct vb_tls_certificate *into,
                                    const struct vb_tls_files *files,
                                    struct vb_buf *why)
{
    const char *key_file = files->key != NULL ? files->key : files->certificate;
    gnutls_datum_t chain = {NULL, 0}, key = {NULL, 0};
    enum vb_err err = vb__tls_read_file(files->certificate, &chain, why);

    if (err == VB_OK)
        err = read_chain(into, files->certificate, &chain, why);
    if (err == VB_OK)
        err = vb__tls_read_file(key_file, &key, why);
    if (err == VB_OK)
        err = read_key(into, key_file, &key, why);
    if (err == VB_OK)
        err = read_ocsp(into, files->ocsp, why);
    vb_tls_forget(&chain); /* a key may be in it */
    vb_tls_forget(&key);
    return err;
}

/* --- The set ----------------------------------------------------------------
 */

static void certificate_done(struct vb_tls_certificate *certificate)
{
    vb_tls_names_done(&certificate->names);
    for (unsigned i = 0; i < certificate->chain_len; i++)
        gnutls_pcert_deinit(&certificate->chain[i]);
    if (certificate->key != NULL)
        gnutls_privkey_deinit(certificate->key);
    gnutls_free(certificate->ocsp.response.data);
}

/* GnuTLS asks for a certificate: everything stays ours. */
static int pick(gnutls_session_t session,
                const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
                unsigned *chain_len, gnutls_ocsp_data_st **ocsp,
                unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags)
{
    const struct vb_tls_certificate *chosen;

    (void)info;
    vb_tls_choose(session);
    chosen = vb_tls_choice_of(session)->certificate;
    *flags = 0;
    *chain = (gnutls_pcert_st *)chosen->chain;
    *chain_len = chosen->chain_len;
    *key = chosen->key;
    *ocsp = (gnutls_ocsp_data_st *)&chosen->ocsp;
    *ocsp_len = chosen->ocsp.response.size > 0 ? 1 : 0;
    return 0;
}

enum vb_err vb_tls_credentials_load(const struct vb_tls_sources *sources,
                                    struct vb_tls_credentials **ret,
                                    struct vb_buf *why)
{
    struct vb_tls_credentials *credentials = calloc(1, sizeof(*credentials));
    enum vb_err err = VB_ERR_NOMEM;

    if (credentials == NULL)
        return VB_ERR_NOMEM;
    vb_ref_init(&credentials->ref);
    credentials->certificates =
        calloc(sources->count, sizeof(*credentials->certificates));
    if (credentials->certificates != NULL &&
        gnutls_certificate_allocate_credentials(&credentials->gnutls) == 0) {
        gnutls_certificate_set_retrieve_function3(credentials->gnutls, pick);
        err = VB_OK;
    }
    for (size_t i = 0; i < sources->count && err == VB_OK; i++) {
        err = read_certificate(&credentials->certificates[i],
                               &sources->files[i], why);
        credentials->count++;
    }
    if (err == VB_OK && sources->clients.ca != NULL)
        err = vb_tls_clients_load(credentials, &sources->clients, why);
    if (err == VB_OK)
        *ret = credentials;
    else
        vb_tls_credentials_unref(credentials);
    return err;
}

struct vb_tls_credentials *
vb_tls_credentials_ref(struct vb_tls_credentials *credentials)
{
    vb_ref_get(&credentials->ref);
    return credentials;
}

void vb_tls_credentials_unref(struct vb_tls_credentials *credentials)
{
    if (credentials == NULL || !vb_ref_put(&credentials->ref))
        return;
    for (size_t i = 0; i < credentials->count; i++)
        certificate_done(&credentials->certificates[i]);
    if (credentials->gnutls != NULL)
        gnutls_certificate_free_credentials(credentials->gnutls);
    free(credentials->certificates);
    free(credentials);
}

void vb_tls_choice_done(struct vb_tls_choice *choice)
{
    vb_tls_credentials_unref(choice->from);
    vb_tls_identity_free(choice->client);
    choice->from = NULL;
    choice->client = NULL;
}

/* --- Choosing ---------------------------------------------------------------
 */

struct vb_tls_choice *vb_tls_choice_of(gnutls_session_t session)
{
    return gnutls_db_get_ptr(session);
}

void vb_tls_choice_set(gnutls_session_t session, struct vb_tls_choice *choice)
{
    gnutls_db_set_ptr(session, choice);
}

/* Does the client know a signature that the key can make, and have a cipher
 * suite for it? */
static bool is_understood(gnutls_session_t session,
                          const struct vb_tls_choice *choice,
                          const struct vb_tls_certificate *certificate)
{
    gnutls_sign_algorithm_t sign;

    if (!vb_tls_hello_takes(choice->suites, certificate->algorithm))
        return false;
    for (size_t i = 0;
         gnutls_sign_algorithm_get_requested(session, i, &sign) == 0; i++)
        if (gnutls_sign_supports_pk_algorithm(sign, certificate->algorithm))
            return true;
    return false;
}

/* What the client calls us; "" when it does not say. */
static struct vb_span server_name(gnutls_session_t session,
                                  char text[SERVER_NAME_MOST])
{
    size_t len = SERVER_NAME_MOST;
    unsigned type;

    if (gnutls_server_name_get(session, text, &len, &type, 0) < 0 ||
        type != GNUTLS_NAME_DNS)
        return VB_SPAN("");
    return vb_span_of(text, strnlen(text, len));
}

void vb_tls_choose(gnutls_session_t session)
{
    struct vb_tls_choice *choice = vb_tls_choice_of(session);
    const struct vb_tls_credentials *from = choice->from;
    const struct vb_tls_certificate *named = NULL, *any = NULL;
    char text[SERVER_NAME_MOST];
    struct vb_span name = server_name(session, text);

    for (size_t i = 0; i < from->count; i++) {
        const struct vb_tls_certificate *at = &from->certificates[i];
        bool is_named = name.len > 0 && vb_tls_names_cover(&at->names, name);

        if (is_understood(session, choice, at)) {
            any = any != NULL ? any : at;
            if (is_named) {
                choice->certificate = at;
                return;
            }
        }
        if (is_named && named == NULL)
            named = at;
    }
    if (named == NULL)
        named = any != NULL ? any : &from->certificates[0];
    choice->certificate = named;
}
