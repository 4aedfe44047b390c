/* Certificates with their keys, made to order. */
#ifndef VB_TESTS_TLS_PAIR_H
#define VB_TESTS_TLS_PAIR_H

#include <gnutls/x509.h>

struct pair {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
};

/* How one is to be made. */
struct order {
    const char *subject;
    const struct pair *ca; /* NULL: it is one */
    int begins_s, ends_s;  /* from now */
    const char *purpose;   /* NULL: any */
    unsigned char serial;
    const char *uri; /* NULL: it has none */
    unsigned names;  /* DNS names beside that: x.example */
};

struct pair pair_make(const struct order *order);
void pair_done(struct pair *pair);

/* The certificate in PEM as a file, and its key behind that. */
void pair_write(const char *path, const struct pair *pair);
void pair_write_key(const char *path, const struct pair *pair);

/* Writes, and frees, what GnuTLS has exported. */
void pem_write(const char *path, gnutls_datum_t *text, const char *mode);

#endif
