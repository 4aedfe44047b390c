/*
 * The words of a text, as one searches for them: runs of letters, marks and
 * digits (Unicode's), in lower case. No language's endings are cut off, and
 * accents count.
 */
#ifndef VB_CONTENT_WORDS_H
#define VB_CONTENT_WORDS_H

#include <stdbool.h>

#include "base/span.h"

/* What of a word counts: those that differ behind so many bytes are one. */
#define VB_WORD_MOST 64

/* A walk over a text. */
struct vb_words {
    struct vb_span rest; /* behind the last word */
    char word[VB_WORD_MOST + 8];
};

static inline struct vb_words vb_words(struct vb_span text)
{
    return (struct vb_words){.rest = text};
}

/* The next word, which lives until the one after it; false: there is none. The
 * text must be UTF-8. */
bool vb_words_next(struct vb_words *words, struct vb_span *ret_word);

/* What is searched for: a word, or with a star all that begin with it. */
struct vb_search {
    struct vb_span word;
    bool prefix;
};

/* Is it this one? */
static inline bool vb_search_meets(const struct vb_search *search,
                                   struct vb_span word)
{
    return search->prefix ? vb_span_starts(word, search->word)
                          : vb_span_eq(word, search->word);
}

#endif
