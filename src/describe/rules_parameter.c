/* Rules about parameters. See rules.h. */
#include "describe/rules.h"

static bool has_parameter(const struct vb__subject *s, unsigned where,
                          const char *const *names, struct vb_buf *detail)
{
    for (size_t i = 0; s->op && i < s->op->parameter_count; i++) {
        const struct vb_parameter *p = &s->op->parameters[i];

        if ((where & (1u << p->in)) && vb__is_one_of(p->name, names)) {
            vb_buf_printf(detail, "parameter \"%.*s\"", VB_FMT(p->name));
            return true;
        }
    }
    return false;
}

bool vb__rule_method_override(const struct vb__subject *s,
                              struct vb_buf *detail)
{
    static const char *const names[] = {"X-HTTP-Method-Override",
                                        "X-Method-Override",
                                        "X-HTTP-Method",
                                        "_method",
                                        "_HttpMethod",
                                        NULL};

    return has_parameter(s, 1u << VB_IN_QUERY | 1u << VB_IN_HEADER, names,
                         detail);
}

bool vb__rule_action_parameter(const struct vb__subject *s,
                               struct vb_buf *detail)
{
    static const char *const names[] = {"action",    "cmd", "command", "do",
                                        "operation", "op",  NULL};

    return has_parameter(s, 1u << VB_IN_QUERY, names, detail);
}

bool vb__rule_format_parameter(const struct vb__subject *s,
                               struct vb_buf *detail)
{
    static const char *const names[] = {"format", "_format", "output", NULL};

    return has_parameter(s, 1u << VB_IN_QUERY, names, detail);
}
