/* The contract: several records or lists in one request, and lists of who
 * refers to something. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "contract.h"

static const struct vb_span ann = VB_SPAN_INIT("/authors/ann");
static const struct vb_span bob = VB_SPAN_INIT("/authors/bob");

static struct vb_change put_of(const char *key, const char *parent,
                               const struct vb_span *author)
{
    struct vb_change put = rig_put(key, parent, key);

    put.references = author;
    put.reference_count = 1;
    return put;
}

/* Books 1 to 5, the even ones Bob's, and a film of Ann's in between. */
static void make_books(struct contract *c)
{
    struct vb_change changes[] = {
        rig_put("/authors/ann", "/authors", "{}"),
        rig_put("/authors/bob", "/authors", "{}"),
        put_of("/books/1", "/books", &ann),
        put_of("/books/2", "/books", &bob),
        put_of("/films/1", "/films", &ann),
        put_of("/books/3", "/books", &ann),
        put_of("/books/4", "/books", &bob),
        put_of("/books/5", "/books", &ann),
    };

    for (size_t i = 0; i < VB_COUNT_OF(changes); i++)
        contract_ok(&c->a, &changes[i], 1);
}

static void expect_keys(const struct vb_list_read *list, const char *keys)
{
    char text[256] = "";

    assert_int_equal(list->op.err, VB_OK);
    for (size_t i = 0; i < list->count; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "%s%.*s", i > 0 ? " " : "",
                       VB_FMT(list->records[i]->key));
    assert_string_equal(text, keys);
}

static struct vb_list_read books_of(struct vb_span author)
{
    return (struct vb_list_read){.parent = VB_SPAN("/books"),
                                 .target = author,
                                 .limit = 10,
                                 .byte_limit = 1 << 20};
}

static void records_are_read_together(void **state)
{
    struct contract *c = *state;
    const struct vb_span keys[] = {VB_SPAN("/books/3"), VB_SPAN("/none"),
                                   VB_SPAN("/books/1"), VB_SPAN("/books/3"),
                                   VB_SPAN("/books/2")};
    struct vb_record *records[VB_COUNT_OF(keys)];
    struct vb_records_read read = {
        .keys = keys, .count = VB_COUNT_OF(keys), .records = records};
    struct vb_change gone = rig_bury("/books/2", "");

    make_books(c);
    contract_ok(&c->a, &gone, 1);
    assert_int_equal(rig_records(&c->b, &read), VB_OK);
    assert_span_equal(records[0]->key, "/books/3");
    assert_null(records[1]);
    assert_span_equal(records[2]->content, "/books/1");
    assert_span_equal(records[3]->key, "/books/3");
    assert_null(records[4]); /* what is left of it is no record */
    vb_records_read_done(&read);
    assert_null(records[0]);
}

static void no_records_are_read_together(void **state)
{
    struct contract *c = *state;
    struct vb_records_read read = {.count = 0};

    assert_int_equal(rig_records(&c->a, &read), VB_OK);
    vb_records_read_done(&read);
}

static void who_refers_is_listed(void **state)
{
    struct contract *c = *state;
    struct vb_list_read list = books_of(ann);

    make_books(c);
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    expect_keys(&list, "/books/1 /books/3 /books/5");
    assert_int_equal(list.members, 3);
    assert_false(list.more);
    vb_list_read_done(&list);

    list.backward = true;
    list.limit = 2;
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    expect_keys(&list, "/books/5 /books/3");
    assert_true(list.more);
    list.from = list.reached;
    vb_list_read_done(&list);
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    expect_keys(&list, "/books/1");
    vb_list_read_done(&list);

    list = books_of(VB_SPAN("/authors/nobody"));
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    assert_int_equal(list.count + list.members, 0);
    vb_list_read_done(&list);
}

/* Keeps all, by the last character of the key, the last one first. */
static bool keep(struct vb_sieve *sieve, const struct vb_record *state,
                 struct vb_buf *key)
{
    (void)sieve;
    vb_buf_char(key, (char)~state->key.ptr[state->key.len - 1]);
    return true;
}

static void who_refers_is_sorted_and_counted(void **state)
{
    struct contract *c = *state;
    struct vb_sieve sieve = {keep, 1000, 1000};
    struct vb_list_read list = books_of(ann);

    make_books(c);
    list.sieve = &sieve;
    list.whole = true;
    list.limit = 2;
    assert_int_equal(rig_list(&c->b, &list), VB_OK);
    expect_keys(&list, "/books/5 /books/3");
    assert_int_equal(list.total, 3);
    assert_int_equal(list.looked, 3);
    assert_true(list.more);
    vb_list_read_done(&list);
}

static void lists_are_read_together(void **state)
{
    struct contract *c = *state;
    struct vb_list_read lists[] = {books_of(bob), books_of(ann),
                                   books_of(VB_SPAN(""))};
    struct vb_list_read *const each[] = {&lists[0], &lists[1], &lists[2]};
    struct vb_lists_read read = {.lists = each, .count = 3};

    make_books(c);
    lists[1].limit = 1;
    lists[2].limit = 0; /* it is wrong, and the others are not */
    assert_int_equal(rig_lists(&c->b, &read), VB_OK);
    expect_keys(&lists[0], "/books/2 /books/4");
    expect_keys(&lists[1], "/books/1");
    assert_true(lists[1].more);
    assert_int_equal(lists[2].op.err, VB_ERR_RANGE);
    for (size_t i = 0; i < 3; i++)
        vb_list_read_done(&lists[i]);
}

const struct CMUnitTest contract_batches[] = {
    contract_test(records_are_read_together),
    contract_test(no_records_are_read_together),
    contract_test(who_refers_is_listed),
    contract_test(who_refers_is_sorted_and_counted),
    contract_test(lists_are_read_together),
};
const size_t contract_batches_count = VB_COUNT_OF(contract_batches);
