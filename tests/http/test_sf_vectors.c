/*
 * The structured field test suite of the HTTP working group
 * (structured-field-tests), read from VB_VECTORS: 9651-1.2-01. What parses must
 * be the expected tree, and its canonical text the expected one.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <yyjson.h>

#include "http/sf.h"

static struct vb_arena arena;
static const char *test_name; /* of the vector under test */

#define CHECK(condition)                                                       \
    do {                                                                       \
        if (!(condition))                                                      \
            fail_msg("%s: not %s", test_name, #condition);                     \
    } while (0)

static struct vb_span json_text(yyjson_val *value)
{
    return vb_span_of(yyjson_get_str(value), yyjson_get_len(value));
}

/* Binary values are Base32 in the suite (RFC 4648 section 6). */
static size_t decode_base32(struct vb_span text, char *out)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    uint64_t bits = 0;
    unsigned held = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.len && text.ptr[i] != '='; i++) {
        const char *at = strchr(alphabet, text.ptr[i]);

        assert_non_null(at);
        bits = bits << 5 | (uint64_t)(at - alphabet);
        held += 5;
        if (held >= 8) {
            held -= 8;
            out[n++] = (char)(bits >> held & 0xFF);
        }
    }
    return n;
}

/* The JSON text of a number, exactly: an integer has no point. */
static void check_number(struct vb_span json, const struct vb_sf_value *got)
{
    ssize_t point = vb_span_find(json, '.', 0);
    struct vb_span fraction = {NULL, 0};
    int64_t n = 0;

    assert_true(vb_span_find(json, 'e', 0) < 0 && json.len < 32);
    if (point >= 0) {
        fraction = vb_span_from(json, (size_t)point + 1);
        json = vb_span_head(json, (size_t)point);
        assert_true(fraction.len <= 3);
    }
    for (size_t i = 0; i < json.len; i++)
        n = json.ptr[i] == '-' ? 0 : n * 10 + (json.ptr[i] - '0');
    for (size_t i = 0; i < 3 && point >= 0; i++)
        n = n * 10 + (i < fraction.len ? fraction.ptr[i] - '0' : 0);
    CHECK(got->type == (point < 0 ? VB_SF_INTEGER : VB_SF_DECIMAL));
    CHECK(got->integer == (json.ptr[0] == '-' ? -n : n));
}

static void check_typed(yyjson_val *want, const struct vb_sf_value *got)
{
    struct vb_span type = json_text(yyjson_obj_get(want, "__type"));
    yyjson_val *value = yyjson_obj_get(want, "value");
    struct vb_span text = json_text(value);
    char out[4096];

    if (vb_span_eq(type, VB_SPAN("token"))) {
        CHECK(got->type == VB_SF_TOKEN && vb_span_eq(got->text, text));
    } else if (vb_span_eq(type, VB_SPAN("binary"))) {
        size_t len = decode_base32(text, out);

        CHECK(got->type == VB_SF_BYTES &&
              vb_span_eq(got->text, vb_span_of(out, len)));
    } else if (vb_span_eq(type, VB_SPAN("displaystring"))) {
        CHECK(got->type == VB_SF_DISPLAY && vb_span_eq(got->text, text));
    } else if (vb_span_eq(type, VB_SPAN("date"))) {
        CHECK(got->type == VB_SF_DATE &&
              got->integer == strtoll(yyjson_get_raw(value), NULL, 10));
    } else {
        fail_msg("%s: type %.*s", test_name, VB_FMT(type));
    }
}

static void check_bare(yyjson_val *want, const struct vb_sf_value *got)
{
    if (yyjson_is_raw(want))
        check_number(vb_span_of(yyjson_get_raw(want), yyjson_get_len(want)),
                     got);
    else if (yyjson_is_bool(want))
        CHECK(got->type == VB_SF_BOOLEAN &&
              got->boolean == yyjson_get_bool(want));
    else if (yyjson_is_str(want))
        CHECK(got->type == VB_SF_STRING &&
              vb_span_eq(got->text, json_text(want)));
    else
        check_typed(want, got);
}

/* [bare, [[key, bare], ...]] or, where it may, [[items], [params]]. */
static void check_item(yyjson_val *want, const struct vb_sf_item *got)
{
    yyjson_val *value = yyjson_arr_get(want, 0);
    yyjson_val *params = yyjson_arr_get(want, 1);

    if (yyjson_is_arr(value)) {
        CHECK(got->value.type == VB_SF_INNER_LIST);
        CHECK(got->value.inner.count == yyjson_arr_size(value));
        for (size_t i = 0; i < got->value.inner.count; i++)
            check_item(yyjson_arr_get(value, i), &got->value.inner.items[i]);
    } else {
        check_bare(value, &got->value);
    }
    CHECK(got->param_count == yyjson_arr_size(params));
    for (size_t i = 0; i < got->param_count; i++) {
        yyjson_val *pair = yyjson_arr_get(params, i);

        CHECK(
            vb_span_eq(got->params[i].key, json_text(yyjson_arr_get(pair, 0))));
        check_bare(yyjson_arr_get(pair, 1), &got->params[i].value);
    }
}

