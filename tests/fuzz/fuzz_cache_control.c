/* What was understood of a Cache-Control field is written, and understood the
 * same again, nothing of it malformed. Lines are split at line feeds. */
#include <stdint.h>

#include "base/assert.h"
#include "http/cache_control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const struct vb_cache_control *cc)
{
    struct vb_cache_control again;
    struct vb_span line;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 24);
    vb_cache_control_write(&buf, cc);
    line = vb_buf_span(&buf);
    vb_cache_control_parse(&line, 1, &again);
    vb_assert(!again.malformed && again.present == cc->present);
    for (unsigned id = 0; id < VB_CC_COUNT; id++)
        vb_assert(again.seconds[id] == cc->seconds[id]);
    vb_assert((again.no_cache.count > 0) == (cc->no_cache.count > 0));
    vb_assert((again.private_.count > 0) == (cc->private_.count > 0));
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span rest = vb_span_of((const char *)data, size), lines[4];
    struct vb_cache_control cc;
    size_t count = 0;

    while (rest.len > 0 && count < 4) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        size_t len = end < 0 ? rest.len : (size_t)end;

        lines[count++] = vb_span_head(rest, len);
        rest = vb_span_from(rest, len + 1);
    }
    vb_cache_control_parse(lines, count, &cc);
    check_written(&cc);
    return 0;
}
