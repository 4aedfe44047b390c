/* Numbers for new members. See numbers.h. */
#include "storage/sqlite/numbers.h"

#include <stdlib.h>

#include "storage/sqlite/reader.h"

/* Collections remembered at most, but for those with numbers to save. */
#define KEEP 16384

void vb__numbers_init(struct vb__numbers *numbers)
{
    pthread_mutex_init(&numbers->lock, NULL);
    numbers->hash_key = vb_hash_key_random();
    vb_table_init(&numbers->table);
    vb_list_init(&numbers->taken);
    vb_list_init(&numbers->saved);
}

void vb__numbers_done(struct vb__numbers *numbers)
{
    struct vb_table_node *node;

    while ((node = vb_table_pop(&numbers->table)) != NULL)
        free(VB_CONTAINER(node, struct vb__number, node));
    vb_table_done(&numbers->table);
    pthread_mutex_destroy(&numbers->lock);
}

static struct vb__number *find(const struct vb__numbers *numbers,
                               struct vb_span parent, uint64_t hash)
{
    struct vb_table_node *node = vb_table_first(&numbers->table, hash);

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb__number *number = VB_CONTAINER(node, struct vb__number, node);

        if (vb_span_eq(vb_span_of(number->key, number->key_len), parent))
            return number;
    }
    return NULL;
}

static struct vb__number *add(struct vb__numbers *numbers,
                              struct vb_span parent, uint64_t hash,
                              int64_t last)
{
    struct vb__number *number = calloc(1, sizeof(*number) + parent.len);

    if (number == NULL)
        return NULL;
    number->last = number->saving = last;
    number->key_len = parent.len;
    if (parent.len > 0)
        memcpy(number->key, parent.ptr, parent.len);
    if (!vb_table_insert(&numbers->table, &number->node, hash)) {
        free(number);
        return NULL;
    }
    vb_list_append(&numbers->saved, &number->link);
    return number;
}

/*
 * The store is asked under the lock: what it says is right only as long as
 * nobody else asks, takes, saves and is forgotten in between.
 */
static enum vb_err get(struct vb__numbers *numbers, struct vb__reader *reader,
                       struct vb_span parent, struct vb__number **ret_number)
{
    uint64_t hash = vb_hash(&numbers->hash_key, parent);
    struct vb__number *number = find(numbers, parent, hash);
    int64_t last;

    if (number == NULL) {
        enum vb_err err = vb__reader_number(reader, parent, &last);

        if (err != VB_OK)
            return err;
        number = add(numbers, parent, hash, last);
        if (number == NULL)
            return VB_ERR_NOMEM;
    }
    *ret_number = number;
    return VB_OK;
}

enum vb_err vb__numbers_take(struct vb__numbers *numbers,
                             struct vb__reader *reader, struct vb_span parent,
                             int64_t least, int64_t *ret_number)
{
    struct vb__number *number;
    enum vb_err err;

    pthread_mutex_lock(&numbers->lock);
    err = get(numbers, reader, parent, &number);
    if (err == VB_OK) {
        vb_list_remove(&number->link);
        vb_list_append(&numbers->taken, &number->link);
        number->last++;
        if (number->last < least)
            number->last = least;
        *ret_number = number->last;
    }
    pthread_mutex_unlock(&numbers->lock);
    return err;
}

enum vb_err vb__numbers_save(struct vb__numbers *numbers,
                             enum vb_err (*save)(void *context,
                                                 struct vb_span parent,
                                                 int64_t number),
                             void *context)
{
    enum vb_err err = VB_OK;

    pthread_mutex_lock(&numbers->lock);
    for (struct vb_link *link = numbers->taken.next;
         err == VB_OK && link != &numbers->taken; link = link->next) {
        struct vb__number *number = VB_CONTAINER(link, struct vb__number, link);

        number->saving = number->last;
        err = save(context, vb_span_of(number->key, number->key_len),
                   number->last);
    }
    pthread_mutex_unlock(&numbers->lock);
    return err;
}

bool vb__numbers_pending(struct vb__numbers *numbers)
{
    bool pending;

    pthread_mutex_lock(&numbers->lock);
    pending = !vb_list_empty(&numbers->taken);
    pthread_mutex_unlock(&numbers->lock);
    return pending;
}

static void forget_some(struct vb__numbers *numbers)
{
    while (numbers->table.count > KEEP && !vb_list_empty(&numbers->saved)) {
        struct vb__number *number =
            VB_CONTAINER(numbers->saved.next, struct vb__number, link);

        vb_list_remove(&number->link);
        vb_table_remove(&numbers->table, &number->node);
        free(number);
    }
}

void vb__numbers_saved(struct vb__numbers *numbers)
{
    struct vb_link *link, *next;

    pthread_mutex_lock(&numbers->lock);
    for (link = numbers->taken.next; link != &numbers->taken; link = next) {
        struct vb__number *number = VB_CONTAINER(link, struct vb__number, link);

        next = link->next;
        if (number->saving != number->last)
            continue; /* taken again meanwhile */
        vb_list_remove(link);
        vb_list_append(&numbers->saved, link);
    }
    forget_some(numbers);
    pthread_mutex_unlock(&numbers->lock);
}
