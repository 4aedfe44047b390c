/* Strings (October 2021, section 2.9.4). See lex.h. */
#include "graphql/lex.h"

/* --- writing what a string means ------------------------------------------ */

/* In the arena, with room for as much as stands in the document: no escape is
 * shorter than what it means. */
struct out {
    char *text;
    size_t len;
};

static void put(struct out *out, char c)
{
    out->text[out->len++] = c;
}

static void put_character(struct out *out, uint32_t c)
{
    if (c < 0x80) {
        put(out, (char)c);
        return;
    }
    if (c < 0x800) {
        put(out, (char)(0xC0 | (c >> 6)));
    } else {
        if (c < 0x10000) {
            put(out, (char)(0xE0 | (c >> 12)));
        } else {
            put(out, (char)(0xF0 | (c >> 18)));
            put(out, (char)(0x80 | ((c >> 12) & 0x3F)));
        }
        put(out, (char)(0x80 | ((c >> 6) & 0x3F)));
    }
    put(out, (char)(0x80 | (c & 0x3F)));
}

static void no_escape(struct vb__gql_lexer *lexer)
{
    vb__gql_fail(lexer, VB_ERR_SYNTAX, vb__gql_place(lexer, lexer->offset),
                 "there is no such escape in a string");
}

/* --- escapes -------------------------------------------------------------- */

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = vb_ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits `ahead`; false: they are none. */
static bool four_digits(const struct vb__gql_lexer *lexer, size_t ahead,
                        uint32_t *ret)
{
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++) {
        int digit = hex(vb__gql_peek(lexer, ahead + i));

        if (digit < 0)
            return false;
        n = n << 4 | (uint32_t)digit;
    }
    *ret = n;
    return true;
}

/* \u{...}: any scalar value. The length of the escape, 0: it is none. */
static size_t braced(const struct vb__gql_lexer *lexer, uint32_t *ret)
{
    uint32_t n = 0;
    size_t len = 3;

    for (; vb__gql_peek(lexer, len) != '}'; len++) {
        int digit = hex(vb__gql_peek(lexer, len));

        if (digit < 0 || n > 0x10FFFF)
            return 0;
        n = n << 4 | (uint32_t)digit;
    }
    *ret = n;
    return len == 3 || n > 0x10FFFF || (n >= 0xD800 && n < 0xE000) ? 0
                                                                   : len + 1;
}

