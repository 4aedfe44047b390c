/* The rules of src/caching/memory.h and moments.h. */
#include "scene.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "caching/memory.h"
#include "caching/moments.h"

#define GET "GET https://h/a"
#define OK  "200\nCache-Control: max-age=60"

static struct vb_memory_tier *tier;

static struct vb_caching_key key_of(const struct vb_asked *asked)
{
    struct vb_caching_key key;

    assert_true(
        vb_caching_key_of(&scene_arena, asked->head, VB_SPAN("digest"), &key));
    return key;
}

static bool put_since(const char *request, const char *response,
                      const char *content, uint64_t moment)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_caching_key key = key_of(asked);
    struct vb_stored_response *stored =
        scene_store(asked, scene_response(response, NOON_MS, NOON_MS), content);
    bool put = vb_memory_put(tier, &key, moment, stored);

    vb_stored_response_unref(stored);
    return put;
}

static bool put(const char *request, const char *response, const char *content)
{
    return put_since(request, response, content, vb_memory_moment(tier));
}

/* The content found; "-": nothing of the URI, "+": others. */
static struct vb_span found(const char *request)
{
    const struct vb_asked *asked = scene_ask(request);
    const struct vb_caching_key key = key_of(asked);
    struct vb_stored_response *stored;
    struct vb_span content;

    switch (vb_memory_find(tier, &key, &asked->head->fields, &stored)) {
    case VB_FOUND_NOTHING:
        return VB_SPAN("-");
    case VB_FOUND_OTHERS:
        return VB_SPAN("+");
    case VB_FOUND_ONE:
        break;
    }
    content = vb_arena_dup(&scene_arena, stored->rep->content);
    vb_stored_response_unref(stored);
    return content;
}

static int set_up_with(void **state, struct vb_memory_config config)
{
    tier = vb_memory_new(&config);
    assert_non_null(tier);
    return scene_set_up(state);
}

static int set_up(void **state)
{
    return set_up_with(state, (struct vb_memory_config){
                                  .budget = 4 << 20, .max_response = 1 << 20});
}

static int tear_down(void **state)
{
    vb_memory_free(tier);
    return scene_tear_down(state);
}

static void what_was_put_is_found(void **state)
{
    (void)state;
    assert_span_equal(found(GET), "-");
    assert_true(put(GET "\nX: 1", OK "\nVary: X", "one"));
    assert_true(put(GET "\nX: 2", OK "\nVary: X", "two"));
    assert_true(put("GET https://h/b", OK, "b"));
    assert_true(put("QUERY https://h/a", OK, "q"));
    assert_span_equal(found(GET "\nX: 1"), "one");
    assert_span_equal(found(GET "\nX: 2"), "two");
    assert_span_equal(found("HEAD https://h/a\nX: 2"), "two");
    assert_span_equal(found(GET), "+");
    assert_span_equal(found("GET https://h/b"), "b");
    assert_span_equal(found("QUERY https://h/a"), "q");
    assert_span_equal(found("QUERY https://h/a\nContent-Type: text/x"), "-");
    assert_int_equal(vb_memory_stats(tier).responses, 4);
    assert_true(put(GET "\nX: 1", OK "\nVary: X", "again"));
    assert_span_equal(found(GET "\nX: 1"), "again");
    assert_int_equal(vb_memory_stats(tier).responses, 4);
}

/* 9111-4.4-05. */
static void a_purge_takes_all_variants_and_queries(void **state)
{
    (void)state;
    put(GET "\nX: 1", OK "\nVary: X", "one");
    put(GET "\nX: 2", OK "\nVary: X", "two");
    put("QUERY https://h/a", OK, "q");
    put("GET https://h/b", OK, "b");
    vb_memory_purge(tier, VB_SPAN("https://h/a"));
    assert_span_equal(found(GET "\nX: 1"), "-");
    assert_span_equal(found(GET "\nX: 2"), "-");
    assert_span_equal(found("QUERY https://h/a"), "-");
    assert_span_equal(found("GET https://h/b"), "b");
    vb_memory_purge_all(tier);
    assert_span_equal(found("GET https://h/b"), "-");
    assert_int_equal(vb_memory_stats(tier).responses, 0);
}

