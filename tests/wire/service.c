/* A service that does what the target says. See driver.h. */
#include "service.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "both.h"

/* What an exchange of ours keeps, in its arena. */
struct play {
    struct vb_sink sink;
    struct vb_source source;
    struct driver *d;
    struct vb_exchange *x;
    struct vb_buf content;
    bool pauses;
    bool early;
    uint64_t left; /* of the source */
    uint64_t at;
    bool slow; /* it says PENDING every other time */
    bool was_pending;
    bool instant; /* and says that it is ready at once */
    bool fails;
    bool whole;    /* it gives a file, at once */
    bool parts;    /* or parts of one every other time */
    unsigned told; /* by an interim reply, again before the answer */
    bool waits;    /* with its answer, when the content is all there */
    size_t piece_size;
    char piece[6000];
};

static struct driver *driver_of(struct vb_service *service)
{
    return VB_CONTAINER(service, struct driver, service);
}

static struct play *play_of_sink(struct vb_sink *sink)
{
    return VB_CONTAINER(sink, struct play, sink);
}

static struct play *play_of_source(struct vb_source *source)
{
    return VB_CONTAINER(source, struct play, source);
}

void fill_pattern(char *at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (char)('a' + (i + i / 1000) % 26);
}

static void finish(struct vb_exchange *x)
{
    x->walk.waiting = false;
    x->walk.finished = true;
    x->reply.head_only = vb_exchange_is_head(x);
    x->carrier->reply(x);
}

static void answer_text(struct vb_exchange *x, uint16_t status,
                        struct vb_span text)
{
    x->reply.status = status;
    x->reply.content = VB_CONTENT_BYTES;
    x->reply.bytes = text;
    vb_reply_add(x, VB_SPAN("Content-Type"), VB_SPAN("text/plain"));
    finish(x);
}

/* --- Content coming in ------------------------------------------------------
 */

static enum vb_sink_want on_write(struct vb_sink *sink, struct vb_span bytes)
{
    struct play *play = play_of_sink(sink);

    assert_true(bytes.len > 0);
    assert_true(!play->pauses || play->d->paused != play->x);
    if (play->early) {
        vb_buf_done(&play->content);
        answer_text(play->x, 403, VB_SPAN("early"));
        return VB_SINK_MORE;
    }
    vb_buf_append(&play->content, bytes);
    if (!play->pauses)
        return VB_SINK_MORE;
    play->d->paused = play->x;
    return VB_SINK_PAUSE;
}

/* Waits for driver_answer. */
static void wait(struct play *play)
{
    struct driver *d = play->d;
    int i = 0;

    while (i < WAITING_MAX && d->waiting[i] != NULL)
        i++;
    if (i == WAITING_MAX) { /* streams of HTTP/2 */
        answer_text(play->x, 503, VB_SPAN("too many wait"));
        return;
    }
    play->x->walk.waiting = true;
    d->waiting[i] = play->x;
}

static void tell(const struct play *play)
{
    const struct vb_field_out link = {VB_SPAN("Link"),
                                      VB_SPAN("</a>; rel=preload")};

    if (play->told == 0 || !play->x->head.interim_ok)
        return;
    play->x->carrier->interim(play->x, play->told, NULL, 0);
    play->x->carrier->interim(play->x, 103, &link, 1);
}

static uint16_t status_of(enum vb_err err, uint16_t verdict)
{
    return err == VB_OK ? 200 : verdict;
}

