/*
 * What is read is written so that it reads as the same value, in the same
 * canonical text; what is refused has a place and a reason. yyjson on its own
 * takes everything that we take.
 */
#include "base/assert.h"
#include "content/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vb_json_limits limits = {1 << 20, 16 << 20, 32};

static void check_same(struct vb_json *json, struct vb_span text)
{
    const struct vb_hash_key key = {1, 2};
    struct vb_json *other;
    bool equal = false;

    vb_assert(vb_json_parse(text, NULL, &other, NULL) == VB_OK);
    vb_assert(vb_json_equal(json->root, other->root, &equal) == VB_OK);
    vb_assert(equal);
    vb_assert(vb_json_hash(&key, json->root) ==
              vb_json_hash(&key, other->root));
    vb_json_free(other);
}

static void check_document(struct vb_json *json)
{
    yyjson_mut_doc *built = yyjson_doc_mut_copy(json->doc, NULL);
    struct vb_json *frozen;
    struct vb_buf text, again;

    vb_buf_init(&text, 64 << 20);
    vb_buf_init(&again, 64 << 20);
    vb_json_write(&text, json->root);
    vb_assert(text.err == VB_OK);
    check_same(json, vb_buf_span(&text));
    vb_json_write_pretty(&again, json->root);
    check_same(json, vb_buf_span(&again));

    vb_assert(vb_json_freeze(yyjson_mut_doc_get_root(built), &limits, &frozen,
                             NULL) == VB_OK);
    vb_buf_reset(&again);
    vb_json_write(&again, frozen->root);
    vb_assert(vb_span_eq(vb_buf_span(&text), vb_buf_span(&again)));
    vb_json_free(frozen);
    yyjson_mut_doc_free(built);
    vb_buf_done(&text);
    vb_buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    struct vb_json_error error;
    struct vb_json *json;
    yyjson_doc *plain;
    enum vb_err err;

    plain = yyjson_read_opts((char *)data, size, YYJSON_READ_NUMBER_AS_RAW,
                             NULL, NULL);
    err = vb_json_parse(text, &limits, &json, &error);
    if (err == VB_OK) {
        vb_assert(plain != NULL);
        check_document(json);
        vb_json_free(json);
    } else {
        vb_assert((err == VB_ERR_SYNTAX) == (plain == NULL) ||
                  err == VB_ERR_LIMIT);
        vb_assert(error.text[0] != '\0');
        vb_assert(error.offset <= size && error.line > 0 && error.column > 0);
    }
    yyjson_doc_free(plain);
    return 0;
}
