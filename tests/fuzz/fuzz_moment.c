/* A moment that is read from a Last-Event-ID is the same when it is written and
 * read again; what is none leaves what was there. */
#include "base/assert.h"
#include "resource/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vb_store store = {.epoch = "9z1x3f7a"};
    char room[VB_MOMENT_TEXT_MOST];
    struct vb_buf text = vb_buf_over(room, sizeof(room));
    uint64_t moment = 7, again;

    if (!vb_moment_read(vb_span_of((const char *)data, size), &store,
                        &moment)) {
        vb_assert(moment == 7);
        return 0;
    }
    vb_moment_write(&text, &store, moment);
    vb_assert(text.err == VB_OK);
    vb_assert(vb_moment_read(vb_buf_span(&text), &store, &again));
    vb_assert(again == moment);
    return 0;
}
