/* See fake_h3.h. */
#include "fake_h3.h"

#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"

#define NO_ERROR       0x100
#define NOT_UNDERSTOOD 0x106

#define GIVEN_MOST ((uint64_t)16 * 1024 * 1024)

enum action { UNKNOWN, ECHO, GIVE, COUNT, HOLD, WAIT, OVER };

struct stream {
    struct vb_link link;
    int64_t id;
    enum action action;
    struct vb_buf line;
    struct vb_buf out;
    size_t sent;
    uint64_t acked;
    bool fin;      /* of what goes out */
    bool fin_sent; /* and it is on its way */
    bool blocked;
    bool early;
    size_t held;
    uint64_t count;
    uint32_t sum;
};

struct vb_h3 {
    const struct vb_peer *peer;
    struct vb_h3_below *below;
    struct vb_link streams;
    bool begun;
    bool leaving;
    bool closed;
};

struct fake fake = {.deadline_ms = VB_TIME_NEVER};

bool *fake_fragile;

bool fake_spare(void)
{
    bool before = fake_fragile != NULL && *fake_fragile;

    if (before)
        *fake_fragile = false;
    return before;
}

void fake_resume(bool before)
{
    if (before)
        *fake_fragile = true;
}

void fake_reset(void)
{
    vb_buf_done(&fake.told);
    memset(&fake, 0, sizeof(fake));
    vb_buf_init(&fake.told, 1024 * 1024);
    fake.deadline_ms = VB_TIME_NEVER;
}

uint32_t fake_sum(uint32_t sum, struct vb_span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        sum = sum * 31 + (unsigned char)bytes.ptr[i];
    return sum;
}

/* --- Streams ----------------------------------------------------------------
 */

static struct stream *find(const struct vb_h3 *h3, int64_t id)
{
    for (struct vb_link *at = h3->streams.next; at != &h3->streams;
         at = at->next) {
        struct stream *s = VB_CONTAINER(at, struct stream, link);

        if (s->id == id)
            return s;
    }
    return NULL;
}

static struct stream *add(struct vb_h3 *h3, int64_t id)
{
    struct stream *s = calloc(1, sizeof(*s));

    assert_non_null(s);
    s->id = id;
    vb_buf_init(&s->line, 64);
    vb_buf_init(&s->out, 64 * 1024 * 1024);
    vb_list_append(&h3->streams, &s->link);
    return s;
}

static void drop(struct stream *s)
{
    vb_list_remove(&s->link);
    vb_buf_done(&s->line);
    vb_buf_done(&s->out);
    free(s);
}

static void check(const struct vb_h3 *h3)
{
    assert_true(h3->begun);
    assert_false(h3->closed);
}

static void close_with(struct vb_h3 *h3, uint64_t code)
{
    h3->closed = true;
    h3->below->ops->close(h3->below, code);
}

static void look_whether_to_leave(struct vb_h3 *h3)
{
    for (struct vb_link *at = h3->streams.next; at != &h3->streams;
         at = at->next)
        if (VB_CONTAINER(at, struct stream, link)->id % 4 == 0)
            return;
    if (h3->leaving && !h3->closed)
        close_with(h3, NO_ERROR);
}

static void give(struct stream *s, uint64_t count)
{
    s->fin = true;
    if (count == 0)
        return;
    assert_non_null(vb_buf_reserve(&s->out, count));
    for (uint64_t i = 0; i < count; i++)
        s->out.ptr[i] = fake_pattern(i);
    s->out.len = count;
}

static void say(struct stream *s, const char *text)
{
    vb_buf_str(&s->out, text);
    s->fin = true;
}

