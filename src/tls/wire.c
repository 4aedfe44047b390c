/*
 * The record layer as a wire. See wire.h.
 *
 *     FRESH ─ first byte ─▶ HANDSHAKE ─ done ─▶ OPEN ─ inner wire ends ─▶ LAST
 *       │                       └──── what is no TLS, or broken ────────▶ LAST
 *       └── a letter: HTTP without TLS ─▶ BARE
 *
 * GnuTLS reads from what was fed, and writes into the queue, which takes all:
 * so nothing is ever half written, and what is queued stays the same bytes.
 * More is encrypted only while the queue is short. In LAST an alert (mostly
 * close_notify) is the last of what is queued; then we linger as any wire does.
 */
#include "tls/wire.h"

#include <errno.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "tls/queue.h"
#include "wire/h1/h1.h"
#include "wire/h2/h2.h"

/* Plaintext of a record (RFC 8446 section 5.1). */
#define RECORD_MOST ((size_t)16 * 1024)
/* Bytes queued for sending past which nothing more is encrypted. */
#define QUEUE_MOST ((size_t)64 * 1024)
/* Bytes of a handshake without its end: a ClientHello with all that is in use
 * is a few KiB. */
#define HANDSHAKE_MOST ((uint32_t)64 * 1024)
/* Pieces of the inner wire that are looked at for one record. */
#define PIECES_MOST 64

enum phase { FRESH, HANDSHAKE, OPEN, BARE, LAST, DEAD };

struct tls_wire {
    struct vb_wire wire; /* first */
    struct vb_tls *tls;
    gnutls_session_t session; /* from HANDSHAKE on */
    struct vb_tls_choice choice;
    struct vb_span input; /* what was fed and not read; borrowed */
    struct vb_tls_queue queue;
    int64_t since;       /* when the handshake, or LAST, began */
    int64_t write_since; /* when sending began, or went on */
    uint32_t taken;      /* bytes of the handshake */
    uint8_t phase;
    bool inside;         /* the inner wire is there */
    bool eof;            /* the peer's TCP has ended */
    bool notified;       /* the peer has said close_notify */
    struct vb_peer peer; /* the inner wire's */
    _Alignas(max_align_t) struct vb_wire inner; /* and its protocol's part */
};

/* What ALPN (RFC 7301) can choose, in our order; who does not ask for any gets
 * the last. */
static const struct protocol {
    const char *name;
    size_t (*size)(void);
    struct vb_wire *(*init)(void *memory, struct vb_env *env,
                            const struct vb_peer *peer);
} protocols[] = {
    {"h2", vb_h2_size, vb_h2_init},
    {"http/1.1", vb_h1_size, vb_h1_init},
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

static struct tls_wire *of(struct vb_wire *wire)
{
    return VB_CONTAINER(wire, struct tls_wire, wire);
}

static const struct tls_wire *const_of(const struct vb_wire *wire)
{
    return VB_CONTAINER(wire, const struct tls_wire, wire);
}

/* --- GnuTLS's transport -----------------------------------------------------
 */

static ssize_t pull(gnutls_transport_ptr_t pointer, void *into, size_t size)
{
    struct tls_wire *t = pointer;
    size_t n = size < t->input.len ? size : t->input.len;

    if (t->input.len == 0) {
        if (t->eof)
            return 0;
        gnutls_transport_set_errno(t->session, EAGAIN);
        return -1;
    }
    memcpy(into, t->input.ptr, n);
    t->input = vb_span_from(t->input, n);
    return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned ms)
{
    const struct tls_wire *t = pointer;

    (void)ms;
    return t->input.len > 0 || t->eof;
}

static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *iov,
                    int count)
{
    struct tls_wire *t = pointer;
    size_t before = t->queue.len;

    if (before == 0) /* waiting for the peer begins now */
        t->write_since = t->wire.env->now.mono_ms;
    for (int i = 0; i < count; i++)
        if (!vb_tls_queue_put(&t->queue,
                              vb_span_of(iov[i].iov_base, iov[i].iov_len))) {
            gnutls_transport_set_errno(t->session, ENOMEM);
            return -1;
        }
    return (ssize_t)(t->queue.len - before);
}

