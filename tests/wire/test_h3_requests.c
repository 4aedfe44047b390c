/*
 * What a request of HTTP/3 may be, how its frames may come, and what ends a
 * stream or the connection: the error codes of RFC 9114 section 8.1, RFC 9204
 * section 8.3.
 */
#include "h3_client.h"

#include <stdio.h>

#include "request_rows.h"

#define AUTHORITY ":authority", "h"
#define GET_HEAD  ":method", "GET", ":scheme", "https", ":path"

static const char *const get[] = {GET_HEAD, "/", AUTHORITY, NULL};
static const char *const post[] = {":method", "POST",  ":scheme", "https",
                                   ":path",   "/echo", AUTHORITY, NULL};

/* --- Heads -------------------------------------------------------------------
 */

/* What nghttp2 calls malformed; and RFC 9114 section 10.3. */
static const struct request_row own_rows[] = {
    {"9110-8.6 no number",
     {":method", "GET", ":scheme", "http", ":path", "/", AUTHORITY,
      "content-length", "1x"},
     400,
     NULL},
    {"9110-9.1 a method that is no token",
     {":method", "G T", ":scheme", "http", ":path", "/", AUTHORITY},
     400,
     NULL},
    {"9114-10.3-01 a name with a space",
     {":method", "GET", ":scheme", "http", ":path", "/", AUTHORITY, "if match",
      "x"},
     ROW_MALFORMED,
     NULL},
    {"9114-10.3-01 a value that nghttp3 would drop",
     {":method", "PUT", ":scheme", "http", ":path", "/", AUTHORITY, "if-match",
      "\"a\x7f\""},
     ROW_MALFORMED,
     NULL},
    {"9114-4.4-01 CONNECT with a path",
     {":method", "CONNECT", ":scheme", "http", ":path", "/", AUTHORITY},
     ROW_MALFORMED,
     NULL},
    {"9114-4.4-01 CONNECT with Host alone",
     {":method", "CONNECT", "host", "h:80"},
     ROW_MALFORMED,
     NULL},
};

static void check_request(const struct request_row *row)
{
    struct h3_talk *t = h3_talk_new();
    struct link_stream *s;

    t->l.d.peer.secure = false; /* as the rows have it */
    h3_begin(t);
    h3_request(t, 0, row->fields, false);
    s = link_stream(&t->l, 0);
    if (row->status == ROW_MALFORMED) {
        if (s->reset != NGHTTP3_H3_MESSAGE_ERROR)
            fail_msg("%s: %lld", row->what, (long long)s->reset);
        assert_int_equal(t->l.d.log.len, 0);
    } else {
        char end[32];

        snprintf(end, sizeof(end), "end %d ", row->status);
        if (!link_logged(&t->l, end))
            fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t->l.d.log)));
    }
    if (row->log != NULL && !link_logged(&t->l, row->log))
        fail_msg("%s: %.*s", row->what, VB_FMT(vb_buf_span(&t->l.d.log)));
    assert_true(s->closed);
    /* The connection goes on. */
    assert_true(t->l.closed == LINK_NONE);
    vb_buf_reset(&t->l.d.log);
    t->l.d.peer.secure = true;
    h3_request(t, 4, get, false);
    assert_true(link_logged(&t->l, "end 200"));
    assert_int_equal(t->l.consumed, t->l.delivered);
    h3_talk_free(t);
}

/* RFC 9114 sections 4.2, 4.3, 4.4 */
static void test_requests_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < request_row_count; i++)
        check_request(&request_rows[i]);
    for (size_t i = 0; i < VB_COUNT_OF(own_rows); i++)
        check_request(&own_rows[i]);
}

/* --- Frames and streams ------------------------------------------------------
 */

/* The head of a GET of "/", as a HEADERS frame: static entries (RFC 9204
 * appendix A), and ":authority: h". */
