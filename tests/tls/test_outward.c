/* TLS where we are the client: whom we believe, and what comes of it. */
#include "client.h"
#include "pair.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "tls/outward.h"
#include "tls/tickets.h"
#include "tls/wire_inner.h"
#include "wire/stand_in.h"

static const char *const hosts[] = {"a.example", "b.example"};

#define REQUEST "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"

/* --- A wire of ours ---------------------------------------------------------
 */

struct ours {
    struct vb_limits limits;
    struct vb_env env;
    struct vb_peer peer;
    struct vb_tls_outward *outward;
    struct vb_endpoint to;
    struct vb_wire *wire; /* NULL: it is closed */
    struct vb_tls_outcome outcome;
    bool settled; /* there is an outcome */
    size_t piece; /* bytes in a feed; 0: all */
};

static void no_wake(struct vb_wire *wire)
{
    (void)wire;
}

static void ours_begin(struct ours *o)
{
    o->wire = malloc(vb_tls_outward_wire_size());
    assert_non_null(
        vb_tls_outward_wire_init(o->wire, &o->to, &o->env, &o->peer));
    o->wire->wake = no_wake;
    o->settled = false;
}

static void ours_init(struct ours *o,
                      const struct vb_tls_outward_sources *sources)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    memset(o, 0, sizeof(*o));
    memset(&stand_ins, 0, sizeof(stand_ins));
    o->limits = vb_limits_default;
    vb_env_init(&o->env, &o->limits, NULL);
    vb_env_set_now(&o->env, 1000, 0);
    if (vb_tls_outward_new(sources, &o->outward, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    o->to = (struct vb_endpoint){
        .host = "a.example", .port = 443, .tls = o->outward};
}

static void ours_end(struct ours *o)
{
    if (o->wire != NULL)
        o->wire->ops->free(o->wire);
    free(o->wire);
    o->wire = NULL;
    assert_int_equal(stand_ins.made, stand_ins.freed);
}

static void ours_done(struct ours *o)
{
    ours_end(o);
    vb_tls_outward_unref(o->outward);
    vb_env_done(&o->env);
}

/* As the loop does after each of its calls. */
static void look(struct ours *o)
{
    if (!o->settled)
        o->settled = vb_tls_outward_look(o->wire, &o->outcome);
}

static void feed(struct ours *o, struct vb_span bytes)
{
    while (bytes.len > 0) {
        size_t n = o->piece > 0 && o->piece < bytes.len ? o->piece : bytes.len;

        o->wire->ops->feed(o->wire, vb_span_head(bytes, n));
        bytes = vb_span_from(bytes, n);
        look(o);
    }
}

/* What it has to send; how much. */
static size_t drain(struct ours *o, struct vb_buf *into)
{
    struct vb_file_part file;
    struct iovec iov[8];
    size_t sum = 0;
    int count = o->wire->ops->drain(o->wire, iov, 8, &file);

    assert_int_equal(file.length, 0);
    for (int i = 0; i < count; i++) {
        vb_buf_append(into, vb_span_of(iov[i].iov_base, iov[i].iov_len));
        sum += iov[i].iov_len;
    }
    if (sum > 0)
        o->wire->ops->sent(o->wire, sum);
    look(o);
    return sum;
}

static unsigned state_of(const struct ours *o)
{
    return o->wire->ops->state(o->wire);
}

static gnutls_session_t session_of(const struct ours *o)
{
    return vb__tls_wire_of(o->wire)->session;
}

/* --- Before the server that we are ------------------------------------------
 */

/* Lets happen what can happen between the two. */
static void talk(struct ours *o, struct client *c)
{
    struct vb_buf bytes;
    bool moved;

    vb_buf_init(&bytes, 1024 * 1024);
    do {
        vb_buf_reset(&bytes);
        moved = drain(o, &bytes) > 0;
        driver_send(&c->d, vb_buf_span(&bytes));
        if (c->read < c->d.out.len) {
            struct vb_span rest = vb_span_from(vb_buf_span(&c->d.out), c->read);

            moved = true;
            c->read = c->d.out.len;
            feed(o, rest);
        }
    } while (moved);
    vb_buf_done(&bytes);
}

/* Both begin anew. */
static void meet(struct ours *o, struct client *c)
{
    ours_end(o);
    client_restart(c);
    ours_begin(o);
    talk(o, c);
    assert_true(o->settled);
}

static bool heard(const struct ours *o, const char *text)
{
    return o->outcome.client != NULL &&
           strstr(stand_in_of(o->outcome.client)->heard, text) != NULL;
}

static struct vb_tls_outward_sources trusting(const struct client *c)
{
    return (struct vb_tls_outward_sources){.ca = c->paths[0]};
}

/* However the bytes are split, also around the end of the handshake. */
static void test_a_request_is_answered_over_tls(void **state)
{
    static const size_t pieces[] = {0, 1, 2, 3, 5, 7, 16, 100, 1000};
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 2);
    sources = trusting(&c);
    ours_init(&o, &sources);
    o.to.protocol = VB_DIAL_HTTP_1;
    for (size_t i = 0; i < VB_COUNT_OF(pieces); i++) {
        c.d.piece = c.d.room = o.piece = pieces[i];
        stand_ins.text = REQUEST;
        stand_ins.ended = 0;
        meet(&o, &c);
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        assert_true(heard(&o, "HTTP/1.1 200 OK\r\n"));
        /* It was told that this was the end, by close_notify. */
        assert_int_equal(stand_ins.ended, 1);
        assert_int_equal(state_of(&o), VB_WIRE_CLOSE);
    }
    ours_done(&o);
    client_done(&c);
}

