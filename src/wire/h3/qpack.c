/*
 * Field lines in and out (RFC 9204), by nghttp3's encoder and decoder, and the
 * instructions of both.
 *
 * No request may wait for instructions (SETTINGS_QPACK_BLOCKED_STREAMS is 0),
 * so a section is decoded as it comes and nothing is held back.
 */
#include "wire/h3/inner.h"

/* The code for what nghttp3 found. */
static uint64_t code_of(int error)
{
    switch (error) {
    case NGHTTP3_ERR_QPACK_HEADER_TOO_LARGE: /* 64 KiB, a name 256 */
    case NGHTTP3_ERR_QPACK_FATAL: /* what we have to tell is not read */
        return NGHTTP3_H3_EXCESSIVE_LOAD;
    default:
        return nghttp3_err_infer_quic_app_error_code(error);
    }
}

/* --- Coming in ---------------------------------------------------------------
 */

static struct vb_span span_of(const nghttp3_rcbuf *buf)
{
    nghttp3_vec vec = nghttp3_rcbuf_get_buf(buf);

    return vb_span_of((const char *)vec.base, vec.len);
}

static void take_field(struct vb_h3_stream *s, const nghttp3_qpack_nv *nv)
{
    if (!s->broken && !s->h3->over)
        vb__h3_field(s, span_of(nv->name), span_of(nv->value),
                     (nv->flags & NGHTTP3_NV_FLAG_NEVER_INDEX) != 0);
    nghttp3_rcbuf_decref(nv->name);
    nghttp3_rcbuf_decref(nv->value);
}

static void end_section(struct vb_h3_stream *s)
{
    nghttp3_qpack_stream_context_del(s->section);
    s->section = NULL;
}

static bool begin_section(struct vb_h3_stream *s)
{
    return s->section != NULL || nghttp3_qpack_stream_context_new(
                                     &s->section, s->out.id, &s->h3->mem) == 0;
}

void vb__h3_decode(struct vb_h3_stream *s, struct vb_span bytes, bool end)
{
    struct vb_h3 *h3 = s->h3;
    nghttp3_qpack_nv nv;
    uint8_t flags = 0;

    if (!begin_section(s)) {
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
        return;
    }
    while (!s->broken && !h3->over) {
        nghttp3_ssize n = nghttp3_qpack_decoder_read_request(
            h3->decoder, s->section, &nv, &flags, (const uint8_t *)bytes.ptr,
            bytes.len, end);

        if (n < 0) {
            vb__h3_give_up(h3, code_of((int)n));
            return;
        }
        bytes = vb_span_from(bytes, (size_t)n);
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_BLOCKED) != 0) {
            vb__h3_give_up(h3, NGHTTP3_QPACK_DECOMPRESSION_FAILED);
            return;
        }
        if ((flags & NGHTTP3_QPACK_DECODE_FLAG_EMIT) != 0)
            take_field(s, &nv);
        else if ((flags & NGHTTP3_QPACK_DECODE_FLAG_FINAL) != 0 || n == 0)
            break;
    }
    if (end && !s->broken && !h3->over) {
        end_section(s);
        vb__h3_section_end(s);
    }
}

void vb__h3_qpack_cancel(struct vb_h3_stream *s)
{
    nghttp3_qpack_decoder *decoder = s->h3->decoder;

    if (s->section != NULL)
        end_section(s);
    /* Who has put nothing into the table refers to nothing. */
    if (nghttp3_qpack_decoder_get_icnt(decoder) > 0 && !s->h3->over &&
        nghttp3_qpack_decoder_cancel_stream(decoder, s->out.id) != 0)
        vb__h3_give_up(s->h3, NGHTTP3_H3_EXCESSIVE_LOAD);
}

/* What tables are changed by costs, and may be of no use. */
static void spend(struct vb_h3 *h3, size_t bytes)
{
    h3->qpack_rest += (uint32_t)bytes;
    vb__h3_spend(h3, (int32_t)(h3->qpack_rest / VB_H3_QPACK_BYTES));
    h3->qpack_rest %= VB_H3_QPACK_BYTES;
}

void vb__h3_qpack_data(struct vb_h3 *h3, struct vb_span bytes, bool encoder)
{
    const uint8_t *at = (const uint8_t *)bytes.ptr;
    nghttp3_ssize n;

    spend(h3, bytes.len);
    if (h3->over || bytes.len == 0)
        return;
    n = encoder
            ? nghttp3_qpack_decoder_read_encoder(h3->decoder, at, bytes.len)
            : nghttp3_qpack_encoder_read_decoder(h3->encoder, at, bytes.len);
    if (n < 0)
        vb__h3_give_up(h3, code_of((int)n));
}

void vb__h3_qpack_settings(struct vb_h3 *h3, uint64_t table, uint64_t blocked)
{
    size_t most = blocked < VB_H3_BLOCKED_MAX ? (size_t)blocked
                                              : (size_t)VB_H3_BLOCKED_MAX;

    nghttp3_qpack_encoder_set_max_dtable_capacity(
        h3->encoder, table < VB_H3_TABLE ? (size_t)table : (size_t)VB_H3_TABLE);
    nghttp3_qpack_encoder_set_max_blocked_streams(h3->encoder, most);
}

