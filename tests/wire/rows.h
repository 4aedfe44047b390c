/* Rows of what a client sends and what must come of it, however the bytes
 * are split on their way. */
#ifndef VB_TESTS_WIRE_ROWS_H
#define VB_TESTS_WIRE_ROWS_H

#include "driver.h"

enum after { OPEN, CLOSING };

struct row {
    const char *rule; /* ids of the ledger, or what else it is about */
    const char *input;
    const char *statuses; /* of all replies; "" for none */
    enum after after;     /* does the connection go on? */
    const char *log;      /* NULL, or what the service must have logged */
};

/* Plays the rows in one piece, in two at every offset, and byte by byte. */
void play_rows(const struct row *rows, size_t count);

/* The same for bytes that may be NUL, and that are split in fewer places:
 * every `step` bytes. */
void play_row(struct driver *d, const struct row *row, struct vb_span input,
              size_t step);

#endif
