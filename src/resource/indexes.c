/* From properties to indexes. See indexes.h. */
#include "resource/indexes.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "content/collate.h"
#include "content/filter.h"
#include "content/json.h"
#include "content/words.h"
#include "describe/unique.h"
#include "resource/selection.h"
#include "resource/stored.h"

#define ARENA_BLOCK ((size_t)4096)
#define ARENA_LIMIT ((size_t)16 * 1024 * 1024)

/* To be changed whenever the keys of the same property would be others. */
#define KEYS_VERSION 1

/* Of one listing: those of its indexes lie one behind the other. */
struct listing {
    const struct vb_route *route;
    uint32_t first;
    uint32_t count;
};

struct declared {
    struct vb_indexes base;
    struct vb_arena arena;
    const struct vb_description *description; /* a reference */
    struct listing *listings;
    size_t listing_count;
    const struct vb_property **properties; /* base.count; NULL: all that are
                                              searched, their words */
};

/* What no list can be asked by needs no index. */
static bool is_asked(const struct vb_property *property)
{
    if (property->write_only)
        return false;
    for (size_t i = 0; i < property->path_len; i++)
        if (property->path[i].ptr == NULL)
            return false;
    return true;
}

bool vb_property_is_indexed(const struct vb_property *property)
{
    return property->index && is_asked(property);
}

bool vb_property_is_searched(const struct vb_property *property)
{
    return property->search && is_asked(property);
}

static bool is_time(const struct vb_property *property)
{
    return vb_span_eq(property->format, VB_SPAN("date-time"));
}

struct vb_span vb_index_name(struct vb_arena *arena,
                             const struct vb_route *listing,
                             const struct vb_property *property)
{
    struct vb_span pointer = vb_unique_pointer(arena, property);

    return vb_arena_printf(arena, "%.*s#%.*s%s v%d", VB_FMT(listing->path),
                           VB_FMT(pointer), is_time(property) ? " times" : "",
                           KEYS_VERSION);
}

/* With what is searched in it: the words of others are other ones. */
struct vb_span vb_index_words_name(struct vb_arena *arena,
                                   const struct vb_route *listing)
{
    const struct vb_state *state = listing->state;
    struct vb_span name =
        vb_arena_printf(arena, "%.*s#words", VB_FMT(listing->path));

    for (size_t i = 0; i < state->field_count; i++)
        if (vb_property_is_searched(&state->fields[i]))
            name = vb_arena_printf(
                arena, "%.*s %.*s", VB_FMT(name),
                VB_FMT(vb_unique_pointer(arena, &state->fields[i])));
    return vb_arena_printf(arena, "%.*s v%d", VB_FMT(name), KEYS_VERSION);
}

/* --- the keys of a record ------------------------------------------------- */

/* Cuts the first segment off, with its slash; false: there is none. */
static bool cut_segment(struct vb_span *path, struct vb_span *ret_segment)
{
    ssize_t end;

    if (path->len < 2 || path->ptr[0] != '/')
        return false;
    end = vb_span_find(*path, '/', 1);
    if (end < 0)
        end = (ssize_t)path->len;
    *ret_segment = vb_span_of(path->ptr + 1, (size_t)end - 1);
    *path = vb_span_from(*path, (size_t)end);
    return true;
}

static bool is_of(const struct vb_template *template, struct vb_span path)
{
    struct vb_span segment;

    for (size_t i = 0; i < template->segment_count; i++) {
        const struct vb_segment *wanted = &template->segments[i];

        if (!cut_segment(&path, &segment) ||
            (wanted->kind == VB_SEGMENT_LITERAL &&
             !vb_span_eq(segment, wanted->text)))
            return false;
    }
    return path.len == (template->trailing_slash ? 1 : 0);
}

static const struct declared *declared_of(const struct vb_indexes *indexes)
{
    return (
        const struct declared *)(const void *)indexes; /* its first member */
}

static bool covers(const struct vb_indexes *indexes, struct vb_span parent)
{
    const struct declared *declared = declared_of(indexes);

    for (size_t i = 0; i < declared->listing_count; i++)
        if (is_of(&declared->listings[i].route->template, parent))
            return true;
    return false;
}

/* A word and NUL, so that none begins another one. */
static void give_words(struct vb_span text, struct vb_index_keys *keys,
                       uint32_t index)
{
    struct vb_words words = vb_words(text);
    struct vb_span word;

    while (vb_words_next(&words, &word)) {
        vb_buf_append(&keys->bytes, word);
        vb_buf_char(&keys->bytes, '\0');
        vb_index_keys_add(keys, index);
    }
}

