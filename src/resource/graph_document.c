/* Keeping documents. See graph_document.h. */
#include "resource/graph_document.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* So many are kept, and so many bytes of them. */
#define KEPT_MOST  1000
#define BYTES_MOST ((size_t)16 << 20)
/* Bytes of one: the tree of a text is some ten times as large as the text. */
#define DOCUMENT_MOST ((size_t)32 << 20)
#define BLOCK         ((size_t)4096)

void vb_graph_documents_init(struct vb_graph_documents *documents)
{
    *documents = (struct vb_graph_documents){.count = 0};
    pthread_mutex_init(&documents->lock, NULL);
    vb_table_init(&documents->by_hash);
    vb_list_init(&documents->by_use);
}

/* Its bits are as good as any hash's. */
static uint64_t table_hash(const unsigned char *hash)
{
    uint64_t bits;

    memcpy(&bits, hash, sizeof(bits));
    return bits;
}

/* Under the lock. */
static void drop(struct vb_graph_documents *documents,
                 struct vb_graph_document *document)
{
    vb_table_remove(&documents->by_hash, &document->by_hash);
    vb_list_remove(&document->by_use);
    documents->count--;
    documents->bytes -= document->arena.total;
    vb_graph_document_unref(document);
}

static struct vb_graph_document *last(struct vb_graph_documents *documents)
{
    return VB_CONTAINER(documents->by_use.prev, struct vb_graph_document,
                        by_use);
}

void vb_graph_documents_done(struct vb_graph_documents *documents)
{
    while (documents->count > 0)
        drop(documents, last(documents));
    vb_table_done(&documents->by_hash);
    pthread_mutex_destroy(&documents->lock);
}

void vb_graph_document_hash(struct vb_span text,
                            unsigned char hash[VB_GRAPH_HASH_LEN])
{
    crypto_hash_sha256(hash, (const unsigned char *)text.ptr, text.len);
}

/* Under the lock; no reference. */
static struct vb_graph_document *find(struct vb_graph_documents *documents,
                                      const unsigned char *hash)
{
    struct vb_table_node *node =
        vb_table_first(&documents->by_hash, table_hash(hash));

    for (; node != NULL; node = vb_table_next(node)) {
        struct vb_graph_document *document =
            VB_CONTAINER(node, struct vb_graph_document, by_hash);

        if (memcmp(document->hash, hash, VB_GRAPH_HASH_LEN) == 0)
            return document;
    }
    return NULL;
}

struct vb_graph_document *
vb_graph_documents_find(struct vb_graph_documents *documents,
                        const unsigned char hash[VB_GRAPH_HASH_LEN])
{
    struct vb_graph_document *document;

    pthread_mutex_lock(&documents->lock);
    document = find(documents, hash);
    if (document != NULL) {
        vb_ref_get(&document->ref);
        vb_list_remove(&document->by_use);
        vb_list_insert_after(&documents->by_use, &document->by_use);
    }
    pthread_mutex_unlock(&documents->lock);
    return document;
}

struct vb_graph_document *
vb_graph_document_new(struct vb_span text,
                      const unsigned char hash[VB_GRAPH_HASH_LEN])
{
    struct vb_graph_document *document = calloc(1, sizeof(*document));

    if (document == NULL)
        return NULL;
    vb_ref_init(&document->ref);
    vb_arena_init(&document->arena, BLOCK, DOCUMENT_MOST);
    memcpy(document->hash, hash, VB_GRAPH_HASH_LEN);
    document->text = vb_arena_dup(&document->arena, text);
    if (document->text.ptr == NULL) {
        vb_graph_document_unref(document);
        return NULL;
    }
    return document;
}

void vb_graph_documents_keep(struct vb_graph_documents *documents,
                             struct vb_graph_document *document)
{
    pthread_mutex_lock(&documents->lock);
    if (document->arena.total <= BYTES_MOST / 4 &&
        find(documents, document->hash) == NULL &&
        vb_table_insert(&documents->by_hash, &document->by_hash,
                        table_hash(document->hash))) {
        vb_ref_get(&document->ref);
        vb_list_insert_after(&documents->by_use, &document->by_use);
        documents->count++;
        documents->bytes += document->arena.total;
    }
    while (documents->count > KEPT_MOST || documents->bytes > BYTES_MOST)
        drop(documents, last(documents));
    pthread_mutex_unlock(&documents->lock);
}

void vb_graph_document_unref(struct vb_graph_document *document)
{
    if (document == NULL || !vb_ref_put(&document->ref))
        return;
    vb_arena_done(&document->arena);
    free(document);
}
