/*
 * Reads what a wire sent as strictly as the grammar is written: a status
 * line, field lines, content as it is delimited. RFC 9112 sections 4 to 7;
 * ledger 9110-2.2-01, 9112-2.2-03, 9112-2.2-07, 9112-5.2-01, 9112-6.2-01.
 */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/chars.h"

struct reader {
    struct driver *d;
    struct vb_span rest;
    struct vb_span trailers;
    bool is_head; /* the request was HEAD */
};

/* A line without its CR LF; fails where it ends in anything else. */
static bool take_line(struct vb_span *rest, struct vb_span *ret_line)
{
    const char *end = memchr(rest->ptr, '\n', rest->len);
    size_t len;

    if (end == NULL)
        return false;
    len = (size_t)(end - rest->ptr);
    assert_true(len > 0 && end[-1] == '\r');
    *ret_line = vb_span_of(rest->ptr, len - 1);
    assert_int_equal(vb_span_find(*ret_line, '\r', 0), -1);
    *rest = vb_span_from(*rest, len + 1);
    return true;
}

static int read_status(struct vb_span line)
{
    int64_t status = 0;

    assert_true(vb_span_starts(line, VB_SPAN("HTTP/1.1 ")));
    assert_true(line.len >= 13 && line.ptr[12] == ' ');
    assert_true(vb_span_i64(vb_span_of(line.ptr + 9, 3), &status));
    return (int)status;
}

static void check_field(struct vb_span line)
{
    size_t name = vb_chars_run(line, VB_CHAR_TCHAR);

    assert_true(name > 0 && name < line.len && line.ptr[name] == ':');
    for (size_t i = name + 1; i < line.len; i++)
        assert_true(!vb_char_is(line.ptr[i], VB_CHAR_CTL) ||
                    line.ptr[i] == '\t');
}

struct vb_span reply_field(const struct reply *reply, const char *name)
{
    struct vb_span rest = reply->head;
    struct vb_span found = {NULL, 0};
    struct vb_span line;

    while (rest.len > 0 && take_line(&rest, &line)) {
        ssize_t colon = vb_span_find(line, ':', 0);

        if (colon < 0 ||
            !vb_span_ieq(vb_span_head(line, (size_t)colon), vb_span_str(name)))
            continue;
        assert_null(found.ptr);
        found = vb_span_trim(vb_span_from(line, (size_t)colon + 1));
    }
    return found;
}

/* RFC 9112 section 7.1.2. */
static bool read_trailers(struct reader *reader)
{
    const char *begin = reader->rest.ptr;
    struct vb_span line;

    while (take_line(&reader->rest, &line)) {
        if (line.len == 0) {
            reader->trailers = vb_span_of(begin, (size_t)(line.ptr - begin));
            return true;
        }
        check_field(line);
    }
    return false;
}

/* RFC 9112 section 7.1, with nothing that the grammar leaves to choice. */
static bool read_chunks(struct reader *reader, struct vb_buf *to)
{
    for (;;) {
        struct vb_span line;
        unsigned long size;
        char text[20] = "";

        if (!take_line(&reader->rest, &line))
            return false;
        assert_true(vb_chars_all(line, VB_CHAR_HEX) && line.len < 16);
        memcpy(text, line.ptr, line.len);
        size = strtoul(text, NULL, 16);
        if (size == 0)
            return read_trailers(reader);
        if (reader->rest.len < size + 2) {
            vb_buf_append(to, vb_span_head(reader->rest, size));
            reader->rest = vb_span_from(reader->rest, reader->rest.len);
            return false;
        }
        vb_buf_append(to, vb_span_head(reader->rest, size));
        reader->rest = vb_span_from(reader->rest, size);
        assert_memory_equal(reader->rest.ptr, "\r\n", 2);
        reader->rest = vb_span_from(reader->rest, 2);
    }
}

static bool read_length(struct reader *reader, struct vb_span length,
                        struct vb_buf *to)
{
    int64_t n = 0;
    bool whole;

