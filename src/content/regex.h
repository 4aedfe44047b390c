/*
 * Regular expressions as JSON Schema means them: ECMA-262 (section 22.2, with
 * the u flag), matched over UTF-8 by PCRE2.
 *
 *     pattern ── rewrite ──▶ PCRE2's dialect ── pcre2_compile ──▶ vb_regex
 *
 * The two dialects share most of their notation and differ in what it means
 * (\s, $, ., \cX, \u0041, [], [^], \p{Letter}, (?<name>...)), and PCRE2 has
 * much that ECMA-262 has not ((?i), (*VERB), a++, \A, [[:alpha:]]). So every
 * construct is read by ECMA-262's grammar and written anew; what that grammar
 * does not have is an error. More lenient than the grammar in one thing, since
 * so many patterns in descriptions need it: a backslash before a character
 * that is neither letter nor digit means that character; {, } and ] mean
 * themselves where they open or close nothing; and so does - beside \w or its
 * like in a class.
 *
 * A pattern that backtracks without end is the schema's flaw, yet it is the
 * client who sends the string for it: each match counts its steps against a
 * budget and gives up with VB_ERR_LIMIT. PCRE2's own limit starts anew at
 * every offset of the string and its JIT counts only some steps, so patterns
 * that may start anywhere get a counted search as a prefix, and there is no
 * JIT (it would save 30 ns on a short string).
 */
#ifndef VB_CONTENT_REGEX_H
#define VB_CONTENT_REGEX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* The longest pattern, in bytes. */
#define VB_REGEX_PATTERN_MAX 65536

/* A compiled pattern: immutable, any number of threads may match with it. */
struct vb_regex;

/* Where and why a pattern was refused. */
struct vb_regex_fault {
    size_t at;        /* byte offset in the pattern; 0 when unknown */
    const char *text; /* static, for a person */
};

/*
 * Compiles a pattern (UTF-8). The caller frees the result with vb_regex_free.
 * VB_ERR_SYNTAX: not ECMA-262; VB_ERR_UNSUPPORTED: it is, but PCRE2 cannot do
 * it (a lookbehind without bound, a repetition of more than 65535);
 * VB_ERR_LIMIT: too long; VB_ERR_NOMEM. On failure *ret_fault (unless NULL)
 * says more.
 */
enum vb_err vb_regex_compile(struct vb_span pattern, struct vb_regex **ret,
                             struct vb_regex_fault *ret_fault);

void vb_regex_free(struct vb_regex *regex);

/*
 * Does the pattern match anywhere in `subject` (UTF-8)? Takes the steps it
 * may have needed from *budget; one step is some 15 ns. VB_ERR_LIMIT when
 * they run out, or when the match needs more than 16 MiB of memory;
 * VB_ERR_INVALID when the subject is not UTF-8. Allocates once per thread.
 */
enum vb_err vb_regex_match(const struct vb_regex *regex, struct vb_span subject,
                           uint64_t *budget, bool *ret_matched);

/* Does pattern keep ECMA-262's grammar, and VB_REGEX_PATTERN_MAX? Pure, linear,
 * compiles nothing. */
bool vb_regex_is_valid(struct vb_span pattern);

#endif
