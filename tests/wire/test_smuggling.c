/*
 * What smuggles: requests that two recipients might delimit differently. Each
 * must be refused with the connection (RFC 9112 section 11.2), and what rides
 * behind it must never be taken for a request.
 */
#include "rows.h"

#define H     "Host: h\r\n"
#define POST  "POST /echo HTTP/1.1\r\n" H
#define TE    "Transfer-Encoding: "
#define CL    "Content-Length: "
#define RIDER "GET /smuggled HTTP/1.1\r\n" H "\r\n"
#define BODY  "\r\n\r\n5\r\nhello\r\n0\r\n\r\n" RIDER

static const struct row coding_rows[] = {
    {"9112-6.1-10, 9112-6.1-11", POST CL "5\r\n" TE "chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-6.1-10, 9112-6.1-11", POST TE "chunked\r\n" CL "5" BODY, "400",
     CLOSING, NULL},
    {"9112-6.1-11 even of length 0", POST TE "chunked\r\n" CL "0" BODY, "400",
     CLOSING, NULL},
    {"9112-6.1-12", "POST /echo HTTP/1.0\r\n" H TE "chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-6.1-12 kept alive",
     "POST /echo HTTP/1.0\r\n" H "Connection: keep-alive\r\n" TE "chunked" BODY,
     "400", CLOSING, NULL},
    {"9112-6.1-02", POST TE "chunked, chunked" BODY, "400", CLOSING, NULL},
    {"9112-6.1-02 two lines", POST TE "chunked\r\n" TE "chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-6.1-03", POST TE "gzip" BODY, "400", CLOSING, NULL},
    {"9112-6.1-03", POST TE "gzip, chunked" BODY, "501", CLOSING, NULL},
    {"9112-6.1-07", POST TE "foo, chunked" BODY, "501", CLOSING, NULL},
    {"9112-6.1-07", POST TE "foo\r\n" TE "chunked" BODY, "501", CLOSING, NULL},
    {"9112-6.1-07", POST TE "xchunked" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05", POST TE "chunked, gzip" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05", POST TE "chunked, identity" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05", POST TE "identity" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05", POST TE "chunked\r\n" TE "identity" BODY, "400", CLOSING,
     NULL},
    {"9112-6.3-05 empty", POST TE BODY, "400", CLOSING, NULL},
    {"9112-6.3-05 empty", POST TE "," BODY, "400", CLOSING, NULL},
    {"9112-7.1-03", POST TE "chunked;q=1" BODY, "400", CLOSING, NULL},
    {"9112-7.1-03", POST TE "chunked ; a=b" BODY, "400", CLOSING, NULL},
    {"9112-7.2-01", POST TE "gzip;x=1, chunked" BODY, "501", CLOSING, NULL},
    {"9112-6.3-05 quoted", POST TE "\"chunked\"" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05 quoted", POST TE "\"a, chunked" BODY, "400", CLOSING, NULL},
    {"9112-6.3-05 other blanks",
     POST TE "\x0b"
             "chunked" BODY,
     "400", CLOSING, NULL},
    {"9112-6.3-05 other blanks",
     POST TE "\xa0"
             "chunked" BODY,
     "400", CLOSING, NULL},
    {"9112-6.3-05 a bare CR", POST TE "\rchunked" BODY, "400", CLOSING, NULL},
    {"9112-5.1-01 the name", POST "Transfer-Encoding : chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-5.1-01 the name", POST " Transfer-Encoding: chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-5.2-02 folded", POST "Transfer-Encoding:\r\n chunked" BODY, "400",
     CLOSING, NULL},
    {"9112-5.1-01 the name", POST "Transfer\\Encoding: chunked\r\n" CL "5" BODY,
     "400", CLOSING, NULL},
    {"another name is another field",
     POST "Transfer_Encoding: chunked\r\n" CL "5\r\n\r\nhello", "200", OPEN,
     "content 5 success"},
    {"9112-7-01 white space is none of it",
     POST TE " \t chunked \t"
             "\r\n\r\n0\r\n\r\n",
     "200", OPEN, NULL},
    {"9110-5.6.1.2-01 empty elements", POST TE ", chunked,\r\n\r\n0\r\n\r\n",
     "200", OPEN, NULL},
};

