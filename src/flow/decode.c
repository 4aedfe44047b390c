/* Decoding request content piece by piece. See decode.h. */
#include "flow/decode.h"

#include <stdlib.h>

#include "base/list.h"
#include "content/coding.h"

/* Bytes that a coding is decoded into at a time. */
#define PIECE ((size_t)32 * 1024)

/*
 * Content that becomes more than GROWTH times larger, beyond what is no harm,
 * was made to do harm: text becomes 5 to 20 times larger, an empty disk's image
 * some more. (gzip can do 1000, br and zstd much more, and one in the other
 * that times itself.)
 */
#define GROWTH   200
#define HARMLESS (UINT64_C(1024) * 1024)

struct stage {
    struct vb_decoder *decoder;
    struct vb_span in; /* what it has not taken yet */
    char *out;         /* PIECE bytes */
};

struct vb_decoding {
    struct vb_sink sink;
    struct vb_sink *inner;
    struct vb_exchange *x;
    struct stage stages[VB_CODINGS_MAX]; /* the first takes what comes in */
    unsigned count;
    uint64_t taken;        /* bytes that came in */
    uint64_t made;         /* bytes that came out of any stage */
    struct vb_buf waiting; /* came in while the inner sink could not go on */
    bool paused;           /* it cannot */
    bool ended;            /* all has come in */
};

/* Some bytes out of a stage; none: it needs more to come in. */
static enum vb_err produce(struct vb_decoding *d, unsigned index,
                           struct vb_span *ret_bytes)
{
    struct stage *stage = &d->stages[index];

    for (;;) {
        size_t len;
        enum vb_err err =
            vb_decoder_run(stage->decoder, &stage->in, stage->out, PIECE, &len);

        *ret_bytes = vb_span_of(stage->out, len);
        d->made += len;
        if (err == VB_OK && d->made > HARMLESS && d->made / GROWTH > d->taken)
            err = VB_ERR_LIMIT;
        if (err != VB_OK || len > 0 || index == 0)
            return err;
        err = produce(d, index - 1, &stage->in);
        if (err != VB_OK || stage->in.len == 0)
            return err;
    }
}

/* The inner sink tells the flow. */
static enum vb_sink_want fail(struct vb_decoding *d, enum vb_err err)
{
    d->inner->end(d->inner, err);
    return VB_SINK_DONE;
}

/* Decodes what has come in, as far as the inner sink takes it. After DONE the
 * exchange may be gone. */
static enum vb_sink_want pump(struct vb_decoding *d)
{
    struct vb_span bytes;
    enum vb_sink_want want;
    enum vb_err err;

    for (;;) {
        err = produce(d, d->count - 1, &bytes);
        if (err != VB_OK)
            return fail(d, err);
        if (bytes.len == 0)
            return VB_SINK_MORE;
        want = d->inner->write(d->inner, bytes);
        if (want == VB_SINK_PAUSE)
            d->paused = true;
        if (want != VB_SINK_MORE)
            return want;
    }
}

static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct vb_decoding *d = VB_CONTAINER(sink, struct vb_decoding, sink);
    struct stage *first = &d->stages[0];
    enum vb_sink_want want;

    d->taken += bytes.len;
    first->in = bytes;
    want = pump(d);
    if (want != VB_SINK_PAUSE)
        return want;
    /* The bytes are lent for this call. */
    vb_buf_reset(&d->waiting);
    vb_buf_append(&d->waiting, first->in);
    first->in = vb_buf_span(&d->waiting);
    return d->waiting.err == VB_OK ? want : fail(d, d->waiting.err);
}

/* All that came in is decoded: is it whole? */
static void finish(struct vb_decoding *d)
{
    enum vb_err err = VB_OK;

    for (unsigned i = 0; i < d->count; i++)
        if (!vb_decoder_may_end(d->stages[i].decoder))
            err = VB_ERR_CORRUPT;
    d->inner->end(d->inner, err);
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct vb_decoding *d = VB_CONTAINER(sink, struct vb_decoding, sink);

    d->ended = true;
    if (err != VB_OK)
        d->inner->end(d->inner, err);
    else if (!d->paused)
        finish(d);
}

static void close_decoding(struct vb_sink *sink)
{
    struct vb_decoding *d = VB_CONTAINER(sink, struct vb_decoding, sink);

    for (unsigned i = 0; i < d->count; i++) {
        vb_decoder_free(d->stages[i].decoder);
        free(d->stages[i].out);
    }
    vb_buf_done(&d->waiting);
    if (d->inner->close != NULL)
        d->inner->close(d->inner);
}

void vb__decode_resume(struct vb_exchange *x)
{
    struct vb_decoding *d = x->decoding;

    d->paused = false;
    if (pump(d) != VB_SINK_MORE)
        return;
    if (d->ended)
        finish(d);
    else
        x->carrier->resume_content(x);
}

struct vb_sink *vb__decode_sink(struct vb_exchange *x, struct vb_sink *inner)
{
    struct vb_decoding *d = vb_arena_calloc(&x->arena, 1, sizeof(*d));
    bool failed = false;

    if (d == NULL)
        return NULL;
    d->sink = (struct vb_sink){take, end, close_decoding};
    d->inner = inner;
    d->x = x;
    d->count = x->coding_count;
    vb_buf_init(&d->waiting, SIZE_MAX);
    for (unsigned i = 0; i < d->count; i++) {
        enum vb_coding coding = (enum vb_coding)x->codings[d->count - 1 - i];

        d->stages[i].decoder = vb_decoder_new(coding);
        d->stages[i].out = malloc(PIECE);
        failed |= d->stages[i].decoder == NULL || d->stages[i].out == NULL;
    }
    if (failed) {
        close_decoding(&d->sink);
        return NULL;
    }
    x->decoding = d;
    return &d->sink;
}
