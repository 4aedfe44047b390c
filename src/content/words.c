/* The words of a text. See words.h. */
#include "content/words.h"

#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

static bool is_part(ucs4_t c)
{
    return uc_is_general_category_withtable(
        c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_M | UC_CATEGORY_MASK_N);
}

/* By way of capitals, so that what has two small forms has one. */
static ucs4_t fold(ucs4_t c)
{
    return uc_tolower(uc_toupper(c));
}

static ucs4_t next_char(struct vb_span *text)
{
    ucs4_t c;
    int len = u8_mbtouc(&c, (const uint8_t *)text->ptr, text->len);

    *text = vb_span_from(*text, (size_t)len);
    return c;
}

bool vb_words_next(struct vb_words *words, struct vb_span *ret_word)
{
    size_t len = 0;

    while (words->rest.len > 0) {
        struct vb_span rest = words->rest;
        ucs4_t c = next_char(&rest);

        if (!is_part(c) && len > 0)
            break;
        words->rest = rest;
        if (!is_part(c) || len > VB_WORD_MOST)
            continue;
        len += (size_t)u8_uctomb((uint8_t *)words->word + len, fold(c),
                                 (ptrdiff_t)(sizeof(words->word) - len));
    }
    *ret_word = vb_span_of(words->word, len);
    return len > 0;
}
