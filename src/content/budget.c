/* Counted, bounded heap memory. See budget.h. */
#include "content/budget.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

/* yyjson does not say how much it frees, so each piece carries its size:
 *
 *     [size][padding] memory handed out ...
 */
struct piece {
    size_t size;
    alignas(max_align_t) char memory[];
};

static struct piece *piece_of(void *memory)
{
    return (struct piece *)(void *)((char *)memory -
                                    offsetof(struct piece, memory));
}

/* Takes or resizes a piece; the budget is changed only when that worked. */
static void *take(struct vb_budget *budget, struct piece *old, size_t size)
{
    size_t had = old == NULL ? 0 : old->size;
    struct piece *piece;

    if (size > budget->limit || budget->used - had > budget->limit - size ||
        size > SIZE_MAX - sizeof(*piece)) {
        budget->err = VB_ERR_LIMIT;
        return NULL;
    }
    piece = realloc(old, sizeof(*piece) + size);
    if (piece == NULL) {
        budget->err = VB_ERR_NOMEM;
        return NULL;
    }
    piece->size = size;
    budget->used += size - had;
    return piece->memory;
}

void *vb_budget_alloc(struct vb_budget *budget, size_t size)
{
    return take(budget, NULL, size);
}

void vb_budget_free(struct vb_budget *budget, void *memory)
{
    struct piece *piece;

    if (memory == NULL)
        return;
    piece = piece_of(memory);
    budget->used -= piece->size;
    free(piece);
}

static void *alc_malloc(void *ctx, size_t size)
{
    return vb_budget_alloc(ctx, size);
}

static void *alc_realloc(void *ctx, void *memory, size_t old_size, size_t size)
{
    (void)old_size;
    return take(ctx, memory == NULL ? NULL : piece_of(memory), size);
}

static void alc_free(void *ctx, void *memory)
{
    vb_budget_free(ctx, memory);
}

void vb_budget_init(struct vb_budget *budget, size_t limit)
{
    *budget = (struct vb_budget){
        .alc = {alc_malloc, alc_realloc, alc_free, budget},
        .limit = limit,
    };
}
