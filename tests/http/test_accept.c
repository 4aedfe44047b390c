/* Proactive negotiation (RFC 9110 section 12.5, RFC 4647). */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/accept.h"

enum { LINES = 2, OFFERS = 4 };

#define NONE     VB_CHOICE_NONE
#define FREE     VB_CHOICE_FREE
#define LISTED   VB_CHOICE_LISTED
#define FALLBACK VB_CHOICE_FALLBACK

struct row {
    const char *lines[LINES];
    const char *offers[OFFERS];
    int offer;
    enum vb_choice_reason reason;
    int q;
    const char *element;
};

static size_t spans_of(const char *const *texts, size_t max,
                       struct vb_span *spans)
{
    size_t n = 0;

    for (; n < max && texts[n] != NULL; n++)
        spans[n] = vb_span_str(texts[n]);
    return n;
}

static void check(const struct row *row, const struct vb_choice *choice)
{
    if (choice->offer != row->offer)
        fail_msg("%s: offer %d, not %d", row->lines[0], choice->offer,
                 row->offer);
    assert_int_equal(choice->reason, row->reason);
    assert_int_equal(choice->q, row->q);
    assert_span_equal(choice->element, row->element);
}

static void accept_chooses_by_precedence_then_weight_then_order(void **state)
{
    static const struct row rows[] = {
        /* 9110-12.4.1-01 */
        {{NULL}, {"a/b", "c/d"}, 0, FREE, 1000, ""},
        {{""}, {"a/b", "c/d"}, 0, FREE, 1000, ""},
        {{"*/*"}, {"a/b", "c/d"}, 0, LISTED, 1000, "*/*"},
        {{"c/d"}, {"a/b", "c/d"}, 1, LISTED, 1000, "c/d"},
        /* 9110-12.4.3-01 */
        {{"x/y"}, {"a/b", "c/d"}, -1, NONE, 0, ""},
        {{"a/b;q=0.5, c/d;q=0.6"}, {"a/b", "c/d"}, 1, LISTED, 600, "c/d;q=0.6"},
        {{"c/d;q=0.5, a/b;q=0.5"}, {"a/b", "c/d"}, 0, LISTED, 500, "a/b;q=0.5"},
        /* 9110-12.4.2-01 */
        {{"a/b;Q=0, */*"}, {"a/b", "c/d"}, 1, LISTED, 1000, "*/*"},
        {{"*/*, a/b;q=0"}, {"a/b"}, -1, NONE, 0, ""},
        {{"*/*;q=0"}, {"a/b"}, -1, NONE, 0, ""},
        /* 9110-12.5.1-01 */
        {{"text/*;q=0.3, text/plain;q=0.7, */*;q=0.5"},
         {"text/html", "image/png", "text/plain"},
         2,
         LISTED,
         700,
         "text/plain;q=0.7"},
        {{"text/*;q=0.3, text/plain;q=0.7, */*;q=0.5"},
         {"text/html", "image/png"},
         1,
         LISTED,
         500,
         "*/*;q=0.5"},
        {{"text/*;q=0.3, text/html;q=0.7, text/html;level=1"},
         {"text/html", "text/html;level=1"},
         1,
         LISTED,
         1000,
         "text/html;level=1"},
        /* 9110-12.5.1-03 */
        {{"text/html;q=0.1;level=1, application/json"},
         {"text/html;level=1", "application/json"},
         1,
         LISTED,
         1000,
         "application/json"},
        /* 9110-5.2-01 */
        {{"a/b;q=0.1", "c/d"}, {"a/b", "c/d"}, 1, LISTED, 1000, "c/d"},
        /* of two with the same precedence the first */
        {{"a/b;q=0.2, a/b;q=0.9, c/d;q=0.5"},
         {"a/b", "c/d"},
         1,
         LISTED,
         500,
         "c/d;q=0.5"},
        /* the malformed is ignored, the rest honoured */
        {{"*;q=.2, c/d;q=0.2, a/b;q=1.5"},
         {"a/b", "c/d"},
         1,
         LISTED,
         200,
         "c/d;q=0.2"},
        {{"garbage, *, a/b;q"}, {"a/b"}, 0, FREE, 1000, ""},
        {{"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"},
         {"application/json", "text/html"},
         1,
         LISTED,
         1000,
         "text/html"},
        {{"application/json; charset=utf-8"},
         {"application/json"},
         0,
         LISTED,
         1000,
         "application/json; charset=utf-8"},
        {{"a/b;x=\"1,2\""},
         {"a/b;x=\"1,2\""},
         0,
         LISTED,
         1000,
         "a/b;x=\"1,2\""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];
        struct vb_span texts[OFFERS];
        struct vb_media offers[OFFERS];
        struct vb_choice choice;
        size_t n = spans_of(rows[i].offers, OFFERS, texts);

        for (size_t k = 0; k < n; k++)
            assert_true(vb_media_parse(texts[k], &offers[k]));
        choice = vb_accept_media(values, spans_of(rows[i].lines, LINES, values),
                                 offers, n);
        check(&rows[i], &choice);
    }
}