static void on_end(struct vb_sink *sink, enum vb_err err)
{
    struct play *play = play_of_sink(sink);
    struct vb_exchange *x = play->x;
    struct vb_span content;

    vb_buf_printf(&play->d->log, "content %zu %s\n", play->content.len,
                  vb_err_text(err));
    if (play->d->paused == x)
        play->d->paused = NULL;
    for (unsigned i = 0; x->trailers != NULL && i < x->trailers->count; i++)
        vb_buf_printf(&play->d->log, "trailer %.*s=%.*s\n",
                      VB_FMT(x->trailers->at[i].name),
                      VB_FMT(x->trailers->at[i].value));
    content = vb_arena_dup(&x->arena, vb_buf_span(&play->content));
    if (content.ptr == NULL || play->content.err != VB_OK)
        content = VB_SPAN("out of memory");
    vb_buf_done(&play->content);
    if (err == VB_OK)
        tell(play);
    if (play->waits && err == VB_OK)
        wait(play);
    else
        answer_text(x, status_of(err, x->verdict.status), content);
}

static void want(struct play *play)
{
    struct vb_exchange *x = play->x;

    play->sink.write = on_write;
    play->sink.end = on_end;
    vb_buf_init(&play->content, 1024 * 1024);
    x->sink = &play->sink;
    x->walk.waiting = true;
    x->carrier->want_content(x);
}

/* --- Content going out
 * -------------------------------------------------------- */

static enum vb_pull on_pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct play *play = play_of_source(source);
    size_t n =
        play->left < play->piece_size ? (size_t)play->left : play->piece_size;

    if (play->slow && !play->was_pending) {
        play->was_pending = true;
        if (play->instant)
            play->x->carrier->output_ready(play->x);
        else
            play->d->pending = play->x;
        return VB_PULL_PENDING;
    }
    play->was_pending = false;
    if (n == 0)
        return play->fails ? VB_PULL_FAILED : VB_PULL_END;
    if (play->whole || (play->parts && play->at / n % 2 == 0)) {
        if (play->whole)
            n = (size_t)play->left;
        source->file = (struct vb_file_part){play->d->file, play->at, n};
        play->at += n;
        play->left -= n;
        return VB_PULL_FILE;
    }
    for (size_t i = 0; i < n; i++, play->at++)
        play->piece[i] = (char)('a' + (play->at + play->at / 1000) % 26);
    play->left -= n;
    *ret_bytes = vb_span_of(play->piece, n);
    return VB_PULL_BYTES;
}

static void on_close(struct vb_source *source)
{
    struct play *play = play_of_source(source);

    if (play->d->pending == play->x)
        play->d->pending = NULL;
    vb_buf_str(&play->d->log, "source closed\n");
}

static void answer_source(struct play *play, int64_t length, uint64_t n)
{
    play->source = (struct vb_source){
        .pull = on_pull, .close = on_close, .length = length};
    play->left = n;
    if (play->piece_size == 0)
        play->piece_size = 1000;
    play->x->reply.status = 200;
    play->x->reply.content = VB_CONTENT_SOURCE;
    play->x->reply.source = &play->source;
    finish(play->x);
}

/* --- By the target
 * ---------------------------------------------------------------- */

static void answer_rep(struct vb_exchange *x, struct vb_rep *rep)
{
    x->reply.status = 200;
    x->reply.rep = vb_rep_ref(rep);
    x->reply.rep_head = VB_HEAD_FULL;
    x->reply.content =
        vb_exchange_is_head(x) ? VB_CONTENT_NONE : VB_CONTENT_REP;
    finish(x);
}

static void on_root(struct play *play, uint64_t n)
{
    (void)n;
    answer_rep(play->x, play->d->small);
}

static void on_large(struct play *play, uint64_t n)
{
    (void)n;
    answer_rep(play->x, play->d->large);
}

static void on_hinted(struct play *play, uint64_t n)
{
    const struct vb_field_out link = {VB_SPAN("Link"),
                                      VB_SPAN("</a>; rel=preload")};

    for (uint64_t i = 0; i < n && play->x->head.interim_ok; i++)
        play->x->carrier->interim(play->x, 103, &link, 1);
    answer_rep(play->x, play->d->small);
}

