/*
 * A line with a pointer, then a document: the pointer's tokens make it up
 * again, and it finds what yyjson's own pointers find.
 */
#include "base/assert.h"
#include "content/json.h"
#include "content/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tokens(struct vb_span pointer)
{
    struct vb_span rest = pointer, token;
    struct vb_buf name, again;

    vb_buf_init(&name, pointer.len + 1);
    vb_buf_init(&again, pointer.len);
    while (vb_pointer_next(&rest, &token)) {
        struct vb_span decoded;
        char *room;

        vb_buf_reset(&name);
        room = vb_buf_reserve(&name, token.len + 1);
        decoded = vb_pointer_unescape(token, room);
        vb_assert(decoded.len <= token.len);
        vb_assert(vb_pointer_token_is(token, decoded));
        vb_pointer_append(&again, decoded);
    }
    vb_assert(vb_span_eq(vb_buf_span(&again), pointer));
    vb_buf_done(&name);
    vb_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span input = vb_span_of((const char *)data, size);
    ssize_t line = vb_span_find(input, '\n', 0);
    struct vb_span pointer = line < 0 ? input : vb_span_head(input, line);
    bool valid = vb_pointer_is_valid(pointer);
    yyjson_val *value = NULL;
    struct vb_json *json;
    enum vb_err err;

    if (valid)
        check_tokens(pointer);
    if (line < 0 || vb_json_parse(vb_span_from(input, line + 1), NULL, &json,
                                  NULL) != VB_OK)
        return 0;
    err = vb_pointer_get(json->root, pointer, &value);
    vb_assert((err == VB_ERR_SYNTAX) == !valid);
    if (valid)
        vb_assert(value ==
                  yyjson_ptr_getn(json->root, pointer.ptr, pointer.len));
    vb_json_free(json);
    return 0;
}
