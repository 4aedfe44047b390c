/* Cutting a document into tokens. See lex.h. */
#include "graphql/lex.h"

#include <stdarg.h>
#include <stdio.h>

#define BOM "\xEF\xBB\xBF"

void vb__gql_lexer_init(struct vb__gql_lexer *lexer, struct vb_arena *arena,
                        struct vb_span text, size_t most,
                        struct vb_gql_errors *errors)
{
    *lexer = (struct vb__gql_lexer){
        .arena = arena,
        .errors = errors,
        .text = text,
        .line = 1,
        .column = 1,
        .most = most,
    };
}

void vb__gql_fail(struct vb__gql_lexer *lexer, enum vb_err err,
                  struct vb_gql_place at, const char *format, ...)
{
    char text[256];
    va_list args;

    if (lexer->err != VB_OK)
        return;
    lexer->err = err;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    vb_gql_errors_add(lexer->errors, &at, "%s", text);
}

/* --- places --------------------------------------------------------------- */

struct vb_gql_place vb__gql_place(struct vb__gql_lexer *lexer, size_t offset)
{
    for (; lexer->counted < offset; lexer->counted++)
        if (((unsigned char)lexer->text.ptr[lexer->counted] & 0xC0) != 0x80)
            lexer->column++;
    return (struct vb_gql_place){lexer->line, lexer->column};
}

void vb__gql_new_line(struct vb__gql_lexer *lexer, size_t offset)
{
    lexer->line++;
    lexer->column = 1;
    lexer->counted = offset;
}

/* --- what means nothing --------------------------------------------------- */

static void skip_comment(struct vb__gql_lexer *lexer)
{
    while (lexer->offset < lexer->text.len && vb__gql_peek(lexer, 0) != '\n' &&
           vb__gql_peek(lexer, 0) != '\r')
        lexer->offset++;
}

static void skip_line_end(struct vb__gql_lexer *lexer)
{
    if (vb__gql_peek(lexer, 0) == '\r' && vb__gql_peek(lexer, 1) == '\n')
        lexer->offset++;
    lexer->offset++;
    vb__gql_new_line(lexer, lexer->offset);
}

/* White space, commas, comments and byte order marks (section 2.1.7). */
static void skip_ignored(struct vb__gql_lexer *lexer)
{
    for (;;) {
        switch (vb__gql_peek(lexer, 0)) {
        case ' ':
        case '\t':
        case ',':
            lexer->offset++;
            break;
        case '\n':
        case '\r':
            skip_line_end(lexer);
            break;
        case '#':
            skip_comment(lexer);
            break;
        default:
            if (!vb_span_starts(vb_span_from(lexer->text, lexer->offset),
                                VB_SPAN(BOM)))
                return;
            lexer->offset += sizeof(BOM) - 1;
        }
    }
}

/* --- tokens --------------------------------------------------------------- */

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static void unexpected(struct vb__gql_lexer *lexer)
{
    struct vb_span rest = vb_span_from(lexer->text, lexer->offset);
    struct vb_gql_place at = vb__gql_place(lexer, lexer->offset);
    size_t len = 1;

    if (rest.len == 0) {
        vb__gql_fail(lexer, VB_ERR_SYNTAX, at, "the document ends too early");
        return;
    }
    if ((unsigned char)rest.ptr[0] < ' ') {
        vb__gql_fail(lexer, VB_ERR_SYNTAX, at,
                     "the character U+%04X cannot stand here", rest.ptr[0]);
        return;
    }
    while (len < rest.len && ((unsigned char)rest.ptr[len] & 0xC0) == 0x80)
        len++;
    vb__gql_fail(lexer, VB_ERR_SYNTAX, at,
                 "the character \"%.*s\" cannot stand here", (int)len,
                 rest.ptr);
}

static void digits(struct vb__gql_lexer *lexer)
{
    if (!is_digit(vb__gql_peek(lexer, 0)))
        unexpected(lexer);
    while (is_digit(vb__gql_peek(lexer, 0)))
        lexer->offset++;
}

/* Sections 2.9.1 and 2.9.2: what looks like the rest of a number is none. */
static enum vb__gql_token_kind number(struct vb__gql_lexer *lexer)
{
    enum vb__gql_token_kind kind = VB__GQL_INT;

    if (vb__gql_peek(lexer, 0) == '-')
        lexer->offset++;
    if (vb__gql_peek(lexer, 0) == '0')
        lexer->offset++;
    else
        digits(lexer);
    if (vb__gql_peek(lexer, 0) == '.') {
        lexer->offset++;
        digits(lexer);
        kind = VB__GQL_FLOAT;
    }
    if ((vb__gql_peek(lexer, 0) | 0x20) == 'e') {
        lexer->offset++;
        if (vb__gql_peek(lexer, 0) == '+' || vb__gql_peek(lexer, 0) == '-')
            lexer->offset++;
        digits(lexer);
        kind = VB__GQL_FLOAT;
    }
    if (is_digit(vb__gql_peek(lexer, 0)) || vb__gql_peek(lexer, 0) == '.' ||
        is_name_start(vb__gql_peek(lexer, 0)))
        unexpected(lexer);
    return kind;
}

static enum vb__gql_token_kind punctuator(struct vb__gql_lexer *lexer)
{
    char c = vb__gql_peek(lexer, 0);

    if (c == '.' && vb__gql_peek(lexer, 1) == '.' &&
        vb__gql_peek(lexer, 2) == '.')
        lexer->offset += 3;
    else if (c != '\0' && strchr("!$&():=@[]{|}", c) != NULL)
        lexer->offset++;
    else
        unexpected(lexer);
    return VB__GQL_PUNCTUATOR;
}

static enum vb__gql_token_kind token(struct vb__gql_lexer *lexer)
{
    char c = vb__gql_peek(lexer, 0);

    if (is_digit(c) || c == '-')
        return number(lexer);
    if (!is_name_start(c))
        return punctuator(lexer);
    while (is_name_start(vb__gql_peek(lexer, 0)) ||
           is_digit(vb__gql_peek(lexer, 0)))
        lexer->offset++;
    return VB__GQL_NAME;
}

struct vb__gql_token vb__gql_next(struct vb__gql_lexer *lexer)
{
    struct vb__gql_token next = {.kind = VB__GQL_END};
    size_t from;

    if (lexer->err != VB_OK)
        return next;
    skip_ignored(lexer);
    from = lexer->offset;
    next.at = vb__gql_place(lexer, from);
    if (from == lexer->text.len)
        return next;
    if (lexer->tokens++ == lexer->most) {
        vb__gql_fail(lexer, VB_ERR_LIMIT, next.at,
                     "the document has more than %zu tokens", lexer->most);
        return next;
    }
    if (vb__gql_peek(lexer, 0) == '"') {
        next.text = vb__gql_string(lexer);
        next.kind = VB__GQL_STRING;
    } else {
        next.kind = token(lexer);
        next.text =
            vb_span_head(vb_span_from(lexer->text, from), lexer->offset - from);
    }
    if (lexer->err != VB_OK)
        next.kind = VB__GQL_END;
    return next;
}
