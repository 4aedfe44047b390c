/* The inside of reading a configuration, shared by its files. */
#ifndef VB_SERVER_CONFIG_INNER_H
#define VB_SERVER_CONFIG_INNER_H

#include "server/option.h"

/* Where a setting is from; a later one goes before an earlier one. */
enum vb__level {
    VB__LEVEL_DEFAULT,
    VB__LEVEL_FILE,
    VB__LEVEL_ENVIRONMENT,
    VB__LEVEL_COMMAND,
};

#define VB__REASON_MAX 512

struct vb__reading {
    struct vb_config config;
    enum vb__level levels[VB_OPTIONS]; /* where a list so far is from */
    bool storage_set;                  /* not by default */
    struct vb_buf reason;              /* of the last value that was refused */
    char reason_text[VB__REASON_MAX];
    struct vb_buf *why;
    struct vb_buf *warnings;
};

/* Sets one option; on failure the reason is in reading->reason. */
enum vb_err vb__config_set(struct vb__reading *reading, enum vb__level level,
                           const struct vb_option *option, struct vb_span text);

/* config_file.c: reads reading->config.config. */
enum vb_err vb__config_file(struct vb__reading *reading);

/* config_command.c */

struct vb__argument {
    const struct vb_option *option;
    struct vb_span text;
};

/* Reads the command line into options and values; *ret_arguments are in the
 * configuration's arena. */
enum vb_err vb__config_command(struct vb__reading *reading,
                               const struct vb_config_sources *sources,
                               struct vb__argument **ret_arguments,
                               size_t *ret_count);

#endif
