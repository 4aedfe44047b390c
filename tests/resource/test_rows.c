/* Tables: cells (src/resource/cell.h), what is read (rows.h) and what is
 * written (columns.h). */
#include "unit.h"

#include "resource/cell.h"
#include "resource/columns.h"
#include "resource/rows.h"

#define NULLABLE(types) ((unsigned)(types) | VB_SCHEMA_NULL)

static const struct vb_span name[] = {VB_SPAN_INIT("name")};
static const struct vb_span size[] = {VB_SPAN_INIT("size")};
static const struct vb_span any[] = {VB_SPAN_INIT("any")};
static const struct vb_span secret[] = {VB_SPAN_INIT("secret")};

static const struct vb_property properties[] = {
    {.path = name, .path_len = 1, .types = VB_SCHEMA_STRING},
    {.path = size, .path_len = 1, .types = NULLABLE(VB_SCHEMA_NUMBER)},
    {.path = any, .path_len = 1, .types = VB_SCHEMA_ANY},
    {.path = secret,
     .path_len = 1,
     .types = VB_SCHEMA_STRING,
     .write_only = true},
};

static const struct vb_state state_of = {
    .json = true,
    .properties = properties,
    .property_count = VB_COUNT_OF(properties),
};

static struct vb_json *parsed(const char *text)
{
    struct vb_json *json;

    assert_int_equal(vb_json_parse(vb_span_str(text), NULL, &json, NULL),
                     VB_OK);
    return json;
}

/* --- cells -----------------------------------------------------------------
 */

static void cell_is(const char *value, unsigned types, const char *want)
{
    struct vb_json *json = parsed(value);
    struct vb_buf buf;

    vb_buf_init(&buf, 4096);
    vb_cell_write(&buf, json->root, types);
    assert_span_equal(vb_buf_span(&buf), want);
    vb_buf_done(&buf);
    vb_json_free(json);
}

static void values_are_written_as_cells(void **state)
{
    (void)state;
    cell_is("null", VB_SCHEMA_ANY, "");
    cell_is("\"\"", VB_SCHEMA_STRING, "\"\"");
    cell_is("\"a,b\"", VB_SCHEMA_STRING, "\"a,b\"");
    cell_is("\"17\"", VB_SCHEMA_STRING, "17");
    cell_is("\"17\"", NULLABLE(VB_SCHEMA_STRING), "17");
    cell_is("\"17\"", VB_SCHEMA_ANY, "\"\"\"17\"\"\"");
    cell_is("\"true\"", VB_SCHEMA_STRING | VB_SCHEMA_BOOLEAN,
            "\"\"\"true\"\"\"");
    cell_is("\"=1+1\"", VB_SCHEMA_ANY, "=1+1");
    cell_is("17.50", VB_SCHEMA_ANY, "17.50");
    cell_is("[1,\"a\"]", VB_SCHEMA_ARRAY, "\"[1,\"\"a\"\"]\"");
}

/* What a cell is read as; "" for nothing. */
static void cell_reads(const char *text, bool quoted,
                       const struct vb_property *property, const char *want)
{
    yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
    struct vb_json *json = NULL;
    yyjson_mut_val *value;
    struct vb_buf buf;

    vb_buf_init(&buf, 4096);
    assert_true(vb_cell_read(doc, vb_span_str(text), quoted, property, &value));
    if (value != NULL) {
        assert_int_equal(vb_json_freeze(value, NULL, &json, NULL), VB_OK);
        vb_json_write(&buf, json->root);
    }
    assert_span_equal(vb_buf_span(&buf), want);
    vb_json_free(json);
    vb_buf_done(&buf);
    yyjson_mut_doc_free(doc);
}

static void cells_are_read_as_their_property_has_them(void **state)
{
    const struct vb_property *text = &properties[0];
    const struct vb_property *number = &properties[1];
    const struct vb_property *anything = &properties[2];
    struct vb_json *zero = parsed("0");
    struct vb_property filled = *number;

    (void)state;
    filled.default_value = zero->root;
    cell_reads("", false, text, "");
    cell_reads("", true, text, "\"\"");
    cell_reads("17", false, text, "\"17\"");
    cell_reads("", false, number, "null");
    cell_reads("", true, number, "null"); /* it can be no text */
    cell_reads("", false, &filled, "");   /* its default fills in */
    cell_reads("17.50", false, number, "17.50");
    cell_reads("null", false, number, "null");
    cell_reads("true", false, number, "\"true\""); /* for the schema */
    cell_reads("", false, anything, "");
    cell_reads("17", false, anything, "17");
    cell_reads("\"17\"", true, anything, "\"17\"");
    cell_reads("{\"a\":1}", true, anything, "{\"a\":1}");
    cell_reads("plain", false, anything, "\"plain\"");
    vb_json_free(zero);
}

/* --- rows ------------------------------------------------------------------
 */