/* RFC 7301, 9113-3.2: what is spoken is what ALPN says. */
static void test_alpn_says_what_is_spoken(void **state)
{
    static const struct {
        enum vb_dial_protocol offered;
        enum vb_client_kind spoken;
    } rows[] = {{VB_DIAL_HTTP, VB_CLIENT_HTTP_2},
                {VB_DIAL_HTTP_1, VB_CLIENT_HTTP_1},
                {VB_DIAL_HTTP_2, VB_CLIENT_HTTP_2},
                {VB_DIAL_BARE, VB_CLIENT_BARE}};
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 2);
    sources = trusting(&c);
    ours_init(&o, &sources);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        o.to.protocol = rows[i].offered;
        meet(&o, &c);
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        assert_int_equal(stand_ins.kind, rows[i].spoken);
    }
    ours_done(&o);
    client_done(&c);
}

/* --- Whom we believe --------------------------------------------------------
 */

/* RFC 9110 section 4.3.4, RFC 9525: for the host that was asked for, whether it
 * is a name or an address; and a name is told to the server (RFC 6066), an
 * address not. */
static void test_the_certificate_must_be_the_host_s(void **state)
{
    static const struct {
        const char *host, *server_name;
        bool good;
        const char *told; /* to the server, or NULL */
    } rows[] = {
        {"a.example", NULL, true, "a.example"},
        {"A.Example.", NULL, true, "A.Example"},
        {"127.0.0.1", NULL, true, NULL},
        {"::1", NULL, true, NULL},
        {"localhost", NULL, true, "localhost"},
        {"c.example", NULL, false, NULL},
        {"x.a.example", NULL, false, NULL},
        {"127.0.0.2", NULL, false, NULL},
        {"::2", NULL, false, NULL},
        {"192.0.2.1", "a.example", true, "a.example"},
        {"a.example", "c.example", false, NULL},
        {"a.example", "127.0.0.1", true, NULL},
    };
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_tls_outward_sources sources = trusting(&c);
        char name[64] = "";
        size_t size = sizeof(name);
        unsigned type;
        struct ours o;

        sources.server_name = rows[i].server_name;
        ours_init(&o, &sources);
        o.to.host = rows[i].host;
        meet(&o, &c);
        if (o.outcome.end != (rows[i].good ? VB_DIAL_OK : VB_DIAL_UNTRUSTED))
            fail_msg("%s: %d, %s", rows[i].host, o.outcome.end, o.outcome.why);
        if (!rows[i].good)
            assert_non_null(
                strstr(o.outcome.why, "its certificate is not for"));
        else
            gnutls_server_name_get(vb__tls_wire_of(c.d.wire)->session, name,
                                   &size, &type, 0);
        if (rows[i].good)
            assert_string_equal(name, rows[i].told != NULL ? rows[i].told : "");
        ours_done(&o);
    }
    client_done(&c);
}

