/*
 * What an import brings: many states, one after the other, as lines of JSON or
 * as a table whose first row names properties.
 *
 *     content ─▶ vb_rows_begin ─▶ vb_rows_next ─▶ value, value, ... OVER
 *                     │                └▶ WRONG: this one is none, go on
 *                     └▶ wrong names
 */
#ifndef VB_RESOURCE_ROWS_H
#define VB_RESOURCE_ROWS_H

#include "content/csv.h"
#include "content/json.h"
#include "content/lines.h"
#include "describe/describe.h"

/* Columns of a table. */
#define VB_ROWS_COLUMNS_MOST 1000

struct vb_rows {
    bool table; /* or lines */
    struct vb_line_reader lines;
    struct vb_csv csv;
    const struct vb_property **columns; /* of a table, in its order, */
    struct vb_span *names;
    size_t column_count;
    bool over;           /* nothing more can be made out */
    size_t line;         /* from 1: where the one begins that came last */
    struct vb_span name; /* the column that is wrong; "" for none */
    char wrong[320];     /* what is: NUL-terminated */
};

enum vb_rows_step {
    VB_ROWS_VALUE, /* the caller's */
    VB_ROWS_WRONG, /* `line` and `wrong` say what; there may be others */
    VB_ROWS_OVER,
    VB_ROWS_NO_MEMORY
};

/*
 * Begins with content that is UTF-8 and stays where it is; what names columns
 * lies in the arena. `state` says what the members hold. WRONG, and of a table
 * nothing can be read; OVER: it is fine; NO_MEMORY.
 */
enum vb_rows_step vb_rows_begin(struct vb_rows *rows, struct vb_arena *arena,
                                enum vb_media_kind kind, struct vb_span content,
                                const struct vb_state *state);

/* The next one. */
enum vb_rows_step vb_rows_next(struct vb_rows *rows, struct vb_json **ret_json);

#endif
