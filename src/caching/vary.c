/* Selecting fields: see vary.h. */
#include "caching/vary.h"

#include "http/chars.h"
#include "http/elements.h"

/* Elements that are brought into order; longer lists keep theirs. */
#define SORTED_MAX 32

/* As vb_span_cmp, without regard to case. */
static int compare(struct vb_span a, struct vb_span b)
{
    for (size_t i = 0; i < a.len && i < b.len; i++) {
        int difference = (unsigned char)vb_ascii_lower(a.ptr[i]) -
                         (unsigned char)vb_ascii_lower(b.ptr[i]);

        if (difference != 0)
            return difference;
    }
    return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

/* Puts a span into its place among sorted ones; equal ones stay. */
static void insert(struct vb_span *sorted, size_t count, struct vb_span one)
{
    size_t at = count;

    for (; at > 0 && compare(sorted[at - 1], one) > 0; at--)
        sorted[at] = sorted[at - 1];
    sorted[at] = one;
}

static bool has_name(const struct vb_vary *vary, struct vb_span name)
{
    for (size_t i = 0; i < vary->count; i++)
        if (vb_span_ieq(vary->names[i], name))
            return true;
    return false;
}

static bool read_names(const struct vb_span *lines, size_t count,
                       struct vb_vary *vary)
{
    struct vb_elements elements;
    struct vb_span name;

    *vary = (struct vb_vary){.any = false};
    vb_elements_init(&elements, lines, count, VB_ELEMENTS_USUAL);
    while (vb_elements_next(&elements, &name)) {
        if (vb_span_eq(name, VB_SPAN("*")) || !vb_token_valid(name)) {
            vary->any = true;
            return true;
        }
        if (has_name(vary, name))
            continue;
        if (vary->count == VB_VARY_NAMES_MAX)
            return false;
        insert(vary->names, vary->count++, name);
    }
    return true;
}

bool vb_vary_read(const struct vb_fields *fields, struct vb_vary *ret_vary)
{
    struct vb_span lines[VB_LINES_MOST + 1];
    size_t count =
        vb_fields_values(fields, VB_FIELD_VARY, lines, VB_LINES_MOST + 1);

    return read_names(lines, count, ret_vary) && count <= VB_LINES_MOST;
}

void vb_vary_split(struct vb_span names, struct vb_vary *ret_vary)
{
    (void)read_names(&names, 1, ret_vary);
}

static void append_lower(struct vb_buf *buf, struct vb_span s)
{
    for (size_t i = 0; i < s.len; i++)
        vb_buf_char(buf, vb_ascii_lower(s.ptr[i]));
}

void vb_vary_names(struct vb_buf *buf, const struct vb_vary *vary)
{
    for (size_t i = 0; i < vary->count; i++) {
        if (i > 0)
            vb_buf_char(buf, ',');
        append_lower(buf, vary->names[i]);
    }
}

/* How much of a list's form means nothing. */
enum sameness {
    AS_IS,     /* no list, or none that we know to be one */
    ELEMENTS,  /* white space and empty elements */
    ANY_CASE,  /* and the case of letters */
    ANY_ORDER, /* and the order (RFC 9110 section 12.5.3) */
};

static enum sameness sameness_of(enum vb_field_id id)
{
    switch (id) {
    case VB_FIELD_ACCEPT_ENCODING:
        return ANY_ORDER;
    case VB_FIELD_ACCEPT_CHARSET:
    case VB_FIELD_ACCEPT_LANGUAGE:
        return ANY_CASE;
    default:
        return vb_field_is(id, VB_FIELD_IS_LIST) ? ELEMENTS : AS_IS;
    }
}

static void append_elements(struct vb_buf *buf, const struct vb_span *lines,
                            size_t count, enum sameness sameness)
{
    struct vb_span element, kept[SORTED_MAX];
    struct vb_elements elements;
    size_t number = 0;

    vb_elements_init(&elements, lines, count, VB_ELEMENTS_USUAL);
    while (number < SORTED_MAX && vb_elements_next(&elements, &element)) {
        if (sameness == ANY_ORDER)
            insert(kept, number++, element);
        else
            kept[number++] = element;
    }
    for (size_t i = 0; i < number; i++) {
        if (sameness >= ANY_CASE)
            append_lower(buf, kept[i]);
        else
            vb_buf_append(buf, kept[i]);
        vb_buf_char(buf, ',');
    }
    while (vb_elements_next(&elements, &element)) {
        vb_buf_append(buf, element);
        vb_buf_char(buf, ',');
    }
}

/* The values of a field's lines, known or not: how many there are. */
static size_t find_lines(const struct vb_fields *fields, struct vb_span name,
                         struct vb_span lines[VB_FIELDS_MAX])
{
    enum vb_field_id id = vb_field_find(name);
    size_t count = 0;

    if (id != VB_FIELD_OTHER)
        return vb_fields_values(fields, id, lines, VB_FIELDS_MAX);
    for (size_t i = 0; i < fields->count; i++)
        if (vb_span_ieq(fields->at[i].name, name))
            lines[count++] = fields->at[i].value;
    return count;
}

static void append_field(struct vb_buf *buf, const struct vb_fields *fields,
                         struct vb_span name)
{
    struct vb_span lines[VB_FIELDS_MAX];
    size_t count = find_lines(fields, name, lines);
    enum sameness sameness = sameness_of(vb_field_find(name));

    append_lower(buf, name);
    if (count > 0)
        vb_buf_char(buf, ':');
    if (count > 0 && sameness != AS_IS)
        append_elements(buf, lines, count, sameness);
    else
        for (size_t i = 0; i < count; i++) {
            if (i > 0)
                vb_buf_char(buf, ',');
            vb_buf_append(buf, lines[i]);
        }
    vb_buf_char(buf, '\n');
}

void vb_vary_values(struct vb_buf *buf, const struct vb_vary *vary,
                    const struct vb_fields *fields)
{
    for (size_t i = 0; i < vary->count; i++)
        append_field(buf, fields, vary->names[i]);
}

bool vb_vary_fits(struct vb_span names, struct vb_span values,
                  const struct vb_fields *fields)
{
    char text[VB_VARY_TEXT_MAX];
    struct vb_buf said = vb_buf_over(text, sizeof(text));
    struct vb_vary vary;

    vb_vary_split(names, &vary);
    vb_vary_values(&said, &vary, fields);
    return said.err == VB_OK && vb_span_eq(vb_buf_span(&said), values);
}
