/*
 * Numbers for new members, taken from the database in blocks, so that not each
 * one is a round trip.
 *
 *     number.last  ──▶  … 17 │ 18 19 20 21 │ 22 …
 *                              ▲  a block of ours: next … last
 *
 * Who takes many gets larger blocks. What is left of one when the process ends
 * is never given: numbers grow, but there may be gaps.
 */
#include "storage/postgres/number.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/table.h"
#include "storage/postgres/state.h"

/* Numbers of one block, at most. */
#define BLOCK_MOST 256

/* A block that lasts for longer than this was long enough. */
#define BLOCK_MS 1000

/* Collections that are remembered, but for those that somebody waits for. */
#define KEPT 16384

struct number {
    struct vb_table_node node;
    struct vb_link link; /* by use, the oldest first */
    int64_t next, last;  /* that may be given */
    int64_t block;       /* how many the last one had */
    int64_t asked_ms;    /* monotonic */
    bool asking;
    struct vb__pg_ask ask;
    struct vb__pg_client *client; /* who asks */
    struct vb_task *first;        /* requests that wait, and */
    struct vb_task **end;         /* where the next one goes */
    size_t key_len;
    char key[];
};

struct vb__pg_numbers {
    pthread_mutex_t lock;
    struct vb_table table;
    struct vb_link used;
};

struct vb__pg_numbers *vb__pg_numbers_new(void)
{
    struct vb__pg_numbers *numbers = calloc(1, sizeof(*numbers));

    if (numbers == NULL)
        return NULL;
    pthread_mutex_init(&numbers->lock, NULL);
    vb_table_init(&numbers->table);
    vb_list_init(&numbers->used);
    return numbers;
}

void vb__pg_numbers_free(struct vb__pg_numbers *numbers)
{
    struct vb_table_node *node;

    if (numbers == NULL)
        return;
    while ((node = vb_table_pop(&numbers->table)) != NULL)
        free(VB_CONTAINER(node, struct number, node));
    vb_table_done(&numbers->table);
    pthread_mutex_destroy(&numbers->lock);
    free(numbers);
}

/* --- what is remembered ----------------------------------------------------
 */

static struct vb_number_take *take_of(struct vb_task *task)
{
    struct vb_store_op *op = VB_CONTAINER(task, struct vb_store_op, task);

    return VB_CONTAINER(op, struct vb_number_take, op);
}

static struct vb_span key_of(const struct number *number)
{
    return vb_span_of(number->key, number->key_len);
}

static struct number *find(const struct vb__pg_numbers *numbers,
                           struct vb_span key, uint64_t hash)
{
    struct vb_table_node *node = vb_table_first(&numbers->table, hash);

    for (; node != NULL; node = vb_table_next(node)) {
        struct number *number = VB_CONTAINER(node, struct number, node);

        if (vb_span_eq(key_of(number), key))
            return number;
    }
    return NULL;
}

static void forget_oldest(struct vb__pg_numbers *numbers)
{
    struct number *oldest;

    if (numbers->table.count <= KEPT)
        return;
    oldest = VB_CONTAINER(numbers->used.next, struct number, link);
    if (oldest->asking)
        return;
    vb_list_remove(&oldest->link);
    vb_table_remove(&numbers->table, &oldest->node);
    free(oldest);
}

static struct number *add(struct vb__pg_numbers *numbers, struct vb_span key,
                          uint64_t hash)
{
    struct number *number = calloc(1, sizeof(*number) + key.len);

    if (number == NULL)
        return NULL;
    number->next = 1; /* and last is 0: there is none */
    number->end = &number->first;
    number->key_len = key.len;
    if (key.len > 0)
        memcpy(number->key, key.ptr, key.len);
    if (!vb_table_insert(&numbers->table, &number->node, hash)) {
        free(number);
        return NULL;
    }
    vb_list_append(&numbers->used, &number->link);
    forget_oldest(numbers);
    return number;
}

/* False: what is left of the block is not enough. */
static bool give(struct number *number, struct vb_number_take *take)
{
    int64_t next = number->next > take->least ? number->next : take->least;

    if (next > number->last)
        return false;
    take->number = next;
    number->next = next + 1;
    return true;
}

/* --- asking ----------------------------------------------------------------
 */

