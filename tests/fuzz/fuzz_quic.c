/*
 * Whatever comes in datagrams, the endpoint goes on: what is no packet of a
 * connection's comes to nothing, what is answered without a connection is no
 * larger than what it answers, and another connection has what it asked for.
 *
 * The input is a list of steps: what to do (its three low bits), how many bytes
 * it takes (one byte), and those.
 */
#include "quic/net.h"

#include <stdlib.h>

#include "base/assert.h"

enum step {
    RAW,     /* a datagram of these bytes */
    LARGE,   /* the same, made as long as an Initial is */
    INITIAL, /* of version 1, with these bytes behind its version */
    SHORT,   /* with the ID of a connection, and these bytes */
    CHANGED, /* a true Initial; of each two bytes one says where, and one is put
                there */
    FRAMES,  /* on a connection: these frames, truly sealed */
    LATER,   /* nothing, for a while */
    MOVED,   /* what the client has to say, from another address */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct net net;
static struct node *node; /* of this input; NULL: there is none yet */

static void done(void)
{
    net_done(&net);
}

/* The list of clients begins anew. */
static void begin(void)
{
    if (net.quic == NULL) {
        net_init(&net);
        atexit(done);
    }
    node = NULL;
}

static struct node *client(void)
{
    if (node == NULL) {
        node = net_client(&net, NULL);
        net_shake(&net, node);
    }
    return node;
}

static void put(struct vb_span head, struct vb_span bytes, size_t least)
{
    char datagram[QUIC_DATAGRAM_MAX] = {0};
    size_t len = head.len + bytes.len;
    uint64_t before = net.bytes;

    memcpy(datagram, head.ptr, head.len);
    memcpy(datagram + head.len, bytes.ptr, bytes.len);
    if (len < least)
        len = least;
    net_inject(&net, 999, vb_span_of(datagram, len));
    vb_assert(net.bytes - before <= 3 * len || node != NULL);
}

static void put_short(struct vb_span bytes)
{
    char head[1 + VB_QUIC_ID_LEN] = {0x40};

    memcpy(head + 1, quic_client_dcid(client()->client).ptr, VB_QUIC_ID_LEN);
    put(vb_span_of(head, sizeof(head)), bytes, 0);
}

static void put_changed(struct vb_span changes)
{
    char datagram[QUIC_DATAGRAM_MAX];
    struct node *other = net_client(&net, NULL);
    size_t len = net_steal(other, datagram);

    for (size_t i = 0; i + 1 < changes.len; i += 2) {
        size_t at = (unsigned char)changes.ptr[i];

        if (at < len)
            datagram[at] = changes.ptr[i + 1];
    }
    put(vb_span_of(datagram, len), VB_SPAN(""), 0);
    net_leave(other);
}

static void do_step(enum step step, struct vb_span bytes)
{
    switch (step) {
    case RAW:
        put(VB_SPAN(""), bytes, 0);
        break;
    case LARGE:
        put(VB_SPAN(""), bytes, 1200);
        break;
    case INITIAL:
        put(VB_SPAN("\xc3\0\0\0\1"), bytes, 1200);
        break;
    case SHORT:
        put_short(bytes);
        break;
    case CHANGED:
        put_changed(bytes);
        break;
    case FRAMES:
        quic_client_inject(client()->client, bytes);
        net_run(&net, 5);
        break;
    case LATER:
        net_run(&net, (int64_t)(10 * bytes.len));
        break;
    case MOVED:
        net_rebind(client(), (uint16_t)(20000 + bytes.len));
        net_run(&net, 5);
        break;
    }
}

/* Somebody else is served all the same. */
static void end(void)
{
    struct node *other;

    if (node != NULL) {
        other = net_client(&net, NULL);
        net_shake(&net, other);
        vb_assert(net_wait(&net, other, net_ask(other, "echo\nhello"), 1000));
    }
    net_clear(&net);
    vb_assert(vb_quic_count(net.quic) == 0 && fake.alive == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span input = vb_span_of((const char *)data, size);

    if (size > 2000)
        return 0;
    begin();
    while (input.len >= 2) {
        struct vb_span bytes =
            vb_span_head(vb_span_from(input, 2), (unsigned char)input.ptr[1]);

        do_step((enum step)(input.ptr[0] & 7), bytes);
        input = vb_span_from(input, 2 + bytes.len);
    }
    end();
    return 0;
}
