/* What an expression asks about, and compares with. See expression_part.h. */
#include "content/expression_part.h"

#include "content/schema.h"

#define SCALAR                                                                 \
    (VB_SCHEMA_BOOLEAN | VB_SCHEMA_NUMBER | VB_SCHEMA_INTEGER |                \
     VB_SCHEMA_STRING)

/* --- members -------------------------------------------------------------- */

static bool find_root(const struct vb__expression_reader *r,
                      struct vb_span name, size_t *ret_root)
{
    for (size_t i = 0; i < r->language->root_count; i++) {
        if (!vb_span_eq(r->language->roots[i], name))
            continue;
        *ret_root = i;
        return true;
    }
    return false;
}

static bool refuse_name(struct vb__expression_reader *r, size_t offset,
                        struct vb_span name, int root)
{
    bool first = !r->failed;

    vb__expression_fail_at(r, offset,
                           root < 0 ? "nothing here has this name"
                                    : "there is no such member");
    if (first) {
        r->error->name = name;
        r->error->root = root;
    }
    return false;
}

static void note_member(struct vb__expression_reader *r,
                        const struct vb__member *member)
{
    const struct vb_filter_field **first = &r->into->first[member->root];

    r->into->roots |= 1u << member->root;
    if (*first == NULL)
        *first = &member->field;
    else if (!vb_filter_field_same(*first, &member->field))
        r->into->others[member->root] = true;
}

/* From the names of a path, the root's included, to what is known of it. The
 * member must be where it stays. */
bool vb__expression_resolve(struct vb__expression_reader *r, size_t offset,
                            struct vb_span *names, size_t count,
                            struct vb__member *member)
{
    const struct vb_expression_language *language = r->language;
    struct vb_span *path = names;
    size_t len = count;

    member->root = 0;
    if (language->root_count > 0) {
        if (!find_root(r, names[0], &member->root))
            return refuse_name(r, offset, names[0], -1);
        path++;
        len--;
    }
    member->field = (struct vb_filter_field){
        .path = path,
        .path_len = len,
        .types = VB_SCHEMA_ANY,
        .item_types = VB_SCHEMA_ANY,
    };
    if (language->field != NULL && len > 0 &&
        !language->field(language->context, member->root, path, len,
                         &member->field))
        return refuse_name(r, offset, path[0], (int)member->root);
    note_member(r, member);
    return true;
}

/* The names after the first one. */
bool vb__expression_names(struct vb__expression_reader *r,
                          struct vb_span *names, size_t *count)
{
    while (vb__expression_peek(r) == '.') {
        r->at++;
        if (*count == VB_EXPRESSION_PATH)
            return vb__expression_refuse(r, "the path is too long");
        if (vb__expression_is_quote(vb__expression_peek(r))) {
            if (!vb__expression_string(r, &names[*count]))
                return false;
        } else {
            names[*count] =
                vb_arena_dup(r->arena, vb__expression_text(r, true));
        }
        if (names[*count].len == 0)
            return vb__expression_refuse(r, "a name is missing");
        ++*count;
    }
    return true;
}

struct vb_span *vb__expression_new_names(struct vb__expression_reader *r)
{
    return vb_arena_calloc(r->arena, VB_EXPRESSION_PATH,
                           sizeof(struct vb_span));
}

/* --- values --------------------------------------------------------------- */

/* What a value that is written out is compared with: for `:` the elements of a
 * list, or the names of an object's members. */
static struct vb_filter_field compared(const struct vb__term *term, bool quoted)
{
    struct vb_filter_field field = term->member.field;
    unsigned types = field.types;

    if (term->comparison == VB__HAS) {
        types &= SCALAR;
        if ((field.types & VB_SCHEMA_ARRAY) != 0)
            types |= field.item_types & SCALAR;
        if ((field.types & VB_SCHEMA_OBJECT) != 0)
            types |= VB_SCHEMA_STRING;
    }
    field.types = quoted ? types & VB_SCHEMA_STRING : types;
    return field;
}