/* A Unix socket has no name: it is said, or nobody is believed. */
static void test_without_a_name_nobody_is_believed(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    for (int named = 0; named < 2; named++) {
        sources = trusting(&c);
        sources.server_name = named ? "a.example" : NULL;
        ours_init(&o, &sources);
        o.to.host = NULL;
        o.to.path = "/run/socket";
        meet(&o, &c);
        assert_int_equal(o.outcome.end, named ? VB_DIAL_OK : VB_DIAL_UNTRUSTED);
        ours_done(&o);
    }
    client_done(&c);
}

struct shown {
    const char *what;
    struct order order;
    const char *why;  /* NULL: it is believed */
    const char *host; /* NULL: x.example */
};

static struct pair make_ca(void)
{
    return pair_make(
        &(struct order){"CN=CA", NULL, -60, 9999, NULL, 1, NULL, 0});
}

static void show(struct client *c, const struct pair *pair)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    pair_write(c->paths[0], pair);
    pair_write_key(c->paths[0], pair);
    vb_tls_free(c->tls);
    assert_int_equal(vb_tls_new(&c->sources, &c->tls, &why), VB_OK);
}

static void test_who_is_not_believed_and_why(void **state)
{
    struct pair ca = make_ca(), forged = make_ca();
    struct pair other = pair_make(
        &(struct order){"CN=Other", NULL, -60, 9999, NULL, 1, NULL, 0});
    const char *const server = GNUTLS_KP_TLS_WWW_SERVER;
    const char *const client = GNUTLS_KP_TLS_WWW_CLIENT;
    const struct shown rows[] = {
        {"good", {"CN=x", &ca, -60, 7200, server, 2, NULL, 1}, NULL, NULL},
        {"any", {"CN=x", &ca, -60, 7200, NULL, 2, NULL, 1}, NULL, NULL},
        {"old", {"CN=x", &ca, -60, -1, server, 2, NULL, 1}, "expired", NULL},
        {"new", {"CN=x", &ca, 600, 7200, server, 2, NULL, 1}, "not yet", NULL},
        {"forged",
         {"CN=x", &forged, -60, 7200, server, 2, NULL, 1},
         "NOT trusted",
         NULL},
        {"unknown",
         {"CN=x", &other, -60, 7200, server, 2, NULL, 1},
         "issuer is unknown",
         NULL},
        {"a client's",
         {"CN=x", &ca, -60, 7200, client, 2, NULL, 1},
         "NOT trusted",
         NULL},
        /* The name of its subject is no name (RFC 9110 section 4.3.4). */
        {"by its subject",
         {"CN=y.example", &ca, -60, 7200, server, 2, NULL, 1},
         "not for y.example",
         "y.example"},
    };
    struct client c;
    char ca_file[64];

    (void)state;
    client_init(&c, hosts, 1);
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", c.folder);
    pair_write(ca_file, &ca);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct pair pair = pair_make(&rows[i].order);

        show(&c, &pair);
        for (int insecure = 0; insecure < 2; insecure++) {
            struct ours o;

            ours_init(&o, &(struct vb_tls_outward_sources){
                              .ca = ca_file, .insecure = insecure});
            o.to.host = rows[i].host != NULL ? rows[i].host : "x.example";
            meet(&o, &c);
            if (insecure || rows[i].why == NULL) {
                assert_int_equal(o.outcome.end, VB_DIAL_OK);
            } else {
                if (o.outcome.end != VB_DIAL_UNTRUSTED ||
                    strstr(o.outcome.why, rows[i].why) == NULL)
                    fail_msg("%s: %d, %s", rows[i].what, o.outcome.end,
                             o.outcome.why);
                assert_int_equal(state_of(&o), VB_WIRE_LINGER);
                assert_int_equal(stand_ins.made, 0);
                assert_int_equal(c.d.log.len, 0);
            }
            ours_done(&o);
        }
        pair_done(&pair);
    }
    pair_done(&ca);
    pair_done(&forged);
    pair_done(&other);
    unlink(ca_file);
    client_done(&c);
}

/* --- Who we are -------------------------------------------------------------
 */

