/* Streams that have something to be done, until it is. */
#include "wire/mux/mux.h"

void vb_mux_marks_init(struct vb_mux_marks *marks)
{
    *marks = (struct vb_mux_marks){.end = &marks->first};
}

void vb_mux_enlist(struct vb_mux_marks *marks, struct vb_mux_stream *s)
{
    if (s->marked)
        return;
    s->marked = true;
    s->next_marked = NULL;
    *marks->end = s;
    marks->end = &s->next_marked;
}

void vb_mux_delist(struct vb_mux_marks *marks, struct vb_mux_stream *s)
{
    struct vb_mux_stream **at = &marks->first;

    if (!s->marked)
        return;
    s->marked = false;
    while (*at != s)
        at = &(*at)->next_marked;
    *at = s->next_marked;
    if (marks->end == &s->next_marked)
        marks->end = at;
}
