/*
 * A pattern and a subject, divided by NUL: whatever the pattern, the grammar's
 * verdict and the compiler's agree, and the match ends within its budget.
 */
#include "base/assert.h"
#include "content/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span text = vb_span_of((const char *)data, size);
    ssize_t cut = vb_span_find(text, '\0', 0);
    struct vb_span pattern = vb_span_head(text, cut < 0 ? size : (size_t)cut);
    struct vb_span subject = vb_span_from(text, cut < 0 ? 0 : (size_t)cut + 1);
    struct vb_regex_fault fault = {0, NULL};
    struct vb_regex *regex;
    uint64_t budget = 20000;
    bool matched;
    enum vb_err err = vb_regex_compile(pattern, &regex, &fault);

    vb_assert(vb_regex_is_valid(pattern) == (err != VB_ERR_SYNTAX));
    if (err != VB_OK) {
        vb_assert(fault.text != NULL && fault.at <= pattern.len);
        /* Whatever PCRE2 refuses must have a reason that we foresaw. */
        vb_assert(strcmp(fault.text, "is beyond what PCRE2 can do") != 0);
        return 0;
    }
    (void)vb_regex_match(regex, subject, &budget, &matched);
    vb_regex_free(regex);
    return 0;
}
