/* The rules of src/content/csv.h (RFC 4180) and src/content/lines.h. */
#include "unit.h"

#include "content/csv.h"
#include "content/lines.h"

/* All fields of a text, each as <what it means>, quoted ones as "...", records
 * ended by '/'; what is wrong behind '!'. */
static void told(const char *text, const char *want)
{
    struct vb_csv_field field;
    struct vb_csv csv;
    struct vb_buf buf;

    vb_buf_init(&buf, 4096);
    vb_csv_init(&csv, vb_span_str(text));
    for (enum vb_csv_step step = VB_CSV_FIELD; step < VB_CSV_END;) {
        step = vb_csv_next(&csv, &field);
        if (step >= VB_CSV_END) {
            if (step == VB_CSV_WRONG)
                vb_buf_printf(&buf, "!%zu", csv.line);
            break;
        }
        vb_buf_str(&buf, field.quoted ? "\"" : "<");
        vb_csv_read(&buf, &field);
        vb_buf_str(&buf, field.quoted ? "\"" : ">");
        if (step == VB_CSV_LAST)
            vb_buf_char(&buf, '/');
    }
    vb_buf_char(&buf, '\0');
    assert_string_equal(buf.ptr, want);
    vb_buf_done(&buf);
}

static void records_and_fields_are_told_apart(void **state)
{
    (void)state;
    told("", "");
    told("a", "<a>/");
    told("a,b\r\nc,d\r\n", "<a><b>/<c><d>/");
    told("a,b\nc", "<a><b>/<c>/");
    told(",\r\n", "<><>/");
    told("a,", "<a><>/");
    told("\r\n", "<>/");
    told("\"\",", "\"\"<>/");
    told("\"a,b\",\"c\r\nd\"\r\ne", "\"a,b\"\"c\r\nd\"/<e>/");
    told("\"a \"\"b\"\"\"", "\"a \"b\"\"/");
    told("\xef\xbb\xbf"
         "a",
         "<a>/");
    told(" a , b", "< a >< b>/");
}

static void what_is_no_csv_is_refused_with_its_line(void **state)
{
    (void)state;
    told("a\"b", "!1");
    told("a\rb", "!1");
    told("a\n\"b", "<a>/!2");
    told("\"a\nb\"c", "!1");
    told("\"a\nb\"\nc\"", "\"a\nb\"/!3");
}

static void what_is_written_is_read_as_it_was(void **state)
{
    static const char *const texts[] = {
        "a",    "",   ",",  "\"",  "\"\"",    "\r\n",
        "=1+1", "-5", "@x", "a b", "\"a,b\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct vb_csv_field field;
        struct vb_buf buf, again;
        struct vb_csv csv;

        vb_buf_init(&buf, 4096);
        vb_buf_init(&again, 4096);
        vb_csv_write(&buf, vb_span_str(texts[i]));
        vb_csv_end(&buf);
        vb_csv_init(&csv, vb_buf_span(&buf));
        assert_int_equal(vb_csv_next(&csv, &field), VB_CSV_LAST);
        vb_csv_read(&again, &field);
        assert_true(vb_span_eq(vb_buf_span(&again), vb_span_str(texts[i])));
        assert_int_equal(vb_csv_next(&csv, &field), VB_CSV_END);
        vb_buf_done(&again);
        vb_buf_done(&buf);
    }
}

static void lines_are_numbered_and_blank_ones_passed_over(void **state)
{
    struct vb_line_reader lines = {.text = VB_SPAN("\n{}\r\n \t\r\n[1]")};
    struct vb_span line;

    (void)state;
    assert_true(vb_lines_next(&lines, &line));
    assert_int_equal(lines.line, 2);
    assert_true(vb_span_eq(line, VB_SPAN("{}\r")));
    assert_true(vb_lines_next(&lines, &line));
    assert_int_equal(lines.line, 4);
    assert_true(vb_span_eq(line, VB_SPAN("[1]")));
    assert_false(vb_lines_next(&lines, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_and_fields_are_told_apart),
        cmocka_unit_test(what_is_no_csv_is_refused_with_its_line),
        cmocka_unit_test(what_is_written_is_read_as_it_was),
        cmocka_unit_test(lines_are_numbered_and_blank_ones_passed_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
