/* UTF-8 validation. See utf8.h. */
#include "base/utf8.h"

/* RFC 3629 section 4: what may follow a lead byte. Only the first following
 * byte has a range of its own, the others are always 80-BF. */
struct lead {
    unsigned char from, to; /* the lead bytes of this row */
    unsigned char more;     /* how many bytes follow */
    unsigned char low, high;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 1, 0x80, 0xBF}, {0xE0, 0xE0, 2, 0xA0, 0xBF},
    {0xE1, 0xEC, 2, 0x80, 0xBF}, {0xED, 0xED, 2, 0x80, 0x9F},
    {0xEE, 0xEF, 2, 0x80, 0xBF}, {0xF0, 0xF0, 3, 0x90, 0xBF},
    {0xF1, 0xF3, 3, 0x80, 0xBF}, {0xF4, 0xF4, 3, 0x80, 0x8F},
};

static const struct lead *lead_of(unsigned char c)
{
    for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++)
        if (c >= leads[i].from && c <= leads[i].to)
            return &leads[i];
    return NULL;
}

/* The length of the well-formed non-ASCII character at the front, or 0. */
static size_t character_len(const unsigned char *at, size_t len)
{
    const struct lead *lead = lead_of(at[0]);

    if (lead == NULL || len <= lead->more)
        return 0;
    if (at[1] < lead->low || at[1] > lead->high)
        return 0;
    for (size_t i = 2; i <= lead->more; i++)
        if ((at[i] & 0xC0) != 0x80)
            return 0;
    return (size_t)lead->more + 1;
}

size_t vb_utf8_prefix(struct vb_span s)
{
    const unsigned char *at = (const unsigned char *)s.ptr;
    size_t i = 0;

    while (i < s.len) {
        size_t n = at[i] < 0x80 ? 1 : character_len(at + i, s.len - i);

        if (n == 0)
            break;
        i += n;
    }
    return i;
}

bool vb_utf8_valid(struct vb_span s)
{
    return vb_utf8_prefix(s) == s.len;
}

struct vb_span vb_utf8_head(struct vb_span s, size_t most)
{
    if (s.len <= most)
        return s;
    while (most > 0 && ((unsigned char)s.ptr[most] & 0xC0) == 0x80)
        most--;
    return vb_span_head(s, most);
}
