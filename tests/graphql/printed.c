/* Documents as text again. See printed.h. */
#include "printed.h"

#include "graphql/print.h"

static void print_arguments(struct vb_buf *buf,
                            const struct vb_gql_argument *argument)
{
    vb_buf_char(buf, '(');
    for (; argument != NULL; argument = argument->next) {
        vb_buf_printf(buf, "%.*s:", VB_FMT(argument->name));
        vb_gql_print_value(buf, argument->value);
        if (argument->next != NULL)
            vb_buf_char(buf, ' ');
    }
    vb_buf_char(buf, ')');
}

static void print_directives(struct vb_buf *buf,
                             const struct vb_gql_directive *directive)
{
    for (; directive != NULL; directive = directive->next) {
        vb_buf_printf(buf, "@%.*s", VB_FMT(directive->name));
        if (directive->arguments != NULL)
            print_arguments(buf, directive->arguments);
    }
}

static void print_type(struct vb_buf *buf, const struct vb_gql_type_ref *type)
{
    if (type->of != NULL) {
        vb_buf_char(buf, '[');
        print_type(buf, type->of);
        vb_buf_char(buf, ']');
    } else {
        vb_buf_append(buf, type->name);
    }
    if (type->non_null)
        vb_buf_char(buf, '!');
}

static void print_selections(struct vb_buf *buf,
                             const struct vb_gql_selection *selection);

static void print_selection(struct vb_buf *buf,
                            const struct vb_gql_selection *selection)
{
    if (selection->kind != VB_GQL_FIELD)
        vb_buf_str(buf, "...");
    else if (selection->key.ptr != selection->name.ptr)
        vb_buf_printf(buf, "%.*s:", VB_FMT(selection->key));
    if (selection->kind != VB_GQL_INLINE)
        vb_buf_append(buf, selection->name);
    if (selection->on.ptr != NULL)
        vb_buf_printf(buf, " on %.*s", VB_FMT(selection->on));
    if (selection->arguments != NULL)
        print_arguments(buf, selection->arguments);
    print_directives(buf, selection->directives);
    if (selection->selections != NULL)
        print_selections(buf, selection->selections);
}

static void print_selections(struct vb_buf *buf,
                             const struct vb_gql_selection *selection)
{
    vb_buf_char(buf, '{');
    for (; selection != NULL; selection = selection->next) {
        print_selection(buf, selection);
        if (selection->next != NULL)
            vb_buf_char(buf, ' ');
    }
    vb_buf_char(buf, '}');
}

static void print_variables(struct vb_buf *buf,
                            const struct vb_gql_variable *variable)
{
    vb_buf_char(buf, '(');
    for (; variable != NULL; variable = variable->next) {
        vb_buf_printf(buf, "$%.*s:", VB_FMT(variable->name));
        print_type(buf, variable->type);
        if (variable->preset != NULL) {
            vb_buf_char(buf, '=');
            vb_gql_print_value(buf, variable->preset);
        }
        print_directives(buf, variable->directives);
        if (variable->next != NULL)
            vb_buf_char(buf, ' ');
    }
    vb_buf_char(buf, ')');
}

static void print_operation(struct vb_buf *buf,
                            const struct vb_gql_operation *operation)
{
    static const char *const kinds[] = {"query", "mutation", "subscription"};

    vb_buf_str(buf, kinds[operation->kind]);
    if (operation->name.ptr != NULL)
        vb_buf_printf(buf, " %.*s", VB_FMT(operation->name));
    if (operation->variables != NULL)
        print_variables(buf, operation->variables);
    print_directives(buf, operation->directives);
    print_selections(buf, operation->selections);
}

void print_document(struct vb_buf *buf, const struct vb_gql_document *document)
{
    for (const struct vb_gql_operation *o = document->operations; o != NULL;
         o = o->next)
        print_operation(buf, o);
    for (const struct vb_gql_fragment *f = document->fragments; f != NULL;
         f = f->next) {
        vb_buf_printf(buf, "fragment %.*s on %.*s", VB_FMT(f->name),
                      VB_FMT(f->on));
        print_directives(buf, f->directives);
        print_selections(buf, f->selections);
    }
}
