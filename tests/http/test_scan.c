/* All variants of the scanner against a slow one, up to a guard page. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/span.h"
#include "http/scan.h"

/* Text that ends where the readable page does. */
struct page {
    char *memory;
    size_t size;
    char *end;
};

static struct page page_new(void)
{
    struct page page = {.size = (size_t)sysconf(_SC_PAGESIZE)};

    page.memory = mmap(NULL, 3 * page.size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page.memory, MAP_FAILED);
    assert_int_equal(
        mprotect(page.memory + page.size, page.size, PROT_READ | PROT_WRITE),
        0);
    page.end = page.memory + 2 * page.size;
    return page;
}

static void page_free(struct page *page)
{
    assert_int_equal(munmap(page->memory, 3 * page->size), 0);
}

/* From the ABNF, letter by letter, and sharing nothing with the code. */
static bool slow_is_tchar(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
           (c >= 'a' && c <= 'z') ||
           (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool slow_is_text(unsigned char c)
{
    return c == 0x09 || (c >= 0x20 && c <= 0x7e) || c >= 0x80;
}

static const char *slow_head_end(const char *p, const char *end)
{
    for (const char *at = p; at < end; at++)
        if (*at == '\n' &&
            ((at > p && at[-1] != '\r') || (at > p + 1 && at[-2] == '\n')))
            return at + 1;
    return NULL;
}

static const char *slow(bool (*is)(unsigned char c), const char *p,
                        const char *end)
{
    while (p < end && is((unsigned char)*p))
        p++;
    return p;
}

static void assert_same(const struct vb_scan *scan, const char *p,
                        const char *end)
{
    if (scan->token(p, end) != slow(slow_is_tchar, p, end) ||
        scan->text(p, end) != slow(slow_is_text, p, end) ||
        scan->head_end(p, end) != slow_head_end(p, end))
        fail_msg("%s differs on %d bytes", scan->name, (int)(end - p));
}

/* RFC 9110 section 5.6.2 and 5.5: each byte value at each place. */
static void test_each_byte_stops_where_its_class_says(void **state)
{
    struct page page = page_new();

    (void)state;
    for (size_t v = 0; vb_scan_variant(v) != NULL; v++)
        for (size_t len = 1; len <= 70; len++)
            for (int c = 0; c < 256; c++) {
                char *p = page.end - len;

                memset(p, 'a', len);
                for (size_t at = 0; at < len; at++) {
                    p[at] = (char)c;
                    assert_same(vb_scan_variant(v), p, page.end);
                    p[at] = 'a';
                }
            }
    page_free(&page);
}

/* RFC 9112 section 2.2: dense mixtures of what makes and breaks line ends. */
static void test_line_ends_in_all_mixtures(void **state)
{
    static const char letters[] = "\r\r\r\n\n\nab: \t";
    struct page page = page_new();
    unsigned seed = 1;

    (void)state;
    for (size_t v = 0; vb_scan_variant(v) != NULL; v++)
        for (int round = 0; round < 20000; round++) {
            size_t len = (size_t)rand_r(&seed) % 200;
            int plain = 1 + rand_r(&seed) % 64;
            char *p = round % 2 == 0 ? page.end - len : page.memory + page.size;

            for (size_t i = 0; i < len; i++)
                p[i] = rand_r(&seed) % plain != 0
                           ? (i % 2 != 0 && p[i - 1] == '\r' ? '\n' : 'x')
                           : letters[(size_t)rand_r(&seed) %
                                     (sizeof(letters) - 1)];
            assert_same(vb_scan_variant(v), p, p + len);
        }
    page_free(&page);
}

struct end_case {
    const char *text;
    int end; /* offset behind the end, -1: none */
};

static const struct end_case end_cases[] = {
    {"", -1},
    {"a", -1},
    {"\r", -1},
    {"GET / HTTP/1.1\r\n", -1},
    {"GET / HTTP/1.1\r\n\r", -1},
    {"GET / HTTP/1.1\r\n\r\n", 18},
    {"GET / HTTP/1.1\r\n\r\nrest\r\n\r\n", 18},
    {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27},
    {"GET / HTTP/1.1\nHost: h\r\n\r\n", 15},     /* a bare LF ends it */
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", 24},     /* in any line */
    {"GET / HTTP/1.1\r\nHost: h\r\n\n", 26},     /* or as the empty one */
    {"GET / HTTP/1.1\r\nHost: h\r\r\n\r\n", 28}, /* CR CR is for the parser */
    {"\n", -1},                                  /* as if CR stood before */
    {"\r\n\r\n", 4},
};

static void test_the_head_ends_at_an_empty_line_or_a_bare_lf(void **state)
{
    (void)state;
    for (size_t v = 0; vb_scan_variant(v) != NULL; v++)
        for (size_t i = 0; i < VB_COUNT_OF(end_cases); i++) {
            const char *p = end_cases[i].text;
            const char *got = vb_scan_variant(v)->head_end(p, p + strlen(p));

            assert_int_equal(got == NULL ? -1 : got - p, end_cases[i].end);
        }
}

/* The search may be taken up again three bytes before where it stopped. */
static void test_a_search_in_steps_finds_the_same_end(void **state)
{
    static const char text[] = "POST /a/long/enough/target HTTP/1.1\r\n"
                               "Host: example.com\r\nContent-Length: 5\r\n"
                               "X: y\r\n\r\nhello";
    const char *want = strstr(text, "hello");

    (void)state;
    for (size_t v = 0; vb_scan_variant(v) != NULL; v++)
        for (size_t split = 1; split < sizeof(text) - 1; split++) {
            const struct vb_scan *scan = vb_scan_variant(v);
            const char *end = scan->head_end(text, text + split);

            if (end == NULL)
                end = scan->head_end(split < 3 ? text : text + split - 3,
                                     text + sizeof(text) - 1);
            assert_ptr_equal(end, want);
        }
}

static void test_the_best_variant_is_chosen(void **state)
{
    (void)state;
    assert_ptr_equal(vb_scan, vb_scan_variant(0));
    assert_string_equal(vb_scan_variant(0)->name, vb_scan->name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_byte_stops_where_its_class_says),
        cmocka_unit_test(test_line_ends_in_all_mixtures),
        cmocka_unit_test(test_the_head_ends_at_an_empty_line_or_a_bare_lf),
        cmocka_unit_test(test_a_search_in_steps_finds_the_same_end),
        cmocka_unit_test(test_the_best_variant_is_chosen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
