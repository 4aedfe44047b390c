/*
 * Whatever another server sends, what a call is told of it does not depend on
 * how its bytes were split on the way, has one end, and nothing leaks.
 *
 * The first byte chooses what is asked and how, the second seeds the splitting,
 * the rest is what the server sends: to one call, and to the next where there
 * is room for one.
 */
#include "wire/caller.h"

#include <stdlib.h>

#include "base/assert.h"

enum { SMALL_LIMITS = 1, CONTENT = 2, ENDS = 4, PAUSES = 8, HOW = 0x70 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct caller c;

static void set_mode(unsigned mode)
{
    c.call_limits.head = c.limits.head;
    if ((mode & SMALL_LIMITS) != 0)
        c.call_limits.head = (struct vb_head_limits){
            .max_field = 60, .max_fields = 5, .max_fields_size = 150};
}

static void ask(unsigned mode)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "CONNECT",
                                          "GET", "PUT",  "FOO",  "QUERY"};
    struct asked *asked;

    if (c.client->ops->room(c.client) == 0)
        return;
    asked = caller_ask(&c, methods[(mode & HOW) >> 4], "/");
    if ((mode & HOW) == 0x40)
        asked->call.protocol = VB_SPAN("websocket");
    if ((mode & CONTENT) != 0)
        asked_content(asked, 3000, 1000, (mode & HOW) != 0x50);
    asked->pauses = (mode & PAUSES) != 0;
    caller_start(&c, asked);
}

/* Plays it in pieces of 1 to `most` bytes, or whole when `most` is 0. What
 * comes behind a reply is no reply, and when it comes is a matter of
 * splitting: so all of it is there before the first call is over. */
static void play(struct vb_span text, unsigned mode, unsigned seed, size_t most,
                 struct vb_buf *result)
{
    caller_restart(&c);
    set_mode(mode);
    ask(mode);
    while (text.len > 0) {
        size_t n = most == 0 ? text.len : 1 + (size_t)rand_r(&seed) % most;

        caller_answer(&c, vb_span_head(text, n));
        text = vb_span_from(text, n);
    }
    if ((mode & ENDS) != 0 && c.unfed.len == 0)
        caller_eof(&c);
    for (const char *at = caller_log(&c); *at != 0;) {
        const char *end = strchr(at, '\n') + 1;
        struct vb_span line = vb_span_of(at, (size_t)(end - at));

        if (!vb_span_eq(line, VB_SPAN("room\n")))
            vb_buf_append(result, line);
        at = end;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t most[] = {1, 5, 60};
    struct vb_buf whole;
    struct vb_buf pieces;
    struct vb_span text;

    if (size < 2 || size > 5000)
        return 0;
    if (c.wire == NULL)
        caller_init(&c, VB_CLIENT_HTTP_1);
    text = vb_span_of((const char *)data + 2, size - 2);
    vb_buf_init(&whole, 16 * 1024 * 1024);
    vb_buf_init(&pieces, 16 * 1024 * 1024);
    play(text, data[0], 0, 0, &whole);
    for (size_t i = 0; i < VB_COUNT_OF(most) && (data[0] & PAUSES) == 0; i++) {
        vb_buf_reset(&pieces);
        play(text, data[0], data[1], most[i], &pieces);
        vb_assert(vb_span_eq(vb_buf_span(&whole), vb_buf_span(&pieces)));
    }
    vb_buf_done(&whole);
    vb_buf_done(&pieces);
    caller_restart(&c);
    return 0;
}
