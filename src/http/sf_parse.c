/* Reading structured fields: members, items, parameters (RFC 9651 section
 * 4.2). The bare items are in sf_bare.c. */
#include "http/sf_inner.h"

/*
 * An array that grows in the arena. Where its elements have keys (which then
 * come first in them), `order` lists them sorted, so that a key is found by
 * halving and not by comparing with all: a client may send a thousand.
 */
struct growing {
    size_t size; /* of one element, bytes */
    size_t max;  /* elements */
    uint16_t *order;
    char *elements;
    size_t count;
    size_t cap;
};

static void *element(const struct growing *growing, size_t i)
{
    return growing->elements + i * growing->size;
}

static bool make_room(struct vb__sf_parser *parser, struct growing *growing)
{
    size_t cap = growing->cap == 0 ? 4 : growing->cap * 2;
    char *elements;

    if (growing->count == growing->max)
        return vb__sf_fail(parser, VB_ERR_LIMIT);
    if (growing->count < growing->cap)
        return true;
    elements = vb_arena_calloc(parser->arena, cap, growing->size);
    if (elements == NULL)
        return vb__sf_fail(parser, VB_ERR_NOMEM);
    if (growing->count > 0)
        memcpy(elements, growing->elements, growing->count * growing->size);
    growing->elements = elements;
    growing->cap = cap;
    return true;
}

/* A new element at the end, zeroed, or NULL. */
static void *append(struct vb__sf_parser *parser, struct growing *growing)
{
    if (!make_room(parser, growing))
        return NULL;
    return element(growing, growing->count++);
}

