/* What parses is written in one form, which parses and is its own form. */
#include <stdint.h>

#include "base/assert.h"
#include "http/sf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A field of any top-level type. */
struct field {
    enum { ITEM, LIST, DICTIONARY } type;
    struct vb_sf_item item;
    struct vb_sf_list list;
};

static enum vb_err parse(struct vb_arena *arena, struct vb_span line,
                         struct field *field)
{
    switch (field->type) {
    case ITEM:
        return vb_sf_parse_item(arena, &line, 1, &field->item);
    case LIST:
        return vb_sf_parse_list(arena, &line, 1, &field->list);
    case DICTIONARY:
        break;
    }
    return vb_sf_parse_dictionary(arena, &line, 1, &field->list);
}

static enum vb_err write(struct vb_buf *buf, const struct field *field)
{
    switch (field->type) {
    case ITEM:
        return vb_sf_write_item(buf, &field->item);
    case LIST:
        return vb_sf_write_list(buf, &field->list);
    case DICTIONARY:
        break;
    }
    return vb_sf_write_dictionary(buf, &field->list);
}

static void check(struct vb_arena *arena, struct vb_span line,
                  struct field field)
{
    struct vb_buf once, twice;

    if (parse(arena, line, &field) != VB_OK)
        return;
    vb_buf_init(&once, 1 << 24);
    vb_buf_init(&twice, 1 << 24);
    vb_assert(write(&once, &field) == VB_OK);
    vb_assert(parse(arena, vb_buf_span(&once), &field) == VB_OK);
    vb_assert(write(&twice, &field) == VB_OK);
    vb_assert(vb_span_eq(vb_buf_span(&once), vb_buf_span(&twice)));
    vb_buf_done(&once);
    vb_buf_done(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span line = vb_span_of((const char *)data, size);
    struct vb_arena arena;

    vb_arena_init(&arena, 4096, 1 << 24);
    check(&arena, line, (struct field){.type = ITEM});
    check(&arena, line, (struct field){.type = LIST});
    check(&arena, line, (struct field){.type = DICTIONARY});
    vb_arena_done(&arena);
    return 0;
}
