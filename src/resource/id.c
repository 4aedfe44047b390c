/* Names for new members. See id.h. */
#include "resource/id.h"

#include <sodium.h>

void vb_id_uuid7(int64_t unix_ms, char text[VB_UUID_LEN])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char b[16];
    char *at = text;

    randombytes_buf(b, sizeof(b));
    for (int i = 0; i < 6; i++)
        b[i] = (unsigned char)((uint64_t)unix_ms >> (8 * (5 - i)));
    b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));
    b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = hex[b[i] >> 4];
        *at++ = hex[b[i] & 15];
    }
}

void vb_id_short(int64_t unix_ms, char text[VB_SHORT_ID_LEN])
{
    static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
    const int time_digits = 9;
    unsigned char random[VB_SHORT_ID_LEN];
    uint64_t time = (uint64_t)unix_ms;

    for (int i = time_digits - 1; i >= 0; i--, time >>= 5)
        text[i] = digits[time & 31];
    randombytes_buf(random, sizeof(random));
    for (int i = time_digits; i < VB_SHORT_ID_LEN; i++)
        text[i] = digits[random[i] & 31];
}
