/* Media types and ranges (RFC 9110 sections 8.3.1 and 12.5.1), weights. */
#include "unit.h"

#include "http/media.h"
#include "http/quality.h"

static void a_media_type_is_read_into_its_parts(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        const char *type, *subtype, *suffix;
        unsigned params;
    } rows[] = {
        {"text/html", true, "text", "html", "", 0},
        {"text/html;charset=utf-8", true, "text", "html", "", 1},
        {"text/html ; charset=\"utf-8\";;", true, "text", "html", "", 1},
        {"application/problem+json; a=1; b=2", true, "application",
         "problem+json", "json", 2},
        {"application/a+b+xml", true, "application", "a+b+xml", "xml", 0},
        {"a/+json", true, "a", "+json", "", 0},
        {"a/b+", true, "a", "b+", "", 0},
        {"a/b;q=0.5", true, "a", "b", "", 1},
        {"multipart/form-data; boundary=\"a;b\"", true, "multipart",
         "form-data", "", 1},
        {"", false, 0, 0, 0, 0},
        {"text", false, 0, 0, 0, 0},
        {"text/", false, 0, 0, 0, 0},
        {"/html", false, 0, 0, 0, 0},
        {"text /html", false, 0, 0, 0, 0},
        {"text/ html", false, 0, 0, 0, 0},
        {"text/html charset=utf-8", false, 0, 0, 0, 0},
        {"text/html;charset", false, 0, 0, 0, 0},
        {"text/html;charset =utf-8", false, 0, 0, 0, 0},
        {"text/html;charset=utf-8,text/plain", false, 0, 0, 0, 0},
        {"text/html/x", false, 0, 0, 0, 0},
        {"*/*", false, 0, 0, 0, 0},
        {"text/*", false, 0, 0, 0, 0},
        {"text/html;a=1;A=1", false, 0, 0, 0, 0},
        {"a/b;a=;", false, 0, 0, 0, 0},
        {"a/b;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1",
         true, "a", "b", "", 16},
        {"a/b;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1;j=1;k=1;l=1;m=1;n=1;o=1;p=1;"
         "q=1",
         false, 0, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_media media;

        assert_int_equal(vb_media_parse(vb_span_str(rows[i].text), &media),
                         rows[i].ok);
        if (!rows[i].ok)
            continue;
        assert_span_equal(media.type, rows[i].type);
        assert_span_equal(media.subtype, rows[i].subtype);
        assert_span_equal(media.suffix, rows[i].suffix);
        assert_int_equal(media.param_count, rows[i].params);
    }
}

static struct vb_media media_of(const char *text)
{
    struct vb_media media;

    assert_true(vb_media_parse(vb_span_str(text), &media));
    return media;
}

/* 9110-8.3.1-01, 9110-5.6.6-01, 9110-5.6.4-01 */
static void media_types_compare_by_the_case_rules_of_their_parts(void **state)
{
    static const struct {
        const char *a, *b;
        bool essence, all;
    } rows[] = {
        {"text/html", "TEXT/HTML", true, true},
        {"text/html", "text/plain", false, false},
        {"text/html", "text/htm", false, false},
        {"text/html;charset=utf-8", "text/html; Charset=\"UTF-8\"", true, true},
        {"text/html;charset=utf-8", "text/html;charset=\"utf\\-8\"", true,
         true},
        {"text/html;charset=utf-8", "text/html", true, false},
        {"text/html", "text/html;charset=utf-8", true, false},
        {"a/b;x=1;y=2", "a/b;y=2;x=1", true, true},
        {"a/b;x=1;y=2", "a/b;x=1;z=2", true, false},
        {"a/b;x=Z", "a/b;x=z", true, false},
        {"a/b;x=\"a\\b\"", "a/b;x=\"\\ab\"", true, true},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_media a = media_of(rows[i].a);
        struct vb_media b = media_of(rows[i].b);

        assert_int_equal(vb_media_essence_eq(&a, &b), rows[i].essence);
        assert_int_equal(vb_media_eq(&a, &b), rows[i].all);
        assert_int_equal(vb_media_eq(&b, &a), rows[i].all);
    }
}

static void parameters_are_found_by_name_in_any_case(void **state)
{
    struct vb_media media = media_of("Text/HTML; a=1; Charset=utf-8");
    struct vb_param param;

    (void)state;
    assert_true(vb_media_param(&media, VB_SPAN("charset"), &param));
    assert_span_equal(param.value, "utf-8");
    assert_false(vb_media_param(&media, VB_SPAN("b"), &param));
    assert_true(vb_media_is(&media, VB_SPAN("text/html")));
    assert_false(vb_media_is(&media, VB_SPAN("text/htm")));
    assert_false(vb_media_is(&media, VB_SPAN("texthtml/")));
    assert_false(vb_media_is(&media, VB_SPAN("tex/thtml")));
}

