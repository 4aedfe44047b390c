/*
 * Any text is a document whose every value has a place within the text, or an
 * error with a text. The first byte chooses the syntax.
 */
#include "base/assert.h"
#include "content/json.h"
#include "content/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* libfyaml 0.7 forgets a buffer over an unterminated quote. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libfyaml";
}

static const struct vb_yaml_limits limits = {.bytes = 65536,
                                             .values = 5000,
                                             .alias_values = 1000,
                                             .anchors = 50,
                                             .depth = 20};

static void check_document(struct vb_yaml *yaml)
{
    yyjson_val *root = vb_yaml_root(yaml);
    struct vb_buf pointer;

    vb_buf_init(&pointer, 1 << 20);
    for (yyjson_val *val = root; vb_yaml_owns(yaml, val); val++) {
        struct vb_yaml_mark mark;

        vb_buf_reset(&pointer);
        vb_yaml_pointer(yaml, val, &pointer);
        vb_assert(vb_yaml_mark(yaml, val).line > 0);
        vb_assert(vb_yaml_mark(yaml, val).column > 0);
        vb_assert(pointer.err != VB_OK ||
                  vb_yaml_locate(yaml, vb_buf_span(&pointer), &mark));
    }
    vb_buf_done(&pointer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_yaml_error error;
    struct vb_yaml *yaml;
    struct vb_span text;

    if (size == 0)
        return 0;
    text = vb_span_of((const char *)data + 1, size - 1);
    if (vb_yaml_parse(data[0] == 'j' ? VB_SPAN("f.json") : VB_SPAN("f"), text,
                      &limits, &yaml, &error) == VB_OK) {
        check_document(yaml);
        vb_yaml_free(yaml);
    } else {
        vb_assert(error.text[0] != 0);
    }
    return 0;
}