/* Also where something else is chosen: it may turn out not to be there. */
static void accept_encoding_tells_whether_identity_is_refused(void **state)
{
    static const struct {
        struct vb_span line;
        bool refused;
    } rows[] = {
        {VB_SPAN_INIT("gzip"), false},
        {VB_SPAN_INIT("gzip, identity;q=0"), true},
        {VB_SPAN_INIT("gzip, *;q=0"), true},
        {VB_SPAN_INIT("gzip, *;q=0, identity;q=0.001"), false},
        {VB_SPAN_INIT("gzip, *, identity;q=0"), true},
        {VB_SPAN_INIT("*;q=0"), true},
        {VB_SPAN_INIT(""), false},
    };
    static const struct vb_span offers[] = {VB_SPAN_INIT("gzip"),
                                            VB_SPAN_INIT("identity")};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        assert_int_equal(
            vb_accept_coding(&rows[i].line, 1, offers, 2).identity_refused,
            rows[i].refused);
    assert_false(vb_accept_coding(NULL, 0, offers, 2).identity_refused);
}

static void accept_encoding_refuses_identity_only_when_told_to(void **state)
{
    static const struct row rows[] = {
        /* 9110-12.5.3-01 */
        {{NULL}, {"br", "gzip", "identity"}, 2, FREE, 1000, ""},
        {{NULL}, {"br", "gzip"}, 0, FREE, 1000, ""},
        {{"identity;q=0"}, {"gzip", "identity"}, -1, NONE, 0, ""},
        {{"*;q=0"}, {"gzip", "identity"}, -1, NONE, 0, ""},
        {{"*;q=0, identity;q=0.5"},
         {"gzip", "identity"},
         1,
         LISTED,
         500,
         "identity;q=0.5"},
        {{"identity;q=0, *"}, {"gzip", "identity"}, 0, LISTED, 1000, "*"},
        {{"identity;q=0, gzip"}, {"gzip", "identity"}, 0, LISTED, 1000, "gzip"},
        /* 9110-12.5.3-02 */
        {{""}, {"gzip", "identity"}, 1, FALLBACK, 0, ""},
        /* 9110-12.5.3-03 */
        {{"x-none"}, {"gzip", "identity"}, 1, FALLBACK, 0, ""},
        {{"x-none, identity;q=0"}, {"gzip", "identity"}, -1, NONE, 0, ""},
        {{"x-none"}, {"gzip"}, -1, NONE, 0, ""},
        /* 9110-12.5.3-04 */
        {{"gzip;q=0.5, br;q=1"},
         {"gzip", "br", "identity"},
         1,
         LISTED,
         1000,
         "br;q=1"},
        {{"gzip, deflate, br, zstd"},
         {"zstd", "br", "gzip", "identity"},
         0,
         LISTED,
         1000,
         "zstd"},
        {{"gzip;q=0.5"}, {"identity", "gzip"}, 1, LISTED, 500, "gzip;q=0.5"},
        {{"gzip;q=0.5, identity;q=0.5"},
         {"identity", "gzip"},
         0,
         LISTED,
         500,
         "identity;q=0.5"},
        /* 9110-12.5.3-05 */
        {{"gzip;q=0, *"}, {"gzip", "br"}, 1, LISTED, 1000, "*"},
        {{"*, gzip;q=0"}, {"gzip", "br"}, 1, LISTED, 1000, "*"},
        {{"gzip;q=0.2, *;q=0.5"},
         {"gzip", "identity"},
         1,
         LISTED,
         500,
         "*;q=0.5"},
        {{"X-GZIP"}, {"gzip", "identity"}, 0, LISTED, 1000, "X-GZIP"},
        {{"x-compress"},
         {"identity", "compress"},
         1,
         LISTED,
         1000,
         "x-compress"},
        {{"GZip"}, {"gzip", "identity"}, 0, LISTED, 1000, "GZip"},
        /* the malformed is ignored */
        {{"gzip;q=x, br;level=1, zst d, identity;q=0."},
         {"gzip", "br", "identity"},
         -1,
         NONE,
         0,
         ""},
        {{"gzip;q=1.5"}, {"gzip", "identity"}, 1, FALLBACK, 0, ""},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];
        struct vb_span offers[OFFERS];
        struct vb_choice choice;
        size_t n = spans_of(rows[i].offers, OFFERS, offers);

        choice = vb_accept_coding(
            values, spans_of(rows[i].lines, LINES, values), offers, n);
        check(&rows[i], &choice);
    }
}

