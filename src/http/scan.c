/* The portable searches of scan.h, and the choice among the variants. */
#include "http/scan.h"

#include <string.h>

#include "http/chars.h"
#include "http/scan_inner.h"

/* field-vchar, SP or HTAB (RFC 9110 section 5.5). */
#define TEXT (VB_CHAR_VCHAR | VB_CHAR_OBS | VB_CHAR_WS)

static const char *portable_token(const char *p, const char *end)
{
    while (p < end && vb_char_is(*p, VB_CHAR_TCHAR))
        p++;
    return p;
}

static const char *portable_text(const char *p, const char *end)
{
    while (p < end && vb_char_is(*p, TEXT))
        p++;
    return p;
}

static const char *portable_head_end(const char *p, const char *end)
{
    const char *at = p;

    if (p == end)
        return NULL; /* perhaps there is no text at all */
    while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        if (at > p && at[-1] != '\r')
            break;
        if (at >= p + 2 && at[-2] == '\n')
            break;
        at++;
    }
    return at == NULL ? NULL : at + 1;
}

const struct vb_scan vb__scan_portable = {
    .name = "portable",
    .token = portable_token,
    .text = portable_text,
    .head_end = portable_head_end,
};

const struct vb_scan *vb_scan = &vb__scan_portable;

#if VB__SCAN_X86

const struct vb_scan *vb_scan_variant(size_t i)
{
    const struct vb_scan *usable[4] = {NULL};
    size_t count = 0;

    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = &vb__scan_avx2;
    if (__builtin_cpu_supports("sse4.2"))
        usable[count++] = &vb__scan_sse42;
    usable[count++] = &vb__scan_portable;
    return i < count ? usable[i] : NULL;
}

#else

const struct vb_scan *vb_scan_variant(size_t i)
{
    return i == 0 ? &vb__scan_portable : NULL;
}

#endif

__attribute__((constructor)) static void choose(void)
{
    vb_scan = vb_scan_variant(0);
}