/* Is there something known of an object's member of that name? */
static bool knows_member(struct vb__expression_reader *r,
                         const struct vb__member *member, struct vb_span name)
{
    const struct vb_expression_language *language = r->language;
    const struct vb_filter_field *field = &member->field;
    struct vb_span *path = vb__expression_new_names(r);
    struct vb_filter_field known;

    if (language->field == NULL)
        return true;
    if (path == NULL || field->path_len == VB_EXPRESSION_PATH)
        return false;
    for (size_t i = 0; i < field->path_len; i++)
        path[i] = field->path[i];
    path[field->path_len] = name;
    return language->field(language->context, member->root, path,
                           field->path_len + 1, &known);
}

/* What cannot be asked by its path cannot be asked by its name either. */
static bool take_name(struct vb__expression_reader *r, struct vb__term *term,
                      size_t offset)
{
    unsigned types = term->member.field.types;

    if (term->comparison != VB__HAS || (types & VB_SCHEMA_OBJECT) == 0)
        return true;
    term->closed =
        !knows_member(r, &term->member, term->filter.operands[0].text);
    return !term->closed || (types & (SCALAR | VB_SCHEMA_ARRAY)) != 0 ||
           vb__expression_refuse_at(r, offset, "there is no such member");
}

static bool take_value(struct vb__expression_reader *r, struct vb__term *term,
                       size_t offset, struct vb_span text, bool quoted)
{
    static const enum vb_filter_op ops[] = {
        [VB__EQ] = VB_FILTER_EQ,  [VB__NE] = VB_FILTER_NE,
        [VB__LT] = VB_FILTER_LT,  [VB__LE] = VB_FILTER_LTE,
        [VB__GT] = VB_FILTER_GT,  [VB__GE] = VB_FILTER_GTE,
        [VB__HAS] = VB_FILTER_EQ,
    };
    struct vb_filter_field field = compared(term, quoted);
    const char *wrong;

    term->kind = VB__TERM_VALUE;
    if (!vb_filter_applies(&field, ops[term->comparison]))
        return vb__expression_refuse_at(
            r, offset, "the member cannot be compared with this");
    text = vb_arena_dup(r->arena, text);
    wrong = vb_filter_make(r->arena, &field, ops[term->comparison], &text, 1,
                           &term->filter);
    return wrong == NULL ? take_name(r, term, offset)
                         : vb__expression_refuse_at(r, offset, wrong);
}

/* Another path, where the text begins with the name of a root. */
static bool take_path(struct vb__expression_reader *r, struct vb__term *term,
                      size_t offset)
{
    struct vb_span *names = vb__expression_new_names(r);
    size_t count = 1;

    if (names == NULL)
        return false;
    r->at = offset;
    names[0] = vb_arena_dup(r->arena, vb__expression_text(r, true));
    term->kind = VB__TERM_PATHS;
    return vb__expression_names(r, names, &count) &&
           vb__expression_resolve(r, offset, names, count, &term->other);
}

static bool begins_path(const struct vb__expression_reader *r,
                        struct vb_span text)
{
    ssize_t dot = vb_span_find(text, '.', 0);
    size_t root;

    return dot > 0 && find_root(r, vb_span_head(text, (size_t)dot), &root);
}

bool vb__expression_value(struct vb__expression_reader *r,
                          struct vb__term *term)
{
    bool equates = term->comparison == VB__EQ || term->comparison == VB__NE;
    size_t offset = r->at;
    struct vb_span text;

    if (vb__expression_peek(r) == '(')
        return vb__expression_refuse(r, "a value in parentheses is not taken");
    if (vb__expression_is_quote(vb__expression_peek(r)))
        return vb__expression_string(r, &text) &&
               take_value(r, term, offset, text, true);
    text = vb__expression_text(r, false);
    if (text.len == 0)
        return vb__expression_refuse(r, "a value is missing");
    if (vb__expression_peek(r) == '(')
        return vb__expression_refuse_at(r, offset, "there are no functions");
    if (begins_path(r, text))
        return take_path(r, term, offset);
    if (term->comparison == VB__HAS && vb_span_eq(text, VB_SPAN("*"))) {
        term->kind = VB__TERM_PRESENT;
        return true;
    }
    if (equates && vb_span_eq(text, VB_SPAN("null"))) {
        term->kind = VB__TERM_NULL;
        return true;
    }
    return take_value(r, term, offset, text, false);
}
