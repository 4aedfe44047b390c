/*
 * Expressions over JSON values, in the language of AIP-160:
 *
 *     resource.team = account.team AND (content.level < 3 OR role:admin)
 *
 *     expression : sequence {AND sequence}
 *     sequence   : factor {factor}                   side by side: AND
 *     factor     : term {OR term}                    OR binds closer than AND
 *     term       : [NOT | -] ("(" expression ")" | restriction)
 *     restriction: member [(= | != | < | <= | > | >= | :) value]
 *
 * A member is a dotted path; a value is a text, a string in quotes of either
 * kind, or another path. `:` asks whether a list or an object has it, `:*`
 * whether anything is there; a member alone, whether it is true. Left out of
 * AIP-160: functions, a value in parentheses, and `*` within a string, which
 * in a rule would let more in than it seems to.
 *
 * Values compare as elsewhere (filter.h): numbers by value, strings by code
 * point, date-times as instants. What is not there, and null, equals nothing,
 * not even each other, and has no order: only != holds for it. `= null` asks
 * for just that.
 *
 * The outcome has three values (Kleene's), since not all may be known yet.
 */
#ifndef VB_CONTENT_EXPRESSION_H
#define VB_CONTENT_EXPRESSION_H

#include <yyjson.h>

#include "base/arena.h"
#include "base/err.h"
#include "content/filter.h"

/* Bounds of one expression: bytes of text, what is nested in parentheses and
 * NOT, terms, and names in a path. */
#define VB_EXPRESSION_BYTES 4096
#define VB_EXPRESSION_DEPTH 32
#define VB_EXPRESSION_TERMS 256
#define VB_EXPRESSION_PATH  16

enum vb_truth { VB_FALSE, VB_TRUE, VB_UNKNOWN };

enum vb_truth vb_truth_not(enum vb_truth a);
enum vb_truth vb_truth_and(enum vb_truth a, enum vb_truth b);
enum vb_truth vb_truth_or(enum vb_truth a, enum vb_truth b);

/* --- reading -------------------------------------------------------------- */

/* A condition that whoever evaluates knows by its name: `owner`, `role:NAME`.
 */
struct vb_expression_word {
    struct vb_span name;
    bool argued; /* a colon and a value follow */
};

/* At most so many roots. */
#define VB_EXPRESSION_ROOTS 4

/* What can be said. */
struct vb_expression_language {
    /* What paths begin with; none: they are all of one value, unprefixed. */
    const struct vb_span *roots;
    size_t root_count;
    const struct vb_expression_word *words;
    size_t word_count;
    /* What is known of a path from a root (`len` names, which live as long as
     * the expression); false: there is no such thing. NULL: nothing is known of
     * any. */
    bool (*field)(void *context, size_t root, const struct vb_span *path,
                  size_t len, struct vb_filter_field *ret_field);
    void *context;
};

struct vb_expression_error {
    size_t offset;       /* bytes from the text's start */
    const char *text;    /* what is wrong; static */
    struct vb_span name; /* nobody knows it; "" where that is not it */
    int root;            /* where it was looked for; -1: at the beginning */
};

struct vb_expression;

/*
 * Compiles a text, which must be UTF-8; all of it lies in the arena, the text
 * is not borrowed. VB_ERR_INVALID with *ret_error filled; VB_ERR_NOMEM.
 */
enum vb_err vb_expression_read(struct vb_arena *arena, struct vb_span text,
                               const struct vb_expression_language *language,
                               const struct vb_expression **ret_expression,
                               struct vb_expression_error *ret_error);

/* Which roots and words are in it, as sets of their indexes. */
unsigned vb_expression_roots(const struct vb_expression *expression);
unsigned vb_expression_words(const struct vb_expression *expression);

/* The one path from a root that is in it; NULL: there is none, or others. */
const struct vb_filter_field *
vb_expression_only(const struct vb_expression *expression, size_t root);

/* --- evaluating ----------------------------------------------------------- */

struct vb_expression_values {
    yyjson_val *roots[VB_EXPRESSION_ROOTS]; /* NULL: there is none */
    unsigned unknown; /* set of roots of which nothing is known yet */
    /* Does the word hold? NULL: no word does. */
    enum vb_truth (*word)(const void *context, size_t word,
                          struct vb_span argument);
    const void *context;
};

/* VB_UNKNOWN also where memory is short. Nothing is changed: it may be called
 * on any thread. */
enum vb_truth vb_expression_ask(const struct vb_expression *expression,
                                const struct vb_expression_values *values);

#endif