/* 9875-2.2.1-01, 9875-3-02. */
static void a_group_is_of_one_origin(void **state)
{
    (void)state;
    put(GET, OK "\nCache-Groups: \"x\", \"g\"", "a");
    put("GET https://g/a", OK "\nCache-Groups: \"g\"", "other");
    put("GET https://h/b", OK, "b");
    vb_memory_purge_group(tier, VB_SPAN("https://h"), VB_SPAN("g"));
    assert_span_equal(found(GET), "-");
    assert_span_equal(found("GET https://g/a"), "other");
    assert_span_equal(found("GET https://h/b"), "b");
}

/* 9111-4.4-01: also what was under way while it was changed. */
static void what_was_asked_for_before_a_change_does_not_count(void **state)
{
    uint64_t before = vb_memory_moment(tier);
    const struct vb_asked *asked = scene_ask("POST https://h/a");
    struct vb_invalidation invalidation;

    (void)state;
    vb_invalidation_read(
        &scene_arena, asked, scene_uri(asked),
        scene_response("200\nCache-Group-Invalidation: \"g\"", 0, 0),
        &invalidation);
    vb_memory_invalidate(tier, &invalidation);
    assert_false(put_since(GET, OK, "old", before));
    assert_false(put_since("GET https://h/b", OK "\nCache-Groups: \"g\"", "old",
                           before));
    assert_true(put_since("GET https://h/c", OK, "new", before));
    assert_true(put(GET, OK, "new"));
    assert_false(put_since(GET, OK, "old", before));
    assert_span_equal(found(GET), "new");
}

static void what_is_dropped_is_that_one(void **state)
{
    const struct vb_asked *asked = scene_ask(GET);
    const struct vb_caching_key key = key_of(asked);
    struct vb_stored_response *stored;

    (void)state;
    put(GET, OK, "1");
    assert_int_equal(vb_memory_find(tier, &key, &asked->head->fields, &stored),
                     VB_FOUND_ONE);
    put(GET, OK, "2");
    vb_memory_drop(tier, &key, stored);
    assert_span_equal(found(GET), "2");
    vb_stored_response_unref(stored);
    assert_int_equal(vb_memory_find(tier, &key, &asked->head->fields, &stored),
                     VB_FOUND_ONE);
    vb_memory_drop(tier, &key, stored);
    assert_span_equal(found(GET), "-");
    assert_span_equal(stored->rep->content, "2"); /* it is ours still */
    vb_stored_response_unref(stored);
}

static void all_of_a_key_are_collected(void **state)
{
    const struct vb_caching_key key = key_of(scene_ask(GET));
    struct vb_stored_response *stored[4];

    (void)state;
    assert_int_equal(vb_memory_collect(tier, &key, stored, 4), 0);
    put(GET "\nX: 1", OK "\nVary: X", "one");
    put(GET "\nX: 2", OK "\nVary: X", "two");
    assert_int_equal(vb_memory_collect(tier, &key, stored, 4), 2);
    vb_stored_response_unref(stored[0]);
    vb_stored_response_unref(stored[1]);
}

static struct vb_span text_of(const char *before, size_t number)
{
    return vb_arena_printf(&scene_arena, "%s%zu", before, number);
}

