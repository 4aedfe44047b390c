/* What selection.c gives the readers of its forms (selection_read.c). */
#ifndef VB_RESOURCE_SELECTION_PART_H
#define VB_RESOURCE_SELECTION_PART_H

#include "resource/selection.h"

/* What a parameter that is a filter asks: of which property, and how. */
struct vb__criterion {
    struct vb_span name; /* "year:gte" */
    struct vb_filter_field field;
    enum vb_filter_op op;
};

/* False: the name means nothing here. */
bool vb__selection_find(const struct vb_selection_reading *reading,
                        struct vb_span name, struct vb__criterion *ret);

/* Adds a filter; `written` is its value as in a query. NULL, or what is wrong
 * with it: static. */
const char *vb__selection_filter(const struct vb_selection_reading *reading,
                                 const struct vb__criterion *criterion,
                                 const struct vb_span *texts, size_t count,
                                 struct vb_span written);

/* Compiles the text of `filter` (selection_expression.c). NULL, or what is
 * wrong with it, and where: in the exchange's arena. */
const char *vb__selection_expression(const struct vb_selection_reading *reading,
                                     struct vb_span text);

/* Takes the words of `q` (selection_words.c). NULL, or what is wrong. */
const char *vb__selection_words(const struct vb_selection_reading *reading,
                                struct vb_span text);

/* A field of whatever is at a dotted path. False: it is too long, or empty. */
bool vb__selection_cut(struct vb_exchange *x, struct vb_span path,
                       struct vb_filter_field *ret_field);

/* Is it the name of q, filter, limit, cursor, sort, fields or expand, as far as
 * that can be asked here? */
bool vb__selection_is_own(const struct vb_selection_reading *reading,
                          struct vb_span name);

/* Takes these. False: it is none of them. Else *ret_wrong is NULL, or what is
 * wrong with it. */
bool vb__selection_own(const struct vb_selection_reading *reading,
                       struct vb_span name, struct vb_span value,
                       const char **ret_wrong);

/* --- what goes wrong -------------------------------------------------------
 */

/* Where something was read, and so what a complaint says. */
struct vb__source {
    struct vb_selection_reading *reading;
    unsigned invalid; /* the status for what is well-formed and wrong */
    bool json;        /* complaints are about a place in the content */
};

/* Sets a status and a complaint about a parameter; false. */
bool vb__selection_refuse(const struct vb__source *source, unsigned status,
                          struct vb_span name, const char *detail);

/* True if nothing is `wrong` and memory was enough; else refuses. */
bool vb__selection_judge(const struct vb__source *source, struct vb_span name,
                         const char *wrong);

/* All has been taken from a source: so it is known what `fields` may name,
 * which has what `expand` brings. */
bool vb__selection_finish(const struct vb__source *source);

/* A name that means nothing: an error, unless the client minds not. */
bool vb__selection_pass_over(const struct vb__source *source,
                             struct vb_span name, bool described);

#endif
