/* What the tests of src/content share. Include it after "unit.h". */
#ifndef VB_TESTS_CONTENT_JSON_UNIT_H
#define VB_TESTS_CONTENT_JSON_UNIT_H

#include "content/json.h"

/* Reads a text that must be fine. */
static inline struct vb_json *parse(const char *text)
{
    struct vb_json_error error;
    struct vb_json *json = NULL;

    if (vb_json_parse(vb_span_str(text), NULL, &json, &error) != VB_OK)
        fail_msg("%s: %s at %zu", text, error.text, error.offset);
    return json;
}

/* Asserts what a value is, in canonical text. */
static inline void assert_json(yyjson_val *value, const char *text)
{
    struct vb_buf buf;

    vb_buf_init(&buf, (size_t)1 << 20);
    vb_json_write(&buf, value);
    assert_int_equal(buf.err, VB_OK);
    assert_span_equal(vb_buf_span(&buf), text);
    vb_buf_done(&buf);
}

#endif
