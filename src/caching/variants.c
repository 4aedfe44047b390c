/* The tree of variants: see variants.h. */
#include "caching/variants.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "caching/vary.h"

struct vb_branch {
    struct vb_link link;
    struct vb_link variants; /* newest first */
    struct vb_vary vary;     /* names lie in `text` */
    size_t len;
    char text[];
};

void vb_variants_init(struct vb_variants *variants)
{
    vb_list_init(&variants->branches);
    variants->branch_count = variants->count = 0;
}

static struct vb_branch *branch_at(struct vb_link *link)
{
    return VB_CONTAINER(link, struct vb_branch, link);
}

static struct vb_variant *variant_at(struct vb_link *link)
{
    return VB_CONTAINER(link, struct vb_variant, link);
}

static uint64_t hash_of(struct vb_span values)
{
    return vb_hash(vb_hash_key_shared(), values);
}

static struct vb_variant *find(const struct vb_branch *branch, uint64_t hash,
                               struct vb_span values)
{
    const struct vb_link *head = &branch->variants;

    for (struct vb_link *at = head->next; at != head; at = at->next) {
        struct vb_variant *variant = variant_at(at);

        if (variant->hash == hash &&
            vb_span_eq(variant->response->values, values))
            return variant;
    }
    return NULL;
}

static bool is_newer(const struct vb_variant *a, const struct vb_variant *b)
{
    return vb_freshness_is_newer(&a->response->freshness,
                                 &b->response->freshness);
}

static struct vb_variant *select_in(const struct vb_branch *branch,
                                    const struct vb_fields *fields)
{
    char text[VB_VARY_TEXT_MAX];
    struct vb_buf values = vb_buf_over(text, sizeof(text));

    vb_vary_values(&values, &branch->vary, fields);
    if (values.err != VB_OK)
        return NULL;
    return find(branch, hash_of(vb_buf_span(&values)), vb_buf_span(&values));
}

struct vb_variant *vb_variants_select(const struct vb_variants *variants,
                                      const struct vb_fields *fields)
{
    const struct vb_link *head = &variants->branches;
    struct vb_variant *best = NULL;

    for (struct vb_link *at = head->next; at != head; at = at->next) {
        struct vb_variant *one = select_in(branch_at(at), fields);

        if (one != NULL && (best == NULL || is_newer(one, best)))
            best = one;
    }
    return best;
}

static struct vb_branch *find_branch(const struct vb_variants *variants,
                                     struct vb_span names)
{
    const struct vb_link *head = &variants->branches;

    for (struct vb_link *at = head->next; at != head; at = at->next) {
        struct vb_branch *branch = branch_at(at);

        if (vb_span_eq(vb_span_of(branch->text, branch->len), names))
            return branch;
    }
    return NULL;
}

static struct vb_branch *new_branch(struct vb_variants *variants,
                                    struct vb_span names)
{
    struct vb_branch *branch = malloc(sizeof(*branch) + names.len);

    if (branch == NULL)
        return NULL;
    branch->len = names.len;
    if (names.len > 0)
        memcpy(branch->text, names.ptr, names.len);
    vb_vary_split(vb_span_of(branch->text, branch->len), &branch->vary);
    vb_list_init(&branch->variants);
    vb_list_insert_after(&variants->branches, &branch->link);
    variants->branch_count++;
    return branch;
}

bool vb_variants_add(struct vb_variants *variants, struct vb_variant *variant)
{
    const struct vb_stored_response *response = variant->response;
    struct vb_branch *branch = find_branch(variants, response->vary);

    if (branch == NULL)
        branch = new_branch(variants, response->vary);
    if (branch == NULL)
        return false;
    vb_list_remove(&branch->link);
    vb_list_insert_after(&variants->branches, &branch->link);
    variant->branch = branch;
    variant->hash = hash_of(response->values);
    vb_list_insert_after(&branch->variants, &variant->link);
    variants->count++;
    return true;
}

/* The oldest of the branch that has waited longest for another one. */
static struct vb_variant *oldest(const struct vb_variants *variants)
{
    return variant_at(branch_at(variants->branches.prev)->variants.prev);
}

struct vb_variant *
vb_variants_in_place(const struct vb_variants *variants,
                     const struct vb_stored_response *response)
{
    const struct vb_branch *branch = find_branch(variants, response->vary);

    return branch == NULL
               ? NULL
               : find(branch, hash_of(response->values), response->values);
}

struct vb_variant *
vb_variants_crowded_out(const struct vb_variants *variants,
                        const struct vb_stored_response *response)
{
    struct vb_variant *same = vb_variants_in_place(variants, response);

    if (same != NULL)
        return same;
    if (variants->count >= VB_VARIANTS_MAX ||
        (variants->branch_count >= VB_BRANCHES_MAX &&
         find_branch(variants, response->vary) == NULL))
        return oldest(variants);
    return NULL;
}

void vb_variants_remove(struct vb_variants *variants,
                        struct vb_variant *variant)
{
    struct vb_branch *branch = variant->branch;

    vb_list_remove(&variant->link);
    vb_assert(variants->count > 0);
    variants->count--;
    if (!vb_list_empty(&branch->variants))
        return;
    vb_list_remove(&branch->link);
    variants->branch_count--;
    free(branch);
}

struct vb_variant *vb_variants_any(const struct vb_variants *variants)
{
    return variants->count == 0 ? NULL : oldest(variants);
}

size_t vb_variants_collect(const struct vb_variants *variants,
                           struct vb_stored_response **ret_responses,
                           size_t max)
{
    const struct vb_link *head = &variants->branches;
    size_t count = 0;

    for (struct vb_link *at = head->next; at != head; at = at->next) {
        const struct vb_link *of = &branch_at(at)->variants;

        for (struct vb_link *v = of->next; v != of && count < max; v = v->next)
            ret_responses[count++] =
                vb_stored_response_ref(variant_at(v)->response);
    }
    return count;
}