static void begin(struct vb_h3 *h3, struct stream *s)
{
    const char *line = s->line.ptr;
    uint64_t n =
        strchr(line, ' ') != NULL ? strtoull(strchr(line, ' '), NULL, 10) : 0;

    fake.requests++;
    s->action = OVER;
    if (strncmp(line, "echo", 4) == 0)
        s->action = ECHO;
    else if (strncmp(line, "give", 4) == 0 && n <= GIVEN_MOST)
        give(s, n);
    else if (strncmp(line, "count", 5) == 0)
        s->action = COUNT;
    else if (strncmp(line, "hold", 4) == 0)
        s->action = HOLD;
    else if (strncmp(line, "wait", 4) == 0)
        s->action = WAIT;
    else if (strncmp(line, "when", 4) == 0)
        say(s, s->early ? "early" : "late");
    else if (strncmp(line, "close", 5) == 0)
        close_with(h3, n);
    else if (strncmp(line, "break", 5) == 0) {
        h3->below->ops->stop_sending(h3->below, s->id, n);
        h3->below->ops->reset(h3->below, s->id, n);
    } else
        close_with(h3, NOT_UNDERSTOOD);
}

static void take(struct stream *s, struct vb_span bytes)
{
    if (s->action == ECHO)
        vb_buf_append(&s->out, bytes);
    else if (s->action == HOLD)
        s->held += bytes.len;
    s->count += bytes.len;
    s->sum = fake_sum(s->sum, bytes);
}

static void finish(struct stream *s)
{
    char text[64];

    if (s->action == COUNT) {
        snprintf(text, sizeof(text), "%llu %u", (unsigned long long)s->count,
                 s->sum);
        vb_buf_str(&s->out, text);
    }
    if (s->action == COUNT || s->action == ECHO)
        s->fin = true;
}

static void receive(struct vb_h3 *h3, int64_t id, struct vb_span bytes,
                    bool fin, bool early)
{
    struct stream *s = find(h3, id);
    size_t all = bytes.len;

    if (s == NULL)
        s = add(h3, id);
    s->early = s->early || early;
    while (bytes.len > 0 && s->action == UNKNOWN && id % 4 == 0) {
        if (bytes.ptr[0] == '\n') {
            vb_buf_char(&s->line, '\0');
            if (s->line.err != VB_OK)
                close_with(h3, NOT_UNDERSTOOD);
            else
                begin(h3, s);
            if (h3->closed)
                return;
        } else {
            vb_buf_char(&s->line, bytes.ptr[0]);
        }
        bytes = vb_span_from(bytes, 1);
    }
    take(s, bytes);
    if (s->action != HOLD)
        h3->below->ops->consumed(h3->below, id, all);
    else
        h3->below->ops->consumed(h3->below, id, all - bytes.len);
    if (fin)
        finish(s);
}

void vb_h3_data(struct vb_h3 *h3, int64_t id, struct vb_span bytes, bool fin,
                bool early)
{
    bool before = fake_spare();

    check(h3);
    receive(h3, id, bytes, fin, early);
    fake_resume(before);
}

static void tell(const char *what, int64_t id, const char *more)
{
    bool before = fake_spare();

    vb_buf_printf(&fake.told, "%s %lld%s\n", what, (long long)id, more);
    fake_resume(before);
}

void vb_h3_peer_reset(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    char text[32];

    check(h3);
    snprintf(text, sizeof(text), " %llu", (unsigned long long)code);
    tell("reset", id, text);
}

void vb_h3_peer_stopped(struct vb_h3 *h3, int64_t id, uint64_t code)
{
    struct stream *s = find(h3, id);

    (void)code;
    check(h3);
    assert_non_null(s);
    tell("stopped", id, "");
    vb_buf_done(&s->out); /* it is not there any more */
    s->sent = 0;
    s->fin = false;
    s->action = OVER;
}

void vb_h3_stream_closed(struct vb_h3 *h3, int64_t id)
{
    struct stream *s = find(h3, id);

    check(h3);
    tell("closed", id, "");
    if (s != NULL)
        drop(s);
    look_whether_to_leave(h3);
}

/* --- What goes out ----------------------------------------------------------
 */

static bool has_output(const struct stream *s)
{
    return !s->blocked && (s->sent < s->out.len || (s->fin && !s->fin_sent));
}