/* Where in `order` the key stands, or would stand. */
static size_t find_place(const struct growing *growing, struct vb_span key,
                         bool *ret_found)
{
    size_t low = 0, high = growing->count;

    *ret_found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct vb_span *at = element(growing, growing->order[middle]);
        int order = vb_span_cmp(key, *at);

        if (order == 0) {
            *ret_found = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The element with that key, made where there was none, or NULL. A repeated
 * key keeps its place and takes the later value (9651-4.2-03). */
static void *keyed(struct vb__sf_parser *parser, struct growing *growing,
                   struct vb_span key)
{
    bool found;
    size_t place = find_place(growing, key, &found);
    struct vb_span *made;

    if (found)
        return element(growing, growing->order[place]);
    made = append(parser, growing);
    if (made == NULL)
        return NULL;
    memmove(growing->order + place + 1, growing->order + place,
            (growing->count - 1 - place) * sizeof(growing->order[0]));
    growing->order[place] = (uint16_t)(growing->count - 1);
    *made = key;
    return made;
}

/* Section 4.2.3.3. */
static bool parse_key(struct vb__sf_parser *parser, struct vb_span *ret_key)
{
    struct vb_span s = parser->rest;
    size_t len = 0;

    if (!vb__sf_is_key_start(vb__sf_peek(parser)))
        return vb__sf_fail(parser, VB_ERR_SYNTAX);
    while (len < s.len && vb__sf_is_key(s.ptr[len]))
        len++;
    *ret_key = vb_span_head(s, len);
    parser->rest = vb_span_from(s, len);
    return true;
}

static void skip_spaces(struct vb__sf_parser *parser)
{
    while (vb__sf_take(parser, ' '))
        ;
}

static void skip_ows(struct vb__sf_parser *parser)
{
    parser->rest =
        vb_span_from(parser->rest, vb_chars_run(parser->rest, VB_CHAR_WS));
}

static const struct vb_sf_value truth = {.type = VB_SF_BOOLEAN,
                                         .boolean = true};

/* Section 4.2.3.2. */
static bool parse_params(struct vb__sf_parser *parser, struct vb_sf_item *item)
{
    uint16_t order[VB_SF_PARAMS_MAX];
    struct growing params = {.size = sizeof(struct vb_sf_param),
                             .max = VB_SF_PARAMS_MAX,
                             .order = order};

    while (vb__sf_take(parser, ';')) {
        struct vb_sf_param *param;
        struct vb_span key;

        skip_spaces(parser);
        if (!parse_key(parser, &key))
            return false;
        param = keyed(parser, &params, key);
        if (param == NULL)
            return false;
        param->value = truth;
        if (vb__sf_take(parser, '=') &&
            !vb__sf_parse_bare(parser, &param->value))
            return false;
    }
    item->params = (const void *)params.elements;
    item->param_count = params.count;
    return true;
}

/* Section 4.2.3. */
static bool parse_item(struct vb__sf_parser *parser, struct vb_sf_item *item)
{
    return vb__sf_parse_bare(parser, &item->value) &&
           parse_params(parser, item);
}

/* Section 4.2.1.2, behind the opening parenthesis. */
static bool parse_inner_list(struct vb__sf_parser *parser,
                             struct vb_sf_value *value)
{
    struct growing items = {.size = sizeof(struct vb_sf_item),
                            .max = VB_SF_ITEMS_MAX};

    for (;;) {
        struct vb_sf_item *item;

        skip_spaces(parser);
        if (vb__sf_take(parser, ')'))
            break;
        item = append(parser, &items);
        if (item == NULL || !parse_item(parser, item))
            return false;
        if (vb__sf_peek(parser) != ' ' && vb__sf_peek(parser) != ')')
            return vb__sf_fail(parser, VB_ERR_SYNTAX);
    }
    value->type = VB_SF_INNER_LIST;
    value->inner.items = (const void *)items.elements;
    value->inner.count = items.count;
    return true;
}

/* Section 4.2.1.1. */
static bool parse_item_or_inner_list(struct vb__sf_parser *parser,
                                     struct vb_sf_item *item)
{
    if (vb__sf_take(parser, '('))
        return parse_inner_list(parser, &item->value) &&
               parse_params(parser, item);
    return parse_item(parser, item);
}

static bool parse_list_member(struct vb__sf_parser *parser,
                              struct growing *members)
{
    struct vb_sf_member *member = append(parser, members);

    return member != NULL && parse_item_or_inner_list(parser, &member->item);
}

/* Section 4.2.2, step 2: a key alone is true, and may have parameters. */
static bool parse_dictionary_member(struct vb__sf_parser *parser,
                                    struct growing *members)
{
    struct vb_sf_member *member;
    struct vb_span key;

    if (!parse_key(parser, &key))
        return false;
    member = keyed(parser, members, key);
    if (member == NULL)
        return false;
    if (vb__sf_take(parser, '='))
        return parse_item_or_inner_list(parser, &member->item);
    member->item.value = truth;
    return parse_params(parser, &member->item);
}

/* Sections 4.2.1 and 4.2.2: members with commas between, none behind. */
static bool parse_members(struct vb__sf_parser *parser, bool keys,
                          struct vb_sf_list *list)
{
    uint16_t order[VB_SF_MEMBERS_MAX];
    struct growing members = {.size = sizeof(struct vb_sf_member),
                              .max = VB_SF_MEMBERS_MAX,
                              .order = order};

    while (parser->rest.len > 0) {
        if (!(keys ? parse_dictionary_member(parser, &members)
                   : parse_list_member(parser, &members)))
            return false;
        skip_ows(parser);
        if (parser->rest.len == 0)
            break;
        if (!vb__sf_take(parser, ','))
            return vb__sf_fail(parser, VB_ERR_SYNTAX);
        skip_ows(parser);
        if (parser->rest.len == 0)
            return vb__sf_fail(parser, VB_ERR_SYNTAX);
    }
    list->members = (const void *)members.elements;
    list->count = members.count;
    return true;
}

/* One text of several lines (RFC 9651 section 4.2, 9651-4.2-01). */
static bool join(struct vb__sf_parser *parser, const struct vb_span *lines,
                 size_t count)
{
    size_t len = 0;
    struct vb_buf buf;
    char *memory;

    for (size_t i = 0; i < count; i++)
        len += lines[i].len + 2;
    memory = vb_arena_alloc(parser->arena, len);
    if (memory == NULL)
        return vb__sf_fail(parser, VB_ERR_NOMEM);
    buf = vb_buf_over(memory, len);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            vb_buf_str(&buf, ", ");
        vb_buf_append(&buf, lines[i]);
    }
    parser->rest = vb_buf_span(&buf);
    return true;
}

/* Section 4.2, steps up to the type's own algorithm. */
static bool begin(struct vb__sf_parser *parser, struct vb_arena *arena,
                  const struct vb_span *lines, size_t count)
{
    *parser = (struct vb__sf_parser){.arena = arena};
    if (count == 1)
        parser->rest = lines[0];
    else if (count > 1 && !join(parser, lines, count))
        return false;
    skip_spaces(parser);
    return true;
}

/* Section 4.2, the last steps: only spaces may be left. */
static bool end(struct vb__sf_parser *parser)
{
    skip_spaces(parser);
    return parser->rest.len == 0 || vb__sf_fail(parser, VB_ERR_SYNTAX);
}

enum vb_err vb_sf_parse_item(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_sf_item *ret_item)
{
    struct vb_sf_item item = {.params = NULL};
    struct vb__sf_parser parser;

    if (!begin(&parser, arena, lines, count) || !parse_item(&parser, &item) ||
        !end(&parser))
        return parser.err;
    *ret_item = item;
    return VB_OK;
}

static enum vb_err parse_top(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             bool keys, struct vb_sf_list *ret_list)
{
    struct vb__sf_parser parser;
    struct vb_sf_list list;

    if (!begin(&parser, arena, lines, count) ||
        !parse_members(&parser, keys, &list) || !end(&parser))
        return parser.err;
    *ret_list = list;
    return VB_OK;
}

enum vb_err vb_sf_parse_list(struct vb_arena *arena,
                             const struct vb_span *lines, size_t count,
                             struct vb_sf_list *ret_list)
{
    return parse_top(arena, lines, count, false, ret_list);
}

enum vb_err vb_sf_parse_dictionary(struct vb_arena *arena,
                                   const struct vb_span *lines, size_t count,
                                   struct vb_sf_list *ret_dictionary)
{
    return parse_top(arena, lines, count, true, ret_dictionary);
}

const struct vb_sf_item *vb_sf_member(const struct vb_sf_list *dictionary,
                                      struct vb_span key)
{
    for (size_t i = 0; i < dictionary->count; i++)
        if (vb_span_eq(dictionary->members[i].key, key))
            return &dictionary->members[i].item;
    return NULL;
}

const struct vb_sf_value *vb_sf_param(const struct vb_sf_item *item,
                                      struct vb_span key)
{
    for (size_t i = 0; i < item->param_count; i++)
        if (vb_span_eq(item->params[i].key, key))
            return &item->params[i].value;
    return NULL;
}
