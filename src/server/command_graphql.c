/* `verbatim graphql FILE`: a description as a GraphQL type system. */
#include "graphql/derive.h"
#include "graphql/print.h"
#include "server/cli.h"
#include "server/command.h"

static int print(const struct vb_description *description)
{
    struct vb_gql_schema *schema;
    struct vb_buf text;
    enum vb_err err = vb_gql_derive(description, &schema);
    int status;

    if (err == VB_ERR_NOTFOUND)
        return vb__usage_error("there is nothing in it to ask GraphQL for: no "
                               "document, collection or store of JSON is "
                               "served");
    if (err != VB_OK)
        return vb__usage_error("%s", vb_err_text(err));
    vb_buf_init(&text, VB__REPORT_MOST);
    vb_gql_print_schema(&text, schema);
    vb_gql_schema_free(schema);
    status = vb__print(&text, 0);
    vb_buf_done(&text);
    return status;
}

int vb__command_graphql(const struct vb_command_line *line)
{
    return vb__command_description(line, "graphql", print);
}
