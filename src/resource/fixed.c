/* Resources that never change. See fixed.h. */
#include "resource/fixed.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/hash.h"
#include "flow/reply.h"
#include "resource/coded.h"
#include "resource/params.h"

/* 64 bits in hexadecimal digits. */
#define TAG_LEN 16

/* No query parameters are known. */
static const struct vb_route route = {.path = VB_SPAN_INIT("/")};

static enum vb_answer fixed_exists(struct vb_exchange *x)
{
    struct vb_fixed *fixed = x->resource->data;

    if (!vb_params_query_fits(x, &route))
        return VB_HALT;
    return vb_coded_select(x, (struct vb_coded_place){.key = VB_SPAN("")},
                           vb_rep_ref(fixed->reps[x->offer]));
}

static void release_rep(void *rep)
{
    vb_rep_unref(rep);
}

/* The tag is the content's, so that every instance and every start of a server
 * has the same. `same`: its content is this one's, too; or NULL. */
static struct vb_rep *make(const struct vb_fixed_draft *draft, bool negotiated,
                           struct vb_rep *same)
{
    static const struct vb_hash_key key; /* no secret is needed */
    struct vb_field_out extra[1 + VB_PAGE_FIELDS];
    char tag[TAG_LEN + 1];
    size_t count = 0;
    struct vb_rep *rep;

    (void)snprintf(tag, sizeof(tag), "%016llx",
                   (unsigned long long)vb_hash(&key, draft->content));
    if (draft->link.len > 0)
        extra[count++] = (struct vb_field_out){VB_SPAN("Link"), draft->link};
    for (size_t i = 0; draft->is_page && i < VB_PAGE_FIELDS; i++)
        extra[count++] = vb_page_fields[i];
    rep = vb_coded_base(&(struct vb_rep_draft){
        .media_type = draft->media_type,
        .tag_core = vb_span_of(tag, TAG_LEN),
        .modified = VB_DATE_NONE,
        .content = same != NULL ? same->content : draft->content,
        .length = draft->content.len,
        .vary = negotiated ? VB_SPAN("Accept") : VB_SPAN(""),
        .cache_control = VB_SPAN("no-cache"),
        .extra = extra,
        .extra_count = count,
        .owner = same != NULL ? vb_rep_ref(same) : NULL,
        .release = release_rep,
    });
    if (rep == NULL)
        vb_rep_unref(same);
    return rep;
}

enum vb_err vb_fixed_init(struct vb_fixed *fixed, const char *kind,
                          const struct vb_fixed_draft *drafts, size_t count)
{
    static const struct vb_slot get_slot = {.content_ignored = true};

    vb_assert(count > 0 && count <= VB_FIXED_MOST);
    *fixed = (struct vb_fixed){.count = (uint16_t)count};
    for (size_t i = 0; i < count; i++) {
        bool again =
            i > 0 && drafts[i].content.ptr == drafts[i - 1].content.ptr;

        fixed->offers[i] = (struct vb_offer){
            .media_type = drafts[i].media_type,
            .is_page = drafts[i].is_page,
        };
        fixed->reps[i] =
            make(&drafts[i], count > 1, again ? fixed->reps[i - 1] : NULL);
        if (fixed->reps[i] == NULL)
            return VB_ERR_NOMEM;
    }
    fixed->resource.kind = kind;
    fixed->resource.slots[VB_METHOD_GET] = &get_slot;
    fixed->resource.offers = fixed->offers;
    fixed->resource.offer_count = (uint16_t)count;
    fixed->resource.exists = fixed_exists;
    fixed->resource.data = fixed;
    return vb_resource_seal(&fixed->resource);
}

void vb_fixed_done(struct vb_fixed *fixed)
{
    vb_resource_done(&fixed->resource);
    for (size_t i = 0; i < fixed->count; i++)
        vb_rep_unref(fixed->reps[i]);
    *fixed = (struct vb_fixed){.count = 0};
}
