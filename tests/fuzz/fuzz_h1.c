/*
 * Whatever a client sends, the answer does not depend on how its bytes were
 * split on the way, every reply is strict HTTP/1.1, and nothing leaks.
 *
 * The first byte chooses limits and how the client reads, the second seeds
 * the splitting, the rest is what the client sends to the service of
 * tests/wire/driver.h.
 */
#include "wire/driver.h"

#include <stdlib.h>

#include "base/assert.h"

enum { SMALL_LIMITS = 1, SMALL_ROOM = 2, ENDS = 4 };

#define ENDED (VB_WIRE_CLOSE | VB_WIRE_LINGER)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct driver d;

static void set_mode(unsigned mode)
{
    d.limits = vb_limits_default;
    if ((mode & SMALL_LIMITS) != 0) {
        d.limits.head = (struct vb_head_limits){.max_target = 40,
                                                .max_field = 60,
                                                .max_fields = 5,
                                                .max_fields_size = 150};
        d.limits.max_content = 20;
        d.limits.max_requests = 6;
    }
    d.room = (mode & SMALL_ROOM) != 0 ? 777 : 0;
}

static void answer_all(void)
{
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < WAITING_MAX; i++)
            if (d.waiting[i] != NULL) {
                driver_answer(&d, i);
                more = true;
            }
    }
}

static void feed(struct vb_span piece)
{
    driver_send(&d, piece);
    answer_all();
}

/* 100 (Continue) may be left out when content is there already. */
static void without_interim(struct vb_span out, struct vb_buf *to)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    size_t len = sizeof(interim) - 1;

    while (out.len > 0) {
        const char *at = memmem(out.ptr, out.len, interim, len);
        size_t n = at == NULL ? out.len : (size_t)(at - out.ptr);

        vb_buf_append(to, vb_span_head(out, n));
        out = vb_span_from(out, at == NULL ? n : n + len);
    }
}

/* Behind a switch there is no HTTP; and what goes back at once goes back in the
 * pieces that have come. */
static bool goes_both_ways(void)
{
    return d.log.ptr != NULL &&
           memmem(d.log.ptr, d.log.len, "\nboth", 5) != NULL;
}

/* Plays it in pieces of 1 to `most` bytes, or whole when `most` is 0. */
static void play(struct vb_span text, unsigned mode, unsigned seed, size_t most,
                 struct vb_buf *result)
{
    driver_restart(&d);
    set_mode(mode);
    while (text.len > 0) {
        size_t n = most == 0 ? text.len : 1 + (size_t)rand_r(&seed) % most;

        feed(vb_span_head(text, n));
        text = vb_span_from(text, n);
    }
    if ((mode & ENDS) != 0 && d.unsent.len == 0)
        driver_eof(&d);
    answer_all();
    if (!goes_both_ways())
        driver_read(&d);
    without_interim(vb_buf_span(&d.out), result);
    vb_buf_append(result, vb_buf_span(&d.log));
    /* Whether it lingers is a matter of what came after the end, and when. */
    vb_buf_printf(result, "closing %d", (driver_state(&d) & ENDED) != 0);
}

/* What the sink of /early is given first is a matter of splitting. */
static bool depends_on_splitting(void)
{
    return goes_both_ways() || (d.log.len > 0 && memmem(d.log.ptr, d.log.len,
                                                        " /early ", 8) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t most[] = {1, 5, 60};
    struct vb_buf whole;
    struct vb_buf pieces;
    struct vb_span text;

    if (size < 2 || size > 5000)
        return 0;
    if (d.wire == NULL)
        driver_init(&d);
    text = vb_span_of((const char *)data + 2, size - 2);
    vb_buf_init(&whole, 16 * 1024 * 1024);
    vb_buf_init(&pieces, 16 * 1024 * 1024);
    play(text, data[0], 0, 0, &whole);
    for (size_t i = 0; i < VB_COUNT_OF(most) && !depends_on_splitting(); i++) {
        vb_buf_reset(&pieces);
        play(text, data[0], data[1], most[i], &pieces);
        vb_assert(vb_span_eq(vb_buf_span(&whole), vb_buf_span(&pieces)));
    }
    vb_buf_done(&whole);
    vb_buf_done(&pieces);
    driver_restart(&d);
    return 0;
}
