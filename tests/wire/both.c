/* Replies that go both ways. See both.h. */
#include "both.h"

#include <stdio.h>
#include <string.h>

#include "base/list.h"

enum then {
    ECHOES, /* until the client ends */
    ENDS,   /* after so many bytes */
    FAILS
};

/* What an exchange of ours keeps, in its arena. */
struct both {
    struct vb_sink sink;
    struct vb_source source;
    struct driver *d;
    struct vb_exchange *x;
    struct vb_buf in;  /* what has come, and does not go back yet */
    struct vb_buf out; /* what the wire was given of it */
    uint64_t taken;
    uint64_t left; /* to go back, until `then` */
    enum then then;
    bool replied;
    bool paused;
    bool ended;
    bool failed;
    bool deaf; /* nothing comes back */
};

static struct both *both_of_sink(struct vb_sink *sink)
{
    return VB_CONTAINER(sink, struct both, sink);
}

static struct both *both_of_source(struct vb_source *source)
{
    return VB_CONTAINER(source, struct both, source);
}

/* --- Out --------------------------------------------------------------------
 */

static enum vb_pull nothing(const struct both *both)
{
    if (both->failed || (both->then == FAILS && both->left == 0))
        return VB_PULL_FAILED;
    if (both->then == ENDS && both->left == 0)
        return VB_PULL_END;
    return both->ended ? VB_PULL_END : VB_PULL_PENDING;
}

static enum vb_pull on_pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct both *both = both_of_source(source);
    struct vb_buf taken = both->in;
    size_t n = taken.len;

    if (both->then != ECHOES && n > both->left)
        n = (size_t)both->left;
    if (n == 0 || both->failed)
        return nothing(both);
    vb_buf_reset(&both->out);
    both->in = both->out;
    both->out = taken;
    both->left -= both->then == ECHOES ? 0 : n;
    *ret_bytes = vb_span_head(vb_buf_span(&both->out), n);
    if (both->paused) {
        both->paused = false;
        both->x->carrier->resume_content(both->x);
    }
    return VB_PULL_BYTES;
}

static void on_source_close(struct vb_source *source)
{
    struct both *both = both_of_source(source);

    vb_buf_str(&both->d->log, "source closed\n");
    if (both->d->both == both->x)
        both->d->both = NULL;
}

/* A tunnel's head is a tunnel's beginning: 9110-9.3.6-04, 9110-15.2.2-01. */
static void begin_reply(struct both *both)
{
    struct vb_exchange *x = both->x;
    bool connects = x->head.method == VB_METHOD_CONNECT;
    bool switches = connects || x->head.protocol.len > 0;

    both->replied = true;
    both->source = (struct vb_source){
        .pull = on_pull, .close = on_source_close, .length = -1};
    x->reply.status = switches && !connects ? 101 : 200;
    x->reply.content = VB_CONTENT_SOURCE;
    x->reply.source = &both->source;
    x->reply.duplex = true;
    x->reply.switched = switches;
    x->reply.head_only = vb_exchange_is_head(x);
    x->walk.waiting = false;
    x->walk.finished = true;
    both->d->both = x;
    vb_buf_str(&both->d->log, "both\n");
    x->carrier->reply(x);
}

/* --- In ---------------------------------------------------------------------
 */

/* Something has changed: the wire may go on. */
static void go_on(struct both *both)
{
    if (!both->replied)
        begin_reply(both);
    else
        both->x->carrier->output_ready(both->x);
}

static enum vb_sink_want on_write(struct vb_sink *sink, struct vb_span bytes)
{
    struct both *both = both_of_sink(sink);

    assert_true(bytes.len > 0);
    assert_false(both->paused || both->ended);
    both->taken += bytes.len;
    if (!both->deaf)
        vb_buf_append(&both->in, bytes);
    both->failed |= both->in.err != VB_OK;
    go_on(both);
    both->paused = both->in.len >= BOTH_HELD;
    return both->paused ? VB_SINK_PAUSE : VB_SINK_MORE;
}

static void on_end(struct vb_sink *sink, enum vb_err err)
{
    struct both *both = both_of_sink(sink);

    assert_false(both->ended);
    both->ended = true;
    both->failed |= err != VB_OK;
    vb_buf_printf(&both->d->log, "both took %llu %s\n",
                  (unsigned long long)both->taken, vb_err_text(err));
    go_on(both);
}