/* --- The inner wire ---------------------------------------------------------
 */

static bool certified(const struct vb_peer *peer, struct vb_span authority)
{
    const struct tls_wire *t = VB_CONTAINER(peer, const struct tls_wire, peer);

    return !peer->bare &&
           vb_tls_names_cover(&t->choice.certificate->names, authority);
}

static void inner_wake(struct vb_wire *inner)
{
    struct tls_wire *t = VB_CONTAINER(inner, struct tls_wire, inner);

    t->wire.wake(&t->wire);
}

/* False when out of memory. */
static bool begin_inner(struct tls_wire *t, const struct protocol *protocol)
{
    if (protocol->init(&t->inner, t->wire.env, &t->peer) == NULL)
        return false;
    t->inner.wake = inner_wake;
    t->inside = true;
    return true;
}

static void end_inner(struct tls_wire *t)
{
    if (t->inside)
        t->inner.ops->free(&t->inner);
    t->inside = false;
}

/* --- Phases -----------------------------------------------------------------
 */

/* Nothing more can be said, or read: as if the cable were cut. */
static void die(struct tls_wire *t)
{
    end_inner(t);
    t->phase = DEAD;
}

/* The last word is queued. */
static void begin_last(struct tls_wire *t)
{
    t->phase = LAST;
    t->since = t->wire.env->now.mono_ms;
}

/* What came is no TLS that we take: the alert says why. */
static void fail(struct tls_wire *t, int rc)
{
    vb_log(VB_LOG_DEBUG, "TLS: %s", gnutls_strerror(rc));
    end_inner(t);
    if (rc == GNUTLS_E_REHANDSHAKE)
        rc = gnutls_alert_send(t->session, GNUTLS_AL_FATAL,
                               GNUTLS_A_NO_RENEGOTIATION);
    else
        rc = gnutls_alert_send_appropriate(t->session, rc);
    if (rc == 0)
        begin_last(t);
    else
        die(t);
}

/* The inner wire has sent all that it wants to: so says the alert. */
static void say_goodbye(struct tls_wire *t)
{
    if (gnutls_bye(t->session, GNUTLS_SHUT_WR) == 0)
        begin_last(t);
    else
        die(t);
}

static const struct protocol *negotiated(gnutls_session_t session)
{
    gnutls_datum_t name;

    if (gnutls_alpn_get_selected_protocol(session, &name) == 0)
        for (size_t i = 0; i < PROTOCOLS; i++)
            if (vb_span_eq(vb_span_str(protocols[i].name),
                           vb_span_of((const char *)name.data, name.size)))
                return &protocols[i];
    return &protocols[PROTOCOLS - 1];
}

/* A session that is resumed has shown its certificate before. */
static void open_inner(struct tls_wire *t)
{
    if (t->choice.certificate == NULL)
        vb_tls_choose(t->session);
    t->phase = OPEN;
    t->peer.secure = true;
    t->peer.certified = certified;
    if (!begin_inner(t, negotiated(t->session)))
        die(t);
}

/* GnuTLS looks at a message's size only when it is there. */
static void go_on_with_handshake(struct tls_wire *t, size_t len)
{
    int rc;

    t->taken += (uint32_t)len;

    do
        rc = gnutls_handshake(t->session);
    while (rc < 0 && rc != GNUTLS_E_AGAIN && !gnutls_error_is_fatal(rc));
    if (rc == 0)
        open_inner(t);
    else if (rc != GNUTLS_E_AGAIN)
        fail(t, rc);
    else if (t->taken > HANDSHAKE_MOST)
        fail(t, GNUTLS_E_RECORD_OVERFLOW);
}

