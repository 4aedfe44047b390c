/* Notes in memory: by name, and in the order in which they came. */
#include <stdlib.h>

#include "base/span.h"
#include "storage/memory/state.h"

/* Expired notes that one new one takes with it. */
#define GOING 8

static struct vb_span name_of(const struct vb__memo *memo)
{
    return vb_span_of(memo->bytes, memo->name_len);
}

static struct vb__memo *find(struct vb__memory *memory, struct vb_span name)
{
    uint64_t hash = vb_hash(&memory->hash_key, name);
    struct vb_table_node *node = vb_table_first(&memory->memos, hash);

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__memo *memo = VB_CONTAINER(node, struct vb__memo, node);

        if (vb_span_eq(name_of(memo), name))
            return memo;
    }
    return NULL;
}

struct vb__memo *vb__memo_find(struct vb__memory *memory, struct vb_span name,
                               int64_t now_ms)
{
    struct vb__memo *memo = find(memory, name);

    return memo != NULL && memo->expires_ms > now_ms ? memo : NULL;
}

static struct vb__memo *memo_new(const struct vb_memo *memo)
{
    size_t len = memo->name.len + memo->bytes.len;
    struct vb__memo *kept = malloc(sizeof(*kept) + len);

    if (kept == NULL)
        return NULL;
    kept->expires_ms = memo->expires_ms;
    kept->name_len = memo->name.len;
    kept->len = memo->bytes.len;
    memcpy(kept->bytes, memo->name.ptr, memo->name.len);
    if (memo->bytes.len > 0)
        memcpy(kept->bytes + memo->name.len, memo->bytes.ptr, memo->bytes.len);
    return kept;
}

enum vb_err vb__memos_new(const struct vb_memo *memo, struct vb_link *list)
{
    for (; memo != NULL; memo = memo->next) {
        struct vb__memo *kept = memo_new(memo);

        if (kept == NULL)
            return VB_ERR_NOMEM;
        vb_list_append(list, &kept->link);
    }
    return VB_OK;
}

void vb__memos_forget(struct vb_link *list)
{
    while (!vb_list_empty(list))
        free(VB_CONTAINER(vb_list_pop(list), struct vb__memo, link));
}

static void drop(struct vb__memory *memory, struct vb__memo *memo)
{
    vb_table_remove(&memory->memos, &memo->node);
    vb_list_remove(&memo->link);
    free(memo);
}

/* All live as long, so the oldest are those that expire first. */
static void drop_expired(struct vb__memory *memory, int64_t now_ms)
{
    for (int i = 0; i < GOING && !vb_list_empty(&memory->memos_by_age); i++) {
        struct vb__memo *oldest =
            VB_CONTAINER(memory->memos_by_age.next, struct vb__memo, link);

        if (oldest->expires_ms > now_ms)
            return;
        drop(memory, oldest);
    }
}

static void keep(struct vb__memory *memory, struct vb__memo *kept,
                 int64_t now_ms)
{
    struct vb__memo *before;

    drop_expired(memory, now_ms);
    before = find(memory, name_of(kept));
    if (before != NULL)
        drop(memory, before);
    kept->revision = memory->revision;
    vb_list_append(&memory->memos_by_age, &kept->link);
    /* The table was primed: it takes it. */
    vb_table_insert(&memory->memos, &kept->node,
                    vb_hash(&memory->hash_key, name_of(kept)));
}

void vb__memos_keep(struct vb__memory *memory, struct vb_link *list,
                    int64_t now_ms)
{
    while (!vb_list_empty(list)) {
        struct vb_link *first = list->next;

        vb_list_remove(first);
        keep(memory, VB_CONTAINER(first, struct vb__memo, link), now_ms);
    }
}

void vb__memos_free(struct vb__memory *memory)
{
    struct vb_table_node *node;

    while ((node = vb_table_pop(&memory->memos)) != NULL)
        free(VB_CONTAINER(node, struct vb__memo, node));
    vb_table_done(&memory->memos);
}
