/* Keywords for numbers (Validation section 6.2; OpenAPI 3.0.3 for its own
 * exclusiveMinimum and exclusiveMaximum). */
#include "content/number.h"

#include "content/schema_keyword.h"

/* Numbers are as long as their text. */
static bool spend_digits(struct vb__run *run, const struct vb__at *at)
{
    return vb__spend(run, vb_json_text(at->value).len / 16);
}

static bool read_number(struct vb__compiler *c, yyjson_val *value,
                        struct vb_span *ret_number)
{
    if (!vb_json_is_number(value) || !vb_number_is_valid(vb_json_text(value)))
        return vb__schema_fault(c, value, "must be a number");
    *ret_number = vb_json_text(value);
    return true;
}

bool vb__read_limit(struct vb__compiler *c, struct vb_schema *node,
                    yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    rule->exclusive = vb_span_starts(rule->keyword->name, VB_SPAN("exclusive"));
    return read_number(c, value, &rule->number);
}

bool vb__read_limit_openapi(struct vb__compiler *c, struct vb_schema *node,
                            yyjson_val *value, struct vb__rule *rule)
{
    const char *flag = vb_span_eq(rule->keyword->name, VB_SPAN("minimum"))
                           ? "exclusiveMinimum"
                           : "exclusiveMaximum";

    rule->exclusive = yyjson_is_true(vb__schema_sibling(node, flag));
    return read_number(c, value, &rule->number);
}

bool vb__read_multiple(struct vb__compiler *c, struct vb_schema *node,
                       yyjson_val *value, struct vb__rule *rule)
{
    (void)node;
    if (!read_number(c, value, &rule->number))
        return false;
    return vb_number_is_divisor(rule->number) ||
           vb__schema_fault(c, value,
                            "must be greater than 0 and have at most %d "
                            "significant digits",
                            VB_NUMBER_DIVISOR_DIGITS);
}

bool vb__check_minimum(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at)
{
    int order = vb_number_cmp(vb_json_text(at->value), rule->number);

    if (!spend_digits(run, at))
        return false;
    if (order > 0 || (order == 0 && !rule->exclusive))
        return true;
    return vb__schema_fail(run, at, rule->keyword->name, "must be %s %.*s",
                           rule->exclusive ? "greater than" : "at least",
                           VB_FMT(rule->number));
}

bool vb__check_maximum(struct vb__run *run, const struct vb__rule *rule,
                       const struct vb__at *at)
{
    int order = vb_number_cmp(vb_json_text(at->value), rule->number);

    if (!spend_digits(run, at))
        return false;
    if (order < 0 || (order == 0 && !rule->exclusive))
        return true;
    return vb__schema_fail(run, at, rule->keyword->name, "must be %s %.*s",
                           rule->exclusive ? "less than" : "at most",
                           VB_FMT(rule->number));
}

bool vb__check_multiple(struct vb__run *run, const struct vb__rule *rule,
                        const struct vb__at *at)
{
    if (!spend_digits(run, at))
        return false;
    return vb_number_is_multiple(vb_json_text(at->value), rule->number) ||
           vb__schema_fail(run, at, rule->keyword->name,
                           "must be a multiple of %.*s", VB_FMT(rule->number));
}
