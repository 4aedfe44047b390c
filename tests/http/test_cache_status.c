/* The rules of src/http/cache_status.h: RFC 9211. */
#include "unit.h"

#include "http/cache_status.h"

/* 9211-2-03, 9211-2.1-01, 9211-2.2-01, 9211-2.3-01, 9211-2.4-01, 9211-2.5-01,
 * 9211-2.6-01. */
static void a_member_is_written_in_its_canonical_form(void **state)
{
    static const struct {
        struct vb_cache_status status;
        const char *text; /* NULL: refused */
    } rows[] = {
        {{.cache = VB_SPAN_INIT("Verbatim")}, "Verbatim"},
        {{.cache = VB_SPAN_INIT("gw.example:80/x"), .hit = true},
         "gw.example:80/x;hit"},
        {{.cache = VB_SPAN_INIT("10.0.0.1"), .hit = true}, "\"10.0.0.1\";hit"},
        {{.cache = VB_SPAN_INIT("a \"b\""), .hit = true},
         "\"a \\\"b\\\"\";hit"},
        {{.cache = VB_SPAN_INIT("v"),
          .hit = true,
          .has_ttl = true,
          .ttl = -412},
         "v;hit;ttl=-412"},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_BYPASS},
         "v;fwd=bypass"},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_METHOD},
         "v;fwd=method"},
        {{.cache = VB_SPAN_INIT("v"),
          .fwd = VB_CACHE_FWD_URI_MISS,
          .stored = true,
          .collapsed = true},
         "v;fwd=uri-miss;stored;collapsed"},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_VARY_MISS},
         "v;fwd=vary-miss"},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_MISS}, "v;fwd=miss"},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_REQUEST},
         "v;fwd=request"},
        {{.cache = VB_SPAN_INIT("v"),
          .fwd = VB_CACHE_FWD_STALE,
          .fwd_status = 304,
          .has_ttl = true,
          .ttl = 60,
          .key = VB_SPAN_INIT("https://h/\"x\""),
          .detail = VB_SPAN_INIT("why")},
         "v;fwd=stale;fwd-status=304;ttl=60;key=\"https://h/\\\"x\\\"\";"
         "detail=\"why\""},
        {{.cache = VB_SPAN_INIT("v"), .fwd = VB_CACHE_FWD_PARTIAL},
         "v;fwd=partial"},
        {{.cache = VB_SPAN_INIT("v"), .key = VB_SPAN_INIT("\xc3\xa4")}, "v"},
        {{.cache = VB_SPAN_INIT("")}, NULL},
        {{.cache = VB_SPAN_INIT("\xc3\xa4")}, NULL},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_buf buf;

        vb_buf_init(&buf, 1000);
        assert_int_equal(vb_cache_status_write(&buf, &rows[i].status),
                         rows[i].text == NULL ? VB_ERR_INVALID : VB_OK);
        assert_span_equal(vb_buf_span(&buf),
                          rows[i].text == NULL ? "" : rows[i].text);
        vb_buf_done(&buf);
    }
}

/* 9211-2-02. */
static void earlier_members_are_passed_on_where_they_can_be_read(void **state)
{
    static const struct {
        const char *lines[2];
        const char *text;
    } rows[] = {
        {{"OriginCache; hit; ttl=1100", "\"CDN\";x=y"},
         "OriginCache;hit;ttl=1100, \"CDN\";x=y"},
        {{"A", "B"}, "A, B"},
        {{"", ""}, ""},
        {{"A, 3", "B"}, ""},
        {{"A; hit=", "B"}, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span lines[] = {vb_span_str(rows[i].lines[0]),
                                  vb_span_str(rows[i].lines[1])};
        struct vb_arena arena;
        struct vb_buf buf;

        vb_arena_init(&arena, 4096, 1 << 20);
        vb_buf_init(&buf, 1000);
        assert_int_equal(vb_cache_status_pass_on(&buf, &arena, lines, 2),
                         rows[i].text[0] != '\0');
        assert_span_equal(vb_buf_span(&buf), rows[i].text);
        vb_buf_done(&buf);
        vb_arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_written_in_its_canonical_form),
        cmocka_unit_test(earlier_members_are_passed_on_where_they_can_be_read),
    };

    return cmocka_run_group_tests_name("cache_status", tests, NULL, NULL);
}
