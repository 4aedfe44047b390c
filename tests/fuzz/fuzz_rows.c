/* Tables: what is read is written so that it reads as the same again, and so is
 * each row of an import that becomes a value, cell by cell. */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/utf8.h"
#include "resource/cell.h"
#include "resource/rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct vb_span a[] = {VB_SPAN_INIT("a")};
static const struct vb_span b[] = {VB_SPAN_INIT("b")};
static const struct vb_span c[] = {VB_SPAN_INIT("c")};

static const struct vb_property properties[] = {
    {.path = a, .path_len = 1, .types = VB_SCHEMA_STRING},
    {.path = b, .path_len = 1, .types = VB_SCHEMA_NUMBER | VB_SCHEMA_NULL},
    {.path = c, .path_len = 1, .types = VB_SCHEMA_ANY},
};

static const struct vb_state state = {
    .json = true, .properties = properties, .property_count = 3};

/* The field alone, as it is written and read again. */
static void check_field(const struct vb_csv_field *field)
{
    struct vb_csv_field again;
    struct vb_buf text, written, read;
    struct vb_csv csv;

    vb_buf_init(&text, SIZE_MAX);
    vb_buf_init(&written, SIZE_MAX);
    vb_buf_init(&read, SIZE_MAX);
    vb_csv_read(&text, field);
    vb_csv_write(&written, vb_buf_span(&text));
    vb_csv_init(&csv, VB_SPAN("x,")); /* no mark is looked for behind it */
    csv.text = vb_buf_span(&written);
    vb_assert(vb_csv_next(&csv, &again) == VB_CSV_LAST);
    vb_csv_read(&read, &again);
    vb_assert(vb_span_eq(vb_buf_span(&read), vb_buf_span(&text)));
    vb_assert(vb_csv_next(&csv, &again) == VB_CSV_END);
    vb_buf_done(&text);
    vb_buf_done(&written);
    vb_buf_done(&read);
}

static void check_fields(struct vb_span text)
{
    enum vb_csv_step step = VB_CSV_FIELD;
    struct vb_csv_field field;
    struct vb_csv csv;
    size_t line = 1;

    vb_csv_init(&csv, text);
    while (step < VB_CSV_END) {
        step = vb_csv_next(&csv, &field);
        vb_assert(csv.line >= line);
        line = csv.line;
        if (step < VB_CSV_END)
            check_field(&field);
    }
    vb_assert(vb_csv_next(&csv, &field) == step);
}

/* What a cell could not mean is text, for the schema to refuse. */
static bool is_refused(yyjson_val *value, const struct vb_property *property)
{
    return yyjson_is_str(value) && (property->types & VB_SCHEMA_STRING) == 0;
}

/* A value's cell means the value; nothing may be null. */
static void check_cell(yyjson_val *value, const struct vb_property *property)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    struct vb_json *json = NULL;
    struct vb_csv_field field;
    struct vb_buf cell, text;
    yyjson_mut_val *again;
    struct vb_csv csv;
    bool equal = false;

    vb_buf_init(&cell, SIZE_MAX);
    vb_buf_init(&text, SIZE_MAX);
    vb_cell_write(&cell, value, property->types);
    vb_csv_init(&csv, VB_SPAN("x,"));
    csv.text = vb_buf_span(&cell);
    if (cell.len > 0) {
        vb_assert(vb_csv_next(&csv, &field) == VB_CSV_LAST);
        vb_csv_read(&text, &field);
        vb_assert(vb_cell_read(doc, vb_buf_span(&text), field.quoted, property,
                               &again));
        vb_assert(again != NULL &&
                  vb_json_freeze(again, NULL, &json, NULL) == VB_OK);
        vb_assert(vb_json_equal(json->root, value, &equal) == VB_OK && equal);
    } else {
        vb_assert(yyjson_is_null(value));
    }
    vb_json_free(json);
    vb_buf_done(&cell);
    vb_buf_done(&text);
    yyjson_mut_doc_free(doc);
}

static void check_value(yyjson_val *root)
{
    for (size_t i = 0; i < state.property_count; i++) {
        yyjson_val *value = vb_json_member(root, properties[i].path[0]);

        if (value != NULL && !is_refused(value, &properties[i]))
            check_cell(value, &properties[i]);
    }
}

static void check_rows(struct vb_span text, enum vb_media_kind kind)
{
    struct vb_arena arena;
    struct vb_json *json;
    struct vb_rows rows;
    enum vb_rows_step step;

    vb_arena_init(&arena, 4096, (size_t)1024 * 1024);
    step = vb_rows_begin(&rows, &arena, kind, text, &state);
    while (step == VB_ROWS_OVER || step == VB_ROWS_VALUE) {
        do
            step = vb_rows_next(&rows, &json);
        while (step == VB_ROWS_WRONG);
        if (step != VB_ROWS_VALUE)
            break;
        if (kind == VB_MEDIA_TABLE)
            check_value(json->root);
        vb_json_free(json);
    }
    vb_arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);

    check_fields(text);
    if (!vb_utf8_valid(text))
        return 0;
    check_rows(text, VB_MEDIA_TABLE);
    check_rows(text, VB_MEDIA_LINES);
    return 0;
}
