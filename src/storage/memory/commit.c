/*
 * Commits in memory: judged, then all memory is taken, then the state is
 * changed, which can no longer fail.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "storage/engine.h"
#include "storage/generations.h"
#include "storage/memory/state.h"

/* --- Taking the memory. --- */

/* What one PUT will put in place; or a DELETE that leaves a tombstone. */
struct draft {
    struct vb_record *record; /* new */
    struct vb__row *row;      /* new, when it creates */
    struct vb__claim **claims;
    struct vb__edge **edges;
    struct vb__entry *entry; /* of the history; NULL: none is kept */
};

static struct vb__row *row_new(void)
{
    struct vb__row *row = calloc(1, sizeof(*row));

    if (row == NULL)
        return NULL;
    vb_list_init(&row->claims);
    vb_list_init(&row->targets);
    vb_list_init(&row->sources);
    return row;
}

void vb__row_free(struct vb__row *row)
{
    struct vb_link *link = row->targets.next;

    while (link != &row->targets) {
        struct vb__edge *edge = VB_CONTAINER(link, struct vb__edge, from);

        link = link->next;
        free(edge);
    }
    vb_record_unref(row->record);
    free(row);
}

static struct vb__claim *claim_new(const struct vb_claim *claim)
{
    struct vb__claim *copy =
        malloc(sizeof(*copy) + claim->scope.len + claim->value.len);

    if (copy == NULL)
        return NULL;
    copy->scope_len = claim->scope.len;
    copy->value_len = claim->value.len;
    if (claim->scope.len > 0)
        memcpy(copy->bytes, claim->scope.ptr, claim->scope.len);
    if (claim->value.len > 0)
        memcpy(copy->bytes + claim->scope.len, claim->value.ptr,
               claim->value.len);
    return copy;
}

static struct vb_record *record_new(struct vb__memory *memory,
                                    const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    struct vb_record fields = {.key = change->key,
                               .parent = change->parent,
                               .revision = memory->revision,
                               .created_ms = vb__created_ms(change),
                               .modified_ms = change->modified_ms,
                               .media_type = change->media_type,
                               .length = change->length,
                               .blob = change->blob,
                               .store = &memory->store};

    if (step->now.id != 0) {
        const struct vb_record *old = vb__row_of(step->now.id)->record;

        fields.parent = old->parent;
        fields.position = old->position;
        fields.created_ms = old->created_ms;
    } else {
        fields.position = ++memory->position;
    }
    if (change->blob == 0)
        fields.content = change->content;
    return vb__record_new(&fields);
}

static bool prepare_place(struct vb__memory *memory,
                          const struct vb__step *step, struct draft *draft)
{
    struct vb_span parent = step->change->parent;
    struct vb__collection *collection = NULL;

    if (step->now.id != 0)
        return true;
    if (parent.len > 0) {
        collection = vb__collection_get(memory, parent);
        if (collection == NULL)
            return false;
        collection->coming++;
    }
    draft->row = row_new();
    if (draft->row == NULL) {
        if (collection != NULL)
            collection->coming--;
        return false;
    }
    draft->row->collection = collection;
    return collection == NULL || vb__collection_reserve(collection);
}

static struct vb_record *tombstone_new(struct vb__memory *memory,
                                       const struct vb__step *step)
{
    const struct vb_change *change = step->change;
    const struct vb_record *old = vb__row_of(step->now.id)->record;

    return vb__record_new(&(struct vb_record){
        .key = old->key,
        .revision = memory->revision,
        .position = old->position,
        .created_ms = old->created_ms,
        .modified_ms = change->modified_ms,
        .content = change->moved_to,
        .length = change->moved_to.len,
    });
}

static bool prepare_put(struct vb__memory *memory, const struct vb__step *step,
                        struct draft *draft)
{
    const struct vb_change *change = step->change;