static bool offer_protocols(gnutls_session_t session)
{
    gnutls_datum_t names[PROTOCOLS];

    for (size_t i = 0; i < PROTOCOLS; i++)
        names[i] = (gnutls_datum_t){(unsigned char *)protocols[i].name,
                                    (unsigned)strlen(protocols[i].name)};
    return gnutls_alpn_set_protocols(session, names, PROTOCOLS,
                                     GNUTLS_ALPN_MANDATORY |
                                         GNUTLS_ALPN_SERVER_PRECEDENCE) == 0;
}

static bool begin_session(struct tls_wire *t)
{
    if (vb_tls_session_new(t->tls, GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL,
                           t->wire.env->now.mono_ms, &t->choice,
                           &t->session) != VB_OK)
        return false;
    gnutls_transport_set_ptr(t->session, t);
    gnutls_transport_set_pull_function(t->session, pull);
    gnutls_transport_set_pull_timeout_function(t->session, pull_timeout);
    gnutls_transport_set_vec_push_function(t->session, push);
    return offer_protocols(t->session);
}

static bool is_letter(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* The first byte tells TLS from HTTP without it; what is neither, GnuTLS
 * answers with an alert. */
static void begin(struct tls_wire *t, char first)
{
    if (is_letter(first)) {
        t->phase = BARE;
        t->peer.bare = true;
        t->peer.certified = certified;
        if (!begin_inner(t, &protocols[PROTOCOLS - 1]))
            die(t);
    } else if (begin_session(t)) {
        t->phase = HANDSHAKE;
    } else {
        die(t);
    }
}

/* --- Reading ----------------------------------------------------------------
 */

/* Hands on what a record holds; in LAST, what was to come is thrown away. */
static void hand_on(struct tls_wire *t, gnutls_packet_t packet)
{
    gnutls_datum_t data;

    gnutls_packet_get(packet, &data, NULL);
    if (t->inside && t->phase == OPEN)
        t->inner.ops->feed(&t->inner,
                           vb_span_of((const char *)data.data, data.size));
    gnutls_packet_deinit(packet);
}

static void end_of_input(struct tls_wire *t)
{
    if (t->inside && t->phase == OPEN && !t->notified)
        t->inner.ops->eof(&t->inner);
    t->notified = true;
}

/* GnuTLS says AGAIN also for a message of its own, such as a new key, while
 * there are bytes behind it. */
static void read_records(struct tls_wire *t)
{
    while (!t->notified) {
        size_t before = t->input.len;
        gnutls_packet_t packet = NULL;
        ssize_t n = gnutls_record_recv_packet(t->session, &packet);

        if (n > 0) {
            hand_on(t, packet);
            continue;
        }
        if (packet != NULL)
            gnutls_packet_deinit(packet);
        if (n == 0) {
            end_of_input(t);
        } else if (n == GNUTLS_E_AGAIN && t->input.len == before) {
            return;
        } else if (n == GNUTLS_E_REHANDSHAKE || gnutls_error_is_fatal((int)n)) {
            if (t->phase == OPEN)
                fail(t, (int)n);
            return;
        }
    }
}

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct tls_wire *t = of(wire);

    if (bytes.len == 0)
        return;
    if (t->phase == FRESH)
        begin(t, bytes.ptr[0]);
    if (t->phase == BARE) {
        t->inner.ops->feed(&t->inner, bytes);
        return;
    }
    t->input = bytes;
    if (t->phase == HANDSHAKE)
        go_on_with_handshake(t, bytes.len);
    if (t->phase == OPEN || (t->phase == LAST && t->inside))
        read_records(t);
    t->input = VB_SPAN("");
}

/*
 * Who closes without close_notify may have been cut off by a stranger. A
 * request says itself where it ends, so that one cut short is not taken for
 * whole, and one that is whole is answered (RFC 9112 section 9.8).
 */
static void eof(struct vb_wire *wire)
{
    struct tls_wire *t = of(wire);

    t->eof = true;
    if (t->phase == OPEN)
        end_of_input(t);
    else if (t->phase == BARE)
        t->inner.ops->eof(&t->inner);
    else
        die(t);
}

/* --- Writing ----------------------------------------------------------------
 */

