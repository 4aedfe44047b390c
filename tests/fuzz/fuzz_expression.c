/*
 * Any text is an expression or is refused at a place within it; what is one can
 * be asked, and says at least as much where more is known.
 */
#include "base/assert.h"
#include "base/utf8.h"
#include "content/expression.h"
#include "content/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vb_span roots[] = {
    VB_SPAN_INIT("account"), VB_SPAN_INIT("resource"), VB_SPAN_INIT("content")};
static const struct vb_expression_word words[] = {
    {VB_SPAN_INIT("owner"), false}, {VB_SPAN_INIT("role"), true}};
static const struct vb_expression_language languages[] = {
    {.roots = roots, .root_count = 3, .words = words, .word_count = 2},
    {.root_count = 0},
};

static enum vb_truth word(const void *context, size_t word,
                          struct vb_span argument)
{
    (void)context;
    return word == 0 || argument.len > 4 ? VB_TRUE : VB_FALSE;
}

static void ask(const struct vb_expression *expression)
{
    struct vb_expression_values values = {.unknown = 7, .word = word};
    struct vb_json *json;
    enum vb_truth before;

    vb_assert(vb_json_parse(VB_SPAN("{\"a\":1,\"b\":\"x\",\"c\":[1,\"x\"],"
                                    "\"d\":{\"e\":true},\"n\":null}"),
                            NULL, &json, NULL) == VB_OK);
    before = vb_expression_ask(expression, &values);
    for (size_t i = 0; i < 3; i++) {
        enum vb_truth after;

        values.roots[i] = json->root;
        values.unknown &= ~(1u << i);
        after = vb_expression_ask(expression, &values);
        vb_assert(before == VB_UNKNOWN || after == before);
        before = after;
    }
    vb_assert(before != VB_UNKNOWN);
    vb_json_free(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vb_expression *expression;
    struct vb_expression_error error;
    struct vb_arena arena;
    struct vb_span text;
    enum vb_err err;

    if (size == 0)
        return 0;
    text = vb_span_of((const char *)data + 1, size - 1);
    if (!vb_utf8_valid(text))
        return 0;
    vb_arena_init(&arena, 4096, 1 << 22);
    err = vb_expression_read(&arena, text, &languages[data[0] & 1], &expression,
                             &error);
    vb_assert(err == VB_OK ||
              (err == VB_ERR_INVALID && error.offset <= text.len));
    if (err == VB_OK)
        ask(expression);
    vb_arena_done(&arena);
    return 0;
}
