/*
 * Whatever frames a client sends, and however they are split: what comes back
 * is a sequence of frames that a client of nghttp2's own can read as far as
 * the framing goes, what is held is bounded, and nothing leaks.
 *
 * The first byte chooses limits, how the client reads, and how time passes;
 * the second seeds the splitting; the rest follows the preface and SETTINGS,
 * or with RAW is all of it.
 */
#include "wire/h2_client.h"

#include <stdlib.h>

#include "base/assert.h"

enum { SMALL_LIMITS = 1, SMALL_ROOM = 2, ENDS = 4, RAW = 8, STUCK = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct driver d;

static void set_mode(unsigned mode)
{
    d.limits = vb_limits_default;
    d.limits.extended_connect = true;
    if ((mode & SMALL_LIMITS) != 0) {
        d.limits.head = (struct vb_head_limits){.max_target = 40,
                                                .max_field = 60,
                                                .max_fields = 5,
                                                .max_fields_size = 150};
        d.limits.max_content = 20;
        d.limits.max_requests = 6;
    }
    d.room = (mode & SMALL_ROOM) != 0 ? 777 : 0;
    d.stuck = (mode & STUCK) != 0;
}

static void answer_all(void)
{
    for (int i = 0; i < WAITING_MAX; i++)
        if (d.waiting[i] != NULL)
            driver_answer(&d, i);
}

static void play(struct vb_span text, unsigned seed)
{
    while (text.len > 0) {
        size_t n = 1 + (size_t)rand_r(&seed) % 60;

        driver_send(&d, vb_span_head(text, n));
        if (rand_r(&seed) % 4 == 0)
            answer_all();
        if (rand_r(&seed) % 16 == 0)
            driver_pass(&d, rand_r(&seed) % 20000);
        text = vb_span_from(text, n);
        vb_assert(d.env.exchanges.lent <= 101);
        vb_assert(d.env.output_blocks.lent <= 8);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_buf bytes;

    if (size < 2 || size > 5000)
        return 0;
    if (d.wire == NULL)
        driver_init(&d);
    set_mode(data[0]);
    vb_buf_init(&bytes, 64 * 1024);
    if ((data[0] & RAW) == 0)
        h2_begin(&bytes);
    driver_send(&d, vb_buf_span(&bytes)); /* late, it would be HTTP/1's */
    play(vb_span_of((const char *)data + 2, size - 2), data[1]);
    if ((data[0] & ENDS) != 0 && d.unsent.len == 0)
        driver_eof(&d);
    answer_all();
    if (d.room == 0 && (data[0] & (RAW | STUCK)) == 0)
        vb_assert(h2_goaway_code(&d) != -2);
    vb_buf_done(&bytes);
    driver_restart(&d);
    return 0;
}
