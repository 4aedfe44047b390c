/*
 * Whatever a client sends on its streams, in any order and interleaved, with
 * resets, windows and acknowledgements in between: h3 keeps to its side of the
 * contract (which wire/h3_link.c asserts), what is held is bounded, and nothing
 * leaks.
 *
 * The first byte chooses limits, windows and how the client reads. Then come
 * events: a byte of a kind and a stream, for DATA a length and as many bytes.
 */
#include "wire/h3_client.h"

#include "base/assert.h"

enum {
    SMALL_LIMITS = 1,
    SMALL_ROOM = 2,
    SMALL_WINDOW = 4,
    RAW = 8, /* no SETTINGS beforehand */
    HELD_ACKS = 16,
    BYTEWISE = 32
};

enum { DATA, DATA_END, EARLY, RESET, STOP, OPEN, PASS, ACK };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct h3_link l;

static void set_mode(unsigned mode)
{
    l.d.limits = vb_limits_default;
    l.d.limits.extended_connect = true;
    if ((mode & SMALL_LIMITS) != 0) {
        l.d.limits.head = (struct vb_head_limits){.max_target = 40,
                                                  .max_field = 60,
                                                  .max_fields = 5,
                                                  .max_fields_size = 150};
        l.d.limits.max_content = 20;
        l.d.limits.max_requests = 6;
    }
    l.d.room = (mode & SMALL_ROOM) != 0 ? 77 : 0;
    l.d.piece = (mode & BYTEWISE) != 0 ? 1 : 0;
    l.window = (mode & SMALL_WINDOW) != 0 ? 500 : 1 << 20;
    l.holds_acks = (mode & HELD_ACKS) != 0;
}

static void answer_all(void)
{
    for (int i = 0; i < WAITING_MAX; i++)
        if (l.d.waiting[i] != NULL)
            driver_answer(&l.d, i);
}

/* The client's request streams, its others, and ours. */
static int64_t stream_of(unsigned n)
{
    if (n < 16)
        return 4 * (int64_t)n;
    return n < 24 ? 4 * (int64_t)(n - 16) + 2 : 4 * (int64_t)(n - 24) + 3;
}

static struct vb_span send_some(struct vb_span text, int64_t id, int kind)
{
    size_t n = (unsigned char)*text.ptr;

    text = vb_span_from(text, 1);
    if (n > text.len)
        n = text.len;
    if ((id & 1) == 0) {
        link_stream(&l, id)->early = kind == EARLY;
        link_send(&l, id, vb_span_head(text, n), kind == DATA_END);
    }
    return vb_span_from(text, n);
}

static void play(struct vb_span text)
{
    while (text.len > 1 && l.closed == LINK_NONE) {
        unsigned event = (unsigned char)*text.ptr;
        int64_t id = stream_of(event & 31);

        text = vb_span_from(text, 1);
        switch (event >> 5) {
        case RESET:
            if ((id & 1) == 0)
                link_reset(&l, id, 7);
            break;
        case STOP:
            if ((id & 2) == 0 || (id & 1) != 0)
                link_stop(&l, id, 7);
            break;
        case OPEN:
            link_open(&l, id, 300);
            break;
        case PASS:
            answer_all();
            link_pass(&l, 1000 * (int64_t)(event & 31));
            break;
        case ACK:
            link_ack(&l);
            break;
        default:
            text = send_some(text, id, (int)(event >> 5));
            break;
        }
        link_pump(&l);
        vb_assert(l.d.env.exchanges.lent <= 20);
        vb_assert(l.d.env.output_blocks.lent <= 64 + 20 + 3);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > 5000)
        return 0;
    if (l.h3 == NULL)
        link_init(&l);
    set_mode(data[0]);
    if ((data[0] & RAW) == 0) {
        link_send(&l, H3_CONTROL, vb_span_of("\0\4\4\1\x3f\7\4", 7), false);
        link_pump(&l);
    }
    play(vb_span_of((const char *)data + 1, size - 1));
    answer_all();
    link_ack(&l);
    link_restart(&l);
    return 0;
}
