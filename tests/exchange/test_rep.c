/* What a representation says of itself. */
#include "unit.h"

#include "exchange/rep.h"

static void a_representation_is_described_by_its_fields(void **state)
{
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("application/json"),
        .tag_core = VB_SPAN_INIT("1a.epoch"),
        .tag_variant = VB_SPAN_INIT("html"),
        .modified = 784111777,
        .content = VB_SPAN_INIT("{}"),
        .length = 2,
        .vary = VB_SPAN_INIT("Accept"),
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_non_null(rep);
    assert_span_equal(rep->head,
                      "ETag: \"1a.epoch-html\"\r\nVary: Accept\r\n"
                      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                      "Content-Type: application/json\r\n"
                      "Accept-Ranges: bytes\r\n"
                      "Content-Length: 2\r\n");
    /* 9110-15.4.5-01, -02: a 304 repeats these and no others. */
    assert_span_equal(rep->head_304,
                      "ETag: \"1a.epoch-html\"\r\nVary: Accept\r\n");
    assert_span_equal(rep->etag, "\"1a.epoch-html\"");
    assert_span_equal(vb_rep_tag_core(rep), "1a.epoch");
    assert_span_equal(rep->media_type, "application/json");
    assert_span_equal(rep->content, "{}");
    assert_int_equal(rep->field_count, 5);
    vb_rep_unref(rep);
}

/* What HTTP/2 and HTTP/3 make their sections of (9113-8.2-01). */
static void its_fields_are_there_as_pairs_and_in_lower_case(void **state)
{
    const struct vb_field_out csp = {VB_SPAN_INIT("Content-Security-Policy"),
                                     VB_SPAN_INIT("default-src 'none'")};
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("text/html"),
        .tag_core = VB_SPAN_INIT("1a.epoch"),
        .modified = VB_DATE_NONE,
        .content = VB_SPAN_INIT("0123456789"),
        .length = 10,
        .extra = &csp,
        .extra_count = 1,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_int_equal(rep->field_count, 4);
    assert_span_equal(rep->fields[0].name, "ETag");
    assert_span_equal(rep->fields[0].value, "\"1a.epoch\"");
    assert_span_equal(rep->fields[3].name, "Content-Security-Policy");
    assert_span_equal(rep->fields[3].value, "default-src 'none'");
    assert_memory_equal(rep->lower_names,
                        "etagcontent-typeaccept-rangescontent-security-policy",
                        strlen("etagcontent-typeaccept-ranges"
                               "content-security-policy"));
    assert_span_equal(rep->length_text, "10");
    vb_rep_unref(rep);
}

/* Neither a length nor parts of it can be told of what nobody has seen the end
 * of. */
static void one_of_unknown_length_tells_none(void **state)
{
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("text/csv"),
        .tag_core = VB_SPAN_INIT("1a.epoch"),
        .tag_weak = true,
        .modified = VB_DATE_NONE,
        .streamed = true,
        .length = VB_LENGTH_UNKNOWN,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_non_null(rep);
    assert_span_equal(rep->head, "ETag: W/\"1a.epoch\"\r\n"
                                 "Content-Type: text/csv\r\n");
    assert_int_equal(rep->length_text.len, 0);
    assert_int_equal(rep->field_count, 2);
    vb_rep_unref(rep);
}

static void without_a_tag_a_304_repeats_the_date(void **state)
{
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("a/b"),
        .modified = 784111777,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_span_equal(rep->head_304,
                      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    assert_int_equal(rep->etag.len, 0);
    vb_rep_unref(rep);
}

/* 9110-8.4-01, 9110-8.8.3.3-01: all else is as it was. */
static void a_coding_makes_a_representation_of_its_own(void **state)
{
    const struct vb_field_out link = {VB_SPAN_INIT("Link"),
                                      VB_SPAN_INIT("<a>")};
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("text/html"),
        .tag_core = VB_SPAN_INIT("1a.epoch"),
        .tag_variant = VB_SPAN_INIT("html"),
        .modified = 784111777,
        .content = VB_SPAN_INIT("xxxx"),
        .length = 4,
        .vary = VB_SPAN_INIT("Accept-Encoding"),
        .cache_control = VB_SPAN_INIT("no-cache"),
        .extra = &link,
        .extra_count = 1,
    };
    struct vb_rep *rep = vb_rep_new(&draft);
    struct vb_rep *coded = vb_rep_coded(rep, VB_SPAN("br"), VB_SPAN("4x"));

    (void)state;
    assert_false(rep->coded);
    vb_rep_unref(rep);
    assert_true(coded->coded);
    assert_span_equal(
        coded->head, "ETag: \"1a.epoch-html-br\"\r\nCache-Control: no-cache\r\n"
                     "Vary: Accept-Encoding\r\n"
                     "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
                     "Content-Type: text/html\r\nContent-Encoding: br\r\n"
                     "Accept-Ranges: bytes\r\nLink: <a>\r\n"
                     "Content-Length: 2\r\n");
    assert_span_equal(vb_rep_tag_core(coded), "1a.epoch");
    assert_span_equal(coded->content, "4x");
    vb_rep_unref(coded);
}

