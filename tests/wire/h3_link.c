/* Drives an HTTP/3 connection as QUIC would. See h3_link.h. */
#include "h3_link.h"

#include <stdlib.h>

#include "base/list.h"
#include "service.h"

static struct h3_link *link_of(struct vb_h3_below *below)
{
    return VB_CONTAINER(below, struct h3_link, below);
}

static struct link_stream *find(struct h3_link *l, int64_t id)
{
    for (int i = 0; i < l->count; i++)
        if (l->streams[i].id == id)
            return &l->streams[i];
    return NULL;
}

static void drop_sent(struct link_stream *s)
{
    for (size_t i = 0; i < s->sent_count; i++)
        free(s->sent[i].copy);
    free(s->sent);
    s->sent = NULL;
    s->sent_count = 0;
}

static void clear(struct link_stream *s)
{
    drop_sent(s);
    vb_buf_done(&s->up);
    vb_buf_done(&s->down);
}

/* A place for a stream: a new one, or that of one long closed. */
static struct link_stream *place(struct h3_link *l)
{
    if (l->count < LINK_STREAMS_MAX)
        return &l->streams[l->count++];
    for (int i = 0; i < l->count; i++)
        if (l->streams[i].closed) {
            clear(&l->streams[i]);
            return &l->streams[i];
        }
    fail_msg("too many streams are open");
    return NULL;
}

struct link_stream *link_stream(struct h3_link *l, int64_t id)
{
    struct link_stream *s = find(l, id);

    if (s != NULL)
        return s;
    s = place(l);
    *s = (struct link_stream){.id = id,
                              .stopped = LINK_NONE,
                              .reset = LINK_NONE,
                              .window = l->window};
    vb_buf_init(&s->up, 64 * 1024 * 1024);
    vb_buf_init(&s->down, 64 * 1024 * 1024);
    return s;
}

/* Is h3 on the stack? */
static void arm(const struct h3_link *l, bool on)
{
    if (l->armed != NULL)
        l->armed(on);
}

/* --- What h3 asks for --------------------------------------------------------
 */

static int64_t open_uni(struct vb_h3_below *below)
{
    struct h3_link *l = link_of(below);
    int64_t id = l->next_uni;

    if (l->no_streams)
        return -1;
    l->next_uni += 4;
    link_stream(l, id)->up_done = true;
    return id;
}

static void consumed(struct vb_h3_below *below, int64_t id, uint64_t count)
{
    struct h3_link *l = link_of(below);
    struct link_stream *s = id < 0 ? NULL : find(l, id);

    l->consumed += count;
    assert_true(l->consumed <= l->delivered);
    if (s == NULL)
        return;
    s->consumed += count;
    assert_true(s->consumed <= s->delivered);
}

static void stop_sending(struct vb_h3_below *below, int64_t id, uint64_t code)
{
    struct link_stream *s = find(link_of(below), id);

    assert_non_null(s);
    assert_false(s->closed);
    assert_true(s->stopped == LINK_NONE);
    s->stopped = code;
}

static void reset(struct vb_h3_below *below, int64_t id, uint64_t code)
{
    struct link_stream *s = find(link_of(below), id);

    assert_non_null(s);
    assert_false(s->closed);
    assert_true(s->reset == LINK_NONE);
    s->reset = code;
    drop_sent(s);
}

static void close_link(struct vb_h3_below *below, uint64_t code)
{
    struct h3_link *l = link_of(below);

    assert_true(l->closed == LINK_NONE);
    l->closed = code;
}

static void wake(struct vb_h3_below *below)
{
    link_of(below)->wakes++;
}

static const struct vb_h3_below_ops ops = {open_uni, consumed,   stop_sending,
                                           reset,    close_link, wake};

/* --- Life --------------------------------------------------------------------
 */

static void begin(struct h3_link *l)
{
    void *memory = malloc(vb_h3_size());

    assert_non_null(memory);
    l->below.ops = &ops;
    l->count = 0;
    l->next_uni = 3;
    l->closed = LINK_NONE;
    l->delivered = l->consumed = 0;
    l->requests = VB_MUX_STREAMS_MAX;
    l->unis = VB_H3_UNI_STREAMS_MAX;
    l->h3 = vb_h3_init(memory, &l->d.env, &l->d.peer, &l->below);
    assert_non_null(l->h3);
    vb_h3_begin(l->h3);
}

static void end(struct h3_link *l)
{
    vb_h3_free(l->h3);
    free(l->h3);
    for (int i = 0; i < l->count; i++)
        clear(&l->streams[i]);
    l->count = 0;
}