/* Of many, of any size, no more is held than was said. */
static void the_budget_is_kept(void **state)
{
    char *content = malloc(200001);

    (void)state;
    memset(content, 'x', 200000);
    for (size_t i = 0; i < 3000; i++) {
        size_t len = i * 7919 % 20000;

        content[len] = '\0';
        put(text_of("GET https://h/", i).ptr, OK, content);
        content[len] = 'x';
        assert_true(vb_memory_stats(tier).bytes <= 4 << 20);
        if (i % 100 == 99)
            vb_arena_reset(&scene_arena);
    }
    assert_true(vb_memory_stats(tier).evicted > 2000);
    assert_true(vb_memory_stats(tier).bytes > 3 << 20);
    free(content);
}

static void what_is_too_large_is_not_kept(void **state)
{
    char *content = calloc(1, (1 << 20) + 1);

    (void)state;
    memset(content, 'x', 1 << 20);
    assert_false(put(GET, OK, content));
    assert_span_equal(found(GET), "-");
    free(content);
}

/* --- Several threads -------------------------------------------------------
 */

#define THREADS 4
#define KEYS    64

/* Responses are made beforehand: scenes are one thread's. */
static struct vb_caching_key keys[KEYS];
static struct vb_stored_response *responses[KEYS];
static const struct vb_fields *fields;

static void *work(void *context)
{
    uint64_t random = (uint64_t)(uintptr_t)context * 7919 + 1;

    for (int i = 0; i < 20000; i++) {
        struct vb_stored_response *stored;
        size_t at;

        random = random * 6364136223846793005 + 1442695040888963407;
        at = random >> 40 & (KEYS - 1);
        switch (random >> 60) {
        case 0:
            vb_memory_purge(tier, keys[at].uri);
            break;
        case 1:
        case 2:
            (void)vb_memory_put(tier, &keys[at], vb_memory_moment(tier),
                                responses[at]);
            break;
        case 3:
            vb_memory_drop(tier, &keys[at], responses[at]);
            break;
        default:
            if (vb_memory_find(tier, &keys[at], fields, &stored) !=
                VB_FOUND_ONE)
                break;
            assert_ptr_equal(stored, responses[at]);
            vb_stored_response_unref(stored);
        }
    }
    return NULL;
}

static void threads_share_it(void **state)
{
    char *content = calloc(1, 50001);
    pthread_t threads[THREADS];

    (void)state;
    memset(content, 'x', 50000);
    fields = &scene_ask(GET)->head->fields;
    for (size_t i = 0; i < KEYS; i++) {
        const struct vb_asked *asked =
            scene_ask(text_of("GET https://h/", i).ptr);

        keys[i] = key_of(asked);
        responses[i] =
            scene_store(asked, scene_response(OK, NOON_MS, NOON_MS), content);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, work, (void *)(i + 1)), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    vb_memory_purge_all(tier);
    for (size_t i = 0; i < KEYS; i++) {
        assert_int_equal(atomic_load(&responses[i]->ref.count), 1);
        vb_stored_response_unref(responses[i]);
    }
    free(content);
}

static void moments_are_of_one_name_or_all(void **state)
{
    struct vb_moments *moments = vb_moments_new();
    uint64_t before = vb_moments_now(moments);

    (void)state;
    vb_moments_mark(moments, 7);
    assert_true(vb_moments_since(moments, 7, before));
    assert_false(vb_moments_since(moments, 8, before));
    assert_false(vb_moments_since(moments, 7, vb_moments_now(moments)));
    vb_moments_mark_all(moments);
    assert_true(vb_moments_since(moments, 8, before));
    assert_false(vb_moments_since(moments, 8, vb_moments_now(moments)));
    vb_moments_free(moments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(what_was_put_is_found),
        TEST(a_purge_takes_all_variants_and_queries),
        TEST(a_group_is_of_one_origin),
        TEST(what_was_asked_for_before_a_change_does_not_count),
        TEST(what_is_dropped_is_that_one),
        TEST(all_of_a_key_are_collected),
        TEST(the_budget_is_kept),
        TEST(what_is_too_large_is_not_kept),
        TEST(threads_share_it),
        cmocka_unit_test(moments_are_of_one_name_or_all),
    };

    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
