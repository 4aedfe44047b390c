/* The rules of base/table.h. */
#include "unit.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/table.h"

struct item {
    struct vb_table_node node;
    size_t value;
};

static uint64_t hash_of(size_t value)
{
    static const struct vb_hash_key key = {1, 2};

    return vb_hash(&key, vb_span_of((const char *)&value, sizeof(value)));
}

static struct item *find(const struct vb_table *table, size_t value)
{
    struct vb_table_node *node = vb_table_first(table, hash_of(value));

    for (; node != NULL; node = vb_table_next(node)) {
        struct item *item = VB_CONTAINER(node, struct item, node);

        if (item->value == value)
            return item;
    }
    return NULL;
}

enum { MANY = 5000 };

/* Every size on the way up is looked at: each splits one more bucket. */
static void table_finds_all_at_every_size(void **state)
{
    struct item *items = calloc(MANY, sizeof(*items));
    struct vb_table table;

    (void)state;
    vb_table_init(&table);
    assert_null(find(&table, 0));
    for (size_t i = 0; i < MANY; i++) {
        items[i].value = i;
        assert_true(vb_table_insert(&table, &items[i].node, hash_of(i)));
        assert_int_equal(table.count, i + 1);
        assert_true(table.buckets >= table.count);
        assert_ptr_equal(find(&table, i / 2), &items[i / 2]);
        assert_ptr_equal(find(&table, i), &items[i]);
        assert_null(find(&table, i + 1));
    }
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    vb_table_done(&table);
    free(items);
}

static void table_removes_one_and_keeps_the_others(void **state)
{
    struct item *items = calloc(MANY, sizeof(*items));
    struct vb_table table;

    (void)state;
    vb_table_init(&table);
    for (size_t i = 0; i < MANY; i++) {
        items[i].value = i;
        assert_true(vb_table_insert(&table, &items[i].node, hash_of(i)));
    }
    for (size_t i = 0; i < MANY; i += 3)
        vb_table_remove(&table, &items[i].node);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(find(&table, i), i % 3 == 0 ? NULL : &items[i]);
    vb_table_done(&table);
    free(items);
}

static void table_keeps_nodes_of_equal_hash_apart(void **state)
{
    struct item items[3] = {{.value = 0}, {.value = 1}, {.value = 2}};
    struct vb_table table;
    struct vb_table_node *node;
    size_t seen = 0;

    (void)state;
    vb_table_init(&table);
    for (size_t i = 0; i < 3; i++)
        assert_true(vb_table_insert(&table, &items[i].node, 77));
    vb_table_remove(&table, &items[1].node);
    for (node = vb_table_first(&table, 77); node != NULL;
         node = vb_table_next(node))
        seen |= (size_t)1 << VB_CONTAINER(node, struct item, node)->value;
    assert_int_equal(seen, 5);
    assert_null(vb_table_first(&table, 78));
    vb_table_done(&table);
}

static void table_pops_each_once_and_can_be_filled_again(void **state)
{
    struct item *items = calloc(MANY, sizeof(*items));
    struct vb_table table;

    (void)state;
    vb_table_init(&table);
    assert_null(vb_table_pop(&table));
    for (size_t left = 0; left < 3; left++) {
        struct vb_table_node *node;
        size_t popped = 0;

        for (size_t i = 0; i < MANY; i++) {
            items[i].value = i;
            assert_true(vb_table_insert(&table, &items[i].node, hash_of(i)));
        }
        /* Stop in the middle once: what is left must still be found. */
        while (popped < (left == 1 ? MANY / 2 : MANY)) {
            struct item *item;

            node = vb_table_pop(&table);
            assert_non_null(node);
            item = VB_CONTAINER(node, struct item, node);
            assert_int_not_equal(item->value, MANY);
            item->value = MANY;
            popped++;
        }
        for (size_t i = 0; i < MANY; i++) {
            if (items[i].value == MANY)
                assert_null(find(&table, i));
            else
                assert_ptr_equal(find(&table, i), &items[i]);
        }
        while ((node = vb_table_pop(&table)) != NULL)
            popped++;
        assert_int_equal(popped, MANY);
        assert_int_equal(table.count, 0);
    }
    vb_table_done(&table);
    free(items);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_finds_all_at_every_size),
        cmocka_unit_test(table_removes_one_and_keeps_the_others),
        cmocka_unit_test(table_keeps_nodes_of_equal_hash_apart),
        cmocka_unit_test(table_pops_each_once_and_can_be_filled_again),
    };

    return cmocka_run_group_tests_name("base/table", tests, NULL, NULL);
}