static const struct row length_rows[] = {
    {"9112-6.3-07", POST CL "5, 6\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9112-6.3-07", POST CL "5\r\n" CL "6\r\n\r\nhello" RIDER, "400", CLOSING,
     NULL},
    {"9112-6.3-06, 9110-8.6-12 strict", POST CL "5, 5\r\n\r\nhello" RIDER,
     "400", CLOSING, NULL},
    {"9112-6.3-06, 9110-8.6-12 strict",
     POST CL "5\r\n" CL "5\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9112-6.3-07", POST CL "abc\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9112-6.3-07", POST CL "-1\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9112-6.3-07", POST CL "5;\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "+5\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "0x5\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "5a\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "5 5\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "5.0\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "\"5\"\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL "\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11", POST CL ",5\r\n\r\nhello" RIDER, "400", CLOSING, NULL},
    {"9110-8.6-11",
     POST CL "\x0b"
             "5\r\n\r\nhello" RIDER,
     "400", CLOSING, NULL},
    {"9110-8.6-09", POST CL "99999999999999999999999\r\n\r\n" RIDER, "413",
     CLOSING, NULL},
    {"9110-8.6-09", POST CL "18446744073709551621\r\n\r\nhello" RIDER, "413",
     CLOSING, NULL},
    {"9110-8.6-09", POST CL "9223372036854775807\r\n\r\nhello" RIDER, "413",
     CLOSING, NULL},
    {"leading zeros are digits", POST CL "0005\r\n\r\nhello" RIDER, "200 404",
     OPEN, "content 5 success"},
    {"9112-5.1-01", POST "Content-Length : 5\r\n\r\nhello" RIDER, "400",
     CLOSING, NULL},
    {"9112-6.3-07 in HTTP/1.0",
     "POST /echo HTTP/1.0\r\n" CL "5\r\n" CL "6\r\n\r\nhello" RIDER, "400",
     CLOSING, NULL},
    {"9112-6-01 content is content",
     "GET /refuse HTTP/1.1\r\n" H CL "48\r\n\r\n" RIDER "123456789012", "403",
     OPEN, NULL},
};

static const struct row rider_rows[] = {
    {"9112-9.6-05", "GET / HTTP/1.1\r\n" H "Connection: close\r\n\r\n" RIDER,
     "200", CLOSING, NULL},
    {"9112-9.6-05", "GET /close HTTP/1.1\r\n" H "\r\n" RIDER, "200", CLOSING,
     NULL},
    {"9112-9.6-05 an error", "GET / HTTP/3.0\r\n" H "\r\n" RIDER, "505",
     CLOSING, NULL},
    {"9112-2.2 two heads or one", "GET / HTTP/1.1\r\n" H "X: y\r\n\n" RIDER,
     "400", CLOSING, NULL},
    {"9112-2.2 two heads or one", "GET / HTTP/1.1\r\n" H "X: y\n\n" RIDER,
     "400", CLOSING, NULL},
    {"9112-2.2 two heads or one", "GET / HTTP/1.1\r\n" H "X: y\r\r" RIDER,
     "400", CLOSING, NULL},
    {"9112-7.1.1-03 a line within an extension",
     POST TE "chunked\r\n\r\n5;\n\r\nhello\r\n0\r\n\r\n" RIDER, "400", CLOSING,
     NULL},
    {"9112-7.1.1-03 a line within an extension",
     POST TE "chunked\r\n\r\n5;a\nX\r\nhello\r\n0\r\n\r\n" RIDER, "400",
     CLOSING, NULL},
    {"9112-7.1-04 no CR LF behind data",
     POST TE "chunked\r\n\r\n5\r\nhello0\r\n\r\n" RIDER, "400", CLOSING, NULL},
    {"9112-7.1-04 LF behind data",
     POST TE "chunked\r\n\r\n5\r\nhello\n0\r\n\r\n" RIDER, "400", CLOSING,
     NULL},
};

static void test_transfer_codings(void **state)
{
    (void)state;
    play_rows(coding_rows, VB_COUNT_OF(coding_rows));
}

static void test_content_lengths(void **state)
{
    (void)state;
    play_rows(length_rows, VB_COUNT_OF(length_rows));
}

static void test_nothing_rides_behind(void **state)
{
    (void)state;
    play_rows(rider_rows, VB_COUNT_OF(rider_rows));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_transfer_codings),
        cmocka_unit_test(test_content_lengths),
        cmocka_unit_test(test_nothing_rides_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
