/* What a listing is part of, and what a write to it is conditional on. See
 * listing_part.h. */
#include "resource/absent.h"
#include "resource/collection.h"
#include "resource/listing_part.h"

bool vb__listing_has_owner(struct vb_exchange *x)
{
    return vb_stored_owner(x, vb__listing_built(x)->route).len > 0;
}

/* The books of an author who is not there are not there either. */
static enum vb_answer judge_owner(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (listing->owner.op.err != VB_OK)
        return vb_stored_failed(x, listing->owner.op.err);
    if (listing->owner.record == NULL)
        return vb_absent(x, vb_route_owner(listing->route), x->variables,
                         x->variable_count, listing->owner.tombstone);
    vb_record_unref(listing->owner.record);
    return listing->then(listing);
}

static void owner_done(struct vb_store_op *op)
{
    struct vb__listing *listing = op->context;
    enum vb_answer answer = judge_owner(listing);

    if (answer != VB_PENDING)
        vb_flow_resume(listing->x, answer);
}

/* The cache knows when members change, not whether the owner still is. */
enum vb_answer
vb__listing_after_owner(struct vb__listing *listing,
                        enum vb_answer (*then)(struct vb__listing *))
{
    struct vb_exchange *x = listing->x;
    struct vb_span owner = vb_stored_owner(x, listing->route);

    if (owner.len == 0)
        return then(listing);
    listing->then = then;
    listing->owner = (struct vb_read){
        .op = {.done = owner_done, .context = listing},
        .key = owner,
        .wants_tombstone =
            vb_route_leaves_tombstones(vb_route_owner(listing->route)),
    };
    if (vb_store_read(x->env->store, &listing->owner) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_owner(listing);
}

/* --- what a write to the listing itself is conditional on ------------------
 */

/* If-Match with tags is for the state that has one of them, and has to find it
 * when the write is done. Any state is good for `*`; and for If-None-Match the
 * next one is as good, since no tag that was given out comes back. */
static bool wants_this_state(const struct vb_exchange *x)
{
    const struct vb_field *field =
        vb_fields_first(&x->head.fields, VB_FIELD_IF_MATCH);

    return field != NULL && !vb_span_eq(field->value, VB_SPAN("*"));
}

static enum vb_answer judge_state(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;
    struct vb_stored *stored = vb_collection_written(x);

    if (stored == NULL)
        return VB_HALT;
    if (listing->state.op.err != VB_OK)
        return vb_stored_failed(x, listing->state.op.err);
    if (wants_this_state(x))
        stored->listing_expect = listing->state.revision;
    vb_stored_select(x, listing->state.revision, VB_DATE_NONE);
    return VB_YES;
}

static void state_done(struct vb_store_op *op)
{
    struct vb__listing *listing = op->context;

    vb_flow_resume(listing->x, judge_state(listing));
}

static bool is_conditional(const struct vb_exchange *x)
{
    return vb_fields_first(&x->head.fields, VB_FIELD_IF_MATCH) != NULL ||
           vb_fields_first(&x->head.fields, VB_FIELD_IF_NONE_MATCH) != NULL;
}

static enum vb_answer read_state(struct vb__listing *listing)
{
    struct vb_exchange *x = listing->x;

    if (!is_conditional(x))
        return VB_YES;
    listing->state = (struct vb_collection_read){
        .op = {.done = state_done, .context = listing},
        .parent = x->key,
    };
    if (vb_store_collection(x->env->store, &listing->state) == VB_IO_PENDING)
        return VB_PENDING;
    return judge_state(listing);
}

enum vb_answer vb_listing_condition(struct vb_exchange *x)
{
    struct vb__listing *listing;

    x->selected =
        (struct vb_selected){.exists = true, .modified = VB_DATE_NONE};
    if (!is_conditional(x) && !vb__listing_has_owner(x))
        return VB_YES;
    listing = vb__listing_new(x);
    return listing == NULL ? VB_HALT
                           : vb__listing_after_owner(listing, read_state);
}