static void give_all_words(const struct vb_state *state, yyjson_val *root,
                           struct vb_index_keys *keys, uint32_t index)
{
    for (size_t i = 0; i < state->field_count; i++) {
        yyjson_val *value = vb_property_is_searched(&state->fields[i])
                                ? vb_property_value(root, &state->fields[i])
                                : NULL;

        if (yyjson_is_str(value))
            give_words(vb_json_text(value), keys, index);
    }
}

static void give_all(const struct declared *declared,
                     const struct listing *listing, yyjson_val *root,
                     struct vb_index_keys *keys)
{
    for (uint32_t i = listing->first; i < listing->first + listing->count;
         i++) {
        const struct vb_property *property = declared->properties[i];

        if (property == NULL) {
            give_all_words(listing->route->state, root, keys, i);
            continue;
        }
        vb_collate(&keys->bytes, vb_property_value(root, property),
                   is_time(property) ? VB_COLLATE_TIME : 0);
        vb_index_keys_add(keys, i);
    }
}

/* What is no JSON has nothing of all that, as for a sieve. */
static void give(const struct vb_indexes *indexes,
                 const struct vb_record *state, struct vb_index_keys *keys)
{
    const struct declared *declared = declared_of(indexes);
    struct vb_json *json = NULL;

    if (vb_is_json(state->media_type) &&
        vb_json_parse(state->content, NULL, &json, NULL) == VB_ERR_NOMEM) {
        keys->bytes.err = VB_ERR_NOMEM;
        return;
    }
    for (size_t i = 0; i < declared->listing_count; i++) {
        const struct listing *listing = &declared->listings[i];

        if (is_of(&listing->route->template, state->parent))
            give_all(declared, listing, json == NULL ? NULL : json->root, keys);
    }
    vb_json_free(json);
}

/* --- declaring them ------------------------------------------------------- */

static void free_declared(struct vb_indexes *indexes)
{
    struct declared *declared = (struct declared *)(void *)indexes;

    vb_description_unref(declared->description);
    vb_arena_done(&declared->arena);
    free(declared);
}

static size_t count_all(const struct vb_description *description)
{
    size_t count = 0;

    for (size_t i = 0; i < description->route_count; i++) {
        const struct vb_state *state = description->routes[i]->state;

        if (vb_archetype_lists(description->routes[i]->archetype) &&
            state != NULL)
            count += state->field_count + 1;
    }
    return count;
}

static void add_listing(struct declared *declared, struct vb_span *names,
                        const struct vb_route *route)
{
    struct listing listing = {route, (uint32_t)declared->base.count, 0};
    const struct vb_state *state = route->state;

    if (!vb_archetype_lists(route->archetype) || state == NULL ||
        route->lists != NULL)
        return;
    for (size_t i = 0; i < state->field_count; i++) {
        if (!vb_property_is_indexed(&state->fields[i]))
            continue;
        declared->properties[declared->base.count] = &state->fields[i];
        names[declared->base.count++] =
            vb_index_name(&declared->arena, route, &state->fields[i]);
        listing.count++;
    }
    if (vb_selection_searches(route)) {
        names[declared->base.count++] =
            vb_index_words_name(&declared->arena, route);
        listing.count++;
    }
    if (listing.count > 0)
        declared->listings[declared->listing_count++] = listing;
}

static bool add_all(struct declared *declared,
                    const struct vb_description *description)
{
    struct vb_arena *arena = &declared->arena;
    size_t most = count_all(description) + 1;
    struct vb_span *names = vb_arena_calloc(arena, most, sizeof(*names));

    declared->description = vb_description_ref(description);
    declared->base.names = names;
    declared->properties =
        vb_arena_calloc(arena, most, sizeof(struct vb_property *));
    declared->listings = vb_arena_calloc(arena, description->route_count + 1,
                                         sizeof(*declared->listings));
    if (arena->failed)
        return false;
    for (size_t i = 0; i < description->route_count; i++)
        add_listing(declared, names, description->routes[i]);
    return !arena->failed;
}

static struct vb_indexes *indexes_new(const struct vb_description *description)
{
    struct declared *declared = calloc(1, sizeof(*declared));

    if (declared == NULL)
        return NULL;
    vb_ref_init(&declared->base.ref);
    declared->base.covers = covers;
    declared->base.give = give;
    declared->base.free = free_declared;
    vb_arena_init(&declared->arena, ARENA_BLOCK, ARENA_LIMIT);
    if (description == NULL || add_all(declared, description))
        return &declared->base;
    vb_indexes_unref(&declared->base);
    return NULL;
}

void vb_indexes_declare(struct vb_store *store,
                        const struct vb_description *description)
{
    struct vb_indexes *indexes = indexes_new(description);

    if (indexes == NULL)
        vb_log(VB_LOG_ERROR, "no indexes: %s", vb_err_text(VB_ERR_NOMEM));
    vb_store_index(store, indexes);
    vb_indexes_unref(indexes);
}