static void test_our_certificate_is_shown_to_who_asks(void **state)
{
    struct pair ca = make_ca();
    struct pair ann = pair_make(&(struct order){"CN=ann", &ca, -60, 7200,
                                                GNUTLS_KP_TLS_WWW_CLIENT, 2,
                                                "spiffe://example/ann", 0});
    char ca_file[64], file[64], text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", c.folder);
    snprintf(file, sizeof(file), "%s/ann.pem", c.folder);
    pair_write(ca_file, &ca);
    pair_write(file, &ann);
    pair_write_key(file, &ann);
    c.sources.clients =
        (struct vb_tls_clients){.ca = ca_file, .required = true};
    vb_tls_free(c.tls);
    assert_int_equal(vb_tls_new(&c.sources, &c.tls, &why), VB_OK);
    for (int shown = 0; shown < 2; shown++) {
        struct vb_tls_outward_sources sources = trusting(&c);
        struct ours o;

        sources.certificate = shown ? file : NULL;
        ours_init(&o, &sources);
        o.to.protocol = VB_DIAL_HTTP_1;
        stand_ins.text = REQUEST;
        meet(&o, &c);
        /* With TLS 1.3 a server says only then that it wants one. */
        assert_int_equal(o.outcome.end, VB_DIAL_OK);
        if (shown) {
            assert_true(heard(&o, "HTTP/1.1 200"));
            assert_span_equal(
                vb__tls_wire_of(c.d.wire)->shown.peer.certificate->subject,
                "CN=ann");
        } else {
            assert_int_equal(stand_ins.freed, 1);
            assert_int_equal(stand_ins.ended, 0);
        }
        ours_done(&o);
    }
    unlink(ca_file);
    unlink(file);
    pair_done(&ca);
    pair_done(&ann);
    client_done(&c);
}

