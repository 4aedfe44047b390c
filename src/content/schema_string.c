/* Keywords for strings (Validation sections 6.3 and 7). */
#include "content/schema_keyword.h"

/* --- lengths --- */

/* Characters are code points (RFC 8259; Validation section 6.3.1): in UTF-8
 * every byte that is no continuation begins one. */
static size_t count_characters(struct vb_span text)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    return count;
}

/* The number of characters, which is asked only where the number of bytes does
 * not tell: between a quarter of them and all. */
static size_t length_near(struct vb__run *run, const struct vb__at *at,
                          size_t limit)
{
    struct vb_span text = vb_json_text(at->value);

    if (text.len < limit || text.len / 4 > limit)
        return text.len < limit ? text.len : text.len / 4;
    (void)vb__spend(run, text.len / 64);
    return count_characters(text);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

bool vb__check_min_length(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at)
{
    return length_near(run, at, rule->count) >= rule->count ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must have at least %zu character%s", rule->count,
                           plural(rule->count));
}

bool vb__check_max_length(struct vb__run *run, const struct vb__rule *rule,
                          const struct vb__at *at)
{
    return length_near(run, at, rule->count) <= rule->count ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must have at most %zu character%s", rule->count,
                           plural(rule->count));
}

/* --- pattern --- */

bool vb__read_pattern(struct vb__compiler *c, struct vb_schema *node,
                      yyjson_val *value, struct vb__rule *rule)
{
    if (!vb__read_string(c, node, value, rule))
        return false;
    rule->text = vb_json_text(value);
    rule->regex = vb__schema_pattern(c, value);
    return rule->regex != NULL;
}

bool vb__check_pattern(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at)
{
    bool matched = false;
    enum vb_err err = vb_regex_match(rule->regex, vb_json_text(at->value),
                                     &run->budget, &matched);

    if (err != VB_OK)
        return vb__schema_abort(run, err);
    return matched ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must match the pattern %.*s", VB_FMT(rule->text));
}

/* --- format --- */

bool vb__read_format(struct vb__compiler *c, struct vb_schema *node,
                     yyjson_val *value, struct vb__rule *rule)
{
    bool asserted =
        !c->set->options.annotate_format ||
        (node->resource->vocabularies & VB__VOCABULARY_FORMAT_ASSERT) != 0;

    if (!vb__read_string(c, node, value, rule))
        return false;
    rule->format = asserted ? vb_format_find(vb_json_text(value)) : NULL;
    if (rule->format == NULL)
        rule->keyword = NULL;
    return true;
}

bool vb__check_format(struct vb__run *run, const struct vb__rule *rule,
                      const struct vb__at *at)
{
    struct vb_span text = vb_json_text(at->value);

    if (!vb__spend(run, text.len / 16))
        return false;
    return rule->format->matches(text) ||
           vb__schema_fail(run, at, rule->keyword->name, "%s",
                           rule->format->detail);
}
