/*
 * Documents of GraphQL that were found valid, by the SHA-256 of their text: so
 * none is judged twice, and who has sent one can ask it again by its hash
 * (Apollo's automatic persisted queries). The least used ones go where there
 * are too many. All workers share them.
 */
#ifndef VB_RESOURCE_GRAPH_DOCUMENT_H
#define VB_RESOURCE_GRAPH_DOCUMENT_H

#include <pthread.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/ref.h"
#include "base/table.h"
#include "graphql/parse.h"

#define VB_GRAPH_HASH_LEN 32

/* One of them: immutable, counted. */
struct vb_graph_document {
    struct vb_ref ref;
    struct vb_table_node by_hash;
    struct vb_link by_use;
    struct vb_arena arena; /* all of it, and its text */
    struct vb_span text;
    const struct vb_gql_document *document;
    unsigned char hash[VB_GRAPH_HASH_LEN];
};

struct vb_graph_documents {
    pthread_mutex_t lock;
    struct vb_table by_hash;
    struct vb_link by_use; /* the latest first */
    size_t count, bytes;
};

void vb_graph_documents_init(struct vb_graph_documents *documents);
void vb_graph_documents_done(struct vb_graph_documents *documents);

/* The hash of a text. */
void vb_graph_document_hash(struct vb_span text,
                            unsigned char hash[VB_GRAPH_HASH_LEN]);

/* A reference to the document of that hash; NULL: it is not known. */
struct vb_graph_document *
vb_graph_documents_find(struct vb_graph_documents *documents,
                        const unsigned char hash[VB_GRAPH_HASH_LEN]);

/* A document of a copy of the text, with no tree yet; NULL: no memory. The
 * caller's reference. */
struct vb_graph_document *
vb_graph_document_new(struct vb_span text,
                      const unsigned char hash[VB_GRAPH_HASH_LEN]);

/* Keeps one that was found valid; it does not change any more. */
void vb_graph_documents_keep(struct vb_graph_documents *documents,
                             struct vb_graph_document *document);

/* NULL is fine. */
void vb_graph_document_unref(struct vb_graph_document *document);

#endif
