/* The searches of scan.h with AVX2: 32 bytes at a time. */
#include "http/scan_inner.h"

#if VB__SCAN_X86

#include <immintrin.h>
#include <stdint.h>

#define TARGET __attribute__((target("avx2")))
#define WIDTH  32

TARGET static inline __m256i load(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

TARGET static inline uint32_t mask(__m256i bytes)
{
    return (uint32_t)_mm256_movemask_epi8(bytes);
}

TARGET static inline uint32_t equals(const char *p, char c)
{
    return mask(_mm256_cmpeq_epi8(load(p), _mm256_set1_epi8(c)));
}

/* See scan_sse42.c. */
TARGET static inline uint32_t token_stops(const char *p)
{
    const __m256i columns = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)vb__scan_columns));
    const __m256i rows = _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)vb__scan_rows));
    __m256i v = load(p);
    __m256i high =
        _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
    __m256i in = _mm256_and_si256(_mm256_shuffle_epi8(columns, v),
                                  _mm256_shuffle_epi8(rows, high));

    return mask(_mm256_cmpeq_epi8(in, _mm256_setzero_si256()));
}

TARGET static inline uint32_t text_stops(const char *p)
{
    __m256i v = load(p);
    __m256i low =
        _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(0x1f)), v);
    __m256i tab = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\t'));
    __m256i del = _mm256_cmpeq_epi8(v, _mm256_set1_epi8(0x7f));

    return mask(_mm256_or_si256(_mm256_andnot_si256(tab, low), del));
}

#define SCAN_TABLE   vb__scan_avx2
#define SCAN_NAME    "avx2"
#define SCAN_SHORTER vb__scan_sse42
#include "http/scan_loops.inc"

#endif
