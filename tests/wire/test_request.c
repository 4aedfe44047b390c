/* Request heads: RFC 9112 sections 2, 3 and 5 by the ledger's rows. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/scan.h"

#define H "Host: h\r\n"

#define GET_2 "\r\nGET / HTTP/1.1\r\n" H "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n"

static const struct row line_rows[] = {
    {"9112-9.3-01", "GET / HTTP/1.1\r\n" H "\r\n", "200", OPEN, "begin GET / "},
    {"9110-9.3.2 HEAD", "HEAD / HTTP/1.1\r\n" H "\r\n", "200", OPEN, NULL},
    {"9112-2.2-06", "\r\nGET / HTTP/1.1\r\n" H "\r\n", "200", OPEN, NULL},
    {"9112-2.2-06", "\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "200", OPEN,
     NULL},
    {"9112-2.2-06 between requests",
     "GET / HTTP/1.1\r\n" H "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "200 200",
     OPEN, NULL},
    {"9112-2.2-06 bounded",
     "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", "400",
     CLOSING, NULL},
    {"9112-2.2-02 strict", "GET / HTTP/1.1\nHost: h\n\n", "400", CLOSING, NULL},
    {"9112-2.2-02 strict", "GET / HTTP/1.1\r\nHost: h\n\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-02 strict", "GET / HTTP/1.1\r\n" H "\n", "400", CLOSING, NULL},
    {"9112-2.2-02 strict", "\nGET / HTTP/1.1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-04", "GET /\r HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-04", "GET / HTTP/1.1\r\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-04", "GET / HTTP/1.1\rHost: h\r\n\r\n", "400", CLOSING, NULL},
    {"9112-2.2-04", "\rGET / HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-09", "GARBAGE\r\n\r\n", "400", CLOSING, NULL},
    {"9112-2.2-09", "\x16\x03\x01\x02", "400", CLOSING, NULL},
    {"9112-2.2-09", "<html>\r\n\r\n", "400", CLOSING, NULL},
    {"9112-2.2-09", " GET / HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-09", "(GET) / HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / http/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/1.10\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/01.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/1.\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/a.b\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP-1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.3-01", "GET / HTTP/1,1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9110-6.2-05", "GET / HTTP/1.2\r\n" H "\r\n", "200", OPEN, NULL},
    {"9110-6.2-05", "GET / HTTP/1.9\r\n" H "\r\n", "200", OPEN, NULL},
    {"9110-15.6.6 505", "GET / HTTP/2.0\r\n" H "\r\n", "505", CLOSING, NULL},
    {"9110-15.6.6 505", "PRI * HTTP/2.0\r\n\r\nSM\r\nX\r\n", "505", CLOSING,
     NULL},
    {"9110-15.6.6 505", "GET / HTTP/0.9\r\n\r\n", "505", CLOSING, NULL},
    {"9112-A.3.1-01", "GET /\r\n", "400", CLOSING, NULL},
    {"9112-A.3.1-01", "GET /\r\n\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET  / HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET /  HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET\t/ HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET /\tHTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET / HTTP/1.1 \r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET / HTTP/1.1\t\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET  HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3-01", "GET\x0b/ HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3.2-01, 9112-3.2-02", "GET /a b HTTP/1.1\r\n" H "\r\n", "400",
     CLOSING, NULL},
    {"9110-7.1-02", "GET /a#b HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-01", "GET /\xc3\xa9 HTTP/1.1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-01", "GET /\x7f HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-06 for each request anew",
     GET_2 GET_2 GET_2 GET_2 "\r\nGET / HTTP/1.1\r\n" H "\r\n",
     "200 200 200 200 200 200 200 200 200", OPEN, NULL},
    {"9112-A.3.1-01 behind others", "GET / HTTP/1.1\r\n" H "\r\nGET /\r\n",
     "200 400", CLOSING, NULL},
    {"9110-9.1-04", "get / HTTP/1.1\r\n" H "\r\n", "200", OPEN, "begin get / "},
};

static const struct row target_rows[] = {
    {"9112-3.2-04", "GET / HTTP/1.1\r\n\r\n", "400", CLOSING, NULL},
    {"9112-3.2-05", "GET / HTTP/1.1\r\n" H H "\r\n", "400", CLOSING, NULL},
    {"9112-3.2-05", "GET / HTTP/1.0\r\n" H H "\r\n", "400", CLOSING, NULL},
    {"9112-3.2-05", "GET / HTTP/1.1\r\nhost: h\r\nHOST: h\r\n\r\n", "400",
     CLOSING, NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2-06", "GET / HTTP/1.1\r\nHost: h/\r\n\r\n", "400", CLOSING, NULL},
    {"9112-3.2.2-05, 9112-3.2.2-04",
     "GET http://one/ HTTP/1.1\r\nHost: two\r\n\r\n", "200", OPEN,
     "authority=one"},
    {"9112-3.2-04 also in absolute-form", "GET http://one/ HTTP/1.1\r\n\r\n",
     "400", CLOSING, NULL},
    {"9110-4.2.1-02", "GET http:///x HTTP/1.1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9110-4.2.4-02", "GET http://u:p@h/ HTTP/1.1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2.3-02", "CONNECT / HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3.2.3-02", "CONNECT http://h/ HTTP/1.1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9112-3.2.3-02", "CONNECT h HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"optimistic-upgrade-8-01",
     "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n",
     "404", CLOSING, "begin CONNECT h:80 authority=h:80"},
    {"9112-3.2.4-03", "GET * HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3.2.4-03", "OPTIONS * HTTP/1.1\r\n" H "\r\n", "404", OPEN,
     "begin OPTIONS * authority=h"},
    {"9110-7.1-01", "GET h:80 HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9110-7.1-01", "POST * HTTP/1.1\r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-3.3-02", "GET / HTTP/1.0\r\n\r\n", "200", CLOSING,
     "begin GET / authority= "},
};

static const struct row field_rows[] = {
    {"9112-5.1-01", "GET / HTTP/1.1\r\n" H "Content-Length : 5\r\n\r\n", "400",
     CLOSING, NULL},
    {"9112-5.1-01", "GET / HTTP/1.1\r\n" H "A\t: 5\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-5.1-01", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", "400", CLOSING, NULL},
    {"9112-5.1-03", "GET / HTTP/1.1\r\nHost:h\r\n\r\n", "200", OPEN,
     "authority=h "},
    {"9112-5.1-03, 9110-5.5-01", "GET / HTTP/1.1\r\nHost: \th \t\r\n\r\n",
     "200", OPEN, "authority=h "},
    {"9110-5.1-01", "GET / HTTP/1.1\r\nhOsT: h\r\n\r\n", "200", OPEN,
     "authority=h "},
    {"9112-5.2-02", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-5.2-02", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", "400",
     CLOSING, NULL},
    {"9112-5.2-02", "GET / HTTP/1.1\r\n" H "X: a\r\n \r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-08", "GET / HTTP/1.1\r\n X: 1\r\n" H "\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-08", "GET / HTTP/1.1\r\n\tHost: h\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-08", "GET / HTTP/1.1\r\n \r\n" H "\r\n", "400", CLOSING, NULL},
    {"9112-2.2-04", "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-04", "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", "400", CLOSING,
     NULL},
    {"9112-2.2-04 a line behind it",
     "GET / HTTP/1.1\r\n" H "X: a\rbY: c\r\n\r\n", "400", CLOSING, NULL},
    {"9112-2.2-04", "GET / HTTP/1.1\r\n" H "X\r: a\r\n\r\n", "400", CLOSING,
     NULL},
    {"9110-5.5-04 strict",
     "GET / HTTP/1.1\r\n" H "X: a\x01"
     "b\r\n\r\n",
     "400", CLOSING, NULL},
    {"9110-5.5-04 strict", "GET / HTTP/1.1\r\n" H "X: \x7f\r\n\r\n", "400",
     CLOSING, NULL},
    {"9112-2.2-01, 9110-5.5-03",
     "GET / HTTP/1.1\r\n" H "X: \xc4\x8a\xe2\x80\xa8\xff\r\n\r\n", "200", OPEN,
     NULL},
    {"9110-5.1 no name", "GET / HTTP/1.1\r\n" H ": a\r\n\r\n", "400", CLOSING,
     NULL},
    {"9110-5.1 no colon", "GET / HTTP/1.1\r\n" H "X\r\n\r\n", "400", CLOSING,
     NULL},
    {"9110-5.1 no token", "GET / HTTP/1.1\r\n" H "X(: a\r\n\r\n", "400",
     CLOSING, NULL},
    {"9110-5.1 no token", "GET / HTTP/1.1\r\n" H "\xc3\xa9: a\r\n\r\n", "400",
     CLOSING, NULL},
    {"9110-5.1-03", "GET / HTTP/1.1\r\n" H "Foo: bar\r\nX:\r\nY: \r\n\r\n",
     "200", OPEN, NULL},
    {"9110-8.3-03",
     "PUT /echo HTTP/1.1\r\n" H "Content-Type: a/b\r\nContent-Type: a/b\r\n"
     "Content-Length: 0\r\n\r\n",
     "400", CLOSING, NULL},
    {"9110-7.8 Upgrade is ignored",
     "GET / HTTP/1.1\r\n" H "Connection: Upgrade, HTTP2-Settings\r\n"
     "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
     "200", OPEN, NULL},
};

static void test_request_lines(void **state)
{
    (void)state;
    play_rows(line_rows, VB_COUNT_OF(line_rows));
}

static void test_targets_and_host(void **state)
{
    (void)state;
    play_rows(target_rows, VB_COUNT_OF(target_rows));
}

static void test_field_lines(void **state)
{
    (void)state;
    play_rows(field_rows, VB_COUNT_OF(field_rows));
}

/* 9110-5.5-02, 9112-2.2-04: NUL anywhere in a head. */
static void test_nul_is_refused_everywhere(void **state)
{
    static const char text[] = "GET /a HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
    struct driver d;

    (void)state;
    driver_init(&d);
    for (size_t at = 0; at + 1 < sizeof(text); at++) {
        const struct row row = {"9110-5.5-02", text, "400", CLOSING, NULL};
        char copy[sizeof(text)];

        if (text[at] == '\r' || text[at] == '\n')
            continue; /* then it may still be waiting for its end */
        memcpy(copy, text, sizeof(text));
        copy[at] = '\0';
        play_row(&d, &row, vb_span_of(copy, sizeof(text) - 1), 1);
    }
    driver_done(&d);
}

