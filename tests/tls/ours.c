/* See ours.h. */
#include "ours.h"

#include <errno.h>
#include <stdlib.h>

static void no_wake(struct vb_wire *wire)
{
    (void)wire;
}

void ours_begin(struct ours *o)
{
    o->wire = malloc(vb_tls_outward_wire_size());
    assert_non_null(
        vb_tls_outward_wire_init(o->wire, &o->to, &o->env, &o->peer));
    o->wire->wake = no_wake;
    o->settled = false;
}

void ours_init(struct ours *o, const struct vb_tls_outward_sources *sources)
{
    char text[512];
    struct vb_buf why = vb_buf_over(text, sizeof(text));

    memset(o, 0, sizeof(*o));
    memset(&stand_ins, 0, sizeof(stand_ins));
    o->limits = vb_limits_default;
    vb_env_init(&o->env, &o->limits, NULL);
    vb_env_set_now(&o->env, 1000, 0);
    if (sources != NULL &&
        vb_tls_outward_new(sources, &o->outward, &why) != VB_OK)
        fail_msg("%.*s", VB_FMT(vb_buf_span(&why)));
    o->to = (struct vb_endpoint){
        .host = "a.example", .port = 443, .tls = o->outward};
}

void ours_end(struct ours *o)
{
    if (o->wire != NULL)
        o->wire->ops->free(o->wire);
    free(o->wire);
    o->wire = NULL;
    assert_int_equal(stand_ins.made, stand_ins.freed);
}

void ours_done(struct ours *o)
{
    ours_end(o);
    vb_tls_outward_unref(o->outward);
    vb_env_done(&o->env);
}

/* As the loop does after each of its calls. */
void ours_look(struct ours *o)
{
    if (!o->settled)
        o->settled = vb_tls_outward_look(o->wire, &o->outcome);
}

void ours_feed(struct ours *o, struct vb_span bytes)
{
    while (bytes.len > 0) {
        size_t n = o->piece > 0 && o->piece < bytes.len ? o->piece : bytes.len;

        o->wire->ops->feed(o->wire, vb_span_head(bytes, n));
        bytes = vb_span_from(bytes, n);
        ours_look(o);
    }
}

/* What it has to send; how much. */
size_t ours_drain(struct ours *o, struct vb_buf *into)
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
    ours_look(o);
    return sum;
}

unsigned ours_state(const struct ours *o)
{
    return o->wire->ops->state(o->wire);
}

/* Lets happen what can happen between the two. */
static void talk(struct ours *o, struct client *c)
{
    struct vb_buf bytes;
    bool moved;

    vb_buf_init(&bytes, 1024 * 1024);
    do {
        vb_buf_reset(&bytes);
        moved = ours_drain(o, &bytes) > 0;
        driver_send(&c->d, vb_buf_span(&bytes));
        if (c->read < c->d.out.len) {
            struct vb_span rest = vb_span_from(vb_buf_span(&c->d.out), c->read);

            moved = true;
            c->read = c->d.out.len;
            ours_feed(o, rest);
        }
    } while (moved);
    vb_buf_done(&bytes);
}

/* Both begin anew. */
void ours_meet(struct ours *o, struct client *c)
{
    ours_end(o);
    client_restart(c);
    ours_begin(o);
    talk(o, c);
    assert_true(o->settled);
}

bool ours_heard(const struct ours *o, const char *text)
{
    return o->outcome.client != NULL &&
           strstr(stand_in_of(o->outcome.client)->heard, text) != NULL;
}

struct vb_tls_outward_sources ours_trusting(const struct client *c)
{
    return (struct vb_tls_outward_sources){.ca = c->paths[0]};
}

/* --- A server of GnuTLS's own -----------------------------------------------
 */

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

void raw_begin(struct raw *r, struct vb_tls *tls, const char *priority)
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

void raw_done(struct raw *r)
{
    gnutls_deinit(r->session);
    vb_tls_choice_done(&r->choice);
    vb_buf_done(&r->in);
    vb_buf_done(&r->out);
}

static void raw_work(struct raw *r)
{
    ssize_t n;

    if (r->rc < 0 && gnutls_error_is_fatal(r->rc))
        return;
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

void raw_talk(struct raw *r, struct ours *o)
{
    size_t moved;

    do {
        moved = ours_drain(o, &r->in);
        raw_work(r);
        moved += r->out.len;
        ours_feed(o, vb_buf_span(&r->out));
        vb_buf_reset(&r->out);
    } while (moved > 0);
}

void raw_meet(struct raw *r, struct ours *o, struct vb_tls *tls,
              const char *priority)
{
    ours_end(o);
    raw_begin(r, tls, priority);
    ours_begin(o);
    raw_talk(r, o);
}
