/* Reading the configuration from all its sources, in order. See config.h. */
#include "server/config.h"

#include "base/log.h"
#include "server/config_inner.h"

/* What all texts and addresses may take. */
#define ARENA_BLOCK ((size_t)4 * 1024)
#define ARENA_LIMIT ((size_t)4 * 1024 * 1024)

enum vb_err vb__config_set(struct vb__reading *reading, enum vb__level level,
                           const struct vb_option *option, struct vb_span text)
{
    enum vb__level *before = &reading->levels[option - vb_options];

    if (vb_option_is_list(option) && level != *before) {
        vb_option_clear(option, &reading->config);
        *before = level;
    }
    if (option->kind == VB_OPTION_STORAGE)
        reading->storage_set = level != VB__LEVEL_DEFAULT;
    if (level != VB__LEVEL_DEFAULT &&
        (option->kind == VB_OPTION_STORAGE ||
         option->offset == offsetof(struct vb_config, data)))
        reading->config.storage_given = true;
    vb_buf_reset(&reading->reason);
    return vb_option_read(option, text, &reading->config, &reading->reason);
}

/* The same for a source whose name says where the value is. */
static enum vb_err set(struct vb__reading *reading, enum vb__level level,
                       const struct vb_option *option, struct vb_span text,
                       const char *source)
{
    enum vb_err err = vb__config_set(reading, level, option, text);

    if (err == VB_ERR_INVALID)
        vb_buf_printf(reading->why, "%s: %.*s", source,
                      VB_FMT(vb_buf_span(&reading->reason)));
    return err;
}

/* --- Defaults ---------------------------------------------------------------
 */

static enum vb_err set_defaults(struct vb__reading *reading)
{
    for (size_t i = 0; i < vb_option_count; i++) {
        const struct vb_option *option = &vb_options[i];
        enum vb_err err;

        if (option->preset[0] == '\0')
            continue;
        err = set(reading, VB__LEVEL_DEFAULT, option,
                  vb_span_str(option->preset), option->name);
        if (err != VB_OK)
            return err;
    }
    return VB_OK;
}

/* --- The environment --------------------------------------------------------
 */