/* Plaintext for one record, as far as it is at hand. */
struct draft {
    const char *bytes;
    size_t len;
    char room[RECORD_MOST];
};

/* False: a part of a file cannot be read to its end. */
static bool draft_file(struct draft *draft, const struct vb_file_part *file)
{
    size_t room = RECORD_MOST - draft->len;
    ssize_t n;

    if (room > file->length)
        room = (size_t)file->length;
    n = pread(file->fd, draft->room + draft->len, room, (off_t)file->offset);
    if (n <= 0)
        return false;
    draft->len += (size_t)n;
    return true;
}

/* Small pieces are copied together; a large one is encrypted from where it
 * lies. */
static bool make_draft(struct tls_wire *t, struct draft *draft)
{
    struct iovec iov[PIECES_MOST];
    struct vb_file_part file;
    int count = t->inner.ops->drain(&t->inner, iov, PIECES_MOST, &file);

    draft->bytes = draft->room;
    draft->len = 0;
    if (count > 0 && iov[0].iov_len >= RECORD_MOST) {
        draft->bytes = iov[0].iov_base;
        draft->len = RECORD_MOST;
        return true;
    }
    for (int i = 0; i < count && draft->len < RECORD_MOST; i++) {
        size_t room = RECORD_MOST - draft->len;
        size_t n = iov[i].iov_len < room ? iov[i].iov_len : room;

        if (n > 0)
            memcpy(draft->room + draft->len, iov[i].iov_base, n);
        draft->len += n;
    }
    if (file.length > 0 && draft->len < RECORD_MOST)
        return draft_file(draft, &file);
    return true;
}

/* One record; false when there is no more to encrypt just now. */
static bool write_record(struct tls_wire *t)
{
    struct draft draft;
    ssize_t n;

    if (!make_draft(t, &draft)) {
        die(t);
        return false;
    }
    if (draft.len == 0)
        return false;
    n = gnutls_record_send(t->session, draft.bytes, draft.len);
    if (n <= 0) {
        die(t);
        return false;
    }
    t->inner.ops->sent(&t->inner, (size_t)n);
    return true;
}

/* Has the inner wire come to its end, so that we may say so? */
static bool is_over(const struct tls_wire *t)
{
    return (t->inner.ops->state(&t->inner) &
            (VB_WIRE_LINGER | VB_WIRE_CLOSE)) != 0;
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    struct tls_wire *t = of(wire);

    if (t->phase == BARE)
        return t->inner.ops->drain(&t->inner, iov, max, ret_file);
    ret_file->length = 0;
    while (t->phase == OPEN && t->queue.len < QUEUE_MOST && write_record(t))
        ;
    if (t->phase == OPEN && is_over(t)) {
        if (t->inner.ops->state(&t->inner) & VB_WIRE_RESET)
            return 0;
        say_goodbye(t);
    }
    return vb_tls_queue_pieces(&t->queue, iov, max);
}

static void sent(struct vb_wire *wire, size_t n)
{
    struct tls_wire *t = of(wire);

    if (t->phase == BARE) {
        t->inner.ops->sent(&t->inner, n);
        return;
    }
    vb_tls_queue_drop(&t->queue, n);
    t->write_since = wire->env->now.mono_ms;
    if (t->phase == OPEN) /* the peer reads, though it may be slowly */
        t->inner.ops->sent(&t->inner, 0);
}

/* --- State and time ---------------------------------------------------------
 */

static unsigned open_state(const struct tls_wire *t)
{
    unsigned state = t->inner.ops->state(&t->inner);

    if (state & VB_WIRE_RESET)
        return state;
    if (t->queue.len > 0 || (state & (VB_WIRE_LINGER | VB_WIRE_CLOSE)))
        state |= VB_WIRE_WRITE;
    return state & (VB_WIRE_READ | VB_WIRE_WRITE);
}