/* \uXXXX, or two of them that are a surrogate pair. */
static size_t unbraced(const struct vb__gql_lexer *lexer, uint32_t *ret)
{
    uint32_t high, low;

    if (!four_digits(lexer, 2, &high) || (high >= 0xDC00 && high < 0xE000))
        return 0;
    *ret = high;
    if (high < 0xD800 || high >= 0xE000)
        return 6;
    if (vb__gql_peek(lexer, 6) != '\\' || vb__gql_peek(lexer, 7) != 'u' ||
        !four_digits(lexer, 8, &low) || low < 0xDC00 || low >= 0xE000)
        return 0;
    *ret = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

static char simple_escape(char c)
{
    static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
    const char *found = c == '\0' ? NULL : strchr(names, c);

    return found == NULL ? '\0' : means[found - names];
}

/* The escape whose backslash stands here. */
static void escape(struct vb__gql_lexer *lexer, struct out *out)
{
    char c = vb__gql_peek(lexer, 1);
    uint32_t character = (unsigned char)simple_escape(c);
    size_t len = 2;

    if (c == 'u')
        len = vb__gql_peek(lexer, 2) == '{' ? braced(lexer, &character)
                                            : unbraced(lexer, &character);
    else if (character == 0)
        len = 0;
    if (len == 0) {
        no_escape(lexer);
        return;
    }
    put_character(out, character);
    lexer->offset += len;
}

/* --- in quotes ------------------------------------------------------------ */

static void quoted(struct vb__gql_lexer *lexer, struct out *out)
{
    struct vb_gql_place at = vb__gql_place(lexer, lexer->offset);

    lexer->offset++;
    while (lexer->err == VB_OK && vb__gql_peek(lexer, 0) != '"') {
        char c = vb__gql_peek(lexer, 0);

        if (lexer->offset == lexer->text.len || c == '\n' || c == '\r') {
            vb__gql_fail(lexer, VB_ERR_SYNTAX, at, "the string has no end");
        } else if ((unsigned char)c < ' ' && c != '\t') {
            vb__gql_fail(lexer, VB_ERR_SYNTAX,
                         vb__gql_place(lexer, lexer->offset),
                         "the character U+%04X cannot stand in a string", c);
        } else if (c == '\\') {
            escape(lexer, out);
        } else {
            put(out, c);
            lexer->offset++;
        }
    }
    lexer->offset++;
}

/* --- block strings -------------------------------------------------------- */

static bool is_triple(const struct vb__gql_lexer *lexer, size_t ahead)
{
    return vb__gql_peek(lexer, ahead) == '"' &&
           vb__gql_peek(lexer, ahead + 1) == '"' &&
           vb__gql_peek(lexer, ahead + 2) == '"';
}

/* One character of a block; lines end with LF from here on. */
static void block_character(struct vb__gql_lexer *lexer, struct out *out)
{
    char c = vb__gql_peek(lexer, 0);

    if (c == '\\' && is_triple(lexer, 1)) {
        put(out, '"');
        put(out, '"');
        put(out, '"');
        lexer->offset += 4;
        return;
    }
    lexer->offset++;
    if (c == '\r' && vb__gql_peek(lexer, 0) == '\n')
        lexer->offset++;
    if (c == '\r' || c == '\n') {
        put(out, '\n');
        vb__gql_new_line(lexer, lexer->offset);
    } else if ((unsigned char)c < ' ' && c != '\t') {
        vb__gql_fail(lexer, VB_ERR_SYNTAX,
                     vb__gql_place(lexer, lexer->offset - 1),
                     "the character U+%04X cannot stand in a string", c);
    } else {
        put(out, c);
    }
}

static void block(struct vb__gql_lexer *lexer, struct out *out)
{
    struct vb_gql_place at = vb__gql_place(lexer, lexer->offset);

    lexer->offset += 3;
    while (lexer->err == VB_OK && !is_triple(lexer, 0)) {
        if (lexer->offset == lexer->text.len)
            vb__gql_fail(lexer, VB_ERR_SYNTAX, at, "the string has no end");
        else
            block_character(lexer, out);
    }
    lexer->offset += 3;
}

/* The first line of a text, without its end, which is taken as well. */
static struct vb_span cut_line(struct vb_span *text)
{
    ssize_t end = vb_span_find(*text, '\n', 0);
    struct vb_span line =
        vb_span_head(*text, end < 0 ? text->len : (size_t)end);

    *text = vb_span_from(*text, line.len + 1);
    return line;
}

static size_t indent_of(struct vb_span line)
{
    size_t n = 0;

    while (n < line.len && (line.ptr[n] == ' ' || line.ptr[n] == '\t'))
        n++;
    return n;
}

/* What all lines but the first have in common; blank ones have no say. */
static size_t common_indent(struct vb_span raw)
{
    size_t common = SIZE_MAX;

    cut_line(&raw);
    while (raw.len > 0) {
        struct vb_span line = cut_line(&raw);
        size_t indent = indent_of(line);

        if (indent < line.len && indent < common)
            common = indent;
    }
    return common;
}

struct vb_span vb__gql_block_value(struct vb_arena *arena, struct vb_span raw)
{
    char *text = vb_arena_alloc(arena, raw.len + 1);
    size_t common = common_indent(raw), len = 0, end = 0;
    bool first = true, blank = true;

    if (text == NULL)
        return (struct vb_span){NULL, 0};
    while (raw.len > 0) {
        struct vb_span line = cut_line(&raw);
        bool is_blank = indent_of(line) == line.len;

        if (!first && common != SIZE_MAX)
            line = vb_span_from(line, common);
        first = false;
        if (is_blank && blank)
            continue;
        if (!blank)
            text[len++] = '\n';
        blank = false;
        if (line.len > 0)
            memcpy(text + len, line.ptr, line.len);
        len += line.len;
        if (!is_blank)
            end = len;
    }
    return vb_span_of(text, end);
}

/* Bytes from the quote that stands here to the end of the string, at least. */
static size_t extent(const struct vb__gql_lexer *lexer, bool is_block)
{
    size_t rest = lexer->text.len - lexer->offset, len = is_block ? 3 : 1;

    while (len < rest) {
        char c = vb__gql_peek(lexer, len);

        if (is_block ? is_triple(lexer, len) : c == '"' || c == '\n')
            break;
        if (c == '\\' && is_block && is_triple(lexer, len + 1))
            len += 4;
        else
            len += c == '\\' && !is_block ? 2 : 1;
    }
    return len;
}

struct vb_span vb__gql_string(struct vb__gql_lexer *lexer)
{
    const struct vb_span none = {NULL, 0};
    bool is_block = is_triple(lexer, 0);
    struct out out = {NULL, 0};
    struct vb_span value;

    out.text = vb_arena_alloc(lexer->arena, extent(lexer, is_block));
    if (out.text == NULL) {
        lexer->err = VB_ERR_NOMEM;
        return none;
    }
    if (is_block)
        block(lexer, &out);
    else
        quoted(lexer, &out);
    if (lexer->err != VB_OK)
        return none;
    value = vb_span_of(out.text, out.len);
    if (is_block)
        value = vb__gql_block_value(lexer->arena, value);
    if (value.ptr == NULL)
        lexer->err = VB_ERR_NOMEM;
    return value;
}
