/*
 * The options as data, and what is asked of an option: its name in the
 * environment, its value in text. The rows are options.tbl's.
 */
#ifndef VB_SERVER_OPTION_H
#define VB_SERVER_OPTION_H

#include "server/config.h"

enum vb_option_kind {
    VB_OPTION_PATH,
    VB_OPTION_CONFIG,    /* a path, but not in the file it names */
    VB_OPTION_ADDRESSES, /* a list, as are the next six */
    VB_OPTION_PATHS,
    VB_OPTION_ORIGINS,
    VB_OPTION_HOSTS,
    VB_OPTION_UPSTREAMS, /* URLs of servers */
    VB_OPTION_NETWORKS,
    VB_OPTION_ALLOWANCES, /* rules of a proxy */
    VB_OPTION_ADDRESS,    /* one */
    VB_OPTION_STORAGE,
    VB_OPTION_PUBLISH, /* the path of a URI, or "off" */
    VB_OPTION_FLAG,
    VB_OPTION_LOG_FORMAT,
    VB_OPTION_CLIENT_CERT,
    VB_OPTION_HOST_KEPT,
    VB_OPTION_BALANCE,
    VB_OPTION_VIA,
    VB_OPTION_REDACTION,
    VB_OPTION_COUNT,    /* a number */
    VB_OPTION_CORES,    /* a number, or "auto", which is 0 */
    VB_OPTION_SIZE,     /* bytes: 512, 64k, 10M, 1G, 1T */
    VB_OPTION_DURATION, /* milliseconds: 500ms, 10s, 5m, 1h */
    VB_OPTION_RATE,     /* requests in a time, 100/s, or "off" */
    VB_OPTION_KINDS
};

enum vb_option_group {
#define VB_OPTION_GROUP(id, heading) VB_OPTION_GROUP_##id,
#define VB_OPTION(...)
#include "server/options.tbl"
#undef VB_OPTION
#undef VB_OPTION_GROUP
    VB_OPTION_GROUPS
};

/* How many options there are. */
#define VB_OPTION_GROUP(id, heading)
#define VB_OPTION(...) +1
enum {
    VB_OPTIONS = 0
#include "server/options.tbl"
};
#undef VB_OPTION
#undef VB_OPTION_GROUP

struct vb_option {
    const char *name;
    size_t offset; /* of its member in struct vb_config */
    size_t size;   /* of the member */
    enum vb_option_kind kind;
    enum vb_option_group group;
    const char *value;  /* what its value is called; "" for a flag */
    const char *preset; /* the default in text; "": none */
    uint64_t least, most;
    const char *help;
};

extern const struct vb_option vb_options[];
extern const size_t vb_option_count;
extern const char *const vb_option_headings[VB_OPTION_GROUPS];

/* The option of that name, or NULL. */
const struct vb_option *vb_option_find(struct vb_span name);

/* Is a word of the command line, "--name" or "--name=value", one of them; and
 * does it want the next word for its value? */
bool vb_option_is_known(struct vb_span word);
bool vb_option_takes_next(struct vb_span word);

/* The name that may have been meant, or NULL. */
const char *vb_option_nearest(struct vb_span name);

/* Room for the longest VERBATIM_NAME and its NUL. */
#define VB_OPTION_VARIABLE_MAX 64
#define VB_OPTION_PREFIX       "VERBATIM_"

/* "max-content" as "VERBATIM_MAX_CONTENT". */
void vb_option_variable(const struct vb_option *option,
                        char ret_name[VB_OPTION_VARIABLE_MAX]);

/*
 * Reads `text` as this option's value into its member; texts are copied into
 * the configuration's arena. What is a list is added to what is there.
 * VB_ERR_INVALID with the reason in ret_why (a clause that has the value in
 * it, without the option's name), or VB_ERR_NOMEM.
 */
enum vb_err vb_option_read(const struct vb_option *option, struct vb_span text,
                           struct vb_config *config, struct vb_buf *ret_why);

/* May the option be given more than once, or as a list? */
bool vb_option_is_list(const struct vb_option *option);

/* Empties a list: what comes now stands in its place. */
void vb_option_clear(const struct vb_option *option, struct vb_config *config);

#endif
