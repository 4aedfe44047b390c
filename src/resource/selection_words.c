/*
 * Searching for words (`q`): all of them must be there, each in some property
 * that x-verbatim.search names. See selection.h.
 */
#include "content/json.h"
#include "resource/indexes.h"
#include "resource/selection_part.h"
#include "resource/stored.h"

bool vb_selection_searches(const struct vb_route *route)
{
    const struct vb_state *state = route->state;

    for (size_t i = 0; state != NULL && i < state->field_count; i++)
        if (vb_property_is_searched(&state->fields[i]))
            return true;
    return false;
}

const char *vb__selection_words(const struct vb_selection_reading *reading,
                                struct vb_span text)
{
    struct vb_selection *selection = reading->selection;
    struct vb_words words = vb_words(text);
    struct vb_span word;

    while (vb_words_next(&words, &word)) {
        if (selection->word_count == VB_SELECTION_WORDS_MOST)
            return "has too many words";
        selection->words[selection->word_count++] =
            (struct vb_search){vb_arena_dup(&reading->x->arena, word),
                               vb_span_starts(words.rest, VB_SPAN("*"))};
    }
    return selection->word_count > 0 ? NULL : "must have a word";
}

/* Notes those that are in a text; a bit for each. */
static unsigned find_words(const struct vb_selection *selection,
                           struct vb_span text)
{
    struct vb_words words = vb_words(text);
    struct vb_span word;
    unsigned found = 0;

    while (vb_words_next(&words, &word))
        for (size_t i = 0; i < selection->word_count; i++)
            if (vb_search_meets(&selection->words[i], word))
                found |= 1u << i;
    return found;
}

bool vb_selection_has_words(const struct vb_selection *selection,
                            yyjson_val *root)
{
    const struct vb_state *state = selection->route->state;
    unsigned all = (1u << selection->word_count) - 1, found = 0;

    for (size_t i = 0; found != all && i < state->field_count; i++) {
        yyjson_val *value;

        if (!vb_property_is_searched(&state->fields[i]))
            continue;
        value = vb_property_value(root, &state->fields[i]);
        if (yyjson_is_str(value))
            found |= find_words(selection, vb_json_text(value));
    }
    return found == all;
}
