/*
 * [document, patch]: the patch is applied or refused with a reason; either way
 * the document stays, and what comes out is a document again.
 */
#include "base/assert.h"
#include "content/patch.h"
#include "content/pointer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vb_patch_limits limits = {
    .operations = 100, .work = 20000, .result = {1 << 20, 1 << 20, 12}};

static void check_result(struct vb_json *result)
{
    struct vb_json *again;
    struct vb_buf text;

    vb_buf_init(&text, 64 << 20);
    vb_json_write(&text, result->root);
    vb_assert(text.err == VB_OK);
    vb_assert(vb_json_parse(vb_buf_span(&text), NULL, &again, NULL) == VB_OK);
    vb_json_free(again);
    vb_buf_done(&text);
}

static void check_failure(const struct vb_patch_failure *failure,
                          yyjson_val *patch)
{
    struct vb_span pointer = vb_span_str(failure->pointer);

    vb_assert(vb_patch_status(failure->fault) >= 400);
    vb_assert(failure->detail[0] != '\0');
    vb_assert(vb_pointer_is_valid(pointer));
    vb_assert(failure->operation == 0 ||
              failure->operation < yyjson_arr_size(patch));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_patch_failure failure;
    struct vb_json *input, *result;
    yyjson_val *target, *patch;
    struct vb_buf before, after;
    enum vb_err err;

    if (vb_json_parse(vb_span_of((const char *)data, size), NULL, &input,
                      NULL) != VB_OK)
        return 0;
    target = yyjson_arr_get(input->root, 0);
    patch = yyjson_arr_get(input->root, 1);
    if (patch != NULL) {
        vb_buf_init(&before, 64 << 20);
        vb_buf_init(&after, 64 << 20);
        vb_json_write(&before, input->root);
        err = vb_patch_apply(target, patch, &limits, &result, &failure);
        vb_json_write(&after, input->root);
        vb_assert(vb_span_eq(vb_buf_span(&before), vb_buf_span(&after)));
        if (err == VB_OK) {
            check_result(result);
            vb_json_free(result);
        } else {
            vb_assert(err == VB_ERR_INVALID);
            check_failure(&failure, patch);
        }
        vb_buf_done(&before);
        vb_buf_done(&after);
    }
    vb_json_free(input);
    return 0;
}
