/* Cache-Control: see cache_control.h; the directives are cache_control.tbl. */
#include "http/cache_control.h"

#include "base/assert.h"
#include "http/chars.h"
#include "http/quoted.h"
#include "http/sf.h"

enum argument { NONE, SECONDS, SECONDS_OR_ANY, FIELDS };

/* Which of two the stricter is: of seconds, or of being there at all. */
enum stricter { ABSENT, PRESENT, SMALLER, LARGER };

static const struct {
    struct vb_span name;
    enum argument argument;
    enum stricter stricter;
} infos[VB_CC_COUNT] = {
#define VB_CC(id, name, argument, stricter)                                    \
    [VB_CC_##id] = {VB_SPAN_INIT(name), argument, stricter},
#include "http/cache_control.tbl"
#undef VB_CC
};

static enum vb_cc find(struct vb_span name)
{
    for (unsigned id = 0; id < VB_CC_COUNT; id++)
        if (vb_span_ieq(name, infos[id].name))
            return (enum vb_cc)id;
    return VB_CC_UNKNOWN;
}

bool vb_delta_seconds(struct vb_span text, uint32_t *ret_seconds)
{
    uint64_t n = 0;

    if (!vb_chars_all(text, VB_CHAR_DIGIT))
        return false;
    vb_assert(text.ptr != NULL);
    for (size_t i = 0; i < text.len && n < VB_DELTA_SECONDS_MAX; i++)
        n = n * 10 + (uint64_t)(text.ptr[i] - '0');
    *ret_seconds =
        n < VB_DELTA_SECONDS_MAX ? (uint32_t)n : VB_DELTA_SECONDS_MAX;
    return true;
}

bool vb_cache_control_next(struct vb_elements *elements,
                           struct vb_cc_directive *ret_directive)
{
    struct vb_cc_directive directive = {.malformed = false};
    struct vb_span element;
    size_t len;

    if (!vb_elements_next(elements, &element))
        return false;
    len = vb_param_read(element, VB_PARAMS_BARE, &directive.param);
    if (len != element.len) {
        len = vb_chars_run(element, VB_CHAR_TCHAR);
        directive.param = (struct vb_param){.name = vb_span_head(element, len)};
        directive.malformed = true;
    }
    directive.id = find(directive.param.name);
    *ret_directive = directive;
    return true;
}

/* The seconds that a directive asks for; false when it says no number. Both
 * forms are read, the quoted one too (9111-5.2-02). */
static bool read_seconds(const struct vb_cc_directive *directive,
                         uint32_t *ret_seconds)
{
    struct vb_span value = directive->param.value;
    char unescaped[64];

    if (directive->malformed)
        return false;
    if (value.ptr == NULL) {
        if (infos[directive->id].argument != SECONDS_OR_ANY)
            return false;
        *ret_seconds = VB_CC_ANY;
        return true;
    }
    if (directive->param.quoted &&
        vb_quoted_unescape(value, unescaped, sizeof(unescaped), &value) !=
            VB_OK)
        return false;
    return vb_delta_seconds(value, ret_seconds);
}

static void add_seconds(struct vb_cache_control *cc,
                        const struct vb_cc_directive *directive)
{
    bool smaller = infos[directive->id].stricter == SMALLER;
    uint32_t *kept = &cc->seconds[directive->id];
    uint32_t seconds;

    if (!read_seconds(directive, &seconds)) {
        cc->malformed = true;
        seconds = smaller ? 0 : VB_DELTA_SECONDS_MAX;
    }
    if (!vb_cc_has(cc, directive->id) ||
        (smaller ? seconds < *kept : seconds > *kept))
        *kept = seconds;
}

/* Is it a list of field names, not empty, and nothing else? Escapes have no
 * business there. */
static bool is_field_list(const struct vb_cc_directive *directive)
{
    struct vb_elements elements;
    struct vb_span name;
    bool any = false;

    vb_elements_init(&elements, &directive->param.value, 1, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &name)) {
        any = true;
        if (!vb_token_valid(name))
            return false;
    }
    return any;
}