static const char *lookup(char *const *environment, const char *name)
{
    size_t len = strlen(name);

    for (; environment != NULL && *environment != NULL; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return NULL;
}

/* A variable set to nothing counts as not set: that is what an environment
 * file with a value left out makes. */
static const char *variable(const struct vb_config_sources *sources,
                            const struct vb_option *option,
                            char name[VB_OPTION_VARIABLE_MAX])
{
    const char *value;

    vb_option_variable(option, name);
    value = lookup(sources->environment, name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* "VERBATIM_MAX_CONTEN=1" as "max-conten", shortened to fit. */
static struct vb_span name_of_variable(const char *entry, char *name,
                                       size_t size)
{
    const char *from = entry + sizeof(VB_OPTION_PREFIX) - 1;
    size_t len = 0;

    for (; from[len] != '=' && from[len] != '\0' && len < size; len++)
        name[len] = from[len] == '_' ? '-' : vb_ascii_lower(from[len]);
    return vb_span_of(name, len);
}

/*
 * A variable that is none of ours: an error when one of ours must have been
 * meant. Else it may be somebody else's, as Kubernetes sets VERBATIM_PORT where
 * a service is called verbatim, and gets a warning.
 */
static enum vb_err check_variable(struct vb__reading *reading,
                                  const char *entry)
{
    char text[VB_OPTION_VARIABLE_MAX], meant[VB_OPTION_VARIABLE_MAX];
    struct vb_span name = name_of_variable(entry, text, sizeof(text));
    struct vb_span shown = vb_span_of(entry, strcspn(entry, "="));
    const char *near;

    if (vb_option_find(name) != NULL)
        return VB_OK;
    near = vb_option_nearest(name);
    if (near == NULL) {
        vb_log_quoted(reading->warnings, vb_span_head(shown, 80));
        vb_buf_str(reading->warnings,
                   ": no such option; the variable is ignored\n");
        return VB_OK;
    }
    vb_option_variable(vb_option_find(vb_span_str(near)), meant);
    vb_log_quoted(reading->why, vb_span_head(shown, 80));
    vb_buf_printf(reading->why, ": no such option (did you mean %s?)", meant);
    return VB_ERR_INVALID;
}

static enum vb_err set_environment(struct vb__reading *reading,
                                   const struct vb_config_sources *sources)
{
    char *const *entry = sources->environment;
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < vb_option_count && err == VB_OK; i++) {
        char name[VB_OPTION_VARIABLE_MAX];
        const char *value = variable(sources, &vb_options[i], name);

        if (value != NULL)
            err = set(reading, VB__LEVEL_ENVIRONMENT, &vb_options[i],
                      vb_span_str(value), name);
    }
    for (; entry != NULL && *entry != NULL && err == VB_OK; entry++)
        if (strncmp(*entry, VB_OPTION_PREFIX, strlen(VB_OPTION_PREFIX)) == 0)
            err = check_variable(reading, *entry);
    return err;
}

/* --- The command line -------------------------------------------------------
 */

static enum vb_err set_argument(struct vb__reading *reading,
                                const struct vb__argument *argument)
{
    char source[VB_OPTION_VARIABLE_MAX] = "--";

    strncat(source, argument->option->name, sizeof(source) - 3);
    return set(reading, VB__LEVEL_COMMAND, argument->option, argument->text,
               source);
}

static enum vb_err set_arguments(struct vb__reading *reading,
                                 const struct vb__argument *arguments,
                                 size_t count)
{
    enum vb_err err = VB_OK;

    for (size_t i = 0; i < count && err == VB_OK; i++)
        err = set_argument(reading, &arguments[i]);
    return err;
}

/* --- All together -----------------------------------------------------------
 */

/* Which file is meant must be known before the rest is read. */
static enum vb_err find_file(struct vb__reading *reading,
                             const struct vb_config_sources *sources,
                             const struct vb__argument *arguments, size_t count)
{
    const struct vb_option *option = vb_option_find(VB_SPAN("config"));
    char name[VB_OPTION_VARIABLE_MAX];
    const char *value = variable(sources, option, name);
    enum vb_err err = VB_OK;

    if (value != NULL)
        err = set(reading, VB__LEVEL_ENVIRONMENT, option, vb_span_str(value),
                  name);
    for (size_t i = 0; i < count && err == VB_OK; i++)
        if (arguments[i].option == option)
            err = set_argument(reading, &arguments[i]);
    return err;
}

/* What follows from other settings. */
static enum vb_err complete(struct vb__reading *reading)
{
    const struct vb_option *listen = vb_option_find(VB_SPAN("listen"));
    struct vb_config *config = &reading->config;
    enum vb_err err;

    config->listen_given =
        reading->levels[listen - vb_options] != VB__LEVEL_DEFAULT;
    if (!config->listen_given &&
        (config->tls_certs.count > 0 || config->tls_self_signed)) {
        vb_option_clear(listen, config);
        err = vb_option_read(listen, VB_SPAN("https://127.0.0.1:8443"), config,
                             &reading->reason);
        if (err != VB_OK)
            return err;
    }
    if (reading->storage_set)
        return VB_OK;
    if ((config->files != NULL || config->gateway_to.count > 0) &&
        config->description == NULL)
        config->storage = "memory:"; /* there is nothing to be kept */
    else
        config->storage = vb_arena_printf(&config->arena,
                                          "sqlite:%s/verbatim.db", config->data)
                              .ptr;
    return config->storage == NULL ? VB_ERR_NOMEM : VB_OK;
}

static enum vb_err read_all(struct vb__reading *reading,
                            const struct vb_config_sources *sources)
{
    struct vb__argument *arguments;
    size_t count;
    enum vb_err err = vb__config_command(reading, sources, &arguments, &count);

    if (err == VB_OK)
        err = set_defaults(reading);
    if (err == VB_OK)
        err = find_file(reading, sources, arguments, count);
    if (err == VB_OK && reading->config.config != NULL)
        err = vb__config_file(reading);
    if (err == VB_OK)
        err = set_environment(reading, sources);
    if (err == VB_OK)
        err = set_arguments(reading, arguments, count);
    if (err == VB_OK)
        err = complete(reading);
    return err;
}

enum vb_err vb_config_read(const struct vb_config_sources *sources,
                           struct vb_config *ret_config, struct vb_buf *ret_why,
                           struct vb_buf *ret_warnings)
{
    struct vb__reading reading = {.why = ret_why, .warnings = ret_warnings};
    enum vb_err err;

    reading.reason =
        vb_buf_over(reading.reason_text, sizeof(reading.reason_text));
    vb_arena_init(&reading.config.arena, ARENA_BLOCK, ARENA_LIMIT);
    err = read_all(&reading, sources);
    if (err == VB_OK) {
        *ret_config = reading.config;
        return VB_OK;
    }
    if (err == VB_ERR_NOMEM)
        vb_buf_str(ret_why, vb_err_text(err));
    vb_config_done(&reading.config);
    return err;
}

void vb_config_done(struct vb_config *config)
{
    vb_arena_done(&config->arena);
}