/* All that comes, each on a line: a value, or "LINE: what is wrong". */
static void come(enum vb_media_kind kind, const char *text, const char *want)
{
    enum vb_rows_step step;
    struct vb_arena arena;
    struct vb_json *json;
    struct vb_rows rows;
    struct vb_buf buf;

    vb_arena_init(&arena, 4096, (size_t)1024 * 1024);
    vb_buf_init(&buf, 4096);
    step = vb_rows_begin(&rows, &arena, kind, vb_span_str(text), &state_of);
    if (step == VB_ROWS_WRONG)
        vb_buf_printf(&buf, "%zu %.*s: %s\n", rows.line, VB_FMT(rows.name),
                      rows.wrong);
    while (step != VB_ROWS_WRONG &&
           (step = vb_rows_next(&rows, &json)) != VB_ROWS_OVER) {
        assert_int_not_equal(step, VB_ROWS_NO_MEMORY);
        if (step == VB_ROWS_WRONG) {
            vb_buf_printf(&buf, "%zu: %s\n", rows.line, rows.wrong);
            step = VB_ROWS_VALUE; /* there may be others */
            continue;
        }
        vb_json_write(&buf, json->root);
        vb_buf_char(&buf, '\n');
        vb_json_free(json);
    }
    assert_span_equal(vb_buf_span(&buf), want);
    vb_buf_done(&buf);
    vb_arena_done(&arena);
}

static void rows_of_a_table_come(void **state)
{
    (void)state;
    come(VB_MEDIA_TABLE, "name,size\r\na,1\r\n\r\n,\r\n\"b\r\nc\",2",
         "{\"name\":\"a\",\"size\":1}\n{\"size\":null}\n"
         "{\"name\":\"b\\r\\nc\",\"size\":2}\n");
    come(VB_MEDIA_TABLE, "name\n\n\"\"\n", "{}\n{\"name\":\"\"}\n");
    come(VB_MEDIA_TABLE, "name,size\n", "");
}

static void what_is_wrong_in_a_table_is_told(void **state)
{
    (void)state;
    come(VB_MEDIA_TABLE, "name,size\na\nb,1,2\nc,3\n",
         "2: has 1 fields, where there are 2 columns\n"
         "3: has 3 fields, where there are 2 columns\n"
         "{\"name\":\"c\",\"size\":3}\n");
    come(VB_MEDIA_TABLE, "name,size\na,1\nb\"\nc,1",
         "{\"name\":\"a\",\"size\":1}\n"
         "3: has a quote or CR that is not within quotes\n");
    come(VB_MEDIA_TABLE, "name,nothing\n", "1 nothing: names no property\n");
    come(VB_MEDIA_TABLE, "name,name\n", "1 name: names two columns\n");
    come(VB_MEDIA_TABLE, "\"name", "1 : has a quote that nothing closes\n");
    come(VB_MEDIA_TABLE, "", "1 : has no row of names\n");
}

static void lines_come(void **state)
{
    (void)state;
    come(VB_MEDIA_LINES, "{\"a\":1}\r\n\n [2] \n", "{\"a\":1}\n[2]\n");
}

/* --- columns ---------------------------------------------------------------
 */

static void a_listing_has_a_column_for_all_that_is_shown(void **state)
{
    const struct vb_route route = {.state = &state_of};
    const struct vb_selection selection = {.route = &route};
    struct vb_json *json = parsed("{\"any\":\"1\",\"name\":\"a,b\"}");
    struct vb_columns columns;
    struct vb_arena arena;
    struct vb_buf buf;

    (void)state;
    vb_arena_init(&arena, 4096, (size_t)1024 * 1024);
    vb_buf_init(&buf, 4096);
    assert_true(vb_columns_fit(&route));
    assert_true(vb_columns_choose(&columns, &arena, &selection));
    vb_columns_write_head(&buf, &columns);
    vb_columns_write_row(&buf, &columns, json->root);
    assert_span_equal(vb_buf_span(&buf),
                      "name,size,any\r\n\"a,b\",,\"\"\"1\"\"\"\r\n");
    vb_buf_done(&buf);
    vb_arena_done(&arena);
    vb_json_free(json);
}

static void where_nothing_is_said_there_is_no_table(void **state)
{
    const struct vb_state nothing = {.json = true};
    const struct vb_state bytes = {
        .json = true,
        .verbatim = true,
        .properties = properties,
        .property_count = VB_COUNT_OF(properties),
    };

    (void)state;
    assert_false(vb_columns_fit(&(struct vb_route){.state = NULL}));
    assert_false(vb_columns_fit(&(struct vb_route){.state = &nothing}));
    assert_false(vb_columns_fit(&(struct vb_route){.state = &bytes}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_written_as_cells),
        cmocka_unit_test(cells_are_read_as_their_property_has_them),
        cmocka_unit_test(rows_of_a_table_come),
        cmocka_unit_test(what_is_wrong_in_a_table_is_told),
        cmocka_unit_test(lines_come),
        cmocka_unit_test(a_listing_has_a_column_for_all_that_is_shown),
        cmocka_unit_test(where_nothing_is_said_there_is_no_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
