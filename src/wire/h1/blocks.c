/* The blocks that bytes are sent from, and how they get there. See output.h. */
#include "http/scan.h"
#include "wire/h1/output.h"
#include "wire/message.h"

struct vb_h1_block {
    struct vb_h1_block *next;
    uint32_t from;
    uint32_t to;
    char bytes[];
};

#define CAPACITY (VB_OUTPUT_BLOCK - sizeof(struct vb_h1_block))

static struct vb_h1_block *last_block(const struct vb_h1_output *output)
{
    struct vb_h1_block *block = output->first;

    while (block != NULL && block->next != NULL)
        block = block->next; /* VB_H1_QUEUE_MAX bounds their number */
    return block;
}

static struct vb_h1_block *add_block(struct vb_h1_writer *writer,
                                     struct vb_h1_block *last)
{
    struct vb_h1_block *block = vb_pool_take(&writer->env->output_blocks);

    if (block == NULL)
        return NULL;
    block->next = NULL;
    block->from = block->to = 0;
    if (last == NULL)
        writer->output->first = block;
    else
        last->next = block;
    return block;
}

static void give_back(struct vb_env *env, struct vb_h1_block *first)
{
    while (first != NULL) {
        struct vb_h1_block *next = first->next;

        vb_pool_give(&env->output_blocks, first);
        first = next;
    }
}

/* --- Writing ----------------------------------------------------------------
 */

static void continue_in(struct vb_h1_writer *writer, struct vb_h1_block *block)
{
    writer->block = block;
    writer->at = block->bytes + block->to;
    writer->end = block->bytes + CAPACITY;
}

void vb__h1_writer_begin(struct vb_h1_writer *writer,
                         struct vb_h1_output *output, struct vb_env *env)
{
    struct vb_h1_block *last = last_block(output);

    *writer = (struct vb_h1_writer){.output = output,
                                    .env = env,
                                    .first = last,
                                    .first_to = last == NULL ? 0 : last->to};
    if (last == NULL)
        last = add_block(writer, NULL);
    if (last != NULL)
        continue_in(writer, last);
    else
        writer->failed = true;
}

static void commit(struct vb_h1_writer *writer)
{
    struct vb_h1_block *block = writer->block;
    uint32_t to;

    if (block == NULL)
        return;
    to = (uint32_t)(writer->at - block->bytes);
    writer->output->queued += to - block->to;
    block->to = to;
}

void vb__h1_write_slow(struct vb_h1_writer *writer, struct vb_span s)
{
    while (s.len > 0 && !writer->failed) {
        size_t n = (size_t)(writer->end - writer->at);
        struct vb_h1_block *next;

        if (n > s.len)
            n = s.len;
        if (n > 0) {
            memcpy(writer->at, s.ptr, n);
            writer->at += n;
            s = vb_span_from(s, n);
            continue;
        }
        commit(writer);
        next = add_block(writer, writer->block);
        if (next == NULL)
            writer->failed = true;
        else
            continue_in(writer, next);
    }
}

/* Takes everything back that this writer wrote. */
static void undo(const struct vb_h1_writer *writer)
{
    struct vb_h1_output *output = writer->output;
    struct vb_h1_block **end = &output->first;

    if (writer->first != NULL) {
        writer->first->to = writer->first_to;
        end = &writer->first->next;
    }
    give_back(writer->env, *end);
    *end = NULL;
    output->queued = 0;
    for (struct vb_h1_block *at = output->first; at != NULL; at = at->next)
        output->queued += at->to - at->from;
}

bool vb__h1_writer_done(struct vb_h1_writer *writer)
{
    if (writer->failed) {
        undo(writer);
        return false;
    }
    if (writer->output->queued == 0) /* waiting for the peer begins now */
        writer->output->since = writer->env->now.mono_ms;
    commit(writer);
    if (writer->output->queued == 0) /* nothing was written after all */
        vb__h1_blocks_clear(writer->output, writer->env);
    return true;
}

void vb__h1_write_decimal(struct vb_h1_writer *writer, uint64_t n)
{
    char digits[VB_DECIMAL_MAX];

    vb__h1_write(writer, vb_span_of(digits, vb_decimal(n, digits)));
}

void vb__h1_write_hex(struct vb_h1_writer *writer, uint64_t n)
{
    char digits[16];
    size_t len = 0;

    do
        digits[sizeof(digits) - ++len] = "0123456789abcdef"[n & 15];
    while ((n >>= 4) > 0);
    vb__h1_write(writer, vb_span_of(digits + sizeof(digits) - len, len));
}

/* Text that must not end a line; what would is replaced by SP. */
static void write_text(struct vb_h1_writer *writer, struct vb_span text)
{
    const char *end = text.ptr + text.len;
    const char *at = text.ptr;

    for (;;) {
        const char *stop = vb_scan->text(at, end);

        vb__h1_write(writer, vb_span_of(at, (size_t)(stop - at)));
        if (stop == end)
            return;
        vb__h1_write(writer, VB_SPAN(" "));
        at = stop + 1;
    }
}

void vb__h1_write_field(struct vb_h1_writer *writer,
                        const struct vb_field_out *field)
{
    if (vb_role_of(field->name) == VB_ROLE_FRAMING)
        return;
    vb__h1_write(writer, field->name);
    vb__h1_write(writer, VB_SPAN(": "));
    write_text(writer, field->value);
    vb__h1_write(writer, VB_SPAN("\r\n"));
}

/* --- Sending -----------------------------------------------------------------
 */

int vb__h1_blocks_drain(const struct vb_h1_output *output, struct iovec *iov,
                        int max)
{
    struct vb_h1_block *block = output->first;
    int n = 0;

    for (; block != NULL && n < max; block = block->next)
        iov[n++] =
            (struct iovec){block->bytes + block->from, block->to - block->from};
    return n;
}

size_t vb__h1_blocks_sent(struct vb_h1_output *output, struct vb_env *env,
                          size_t n)
{
    size_t before = output->queued;

    output->since = env->now.mono_ms;
    while (n > 0 && output->first != NULL) {
        struct vb_h1_block *first = output->first;
        uint32_t len = first->to - first->from;

        if (n < len) {
            first->from += (uint32_t)n;
            output->queued -= (uint32_t)n;
            break;
        }
        n -= len;
        output->queued -= len;
        output->first = first->next;
        vb_pool_give(&env->output_blocks, first);
    }
    return before - output->queued;
}

void vb__h1_blocks_clear(struct vb_h1_output *output, struct vb_env *env)
{
    give_back(env, output->first);
    output->first = NULL;
    output->queued = 0;
}
