/* The table of content codings. See coding.h. */
#include "content/coding.h"

#include <stdlib.h>

#include "base/assert.h"
#include "content/coding_impl.h"
#include "http/media.h"

static const struct vb_span names[VB_CODING_COUNT] = {
    [VB_CODING_IDENTITY] = VB_SPAN_INIT("identity"),
#define VB_CODING(id, name) [VB_CODING_##id] = VB_SPAN_INIT(name),
#include "content/coding.tbl"
#undef VB_CODING
};

const struct vb_span vb_coding_offers[VB_CODING_COUNT] = {
#define VB_CODING(id, name) VB_SPAN_INIT(name),
#include "content/coding.tbl"
#undef VB_CODING
    VB_SPAN_INIT("identity"),
};

static const struct vb__coding *const codings[VB_CODING_COUNT] = {
    [VB_CODING_BR] = &vb__coding_br,
    [VB_CODING_ZSTD] = &vb__coding_zstd,
    [VB_CODING_GZIP] = &vb__coding_gzip,
};

enum vb_coding vb_coding_of_offer(int index)
{
    vb_assert(index >= 0 && index < VB_CODING_COUNT);
    return (enum vb_coding)((index + 1) % VB_CODING_COUNT);
}

struct vb_span vb_coding_list(void)
{
    static const char list[] = ""
#define VB_CODING(id, name) ", " name
#include "content/coding.tbl"
#undef VB_CODING
        ;

    return vb_span_from(vb_span_str(list), 2);
}

struct vb_span vb_coding_name(enum vb_coding coding)
{
    return names[coding];
}

bool vb_coding_find(struct vb_span name, enum vb_coding *ret_coding)
{
    unsigned i = 0;

    if (vb_span_ieq(name, VB_SPAN("x-gzip")))
        name = names[VB_CODING_GZIP];
    while (i < VB_CODING_COUNT && !vb_span_ieq(name, names[i]))
        i++;
    if (i == VB_CODING_COUNT)
        return false;
    *ret_coding = (enum vb_coding)i;
    return true;
}

enum vb_err vb_coding_encode(enum vb_coding coding, struct vb_span content,
                             struct vb_buf *buf)
{
    vb_assert(coding != VB_CODING_IDENTITY);
    return codings[coding]->encode(content, buf);
}

/* --- what is worth it ------------------------------------------------------
 */

/* Beside text of all kinds, and what ends in +json, +xml or +yaml. */
static const struct vb_span worth[] = {
    VB_SPAN_INIT("application/graphql"),
    VB_SPAN_INIT("application/javascript"),
    VB_SPAN_INIT("application/json"),
    VB_SPAN_INIT("application/rtf"),
    VB_SPAN_INIT("application/sql"),
    VB_SPAN_INIT("application/toml"),
    VB_SPAN_INIT("application/vnd.ms-fontobject"),
    VB_SPAN_INIT("application/wasm"),
    VB_SPAN_INIT("application/x-javascript"),
    VB_SPAN_INIT("application/x-ndjson"),
    VB_SPAN_INIT("application/x-www-form-urlencoded"),
    VB_SPAN_INIT("application/xml"),
    VB_SPAN_INIT("application/xml-dtd"),
    VB_SPAN_INIT("application/yaml"),
    VB_SPAN_INIT("font/otf"),
    VB_SPAN_INIT("font/ttf"),
    VB_SPAN_INIT("image/bmp"),
    VB_SPAN_INIT("image/svg+xml"),
};

bool vb_coding_is_worth(struct vb_span media_type)
{
    static const struct vb_span suffixes[] = {
        VB_SPAN_INIT("json"), VB_SPAN_INIT("xml"), VB_SPAN_INIT("yaml")};
    struct vb_media media;

    if (!vb_media_parse(media_type, &media))
        return false;
    if (vb_span_ieq(media.type, VB_SPAN("text")))
        return true;
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
        if (vb_span_ieq(media.suffix, suffixes[i]))
            return true;
    for (size_t i = 0; i < sizeof(worth) / sizeof(worth[0]); i++)
        if (vb_media_is(&media, worth[i]))
            return true;
    return false;
}

/* --- encoding piece by piece -----------------------------------------------
 */

struct vb_encoder {
    const struct vb__coding *coding;
    void *state;
};

struct vb_encoder *vb_encoder_new(enum vb_coding coding)
{
    struct vb_encoder *encoder = calloc(1, sizeof(*encoder));

    vb_assert(coding != VB_CODING_IDENTITY);
    if (encoder == NULL)
        return NULL;
    encoder->coding = codings[coding];
    encoder->state = encoder->coding->encoder_new();
    if (encoder->state == NULL) {
        free(encoder);
        return NULL;
    }
    return encoder;
}

void vb_encoder_free(struct vb_encoder *encoder)
{
    if (encoder == NULL)
        return;
    encoder->coding->encoder_free(encoder->state);
    free(encoder);
}

enum vb_err vb_encoder_run(struct vb_encoder *encoder, struct vb_span in,
                           bool end, struct vb_buf *buf)
{
    return encoder->coding->encode_more(encoder->state, in, end, buf);
}

/* --- decoding --------------------------------------------------------------
 */

struct vb_decoder {
    const struct vb__coding *coding;
    void *state;
    bool may_end;
};

struct vb_decoder *vb_decoder_new(enum vb_coding coding)
{
    struct vb_decoder *decoder = calloc(1, sizeof(*decoder));

    vb_assert(coding != VB_CODING_IDENTITY);
    if (decoder == NULL)
        return NULL;
    decoder->coding = codings[coding];
    decoder->state = decoder->coding->decoder_new();
    if (decoder->state == NULL) {
        free(decoder);
        return NULL;
    }
    return decoder;
}

void vb_decoder_free(struct vb_decoder *decoder)
{
    if (decoder == NULL)
        return;
    decoder->coding->decoder_free(decoder->state);
    free(decoder);
}

enum vb_err vb_decoder_run(struct vb_decoder *decoder, struct vb_span *in,
                           char *out, size_t size, size_t *ret_len)
{
    vb_assert(size > 0);
    *ret_len = 0;
    return decoder->coding->decode(decoder->state, in, out, size, ret_len,
                                   &decoder->may_end);
}

bool vb_decoder_may_end(const struct vb_decoder *decoder)
{
    return decoder->may_end;
}