    assert_true(vb_span_i64(length, &n));
    whole = (uint64_t)n <= reader->rest.len;
    vb_buf_append(to, vb_span_head(reader->rest, (size_t)n));
    reader->rest = vb_span_from(reader->rest, (size_t)n);
    return whole;
}

static bool read_content(struct reader *reader, const struct reply *reply,
                         struct vb_buf *to)
{
    struct vb_span length = reply_field(reply, "Content-Length");
    struct vb_span coding = reply_field(reply, "Transfer-Encoding");
    bool bare = reply->status < 200 || reply->status == 204;

    assert_true(length.ptr == NULL || coding.ptr == NULL);
    assert_true(!bare || (length.ptr == NULL && coding.ptr == NULL));
    if (bare || reply->status == 304 || reader->is_head)
        return true;
    if (coding.ptr != NULL) {
        assert_span_equal(coding, "chunked");
        return read_chunks(reader, to);
    }
    if (length.ptr != NULL)
        return read_length(reader, length, to);
    assert_span_equal(reply_field(reply, "Connection"), "close");
    vb_buf_append(to, reader->rest);
    reader->rest = vb_span_from(reader->rest, reader->rest.len);
    return true;
}

/* The head, into *reply. False when it is not all there. */
static bool read_head(struct reader *reader, struct reply *reply)
{
    struct vb_span line;
    const char *begin;

    if (!take_line(&reader->rest, &line))
        return false;
    reply->status = read_status(line);
    begin = reader->rest.ptr;
    while (take_line(&reader->rest, &line)) {
        if (line.len == 0) {
            reply->head = vb_span_of(begin, (size_t)(line.ptr - begin));
            return true;
        }
        check_field(line);
    }
    return false;
}

/* Was the i-th request of the log a HEAD? */
static bool was_head(const struct driver *d, int i)
{
    struct vb_span rest = vb_buf_span(&d->log);

    while (rest.len > 0) {
        ssize_t end = vb_span_find(rest, '\n', 0);
        struct vb_span line = vb_span_head(rest, (size_t)end);

        if (vb_span_starts(line, VB_SPAN("begin ")) && i-- == 0)
            return vb_span_starts(line, VB_SPAN("begin HEAD "));
        rest = vb_span_from(rest, (size_t)end + 1);
    }
    return false;
}

static int read_all(struct driver *d, bool interim)
{
    struct reader reader = {.d = d, .rest = vb_buf_span(&d->out)};
    size_t starts[REPLIES_MAX];
    int request = 0;

    d->reply_count = 0;
    vb_buf_reset(&d->decoded);
    while (reader.rest.len > 0) {
        struct reply *reply = &d->replies[d->reply_count];

        assert_true(d->reply_count < REPLIES_MAX);
        *reply = (struct reply){.status = 0};
        starts[d->reply_count] = d->decoded.len;
        reader.is_head = was_head(d, request);
        reader.trailers = vb_span_of(NULL, 0);
        reply->complete = read_head(&reader, reply) &&
                          read_content(&reader, reply, &d->decoded);
        reply->content.len = d->decoded.len - starts[d->reply_count];
        reply->trailers = reader.trailers;
        if (reply->status >= 200 || reply->status == 0)
            request++;
        else if (!interim)
            continue;
        d->reply_count++;
    }
    for (int i = 0; i < d->reply_count; i++)
        if (d->decoded.len > 0)
            d->replies[i].content.ptr = d->decoded.ptr + starts[i];
    return d->reply_count;
}

int driver_read(struct driver *d)
{
    return read_all(d, false);
}

const char *driver_statuses(struct driver *d)
{
    static char text[REPLIES_MAX * 8];
    size_t len = 0;
    int count = read_all(d, true);

    text[0] = '\0';
    for (int i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%d%s",
                                i > 0 ? " " : "", d->replies[i].status,
                                d->replies[i].complete ? "" : "!");
    return text;
}