static void test_what_cannot_be_used_is_refused(void **state)
{
    const struct vb_tls_outward_sources rows[] = {
        {.ca = "/nowhere/ca.pem"},
        {.ca = "/dev/null"},
        {.insecure = true, .certificate = "/nowhere/own.pem"},
        {.insecure = true, .certificate = "/dev/null"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        const char *file =
            rows[i].ca != NULL ? rows[i].ca : rows[i].certificate;
        struct vb_tls_outward *outward;
        char text[512] = "";
        struct vb_buf why = vb_buf_over(text, sizeof(text));

        assert_int_not_equal(vb_tls_outward_new(&rows[i], &outward, &why),
                             VB_OK);
        assert_true(vb_span_starts(vb_buf_span(&why), vb_span_str(file)));
    }
}

/* --- Before a server of GnuTLS's own ----------------------------------------
 */

struct raw {
    gnutls_session_t session;
    struct vb_tls_choice choice;
    struct vb_buf in, out;
    bool open; /* its handshake is done */
    int rc;
    bool ended; /* close_notify has come */
    char heard[256];
    size_t heard_len;
};

static ssize_t raw_pull(gnutls_transport_ptr_t pointer, void *into, size_t size)
{
    struct raw *r = pointer;
    size_t n = size < r->in.len ? size : r->in.len;

    if (n == 0) {
        gnutls_transport_set_errno(r->session, EAGAIN);
        return -1;
    }
    memcpy(into, r->in.ptr, n);
    vb_buf_consume(&r->in, n);
    return (ssize_t)n;
}

static ssize_t raw_push(gnutls_transport_ptr_t pointer, const void *bytes,
                        size_t size)
{
    struct raw *r = pointer;

    vb_buf_append(&r->out, vb_span_of(bytes, size));
    return (ssize_t)size;
}

/* It knows nothing of ALPN. */
static void raw_init(struct raw *r, struct vb_tls *tls, const char *priority)
{
    memset(r, 0, sizeof(*r));
    vb_buf_init(&r->in, 1024 * 1024);
    vb_buf_init(&r->out, 1024 * 1024);
    assert_int_equal(
        vb_tls_session_new(tls, VB_TLS_TCP, 1000, &r->choice, &r->session),
        VB_OK);
    if (priority != NULL)
        gnutls_priority_set_direct(r->session, priority, NULL);
    gnutls_transport_set_ptr(r->session, r);
    gnutls_transport_set_pull_function(r->session, raw_pull);
    gnutls_transport_set_push_function(r->session, raw_push);
}

static void raw_done(struct raw *r)
{
    gnutls_deinit(r->session);
    vb_tls_choice_done(&r->choice);
    vb_buf_done(&r->in);
    vb_buf_done(&r->out);
}

static void raw_work(struct raw *r)
{
    ssize_t n;

    if (!r->open) {
        r->rc = gnutls_handshake(r->session);
        r->open = r->rc == 0;
        if (!r->open)
            return;
    }
    do {
        n = gnutls_record_recv(r->session, r->heard + r->heard_len,
                               sizeof(r->heard) - 1 - r->heard_len);
        if (n > 0)
            r->heard_len += (size_t)n;
        r->ended = r->ended || n == 0;
    } while (n > 0);
}

static void talk_raw(struct ours *o, struct raw *r)
{
    size_t moved;

    do {
        moved = drain(o, &r->in);
        raw_work(r);
        moved += r->out.len;
        feed(o, vb_buf_span(&r->out));
        vb_buf_reset(&r->out);
    } while (moved > 0);
}

static void meet_raw(struct ours *o, struct raw *r, struct vb_tls *tls,
                     const char *priority)
{
    ours_end(o);
    raw_init(r, tls, priority);
    ours_begin(o);
    talk_raw(o, r);
}

/* Who does not know ALPN speaks HTTP/1.1, or not what was asked for. */
static void test_without_alpn_it_is_http_1(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct raw r;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    sources = trusting(&c);
    ours_init(&o, &sources);
    meet_raw(&o, &r, c.tls, NULL);
    assert_int_equal(o.outcome.end, VB_DIAL_OK);
    assert_int_equal(stand_ins.kind, VB_CLIENT_HTTP_1);
    assert_string_equal(r.heard, "hello");
    raw_done(&r);
    o.to.protocol = VB_DIAL_HTTP_2;
    meet_raw(&o, &r, c.tls, NULL);
    assert_int_equal(o.outcome.end, VB_DIAL_TLS);
    assert_non_null(strstr(o.outcome.why, "HTTP/2"));
    raw_done(&r);
    ours_done(&o);
    client_done(&c);
}

/* 9112-9.8-01: an end without close_notify is no end of content. */
static void test_a_cut_is_no_end(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    sources = trusting(&c);
    for (int notified = 0; notified < 2; notified++) {
        struct raw r;
        struct ours o;

        ours_init(&o, &sources);
        meet_raw(&o, &r, c.tls, NULL);
        gnutls_record_send(r.session, "part", 4);
        if (notified)
            gnutls_bye(r.session, GNUTLS_SHUT_WR);
        talk_raw(&o, &r);
        assert_int_equal(stand_ins.ended, notified);
        if (!notified) {
            assert_int_equal(stand_ins.freed, 0);
            o.wire->ops->eof(o.wire);
            assert_int_equal(stand_ins.freed, 1);
            assert_int_equal(stand_ins.ended, 0);
            assert_string_equal(stand_ins.heard, "part");
        }
        assert_int_equal(state_of(&o), VB_WIRE_CLOSE);
        raw_done(&r);
        ours_done(&o);
    }
    client_done(&c);
}

/* RFC 8446 section 6.1: each side of a tunnel ends by itself. */
static void test_a_tunnel_half_closes(void **state)
{
    struct vb_tls_outward_sources sources;
    struct client c;
    struct raw r;
    struct ours o;

    (void)state;
    client_init(&c, hosts, 1);
    sources = trusting(&c);
    ours_init(&o, &sources);
    o.to.protocol = VB_DIAL_BARE;
    stand_ins.half = true;
    meet_raw(&o, &r, c.tls, NULL);
    assert_true(r.ended);
    assert_int_equal(state_of(&o), VB_WIRE_READ);
    gnutls_record_send(r.session, "late", 4);
    talk_raw(&o, &r);
    assert_true(heard(&o, "late"));
    assert_int_equal(state_of(&o), VB_WIRE_READ);
    gnutls_bye(r.session, GNUTLS_SHUT_WR);
    talk_raw(&o, &r);
    assert_int_equal(stand_ins.ended, 1);
    assert_int_equal(state_of(&o), VB_WIRE_CLOSE);
    raw_done(&r);
    ours_done(&o);
    client_done(&c);
}

/* RFC 8446 section 2.2: what a server gave us with one session, another one
 * begins with; each ticket once, and only there. */
static void test_a_session_is_resumed(void **state)
{
    static const char *const versions[] = {"NORMAL:-VERS-ALL:+VERS-TLS1.2",
                                           "NORMAL:-VERS-ALL:+VERS-TLS1.3"};
    struct vb_tls_outward_sources sources;
    struct client c;

    (void)state;
    client_init(&c, hosts, 1);
    sources = trusting(&c);
    for (size_t v = 0; v < 2; v++) {
        static const bool resumed[] = {false, true, true, false, true};
        struct raw r;
        struct ours o;

        ours_init(&o, &sources);
        for (size_t i = 0; i < VB_COUNT_OF(resumed); i++) {
            o.to.port = i == 3 ? 8443 : 443;
            meet_raw(&o, &r, c.tls, versions[v]);
            assert_int_equal(o.outcome.end, VB_DIAL_OK);
            if (gnutls_session_is_resumed(session_of(&o)) != resumed[i])
                fail_msg("TLS 1.%zu, %zu", v + 2, i);
            assert_string_equal(r.heard, "hello");
            raw_done(&r);
        }
        ours_done(&o);
    }
    client_done(&c);
}

static void test_a_handshake_that_fails_says_why(void **state)
{
    static const struct {
        const char *said; /* by the server; NULL: its end */
        const char *why;
    } rows[] = {
        {NULL, "it has closed the connection"},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", ""},
        {"\x15\x03\x03\x00\x02\x02\x28", "it refuses the handshake"},
        {"\x16\x03\x03\xff\xff\xff", ""},
    };
    struct vb_tls_outward_sources sources = {.insecure = true};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf sent;
        struct ours o;

        vb_buf_init(&sent, 65536);
        ours_init(&o, &sources);
        ours_begin(&o);
        drain(&o, &sent);
        assert_false(o.settled);
        if (rows[i].said == NULL)
            o.wire->ops->eof(o.wire);
        else
            feed(&o, i == 2 ? vb_span_of(rows[i].said, 7)
                            : vb_span_str(rows[i].said));
        look(&o);
        assert_true(o.settled);
        assert_int_equal(o.outcome.end, VB_DIAL_TLS);
        assert_null(o.outcome.client);
        assert_true(o.outcome.why[0] != '\0');
        assert_non_null(strstr(o.outcome.why, rows[i].why));
        vb_buf_done(&sent);
        ours_done(&o);
    }
}

