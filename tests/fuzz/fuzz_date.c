/* A date that is read, written and read again is the same time. */
#include "base/assert.h"
#include "base/civil.h"
#include "http/date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span s = vb_span_of((const char *)data, size);
    char text[VB_DATE_LEN];
    int64_t back;
    int64_t at;

    if (!vb_date_parse(s, INT64_C(1793956800), &at))
        return 0;
    vb_assert(at >= VB_CIVIL_FIRST && at <= VB_CIVIL_LAST + 1);
    if (at > VB_CIVIL_LAST) /* 9999-12-31T23:59:60 */
        return 0;
    vb_date_format(at, text);
    vb_assert(vb_date_parse(vb_span_of(text, sizeof text), 0, &back));
    vb_assert(back == at);
    return 0;
}
