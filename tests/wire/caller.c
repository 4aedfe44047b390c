/* Drives a client wire as the loop and a gateway would. See caller.h. */
#include "caller.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/list.h"
#include "http/method.h"

#define UNIX_2026 INT64_C(1767225600000)

static struct caller *only; /* the one that is being driven */

/* --- The log ----------------------------------------------------------------
 */

static void flush_content(struct caller *c)
{
    struct vb_span content = vb_buf_span(&c->content);

    if (content.len == 0)
        return;
    if (content.len <= 100)
        vb_buf_printf(&c->log, "%scontent %.*s\n", c->content_of->tag,
                      VB_FMT(content));
    else
        vb_buf_printf(&c->log, "%scontent of %zu\n", c->content_of->tag,
                      content.len);
    vb_buf_reset(&c->content);
}

static void note(struct caller *c, const struct asked *asked, const char *what)
{
    flush_content(c);
    vb_buf_printf(&c->log, "%s%s\n", asked == NULL ? "" : asked->tag, what);
}

static bool is_shown(struct vb_span name)
{
    return name.ptr[0] == 'X' || name.ptr[0] == 'x' ||
           vb_span_ieq(name, VB_SPAN("Connection")) ||
           vb_span_ieq(name, VB_SPAN("Set-Cookie"));
}

static void note_fields(struct caller *c, const struct asked *asked,
                        const char *kind, const struct vb_fields *fields)
{
    for (unsigned i = 0; fields != NULL && i < fields->count; i++)
        if (is_shown(fields->at[i].name))
            vb_buf_printf(&c->log, "%s%s %.*s=%.*s\n", asked->tag, kind,
                          VB_FMT(fields->at[i].name),
                          VB_FMT(fields->at[i].value));
}

/* As the service of driver.h has it. */
static char pattern_at(size_t i)
{
    return (char)('a' + (i + i / 1000) % 26);
}

/* --- What a call is told ----------------------------------------------------
 */

static struct asked *asked_of(struct vb_call *call)
{
    struct asked *asked = call->context;

    assert_false(asked->ended);
    return asked;
}

static void on_interim(struct vb_call *call,
                       const struct vb_response_head *response)
{
    struct asked *asked = asked_of(call);
    char text[32];

    snprintf(text, sizeof(text), "interim %u", response->status);
    note(asked->caller, asked, text);
    note_fields(asked->caller, asked, "field", &response->fields);
}

static void on_head(struct vb_call *call,
                    const struct vb_response_head *response)
{
    struct asked *asked = asked_of(call);
    char text[64];

    asked->status = response->status;
    if (response->content_length >= 0)
        snprintf(text, sizeof(text), "head %u %lld", response->status,
                 (long long)response->content_length);
    else
        snprintf(text, sizeof(text), "head %u -", response->status);
    note(asked->caller, asked, text);
    if (!response->has_content)
        vb_buf_printf(&asked->caller->log, "%s%s\n", asked->tag,
                      call->switched ? "switched" : "none");
    note_fields(asked->caller, asked, "field", &response->fields);
    if (asked->cancels_at_head) {
        asked->ended = true;
        call->carrier->cancel(call);
    }
}

static enum vb_sink_want on_content(struct vb_call *call, struct vb_span bytes)
{
    struct asked *asked = asked_of(call);
    struct caller *c = asked->caller;

    assert_true(bytes.len > 0);
    assert_false(asked->is_paused);
    if (c->content_of != asked)
        flush_content(c);
    c->content_of = asked;
    vb_buf_append(&c->content, bytes);
    for (size_t i = 0; i < bytes.len; i++, asked->got++)
        asked->odd |= bytes.ptr[i] != pattern_at(asked->got);
    if (asked->cancels_at_content) {
        asked->ended = true;
        call->carrier->cancel(call);
    }
    asked->is_paused = asked->pauses;
    return asked->pauses ? VB_SINK_PAUSE : VB_SINK_MORE;
}

static void on_eof(struct vb_call *call)
{
    struct asked *asked = asked_of(call);

    assert_true(call->switched);
    note(asked->caller, asked, "eof");
}

static void on_end(struct vb_call *call, enum vb_call_end end)
{
    static const char *const names[] = {
        [VB_CALL_WHOLE] = "whole",         [VB_CALL_UNSEEN] = "unseen",
        [VB_CALL_CLOSED] = "closed",       [VB_CALL_CUT] = "cut",
        [VB_CALL_MALFORMED] = "malformed", [VB_CALL_TOO_LARGE] = "too large",
        [VB_CALL_LATE] = "late",           [VB_CALL_NOMEM] = "no memory",
        [VB_CALL_OWN_CUT] = "own cut"};
    struct asked *asked = asked_of(call);
    char text[200];

    flush_content(asked->caller);
    note_fields(asked->caller, asked, "trailer", call->trailers_in);
    if (end == VB_CALL_MALFORMED)
        assert_non_null(call->why);
    snprintf(text, sizeof(text), "end %s", names[end]);
    note(asked->caller, asked, text);
    asked->ended = true;
    asked->end = end;
}