int vb_h3_pull(struct vb_h3 *h3, int64_t *ret_id, bool *ret_fin,
               struct iovec *iov, int max)
{
    check(h3);
    assert_true(max > 0);
    *ret_id = -1;
    for (struct vb_link *at = h3->streams.next; at != &h3->streams;
         at = at->next) {
        struct stream *s = VB_CONTAINER(at, struct stream, link);

        if (!has_output(s))
            continue;
        *ret_id = s->id;
        *ret_fin = s->fin;
        if (s->sent == s->out.len)
            return 0;
        iov[0].iov_base = s->out.ptr + s->sent;
        iov[0].iov_len = s->out.len - s->sent;
        return 1;
    }
    return 0;
}

void vb_h3_wrote(struct vb_h3 *h3, int64_t id, size_t n)
{
    struct stream *s = find(h3, id);

    check(h3);
    assert_non_null(s);
    s->sent += n;
    assert_true(s->sent <= s->out.len);
    if (s->fin && s->sent == s->out.len)
        s->fin_sent = true;
    vb_list_remove(&s->link); /* others have their turn */
    vb_list_append(&h3->streams, &s->link);
}

void vb_h3_acked(struct vb_h3 *h3, int64_t id, uint64_t count)
{
    struct stream *s = find(h3, id);

    check(h3);
    if (s == NULL)
        return;
    s->acked += count;
    assert_true(s->acked <= s->sent || s->action == OVER);
}

void vb_h3_blocked(struct vb_h3 *h3, int64_t id)
{
    check(h3);
    assert_non_null(find(h3, id));
    find(h3, id)->blocked = true;
}

void vb_h3_unblocked(struct vb_h3 *h3, int64_t id)
{
    struct stream *s = find(h3, id);

    check(h3);
    if (s != NULL)
        s->blocked = false;
}

/* --- Its life ---------------------------------------------------------------
 */

size_t vb_h3_size(void)
{
    return sizeof(struct vb_h3);
}

struct vb_h3 *vb_h3_init(void *memory, struct vb_env *env,
                         const struct vb_peer *peer, struct vb_h3_below *below)
{
    struct vb_h3 *h3 = memory;

    (void)env;
    memset(h3, 0, sizeof(*h3));
    h3->peer = peer;
    h3->below = below;
    vb_list_init(&h3->streams);
    fake.alive++;
    fake.last = h3;
    return h3;
}

void vb_h3_begin(struct vb_h3 *h3)
{
    int64_t id = h3->below->ops->open_uni(h3->below);
    bool before = fake_spare();

    assert_false(h3->begun);
    h3->begun = true;
    fake.begun++;
    if (id < 0)
        close_with(h3, 0x103); /* as HTTP/3 would: it needs that stream */
    else
        vb_buf_str(&add(h3, id)->out, "settings");
    fake_resume(before);
}

int64_t vb_h3_deadline(const struct vb_h3 *h3)
{
    check(h3);
    return fake.deadline_ms;
}

void vb_h3_tick(struct vb_h3 *h3)
{
    check(h3);
    fake.ticks++;
    fake.deadline_ms = VB_TIME_NEVER;
}

void vb_h3_shut_down(struct vb_h3 *h3)
{
    check(h3);
    h3->leaving = true;
    look_whether_to_leave(h3);
}

void vb_h3_free(struct vb_h3 *h3)
{
    while (!vb_list_empty(&h3->streams))
        drop(VB_CONTAINER(h3->streams.next, struct stream, link));
    fake.alive--;
    if (fake.last == h3)
        fake.last = NULL;
}

/* --- What tests do ----------------------------------------------------------
 */

const struct vb_peer *fake_peer(const struct vb_h3 *h3)
{
    return h3->peer;
}

size_t fake_held(const struct vb_h3 *h3, int64_t id)
{
    return find(h3, id)->held;
}

void fake_release(struct vb_h3 *h3, int64_t id)
{
    struct stream *s = find(h3, id);
    size_t held = s->held;

    s->held = 0;
    h3->below->ops->consumed(h3->below, id, held);
    h3->below->ops->wake(h3->below);
}

void fake_answer(struct vb_h3 *h3, int64_t id, const char *text)
{
    say(find(h3, id), text);
    h3->below->ops->wake(h3->below);
}
