/*
 * The table of character classes, computed by the compiler from the ABNF of
 * RFC 9110, each rule on a line of its own.
 */
#include "http/chars.h"

#define IN(c, from, to) ((c) >= (from) && (c) <= (to))

#define DIGIT(c) IN(c, '0', '9')
#define ALPHA(c) (IN(c, 'A', 'Z') || IN(c, 'a', 'z'))
#define HEX(c)   (DIGIT(c) || IN(c, 'A', 'F') || IN(c, 'a', 'f'))
#define WS(c)    ((c) == ' ' || (c) == '\t')
#define VCHAR(c) IN(c, 0x21, 0x7e)
#define OBS(c)   ((c) >= 0x80)
#define CTL(c)   ((c) < 0x20 || (c) == 0x7f)

/* DQUOTE and "(),/:;<=>?@[\]{}" are VCHARs outside of tokens. */
#define DELIMITER(c)                                                           \
    ((c) == '"' || (c) == '(' || (c) == ')' || (c) == ',' || (c) == '/' ||     \
     IN(c, ':', '@') || IN(c, '[', ']') || (c) == '{' || (c) == '}')
#define TCHAR(c) (VCHAR(c) && !DELIMITER(c))

#define PAIRED(c) (WS(c) || VCHAR(c) || OBS(c))
#define QDTEXT(c) (PAIRED(c) && (c) != '"' && (c) != '\\')
#define CTEXT(c)  (PAIRED(c) && (c) != '(' && (c) != ')' && (c) != '\\')
#define ETAGC(c)  ((VCHAR(c) && (c) != '"') || OBS(c))
#define TOKEN68(c)                                                             \
    (ALPHA(c) || DIGIT(c) || IN(c, '-', '/') || (c) == '_' || (c) == '~' ||    \
     (c) == '+')

#define BIT(c, name) (name(c) ? VB_CHAR_##name : 0)
#define CLASS(c)                                                               \
    (BIT(c, ALPHA) | BIT(c, DIGIT) | BIT(c, HEX) | BIT(c, TCHAR) |             \
     BIT(c, WS) | BIT(c, QDTEXT) | BIT(c, PAIRED) | BIT(c, CTEXT) |            \
     BIT(c, ETAGC) | BIT(c, VCHAR) | BIT(c, OBS) | BIT(c, CTL) |               \
     BIT(c, TOKEN68))

#define CLASS4(c)  CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3)
#define CLASS16(c) CLASS4(c), CLASS4((c) + 4), CLASS4((c) + 8), CLASS4((c) + 12)
#define CLASS64(c)                                                             \
    CLASS16(c), CLASS16((c) + 16), CLASS16((c) + 32), CLASS16((c) + 48)

const uint16_t vb_chars[256] = {
    CLASS64(0),
    CLASS64(64),
    CLASS64(128),
    CLASS64(192),
};
