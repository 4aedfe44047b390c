/* See client.h. */
#include "client.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/list.h"

static ssize_t pull(gnutls_transport_ptr_t pointer, void *into, size_t size)
{
    struct client *c = pointer;
    size_t n = c->d.out.len - c->read;

    if (n == 0) {
        gnutls_transport_set_errno(c->session, EAGAIN);
        return -1;
    }
    if (n > size)
        n = size;
    memcpy(into, c->d.out.ptr + c->read, n);
    c->read += n;
    return (ssize_t)n;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const void *bytes,
                    size_t size)
{
    struct client *c = pointer;

    vb_buf_append(&c->d.unsent, vb_span_of(bytes, size));
    return (ssize_t)size;
}

static void wake(struct vb_wire *wire)
{
    struct driver *d = VB_CONTAINER((uintptr_t)wire->peer, struct driver, peer);

    d->wakes++;
}

static void new_wire(struct client *c)
{
    void *memory = malloc(vb_tls_wire_size());

    assert_non_null(memory);
    c->d.wire = vb_tls_wire_init(memory, c->tls, &c->d.env, &c->d.peer);
    c->d.wire->wake = wake;
}

static void end_wire(struct client *c)
{
    c->d.wire->ops->free(c->d.wire);
    free(c->d.wire);
}

static void make_certificates(struct client *c, const char *const *hosts,
                              size_t count)
{
    char text[256];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    memcpy(c->folder, "/tmp/vb-tls-XXXXXX", sizeof("/tmp/vb-tls-XXXXXX"));
    assert_non_null(mkdtemp(c->folder));
    for (size_t i = 0; i < count; i++) {
        struct vb_span host = vb_span_str(hosts[i]);

        snprintf(c->paths[i], sizeof(c->paths[i]), "%s/%zu.pem", c->folder, i);
        assert_int_equal(vb_tls_self_signed(c->paths[i], &host, 1, &why),
                         VB_OK);
        c->files[i].certificate = c->paths[i];
    }
    c->sources.files = c->files;
    c->sources.count = count;
    assert_int_equal(vb_tls_new(&c->sources, &c->tls, &why), VB_OK);
}

void client_init(struct client *c, const char *const *hosts, size_t count)
{
    memset(c, 0, sizeof(*c));
    driver_init(&c->d);
    c->d.peer.secure = true; /* as the loop says of such an address */
    make_certificates(c, hosts, count);
    gnutls_certificate_allocate_credentials(&c->trust);
    vb_buf_init(&c->plain, 64 * 1024 * 1024);
    end_wire(c);
    new_wire(c);
}

static void end_session(struct client *c)
{
    if (c->session != NULL)
        gnutls_deinit(c->session);
    c->session = NULL;
}

void client_restart(struct client *c)
{
    end_session(c);
    end_wire(c);
    vb_buf_reset(&c->d.unsent);
    vb_buf_reset(&c->d.out);
    vb_buf_reset(&c->d.log);
    vb_buf_reset(&c->plain);
    c->read = 0;
    c->ended = false;
    new_wire(c);
}

void client_done(struct client *c)
{
    end_session(c);
    driver_done(&c->d);
    vb_tls_free(c->tls);
    gnutls_certificate_free_credentials(c->trust);
    gnutls_free(c->ticket.data);
    vb_buf_done(&c->plain);
    for (size_t i = 0; i < c->sources.count; i++)
        unlink(c->paths[i]);
    rmdir(c->folder);
}

static void begin_session(struct client *c)
{
    gnutls_datum_t protocol;

    assert_int_equal(gnutls_init(&c->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK),
                     0);
    if (c->priority != NULL)
        assert_int_equal(
            gnutls_priority_set_direct(c->session, c->priority, NULL), 0);
    else
        gnutls_set_default_priority(c->session);
    gnutls_credentials_set(c->session, GNUTLS_CRD_CERTIFICATE, c->trust);
    gnutls_transport_set_ptr(c->session, c);
    gnutls_session_set_ptr(c->session, c->user);
    gnutls_transport_set_pull_function(c->session, pull);
    gnutls_transport_set_push_function(c->session, push);
    if (c->name != NULL)
        gnutls_server_name_set(c->session, GNUTLS_NAME_DNS, c->name,
                               strlen(c->name));
    if (c->protocol != NULL) {
        protocol.data = (unsigned char *)c->protocol;
        protocol.size = (unsigned)strlen(c->protocol);
        gnutls_alpn_set_protocols(c->session, &protocol, 1, 0);
    }
    if (c->ticket.size > 0)
        gnutls_session_set_data(c->session, c->ticket.data, c->ticket.size);
}

int client_handshake(struct client *c)
{
    size_t moved;
    int rc;

    begin_session(c);
    do {
        rc = gnutls_handshake(c->session);
        moved = c->d.unsent.len + c->d.out.len;
        driver_pump(&c->d);
    } while (rc == GNUTLS_E_AGAIN && (moved != c->d.unsent.len + c->d.out.len ||
                                      c->read < c->d.out.len));
    return rc;
}

void client_read(struct client *c)
{
    char bytes[4096];
    size_t before;
    ssize_t n;

    do { /* a ticket is AGAIN, too */
        before = c->read;
        n = gnutls_record_recv(c->session, bytes, sizeof(bytes));
        if (n > 0)
            vb_buf_append(&c->plain, vb_span_of(bytes, (size_t)n));
    } while (n > 0 || (n == GNUTLS_E_AGAIN && c->read != before));
    c->ended = n == 0;
    assert_true(n == 0 || n == GNUTLS_E_AGAIN || gnutls_error_is_fatal((int)n));
}

void client_send(struct client *c, struct vb_span plain)
{
    while (plain.len > 0) {
        ssize_t n = gnutls_record_send(c->session, plain.ptr, plain.len);

        assert_true(n > 0);
        plain = vb_span_from(plain, (size_t)n);
    }
    driver_pump(&c->d);
    client_read(c);
}

int client_shown(const struct client *c)
{
    unsigned count;
    const gnutls_datum_t *shown =
        gnutls_certificate_get_peers(c->session, &count);

    for (size_t i = 0; shown != NULL && i < c->sources.count; i++) {
        gnutls_datum_t text, der = {NULL, 0};
        gnutls_x509_crt_t crt;
        bool same;

        assert_int_equal(gnutls_load_file(c->paths[i], &text), 0);
        gnutls_x509_crt_init(&crt);
        assert_int_equal(
            gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM), 0);
        gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der);
        same = der.size == shown->size &&
               memcmp(der.data, shown->data, der.size) == 0;
        gnutls_x509_crt_deinit(crt);
        gnutls_free(der.data);
        gnutls_free(text.data);
        if (same)
            return (int)i;
    }
    return -1;
}
