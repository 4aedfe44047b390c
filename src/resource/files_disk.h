/*
 * What the resource `files` does on the disk: looking whether a file is there
 * and has changed, and making a representation of it. All of it may block.
 *
 *     site/app.css       the file
 *     site/app.css.br    the same in a content coding, made beforehand
 */
#ifndef VB_RESOURCE_FILES_DISK_H
#define VB_RESOURCE_FILES_DISK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "exchange/rep.h"
#include "http/accept.h"

/* Content up to this is kept in memory; what is larger is sent from the file:
 * from about here on sendfile(2) costs less than the copy. */
#define VB_FILES_SMALL ((size_t)64 * 1024)

/* Content codings that may lie beside a file, in our order of preference. */
enum vb_files_coding {
    VB_FILES_BR,
    VB_FILES_ZSTD,
    VB_FILES_GZIP,
    VB_FILES_PLAIN, /* none: the file itself */
    VB_FILES_CODINGS
};

/* Their names in Content-Encoding; of the last one "identity". */
extern const struct vb_span vb__files_codings[VB_FILES_CODINGS];
/* And in names: ".br"; of the last one "". */
extern const char *const vb__files_ends[VB_FILES_CODINGS];

/* Languages that a file may be there in, beside what it is itself. */
#define VB_FILES_LANGUAGES_MOST (VB_OFFERS_MAX - 1)
/* Bytes of a language's tag (RFC 5646 section 4.4.1). */
#define VB_FILES_TAG_MOST 35
/* And of all of one file, with what is between them. */
#define VB_FILES_TAGS_ROOM                                                     \
    ((size_t)VB_FILES_LANGUAGES_MOST * (VB_FILES_TAG_MOST + 1))

/* In which languages a file is there (files_language.h). */
struct vb_files_languages {
    bool plain;          /* there is the file itself, which is the default; else
                            the first of the tags is */
    struct vb_span own;  /* its language; "": unknown */
    struct vb_span tags; /* of those beside it, in their order: "de,en-GB" */
};

/* A file's place, for one thread at a time. */
struct vb_files_name {
    const char *directory;  /* NUL-terminated */
    char *path;             /* within it, NUL-terminated; */
    size_t len;             /* behind it is room for VB_FILES_ROOM bytes */
    struct vb_span caching; /* Cache-Control of what is there; static */
};

#define VB_FILES_ROOM 24

/* What stands for its directory. */
#define VB_FILES_INDEX "index.html"

/* The last segment. */
struct vb_span vb__files_last(const struct vb_files_name *name);

/*
 * The place of a URI's path (in its normal form) behind its first `depth`
 * segments, in the arena: of "/static/a%20b/" behind one of them that is
 * "a b/index.html". False when it cannot be that of a file.
 */
bool vb__files_name(struct vb_arena *arena, struct vb_span path, size_t depth,
                    struct vb_files_name *ret_name);

#define VB_FILES_NS_PER_S INT64_C(1000000000)

/* What tells one state of a file from another. No write leaves `changed`, which
 * nobody can set, as it was, but for the grain of the file system's clock. */
struct vb_files_id {
    uint64_t device;
    uint64_t inode;            /* 0: there is no such file */
    uint64_t size;             /* bytes */
    int64_t modified, changed; /* nanoseconds, Unix */
};

enum vb_files_found {
    VB_FILES_NOTHING,
    VB_FILES_FILE,
    VB_FILES_DIRECTORY, /* one with an index page */
    VB_FILES_BARE,      /* one without */
    VB_FILES_BUSY,      /* no memory or descriptor just now */
    VB_FILES_BROKEN     /* the disk fails */
};

/* The state of an open file or directory; false with errno. */
bool vb__files_id_of(int fd, struct vb_files_id *ret_id);

/* May another change hide behind its last one? */
bool vb__files_is_recent(const struct vb_files_id *id, int64_t unix_ms);

/* Opens the directory that is the first `len` bytes of a path; -1 with errno.
 */
int vb__files_open_dir(const struct vb_files_name *name, size_t len, int flags);

/* What is there under a name. */
struct vb_files_look {
    enum vb_files_found found;
    struct vb_files_id ids[VB_FILES_CODINGS]; /* when it is a file */
};

/* Looks at the file only. */
enum vb_files_found vb__files_identify(struct vb_files_name *name,
                                       struct vb_files_id *ret_id);

/* Looks, also for what lies beside the file. What is no regular file, or not
 * to be reached beneath the directory, is not there. */
void vb__files_look(struct vb_files_name *name, struct vb_files_look *ret_look);

/* Is it the same, file by file? */
bool vb__files_same(const struct vb_files_look *a,
                    const struct vb_files_look *b);
bool vb__files_id_eq(const struct vb_files_id *a, const struct vb_files_id *b);

/* Opens one for reading. A descriptor, and which state it is of; or -1 with
 * errno. */
int vb__files_open(struct vb_files_name *name, enum vb_files_coding coding,
                   struct vb_files_id *ret_id);

/* What was seen before a representation was made of it. */
struct vb_files_seen {
    struct vb_files_look look;           /* at the file in its language */
    struct vb_files_id dir;              /* that the languages were found in */
    struct vb_files_languages languages; /* of the file that was asked for */
    struct vb_span language;             /* the one of them; "": unknown */
};

/* What a representation of ours is made from: its owner. */
struct vb_files_kept {
    struct vb_files_id id;
    struct vb_files_seen seen; /* what else there was */
    int64_t looked_ms;         /* and when; monotonic; the worker's */
    int64_t made_ms;           /* when it was read; monotonic */
    bool fleeting;  /* what is told of it holds for the moment only: its tag is
                       weak, or it was changed in the future */
    char content[]; /* and the languages' text behind it */
};

/* Bytes of what is kept beside the content. */
size_t vb__files_kept_size(const struct vb_rep *rep);

static inline struct vb_files_kept *vb__files_kept(const struct vb_rep *rep)
{
    return rep->owner;
}

/* The time, as the worker has it. */
struct vb_files_now {
    int64_t unix_ms;
    int64_t mono_ms;
};

/*
 * Makes the representation of what was found. Where its content is not kept
 * in memory it is streamed, and *ret_fd is the file's descriptor, the
 * caller's; else -1. NULL with errno.
 */
struct vb_rep *vb__files_load(struct vb_files_name *name,
                              const struct vb_files_seen *seen,
                              enum vb_files_coding coding,
                              struct vb_files_now now, int *ret_fd);

/* What an errno of open(2) and the like means for who asks. */
enum vb_files_found vb__files_found(int why);

#endif
