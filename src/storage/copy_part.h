/*
 * What the files of a copy share: the tables as both engines have them, and
 * the two ends of it.
 *
 * A *row* is one of a table as this file says it, the same whichever engine it
 * comes from: records by their keys and not by numbers that one engine gives
 * them. What does not *count* is only for the engine that it goes to, and no
 * part of the digest.
 */
#ifndef VB_STORAGE_COPY_PART_H
#define VB_STORAGE_COPY_PART_H

#include "storage/copy.h"

#define VB__COPY_FIELDS 12
#define VB__COPY_DIGEST 32

enum vb__copy_kind { VB__COPY_INT = 1, VB__COPY_BYTES };

struct vb__copy_field {
    enum vb__copy_kind kind;
    bool counts;
};

struct vb__copy_row {
    int64_t numbers[VB__COPY_FIELDS];
    struct vb_span bytes[VB__COPY_FIELDS];
};

struct vb__copy_table {
    const char *name;
    const struct vb__copy_field *fields;
    size_t count;
    /* As many of the first fields say where a reader is: $1, ?1 … */
    size_t keys;
    /* Queries for all rows beyond that, in the order of these fields. */
    const char *sqlite_read, *postgres_read;
    /* A statement that takes the fields. */
    const char *sqlite_write;
    /* For COPY: a table with its columns, and which fields they are. */
    const char *postgres_write;
    const unsigned char *postgres_fields;
    size_t postgres_count;
};

/* In the order in which they are copied. */
extern const struct vb__copy_table vb__copy_tables[];
extern const size_t vb__copy_table_count;

/* Places in the rows of these tables, by the fields that have a part to play.
 */
#define VB__COPY_RECORD (&vb__copy_tables[0])
#define VB__COPY_CLAIM  (&vb__copy_tables[1])
enum { VB__COPY_RECORD_POSITION = 10, VB__COPY_RECORD_BLOB = 11 };
enum {
    VB__COPY_CLAIM_VALUE = 1,
    VB__COPY_CLAIM_LONG = 3,
    VB__COPY_CLAIM_STORED,
    VB__COPY_CLAIM_WHOLE
};

/* --- copy_note.c: how far it is ------------------------------------------- */

/* One table's, as TO keeps it: in `copying`, by the table's name. */
struct vb__copy_note {
    uint64_t rows;
    bool done;
    struct vb_buf mark; /* the last row's key fields; empty: before the first */
    unsigned char digest[VB__COPY_DIGEST]; /* of the rows so far */
};

void vb__copy_note_init(struct vb__copy_note *note);
void vb__copy_note_done(struct vb__copy_note *note);

/* Where all rows are still to come. */
void vb__copy_note_reset(struct vb__copy_note *note);

/* Counts the row in; its digest does not depend on the order. */
void vb__copy_note_add(struct vb__copy_note *note,
                       const struct vb__copy_table *table,
                       const struct vb__copy_row *row);

/* The mark's fields, borrowed; false: it is damaged. */
bool vb__copy_note_mark(const struct vb__copy_note *note,
                        const struct vb__copy_table *table,
                        struct vb__copy_row *ret_mark);

/* --- the two ends ----------------------------------------------------------
 */

/* What makes a store this one. */
struct vb__copy_identity {
    char epoch[9];
    unsigned char secret[16];
    uint64_t revision; /* none that was given is greater */
};

struct vb__copy_end;

struct vb__copy_end_ops {
    /* Reads a table's rows beyond a mark. A row stays until the next call.
     * `read_end` at any time after `read_begin`. */
    enum vb_err (*count)(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         uint64_t *ret_count);
    enum vb_err (*read_begin)(struct vb__copy_end *end,
                              const struct vb__copy_table *table,
                              const struct vb__copy_row *mark);
    enum vb_err (*read_next)(struct vb__copy_end *end, struct vb__copy_row *row,
                             bool *ret_found);
    enum vb_err (*read_end)(struct vb__copy_end *end);

    /*
     * FROM's. Records of PostgreSQL's engine may have the same position where
     * they are of different collections: calls `take` for each of those whose
     * position is to be another one, if it has to be the only one.
     */
    enum vb_err (*shared)(struct vb__copy_end *end,
                          enum vb_err (*take)(void *context, struct vb_span key,
                                              int64_t position),
                          void *context);

    /* The rest is TO's. Is there anything in it, and is that a copy's? */
    enum vb_err (*look)(struct vb__copy_end *end, bool *ret_empty,
                        bool *ret_copy);
    enum vb_err (*clear)(struct vb__copy_end *end);
    /* A note by its name; all zero when there is none. */
    enum vb_err (*note_read)(struct vb__copy_end *end, const char *name,
                             struct vb__copy_note *note);
    /* TO hears of FROM before the first row. */
    enum vb_err (*adopt)(struct vb__copy_end *end, struct vb__copy_end *from);
    /* Before a row is counted and written: what becomes of it there. */
    enum vb_err (*shape)(struct vb__copy_end *end,
                         const struct vb__copy_table *table,
                         struct vb__copy_row *row);
    /* Some rows and a note, all or none. */
    enum vb_err (*write_begin)(struct vb__copy_end *end,
                               const struct vb__copy_table *table);
    enum vb_err (*write)(struct vb__copy_end *end,
                         const struct vb__copy_row *row);
    enum vb_err (*write_end)(struct vb__copy_end *end, const char *name,
                             const struct vb__copy_note *note);
    /* From now on it is a store: this one. */
    enum vb_err (*finish)(struct vb__copy_end *end,
                          const struct vb__copy_identity *identity);
    void (*close)(struct vb__copy_end *end);
};

struct vb__copy_end {
    const struct vb__copy_end_ops *ops;
    const char *shown;                  /* its URL, in messages */
    struct vb__copy_identity identity;  /* of FROM */
    struct vb_buf why;                  /* what went wrong, in one line */
    const struct vb__copy_table *table; /* that is read or written */
};

/* `writes`: TO; made if it is not there. On failure ret_why says what is
 * wrong. */
enum vb_err vb__copy_sqlite(struct vb_span url, bool writes,
                            struct vb__copy_end **ret_end,
                            struct vb_buf *ret_why);
enum vb_err vb__copy_postgres(struct vb_span url, bool writes, bool citus,
                              struct vb__copy_end **ret_end,
                              struct vb_buf *ret_why);

#endif