/* A field of any top-level type. */
struct field {
    struct vb_span type;
    struct vb_sf_item item;
    struct vb_sf_list list;
};

static enum vb_err parse(struct field *field, const struct vb_span *lines,
                         size_t count)
{
    if (vb_span_eq(field->type, VB_SPAN("item")))
        return vb_sf_parse_item(&arena, lines, count, &field->item);
    if (vb_span_eq(field->type, VB_SPAN("list")))
        return vb_sf_parse_list(&arena, lines, count, &field->list);
    assert_true(vb_span_eq(field->type, VB_SPAN("dictionary")));
    return vb_sf_parse_dictionary(&arena, lines, count, &field->list);
}

static void check_tree(yyjson_val *want, const struct field *field)
{
    bool keys = vb_span_eq(field->type, VB_SPAN("dictionary"));

    if (vb_span_eq(field->type, VB_SPAN("item"))) {
        check_item(want, &field->item);
        return;
    }
    CHECK(field->list.count == yyjson_arr_size(want));
    for (size_t i = 0; i < field->list.count; i++) {
        const struct vb_sf_member *got = &field->list.members[i];
        yyjson_val *member = yyjson_arr_get(want, i);

        if (keys)
            CHECK(vb_span_eq(got->key, json_text(yyjson_arr_get(member, 0))));
        check_item(keys ? yyjson_arr_get(member, 1) : member, &got->item);
    }
}

static void check_canonical(yyjson_val *test, const struct field *field)
{
    yyjson_val *canonical = yyjson_obj_get(test, "canonical");
    yyjson_val *want =
        canonical != NULL ? canonical : yyjson_obj_get(test, "raw");
    struct vb_buf buf;
    enum vb_err err;

    vb_buf_init(&buf, 1 << 20);
    if (vb_span_eq(field->type, VB_SPAN("item")))
        err = vb_sf_write_item(&buf, &field->item);
    else if (vb_span_eq(field->type, VB_SPAN("list")))
        err = vb_sf_write_list(&buf, &field->list);
    else
        err = vb_sf_write_dictionary(&buf, &field->list);
    CHECK(err == VB_OK);
    /* No canonical lines at all: the field is not to be sent. */
    if (yyjson_arr_size(want) == 0)
        CHECK(buf.len == 0);
    else
        CHECK(
            vb_span_eq(vb_buf_span(&buf), json_text(yyjson_arr_get(want, 0))));
    vb_buf_done(&buf);
}

static void run_vector(yyjson_val *test)
{
    yyjson_val *raw = yyjson_obj_get(test, "raw");
    struct vb_span lines[8];
    struct field field = {.type =
                              json_text(yyjson_obj_get(test, "header_type"))};
    enum vb_err err;

    test_name = yyjson_get_str(yyjson_obj_get(test, "name"));
    assert_true(yyjson_arr_size(raw) <= VB_COUNT_OF(lines));
    for (size_t i = 0; i < yyjson_arr_size(raw); i++)
        lines[i] = json_text(yyjson_arr_get(raw, i));
    err = parse(&field, lines, yyjson_arr_size(raw));
    if (yyjson_get_bool(yyjson_obj_get(test, "must_fail"))) {
        CHECK(err == VB_ERR_SYNTAX);
        return;
    }
    if (err != VB_OK && yyjson_get_bool(yyjson_obj_get(test, "can_fail")))
        return;
    CHECK(err == VB_OK);
    check_tree(yyjson_obj_get(test, "expected"), &field);
    check_canonical(test, &field);
}

static size_t run_file(const char *path)
{
    yyjson_doc *doc =
        yyjson_read_file(path, YYJSON_READ_NUMBER_AS_RAW, NULL, NULL);
    size_t count;

    if (doc == NULL)
        fail_msg("%s is not JSON", path);
    count = yyjson_arr_size(yyjson_doc_get_root(doc));
    for (size_t i = 0; i < count; i++)
        run_vector(yyjson_arr_get(yyjson_doc_get_root(doc), i));
    yyjson_doc_free(doc);
    return count;
}

static void structured_field_tests_pass(void **state)
{
    const char *root = getenv("VB_VECTORS");
    char path[4096];
    struct dirent *entry;
    size_t count = 0;
    DIR *dir;

    (void)state;
    snprintf(path, sizeof(path), "%s/structured-fields",
             root == NULL ? "." : root);
    dir = opendir(path);
    if (dir == NULL) {
        print_message("skipped: no test vectors in %s\n", path);
        skip();
    }
    vb_arena_init(&arena, 4096, 1 << 22);
    while ((entry = readdir(dir)) != NULL) {
        if (!vb_span_ends(vb_span_str(entry->d_name), VB_SPAN(".json")))
            continue;
        snprintf(path, sizeof(path), "%s/structured-fields/%s", root,
                 entry->d_name);
        count += run_file(path);
    }
    closedir(dir);
    vb_arena_done(&arena);
    print_message("%zu vectors\n", count);
    assert_true(count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structured_field_tests_pass),
    };

    return cmocka_run_group_tests_name("sf_vectors", tests, NULL, NULL);
}