struct size_case {
    const char *rule;
    const char *before;
    size_t count; /* of `fill` between the two */
    const char *fill;
    const char *after;
    const char *statuses;
    enum after end;
};

#define END " HTTP/1.1\r\n" H "\r\n"
#define GET "GET / HTTP/1.1\r\n" H

static const struct size_case size_cases[] = {
    {"9112-3-04, 9110-4.1-01", "GET /", 7986, "a", END, "404", OPEN},
    {"the largest target", "GET /", 8 * 1024 - 1, "a", END, "404", OPEN},
    {"9112-3-03", "GET /", 8 * 1024, "a", END, "414", CLOSING},
    {"9112-3-03", "GET /", 70000, "a", END, "414", CLOSING},
    {"9112-3-03 endless", "GET /", 1000000, "a", END, "414", CLOSING},
    {"9112-3-03 endless", "GET /", 1000000, " ", END, "414", CLOSING},
    {"9112-3-02", "", 1000, "A", " / HTTP/1.1\r\n" H "\r\n", "200", OPEN},
    {"9112-3-02 endless", "", 1000000, "A", " / HTTP/1.1\r\n" H "\r\n", "501",
     CLOSING},
    {"6585-5 one field", GET "X: ", 16 * 1024 + 1, "a", "\r\n\r\n", "431",
     CLOSING},
    {"6585-5 one field, just", GET "X: ", 16 * 1024 - 10, "a", "\r\n\r\n",
     "200", OPEN},
    {"6585-5 a name", GET, 16 * 1024 + 1, "a", ": b\r\n\r\n", "431", CLOSING},
    {"6585-5 field count", GET, 99, "X: y\r\n", "\r\n", "200", OPEN},
    {"6585-5 field count", GET, 100, "X: y\r\n", "\r\n", "431", CLOSING},
    {"6585-5 all fields", GET, 20,
     "X: 0123456789012345678901234567890123456789012345678901234567890123456789"
     "012345678901234567890123456789012345678901234567890123456789012345678901"
     "\r\n",
     "\r\n", "200", OPEN},
    {"6585-5 endless", GET "X: ", 1000000, "a", "\r\n\r\n", "431", CLOSING},
    {"6585-5 endless", GET "X: ", 1000000, " ", "\r\n\r\n", "431", CLOSING},
    {"6585-5 endless", GET, 100000, "X: 0123456789\r\n", "\r\n", "431",
     CLOSING},
    {"what is wrong first counts", "GET / HTTP/3.0\r\n", 100000,
     "X: 0123456789\r\n", "\r\n", "505", CLOSING},
    {"what is wrong first counts", GET "A : b\r\n", 100000, "X: 0123456789\r\n",
     "\r\n", "400", CLOSING},
};