/* 9110-12.4.2-01, 9110-12.5.1-03 */
static void a_range_is_read_with_its_weight_wherever_it_stands(void **state)
{
    static const struct {
        const char *text;
        int q; /* -1: malformed */
        unsigned params;
    } rows[] = {
        {"*/*", 1000, 0},
        {"text/*;q=0.3", 300, 0},
        {"text/html;level=1;q=0", 0, 1},
        {"text/html;q=0.1;level=1", 100, 1},
        {"text/html;Q=0.123", 123, 0},
        {"text/html; ; q=0.5;", 500, 0},
        {"text/html;q=1.000", 1000, 0},
        {"text/html;q=1.", 1000, 0},
        {"text/html;q=0.", 0, 0},
        {"text/html;q=1.001", -1, 0},
        {"text/html;q=0.1234", -1, 0},
        {"text/html;q=.5", -1, 0},
        {"text/html;q=2", -1, 0},
        {"text/html;q=-1", -1, 0},
        {"text/html;q=0,5", -1, 0},
        {"text/html;q=", -1, 0},
        {"text/html;q", -1, 0},
        {"text/html;q=\"0.5\"", -1, 0},
        {"text/html;q=0.5;q=0.6", -1, 0},
        {"*/html", -1, 0},
        {"*", -1, 0},
        {"*;q=.2", -1, 0},
        {"text", -1, 0},
        {"text/html level=1", -1, 0},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_media range = {.param_count = 99};
        int q = -1;

        assert_int_equal(
            vb_media_parse_range(vb_span_str(rows[i].text), &range, &q),
            rows[i].q >= 0);
        assert_int_equal(q, rows[i].q);
        assert_int_equal(range.param_count,
                         rows[i].q >= 0 ? rows[i].params : 99);
    }
}

/* 9110-12.5.1-01 */
static void the_more_specific_range_has_precedence(void **state)
{
    static const struct {
        const char *range, *media;
        int precedence;
    } rows[] = {
        {"*/*", "text/html", VB_MEDIA_ALL},
        {"text/*", "text/html", VB_MEDIA_TYPE},
        {"TEXT/*", "text/html", VB_MEDIA_TYPE},
        {"image/*", "text/html", VB_MEDIA_NO_MATCH},
        {"text/html", "text/html;level=1", VB_MEDIA_SUBTYPE},
        {"text/html;level=1", "text/html;level=1", VB_MEDIA_SUBTYPE + 1},
        {"text/html;level=1", "text/html;charset=utf-8;level=\"1\"",
         VB_MEDIA_SUBTYPE + 1},
        {"text/html;level=1;q=0.2", "text/html;level=1", VB_MEDIA_SUBTYPE + 1},
        {"text/html;level=2", "text/html;level=1", VB_MEDIA_NO_MATCH},
        {"text/html;level=1", "text/html", VB_MEDIA_NO_MATCH},
        {"*/*;level=1", "text/html", VB_MEDIA_NO_MATCH},
        {"*/*;level=1", "text/html;level=1", VB_MEDIA_ALL},
        {"text/htm", "text/html", VB_MEDIA_NO_MATCH},
        {"application/json;charset=UTF-8", "application/json",
         VB_MEDIA_SUBTYPE + 1},
        {"application/problem+json;charset=\"utf-8\"",
         "application/problem+json", VB_MEDIA_SUBTYPE + 1},
        {"application/json;charset=latin1", "application/json",
         VB_MEDIA_NO_MATCH},
        {"text/html;charset=utf-8", "text/html", VB_MEDIA_NO_MATCH},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_media media = media_of(rows[i].media);
        struct vb_media range;
        int q;

        assert_true(
            vb_media_parse_range(vb_span_str(rows[i].range), &range, &q));
        assert_int_equal(vb_media_match(&range, &media), rows[i].precedence);
    }
}

static void a_name_is_split_from_its_weight(void **state)
{
    static const struct {
        const char *text, *name;
        int q; /* -1: malformed */
    } rows[] = {
        {"gzip", "gzip", 1000},
        {"gzip;q=0.5", "gzip", 500},
        {"gzip ; Q=0", "gzip", 0},
        {"*;q=0.001", "*", 1},
        {"gzip;q=0.5;", "gzip", 500},
        {"", "", 1000},
        {";q=1", "", 1000},
        {"gzip;level=1", NULL, -1},
        {"gzip;q=0.5;level=1", NULL, -1},
        {"gzip q=0.5", NULL, -1},
        {"gzip;q=x", NULL, -1},
        {"gzip;q", NULL, -1},
        {"gzip;q=\"1\"", NULL, -1},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span name = VB_SPAN_INIT("untouched");
        int q = -1;

        assert_int_equal(vb_q_split(vb_span_str(rows[i].text), &name, &q),
                         rows[i].q >= 0);
        assert_span_equal(name, rows[i].q >= 0 ? rows[i].name : "untouched");
        assert_int_equal(q, rows[i].q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_media_type_is_read_into_its_parts),
        cmocka_unit_test(media_types_compare_by_the_case_rules_of_their_parts),
        cmocka_unit_test(parameters_are_found_by_name_in_any_case),
        cmocka_unit_test(a_range_is_read_with_its_weight_wherever_it_stands),
        cmocka_unit_test(the_more_specific_range_has_precedence),
        cmocka_unit_test(a_name_is_split_from_its_weight),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