    draft->claims = vb_arena_calloc(&memory->scratch, change->claim_count,
                                    sizeof(*draft->claims));
    draft->edges = vb_arena_calloc(&memory->scratch, change->reference_count,
                                   sizeof(*draft->edges));
    if (memory->scratch.failed || !prepare_place(memory, step, draft))
        return false;
    draft->record = record_new(memory, step);
    if (draft->record == NULL)
        return false;
    for (size_t i = 0; i < change->claim_count; i++)
        if ((draft->claims[i] = claim_new(&change->claims[i])) == NULL)
            return false;
    for (size_t i = 0; i < change->reference_count; i++)
        if ((draft->edges[i] = malloc(sizeof(struct vb__edge))) == NULL)
            return false;
    return true;
}

/* Is the record to be deleted, and to have a tombstone? */
static bool buries(const struct vb__step *step)
{
    return step->change->kind == VB_CHANGE_DELETE && step->now.id != 0 &&
           step->change->tombstone;
}

/* The record, with other content. */
static struct vb_record *amended_new(const struct vb__step *step)
{
    struct vb_record fields = *vb__row_of(step->now.id)->record;

    fields.content = step->change->content;
    fields.length = step->change->length;
    return vb__record_new(&fields);
}

/* What the history is to have of it. An amended record is what it was. */
static bool prepare_entry(struct vb__memory *memory,
                          const struct vb__step *step, struct draft *draft)
{
    enum vb_change_kind kind = step->change->kind;
    struct vb_record *before =
        step->now.id != 0 ? vb__row_of(step->now.id)->record : NULL;
    bool puts = kind == VB_CHANGE_PUT;

    if (!(puts || (kind == VB_CHANGE_DELETE && before != NULL)) ||
        !vb_key_is_followed(step->change->key) ||
        atomic_load(&memory->store.history) == 0)
        return true;
    draft->entry = vb__entry_new(before, puts ? draft->record : NULL);
    return draft->entry != NULL;
}

static bool prepare_change(struct vb__memory *memory,
                           const struct vb__step *step, struct draft *draft)
{
    if (step->change->kind == VB_CHANGE_PUT)
        return prepare_put(memory, step, draft);
    if (step->change->kind == VB_CHANGE_AMEND) {
        draft->record = amended_new(step);
        return draft->record != NULL;
    }
    if (buries(step))
        draft->record = tombstone_new(memory, step);
    return !buries(step) || draft->record != NULL;
}

static bool prepare(struct vb__memory *memory, const struct vb__step *step,
                    struct draft *draft)
{
    return prepare_change(memory, step, draft) &&
           prepare_entry(memory, step, draft);
}

static void abandon(const struct vb__step *step, struct draft *draft)
{
    vb__entry_abandon(draft->entry); /* before its record */
    for (size_t i = 0; draft->claims != NULL && i < step->change->claim_count;
         i++)
        free(draft->claims[i]);
    for (size_t i = 0;
         draft->edges != NULL && i < step->change->reference_count; i++)
        free(draft->edges[i]);
    free(draft->record); /* it has not been counted with its blob yet */
    free(draft->row);
}

/* --- Changing the state. --- */

static void untie(struct vb__memory *memory, struct vb__row *row)
{
    struct vb_link *link, *next;

    for (link = row->claims.next; link != &row->claims; link = next) {
        struct vb__claim *claim = VB_CONTAINER(link, struct vb__claim, link);

        next = link->next;
        vb_table_remove(&memory->claims, &claim->node);
        free(claim);
    }
    vb_list_init(&row->claims);
    for (link = row->targets.next; link != &row->targets; link = next) {
        struct vb__edge *edge = VB_CONTAINER(link, struct vb__edge, from);

        next = link->next;
        vb_list_remove(&edge->to);
        free(edge);
    }
    vb_list_init(&row->targets);
}

static void touch(struct vb__memory *memory, const struct vb__row *row,
                  int64_t now_ms)
{
    struct vb__collection *collection = row->collection;

    vb__generations_bump(memory->store.generations,
                         vb_store_hash(&memory->store, row->record->key));
    if (collection == NULL)
        return;
    vb__generations_bump(memory->store.generations,
                         vb_store_hash(&memory->store, row->record->parent));
    collection->revision = memory->revision;
    if (now_ms > collection->modified_ms)
        collection->modified_ms = now_ms;
}

