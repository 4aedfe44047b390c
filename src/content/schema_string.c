/* Keywords for strings (Validation sections 6.3 and 7). */
#include "content/schema_keyword.h"

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
