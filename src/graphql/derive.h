/*
 * The type system of a description: what REST serves of it, as GraphQL.
 *
 *     /books, /books/{id}   Book, and what it is made of   its schemas
 *                           book(id: ID!): Book            GET of a member
 *                           books(filter, sort, first, after): BookConnection
 *                           createBook, replaceBook, updateBook, deleteBook
 *     /settings             settings: Settings             GET of a document
 *     /books/{id}/lend      booksLend(id: ID!, ...)        a controller
 *     x-verbatim references author: Author; Author.books   both ways
 *
 * README.md says how schemas become types, and how all of it is named.
 */
#ifndef VB_GRAPHQL_DERIVE_H
#define VB_GRAPHQL_DERIVE_H

#include "describe/describe.h"
#include "graphql/schema.h"

/*
 * The description must live as long as the schema, which is the caller's:
 * vb_gql_schema_free. VB_ERR_NOTFOUND: nothing of it could be asked for.
 * VB_ERR_NOMEM.
 */
enum vb_err vb_gql_derive(const struct vb_description *description,
                          struct vb_gql_schema **ret_schema);

#endif
