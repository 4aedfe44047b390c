/* Which protocol a connection speaks. See opening.h. */
#include "wire/opening.h"

#include "base/clock.h"
#include "wire/h1/h1.h"
#include "wire/h2/h2.h"

static const struct vb_span preface =
    VB_SPAN_INIT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

struct opening {
    struct vb_wire wire;
    int64_t since; /* when it began, or its first byte came */
    uint8_t known; /* bytes of the preface that have come */
    bool closed;
};

static const struct opening *opening_of(const struct vb_wire *wire)
{
    return (const struct opening *)wire;
}

/* Bytes of `text` that go on with the preface behind its first `known`. */
static size_t match(size_t known, struct vb_span text)
{
    size_t n = 0;

    while (n < text.len && known + n < preface.len &&
           text.ptr[n] == preface.ptr[known + n])
        n++;
    return n;
}

/* From here on it is this wire, which has been told nothing yet. */
static void become_h1(struct vb_wire *wire)
{
    struct vb_wire was = *wire;
    size_t known = opening_of(wire)->known;

    vb_h1_init(wire, was.env, was.peer);
    wire->wake = was.wake;
    if (known > 0)
        wire->ops->feed(wire, vb_span_head(preface, known));
}

static void become_h2(struct vb_wire *wire)
{
    struct vb_wire was = *wire;

    if (vb_h2_init(wire, was.env, was.peer) == NULL) {
        *wire = was;
        ((struct opening *)wire)->closed = true;
        return;
    }
    wire->wake = was.wake;
    wire->ops->feed(wire, preface);
}

static void feed(struct vb_wire *wire, struct vb_span bytes)
{
    struct opening *opening = (struct opening *)wire;
    size_t n = match(opening->known, bytes);

    if (opening->closed || bytes.len == 0)
        return;
    if (opening->known + n < preface.len && n == bytes.len) {
        if (opening->known == 0)
            opening->since = wire->env->now.mono_ms;
        opening->known += (uint8_t)n;
        return;
    }
    if (opening->known + n == preface.len) {
        bytes = vb_span_from(bytes, n);
        become_h2(wire);
    } else {
        become_h1(wire);
    }
    if (bytes.len > 0)
        wire->ops->feed(wire, bytes);
}

static void eof(struct vb_wire *wire)
{
    become_h1(wire);
    wire->ops->eof(wire);
}

static int drain(struct vb_wire *wire, struct iovec *iov, int max,
                 struct vb_file_part *ret_file)
{
    (void)wire;
    (void)iov;
    (void)max;
    ret_file->length = 0;
    return 0;
}

static void sent(struct vb_wire *wire, size_t n)
{
    (void)wire;
    (void)n;
}

static unsigned state(const struct vb_wire *wire)
{
    return opening_of(wire)->closed ? VB_WIRE_CLOSE : VB_WIRE_READ;
}

static int64_t deadline(const struct vb_wire *wire)
{
    const struct opening *opening = opening_of(wire);
    const struct vb_limits *limits = wire->env->limits;

    return opening->since + (opening->known > 0 ? limits->head_timeout_ms
                                                : limits->idle_timeout_ms);
}

/* What has come is no preface in time: a late request of HTTP/1 then, which
 * that answers when it has waited itself. */
static void tick(struct vb_wire *wire)
{
    if (deadline(wire) > wire->env->now.mono_ms)
        return;
    if (opening_of(wire)->known > 0)
        become_h1(wire);
    else
        ((struct opening *)wire)->closed = true;
}

static void shut_down(struct vb_wire *wire)
{
    become_h1(wire);
    wire->ops->shut_down(wire);
}

static void free_wire(struct vb_wire *wire)
{
    (void)wire; /* it has nothing */
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

size_t vb_opening_size(void)
{
    size_t size = sizeof(struct opening);

    if (size < vb_h1_size())
        size = vb_h1_size();
    return size < vb_h2_size() ? vb_h2_size() : size;
}

struct vb_wire *vb_opening_init(void *memory, struct vb_env *env,
                                const struct vb_peer *peer)
{
    struct opening *opening = memory;

    *opening = (struct opening){.wire = {.ops = &ops, .env = env, .peer = peer},
                                .since = env->now.mono_ms};
    return &opening->wire;
}
