/*
 * The head of a request (RFC 9112 section 3). Host comes first (RFC 9110
 * section 7.2), and framing is the wire's alone: fields that would meddle with
 * it are passed over, whoever set them.
 */
#include "wire/calls.h"
#include "wire/h1c/inner.h"

#define WRITE(writer, literal) vb__h1_write(writer, VB_SPAN(literal))

/* How the request's content is delimited (RFC 9112 section 6.3). */
enum delimit {
    NO_CONTENT, /* neither field: there is none */
    BY_LENGTH,
    BY_CHUNKS
};

/* RFC 9112 section 6.3. Trailers take chunks (section 7.1.2). */
static enum delimit delimit(const struct vb_call *call)
{
    bool trails = call->content != NULL && call->trailers != NULL;

    if (vb_call_length(call) >= 0 && !trails)
        return BY_LENGTH;
    return call->content == NULL || vb_call_switches(call) ? NO_CONTENT
                                                           : BY_CHUNKS;
}

static void write_line(struct vb_h1_writer *writer, const struct vb_call *call)
{
    vb__h1_write(writer, call->method_text);
    WRITE(writer, " ");
    vb__h1_write(writer, call->target);
    WRITE(writer, " HTTP/1.1\r\nHost: ");
    vb__h1_write(writer, call->authority);
    WRITE(writer, "\r\n");
}

/* RFC 9110 sections 7.8 and 10.1.4: each is an option of the connection. */
static void write_connection(struct vb_h1_writer *writer,
                             const struct vb_call *call)
{
    bool upgrade = call->protocol.len > 0;

    if (call->te_trailers)
        WRITE(writer, "TE: trailers\r\n");
    if (upgrade) {
        WRITE(writer, "Upgrade: ");
        vb__h1_write(writer, call->protocol);
        WRITE(writer, "\r\n");
    }
    if (call->te_trailers && upgrade)
        WRITE(writer, "Connection: TE, upgrade\r\n");
    else if (call->te_trailers)
        WRITE(writer, "Connection: TE\r\n");
    else if (upgrade)
        WRITE(writer, "Connection: upgrade\r\n");
}

static void write_delimiter(struct vb_h1_writer *writer,
                            const struct vb_call *call, enum delimit how)
{
    if (how == BY_CHUNKS) {
        WRITE(writer, "Transfer-Encoding: chunked\r\n");
    } else if (how == BY_LENGTH) {
        WRITE(writer, "Content-Length: ");
        vb__h1_write_decimal(writer, (uint64_t)vb_call_length(call));
        WRITE(writer, "\r\n");
    }
}

enum vb_err vb__h1c_write_head(struct vb_h1c *c, const struct vb_call *call)
{
    enum delimit how = delimit(call);
    struct vb_h1_writer writer;

    if (!vb_call_is_sayable(call))
        return VB_ERR_INVALID;
    if (how == BY_CHUNKS && c->minor_0) /* RFC 9112 section 6.1 */
        return VB_ERR_UNSUPPORTED;
    vb__h1_writer_begin(&writer, &c->output, c->wire.env);
    write_line(&writer, call);
    for (size_t i = 0; i < call->field_count; i++)
        if (!vb_call_passes_over(call, call->fields[i].name))
            vb__h1_write_field(&writer, &call->fields[i]);
    write_connection(&writer, call);
    write_delimiter(&writer, call, how);
    WRITE(&writer, "\r\n");
    c->chunks = how == BY_CHUNKS;
    return vb__h1_writer_done(&writer) ? VB_OK : VB_ERR_NOMEM;
}
