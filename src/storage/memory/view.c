/* What the judge sees of the state in memory. A row's id is its address. */
#include "base/span.h"
#include "storage/memory/state.h"

static struct vb__memory *memory_of(struct vb__view *view)
{
    return VB_CONTAINER(view, struct vb__memory_view, base)->memory;
}

struct vb__row *vb__row_find(struct vb__memory *memory, struct vb_span key)
{
    struct vb_table_node *node =
        vb_table_first(&memory->rows, vb_hash(&memory->hash_key, key));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__row *row = VB_CONTAINER(node, struct vb__row, node);

        if (vb_span_eq(row->record->key, key))
            return row;
    }
    return NULL;
}

static enum vb_err view_find(struct vb__view *view, struct vb_span key,
                             bool changes, struct vb_arena *arena,
                             struct vb__found *ret_found)
{
    const struct vb__row *row = vb__row_find(memory_of(view), key);

    (void)changes;
    (void)arena;
    *ret_found = (struct vb__found){.id = 0};
    if (row != NULL && row->is_tombstone)
        ret_found->tombstone = vb__row_id(row);
    else if (row != NULL)
        *ret_found = (struct vb__found){.id = vb__row_id(row),
                                        .revision = row->record->revision,
                                        .blob = row->record->blob,
                                        .parent = row->record->parent};
    return VB_OK;
}

/* Where a value could stand for two claims, the lengths tell them apart. */
uint64_t vb__claim_hash(const struct vb__memory *memory,
                        const struct vb_claim *claim)
{
    return vb_hash(&memory->hash_key, claim->scope) * 31 ^
           vb_hash(&memory->hash_key, claim->value);
}

static bool is_claim(const struct vb__claim *there,
                     const struct vb_claim *claim)
{
    const char *value = there->bytes + there->scope_len;

    return vb_span_eq(vb_span_of(there->bytes, there->scope_len),
                      claim->scope) &&
           vb_span_eq(vb_span_of(value, there->value_len), claim->value);
}

struct vb__claim *vb__claim_find(struct vb__memory *memory,
                                 const struct vb_claim *claim)
{
    struct vb_table_node *node =
        vb_table_first(&memory->claims, vb__claim_hash(memory, claim));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__claim *there = VB_CONTAINER(node, struct vb__claim, node);

        if (is_claim(there, claim))
            return there;
    }
    return NULL;
}

static enum vb_err view_holder(struct vb__view *view,
                               const struct vb_claim *claim, uint64_t *ret_id)
{
    const struct vb__claim *there = vb__claim_find(memory_of(view), claim);

    *ret_id = there == NULL ? 0 : vb__row_id(there->row);
    return VB_OK;
}

static enum vb_err view_source(struct vb__view *view, uint64_t target,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    const struct vb__row *row = vb__row_of(target);

    (void)view;
    *ret_id = 0;
    for (struct vb_link *link = row->sources.next; link != &row->sources;
         link = link->next) {
        uint64_t id =
            vb__row_id(VB_CONTAINER(link, struct vb__edge, to)->source);

        if (!vb__plan_touches(plan, id)) {
            *ret_id = id;
            break;
        }
    }
    return VB_OK;
}

static enum vb_err view_member(struct vb__view *view, struct vb_span parent,
                               const struct vb__plan *plan, uint64_t *ret_id)
{
    const struct vb__collection *collection =
        vb__collection_find(memory_of(view), parent);

    *ret_id = 0;
    for (size_t i = 0; collection != NULL && i < collection->used; i++) {
        const struct vb__row *row = collection->members[i].row;

        if (row != NULL && !vb__plan_deletes(plan, vb__row_id(row))) {
            *ret_id = vb__row_id(row);
            break;
        }
    }
    return VB_OK;
}

static enum vb_err view_collection(struct vb__view *view, struct vb_span key,
                                   uint64_t *ret_revision)
{
    const struct vb__collection *collection =
        vb__collection_find(memory_of(view), key);

    *ret_revision = collection == NULL ? 0 : collection->revision;
    return VB_OK;
}

static enum vb_err view_blob(struct vb__view *view, uint64_t id,
                             uint64_t length, struct vb__blob_state *ret_state)
{
    const struct vb__blob *blob = vb__blob_find(memory_of(view), id);

    ret_state->complete = blob != NULL && blob->length == length;
    ret_state->loose = blob != NULL && blob->records == 0;
    return VB_OK;
}

static enum vb_err view_memo(struct vb__view *view, const struct vb_memo *memo,
                             bool *ret_found)
{
    const struct vb__memo *there =
        vb__memo_find(memory_of(view), memo->name, memo->now_ms);

    *ret_found =
        there != NULL &&
        !vb__memo_gives_way(
            memo, vb_span_of(there->bytes + there->name_len, there->len));
    return VB_OK;
}

static enum vb_err view_key(struct vb__view *view, uint64_t id, char *to,
                            size_t size)
{
    (void)view;
    vb__key_told(vb__row_of(id)->record->key, to, size);
    return VB_OK;
}

struct vb__memory_view vb__memory_view(struct vb__memory *memory)
{
    return (struct vb__memory_view){
        .base = {.find = view_find,
                 .holder = view_holder,
                 .source = view_source,
                 .member = view_member,
                 .collection = view_collection,
                 .blob = view_blob,
                 .memo = view_memo,
                 .key = view_key},
        .memory = memory,
    };
}
