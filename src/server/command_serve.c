/* `verbatim serve [FILE]`, `verbatim gateway --to URL [FILE]` and `verbatim
 * proxy`: read the configuration, then serve. */
#include "base/log.h"
#include "server/cli.h"
#include "server/command.h"
#include "server/config.h"
#include "server/serve.h"

#define TEXT_MOST ((size_t)64 * 1024)

static void print_warnings(struct vb_span text)
{
    while (text.len > 0) {
        ssize_t end = vb_span_find(text, '\n', 0);
        size_t len = end < 0 ? text.len : (size_t)end;

        vb_log(VB_LOG_WARNING, "%.*s", VB_FMT(vb_span_head(text, len)));
        text = vb_span_from(text, len + 1);
    }
}

/* What a command needs, or does not take; NULL: nothing is wrong. */
typedef const char *checker(struct vb_config *config);

static const char *check_serve(struct vb_config *config)
{
    if (config->allowances.count > 0)
        return "--allow is for verbatim proxy";
    if (config->users != NULL)
        return "--users is for verbatim proxy";
    if (config->gateway_passes && !config->gateway_describes)
        return "--pass-undescribed is for verbatim gateway";
    return NULL;
}

static const char *check_gateway(struct vb_config *config)
{
    if (config->gateway_to.count == 0)
        return "--to is missing: which server answers";
    if (config->gateway_passes && config->description == NULL)
        return "--pass-undescribed is for what FILE does not describe, and "
               "there is none";
    config->gateway_describes = config->description != NULL;
    config->storage = "memory:"; /* there is nothing to be kept */
    return check_serve(config);
}

static const char *check_proxy(struct vb_config *config)
{
    if (config->description != NULL || config->files != NULL ||
        config->gateway_to.count > 0)
        return "proxy serves nothing of its own: neither FILE nor --files "
               "nor --to";
    config->proxy = true;
    config->storage = "memory:"; /* there is nothing to be kept */
    return NULL;
}

static int run(const struct vb_command_line *line, checker *check)
{
    const struct vb_config_sources sources = {
        .arguments = line->words,
        .argument_count = line->count,
        .environment = line->environment,
    };
    struct vb_config config;
    struct vb_buf why, warnings;
    const char *wrong;
    int status = VB_EXIT_USAGE;

    vb_buf_init(&why, TEXT_MOST);
    vb_buf_init(&warnings, TEXT_MOST);
    if (vb_config_read(&sources, &config, &why, &warnings) == VB_OK) {
        print_warnings(vb_buf_span(&warnings));
        wrong = check(&config);
        if (wrong != NULL)
            vb_log(VB_LOG_ERROR, "%s", wrong);
        else
            status = vb_serve(&config);
        vb_config_done(&config);
    } else {
        vb_log(VB_LOG_ERROR, "%.*s", VB_FMT(vb_buf_span(&why)));
    }
    vb_buf_done(&warnings);
    vb_buf_done(&why);
    return status;
}

int vb__command_serve(const struct vb_command_line *line)
{
    return run(line, check_serve);
}

int vb__command_gateway(const struct vb_command_line *line)
{
    return run(line, check_gateway);
}

int vb__command_proxy(const struct vb_command_line *line)
{
    return run(line, check_proxy);
}
