/* Values and types as text. See print.h. */
#include "graphql/print.h"

#include "content/json.h"

static void print_items(struct vb_buf *buf, const struct vb_gql_value *item)
{
    vb_buf_char(buf, '[');
    for (; item != NULL; item = item->next) {
        vb_gql_print_value(buf, item);
        if (item->next != NULL)
            vb_buf_str(buf, ", ");
    }
    vb_buf_char(buf, ']');
}

static void print_fields(struct vb_buf *buf,
                         const struct vb_gql_argument *field)
{
    vb_buf_char(buf, '{');
    for (; field != NULL; field = field->next) {
        vb_buf_append(buf, field->name);
        vb_buf_str(buf, ": ");
        vb_gql_print_value(buf, field->value);
        if (field->next != NULL)
            vb_buf_str(buf, ", ");
    }
    vb_buf_char(buf, '}');
}

void vb_gql_print_value(struct vb_buf *buf, const struct vb_gql_value *value)
{
    switch (value->kind) {
    case VB_GQL_LIST:
        print_items(buf, value->items);
        break;
    case VB_GQL_OBJECT:
        print_fields(buf, value->fields);
        break;
    case VB_GQL_STRING:
        vb_json_write_string(buf, value->text);
        break;
    case VB_GQL_VARIABLE:
        vb_buf_char(buf, '$');
        vb_buf_append(buf, value->text);
        break;
    case VB_GQL_INT:
    case VB_GQL_FLOAT:
    case VB_GQL_BOOLEAN:
    case VB_GQL_NULL:
    case VB_GQL_ENUM:
        vb_buf_append(buf, value->text);
        break;
    }
}

void vb_gql_print_shape(struct vb_buf *buf, const struct vb_gql_shape *shape)
{
    if (shape->of != NULL) {
        vb_buf_char(buf, '[');
        vb_gql_print_shape(buf, shape->of);
        vb_buf_char(buf, ']');
    } else {
        vb_buf_append(buf, shape->type->name);
    }
    if (shape->non_null)
        vb_buf_char(buf, '!');
}