/* Who dials says how long it may take, and whether it is still wanted. */
static void test_a_handshake_waits_for_who_dials(void **state)
{
    struct vb_tls_outward_sources sources = {.insecure = true};
    struct vb_buf sent;
    struct ours o;

    (void)state;
    vb_buf_init(&sent, 65536);
    ours_init(&o, &sources);
    ours_begin(&o);
    drain(&o, &sent);
    assert_true(o.wire->ops->deadline(o.wire) == VB_TIME_NEVER);
    o.wire->ops->shut_down(o.wire);
    assert_int_equal(state_of(&o), VB_WIRE_READ);
    vb_buf_done(&sent);
    ours_done(&o);
}

/* A chain of certificates has its bounds. */
static void test_a_handshake_without_end_is_refused(void **state)
{
    static const char header[] = "\x16\x03\x03\x40\x00";
    static char body[16 * 1024] = "\x02\x10\x00\x00\x03\x03";
    struct vb_tls_outward_sources sources = {.insecure = true};
    struct vb_buf sent;
    struct ours o;

    (void)state;
    vb_buf_init(&sent, 65536);
    ours_init(&o, &sources);
    ours_begin(&o);
    drain(&o, &sent);
    for (int i = 0; i < 5 && !o.settled; i++) {
        feed(&o, vb_span_of(header, 5));
        feed(&o, vb_span_of(body, sizeof(body)));
    }
    assert_true(o.settled);
    assert_int_equal(o.outcome.end, VB_DIAL_TLS);
    vb_buf_done(&sent);
    ours_done(&o);
}

/* --- Many at once -----------------------------------------------------------
 */

enum { THREADS = 4, ROUNDS = 10 };