void link_init(struct h3_link *l)
{
    memset(l, 0, sizeof(*l));
    driver_init(&l->d);
    l->d.peer.secure = true;
    l->window = 1024 * 1024;
    l->steps = -1;
    begin(l);
}

void link_done(struct h3_link *l)
{
    end(l);
    driver_done(&l->d);
}

void link_restart(struct h3_link *l)
{
    end(l);
    driver_restart(&l->d);
    begin(l);
}

/* --- From the client ---------------------------------------------------------
 */

/* May the client have opened it? One more for each that is closed. */
static bool is_allowed(const struct h3_link *l, int64_t id)
{
    return id / 4 < ((id & 2) == 0 ? l->requests : l->unis);
}

void link_send(struct h3_link *l, int64_t id, struct vb_span bytes, bool fin)
{
    struct link_stream *s = link_stream(l, id);

    if (s->up_done || s->up_fin) /* it was told to stop */
        return;
    vb_buf_append(&s->up, bytes);
    assert_int_equal(s->up.err, VB_OK);
    s->up_fin = fin;
}

void link_reset(struct h3_link *l, int64_t id, uint64_t code)
{
    struct link_stream *s = link_stream(l, id);

    if (s->up_done || l->closed != LINK_NONE || !is_allowed(l, id))
        return;
    s->up_done = true;
    vb_buf_done(&s->up);
    arm(l, true);
    vb_h3_peer_reset(l->h3, id, code);
    arm(l, false);
}

void link_stop(struct h3_link *l, int64_t id, uint64_t code)
{
    struct link_stream *s = link_stream(l, id);

    if (s->reset != LINK_NONE || s->closed || l->closed != LINK_NONE ||
        !is_allowed(l, id))
        return;
    s->reset = code;
    drop_sent(s);
    arm(l, true);
    vb_h3_peer_stopped(l->h3, id, code);
    arm(l, false);
}

/* Bytes that the windows let through now. */
static size_t may_deliver(const struct h3_link *l, const struct link_stream *s)
{
    uint64_t window = (s->id & 2) != 0 ? (uint64_t)VB_H3_UNI_STREAM_WINDOW
                                       : (uint64_t)VB_MUX_STREAM_WINDOW;
    uint64_t stream = window - (s->delivered - s->consumed);
    uint64_t all = VB_MUX_WINDOW - (l->delivered - l->consumed);
    size_t n = s->up.len;

    if (l->d.piece > 0 && n > l->d.piece)
        n = l->d.piece;
    if (n > stream)
        n = (size_t)stream;
    return n > all ? (size_t)all : n;
}

/* From memory of exactly its size, so that a sanitizer sees a read past its
 * end, and a use after the call. */
static bool deliver(struct h3_link *l, struct link_stream *s)
{
    size_t n = s->up_done ? 0 : may_deliver(l, s);
    bool fin = s->up_fin && n == s->up.len;
    char *copy;

    if (s->up_done || (n == 0 && !fin) || !is_allowed(l, s->id))
        return false;
    copy = malloc(n > 0 ? n : 1);
    assert_non_null(copy);
    if (n > 0)
        memcpy(copy, s->up.ptr, n);
    s->delivered += n;
    l->delivered += n;
    s->up_done = fin;
    if (n > 0)
        vb_buf_consume(&s->up, n);
    arm(l, true);
    vb_h3_data(l->h3, s->id, vb_span_of(n > 0 ? copy : NULL, n), fin, s->early);
    arm(l, false);
    free(copy);
    return true;
}

/* A client that is told to stop resets its side (RFC 9000 section 3.5). */
static bool obey(struct h3_link *l, struct link_stream *s)
{
    if (s->stopped == LINK_NONE || s->up_done)
        return false;
    link_reset(l, s->id, s->stopped);
    return true;
}

/* --- To the client -----------------------------------------------------------
 */

static void remember(struct link_stream *s, struct iovec iov)
{
    void *copy = malloc(iov.iov_len);

    s->sent = realloc(s->sent, (s->sent_count + 1) * sizeof(*s->sent));
    assert_non_null(s->sent);
    assert_non_null(copy);
    memcpy(copy, iov.iov_base, iov.iov_len);
    s->sent[s->sent_count++] =
        (struct link_piece){iov.iov_base, iov.iov_len, copy};
}

static void ack(struct h3_link *l, struct link_stream *s)
{
    uint64_t total = 0;

    for (size_t i = 0; i < s->sent_count; i++) {
        assert_memory_equal(s->sent[i].at, s->sent[i].copy, s->sent[i].len);
        total += s->sent[i].len;
    }
    drop_sent(s);
    if (total > 0 && l->closed == LINK_NONE) {
        arm(l, true);
        vb_h3_acked(l->h3, s->id, total);
        arm(l, false);
    }
}

