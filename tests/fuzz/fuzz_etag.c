/*
 * Tags in a list are what they are when written and read again; and the two
 * preconditions agree where both see a strong tag.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "http/precondition.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tag(const struct vb_etag *tag)
{
    char *text = malloc(tag->opaque.len + VB_ETAG_MORE);
    struct vb_etag again;
    size_t len;

    vb_assert(text != NULL);
    len = vb_etag_format(tag, text);
    vb_assert(vb_etag_parse(vb_span_of(text, len), &again));
    vb_assert(again.weak == tag->weak && vb_etag_weak_eq(&again, tag));
    vb_assert(vb_etag_strong_eq(&again, tag) == !tag->weak);
    free(text);
}

/* A resource that has this tag. */
static void check_conditions(const struct vb_span *lines, size_t count,
                             const struct vb_etag *tag)
{
    struct vb_current current = {.exists = true,
                                 .modified = VB_DATE_NONE,
                                 .known = vb_etag_known_one,
                                 .context = tag};
    enum vb_condition match = vb_if_match(lines, count, &current);

    vb_assert(vb_if_none_match(lines, count, &current) == VB_CONDITION_FALSE);
    if (!tag->weak)
        vb_assert(match == VB_CONDITION_TRUE || match == VB_CONDITION_INVALID);
    else
        vb_assert(match != VB_CONDITION_TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vb_span lines[FUZZ_LINES];
    size_t count = fuzz_lines(data, size, lines);
    enum vb_etags_item item;
    struct vb_etags etags;
    struct vb_etag tag;
    int left = 16; /* each one reads the list again */

    vb_etags_init(&etags, lines, count);
    while (left-- > 0 && (item = vb_etags_next(&etags, &tag)) != VB_ETAGS_END) {
        if (item != VB_ETAGS_TAG)
            continue;
        check_tag(&tag);
        check_conditions(lines, count, &tag);
    }
    return 0;
}
