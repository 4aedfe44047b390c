/*
 * What a query of GraphQL asks of the store: as many requests as it has fields
 * that lead to other resources, however many objects they are asked of.
 */
#include "unit.h"

#include <stdio.h>

#include "library.h"

#define AUTHORS 20
#define BOOKS   20 /* of each */

static struct library library;
static unsigned requests, asked_for; /* of the store; records and lists */

/* --- a store that counts -----------------------------------------------------
 */

static enum vb_io count_read(struct vb_store_client *client,
                             struct vb_read *read)
{
    requests++;
    asked_for++;
    return library.real->read(client, read);
}

static enum vb_io count_records(struct vb_store_client *client,
                                struct vb_records_read *read)
{
    requests++;
    asked_for += (unsigned)read->count;
    return library.real->records(client, read);
}

static enum vb_io count_list(struct vb_store_client *client,
                             struct vb_list_read *list)
{
    requests++;
    asked_for++;
    return library.real->list(client, list);
}

static enum vb_io count_lists(struct vb_store_client *client,
                              struct vb_lists_read *read)
{
    requests++;
    asked_for += (unsigned)read->count;
    return library.real->lists(client, read);
}

/* The response to a query, and how the store was asked meanwhile. */
static void query(const char *document)
{
    char content[4096];

    (void)snprintf(content, sizeof(content), "{\"query\":\"%s\"}", document);
    requests = asked_for = 0;
    library_post(&library, "/graphql", content);
    assert_int_equal(library.status, 200);
    assert_null(strstr(library.text, "\"errors\""));
}

static unsigned occurrences(const char *what)
{
    return library_occurrences(library.text, what);
}

/* --- set up ------------------------------------------------------------------
 */

static void make_books(void)
{
    char content[128], path[64];

    for (int a = 1; a <= AUTHORS; a++) {
        (void)snprintf(content, sizeof(content), "{\"name\":\"a%d\"}", a);
        library_make(&library, "/authors", content);
    }
    for (int b = 1; b <= AUTHORS * BOOKS; b++) {
        (void)snprintf(content, sizeof(content),
                       "{\"title\":\"b%d\",\"author\":%d}", b, b % AUTHORS + 1);
        library_make(&library, "/books", content);
        (void)snprintf(path, sizeof(path), "/books/%d/reviews", b);
        library_make(&library, path, "{\"text\":\"good\"}");
    }
}

static int set_up(void **state)
{
    (void)state;
    library_open(&library);
    library.ops.read = count_read;
    library.ops.records = count_records;
    library.ops.list = count_list;
    library.ops.lists = count_lists;
    make_books();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    library_close(&library);
    return 0;
}

/* --- tests -------------------------------------------------------------------
 */

static void three_levels_are_three_requests(void **state)
{
    (void)state;
    query("{authors(first:20){edges{node{name books(first:20){edges{node{title "
          "reviews(first:20){edges{node{text}}}}}}}}}}");
    assert_int_equal(occurrences("\"name\""), AUTHORS);
    assert_int_equal(occurrences("\"title\""), AUTHORS * BOOKS);
    assert_int_equal(occurrences("\"text\""), AUTHORS * BOOKS);
    assert_int_equal(requests, 3);
    assert_int_equal(asked_for, 1 + AUTHORS + AUTHORS * BOOKS);
}

static void what_many_refer_to_is_read_once(void **state)
{
    (void)state;
    query("{books(first:400){edges{node{title author{name}}}}}");
    assert_int_equal(occurrences("\"author\""), AUTHORS * BOOKS);
    assert_int_equal(requests, 2);
    assert_int_equal(asked_for, 1 + AUTHORS);
}

static void there_and_back_is_four_requests(void **state)
{
    (void)state;
    query("{book(id:1){author{books(first:20){totalCount edges{node{author{"
          "name}}}}}}}");
    assert_int_equal(occurrences("\"a2\""), BOOKS);
    assert_int_equal(requests, 4);
    assert_int_equal(asked_for, 4);
}

static void counting_is_one_request_more(void **state)
{
    (void)state;
    query("{authors(first:20){edges{node{books(first:1,filter:{title:{starts:"
          "\\\"b1\\\"}}){totalCount edges{node{title}}}}}}}");
    assert_int_equal(occurrences("\"totalCount\""), AUTHORS);
    assert_int_equal(requests, 3);
    assert_int_equal(asked_for, 1 + 2 * AUTHORS);
}

static void what_says_nothing_of_the_store_asks_it_nothing(void **state)
{
    (void)state;
    query("{__typename __schema{types{name fields{name}}}}");
    assert_int_equal(requests, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_levels_are_three_requests),
        cmocka_unit_test(what_many_refer_to_is_read_once),
        cmocka_unit_test(there_and_back_is_four_requests),
        cmocka_unit_test(counting_is_one_request_more),
        cmocka_unit_test(what_says_nothing_of_the_store_asks_it_nothing),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
