/* What the entity tag of a page has beside the revision. See page_part.h. */
#include "base/hash.h"
#include "exchange/identity.h"
#include "resource/page_part.h"
#include "resource/stored.h"

/* Who asks, as far as it decides what is seen: what they are, and what their
 * account says. */
static void write_viewer(struct vb_buf *buf, const struct vb_identity *identity)
{
    if (identity == NULL)
        return;
    vb_buf_printf(buf, "%zu %.*s %zu %.*s", identity->account.len,
                  VB_FMT(identity->account), identity->subject.len,
                  VB_FMT(identity->subject));
    for (size_t i = 0; i < identity->role_count; i++)
        vb_buf_printf(buf, " %zu %.*s", identity->roles[i].len,
                      VB_FMT(identity->roles[i]));
    if (identity->record != NULL)
        vb_buf_printf(buf, " %llu",
                      (unsigned long long)identity->record->revision);
}

/* Nobody can tell from a tag who else it was given to. */
static struct vb_span viewer_variant(struct vb_exchange *x,
                                     const struct vb_page *page)
{
    struct vb_span variant;
    struct vb_buf buf;

    vb_buf_init(&buf, 64 * 1024);
    write_viewer(&buf, x->identity);
    variant = vb_arena_printf(
        &x->arena, "u%016llx",
        (unsigned long long)vb_hash(page->secret, vb_buf_span(&buf)));
    x->arena.failed |= buf.err != VB_OK;
    vb_buf_done(&buf);
    return variant;
}

/* What a description says of a page, which the next one may say otherwise: what
 * is hidden, and the columns. */
static struct vb_span described_variant(struct vb_exchange *x,
                                        const struct vb_page *page)
{
    struct vb_span hidden = vb_state_hidden(vb__page_member(page));
    struct vb_span variant;
    struct vb_buf head;

    if (vb_page_form(x) != VB_FORM_TABLE)
        return hidden;
    vb_buf_init(&head, VB__PAGE_LIMIT);
    vb_columns_write_head(&head, &page->columns);
    variant = vb_arena_printf(
        &x->arena, "%.*sc%016llx", VB_FMT(hidden),
        (unsigned long long)vb_hash(&vb_hash_key_fixed, vb_buf_span(&head)));
    x->arena.failed |= head.err != VB_OK;
    vb_buf_done(&head);
    return variant;
}

struct vb_span vb__page_variant(struct vb_exchange *x,
                                const struct vb_page *page)
{
    struct vb_span variant = x->resource->offers[x->offer].tag_variant;
    struct vb_span described = described_variant(x, page);

    if (described.len > 0)
        variant = vb_arena_printf(&x->arena, "%.*s%.*s", VB_FMT(variant),
                                  VB_FMT(described));
    if (x->head.method == VB_METHOD_QUERY)
        variant = vb_arena_printf(
            &x->arena, "%.*sq%016llx", VB_FMT(variant),
            (unsigned long long)vb_hash(&vb_hash_key_fixed, page->uri));
    if (page->expanding != NULL)
        variant = vb_expanding_variant(page->expanding, variant);
    if (page->personal)
        variant = vb_arena_printf(&x->arena, "%.*s%.*s", VB_FMT(variant),
                                  VB_FMT(viewer_variant(x, page)));
    return variant;
}