static void what_has_no_tag_gets_none_by_a_coding(void **state)
{
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("a/b"),
        .modified = VB_DATE_NONE,
    };
    struct vb_rep *rep = vb_rep_new(&draft);
    struct vb_rep *coded = vb_rep_coded(rep, VB_SPAN("br"), VB_SPAN("x"));

    (void)state;
    assert_int_equal(coded->etag.len, 0);
    assert_span_equal(coded->head_304, "");
    vb_rep_unref(rep);
    vb_rep_unref(coded);
}

static int released;

static void note_release(void *owner)
{
    released += *(int *)owner;
}

static void borrowed_content_is_released_with_the_last_reference(void **state)
{
    int one = 1;
    const struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("a/b"),
        .modified = VB_DATE_NONE,
        .content = VB_SPAN_INIT("xyz"),
        .length = 3,
        .owner = &one,
        .release = note_release,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_ptr_equal(rep->content.ptr, draft.content.ptr);
    vb_rep_ref(rep);
    vb_rep_unref(rep);
    assert_int_equal(released, 0);
    vb_rep_unref(rep);
    assert_int_equal(released, 1);
}

/* 9110-8.8.1: a weak tag says so, and its core is where a strong one's is. */
static void test_a_weak_tag(void **state)
{
    struct vb_rep_draft draft = {
        .media_type = VB_SPAN_INIT("text/plain"),
        .tag_core = VB_SPAN_INIT("k7"),
        .tag_variant = VB_SPAN_INIT("br"),
        .tag_weak = true,
        .modified = VB_DATE_NONE,
    };
    struct vb_rep *rep = vb_rep_new(&draft);

    (void)state;
    assert_non_null(rep);
    assert_span_equal(rep->etag, "W/\"k7-br\"");
    assert_span_equal(vb_rep_tag_core(rep), "k7");
    vb_rep_unref(rep);
}

/* What somebody else has said of it is kept as it is, for a cache. */
static void
a_received_representation_keeps_its_fields_in_their_order(void **state)
{
    const struct vb_field_out fields[] = {
        {VB_SPAN_INIT("ETag"), VB_SPAN_INIT("W/\"x\"")},
        {VB_SPAN_INIT("X-B"), VB_SPAN_INIT("1")},
        {VB_SPAN_INIT("Content-Type"), VB_SPAN_INIT("text/plain")},
        {VB_SPAN_INIT("X-B"), VB_SPAN_INIT("2")},
    };
    struct vb_rep_parts parts = {
        .fields = fields,
        .count = 4,
        .repeated = 1,
        .etag = 0,
        .media_type = 2,
        .modified = VB_DATE_NONE,
        .content = VB_SPAN_INIT("abc"),
        .length = 3,
    };
    struct vb_rep *rep = vb_rep_received(&parts);

    (void)state;
    assert_span_equal(rep->head,
                      "ETag: W/\"x\"\r\nX-B: 1\r\nContent-Type: text/plain\r\n"
                      "X-B: 2\r\nContent-Length: 3\r\n");
    assert_span_equal(rep->head_304, "ETag: W/\"x\"\r\n");
    assert_span_equal(rep->etag, "W/\"x\"");
    assert_span_equal(vb_rep_tag_core(rep), "x");
    assert_span_equal(rep->media_type, "text/plain");
    assert_span_equal(rep->content, "abc");
    vb_rep_unref(rep);

    /* RFC 9110 section 8.6: a 204 says no length. */
    parts.content = VB_SPAN("");
    parts.length = VB_LENGTH_UNKNOWN;
    parts.etag = parts.media_type = -1;
    rep = vb_rep_received(&parts);
    assert_span_equal(rep->etag, "");
    assert_int_equal(rep->length_text.len, 0);
    assert_true(vb_span_ends(rep->head, VB_SPAN("X-B: 2\r\n")));
    vb_rep_unref(rep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(its_fields_are_there_as_pairs_and_in_lower_case),
        cmocka_unit_test(a_representation_is_described_by_its_fields),
        cmocka_unit_test(a_coding_makes_a_representation_of_its_own),
        cmocka_unit_test(what_has_no_tag_gets_none_by_a_coding),
        cmocka_unit_test(one_of_unknown_length_tells_none),
        cmocka_unit_test(without_a_tag_a_304_repeats_the_date),
        cmocka_unit_test(borrowed_content_is_released_with_the_last_reference),
        cmocka_unit_test(test_a_weak_tag),
        cmocka_unit_test(
            a_received_representation_keeps_its_fields_in_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
