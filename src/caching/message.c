/* What a cache reads in messages: see message.h. */
#include "caching/message.h"

/* Of a field with more lines than anybody sincere sends, what is not looked at
 * could say no-store. */
static void read_directives(const struct vb_fields *fields,
                            struct vb_cache_control *ret_cc)
{
    struct vb_span values[VB_LINES_MOST + 1];
    size_t count = vb_fields_values(fields, VB_FIELD_CACHE_CONTROL, values,
                                    VB_LINES_MOST + 1);

    vb_cache_control_parse(values, count, ret_cc);
    if (count > VB_LINES_MOST) {
        ret_cc->malformed = true;
        vb_cc_set(ret_cc, VB_CC_NO_STORE, 0);
    }
}

void vb_asked_read(const struct vb_head *head, struct vb_asked *ret_asked)
{
    struct vb_lines pragma;

    ret_asked->head = head;
    read_directives(&head->fields, &ret_asked->cc);
    vb_fields_lines(&head->fields, VB_FIELD_PRAGMA, &pragma);
    ret_asked->pragma =
        vb_fields_first(&head->fields, VB_FIELD_CACHE_CONTROL) == NULL &&
        vb_elements_have(pragma.at, pragma.count, VB_SPAN("no-cache"));
}

void vb_directives_read(const struct vb_caching_policy *policy,
                        struct vb_arena *arena, const struct vb_fields *fields,
                        struct vb_directives *ret_directives)
{
    struct vb_span values[VB_LINES_MOST];
    size_t count = vb_fields_values(fields, VB_FIELD_CDN_CACHE_CONTROL, values,
                                    VB_LINES_MOST);

    ret_directives->targeted =
        policy->targeted && count > 0 &&
        vb_cache_control_targeted(arena, values, count, &ret_directives->cc);
    if (!ret_directives->targeted)
        read_directives(fields, &ret_directives->cc);
}