static void on_bytes(struct play *play, uint64_t n)
{
    char *bytes = vb_arena_alloc(&play->x->arena, (size_t)n + 1);

    if (bytes == NULL) {
        answer_text(play->x, 503, VB_SPAN("out of memory"));
        return;
    }
    fill_pattern(bytes, (size_t)n);
    answer_text(play->x, 200, vb_span_of(bytes, (size_t)n));
}

static void on_source(struct play *play, uint64_t n)
{
    answer_source(play, (int64_t)n, n);
}

static void on_stream(struct play *play, uint64_t n)
{
    answer_source(play, -1, n);
}

static void on_slow(struct play *play, uint64_t n)
{
    play->slow = true;
    answer_source(play, -1, n);
}

static void on_instant(struct play *play, uint64_t n)
{
    play->instant = true;
    on_slow(play, n);
}

static void on_wide(struct play *play, uint64_t n)
{
    play->piece_size = sizeof(play->piece);
    on_stream(play, n);
}

static void on_trailers(struct play *play, uint64_t n)
{
    play->x->reply.trailers = play->d->trailers;
    on_stream(play, n);
}

static void on_told(struct play *play, uint64_t n)
{
    play->told = (unsigned)(n < 100 || n > 199 || n == 101 ? 102 : n);
    tell(play);
    want(play);
}

static void on_file(struct play *play, uint64_t n)
{
    play->whole = true;
    on_source(play, n);
}

static void on_parts(struct play *play, uint64_t n)
{
    play->parts = true;
    on_wide(play, n);
}

static void on_broken(struct play *play, uint64_t n)
{
    play->fails = true;
    answer_source(play, -1, n);
}

static void on_short(struct play *play, uint64_t n)
{
    answer_source(play, (int64_t)n, n - 1);
}

static void on_over(struct play *play, uint64_t n)
{
    answer_source(play, (int64_t)n, n + 1);
}

static void on_status(struct play *play, uint64_t n)
{
    play->x->reply.status = (uint16_t)n;
    finish(play->x);
}

static void on_not_modified(struct play *play, uint64_t n)
{
    (void)n;
    play->x->reply.status = 304;
    play->x->reply.rep = vb_rep_ref(play->d->small);
    play->x->reply.rep_head = VB_HEAD_304;
    finish(play->x);
}

static void on_echo(struct play *play, uint64_t n)
{
    (void)n;
    want(play);
}

static void on_pause(struct play *play, uint64_t n)
{
    (void)n;
    play->pauses = true;
    want(play);
}

static void on_early(struct play *play, uint64_t n)
{
    (void)n;
    play->early = true;
    want(play);
}

static void on_refuse(struct play *play, uint64_t n)
{
    (void)n;
    answer_text(play->x, 403, VB_SPAN("no"));
}

static void on_later(struct play *play, uint64_t n)
{
    (void)n;
    wait(play);
}

static void on_echo_later(struct play *play, uint64_t n)
{
    (void)n;
    play->waits = true;
    want(play);
}

static void on_close_target(struct play *play, uint64_t n)
{
    (void)n;
    play->x->reply.close = true;
    answer_text(play->x, 200, VB_SPAN("bye"));
}

static void on_fields(struct play *play, uint64_t n)
{
    (void)n;
    for (size_t i = 0; i < play->d->field_count; i++)
        vb_reply_add(play->x, play->d->fields[i].name,
                     play->d->fields[i].value);
    play->x->reply.status = 200;
    finish(play->x);
}

