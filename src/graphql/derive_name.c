/* Names: valid ones, and new ones, of what descriptions call things. */
#include "graphql/derive_inner.h"

/* Longer names are cut: only a description's author can make them. */
#define NAME_MOST 200

static bool is_alnum(char c)
{
    char lower = vb_ascii_lower(c);

    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c & ~0x20) : c;
}

static struct vb_span kept(struct vb_gql_schema *schema, struct vb_span text)
{
    struct vb_span copy = vb_arena_dup(&schema->arena, text);

    if (copy.ptr == NULL)
        schema->failed = true;
    return copy;
}

/* Words begin with a capital, but for the first where it is not to. */
static struct vb_span worded(struct vb_gql_schema *schema, struct vb_span text,
                             bool first)
{
    char name[NAME_MOST + 1];
    size_t len = 0;
    bool begins = first;

    for (size_t i = 0; i < text.len && len < NAME_MOST; i++) {
        if (!is_alnum(text.ptr[i])) {
            begins = len > 0 || first;
            continue;
        }
        if (len == 0 && text.ptr[i] <= '9')
            name[len++] = '_';
        name[len] = begins ? upper(text.ptr[i]) : text.ptr[i];
        if (len == 0 && !first)
            name[len] = vb_ascii_lower(text.ptr[i]);
        len++;
        begins = false;
    }
    if (len == 0)
        name[len++] = '_';
    return kept(schema, vb_span_of(name, len));
}

struct vb_span vb__gql_pascal(struct vb_gql_schema *schema, struct vb_span text)
{
    return worded(schema, text, true);
}

struct vb_span vb__gql_camel(struct vb_gql_schema *schema, struct vb_span text)
{
    return worded(schema, text, false);
}

/* What English does most often; where it is wrong, it is still a name. */
struct vb_span vb__gql_singular(struct vb_gql_schema *schema,
                                struct vb_span text)
{
    static const char *const sibilants[] = {"sses", "xes", "shes", "ches",
                                            "zes"};

    if (vb_span_ends(text, VB_SPAN("ies")) && text.len > 4)
        return vb__gql_joined(schema, vb_span_head(text, text.len - 3),
                              VB_SPAN("y"));
    for (size_t i = 0; i < sizeof(sibilants) / sizeof(sibilants[0]); i++)
        if (vb_span_ends(text, vb_span_str(sibilants[i])))
            return vb_span_head(text, text.len - 2);
    if (vb_span_ends(text, VB_SPAN("s")) && text.len > 2 &&
        !vb_span_ends(text, VB_SPAN("ss")) &&
        !vb_span_ends(text, VB_SPAN("us")))
        return vb_span_head(text, text.len - 1);
    return text;
}

struct vb_span vb__gql_joined(struct vb_gql_schema *schema, struct vb_span a,
                              struct vb_span b)
{
    struct vb_span text =
        vb_arena_printf(&schema->arena, "%.*s%.*s", VB_FMT(a), VB_FMT(b));

    if (text.ptr == NULL)
        schema->failed = true;
    return text;
}

/* --- new names ------------------------------------------------------------ */

/* Characters that no name has become "_"; what begins with "__" is GraphQL's
 * own (section 4). */
static struct vb_span valid(struct vb_gql_schema *schema, struct vb_span text)
{
    char name[NAME_MOST + 1];
    size_t len = 0;

    while (vb_span_starts(text, VB_SPAN("__")))
        text = vb_span_from(text, 1);
    if (text.len == 0 || (text.ptr[0] >= '0' && text.ptr[0] <= '9'))
        name[len++] = '_';
    for (size_t i = 0; i < text.len && len < NAME_MOST; i++)
        name[len++] = is_alnum(text.ptr[i]) ? text.ptr[i] : '_';
    if (len > 1 && name[0] == '_' && name[1] == '_')
        name[0] = 'x';
    return kept(schema, vb_span_of(name, len));
}

typedef bool taken_fn(const struct vb_gql_schema *schema, const void *in,
                      struct vb_span name);

/* The text, or the text and the first number that makes it new. */
static struct vb_span new_name(struct vb_gql_schema *schema, const void *in,
                               struct vb_span text, taken_fn *taken)
{
    struct vb_span base = valid(schema, text), name = base;

    for (unsigned n = 2; name.ptr != NULL && taken(schema, in, name); n++)
        name = vb_arena_printf(&schema->arena, "%.*s_%u", VB_FMT(base), n);
    if (name.ptr == NULL)
        schema->failed = true;
    return name;
}

static bool type_taken(const struct vb_gql_schema *schema, const void *in,
                       struct vb_span name)
{
    (void)in;
    return vb_gql_find_type(schema, name) != NULL;
}

static bool field_taken(const struct vb_gql_schema *schema, const void *in,
                        struct vb_span name)
{
    return vb_gql_find_field(schema, in, name) != NULL;
}

static bool input_taken(const struct vb_gql_schema *schema, const void *in,
                        struct vb_span name)
{
    (void)schema;
    return vb_gql_find_input(in, name) != NULL;
}

/* Section 3.9: three names are no enum value's. */
static bool value_taken(const struct vb_gql_schema *schema, const void *in,
                        struct vb_span name)
{
    (void)schema;
    return vb_gql_find_value(in, name) != NULL ||
           vb_span_eq(name, VB_SPAN("true")) ||
           vb_span_eq(name, VB_SPAN("false")) ||
           vb_span_eq(name, VB_SPAN("null"));
}

struct vb_span vb__gql_new_type_name(struct vb_gql_schema *schema,
                                     struct vb_span text)
{
    return new_name(schema, NULL, text, type_taken);
}

struct vb_span vb__gql_new_field_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_type *type,
                                      struct vb_span text)
{
    return new_name(schema, type, text, field_taken);
}

struct vb_span vb__gql_new_input_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_input *list,
                                      struct vb_span text)
{
    return new_name(schema, list, text, input_taken);
}

struct vb_span vb__gql_new_value_name(struct vb_gql_schema *schema,
                                      const struct vb_gql_type *type,
                                      struct vb_span text)
{
    return new_name(schema, type, text, value_taken);
}
