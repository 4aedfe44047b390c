/*
 * What a listing is asked for: which members, in which order, how much of
 * each, and from where on. The query of a GET says it, and so does the content
 * of a QUERY (RFC 10008), as a form or as JSON:
 *
 *     GET /books?year:gte=1970&sort=-year&limit=10
 *
 *     QUERY /books                          {"year:gte": 1970, "sort": "-year",
 *     Content-Type: application/json         "limit": 10}
 *
 *     name         : field, field:op (content/filter.h), filter (an
 *                    expression, content/expression.h), q (words,
 *                    content/words.h), limit, cursor, sort, fields, expand
 *                    (expand.h); the field a dotted path of properties
 *     repeated     : all must hold
 *
 * All forms become the same structure, and the structure can be written as a
 * URI's query again: so what a QUERY asks can be had by GET as well.
 */
#ifndef VB_RESOURCE_SELECTION_H
#define VB_RESOURCE_SELECTION_H

#include "access/rule.h"
#include "content/expression.h"
#include "content/filter.h"
#include "content/words.h"
#include "describe/describe.h"
#include "flow/resource.h"
#include "http/prefer.h"
#include "resource/expand.h"
#include "storage/store.h"

#define VB_SELECTION_FILTERS_MOST 32
#define VB_SELECTION_SORT_MOST    4
#define VB_SELECTION_WORDS_MOST   8
#define VB_SELECTION_FIELDS_MOST  64
#define VB_SELECTION_DEPTH_MOST   8 /* names in a path */

/* A filter, and how it was written. */
struct vb_selection_filter {
    struct vb_filter filter;
    struct vb_span name, value; /* as in a query: "year:gte", "1970"; or "" of
                                   one that its URI implies */
};

struct vb_sort {
    struct vb_filter_field field;
    bool descending;
};

struct vb_selection {
    const struct vb_route *route; /* the listing */
    struct vb_selection_filter filters[VB_SELECTION_FILTERS_MOST];
    size_t filter_count;
    const struct vb_expression *expression; /* holds as well; NULL: none */
    struct vb_search words[VB_SELECTION_WORDS_MOST]; /* all of them there */
    size_t word_count;
    struct vb_sort sorts[VB_SELECTION_SORT_MOST];
    size_t sort_count;
    /* The properties that are shown; none: all. */
    struct vb_filter_field fields[VB_SELECTION_FIELDS_MOST];
    size_t field_count;
    struct vb_expand_step *steps; /* references that are expanded */
    /* As they were written; ptr NULL: not given. */
    struct vb_span q, filter, sort, shown, expand, limit, cursor;
    bool ignored; /* something unknown was passed over */
};

/* Adds a filter that no URI says: of a listing that is part of a document,
 * whose members refer to that. False: none of them can. (selection_view.c) */
bool vb_selection_view(struct vb_exchange *x, struct vb_selection *selection);

/* How one is read. */
struct vb_selection_reading {
    struct vb_exchange *x;
    struct vb_selection *selection;
    /* Its parameters' schemas hold for what is read, too; or NULL. */
    const struct vb_operation *operation;
    bool lenient; /* pass over what is unknown (RFC 7240 section 4.4) */
    bool of_one;  /* it is no listing: how it is shown is all there is to ask */
    bool streams; /* what happens is asked for: it comes as it happens, from
                     where `cursor` says, and of others nothing is known */
};

/*
 * Each adds what it reads to the selection: the query of a URI, a form, a JSON
 * text that is an object. False with x->reply.status and complaints set: 400
 * for the query and for content that is malformed, 422 for content that asks
 * for what cannot be (RFC 10008 section 2.1), 501 for a parameter that is
 * described but that nothing is done with. All texts live in the exchange's
 * arena, or are borrowed from its head and content.
 */
bool vb_selection_read_query(struct vb_selection_reading *reading,
                             struct vb_span query);
bool vb_selection_read_form(struct vb_selection_reading *reading,
                            struct vb_span form);
bool vb_selection_read_json(struct vb_selection_reading *reading,
                            yyjson_val *root);