static const struct vb_call_ops ops = {.interim = on_interim,
                                       .head = on_head,
                                       .content = on_content,
                                       .eof = on_eof,
                                       .end = on_end};

/* --- The client's owner -----------------------------------------------------
 */

static void on_changed(struct vb_client *client)
{
    struct caller *c = client->owner;
    struct asked *asked;

    assert_true(client->ops->room(client) > 0);
    note(c, NULL, "room");
    if (!c->again)
        return;
    c->again = false;
    asked = caller_ask(c, "GET", "/again");
    asked->tag = "2 ";
    assert_int_equal(client->ops->start(client, &asked->call), VB_OK);
}

static void on_gone(struct vb_client *client)
{
    struct caller *c = client->owner;

    assert_false(c->gone);
    assert_int_equal(client->ops->room(client), 0);
    c->gone = true;
}

static void on_wake(struct vb_wire *wire)
{
    (void)wire;
    only->wakes++;
}

/* --- Life -------------------------------------------------------------------
 */

static void new_wire(struct caller *c)
{
    void *memory = malloc(vb_client_wire_size());

    assert_non_null(memory);
    only = c;
    c->wire =
        vb_client_wire_init(memory, &c->env, &c->peer, c->kind, &c->client);
    assert_non_null(c->wire);
    c->wire->wake = on_wake;
    c->client->owner = c;
    c->client->changed = on_changed;
    c->client->gone = on_gone;
    c->gone = false;
}

void caller_init(struct caller *c, enum vb_client_kind kind)
{
    memset(c, 0, sizeof(*c));
    c->kind = kind;
    c->limits = vb_limits_default;
    c->call_limits.head = c->limits.head;
    c->resumes = true;
    vb_env_init(&c->env, &c->limits, NULL);
    vb_env_set_now(&c->env, 1000, UNIX_2026);
    vb_buf_init(&c->unfed, 64 * 1024 * 1024);
    vb_buf_init(&c->out, 64 * 1024 * 1024);
    vb_buf_init(&c->log, 64 * 1024 * 1024);
    vb_buf_init(&c->content, 64 * 1024 * 1024);
    new_wire(c);
}

void caller_free(struct caller *c)
{
    if (c->wire == NULL)
        return;
    c->wire->ops->free(c->wire);
    free(c->wire);
    c->wire = NULL;
    assert_true(c->gone);
    for (int i = 0; i < c->count; i++)
        if (c->asked[i]->call.carrier != NULL)
            assert_true(c->asked[i]->ended);
    assert_int_equal(c->env.output_blocks.lent, 0);
}

static void forget(struct caller *c)
{
    caller_free(c);
    for (int i = 0; i < c->count; i++) {
        vb_arena_done(&c->asked[i]->arena);
        free(c->asked[i]);
    }
    c->count = 0;
    c->content_of = NULL;
    vb_buf_reset(&c->unfed);
    vb_buf_reset(&c->out);
    vb_buf_reset(&c->log);
    vb_buf_reset(&c->content);
}

void caller_done(struct caller *c)
{
    forget(c);
    vb_buf_done(&c->unfed);
    vb_buf_done(&c->out);
    vb_buf_done(&c->log);
    vb_buf_done(&c->content);
    vb_env_done(&c->env);
}

void caller_restart(struct caller *c)
{
    forget(c);
    new_wire(c);
}

/* --- Calls ------------------------------------------------------------------
 */

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    static char bytes[CONTENT_MAX];
    struct pattern_source *s =
        VB_CONTAINER(source, struct pattern_source, source);
    struct asked *asked = VB_CONTAINER(s, struct asked, source);
    size_t n = s->total - s->at;

    for (size_t i = 0; i < sizeof(bytes) && bytes[sizeof(bytes) - 1] == 0; i++)
        bytes[i] = pattern_at(i);
    if (s->cancels) {
        asked->ended = true;
        asked->call.carrier->cancel(&asked->call);
        return VB_PULL_FAILED;
    }
    if (s->slow && !s->was_pending) {
        s->was_pending = true;
        s->told = false;
        return VB_PULL_PENDING;
    }
    s->was_pending = false;
    if (s->fails_at > 0 && s->at >= s->fails_at)
        return VB_PULL_FAILED;
    if (n == 0)
        return VB_PULL_END;
    n = n < s->piece ? n : s->piece;
    *ret_bytes = vb_span_of(bytes + s->at, n);
    s->at += n;
    return VB_PULL_BYTES;
}