static void on_sink_close(struct vb_sink *sink)
{
    struct both *both = both_of_sink(sink);

    vb_buf_str(&both->d->log, "sink closed\n");
    vb_buf_done(&both->in);
    vb_buf_done(&both->out);
}

/* --- Targets ----------------------------------------------------------------
 */

static const struct target {
    const char *path; /* or what CONNECT asks for */
    enum then then;
    bool number; /* follows the path */
    bool later;
    bool switches;
    bool deaf;
} targets[] = {
    {.path = "/both"},
    {.path = "/both/", .then = ENDS, .number = true},
    {.path = "/both-cut/", .then = FAILS, .number = true},
    {.path = "/both-later", .later = true},
    {.path = "/switch", .switches = true},
    {.path = "/switch-cut/", .then = FAILS, .number = true, .switches = true},
    {.path = "echo:1", .switches = true},
    {.path = "end:", .then = ENDS, .number = true, .switches = true},
    {.path = "cut:", .then = FAILS, .number = true, .switches = true},
    {.path = "quiet:1", .then = ENDS, .switches = true, .deaf = true},
};

static bool fits(const struct target *target, const struct vb_exchange *x,
                 uint64_t *ret_n)
{
    struct vb_span path = vb_span_str(target->path);
    struct vb_span asked = x->head.path;
    int64_t n = 0;

    *ret_n = 0;
    if (x->head.method == VB_METHOD_CONNECT && x->head.protocol.len == 0)
        asked = x->head.authority;
    if (!target->number)
        return vb_span_eq(asked, path);
    if (!vb_span_starts(asked, path) ||
        !vb_span_i64(vb_span_from(asked, path.len), &n))
        return false;
    *ret_n = (uint64_t)n;
    return true;
}

static const struct target *find(const struct vb_exchange *x, uint64_t *ret_n)
{
    bool switches =
        x->head.method == VB_METHOD_CONNECT || x->head.protocol.len > 0;

    for (size_t i = 0; i < VB_COUNT_OF(targets); i++)
        if (targets[i].switches == switches && fits(&targets[i], x, ret_n))
            return &targets[i];
    return NULL;
}

bool both_begin(struct driver *d, struct vb_exchange *x)
{
    uint64_t n = 0;
    const struct target *target = find(x, &n);
    struct both *both;

    if (target == NULL)
        return false;
    both = vb_arena_calloc(&x->arena, 1, sizeof(*both));
    if (both == NULL)
        return false;
    both->sink = (struct vb_sink){
        .write = on_write, .end = on_end, .close = on_sink_close};
    both->d = d;
    both->x = x;
    both->left = n;
    both->then = target->then;
    both->deaf = target->deaf;
    vb_buf_init(&both->in, 1024 * 1024);
    vb_buf_init(&both->out, 1024 * 1024);
    x->sink = &both->sink;
    x->walk.waiting = true;
    if (target->later)
        x->carrier->want_content(x);
    else
        begin_reply(both);
    return true;
}

void both_fail(struct driver *d)
{
    struct vb_exchange *x = d->both;

    assert_non_null(x);
    both_of_sink(x->sink)->failed = true;
    x->carrier->output_ready(x);
}

int both_count(const struct driver *d, const char *text)
{
    struct vb_span rest = vb_buf_span(&d->log);
    const char *at;
    int n = 0;

    while (rest.len > 0 &&
           (at = memmem(rest.ptr, rest.len, text, strlen(text))) != NULL) {
        rest = vb_span_from(rest, (size_t)(at - rest.ptr) + 1);
        n++;
    }
    return n;
}

void both_assert_over(const struct driver *d, const char *err)
{
    char text[100];

    snprintf(text, sizeof(text), " %s\n", err == NULL ? "" : err);
    assert_int_equal(both_count(d, "both took"), err != NULL);
    assert_true(err == NULL || both_count(d, text) == 1);
    assert_int_equal(both_count(d, "source closed"), 1);
    assert_int_equal(both_count(d, "sink closed"), 1);
    assert_int_equal(d->ends, 1);
    assert_int_equal(d->env.exchanges.lent, 0);
}
