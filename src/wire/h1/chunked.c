/* The chunked decoder. See chunked.h. */
#include "wire/h1/chunked.h"

#include "http/chars.h"

/* Extensions nobody understands are ignored, but a sender cannot make us read
 * them for ever (RFC 9112 section 7.1.1). Bytes over a whole message. */
#define OVERHEAD_MAX (8 * 1024)
/* Sizes past 2^60 overflow nothing yet, and mean nobody any good. */
#define SIZE_MAX_SHIFT 56

enum state {
    SIZE_FIRST, /* a digit must come */
    SIZE,       /* more digits, or what may follow them */
    NEXT_EXT,   /* white space was seen: a ";" must come */
    NAME_FIRST, /* behind ";": white space, then a name */
    NAME,
    NAME_AFTER, /* white space behind a name: "=" or ";" must come */
    VALUE_FIRST,
    VALUE,
    QUOTED,
    QUOTED_PAIR,
    QUOTED_AFTER,
    LINE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    BAD
};

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (vb_ascii_lower(c) - 'a') + 10;
}

static enum state on_size(struct vb_chunked *chunked, char c)
{
    if (chunked->left == 0 && chunked->state == SIZE)
        chunked->overhead++; /* another leading zero */
    if (chunked->left >> SIZE_MAX_SHIFT != 0)
        return BAD;
    chunked->left = chunked->left * 16 + (uint64_t)hex_value(c);
    return SIZE;
}

/* What may follow a size, a name or a value. */
static enum state on_boundary(char c)
{
    if (c == '\r')
        return LINE_LF;
    if (c == ';')
        return NAME_FIRST;
    return vb_char_is(c, VB_CHAR_WS) ? NEXT_EXT : BAD;
}

static enum state on_name_end(char c)
{
    if (c == '=')
        return VALUE_FIRST;
    if (vb_char_is(c, VB_CHAR_WS))
        return NAME_AFTER;
    return on_boundary(c);
}

static enum state on_quoted(char c)
{
    if (c == '"')
        return QUOTED_AFTER;
    if (c == '\\')
        return QUOTED_PAIR;
    return vb_char_is(c, VB_CHAR_QDTEXT) ? QUOTED : BAD;
}

/* Where bad white space may stand (RFC 9112 section 7.1.1): stay, or go on. */
static enum state behind_space(enum state here, char c, enum state next)
{
    if (vb_char_is(c, VB_CHAR_WS))
        return here;
    return next;
}

/* One byte of a chunk's extensions:
 * *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] ) */
static enum state on_extension(enum state state, char c)
{
    bool tchar = vb_char_is(c, VB_CHAR_TCHAR);

    switch (state) {
    case NEXT_EXT:
        return behind_space(NEXT_EXT, c, c == ';' ? NAME_FIRST : BAD);
    case NAME_FIRST:
        return behind_space(NAME_FIRST, c, tchar ? NAME : BAD);
    case NAME:
        return tchar ? NAME : on_name_end(c);
    case NAME_AFTER:
        return c == '\r' ? BAD : on_name_end(c);
    case VALUE_FIRST:
        if (c == '"')
            return QUOTED;
        return behind_space(VALUE_FIRST, c, tchar ? VALUE : BAD);
    case VALUE:
        return tchar ? VALUE : on_boundary(c);
    case QUOTED:
        return on_quoted(c);
    case QUOTED_PAIR:
        return vb_char_is(c, VB_CHAR_PAIRED) ? QUOTED : BAD;
    case QUOTED_AFTER:
        return on_boundary(c);
    default:
        return BAD;
    }
}

/* One byte outside of data; the state that follows. Line ends are CR LF and
 * nothing else (RFC 9112 section 2.2 excepts chunk lines from leniency). */
static enum state on_byte(struct vb_chunked *chunked, char c)
{
    enum state state = (enum state)chunked->state;

    switch (state) {
    case SIZE_FIRST:
        return vb_char_is(c, VB_CHAR_HEX) ? on_size(chunked, c) : BAD;
    case SIZE:
        return vb_char_is(c, VB_CHAR_HEX) ? on_size(chunked, c)
                                          : on_boundary(c);
    case LINE_LF:
        return c == '\n' ? DATA : BAD;
    case DATA_CR:
        return c == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return c == '\n' ? SIZE_FIRST : BAD;
    default:
        chunked->overhead++;
        return on_extension(state, c);
    }
}

static struct vb_span take_data(struct vb_chunked *chunked,
                                struct vb_span *input)
{
    struct vb_span data = *input;

    if (data.len > chunked->left)
        data.len = (size_t)chunked->left;
    chunked->left -= data.len;
    *input = vb_span_from(*input, data.len);
    if (chunked->left == 0)
        chunked->state = DATA_CR;
    return data;
}

enum vb_chunked_got vb_chunked_next(struct vb_chunked *chunked,
                                    struct vb_span *input,
                                    struct vb_span *ret_data)
{
    while (input->len > 0) {
        enum state next;

        if (chunked->state == DATA) {
            *ret_data = take_data(chunked, input);
            return VB_CHUNKED_DATA;
        }
        next = on_byte(chunked, input->ptr[0]);
        *input = vb_span_from(*input, 1);
        chunked->state = (uint8_t)next;
        if (next == BAD)
            return VB_CHUNKED_BAD;
        if (chunked->overhead > OVERHEAD_MAX)
            return VB_CHUNKED_LARGE;
        if (next == DATA && chunked->left == 0)
            return VB_CHUNKED_LAST;
    }
    return VB_CHUNKED_MORE;
}
