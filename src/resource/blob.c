/*
 * Content that is kept as it came: a small one in one piece, a large one chunk
 * by chunk, both ways, with a bounded part of it in memory.
 *
 *     client ─▶ write: a chunk is full ─▶ put aside, PAUSE ─▶ done, RESUME
 *     store ─▶ chunk ─▶ pull ─▶ client
 */
#include <stdlib.h>

#include "base/list.h"
#include "flow/intake.h"
#include "resource/stored.h"

/* Bytes that may come beyond a full chunk before the client is paused. */
#define SLACK ((size_t)1024 * 1024)

/* --- coming in
 * ------------------------------------------------------------------ */

struct intake {
    struct vb_sink sink;
    struct vb_stored *stored;
    struct vb_buf pending; /* what has come and is not put aside yet */
    struct vb_chunk_write write;
    uint64_t next;   /* index of the next chunk */
    size_t writing;  /* bytes of `pending` that the store is at */
    bool ended;      /* the client has sent all */
    bool finished;   /* the flow was told */
    bool unkept;     /* it was the store that failed */
    enum vb_err err; /* the first thing that went wrong */
};

/* Tells the flow; whatever may still come is not for us. */
static void finish(struct intake *intake)
{
    struct vb_stored *stored = intake->stored;
    struct vb_exchange *x = stored->x;

    intake->finished = true;
    if (intake->err == VB_OK && stored->blob == 0) {
        stored->bytes = vb_arena_dup(&x->arena, vb_buf_span(&intake->pending));
        if (x->arena.failed)
            intake->err = VB_ERR_NOMEM;
    }
    vb_buf_done(&intake->pending);
    stored->received = intake->err == VB_OK;
    vb_flow_resume(x, intake->unkept ? vb_stored_failed(x, intake->err)
                                     : vb_intake_verdict(x, intake->err));
}

static void written(struct intake *intake)
{
    if (intake->err == VB_OK) {
        intake->err = intake->write.op.err;
        intake->unkept = intake->err != VB_OK;
    }
    vb_buf_consume(&intake->pending, intake->writing);
    intake->writing = 0;
}

static void write_done(struct vb_store_op *op);

/* Puts the first bytes of `pending` aside. False: it will be done later. */
static bool put_aside(struct intake *intake, size_t len)
{
    struct vb_stored *stored = intake->stored;
    struct vb_store_client *client = stored->x->env->store;

    if (stored->blob == 0)
        stored->blob = vb_store_blob_new(client);
    intake->writing = len;
    intake->write = (struct vb_chunk_write){
        .op = {.done = write_done, .context = intake},
        .blob = stored->blob,
        .index = intake->next++,
        .bytes = vb_span_head(vb_buf_span(&intake->pending), len),
    };
    stored->blob_length += len;
    if (vb_store_chunk_write(client, &intake->write) == VB_IO_PENDING)
        return false;
    written(intake);
    return true;
}

/*
 * Puts all full chunks aside, and at the end the rest. What fits one chunk
 * exactly is no blob, so a chunk goes only once there is more than that. True
 * when nothing is under way.
 */
static bool advance(struct intake *intake)
{
    while (intake->err == VB_OK && intake->pending.len > VB_STORE_CHUNK)
        if (!put_aside(intake, VB_STORE_CHUNK))
            return false;
    if (intake->err == VB_OK && intake->ended && intake->stored->blob != 0 &&
        intake->pending.len > 0 && !put_aside(intake, intake->pending.len))
        return false;
    return true;
}

static void write_done(struct vb_store_op *op)
{
    struct intake *intake = op->context;
    struct vb_exchange *x = intake->stored->x;

    written(intake);
    if (!advance(intake))
        return;
    if (intake->ended || intake->err != VB_OK)
        finish(intake);
    else if (!x->abandoned)
        vb_intake_resume(x);
}

static enum vb_sink_want take(struct vb_sink *sink, struct vb_span bytes)
{
    struct intake *intake = VB_CONTAINER(sink, struct intake, sink);
    struct vb_stored *stored = intake->stored;

    vb_buf_append(&intake->pending, bytes);
    if (intake->err == VB_OK)
        intake->err = intake->pending.err;
    if (intake->err == VB_OK &&
        stored->blob_length + intake->pending.len > vb_intake_limit(stored->x))
        intake->err = VB_ERR_LIMIT;
    if (intake->writing > 0 || !advance(intake))
        return VB_SINK_PAUSE;
    if (intake->err == VB_OK)
        return VB_SINK_MORE;
    finish(intake);
    return VB_SINK_DONE;
}

