/*
 * Notes: what there is to say about a description, each with its place. Errors
 * keep a description from being used; warnings are for `verbatim check`.
 */
#ifndef VB_DESCRIBE_NOTE_H
#define VB_DESCRIBE_NOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"

/* Where something stands. */
struct vb_place {
    struct vb_span file;    /* as it was named or referred to */
    unsigned line;          /* from 1; 0 when it has none */
    unsigned column;        /* from 1, in characters; 0 when it has none */
    struct vb_span pointer; /* RFC 6901, of routes and notes; else empty */
};

enum vb_note_level { VB_NOTE_ERROR, VB_NOTE_WARNING };

struct vb_note {
    enum vb_note_level level;
    struct vb_span rule; /* its name in the table of rules; empty: none */
    struct vb_place place;
    struct vb_span text; /* one line */
    struct vb_note *next;
};

/* Past this many, notes of a level are counted only. */
#define VB_NOTES_MOST 1000

/* In the order they were made. The arena holds notes and texts. */
struct vb_notes {
    struct vb_arena arena;
    struct vb_note *first, **last;
    size_t errors, warnings;
};

void vb_notes_init(struct vb_notes *notes);
void vb_notes_done(struct vb_notes *notes);

/* Adds a note; place, rule and text are copied. */
void vb_note(struct vb_notes *notes, enum vb_note_level level,
             struct vb_span rule, const struct vb_place *place,
             const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Whether there is an error at exactly this place. */
bool vb_notes_has_error(const struct vb_notes *notes,
                        const struct vb_place *place);

/* Appends "file:line:column: error: text (at #/pointer)\n" for each. */
void vb_notes_print(const struct vb_notes *notes, struct vb_buf *out);

/* The same for one. */
void vb_note_print(const struct vb_note *note, struct vb_buf *out);

#endif
