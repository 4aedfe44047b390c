/* What either side does with nghttp2's HPACK. See compress.h. */
#include "wire/h2/compress.h"

enum vb_h2_code vb__h2_inflate(nghttp2_hd_inflater *inflater,
                               struct vb_span bytes, bool end,
                               const struct vb_h2_taker *taker)
{
    int flags = 0;

    for (;;) {
        nghttp2_nv nv;
        ssize_t n = nghttp2_hd_inflate_hd2(
            inflater, &nv, &flags, (const uint8_t *)bytes.ptr, bytes.len, end);

        if (n < 0)
            return n == NGHTTP2_ERR_NOMEM ? VB_H2_INTERNAL_ERROR
                                          : VB_H2_COMPRESSION_ERROR;
        bytes = vb_span_from(bytes, (size_t)n);
        if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
            if (!taker->take(taker->of,
                             vb_span_of((const char *)nv.name, nv.namelen),
                             vb_span_of((const char *)nv.value, nv.valuelen),
                             (nv.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0))
                return VB_H2_ENHANCE_YOUR_CALM;
        } else if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0 || bytes.len == 0) {
            break;
        }
    }
    if (end)
        nghttp2_hd_inflate_end_headers(inflater);
    return VB_H2_NO_ERROR;
}

/* What gives somebody away is in no table, ours or another's on the way (RFC
 * 7541 section 7.1.3). */
static bool is_secret(struct vb_span name)
{
    static const struct vb_span secret[] = {
        VB_SPAN_INIT("set-cookie"),
        VB_SPAN_INIT("authentication-info"),
        VB_SPAN_INIT("proxy-authentication-info"),
        VB_SPAN_INIT("authorization"),
        VB_SPAN_INIT("proxy-authorization"),
        VB_SPAN_INIT("cookie")};

    for (size_t i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
        if (vb_span_eq(name, secret[i]))
            return true;
    return false;
}

static uint8_t flags_of(const struct vb_section *section,
                        const struct vb_field_out *field)
{
    return is_secret(field->name) || vb_section_guards(section, field)
               ? NGHTTP2_NV_FLAG_NO_INDEX
               : NGHTTP2_NV_FLAG_NONE;
}

const nghttp2_nv *vb__h2_nv_of(const struct vb_section *section)
{
    nghttp2_nv *nv =
        vb_arena_alloc(section->arena, section->count * sizeof(*nv));

    for (size_t i = 0; nv != NULL && i < section->count; i++) {
        const struct vb_field_out *field = &section->at[i];

        nv[i] = (nghttp2_nv){.name = (uint8_t *)field->name.ptr,
                             .namelen = field->name.len,
                             .value = (uint8_t *)field->value.ptr,
                             .valuelen = field->value.len,
                             .flags = flags_of(section, field)};
    }
    return nv;
}