void vb__h3_qpack_flush(struct vb_h3 *h3)
{
    size_t len = nghttp3_qpack_decoder_get_decoder_streamlen(h3->decoder);
    size_t room;
    char *at;
    nghttp3_buf buf;

    /* Who does not read it makes the decoder fail in the end, and not us hold
     * more and more. */
    if (len == 0 || vb__h3_output_unsent(&h3->decoding) > 0)
        return;
    at = vb__h3_output_room(h3, &h3->decoding, len, &room);
    if (at == NULL || room < len) {
        vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
        return;
    }
    buf = (nghttp3_buf){.begin = (uint8_t *)at,
                        .end = (uint8_t *)at + room,
                        .pos = (uint8_t *)at,
                        .last = (uint8_t *)at};
    nghttp3_qpack_decoder_write_decoder(h3->decoder, &buf);
    vb__h3_output_add(&h3->decoding, nghttp3_buf_len(&buf));
}

/* --- Going out ---------------------------------------------------------------
 */

/* The section as nghttp3 takes it, in the exchange's arena; NULL when out of
 * memory. */
static const nghttp3_nv *nv_of(const struct vb_section *section)
{
    nghttp3_nv *nv =
        vb_arena_alloc(section->arena, section->count * sizeof(*nv));

    for (size_t i = 0; nv != NULL && i < section->count; i++) {
        const struct vb_field_out *field = &section->at[i];

        nv[i] = (nghttp3_nv){.name = (uint8_t *)field->name.ptr,
                             .namelen = field->name.len,
                             .value = (uint8_t *)field->value.ptr,
                             .valuelen = field->value.len,
                             .flags = vb_section_guards(section, field)
                                          ? NGHTTP3_NV_FLAG_NEVER_INDEX
                                          : NGHTTP3_NV_FLAG_NONE};
    }
    return nv;
}

/* Encodes it into h3->section, what comes before it into `prefix`, and what
 * the tables need onto their stream. A failure leaves tables that nobody
 * shares: the connection is over. */
static bool encode(struct vb_h3_stream *s, const nghttp3_nv *nv, size_t count,
                   nghttp3_buf *prefix)
{
    struct vb_h3 *h3 = s->h3;
    struct vb_span instructions;
    int rv;

    nghttp3_buf_reset(&h3->section);
    nghttp3_buf_reset(&h3->instructions);
    rv = nghttp3_qpack_encoder_encode(h3->encoder, prefix, &h3->section,
                                      &h3->instructions, s->out.id, nv, count);
    instructions = vb_span_of((const char *)h3->instructions.pos,
                              nghttp3_buf_len(&h3->instructions));
    if (rv == 0 && vb__h3_output_put(h3, &h3->encoding, instructions))
        return true;
    vb__h3_give_up(h3, NGHTTP3_H3_INTERNAL_ERROR);
    return false;
}

void vb__h3_qpack_rest(struct vb_h3 *h3)
{
    nghttp3_buf *section = &h3->section;

    if ((size_t)(section->end - section->begin) <= VB_H3_SECTION_KEPT)
        return;
    nghttp3_buf_free(section, &h3->mem);
    nghttp3_buf_init(section);
}

/* Queues a HEADERS frame of prefix and h3->section, and the head of DATA. */
static bool put_headers(struct vb_h3_stream *s, const nghttp3_buf *prefix,
                        int64_t data)
{
    size_t before = nghttp3_buf_len(prefix);
    size_t rest = nghttp3_buf_len(&s->h3->section);
    struct vb_h3_piece *piece =
        vb_arena_alloc(&s->mux.x->arena, sizeof(*piece) + before + rest + 32);
    char *bytes;
    size_t n;

    if (piece == NULL)
        return false;
    bytes = (char *)(piece + 1);
    n = vb__h3_frame_put(bytes, VB_H3_HEADERS, before + rest);
    memcpy(bytes + n, prefix->pos, before);
    n += before;
    if (rest > 0)
        memcpy(bytes + n, s->h3->section.pos, rest);
    n += rest;
    if (data >= 0)
        n += vb__h3_frame_put(bytes + n, VB_H3_DATA, (uint64_t)data);
    *piece = (struct vb_h3_piece){.at = bytes, .len = n};
    vb__h3_output_refer(&s->out, piece);
    return true;
}

bool vb__h3_put_section(struct vb_h3_stream *s,
                        const struct vb_section *section, int64_t data)
{
    const nghttp3_nv *nv = nv_of(section);
    uint8_t memory[32];
    nghttp3_buf prefix = {.begin = memory,
                          .end = memory + sizeof(memory),
                          .pos = memory,
                          .last = memory};

    return nv != NULL && encode(s, nv, section->count, &prefix) &&
           put_headers(s, &prefix, data);
}