static const struct {
    const char *path;
    bool number; /* follows the path */
    void (*play)(struct play *play, uint64_t n);
} targets[] = {
    {"/", false, on_root},
    {"/large", false, on_large},
    {"/bytes/", true, on_bytes},
    {"/hinted/", true, on_hinted},
    {"/source/", true, on_source},
    {"/stream/", true, on_stream},
    {"/slow/", true, on_slow},
    {"/instant/", true, on_instant},
    {"/wide/", true, on_wide},
    {"/file/", true, on_file},
    {"/parts/", true, on_parts},
    {"/broken/", true, on_broken},
    {"/short/", true, on_short},
    {"/over/", true, on_over},
    {"/status/", true, on_status},
    {"/not-modified", false, on_not_modified},
    {"/echo", false, on_echo},
    {"/pause", false, on_pause},
    {"/early", false, on_early},
    {"/refuse", false, on_refuse},
    {"/later", false, on_later},
    {"/later-echo", false, on_later},
    {"/echo-later", false, on_echo_later},
    {"/close", false, on_close_target},
    {"/trailers/", true, on_trailers},
    {"/told/", true, on_told},
    {"/switch", false, on_root},
    {"/fields", false, on_fields},
};

static bool fits(struct vb_span path, const char *want, bool number)
{
    struct vb_span text = vb_span_str(want);

    return number ? vb_span_starts(path, text) && path.len > text.len
                  : vb_span_eq(path, text);
}

/* Of fuzz input too: numbers are kept within what a test can take. */
static uint64_t number_after(struct vb_span path, const char *prefix)
{
    int64_t n = 0;

    if (!vb_span_i64(vb_span_from(path, strlen(prefix)), &n))
        n = 0;
    if (strcmp(prefix, "/status/") == 0)
        return n < 200 || n > 599 ? 500 : (uint64_t)n;
    return n < 1 ? 1
                 : (uint64_t)((size_t)n > SOURCE_MAX ? SOURCE_MAX : (size_t)n);
}

static void play_target(struct play *play)
{
    struct vb_span path = play->x->head.path;

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        if (fits(path, targets[i].path, targets[i].number)) {
            targets[i].play(play, targets[i].number
                                      ? number_after(path, targets[i].path)
                                      : 0);
            return;
        }
    answer_text(play->x, 404, VB_SPAN("nothing here"));
}

static void log_begin(struct driver *d, const struct vb_exchange *x)
{
    const struct vb_head *head = &x->head;
    const struct vb_field *cookie =
        vb_fields_first(&head->fields, VB_FIELD_COOKIE);

    vb_buf_printf(&d->log, "begin %.*s %.*s authority=%.*s content=%lld",
                  VB_FMT(head->method_text), VB_FMT(head->target),
                  VB_FMT(head->authority),
                  head->has_content && head->content_length < 0
                      ? -2LL
                      : (long long)head->content_length);
    if (cookie != NULL)
        vb_buf_printf(&d->log, " cookie=%.*s", VB_FMT(cookie->value));
    if (x->verdict.status != 0)
        vb_buf_printf(&d->log, " verdict=%d", x->verdict.status);
    vb_buf_char(&d->log, '\n');
}

void service_begin(struct vb_service *service, struct vb_exchange *x)
{
    struct driver *d = driver_of(service);
    struct play *play = vb_arena_calloc(&x->arena, 1, sizeof(*play));

    log_begin(d, x);
    if (play == NULL) {
        x->reply.status = 503;
        finish(x);
        return;
    }
    play->d = d;
    play->x = x;
    x->state = play;
    if (x->verdict.status != 0)
        answer_text(x, x->verdict.status, vb_span_str(x->verdict.reason));
    else if (!both_begin(d, x))
        play_target(play);
}

void service_go_on(struct driver *d, struct vb_exchange *x)
{
    struct play *play = x->state;

    (void)d;
    x->walk.waiting = false;
    if (x->abandoned) {
        vb_exchange_release(x);
        return;
    }
    if (vb_span_eq(x->head.path, VB_SPAN("/later-echo")))
        want(play);
    else
        answer_text(x, 200, VB_SPAN("late"));
}

void service_end(struct vb_service *service, struct vb_exchange *x)
{
    struct driver *d = driver_of(service);

    d->ends++;
    vb_buf_printf(&d->log, "end %d sent=%llu%s\n", x->reply.status,
                  (unsigned long long)x->sent,
                  x->abandoned ? " abandoned" : "");
}
