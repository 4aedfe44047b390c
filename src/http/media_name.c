/* Media types by the ends of names. See media_name.h. */
#include "http/media_name.h"

#include <stdlib.h>

static const struct row {
    const char *end;
    struct vb_span type;
} rows[] = {
#define NAME(end, type) {end, VB_SPAN_INIT(type)},
#include "http/media_name.tbl"
#undef NAME
};

/* Longer than any end in the table. */
#define END_MAX 16

static int compare(const void *key, const void *row)
{
    return strcmp(key, ((const struct row *)row)->end);
}

struct vb_span vb_media_of_name(struct vb_span name)
{
    const struct vb_span unknown = VB_SPAN("application/octet-stream");
    char end[END_MAX];
    size_t dot = name.len;
    const struct row *row;

    while (dot > 0 && name.ptr[dot - 1] != '.')
        dot--;
    /* The first dot hides a file; it ends no name. */
    if (dot < 2 || name.len - dot >= END_MAX)
        return unknown;
    for (size_t i = dot; i < name.len; i++)
        end[i - dot] = vb_ascii_lower(name.ptr[i]);
    end[name.len - dot] = '\0';
    row = bsearch(end, rows, sizeof(rows) / sizeof(rows[0]), sizeof(rows[0]),
                  compare);
    return row == NULL ? unknown : row->type;
}
