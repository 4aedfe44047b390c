/*
 * Exact arithmetic over JSON numbers as they were written.
 *
 * JSON's numbers have no size (RFC 8259 section 6) and JSON Schema's are
 * mathematical: 1.0 is an integer, 0.0075 is a multiple of 0.0001, and
 * 12345678901234567891 is greater than 12345678901234567890. Binary floating
 * point gets all three wrong, so nothing here converts: a number is the text
 * between its delimiters, and every function looks at its digits.
 *
 * The work is linear in the length of the text whatever the exponent says
 * (1e999999999 costs as much as 1e9). An exponent beyond +-10^17 counts as
 * +-10^17: two numbers that differ only past that point compare equal in
 * magnitude. Nothing here allocates or keeps state.
 *
 * Every `text` must hold the grammar of RFC 8259 section 6, which the parser
 * has checked; vb_number_is_valid tells for text from elsewhere (YAML). What
 * is not valid counts as zero.
 */
#ifndef VB_CONTENT_NUMBER_H
#define VB_CONTENT_NUMBER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/hash.h"
#include "base/span.h"

/* The most significant digits that a divisor may have. */
#define VB_NUMBER_DIVISOR_DIGITS 18

/* Is all of text one number of RFC 8259 section 6? */
bool vb_number_is_valid(struct vb_span text);

/* Is the value an integer, however it is written (1, 1.0, 1e2, 10e-1)? */
bool vb_number_is_integer(struct vb_span text);

/* The order of two values: <0, 0, >0. -0 equals 0. */
int vb_number_cmp(struct vb_span a, struct vb_span b);

/*
 * May text be a divisor: greater than zero and, but for zeros at either end,
 * no more than VB_NUMBER_DIVISOR_DIGITS digits?
 */
bool vb_number_is_divisor(struct vb_span text);

/*
 * Is value = n * divisor for some integer n? Exact for every value and every
 * divisor that vb_number_is_divisor takes; false for other divisors.
 */
bool vb_number_is_multiple(struct vb_span value, struct vb_span divisor);

/*
 * The value as an int64. False, *ret_n untouched, when it is not an integer
 * or does not fit.
 */
bool vb_number_i64(struct vb_span text, int64_t *ret_n);

/*
 * Appends one spelling of the value: the same for all texts that vb_number_cmp
 * finds equal. Integers of up to 20 digits are spelt as usual.
 */
void vb_number_write(struct vb_buf *buf, struct vb_span text);

/*
 * Appends the value without an exponent, as it stands in paths: 0, -12, 0.05.
 * That is one spelling of each value, too, but may be more than the buffer
 * takes.
 */
void vb_number_write_plain(struct vb_buf *buf, struct vb_span text);

/* Is that how text is spelt? */
bool vb_number_is_plain(struct vb_span text);

/*
 * Appends bytes whose order (memcmp) is the order of values; no such bytes
 * begin others. Digits past `most` are cut off: numbers that differ there only
 * count as equal. At most `most` + 10 bytes.
 */
void vb_number_collate(struct vb_buf *buf, struct vb_span text, size_t most);

/* A hash of the value: equal for all texts that vb_number_cmp finds equal. */
uint64_t vb_number_hash(const struct vb_hash_key *key, struct vb_span text);

#endif