/* Appends it as the query of a URI, without "?" and cursor; nothing where it
 * asks for nothing. */
void vb_selection_write(struct vb_buf *buf,
                        const struct vb_selection *selection);

/* Does it leave members out? */
static inline bool vb_selection_filters(const struct vb_selection *selection)
{
    return selection->filter_count > 0 || selection->expression != NULL ||
           selection->word_count > 0;
}

/* Does it ask of members what only looking at them can tell? */
static inline bool vb_selection_sieves(const struct vb_selection *selection)
{
    return vb_selection_filters(selection) || selection->sort_count > 0;
}

/* Is it among what the selection asks for? `root` is a member's value; NULL: it
 * is no JSON. */
bool vb_selection_holds(const struct vb_selection *selection, yyjson_val *root);

/*
 * Appends a state of the route's resource, which is JSON, as it is shown:
 * without what is never shown, and of the rest only what the selection (NULL:
 * no such) shows. `expanding` as below. Sets buf->err where memory is short.
 */
void vb_selection_write_state(struct vb_buf *buf, const struct vb_route *route,
                              const struct vb_selection *selection,
                              struct vb_expanding *expanding,
                              struct vb_span content);

/*
 * Appends a state as the selection shows it, as JSON: without what is never
 * shown already. `expanding` is what it expands with; NULL: nothing.
 * (selection_show.c)
 */
void vb_selection_show(struct vb_buf *buf, const struct vb_selection *selection,
                       struct vb_expanding *expanding, yyjson_val *root);

/* --- selection_field.c -------------------------------------------------- */

/*
 * The property that a dotted path names in what the listing's members hold.
 * False: there is none, or none that is shown.
 */
bool vb_selection_field(struct vb_exchange *x, const struct vb_route *route,
                        struct vb_span name, struct vb_filter_field *ret_field);

/* The same for a path whose names are known each by itself. It is borrowed
 * where nothing is known of what it names. */
bool vb_selection_path(const struct vb_route *route, const struct vb_span *path,
                       size_t len, struct vb_filter_field *ret_field);

/* --- selection_words.c --------------------------------------------------- */

/* Is there a property of the listing's members whose words can be found? */
bool vb_selection_searches(const struct vb_route *route);

/* Are all words that are searched for in one of these properties of it? */
bool vb_selection_has_words(const struct vb_selection *selection,
                            yyjson_val *root);

/* --- selection_plan.c ---------------------------------------------------- */

/* How much one request may look at: for a page, or for what needs all members
 * at once, sorting and counting. */
enum vb_selection_effort { VB_SELECTION_PAGE, VB_SELECTION_WHOLE };

/* What is to be found. */
struct vb_selection_wish {
    const struct vb_selection *selection;
    enum vb_prefer_count counts; /* all that is selected is to be counted */
    bool sees_all;               /* no rule keeps members out */
};

/* How a store's list request goes about it. */
struct vb_selection_plan {
    bool whole;
    enum vb_selection_effort effort;
    bool indexed; /* with this: */
    struct vb_list_index index;
    bool counts; /* likewise */
    struct vb_list_index counted;
};

/*
 * The way to try after so many others could not be gone (VB_ERR_LIMIT,
 * VB_ERR_UNSUPPORTED); false: no other is left. Where it is to be counted, the
 * last one looks at all members. It lies in the arena.
 */
bool vb_selection_plan(struct vb_arena *arena,
                       const struct vb_selection_wish *wish, size_t attempt,
                       struct vb_selection_plan *ret_plan);

/* --- selection_sieve.c --------------------------------------------------- */

/* Appends the key that a member is sorted by. */
void vb_selection_key(struct vb_buf *key, const struct vb_selection *selection,
                      yyjson_val *root);

/* The selection as a store's list request applies it. */
struct vb_selection_sieve {
    struct vb_sieve base;
    const struct vb_selection *selection;
    const struct vb_ruling *ruling; /* which members may be seen; NULL: all */
};

void vb_selection_sieve_init(struct vb_selection_sieve *sieve,
                             const struct vb_selection *selection,
                             const struct vb_ruling *ruling,
                             enum vb_selection_effort effort);

#endif
