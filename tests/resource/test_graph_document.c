/*
 * Documents that are kept: by the hash of their text, for whoever asks next,
 * and no more of them than there is room for.
 */
#include "unit.h"

#include <stdio.h>

#include "resource/graph_document.h"

/* As many as are kept, and the bytes of them (graph_document.c). */
#define KEPT  1000
#define BYTES ((size_t)16 << 20)

static struct vb_graph_documents documents;

static struct vb_graph_document *new_document(const char *text)
{
    unsigned char hash[VB_GRAPH_HASH_LEN];
    struct vb_graph_document *document;

    vb_graph_document_hash(vb_span_str(text), hash);
    document = vb_graph_document_new(vb_span_str(text), hash);
    assert_non_null(document);
    return document;
}

/* One that was valid, with a tree of so many bytes. */
static void keep(const char *text, size_t tree)
{
    struct vb_graph_document *document = new_document(text);

    if (tree > 0)
        assert_non_null(vb_arena_alloc(&document->arena, tree));
    vb_graph_documents_keep(&documents, document);
    vb_graph_document_unref(document);
}

static struct vb_graph_document *find(const char *text)
{
    unsigned char hash[VB_GRAPH_HASH_LEN];

    vb_graph_document_hash(vb_span_str(text), hash);
    return vb_graph_documents_find(&documents, hash);
}

static bool is_kept(const char *text)
{
    struct vb_graph_document *document = find(text);

    vb_graph_document_unref(document);
    return document != NULL;
}

static const char *numbered(unsigned n)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "{f%u}", n);
    return text;
}

static int begin(void **state)
{
    (void)state;
    vb_graph_documents_init(&documents);
    return 0;
}

static int end(void **state)
{
    (void)state;
    vb_graph_documents_done(&documents);
    return 0;
}

/* --- by their hash -----------------------------------------------------------
 */

static void the_hash_is_sha_256(void **state)
{
    static const unsigned char of_abc[VB_GRAPH_HASH_LEN] = {
        0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40,
        0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17,
        0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};
    unsigned char hash[VB_GRAPH_HASH_LEN];

    (void)state;
    vb_graph_document_hash(VB_SPAN("abc"), hash);
    assert_memory_equal(hash, of_abc, sizeof(hash));
}

static void what_was_kept_is_found_as_it_was(void **state)
{
    struct vb_graph_document *first, *again;

    (void)state;
    assert_null(find("{a}"));
    keep("{a}", 0);
    first = find("{a}");
    again = find("{a}");
    assert_non_null(first);
    assert_ptr_equal(first, again);
    assert_span_equal(first->text, "{a}");
    assert_null(find("{b}"));
    vb_graph_document_unref(first);
    vb_graph_document_unref(again);
}

/* The text is the document's own: the request that brought it goes. */
static void the_text_is_a_copy(void **state)
{
    char text[] = "{a}";
    struct vb_graph_document *document;

    (void)state;
    keep(text, 0);
    memset(text, 'x', sizeof(text) - 1);
    document = find("{a}");
    assert_non_null(document);
    assert_span_equal(document->text, "{a}");
    vb_graph_document_unref(document);
}

/* The first bytes of a hash choose the place; all of it says which it is. */
static void a_hash_that_only_begins_alike_is_another(void **state)
{
    unsigned char hash[VB_GRAPH_HASH_LEN];

    (void)state;
    keep("{a}", 0);
    vb_graph_document_hash(VB_SPAN("{a}"), hash);
    hash[VB_GRAPH_HASH_LEN - 1] ^= 1;
    assert_null(vb_graph_documents_find(&documents, hash));
}

/* --- two workers -------------------------------------------------------------
 */

/* Both have judged it before either has kept it. */
static void the_same_is_kept_once(void **state)
{
    struct vb_graph_document *first = new_document("{a}");
    struct vb_graph_document *second = new_document("{a}");
    struct vb_graph_document *found;

    (void)state;
    vb_graph_documents_keep(&documents, first);
    vb_graph_documents_keep(&documents, second);
    assert_int_equal(documents.count, 1);
    assert_int_equal(documents.bytes, first->arena.total);
    found = find("{a}");
    assert_ptr_equal(found, first);
    vb_graph_document_unref(found);
    vb_graph_document_unref(first);
    vb_graph_document_unref(second);
}

/* --- there is a bound --------------------------------------------------------
 */

static void the_least_used_goes_where_there_are_too_many(void **state)
{
    (void)state;
    for (unsigned n = 0; n < KEPT; n++)
        keep(numbered(n), 0);
    assert_int_equal(documents.count, KEPT);
    assert_true(is_kept(numbered(0))); /* now the latest */
    keep("{another}", 0);
    assert_int_equal(documents.count, KEPT);
    assert_true(is_kept("{another}"));
    assert_true(is_kept(numbered(0)));
    assert_false(is_kept(numbered(1)));
    assert_true(is_kept(numbered(2)));
}

static void bytes_count_as_well(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        keep(numbered(n), BYTES / 4 - 16384);
        assert_true(documents.bytes <= BYTES);
    }
    assert_int_equal(documents.count, 4);
    assert_false(is_kept(numbered(1)));
    assert_true(is_kept(numbered(2)));
    assert_true(is_kept(numbered(5)));
}

/* One large one would drive out all the others. */
static void what_is_too_large_is_not_kept(void **state)
{
    (void)state;
    keep("{small}", 0);
    keep("{large}", BYTES / 4 + 1);
    assert_false(is_kept("{large}"));
    assert_true(is_kept("{small}"));
    assert_int_equal(documents.count, 1);
}

/* Whoever executes one that goes has it until they let go of it. */
static void who_uses_one_that_goes_keeps_it(void **state)
{
    struct vb_graph_document *used;

    (void)state;
    keep("{used}", 0);
    used = find("{used}");
    for (unsigned n = 0; n < KEPT; n++)
        keep(numbered(n), 0);
    assert_null(find("{used}"));
    assert_span_equal(used->text, "{used}");
    vb_graph_document_unref(used);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_hash_is_sha_256),
        TEST(what_was_kept_is_found_as_it_was),
        TEST(the_text_is_a_copy),
        TEST(a_hash_that_only_begins_alike_is_another),
        TEST(the_same_is_kept_once),
        TEST(the_least_used_goes_where_there_are_too_many),
        TEST(bytes_count_as_well),
        TEST(what_is_too_large_is_not_kept),
        TEST(who_uses_one_that_goes_keeps_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
