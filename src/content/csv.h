/*
 * Comma-separated values (RFC 4180): records of fields, a record a line.
 *
 *     text ─▶ vb_csv_next ─▶ field, field, last field of its record ... END
 *
 * What is written is the RFC's grammar to the letter: CRLF behind each record,
 * quotes around what has a comma, a quote, CR or LF in it, a quote doubled.
 * Nothing else is changed, and nothing is put before "=", "+", "-" or "@": a
 * number stays a number, and what is read is what was written. One thing is
 * ours: an empty field is nothing, and "" is an empty text.
 *
 * What is read may end its records with LF alone, and begin with a byte order
 * mark.
 */
#ifndef VB_CONTENT_CSV_H
#define VB_CONTENT_CSV_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* Appends a field's text, in quotes where it must be, or where it is empty. */
void vb_csv_write(struct vb_buf *buf, struct vb_span text);

/* Ends a record. */
void vb_csv_end(struct vb_buf *buf);

/* --- reading ---------------------------------------------------------------
 */

enum vb_csv_step {
    VB_CSV_FIELD, /* others of its record follow */
    VB_CSV_LAST,  /* the last one of its record */
    VB_CSV_END,   /* there are no more records */
    VB_CSV_WRONG  /* csv->wrong says what; there it ends */
};

struct vb_csv_field {
    struct vb_span text; /* between its quotes, as it stands there */
    bool quoted;
};

struct vb_csv {
    struct vb_span text; /* what is left of it */
    size_t line;         /* from 1: where the field begins that came last */
    size_t next_line;
    bool within;       /* a record: a field follows, perhaps an empty one */
    const char *wrong; /* static */
};

/* `text` must be UTF-8, and live as long. */
void vb_csv_init(struct vb_csv *csv, struct vb_span text);

/* The next field; linear in its length. */
enum vb_csv_step vb_csv_next(struct vb_csv *csv, struct vb_csv_field *ret);

/* Appends what the field means: its text with doubled quotes once. */
void vb_csv_read(struct vb_buf *buf, const struct vb_csv_field *field);

#endif
