/* See stand_in.h. */
#include "wire/stand_in.h"

#include <string.h>

#include "base/clock.h"
#include "base/list.h"

_Thread_local struct stand_ins stand_ins;

static const char *text(void)
{
    return stand_ins.text != NULL ? stand_ins.text : "hello";
}

struct stand_in *stand_in_of(struct vb_client *client)
{
    return VB_CONTAINER(client, struct stand_in, client);
}

static struct stand_in *of(const struct vb_wire *wire)
{
    return (struct stand_in *)wire;
}

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct stand_in *at = of(wire);
    size_t room = sizeof(at->heard) - 1 - at->heard_len;
    size_t n = bytes.len < room ? bytes.len : room;

    memcpy(at->heard + at->heard_len, bytes.ptr, n);
    at->heard_len += n;
}

static void eof(struct vb_wire *wire)
{
    stand_ins.ended++;
    of(wire)->over = true;
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    struct stand_in *at = of(wire);

    (void)max;
    ret_file->length = 0;
    iov->iov_base = (char *)text() + at->said;
    iov->iov_len = strlen(text()) - at->said;
    return iov->iov_len > 0;
}

static void sent(struct vb_wire *wire, size_t n)
{
    of(wire)->said += n;
}

static unsigned state(const struct vb_wire *wire)
{
    const struct stand_in *at = of(wire);

    if (at->over)
        return VB_WIRE_CLOSE;
    if (at->said < strlen(text()))
        return VB_WIRE_READ | VB_WIRE_WRITE;
    return VB_WIRE_READ | (stand_ins.half ? VB_WIRE_LINGER : 0);
}

static int64_t deadline(const struct vb_wire *wire)
{
    (void)wire;
    return VB_TIME_NEVER;
}

static void tick(struct vb_wire *wire)
{
    (void)wire;
}

static void shut_down(struct vb_wire *wire)
{
    of(wire)->over = true;
}

static void free_wire(struct vb_wire *wire)
{
    struct stand_in *at = of(wire);

    stand_ins.freed++;
    memcpy(stand_ins.heard, at->heard, sizeof(at->heard));
    if (at->client.gone != NULL)
        at->client.gone(&at->client);
}

static const struct vb_wire_ops ops = {
    .name = "",
    .feed = feed,
    .eof = eof,
    .drain = drain,
    .sent = sent,
    .state = state,
    .deadline = deadline,
    .tick = tick,
    .shut_down = shut_down,
    .free = free_wire,
};

static void close_client(struct vb_client *client)
{
    struct stand_in *at = stand_in_of(client);

    at->over = true;
    at->wire.wake(&at->wire);
}

static const struct vb_client_ops client_ops = {.close = close_client};

size_t vb_client_wire_size(void)
{
    return sizeof(struct stand_in);
}

struct vb_wire *vb_client_wire_init(void *memory, struct vb_env *env,
                                    const struct vb_peer *peer,
                                    enum vb_client_kind kind,
                                    struct vb_client **ret_client)
{
    struct stand_in *at = memory;

    *at = (struct stand_in){.wire = {.ops = &ops, .env = env, .peer = peer},
                            .client = {.ops = &client_ops, .protocol = ""}};
    *ret_client = &at->client;
    stand_ins.made++;
    stand_ins.kind = kind;
    return &at->wire;
}