struct shared {
    struct vb_tls *tls;
    struct vb_tls_outward *outward;
};

static void *dial_often(void *context)
{
    const struct shared *shared = context;
    struct ours o = {.limits = vb_limits_default};
    intptr_t good = 0;

    vb_env_init(&o.env, &o.limits, NULL);
    vb_env_set_now(&o.env, 1000, 0);
    o.to = (struct vb_endpoint){
        .host = "a.example", .port = 443, .tls = shared->outward};
    for (int i = 0; i < ROUNDS; i++) {
        struct raw r;

        meet_raw(&o, &r, shared->tls, NULL);
        good += o.settled && o.outcome.end == VB_DIAL_OK;
        raw_done(&r);
    }
    ours_end(&o);
    vb_env_done(&o.env);
    return (void *)good;
}

static void test_workers_share_whom_they_believe(void **state)
{
    struct vb_tls_outward_sources sources;
    pthread_t threads[THREADS];
    struct client c;
    struct ours o;
    struct shared shared;

    (void)state;
    client_init(&c, hosts, 1);
    sources = trusting(&c);
    ours_init(&o, &sources);
    shared = (struct shared){c.tls, o.outward};
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, dial_often, &shared),
                         0);
    for (int i = 0; i < THREADS; i++) {
        void *good;

        pthread_join(threads[i], &good);
        assert_int_equal((intptr_t)good, ROUNDS);
    }
    ours_done(&o);
    client_done(&c);
}

/* --- Tickets ----------------------------------------------------------------
 */

static gnutls_datum_t ticket_of(unsigned char byte, unsigned size)
{
    gnutls_datum_t ticket = {gnutls_malloc(size), size};

    memset(ticket.data, byte, size);
    return ticket;
}

static int take(struct vb_tls_tickets *tickets, uint64_t key)
{
    gnutls_datum_t ticket;
    int byte;

    if (!vb_tls_tickets_take(tickets, key, &ticket))
        return -1;
    byte = ticket.data[0];
    vb_tls_forget(&ticket);
    return byte;
}

static void test_the_youngest_tickets_are_kept(void **state)
{
    struct vb_tls_tickets *tickets = vb_tls_tickets_new();
    int kept = 0;

    (void)state;
    for (unsigned char i = 0; i < 10; i++)
        vb_tls_tickets_put(tickets, 1, ticket_of(i, 8));
    for (int i = 9; i > 5; i--)
        assert_int_equal(take(tickets, 1), i);
    assert_int_equal(take(tickets, 1), -1);
    vb_tls_tickets_put(tickets, 1, ticket_of(0, 100 * 1000));
    assert_int_equal(take(tickets, 1), -1);
    for (uint64_t key = 0; key < 1000; key++)
        vb_tls_tickets_put(tickets, key, ticket_of(7, 8));
    assert_int_equal(take(tickets, 0), -1);
    assert_int_equal(take(tickets, 999), 7);
    for (uint64_t key = 0; key < 1000; key++)
        kept += take(tickets, key) == 7;
    assert_int_equal(kept, 127);
    vb_tls_tickets_put(tickets, 5, ticket_of(7, 8));
    vb_tls_tickets_free(tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_request_is_answered_over_tls),
        cmocka_unit_test(test_alpn_says_what_is_spoken),
        cmocka_unit_test(test_the_certificate_must_be_the_host_s),
        cmocka_unit_test(test_without_a_name_nobody_is_believed),
        cmocka_unit_test(test_who_is_not_believed_and_why),
        cmocka_unit_test(test_our_certificate_is_shown_to_who_asks),
        cmocka_unit_test(test_what_cannot_be_used_is_refused),
        cmocka_unit_test(test_without_alpn_it_is_http_1),
        cmocka_unit_test(test_a_cut_is_no_end),
        cmocka_unit_test(test_a_tunnel_half_closes),
        cmocka_unit_test(test_a_session_is_resumed),
        cmocka_unit_test(test_a_handshake_that_fails_says_why),
        cmocka_unit_test(test_a_handshake_waits_for_who_dials),
        cmocka_unit_test(test_a_handshake_without_end_is_refused),
        cmocka_unit_test(test_workers_share_whom_they_believe),
        cmocka_unit_test(test_the_youngest_tickets_are_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