/* Insertion fails only into a table without buckets; vb__memory_open has seen
 * to it that there are some. */
static void must_insert(struct vb_table *table, struct vb_table_node *node,
                        uint64_t hash)
{
    bool inserted = vb_table_insert(table, node, hash);

    vb_assert(inserted);
}

static void put(struct vb__memory *memory, struct vb__step *step,
                struct draft *draft)
{
    struct vb__row *row = draft->row;

    if (row == NULL) {
        row = vb__row_of(step->now.id);
        /* The row's key is the record's: the table must not see it change. */
        row->record = draft->record;
    } else {
        row->record = draft->record;
        must_insert(&memory->rows, &row->node,
                    vb_hash(&memory->hash_key, row->record->key));
        if (row->collection != NULL) {
            row->collection->coming--;
            vb__collection_append(row->collection, row);
        }
    }
    if (row->record->blob != 0)
        vb__blob_find(memory, row->record->blob)->records++;
    step->id = vb__row_id(row);
    touch(memory, row, step->change->modified_ms);
}

static void tie(struct vb__memory *memory, const struct vb__plan *plan,
                const struct vb__step *step, struct draft *draft)
{
    const struct vb_change *change = step->change;
    struct vb__row *row = vb__row_of(step->id);

    for (size_t i = 0; i < change->claim_count; i++) {
        struct vb__claim *claim = draft->claims[i];

        if (vb__claim_find(memory, &change->claims[i]) != NULL) {
            free(claim); /* twice in one change: it holds it already */
            continue;
        }
        claim->row = row;
        vb_list_append(&row->claims, &claim->link);
        must_insert(&memory->claims, &claim->node,
                    vb__claim_hash(memory, &change->claims[i]));
    }
    for (size_t i = 0; i < change->reference_count; i++) {
        struct vb__edge *edge = draft->edges[i];
        uint64_t target = step->targets[i];

        if (target == 0)
            target = vb__plan_by_key(plan, change->references[i])->id;
        edge->source = row;
        vb_list_append(&row->targets, &edge->from);
        vb_list_append(&vb__row_of(target)->sources, &edge->to);
    }
}

static void delete (struct vb__memory *memory, const struct vb__step *step,
                    const struct draft *draft)
{
    struct vb__row *row = vb__row_of(step->now.id);

    touch(memory, row, step->change->modified_ms);
    if (row->collection != NULL)
        vb__collection_remove(row->collection, row);
    row->collection = NULL;
    row->record = draft->record;
    row->is_tombstone = true;
    if (row->record == NULL) {
        vb_table_remove(&memory->rows, &row->node);
        free(row);
    }
}

static void amend(struct vb__memory *memory, const struct vb__step *step,
                  const struct draft *draft)
{
    vb__row_of(step->now.id)->record = draft->record;
    vb__generations_bump(memory->store.generations,
                         vb_store_hash(&memory->store, step->change->key));
}

/* The records that were replaced or deleted, for the time after the lock: the
 * last reference to one may come back to us for its blob. */
struct fallen {
    struct vb_record **records;
    size_t count;
};

/* A tombstone gives way to a record that is put in its place. */
static void exhume(struct vb__memory *memory, const struct vb__step *step,
                   struct fallen *fallen)
{
    struct vb__row *row = vb__row_of(step->now.tombstone);

    if (row == NULL || step->change->kind != VB_CHANGE_PUT)
        return;
    fallen->records[fallen->count++] = row->record;
    vb_table_remove(&memory->rows, &row->node);
    free(row);
}