/* Once unqualified, it stays so: that is the stricter. */
static void add_fields(struct vb_cache_control *cc,
                       const struct vb_cc_directive *directive)
{
    struct vb_cc_fields *fields =
        directive->id == VB_CC_PRIVATE ? &cc->private_ : &cc->no_cache;
    bool unqualified = vb_cc_has(cc, directive->id) && fields->count == 0;

    if (!unqualified && fields->count < VB_CC_LISTS_MAX &&
        is_field_list(directive))
        fields->lists[fields->count++] = directive->param.value;
    else
        fields->count = 0;
}

static void add(struct vb_cache_control *cc,
                const struct vb_cc_directive *directive)
{
    if (directive->malformed)
        cc->malformed = true;
    if (directive->id == VB_CC_UNKNOWN)
        return;
    switch (infos[directive->id].argument) {
    case NONE:
        if (directive->malformed && infos[directive->id].stricter == ABSENT)
            return;
        break;
    case SECONDS:
    case SECONDS_OR_ANY:
        add_seconds(cc, directive);
        break;
    case FIELDS:
        add_fields(cc, directive);
        break;
    }
    cc->present |= UINT32_C(1) << directive->id;
}

void vb_cache_control_parse(const struct vb_span *lines, size_t count,
                            struct vb_cache_control *ret_cc)
{
    struct vb_cc_directive directive;
    struct vb_elements elements;

    *ret_cc = (struct vb_cache_control){.present = 0};
    vb_elements_init(&elements, lines, count, VB_ELEMENTS_USUAL);
    while (vb_cache_control_next(&elements, &directive))
        add(ret_cc, &directive);
}

/* The argument as Cache-Control would have it: what add() makes the best of. */
static struct vb_span sf_argument(struct vb_arena *arena,
                                  const struct vb_sf_value *value)
{
    switch (value->type) {
    case VB_SF_INTEGER:
        return vb_arena_printf(arena, "%lld", (long long)value->integer);
    case VB_SF_STRING:
    case VB_SF_TOKEN:
        return value->text.len > 0 ? value->text : VB_SPAN("");
    case VB_SF_BOOLEAN:
        return vb_span_of(NULL, 0);
    default:
        return VB_SPAN("");
    }
}

bool vb_cache_control_targeted(struct vb_arena *arena,
                               const struct vb_span *lines, size_t count,
                               struct vb_cache_control *ret_cc)
{
    struct vb_cache_control cc = {.present = 0};
    struct vb_sf_list dictionary;

    if (vb_sf_parse_dictionary(arena, lines, count, &dictionary) != VB_OK ||
        dictionary.count == 0)
        return false;
    for (size_t i = 0; i < dictionary.count; i++) {
        const struct vb_sf_member *member = &dictionary.members[i];
        const struct vb_sf_value *value = &member->item.value;
        struct vb_cc_directive directive = {
            .id = find(member->key),
            .param = {.name = member->key, .value = sf_argument(arena, value)}};

        if (value->type != VB_SF_BOOLEAN || value->boolean)
            add(&cc, &directive);
    }
    *ret_cc = cc;
    return true;
}

static void write_fields(struct vb_buf *buf, const struct vb_cc_fields *fields)
{
    if (fields->count == 0)
        return;
    vb_buf_str(buf, "=\"");
    for (size_t i = 0; i < fields->count; i++) {
        if (i > 0)
            vb_buf_str(buf, ", ");
        vb_buf_append(buf, fields->lists[i]);
    }
    vb_buf_char(buf, '"');
}

static void write_argument(struct vb_buf *buf,
                           const struct vb_cache_control *cc, enum vb_cc id)
{
    switch (infos[id].argument) {
    case NONE:
        break;
    case SECONDS:
    case SECONDS_OR_ANY:
        if (infos[id].argument == SECONDS_OR_ANY &&
            cc->seconds[id] == VB_CC_ANY)
            break;
        vb_buf_char(buf, '=');
        vb_buf_i64(buf, cc->seconds[id]);
        break;
    case FIELDS:
        write_fields(buf, id == VB_CC_PRIVATE ? &cc->private_ : &cc->no_cache);
        break;
    }
}

void vb_cache_control_write(struct vb_buf *buf,
                            const struct vb_cache_control *cc)
{
    const char *before = "";

    for (unsigned id = 0; id < VB_CC_COUNT; id++) {
        if (!vb_cc_has(cc, (enum vb_cc)id))
            continue;
        vb_buf_str(buf, before);
        vb_buf_append(buf, infos[id].name);
        write_argument(buf, cc, (enum vb_cc)id);
        before = ", ";
    }
}
