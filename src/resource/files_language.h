/*
 * The languages that a file is there in, by the names beside it:
 *
 *     site/page.html         the file
 *     site/page.de.html      the same in German
 *     site/page.en-GB.html   the same in British English
 *
 * A directory is read once for all of its files, and then only once it has
 * changed. What reads may block.
 */
#ifndef VB_RESOURCE_FILES_LANGUAGE_H
#define VB_RESOURCE_FILES_LANGUAGE_H

#include "base/ref.h"
#include "resource/files_disk.h"

/* Names of a directory that are read; in one that has more there is no choice
 * of languages, rather than one that depends on the order of its names. */
#define VB_FILES_NAMES_MOST 10000

/* A file's name in its parts; that of a language is "" where there is none. */
struct vb_files_parts {
    struct vb_span base; /* all before the end: "page", or "page.de" */
    struct vb_span tag;  /* "de": in the base, behind its last dot */
    struct vb_span end;  /* ".html"; "": it has none, and so no languages */
};

/*
 * A tag is taken for one where it is well-formed (RFC 5646), of at most
 * VB_FILES_TAG_MOST bytes, and begins with a known code of two letters, or one
 * of three with more behind it: alone these are mostly something else
 * ("app.min.js"). A content coding is no end ("app.js.br").
 */
struct vb_files_parts vb__files_parts(struct vb_span name);

/* The names of one directory that have a language in them. Immutable, but for
 * what is the worker's, and counted. */
struct vb_files_names {
    struct vb_ref ref;
    struct vb_files_id id; /* the directory, before it was read */
    int64_t looked_ms;     /* monotonic; the worker's */
    bool fleeting;         /* it was changed so recently that another change may
                              hide behind that */
    size_t count;
    size_t size;                /* bytes it holds in memory */
    struct vb_files_tagged *at; /* and the text of its spans behind it */
};

/*
 * Reads the directory that is the first `dir_len` bytes of a path. `known`
 * (may be NULL) if it is still as it was. One reference, the caller's; NULL
 * with errno.
 */
struct vb_files_names *vb__files_names(const struct vb_files_name *name,
                                       size_t dir_len,
                                       struct vb_files_names *known,
                                       int64_t unix_ms);

/* NULL is fine. */
void vb__files_names_unref(struct vb_files_names *names);

static inline struct vb_files_names *
vb__files_names_ref(struct vb_files_names *names)
{
    if (names != NULL)
        vb_ref_get(&names->ref);
    return names;
}

/* Is it still as it was? */
bool vb__files_names_same(const struct vb_files_name *name, size_t dir_len,
                          const struct vb_files_names *names);

/* Writes the languages that these names have of the file `name` ("page.html"),
 * as in struct vb_files_languages, and gives what was written. */
struct vb_span vb__files_tags(const struct vb_files_names *names,
                              struct vb_span name,
                              char room[VB_FILES_TAGS_ROOM]);

bool vb__files_languages_eq(const struct vb_files_languages *a,
                            const struct vb_files_languages *b);

/* What there is to choose from, the default first. How many. */
size_t vb__files_offers(const struct vb_files_languages *languages,
                        struct vb_span offers[VB_OFFERS_MAX]);

/* The name of the file in a language; tag "": of the file itself. The caller's
 * path in it is larger than that of `name` by VB_FILES_TAG_MOST + 1. */
void vb__files_in_language(const struct vb_files_name *name, struct vb_span tag,
                           struct vb_files_name *ret_name);

#endif
