/* Names in a certificate. See names.h. */
#include "tls/names.h"

#include <stdlib.h>

#include "http/authority.h"

/* More are no list that is looked through for each request. */
#define NAMES_MOST 1000

/* Makes room for one more. */
static struct vb_tls_name *add(struct vb_tls_names *names)
{
    struct vb_tls_name *at =
        realloc(names->at, (names->count + 1) * sizeof(*at));

    if (at == NULL)
        return NULL;
    names->at = at;
    at[names->count] = (struct vb_tls_name){.wildcard = false};
    return &at[names->count++];
}

static enum vb_err add_dns(struct vb_tls_names *names, struct vb_span dns)
{
    bool wildcard = vb_span_starts(dns, VB_SPAN("*."));
    struct vb_tls_name *name;
    char *copy;

    /* "*.org" is for nobody to have. */
    if (wildcard && vb_span_find(dns, '.', 2) < 0)
        return VB_OK;
    dns = vb_span_from(dns, wildcard ? 1 : 0);
    copy = malloc(dns.len + 1);
    name = copy == NULL ? NULL : add(names);
    if (name == NULL) {
        free(copy);
        return VB_ERR_NOMEM;
    }
    memcpy(copy, dns.ptr, dns.len);
    name->dns = vb_span_of(copy, dns.len);
    name->wildcard = wildcard;
    return VB_OK;
}

static enum vb_err add_address(struct vb_tls_names *names,
                               const gnutls_datum_t *value)
{
    struct vb_tls_name *name;

    if (value->size != 4 && value->size != 16)
        return VB_OK;
    name = add(names);
    if (name == NULL)
        return VB_ERR_NOMEM;
    memcpy(name->address, value->data, value->size);
    name->address_len = value->size;
    return VB_OK;
}

static enum vb_err read_all(gnutls_subject_alt_names_t sans,
                            struct vb_tls_names *names)
{
    enum vb_err err = VB_OK;

    for (unsigned i = 0; err == VB_OK; i++) {
        gnutls_datum_t value;
        unsigned type;

        if (gnutls_subject_alt_names_get(sans, i, &type, &value, NULL) < 0)
            return VB_OK;
        if (i == NAMES_MOST)
            err = VB_ERR_LIMIT;
        else if (type == GNUTLS_SAN_DNSNAME)
            err = add_dns(names,
                          vb_span_of((const char *)value.data, value.size));
        else if (type == GNUTLS_SAN_IPADDRESS)
            err = add_address(names, &value);
    }
    return err;
}

enum vb_err vb_tls_names_read(gnutls_x509_crt_t certificate,
                              struct vb_tls_names *ret_names)
{
    gnutls_subject_alt_names_t sans;
    gnutls_datum_t extension;
    enum vb_err err = VB_ERR_NOMEM;

    *ret_names = (struct vb_tls_names){.count = 0};
    if (gnutls_x509_crt_get_extension_by_oid2(
            certificate, GNUTLS_X509EXT_OID_SAN, 0, &extension, NULL) < 0)
        return VB_OK; /* it has none */
    if (gnutls_subject_alt_names_init(&sans) == 0) {
        err = VB_OK;
        if (gnutls_x509_ext_import_subject_alt_names(&extension, sans, 0) == 0)
            err = read_all(sans, ret_names);
        gnutls_subject_alt_names_deinit(sans);
    }
    gnutls_free(extension.data);
    if (err != VB_OK)
        vb_tls_names_done(ret_names);
    return err;
}

void vb_tls_names_done(struct vb_tls_names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free((char *)names->at[i].dns.ptr);
    free(names->at);
    *names = (struct vb_tls_names){.count = 0};
}

static bool covers_name(const struct vb_tls_name *name, struct vb_span host)
{
    if (name->wildcard) { /* in the place of one label, and of one that is */
        ssize_t dot = vb_span_find(host, '.', 0);

        if (dot <= 0)
            return false;
        host = vb_span_from(host, (size_t)dot);
    }
    return vb_span_ieq(name->dns, host);
}

bool vb_tls_names_cover(const struct vb_tls_names *names,
                        struct vb_span authority)
{
    struct vb_authority host;
    size_t address_len;

    if (!vb_authority_parse_host(authority, &host))
        return false;
    address_len = host.kind == VB_HOST_IPV4   ? 4
                  : host.kind == VB_HOST_IPV6 ? 16
                                              : 0;
    if (host.kind == VB_HOST_NAME && host.host.ptr[host.host.len - 1] == '.')
        host.host.len--;
    for (size_t i = 0; i < names->count; i++) {
        const struct vb_tls_name *name = &names->at[i];

        if (address_len > 0
                ? name->address_len == address_len &&
                      memcmp(name->address, host.address, address_len) == 0
                : name->dns.ptr != NULL && covers_name(name, host.host))
            return true;
    }
    return false;
}
