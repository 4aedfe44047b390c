/* See leaves.h. */
#include "leaves.h"

#include "unit.h"

struct vb_gql_schema *leaves_new(void)
{
    static const char *const fields[] = {
        "int: Int",
        "long: Long",
        "float: Float",
        "string: String",
        "boolean: Boolean",
        "id: ID",
        "e: E",
        "json: JSON",
        "must: Int!",
        "list: [Int]",
        "lists: [[Int!]]",
        "all: [[Int!]!]!",
        "es: [E!]!",
        "jsons: [JSON]",
        "self: Query!",
        "selfs: [Query!]",
        "two(a: Int!): Int",
        "page(first: Int = 3): Query",
        "pages(first: Int): [Query]",
    };
    struct vb_gql_schema *schema;
    struct vb_gql_type *query, *e;

    assert_int_equal(vb_gql_schema_new(1 << 20, &schema), VB_OK);
    query = vb_gql_add_type(schema, VB_GQL_TYPE_OBJECT, VB_SPAN("Query"));
    e = vb_gql_add_type(schema, VB_GQL_TYPE_ENUM, VB_SPAN("E"));
    vb_gql_add_type(schema, VB_GQL_TYPE_SCALAR, VB_SPAN("JSON"));
    vb_gql_add_type(schema, VB_GQL_TYPE_SCALAR, VB_SPAN("Long"))->scalar =
        VB_GQL_SCALAR_LONG;
    vb_gql_add_value(schema, e, VB_SPAN("IN_STOCK"))->means =
        VB_SPAN("in stock");
    vb_gql_add_value(schema, e, VB_SPAN("GONE"));
    for (size_t i = 0; i < VB_COUNT_OF(fields); i++)
        vb_gql_define_field(schema, query, fields[i], NULL);
    schema->query = schema->mutation = query;
    return schema;
}
