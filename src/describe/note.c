/* Collecting and printing notes. See note.h. */
#include "describe/note.h"

#include <stdarg.h>
#include <stdio.h>

void vb_notes_init(struct vb_notes *notes)
{
    *notes = (struct vb_notes){.last = NULL};
    vb_arena_init(&notes->arena, 4096, (size_t)16 << 20);
}

void vb_notes_done(struct vb_notes *notes)
{
    vb_arena_done(&notes->arena);
    vb_notes_init(notes);
}

/* One line: names and values of the file may hold anything. */
static struct vb_span one_line(struct vb_arena *arena, const char *text)
{
    struct vb_span copy = vb_arena_dup(arena, vb_span_str(text));
    char *at = (char *)copy.ptr;

    for (size_t i = 0; i < copy.len; i++) {
        if ((unsigned char)at[i] < 0x20 || at[i] == 0x7f)
            at[i] = '?';
    }
    return copy;
}

static void append(struct vb_notes *notes, struct vb_note *note)
{
    if (!notes->last)
        notes->last = &notes->first;
    *notes->last = note;
    notes->last = &note->next;
}

static bool same_place(const struct vb_place *a, const struct vb_place *b)
{
    return a->line == b->line && a->column == b->column &&
           vb_span_eq(a->file, b->file);
}

/* Components are read wherever they are referred to: said once is enough. */
static bool is_said(const struct vb_notes *notes, const struct vb_note *note)
{
    for (const struct vb_note *n = notes->first; n; n = n->next) {
        if (n->level == note->level && same_place(&n->place, &note->place) &&
            vb_span_eq(n->text, note->text))
            return true;
    }
    return false;
}

bool vb_notes_has_error(const struct vb_notes *notes,
                        const struct vb_place *place)
{
    for (const struct vb_note *n = notes->first; n; n = n->next) {
        if (n->level == VB_NOTE_ERROR && same_place(&n->place, place))
            return true;
    }
    return false;
}

void vb_note(struct vb_notes *notes, enum vb_note_level level,
             struct vb_span rule, const struct vb_place *place,
             const char *format, ...)
{
    size_t *count = level == VB_NOTE_ERROR ? &notes->errors : &notes->warnings;
    struct vb_note *note = NULL;
    char text[512];
    va_list args;

    if (*count < VB_NOTES_MOST)
        note = vb_arena_calloc(&notes->arena, 1, sizeof(*note));
    if (!note) {
        ++*count; /* counted all the same: it is what stops the reader */
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    note->level = level;
    note->rule = vb_arena_dup(&notes->arena, rule);
    note->place = *place;
    note->place.file = vb_arena_dup(&notes->arena, place->file);
    note->place.pointer = vb_arena_dup(&notes->arena, place->pointer);
    note->text = one_line(&notes->arena, text);
    if (is_said(notes, note))
        return;
    ++*count;
    append(notes, note);
}

void vb_note_print(const struct vb_note *note, struct vb_buf *out)
{
    vb_buf_append(out, note->place.file);
    if (note->place.line > 0)
        vb_buf_printf(out, ":%u", note->place.line);
    if (note->place.line > 0 && note->place.column > 0)
        vb_buf_printf(out, ":%u", note->place.column);
    vb_buf_str(out, note->level == VB_NOTE_ERROR ? ": error: " : ": warning: ");
    vb_buf_append(out, note->text);
    if (note->place.pointer.len > 0)
        vb_buf_printf(out, " (at #%.*s)", VB_FMT(note->place.pointer));
    vb_buf_char(out, '\n');
}

void vb_notes_print(const struct vb_notes *notes, struct vb_buf *out)
{
    for (const struct vb_note *n = notes->first; n; n = n->next)
        vb_note_print(n, out);
}
