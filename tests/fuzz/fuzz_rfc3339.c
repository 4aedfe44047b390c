/* A date-time that is read, written and read again is the same time. */
#include "base/assert.h"
#include "base/civil.h"
#include "base/rfc3339.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span s = vb_span_of((const char *)data, size);
    char text[VB_RFC3339_LEN];
    int64_t back;
    int64_t ms;

    vb_assert(!vb_rfc3339_is_date(s) || size == 10);
    vb_assert(!vb_rfc3339_is_time(s) || size >= 9);
    if (!vb_rfc3339_parse(s, &ms))
        return 0;
    /* An offset can carry the time out of the years that can be written. */
    if (ms < VB_CIVIL_FIRST * 1000 || ms > VB_CIVIL_LAST * 1000 + 999)
        return 0;
    vb_rfc3339_format(ms, text);
    vb_assert(vb_rfc3339_parse(vb_span_of(text, sizeof text), &back));
    vb_assert(back == ms);
    return 0;
}
