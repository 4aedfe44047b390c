/*
 * The rules of `check`, one function each; the table is rules.tbl.
 */
#ifndef VB_DESCRIBE_RULES_H
#define VB_DESCRIBE_RULES_H

#include "base/buf.h"
#include "describe/describe.h"

struct vb__subject {
    const struct vb_description *description;
    const struct vb_route *route;
    const struct vb_operation *op; /* NULL: the path itself is looked at */
    struct vb_arena *scratch;
};

/* Whether the rule is broken; then it may append a detail, such as which word
 * it is about, to `detail`. */
typedef bool vb__rule_fn(const struct vb__subject *s, struct vb_buf *detail);

vb__rule_fn vb__rule_security, vb__rule_never_exists, vb__rule_never_deleted,
    vb__rule_unfilled, vb__rule_patch_names, vb__rule_media,
    vb__rule_verb_in_path, vb__rule_moved_nowhere, vb__rule_moved_twice,
    vb__rule_trailing_slash, vb__rule_file_extension, vb__rule_collection_write,
    vb__rule_get_side_effect, vb__rule_safe_post, vb__rule_redirect_302,
    vb__rule_error_in_200, vb__rule_post_without_201, vb__rule_put_without_201,
    vb__rule_never_sent, vb__rule_empty_200, vb__rule_other_answer,
    vb__rule_patch_media, vb__rule_content_in_get, vb__rule_content_in_delete,
    vb__rule_method_override, vb__rule_action_parameter,
    vb__rule_format_parameter, vb__rule_unindexed;

/* The first word of a name in camelCase, snake_case or kebab-case, in lower
 * case in `room`; "getUsers" is "get". Empty when it is longer. */
struct vb_span vb__first_word(struct vb_span name, char *room, size_t size);

/* Whether a route (NULL: none) serves DELETE. */
bool vb__is_deleted(const struct vb_route *route);

/* Whether a word is one of a NULL-terminated list. */
bool vb__is_one_of(struct vb_span word, const char *const *list);

/* Alike in structure, whatever the variables are called and the slash at the
 * end (archetype.c). */
bool vb__template_eq(const struct vb_template *a, const struct vb_template *b);

#endif
