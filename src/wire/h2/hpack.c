/* Field lines in and out (RFC 7541), by nghttp2's inflater and deflater. */
#include "wire/h2/compress.h"
#include "wire/h2/inner.h"

bool vb__h2_hpack_init(struct vb_h2 *h2)
{
    h2->mem = (nghttp2_mem){&h2->env->heap, vb_mux_malloc, vb_mux_free,
                            vb_mux_calloc, vb_mux_realloc};
    return nghttp2_hd_inflate_new2(&h2->inflater, &h2->mem) == 0 &&
           nghttp2_hd_deflate_new2(&h2->deflater, VB_H2_TABLE, &h2->mem) == 0;
}

void vb__h2_hpack_done(struct vb_h2 *h2)
{
    if (h2->inflater != NULL)
        nghttp2_hd_inflate_del(h2->inflater);
    if (h2->deflater != NULL)
        nghttp2_hd_deflate_del(h2->deflater);
    vb_heap_free(&h2->env->heap, h2->said);
}

/* --- Coming in ---------------------------------------------------------------
 */

/* What nobody wants is bounded as the rest is. */
static bool pass_over(struct vb_h2 *h2, size_t n)
{
    h2->section.size += n + 32; /* as RFC 9113 section 6.5.2 */
    return h2->section.size <=
           VB_MUX_SECTION_TIMES * vb_mux_section_max(h2->env->limits);
}

static bool take_field(void *of, struct vb_span name, struct vb_span value,
                       bool guarded)
{
    struct vb_h2 *h2 = of;
    struct vb_h2_stream *s = h2->section.stream;

    if (s == NULL)
        return pass_over(h2, name.len + value.len);
    return s->mux.state == VB_MUX_HEAD
               ? vb_mux_head_field(&s->mux, name, value, guarded)
               : vb_mux_trailer_field(&s->mux, name, value, guarded);
}

void vb__h2_decode(struct vb_h2 *h2, struct vb_span bytes, bool end)
{
    const struct vb_h2_taker taker = {take_field, h2};
    enum vb_h2_code code =
        h2->over ? VB_H2_NO_ERROR
                 : vb__h2_inflate(h2->inflater, bytes, end, &taker);

    if (code != VB_H2_NO_ERROR)
        vb__h2_give_up(h2, code);
}

/* --- Going out ---------------------------------------------------------------
 */

void vb__h2_hpack_table(struct vb_h2 *h2, uint32_t size)
{

    vb__h2_said_forget(h2); /* the next block says so first (section 4.2) */
    if (nghttp2_hd_deflate_change_table_size(h2->deflater, size) != 0)
        h2->broken = true;
}

/* A failure leaves a table that nobody shares: the connection is over. */
static ssize_t encode(struct vb_h2 *h2, char *to, size_t room,
                      const nghttp2_nv *nv, size_t count)
{
    ssize_t n =
        nghttp2_hd_deflate_hd(h2->deflater, (uint8_t *)to, room, nv, count);

    h2->broken |= n < 0;
    return n;
}

/* One that is larger than a frame may be: in HEADERS and CONTINUATION. */
static bool put_frames(struct vb_h2_stream *s, struct vb_span block,
                       uint8_t flags)
{
    uint8_t type = VB_H2_HEADERS;
    char head[VB_H2_FRAME_HEAD];
    bool fine = true;

    do {
        struct vb_span part = vb_span_head(block, VB_H2_FRAME_MAX);

        block = vb_span_from(block, part.len);
        if (block.len == 0)
            flags |= VB_H2_END_HEADERS;
        vb__h2_frame_write(head, (uint32_t)part.len, type, flags, s->id);
        fine = fine &&
               vb__h2_output_put(s->h2, vb_span_of(head, sizeof(head))) &&
               vb__h2_output_put(s->h2, part);
        type = VB_H2_CONTINUATION;
        flags = 0;
    } while (block.len > 0);
    return fine;
}

static bool put_large(struct vb_h2_stream *s, const nghttp2_nv *nv,
                      size_t count, size_t bound, uint8_t flags)
{
    struct vb_h2 *h2 = s->h2;
    char *block = vb_heap_alloc(&h2->env->heap, bound);
    ssize_t n = block == NULL ? -1 : encode(h2, block, bound, nv, count);

    vb__h2_said_forget(h2);
    if (n >= 0 && !put_frames(s, vb_span_of(block, (size_t)n), flags))
        h2->broken = true;
    vb_heap_free(&h2->env->heap, block);
    return n >= 0;
}

static bool put_again(struct vb_h2_stream *s, struct vb_span block,
                      uint8_t flags)
{
    char head[VB_H2_FRAME_HEAD];

    vb__h2_frame_write(head, (uint32_t)block.len, VB_H2_HEADERS,
                       flags | VB_H2_END_HEADERS, s->id);
    return vb__h2_output_put(s->h2, vb_span_of(head, sizeof(head))) &&
           vb__h2_output_put(s->h2, block);
}

bool vb__h2_put_section(struct vb_h2_stream *s,
                        const struct vb_section *section, uint8_t flags)
{
    struct vb_h2 *h2 = s->h2;
    struct vb_span said = vb__h2_said(h2, section);
    const nghttp2_nv *nv;
    size_t bound;
    ssize_t n;
    char *at;

    if (said.len > 0)
        return put_again(s, said, flags);
    nv = vb__h2_nv_of(section);
    if (nv == NULL)
        return false;
    bound = nghttp2_hd_deflate_bound(h2->deflater, nv, section->count);
    if (bound + VB_H2_FRAME_HEAD > vb__h2_output_room_max)
        return put_large(s, nv, section->count, bound, flags);
    at = vb__h2_output_room(h2, bound + VB_H2_FRAME_HEAD);
    if (at == NULL)
        return false;
    n = encode(h2, at + VB_H2_FRAME_HEAD, bound, nv, section->count);
    if (n < 0)
        return false;
    vb__h2_said_keep(h2, section, vb_span_of(at + VB_H2_FRAME_HEAD, (size_t)n));
    vb__h2_frame_write(at, (uint32_t)n, VB_H2_HEADERS,
                       flags | VB_H2_END_HEADERS, s->id);
    vb__h2_output_add(h2, VB_H2_FRAME_HEAD + (size_t)n);
    return true;
}
