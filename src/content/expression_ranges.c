/* Where the values lie that an expression can hold for. See ranges.h. */
#include "content/expression_part.h"
#include "content/ranges.h"
#include "content/schema.h"

/* A filter of one boolean, where the term has none. */
static struct vb_ranges of_truth(struct vb_arena *arena,
                                 const struct vb__term *term,
                                 enum vb_filter_op op, bool truth)
{
    struct vb_operand operand = {
        .text = truth ? VB_SPAN("true") : VB_SPAN("false"),
        .as = VB_SCHEMA_BOOLEAN,
    };
    const struct vb_filter filter = {
        .field = term->member.field,
        .op = op,
        .operands = &operand,
        .count = 1,
    };

    return vb_filter_ranges(arena, &filter);
}

/* What a list or an object has in it has no place in the order. */
static bool is_scalar(const struct vb__term *term)
{
    return (term->member.field.types & (VB_SCHEMA_ARRAY | VB_SCHEMA_OBJECT)) ==
           0;
}

static struct vb_ranges of_member(struct vb_arena *arena,
                                  const struct vb__term *term)
{
    switch (term->kind) {
    case VB__TERM_PRESENT:
        return of_truth(arena, term, VB_FILTER_NULL, false);
    case VB__TERM_NULL:
        return of_truth(arena, term, VB_FILTER_NULL,
                        term->comparison == VB__EQ);
    case VB__TERM_HOLDS:
        return of_truth(arena, term, VB_FILTER_EQ, true);
    case VB__TERM_VALUE:
        return term->comparison != VB__HAS || is_scalar(term)
                   ? vb_filter_ranges(arena, &term->filter)
                   : vb_ranges_all(false);
    default:
        return vb_ranges_all(false);
    }
}

static struct vb_ranges of_term(struct vb_arena *arena,
                                const struct vb__term *term,
                                const struct vb_filter_field *field)
{
    switch (term->kind) {
    case VB__TERM_AND:
        return vb_ranges_both(arena, of_term(arena, term->left, field),
                              of_term(arena, term->right, field));
    case VB__TERM_OR:
        return vb_ranges_either(arena, of_term(arena, term->left, field),
                                of_term(arena, term->right, field));
    case VB__TERM_NOT:
    case VB__TERM_WORD:
    case VB__TERM_PATHS:
        return vb_ranges_all(false);
    default:
        return vb_filter_field_same(&term->member.field, field)
                   ? of_member(arena, term)
                   : vb_ranges_all(false);
    }
}

struct vb_ranges vb_expression_ranges(struct vb_arena *arena,
                                      const struct vb_expression *expression,
                                      const struct vb_filter_field *field)
{
    return of_term(arena, expression->root, field);
}
