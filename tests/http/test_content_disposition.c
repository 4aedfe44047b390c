/* The rules of src/http/content_disposition.h: RFC 6266. */
#include "unit.h"

#include "http/content_disposition.h"

/* 6266-3-01, 6266-4.3-01, appendix D. */
static void file_name_is_plain_ascii_or_said_twice(void **state)
{
    static const struct {
        enum vb_disposition disposition;
        struct vb_span name;
        const char *text; /* NULL: refused */
    } rows[] = {
        {VB_DISPOSITION_INLINE, VB_SPAN_INIT(""), "inline"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT(""), "attachment"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("a b.txt"),
         "attachment; filename=\"a b.txt\""},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("100%.txt"),
         "attachment; filename=\"100%.txt\""},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("a/b\\c"),
         "attachment; filename=\"a_b_c\""},
        {VB_DISPOSITION_INLINE, VB_SPAN_INIT("caf\xC3\xA9 \xE2\x82\xAC.txt"),
         "inline; filename=\"caf_ _.txt\"; "
         "filename*=UTF-8''caf%C3%A9%20%E2%82%AC.txt"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("\"a\".txt"),
         "attachment; filename=\"_a_.txt\"; filename*=UTF-8''%22a%22.txt"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("%41"),
         "attachment; filename=\"_41\"; filename*=UTF-8''%2541"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("../\xC3\xA9"),
         "attachment; filename=\".._\x5f\"; filename*=UTF-8''.._%C3%A9"},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("a\r\nb"), NULL},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("a\0b"), NULL},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("a\x7F"), NULL},
        {VB_DISPOSITION_ATTACHMENT, VB_SPAN_INIT("\xFF"), NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char memory[128];
        struct vb_buf buf = vb_buf_over(memory, sizeof(memory));

        if (vb_content_disposition_write(&buf, rows[i].disposition,
                                         rows[i].name) !=
            (rows[i].text == NULL ? VB_ERR_INVALID : VB_OK))
            fail_msg("row %zu", i);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(file_name_is_plain_ascii_or_said_twice),
    };

    return cmocka_run_group_tests_name("content_disposition", tests, NULL,
                                       NULL);
}
