/* Records as they go, made of what the inner wire has to send. */
#include "base/read_at.h"
#include "tls/wire_inner.h"

/* Plaintext of a record (RFC 8446 section 5.1). */
#define RECORD_MOST ((size_t)16 * 1024)
/* Bytes queued for sending past which nothing more is encrypted. */
#define QUEUE_MOST ((size_t)64 * 1024)
/* Pieces of the inner wire that are looked at for one record. */
#define PIECES_MOST 64

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
    n = vb_read_at(file->fd, draft->room + draft->len, room, file->offset);
    if (n <= 0)
        return false;
    draft->len += (size_t)n;
    return true;
}

/* Small pieces are copied together; a large one is encrypted from where it
 * lies. */
static bool make_draft(struct vb_tls_wire *t, struct draft *draft)
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
static bool write_record(struct vb_tls_wire *t)
{
    struct draft draft;
    ssize_t n;

    if (!make_draft(t, &draft)) {
        vb__tls_die(t);
        return false;
    }
    if (draft.len == 0)
        return false;
    n = gnutls_record_send(t->session, draft.bytes, draft.len);
    if (n <= 0) {
        vb__tls_die(t);
        return false;
    }
    t->inner.ops->sent(&t->inner, (size_t)n);
    return true;
}

bool vb__tls_is_over(const struct vb_tls_wire *t)
{
    unsigned state = t->inner.ops->state(&t->inner);

    return (state & VB_WIRE_CLOSE) != 0 ||
           ((state & VB_WIRE_LINGER) != 0 && !t->said);
}

/* The inner wire has sent all that it wants to: so says the alert. In a tunnel
 * of ours the other side may go on (RFC 8446 section 6.1). */
static void say_goodbye(struct vb_tls_wire *t)
{
    unsigned state = t->inner.ops->state(&t->inner);

    if (!t->said && gnutls_bye(t->session, GNUTLS_SHUT_WR) != 0) {
        vb__tls_die(t);
        return;
    }
    t->said = true;
    if (t->side->lingers || (state & VB_WIRE_CLOSE))
        vb__tls_begin_last(t);
}

int vb__tls_drain(struct vb_wire *wire, struct iovec *iov, int max,
                  struct vb_file_part *ret_file)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);

    if (t->phase == VB_TLS_BARE)
        return t->inner.ops->drain(&t->inner, iov, max, ret_file);
    ret_file->length = 0;
    while (t->phase == VB_TLS_OPEN && t->queue.len < QUEUE_MOST &&
           write_record(t))
        ;
    if (t->phase == VB_TLS_OPEN && vb__tls_is_over(t) &&
        (t->inner.ops->state(&t->inner) & VB_WIRE_RESET) == 0)
        say_goodbye(t);
    return vb_tls_queue_pieces(&t->queue, iov, max);
}

void vb__tls_sent(struct vb_wire *wire, size_t n)
{
    struct vb_tls_wire *t = vb__tls_wire_of(wire);

    if (t->phase == VB_TLS_BARE) {
        t->inner.ops->sent(&t->inner, n);
        return;
    }
    vb_tls_queue_drop(&t->queue, n);
    t->write_since = wire->env->now.mono_ms;
    if (t->phase == VB_TLS_OPEN) /* the peer reads, though it may be slowly */
        t->inner.ops->sent(&t->inner, 0);
}