static void end(struct vb_sink *sink, enum vb_err err)
{
    struct intake *intake = VB_CONTAINER(sink, struct intake, sink);

    if (intake->finished)
        return;
    intake->ended = true;
    if (intake->err == VB_OK)
        intake->err = err;
    if (intake->writing == 0 && advance(intake))
        finish(intake);
}

enum vb_answer vb_blob_receive(struct vb_stored *stored)
{
    struct vb_exchange *x = stored->x;
    struct intake *intake;

    stored->media_type = x->media_type;
    if (stored->received)
        return VB_YES;
    intake = vb_arena_calloc(&x->arena, 1, sizeof(*intake));
    if (intake == NULL)
        return vb_intake_verdict(x, VB_ERR_NOMEM);
    intake->sink = (struct vb_sink){take, end, NULL};
    intake->stored = stored;
    vb_buf_init(&intake->pending, VB_STORE_CHUNK + SLACK);
    return vb_intake_begin(x, &intake->sink);
}

/* --- going out
 * ------------------------------------------------------------------- */

struct outlet {
    struct vb_source source;
    struct vb_exchange *x;
    struct vb_record *record; /* a reference: it keeps the blob */
    struct vb_chunk_read read;
    uint64_t next;  /* index of the next chunk */
    size_t skipped; /* bytes at its front that are not asked for */
    uint64_t left;  /* bytes still to be given */
    char *chunk;    /* VB_STORE_CHUNK bytes */
    bool reading;   /* the store is at it */
    bool ready;     /* it is done, and not given yet */
    bool closed;
};

static void outlet_free(struct outlet *outlet)
{
    vb_record_unref(outlet->record);
    free(outlet->chunk);
    free(outlet);
}

static void read_done(struct vb_store_op *op)
{
    struct outlet *outlet = op->context;

    outlet->reading = false;
    outlet->ready = true;
    if (outlet->closed)
        outlet_free(outlet);
    else
        outlet->x->carrier->output_ready(outlet->x);
}

/* What is asked for of the chunk that was read. */
static enum vb_pull give(struct outlet *outlet, struct vb_span *ret_bytes)
{
    struct vb_span bytes = {outlet->chunk, outlet->read.length};

    outlet->ready = false;
    if (outlet->read.op.err != VB_OK || bytes.len <= outlet->skipped)
        return VB_PULL_FAILED;
    bytes = vb_span_from(bytes, outlet->skipped);
    if (bytes.len > outlet->left)
        bytes = vb_span_head(bytes, (size_t)outlet->left);
    outlet->skipped = 0;
    outlet->left -= bytes.len;
    *ret_bytes = bytes;
    return VB_PULL_BYTES;
}

static enum vb_pull pull(struct vb_source *source, struct vb_span *ret_bytes)
{
    struct outlet *outlet = VB_CONTAINER(source, struct outlet, source);

    if (outlet->reading)
        return VB_PULL_PENDING;
    if (outlet->ready)
        return give(outlet, ret_bytes);
    if (outlet->left == 0)
        return VB_PULL_END;
    outlet->read = (struct vb_chunk_read){
        .op = {.done = read_done, .context = outlet},
        .blob = outlet->record->blob,
        .index = outlet->next++,
        .bytes = outlet->chunk,
    };
    outlet->reading = true;
    if (vb_store_chunk_read(outlet->x->env->store, &outlet->read) ==
        VB_IO_PENDING)
        return VB_PULL_PENDING;
    outlet->reading = false;
    return give(outlet, ret_bytes);
}

/* A read that is under way writes into our chunk: it frees us when done. */
static void close_outlet(struct vb_source *source)
{
    struct outlet *outlet = VB_CONTAINER(source, struct outlet, source);

    outlet->closed = true;
    if (!outlet->reading)
        outlet_free(outlet);
}

struct vb_source *vb_blob_stream(struct vb_exchange *x, uint64_t first,
                                 uint64_t length)
{
    struct outlet *outlet = calloc(1, sizeof(*outlet));

    if (outlet == NULL)
        return NULL;
    outlet->chunk = malloc(VB_STORE_CHUNK);
    if (outlet->chunk == NULL) {
        free(outlet);
        return NULL;
    }
    outlet->source = (struct vb_source){
        .pull = pull,
        .close = close_outlet,
        .length = (int64_t)length,
    };
    outlet->x = x;
    outlet->record = vb_record_ref(x->current->owner);
    outlet->next = first / VB_STORE_CHUNK;
    outlet->skipped = (size_t)(first % VB_STORE_CHUNK);
    outlet->left = length;
    return &outlet->source;
}
