/* A type system as definitions. See print.h. */
#include "content/json.h"
#include "graphql/print.h"

/* --- descriptions (section 3.3) ------------------------------------------- */

/* Does it come back as it is out of an indented block string? */
static bool fits_block(struct vb_span text)
{
    if (strchr(" \t\n", text.ptr[0]) != NULL ||
        strchr(" \t\n", text.ptr[text.len - 1]) != NULL)
        return false;
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\n' &&
            text.ptr[i] != '\t')
            return false;
    return true;
}

static void print_line(struct vb_buf *buf, const char *indent,
                       struct vb_span line)
{
    const struct vb_span quotes = VB_SPAN_INIT("\"\"\"");

    if (line.len > 0)
        vb_buf_str(buf, indent);
    for (size_t i = 0; i < line.len; i++) {
        bool ends = vb_span_starts(vb_span_from(line, i), quotes);

        if (ends)
            vb_buf_str(buf, "\\\"\"");
        vb_buf_char(buf, line.ptr[i]);
        i += ends ? 2 : 0;
    }
    vb_buf_char(buf, '\n');
}

static void print_description(struct vb_buf *buf, const char *indent,
                              struct vb_span text)
{
    if (text.len == 0)
        return;
    vb_buf_str(buf, indent);
    if (!fits_block(text)) {
        vb_json_write_string(buf, text);
        vb_buf_char(buf, '\n');
        return;
    }
    vb_buf_str(buf, "\"\"\"\n");
    while (text.len > 0) {
        ssize_t end = vb_span_find(text, '\n', 0);
        struct vb_span line =
            vb_span_head(text, end < 0 ? text.len : (size_t)end);

        print_line(buf, indent, line);
        text = vb_span_from(text, line.len + 1);
    }
    vb_buf_str(buf, indent);
    vb_buf_str(buf, "\"\"\"\n");
}

/* --- parts ---------------------------------------------------------------- */

static void print_deprecated(struct vb_buf *buf, struct vb_span reason)
{
    if (reason.ptr == NULL)
        return;
    vb_buf_str(buf, " @deprecated");
    if (reason.len == 0)
        return;
    vb_buf_str(buf, "(reason: ");
    vb_json_write_string(buf, reason);
    vb_buf_char(buf, ')');
}

static void print_input(struct vb_buf *buf, const struct vb_gql_input *input)
{
    vb_buf_append(buf, input->name);
    vb_buf_str(buf, ": ");
    vb_gql_print_shape(buf, input->shape);
    if (input->preset != NULL) {
        vb_buf_str(buf, " = ");
        vb_gql_print_value(buf, input->preset);
    }
}

/* On a line, or with a line for each where one has a description. */
static void print_arguments(struct vb_buf *buf,
                            const struct vb_gql_input *arguments)
{
    bool described = false;

    if (arguments == NULL)
        return;
    for (const struct vb_gql_input *a = arguments; a != NULL; a = a->next)
        described |= a->description.len > 0;
    vb_buf_char(buf, '(');
    for (const struct vb_gql_input *a = arguments; a != NULL; a = a->next) {
        if (described) {
            vb_buf_char(buf, '\n');
            print_description(buf, "    ", a->description);
            vb_buf_str(buf, "    ");
        }
        print_input(buf, a);
        if (a->next != NULL && !described)
            vb_buf_str(buf, ", ");
    }
    vb_buf_str(buf, described ? "\n  )" : ")");
}

static void print_fields(struct vb_buf *buf, const struct vb_gql_type *type)
{
    vb_buf_str(buf, " {\n");
    for (const struct vb_gql_field *field = type->fields; field != NULL;
         field = field->next) {
        print_description(buf, "  ", field->description);
        vb_buf_str(buf, "  ");
        vb_buf_append(buf, field->name);
        print_arguments(buf, field->arguments);
        vb_buf_str(buf, ": ");
        vb_gql_print_shape(buf, field->shape);
        print_deprecated(buf, field->deprecated);
        vb_buf_char(buf, '\n');
    }
    vb_buf_char(buf, '}');
}

