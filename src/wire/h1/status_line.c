/* All status lines, ready to be copied (RFC 9112 section 4). */
#include "wire/h1/inner.h"

#define FIRST 100
#define LAST  511

static const struct vb_span lines[LAST - FIRST + 1] = {
#define VB_STATUS(code, name, reason, heuristic, content, standing)            \
    [(code)-FIRST] = VB_SPAN_INIT("HTTP/1.1 " #code " " reason "\r\n"),
#include "http/status.tbl"
#undef VB_STATUS
};

struct vb_span vb__h1_status_line(unsigned status)
{
    if (status < FIRST || status > LAST)
        return vb_span_of(NULL, 0);
    return lines[status - FIRST];
}
