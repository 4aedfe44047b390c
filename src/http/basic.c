/* Basic credentials (RFC 7617). See challenge.h. */
#include "base/base64.h"
#include "http/challenge.h"
#include "http/chars.h"

enum vb_err vb_basic_parse(struct vb_arena *arena,
                           const struct vb_challenge *credentials,
                           struct vb_span *ret_user,
                           struct vb_span *ret_password)
{
    struct vb_span text;
    ssize_t colon;
    size_t len;
    char *memory;

    if (!vb_span_ieq(credentials->scheme, VB_SPAN("Basic")))
        return VB_ERR_UNSUPPORTED;
    memory =
        vb_arena_alloc(arena, vb_base64_decoded_max(credentials->token68.len));
    if (memory == NULL)
        return VB_ERR_NOMEM;
    if (!vb_base64_decode(credentials->token68, VB_BASE64_STRICT, memory, &len))
        return VB_ERR_SYNTAX;
    text = vb_span_of(memory, len);
    /* The first colon parts them (7617-2-02). */
    colon = vb_span_find(text, ':', 0);
    if (colon < 0 || !vb_chars_none(text, VB_CHAR_CTL))
        return VB_ERR_SYNTAX;
    *ret_user = vb_span_head(text, (size_t)colon);
    *ret_password = vb_span_from(text, (size_t)colon + 1);
    return VB_OK;
}