static void apply(struct vb__memory *memory, const struct vb__plan *plan,
                  struct draft *drafts, struct fallen *fallen)
{
    for (size_t i = 0; i < plan->key_count; i++)
        exhume(memory, plan->by_key[i], fallen);
    for (size_t i = 0; i < plan->id_count; i++) {
        struct vb__row *row = vb__row_of(plan->by_id[i]->now.id);

        fallen->records[fallen->count++] = row->record;
        if (plan->by_id[i]->change->kind == VB_CHANGE_AMEND)
            amend(memory, plan->by_id[i], drafts);
        else
            untie(memory, row);
    }
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].change->kind == VB_CHANGE_PUT)
            put(memory, &plan->steps[i], &drafts[i]);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].change->kind == VB_CHANGE_PUT)
            tie(memory, plan, &plan->steps[i], &drafts[i]);
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].change->kind == VB_CHANGE_DELETE &&
            plan->steps[i].now.id != 0)
            delete (memory, &plan->steps[i], &drafts[i]);
}

static void forget_coming(const struct vb__plan *plan,
                          const struct draft *drafts)
{
    for (size_t i = 0; i < plan->count; i++)
        if (drafts[i].row != NULL && drafts[i].row->collection != NULL)
            drafts[i].row->collection->coming = 0;
}

static void add_history(struct vb__memory *memory, size_t count,
                        const struct draft *drafts, struct vb__entry **entries)
{
    for (size_t i = 0; i < count; i++)
        entries[i] = drafts[i].entry;
    vb__history_add(memory, entries, count);
}

static enum vb_err carry_out(struct vb__memory *memory,
                             const struct vb__plan *plan, struct fallen *fallen)
{
    struct vb__entry **entries =
        vb_arena_calloc(&memory->scratch, plan->count + 1, sizeof(*entries));
    struct draft *drafts =
        vb_arena_calloc(&memory->scratch, plan->count, sizeof(*drafts));

    fallen->records = malloc((plan->count + 1) * sizeof(void *));
    if (drafts == NULL || entries == NULL || fallen->records == NULL)
        return VB_ERR_NOMEM;
    for (size_t i = 0; i < plan->count; i++) {
        if (prepare(memory, &plan->steps[i], &drafts[i]))
            continue;
        forget_coming(plan, drafts);
        for (size_t j = 0; j <= i; j++)
            abandon(&plan->steps[j], &drafts[j]);
        return VB_ERR_NOMEM;
    }
    apply(memory, plan, drafts, fallen);
    add_history(memory, plan->count, drafts, entries);
    return VB_OK;
}

/* Under the lock, so nobody has touched the key since. */
static void tell(struct vb__memory *memory, struct vb_commit *commit,
                 const struct vb__plan *plan)
{
    const struct vb__step *first = plan->steps;

    commit->revision = memory->revision;
    if (plan->count == 0 || first->change->kind != VB_CHANGE_PUT)
        return;
    commit->position = vb__row_of(first->id)->record->position;
    commit->generation =
        vb_store_generation(&memory->store, first->change->key);
}

enum vb_err vb__memory_commit(struct vb__memory *memory,
                              struct vb_commit *commit)
{
    struct vb__memory_view view = vb__memory_view(memory);
    struct fallen fallen = {.records = NULL};
    struct vb_link memos;
    struct vb__plan plan;
    enum vb_err err;

    vb_list_init(&memos);
    pthread_mutex_lock(&memory->lock);
    memory->revision++;
    err = vb__judge(&view.base, commit, &memory->scratch, &plan);
    if (err == VB_OK)
        err = vb__memos_new(commit->memo, &memos);
    if (err == VB_OK)
        err = carry_out(memory, &plan, &fallen);
    if (err == VB_OK) {
        tell(memory, commit, &plan);
        vb__memos_keep(memory, &memos,
                       commit->memo != NULL ? commit->memo->now_ms : 0);
    }
    vb__memos_forget(&memos);
    vb_arena_reset(&memory->scratch);
    pthread_mutex_unlock(&memory->lock);
    for (size_t i = 0; i < fallen.count; i++)
        vb_record_unref(fallen.records[i]);
    free(fallen.records);
    return err;
}
