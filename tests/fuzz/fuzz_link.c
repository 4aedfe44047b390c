/* A link that was read, and that has a relation we would write, is written and
 * reads back the same. Lines are split at line feeds. */
#include <stdint.h>

#include "base/assert.h"
#include "http/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(struct vb_arena *arena,
                          const struct vb_link_value *link)
{
    struct vb_link_value again;
    struct vb_links links;
    struct vb_span line;
    struct vb_buf buf;

    vb_buf_init(&buf, 1 << 24);
    if (vb_link_write(&buf, link) == VB_OK) {
        line = vb_buf_span(&buf);
        vb_links_init(&links, arena, &line, 1);
        vb_assert(vb_links_next(&links, &again));
        vb_assert(vb_span_eq(again.target, link->target));
        vb_assert(vb_span_eq(again.rel, link->rel));
        vb_assert(vb_span_eq(again.anchor, link->anchor));
        vb_assert(vb_span_eq(again.title, link->title));
        vb_assert(vb_span_eq(again.type, link->type));
        vb_assert(!vb_links_next(&links, &again) && links.err == VB_OK);
    }
    vb_buf_done(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size), lines[2];
    ssize_t feed = vb_span_find(text, '\n', 0);
    struct vb_link_value link;
    struct vb_links links;
    struct vb_arena arena;

    lines[0] = feed < 0 ? text : vb_span_head(text, (size_t)feed);
    lines[1] = vb_span_from(text, feed < 0 ? size : (size_t)feed + 1);
    vb_arena_init(&arena, 4096, 1 << 24);
    vb_links_init(&links, &arena, lines, 2);
    while (vb_links_next(&links, &link)) {
        vb_link_has_rel(&link, VB_SPAN("next"));
        check_written(&arena, &link);
    }
    vb_arena_done(&arena);
    return 0;
}
