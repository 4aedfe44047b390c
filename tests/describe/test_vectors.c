/*
 * Descriptions as people write them: each loads, and what can be served in it
 * is found. Also the one that we show around.
 */
#include "describing.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "describe/check.h"

static const struct {
    const char *file;
    size_t paths, operations, served;
    size_t secured; /* served but for schemes that nothing here can prove */
} rows[] = {
    {"intellifi.nl.json", 40, 77, 0, 76},
    {"link-example.yaml", 6, 6, 5, 0},
    {"museum.yaml", 5, 8, 0, 7},
    {"netboxdemo.com.json", 148, 386, 0, 380},
    {"non-oauth-scopes.yaml", 1, 1, 0, 1},
    {"oai_v3.0_api-with-examples.json", 2, 2, 2, 0},
    {"oai_v3.2_3.2-tags-example.yaml", 4, 4, 4, 0},
    {"openapi-generator.tech.json", 5, 7, 3, 0},
    {"petstore-3.yaml", 13, 19, 9, 6},
    {"petstore-expanded.yaml", 2, 4, 4, 0},
    {"tictactoe.yaml", 2, 3, 0, 3},
    {"twilio.com_twilio_trunking_v1.json", 11, 24, 0, 15},
    {"uspto.yaml", 3, 3, 2, 0},
};

static void check_file(const char *dir, const char *file, struct describing *t,
                       struct vb_check_counts *counts)
{
    struct vb_buf path, out;

    vb_buf_init(&path, 4096);
    vb_buf_init(&out, (size_t)16 << 20);
    vb_buf_printf(&path, "%s/%s%c", dir, file, 0);
    t->d = NULL;
    vb_notes_init(&t->notes);
    t->err = vb_description_load(path.ptr, &t->notes, &t->d);
    assert_described(t);
    assert_int_equal(vb_check(t->d, &out, counts), VB_OK);
    print_message("%-36s %3zu paths, %3zu of %3zu operations served, %zu "
                  "warnings\n",
                  file, counts->paths, counts->served, counts->operations,
                  counts->warnings);
    vb_buf_done(&path);
    vb_buf_done(&out);
}

/* What would be served, were it not for who may ask. */
static size_t count_secured(const struct vb_description *d)
{
    size_t count = 0;

    for (size_t i = 0; i < d->route_count; i++)
        for (size_t k = 0; k < d->routes[i]->operation_count; k++) {
            const struct vb_operation *op = &d->routes[i]->operations[k];

            count += !op->served && op->security &&
                     op->security->why_not.len > 0 &&
                     op->why_not.ptr == op->security->why_not.ptr;
        }
    return count;
}

static void real_descriptions_load_and_are_served_in_part(void **state)
{
    const char *vectors = getenv("VB_VECTORS");
    struct vb_buf dir;

    (void)state;
    vb_buf_init(&dir, 4096);
    vb_buf_printf(&dir, "%s/openapi%c", vectors ? vectors : "", 0);
    if (!vectors || access(dir.ptr, R_OK) != 0) {
        print_message("skipped: no vectors at %s\n", dir.ptr);
        vb_buf_done(&dir);
        skip();
    }
    for (size_t i = 0; i < VB_COUNT_OF(rows); i++) {
        struct vb_check_counts counts;
        struct describing t;

        check_file(dir.ptr, rows[i].file, &t, &counts);
        if (counts.paths != rows[i].paths ||
            counts.operations != rows[i].operations ||
            counts.served != rows[i].served ||
            count_secured(t.d) != rows[i].secured)
            fail_msg("%s: not %zu paths, %zu and %zu of %zu operations",
                     rows[i].file, rows[i].paths, rows[i].served,
                     rows[i].secured, rows[i].operations);
        describing_done(&t);
    }
    vb_buf_done(&dir);
}

/* The showcase: all of it is served, and there is nothing to say against it. */
static void the_library_is_served_without_a_warning(void **state)
{
    struct vb_check_counts counts;
    struct describing t;
    const struct vb_route *route;

    (void)state;
    check_file(getenv("VB_EXAMPLES"), "library.yaml", &t, &counts);
    assert_int_equal(counts.paths, 9);
    assert_int_equal(counts.unserved, 0);
    assert_int_equal(counts.warnings, 0);
    route = route_of(&t, "/books");
    assert_int_equal(route->archetype, VB_ARCHETYPE_COLLECTION);
    assert_int_equal(route->id_kind, VB_ID_COUNTER);
    assert_int_equal(
        operation_of(&t, "/books", VB_METHOD_POST)->success.created, 201);
    route = route_of(&t, "/books/{id}");
    assert_ptr_equal(route->collection, route_of(&t, "/books"));
    assert_int_equal(property_of(&t, "/books/{id}", "id")->fill, VB_FILL_ID);
    assert_int_equal(property_of(&t, "/books/{id}", "created")->fill,
                     VB_FILL_CREATED);
    assert_int_equal(property_of(&t, "/books/{id}", "modified")->fill,
                     VB_FILL_MODIFIED);
    assert_true(property_of(&t, "/books/{id}", "isbn")->unique);
    assert_ptr_equal(property_of(&t, "/books/{id}", "author")->references,
                     route_of(&t, "/authors/{id}"));
    assert_true(yyjson_is_true(
        property_of(&t, "/books/{id}", "available")->default_value));
    route = route_of(&t, "/books/{id}/cover");
    assert_true(route->state->verbatim && !route->state->json);
    assert_ptr_equal(route->above, route_of(&t, "/books/{id}"));
    route = route_of(&t, "/books/{id}/archive");
    assert_int_equal(route->archetype, VB_ARCHETYPE_CONTROLLER);
    assert_ptr_equal(route->action->target, route_of(&t, "/books/{id}"));
    assert_int_equal(route_of(&t, "/settings")->archetype, VB_ARCHETYPE_STORE);
    assert_int_equal(property_of(&t, "/settings/{key}", "key")->fill,
                     VB_FILL_ID);
    assert_true(
        operation_of(&t, "/authors/{id}", VB_METHOD_PUT)->require_precondition);
    describing_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_descriptions_load_and_are_served_in_part),
        cmocka_unit_test(the_library_is_served_without_a_warning),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