static void send(struct vb__pg_ask *ask, struct vb__pg_link *link)
{
    const struct number *number = VB_CONTAINER(ask, struct number, ask);
    struct vb__pg_params params = {.count = 0};

    vb__pg_bytes(&params, key_of(number));
    vb__pg_int(&params, number->next);
    vb__pg_int(&params, number->block);
    vb__pg_send(link, ask, VB__PG_NUMBER_TAKE, &params);
}

static void take_block(struct vb__pg_ask *ask, unsigned n,
                       const PGresult *result)
{
    struct number *number = VB_CONTAINER(ask, struct number, ask);

    (void)n;
    if (PQntuples(result) == 1)
        number->last = vb__pg_get_int(result, 0, 0);
}

/* The lock is held. What is asked for begins where the first one wants it. */
static void prepare(struct number *number, struct vb__pg_client *client)
{
    int64_t now = vb_clock_monotonic_ms();
    int64_t least = take_of(number->first)->least;

    number->block = number->block == 0 || now - number->asked_ms > BLOCK_MS
                        ? 1
                        : number->block * 2;
    if (number->block > BLOCK_MOST)
        number->block = BLOCK_MOST;
    if (least > INT64_MAX - BLOCK_MOST)
        number->block = 1;
    number->asked_ms = now;
    number->next = least > 1 ? least : 1;
    number->last = 0;
    number->asking = true;
    number->client = client;
}

/* The lock is held. Those that can be answered, as a list of tasks. */
static struct vb_task *serve(struct number *number, enum vb_err err)
{
    struct vb_task *served = number->first, **end = &number->first;

    if (err == VB_OK)
        number->next = number->last - number->block + 1;
    while (*end != NULL && (err != VB_OK || give(number, take_of(*end)))) {
        take_of(*end)->op.err = err;
        end = &(*end)->next;
    }
    if (end == &number->first)
        return NULL;
    number->first = *end;
    if (number->first == NULL)
        number->end = &number->first;
    *end = NULL;
    return served;
}

static void over(struct vb__pg_ask *ask, enum vb_err err)
{
    struct number *number = VB_CONTAINER(ask, struct number, ask);
    struct vb__pg_client *client = number->client;
    struct vb__pg_numbers *numbers = client->store->numbers;
    struct vb_task *served;
    bool more;

    pthread_mutex_lock(&numbers->lock);
    if (err == VB_OK && number->last == 0)
        err = VB_ERR_IO;
    served = serve(number, err);
    more = number->first != NULL;
    if (more)
        prepare(number, client);
    else
        number->asking = false;
    pthread_mutex_unlock(&numbers->lock);
    while (served != NULL) {
        struct vb_task *task = served;

        served = task->next;
        vb__op_answer(&take_of(task)->op);
    }
    if (more)
        vb__pg_link_ask(&client->scans, &number->ask);
}

/* Whose turn it is to ask, or NULL. */
static struct number *wait_for(struct vb__pg_client *client,
                               struct number *number,
                               struct vb_number_take *take)
{
    take->op.client = &client->base;
    take->op.task.next = NULL;
    *number->end = &take->op.task;
    number->end = &take->op.task.next;
    if (number->asking)
        return NULL;
    prepare(number, client);
    number->ask =
        (struct vb__pg_ask){.send = send, .take = take_block, .over = over};
    return number;
}

enum vb_io vb__pg_number(struct vb_store_client *base,
                         struct vb_number_take *take)
{
    struct vb__pg_client *client = vb__pg_client_of(base);
    struct vb__pg_numbers *numbers = client->store->numbers;
    uint64_t hash = vb_store_hash(base->store, take->parent);
    struct number *number, *asking = NULL;
    bool given;

    if (client->scans.waiting_count >= VB__PG_WAITING_MOST)
        return vb__op_done(&take->op, VB_ERR_UNAVAILABLE);
    pthread_mutex_lock(&numbers->lock);
    number = find(numbers, take->parent, hash);
    if (number == NULL)
        number = add(numbers, take->parent, hash);
    given = number != NULL && number->first == NULL && give(number, take);
    if (number != NULL && !given)
        asking = wait_for(client, number, take);
    if (number != NULL) {
        vb_list_remove(&number->link);
        vb_list_append(&numbers->used, &number->link);
    }
    pthread_mutex_unlock(&numbers->lock);
    if (number == NULL)
        return vb__op_done(&take->op, VB_ERR_NOMEM);
    if (given)
        return vb__op_done(&take->op, VB_OK);
    if (asking != NULL)
        vb__pg_link_ask(&client->scans, &asking->ask);
    return VB_IO_PENDING;
}