static void print_members(struct vb_buf *buf, const char *before,
                          const char *between,
                          const struct vb_gql_member *member)
{
    for (; member != NULL; member = member->next) {
        vb_buf_str(buf, before);
        vb_buf_append(buf, member->type->name);
        before = between;
    }
}

static void print_values(struct vb_buf *buf, const struct vb_gql_type *type)
{
    vb_buf_str(buf, " {\n");
    for (const struct vb_gql_enum_value *value = type->values; value != NULL;
         value = value->next) {
        print_description(buf, "  ", value->description);
        vb_buf_str(buf, "  ");
        vb_buf_append(buf, value->name);
        print_deprecated(buf, value->deprecated);
        vb_buf_char(buf, '\n');
    }
    vb_buf_char(buf, '}');
}

static void print_inputs(struct vb_buf *buf, const struct vb_gql_type *type)
{
    vb_buf_str(buf, " {\n");
    for (const struct vb_gql_input *input = type->inputs; input != NULL;
         input = input->next) {
        print_description(buf, "  ", input->description);
        vb_buf_str(buf, "  ");
        print_input(buf, input);
        vb_buf_char(buf, '\n');
    }
    vb_buf_char(buf, '}');
}

/* --- types ---------------------------------------------------------------- */

static void print_body(struct vb_buf *buf, const struct vb_gql_type *type)
{
    switch (type->kind) {
    case VB_GQL_TYPE_SCALAR:
        if (type->specified_by.ptr == NULL)
            break;
        vb_buf_str(buf, " @specifiedBy(url: ");
        vb_json_write_string(buf, type->specified_by);
        vb_buf_char(buf, ')');
        break;
    case VB_GQL_TYPE_OBJECT:
    case VB_GQL_TYPE_INTERFACE:
        print_members(buf, " implements ", " & ", type->interfaces);
        print_fields(buf, type);
        break;
    case VB_GQL_TYPE_UNION:
        print_members(buf, " = ", " | ", type->members);
        break;
    case VB_GQL_TYPE_ENUM:
        print_values(buf, type);
        break;
    case VB_GQL_TYPE_INPUT:
        print_inputs(buf, type);
        break;
    }
}

static void print_type(struct vb_buf *buf, const struct vb_gql_type *type)
{
    static const char *const words[] = {"scalar", "type", "interface",
                                        "union",  "enum", "input"};

    print_description(buf, "", type->description);
    vb_buf_str(buf, words[type->kind]);
    vb_buf_char(buf, ' ');
    vb_buf_append(buf, type->name);
    print_body(buf, type);
    vb_buf_char(buf, '\n');
}

/* Types of these names are taken for the roots by themselves. */
static bool has_usual_names(const struct vb_gql_schema *schema)
{
    return schema->description.len == 0 &&
           schema->query == vb_gql_find_type(schema, VB_SPAN("Query")) &&
           schema->mutation == vb_gql_find_type(schema, VB_SPAN("Mutation")) &&
           schema->subscription ==
               vb_gql_find_type(schema, VB_SPAN("Subscription"));
}

static void print_roots(struct vb_buf *buf, const struct vb_gql_schema *schema)
{
    if (has_usual_names(schema))
        return;
    print_description(buf, "", schema->description);
    vb_buf_str(buf, "schema {\n");
    for (int kind = VB_GQL_QUERY; kind <= VB_GQL_SUBSCRIPTION; kind++) {
        const struct vb_gql_type *root =
            vb_gql_root(schema, (enum vb_gql_operation_kind)kind);

        if (root == NULL)
            continue;
        vb_buf_str(buf, "  ");
        vb_buf_str(buf,
                   vb_gql_operation_name((enum vb_gql_operation_kind)kind));
        vb_buf_str(buf, ": ");
        vb_buf_append(buf, root->name);
        vb_buf_char(buf, '\n');
    }
    vb_buf_str(buf, "}\n\n");
}

void vb_gql_print_schema(struct vb_buf *buf, const struct vb_gql_schema *schema)
{
    bool first = true;

    print_roots(buf, schema);
    for (const struct vb_gql_type *type = schema->types; type != NULL;
         type = type->next) {
        if (type->builtin)
            continue;
        if (!first)
            vb_buf_char(buf, '\n');
        first = false;
        print_type(buf, type);
    }
}
