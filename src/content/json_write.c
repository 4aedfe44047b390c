/* Writing JSON. See json.h. */
#include "base/rfc3339.h"
#include "base/utf8.h"
#include "content/json.h"

/* RFC 8259 section 7: what must be escaped, and the short form where there is
 * one; 'u' asks for \u00XX. */
static const char escapes[256] = {
    [0x00] = 'u', [0x01] = 'u', [0x02] = 'u', [0x03] = 'u',  [0x04] = 'u',
    [0x05] = 'u', [0x06] = 'u', [0x07] = 'u', [0x08] = 'b',  [0x09] = 't',
    [0x0A] = 'n', [0x0B] = 'u', [0x0C] = 'f', [0x0D] = 'r',  [0x0E] = 'u',
    [0x0F] = 'u', [0x10] = 'u', [0x11] = 'u', [0x12] = 'u',  [0x13] = 'u',
    [0x14] = 'u', [0x15] = 'u', [0x16] = 'u', [0x17] = 'u',  [0x18] = 'u',
    [0x19] = 'u', [0x1A] = 'u', [0x1B] = 'u', [0x1C] = 'u',  [0x1D] = 'u',
    [0x1E] = 'u', [0x1F] = 'u', ['"'] = '"',  ['\\'] = '\\',
};

static void write_escape(struct vb_buf *buf, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {'\\', escapes[c], '0', '0', hex[c >> 4], hex[c & 15]};

    vb_buf_append(buf, vb_span_of(text, escapes[c] == 'u' ? 6 : 2));
}

/* What stands between the quotes; s is UTF-8. */
static void write_text(struct vb_buf *buf, struct vb_span s)
{
    size_t from = 0;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];

        if (escapes[c] == 0)
            continue;
        vb_buf_append(buf, vb_span_of(s.ptr + from, i - from));
        write_escape(buf, c);
        from = i + 1;
    }
    vb_buf_append(buf, vb_span_from(s, from));
}

/* One byte in each place of a word. */
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Is some byte of the word 0? */
static bool has_zero(uint64_t word)
{
    return ((word - EACH(0x01)) & ~word & EACH(0x80)) != 0;
}

/* The same as `escapes`, for eight bytes at once. */
static bool are_plain(const char *eight)
{
    uint64_t word;

    memcpy(&word, eight, sizeof(word));
    return !has_zero(word & EACH(0xE0)) && !has_zero(word ^ EACH('"')) &&
           !has_zero(word ^ EACH('\\'));
}

static bool is_plain(struct vb_span s)
{
    size_t i = 0;

    for (; i + 8 <= s.len; i += 8)
        if (!are_plain(s.ptr + i))
            return false;
    for (; i < s.len; i++)
        if (escapes[(unsigned char)s.ptr[i]] != 0)
            return false;
    return true;
}

/* A string that is UTF-8. Most have nothing to escape: those go in at once. */
static void write_known_string(struct vb_buf *buf, struct vb_span s)
{
    char *at;

    if (!is_plain(s)) {
        vb_buf_char(buf, '"');
        write_text(buf, s);
        vb_buf_char(buf, '"');
        return;
    }
    at = vb_buf_reserve(buf, s.len + 2);
    if (at == NULL)
        return;
    at[0] = '"';
    memcpy(at + 1, s.ptr, s.len);
    at[s.len + 1] = '"';
    buf->len += s.len + 2;
}

void vb_json_write_string(struct vb_buf *buf, struct vb_span s)
{
    vb_buf_char(buf, '"');
    for (;;) {
        size_t good = vb_utf8_prefix(s);

        write_text(buf, vb_span_head(s, good));
        if (good == s.len)
            break;
        vb_buf_str(buf, "\xEF\xBF\xBD"); /* U+FFFD */
        s = vb_span_from(s, good + 1);
    }
    vb_buf_char(buf, '"');
}

void vb_json_write_time(struct vb_buf *buf, int64_t unix_ms)
{
    char text[VB_RFC3339_LEN];

    vb_rfc3339_format(unix_ms, text);
    vb_json_write_string(buf, vb_span_of(text, sizeof(text)));
}

/* How to write: in one line, or indented from some level on. */
struct style {
    bool pretty;
    unsigned level;
};

static void break_line(struct vb_buf *buf, struct style style)
{
    if (!style.pretty)
        return;
    vb_buf_char(buf, '\n');
    for (unsigned i = 0; i < style.level; i++)
        vb_buf_str(buf, "  ");
}

static void write_value(struct vb_buf *buf, yyjson_val *value,
                        struct style style);

/* An array or an object. It recurses as deep as a document may be nested. */
static void write_container(struct vb_buf *buf, yyjson_val *value,
                            struct style style)
{
    const struct style inner = {style.pretty, style.level + 1};
    bool is_object = yyjson_is_obj(value);
    size_t count = unsafe_yyjson_get_len(value);
    yyjson_val *at = value + 1;

    vb_buf_char(buf, is_object ? '{' : '[');
    for (size_t i = 0; i < count && buf->err == VB_OK; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        break_line(buf, inner);
        if (is_object) {
            write_known_string(buf, vb_json_text(at));
            vb_buf_str(buf, style.pretty ? ": " : ":");
            at++;
        }
        write_value(buf, at, inner);
        at = unsafe_yyjson_get_next(at);
    }
    if (count > 0)
        break_line(buf, style);
    vb_buf_char(buf, is_object ? '}' : ']');
}

static void write_value(struct vb_buf *buf, yyjson_val *value,
                        struct style style)
{
    switch (yyjson_get_type(value)) {
    case YYJSON_TYPE_ARR:
    case YYJSON_TYPE_OBJ:
        write_container(buf, value, style);
        break;
    case YYJSON_TYPE_STR:
        write_known_string(buf, vb_json_text(value));
        break;
    case YYJSON_TYPE_RAW:
        vb_buf_append(buf, vb_json_text(value));
        break;
    case YYJSON_TYPE_BOOL:
        vb_buf_str(buf, yyjson_get_bool(value) ? "true" : "false");
        break;
    default:
        vb_buf_str(buf, "null");
    }
}

void vb_json_write(struct vb_buf *buf, yyjson_val *value)
{
    write_value(buf, value, (struct style){false, 0});
}

void vb_json_write_pretty(struct vb_buf *buf, yyjson_val *value)
{
    write_value(buf, value, (struct style){true, 0});
    vb_buf_char(buf, '\n');
}
