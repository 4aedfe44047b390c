/*
 * The searches of scan.h with SSE4.2: 16 bytes at a time.
 *
 * tchar by two look-ups: the ASCII table has eight rows (upper half of the
 * byte) and sixteen columns (lower half). Column c holds one bit for each row
 * whose character in it is a tchar; row r holds its own bit. Their
 * conjunction is 0 where the byte is no tchar, and for bytes from 0x80, where
 * the shuffle gives 0 by itself.
 */
#include "http/scan_inner.h"

#if VB__SCAN_X86

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("sse4.2")))
#define WIDTH  16

/* Row 2 is SP to '/', 3 '0' to '?', 4 '@' to 'O', 5 'P' to '_', 6 '`' to 'o',
 * 7 'p' to DEL: bits 2 to 7. */
const unsigned char vb__scan_columns[16] = {
    /* 0 */ 0xe8, /* ' ' 0 @ P ` p */
    /* 1 */ 0xfc, /*  !  1 A Q a q */
    /* 2 */ 0xf8, /*  "  2 B R b r */
    /* 3 */ 0xfc, /*  #  3 C S c s */
    /* 4 */ 0xfc, /*  $  4 D T d t */
    /* 5 */ 0xfc, /*  %  5 E U e u */
    /* 6 */ 0xfc, /*  &  6 F V f v */
    /* 7 */ 0xfc, /*  '  7 G W g w */
    /* 8 */ 0xf8, /*  (  8 H X h x */
    /* 9 */ 0xf8, /*  )  9 I Y i y */
    /* a */ 0xf4, /*  *  : J Z j z */
    /* b */ 0x54, /*  +  ; K [ k { */
    /* c */ 0xd0, /*  ,  < L \ l | */
    /* d */ 0x54, /*  -  = M ] m } */
    /* e */ 0xf4, /*  .  > N ^ n ~ */
    /* f */ 0x70, /*  /  ? O _ o DEL */
};

const unsigned char vb__scan_rows[16] = {0,    0,    0x04, 0x08,
                                         0x10, 0x20, 0x40, 0x80};

TARGET static inline __m128i load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

TARGET static inline uint32_t mask(__m128i bytes)
{
    return (uint32_t)_mm_movemask_epi8(bytes);
}

TARGET static inline uint32_t equals(const char *p, char c)
{
    return mask(_mm_cmpeq_epi8(load(p), _mm_set1_epi8(c)));
}

TARGET static inline uint32_t token_stops(const char *p)
{
    const __m128i columns = load((const char *)vb__scan_columns);
    const __m128i rows = load((const char *)vb__scan_rows);
    __m128i v = load(p);
    __m128i high = _mm_and_si128(_mm_srli_epi16(v, 4), _mm_set1_epi8(0x0f));
    __m128i in = _mm_and_si128(_mm_shuffle_epi8(columns, v),
                               _mm_shuffle_epi8(rows, high));

    return mask(_mm_cmpeq_epi8(in, _mm_setzero_si128()));
}

TARGET static inline uint32_t text_stops(const char *p)
{
    __m128i v = load(p);
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v);
    __m128i tab = _mm_cmpeq_epi8(v, _mm_set1_epi8('\t'));
    __m128i del = _mm_cmpeq_epi8(v, _mm_set1_epi8(0x7f));

    return mask(_mm_or_si128(_mm_andnot_si128(tab, low), del));
}

#define SCAN_TABLE   vb__scan_sse42
#define SCAN_NAME    "sse4.2"
#define SCAN_SHORTER vb__scan_portable
#include "http/scan_loops.inc"

#endif
