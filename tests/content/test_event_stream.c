/* The rules of src/content/event_stream.h. */
#include "unit.h"

#include "content/event_stream.h"

/* What is written of a text as data. */
static void written(const char *text, const char *want)
{
    struct vb_buf buf;

    vb_buf_init(&buf, 4096);
    vb_event_data(&buf, vb_span_str(text));
    assert_span_equal(vb_buf_span(&buf), want);
    vb_buf_done(&buf);
}

static void fields_are_lines_and_an_empty_one_ends_an_event(void **state)
{
    struct vb_buf buf;

    (void)state;
    vb_buf_init(&buf, 4096);
    vb_event_field(&buf, "event", VB_SPAN("changed"));
    vb_event_field(&buf, "id", VB_SPAN("2s.x"));
    vb_event_data(&buf, VB_SPAN("{}"));
    vb_event_end(&buf);
    vb_event_comment(&buf);
    vb_event_end(&buf);
    assert_span_equal(vb_buf_span(&buf),
                      "event: changed\nid: 2s.x\ndata: {}\n\n:\n\n");
    vb_buf_done(&buf);
}

static void each_line_of_data_is_a_field(void **state)
{
    (void)state;
    written("", "data: \n");
    written("a\nb", "data: a\ndata: b\n");
    written("a\rb\r\nc", "data: a\ndata: b\ndata: c\n");
    written("a\n\rb", "data: a\ndata: \ndata: b\n");
    written("a\r", "data: a\ndata: \n");
    written("a\r\n", "data: a\ndata: \n");
}

/* Nothing within data can be read as a field or an event of its own. */
static void data_stays_data(void **state)
{
    (void)state;
    written("event: x\n\nid: y\r\rretry: 1",
            "data: event: x\ndata: \ndata: id: y\ndata: \n"
            "data: retry: 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_lines_and_an_empty_one_ends_an_event),
        cmocka_unit_test(each_line_of_data_is_a_field),
        cmocka_unit_test(data_stays_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