static bool pull(struct h3_link *l)
{
    struct iovec iov[4];
    struct link_stream *s;
    int64_t id;
    bool fin;
    size_t total = 0;
    size_t room = l->d.room == 0 ? SIZE_MAX : l->d.room;
    int count;
    int i;

    if (l->stuck)
        return false;
    arm(l, true);
    count = vb_h3_pull(l->h3, &id, &fin, iov, 4);
    arm(l, false);
    assert_in_range(count, 0, 4);
    if (id < 0) {
        assert_int_equal(count, 0);
        return false;
    }
    s = find(l, id);
    assert_non_null(s);
    assert_true(count > 0 || fin);
    assert_true(!s->down_fin && s->reset == LINK_NONE && !s->blocked);
    if (room > s->window - s->down.len)
        room = (size_t)(s->window - s->down.len);
    if (room == 0 && count > 0) {
        s->blocked = true;
        vb_h3_blocked(l->h3, id);
        return true;
    }
    for (i = 0; i < count && total < room; i++) {
        assert_true(iov[i].iov_len > 0);
        if (iov[i].iov_len > room - total) {
            iov[i].iov_len = room - total;
            fin = false;
        }
        vb_buf_append(&s->down, vb_span_of(iov[i].iov_base, iov[i].iov_len));
        remember(s, iov[i]);
        total += iov[i].iov_len;
    }
    fin = fin && i == count;
    s->down_fin = fin;
    arm(l, true);
    vb_h3_wrote(l->h3, id, total);
    arm(l, false);
    if (!l->holds_acks)
        ack(l, s);
    return true;
}

/* Tells h3 of streams that are over in both directions. */
static bool close_stream(struct h3_link *l, struct link_stream *s)
{
    bool bidi = (s->id & 2) == 0;
    bool ours = (s->id & 1) != 0;
    bool sent = s->reset != LINK_NONE || (s->down_fin && s->sent_count == 0);
    bool over = bidi ? s->up_done && sent : (ours ? sent : s->up_done);

    if (s->closed || !over || l->closed != LINK_NONE)
        return false;
    s->closed = true;
    drop_sent(s);
    if (bidi)
        l->requests++;
    else if (!ours)
        l->unis++;
    arm(l, true);
    vb_h3_stream_closed(l->h3, s->id);
    arm(l, false);
    return true;
}

static bool resume(struct h3_link *l)
{
    struct vb_exchange *x = l->d.paused;

    if (!l->d.resumes)
        return false;
    if (x != NULL) {
        l->d.paused = NULL;
        arm(l, true);
        x->carrier->resume_content(x);
        arm(l, false);
        return true;
    }
    x = l->d.pending;
    if (x == NULL)
        return false;
    l->d.pending = NULL;
    arm(l, true);
    x->carrier->output_ready(x);
    arm(l, false);
    return true;
}

static bool for_each(struct h3_link *l,
                     bool (*act)(struct h3_link *l, struct link_stream *s))
{
    bool any = false;

    for (int i = 0; i < l->count && l->closed == LINK_NONE && l->steps != 0;
         i++)
        if (act(l, &l->streams[i])) {
            any = true;
            l->steps--;
        }
    return any;
}

void link_pump(struct h3_link *l)
{
    bool more = true;

    while (more && l->closed == LINK_NONE && l->steps != 0) {
        more = for_each(l, deliver);
        while (l->closed == LINK_NONE && l->steps != 0 && pull(l)) {
            more = true;
            l->steps--;
        }
        more |= for_each(l, obey);
        more |= for_each(l, close_stream);
        more |= l->closed == LINK_NONE && resume(l);
    }
}

void link_ack(struct h3_link *l)
{
    for (int i = 0; i < l->count; i++)
        ack(l, &l->streams[i]);
    link_pump(l);
}

void link_open(struct h3_link *l, int64_t id, uint64_t more)
{
    struct link_stream *s = link_stream(l, id);

    s->window += more;
    if (s->blocked)
        vb_h3_unblocked(l->h3, id);
    s->blocked = false;
    link_pump(l);
}

void link_pass(struct h3_link *l, int64_t ms)
{
    struct vb_env *env = &l->d.env;

    vb_env_set_now(env, env->now.mono_ms + ms, env->now.unix_ms + ms);
    if (l->closed == LINK_NONE && vb_h3_deadline(l->h3) <= env->now.mono_ms) {
        arm(l, true);
        vb_h3_tick(l->h3);
        arm(l, false);
    }
    link_pump(l);
}

bool link_logged(const struct h3_link *l, const char *text)
{
    return l->d.log.len > 0 &&
           memmem(l->d.log.ptr, l->d.log.len, text, strlen(text)) != NULL;
}
