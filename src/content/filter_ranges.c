/* Where the values lie that a filter can hold for. See ranges.h. */
#include "content/collate.h"
#include "content/ranges.h"
#include "content/schema.h"

/* Bytes of one key. */
#define KEY_LIMIT ((size_t)4096)

/* A text that is only a byte. */
static struct vb_span byte_of(struct vb_arena *arena, unsigned byte)
{
    const char text = (char)byte;

    return vb_arena_dup(arena, vb_span_of(&text, 1));
}

static struct vb_ranges ranks(struct vb_arena *arena, unsigned low,
                              unsigned high)
{
    return vb_ranges_one(arena, byte_of(arena, low), byte_of(arena, high),
                         true);
}

/* An operand as it is compared with values of one type: its key, and the ranks
 * of all that it is compared with. */
struct bound {
    struct vb_span key;    /* and */
    struct vb_span behind; /* the first one behind it */
    unsigned rank, next;
    bool cut; /* other values have the same key */
};

static struct bound bound_of(struct vb_arena *arena,
                             const struct vb_filter *filter,
                             const struct vb_operand *operand, unsigned type)
{
    struct bound bound = {.rank = VB_RANK_NUMBER,
                          .cut = operand->text.len >= VB_COLLATE_MOST};
    struct vb_buf buf;

    vb_buf_init(&buf, KEY_LIMIT);
    if (type == VB_SCHEMA_NUMBER) {
        vb_collate_number(&buf, operand->text);
    } else if (type == VB_SCHEMA_STRING) {
        bound.rank = filter->field.time ? VB_RANK_TIME : VB_RANK_STRING;
        vb_collate_string(&buf, operand->text,
                          filter->field.time ? VB_COLLATE_TIME : 0);
    } else {
        bound.rank = vb_span_eq(operand->text, VB_SPAN("true")) ? VB_RANK_TRUE
                                                                : VB_RANK_FALSE;
        vb_buf_char(&buf, (char)bound.rank);
    }
    bound.next = bound.rank + 1;
    vb_buf_char(&buf, '\0');
    bound.behind = vb_arena_dup(arena, vb_buf_span(&buf));
    if (buf.err != VB_OK || arena->failed)
        arena->failed = true;
    else
        bound.key = vb_span_head(bound.behind, bound.behind.len - 1);
    vb_buf_done(&buf);
    return bound;
}

static struct vb_ranges within(struct vb_arena *arena, enum vb_filter_op op,
                               const struct bound *bound)
{
    struct vb_span low = byte_of(arena, bound->rank);
    struct vb_span high = byte_of(arena, bound->next);

    switch (op) {
    case VB_FILTER_LT:
        high = bound->cut ? bound->behind : bound->key;
        break;
    case VB_FILTER_LTE:
        high = bound->behind;
        break;
    case VB_FILTER_GT:
        low = bound->cut ? bound->key : bound->behind;
        break;
    case VB_FILTER_GTE:
        low = bound->key;
        break;
    default:
        low = bound->key;
        high = bound->behind;
        break;
    }
    return vb_ranges_one(arena, low, high, !bound->cut);
}

/* Of all that an operand can be read as. */
static struct vb_ranges of_operands(struct vb_arena *arena,
                                    const struct vb_filter *filter)
{
    static const unsigned types[] = {VB_SCHEMA_BOOLEAN, VB_SCHEMA_NUMBER,
                                     VB_SCHEMA_STRING};
    bool equal = filter->op == VB_FILTER_EQ || filter->op == VB_FILTER_IN;
    struct vb_ranges ranges = {NULL, 0, true};

    for (size_t i = 0; i < filter->count; i++) {
        for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
            struct bound bound;

            if ((filter->operands[i].as & types[t]) == 0 ||
                (types[t] == VB_SCHEMA_BOOLEAN && !equal))
                continue;
            bound = bound_of(arena, filter, &filter->operands[i], types[t]);
            if (arena->failed)
                return vb_ranges_all(false);
            ranges = vb_ranges_either(arena, ranges,
                                      within(arena, filter->op, &bound));
        }
    }
    return ranges;
}

static struct vb_ranges of_prefix(struct vb_arena *arena, struct vb_span text)
{
    struct vb_span low, high;
    struct vb_buf buf;

    vb_buf_init(&buf, KEY_LIMIT);
    vb_collate_prefix(&buf, text);
    low = vb_arena_dup(arena, vb_buf_span(&buf));
    vb_buf_char(&buf, '\xff'); /* which is not in UTF-8 */
    high = vb_arena_dup(arena, vb_buf_span(&buf));
    arena->failed |= buf.err != VB_OK;
    vb_buf_done(&buf);
    return vb_ranges_one(arena, low, high, text.len < VB_COLLATE_MOST);
}

static struct vb_ranges of_null(struct vb_arena *arena, bool null)
{
    return null ? ranks(arena, VB_RANK_NOTHING, VB_RANK_NOTHING + 1)
                : ranks(arena, VB_RANK_NOTHING + 1, 0xff);
}

struct vb_ranges vb_filter_ranges(struct vb_arena *arena,
                                  const struct vb_filter *filter)
{
    switch (filter->op) {
    case VB_FILTER_EQ:
    case VB_FILTER_IN:
    case VB_FILTER_LT:
    case VB_FILTER_LTE:
    case VB_FILTER_GT:
    case VB_FILTER_GTE:
        return of_operands(arena, filter);
    case VB_FILTER_STARTS:
        return filter->field.time ? vb_ranges_all(false)
                                  : of_prefix(arena, filter->operands[0].text);
    case VB_FILTER_NULL:
        return of_null(arena,
                       vb_span_eq(filter->operands[0].text, VB_SPAN("true")));
    default:
        return vb_ranges_all(false);
    }
}
