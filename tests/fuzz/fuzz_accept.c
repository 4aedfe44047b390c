/* Whatever the client sends, the choice is one of the offers or none, and
 * says so. What is a language's tag is a range that covers it. */
#include "base/assert.h"
#include "http/accept.h"
#include "http/language.h"
#include "http/quality.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct vb_choice *choice, int n)
{
    vb_assert(choice->offer >= -1 && choice->offer < n);
    vb_assert(choice->q >= 0 && choice->q <= VB_Q_MAX);
    vb_assert((choice->offer < 0) == (choice->reason == VB_CHOICE_NONE));
    vb_assert(choice->reason != VB_CHOICE_LISTED ||
              (choice->q > 0 && choice->element.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct vb_span types[] = {
        VB_SPAN_INIT("application/json"),
        VB_SPAN_INIT("text/html;charset=utf-8"),
        VB_SPAN_INIT("a/b;x=1"),
    };
    static const struct vb_span codings[] = {
        VB_SPAN_INIT("gzip"), VB_SPAN_INIT("br"), VB_SPAN_INIT("identity")};
    static const struct vb_span tags[] = {
        VB_SPAN_INIT("en"), VB_SPAN_INIT("de-CH"), VB_SPAN_INIT("zh-Hant-TW")};
    struct vb_span lines[FUZZ_LINES];
    size_t count = fuzz_lines(data, size, lines);
    struct vb_media offers[3];
    struct vb_choice choice;

    for (size_t i = 0; i < 3; i++)
        vb_assert(vb_media_parse(types[i], &offers[i]));
    choice = vb_accept_media(lines, count, offers, 3);
    check(&choice, 3);
    choice = vb_accept_coding(lines, count, codings, 3);
    check(&choice, 3);
    choice = vb_accept_language(lines, count, tags, 3);
    check(&choice, 3);
    vb_assert(choice.spare >= 0 && choice.spare < 3);
    for (size_t i = 0; i < count; i++)
        vb_assert(!vb_language_valid(lines[i]) ||
                  vb_accept_language(&lines[i], 1, &lines[i], 1).reason ==
                      VB_CHOICE_LISTED);
    return 0;
}
