/* The rules of src/base/base64.h: RFC 4648. */
#include "unit.h"

#include "base/base64.h"

/* RFC 4648 section 10, and what both alphabets differ in. */
static void base64_writes_and_reads_the_same_text(void **state)
{
    static const struct {
        struct vb_span bytes;
        const char *text;
        unsigned flags;
    } rows[] = {
        {VB_SPAN_INIT(""), "", VB_BASE64_STRICT},
        {VB_SPAN_INIT("f"), "Zg==", VB_BASE64_STRICT},
        {VB_SPAN_INIT("fo"), "Zm8=", VB_BASE64_STRICT},
        {VB_SPAN_INIT("foo"), "Zm9v", VB_BASE64_STRICT},
        {VB_SPAN_INIT("foob"), "Zm9vYg==", VB_BASE64_STRICT},
        {VB_SPAN_INIT("fooba"), "Zm9vYmE=", VB_BASE64_STRICT},
        {VB_SPAN_INIT("foobar"), "Zm9vYmFy", VB_BASE64_STRICT},
        {VB_SPAN_INIT("\xFB\xFF\xFE"), "+//+", VB_BASE64_STRICT},
        {VB_SPAN_INIT("\xFB\xFF\xFE"), "-__-", VB_BASE64_URL},
        {VB_SPAN_INIT("\0\0"), "AAA", VB_BASE64_URL | VB_BASE64_PAD_OPTIONAL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf buf;
        char out[16];
        size_t len = 99;

        vb_buf_init(&buf, 64);
        vb_base64_encode(&buf, rows[i].bytes, rows[i].flags);
        assert_span_equal(vb_buf_span(&buf), rows[i].text);
        assert_true(
            vb_base64_decode(vb_buf_span(&buf), rows[i].flags, out, &len));
        assert_int_equal(len, rows[i].bytes.len);
        assert_memory_equal(out, rows[i].bytes.ptr, len);
        vb_buf_done(&buf);
    }
}

static void base64_is_as_lenient_as_asked(void **state)
{
    static const struct {
        const char *text;
        unsigned flags;
        bool ok;
    } rows[] = {
        {"Zg", VB_BASE64_STRICT, false},
        {"Zg", VB_BASE64_PAD_OPTIONAL, true},
        {"Zg=", VB_BASE64_PAD_OPTIONAL, false},
        {"Zg===", VB_BASE64_PAD_OPTIONAL, false},
        {"Zm9v====", VB_BASE64_PAD_OPTIONAL, false},
        {"=", VB_BASE64_PAD_OPTIONAL, false},
        {"====", VB_BASE64_STRICT, false},
        {"Z", VB_BASE64_PAD_OPTIONAL, false},
        {"Z===", VB_BASE64_STRICT, false},
        {"Zh==", VB_BASE64_STRICT, false},
        {"Zh==", VB_BASE64_SPARE_BITS, true},
        {"Zm9", VB_BASE64_PAD_OPTIONAL, false},
        {"Zm9", VB_BASE64_PAD_OPTIONAL | VB_BASE64_SPARE_BITS, true},
        {"Z=g=", VB_BASE64_STRICT, false},
        {"Zm 9v", VB_BASE64_PAD_OPTIONAL, false},
        {"Zm9v\n", VB_BASE64_PAD_OPTIONAL, false},
        {"-__-", VB_BASE64_STRICT, false},
        {"+//+", VB_BASE64_URL, false},
        {"\xC3\xA9==", VB_BASE64_STRICT, false},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        char out[16];
        size_t len = 99;

        if (vb_base64_decode(vb_span_str(rows[i].text), rows[i].flags, out,
                             &len) != rows[i].ok)
            fail_msg("row %zu: %s", i, rows[i].text);
        if (!rows[i].ok)
            assert_int_equal(len, 99);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_writes_and_reads_the_same_text),
        cmocka_unit_test(base64_is_as_lenient_as_asked),
    };

    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
