/*
 * Language tags (RFC 5646), "de", "en-GB", "zh-Hant-TW": which text is one.
 * What a client wishes for is matched in accept.h.
 */
#ifndef VB_HTTP_LANGUAGE_H
#define VB_HTTP_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

/* The length of the subtag, 1 to 8 letters or digits, at s[at]; or 0. */
size_t vb_language_subtag(struct vb_span s, size_t at);

/*
 * Is it well-formed: a langtag or privateuse of section 2.1? Whether anybody
 * has registered its subtags is not looked up. The irregular tags of old
 * ("i-klingon") are none: all have been replaced or never were used.
 */
bool vb_language_valid(struct vb_span s);

/* Is it a language's code of two letters (ISO 639-1)? There will be no more of
 * them: who has one of three keeps it (section 2.2.1). Those that the registry
 * has given up are none. */
bool vb_language_known(struct vb_span s);

#endif