#define GET      "\1\x08\0\0\xd1\xd7\xc1\x50\1h"
#define POST     "\1\x0e\0\0\xd4\xd7\x51\5/echo\x50\1h"
#define SETTINGS "\0\4\0"
#define CONTROL                                                                \
    {                                                                          \
        H3_CONTROL, SETTINGS, 3, false                                         \
    }
#define BYTES(id, bytes, fin)                                                  \
    {                                                                          \
        id, bytes, sizeof(bytes) - 1, fin                                      \
    }
#define FINE LINK_NONE

static const struct {
    const char *what;
    struct {
        int64_t id;
        const char *bytes;
        size_t len;
        bool fin;
    } sent[4];
    uint64_t code;   /* of the connection's end, */
    uint64_t stream; /* or of stream 0 */
} rows[] = {
    {"a request", {CONTROL, BYTES(0, GET, true)}, FINE, FINE},
    {"9114-4.1 one before SETTINGS",
     {BYTES(0, GET, true), CONTROL},
     FINE,
     FINE},
    /* 4.1: the order of frames */
    {"9114-4.1-02 DATA first",
     {CONTROL, BYTES(0, "\0\1a", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-4.1-02 DATA behind trailers",
     {CONTROL, BYTES(0, POST "\1\2\0\0\0\1a", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-4.1-02 HEADERS behind trailers",
     {CONTROL, BYTES(0, POST "\1\2\0\0\1\2\0\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-4.1-01 a second request on the stream",
     {CONTROL, BYTES(0, POST POST, true)},
     FINE,
     NGHTTP3_H3_MESSAGE_ERROR},
    {"9114-4.1-05 nothing but an end",
     {CONTROL, BYTES(0, "", true)},
     FINE,
     NGHTTP3_H3_REQUEST_INCOMPLETE},
    {"9114-4.1-05 no HEADERS",
     {CONTROL, BYTES(0, "\x21\1x", true)},
     FINE,
     NGHTTP3_H3_REQUEST_INCOMPLETE},
    /* 7.1: the layout of frames */
    {"9114-7.1-01 an end within a type",
     {CONTROL, BYTES(0, POST "\x40", true)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 an end behind a type",
     {CONTROL, BYTES(0, POST "\0", true)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 an end within HEADERS",
     {CONTROL, BYTES(0, "\1\x0a\0\0\xd1", true)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 an end within DATA",
     {CONTROL, BYTES(0, POST "\0\5abc", true)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 an end within an unknown frame",
     {CONTROL, BYTES(0, POST "\x21\5abc", true)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 SETTINGS that end within an entry",
     {BYTES(H3_CONTROL, "\0\4\1\6", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 SETTINGS that end within a value",
     {BYTES(H3_CONTROL, "\0\4\2\6\x40", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 GOAWAY of nothing",
     {BYTES(H3_CONTROL, SETTINGS "\7\0", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 GOAWAY of more than an id",
     {BYTES(H3_CONTROL, SETTINGS "\7\2\0\0", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 MAX_PUSH_ID of half an id",
     {BYTES(H3_CONTROL, SETTINGS "\x0d\1\x40", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    {"9114-7.1-01 PRIORITY_UPDATE of nothing",
     {BYTES(H3_CONTROL, SETTINGS "\x80\x0f\7\0\0", false)},
     NGHTTP3_H3_FRAME_ERROR,
     FINE},
    /* 7.2: frames on the wrong stream */
    {"9114-7.2.1-01 DATA on the control stream",
     {BYTES(H3_CONTROL, SETTINGS "\0\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.1-01 HEADERS on the control stream",
     {BYTES(H3_CONTROL, SETTINGS "\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.3 CANCEL_PUSH on a request's",
     {CONTROL, BYTES(0, POST "\3\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.3 CANCEL_PUSH of no push",
     {BYTES(H3_CONTROL, SETTINGS "\3\1\0", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
    {"9114-7.2.4-01 SETTINGS on a request's",
     {CONTROL, BYTES(0, POST "\4\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.4-01 SETTINGS again",
     {BYTES(H3_CONTROL, SETTINGS "\4\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.5-01 PUSH_PROMISE on a request's",
     {CONTROL, BYTES(0, POST "\5\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.5-01 PUSH_PROMISE on the control stream",
     {BYTES(H3_CONTROL, SETTINGS "\5\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.6 GOAWAY on a request's",
     {CONTROL, BYTES(0, POST "\7\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-5.2-02 GOAWAY that grows",
     {BYTES(H3_CONTROL, SETTINGS "\7\1\4\7\1\5", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
    {"9114-5.2-02 GOAWAY that does not",
     {BYTES(H3_CONTROL, SETTINGS "\7\1\4\7\1\4", false), BYTES(0, GET, true)},
     FINE,
     FINE},
    {"9114-7.2.7-01 MAX_PUSH_ID on a request's",
     {CONTROL, BYTES(0, POST "\x0d\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.7-01 MAX_PUSH_ID that shrinks",
     {BYTES(H3_CONTROL, SETTINGS "\x0d\1\5\x0d\1\4", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
    {"9114-7.2.8-01 PRIORITY of HTTP/2",
     {CONTROL, BYTES(0, POST "\2\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.8-01 PING of HTTP/2",
     {BYTES(H3_CONTROL, SETTINGS "\6\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.8-01 WINDOW_UPDATE of HTTP/2",
     {BYTES(H3_CONTROL, SETTINGS "\x08\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.8-01 CONTINUATION of HTTP/2",
     {CONTROL, BYTES(0, POST "\x09\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9114-7.2.8-01 frames that nobody knows",
     {BYTES(H3_CONTROL, SETTINGS "\x21\3abc", false),
      BYTES(0, "\x21\3abc" GET "\x40\x40\0\xc0\0\0\0\0\0\1\0\0", true)},
     FINE,
     FINE},
    /* 7.2.4: SETTINGS */
    {"9114-6.2.1-01 none",
     {BYTES(H3_CONTROL, "\0\7\1\0", false)},
     NGHTTP3_H3_MISSING_SETTINGS,
     FINE},
    {"9114-6.2.1-01 an unknown frame before",
     {BYTES(H3_CONTROL, "\0\x21\0\4\0", false)},
     NGHTTP3_H3_MISSING_SETTINGS,
     FINE},
    {"9114-7.2.4-02 unknown ones",
     {BYTES(H3_CONTROL, "\0\4\5\x21\1\x40\x5f\2", false), BYTES(0, GET, true)},
     FINE,
     FINE},
    {"9114-7.2.4 one twice",
     {BYTES(H3_CONTROL, "\0\4\4\6\1\6\1", false)},
     NGHTTP3_H3_SETTINGS_ERROR,
     FINE},
    {"9114-7.2.4.1-01 ENABLE_PUSH of HTTP/2",
     {BYTES(H3_CONTROL, "\0\4\2\2\0", false)},
     NGHTTP3_H3_SETTINGS_ERROR,
     FINE},
    {"9114-7.2.4.1-01 MAX_FRAME_SIZE of HTTP/2",
     {BYTES(H3_CONTROL, "\0\4\2\5\0", false)},
     NGHTTP3_H3_SETTINGS_ERROR,
     FINE},
    /* 6.2: unidirectional streams */
    {"9114-6.2.1-01 two control streams",
     {CONTROL, BYTES(14, SETTINGS, false)},
     NGHTTP3_H3_STREAM_CREATION_ERROR,
     FINE},
    {"9114-6.2.1-01 the control stream ends",
     {BYTES(H3_CONTROL, SETTINGS, true)},
     NGHTTP3_H3_CLOSED_CRITICAL_STREAM,
     FINE},
    {"9114-6.2.2-01 a push stream",
     {CONTROL, BYTES(6, "\1\0", false)},
     NGHTTP3_H3_STREAM_CREATION_ERROR,
     FINE},
    {"9114-6.2-02 one of no type",
     {CONTROL, BYTES(6, "", true), BYTES(14, "\x40", true),
      BYTES(0, GET, true)},
     FINE,
     FINE},
    {"9114-6.2-02 one of an unknown type",
     {CONTROL, BYTES(6, "\x40\x54whatever", true), BYTES(0, GET, true)},
     FINE,
     FINE},
    {"9204-4.2-01 two encoder streams",
     {CONTROL, BYTES(H3_ENCODER, "\2", false), BYTES(14, "\2", false)},
     NGHTTP3_H3_STREAM_CREATION_ERROR,
     FINE},
    {"9204-4.2-01 two decoder streams",
     {CONTROL, BYTES(H3_DECODER, "\3", false), BYTES(14, "\3", false)},
     NGHTTP3_H3_STREAM_CREATION_ERROR,
     FINE},
    {"9204-4.2-01 the encoder stream ends",
     {CONTROL, BYTES(H3_ENCODER, "\2", true)},
     NGHTTP3_H3_CLOSED_CRITICAL_STREAM,
     FINE},
    {"9204-4.2-01 the decoder stream ends",
     {CONTROL, BYTES(H3_DECODER, "\3", true)},
     NGHTTP3_H3_CLOSED_CRITICAL_STREAM,
     FINE},
    /* RFC 9204 */
    {"9204-2.1.2-01 a stream that is blocked",
     {CONTROL, BYTES(0, "\1\3\2\0\x80", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-2.2.3-01 an entry that is not there",
     {CONTROL, BYTES(0, "\1\3\0\0\x80", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-3.1-01 static entry 99",
     {CONTROL, BYTES(0, "\1\4\0\0\xff\x24", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-4.5.1.2-01 a Base below 0",
     {CONTROL, BYTES(H3_ENCODER, "\2\x3f\xe1\x1f\x41x\1y", false),
      BYTES(0, "\1\3\2\x85\x80", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-2.2.1-01 a Required Insert Count too small",
     {CONTROL, BYTES(H3_ENCODER, "\2\x3f\xe1\x1f\x41x\1y\x41z\1y", false),
      BYTES(0, "\1\3\2\1\x80", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-4.5 a section of nothing",
     {CONTROL, BYTES(0, "\1\0", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-4.5 a section that ends within a line",
     {CONTROL, BYTES(0, "\1\4\0\0\x21x", false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-7.4-01 a value of 2^61 bytes",
     {CONTROL,
      BYTES(0, "\1\x0e\0\0\x21x\x7f\x80\x80\x80\x80\x80\x80\x80\x80\x20",
            false)},
     NGHTTP3_H3_EXCESSIVE_LOAD,
     FINE},
    {"9204-4.1.1-01 an integer past 2^62",
     {CONTROL,
      BYTES(0, "\1\x0e\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
            false)},
     NGHTTP3_QPACK_DECOMPRESSION_FAILED,
     FINE},
    {"9204-4.3.1-01 a table larger than allowed",
     {CONTROL, BYTES(H3_ENCODER, "\2\x3f\xe2\x1f", false)},
     NGHTTP3_QPACK_ENCODER_STREAM_ERROR,
     FINE},
    {"9204-3.2.2-01 an entry larger than the table",
     {CONTROL, BYTES(H3_ENCODER, "\2\x25\x41x\1y", false)},
     NGHTTP3_QPACK_ENCODER_STREAM_ERROR,
     FINE},
    {"9204-2.2.3-01 a duplicate of nothing",
     {CONTROL, BYTES(H3_ENCODER, "\2\x3f\xe1\x1f\0", false)},
     NGHTTP3_QPACK_ENCODER_STREAM_ERROR,
     FINE},
    {"9204-4.4.1-01 a section acknowledged that was not sent",
     {CONTROL, BYTES(H3_DECODER, "\3\x80", false)},
     NGHTTP3_QPACK_DECODER_STREAM_ERROR,
     FINE},
    {"9204-4.4.3-01 inserts acknowledged that were not made",
     {CONTROL, BYTES(H3_DECODER, "\3\1", false)},
     NGHTTP3_QPACK_DECODER_STREAM_ERROR,
     FINE},
    {"9204-4.4.3-01 none acknowledged",
     {CONTROL, BYTES(H3_DECODER, "\3\0", false)},
     NGHTTP3_QPACK_DECODER_STREAM_ERROR,
     FINE},
    /* RFC 9218 */
    {"9218-7.2-01 PRIORITY_UPDATE on a request's",
     {CONTROL, BYTES(0, POST "\x80\x0f\7\0\1\0", false)},
     NGHTTP3_H3_FRAME_UNEXPECTED,
     FINE},
    {"9218-7.2-01 of a stream past what is allowed",
     {BYTES(H3_CONTROL, SETTINGS "\x80\x0f\7\0\2\x41\x90", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
    {"9218-7.2-01 of the last that is allowed",
     {BYTES(H3_CONTROL, SETTINGS "\x80\x0f\7\0\2\x41\x8c", false),
      BYTES(0, GET, true)},
     FINE,
     FINE},
    {"9218-7.2-01 of a stream that no request has",
     {BYTES(H3_CONTROL, SETTINGS "\x80\x0f\7\0\1\2", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
    {"9218-7.2-01 of a push",
     {BYTES(H3_CONTROL, SETTINGS "\x80\x0f\7\1\1\0", false)},
     NGHTTP3_H3_ID_ERROR,
     FINE},
};

static void check_row(size_t i, size_t piece)
{
    struct h3_talk *t = h3_talk_new();
    struct link_stream *s;

    t->l.d.piece = piece;
    for (size_t n = 0; n < 4 && rows[i].sent[n].bytes != NULL; n++) {
        link_send(&t->l, rows[i].sent[n].id,
                  vb_span_of(rows[i].sent[n].bytes, rows[i].sent[n].len),
                  rows[i].sent[n].fin);
        link_pump(&t->l);
    }
    s = link_stream(&t->l, 0);
    if (t->l.closed != rows[i].code || s->reset != rows[i].stream)
        fail_msg("%s: %llx %llx (%d bytes at once) %.*s", rows[i].what,
                 (unsigned long long)t->l.closed, (unsigned long long)s->reset,
                 (int)piece, VB_FMT(vb_buf_span(&t->l.d.log)));
    if (rows[i].code == FINE && rows[i].stream == FINE)
        assert_true(link_logged(&t->l, "end 200"));
    if (t->l.closed == LINK_NONE) {
        assert_true(s->closed);
        assert_int_equal(t->l.consumed, t->l.delivered);
    }
    h3_talk_free(t);
}

static void test_frames_and_streams_by_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++)
        for (size_t piece = 0; piece < 4; piece++)
            check_row(i, piece);
}

/* RFC 9114 section 6.2.1: nor may one be reset, or ours be refused. */
static void test_critical_streams_stay_open(void **state)
{
    static const int64_t ids[] = {H3_CONTROL, H3_ENCODER, H3_DECODER};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(ids); i++) {
        struct h3_talk *t = h3_talk_new();

        h3_ask(&t->c, "GET", "/", NULL, NULL);
        h3_exchange(&t->c);
        link_reset(&t->l, ids[i], NGHTTP3_H3_NO_ERROR);
        assert_int_equal(t->l.closed, NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
        h3_talk_free(t);
        t = h3_talk_new();
        link_pump(&t->l);
        link_stop(&t->l, ids[i] + 1, NGHTTP3_H3_NO_ERROR);
        assert_int_equal(t->l.closed, NGHTTP3_H3_CLOSED_CRITICAL_STREAM);
        h3_talk_free(t);
    }
}

/* 9114-6.2-02: an unknown one is told to stop, and may be reset. */
static void test_unknown_streams_are_told_to_stop(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    vb_buf_str(&t->bytes, "\x21 and so on");
    h3_send(t, 14, false);
    assert_int_equal(link_stream(&t->l, 14)->stopped,
                     NGHTTP3_H3_STREAM_CREATION_ERROR);
    assert_true(link_stream(&t->l, 14)->closed);
    link_send(&t->l, 18, vb_span_of("\x40", 1), false);
    link_pump(&t->l);
    link_reset(&t->l, 18, NGHTTP3_H3_NO_ERROR);
    h3_request(t, 0, get, false);
    assert_true(link_logged(&t->l, "end 200"));
}

/* 9114-7.2.4.2-01: SETTINGS do not wait for the client; and 9114-3.2-01. */
static void test_settings_come_first(void **state)
{
    struct h3_talk *t = *state;
    struct link_stream *control = link_stream(&t->l, 3);

    link_pump(&t->l);
    assert_true(control->down.len > 3);
    assert_memory_equal(control->down.ptr, "\0\4", 2);
    assert_int_equal(control->down.ptr[2], control->down.len - 3);
    assert_int_equal(link_stream(&t->l, 7)->down.ptr[0], 2);
    assert_int_equal(link_stream(&t->l, 11)->down.ptr[0], 3);
}

/* 9114-6.2: a client has to allow three streams. */
static void test_a_client_that_allows_no_streams(void **state)
{
    struct h3_talk *t = *state;

    t->l.no_streams = true;
    link_restart(&t->l);
    assert_int_equal(t->l.closed, NGHTTP3_H3_GENERAL_PROTOCOL_ERROR);
}

/* --- Content -----------------------------------------------------------------
 */

static void put_post(struct h3_talk *t, const char *length, const char *content)
{
    const char *const fields[] = {
        ":method", "POST",    ":scheme",        "https", ":path",
        "/echo",   AUTHORITY, "content-length", length,  NULL};

    h3_headers(&t->bytes, fields);
    h3_frame(&t->bytes, 0, content, strlen(content));
}

/* 9114-4.1.2-01 */
static void test_more_or_less_content_than_announced(void **state)
{
    static const char *const sent[] = {"ab", "abcd"};

    (void)state;
    for (size_t i = 0; i < VB_COUNT_OF(sent); i++) {
        struct h3_talk *t = h3_talk_new();

        h3_begin(t);
        put_post(t, "3", sent[i]);
        h3_send(t, 0, true);
        assert_int_equal(link_stream(&t->l, 0)->reset,
                         NGHTTP3_H3_MESSAGE_ERROR);
        assert_int_equal(t->l.d.ends, 1);
        assert_true(t->l.closed == LINK_NONE);
        h3_request(t, 4, get, false);
        assert_true(link_logged(&t->l, "end 200"));
        assert_int_equal(t->l.consumed, t->l.delivered);
        h3_talk_free(t);
    }
}

static void test_trailers(void **state)
{
    static const char *const trailers[] = {"x", "y", "content-length", "7",
                                           NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_headers(&t->bytes, post);
    h3_frame(&t->bytes, 0, "abc", 3);
    h3_headers(&t->bytes, trailers);
    h3_frame(&t->bytes, 0x21, "grease", 6);
    h3_send(t, 0, true);
    assert_true(link_logged(&t->l, "trailer x=y\n"));
    assert_false(link_logged(&t->l, "length="));
    assert_true(link_logged(&t->l, "end 200 sent=3"));
}

/* 9114-4.3-01 */
static void test_pseudo_fields_in_trailers_are_malformed(void **state)
{
    static const char *const trailers[] = {":path", "/", NULL};
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_headers(&t->bytes, post);
    h3_headers(&t->bytes, trailers);
    h3_send(t, 0, true);
    assert_int_equal(link_stream(&t->l, 0)->reset, NGHTTP3_H3_MESSAGE_ERROR);
    assert_true(link_logged(&t->l, "content 0 the other side has gone"));
}

static void test_100_when_content_is_wanted(void **state)
{
    static const char *const expect[] = {
        ":method",     "POST",    ":scheme", "https",        ":path",
        "/later-echo", AUTHORITY, "expect",  "100-continue", NULL};
    struct h3_talk *t = *state;
    struct link_stream *s;
    size_t before;

    h3_begin(t);
    h3_request(t, 0, expect, true);
    s = link_stream(&t->l, 0);
    before = s->down.len;
    assert_int_equal(before, 0);
    driver_answer(&t->l.d, 0);
    link_pump(&t->l);
    assert_int_equal(s->down.ptr[0], 1);
    assert_false(s->down_fin);
    h3_frame(&t->bytes, 0, "a", 1);
    h3_send(t, 0, true);
    assert_true(link_logged(&t->l, "end 200 sent=1"));
}

/* The end may come behind the head: there is no content then. One that does not
 * come is waited for, but not for long; nor where content means nothing. */
static void test_whether_content_follows_is_told_by_what_follows(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_request(t, 0, post, true);
    assert_int_equal(t->l.d.log.len, 0);
    h3_frame(&t->bytes, 0x21, NULL, 0); /* says nothing of it */
    h3_send(t, 0, false);
    assert_int_equal(t->l.d.log.len, 0);
    h3_send(t, 0, true);
    assert_true(link_logged(&t->l, "begin POST /echo authority=h content=-1"));
    vb_buf_reset(&t->l.d.log);
    h3_request(t, 4, post, true);
    link_pass(&t->l, 999);
    assert_int_equal(t->l.d.log.len, 0);
    link_pass(&t->l, 1);
    assert_true(link_logged(&t->l, "begin POST /echo authority=h content=-2"));
    h3_request(t, 8, get, true);
    assert_true(link_logged(&t->l, "end 200"));
    h3_request(t, 12, get, false);
    assert_true(link_logged(&t->l, "begin GET / authority=h content=-1"));
}

/* --- 0-RTT -------------------------------------------------------------------
 */

/* 9114-10.9-01: RFC 8470 section 5.2 */
static void test_early_requests_are_safe_or_too_early(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    for (int i = 0; i < 3; i++)
        link_stream(&t->l, 4 * i)->early = i < 2;
    h3_request(t, 0, get, false);
    assert_true(link_logged(&t->l, "end 200"));
    h3_request(t, 4, post, false);
    assert_true(link_logged(&t->l, "verdict=425"));
    assert_true(link_logged(&t->l, "end 425"));
    vb_buf_reset(&t->l.d.log);
    h3_request(t, 8, post, false);
    assert_true(link_logged(&t->l, "end 200"));
}

/* A part of the head is enough; content that comes later is not. */
static void test_a_head_that_is_partly_early(void **state)
{
    struct h3_talk *t = *state;

    h3_begin(t);
    h3_headers(&t->bytes, post);
    link_send(&t->l, 0, vb_span_head(vb_buf_span(&t->bytes), 5), false);
    link_stream(&t->l, 0)->early = true;
    link_pump(&t->l);
    link_stream(&t->l, 0)->early = false;
    vb_buf_consume(&t->bytes, 5);
    h3_send(t, 0, true);
    assert_true(link_logged(&t->l, "end 425"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_by_rows),
        cmocka_unit_test(test_frames_and_streams_by_rows),
        cmocka_unit_test(test_critical_streams_stay_open),
        h3_unit_test(test_unknown_streams_are_told_to_stop),
        h3_unit_test(test_settings_come_first),
        h3_unit_test(test_a_client_that_allows_no_streams),
        cmocka_unit_test(test_more_or_less_content_than_announced),
        h3_unit_test(test_trailers),
        h3_unit_test(test_pseudo_fields_in_trailers_are_malformed),
        h3_unit_test(test_100_when_content_is_wanted),
        h3_unit_test(test_whether_content_follows_is_told_by_what_follows),
        h3_unit_test(test_early_requests_are_safe_or_too_early),
        h3_unit_test(test_a_head_that_is_partly_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