/* An alert on its way; then the peer may read it, unless it has gone. */
static unsigned last_state(const struct tls_wire *t)
{
    if (t->queue.len > 0)
        return VB_WIRE_READ | VB_WIRE_WRITE;
    if (t->eof || t->notified ||
        (t->inside && (t->inner.ops->state(&t->inner) & VB_WIRE_CLOSE)))
        return VB_WIRE_CLOSE;
    return VB_WIRE_LINGER;
}

static unsigned state(const struct vb_wire *wire)
{
    const struct tls_wire *t = const_of(wire);
    unsigned more = t->queue.len > 0 ? VB_WIRE_WRITE : 0;

    switch ((enum phase)t->phase) {
    case FRESH:
    case HANDSHAKE:
        return VB_WIRE_READ | more;
    case OPEN:
        return open_state(t);
    case BARE:
        return t->inner.ops->state(&t->inner);
    case LAST:
        return last_state(t);
    case DEAD:
        break;
    }
    return VB_WIRE_CLOSE;
}

static int64_t read_deadline(const struct tls_wire *t)
{
    const struct vb_limits *limits = t->wire.env->limits;

    switch ((enum phase)t->phase) {
    case FRESH:
    case HANDSHAKE:
        return t->since + limits->head_timeout_ms;
    case OPEN:
    case BARE:
        return t->inner.ops->deadline(&t->inner);
    case LAST:
        return t->since + limits->linger_ms;
    case DEAD:
        break;
    }
    return VB_TIME_NEVER;
}

static int64_t write_deadline(const struct tls_wire *t)
{
    if (t->queue.len == 0)
        return VB_TIME_NEVER;
    return t->write_since + t->wire.env->limits->write_timeout_ms;
}

static int64_t deadline(const struct vb_wire *wire)
{
    const struct tls_wire *t = const_of(wire);
    int64_t read = read_deadline(t), write = write_deadline(t);

    return read < write ? read : write;
}

static void tick(struct vb_wire *wire)
{
    struct tls_wire *t = of(wire);
    int64_t now = wire->env->now.mono_ms;

    if (write_deadline(t) <= now)
        die(t);
    else if (t->phase == OPEN || t->phase == BARE)
        t->inner.ops->tick(&t->inner);
    else if (read_deadline(t) <= now)
        die(t);
}

/* --- Life
 * ---------------------------------------------------------------------------
 */

static void shut_down(struct vb_wire *wire)
{
    struct tls_wire *t = of(wire);

    if (t->phase == OPEN || t->phase == BARE)
        t->inner.ops->shut_down(&t->inner);
    else if (t->phase == FRESH || t->phase == HANDSHAKE)
        die(t); /* nothing was asked yet */
}

static void free_wire(struct vb_wire *wire)
{
    struct tls_wire *t;

    if (wire == NULL)
        return;
    t = of(wire);
    end_inner(t);
    if (t->session != NULL)
        gnutls_deinit(t->session);
    vb_tls_credentials_unref(t->choice.from);
    vb_tls_queue_drop(&t->queue, t->queue.len);
}

static const struct vb_wire_ops ops = {
    .name = "tls",
    .feed = feed,
    .eof = eof,
    .drain = drain,
    .sent = sent,
    .state = state,
    .deadline = deadline,
    .tick = tick,
    .shut_down = shut_down,
    .free = free_wire,
};

size_t vb_tls_wire_size(void)
{
    size_t most = sizeof(struct vb_wire);

    for (size_t i = 0; i < PROTOCOLS; i++)
        if (protocols[i].size() > most)
            most = protocols[i].size();
    return offsetof(struct tls_wire, inner) + most;
}

struct vb_wire *vb_tls_wire_init(void *memory, struct vb_tls *tls,
                                 struct vb_env *env, const struct vb_peer *peer)
{
    struct tls_wire *t = memory;

    memset(t, 0, offsetof(struct tls_wire, inner));
    t->wire = (struct vb_wire){.ops = &ops, .env = env, .peer = peer};
    t->tls = tls;
    t->queue.pool = &env->output_blocks;
    t->since = env->now.mono_ms;
    t->peer = *peer;
    t->peer.secure = false; /* that is to be seen */
    return &t->wire;
}
