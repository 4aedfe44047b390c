/* Replies to a client of HTTP/2, by rows: RFC 9113 sections 8.1 to 8.6. What
 * comes of them must not depend on how they were split. */
#include "h2_server.h"

#define STATUS(n) ":status", #n
#define MALFORMED "RST_STREAM 1 1\n"
#define NONE      ""

enum { FIELDS = 12 };

/* HEADERS, or DATA where there are no fields. */
struct frame {
    const char *fields[FIELDS];
    const char *data;
    bool end;
};

struct row {
    const char *rule; /* ids of the ledger, or what else it is about */
    const char *method;
    struct frame frames[4];
    const char *log;
    const char *told; /* what the server is sent */
};

static const struct row rows[] = {
    {"9113-8.3.2-01",
     "GET",
     {{{STATUS(200)}, NULL, true}},
     "head 200 -\nnone\nend whole\n",
     NONE},
    {"content",
     "GET",
     {{{STATUS(200), "x", "y"}, NULL, false}, {{NULL}, "hello", true}},
     "head 200 -\nfield x=y\ncontent hello\nend whole\n",
     NONE},
    {"9113-8.1.1-01",
     "GET",
     {{{STATUS(200), "content-length", "5"}, NULL, false},
      {{NULL}, "hel", false},
      {{NULL}, "lo", true}},
     "head 200 5\ncontent hello\nend whole\n",
     NONE},
    {"9113-8.1.1-01 less",
     "GET",
     {{{STATUS(200), "content-length", "5"}, NULL, false},
      {{NULL}, "hell", true}},
     "head 200 5\ncontent hell\nend malformed\n",
     MALFORMED},
    {"9113-8.1.1-01 more",
     "GET",
     {{{STATUS(200), "content-length", "5"}, NULL, false},
      {{NULL}, "hello!", true}},
     "head 200 5\nend malformed\n",
     MALFORMED},
    {"9113-8.1.1-01 none",
     "GET",
     {{{STATUS(200), "content-length", "5"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.1.1-01 HEAD",
     "HEAD",
     {{{STATUS(200), "content-length", "5"}, NULL, true}},
     "head 200 5\nnone\nend whole\n",
     NONE},
    {"9113-8.1.1-01 HEAD, with an empty frame",
     "HEAD",
     {{{STATUS(200), "content-length", "5"}, NULL, false}, {{NULL}, "", true}},
     "head 200 5\nnone\nend whole\n",
     NONE},
    {"9113-8.1.1-01 HEAD, with content",
     "HEAD",
     {{{STATUS(200)}, NULL, false}, {{NULL}, "hello", true}},
     "head 200 -\nnone\nend malformed\n",
     MALFORMED},
    {"9113-8.1.1-01 304",
     "GET",
     {{{STATUS(304), "content-length", "5"}, NULL, true}},
     "head 304 5\nnone\nend whole\n",
     NONE},
    {"9113-8.1.1-01 204 with content",
     "GET",
     {{{STATUS(204)}, NULL, false}, {{NULL}, "a", true}},
     "head 204 -\nnone\nend malformed\n",
     MALFORMED},
    {"9110-8.6-12",
     "GET",
     {{{STATUS(200), "content-length", "5", "content-length", "5"},
       NULL,
       false}},
     "end malformed\n",
     MALFORMED},
    {"9110-8.6-11",
     "GET",
     {{{STATUS(200), "content-length", "5x"}, NULL, false}},
     "end malformed\n",
     MALFORMED},

    {"9113-8.3-01 none",
     "GET",
     {{{"x", "y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.3-01 late",
     "GET",
     {{{"x", "y", STATUS(200)}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.3-01 twice",
     "GET",
     {{{STATUS(200), STATUS(200)}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.3-01 unknown",
     "GET",
     {{{STATUS(200), ":foo", "y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.3-01 a request's",
     "GET",
     {{{":method", "GET", STATUS(200)}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9110-15-02",
     "GET",
     {{{":status", "999"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9110-15-02",
     "GET",
     {{{":status", "20"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9110-15-02",
     "GET",
     {{{":status", ""}, NULL, true}},
     "end malformed\n",
     MALFORMED},

    {"9113-8.2.1-01 upper case",
     "GET",
     {{{STATUS(200), "X", "y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.1-01",
     "GET",
     {{{STATUS(200), "x y", "y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.1-01",
     "GET",
     {{{STATUS(200), "", "y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.1-01",
     "GET",
     {{{STATUS(200), "x", "a\r\nb"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.1-01",
     "GET",
     {{{STATUS(200), "x", " y"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.1-01",
     "GET",
     {{{STATUS(200), "x", "y\t"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.2-01",
     "GET",
     {{{STATUS(200), "connection", "close"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.2-01",
     "GET",
     {{{STATUS(200), "transfer-encoding", "chunked"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.2-01",
     "GET",
     {{{STATUS(200), "upgrade", "x"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.2.2-01",
     "GET",
     {{{STATUS(200), "keep-alive", "x"}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"6265bis-3-02",
     "GET",
     {{{STATUS(200), "set-cookie", "a", "set-cookie", "b"}, NULL, true}},
     "head 200 -\nnone\nfield set-cookie=a\nfield set-cookie=b\nend whole\n",
     NONE},

    {"9110-15.2-02",
     "GET",
     {{{STATUS(100)}, NULL, false},
      {{STATUS(103), "x", "y"}, NULL, false},
      {{STATUS(200)}, NULL, true}},
     "interim 100\ninterim 103\nfield x=y\nhead 200 -\nnone\nend whole\n",
     NONE},
    {"9113-8.1-03 an interim reply with an end",
     "GET",
     {{{STATUS(103)}, NULL, true}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.6-01",
     "GET",
     {{{STATUS(101)}, NULL, false}},
     "end malformed\n",
     MALFORMED},
    {"9113-8.1 content before the head",
     "GET",
     {{{NULL}, "hello", true}},
     "end malformed\n",
     MALFORMED},

    {"trailers",
     "GET",
     {{{STATUS(200)}, NULL, false},
      {{NULL}, "hello", false},
      {{"x-sum", "5", "x", ""}, NULL, true}},
     "head 200 -\ncontent hello\ntrailer x-sum=5\ntrailer x=\nend whole\n",
     NONE},
    {"9110-6.5.1-02",
     "GET",
     {{{STATUS(200)}, NULL, false},
      {{"set-cookie", "5", "x", "y", "content-length", "7"}, NULL, true}},
     "head 200 -\ntrailer x=y\nend whole\n",
     NONE},
    {"9113-8.1-03",
     "GET",
     {{{STATUS(200)}, NULL, false}, {{"x", "5"}, NULL, false}},
     "head 200 -\nend malformed\n",
     MALFORMED},
    {"9113-8.1-03 two replies",
     "GET",
     {{{STATUS(200)}, NULL, false}, {{STATUS(200)}, NULL, true}},
     "head 200 -\nend malformed\n",
     MALFORMED},
    {"9113-8.1-04",
     "GET",
     {{{STATUS(200)}, NULL, false}, {{":status", "5"}, NULL, true}},
     "head 200 -\nend malformed\n",
     MALFORMED},
    {"9113-8.2.1-01 trailers",
     "GET",
     {{{STATUS(200)}, NULL, false}, {{"X", "5"}, NULL, true}},
     "head 200 -\nend malformed\n",
     MALFORMED},
    {"9113-8.1.1-01 before trailers",
     "GET",
     {{{STATUS(200), "content-length", "5"}, NULL, false},
      {{NULL}, "hell", false},
      {{"x", "5"}, NULL, true}},
     "head 200 5\ncontent hell\nend malformed\n",
     MALFORMED},

    {"9110-9.3.6-04",
     "CONNECT",
     {{{STATUS(200), "content-length", "3"}, NULL, false},
      {{NULL}, "hello", false}},
     "head 200 3\nswitched\ncontent hello\n",
     "DATA 1 0 end\n"},
    {"9110-9.3.6-04 both ends",
     "CONNECT",
     {{{STATUS(200)}, NULL, false}, {{NULL}, "hello", true}},
     "head 200 -\nswitched\ncontent hello\neof\nend whole\n",
     "DATA 1 0 end\n"},
    {"9113-8.5-02",
     "CONNECT",
     {{{STATUS(200)}, NULL, false}, {{"x", "y"}, NULL, true}},
     "head 200 -\nswitched\nend malformed\n",
     MALFORMED},
    {"9110-9.3.6-04 refused",
     "CONNECT",
     {{{STATUS(407)}, NULL, false}, {{NULL}, "hello", true}},
     "head 407 -\ncontent hello\nend whole\n",
     "RST_STREAM 1 8\n"},
};

static void make(struct h2_server *s, const struct row *row)
{
    for (size_t i = 0; i < VB_COUNT_OF(row->frames); i++) {
        const struct frame *frame = &row->frames[i];

        if (frame->fields[0] != NULL)
            h2_serve_head(s, 1, frame->fields, frame->end);
        else if (frame->data != NULL)
            h2_serve_data(s, 1, vb_span_str(frame->data), frame->end);
    }
}

static void check(struct h2_server *s, const struct row *row, size_t split)
{
    struct vb_buf want;
    const char *told;
    const char *log = caller_log(&s->c);

    vb_buf_init(&want, 64 * 1024);
    vb_buf_str(&want, row->log);
    if (strstr(row->log, "end ") != NULL)
        vb_buf_str(&want, "room\n");
    vb_buf_char(&want, '\0');
    if (strcmp(log, want.ptr) != 0)
        fail_msg("%s, split at %zu: the call is told:\n%s", row->rule, split,
                 log);
    vb_buf_done(&want);
    told = h2_server_told(s);
    told = strchr(told, '\n') + 1; /* behind the request */
    /* The end of an empty tunnel may have gone out before that. */
    if (strcmp(told, row->told) != 0 &&
        strncmp(told, "DATA 1 0 end\n", 13) == 0)
        told += 13;
    if (strcmp(told, row->told) != 0)
        fail_msg("%s, split at %zu: the server is told:\n%s", row->rule, split,
                 told);
    assert_int_equal(caller_state(&s->c) & VB_WIRE_CLOSE, 0);
}

static void play(struct h2_server *s, const struct row *row, size_t split,
                 size_t piece)
{
    static const uint32_t settings[] = {0};
    struct vb_buf bytes;

    h2_server_restart(s, settings);
    s->c.piece = piece;
    assert_int_equal(caller_start(&s->c, caller_ask(&s->c, row->method, "/")),
                     VB_OK);
    make(s, row);
    bytes = s->bytes;
    vb_buf_init(&s->bytes, bytes.limit);
    if (split > 0)
        caller_answer(&s->c, vb_span_head(vb_buf_span(&bytes), split));
    caller_answer(&s->c, vb_span_from(vb_buf_span(&bytes), split));
    vb_buf_done(&bytes);
    check(s, row, split);
}

static void test_replies_by_rows(void **state)
{
    static const uint32_t settings[] = {0};
    struct h2_server s;

    (void)state;
    h2_server_init(&s, settings);
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        size_t len;

        make(&s, &rows[i]);
        len = s.bytes.len;
        play(&s, &rows[i], 0, 1);
        for (size_t split = 0; split < len; split++)
            play(&s, &rows[i], split, 0);
    }
    h2_server_done(&s);
}

/* 9110-5.4-02, 9113-10.5.1-01: bounds of a call are its own; what comes behind
 * can be read. */
static void test_a_head_is_bounded(void **state)
{
    static const struct vb_head_limits small = {.max_target = 10,
                                                .max_field = 40,
                                                .max_fields = 2,
                                                .max_fields_size = 100};
    static const char *const large[][10] = {
        {STATUS(200), "x", "0123456789012345678901234567890123456789"},
        {STATUS(200), "a", "1", "b", "2", "c", "3"},
    };
    static const char *const fine[] = {STATUS(200), "x", "y", NULL};
    static const uint32_t settings[] = {0};
    struct h2_server s;

    (void)state;
    h2_server_init(&s, settings);
    s.c.call_limits.head = small;
    for (size_t i = 0; i < VB_COUNT_OF(large); i++) {
        h2_server_restart(&s, settings);
        caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
        caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
        s.c.asked[1]->tag = "2 ";
        h2_server_told(&s);
        h2_serve_head(&s, 1, large[i], true);
        h2_serve_head(&s, 3, fine, true);
        h2_serve(&s);
        assert_log(&s.c, "end too large\nroom\n2 head 200 -\n2 none\n"
                         "2 field x=y\n2 end whole\nroom\n");
        assert_told(&s, "RST_STREAM 1 8\n");
    }
    h2_server_done(&s);
}

/* 9113-10.5.1-01: what is beyond all bounds ends the connection. */
static void test_a_head_without_end_is_given_up(void **state)
{
    static const uint32_t settings[] = {0};
    static char value[16000];
    const char *fields[] = {STATUS(200), "x", value, NULL};
    struct h2_server s;

    (void)state;
    memset(value, 'v', sizeof(value) - 1);
    h2_server_init(&s, settings);
    caller_start(&s.c, caller_ask(&s.c, "GET", "/"));
    h2_server_told(&s);
    for (int i = 0; i < 40; i++) {
        struct vb_buf section;

        vb_buf_init(&section, 32 * 1024);
        h2_section(&section, i == 0 ? fields : fields + 2);
        h2_frame(&s.bytes, i == 0 ? NGHTTP2_HEADERS : NGHTTP2_CONTINUATION, 0,
                 1, section.ptr, section.len);
        vb_buf_done(&section);
    }
    h2_serve(&s);
    assert_log(&s.c, "end malformed\n");
    assert_told(&s, "GOAWAY 0 11\n");
    assert_int_equal(caller_state(&s.c), VB_WIRE_CLOSE);
    h2_server_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_by_rows),
        cmocka_unit_test(test_a_head_is_bounded),
        cmocka_unit_test(test_a_head_without_end_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