struct asked *caller_ask(struct caller *c, const char *method,
                         const char *target)
{
    struct asked *asked = calloc(1, sizeof(*asked));

    assert_non_null(asked);
    assert_true(c->count < CALLS_MAX);
    c->asked[c->count++] = asked;
    vb_arena_init(&asked->arena, 4096, 1024 * 1024);
    asked->caller = c;
    asked->tag = "";
    asked->call =
        (struct vb_call){.method = vb_method_find(vb_span_str(method)),
                         .method_text = vb_span_str(method),
                         .scheme = VB_SPAN("https"),
                         .authority = VB_SPAN("h"),
                         .target = vb_span_str(target),
                         .protocol = VB_SPAN(""),
                         .limits = &c->call_limits,
                         .arena = &asked->arena,
                         .ops = &ops,
                         .context = asked};
    return asked;
}

void asked_content(struct asked *asked, size_t total, size_t piece, bool known)
{
    assert_true(total <= CONTENT_MAX);
    asked->source = (struct pattern_source){
        .source = {.pull = pull, .length = known ? (int64_t)total : -1},
        .total = total,
        .piece = piece};
    asked->call.content = &asked->source.source;
}

enum vb_err caller_start(struct caller *c, struct asked *asked)
{
    size_t before = c->log.len;
    enum vb_err err = c->client->ops->start(c->client, &asked->call);

    assert_int_equal(c->log.len, before); /* nothing is told from within */
    if (err == VB_OK)
        caller_pump(c);
    else
        assert_null(asked->call.carrier);
    return err;
}

/* --- The loop ---------------------------------------------------------------
 */

unsigned caller_state(const struct caller *c)
{
    return c->wire->ops->state(c->wire);
}

/* From memory of exactly its size, so that a sanitizer sees a read past its
 * end, and a use after the call. */
static bool feed_piece(struct caller *c)
{
    size_t n = c->unfed.len;
    char *copy;

    if (n == 0 || (caller_state(c) & (VB_WIRE_READ | VB_WIRE_LINGER)) == 0)
        return false;
    if (c->piece > 0 && n > c->piece)
        n = c->piece;
    copy = c->frozen ? c->unfed.ptr : malloc(n);
    assert_non_null(copy);
    if (!c->frozen)
        memcpy(copy, c->unfed.ptr, n);
    c->wire->ops->feed(c->wire, vb_span_of(copy, n));
    if (!c->frozen)
        free(copy);
    vb_buf_consume(&c->unfed, n);
    return true;
}

static bool take_output(struct caller *c)
{
    struct vb_file_part file;
    struct iovec iov[8];
    size_t room = c->room == 0 ? SIZE_MAX : c->room;
    size_t total = 0;
    int count;

    if (c->stuck || (caller_state(c) & VB_WIRE_WRITE) == 0)
        return false;
    count = c->wire->ops->drain(c->wire, iov, 8, &file);
    assert_in_range(count, 0, 8);
    assert_int_equal(file.length, 0);
    for (int i = 0; i < count && total < room; i++) {
        size_t n = iov[i].iov_len;

        assert_true(n > 0);
        if (n > room - total)
            n = room - total;
        vb_buf_append(&c->out, vb_span_of(iov[i].iov_base, n));
        total += n;
    }
    if (total > 0)
        c->wire->ops->sent(c->wire, total);
    return true;
}

static bool resume(struct caller *c)
{
    bool any = false;

    for (int i = 0; c->resumes && i < c->count; i++) {
        struct asked *asked = c->asked[i];

        if (asked->ended || asked->call.carrier == NULL)
            continue;
        if (asked->is_paused) {
            asked->is_paused = false;
            asked->call.carrier->resume(&asked->call);
            any = true;
        }
        if (asked->source.was_pending && !asked->source.told) {
            asked->source.told = any = true;
            asked->call.carrier->content_ready(&asked->call);
        }
    }
    return any;
}

void caller_pump(struct caller *c)
{
    while (feed_piece(c) || take_output(c) || resume(c)) {
    }
}

void caller_answer(struct caller *c, struct vb_span bytes)
{
    vb_buf_append(&c->unfed, bytes);
    assert_int_equal(c->unfed.err, VB_OK);
    caller_pump(c);
}

void caller_answer_str(struct caller *c, const char *text)
{
    caller_answer(c, vb_span_str(text));
}

void caller_eof(struct caller *c)
{
    c->wire->ops->eof(c->wire);
    caller_pump(c);
}

void caller_pass(struct caller *c, int64_t ms)
{
    vb_env_set_now(&c->env, c->env.now.mono_ms + ms, c->env.now.unix_ms + ms);
    if (c->wire->ops->deadline(c->wire) <= c->env.now.mono_ms)
        c->wire->ops->tick(c->wire);
    caller_pump(c);
}

/* --- What came of it --------------------------------------------------------
 */

const char *caller_log(struct caller *c)
{
    flush_content(c);
    vb_buf_char(&c->log, '\0');
    c->log.len--;
    return c->log.ptr;
}

void assert_log(struct caller *c, const char *want)
{
    assert_string_equal(caller_log(c), want);
}

void assert_out(struct caller *c, const char *want)
{
    assert_span_equal(vb_buf_span(&c->out), want);
}
