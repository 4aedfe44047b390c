/*
 * A number is taken apart once into
 *
 *     value = (-1)^negative * 0.d1 d2 d3 ... dn * 10^point,  d1 != 0, dn != 0
 *
 * where the digits stay where they are in the text, with the decimal point
 * possibly between them. Zero has no digits. In this form order, integrality
 * and divisibility are each one walk over digits.
 */
#include "content/number.h"

#include "base/assert.h"

/* Where exponents stop growing: sums with text lengths stay far from
 * overflow. */
#define EXPONENT_MAX INT64_C(100000000000000000)

/* The digits d1 .. dn; `ptr` may stand on the decimal point in between. */
struct digits {
    const char *ptr;
    size_t left; /* digits, not bytes */
};

struct number {
    bool negative;
    struct digits digits;
    int64_t point; /* where the decimal point stands, counted from d1 */
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next digit's value; 0 without end behind the last one. */
static unsigned next_digit(struct digits *digits)
{
    if (digits->left == 0)
        return 0;
    if (*digits->ptr == '.')
        digits->ptr++;
    digits->left--;
    return (unsigned)(*digits->ptr++ - '0');
}

/* Index of the first byte at or after `at` that is no digit. */
static size_t skip_digits(struct vb_span text, size_t at)
{
    while (at < text.len && is_digit(text.ptr[at]))
        at++;
    return at;
}

/* Reads "e+12" (or nothing) at the end of text, saturating. */
static bool read_exponent(struct vb_span text, size_t at, int64_t *ret_exponent)
{
    bool negative = false;
    int64_t n = 0;

    *ret_exponent = 0;
    if (at == text.len)
        return true;
    if ((text.ptr[at] | 0x20) != 'e')
        return false;
    at++;
    if (at < text.len && (text.ptr[at] == '+' || text.ptr[at] == '-'))
        negative = text.ptr[at++] == '-';
    if (at == text.len || skip_digits(text, at) != text.len)
        return false;
    for (; at < text.len; at++)
        n = n >= EXPONENT_MAX / 10 ? EXPONENT_MAX
                                   : n * 10 + (text.ptr[at] - '0');
    *ret_exponent = negative ? -n : n;
    return true;
}

/*
 * Narrows the digits in text[start, end) (with a point at `point`, or at end)
 * to those from the first to the last that is not 0.
 */
static void trim_zeros(struct number *n, struct vb_span text, size_t start,
                       size_t point, size_t end)
{
    while (start < end && (text.ptr[start] == '0' || start == point))
        start++;
    while (end > start && (text.ptr[end - 1] == '0' || end - 1 == point))
        end--;
    n->digits.ptr = text.ptr + start;
    n->digits.left = end - start;
    if (start < point && point < end)
        n->digits.left--;
    /* The distance from d1 to the point; a point before d1 takes a place. */
    n->point += start <= point ? (int64_t)(point - start)
                               : -(int64_t)(start - point - 1);
    if (start == end)
        n->point = 0;
}

/* Takes text apart. False when it breaks the grammar; n is zero then. */
static bool read_number(struct vb_span text, struct number *ret)
{
    struct number n = {0};
    size_t start = text.len > 0 && text.ptr[0] == '-';
    size_t point = skip_digits(text, start);
    size_t end = point;

    *ret = (struct number){0};
    if (point == start || (point > start + 1 && text.ptr[start] == '0'))
        return false;
    if (point < text.len && text.ptr[point] == '.') {
        end = skip_digits(text, point + 1);
        if (end == point + 1)
            return false;
    }
    if (!read_exponent(text, end, &n.point))
        return false;
    n.negative = start == 1;
    trim_zeros(&n, text, start, point, end);
    *ret = n;
    return true;
}

static bool is_zero(const struct number *n)
{
    return n->digits.left == 0;
}

static bool is_integer(const struct number *n)
{
    return is_zero(n) || n->point >= (int64_t)n->digits.left;
}

/* -1, 0, 1 as |a| is less than, equal to, greater than |b|; neither is 0. */
static int cmp_magnitude(struct number a, struct number b)
{
    if (a.point != b.point)
        return a.point < b.point ? -1 : 1;
    while (a.digits.left > 0 || b.digits.left > 0) {
        unsigned x = next_digit(&a.digits);
        unsigned y = next_digit(&b.digits);

        if (x != y)
            return x < y ? -1 : 1;
    }
    return 0;
}

static int sign(const struct number *n)
{
    if (is_zero(n))
        return 0;
    return n->negative ? -1 : 1;
}

bool vb_number_is_valid(struct vb_span text)
{
    struct number n;

    return read_number(text, &n);
}

bool vb_number_is_integer(struct vb_span text)
{
    struct number n;

    return read_number(text, &n) && is_integer(&n);
}

int vb_number_cmp(struct vb_span a, struct vb_span b)
{
    struct number x, y;

    (void)read_number(a, &x);
    (void)read_number(b, &y);
    if (sign(&x) != sign(&y))
        return sign(&x) < sign(&y) ? -1 : 1;
    if (is_zero(&x))
        return 0;
    return x.negative ? cmp_magnitude(y, x) : cmp_magnitude(x, y);
}

bool vb_number_is_divisor(struct vb_span text)
{
    struct number n;

    return read_number(text, &n) && sign(&n) > 0 &&
           n.digits.left <= VB_NUMBER_DIVISOR_DIGITS;
}

/*
 * With value = a * 10^x and divisor = b * 10^y, a and b integers that do not
 * end in 0: the quotient is a / b * 10^(x - y). If x < y it is no integer,
 * because b * 10^(y - x) would end in 0 and a does not. Else it is one when
 * a * 10^(x - y) mod b is 0; b < 2^60 has less than 60 factors 2 or 5, so
 * more than 60 tens change nothing.
 */
bool vb_number_is_multiple(struct vb_span value, struct vb_span divisor)
{
    struct number a, b;
    uint64_t modulus = 0, rest = 0;
    int64_t tens;

    if (!vb_number_is_divisor(divisor))
        return false;
    (void)read_number(value, &a);
    (void)read_number(divisor, &b);
    if (is_zero(&a))
        return true;
    tens =
        (a.point - (int64_t)a.digits.left) - (b.point - (int64_t)b.digits.left);
    if (tens < 0)
        return false;
    while (b.digits.left > 0)
        modulus = modulus * 10 + next_digit(&b.digits);
    vb_assert(modulus != 0);
    while (a.digits.left > 0)
        rest = (rest * 10 + next_digit(&a.digits)) % modulus;
    for (int i = 0; i < 60 && i < tens && rest != 0; i++)
        rest = rest * 10 % modulus;
    return rest == 0;
}

bool vb_number_i64(struct vb_span text, int64_t *ret_n)
{
    struct number n;
    uint64_t bound, magnitude = 0;

    if (!read_number(text, &n) || !is_integer(&n) || n.point > 19)
        return false;
    /* point digits, d1 .. dn and zeros: 19 of them fit in a uint64. */
    for (int64_t i = 0; i < n.point; i++)
        magnitude = magnitude * 10 + next_digit(&n.digits);
    bound = (uint64_t)INT64_MAX + n.negative;
    if (magnitude > bound)
        return false;
    *ret_n = n.negative ? (int64_t)-magnitude : (int64_t)magnitude;
    return true;
}

/*
 *     sign │ exponent, 8 bytes, the largest first │ digits as text │ NUL
 *
 * The end is less than any digit, so that 0.1 comes before 0.12. All but the
 * sign is turned over where the value is negative. Zero is a sign alone.
 */
void vb_number_collate(struct vb_buf *buf, struct vb_span text, size_t most)
{
    struct number n;
    uint64_t exponent;
    char turn;

    (void)read_number(text, &n);
    vb_buf_char(buf, (char)(2 + sign(&n)));
    if (is_zero(&n))
        return;
    turn = n.negative ? '\xff' : '\0';
    exponent = (uint64_t)n.point + (UINT64_C(1) << 63);
    for (int shift = 56; shift >= 0; shift -= 8)
        vb_buf_char(buf, (char)((char)(exponent >> shift) ^ turn));
    for (size_t i = 0; i < most && n.digits.left > 0; i++)
        vb_buf_char(buf, (char)((char)('0' + next_digit(&n.digits)) ^ turn));
    vb_buf_char(buf, turn);
}

/* Integers that are not spelt with an exponent. */
#define PLAIN_DIGITS 20

void vb_number_write(struct vb_buf *buf, struct vb_span text)
{
    struct number n;
    int64_t zeros;

    (void)read_number(text, &n);
    if (is_zero(&n)) {
        vb_buf_char(buf, '0');
        return;
    }
    zeros = n.point - (int64_t)n.digits.left; /* behind the digits */
    if (n.negative)
        vb_buf_char(buf, '-');
    while (n.digits.left > 0)
        vb_buf_char(buf, (char)('0' + next_digit(&n.digits)));
    if (zeros < 0 || n.point > PLAIN_DIGITS)
        vb_buf_printf(buf, "e%lld", (long long)zeros);
    else
        for (; zeros > 0; zeros--)
            vb_buf_char(buf, '0');
}

bool vb_number_is_plain(struct vb_span text)
{
    size_t at = skip_digits(text, text.len > 0 && text.ptr[0] == '-');

    if (!vb_number_is_valid(text) || vb_span_eq(text, VB_SPAN("-0")))
        return false;
    return at == text.len ||
           (text.ptr[at] == '.' && skip_digits(text, at + 1) == text.len &&
            text.ptr[text.len - 1] != '0');
}

/* So many zeros may be more than the buffer takes: that ends it. */
static void write_zeros(struct vb_buf *buf, int64_t count)
{
    for (; count > 0 && buf->err == VB_OK; count--)
        vb_buf_char(buf, '0');
}

void vb_number_write_plain(struct vb_buf *buf, struct vb_span text)
{
    struct number n;
    int64_t whole; /* digits before the point */

    (void)read_number(text, &n);
    if (is_zero(&n)) {
        vb_buf_char(buf, '0');
        return;
    }
    if (n.negative)
        vb_buf_char(buf, '-');
    for (whole = n.point; whole > 0 && n.digits.left > 0; whole--)
        vb_buf_char(buf, (char)('0' + next_digit(&n.digits)));
    write_zeros(buf, n.point > 0 ? whole : 1);
    if (n.digits.left == 0)
        return;
    vb_buf_char(buf, '.');
    write_zeros(buf, -n.point);
    while (n.digits.left > 0)
        vb_buf_char(buf, (char)('0' + next_digit(&n.digits)));
}

/* The digits go in pieces through a small buffer, each hash into the next. */
uint64_t vb_number_hash(const struct vb_hash_key *key, struct vb_span text)
{
    struct number n;
    struct {
        uint64_t before;
        int64_t point;
        char digits[48];
    } piece;

    (void)read_number(text, &n);
    piece.before = (uint64_t)sign(&n);
    piece.point = n.point;
    do {
        memset(piece.digits, 0, sizeof(piece.digits));
        for (size_t i = 0; i < sizeof(piece.digits) && n.digits.left > 0; i++)
            piece.digits[i] = (char)('0' + next_digit(&n.digits));
        piece.before =
            vb_hash(key, vb_span_of((const char *)&piece, sizeof(piece)));
    } while (n.digits.left > 0);
    return piece.before;
}
