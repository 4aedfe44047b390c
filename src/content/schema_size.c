/* Keywords that bound how much there is: characters, items, properties
 * (Validation sections 6.3.1, 6.4.1, 6.5.1). */
#include "content/schema_keyword.h"

struct unit {
    const char *one;
    const char *many;
};

static const struct unit characters = {"character", "characters"};
static const struct unit items = {"item", "items"};
static const struct unit properties = {"property", "properties"};

static bool check_least(struct vb__run *run, const struct vb__rule *rule,
                        const struct vb__at *at, size_t size,
                        const struct unit *unit)
{
    return size >= rule->count ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must have at least %zu %s", rule->count,
                           rule->count == 1 ? unit->one : unit->many);
}

static bool check_most(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at, size_t size,
                       const struct unit *unit)
{
    return size <= rule->count ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must have at most %zu %s", rule->count,
                           rule->count == 1 ? unit->one : unit->many);
}

/* Characters are code points (Validation section 6.3.1): in UTF-8 every byte
 * that is no continuation begins one. */
static size_t count_characters(struct vb_span text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* The number of characters; where the number of bytes already tells on which
 * side of the limit it is, some number on that side. */
static size_t length_near(struct vb__run *run, const struct vb__at *at,
                          size_t limit)
{
    struct vb_span text = vb_json_text(at->value);

    if (text.len < limit)
        return text.len;
    if (text.len / 4 > limit)
        return text.len / 4;
    (void)vb__spend(run, text.len / 64);
    return count_characters(text);
}

bool vb__check_min_length(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at)
{
    return check_least(run, rule, at, length_near(run, at, rule->count),
                       &characters);
}

bool vb__check_max_length(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at)
{
    return check_most(run, rule, at, length_near(run, at, rule->count),
                      &characters);
}

bool vb__check_min_items(struct vb__run *run, const struct vb__rule *rule,
                         const struct vb__at *at)
{
    return check_least(run, rule, at, yyjson_arr_size(at->value), &items);
}

bool vb__check_max_items(struct vb__run *run, const struct vb__rule *rule,
                         const struct vb__at *at)
{
    return check_most(run, rule, at, yyjson_arr_size(at->value), &items);
}

bool vb__check_min_properties(struct vb__run *run, const struct vb__rule *rule,
                              const struct vb__at *at)
{
    return check_least(run, rule, at, yyjson_obj_size(at->value), &properties);
}

bool vb__check_max_properties(struct vb__run *run, const struct vb__rule *rule,
                              const struct vb__at *at)
{
    return check_most(run, rule, at, yyjson_obj_size(at->value), &properties);
}
