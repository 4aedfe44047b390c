/*
 * A visit of one exchange to the disk: what the executor is given and finds
 * out, what of it is kept in the cache, and which of several variants the
 * client is to get.
 *
 * In the cache, all below x->key:
 *
 *     default, plain          what was seen, and which languages there are
 *     default, in a coding
 *     language n, plain       what was seen of that file
 *     language n, in a coding
 *     the directory           struct vb_files_names, below the directory's URI
 */
#ifndef VB_RESOURCE_FILES_VISIT_H
#define VB_RESOURCE_FILES_VISIT_H

#include "base/task.h"
#include "flow/resource.h"
#include "resource/files_language.h"
#include "storage/cache.h"

/* One of the two directories that a path may be about: which one it lies in,
 * and which one it is. */
struct vb_files_dir {
    struct vb_span key; /* of its names in the cache */
    size_t len;         /* of the path */
    struct vb_cache_stamp stamp;
    struct vb_files_names *names; /* a reference; NULL: not known */
    bool looked;                  /* these are what is there now */
};

/* What one exchange keeps that cannot be answered out of the cache's memory:
 * x->state. */
struct vb_files_visit {
    struct vb_exchange *x;
    struct vb_files_name asked; /* path is NULL: it cannot be a file's */
    struct vb_files_name shown; /* the same in the language chosen */
    int fd;                     /* of x->current, when streamed; or -1 */

    /* What the executor is given, and finds out. */
    struct vb_task task;
    struct vb_cache_stamp stamp;
    struct vb_files_now now;
    struct vb_files_dir around, within;
    enum vb_files_found found;
    struct vb_files_look plain;            /* at what was asked for */
    struct vb_files_seen seen;             /* of the file that is shown */
    struct vb_rep *reps[VB_FILES_CODINGS]; /* references; NULL: not loaded */
    struct vb_rep *base; /* of the default, where another is shown */
    int language;        /* index of what there is to choose from */
    int coding; /* enum vb_files_coding that is selected; -1: none will do */
    char tags[VB_FILES_TAGS_ROOM];
};

/* That of the exchange, made on first use. NULL: out of memory. */
struct vb_files_visit *vb__files_visit(struct vb_exchange *x);

/* Gives back what was loaded. */
void vb__files_unload(struct vb_files_visit *visit);

/* Before it goes to the executor: from when on what it finds out is true. */
void vb__files_prepare(struct vb_files_visit *visit);

/* On the executor: looks and loads. */
void vb__files_find_out(struct vb_files_visit *visit);

/* Back on the worker: keeps what was found. */
void vb__files_keep(struct vb_files_visit *visit);

/* A reference to what is cached for this language and coding, or NULL. */
struct vb_rep *vb__files_cached(const struct vb_exchange *x, int language,
                                int coding);

/* On the worker: are these still the languages that there are? */
bool vb__files_languages_same(struct vb_files_visit *visit,
                              const struct vb_files_seen *seen);

/* Names in visit->shown the file in this language. */
void vb__files_show(struct vb_files_visit *visit,
                    const struct vb_files_languages *languages, int language);

/*
 * The language to answer in (RFC 9110 section 12.5.4): an index of
 * vb__files_offers, but for the bits of `missing`. Who wishes for none that
 * there is gets the first that is not refused by name.
 * -1: all are missing.
 */
int vb__files_choose_language(const struct vb_exchange *x,
                              const struct vb_files_languages *languages,
                              uint32_t missing);

/* The coding to answer in (section 12.5.3), or -1 when none that is there will
 * do. */
int vb__files_choose_coding(const struct vb_exchange *x,
                            const struct vb_files_look *look);

#endif
