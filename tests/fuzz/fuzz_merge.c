/*
 * [document, patch]: merged it is what yyjson's merge makes of it, and merging
 * the same once more changes nothing.
 */
#include "base/assert.h"
#include "content/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_equal(yyjson_val *a, yyjson_val *b)
{
    bool equal = false;

    vb_assert(vb_json_equal(a, b, &equal) == VB_OK);
    vb_assert(equal);
}

static void check_merge(yyjson_val *target, yyjson_val *patch)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    yyjson_mut_val *theirs = yyjson_merge_patch(doc, target, patch);
    yyjson_doc *copy = yyjson_mut_val_imut_copy(theirs, NULL);
    struct vb_json *once, *twice;

    vb_assert(vb_merge_apply(target, patch, NULL, &once) == VB_OK);
    check_equal(once->root, yyjson_doc_get_root(copy));
    vb_assert(vb_merge_apply(once->root, patch, NULL, &twice) == VB_OK);
    check_equal(once->root, twice->root);
    vb_json_free(once);
    vb_json_free(twice);
    yyjson_doc_free(copy);
    yyjson_mut_doc_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_json *input;
    yyjson_val *patch;

    if (vb_json_parse(vb_span_of((const char *)data, size), NULL, &input,
                      NULL) != VB_OK)
        return 0;
    patch = yyjson_arr_get(input->root, 1);
    if (patch != NULL)
        check_merge(yyjson_arr_get_first(input->root), patch);
    vb_json_free(input);
    return 0;
}
