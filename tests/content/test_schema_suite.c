/*
 * The JSON-Schema-Test-Suite, draft 2020-12: each file of VB_VECTORS/
 * json-schema, each group, each test; none is left out. What its remotes name
 * (http://localhost:1234/draft2020-12/...) is read from the folder beside.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "content/json.h"
#include "content/schema.h"

#define REMOTES_MAX 64

/* The documents of one set, to be freed after it. */
struct remotes {
    const char *folder;
    struct vb_json *at[REMOTES_MAX];
    size_t count;
};

struct tally {
    const char *file;
    unsigned files, tests, failed;
};

/* The folder of the vectors; skips the test, saying so, where there is none. */
static const char *find_folder(void)
{
    static char path[4096];
    const char *vectors = getenv("VB_VECTORS");
    DIR *folder;

    snprintf(path, sizeof(path), "%s/json-schema",
             vectors == NULL ? "" : vectors);
    folder = opendir(path);
    if (folder == NULL) {
        print_message("skipped: no test vectors in %s\n", path);
        skip();
    }
    closedir(folder);
    return path;
}

/* Reads a file whole and as JSON; NULL when there is none. */
static struct vb_json *read_json(const char *path)
{
    size_t size = (size_t)1 << 20;
    char *text = malloc(size);
    FILE *file = fopen(path, "rb");
    struct vb_json *json = NULL;

    assert_non_null(text);
    if (file != NULL) {
        size = fread(text, 1, size, file);
        fclose(file);
        assert_int_equal(
            vb_json_parse(vb_span_of(text, size), NULL, &json, NULL), VB_OK);
    }
    free(text);
    return json;
}

static yyjson_val *resolve(void *owner, struct vb_span uri,
                           yyjson_val *reference)
{
    static const struct vb_span base =
        VB_SPAN_INIT("http://localhost:1234/draft2020-12/");
    struct remotes *remotes = owner;
    struct vb_json *json;
    char path[4096];

    assert_true(yyjson_is_str(reference));
    if (!vb_span_starts(uri, base))
        return NULL;
    uri = vb_span_from(uri, base.len);
    snprintf(path, sizeof(path), "%s/remotes/%.*s", remotes->folder,
             VB_FMT(uri));
    json = read_json(path);
    if (json == NULL)
        return NULL;
    assert_true(remotes->count < REMOTES_MAX);
    remotes->at[remotes->count++] = json;
    return json->root;
}

/* Validates for the verdict and again with reasons; both must agree. */
static bool is_valid(const struct vb_schema *schema, yyjson_val *instance)
{
    struct vb_arena arena;
    struct vb_schema_run run = {.arena = &arena};
    enum vb_err verdict, reasoned;

    vb_arena_init(&arena, 4096, 1 << 20);
    verdict = vb_schema_validate(schema, instance, &run);
    assert_null(run.errors);
    run.max_errors = 10;
    reasoned = vb_schema_validate(schema, instance, &run);
    assert_int_equal(verdict, reasoned);
    assert_true(verdict == VB_OK || verdict == VB_ERR_INVALID);
    assert_int_equal(run.error_count > 0, verdict == VB_ERR_INVALID);
    assert_int_equal(run.errors != NULL, verdict == VB_ERR_INVALID);
    vb_arena_done(&arena);
    return verdict == VB_OK;
}

static void check_test(yyjson_val *group, yyjson_val *test,
                       const struct vb_schema *schema, struct tally *tally)
{
    bool want = yyjson_get_bool(yyjson_obj_get(test, "valid"));

    tally->tests++;
    if (is_valid(schema, yyjson_obj_get(test, "data")) == want)
        return;
    tally->failed++;
    print_message("%s: %s: %s: must be %s\n", tally->file,
                  yyjson_get_str(yyjson_obj_get(group, "description")),
                  yyjson_get_str(yyjson_obj_get(test, "description")),
                  want ? "valid" : "invalid");
}

static void check_group(yyjson_val *group, const char *folder,
                        struct tally *tally)
{
    struct remotes remotes = {.folder = folder};
    const struct vb_schema_options options = {
        .annotate_format = true, .resolve = resolve, .owner = &remotes};
    yyjson_val *value = yyjson_obj_get(group, "schema"), *test;
    const struct vb_schema *schema = NULL;
    struct vb_schema_fault fault = {.value = NULL};
    struct vb_schema_set *set = NULL;
    enum vb_err err;
    size_t i, max;

    assert_int_equal(vb_schema_set_new(&options, &set), VB_OK);
    err = vb_schema_set_add(set, VB_SPAN("test:/schema"), value, &fault);
    if (err == VB_OK)
        err = vb_schema_compile(set, value, &schema, &fault);
    if (err != VB_OK)
        fail_msg("%s: %s: %s: %.*s %.*s", tally->file,
                 yyjson_get_str(yyjson_obj_get(group, "description")),
                 vb_err_text(err), VB_FMT(fault.pointer), VB_FMT(fault.detail));
    yyjson_arr_foreach(yyjson_obj_get(group, "tests"), i, max, test)
    {
        check_test(group, test, schema, tally);
    }
    vb_schema_set_free(set);
    while (remotes.count > 0)
        vb_json_free(remotes.at[--remotes.count]);
}

static void check_file(const char *folder, const char *name,
                       struct tally *tally)
{
    struct vb_json *json;
    yyjson_val *group;
    char path[4096];
    size_t i, max;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    json = read_json(path);
    assert_non_null(json);
    tally->file = name;
    tally->files++;
    yyjson_arr_foreach(json->root, i, max, group)
    {
        check_group(group, folder, tally);
    }
    vb_json_free(json);
}

static void every_test_of_the_public_suite_passes(void **state)
{
    const char *folder = find_folder();
    struct tally tally = {.files = 0};
    DIR *dir = opendir(folder);
    struct dirent *entry;

    (void)state;
    while ((entry = readdir(dir)) != NULL) {
        size_t len = strlen(entry->d_name);

        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0)
            check_file(folder, entry->d_name, &tally);
    }
    closedir(dir);
    print_message("%u tests in %u files, %u failed\n", tally.tests, tally.files,
                  tally.failed);
    assert_int_equal(tally.failed, 0);
    assert_true(tally.files >= 26 && tally.tests >= 811);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_test_of_the_public_suite_passes),
    };

    return cmocka_run_group_tests_name("schema_suite", tests, NULL, NULL);
}