/* 9110-2.3-01, 9110-17.5-01: sizes are bounded, and told apart. */
static void test_sizes(void **state)
{
    struct driver d;
    struct vb_buf text;

    (void)state;
    driver_init(&d);
    vb_buf_init(&text, 4 * 1024 * 1024);
    for (size_t i = 0; i < VB_COUNT_OF(size_cases); i++) {
        const struct size_case *c = &size_cases[i];
        const struct row row = {c->rule, c->before, c->statuses, c->end, NULL};

        vb_buf_reset(&text);
        vb_buf_str(&text, c->before);
        for (size_t n = 0; n < c->count; n++)
            vb_buf_str(&text, c->fill);
        vb_buf_str(&text, c->after);
        assert_int_equal(text.err, VB_OK);
        play_row(&d, &row, vb_buf_span(&text), text.len / 7 + 3);
    }
    vb_buf_done(&text);
    driver_done(&d);
}

static size_t scanned;

static const char *count_head_end(const char *p, const char *end)
{
    scanned += (size_t)(end - p);
    return vb_scan_variant(0)->head_end(p, end);
}

/* 9110-17.5-01: a head that comes byte by byte is not searched from its
 * beginning with each of them. */
static void test_a_head_byte_by_byte_is_linear(void **state)
{
    struct vb_scan counting = *vb_scan;
    struct driver d;

    (void)state;
    driver_init(&d);
    d.piece = 1;
    scanned = 0;
    counting.head_end = count_head_end;
    vb_scan = &counting;
    driver_send_str(&d, "GET / HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 40; i++) {
        char line[1100];
        int len = snprintf(line, sizeof(line), "X-%d: %0999d\r\n", i, i);

        driver_send(&d, vb_span_of(line, (size_t)len));
    }
    assert_int_equal(d.out.len, 0);
    driver_send_str(&d, "\r\n");
    vb_scan = vb_scan_variant(0);
    assert_string_equal(driver_statuses(&d), "200");
    assert_true(scanned > 40000 && scanned < 5 * 45000);
    driver_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_lines),
        cmocka_unit_test(test_targets_and_host),
        cmocka_unit_test(test_field_lines),
        cmocka_unit_test(test_nul_is_refused_everywhere),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_a_head_byte_by_byte_is_linear),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