/* 9110-12.5.4-01, RFC 4647 sections 3.3.1 and 3.4 */
static void accept_language_filters_and_then_looks_up(void **state)
{
    static const struct row rows[] = {
        {{NULL}, {"en", "de"}, 0, FREE, 1000, ""},
        {{"en"}, {"de", "en-GB"}, 1, LISTED, 1000, "en"},
        {{"EN-gb"}, {"de", "en-GB"}, 1, LISTED, 1000, "EN-gb"},
        {{"da, en-gb;q=0.8, en;q=0.7"},
         {"en", "en-GB"},
         1,
         LISTED,
         800,
         "en-gb;q=0.8"},
        {{"en;q=0.5, *"}, {"en", "de"}, 1, LISTED, 1000, "*"},
        {{"de-de"}, {"de-DE-1996", "de-Deva"}, 0, LISTED, 1000, "de-de"},
        {{"de-de"}, {"de-Deva"}, -1, NONE, 0, ""},
        {{"de, de-AT;q=0"}, {"de-AT"}, -1, NONE, 0, ""},
        {{"de, de-AT;q=0"}, {"de-AT", "de-CH"}, 1, LISTED, 1000, "de"},
        /* an offer of no language that is known is covered by "*" only */
        {{"*"}, {"", "de"}, 0, LISTED, 1000, "*"},
        {{"de;q=0.5, *;q=0.1"}, {"", "de"}, 1, LISTED, 500, "de;q=0.5"},
        {{"fr, *;q=0"}, {"", "de"}, -1, NONE, 0, ""},
        /* lookup */
        {{"de-CH"}, {"en", "de"}, 1, FALLBACK, 1000, "de-CH"},
        {{"fr;q=0.1, zh-Hant-CN-x-private1;q=0.5"},
         {"en", "zh-Hant"},
         1,
         FALLBACK,
         500,
         "zh-Hant-CN-x-private1;q=0.5"},
        {{"de-CH;q=0.2, en-US;q=0.3"},
         {"de", "en"},
         1,
         FALLBACK,
         300,
         "en-US;q=0.3"},
        {{"de;q=0, de-CH"}, {"de"}, -1, NONE, 0, ""},
        {{"fr-CA"}, {"en", "de"}, -1, NONE, 0, ""},
        /* the malformed is ignored */
        {{"de_CH, en-, -en, 1en, en;q=2, toolongatag"},
         {"de", "en"},
         0,
         FREE,
         1000,
         ""},
        {{"de_CH, en"}, {"de", "en"}, 1, LISTED, 1000, "en"},
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span values[LINES];
        struct vb_span offers[OFFERS];
        struct vb_choice choice;
        size_t n = spans_of(rows[i].offers, OFFERS, offers);

        choice = vb_accept_language(
            values, spans_of(rows[i].lines, LINES, values), offers, n);
        check(&rows[i], &choice);
    }
}

/* 9110-12.5.4-01: to disregard the field is to show what is not refused */
static void accept_language_spares_what_is_not_refused_by_name(void **state)
{
    static const struct {
        const char *line;
        const char *offers[OFFERS];
        int spare;
    } rows[] = {
        {"fr", {"de", "en"}, 0},
        {"de;q=0", {"de", "en"}, 1},
        {"de;q=0", {"de-CH", "de", "en"}, 2},
        {"fr, *;q=0", {"de", "en"}, 0},
        {"de;q=0, *;q=0", {"de", "en"}, 1},
        {"de;q=0, en;q=0", {"de", "en"}, 0},
        {"de", {"", "en"}, 0}, /* of no language that is known */
    };

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_span line = vb_span_str(rows[i].line);
        struct vb_span offers[OFFERS];
        size_t n = spans_of(rows[i].offers, OFFERS, offers);
        struct vb_choice choice = vb_accept_language(&line, 1, offers, n);

        assert_int_equal(choice.reason, VB_CHOICE_NONE);
        assert_int_equal(choice.spare, rows[i].spare);
    }
}

/* 9110-5.6.1.2-01: a sane count */
static void elements_past_the_bound_are_not_read(void **state)
{
    char *text = malloc(VB_ACCEPT_ELEMENTS_MAX * 4 + 4);
    struct vb_media offer;
    struct vb_choice choice;
    struct vb_span value;

    (void)state;
    assert_non_null(text);
    assert_true(vb_media_parse(VB_SPAN("a/b"), &offer));
    for (int i = 0; i < VB_ACCEPT_ELEMENTS_MAX; i++)
        memcpy(text + i * 4, "x/y,", 4);
    memcpy(text + VB_ACCEPT_ELEMENTS_MAX * 4, "a/b,", 4);
    value = vb_span_of(text, VB_ACCEPT_ELEMENTS_MAX * 4 + 4);
    choice = vb_accept_media(&value, 1, &offer, 1);
    assert_int_equal(choice.offer, -1);
    value = vb_span_of(text + 4, VB_ACCEPT_ELEMENTS_MAX * 4);
    choice = vb_accept_media(&value, 1, &offer, 1);
    assert_int_equal(choice.offer, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accept_chooses_by_precedence_then_weight_then_order),
        cmocka_unit_test(accept_encoding_tells_whether_identity_is_refused),
        cmocka_unit_test(accept_encoding_refuses_identity_only_when_told_to),
        cmocka_unit_test(accept_language_filters_and_then_looks_up),
        cmocka_unit_test(accept_language_spares_what_is_not_refused_by_name),
        cmocka_unit_test(elements_past_the_bound_are_not_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
